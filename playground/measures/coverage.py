"""Which modes of a Gaussian mixture a generator reaches, and how cleanly.

The definitions are those of the literature on mode collapse (Srivastava et al. 2017, VEEGAN),
with the Mahalanobis distance in place of "within three standard deviations", so that unequal
and tilted modes count alike. This file does not know who generated the samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.data.target import Float64, Modes
from playground.measures.checks import check_samples

HIGH_QUALITY_RADIUS = 3.0  # in Mahalanobis distance

_BLOCK_PAIRS = 1 << 18  # sample-mode pairs worked on at once


@dataclass(frozen=True, eq=False)
class Coverage:
    covered: int  # modes that are nearest to at least one high-quality sample
    total: int  # modes there are
    high_quality: float  # share of samples within 3 standard deviations of a mode
    counts: NDArray[np.int64]  # (K,) high-quality samples by nearest mode
    reverse_kl: float  # KL(generated || true) over modes, nats; inf where no sample is of high quality

    @property
    def stray(self) -> float:
        """Share of samples farther than 3 standard deviations from every mode."""
        return 1.0 - self.high_quality


def mode_coverage(samples: ArrayLike, modes: Modes) -> Coverage:
    """Coverage of modes by samples (N, 2), N >= 1; ValueError for another shape or a NaN.

    A sample belongs to the mode at the smallest Mahalanobis distance. A perfect sampler reads
    `high_quality_ceiling()`, not 1, and a reverse KL of about `reverse_kl_floor(K, N)`, not 0.
    """
    points = check_samples(samples)
    total = len(modes.means)
    nearest, distance = _nearest_mode(points, modes)
    good = distance < HIGH_QUALITY_RADIUS
    counts = np.bincount(nearest[good], minlength=total)
    return Coverage(
        covered=int((counts > 0).sum()),
        total=total,
        high_quality=float(good.mean()),
        counts=counts,
        reverse_kl=_histogram_kl(counts, modes.weights),
    )


def high_quality_ceiling() -> float:
    """What a perfect 2-D sampler scores: P(chi^2 with 2 degrees of freedom < 9) = 1 - exp(-4.5)."""
    return 1.0 - math.exp(-0.5 * HIGH_QUALITY_RADIUS**2)


def reverse_kl_floor(modes: int, samples: int) -> float:
    """The expected reverse KL of a perfect sampler: (K - 1) / (2 N) nats.

    2 N KL(histogram || true) is asymptotically chi^2 with K - 1 degrees of freedom (Wilks 1938).
    """
    if modes < 1 or samples < 1:
        raise ValueError(f"There are {modes} modes and {samples} samples; at least 1 of each is needed.")
    return (modes - 1) / (2.0 * samples)


def _nearest_mode(points: Float64, modes: Modes) -> tuple[NDArray[np.intp], Float64]:
    """The index of the nearest mode (N,) and the Mahalanobis distance to it (N,)."""
    factors = np.linalg.cholesky(modes.covariances)
    step = max(1, _BLOCK_PAIRS // len(modes.means))
    nearest, distance = np.empty(len(points), dtype=np.intp), np.empty(len(points))
    for start in range(0, len(points), step):
        part = slice(start, start + step)
        offset = points[part, None, :] - modes.means  # (n, K, 2)
        first = offset[..., 0] / factors[:, 0, 0]
        second = (offset[..., 1] - factors[:, 1, 0] * first) / factors[:, 1, 1]
        squared = first * first + second * second
        nearest[part] = squared.argmin(axis=1)
        distance[part] = np.sqrt(squared.min(axis=1))
    return nearest, distance


def _histogram_kl(counts: NDArray[np.int64], weights: Float64) -> float:
    if counts.sum() == 0:
        return math.inf
    share = counts / counts.sum()
    there = share > 0.0
    return float(np.sum(share[there] * np.log(share[there] / weights[there])))
