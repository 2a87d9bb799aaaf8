"""M models of one kind that learn side by side: GANs of one objective, VAEs or autoencoders.

They differ in their seeds and learning rates only, so that one list of operations serves all. The numbers are
those of the single runs (`fast_adversarial`, `likelihood`) within rounding. Knows no threads and no screen.

Letters: M models, B points.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from playground.config import RunConfig
from playground.data import Target
from playground.engine.adversarial import DRAGAN_SCALE, SLOPE_FLOOR
from playground.engine.batched.batches import StackedAdam, StackedRows
from playground.engine.batched.stacked import Stack, StackedPass, StackedSlopePass
from playground.engine.draws import Draw, Stream, normal_draw, prior_draw, uniform_draw
from playground.nets.mlp import MLPShape
from playground.objectives import OBJECTIVES

UNUSED = {  # settings that single runs know and batched ones do not, with the value that they must have
    "optimizer": "adam",
    "order": "alternating",
    "packing": 1,
    "unrolled_steps": 0,
    "history_replay": 0.0,
    "ema_half_life_iterations": 0.0,
    "instance_noise": 0.0,
    "learn_observation_sigma": False,
    "generator_normalisation": "none",
    "discriminator_normalisation": "none",
}


def why_not(config: RunConfig) -> str:
    """Why this model cannot be trained in a batch, as a sentence; empty if it can."""
    if config.model not in KINDS:
        return f"model is {config.model!r}, but a batched run trains {', '.join(KINDS)} only."
    if config.model == "gan" and config.objective == "began":
        return "objective is 'began', but BEGAN's balance is not batched; train it in a run of its own."
    for name, needed in UNUSED.items():
        value = getattr(config, name)
        if value != needed:
            return f"{name} is {value!r}, but must be {needed!r} in a batched run."
    return ""


class Models(ABC):
    """Base: M configs that are equal but for seed and learning rates."""

    def __init__(self, configs: Sequence[RunConfig], target: Target, device: str) -> None:
        self.config, self.target, self.device = configs[0], target, device
        self.seeds = [c.seed for c in configs]
        self.stacks: dict[str, Stack] = {}
        self.generator: Stack

    @abstractmethod
    def iterate(self) -> None:
        """One iteration of every model."""

    def finite(self) -> Tensor:
        """(M,) bool: whether all weights of a model are numbers."""
        return torch.stack([stack.finite() for stack in self.stacks.values()]).all(0)

    def _rows(self, stream: Stream, draw: Draw, width: int = 2) -> StackedRows:
        return StackedRows(self.seeds, stream, draw, self.config.batch_size, width, self.device)

    def _latent_rows(self, stream: Stream) -> StackedRows:
        dim = self.config.latent_dim
        return self._rows(stream, prior_draw(self.config.prior, dim), dim)

    def _real_rows(self, stream: Stream) -> StackedRows:
        return self._rows(stream, lambda rng, n: self.target.sample(n, rng))

    def _empty(self, width: int, points: int = 0) -> Tensor:
        return torch.zeros(len(self.seeds), width, points or self.config.batch_size, device=self.device)


class Adversarials(Models):
    """GANs: k discriminator updates, then j generator updates."""

    def __init__(self, configs: Sequence[RunConfig], target: Target, device: str) -> None:
        super().__init__(configs, target, device)
        c = self.config
        self.objective = OBJECTIVES[c.objective]
        self.generator = Stack(generator_shape(c), self.seeds, 0, device)
        self.discriminator = Stack(discriminator_shape(c, 1), self.seeds, 1, device)
        self.stacks = {"generator": self.generator, "discriminator": self.discriminator}
        self.g_adam = StackedAdam(self.generator, [one.generator_learning_rate for one in configs], c)
        self.d_adam = StackedAdam(self.discriminator, [one.discriminator_learning_rate for one in configs], c)
        self.discriminator_updates = self.generator_updates = 0
        self.real, self.real_g = self._real_rows(Stream.REAL), self._real_rows(Stream.REAL_G)
        self.latent_d, self.latent_g = self._latent_rows(Stream.LATENT_D), self._latent_rows(Stream.LATENT_G)
        self.penalty_draws = self._rows(Stream.PENALTY, uniform_draw(2))
        self._lay()

    def _lay(self) -> None:
        """Buffers and passes; one pass of a network is under way at a time, so they share what is inside."""
        c, d = self.config, self.discriminator
        self.batch = self._empty(2, 2 * c.batch_size)  # real points first, then generated ones
        self.batch_real, self.batch_generated = self.batch.split(c.batch_size, 2)
        self.d_learn = StackedPass(d, self.batch, learns=True)
        self.scores_real, self.scores_generated = self.d_learn.output.split(c.batch_size, 2)
        self.slopes_real, self.slopes_generated = self.d_learn.slope.split(c.batch_size, 2)
        self.z = self._empty(c.latent_dim)
        self.judged = self._empty(2)  # what one more pass looks at
        if self.objective.generator_sees_real:
            self.d_forward = StackedPass(d, self.judged, share=self.d_learn)
        if c.r1_weight or c.r2_weight or self.objective.penalty != "none":
            self.d_slope = StackedSlopePass(d, self.judged)
        self.generated = self._empty(2)
        self.d_through = StackedPass(d, self.generated, to_input=True, share=self.d_learn)
        self.g_learn = StackedPass(self.generator, self.z, slope=self.d_through.slopes[0], learns=True)

    def iterate(self) -> None:
        for _ in range(self.config.discriminator_updates):
            self._update_discriminator()
        for _ in range(self.config.generator_updates):
            self._update_generator()

    def _update_discriminator(self) -> None:
        row, c = self.discriminator_updates, self.config
        self.z.copy_(self.latent_d[row])
        self.batch_generated.copy_(self.g_learn.forward())
        self.batch_real.copy_(self.real[row])
        self.d_learn.forward()
        self.objective.discriminator_slopes(
            self.scores_real, self.scores_generated, 1.0 - c.label_smoothing,
            self.slopes_real, self.slopes_generated,
        )  # fmt: skip
        self.d_learn.slope.div_(c.batch_size)
        self.d_learn.backward()
        self._add_penalties(row)
        self.d_adam.step()
        if self.objective.clips_weights:
            self.discriminator.vector.clamp_(-c.weight_clip, c.weight_clip)
        self.discriminator_updates += 1

    def _update_generator(self) -> None:
        row = self.generator_updates
        self.z.copy_(self.latent_g[row])
        self.generated.copy_(self.g_learn.forward())
        s_real = None
        if self.objective.generator_sees_real:
            self.judged.copy_(self.real_g[row])
            s_real = self.d_forward.forward()
        self.objective.generator_slope(self.d_through.forward(), s_real, self.d_through.slope)
        self.d_through.slope.div_(self.config.batch_size)
        self.d_through.backward()
        self.g_learn.backward()
        self.g_adam.step()
        self.generator_updates += 1

    def _add_penalties(self, row: int) -> None:
        """Add each penalty's gradient to the discriminator's."""
        c = self.config
        for weight, points in ((c.r1_weight, self.batch_real), (c.r2_weight, self.batch_generated)):
            if weight:
                self.judged.copy_(points)
                self.d_slope.add_gradient(self.d_slope.input_slope() * (weight / c.batch_size))
        if self.objective.penalty != "none" and c.penalty_weight:
            self.judged.copy_(self._penalty_points(row))
            n = self.d_slope.input_slope()
            length = (n.square().sum(1, keepdim=True) + SLOPE_FLOOR).sqrt()
            self.d_slope.add_gradient(n * ((2.0 * c.penalty_weight / c.batch_size) * (1.0 - 1.0 / length)))

    def _penalty_points(self, row: int) -> Tensor:
        """WGAN-GP: on lines between real and generated. DRAGAN: around the real points. (M, 2, B)."""
        u = self.penalty_draws[row]
        if self.objective.penalty == "wgan-gp":
            return torch.lerp(self.batch_generated, self.batch_real, u[:, :1])
        spread = self.batch_real.std((1, 2), keepdim=True)
        points: Tensor = self.batch_real + (2.0 * u - 1.0) * (DRAGAN_SCALE * spread)
        return points


class Likelihoods(Models):
    """VAEs or autoencoders: one update of encoder and decoder."""

    def __init__(self, configs: Sequence[RunConfig], target: Target, device: str) -> None:
        super().__init__(configs, target, device)
        c = self.config
        self.variational = c.model == "vae"
        codes = c.latent_dim * (2 if self.variational else 1)
        self.encoder = Stack(discriminator_shape(c, codes), self.seeds, 1, device)
        self.generator = Stack(generator_shape(c), self.seeds, 0, device)
        self.stacks = {"encoder": self.encoder, "decoder": self.generator}
        rates = [one.generator_learning_rate for one in configs]
        self.adams = [StackedAdam(stack, rates, c) for stack in self.stacks.values()]
        self.updates = 0
        self.real = self._real_rows(Stream.REAL)
        self.code_noise = self._rows(Stream.CODE, normal_draw(c.latent_dim), c.latent_dim)
        self.x, self.z = self._empty(2), self._empty(c.latent_dim)
        self.encode = StackedPass(self.encoder, self.x, learns=True)
        self.decode = StackedPass(self.generator, self.z, learns=True, to_input=True)

    def iterate(self) -> None:
        c = self.config
        share = 1.0 / c.batch_size
        self.x.copy_(self.real[self.updates])
        code = self.encode.forward()
        spread = self._encode(code)
        precision = math.exp(-2.0 * math.log(c.observation_sigma))
        torch.sub(self.decode.forward(), self.x, out=self.decode.slope).mul_(precision * share)
        to_z = self.decode.backward()
        if spread is None:
            self.encode.slope.copy_(to_z)
        else:
            mean, log_variance = code.chunk(2, 1)
            to_mean, to_log_variance = self.encode.slope.chunk(2, 1)
            to_mean.copy_(to_z).add_(mean, alpha=c.beta * share)
            torch.mul(to_z, spread, out=to_log_variance)
            to_log_variance.add_(log_variance.exp().sub_(1.0), alpha=c.beta * share).mul_(0.5)
        self.encode.backward()
        for adam in self.adams:
            adam.step()
        self.updates += 1

    def _encode(self, code: Tensor) -> Tensor | None:
        """Fill the latents from the code; the part that is noise times sigma, None without noise."""
        if not self.variational:
            self.z.copy_(code)
            return None
        mean, log_variance = code.chunk(2, 1)
        spread = (0.5 * log_variance).exp_().mul_(self.code_noise[self.updates])
        torch.add(mean, spread, out=self.z)
        return spread


def generator_shape(c: RunConfig) -> MLPShape:
    """The network of `learner.generator_network`."""
    return MLPShape(c.latent_dim, 2, c.generator_depth, c.generator_width, c.generator_activation)


def discriminator_shape(c: RunConfig, outputs: int) -> MLPShape:
    """The network of `learner.discriminator_network` for single points."""
    return MLPShape(2, outputs, c.discriminator_depth, c.discriminator_width, c.discriminator_activation)


KINDS: dict[str, type[Models]] = {"gan": Adversarials, "vae": Likelihoods, "autoencoder": Likelihoods}
