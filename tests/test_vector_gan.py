"""The small GAN and the lone discriminator on rows of any width: closed forms, bounds, seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from playground.engine.vectors import VectorDiscriminator, VectorGAN
from playground.measures import densities
from playground.measures.lines import Block, Hills
from playground.objectives import OBJECTIVES

LEFT, RIGHT = Hills((-0.5,), 0.5), Hills((0.5,), 0.5)
X, DX = densities.grid(-6.0, 6.0, 1201)
AGREE = [name for name, row in OBJECTIVES.items() if row.penalty == "none" and not row.clips_weights]


def value(learner: VectorDiscriminator, p: Hills | Block, q: Hills | Block) -> float:
    return densities.value(p.density(X), q.density(X), learner.probability(X[:, None]).astype(float), DX)


def test_a_discriminator_learns_the_log_ratio_of_two_normals() -> None:
    learner = VectorDiscriminator(LEFT.draw, RIGHT.draw, 1, activation="silu", width=32)
    learner.step(600)
    x = np.linspace(-1.2, 1.2, 25)
    exact = -(2.0 * 0.5 / 0.25) * x  # log N(x; -m, s^2) - log N(x; m, s^2) = -2 m x / s^2
    assert np.abs(learner.logits(x[:, None]) - exact).max() < 0.6
    assert np.abs(learner.probability(x[:, None]) - 1.0 / (1.0 + np.exp(-exact))).max() < 0.06


@pytest.mark.parametrize("pair", [(LEFT, RIGHT), (Block(-1.0, 1.0), Block(1.0, 1.0)), (LEFT, LEFT)])
def test_v_stays_below_the_bound_at_every_moment(pair: tuple[Hills | Block, Hills | Block]) -> None:
    p, q = pair
    learner = VectorDiscriminator(p.draw, q.draw, 1, seed=2)
    bound = densities.best_value(p.density(X), q.density(X), DX)
    for _ in range(6):
        assert value(learner, p, q) <= bound + 1e-12
        learner.step(50)
    assert bound - value(learner, p, q) < 0.05


def test_the_report_is_minus_the_loss_of_its_batch() -> None:
    learner = VectorDiscriminator(LEFT.draw, RIGHT.draw, 1, seed=1)
    real, generated = learner.real[0].numpy(), learner.generated[0].numpy()
    d_real, d_gen = (learner.probability(rows).astype(float) for rows in (real, generated))
    report = learner.step()
    assert report["value"] == pytest.approx(np.log(d_real).mean() + np.log(1 - d_gen).mean(), abs=1e-5)
    assert report["mean_real"] == pytest.approx(d_real.mean(), abs=1e-6)
    assert report["mean_generated"] == pytest.approx(d_gen.mean(), abs=1e-6)


def test_the_slope_is_the_finite_difference_of_the_logit() -> None:
    learner = VectorDiscriminator(LEFT.draw, RIGHT.draw, 1, activation="silu")
    learner.step(20)
    x, h = np.array([[-0.7], [0.1], [1.3]]), 1e-2
    difference = (learner.logits(x + h) - learner.logits(x - h)) / (2 * h)
    assert learner.slope(x)[:, 0] == pytest.approx(difference, abs=2e-3)


def test_new_negatives_leave_the_network_as_it_is_and_teach_it_from_then_on() -> None:
    learner = VectorDiscriminator(LEFT.draw, RIGHT.draw, 1, activation="silu")
    learner.step(200)
    before = learner.logits(X[::100, None])
    learner.change_generated(Hills((-3.0,), 0.2).draw, 1)
    assert (learner.logits(X[::100, None]) == before).all()
    high = learner.probability([[-3.0]])[0]
    learner.step(200)
    assert learner.probability([[-3.0]])[0] < 0.1 < 0.9 < high


def test_a_gradient_penalty_flattens_d() -> None:
    steep, flat = (
        VectorDiscriminator(LEFT.draw, RIGHT.draw, 1, activation="silu", r1_weight=w) for w in (0.0, 5.0)
    )
    for learner in (steep, flat):
        learner.step(200)
    assert np.abs(flat.slope([[0.0]])).max() < 0.5 * np.abs(steep.slope([[0.0]])).max()


def weights(model: VectorGAN | VectorDiscriminator) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for net in model.modules.values() for p in net.parameters()])


def test_the_same_seed_gives_the_same_gan_bit_for_bit_and_another_does_not() -> None:
    def trained(seed: int, parts: int) -> torch.Tensor:
        gan = VectorGAN(LEFT.draw, 1, seed=seed)
        for _ in range(parts):
            gan.step(12 // parts)
        return weights(gan)

    assert torch.equal(trained(4, 1), trained(4, 4))
    assert not torch.equal(trained(4, 1), trained(5, 1))


@pytest.mark.parametrize("objective", AGREE)
def test_an_update_moves_only_its_own_network(objective: str) -> None:
    gan = VectorGAN(LEFT.draw, 1, objective=objective)
    z, x = np.linspace(-1, 1, 5)[:, None], np.linspace(-2, 2, 5)[:, None]
    made, scores = gan.generate(z), gan.logits(x)
    gan.update_discriminator()
    assert (gan.generate(z) == made).all() and (gan.logits(x) != scores).any()
    scores = gan.logits(x)
    gan.update_generator()
    assert (gan.generate(z) != made).any() and (gan.logits(x) == scores).all()
    assert math.isfinite(gan.step(3)["generator_loss"])


def test_a_gan_on_a_line_finds_the_mean_and_the_width_of_a_normal() -> None:
    gan = VectorGAN(RIGHT.draw, 1, seed=1, activation="silu", width=32, generator_learning_rate=5e-4,
                    discriminator_learning_rate=3e-3)  # fmt: skip
    z = np.random.default_rng(0).standard_normal((4000, 1))
    means, widths = [], []
    for _ in range(20):
        gan.step(60)
        x = gan.generate(z)
        means.append(x.mean())
        widths.append(x.std())
    assert np.mean(means[-6:]) == pytest.approx(0.5, abs=0.15)
    assert np.mean(widths[-6:]) == pytest.approx(0.5, abs=0.15)


def test_a_condition_decides_what_is_generated() -> None:
    def rows(rng: np.random.Generator, n: int) -> np.ndarray:
        side = np.sign(rng.random((n, 1)) - 0.5)
        return np.concatenate([side + 0.2 * rng.standard_normal((n, 1)), side], 1).astype(np.float32)

    gan = VectorGAN(rows, 1, conditions=1, activation="silu", width=32, discriminator_learning_rate=3e-3)
    gan.step(500)
    z = np.random.default_rng(0).standard_normal((500, 1))
    left, right = (gan.generate(z, np.full((500, 1), side)) for side in (-1.0, 1.0))
    assert left.mean() < -0.6 and right.mean() > 0.6
