"""Lesson: what pixel distance does not see. Pixel error and discriminator disagree; both ways checked."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from exhibits import Hands
from playground.data.digits import load_digits
from playground.lessons.lesson import LessonError
from playground.lessons.pixel_distance import PICTURE, forged, paint

SLUG = "pixel-distance"
STROKE = (34, 42, 50)


@cache
def judge(seed: int) -> Any:
    """A discriminator after 600 updates."""
    hands: Any = Hands(SLUG, seed=seed).press("train", 60).exhibit
    return hands.judge


def test_a_forged_digit_has_the_ink_of_a_real_one_in_other_places() -> None:
    rows = load_digits().train.pixels
    found = forged(rows)(np.random.default_rng(4), 200)
    source = rows[np.random.default_rng(4).integers(len(rows), size=200)]
    np.testing.assert_array_equal(np.sort(found, 1), np.sort(source, 1))
    changed = (found != source).sum(1)
    assert 0 < changed.mean() < 16 and changed.max() <= 16


def test_the_pixel_error_is_the_sum_of_the_squares_of_what_was_painted() -> None:
    hands = Hands(SLUG).press("paint:a40")
    original = load_digits().unseen.pixels[PICTURE]
    for pixel in STROKE:
        hands.press(f"paint:b{pixel}")
    assert hands.reading("error_left") == pytest.approx((1.0 - original[40]) ** 2)
    wanted = sum((1.0 - original[i]) ** 2 for i in STROKE)
    assert hands.reading("error_right") == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_stray_pixel_is_closer_and_a_longer_stroke_looks_more_real(seed: int) -> None:
    hands = Hands(SLUG, seed=seed)
    hands.show(1)
    assert hands.reading("error_left") < hands.reading("error_right")
    assert hands.reading("score_left") < 0.0 < hands.reading("score_right")
    assert hands.reading("score_right") > hands.reading("score_left") + 5.0
    assert hands.view.answer == "disagree"


def test_a_pixel_that_touches_a_stroke_costs_far_less_than_a_stray_one() -> None:
    hands = Hands(SLUG)
    stray = hands.show(1).reading("score_left"), hands.reading("error_left")
    touching = hands.show(2).reading("score_left"), hands.reading("error_left")
    assert touching[1] == pytest.approx(stray[1], abs=0.1)
    assert touching[0] > stray[0] + 5.0


def test_the_answer_follows_what_was_painted() -> None:
    hands = Hands(SLUG).show(1)
    assert hands.view.answer == "disagree"
    hands.press("clear")
    assert hands.view.answer is None
    for what in ("a34", "b40", "b24", "b7"):  # left: one pixel of the stroke; right: three stray ones
        hands.press(f"paint:{what}")
    assert hands.reading("error_left") < hands.reading("error_right")
    assert hands.view.answer == "agree"


def test_no_answer_before_d_has_learned_or_with_equal_errors() -> None:
    painted = ("paint:a40", "paint:b34")
    hands = Hands(SLUG)
    for what in painted:
        hands.press(what)
    assert hands.view.answer is None
    hands.press("train", 40)
    assert hands.reading("error_left") == hands.reading("error_right")
    assert hands.view.answer is None


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_d_tells_most_unseen_digits_from_forged_ones(seed: int) -> None:
    hands = Hands(SLUG, seed=seed)
    assert hands.reading("accuracy") < 65.0
    hands.show(0)
    assert hands.reading("accuracy") > 75.0


def test_on_most_unseen_digits_a_lone_pixel_looks_less_real_than_before() -> None:
    """Ink alone in paper, at every such place of a hundred digits: the score falls nearly always."""
    fell = []
    for row in load_digits().unseen.pixels[:100]:
        lone = [i for i in range(64) if alone(row, i)]
        scores = judge(0).logits(np.stack([row, *(paint(row, frozenset({i})) for i in lone)]))
        fell += (scores[1:] < scores[0]).tolist()
    assert np.mean(fell) > 0.95


def alone(row: np.ndarray, i: int) -> bool:
    """Whether the pixel and its eight neighbours are paper."""
    y, x = divmod(i, 8)
    return bool(row.reshape(8, 8)[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].max() < 0.1)


def test_painting_twice_takes_it_away_and_painting_ink_erases_it() -> None:
    hands = Hands(SLUG).press("paint:a40", 2)
    assert hands.reading("error_left") == 0.0
    original = load_digits().unseen.pixels[PICTURE]
    dark = int(original.argmax())
    assert hands.press(f"paint:a{dark}").reading("error_left") == pytest.approx(original[dark] ** 2)


def test_painting_teaches_d_nothing() -> None:
    painted, plain = Hands(SLUG).press("paint:a40").press("train", 5), Hands(SLUG).press("train", 5)
    assert painted.reading("accuracy") == plain.reading("accuracy")
    painted.press("clear")
    assert painted.reading("score_left") == plain.reading("score_left")


def test_every_pixel_of_both_copies_can_be_painted() -> None:
    figure = Hands(SLUG).view.figure
    assert all(figure.count(f'data-press="paint:{copy}{i}"') == 1 for copy in "ab" for i in range(64))


@pytest.mark.parametrize("wrong", ["", "a", "c3", "a64", "b-1", "a1.5", "ab"])
def test_a_pixel_that_is_not_there_is_refused(wrong: str) -> None:
    with pytest.raises(LessonError, match="a or b and a pixel from 0 to 63"):
        Hands(SLUG).press(f"paint:{wrong}")
