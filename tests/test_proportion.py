"""The exact binomial interval against scipy's, its definition and its coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from playground.measures.proportion import clopper_pearson


def test_it_is_the_interval_of_scipy() -> None:
    for trials in (1, 7, 30):
        for right in range(trials + 1):
            known = binomtest(right, trials).proportion_ci(0.95, method="exact")
            assert clopper_pearson(right, trials) == pytest.approx((known.low, known.high), abs=1e-9)


def test_none_right_of_ten_leaves_up_to_31_percent() -> None:
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 1.0 - 0.025**0.1))


def test_without_trials_nothing_is_known() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def test_every_probability_is_covered_at_least_as_often_as_told() -> None:
    trials = 12
    limits = [clopper_pearson(right, trials) for right in range(trials + 1)]
    for chance in np.linspace(0.02, 0.98, 49):
        inside = [right for right, (low, high) in enumerate(limits) if low <= chance <= high]
        assert binom.pmf(inside, trials, chance).sum() >= 0.95


@pytest.mark.parametrize(("right", "trials", "confidence"), [(3, 2, 0.9), (-1, 2, 0.9), (1, 2, 1.0)])
def test_what_cannot_be_is_refused(right: int, trials: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="but must be"):
        clopper_pearson(right, trials, confidence)
