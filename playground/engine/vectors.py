"""Small learners for rows of any width, by autograd: a discriminator alone, a GAN, an autoencoder or VAE, a
regression. The lessons' exhibits stand on them where the lab's 2-D runs do not reach: one dimension, digits,
frames of a film, with or without a condition.

They are made of the same networks, flat vectors, optimizers, objectives, losses and seeded rows as the lab's
models. A `Draw` gives rows of float32; with `conditions` the last columns of a row are the condition, which
the networks are told. Knows no lesson, no target's name and no screen.

Letters: B rows in a batch, D inputs, C conditions, L latent numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn.functional import softplus

from playground.engine.draws import Draw, Rows, Stream, normal_draw, prior_draw
from playground.engine.flat import Adam, Flat
from playground.engine.learner import Parts, Report, weights_rng
from playground.engine.likelihood import LogVariance, kl_nats, reconstruction_nats
from playground.nets.mlp import MLP, MLPShape
from playground.objectives import OBJECTIVES, probability

Float32 = NDArray[np.float32]
EPSILON = 1e-8  # of Adam (Kingma and Ba 2015)


class Vectors(Parts):
    """What all of them share: batches by seed and row, networks by name, one optimizer for each."""

    def __init__(self, seed: int, batch_size: int) -> None:
        super().__init__()
        self.seed, self.batch_size = seed, batch_size
        self.updates = 0

    def _rows(self, stream: Stream, draw: Draw, width: int) -> Rows:
        return Rows(self.seed, stream, draw, self.batch_size, width, "cpu")

    def _network(
        self,
        name: str,
        inputs: int,
        outputs: int,
        *,
        depth: int,
        width: int,
        activation: str,
        row: int,
        learning_rate: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        normalisation: str = "none",
    ) -> MLP:
        """A perceptron with initial weights of this seed; with a learning rate it gets an Adam of its own."""
        shape = MLPShape(inputs, outputs, depth, width, activation, normalisation)
        net = MLP(shape, weights_rng(self.seed, row))
        self.modules[name] = net
        if learning_rate:
            self._optimize(name, Flat([net]), learning_rate, betas)
        return net

    def _optimize(self, name: str, flat: Flat, learning_rate: float, betas: tuple[float, float]) -> None:
        self.flats[name] = flat
        self.optimizers[name] = Adam(flat, learning_rate, *betas, EPSILON)


def tensor(rows: ArrayLike) -> Tensor:
    """A float32 tensor of rows."""
    return torch.from_numpy(np.array(rows, dtype=np.float32, order="C"))  # a copy: rows may be read-only


def told(rows: Tensor, condition: Tensor | None) -> Tensor:
    """(B, D) and (B, C) beside each other."""
    return rows if condition is None else torch.cat([rows, condition], 1)


class VectorDiscriminator(Vectors):
    """D between two samplers, neither of which it changes: it learns log p(x) - log q(x).

    `real` and `generated` draw (n, inputs). Maximises V(D) = E_p log D + E_q log(1 - D), of which
    `-log 4 + 2 JSD(p, q)` is the upper bound (Goodfellow et al. 2014).
    """

    def __init__(
        self,
        real: Draw,
        generated: Draw,
        inputs: int,
        *,
        seed: int = 0,
        depth: int = 2,
        width: int = 64,
        activation: str = "leaky_relu",
        normalisation: str = "none",
        learning_rate: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        batch_size: int = 256,
        r1_weight: float = 0.0,
    ) -> None:
        super().__init__(seed, batch_size)
        self.r1_weight = r1_weight
        self.net = self._network(
            "discriminator", inputs, 1, depth=depth, width=width, activation=activation, row=1,
            learning_rate=learning_rate, betas=betas, normalisation=normalisation,
        )  # fmt: skip
        self.real = self._rows(Stream.REAL, real, inputs)
        self.generated = self._rows(Stream.LATENT_D, generated, inputs)

    def change_generated(self, generated: Draw, inputs: int) -> None:
        """Other negatives from now on; the network stays as it is."""
        self.generated = self._rows(Stream.LATENT_D, generated, inputs)

    def step(self, count: int = 1) -> Report:
        """`count` updates; what the last one's batch said."""
        report: Report = {}
        for _ in range(count):
            real, generated = self.real[self.updates], self.generated[self.updates]
            if self.r1_weight:
                real = real.clone().requires_grad_()
            s_real, s_gen = self.net(real), self.net(generated)
            loss = softplus(-s_real).mean() + softplus(s_gen).mean()
            report = {
                "value": -loss.item(),
                "mean_real": torch.sigmoid(s_real.detach()).mean().item(),
                "mean_generated": torch.sigmoid(s_gen.detach()).mean().item(),
            }
            if self.r1_weight:
                (slope,) = torch.autograd.grad(s_real.sum(), real, create_graph=True)
                loss = loss + self.r1_weight / 2.0 * slope.square().sum(1).mean()
            self.flats["discriminator"].gradient_of(loss)
            self.optimizers["discriminator"].step()
            self.updates += 1
        return report

    @torch.no_grad()
    def logits(self, rows: ArrayLike) -> Float32:
        """(N, D) -> (N,): before the sigmoid."""
        out: Float32 = self.net(tensor(rows)).squeeze(1).numpy()
        return out

    def probability(self, rows: ArrayLike) -> Float32:
        """(N, D) -> (N,): D(x)."""
        return (1.0 / (1.0 + np.exp(-self.logits(rows).astype(np.float64)))).astype(np.float32)

    def slope(self, rows: ArrayLike) -> Float32:
        """(N, D) -> (N, D): the gradient of the logit with respect to x."""
        x = tensor(rows).requires_grad_()
        (found,) = torch.autograd.grad(self.net(x).sum(), x)
        out: Float32 = found.numpy()
        return out


class VectorGAN(Vectors):
    """Generator and discriminator on rows (n, inputs + conditions); any objective of `OBJECTIVES` that needs
    no penalty of its own and no weight clipping."""

    def __init__(
        self,
        real: Draw,
        inputs: int,
        *,
        seed: int = 0,
        latent_dim: int = 1,
        prior: str = "normal",
        conditions: int = 0,
        objective: str = "non-saturating",
        depth: int = 2,
        width: int = 64,
        activation: str = "leaky_relu",
        generator_learning_rate: float = 1e-3,
        discriminator_learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.5, 0.9),
        batch_size: int = 256,
        r1_weight: float = 0.0,
    ) -> None:
        super().__init__(seed, batch_size)
        self.inputs, self.latent_dim, self.prior, self.r1_weight = inputs, latent_dim, prior, r1_weight
        self.objective = OBJECTIVES[objective]
        kind: dict[str, Any] = dict(depth=depth, width=width, activation=activation, betas=betas)
        self.generator = self._network(
            "generator", latent_dim + conditions, inputs, row=0,
            learning_rate=generator_learning_rate, **kind,
        )  # fmt: skip
        self.discriminator = self._network(
            "discriminator", inputs + conditions, 1, row=1,
            learning_rate=discriminator_learning_rate, **kind,
        )  # fmt: skip
        wide = inputs + conditions
        self.real, self.real_g = self._rows(Stream.REAL, real, wide), self._rows(Stream.REAL_G, real, wide)
        draw = prior_draw(prior, latent_dim)
        self.latent_d = self._rows(Stream.LATENT_D, draw, latent_dim)
        self.latent_g = self._rows(Stream.LATENT_G, draw, latent_dim)

    def step(self, count: int = 1, discriminator_updates: int = 1) -> Report:
        """`count` iterations; the report of the last."""
        report: Report = {}
        for _ in range(count):
            for _ in range(discriminator_updates):
                report = self.update_discriminator()
            report = self.update_generator() | report
        return report

    def update_discriminator(self) -> Report:
        """One optimizer step of D, the generator frozen."""
        real = self.real[self.discriminator_updates]
        condition = real[:, self.inputs :]
        with torch.no_grad():
            x = self.generator(told(self.latent_d[self.discriminator_updates], condition))
        if self.r1_weight:
            real = real.clone().requires_grad_()
        s_real, s_gen = self.discriminator(real), self.discriminator(told(x, condition))
        loss = self.objective.discriminator_loss(s_real, s_gen, 1.0)
        score = self.objective.score
        report = {
            "discriminator_loss": loss.item(),
            "mean_real": probability(score, s_real.detach(), s_real, s_gen).mean().item(),
            "mean_generated": probability(score, s_gen.detach(), s_real, s_gen).mean().item(),
        }
        if self.r1_weight:
            (slope,) = torch.autograd.grad(s_real.sum(), real, create_graph=True)
            loss = loss + self.r1_weight / 2.0 * slope.square().sum(1).mean()
        self.flats["discriminator"].gradient_of(loss)
        self.optimizers["discriminator"].step()
        self.discriminator_updates += 1
        return report

    def update_generator(self) -> Report:
        """One optimizer step of G, the discriminator frozen."""
        real = self.real_g[self.generator_updates]
        condition = real[:, self.inputs :]
        x = self.generator(told(self.latent_g[self.generator_updates], condition))
        s_real = self.discriminator(real).detach() if self.objective.generator_sees_real else None
        loss = self.objective.generator_loss(self.discriminator(told(x, condition)), s_real)
        self.flats["generator"].gradient_of(loss)
        self.optimizers["generator"].step()
        self.generator_updates += 1
        return {"generator_loss": loss.item()}

    @torch.no_grad()
    def generate(self, latents: ArrayLike, condition: ArrayLike | None = None) -> Float32:
        """(N, L) [and (N, C)] -> (N, D)."""
        c = None if condition is None else tensor(condition)
        out: Float32 = self.generator(told(tensor(latents), c)).numpy()
        return out

    @torch.no_grad()
    def logits(self, rows: ArrayLike) -> Float32:
        """(N, D + C) -> (N,): D's score before any sigmoid."""
        out: Float32 = self.discriminator(tensor(rows)).squeeze(1).numpy()
        return out


class VectorAutoencoder(Vectors):
    """Autoencoder, or with `variational` a VAE, of rows (n, inputs + conditions).

    Lowers -E log N(x; decoded, sigma^2 I) + beta KL(q(z|x) || N(0, I)), nats per row (Kingma and Welling
    2014); an autoencoder has no KL term and no noise in its code.
    """

    def __init__(
        self,
        real: Draw,
        inputs: int,
        *,
        seed: int = 0,
        latent_dim: int = 2,
        conditions: int = 0,
        variational: bool = True,
        beta: float = 1.0,
        sigma: float = 0.1,
        learns_sigma: bool = False,
        noisy_code: bool = True,
        depth: int = 2,
        width: int = 64,
        activation: str = "silu",
        learning_rate: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        batch_size: int = 128,
    ) -> None:
        super().__init__(seed, batch_size)
        self.inputs, self.latent_dim, self.conditions = inputs, latent_dim, conditions
        self.variational, self.beta, self.noisy_code = variational, beta, noisy_code
        kind: dict[str, Any] = dict(depth=depth, width=width, activation=activation)
        codes = latent_dim * (2 if variational else 1)
        self.encoder = self._network("encoder", inputs + conditions, codes, row=1, **kind)
        self.decoder = self._network("decoder", latent_dim + conditions, inputs, row=0, **kind)
        self.log_variance = LogVariance(sigma)
        self.log_variance.value.requires_grad_(learns_sigma)
        learned = [self.log_variance] if learns_sigma else []
        self._optimize("autoencoder", Flat([self.encoder, self.decoder, *learned]), learning_rate, betas)
        self.real = self._rows(Stream.REAL, real, inputs + conditions)
        self.code_noise = self._rows(Stream.CODE, normal_draw(latent_dim), latent_dim)

    @property
    def sigma(self) -> float:
        """Standard deviation of p(x|z)."""
        return math.exp(0.5 * float(self.log_variance.value.detach()))

    def step(self, count: int = 1) -> Report:
        """`count` updates; the loss and its parts on the last batch, nats per row."""
        report: Report = {}
        for _ in range(count):
            row, x = self.updates, self.real[self.updates]
            condition = x[:, self.inputs :]
            code = self.encoder(x)
            z, kl = code, torch.zeros(())
            if self.variational:
                mean, log_variance = code.chunk(2, 1)
                z = mean
                if self.noisy_code:
                    z = mean + (0.5 * log_variance).exp() * self.code_noise[row]
                kl = kl_nats(mean, log_variance)
            error = self.decoder(told(z, condition)) - x[:, : self.inputs]
            reconstruction = reconstruction_nats(error, self.log_variance.value)
            loss = reconstruction + self.beta * kl
            report = {"loss": loss.item(), "reconstruction": reconstruction.item(), "kl": kl.item()}
            self.flats["autoencoder"].gradient_of(loss)
            self.optimizers["autoencoder"].step()
            self.updates += 1
        return report

    @torch.no_grad()
    def encode(self, rows: ArrayLike) -> tuple[Float32, Float32]:
        """(N, D + C) -> mean and standard deviation (N, L) of the code; an autoencoder's deviation is 0."""
        code = self.encoder(tensor(rows))
        if not self.variational:
            return code.numpy(), np.zeros(tuple(code.shape), np.float32)
        mean, log_variance = code.chunk(2, 1)
        return mean.numpy(), (0.5 * log_variance).exp().numpy()

    @torch.no_grad()
    def decode(self, codes: ArrayLike, condition: ArrayLike | None = None) -> Float32:
        """(N, L) [and (N, C)] -> (N, D), the mean of p(x|z)."""
        c = None if condition is None else tensor(condition)
        out: Float32 = self.decoder(told(tensor(codes), c)).numpy()
        return out


class VectorRegression(Vectors):
    """y from x by least squares: rows are (n, inputs + outputs), the outputs last."""

    def __init__(
        self,
        rows: Draw,
        inputs: int,
        outputs: int,
        *,
        seed: int = 0,
        depth: int = 2,
        width: int = 64,
        activation: str = "silu",
        learning_rate: float = 2e-3,
        batch_size: int = 128,
    ) -> None:
        super().__init__(seed, batch_size)
        self.inputs = inputs
        self.net = self._network(
            "regression", inputs, outputs, depth=depth, width=width, activation=activation, row=0,
            learning_rate=learning_rate,
        )  # fmt: skip
        self.rows = self._rows(Stream.REAL, rows, inputs + outputs)

    def step(self, count: int = 1) -> Report:
        """`count` updates; the mean squared error on the last batch."""
        report: Report = {}
        for _ in range(count):
            row = self.rows[self.updates]
            loss = (self.net(row[:, : self.inputs]) - row[:, self.inputs :]).square().sum(1).mean()
            report = {"error": loss.item()}
            self.flats["regression"].gradient_of(loss)
            self.optimizers["regression"].step()
            self.updates += 1
        return report

    @torch.no_grad()
    def predict(self, rows: ArrayLike) -> Float32:
        """(N, inputs) -> (N, outputs)."""
        out: Float32 = self.net(tensor(rows)).numpy()
        return out
