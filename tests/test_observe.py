"""What the screen is shown must be what the engine computes."""

import math

import numpy as np
import pytest
import torch

from playground import RunConfig, Trainer
from playground.engine import Gauge, observe
from playground.engine.likelihood import decoded_density
from playground.engine.observe import ARROW_LIMIT, ARROW_PER_SLOPE, arrows, surface, surface_grid

SMALL = dict(batch_size=32, generator_width=12, discriminator_width=12)


def trained(n: int = 20, **changes: object) -> Trainer:
    trainer = Trainer(RunConfig(**{**SMALL, **changes}))  # type: ignore[arg-type]
    trainer.run(n)
    return trainer


def test_the_surface_is_d_at_the_cell_centres_low_y_first() -> None:
    trainer = trained()
    picture, kind = surface(trainer, 16)
    e = trainer.target.extent
    low_right = np.array([[e - e / 16, -e + e / 16]])
    assert picture is not None and kind == "discriminator"
    assert picture[0, -1] == pytest.approx(float(trainer.discriminate(low_right)[0]), abs=1e-6)


@pytest.mark.parametrize("objective", ["minimax", "non-saturating", "lsgan", "hinge", "wgan", "relativistic"])
def test_arrows_are_minus_the_slope_of_the_loss_in_use(objective: str) -> None:
    trainer = trained(objective=objective, discriminator_activation="tanh")
    points, h = trainer.sample(6), 1e-2
    gan = trainer.gan
    found = arrows(trainer, points)
    real = gan.judge(trainer.tensor(trainer.real_points(6))).detach()

    def loss(x: np.ndarray, i: int) -> float:
        with torch.no_grad():
            return float(
                gan.objective.generator_loss(gan.judge(trainer.tensor(x))[i : i + 1], real[i : i + 1])
            )

    for i in range(6):
        for axis in range(2):
            step = np.zeros((6, 2), np.float32)
            step[i, axis] = h
            slope = (loss(points + step, i) - loss(points - step, i)) / (2 * h)
            assert found[i, 2 + axis] == pytest.approx(-ARROW_PER_SLOPE * slope, abs=2e-3)


def test_minimax_arrows_vanish_where_the_discriminator_is_sure_and_non_saturating_ones_do_not() -> None:
    lengths = {}
    for objective in ("minimax", "non-saturating"):
        trainer = Trainer(RunConfig(**SMALL, objective=objective))  # type: ignore[arg-type]
        for _ in range(3000):
            trainer.update_discriminator()  # the generator stands still: D becomes sure
        lengths[objective] = np.linalg.norm(arrows(trainer, trainer.sample(64))[:, 2:], axis=1).mean()
    assert lengths["minimax"] < 0.2 * lengths["non-saturating"]


def test_long_arrows_are_cut() -> None:
    trainer = trained(objective="wgan-gp")
    with torch.no_grad():
        trainer.gan.flats["discriminator"].vector.mul_(30.0)
    assert np.linalg.norm(arrows(trainer, trainer.sample(64))[:, 2:], axis=1).max() == pytest.approx(
        ARROW_LIMIT, rel=1e-4
    )


def test_looking_changes_nothing() -> None:
    for changes in (
        dict(),
        dict(model="vae"),
        dict(model="gmm"),
        dict(generator_normalisation="batch"),
        dict(packing=2),
    ):
        looked, alone = trained(**changes), trained(**changes)  # type: ignore[arg-type]
        observe(looked)
        Gauge(looked).read()
        looked.run(5)
        alone.run(5)
        a, b = looked.state().arrays, alone.state().arrays
        assert all(np.array_equal(a[k], b[k]) for k in a)


def test_drawn_points_stay_the_same_latents() -> None:
    trainer = trained()
    before = observe(trainer)
    trainer.run(3)
    after = observe(trainer)
    assert np.array_equal(before.latents, after.latents) and np.array_equal(before.real, after.real)
    assert not np.array_equal(before.generated, after.generated)
    assert np.array_equal(after.generated, trainer.generate(after.latents))


@pytest.mark.parametrize(("target", "sigma"), [("gaussian", 0.5), ("two_islands", 0.3)])
def test_a_discriminator_trained_long_nears_d_star_and_its_value_v_star_from_below(
    target: str, sigma: float
) -> None:
    trainer = Trainer(RunConfig(target=target, target_sigma=sigma, discriminator_learning_rate=3e-3))
    trainer.run(100)  # so that the generator has left its corner; from here on it stands still
    gauge, gaps, errors = Gauge(trainer), [], []
    for _ in range(2):
        measures, d_star = gauge.read(transport=False)
        picture, _ = surface(trainer)
        found = gauge.estimator.estimate(trainer.sample(10_000))
        weight = 0.5 * (found.target + found.generated)[:-1].reshape(64, 64)
        assert d_star is not None and picture is not None
        assert measures.value_star == pytest.approx(-math.log(4) + 2 * measures.jsd)
        gaps.append(measures.value_star - measures.value)
        errors.append(float(np.nansum(np.abs(picture - d_star) * weight)))  # NaN where nothing is
        for _ in range(600):
            trainer.update_discriminator()
    assert gaps[0] > gaps[1] > -1e-9 and errors[1] < errors[0]
    assert gaps[1] < 0.08 and errors[1] < 0.08


def test_the_mixtures_surface_is_its_density() -> None:
    trainer = trained(30, model="gmm", components=2)
    picture, kind = surface(trainer)
    density = trainer.learner.density(surface_grid(trainer).centres)
    assert kind == "density" and picture is not None and density is not None
    np.testing.assert_allclose(picture.ravel(), density / density.max(), atol=1e-5)


def test_decoded_density_is_the_gaussian_when_the_decoder_is_the_identity() -> None:
    rng = np.random.default_rng(0)
    points = rng.standard_normal((200_000, 2)).astype(np.float32) * np.float32(0.4)
    density = decoded_density(points, sigma=0.3, size=64, extent=2.0)
    centres = np.linspace(-2 + 1 / 32, 2 - 1 / 32, 64)
    x, y = np.meshgrid(centres, centres)
    exact = np.exp(-(x**2 + y**2) / (2 * 0.25)) / (2 * np.pi * 0.25)
    np.testing.assert_allclose(density, exact, atol=0.02)


def test_reconstruction_arrows_of_an_autoencoder_shrink_as_it_learns() -> None:
    trainer = Trainer(RunConfig(model="autoencoder", observation_sigma=1.0))
    before = np.linalg.norm(observe(trainer).arrows[:, 2:], axis=1).mean()
    trainer.run(800)
    assert np.linalg.norm(observe(trainer).arrows[:, 2:], axis=1).mean() < 0.2 * before


def test_layers_that_are_not_asked_for_are_not_computed() -> None:
    shot = observe(trained(), layers=frozenset())
    assert shot.surface is None and shot.grid is None and len(shot.arrows) == 0
