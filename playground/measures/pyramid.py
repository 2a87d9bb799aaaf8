"""Sliced Wasserstein distance between patches of Laplacian pyramids (Karras et al. 2018).

Each level of the pyramid holds one octave of detail (Burt and Adelson 1983), so the distance says at which
scale images differ. Needs no network. Knows nothing of who made the images.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from playground.config import ConfigError
from playground.measures.images import Images, Singles, check_images, check_pair, floor, parts

COARSEST = 16  # pixels of a side
PATCH = 7
PATCHES = 128  # of each image and level
DIRECTIONS = 256
MAX_IMAGES = 2_048  # of each set; more are thinned, which bounds memory at about 0.4 GiB
SCALE = 1e3  # the paper reports the distance times this
_FILTER = np.array([1, 4, 6, 4, 1], np.float32) / 16.0
_DIRECTIONS_AT_ONCE = 16


@dataclass(frozen=True)
class PatchDistance:
    """Distance times 1,000 at each side, finest first, and the mean; from `count` images of each set."""

    sides: tuple[int, ...]
    levels: tuple[float, ...]
    mean: float
    count: int


def patch_distance(images: Images, real: Images, seed: int = 0) -> PatchDistance:
    """The sliced W_1 between 7x7 patches of both sets (N, S, S, 3), S a power of two of at least 16.

    128 patches of each image; each set's patches are normalised per colour, as in the paper, so overall
    brightness and contrast do not count. Uses as many images of each set as the smaller has, at most
    `MAX_IMAGES`; which, where and along which lines follows from `seed`. Raises `ConfigError`.
    """
    check_pair(images, real)
    side = images.shape[1]
    if side < COARSEST or side & (side - 1):
        raise ConfigError(f"images have {side} pixels a side: allowed is a power of two from {COARSEST}.")
    count = min(len(images), len(real), MAX_IMAGES)
    x, y = (_thin(each, count, seed) for each in (images, real))
    sides = _sides(side)
    levels = tuple(SCALE * _level_distance(x, y, level, seed) for level in range(len(sides)))
    return PatchDistance(sides, levels, float(np.mean(levels)), count)


def patch_distance_floor(real: Images, seed: int = 0) -> PatchDistance:
    """`patch_distance` between two halves of a real set."""
    return floor(patch_distance, real, seed)


def laplacian_pyramid(images: Images) -> list[Singles]:
    """(N, S, S, 3) bytes -> one array (N, s, s, 3) in [-1, 1] units for s = S, S / 2, .. 16.

    All but the last hold what the next coarser one misses: adding each to the expanded next gives the
    images back.
    """
    current = check_images(images).astype(np.float32) / 127.5 - 1.0
    found = []
    while current.shape[1] > COARSEST:
        coarser = _smooth(current)[:, ::2, ::2]
        found.append(current - expand(coarser))
        current = coarser
    return [*found, current]


def expand(images: Singles) -> Singles:
    """(N, s, s, 3) -> (N, 2 s, 2 s, 3): zeros between the pixels, smoothed."""
    count, side, _, colours = images.shape
    wide = np.zeros((count, 2 * side, 2 * side, colours), np.float32)
    wide[:, ::2, ::2] = 4.0 * images
    return _smooth(wide)


def _smooth(images: Singles) -> Singles:
    lines = ndimage.correlate1d(images, _FILTER, axis=1, mode="mirror")
    smooth: Singles = ndimage.correlate1d(lines, _FILTER, axis=2, mode="mirror")
    return smooth


def _sides(side: int) -> tuple[int, ...]:
    return tuple(side >> level for level in range((side // COARSEST).bit_length()))


def _thin(images: Images, count: int, seed: int) -> Images:
    if len(images) == count:
        return images
    return images[np.sort(np.random.default_rng(seed).choice(len(images), count, replace=False))]


def _level_distance(images: Images, real: Images, level: int, seed: int) -> float:
    """The distance of one level; its patches are freed before the next level's are taken."""
    one, other = (_normalised(_patches(each, level, seed)) for each in (images, real))
    return _sliced(one, other, seed)


def _patches(images: Images, level: int, seed: int) -> Singles:
    """(N * PATCHES, PATCH, PATCH, 3): patches of one level, at the same random places for every set."""
    side = _sides(images.shape[1])[level]
    places = np.random.default_rng([seed, level]).integers(side - PATCH + 1, size=(2, len(images), PATCHES))
    found = np.empty((len(images), PATCHES, 3, PATCH, PATCH), np.float32)
    for part in parts(len(images)):
        detail = laplacian_pyramid(images[part])[level]
        windows = sliding_window_view(detail, (PATCH, PATCH), axis=(1, 2))
        rows, columns = places[:, part]
        found[part] = windows[np.arange(len(detail))[:, None], rows, columns]
    return found.reshape(-1, 3, PATCH * PATCH)


def _normalised(patches: Singles) -> Singles:
    """(P, 3, 49) -> (P, 147), in place: each colour gets mean 0 and deviation 1; a flat one stays 0."""
    for colour in range(patches.shape[1]):
        values = patches[:, colour]
        values -= values.mean(dtype=np.float64)
        spread = float(np.sqrt(np.square(values).mean(dtype=np.float64)))
        values /= spread if spread > 1e-7 else 1.0
    return patches.reshape(len(patches), -1)


def _sliced(x: Singles, y: Singles, seed: int) -> float:
    """Mean over random lines of W_1 between the projections of x and y, both (P, C)."""
    total = 0.0
    for lines in _directions(x.shape[1], seed):
        one, other = (np.sort(lines @ each.T, axis=1) for each in (x, y))
        total += float(np.abs(one - other).mean(axis=1, dtype=np.float64).sum())
    return total / DIRECTIONS


def _directions(columns: int, seed: int) -> Iterator[Singles]:
    lines = np.random.default_rng(seed).standard_normal((DIRECTIONS, columns))
    lines = (lines / np.linalg.norm(lines, axis=1, keepdims=True)).astype(np.float32)
    return (lines[part] for part in parts(DIRECTIONS, _DIRECTIONS_AT_ONCE))
