"""Lesson: min max, and the small game it stands on, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from exhibits import Hands
from playground.lessons.lesson import LessonError
from playground.lessons.min_max import FAMILIES, THETAS
from playground.measures import logistic_game as game

SLUG = "min-max"
AT = game.slope_in_mean


# ---------------------------------------------------------------- the game


@pytest.mark.parametrize("mean", [-2.4, -0.5, 0.0, 1.7])
def test_the_largest_value_of_the_family_is_minus_log_4_plus_2_jsd(mean: float) -> None:
    def integrand(x: float) -> float:
        p, q = norm.pdf(x), norm.pdf(x, mean)
        return float(p * math.log(p / (p + q)) + q * math.log(q / (p + q)))

    exact = quad(integrand, -12, 12, limit=200)[0]
    assert game.best_value(mean) == pytest.approx(exact, abs=1e-8)
    assert float(game.value(mean, mean)) == pytest.approx(exact, abs=1e-8)
    others = np.linspace(-3, 3, 61)
    assert (game.value(mean, others) <= exact + 1e-9).all()


def test_both_slopes_are_those_of_the_value() -> None:
    h = 1e-5
    for mean, w in ((1.3, -0.7), (-2.0, 1.0), (0.4, 2.2)):
        by_w = (game.value(mean, w + h) - game.value(mean, w - h)) / (2 * h)
        by_mean = (game.value(mean + h, w) - game.value(mean - h, w)) / (2 * h)
        assert game.slope_in_w(mean, w) == pytest.approx(float(by_w), abs=1e-7)
        assert game.slope_in_mean(mean, w) == pytest.approx(float(by_mean), abs=1e-7)


@pytest.mark.parametrize("name", ["2", "3", "6"])
def test_at_a_kink_two_values_are_equal_and_their_slopes_are_not(name: str) -> None:
    family = FAMILIES[name]
    pieces = np.stack([game.value(t, family) for t in THETAS])
    found = game.kinks(THETAS, pieces)
    assert len(found) == len(family) - 1
    for theta, height in found:
        first, second = np.argsort(game.value(theta, family))[-2:]
        tops = game.value(theta, family)[[first, second]]
        assert tops == pytest.approx([height, height], abs=1e-3)
        assert abs(AT(theta, family[first]) - AT(theta, family[second])) > 0.1


def test_a_small_family_never_exceeds_the_best_value() -> None:
    for theta in THETAS[::20]:
        assert game.value(theta, FAMILIES["6"]).max() <= game.best_value(theta) + 1e-9


# ---------------------------------------------------------------- the lesson


def test_thing_1_every_height_becomes_the_closed_form() -> None:
    start, hands = Hands(SLUG), Hands(SLUG).show(0)
    for name, mean in (("g1", 2.4), ("g2", -1.5), ("g3", 0.8)):
        assert hands.reading(name) == pytest.approx(game.best_value(mean), abs=1e-3)
        assert hands.reading(name) > start.reading(name)
    assert min(("g1", "g2", "g3"), key=start.reading) == "g2"
    assert hands.view.answer == "g3"
    assert "−1.238" in hands.view.evidence


def test_raising_d_never_lowers_its_value() -> None:
    hands = Hands(SLUG, g1=(-2.8, 0.4), g3=(2.8, 0.4))
    before = [hands.reading(name) for name in ("g1", "g2", "g3")]
    for _ in range(20):
        hands.press("climb")
        after = [hands.reading(name) for name in ("g1", "g2", "g3")]
        assert all(b >= a - 1e-12 for a, b in zip(before, after, strict=True))
        before = after


def test_the_answer_follows_the_generators() -> None:
    assert Hands(SLUG).view.answer is None
    assert Hands(SLUG, g1=(0.1, 0.4)).press("climb", 20).view.answer == "g1"
    assert Hands(SLUG, g2=(-0.3, 0.4)).press("climb", 20).view.answer == "g2"


def test_a_moved_generator_begins_a_new_game() -> None:
    hands = Hands(SLUG).show(0)
    assert hands.set("g3", (1.5, 0.4)).view.answer is None


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_thing_2_two_ds_hold_g_at_the_kink_and_it_hops(rate: float) -> None:
    hands = Hands(SLUG).show(1) if rate == 0.5 else Hands(SLUG, rate=rate).press("descend", 200)
    path, active = np.array(hands.exhibit.path), hands.exhibit.active
    steepest = max(abs(AT(-0.5, w)) for w in FAMILIES["2"])
    late = slice(-10, None)
    assert (np.abs(path[late] + 0.5) <= 1.3 * rate * steepest).all()  # as near as one step reaches
    assert set(active[late]) == {-2.0, 1.0}  # both sides, again and again
    assert hands.reading("loss") < -math.log(4.0)  # two Ds cannot see all that V* measures


def test_thing_3_with_all_d_g_comes_to_rest_on_the_data() -> None:
    hands = Hands(SLUG).show(2)
    assert hands.reading("theta") == pytest.approx(0.0, abs=0.01)
    assert hands.reading("loss") == pytest.approx(-math.log(4.0), abs=1e-4)
    losses = [game.best_value(theta) for theta in hands.exhibit.path]
    assert (np.diff(losses) <= 1e-12).all()


def test_a_step_uses_the_slope_of_the_largest_curve_only() -> None:
    hands = Hands(SLUG, family="3", rate=0.2).press("descend")
    active = max(FAMILIES["3"], key=lambda w: float(game.value(2.4, w)))
    assert hands.reading("theta") == pytest.approx(2.4 - 0.2 * AT(2.4, active))


def test_what_cannot_be_is_refused_by_a_sentence() -> None:
    hands = Hands(SLUG)
    with pytest.raises(LessonError, match="family is '4', but must be one of 2, 3, 6, all"):
        hands.set("family", "4")
    with pytest.raises(LessonError, match="climb takes no argument, but was given '3'"):
        hands.press("climb:3")
