"""What trying again is worth: the expected best of several runs (Lucic et al. 2018). Knows no model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from playground.data.target import Float64


def expected_best(scores: ArrayLike) -> Float64:
    """(n,): E[min of k] for k = 1 to n runs picked from n scores without replacement; low is good.

    The i-th lowest is the best of the k with probability C(n - i, k - 1) / C(n, k). NaN if any score is.
    """
    lowest = np.sort(np.asarray(scores, np.float64))
    n = len(lowest)
    if n < 1:
        raise ValueError("There are no scores; at least 1 is needed.")
    found = np.empty(n)
    for k in range(1, n + 1):
        chance = np.zeros(n)
        chance[0] = k / n
        for i in range(1, n - k + 1):  # the ratio of neighbouring binomials
            chance[i] = chance[i - 1] * (n - k - i + 1) / (n - i)
        found[k - 1] = chance @ lowest
    return found
