"""Small targets on a line: hills (Gaussians of equal weight) and blocks (uniform); draws and densities.

Knows neither who learns them nor how they are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from playground.data.target import Float32, Float64
from playground.measures import densities


@dataclass(frozen=True)
class Hills:
    """Gaussians of equal weight with these means and one standard deviation, units of x."""

    means: tuple[float, ...]
    sigma: float

    def draw(self, rng: np.random.Generator, n: int) -> Float32:
        """n independent points, (n, 1)."""
        hill = np.take(self.means, rng.integers(0, len(self.means), n))
        return (hill + self.sigma * rng.standard_normal(n)).astype(np.float32)[:, None]

    def density(self, x: ArrayLike) -> Float64:
        """(N,) -> (N,), per unit of x."""
        return densities.mixture(x, self.means, self.sigma, 1.0 / len(self.means))

    def masses(self, edges: ArrayLike) -> Float64:
        """Probability (B,) of each bin with edges (B + 1,); what lies outside belongs to the last bins."""
        below = ndtr((np.asarray(edges, np.float64)[1:-1, None] - self.means) / self.sigma).mean(axis=1)
        return np.diff(np.concatenate([[0.0], below, [1.0]]))


@dataclass(frozen=True)
class Block:
    """Uniform on [middle - width / 2, middle + width / 2]."""

    middle: float
    width: float

    def draw(self, rng: np.random.Generator, n: int) -> Float32:
        """n independent points, (n, 1)."""
        return (self.middle + self.width * (rng.random(n) - 0.5)).astype(np.float32)[:, None]

    def density(self, x: ArrayLike) -> Float64:
        """(N,) -> (N,), per unit of x; scaled on a uniform grid `x` so that its sum is exactly one."""
        at = np.asarray(x, np.float64)
        dx = at[1] - at[0]
        reach = np.clip(
            (self.width / 2 - np.abs(at - self.middle)) / dx + 0.5, 0.0, 1.0
        )  # share of each cell
        density: Float64 = reach / (reach.sum() * dx)
        return density
