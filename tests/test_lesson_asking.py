"""Lesson: asking for something. Digits and faces come as asked, says who did not draw them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from exhibits import Hands
from playground.data.digits import CLASSES
from playground.lessons.asking import FACES, STYLES, share_option
from playground.lessons.lesson import LessonError, Room
from playground.recipes import HAIR

SLUG = "asking-for-something"


@cache
def trained(told: bool = True, seed: int = 0) -> Hands:
    """600 updates. Not to be pressed further."""
    return Hands(SLUG, told=told, seed=seed).press("train", 60)


def shown(hands: Hands) -> Any:
    return hands.exhibit


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_model_told_the_class_draws_the_digit_asked_for(seed: int) -> None:
    hands = trained(seed=seed)
    assert hands.reading("asked") >= 95.0
    assert hands.view.answer == "most"


@pytest.mark.parametrize("seed", [0, 1])
def test_a_model_that_was_not_told_is_right_once_in_ten(seed: int) -> None:
    """It draws the same ten times, and every picture shows exactly one digit."""
    hands = trained(False, seed)
    assert hands.reading("asked") == pytest.approx(100.0 / CLASSES)
    assert hands.view.answer == "tenth"
    rows = shown(hands).every_digit(np.zeros((1, 2), np.float32))
    np.testing.assert_allclose(rows, np.broadcast_to(rows[0], rows.shape), atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_style_asked_for_is_read_back_from_every_digit(seed: int) -> None:
    """Correlation of the two latent numbers with those that the encoder finds in the pictures."""
    assert trained(seed=seed).reading("style") > 0.9
    assert Hands(SLUG, seed=seed).reading("style") < 0.5


@pytest.mark.parametrize("slider", ["first", "second"])
def test_a_style_slider_changes_all_ten_digits_and_they_stay_those_digits(slider: str) -> None:
    exhibit = shown(trained())
    column = ("first", "second").index(slider)
    styles = np.zeros((3, 2), np.float32)
    styles[:, column] = (-2.0, 0.0, 2.0)
    rows = exhibit.every_digit(styles).reshape(3, CLASSES, -1)
    assert np.linalg.norm(rows[2] - rows[0], axis=1).min() > 0.3
    agreement = exhibit.judge.agreement(rows.reshape(3 * CLASSES, -1), np.tile(np.arange(CLASSES), 3))
    assert agreement >= 0.9


def test_the_share_is_that_of_an_independent_count() -> None:
    hands = trained()
    exhibit = shown(hands)
    pictures = exhibit.every_digit(exhibit.styles)
    right = [exhibit.judge.classes(row[None])[0] == i % CLASSES for i, row in enumerate(pictures)]
    assert len(right) == STYLES * CLASSES
    assert hands.reading("asked") == pytest.approx(100.0 * np.mean(right))


@pytest.mark.parametrize("hair", ["blue", "pink", "black"])
def test_faces_have_the_hair_asked_for_says_the_judge(hair: str) -> None:
    hands = trained().set("hair", hair)
    assert hands.reading("hair") >= FACES - 1


def test_the_judge_is_not_pleased_with_every_answer() -> None:
    """Faces drawn with one colour of hair, judged by another, are wrong."""
    exhibit = shown(trained())
    images = exhibit.order("blue", "aqua").images
    classifier = exhibit.room.shop.classifier()
    from playground.measures.features import classifier_features

    named = classifier_features(classifier, images).hair.argmax(1)
    assert (named == HAIR.index("blue")).sum() >= FACES - 1
    assert (named == HAIR.index("pink")).sum() <= 1


def test_show_me_does_what_it_says() -> None:
    hands = Hands(SLUG).show(0)
    assert hands.reading("asked") >= 95.0
    assert hands.show(1).reading("asked") == pytest.approx(10.0)
    assert hands.show(2).reading("hair") >= 5


def test_styles_and_colours_change_no_training() -> None:
    hands = Hands(SLUG).press("train", 2).set("first", 1.5).set("hair", "green").press("train", 2)
    assert hands.reading("updates") == 40
    assert hands.reading("style") == Hands(SLUG).press("train", 4).reading("style")


def test_the_check_waits_for_300_updates_and_says_what_the_numbers_say() -> None:
    assert Hands(SLUG).press("train", 2).view.answer is None
    assert [share_option(s) for s in (0.1, 0.5, 0.97)] == ["tenth", "some", "most"]


def test_without_bundled_faces_the_digits_are_still_there() -> None:
    class Empty:
        names: dict[str, str] = {}

        def classifier(self) -> None:
            return None

    hands = Hands(SLUG)
    hands.room = Room(Empty())  # type: ignore[arg-type]
    hands.reset()
    assert "bundles no faces" in hands.view.figure
    assert {reading.name for reading in hands.view.readings} == {"updates", "asked", "style"}


@pytest.mark.parametrize(
    ("name", "wrong"), [("hair", "plaid"), ("eyes", "white"), ("first", 3.0), ("told", 1)]
)
def test_what_cannot_be_asked_for_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises(LessonError, match=name):
        Hands(SLUG).set(name, wrong)
