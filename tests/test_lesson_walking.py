"""Lesson 20: interpolation against cross-fade, with the numbers of the Faces page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.lesson import LessonError
from playground.lessons.walking import blurriest
from playground.session.face_studies import between, model_of

SLUG = "walking-between-faces"


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands(SLUG)


@pytest.fixture(autouse=True)
def fresh(hands: Hands) -> None:
    hands.values = hands.lesson.defaults()
    hands.reset()


@pytest.mark.parametrize("kind", ["gan", "vae"])
def test_halfway_the_numbers_are_those_of_the_faces_page(hands: Hands, kind: str) -> None:
    hands.set("model", kind).set("place", 4)
    way = between(model_of(hands.room.shop, kind), 3, 8)
    for name, value in way.middle.items():
        assert hands.reading(name) == pytest.approx(value, rel=1e-9)


def test_at_both_ends_the_three_ways_show_the_same_face(hands: Hands) -> None:
    for place in (0, 8):
        hands.set("place", place)
        ends = [hands.reading(name) for name in ("pixels", "linear", "spherical")]
        assert ends[0] == pytest.approx(ends[1], abs=0.02) and ends[1] == pytest.approx(ends[2], abs=0.02)
    starts = hands.set("place", 0).reading("pixels")
    assert starts + hands.set("place", 8).reading("pixels") == pytest.approx(2.0)


def test_halfway_the_straight_latent_is_half_the_sum_of_its_ends(hands: Hands) -> None:
    hands.set("place", 4)
    a, b = model_of(hands.room.shop, "gan").latents([3, 8]).astype(float)
    known = np.linalg.norm((a + b) / 2) / ((np.linalg.norm(a) + np.linalg.norm(b)) / 2)
    assert hands.reading("length") == pytest.approx(known, rel=1e-5)


def test_halfway_mixed_pixels_keep_about_half_and_the_gan_keeps_more(hands: Hands) -> None:
    hands.show(0)
    assert 0.4 < hands.reading("pixels") < 0.65
    assert hands.reading("spherical") > hands.reading("linear") > hands.reading("pixels") + 0.1


def test_every_pair_has_pixels_near_one_half_and_a_latent_near_seven_tenths(hands: Hands) -> None:
    for _ in range(3):
        before = hands.view.figure
        hands.show(1)
        assert hands.view.figure != before
        assert 0.4 < hands.reading("pixels") < 0.65 and 0.55 < hands.reading("length") < 0.85


def test_the_vae_blurs_halfway_on_the_straight_line_and_less_on_the_circle(hands: Hands) -> None:
    for first in (3, 20, 41):
        hands.set("first", first).show(2)
        assert hands.reading("linear") < 0.85
        assert hands.reading("spherical") > hands.reading("linear") + 0.1


def test_the_check_waits_for_the_middle_and_follows_the_numbers(hands: Hands) -> None:
    assert hands.view.answer is None
    hands.set("place", 4)
    assert hands.view.answer == "pixels"
    hands.set("model", "vae")
    found = set()
    for first in range(8):
        answer = hands.set("first", first).set("second", first + 50).view.answer
        found.add(answer)
    assert found - {"pixels"}  # not every pair of the VAE agrees with the GAN's


def test_a_close_race_has_no_loser() -> None:
    assert blurriest({"pixels": 0.50, "linear": 0.52, "spherical": 1.0}) == "same"
    assert blurriest({"pixels": 0.60, "linear": 0.52, "spherical": 1.0}) == "linear"


def test_without_bundled_models_one_sentence_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path))
    assert Hands(SLUG, "zh-TW").press("pair").view.sentence.startswith("這份程式沒有附上人臉模型")


def test_what_cannot_be_set_is_refused_with_a_sentence(hands: Hands) -> None:
    with pytest.raises(LessonError, match=r"first is 2\.5, but must be a whole number"):
        hands.set("first", 2.5)
    with pytest.raises(LessonError, match="place is 9, but must be from 0 to 8"):
        hands.set("place", 9)
