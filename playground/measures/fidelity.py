"""How far a set of features is from the real one: Frechet distance, KID, improved precision and recall.

All three read numbers that depend on the network that made the features, so that two readings compare only
within one feature space, and the first two also only at one sample size. Arrays are (N, C). Knows no
network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.spatial.distance import cdist

from playground.config import ConfigError
from playground.measures.images import Floats, check_feature_pair, check_features, floor, parts

KID_BLOCK = 200  # samples of each set in one estimate
NEIGHBOURS = 3  # k of Kynkaanniemi et al. 2019
_ROWS = 512  # of a distance matrix at once

Features = NDArray[np.generic]


@dataclass(frozen=True)
class Frechet:
    """Squared Frechet distance between Gaussians fitted to `count` and `real_count` features."""

    value: float
    count: int
    real_count: int


@dataclass(frozen=True)
class Kid:
    """The mean over blocks of an unbiased MMD^2, which may be below 0, and that mean's standard error."""

    value: float
    error: float  # NaN with a single block
    blocks: int
    count: int  # of each set, used


@dataclass(frozen=True)
class PrecisionRecall:
    """Shares of features inside the real manifold, and of real ones inside that of the features."""

    precision: float
    recall: float
    count: int
    real_count: int


def frechet_distance(features: Features, real: Features) -> Frechet:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Dowson and Landau 1982; FID: Heusel et al. 2017).

    Biased upwards by finite samples: compare only at one sample size, and with `frechet_floor`. Raises
    `ConfigError`.
    """
    x, y = check_feature_pair(features, real)
    cov_x, cov_y = (np.atleast_2d(np.cov(each, rowvar=False, bias=False)) for each in (x, y))
    values, vectors = linalg.eigh(cov_x)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    # the eigenvalues of C1^(1/2) C2 C1^(1/2) are those of C1 C2, and the matrix is symmetric
    shared = np.sqrt(np.maximum(linalg.eigvalsh(root @ cov_y @ root), 0.0)).sum()
    gap = x.mean(0) - y.mean(0)
    value = gap @ gap + np.trace(cov_x) + np.trace(cov_y) - 2.0 * shared
    return Frechet(max(0.0, float(value)), len(x), len(y))


def frechet_floor(real: Features, seed: int = 0) -> Frechet:
    """`frechet_distance` between two halves of a real set."""
    return floor(frechet_distance, check_features(real, "real"), seed)


def kernel_distance(features: Features, real: Features, block: int = KID_BLOCK, seed: int = 0) -> Kid:
    """KID: the unbiased MMD^2 under the kernel (x y / C + 1)^3 (Binkowski et al. 2018).

    The mean over disjoint random blocks of `block` samples of each set, which, unlike overlapping ones,
    give an honest standard error. Fewer samples than a block make one block. Raises `ConfigError`.
    """
    if block < 2:
        raise ConfigError(f"block = {block}: allowed is at least 2.")
    x, y = check_feature_pair(features, real)
    rng = np.random.default_rng(seed)
    x, y = (each[rng.permutation(len(each))] for each in (x, y))
    least = min(len(x), len(y))
    size = min(block, least)
    blocks = least // size
    each = [_mmd(x[i * size : (i + 1) * size], y[i * size : (i + 1) * size]) for i in range(blocks)]
    error = float(np.std(each, ddof=1) / np.sqrt(blocks)) if blocks > 1 else float("nan")
    return Kid(float(np.mean(each)), error, blocks, blocks * size)


def kernel_floor(real: Features, block: int = KID_BLOCK, seed: int = 0) -> Kid:
    """`kernel_distance` between two halves of a real set: 0 within its error."""
    return floor(lambda x, y: kernel_distance(x, y, block, seed), check_features(real, "real"), seed)


def precision_recall(features: Features, real: Features, neighbours: int = NEIGHBOURS) -> PrecisionRecall:
    """Improved precision and recall (Kynkaanniemi et al. 2019).

    A manifold is the union of balls around its samples, each as wide as the distance to the sample's k-th
    nearest other; precision is fidelity, recall diversity. Memory is bounded, time grows as N * M. Raises
    `ConfigError`.
    """
    if neighbours < 1:
        raise ConfigError(f"neighbours = {neighbours}: allowed is at least 1.")
    x, y = check_feature_pair(features, real, least=neighbours + 1)
    radii_x, radii_y = _radii(x, neighbours), _radii(y, neighbours)
    inside_real, inside_generated = np.zeros(len(x), bool), np.zeros(len(y), bool)
    for rows, distances in _distances(x, y):
        inside_real[rows] = (distances <= radii_y).any(1)
        inside_generated |= (distances <= radii_x[rows, None]).any(0)
    return PrecisionRecall(float(inside_real.mean()), float(inside_generated.mean()), len(x), len(y))


def precision_recall_floor(real: Features, neighbours: int = NEIGHBOURS, seed: int = 0) -> PrecisionRecall:
    """`precision_recall` of one half of a real set against the other: what a perfect sampler reads, not 1."""
    return floor(
        lambda x, y: precision_recall(x, y, neighbours),
        check_features(real, "real", 2 * neighbours + 2),
        seed,
    )


def _mmd(x: Floats, y: Floats) -> float:
    """Unbiased MMD^2 of two blocks of equal size n: means without the diagonal, and 2 k(x, y) with it."""
    n = len(x)
    within = sum(((k := _kernel(z, z)).sum() - np.trace(k)) / (n * (n - 1)) for z in (x, y))
    return float(within - 2.0 * _kernel(x, y).mean())


def _kernel(x: Floats, y: Floats) -> Floats:
    kernel: Floats = (x @ y.T / x.shape[1] + 1.0) ** 3
    return kernel


def _distances(x: Floats, y: Floats) -> Iterator[tuple[slice, Floats]]:
    """Slices of x and their distances to all of y, (n, M)."""
    return ((rows, cdist(x[rows], y)) for rows in parts(len(x), _ROWS))


def _radii(x: Floats, neighbours: int) -> Floats:
    """(N,): the distance of each to its k-th nearest other; its own 0 sorts first."""
    radii = np.empty(len(x))
    for rows, distances in _distances(x, x):
        radii[rows] = np.partition(distances, neighbours, axis=1)[:, neighbours]
    return radii
