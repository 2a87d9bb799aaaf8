"""Lesson 21: the timeline, point by point, with the numbers of the Faces page."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from exhibits import Hands
from playground.lessons.growing import MEASURED
from playground.lessons.lesson import LessonError
from playground.measures.sharpness import sharpness
from playground.session.face_studies import growing, model_of

SLUG = "growing-up"


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands(SLUG)


@pytest.fixture(autouse=True)
def fresh(hands: Hands) -> None:
    hands.values = hands.lesson.defaults()
    hands.reset()


def rows(hands: Hands) -> list[dict[str, str]]:
    table = hands.exhibit.table()
    assert table is not None
    return list(csv.DictReader(io.StringIO(table)))


def test_every_point_of_the_faces_page_comes_with_its_sharpness(hands: Hands) -> None:
    hands.press("train", 12)  # more than there are: the end stays the end
    found = {(row["model"], int(row["updates"])): float(row["sharpness"]) for row in rows(hands)}
    points = growing(hands.room.shop, 0, MEASURED)
    reference = hands.room.shop.reference()
    assert reference is not None
    known = {
        (kind, step): sharpness(images).mean / float(reference.sharpness_mean[0])
        for kind, steps in points.items()
        for step, images in steps.items()
    }
    assert found == pytest.approx(known, abs=1e-4)
    assert hands.view.finished


def test_at_1000_updates_the_gan_is_sharp_and_the_others_a_mist(hands: Hands) -> None:
    hands.show(0)
    now = {row["model"]: float(row["sharpness"]) for row in rows(hands) if row["updates"] == "1000"}
    assert now["gan"] > 0.6 and now["vae"] < 0.2 and now["ae"] < 0.2
    assert "After 1,000 updates" in hands.view.sentence


def test_the_vae_reaches_coarse_detail_and_stays_ten_decibels_below_in_fine_detail(hands: Hands) -> None:
    hands.show(1)
    assert abs(hands.reading("coarse")) < 2.0
    assert -14.0 < hands.reading("fine") < -8.0
    assert hands.view.answer == "blurred"
    assert hands.reading("frechet") == model_of(hands.room.shop, "vae").scores["frechet"]


def test_the_gan_begins_sharper_than_real_and_ends_near_it_at_every_size(hands: Hands) -> None:
    hands.set("model", "gan")
    assert hands.reading("sharpness") > 1.5 and hands.reading("middle") < -6.0  # noise, and no face
    assert hands.view.answer is None
    hands.show(2)
    assert all(abs(hands.reading(name)) < 1.5 for name in ("coarse", "middle", "fine"))
    assert hands.view.answer == "same"


def test_the_check_waits_for_the_last_point_of_the_chosen_model(hands: Hands) -> None:
    answers = []
    for _ in range(8):
        answers.append(hands.view.answer)
        hands.press("train")
    assert answers[0] is None and hands.view.answer == "blurred"
    assert "VAE after its last 7,357 updates" in hands.view.evidence


def test_a_seed_begins_anew_with_its_own_faces(hands: Hands) -> None:
    before = hands.press("train").view.figure
    hands.set("seed", 40)
    assert "After 100 updates" in hands.view.sentence and "Seeds 40 to 47" in hands.view.figure
    assert hands.press("train").view.figure != before


def test_without_bundled_models_one_sentence_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path))
    bare = Hands(SLUG).press("train")
    assert bare.view.sentence.startswith("No face models are bundled") and bare.exhibit.table() is None


def test_what_cannot_be_set_is_refused_with_a_sentence(hands: Hands) -> None:
    with pytest.raises(LessonError, match="model is 'gmm', but must be one of gan, vae, ae"):
        hands.set("model", "gmm")
