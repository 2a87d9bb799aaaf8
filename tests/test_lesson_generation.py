"""Lesson 1: seeds are faces, a move changes what the bars say, colours are obeyed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.generation import OTHERS, traits
from playground.lessons.lesson import LessonError
from playground.session.faces import PROPERTIES, FaceShop

SLUG = "what-is-generation"


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands(SLUG)


@pytest.fixture(autouse=True)
def fresh(hands: Hands) -> None:
    hands.values = hands.lesson.defaults()
    hands.reset()


def test_another_seed_is_another_face_and_the_same_seed_the_same_face(hands: Hands) -> None:
    before = hands.view.figure
    hands.show(0)
    assert hands.reading("apart") > 20.0  # of 255; the first face is 0 away from itself
    assert "Seed 6" in hands.view.sentence
    hands.set("seed", 3)
    hands.reset()
    assert hands.reading("apart") == 0.0 and hands.view.figure == before


@pytest.mark.parametrize("seed", [0, 3, 11])
def test_the_orange_trait_grows_and_others_come_along(hands: Hands, seed: int) -> None:
    hands.set("seed", seed).show(1)
    assert hands.reading("named") > 0.25
    assert hands.reading("largest_other") > 0.25
    assert hands.view.answer in ("most", "other")


def test_the_bars_are_the_measures_that_name_directions(hands: Hands) -> None:
    hands.set("move", 2.0)
    shop = hands.room.shop
    model = shop.model(shop.names["gan"])
    direction = shop.directions(model.name)[0]
    start = model.latents([3])
    ends = np.concatenate([start, start + np.float32(2.0) * direction.vector.astype(np.float32)])
    one_by_one = np.concatenate(
        [model.decode(end[None]) for end in ends]
    )  # as drawn: a pixel may round otherwise
    read, spread = traits(one_by_one), traits(model.generate(OTHERS)).std(0)
    own = list(PROPERTIES).index(direction.label)
    assert hands.reading("named") == pytest.approx(((read[1] - read[0]) / spread)[own], rel=1e-6)


def test_asked_for_blue_hair_the_classifier_reads_blue_hair(hands: Hands) -> None:
    for seed in (1, 2, 3):
        hands.set("seed", seed).show(2)
        assert hands.reading("hair_read") > 0.9
        assert "reads blue hair" in hands.view.sentence


def test_the_check_is_answered_by_the_bars_in_more_than_one_way(hands: Hands) -> None:
    assert hands.view.answer is None  # nothing has moved yet
    found = set()
    for direction in ("first", "fourth"):
        for seed in range(5):
            hands.set("seed", seed).set("direction", direction).set("move", 2.0)
            view = hands.view
            most = hands.reading("named") > hands.reading("largest_other")
            alone = hands.reading("largest_other") <= 0.25
            assert view.answer == ("only" if alone else "most" if most else "other")
            assert re.search(r"changed by −?\d", view.evidence)
            found.add(view.answer)
    assert len(found) > 1


def test_the_slider_at_zero_changes_nothing(hands: Hands) -> None:
    assert hands.reading("named") == hands.reading("largest_other") == hands.reading("apart") == 0.0


def test_without_bundled_models_one_sentence_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path))
    bare = Hands(SLUG)
    assert bare.room.shop.names == FaceShop().names == {}
    bare.press("another")
    assert bare.view.sentence.startswith("No face models are bundled")


def test_what_cannot_be_set_is_refused_with_a_sentence(hands: Hands) -> None:
    with pytest.raises(LessonError, match="move is 4, but must be from -3 to 3"):
        hands.set("move", 4)
    with pytest.raises(LessonError, match="hair is 'bald', but must be one of any, aqua"):
        hands.set("hair", "bald")
