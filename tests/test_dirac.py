"""The Dirac-GAN's field, eigenvalues and steps, against the closed forms of Mescheder et al. 2018."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from playground.engine.dirac import (
    METHODS,
    eigenvalues,
    field,
    jacobian,
    ordered,
    spectral_radius,
    step,
    update_matrix,
)

STEPS = [0.05, 0.3, 1.0]


def sigmoid(t):
    return 1.0 / (1.0 + np.exp(-t))


@pytest.mark.parametrize("name", ["minimax", "non-saturating"])
def test_minimax_and_non_saturating_have_eigenvalues_plus_minus_half_i(name):
    np.testing.assert_allclose(eigenvalues(METHODS[name]), [-0.5j, 0.5j], atol=1e-12)


def test_wgan_without_clipping_has_eigenvalues_plus_minus_i():
    np.testing.assert_allclose(eigenvalues(METHODS["wgan"]), [-1j, 1j], atol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.1, 0.5, 0.999, 1.0, 1.5, 4.0])
def test_the_zero_centred_penalty_has_the_eigenvalues_of_the_paper(gamma):
    root = cmath.sqrt(gamma**2 / 4 - 0.25)
    expected = ordered([-gamma / 2 - root, -gamma / 2 + root])
    # at gamma = 1 both fall together, where an eigenvalue is only as sharp as the root of the rounding error
    np.testing.assert_allclose(eigenvalues(METHODS["r1"], gamma), expected, atol=1e-7)


def test_any_positive_penalty_pulls_in_and_none_does_not():
    assert eigenvalues(METHODS["r1"], 0.3).real.max() == pytest.approx(-0.15)
    assert eigenvalues(METHODS["r1"], 0.0).real.max() == pytest.approx(0.0)


@pytest.mark.parametrize("h", STEPS)
@pytest.mark.parametrize("name", ["minimax", "non-saturating"])
def test_simultaneous_steps_have_spectral_radius_above_one(name, h):
    assert spectral_radius(METHODS[name], h) == pytest.approx(math.sqrt(1 + h**2 / 4), rel=1e-12)


@pytest.mark.parametrize("h", STEPS)
def test_simultaneous_steps_of_wgan_leave_twice_as_fast(h):
    assert spectral_radius(METHODS["wgan"], h) == pytest.approx(math.sqrt(1 + h**2), rel=1e-12)


@pytest.mark.parametrize("h", STEPS)
@pytest.mark.parametrize("name", ["minimax", "non-saturating", "wgan"])
def test_alternating_steps_have_spectral_radius_one(name, h):
    assert spectral_radius(METHODS[name], h, "alternating") == pytest.approx(1.0, abs=1e-12)


def test_the_field_is_the_closed_form_everywhere():
    theta, psi = np.meshgrid(np.linspace(-2, 2, 7), np.linspace(-2, 2, 5))
    t = theta * psi
    expected = {
        "minimax": (sigmoid(t) * psi, -sigmoid(t) * theta),
        "non-saturating": (sigmoid(-t) * psi, -sigmoid(t) * theta),
        "wgan": (psi, -theta),
        "r1": (sigmoid(t) * psi, -sigmoid(t) * theta - 0.7 * psi),
    }
    for name, (to_theta, to_psi) in expected.items():
        found = field(theta, psi, METHODS[name], 0.7)
        np.testing.assert_allclose(found[0], to_theta, atol=1e-14, err_msg=name)
        np.testing.assert_allclose(found[1], to_psi, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("name", METHODS)
def test_the_jacobian_is_the_slope_of_the_field_away_from_the_equilibrium_too(name):
    at, tiny = (0.6, -0.9), 1e-6
    columns = []
    for axis in (0, 1):
        ends = []
        for sign in (1, -1):
            point = list(at)
            point[axis] += sign * tiny
            ends.append(np.array(field(*point, METHODS[name], 0.4)))
        columns.append((ends[0] - ends[1]) / (2 * tiny))
    np.testing.assert_allclose(jacobian(METHODS[name], 0.4, at), np.stack(columns, 1), atol=1e-8)


@pytest.mark.parametrize("order", ["simultaneous", "alternating"])
@pytest.mark.parametrize("name", METHODS)
def test_near_the_equilibrium_a_step_is_the_update_matrix(name, order):
    start = np.array([3e-6, -2e-6])
    found = step(*start, METHODS[name], 0.4, order, 0.6)
    np.testing.assert_allclose(found, update_matrix(METHODS[name], 0.4, order, 0.6) @ start, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "order", "least", "most"),
    [
        ("minimax", "simultaneous", 1.5, 9.0),
        ("minimax", "alternating", 0.9, 1.15),
        ("r1", "simultaneous", 0.0, 0.01),
        ("r1", "alternating", 0.0, 0.01),
    ],
)
def test_a_hundred_steps_go_where_the_radius_says(name, order, least, most):
    at = (0.2, 0.1)
    for _ in range(100):
        at = step(*at, METHODS[name], 0.2, order, 0.5)
    assert least < math.hypot(*at) / math.hypot(0.2, 0.1) < most


def test_the_equilibrium_stays_where_it_is():
    for method in METHODS.values():
        assert step(0.0, 0.0, method, 0.5, "alternating", 1.0) == (0.0, 0.0)


def test_an_unknown_order_is_refused():
    with pytest.raises(
        ValueError, match="order is 'backwards', but must be one of simultaneous, alternating"
    ):
        step(1.0, 1.0, METHODS["wgan"], 0.1, "backwards")
