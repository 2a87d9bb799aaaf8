"""The ELBO and its gap by quadrature, where both are known."""

from __future__ import annotations

import numpy as np
import pytest

from playground.measures import densities
from playground.measures import latent_quadrature as lq

X = np.linspace(-3.0, 4.0, 29)
SLOPE, OFFSET, SIGMA = 1.3, 0.4, 0.5
DECODED = SLOPE * lq.Z + OFFSET  # with a straight decoder everything is Gaussian
VARIANCE = 1.0 / (1.0 + SLOPE**2 / SIGMA**2)  # of the posterior
POSTERIOR = VARIANCE * SLOPE * (X - OFFSET) / SIGMA**2


def test_a_straight_decoder_gives_a_gaussian() -> None:
    expected = densities.normal(X, OFFSET, np.hypot(SLOPE, SIGMA))
    assert lq.marginal(X, DECODED, SIGMA) == pytest.approx(expected, abs=1e-12)


def test_with_the_true_posterior_the_bound_is_tight() -> None:
    found = lq.bound(X, DECODED, SIGMA, POSTERIOR, np.full_like(X, np.sqrt(VARIANCE)))
    assert found.elbo == pytest.approx(found.log_p, abs=1e-10)
    assert np.abs(found.gap).max() < 1e-10


def test_with_another_code_the_gap_is_the_kl_to_the_posterior_in_closed_form() -> None:
    mean, deviation = POSTERIOR + 0.3, np.full_like(X, 0.6)
    found = lq.bound(X, DECODED, SIGMA, mean, deviation)
    expected = [
        densities.normal_kl(m, 0.6, t, np.sqrt(VARIANCE)) for m, t in zip(mean, POSTERIOR, strict=True)
    ]
    assert found.gap == pytest.approx(expected, abs=1e-10)
    assert found.log_p - found.elbo == pytest.approx(expected, abs=1e-10)


def test_a_bent_decoder_keeps_the_identity() -> None:
    found = lq.bound(X, 2.0 * np.tanh(3.0 * lq.Z), 0.3, np.tanh(X), np.full_like(X, 0.2))
    assert (found.gap > 0.0).all()
    assert found.log_p - found.elbo == pytest.approx(found.gap, abs=1e-9)
