"""One iteration of EM on one number, against the textbook's two lines."""

from __future__ import annotations

import numpy as np
import pytest

from playground.engine.mixture_1d import Mixture1D, em_step, first_mixture
from playground.measures import densities

X = np.random.default_rng(1).normal([-2.0, 1.0], [0.5, 0.8], (200, 2)).ravel()


def textbook(mixture: Mixture1D, x: np.ndarray) -> Mixture1D:
    joint = densities.normal(x[:, None], mixture.means, mixture.sigmas) * mixture.weights
    share = joint / joint.sum(1, keepdims=True)
    total = share.sum(0)
    means = share.T @ x / total
    variances = (share * (x[:, None] - means) ** 2).sum(0) / total
    return Mixture1D(total / len(x), means, np.sqrt(variances))


@pytest.mark.parametrize("components", [1, 2, 5])
def test_a_step_is_the_textbooks(components: int) -> None:
    ours = theirs = first_mixture(X, components, np.random.default_rng(0))
    for _ in range(3):
        ours, theirs = em_step(ours, X), textbook(theirs, X)
        for name in ("weights", "means", "sigmas"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), abs=2e-5)


def test_one_component_is_fitted_in_one_step() -> None:
    fitted = em_step(first_mixture(X, 1, np.random.default_rng(3)), X)
    assert (fitted.means[0], fitted.sigmas[0]) == pytest.approx((X.mean(), X.std()), abs=1e-5)
    assert fitted.log_likelihood(X) == pytest.approx(-densities.normal_entropy(X.std()), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_likelihood_never_falls(seed: int) -> None:
    mixture = first_mixture(X, 6, np.random.default_rng(seed))
    before = mixture.log_likelihood(X)
    for _ in range(30):
        mixture = em_step(mixture, X)
        assert mixture.log_likelihood(X) >= before - 1e-7  # the floor under the variances
        before = mixture.log_likelihood(X)
