"""Why randomness: a regression answers with the mean of both futures, a generator with one of them."""

from __future__ import annotations

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.lesson import LessonError
from playground.lessons.randomness import CORNER, LEFT, RIGHT, draw, film, has_one_dot

SLUG = "why-randomness"


@pytest.fixture(scope="module")
def trained() -> Hands:
    return Hands(SLUG).press("learn", 80)


def test_only_the_corner_has_two_futures_and_their_shares_are_as_set():
    past, left, right = film()
    assert np.flatnonzero((left != right).any(1)).tolist() == [CORNER]
    before, after = draw(np.random.default_rng(0), 4000, 0.8)
    at_corner = (before == past[CORNER]).all(1)
    assert after[at_corner, LEFT].mean() == pytest.approx(0.8, abs=0.03)
    assert (after.sum(1) == 1.0).all()


def test_one_dot_is_one_bright_cell_and_no_other():
    frames = np.zeros((3, 49), np.float32)
    frames[0, 5], frames[1, 5], frames[1, 6], frames[2, 7] = 0.9, 0.5, 0.5, 0.6
    assert has_one_dot(frames).tolist() == [True, False, False]


def test_the_regressions_dot_splits_in_two_with_the_odds_as_ink(trained):
    assert trained.reading("left") == pytest.approx(0.5, abs=0.08)
    assert trained.reading("left") + trained.reading("right") == pytest.approx(1.0, abs=0.05)
    unequal = Hands(SLUG, left=0.8).press("learn", 40)
    assert unequal.reading("left") == pytest.approx(0.8, abs=0.08)
    assert unequal.reading("right") == pytest.approx(0.2, abs=0.08)


def test_most_samples_of_the_gan_have_one_dot_left_in_some_and_right_in_others(trained):
    assert trained.reading("one_dot") > 0.8
    assert 0.25 < trained.reading("left_share") < 0.75
    assert trained.view.answer == "two" and "0." in trained.view.evidence


def test_the_vae_picks_one_side_too():
    hands = Hands(SLUG, model="vae").press("learn", 80)
    assert hands.reading("one_dot") > 0.5
    assert 0.25 < hands.reading("left_share") < 0.8


def test_z_moves_the_generators_dot_from_one_side_to_the_other():
    hands = Hands(SLUG)
    hands.show(1)
    ends = hands.exhibit.generated(np.array([[-2.0], [2.0]], np.float32), CORNER)
    assert (ends[0, LEFT] > 0.7) != (ends[1, LEFT] > 0.7)
    assert (ends[0, RIGHT] > 0.7) != (ends[1, RIGHT] > 0.7)


def test_before_the_corner_both_draw_the_one_future():
    hands = Hands(SLUG)
    hands.show(2)
    expected = int(film()[1][CORNER - 2].argmax())
    drawn = hands.exhibit.generated(np.linspace(-2, 2, 9, dtype=np.float32)[:, None], CORNER - 2)
    assert has_one_dot(drawn).all() and (drawn.argmax(1) == expected).all()
    assert hands.exhibit.predicted(CORNER - 2)[expected] > 0.9


def test_the_check_waits_until_200_updates():
    hands = Hands(SLUG).press("learn", 39)
    assert hands.view.answer is None
    assert hands.press("learn").view.answer == "two"
    assert len(hands.exhibit.table().splitlines()) == 42


def test_live_controls_change_the_picture_and_not_the_training():
    one, other = Hands(SLUG), Hands(SLUG)
    other.set("z", (1.5, 0.0)).set("before", 3.0)
    assert one.view.figure != other.view.figure
    one.press("learn", 3), other.press("learn", 3)
    assert one.view.readings == other.view.readings


def test_an_unknown_generator_is_refused():
    with pytest.raises(LessonError, match="model is 'flow', but must be one of gan, vae"):
        Hands(SLUG, model="flow")
