"""Targets that are not a handful of Gaussians: curves, a segment, a checkerboard, a pinwheel.

A noisy curve is built as a Gaussian mixture with components so close together (half a noise
standard deviation) that they cannot be told from a continuous curve. So even these targets
are sampled and measured with one exact density; no kernel estimate is involved. The curves
of scikit-learn's makers are written out here: the makers load for a second and do not draw
positions independently. A test compares the two.

This file does not know the menu of targets (see `mixtures.py`) nor who asks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from playground.data.target import (
    Float32,
    Float64,
    GaussianMixture,
    Modes,
    check_bandwidth,
    check_points,
    interval_probability,
    isotropic,
    log_interval_probability,
)
from playground.translations import phrase

MAX_NODES_PER_ARM = 2048

# ---------------------------------------------------------------- noisy curves


def spiral(sigma: float) -> GaussianMixture:
    """Two interleaved Archimedean arms, one and a quarter turns each, nearly even along the arc."""
    turns, radius = 1.25, 1.6
    angle_end = 2.0 * np.pi * turns
    u = _parameters(length=0.5 * radius * angle_end + radius, sigma=sigma)
    grow = np.sqrt(0.02 + 0.98 * u)  # radius as a root: nearly even along the arc
    arms = [_polar(radius * grow, angle_end * grow + start) for start in (0.0, np.pi)]
    return _curve("spiral", "Two-arm spiral", arms, sigma)


def two_moons(sigma: float) -> GaussianMixture:
    """The two half circles of scikit-learn's make_moons, centred in the window."""
    angle = np.pi * _parameters(length=np.pi, sigma=sigma)
    upper, lower = _polar(1.0, angle), [1.0, 0.5] - _polar(1.0, angle)
    return _curve("two_moons", "Two moons", [upper - [0.5, 0.25], lower - [0.5, 0.25]], sigma)


def circles(sigma: float) -> GaussianMixture:
    """The two rings of scikit-learn's make_circles (factor 1/2), half the draws on each."""
    radius = 1.4
    angle = 2.0 * np.pi * _parameters(length=2.0 * np.pi * radius, sigma=sigma)[:-1]  # the end is the start
    return _curve("circles", "Two circles", [_polar(radius, angle), _polar(0.5 * radius, angle)], sigma)


def swiss_roll(sigma: float) -> GaussianMixture:
    """The x, z plane of scikit-learn's make_swiss_roll: radius t, angle t, t even in [1.5 pi, 4.5 pi]."""
    scale = 0.12  # t reaches 4.5 pi = 14.1: the roll is about 3.1 wide
    u = _parameters(length=scale * 3.0 * np.pi * 4.6 * np.pi, sigma=sigma)
    t = 1.5 * np.pi * (1.0 + 2.0 * u)
    nodes = _polar(scale * t, t)
    return _curve("swiss_roll", "Swiss roll", [nodes - 0.5 * (nodes.min(axis=0) + nodes.max(axis=0))], sigma)


def pinwheel(sigma: float) -> GaussianMixture:
    """Five curved blades: Gaussian along the radius, twisted, with noise sigma across.

    After the pinwheel of Johnson et al. 2016 (structured VAEs), there without a closed density.
    """
    mean, spread, twist = 0.9, 0.27, 1.2
    u = _parameters(length=6.0 * spread * np.hypot(1.0, 1.7 * twist), sigma=sigma)
    radius = mean + spread * 6.0 * (u - 0.5)  # three standard deviations each way
    weights = np.exp(-0.5 * ((radius - mean) / spread) ** 2)
    arms = [_polar(radius, twist * radius + 2.0 * np.pi * k / 5.0) for k in range(5)]
    return _curve("pinwheel", "Pinwheel", arms, sigma, np.tile(weights, 5))


def _parameters(length: float, sigma: float) -> Float64:
    """Even steps through [0, 1] that move at most sigma / 2 along a curve of this length."""
    count = int(np.clip(np.ceil(2.0 * length / sigma), 64, MAX_NODES_PER_ARM))
    return np.linspace(0.0, 1.0, count)


def _polar(radius: Float64 | float, angle: Float64) -> Float64:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _curve(
    name: str, title: str, arms: list[Float64], sigma: float, weights: Float64 | None = None
) -> GaussianMixture:
    means = np.concatenate(arms)
    weights = np.ones(len(means)) if weights is None else weights
    note = phrase(
        "Exact: the curve is {count} Gaussians of standard deviation {sigma:g} in a row.",
        count=len(means),
        sigma=sigma,
    )
    return GaussianMixture(
        name, title, means, isotropic(means, sigma), weights / weights.sum(), modes=None, density_note=note
    )


# ---------------------------------------------------------------- segment


@dataclass(frozen=True, eq=False)
class Segment:
    """x uniform on [-half_length, half_length], y = 0, plus N(0, sigma^2 I): thin and elongated."""

    sigma: float
    half_length: float = 1.2
    name: str = "line"
    title: str = "Thin line"
    extent: float = 2.0
    exact_density: bool = True
    density_note: str = "Exact: a uniform segment convolved with a Gaussian (error functions)."
    modes: Modes | None = None

    def sample(self, n: int, rng: np.random.Generator) -> Float32:
        x = np.float32(self.sigma) * rng.standard_normal((n, 2), dtype=np.float32)
        x[:, 0] += np.float32(self.half_length) * (2.0 * rng.random(n, dtype=np.float32) - 1.0)
        return x

    def log_density(self, x: ArrayLike) -> Float64:
        return self.log_density_smoothed(x, 0.0)

    def log_density_smoothed(self, x: ArrayLike, bandwidth: float) -> Float64:
        points = check_points(x)
        width = np.hypot(self.sigma, check_bandwidth(bandwidth))
        ends = np.array([[-self.half_length], [self.half_length]]) - points[:, 0]
        along = log_interval_probability(ends[0] / width, ends[1] / width) - np.log(2.0 * self.half_length)
        across = -0.5 * (points[:, 1] / width) ** 2 - np.log(np.sqrt(2.0 * np.pi) * width)
        return along + across  # type: ignore[no-any-return]

    def cell_masses(self, edges: Float64) -> Float64:
        along = _segment_masses(edges, self.half_length, self.sigma)
        across = interval_probability(edges[:-1] / self.sigma, edges[1:] / self.sigma)
        return np.outer(across, along)


def _segment_masses(edges: Float64, half_length: float, sigma: float) -> Float64:
    """The masses between edges (G+1,) of uniform(-half_length, half_length) + N(0, sigma^2).

    Its distribution function is a difference of integrals of Phi. Cells to the right of 0 are
    taken by their mirror images, where no two numbers near 1 are subtracted.
    """

    def distribution(x: Float64) -> Float64:
        ends = (x + half_length) / sigma, (x - half_length) / sigma
        difference = _integral_of_phi(ends[0]) - _integral_of_phi(ends[1])
        return sigma / (2.0 * half_length) * difference

    low, high = edges[:-1], edges[1:]
    flip = low + high > 0.0
    masses = distribution(np.where(flip, -low, high)) - distribution(np.where(flip, -high, low))
    return np.maximum(masses, 0.0)  # rounding alone falls below 0, far out in a tail


def _integral_of_phi(u: Float64) -> Float64:
    """The integral of the normal distribution function up to u: u Phi(u) + phi(u)."""
    return u * ndtr(u) + np.exp(-0.5 * u * u) / np.sqrt(2.0 * np.pi)  # type: ignore[no-any-return, unused-ignore]


# ---------------------------------------------------------------- checkerboard


@dataclass(frozen=True, eq=False)
class Checkerboard:
    """Uniform on every second square of a 4 x 4 board."""

    side: float = 0.8
    name: str = "checkerboard"
    title: str = "Checkerboard"
    extent: float = 2.0
    exact_density: bool = True
    density_note: str = "Exact: constant on 8 squares, zero elsewhere."
    modes: Modes | None = None

    @property
    def corners(self) -> Float64:
        """The lower left corners of the filled squares, shape (8, 2)."""
        filled = [(column, row) for row in range(4) for column in range(4) if (column + row) % 2 == 0]
        return self.side * (np.array(filled, dtype=np.float64) - 2.0)

    def sample(self, n: int, rng: np.random.Generator) -> Float32:
        x = self.corners.astype(np.float32)[rng.integers(8, size=n)]
        x += np.float32(self.side) * rng.random((n, 2), dtype=np.float32)
        return x

    def log_density(self, x: ArrayLike) -> Float64:
        column_row = np.floor(check_points(x) / self.side) + 2.0
        on_board = ((column_row >= 0.0) & (column_row < 4.0)).all(axis=1)
        filled = on_board & (column_row.sum(axis=1) % 2.0 == 0.0)
        return np.where(filled, -np.log(8.0 * self.side**2), -np.inf)

    def log_density_smoothed(self, x: ArrayLike, bandwidth: float) -> Float64:
        if check_bandwidth(bandwidth) == 0.0:
            return self.log_density(x)
        low = (self.corners - check_points(x)[:, None, :]) / bandwidth  # (N, 8, 2)
        terms = log_interval_probability(low, low + self.side / bandwidth).sum(axis=2)
        return np.logaddexp.reduce(terms, axis=1) - np.log(8.0 * self.side**2)  # type: ignore[no-any-return]

    def cell_masses(self, edges: Float64) -> Float64:
        low, high = self.corners[None], self.corners[None] + self.side
        left, right = edges[:-1, None, None], edges[1:, None, None]
        overlap = np.clip(np.minimum(high, right) - np.maximum(low, left), 0.0, None) / self.side  # (G, 8, 2)
        return overlap[..., 1] @ overlap[..., 0].T / 8.0  # type: ignore[no-any-return]
