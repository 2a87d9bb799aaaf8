"""How well images are rebuilt: squared error, PSNR and SSIM, image by image.

Knows nothing of the network that rebuilt them. A low error does not mean a sharp image: the mean of all
guesses has the lowest of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from playground.config import ConfigError
from playground.measures.images import Floats, Images, check_images, floor, parts

SSIM_SIGMA = 1.5  # of the window, Wang et al. 2004
NO_SCIKIT_IMAGE = 'SSIM needs scikit-image, which is not installed: run pip install ".[train]".'


@dataclass(frozen=True)
class Reconstruction:
    """Means over `count` pairs of images: squared error of values in [0, 1], PSNR in decibels, SSIM."""

    mse: float
    psnr: float  # of the mean squared error: 10 log10(1 / mse); infinite for identical images
    ssim: float
    count: int


def reconstruction(images: Images, rebuilt: Images) -> Reconstruction:
    """Compare images (N, S, S, 3) with their reconstructions, in the same order.

    SSIM is that of Wang et al. 2004: a Gaussian window of 1.5 pixels, averaged over colours. Raises
    `ConfigError` for unequal shapes, sides below 11, or where scikit-image is missing.
    """
    errors = squared_errors(images, rebuilt)
    mse = float(errors.mean())
    psnr = float(-10.0 * np.log10(mse)) if mse else float("inf")
    return Reconstruction(mse, psnr, float(_similarities(images, rebuilt).mean()), len(errors))


def squared_errors(images: Images, rebuilt: Images) -> Floats:
    """The mean squared error (N,) of each pair, values in [0, 1]. Raises `ConfigError` for unequal shapes."""
    _check(images, rebuilt)
    each = np.empty(len(images))
    for part in parts(len(images)):
        difference = (images[part].astype(np.float64) - rebuilt[part]) / 255.0
        each[part] = np.square(difference).mean((1, 2, 3))
    return each


def reconstruction_chance(real: Images, seed: int = 0) -> Reconstruction:
    """What a rebuilder reads that ignores its input and returns some other real image.

    The floor itself is exact: a perfect rebuilder reads mse 0, psnr infinite, ssim 1.
    """
    return floor(reconstruction, real, seed)


def _check(images: Images, rebuilt: Images) -> None:
    check_images(images)
    check_images(rebuilt, "rebuilt")
    if images.shape != rebuilt.shape:
        raise ConfigError(f"rebuilt has the shape {rebuilt.shape}: allowed is {images.shape}, as images.")


def _similarities(images: Images, rebuilt: Images) -> Floats:
    try:
        metrics: Any = import_module("skimage.metrics")  # only training installs it
    except ImportError:
        raise ConfigError(NO_SCIKIT_IMAGE) from None
    if images.shape[1] < 11:
        raise ConfigError(f"images have {images.shape[1]} pixels a side: allowed for SSIM is at least 11.")
    return np.array(
        [
            metrics.structural_similarity(
                one,
                other,
                channel_axis=-1,
                data_range=255,
                gaussian_weights=True,
                sigma=SSIM_SIGMA,
                use_sample_covariance=False,
            )
            for one, other in zip(images, rebuilt, strict=True)
        ]
    )
