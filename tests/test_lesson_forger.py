"""Lesson 2: after each update the sentence, the readings and the two networks agree."""

from __future__ import annotations

import re

import pytest

from exhibits import Hands
from playground.lessons.forger import POINTS, Move
from playground.lessons.lesson import LessonError

SLUG = "forger-and-detective"


def numbers(text: str) -> list[float]:
    """The scores in a sentence, in order."""
    return [float(found) for found in re.findall(r"\d\.\d\d", text)]


@pytest.fixture
def hands() -> Hands:
    return Hands(SLUG)


def test_the_readings_are_the_means_of_d_on_the_points_that_are_drawn(hands: Hands) -> None:
    hands.press("learn", 3).press("evolve", 2)
    trainer = hands.exhibit.trainer
    real = trainer.discriminate(trainer.real_points(POINTS)).mean()
    assert hands.reading("real") == pytest.approx(float(real))
    assert hands.reading("generated") == pytest.approx(hands.exhibit.moves[-1].generated)
    assert (hands.reading("d"), hands.reading("g")) == (3, 2)


@pytest.mark.parametrize("language", ["en", "zh-TW", "zh-CN"])
def test_after_an_update_of_d_the_sentence_tells_both_scores_before_and_after(language: str) -> None:
    hands = Hands(SLUG, language)
    before = hands.reading("real"), hands.reading("generated")
    hands.press("learn")
    after = hands.reading("real"), hands.reading("generated")
    told = numbers(hands.view.sentence)
    assert told == pytest.approx([before[0], after[0], before[1], after[1]], abs=0.005)


def test_an_update_of_g_leaves_the_score_of_real_points_alone(hands: Hands) -> None:
    hands.press("learn", 5)
    before = hands.reading("real"), hands.reading("generated")
    hands.press("evolve")
    assert hands.reading("real") == before[0]
    told = numbers(hands.view.sentence)
    assert told == pytest.approx([before[1], hands.reading("generated"), before[0]], abs=0.005)


@pytest.mark.parametrize(
    "kind, gains", [("bird", (0.1, -0.1)), ("bird", (0.1, 0.2)), ("butterfly", (0.0, 0.1))]
)
def test_the_verdict_follows_the_numbers_whichever_way_they_go(
    hands: Hands, kind: str, gains: tuple[float, float]
) -> None:
    real, generated = gains
    hands.exhibit.moves[:] = [Move("start", 0.5, 0.5), Move(kind, 0.5 + real, 0.5 + generated)]
    better = generated > 0 if kind == "butterfly" else real > generated
    assert ("etter" in hands.view.sentence) == better
    hands.exhibit.moves[-1] = Move(kind, 0.5 - real, 0.5 - generated)
    assert ("worse" in hands.view.sentence) == better


def test_a_round_says_how_many_and_moves_both(hands: Hands) -> None:
    hands.press("round")
    assert "5 rounds" in hands.view.sentence
    assert (hands.reading("d"), hands.reading("g")) == (5, 5)


def test_thing_1_the_two_scores_part(hands: Hands) -> None:
    hands.show(0)
    assert hands.reading("real") > 0.7
    assert hands.reading("generated") < 0.3


def test_thing_2_the_unchanged_bird_calls_the_butterflies_leaves(hands: Hands) -> None:
    hands.show(0)
    real = hands.reading("real")
    hands.show(1)
    assert hands.reading("generated") > 0.9
    assert hands.reading("real") == pytest.approx(real)


def test_thing_3_the_points_reach_both_islands_and_the_scores_end_near_half(hands: Hands) -> None:
    hands.show(2)
    drawn = hands.exhibit.trainer.sample(1_000)
    for side in (-1.0, 1.0):
        assert 0.2 < (drawn[:, 0] * side > 0.5).mean() < 0.8
    assert 0.35 < hands.reading("real") < 0.65
    assert 0.35 < hands.reading("generated") < 0.65


def test_the_check_waits_for_ten_updates_of_g_after_d_has_learned(hands: Hands) -> None:
    hands.press("evolve", 12)
    assert hands.view.answer is None, "D never learned"
    hands.reset()
    hands.press("learn", 10).press("evolve", 9)
    assert hands.view.answer is None
    hands.press("evolve")
    assert hands.view.answer == "fooled"
    assert f"{hands.reading('generated'):.2f}" in hands.view.evidence


def test_a_butterfly_that_hardly_learns_is_still_caught() -> None:
    hands = Hands(SLUG, butterfly=0.001, bird=0.03).press("learn", 10).press("evolve", 10)
    assert hands.view.answer == ("caught" if hands.reading("generated") < 0.4 else "fooled")
    slow = hands.reading("generated")
    assert slow < Hands(SLUG, butterfly=0.005, bird=0.03).press("learn", 10).press("evolve", 10).reading(
        "generated"
    )


def test_every_move_is_a_row_of_the_table(hands: Hands) -> None:
    hands.press("learn").press("evolve").press("round")
    rows = hands.exhibit.table().splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["start", "bird", "butterfly", "round"]


def test_a_rate_out_of_range_is_refused_by_name() -> None:
    with pytest.raises(LessonError, match=r"bird is 1\.0, but must be from 0\.001 to 0\.03"):
        Hands(SLUG, bird=1.0)
