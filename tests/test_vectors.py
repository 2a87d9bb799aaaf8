"""The autoencoder, the VAE and the regression on rows of any width: gradients, closed forms, seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from playground.engine.draws import Stream, normal_draw, numpy_rng
from playground.engine.likelihood import kl_nats
from playground.engine.vectors import VectorAutoencoder, VectorRegression, Vectors, tensor

Rows = np.ndarray


def line(rng: np.random.Generator, count: int) -> Rows:
    """Points (count, 3) on a line through 0, with a little noise."""
    t = rng.standard_normal((count, 1))
    return (t @ [[1.0, -1.0, 0.5]] + 0.05 * rng.standard_normal((count, 3))).astype(np.float32)


def autoencoder(seed: int = 0, **settings: object) -> VectorAutoencoder:
    kind = dict(seed=seed, latent_dim=2, width=16, batch_size=32) | settings
    return VectorAutoencoder(line, 3, **kind)  # type: ignore[arg-type]


def weights(model: Vectors, name: str) -> Rows:
    return model.flats[name].vector.detach().numpy().copy()


def loss_by_hand(model: VectorAutoencoder, row: int) -> float:
    """-ELBO in float64 NumPy, from what `encode` and `decode` say of the batch and the seeded noise."""
    batch, noise = model.real[row].numpy(), model.code_noise[row].numpy()
    x, c = batch[:, : model.inputs], batch[:, model.inputs :]
    mean, deviation = (each.astype(np.float64) for each in model.encode(batch))
    z = mean + deviation * noise if model.noisy_code else mean
    error = model.decode(z, c if model.conditions else None).astype(np.float64) - x
    variance = model.sigma**2
    nats = 0.5 * (error**2 / variance + math.log(2 * math.pi * variance)).sum(1).mean()
    if not model.variational:
        return float(nats)
    kl = 0.5 * (deviation**2 - 1 - np.log(deviation**2) + mean**2).sum(1).mean()
    return float(nats + model.beta * kl)


@pytest.mark.parametrize(
    "settings",
    [
        {"variational": False},
        {"beta": 0.0},
        {"beta": 3.0},
        {"noisy_code": False},
        {"sigma": 0.4, "learns_sigma": True},
        {"conditions": 1},
    ],
    ids=str,
)
def test_the_loss_is_the_formula(settings: dict[str, object]) -> None:
    if "conditions" in settings:
        model = VectorAutoencoder(line, 2, latent_dim=2, width=16, batch_size=32, conditions=1)
    else:
        model = autoencoder(**settings)
    model.step(4)
    wanted = loss_by_hand(model, model.updates)
    told = model.step()
    assert told["loss"] == pytest.approx(wanted, rel=1e-5)
    assert told["loss"] == pytest.approx(told["reconstruction"] + model.beta * told["kl"], rel=1e-6)


def test_the_kl_term_is_that_of_two_gaussians() -> None:
    mean, log_variance = torch.tensor([[0.7, -1.2]]), torch.tensor([[-0.4, 0.9]])
    q = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    p = torch.distributions.Normal(torch.zeros(1, 2), torch.ones(1, 2))
    known = torch.distributions.kl_divergence(q, p).sum().item()
    assert kl_nats(mean, log_variance).item() == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize("learns_sigma", [False, True])
def test_the_gradient_is_the_slope_of_the_loss(learns_sigma: bool) -> None:
    """Central differences along it, with the same batch and noise: the slope there is its length."""
    model = autoencoder(activation="tanh", learns_sigma=learns_sigma, sigma=0.5)
    flat = model.flats["autoencoder"]
    start = flat.vector.detach().clone()
    model.step()
    gradient = flat.gradient.detach().clone()
    length, h, ends = float(gradient.norm()), 5e-3, []
    for side in (h, -h):
        with torch.no_grad():
            flat.vector.copy_(start + side / length * gradient)
        ends.append(loss_by_hand(model, 0))
    assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(length, rel=0.01)


def test_sigma_is_learned_only_where_it_is_asked_for() -> None:
    fixed, learned = autoencoder(sigma=0.5), autoencoder(sigma=0.5, learns_sigma=True)
    fixed.step(40), learned.step(40)
    assert fixed.sigma == pytest.approx(0.5, rel=1e-6)
    assert abs(learned.sigma - 0.5) > 0.01


def test_an_autoencoder_finds_a_line_and_its_code_has_no_noise() -> None:
    model = autoencoder(variational=False, latent_dim=1, learning_rate=1e-2)
    model.step(400)
    x = line(np.random.default_rng(9), 500)
    codes, deviations = model.encode(x)
    assert codes.shape == (500, 1) and not deviations.any()
    left = np.square(model.decode(codes) - x).sum(1).mean()
    assert left < 0.05 * x.var(0).sum()  # the line explains the rest: the noise alone is 0.0075


def test_a_heavy_kl_term_makes_the_code_the_prior() -> None:
    model = autoencoder(beta=1_000.0, learning_rate=1e-2)
    model.step(300)
    mean, deviation = model.encode(line(np.random.default_rng(2), 200))
    assert np.abs(mean).max() < 0.1
    assert np.abs(deviation - 1.0).max() < 0.1


def test_a_condition_reaches_the_decoder() -> None:
    """The condition is the last column, of which the code is told nothing more: the decode follows it."""
    model = VectorAutoencoder(
        lambda rng, n: np.repeat(rng.choice([-1.0, 1.0], (n, 1)), 3, 1).astype(np.float32), 2,
        conditions=1, latent_dim=1, width=16, batch_size=32, learning_rate=1e-2, sigma=0.3,
    )  # fmt: skip
    model.step(200)
    for asked in (-1.0, 1.0):
        found = model.decode(np.zeros((1, 1)), np.full((1, 1), asked))
        np.testing.assert_allclose(found, [[asked, asked]], atol=0.2)


def test_regression_learns_the_mean_of_two_answers() -> None:
    """y is x + 1 or x - 1 by chance: least squares answers x, which is never right."""

    def forked(rng: np.random.Generator, count: int) -> Rows:
        x = rng.uniform(-1, 1, (count, 1))
        return np.concatenate([x, x + rng.choice([-1.0, 1.0], (count, 1))], 1).astype(np.float32)

    model = VectorRegression(forked, 1, 1, width=16, learning_rate=1e-2)
    told = model.step(300)
    x = np.linspace(-0.9, 0.9, 7)[:, None]
    np.testing.assert_allclose(model.predict(x), x, atol=0.25)
    assert told["error"] == pytest.approx(1.0, abs=0.15)  # what is left: the variance of the fork


def test_the_error_of_a_regression_is_the_mean_of_the_squares() -> None:
    model = VectorRegression(line, 1, 2, width=16)
    model.step(3)
    row = model.rows[3].numpy()
    wanted = np.square(model.predict(row[:, :1]) - row[:, 1:]).sum(1).mean()
    assert model.step()["error"] == pytest.approx(wanted, rel=1e-5)


MODELS = {
    "autoencoder": lambda seed: autoencoder(seed),
    "regression": lambda seed: VectorRegression(line, 1, 2, seed=seed, width=16),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_is_the_same_model_however_it_is_stepped(name: str) -> None:
    one, other, third = MODELS[name](5), MODELS[name](5), MODELS[name](6)
    one.step(12)
    for count in (1, 4, 7):
        other.step(count)
    third.step(12)
    np.testing.assert_array_equal(weights(one, name), weights(other, name))
    assert not np.array_equal(weights(one, name), weights(third, name))


def test_decoders_of_one_seed_begin_alike_whatever_the_encoder() -> None:
    ae, vae = autoencoder(variational=False), autoencoder()
    codes = np.random.default_rng(0).standard_normal((5, 2))
    np.testing.assert_array_equal(ae.decode(codes), vae.decode(codes))


def test_looking_changes_nothing() -> None:
    one, other = autoencoder(), autoencoder()
    one.encode(line(np.random.default_rng(0), 8)), one.decode(np.zeros((3, 2)))
    one.step(3), other.step(3)
    np.testing.assert_array_equal(weights(one, "autoencoder"), weights(other, "autoencoder"))


def test_noise_and_batches_are_those_of_the_seeded_streams() -> None:
    model = autoencoder(3)
    per_block = 64
    drawn = normal_draw(2)(numpy_rng(3, Stream.CODE), per_block * 32)
    np.testing.assert_array_equal(model.code_noise[0].numpy(), drawn[:32])
    np.testing.assert_array_equal(model.real[0].numpy(), line(numpy_rng(3, Stream.REAL), per_block * 32)[:32])


def test_rows_that_cannot_be_written_to_become_a_tensor_of_their_own() -> None:
    rows = np.ones((2, 3), np.float32)
    rows.flags.writeable = False
    found = tensor(rows)
    found += 1.0
    assert rows.max() == 1.0 and found.dtype == torch.float32
