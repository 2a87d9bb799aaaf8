"""How surely a share is known from few trials: the exact binomial interval. Knows not what is counted."""

from __future__ import annotations

from scipy.stats import beta

CONFIDENCE = 0.95


def clopper_pearson(right: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The success probabilities that `right` of `trials` do not refute (Clopper and Pearson 1934).

    It is exact: whatever the true probability, it is covered at least as often as `confidence` says. Without
    trials it is (0, 1). Raises `ValueError` for counts that cannot be and a confidence outside (0, 1).
    """
    if not 0 <= right <= trials:
        raise ValueError(f"right is {right} of {trials} trials, but must be from 0 to {max(0, trials)}.")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}, but must be between 0 and 1.")
    tail = (1.0 - confidence) / 2.0
    low = float(beta.ppf(tail, right, trials - right + 1)) if right else 0.0
    high = float(beta.ppf(1.0 - tail, right + 1, trials - right)) if right < trials else 1.0
    return low, high
