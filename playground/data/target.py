"""What a 2-D target is: something that can be sampled and whose density is known.

Targets live on float arrays alone. This file does not know which targets exist (see
`mixtures.py` and `shapes.py`), who trains on them, or how they are drawn.

Letters: N samples, K mixture components, G grid cells along one side. Densities are per
unit area of the plane, their logarithms in nats.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

MIN_SIGMA = 1e-6  # finer noise is lost in float32 samples of size 1
_BLOCK_TERMS = 1 << 15  # point-component pairs worked on at once: 256 KiB per array stays in cache


@dataclass(frozen=True, eq=False)
class Modes:
    """The components that a generator is expected to cover."""

    means: Float64  # (K, 2)
    covariances: Float64  # (K, 2, 2)
    weights: Float64  # (K,), summing to 1


class Target(Protocol):
    """The distribution to learn, p_data, in the window [-extent, extent]^2."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str:
        """Short text for a menu."""
        ...

    @property
    def extent(self) -> float: ...
    @property
    def exact_density(self) -> bool:
        """Whether `log_density` is a closed form rather than an estimate."""
        ...

    @property
    def density_note(self) -> str:
        """One sentence: where the density comes from."""
        ...

    @property
    def modes(self) -> Modes | None:
        """The components to cover, None where counting modes has no meaning."""
        ...

    def sample(self, n: int, rng: np.random.Generator) -> Float32:
        """n independent draws, shape (n, 2); the same generator state gives the same draws."""
        ...

    def log_density(self, x: ArrayLike) -> Float64:
        """log p_data at x (N, 2), in nats, shape (N,)."""
        ...

    def log_density_smoothed(self, x: ArrayLike, bandwidth: float) -> Float64:
        """The same for p_data convolved with N(0, bandwidth^2 I)."""
        ...

    def cell_masses(self, edges: Float64) -> Float64:
        """The probability of every cell of a square grid whose sides are cut at edges (G+1,).

        Shape (G, G), rows along y. The cells may add up to less than 1: the rest lies outside.
        """
        ...


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """sum_k weights_k N(means_k, covariances_k): every question has a closed answer."""

    name: str
    title: str
    means: Float64  # (K, 2)
    covariances: Float64  # (K, 2, 2)
    weights: Float64  # (K,)
    modes: Modes | None
    extent: float = 2.0
    exact_density: bool = True
    density_note: str = "Exact: the density of a Gaussian mixture."

    def sample(self, n: int, rng: np.random.Generator) -> Float32:
        means, factors, cumulative = self._sampling
        uniform = rng.random(n)
        if self._equal:  # as the search below would find, in a tenth of the time
            index = (uniform * len(means)).astype(np.intp)
        else:
            index = np.searchsorted(cumulative, uniform, side="right")
        noise = rng.standard_normal((n, 2), dtype=np.float32)
        x = means.take(index, axis=0)
        factor = factors.take(index, axis=0)  # (n, 3): the lower triangle of a Cholesky factor
        x[:, 0] += factor[:, 0] * noise[:, 0]
        x[:, 1] += factor[:, 1] * noise[:, 0] + factor[:, 2] * noise[:, 1]
        return x

    def log_density(self, x: ArrayLike) -> Float64:
        return self.log_density_smoothed(x, 0.0)

    def log_density_smoothed(self, x: ArrayLike, bandwidth: float) -> Float64:
        """Exact: N(m, C) convolved with N(0, h^2 I) is N(m, C + h^2 I)."""
        points = check_points(x)
        covariances = self.covariances + check_bandwidth(bandwidth) ** 2 * np.eye(2)
        factors = _cholesky(covariances)
        step = max(1, _BLOCK_TERMS // len(self.means))
        parts = [
            _log_mixture(points[start : start + step], self.means, factors, np.log(self.weights))
            for start in range(0, len(points), step)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def cell_masses(self, edges: Float64) -> Float64:
        straight = self.covariances[:, 0, 1] == 0.0
        masses = np.zeros((len(edges) - 1, len(edges) - 1))
        if straight.any():
            spread = np.sqrt(self.covariances[straight][:, [0, 1], [0, 1]])  # (K, 2)
            bounds = (edges[:, None, None] - self.means[straight]) / spread  # (G+1, K, 2)
            along = interval_probability(bounds[:-1], bounds[1:])  # (G, K, 2)
            masses += (along[..., 1] * self.weights[straight]) @ along[..., 0].T
        for k in np.flatnonzero(~straight):
            masses += self.weights[k] * _tilted_cell_masses(self.means[k], self.covariances[k], edges)
        return masses

    @cached_property
    def _equal(self) -> bool:
        return bool((self.weights == self.weights[0]).all())

    @cached_property
    def _sampling(self) -> tuple[Float32, Float32, Float64]:
        factors = _cholesky(self.covariances).astype(np.float32)
        cumulative = np.cumsum(self.weights)
        return self.means.astype(np.float32), factors, cumulative[:-1]


def isotropic(means: Float64, sigma: float) -> Float64:
    """K copies of sigma^2 I, shape (K, 2, 2)."""
    return np.tile(sigma**2 * np.eye(2), (len(means), 1, 1))


def check_sigma(sigma: float) -> float:
    """The noise of a target, in window units; ValueError outside [MIN_SIGMA, 1]."""
    if not MIN_SIGMA <= sigma <= 1.0:  # also false for NaN
        raise ValueError(f"sigma is {sigma}; it must be at least {MIN_SIGMA:g} and at most 1.")
    return float(sigma)


def check_points(x: ArrayLike) -> Float64:
    """x as float64 (N, 2); ValueError for another shape."""
    points = np.asarray(x, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"Points have shape {points.shape}; an (N, 2) array is needed.")
    return points


def check_bandwidth(bandwidth: float) -> float:
    """A smoothing bandwidth in window units; ValueError if negative or not finite."""
    if not 0.0 <= bandwidth < np.inf:
        raise ValueError(f"The bandwidth is {bandwidth}; it must be finite and at least 0.")
    return float(bandwidth)


def interval_probability(low: Float64, high: Float64) -> Float64:
    """P(low < Z < high) for a standard normal Z, without cancellation in the upper tail."""
    flip = low > 0.0
    return ndtr(np.where(flip, -low, high)) - ndtr(np.where(flip, -high, low))  # type: ignore[no-any-return, unused-ignore]


def log_interval_probability(low: Float64, high: Float64) -> Float64:
    """log P(low < Z < high), low < high, finite however far the interval lies in a tail."""
    flip = low + high > 0.0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    log_high = log_ndtr(high)
    return log_high + np.log1p(-np.exp(log_ndtr(low) - log_high))  # type: ignore[no-any-return, unused-ignore]


def _cholesky(covariances: Float64) -> Float64:
    """The lower triangles (K, 3) = L00, L10, L11 of covariances (K, 2, 2)."""
    lower: Float64 = np.linalg.cholesky(covariances).astype(np.float64, copy=False)
    return lower[:, [0, 1, 1], [0, 0, 1]]


def _log_mixture(x: Float64, means: Float64, factors: Float64, log_weights: Float64) -> Float64:
    """log sum_k w_k N(x; m_k, L_k L_k^T) for x (N, 2): whiten, then add up from the largest term."""
    first = (x[:, 0, None] - means[:, 0]) / factors[:, 0]  # (N, K)
    second = (x[:, 1, None] - means[:, 1] - factors[:, 1] * first) / factors[:, 2]
    constants = log_weights - np.log(2.0 * np.pi * factors[:, 0] * factors[:, 2])
    terms = constants - 0.5 * (first * first + second * second)
    peak = terms.max(axis=1)
    terms -= peak[:, None]
    return peak + np.log(np.exp(terms, out=terms).sum(axis=1))  # type: ignore[no-any-return]


def _tilted_cell_masses(mean: Float64, covariance: Float64, edges: Float64) -> Float64:
    """Cell masses of one correlated Gaussian: exact along y given x, Gauss-Legendre along x."""
    spread = np.sqrt(covariance[0, 0])
    slope = covariance[0, 1] / covariance[0, 0]
    rest = np.sqrt(covariance[1, 1] - slope * covariance[0, 1])  # standard deviation of y given x
    reach = np.clip(edges, mean[0] - 9.0 * spread, mean[0] + 9.0 * spread)  # beyond: less than 1e-18
    # As a function of x the conditional mass changes within rest / |slope|: cut strips below that.
    finest = min(spread, rest / abs(slope))
    strips = int(np.clip(np.ceil(np.diff(reach).max() / finest), 1, 256))
    half = np.repeat(0.5 * np.diff(reach) / strips, strips)  # (G * strips,)
    starts = reach[:-1, None] + np.diff(reach)[:, None] * (np.arange(strips) / strips)
    nodes, node_weights = np.polynomial.legendre.leggauss(8)
    x = (starts.reshape(-1) + half)[:, None] + half[:, None] * nodes  # (G * strips, 8)
    density = np.exp(-0.5 * ((x - mean[0]) / spread) ** 2) / (np.sqrt(2.0 * np.pi) * spread)
    mass = (density * node_weights * half[:, None]).reshape(-1)
    centre = mean[1] + slope * (x.reshape(-1) - mean[0])
    bounds = (edges[:, None] - centre) / rest  # (G+1, G * strips * 8)
    rows = interval_probability(bounds[:-1], bounds[1:]) * mass
    return rows.reshape(len(edges) - 1, len(edges) - 1, -1).sum(axis=2)  # type: ignore[no-any-return]
