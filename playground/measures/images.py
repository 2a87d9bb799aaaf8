"""What every measure of face images asks of its arrays, and how a real set is split for its floor.

Knows nothing of what is measured and of networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from playground.config import ConfigError

Images = NDArray[np.uint8]  # (N, side, side, 3)
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.int64]
Reading = TypeVar("Reading")
Rows = TypeVar("Rows", Images, Floats)

LEAST_SIDE = 8  # pixels; below it no measure here means anything
AT_ONCE = 128  # images worked on at once
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class Ratio:
    """What images read over what real ones read: 1 is as real. From `count` and `real_count` images."""

    value: float
    count: int
    real_count: int


def check_images(images: NDArray[np.generic], name: str = "images", least: int = 1) -> Images:
    """`images` if it is (N, side, side, 3) uint8 with N >= `least` and side >= 8. Raises `ConfigError`."""
    array = np.asarray(images)
    fits = array.ndim == 4 and array.shape[1] == array.shape[2] >= LEAST_SIDE and array.shape[3] == 3
    if array.dtype != np.uint8 or not fits:
        raise ConfigError(
            f"{name} is {array.dtype} {array.shape}: allowed is uint8 (N, side, side, 3), side at least 8."
        )
    if len(array) < least:
        raise ConfigError(f"{name} holds {len(array):,}: allowed is at least {least:,}.")
    return array.astype(np.uint8, copy=False)


def check_pair(images: Images, real: Images) -> None:
    """Raises `ConfigError` unless both are sets of images of one side."""
    if check_images(images).shape[1] != check_images(real, "real").shape[1]:
        raise ConfigError(
            f"images have {images.shape[1]} pixels a side and real {real.shape[1]}: allowed is the same side."
        )


def check_features(features: NDArray[np.generic], name: str = "features", least: int = 2) -> Floats:
    """`features` as float64 (N, C), N >= `least`. Raises `ConfigError` for another shape or a NaN."""
    array = np.asarray(features, np.float64)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ConfigError(f"{name} has the shape {array.shape}: allowed is (N, C).")
    if len(array) < least:
        raise ConfigError(f"{name} holds {len(array):,}: allowed is at least {least:,}.")
    if not np.isfinite(array).all():
        raise ConfigError(f"{name} holds NaN or infinity: allowed are finite numbers.")
    return array


def check_feature_pair(
    features: NDArray[np.generic], real: NDArray[np.generic], least: int = 2
) -> tuple[Floats, Floats]:
    """Both as `check_features` gives them. Raises `ConfigError`, also for two numbers of columns."""
    x, y = check_features(features, least=least), check_features(real, "real", least)
    if x.shape[1] != y.shape[1]:
        raise ConfigError(f"features have {x.shape[1]} columns and real {y.shape[1]}: allowed is one space.")
    return x, y


def luma(images: Images) -> Singles:
    """(N, S, S, 3) bytes -> (N, S, S) brightness in [0, 1], by the weights of ITU-R BT.601."""
    grey: Singles = images.astype(np.float32) @ (_LUMA / np.float32(255.0))
    return grey


def parts(count: int, size: int = AT_ONCE) -> Iterator[slice]:
    """Consecutive slices of at most `size` that cover `count` rows."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def halves(count: int, seed: int = 0) -> tuple[Indices, Indices]:
    """Two disjoint random sets of count // 2 indices each. Raises `ConfigError` below 4."""
    if count < 4:
        raise ConfigError(f"real holds {count}: allowed is at least 4, so that each half has 2.")
    order = np.random.default_rng(seed).permutation(count)
    return order[: count // 2], order[count // 2 : 2 * (count // 2)]


def floor(measure: Callable[[Rows, Rows], Reading], real: Rows, seed: int = 0) -> Reading:
    """What `measure(one, other)` reads for two halves of a real set: no model can be expected to read better.

    Half as many samples make a biased measure (Frechet, sliced Wasserstein) read higher than the whole set
    would.
    """
    one, other = halves(len(real), seed)
    return measure(real[one], real[other])
