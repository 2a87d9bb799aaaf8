"""The lesson of the one-dimensional GAN: the bounds hold on screen and D approaches D*. Knows no page."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.lesson import LessonError
from playground.measures.lines import Block, Hills
from playground.measures.pushforward import even_latents, pushed_masses

SLUG = "one-dimensional-gan"


def test_a_straight_generator_pushes_a_normal_latent_to_the_normal_of_the_closed_form() -> None:
    edges = np.linspace(-4.0, 4.0, 161)
    found = pushed_masses(0.3 + 0.7 * even_latents("normal", 4000), edges)
    assert np.abs(found - Hills((0.3,), 0.7).masses(edges)).max() < 1e-4
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


def test_a_generator_that_folds_adds_its_branches_up() -> None:
    edges = np.linspace(0.0, 1.0, 11)
    z = even_latents("uniform", 1000)
    assert np.abs(pushed_masses(np.abs(z), edges) - 0.1).max() < 1e-9  # |z| of a uniform z is uniform
    assert np.abs(pushed_masses(z * z, edges) - np.diff(np.sqrt(edges))).max() < 1e-5


def test_a_generator_that_gives_one_point_has_all_its_mass_in_one_bin() -> None:
    found = pushed_masses(np.full(11, 0.55), np.linspace(0.0, 1.0, 11))
    assert found[5] == pytest.approx(1.0) and found.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("target", [Hills((-1.0, 1.0), 0.3), Block(0.2, 1.5)])
def test_draws_of_a_line_target_follow_its_density(target: Hills | Block) -> None:
    x = np.linspace(-4.0, 4.0, 1601)
    p = target.density(x)
    drawn = target.draw(np.random.default_rng(0), 40_000)[:, 0]
    assert p.sum() * (x[1] - x[0]) == pytest.approx(1.0, abs=1e-6)
    assert drawn.mean() == pytest.approx((x * p).sum() * (x[1] - x[0]), abs=0.02)
    assert drawn.std() == pytest.approx(
        math.sqrt((x * x * p).sum() * (x[1] - x[0]) - drawn.mean() ** 2), abs=0.02
    )


@pytest.mark.parametrize("target", ["one", "two"])
def test_v_never_exceeds_v_star_and_v_star_is_the_jsd(target: str) -> None:
    hands = Hands(SLUG, target=target, seed=3)
    for button in ("d", "step", "g", "d", "step", "step"):
        hands.press(button, 4)
        assert hands.reading("value") <= hands.reading("best_value")
        assert hands.reading("best_value") == pytest.approx(
            2 * hands.reading("jsd") - math.log(4.0), abs=1e-12
        )
        assert 0.0 <= hands.reading("jsd") <= math.log(2.0) + 1e-12


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("target", ["one", "two"])
def test_d_trained_alone_approaches_d_star_and_the_check_says_so(target: str, seed: int) -> None:
    hands = Hands(SLUG, target=target, seed=seed)
    before, jsd = hands.reading("gap"), hands.reading("jsd")
    assert hands.view.answer is None
    hands.show(0)
    assert hands.reading("gap") < before / 5.0
    assert hands.reading("best_value") - hands.reading("value") < 0.03
    assert hands.reading("jsd") == jsd  # G did not move
    assert hands.view.answer == "best" and "D*" in hands.view.evidence


def test_a_generator_trained_alone_leaves_d_behind() -> None:
    hands = Hands(SLUG, seed=1).show(0)
    settled = hands.reading("gap")
    hands.show(1)
    assert hands.reading("gap") > 5 * settled
    assert hands.view.answer is None


def test_together_they_carry_p_g_onto_p_data() -> None:
    hands = Hands(SLUG, seed=1)
    start = hands.reading("jsd")
    hands.show(2)
    assert hands.reading("jsd") < 0.1 < start
    assert hands.reading("best_value") < -1.18


def test_where_p_g_is_p_data_the_check_says_one_half() -> None:
    hands = Hands(SLUG, seed=1)
    exhibit = hands.exhibit
    exhibit.alone = 400  # type: ignore[attr-defined]
    now = exhibit.now  # type: ignore[attr-defined]
    exhibit.now = type(now)(now.p, now.p, 0 * now.d + 0.5, 0 * now.d + 0.6, -1.4, -1.386, now.x)  # type: ignore[attr-defined]
    assert hands.view.answer == "flat"


def test_the_same_presses_give_the_same_view() -> None:
    first, second = (Hands(SLUG, seed=5).press("step", 3).press("d") for _ in range(2))
    assert first.view == second.view


@pytest.mark.parametrize("press", [("train", ""), ("d", "7")])
def test_what_is_no_press_here_is_refused_with_a_sentence(press: tuple[str, str]) -> None:
    with pytest.raises(LessonError, match=r"\w+ .*\."):
        Hands(SLUG).exhibit.press(*press)
