"""Lesson 7: the share of points off the islands is counted alike for VAE, GAN and real points."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.between_islands import COUNTED, FLOOR
from playground.lessons.lesson import LessonError, Room
from playground.session.faces import FaceShop

SLUG = "between-the-islands"


def outside(points: np.ndarray) -> float:
    """The share of points farther than 3 sigma from both islands, counted by hand."""
    distance = np.hypot(np.abs(points[:, 0]) - 1.0, points[:, 1])
    return float((distance >= 3.0 * 0.2).mean())


@pytest.fixture(scope="module")
def trained() -> Hands:
    """The first thing, done once."""
    hands = Hands(SLUG)
    hands.show(0)
    return hands


def test_both_shares_are_those_of_the_points_counted_by_hand(trained: Hands) -> None:
    for kind in ("vae", "gan"):
        points = trained.exhibit.world.trainers[kind].sample(COUNTED)
        assert trained.reading(kind) == pytest.approx(100.0 * outside(points), abs=0.03)


def test_the_floor_is_what_real_points_read() -> None:
    assert pytest.approx(math.exp(-4.5)) == FLOOR
    hands = Hands(SLUG)
    real = hands.exhibit.world.trainers["gan"].target.sample(200_000, np.random.default_rng(3))
    assert outside(real) == pytest.approx(FLOOR, abs=0.001)
    assert hands.reading("floor") == pytest.approx(1.1, abs=0.02)


def test_both_start_from_the_same_generator_and_advance_in_lockstep() -> None:
    hands = Hands(SLUG, seed=4)
    vae, gan = hands.exhibit.world.trainers["vae"], hands.exhibit.world.trainers["gan"]
    z = gan.latents(50)
    assert np.array_equal(vae.generate(z), gan.generate(z))
    hands.press("train", 3)
    assert vae.iteration == gan.iteration == 30
    assert not np.array_equal(vae.generate(z), gan.generate(z))


def test_thing_1_the_vae_leaves_more_points_off_the_islands_and_neither_reaches_the_floor(
    trained: Hands,
) -> None:
    assert trained.reading("vae") > 2.0 * trained.reading("gan")
    assert trained.reading("gan") > trained.reading("floor")
    assert trained.view.answer == "vae"


def test_thing_2_with_little_assumed_noise_the_vae_leaves_far_more(trained: Hands) -> None:
    hands = Hands(SLUG)
    hands.show(1)
    assert hands.reading("vae") > 1.5 * trained.reading("vae")
    assert hands.reading("gan") == trained.reading("gan"), "the noise is the VAE's alone"


def test_the_answer_waits_for_300_iterations_and_follows_the_shares() -> None:
    hands = Hands(SLUG).press("train", 29)
    assert hands.view.answer is None
    hands.press("train")
    shares = hands.exhibit.world.stray
    for vae, gan, answer in ((0.2, 0.1, "vae"), (0.1, 0.2, "gan"), (0.1, 0.11, "same")):
        shares["vae"][-1], shares["gan"][-1] = vae, gan
        assert hands.view.answer == answer


def test_the_sentence_and_the_evidence_hold_the_shares(trained: Hands) -> None:
    for kind in ("vae", "gan"):
        told = f"{trained.reading(kind):.1f}%"
        assert told in trained.view.sentence
        assert told in trained.view.evidence


def test_the_table_has_a_row_for_every_press(trained: Hands) -> None:
    rows = trained.exhibit.table().splitlines()
    assert rows[0] == "iteration,vae_stray,gan_stray"
    assert len(rows) == 1 + 61
    assert float(rows[-1].split(",")[1]) == pytest.approx(trained.reading("vae") / 100.0, rel=1e-4)


def test_thing_3_the_vaes_faces_are_blurred_and_the_gans_are_nearly_as_sharp_as_real_ones() -> None:
    if not {"vae", "gan"} <= set(FaceShop().names):
        pytest.skip("no face models are bundled here")
    hands = Hands(SLUG)
    hands.show(2)
    assert hands.reading("faces") == 12
    assert hands.reading("vae_sharpness") < 0.25
    assert 0.7 < hands.reading("gan_sharpness") < 1.3
    assert hands.view.answer is None, "the check is about islands"
    assert len(hands.exhibit.table().splitlines()) == 13


def test_without_bundled_faces_a_press_says_so() -> None:
    hands = Hands(SLUG, world="faces")
    hands.room = Room(FaceShop())
    hands.room.shop.names = {}
    hands.reset()
    assert "VAE" in hands.view.figure
    with pytest.raises(LessonError, match="no model is bundled"):
        hands.press("train")


def test_a_noise_of_zero_is_refused_by_name() -> None:
    with pytest.raises(LessonError, match=r"noise is 0\.0, but must be from 0\.02 to 0\.5"):
        Hands(SLUG, noise=0.0)
