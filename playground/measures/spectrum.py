"""How much of each spatial frequency images hold: the radially averaged power spectrum.

The mean of each image is removed and a Hann window applied, so that the picture's border adds no cross. A
VAE's spectrum falls below the real one at high frequencies; a GAN's may rise above it (Durall et al. 2020).
Knows nothing of who made the images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from playground.config import ConfigError
from playground.measures.images import Floats, Images, Ratio, check_images, check_pair, floor, luma, parts

HIGH = 0.25  # cycles per pixel; half of the finest that pixels can show
DARKEST_DB = -150.0  # stands for no power at all


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Mean power by frequency, brightness in [0, 1]; white noise of variance v reads 10 log10(v)."""

    frequencies: Floats  # (S / 2,) cycles per pixel: 1/S, 2/S, .. 1/2
    power_db: Floats  # (S / 2,) mean over the ring, 10 log10
    high_share: float  # of all power, what lies at `HIGH` or above, corners of the plane included
    count: int


def power_spectrum(images: Images) -> Spectrum:
    """The spectrum of images (N, S, S, 3). Raises `ConfigError` for another shape."""
    power = _mean_power(check_images(images))
    side = len(power)
    steps = fft.fftfreq(side)
    radius = np.hypot(steps[:, None], steps[None, :])
    ring = np.rint(radius * side).astype(np.intp)
    sums = np.bincount(ring.ravel(), power.ravel())
    mean = sums / np.bincount(ring.ravel())
    wanted = np.arange(1, side // 2 + 1)
    decibels = 10.0 * np.log10(np.maximum(mean[wanted], 10.0 ** (DARKEST_DB / 10.0)))
    total = float(power.sum())
    high = float(power[radius >= HIGH].sum()) / total if total else 0.0
    return Spectrum(wanted / side, decibels, high, len(images))


def relative_high_frequency(images: Images, real: Images) -> Ratio:
    """The high-frequency share of power of images over that of real ones: 1 is as real, below it blurred.

    Raises `ConfigError` for two sizes, or where the real images have no high frequency at all.
    """
    check_pair(images, real)
    reference = power_spectrum(real)
    if reference.high_share == 0.0:
        raise ConfigError("real has no power at high frequencies: allowed are images that are not flat.")
    return Ratio(power_spectrum(images).high_share / reference.high_share, len(images), len(real))


def high_frequency_floor(real: Images, seed: int = 0) -> Ratio:
    """`relative_high_frequency` of one half of a real set to the other: how far from 1 means nothing."""
    return floor(relative_high_frequency, real, seed)


def _mean_power(images: Images) -> Floats:
    """(S, S): the mean of |FFT|^2 of mean-free, windowed brightness, over the window's own power."""
    side = images.shape[1]
    line = 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(side) + 0.5) / side)  # Hann, centred on the picture
    window = np.outer(line, line)
    total = np.zeros((side, side))
    for part in parts(len(images)):
        grey = luma(images[part]).astype(np.float64)
        grey -= grey.mean((1, 2), keepdims=True)
        total += np.square(np.abs(fft.fft2(grey * window))).sum(0)
    power: Floats = total / (len(images) * np.square(window).sum())
    return power
