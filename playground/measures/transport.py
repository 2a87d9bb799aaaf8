"""Wasserstein distances: how far mass must travel, also where supports do not meet.

Two targets with disjoint supports have JSD log 2 at any distance; these still tell them
apart (Arjovsky et al. 2017). POT solves the plane, SciPy the line. Distances are in window
units. This file does not know where the samples come from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import wasserstein_distance

from playground.data.target import Float64, Target
from playground.measures.checks import check_samples

MAX_POINTS = 512  # exact transport between 512 points takes tens of milliseconds, and grows as the cube
PROJECTIONS = 64
FLOOR_REPEATS = 2


def wasserstein(
    a: ArrayLike,
    b: ArrayLike,
    order: int = 1,
    max_points: int = MAX_POINTS,
    rng: np.random.Generator | None = None,
) -> float:
    """W_1 or W_2 between samples a (N, 2) and b (M, 2), exact for the points used.

    More than max_points are thinned at random by rng, which is then required. With so few
    points the distance of identical distributions is far from 0: see `wasserstein_floor`.
    ValueError for another order, another shape or a NaN.
    """
    import ot  # type: ignore[import-untyped, unused-ignore] # here: loading takes seconds, and most runs never ask

    if order not in (1, 2):
        raise ValueError(f"The order is {order}; 1 and 2 are allowed.")
    x, y = (_thin(check_samples(samples), max_points, rng) for samples in (a, b))
    cost = ot.dist(x, y, metric="euclidean" if order == 1 else "sqeuclidean")
    total = max(0.0, float(ot.emd2(ot.unif(len(x)), ot.unif(len(y)), cost)))
    return float(total if order == 1 else np.sqrt(total))


def sliced_wasserstein(
    a: ArrayLike, b: ArrayLike, order: int = 2, projections: int = PROJECTIONS, seed: int = 0
) -> float:
    """The sliced W_order between samples a (N, 2) and b (M, 2) over random lines (Bonneel et al. 2015).

    The mean over directions of W_order^order on the line, to the power 1 / order.
    """
    import ot

    x, y = check_samples(a), check_samples(b)
    lines = np.random.default_rng(seed).standard_normal((2, projections))
    lines /= np.linalg.norm(lines, axis=0)
    return float(ot.sliced_wasserstein_distance(x, y, projections=lines, p=order))


def wasserstein_1d(a: ArrayLike, b: ArrayLike) -> float:
    """W_1 between samples a (N,) and b (M,) on the line, exact for any number of them."""
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("Some samples are not finite numbers.")
    return float(wasserstein_distance(x, y))


def wasserstein_floor(
    target: Target, n: int, seed: int = 0, order: int = 1, max_points: int = MAX_POINTS
) -> float:
    """What `wasserstein` reads, on average, between two draws of n samples of the target itself.

    As there, at most max_points of them are used.
    """
    rng = np.random.default_rng(seed)
    used = min(n, max_points)
    readings = [
        wasserstein(target.sample(used, rng), target.sample(used, rng), order, max_points)
        for _ in range(FLOOR_REPEATS)
    ]
    return float(np.mean(readings))


def _thin(points: Float64, limit: int, rng: np.random.Generator | None) -> Float64:
    if len(points) <= limit:
        return points
    if rng is None:
        raise ValueError(f"There are {len(points):,} points, more than {limit:,}; pass rng to thin them.")
    return points[rng.choice(len(points), size=limit, replace=False)]
