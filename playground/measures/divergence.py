"""Divergences between p_data and p_G on a grid, the best discriminator, and the value of the game.

Both distributions become masses of the same cells, smoothed by the same kernel, so that a
perfect generator reads zero but for the noise of finitely many samples; that noise, the
floor, is given next to every estimate. All logarithms are natural: divergences in nats.

Formulas: Goodfellow et al. 2014, with D* = p / (p + q) and V* = -log 4 + 2 JSD.

Letters: N samples, G cells along a side. A vector of masses has G * G + 1 entries: the cells
row by row, y increasing with the row, then whatever lies outside the window. This file does
not know which target or generator it is given, nor how a discriminator is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter
from scipy.special import expit, rel_entr, xlogy

from playground.data.target import Float64, Target, check_bandwidth
from playground.measures.checks import check_samples

FLOOR_REPEATS = 4
PROBABILITY_CLIP = 1e-7  # keeps log d and log(1 - d) finite: about what float32 logits resolve
_VANISHING = 1e-300  # a quotient of smaller masses leaves the range of float64
_MAX_FLOORS = 64  # sample sizes an estimator remembers the floor of


@dataclass(frozen=True)
class Grid:
    """G x G square cells on the window [-extent, extent]^2."""

    extent: float
    size: int = 64

    def __post_init__(self) -> None:
        if not (0.0 < self.extent < np.inf and 1 <= self.size <= 1024):
            raise ValueError(
                f"The grid has extent {self.extent} and size {self.size}; "
                "the extent must be positive and the size 1 to 1024."
            )

    @property
    def cell(self) -> float:
        """The side of a cell, in window units."""
        return 2.0 * self.extent / self.size

    @cached_property
    def edges(self) -> Float64:
        return np.linspace(-self.extent, self.extent, self.size + 1)

    @cached_property
    def centres(self) -> Float64:
        """The middle of every cell, shape (G * G, 2), in the order of the masses."""
        steps = 0.5 * (self.edges[:-1] + self.edges[1:])
        x, y = np.meshgrid(steps, steps)
        return np.stack([x.ravel(), y.ravel()], axis=1)


# ---------------------------------------------------------------- masses


def bin_samples(samples: ArrayLike, grid: Grid) -> Float64:
    """The share of samples (N, 2) in each cell and outside, shape (G * G + 1,), summing to 1."""
    points = check_samples(samples)
    inside = (np.abs(points) <= grid.extent).all(axis=1)
    column_row = ((points[inside] + grid.extent) / grid.cell).astype(np.intp)
    np.minimum(column_row, grid.size - 1, out=column_row)  # the right and upper border belong to the window
    counts = np.bincount(column_row[:, 1] * grid.size + column_row[:, 0], minlength=grid.size**2)
    return np.append(counts, len(points) - len(column_row)) / len(points)


def smooth(masses: Float64, grid: Grid, bandwidth: float) -> Float64:
    """Spread every cell by a Gaussian kernel of this bandwidth (window units); the total is kept.

    What leaves the window joins the outside entry, and nothing comes back from there.
    """
    if check_bandwidth(bandwidth) == 0.0:
        return masses
    cells = masses[:-1].reshape(grid.size, grid.size)
    spread = gaussian_filter(cells, bandwidth / grid.cell, mode="constant").ravel()
    return _close(spread, float(masses.sum()))


def target_masses(target: Target, grid: Grid, bandwidth: float) -> Float64:
    """The smoothed cell masses of a target, shape (G * G + 1,), summing to 1.

    The mass of each cell is integrated exactly, however narrow the target, and then spread by
    the very kernel that spreads the samples: with the continuous kernel instead, a perfect
    generator with modes narrower than a cell would never read zero.
    """
    exact = target.cell_masses(grid.edges).ravel()
    return smooth(_close(exact, 1.0), grid, bandwidth)


def _close(cells: Float64, total: float) -> Float64:
    """Cells with the outside entry that makes them add up to total; vanishing ones become 0."""
    cells = np.where(cells < _VANISHING, 0.0, cells)
    return np.append(cells, max(0.0, total - float(cells.sum())))


# ---------------------------------------------------------------- divergences


def kl(p: Float64, q: Float64) -> float:
    """KL(p || q) = sum p log(p / q), nats; inf where q is 0 and p is not."""
    return float(rel_entr(p, q).sum())


def jsd(p: Float64, q: Float64) -> float:
    """Jensen-Shannon divergence, nats: 1/2 KL(p || m) + 1/2 KL(q || m), m = (p + q) / 2; 0 to log 2."""
    middle = 0.5 * (p + q)
    return max(0.0, 0.5 * (kl(p, middle) + kl(q, middle)))  # rounding alone falls below 0


def skew_kl(p: Float64, q: Float64, samples: int) -> float:
    """KL(p || a q + (1 - a) p) with a = N / (N + 1), nats: the skew divergence of Lee 1999.

    Plain KL is infinite as soon as one cell that p can reach stayed empty, which says little
    about finitely many samples. Here q is granted one more sample, a draw from p. The result
    is at most KL(p || q), tends to it as N grows, is 0 only for p = q, and never exceeds log(N + 1).
    """
    granted = 1.0 / (samples + 1.0)
    return kl(p, q + granted * (p - q))


# ---------------------------------------------------------------- the game


def optimal_discriminator(p: Float64, q: Float64) -> Float64:
    """D* = p / (p + q), same shape; 1/2 where both are 0 and the game does not care."""
    total = p + q
    return np.divide(p, total, out=np.full_like(total, 0.5), where=total > 0.0)


def optimal_discriminator_from_log(log_p: Float64, log_q: Float64) -> Float64:
    """D* = sigmoid(log p - log q), same shape, without overflow; 1/2 where both are -inf."""
    nowhere = np.isneginf(log_p) & np.isneginf(log_q)
    difference = np.subtract(log_p, log_q, out=np.zeros(nowhere.shape), where=~nowhere)
    return expit(difference)  # type: ignore[no-any-return, unused-ignore]


def value(p: Float64, q: Float64, d: Float64) -> float:
    """V(D, G) = sum p log d + q log(1 - d), nats, with d clipped to [1e-7, 1 - 1e-7]."""
    clipped = np.clip(d, PROBABILITY_CLIP, 1.0 - PROBABILITY_CLIP)
    return float(np.sum(xlogy(p, clipped) + xlogy(q, 1.0 - clipped)))


def optimal_value(p: Float64, q: Float64) -> float:
    """V* = -log 4 + 2 JSD(p, q), nats: the largest value any discriminator reaches."""
    return -float(np.log(4.0)) + 2.0 * jsd(p, q)


# ---------------------------------------------------------------- estimates


@dataclass(frozen=True, eq=False)
class Divergence:
    """Estimates from N samples; the floors are what a perfect generator would read."""

    jsd: float  # nats, 0 to log 2
    kl: float  # KL(p_data || p_G), nats, as `skew_kl`: at most log(N + 1)
    reverse_kl: float  # KL(p_G || p_data), nats, by the same convention
    value_star: float  # V*, nats, -log 4 to 0
    d_star: Float64  # (G, G), rows along y; 1/2 where neither has mass
    floor: float  # of jsd, nats
    kl_floor: float
    reverse_kl_floor: float
    samples: int
    target: Float64  # the masses p behind all this, (G * G + 1,)
    generated: Float64  # and q

    def value(self, d: ArrayLike, outside: float) -> float:
        """V(D, G), nats, of a discriminator that says d (G, G) in the cells and `outside` beyond the window.

        Over the same p and q as `value_star`, so it never exceeds it.
        """
        return value(self.target, self.generated, np.append(np.asarray(d, np.float64).ravel(), outside))


class DivergenceEstimator:
    """Divergences of samples from one target on one grid; what depends on the target is kept.

    The floors of a sample size are computed when that size is first asked for.
    """

    def __init__(self, target: Target, grid: Grid, bandwidth: float, floor_seed: int = 0) -> None:
        self.target = target
        self.grid = grid
        self.bandwidth = check_bandwidth(bandwidth)
        self.floor_seed = floor_seed
        self._floors: dict[int, Float64] = {}

    @cached_property
    def masses(self) -> Float64:
        """The smoothed target, shape (G * G + 1,)."""
        return target_masses(self.target, self.grid, self.bandwidth)

    def estimate(self, samples: ArrayLike) -> Divergence:
        """Everything at once for samples (N, 2); ValueError for another shape or a NaN."""
        p, q = self.masses, self._spread(samples)
        n = len(np.asarray(samples))
        readings, floors = self._read(q, n), self._remembered_floors(n)
        size = self.grid.size
        return Divergence(
            *readings,
            value_star=optimal_value(p, q),
            d_star=optimal_discriminator(p, q)[:-1].reshape(size, size),
            target=p,
            generated=q,
            floor=float(floors[0]),
            kl_floor=float(floors[1]),
            reverse_kl_floor=float(floors[2]),
            samples=n,
        )

    def floor(self, n: int) -> float:
        """The mean JSD, nats, that n samples of the target itself read."""
        return float(self._remembered_floors(n)[0])

    def measure_floors(self, n: int, seed: int, repeats: int) -> Float64:
        """The mean JSD, KL and reverse KL (3,), nats, of n samples of the target itself."""
        rng = np.random.default_rng(seed)
        draws = (self.target.sample(n, rng) for _ in range(repeats))
        readings = np.array([self._read(self._spread(draw), n) for draw in draws])
        return readings.mean(axis=0)  # type: ignore[no-any-return, unused-ignore]

    def _remembered_floors(self, n: int) -> Float64:
        if n not in self._floors:
            if len(self._floors) >= _MAX_FLOORS:
                self._floors.clear()
            self._floors[n] = self.measure_floors(n, self.floor_seed, FLOOR_REPEATS)
        return self._floors[n]

    def _read(self, q: Float64, n: int) -> tuple[float, float, float]:
        p = self.masses
        return jsd(p, q), skew_kl(p, q, n), skew_kl(q, p, n)

    def _spread(self, samples: ArrayLike) -> Float64:
        return smooth(bin_samples(samples, self.grid), self.grid, self.bandwidth)


def jsd_floor(
    target: Target, n: int, grid: Grid, bandwidth: float, seed: int = 0, repeats: int = FLOOR_REPEATS
) -> float:
    """The mean JSD, nats, that the estimate from n samples reads when the generator is perfect.

    The comparison is n real samples with the exact masses, as in `DivergenceEstimator.estimate`.
    """
    return float(DivergenceEstimator(target, grid, bandwidth).measure_floors(n, seed, repeats)[0])
