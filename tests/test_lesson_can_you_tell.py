"""Lesson 22: pictures in the order of a seed, honest counts, exact intervals, an honest judge."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from exhibits import Hands
from playground.checkpoints import FaceModel
from playground.data.faces import FaceSet
from playground.lessons.can_you_tell import JUDGE_SEED, LEARNED
from playground.lessons.lesson import LessonError

SLUG = "can-you-tell"


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands(SLUG)


@pytest.fixture(autouse=True)
def fresh(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYGROUND_FACES", raising=False)
    hands.values = hands.lesson.defaults()
    hands.reset()


def rows(hands: Hands) -> list[dict[str, str]]:
    table = hands.exhibit.table()
    return list(csv.DictReader(io.StringIO(table or "")))


def test_the_order_follows_from_the_seed_and_not_from_the_guesses(hands: Hands) -> None:
    hands.press("gan", 10)
    first = [row["source"] for row in rows(hands)]
    hands.reset()
    hands.press("ae", 10)
    assert [row["source"] for row in rows(hands)] == first
    hands.set("seed", 5).press("ae", 10)
    assert [row["source"] for row in rows(hands)] != first


def test_each_source_comes_about_as_often(hands: Hands) -> None:
    hands.press("gan", 120)
    counts = [sum(row["source"] == kind for row in rows(hands)) for kind in ("ae", "vae", "gan")]
    assert sum(counts) == 120 and min(counts) > 25  # 40 each, standard deviation 5


def test_counts_and_intervals_are_exact(hands: Hands) -> None:
    hands.press("gan", 12)
    right = sum(row["source"] == "gan" for row in rows(hands))
    known = binomtest(right, 12).proportion_ci(0.95, method="exact")
    assert hands.reading("yours") == pytest.approx(right / 12)
    assert (hands.reading("low"), hands.reading("high")) == pytest.approx((known.low, known.high))
    judged = sum(row["source"] == row["judge"] for row in rows(hands))
    assert hands.reading("judges") == pytest.approx(judged / 12)
    assert hands.reading("chance") == pytest.approx(1 / 3)


def test_always_saying_gan_is_no_better_than_chance(hands: Hands) -> None:
    hands.show(0)
    assert hands.reading("low") < 1 / 3 < hands.reading("high")
    assert "may still be chance" in hands.view.sentence


def test_following_the_judge_is_mostly_right_and_knows_every_gan(hands: Hands) -> None:
    hands.show(1)
    assert hands.reading("yours") == hands.reading("judges") > 0.5
    assert all((row["source"] == "gan") == (row["judge"] == "gan") for row in rows(hands))


def test_the_third_thing_begins_twelve_of_your_own(hands: Hands) -> None:
    hands.press("gan", 3).show(2)
    assert hands.reading("pictures") == 0 and hands.view.answer is None
    wide = []
    for _ in range(12):
        hands.press("vae")
        wide.append(hands.reading("high") - hands.reading("low"))
    assert wide[-1] < wide[0]


def test_the_check_is_answered_by_what_the_judge_did(hands: Hands) -> None:
    assert hands.press("gan", 11).view.answer is None
    found = {}
    for seed in (0, 12, 15):
        hands.set("seed", seed).press("gan", 12)
        right = sum(row["source"] == row["judge"] for row in rows(hands))
        low = binomtest(right, 12).proportion_ci(0.95, method="exact").low
        known = "chance" if low <= 1 / 3 else "all" if right == 12 else "better"
        found[seed] = hands.view.answer
        assert found[seed] == known and f"{right} of 12" in hands.view.evidence
    assert len(set(found.values())) > 1


def test_the_judge_never_saw_a_picture_that_is_shown(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    latents = FaceModel.latents

    def noted(model: FaceModel, seeds: Any) -> Any:
        asked.extend(seeds)
        return latents(model, seeds)

    monkeypatch.setattr(FaceModel, "latents", noted)
    hands.press("gan", 20)
    assert len(asked) == 20 and max(asked) < JUDGE_SEED


def test_real_faces_join_where_a_data_set_is_at_hand(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LessonError, match="The guess is real, but must be one of ae, vae, gan"):
        hands.press("real")
    assert 'data-press="real"' not in hands.view.figure
    side = hands.exhibit.models["gan"].recipe.size  # type: ignore[attr-defined]
    drawn = np.random.default_rng(0).integers(0, 256, (3 * LEARNED, side, side, 3), np.uint8)
    nothing = np.zeros(len(drawn), np.int64)
    monkeypatch.setattr(hands.room.shop, "data", lambda *_: FaceSet(drawn, nothing, nothing, "train"))
    hands.reset()
    hands.press("real", 12)
    assert 'data-press="real"' in hands.view.figure
    assert hands.reading("chance") == pytest.approx(1 / 4)
    assert {row["source"] for row in rows(hands)} == {"ae", "vae", "gan", "real"}


def test_too_few_real_faces_are_none(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    few = np.zeros((LEARNED, 64, 64, 3), np.uint8)
    nothing = np.zeros(len(few), np.int64)
    monkeypatch.setattr(hands.room.shop, "data", lambda *_: FaceSet(few, nothing, nothing, "train"))
    hands.reset()
    assert hands.reading("chance") == pytest.approx(1 / 3)


def test_without_bundled_models_one_sentence_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path))
    bare = Hands(SLUG)
    assert bare.view.sentence.startswith("No face models are bundled") and bare.exhibit.table() is None
    with pytest.raises(LessonError, match="no face models are bundled"):
        bare.press("gan")
