"""Where the generating discriminator plays: real hills on a line or in a plane, and points around points.

Holds no lesson; knows no network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.data.target import Float32, Float64

FAR = 3.0  # sigmas from every real hill: a false peak


@dataclass(frozen=True)
class Space:
    """Where the lesson plays: real hills (K, D), their sigma, the first negatives, how points are spread."""

    means: Float64
    sigma: float
    extent: float
    first: Float64  # (D,), the middle of the first negatives, which have sigma 0.3
    spread: float  # of the noise added to every found point
    side: int  # grid cells along an axis

    @property
    def grid(self) -> Float32:
        """(side^D, D), the last axis of the plane in rows from low y."""
        axis = np.linspace(-self.extent, self.extent, self.side)
        if self.means.shape[1] == 1:
            return axis.astype(np.float32)[:, None]
        x, y = np.meshgrid(axis, axis)
        return np.stack([x.ravel(), y.ravel()], 1).astype(np.float32)

    def real(self, rng: np.random.Generator, n: int) -> Float32:
        """n real points, (n, D)."""
        hill = self.means[rng.integers(0, len(self.means), n)]
        return (hill + self.sigma * rng.standard_normal(hill.shape)).astype(np.float32)

    def around(self, points: Float64, spread: float, rng: np.random.Generator, n: int) -> Float32:
        """n points, each one of `points` (P, D) with noise."""
        chosen = points[rng.integers(0, len(points), n)]
        return (chosen + spread * rng.standard_normal(chosen.shape)).astype(np.float32)

    def false(self, points: Float64) -> NDArray[np.bool_]:
        """(N, D) -> (N,) whether a point is far from every real hill."""
        away = np.linalg.norm(points[:, None] - self.means, axis=2).min(1)
        return np.asarray(away > FAR * self.sigma, bool)


SPACES = {
    "line": Space(np.array([[-1.0], [1.2]]), 0.25, 3.0, np.array([-2.2]), 0.25, 301),
    "plane": Space(
        np.array([[-0.9, 0.7], [0.9, 0.7], [0.0, -0.9]]), 0.2, 2.0, np.array([-1.5, -1.5]), 0.15, 33
    ),
}
