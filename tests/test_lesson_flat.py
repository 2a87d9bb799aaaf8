"""Lesson 16: where D ends flat, measured on short and long runs; the answer follows the measurements."""

from __future__ import annotations

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.flat import BETWEEN, FAR, PLACES, RECENT, SIGMA, places
from playground.lessons.lesson import LessonError

SLUG = "does-d-end-flat"


@pytest.fixture(scope="module")
def trained() -> Hands:
    """The first thing, done once."""
    hands = Hands(SLUG)
    hands.show(0)
    return hands


def test_the_three_places_are_where_they_are_said_to_be() -> None:
    found = places(Hands(SLUG).exhibit.trainer)
    distance = {p: np.hypot(np.abs(x[:, 0]) - 1.0, x[:, 1]) / SIGMA for p, x in found.items()}
    assert np.median(distance["on"]) < 2.0
    assert (distance["between"] > 3.0).all()
    assert np.hypot(*found["far"].T) == pytest.approx(FAR)
    assert (np.abs(found["between"]) <= BETWEEN).all()


def test_the_readings_are_means_over_the_last_500_iterations() -> None:
    hands = Hands(SLUG)
    exhibit = hands.exhibit
    seen: list[float] = []
    for _ in range(30):
        hands.press("train")
        d = exhibit.trainer.discriminate(exhibit.places["between"])
        seen.append(float(np.abs(d.astype(float) - 0.5).mean()))
    assert hands.reading("iteration") == 600
    assert hands.reading("between") == pytest.approx(float(np.mean(seen[-RECENT // 20 :])))


def test_thing_1_d_is_half_at_the_data_but_not_between_the_islands(trained: Hands) -> None:
    assert trained.reading("iteration") == 1_500
    assert trained.reading("on") < 0.06
    assert trained.reading("between") > 0.2
    assert trained.exhibit.recent(trained.exhibit.means)["between"] < 0.3
    assert trained.view.answer == "data"


def test_thing_2_history_replay_takes_d_farther_from_half_far_away(trained: Hands) -> None:
    hands = Hands(SLUG)
    hands.show(1)
    assert hands.reading("far") > trained.reading("far")


def test_thing_3_a_tiny_d_is_flat_everywhere_and_blind(trained: Hands) -> None:
    hands = Hands(SLUG)
    hands.show(2)
    assert max(hands.reading(place) for place in PLACES) < 0.1
    assert hands.view.answer == "everywhere"
    assert hands.reading("lag") > 2.0 * trained.reading("lag")


def test_a_gradient_penalty_makes_d_flat_everywhere_without_making_it_blind() -> None:
    hands = Hands(SLUG, penalty=1.0).press("train", 75)
    assert max(hands.reading(place) for place in PLACES) < 0.05
    assert hands.view.answer == "everywhere"
    assert hands.reading("lag") < 0.4


def test_before_1000_iterations_nothing_is_answered() -> None:
    hands = Hands(SLUG, capacity="tiny").press("train", 49)
    assert hands.view.answer is None
    assert hands.press("train").view.answer is not None


def test_the_answer_follows_what_is_measured() -> None:
    hands = Hands(SLUG, capacity="tiny").press("train", 50)
    off = hands.exhibit.off
    for on, between, answer in ((0.01, 0.01, "everywhere"), (0.01, 0.3, "data"), (0.3, 0.3, "nowhere")):
        for place, number in (("on", on), ("between", between), ("far", 0.01)):
            off[place][:] = [number] * len(off[place])
        assert hands.view.answer == answer
        assert f"{between:.3f}" in hands.view.evidence


def test_v_never_exceeds_v_star(trained: Hands) -> None:
    assert trained.reading("lag") > 0.0


def test_the_table_has_a_row_for_every_press() -> None:
    hands = Hands(SLUG).press("train", 3)
    rows = hands.exhibit.table().splitlines()
    assert [row.split(",")[0] for row in rows] == ["iteration", "0", "20", "40", "60"]
    assert len(rows[0].split(",")) == 7


def test_a_size_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(LessonError, match="capacity is 'huge', but must be one of tiny, usual, large"):
        Hands(SLUG, capacity="huge")
