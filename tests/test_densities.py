"""One-dimensional densities on a grid against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.measures import densities as d

X, DX = d.grid(-12.0, 12.0, 4001)


def test_a_normal_and_a_mixture_integrate_to_one() -> None:
    assert d.normal(X, 0.4, 1.3).sum() * DX == pytest.approx(1.0, abs=1e-12)
    p = d.mixture(X, [-2.0, 3.0], [0.5, 1.0], [0.3, 0.7])
    assert p.shape == X.shape
    assert p.sum() * DX == pytest.approx(1.0, abs=1e-12)
    assert (p * X).sum() * DX == pytest.approx(0.3 * -2.0 + 0.7 * 3.0)


def test_a_mixture_of_equals_is_its_component() -> None:
    assert np.allclose(d.mixture(X, [1.0, 1.0, 1.0], 0.7, 1 / 3), d.normal(X, 1.0, 0.7))


@pytest.mark.parametrize("mean, sigma", [(0.0, 1.0), (1.5, 0.4), (-1.0, 1.3)])
def test_entropy_and_kl_of_normals_are_the_closed_forms(mean: float, sigma: float) -> None:
    p, q = d.normal(X, mean, sigma), d.normal(X, 0.5, 0.9)
    assert d.entropy(p, DX) == pytest.approx(d.normal_entropy(sigma), abs=1e-6)
    assert d.kl(p, q, DX) == pytest.approx(d.normal_kl(mean, sigma, 0.5, 0.9), abs=1e-6)
    assert d.kl(q, p, DX) == pytest.approx(d.normal_kl(0.5, 0.9, mean, sigma), abs=1e-6)


def test_cross_entropy_is_entropy_plus_kl() -> None:
    p, q = d.mixture(X, [-1.0, 2.0], [0.4, 0.6], [0.5, 0.5]), d.normal(X, 0.3, 1.1)
    assert d.cross_entropy(p, q, DX) == pytest.approx(d.entropy(p, DX) + d.kl(p, q, DX), abs=1e-12)


def test_kl_is_infinite_where_only_the_second_is_nothing() -> None:
    p, q = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    assert d.kl(p, q, 1.0) == math.inf
    assert d.cross_entropy(p, q, 1.0) == math.inf
    assert d.kl(q, p, 1.0) == pytest.approx(math.log(2.0))


def test_disjoint_densities_stay_at_log_2_while_wasserstein_grows() -> None:
    p = d.normal(X, -6.0, 0.2)
    near, far = d.normal(X, 0.0, 0.2), d.normal(X, 5.0, 0.2)
    assert d.jsd(p, near, DX) == pytest.approx(math.log(2.0), abs=1e-9)
    assert d.jsd(p, far, DX) == pytest.approx(math.log(2.0), abs=1e-9)
    assert d.wasserstein1(p, near, DX) == pytest.approx(6.0, abs=1e-6)
    assert d.wasserstein1(p, far, DX) == pytest.approx(11.0, abs=1e-6)


def test_wasserstein_of_two_widths_is_the_mean_absolute_difference_of_quantiles() -> None:
    expected = abs(1.5 - 0.5) * math.sqrt(2.0 / math.pi)  # E|(s - t) Z| for normals of one mean
    assert d.wasserstein1(d.normal(X, 0, 1.5), d.normal(X, 0, 0.5), DX) == pytest.approx(expected, abs=1e-4)


def test_densities_on_the_edge_of_float64_keep_a_finite_jsd() -> None:
    p, q = d.normal(X, -6.0, 0.16), d.normal(X, -6.1, 0.16)
    assert ((p > 0) & (p < 1e-310)).any()  # what this is about
    assert 0.0 < d.jsd(p, q, DX) < math.log(2.0)


def test_equal_densities_read_zero_and_the_game_minus_log_4() -> None:
    p = d.mixture(X, [-1.0, 2.0], [0.4, 0.6], [0.5, 0.5])
    assert d.jsd(p, p, DX) == d.kl(p, p, DX) == d.wasserstein1(p, p, DX) == 0.0
    assert d.best_discriminator(p, p) == pytest.approx(0.5)
    assert d.best_value(p, p, DX) == pytest.approx(-math.log(4.0))


def test_no_discriminator_beats_the_best_one() -> None:
    p, q = d.normal(X, -1.0, 0.8), d.normal(X, 0.7, 1.2)
    best = d.best_discriminator(p, q)
    assert best == pytest.approx(p / (p + q))
    top = d.value(p, q, best, DX)
    assert top == pytest.approx(d.best_value(p, q, DX), abs=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = np.clip(best + rng.normal(0, 0.2, best.shape), 0.0, 1.0)
        assert d.value(p, q, other, DX) < top
    assert d.value(p, q, np.full_like(X, 0.5), DX) == pytest.approx(-math.log(4.0))


def test_the_value_of_logits_is_the_value_of_their_probabilities() -> None:
    p, q = d.normal(X, 0.0, 1.0), d.normal(X, 1.0, 1.0)
    logits = np.stack([0.5 - X, 0.0 * X])  # the log ratio of the two, and an undecided D
    values = d.value_of_logits(p, q, logits, DX)
    assert values == pytest.approx([d.best_value(p, q, DX), -math.log(4.0)], abs=1e-9)
    assert values[0] == pytest.approx(d.value(p, q, d.best_discriminator(p, q), DX), abs=1e-6)


def test_what_is_no_density_is_refused() -> None:
    with pytest.raises(ValueError, match="sigma"):
        d.normal(X, 0.0, 0.0)
    with pytest.raises(ValueError, match="weights"):
        d.mixture(X, [0.0, 1.0], 1.0, [0.7, 0.7])
    with pytest.raises(ValueError, match="grid"):
        d.grid(1.0, 1.0)
