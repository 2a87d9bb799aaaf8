"""Lesson: a VAE is a mixture of infinitely many Gaussians; beside it K Gaussians by EM."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.infinite_mixture import DX, SHAPES, X
from playground.lessons.lesson import LessonError
from playground.measures import densities
from playground.measures.latent_quadrature import Z, marginal

SLUG = "infinite-mixture"


def test_the_points_stand_for_their_density() -> None:
    for name, density in SHAPES.items():
        exhibit = Hands(SLUG, data=name).exhibit
        assert density.sum() * DX == pytest.approx(1.0, abs=0.02)
        assert exhibit.points.mean() == pytest.approx(float((X * density).sum() / density.sum()), abs=0.02)
        assert exhibit.itself == pytest.approx(-densities.entropy(density, DX), abs=0.03)
    assert Hands(SLUG, data="box").exhibit.itself == pytest.approx(-math.log(4.0), abs=1e-9)


@pytest.mark.parametrize("data", ["hills", "box"])
@pytest.mark.parametrize("presses", [0, 1, 25])
def test_the_elbo_is_below_log_p_by_the_kl_to_the_posterior_at_every_x(data: str, presses: int) -> None:
    found = Hands(SLUG, data=data, seed=presses).press("train", presses).exhibit.bound
    assert (found.elbo <= found.log_p + 1e-9).all()
    assert found.log_p - found.elbo == pytest.approx(found.gap, abs=1e-6)


def test_the_sum_over_z_is_a_density_and_the_mean_over_draws() -> None:
    hands = Hands(SLUG).press("train", 10)
    vae = hands.exhibit.vae
    p = marginal(X, hands.exhibit.decoded(Z), vae.sigma)
    assert p.sum() * DX == pytest.approx(1.0, abs=1e-3)
    z = np.random.default_rng(0).normal(size=20_000)
    drawn = densities.normal(X[:, None], hands.exhibit.decoded(z), vae.sigma).mean(1)
    assert np.abs(p - drawn).max() < 0.01


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_thing_1_training_raises_the_bound_and_keeps_it_a_bound(seed: int) -> None:
    hands = Hands(SLUG, seed=seed)
    before = hands.reading("elbo")
    hands.show(0)
    assert hands.reading("elbo") > before + 5.0
    assert hands.reading("elbo") < hands.reading("log_p") < hands.exhibit.itself
    assert hands.reading("log_p") - hands.reading("elbo") == pytest.approx(hands.reading("gap"), abs=1e-6)


def test_thing_2_another_z_moves_only_its_gaussian() -> None:
    hands = Hands(SLUG).show(0)
    before, first = hands.view, hands.exhibit.decoded(np.array([0.5]))[0]
    hands.show(1)
    assert hands.view.readings == before.readings
    assert hands.view.figure != before.figure
    assert hands.exhibit.decoded(np.array([-1.2]))[0] < first - 1.0
    assert "z = −1.20 gives N(" in hands.view.sentence
    assert "0.30²" in hands.view.sentence


@pytest.mark.parametrize(
    ("k", "data", "seed"), [("1", "box", 0), ("3", "hills", 0), ("3", "hills", 4), ("8", "ramp", 1)]
)
def test_thing_3_the_likelihood_never_falls_in_em(k: str, data: str, seed: int) -> None:
    history = Hands(SLUG, k=k, data=data, seed=seed).show(2).exhibit.em_history
    gains = np.diff(history)
    assert len(gains) == 20
    assert (gains >= -1e-6).all()  # the variances' floor
    assert gains[:5].sum() > 5 * max(gains[-5:].sum(), 0.0)


def test_one_gaussian_reads_its_closed_form() -> None:
    hands = Hands(SLUG, k="1", data="box").press("em")
    assert hands.reading("em") == pytest.approx(
        -densities.normal_entropy(hands.exhibit.points.std()), abs=1e-6
    )


def test_the_answer_follows_what_was_reached() -> None:
    hands = Hands(SLUG).press("em", 20)
    assert hands.view.answer is None
    assert hands.press("train", 40).view.answer == "em"  # two hills are two Gaussians: EM can be exact
    assert Hands(SLUG, k="1").press("em", 20).press("train", 40).view.answer == "vae"


def test_results_can_be_taken_away() -> None:
    table = Hands(SLUG).press("em", 2).press("train").exhibit.table()
    lines = table.splitlines()
    assert lines[0] == "model,press,mean_log_p,mean_elbo"
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["vae", "0"], ["vae", "1"], ["em", "0"], ["em", "1"], ["em", "2"],
    ]  # fmt: skip


def test_same_seed_same_presses_same_view() -> None:
    one, two = (Hands(SLUG, seed=5).press("train", 4).press("em", 2) for _ in range(2))
    two.set("z", 2.0).set("z", 0.5)
    assert one.view == two.view


def test_what_cannot_be_is_refused_by_a_sentence() -> None:
    with pytest.raises(LessonError, match="k is '9', but must be one of 1, 2, 3, 5, 8"):
        Hands(SLUG, k="9")
    with pytest.raises(LessonError, match="em takes no argument, but was given '2'"):
        Hands(SLUG).press("em:2")
