"""Lesson 17: each kind of run shows its signs, and a hidden run is diagnosed by them alone."""

from __future__ import annotations

import numpy as np
import pytest

from exhibits import Hands
from playground.engine import observe
from playground.lessons.balance import KNOWN, RUNS, settings
from playground.lessons.lesson import LessonError
from playground.measures.diagnosis import BALANCED, COLLAPSED, TOO_STRONG, TOO_WEAK

SLUG = "balance-and-collapse"
PRESSES = KNOWN // 6


def test_thing_1_a_slow_d_says_half_to_both_while_modes_are_missed() -> None:
    hands = Hands(SLUG)
    hands.show(0)
    assert hands.reading("real") == pytest.approx(0.5, abs=0.1)
    assert hands.reading("generated") == pytest.approx(0.5, abs=0.1)
    assert hands.reading("modes") < 4
    assert hands.reading("lag") > 0.9
    assert hands.view.answer == TOO_WEAK


def test_thing_2_a_fast_d_is_sure_and_leaves_no_arrows() -> None:
    hands = Hands(SLUG)
    hands.show(1)
    assert hands.reading("real") > 0.95
    assert hands.reading("generated") < 0.05
    assert hands.reading("lag") < 0.1
    arrows = observe(hands.exhibit.trainer, layers=frozenset({"arrows"})).arrows
    assert np.median(np.hypot(arrows[:, 2], arrows[:, 3])) < 0.02
    assert hands.view.answer == TOO_STRONG


def test_thing_3_a_d_that_keeps_up_does_not_save_the_modes() -> None:
    hands = Hands(SLUG)
    hands.show(2)
    assert hands.reading("lag") < 0.4
    assert hands.reading("modes") < 6
    assert hands.view.answer == COLLAPSED


def test_an_even_match_holds_all_modes() -> None:
    hands = Hands(SLUG, run="even").press("train", PRESSES)
    assert hands.reading("modes") > 7
    assert hands.view.answer == BALANCED


@pytest.mark.parametrize("seed, answer", [(0, COLLAPSED), (1, TOO_WEAK), (2, BALANCED), (3, TOO_STRONG)])
def test_hidden_runs_of_every_kind_are_told_by_their_measures(seed: int, answer: str) -> None:
    hands = Hands(SLUG, seed=seed).press("train", PRESSES)
    assert hands.view.answer == answer


def test_the_answer_changes_with_the_measures_and_not_with_the_settings() -> None:
    crowded = Hands(SLUG, run="crowded").press("train", PRESSES)
    even = Hands(SLUG, run="even").press("train", PRESSES)
    crowded.exhibit.measures = even.exhibit.measures
    assert crowded.view.answer == BALANCED


def test_hidden_settings_follow_from_the_seed_and_come_in_every_kind() -> None:
    kinds = set()
    for seed in range(24):
        config = settings("hidden", seed)
        assert config == settings("hidden", seed)
        kinds.add((config.objective, config.discriminator_updates))
    assert len(kinds) == len(RUNS)


def test_nothing_on_the_screen_names_the_hidden_settings() -> None:
    hands = Hands(SLUG, seed=3).press("train", PRESSES)
    view = hands.view
    for word in ("minimax", "learning rate", "fast"):
        assert word not in view.sentence + view.evidence


def test_before_300_iterations_there_is_no_diagnosis() -> None:
    hands = Hands(SLUG, run="slow").press("train", PRESSES - 1)
    assert hands.view.answer is None
    assert hands.press("train").view.answer == TOO_WEAK


def test_v_never_exceeds_v_star_along_the_way() -> None:
    hands = Hands(SLUG, run="fast").press("train", 12)
    for _, value, best, _, _ in hands.exhibit.rows:
        assert value <= best + 1e-9


def test_the_evidence_holds_the_number_that_decides() -> None:
    hands = Hands(SLUG, run="slow").press("train", PRESSES)
    assert f"{hands.reading('lag'):.2f} nats" in hands.view.evidence
    assert len(hands.exhibit.table().splitlines()) == PRESSES + 2


def test_an_unknown_run_is_refused_by_name() -> None:
    with pytest.raises(LessonError, match="run is 'lucky', but must be one of hidden, slow"):
        Hands(SLUG, run="lucky")
