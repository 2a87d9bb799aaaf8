"""Which of two settings, or chance, explains the differences between runs. Knows no model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def two_way_shares(scores: ArrayLike) -> tuple[float, float, float, float]:
    """Shares of the variance of scores (A, B, R), R repeats of A times B settings; they add up to 1.

    Explained by the first setting, by the second, by both beyond their sum (interaction), by neither: the
    sums of squares of the two-way analysis of variance (Fisher 1925). NaN where a score is, or all are equal.
    """
    cells = np.asarray(scores, np.float64)
    middle = cells.mean()
    total = float(((cells - middle) ** 2).mean())
    if not total > 0.0:
        return (float("nan"),) * 4
    first = float(((cells.mean((1, 2)) - middle) ** 2).mean()) / total
    second = float(((cells.mean((0, 2)) - middle) ** 2).mean()) / total
    between = float(((cells.mean(2) - middle) ** 2).mean()) / total
    return first, second, between - first - second, 1.0 - between
