"""The lesson of what D measures: bounds, saturation and growth on screen. Knows no page."""

from __future__ import annotations

import math

import pytest

from exhibits import Hands
from playground.lessons.lesson import LessonError

SLUG = "what-d-measures"
LOG_2, LOG_4 = math.log(2.0), math.log(4.0)


@pytest.mark.parametrize("shape", ["one", "two", "blocks"])
def test_v_creeps_up_to_v_star_and_never_passes_it(shape: str) -> None:
    hands = Hands(SLUG, shape=shape)
    values = []
    for _ in range(8):
        values.append(hands.reading("value"))
        assert values[-1] <= hands.reading("best_value")
        hands.press("train", 5)
    assert values[-1] > values[0] + 0.2
    assert hands.reading("best_value") == pytest.approx(2 * hands.reading("jsd") - LOG_4, abs=1e-12)


def test_forty_presses_bring_v_close_below_v_star() -> None:
    hands = Hands(SLUG).show(0)
    assert 0.0 <= hands.reading("best_value") - hands.reading("value") < 0.02


def test_where_both_densities_agree_d_ends_at_guessing() -> None:
    hands = Hands(SLUG).show(1)
    assert hands.reading("jsd") == pytest.approx(0.0, abs=1e-12)
    assert hands.reading("best_value") == pytest.approx(-LOG_4, abs=1e-12)
    assert -0.02 < hands.reading("value") + LOG_4 <= 0.0


def test_apart_jsd_is_log_2_while_the_wasserstein_distance_is_the_distance() -> None:
    hands = Hands(SLUG).show(2)
    assert hands.reading("jsd") == pytest.approx(LOG_2, abs=1e-9)
    assert hands.view.answer == "wasserstein"
    far = hands.set("p", (-1.0, 1.0)).set("q", (3.0, 1.0)).reading("wasserstein")
    near = hands.set("q", (2.0, 1.0)).reading("wasserstein")
    assert (near, far) == pytest.approx((3.0, 4.0), abs=0.01)  # equal widths: only the shift
    assert hands.reading("jsd") == pytest.approx(LOG_2, abs=1e-9)


def test_the_check_answers_for_the_blocks_that_are_there() -> None:
    hands = Hands(SLUG)
    assert hands.view.answer is None
    hands.set("shape", "blocks").set("p", (-1.0, 0.5)).set("q", (0.0, 0.5))  # each two wide: half overlaps
    assert hands.reading("jsd") == pytest.approx(LOG_2 / 2, abs=0.01)
    assert hands.view.answer == "both"
    hands.set("q", (3.0, 0.5))
    assert hands.view.answer == "wasserstein" and "JSD 0.693 → 0.693" in hands.view.evidence


def test_a_wasserstein_distance_between_hills_of_one_width_is_their_shift() -> None:
    hands = Hands(SLUG).set("p", (-2.0, 0.9)).set("q", (1.0, 0.9))
    assert hands.reading("wasserstein") == pytest.approx(3.0, abs=1e-6)


def test_no_press_but_training_exists() -> None:
    with pytest.raises(LessonError, match="must be train"):
        Hands(SLUG).exhibit.press("train", "9")
