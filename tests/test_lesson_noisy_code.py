"""Lesson: noise in the code. What the KL term keeps, and what becomes of the noise without it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from exhibits import Hands
from playground.data.moons import moons
from playground.lessons.lesson import LessonError
from playground.lessons.noisy_code import CLOSE, from_moons, noise_cost, size

SLUG = "noise-in-the-code"


@cache
def trained(beta: float, seed: int = 0) -> Hands:
    """600 updates of both models. Not to be pressed further."""
    return Hands(SLUG, beta=beta, seed=seed).press("train", 120)


def lines(hands: Hands) -> Any:
    exhibit: Any = hands.exhibit
    return exhibit.lines()


def test_the_cost_of_the_noise_is_least_at_zero_where_sigma_is_one() -> None:
    found = minimize_scalar(noise_cost, bounds=(-5.0, 5.0), method="bounded")
    assert found.x == pytest.approx(0.0, abs=1e-4)
    assert noise_cost(0.0) == 0.0
    s = np.linspace(-10.0, 2.0, 50)
    np.testing.assert_allclose(noise_cost(s), np.exp(s) - (1.0 + s))


@pytest.mark.parametrize("seed", [0, 1])
def test_without_the_kl_term_the_noise_goes_to_zero(seed: int) -> None:
    hands = Hands(SLUG, beta=0.0, seed=seed)
    read = [hands.reading("sigma")]
    for _ in range(2):
        read.append(hands.press("train", 45).reading("sigma"))
    assert read[0] > 0.5
    assert read[-1] < 0.05 < read[0]
    assert hands.view.answer == "none"


@pytest.mark.parametrize("seed", [0, 1])
def test_with_noise_more_codes_between_the_moons_decode_to_a_moon(seed: int) -> None:
    hands = trained(1.0, seed)
    assert hands.reading("moons_vae") > 1.3 * hands.reading("moons_ae")
    assert hands.reading("apart") > 0.9  # and both moons are still told apart
    assert 0.2 < hands.reading("sigma") < 0.6
    assert hands.view.answer == "between"


def test_what_is_no_moon_is_a_mixture_of_the_two_and_not_a_three_quarter_moon() -> None:
    """Halfway pictures lie near the straight line between both pictures, and far from every moon."""
    half, full = moons([0.5, 1.0])
    for model, line in zip(trained(1.0).exhibit.models, lines(trained(1.0)), strict=True):  # type: ignore[attr-defined]
        pictures = model.decode(line.between[~line.clean][:, None]).clip(0.0, 1.0)
        share = ((pictures - half) @ (full - half) / ((full - half) @ (full - half))).clip(0.0, 1.0)
        from_line = np.linalg.norm(half + share[:, None] * (full - half) - pictures, axis=1)
        assert np.median(from_line / from_moons(pictures)) < 0.5


def test_a_heavy_kl_term_makes_every_code_alike() -> None:
    hands = trained(30.0)
    assert hands.reading("sigma") == pytest.approx(1.0, abs=0.03)
    assert hands.reading("apart") < 0.05
    assert hands.view.answer == "prior"


def test_a_true_moon_is_recognised_and_a_mixture_is_not() -> None:
    half, full = moons([0.5, 1.0])
    span = np.linalg.norm(full - half)
    assert from_moons(moons([0.62, 0.803])).max() < CLOSE * span
    assert from_moons(((half + full) / 2.0)[None])[0] > CLOSE * span


def test_shaded_is_one_sigma_around_either_code_of_the_vae_alone() -> None:
    ae, vae = lines(trained(1.0))
    assert not ae.sigmas.any()
    assert (vae.sigmas > 0.1).all()
    assert trained(1.0).view.figure.count('fill-opacity="0.18"') == 2


@pytest.mark.parametrize(("thing", "low", "high"), [(0, 0.1, 0.8), (1, 0.0, 0.05), (2, 0.95, 1.05)])
def test_show_me_does_what_it_says(thing: int, low: float, high: float) -> None:
    hands = Hands(SLUG).show(thing)
    assert hands.reading("updates") == 600
    assert low < hands.reading("sigma") < high


def test_the_check_waits_for_400_updates() -> None:
    hands = Hands(SLUG).press("train", 79)
    assert hands.view.answer is None
    assert hands.press("train").view.answer == "between"
    assert [size(s) for s in (0.02, 0.4, 0.99)] == ["none", "between", "prior"]


def test_the_weight_changes_the_vae_and_not_the_autoencoder() -> None:
    assert trained(1.0).reading("moons_ae") == trained(30.0).reading("moons_ae")
    assert trained(1.0).reading("sigma") != trained(30.0).reading("sigma")


@pytest.mark.parametrize("wrong", [-1.0, 31.0, "much"])
def test_a_weight_out_of_range_is_refused(wrong: Any) -> None:
    with pytest.raises(LessonError, match="from 0 to 30"):
        Hands(SLUG).set("beta", wrong)
