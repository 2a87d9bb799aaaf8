"""Lesson: a generator learning alone. It draws digits where codes lie; elsewhere it has learned nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.generator_alone import EDGE, SIDE, compared, grid_places
from playground.lessons.lesson import LessonError

SLUG = "generator-alone"


@cache
def trained(seed: int = 0) -> Hands:
    """600 updates. Not to be pressed further."""
    return Hands(SLUG, seed=seed).press("train", 60)


def exhibit(hands: Hands) -> Any:
    return hands.exhibit


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_decodes_where_codes_lie_are_as_near_a_real_digit_as_another_real_digit(seed: int) -> None:
    hands = trained(seed)
    assert hands.reading("near") == pytest.approx(exhibit(hands).usual, rel=0.15)
    assert hands.reading("far") > 1.15 * hands.reading("near")
    assert hands.view.answer == "farther"


def test_the_distance_at_the_dot_is_that_of_an_independent_count() -> None:
    hands = trained().set("code", (0.7, -1.1))
    shown = exhibit(hands)
    here = shown.decode(shown.plane(), np.array([[0.7, -1.1]]))
    wanted = np.sqrt(np.square(shown.train.pixels - here).sum(1)).min()
    assert hands.reading("here") == pytest.approx(wanted, rel=1e-5)
    assert here.min() >= 0.0 and here.max() <= 1.0


def test_codes_are_in_standard_deviations_and_decode_to_their_own_digits() -> None:
    shown = exhibit(trained())
    plane = shown.plane()
    np.testing.assert_allclose(plane.codes.mean(0), 0.0, atol=1e-5)
    np.testing.assert_allclose(plane.codes.std(0), 1.0, atol=1e-5)
    raw = shown.model.decode(shown.model.encode(shown.train.pixels[:20])[0]).clip(0.0, 1.0)
    np.testing.assert_allclose(shown.decode(plane, plane.codes[:20]), raw, atol=1e-4)


def test_digits_of_one_kind_gather() -> None:
    """The nearest other code is of the same class far more often than one in ten."""
    plane, labels = exhibit(trained()).plane(), exhibit(trained()).train.labels
    apart = np.square(plane.codes[:, None] - plane.codes[None]).sum(2)
    np.fill_diagonal(apart, np.inf)
    assert (labels[apart.argmin(1)] == labels).mean() > 0.4


def test_the_picture_changes_smoothly_with_the_code() -> None:
    """A hundredth of the way across the codes changes it by far less than one digit differs from another."""
    shown = exhibit(trained())
    path = np.stack([np.linspace(-1.5, 1.5, 101), np.linspace(1.0, -1.0, 101)], 1)
    steps = np.linalg.norm(np.diff(shown.decode(shown.plane(), path), axis=0), axis=1)
    assert steps.max() < 0.5 * shown.usual


def test_the_grid_starts_at_the_upper_left() -> None:
    places = grid_places()
    half = EDGE / SIDE
    np.testing.assert_allclose(places[0], [-EDGE + half, EDGE - half])
    np.testing.assert_allclose(places[-1], [EDGE - half, -EDGE + half])
    assert (np.diff(places[:SIDE, 0]) > 0).all() and np.ptp(places[:SIDE, 1]) == 0.0


def test_show_me_drags_the_dot_onto_the_codes_and_away_from_them() -> None:
    hands = Hands(SLUG)
    hands.show(0)
    assert hands.reading("near") == pytest.approx(1.04, rel=0.15)
    on = hands.show(1).reading("here")
    away = hands.show(2).reading("here")
    assert on < hands.reading("near") < hands.reading("far") < away


def test_the_check_waits_for_600_updates_and_says_what_the_numbers_say() -> None:
    hands = Hands(SLUG).press("train", 10)
    assert hands.view.answer is None
    assert [compared(1.0, 1.3), compared(1.0, 1.05), compared(1.3, 1.0)] == ["farther", "alike", "closer"]


def test_dragging_changes_no_training() -> None:
    hands = Hands(SLUG).press("train", 3)
    before = hands.reading("near"), hands.reading("far")
    hands.set("code", (2.0, 2.0))
    assert (hands.reading("near"), hands.reading("far")) == before
    assert hands.press("train").reading("updates") == 40


@pytest.mark.parametrize("wrong", [(3.1, 0.0), (0.0,), "left"])
def test_a_dot_beyond_the_plane_is_refused(wrong: Any) -> None:
    with pytest.raises(LessonError, match="code"):
        Hands(SLUG).set("code", wrong)
