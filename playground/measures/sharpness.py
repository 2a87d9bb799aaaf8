"""How sharp images are: the variance of their Laplacian, with real images as the reference.

A blurred edge has a small second derivative (Pech-Pacheco et al. 2000). The number means nothing by itself:
noise raises it, and so does a busier subject, so it is only ever compared at one size and crop. Knows
nothing of who made the images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from playground.config import ConfigError
from playground.measures.images import (
    Floats,
    Images,
    Ratio,
    check_images,
    check_pair,
    floor,
    luma,
    parts,
)


@dataclass(frozen=True, eq=False)
class Sharpness:
    """Variance of the Laplacian of brightness in [0, 1]: of each image (N,), and the mean."""

    each: Floats
    mean: float
    count: int


def sharpness(images: Images) -> Sharpness:
    """The variance of the 5-point Laplacian of the brightness of images (N, S, S, 3); edges are reflected."""
    check_images(images)
    each = np.empty(len(images))
    for part in parts(len(images)):
        for row, grey in enumerate(luma(images[part]), part.start):
            each[row] = ndimage.laplace(grey.astype(np.float64), mode="reflect").var()
    return Sharpness(each, float(each.mean()), len(each))


def relative_sharpness(images: Images, real: Images) -> Ratio:
    """Mean sharpness of images over that of real ones: below 1 is blurred, above 1 is noisy.

    Raises `ConfigError` for two sizes, or where the real images have no edge at all.
    """
    check_pair(images, real)
    reference = sharpness(real)
    if reference.mean == 0.0:
        raise ConfigError("real has sharpness 0: allowed are images that are not flat.")
    return Ratio(sharpness(images).mean / reference.mean, len(images), reference.count)


def sharpness_floor(real: Images, seed: int = 0) -> Ratio:
    """`relative_sharpness` of one half of a real set to the other: how far from 1 means nothing."""
    return floor(relative_sharpness, real, seed)
