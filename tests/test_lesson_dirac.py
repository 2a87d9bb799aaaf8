"""The Dirac-GAN on screen: eigenvalues as in the paper, and the run goes where they say."""

from __future__ import annotations

import cmath
import math

import pytest

from exhibits import Hands
from playground.lessons.dirac import last_turn
from playground.lessons.lesson import LessonError

SLUG = "dirac-gan"


@pytest.mark.parametrize("method,imaginary", [("minimax", 0.5), ("non-saturating", 0.5), ("wgan", 1.0)])
def test_the_eigenvalues_on_screen_are_imaginary(method, imaginary):
    hands = Hands(SLUG, method=method)
    assert hands.reading("real") == pytest.approx(0.0, abs=1e-12)
    assert hands.reading("imaginary") == pytest.approx(imaginary)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.5, 2.0])
def test_the_penalty_moves_them_as_the_paper_says(gamma):
    hands = Hands(SLUG, method="r1", gamma=gamma)
    root = cmath.sqrt(gamma**2 / 4 - 0.25)
    assert hands.reading("real") == pytest.approx((-gamma / 2 + root).real, abs=1e-12)
    assert hands.reading("imaginary") == pytest.approx(root.imag, abs=1e-12)


@pytest.mark.parametrize("h", [0.05, 0.3, 1.0])
def test_the_spectral_radius_is_above_one_together_and_one_in_turns(h):
    assert Hands(SLUG, h=h).reading("radius") == pytest.approx(math.sqrt(1 + h**2 / 4))
    assert Hands(SLUG, h=h, order="alternating").reading("radius") == pytest.approx(1.0)


def test_a_turn_is_measured_on_the_path_itself():
    spiral = [(1.01**i * math.cos(0.1 * i), 1.01**i * math.sin(0.1 * i)) for i in range(100)]
    assert last_turn(spiral) == pytest.approx(1.01 ** (20 * math.pi), rel=1e-3)
    assert math.isnan(last_turn(spiral[:60]))
    assert math.isnan(last_turn([(0.0, 0.0)] * 5))


def test_simultaneous_minimax_spirals_out():
    hands = Hands(SLUG)
    assert hands.view.answer is None
    hands.show(0)
    assert hands.reading("turn") > 1.3 and hands.reading("distance") > 0.8
    assert hands.view.answer == "farther"


def test_alternating_minimax_circles():
    hands = Hands(SLUG)
    hands.show(1)
    assert hands.reading("turn") == pytest.approx(1.0, abs=0.01)
    assert hands.view.answer == "same"


def test_the_penalty_brings_the_run_to_rest():
    hands = Hands(SLUG)
    hands.show(2)
    assert hands.reading("real") == pytest.approx(-0.25)
    assert hands.reading("distance") < 0.05 and hands.view.answer == "nearer"


def test_a_run_that_comes_in_without_turning_is_answered_too():
    hands = Hands(SLUG, method="r1", gamma=1.5, h=0.5).press("many", 3)
    assert math.isnan(hands.reading("turn")) and hands.view.answer == "nearer"


def test_one_step_from_the_start_is_a_gradient_step():
    hands = Hands(SLUG, start=(1.0, 0.5), h=0.1).press("step")
    d = 1 / (1 + math.exp(-0.5))  # D at the generated point
    assert hands.exhibit.path[1] == pytest.approx((1.0 + 0.1 * d * 0.5, 0.5 - 0.1 * d * 1.0))


def test_a_run_that_left_is_over_and_says_so():
    hands = Hands(SLUG, method="wgan", h=1.0).press("many", 3)
    assert hands.view.finished and math.isfinite(hands.reading("distance"))
    with pytest.raises(LessonError, match="The run is over after 21 steps"):
        hands.press("step")


def test_an_unknown_method_is_refused():
    with pytest.raises(LessonError, match="method is 'lsgan', but must be one of minimax"):
        Hands(SLUG, method="lsgan")
