"""Who resembles whom: nearest neighbours, diversity of samples, and whether a face has the colours asked for.

Features are (N, C), distances Euclidean and in units of the features. Knows no network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from playground.config import ConfigError
from playground.measures.images import Floats, Indices, check_feature_pair, check_features, halves

MAX_GROUP = 2_000  # features of one condition; the pairs of more take too much memory

Features = NDArray[np.generic]
Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Accuracy:
    """Share of `count` samples whose most likely colour is the one asked for; NaN where none was."""

    value: float
    count: int


@dataclass(frozen=True)
class Diversity:
    """Mean distance over `pairs` pairs of the `count` samples that share their condition with another."""

    value: float  # NaN where no two share one
    pairs: int
    count: int


@dataclass(frozen=True, eq=False)
class Neighbours:
    """For each of N rows its k nearest of `among` others, nearest first."""

    indices: Indices  # (N, k)
    distances: Floats  # (N, k)
    among: int


def condition_accuracy(asked: Labels, logits: Features) -> Accuracy:
    """Compare colours asked for (N,) with a classifier's logits (N, K); index K, "any", is left out.

    Raises `ConfigError` for unequal lengths or an index outside 0 to K.
    """
    scores, wanted = check_features(logits, "logits", 1), np.asarray(asked)
    colours = scores.shape[1]
    if wanted.shape != (len(scores),) or not ((wanted >= 0) & (wanted <= colours)).all():
        raise ConfigError(f"asked has the shape {wanted.shape}: allowed are {len(scores)} of 0 to {colours}.")
    named = wanted < colours
    if not named.any():
        return Accuracy(math.nan, 0)
    return Accuracy(float((scores[named].argmax(1) == wanted[named]).mean()), int(named.sum()))


def accuracy_floor(asked: Labels, logits: Features, seed: int = 0) -> Accuracy:
    """What is read where colours have nothing to do with those asked for: the latter in another order."""
    return condition_accuracy(np.random.default_rng(seed).permutation(np.asarray(asked)), logits)


def diversity(features: Features, conditions: NDArray[np.integer] | None = None, seed: int = 0) -> Diversity:
    """Mean distance between features (N, C) of the same condition; without conditions, of all pairs.

    `conditions` is (N,) or (N, columns), equal rows being one condition. Of more than `MAX_GROUP` samples
    of one condition that many are drawn by `seed`. 0 is a model that gives one face. Raises `ConfigError`.
    """
    x = check_features(features)
    total, pairs, count = 0.0, 0, 0
    for rows in _groups(conditions, len(x)):
        if len(rows) > MAX_GROUP:
            rows = np.random.default_rng(seed).choice(rows, MAX_GROUP, replace=False)
        distances = pdist(x[rows])
        total, pairs = total + float(distances.sum()), pairs + len(distances)
        count += len(rows) if len(rows) > 1 else 0
    return Diversity(total / pairs if pairs else math.nan, pairs, count)


def diversity_floor(
    real: Features, conditions: NDArray[np.integer] | None = None, seed: int = 0
) -> tuple[Diversity, Diversity]:
    """The diversity of each of two halves of a real set: how much of a difference means nothing."""
    x = check_features(real, "real", 4)
    one, other = (
        diversity(x[rows], None if conditions is None else np.asarray(conditions)[rows], seed)
        for rows in halves(len(x), seed)
    )
    return one, other


def nearest(features: Features, real: Features, count: int = 1) -> Neighbours:
    """The `count` nearest of the real features (M, C) to each of features (N, C). Raises `ConfigError`."""
    x, y = check_feature_pair(features, real, least=1)
    return _nearest(x, y, count, among=len(y))


def nearest_other(real: Features, count: int = 1) -> Neighbours:
    """The `count` nearest others of each real feature: how close two real ones come, the floor of `nearest`.

    A row never counts as its own neighbour; an exact copy of it does. Raises `ConfigError`.
    """
    return _nearest(None, check_features(real, "real"), count, among=len(real) - 1)


def _nearest(queries: Floats | None, real: Floats, count: int, among: int) -> Neighbours:
    from sklearn.neighbors import NearestNeighbors  # here: loading takes seconds, and most runs never ask

    if not 1 <= count <= among:
        raise ConfigError(f"count = {count}: allowed is 1 to {among:,}.")
    search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(real)
    distances, indices = search.kneighbors(queries)
    return Neighbours(indices.astype(np.int64), distances, among)


def _groups(conditions: NDArray[np.integer] | None, count: int) -> list[Indices]:
    """The rows of each condition."""
    if conditions is None:
        return [np.arange(count)]
    table = np.asarray(conditions)
    if len(table) != count or table.ndim not in (1, 2):
        raise ConfigError(f"conditions has the shape {table.shape}: allowed is one row for each of {count}.")
    _, group = np.unique(table, axis=0, return_inverse=True)
    order = np.argsort(group.ravel(), kind="stable")
    return np.split(order, np.cumsum(np.bincount(group.ravel()))[:-1])
