"""The two updates of a GAN, written as their equations and differentiated by autograd.

This is the reference: it runs every objective, penalty and network, the caller's own modules too, on any
device. `fast_adversarial` computes the same gradients in closed form where it can.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import softplus

from playground.config import RunConfig
from playground.data import Target
from playground.engine.draws import Stream, normal_draw, uniform_draw
from playground.engine.flat import Flat, make_optimizer
from playground.engine.learner import Learner, Report, discriminator_network, generator_network
from playground.engine.replay import ReplayPool
from playground.engine.unrolled import look_ahead
from playground.nets.mlp import power_iteration
from playground.objectives import OBJECTIVES, probability

Judge = Callable[[Tensor], Tensor]  # (B, 2) points -> (B / packing, 1) scores

BEGAN_LAMBDA = 0.001  # step of the balance k (Berthelot et al. 2017, section 3.4)
SLOPE_FLOOR = 1e-12  # under the square root: its derivative must exist where the slope is 0
DRAGAN_SCALE = 0.5  # spread of the perturbed points over the batch's own (the authors' code)


class Adversarial(Learner):
    """Generator and discriminator, their optimizers, and everything between two updates."""

    def __init__(
        self,
        config: RunConfig,
        target: Target,
        device: str,
        generator: nn.Module | None = None,
        discriminator: nn.Module | None = None,
    ) -> None:
        super().__init__(config, target, device)
        c = config
        self.objective = OBJECTIVES[c.objective]
        outputs = 2 if c.objective == "began" else 1
        self.generator = (generator or generator_network(c)).to(device)
        self.discriminator = (discriminator or discriminator_network(c, 2 * c.packing, outputs)).to(device)
        self.modules = {"generator": self.generator, "discriminator": self.discriminator}
        self.flats = {name: Flat([module]) for name, module in self.modules.items()}
        self.optimizers = {
            "generator": make_optimizer(c, self.flats["generator"], c.generator_learning_rate),
            "discriminator": make_optimizer(c, self.flats["discriminator"], c.discriminator_learning_rate),
        }
        self.shown_generator = self._start_average()
        self.pool = ReplayPool(c, device) if c.history_replay else None
        self.balance = 0.0  # BEGAN's k
        self.real, self.real_g = self._real_rows(Stream.REAL), self._real_rows(Stream.REAL_G)
        self.latent_d, self.latent_g = self._latent_rows(Stream.LATENT_D), self._latent_rows(Stream.LATENT_G)
        self.noise = {
            s: self._rows(s, normal_draw(2), 2)
            for s in (Stream.NOISE_REAL, Stream.NOISE_GENERATED, Stream.NOISE_G, Stream.NOISE_REAL_G)
        }
        self.penalty_draws = self._rows(Stream.PENALTY, uniform_draw(2))

    def _start_average(self) -> nn.Module:
        """The generator that is drawn: itself, or a running mean of it (EMA)."""
        if not self.config.ema_half_life_iterations:
            return self.generator
        average = copy.deepcopy(self.generator)
        self.modules["average"] = average
        self.flats["average"] = Flat([average])
        return average

    # -- one iteration

    def iterate(self, want: bool) -> Report:
        """k discriminator updates, then j generator updates.

        Simultaneous: the last of the k and the first of the j see the other network as it was before both.
        """
        c, report = self.config, {}
        apart = c.order == "simultaneous"
        for i in range(c.discriminator_updates):
            last = i == c.discriminator_updates - 1
            if not (last and apart):
                report = self.update_discriminator(want and last)
        if apart:
            of_discriminator, of_generator = self.discriminator_gradient(want), self.generator_gradient(want)
            report = of_generator | of_discriminator
            self._move_discriminator()
            self._move_generator()
        for j in range(int(apart), c.generator_updates):
            # where both say how D judged generated points, the discriminator's batch counts
            report = self.update_generator(want and j == c.generator_updates - 1) | report
        return report

    def update_discriminator(self, want: bool) -> Report:
        """One optimizer step of D, the generator frozen."""
        report = self.discriminator_gradient(want)
        self._move_discriminator()
        return report

    def update_generator(self, want: bool) -> Report:
        """One optimizer step of G, the discriminator frozen."""
        report = self.generator_gradient(want)
        self._move_generator()
        return report

    def _move_discriminator(self) -> None:
        self.optimizers["discriminator"].step()
        if self.objective.clips_weights:
            self.flats["discriminator"].vector.clamp_(-self.config.weight_clip, self.config.weight_clip)
        if self.config.discriminator_normalisation == "spectral":
            power_iteration(self.discriminator)
        self.discriminator_updates += 1

    def _move_generator(self) -> None:
        self.optimizers["generator"].step()
        self.generator_updates += 1
        if self.shown_generator is not self.generator:
            keep = 0.5 ** (1.0 / self.config.ema_half_life_iterations)
            self.flats["average"].vector.lerp_(self.flats["generator"].vector, 1.0 - keep)
            for mean, now in zip(self.shown_generator.buffers(), self.generator.buffers(), strict=True):
                mean.copy_(now)

    # -- gradients, by autograd

    def discriminator_gradient(self, want: bool) -> Report:
        """Fill the discriminator's gradient with that of its loss on the next batch."""
        row = self.discriminator_updates
        with torch.no_grad():
            generated = self.generator(self.latent_d[row])
        if self.pool is not None:
            generated = self.pool.mix(generated, row)
        real = self.noisy(self.real[row], Stream.NOISE_REAL, row)
        generated = self.noisy(generated, Stream.NOISE_GENERATED, row)
        s_real, s_gen = self.scores(real), self.scores(generated)
        loss = self.objective.discriminator_loss(s_real, s_gen, self.label())
        penalty = self.penalties(real, generated, row)
        flat = self.flats["discriminator"]
        flat.gradient_of(loss if penalty is None else loss + penalty)
        with torch.no_grad():
            self._update_balance(s_real, s_gen)
            return self.report_discriminator(s_real, s_gen, penalty) if want else {}

    def generator_gradient(self, want: bool) -> Report:
        """Fill the generator's gradient with that of its loss on the next latents."""
        row = self.generator_updates
        generated = self.noisy(self.generator(self.latent_g[row]), Stream.NOISE_G, row)
        judge = look_ahead(self) if self.config.unrolled_steps else self.scores
        s_real = None
        if self.objective.generator_sees_real:
            s_real = judge(self.noisy(self.real_g[row], Stream.NOISE_REAL_G, row))
        s_gen = judge(generated)
        loss = self.objective.generator_loss(s_gen, s_real)
        self.flats["generator"].gradient_of(loss)
        return self.report_generator(loss, s_gen.detach()) if want else {}

    def scores(self, points: Tensor) -> Tensor:
        """(B, 2) -> (B / packing, 1): what the discriminator says before any sigmoid; BEGAN: |x - D(x)|_1."""
        packed = points.reshape(-1, 2 * self.config.packing)
        out: Tensor = self.discriminator(packed)
        return self.as_score(packed, out)

    def as_score(self, packed: Tensor, out: Tensor) -> Tensor:
        """The network's output as one score a pack."""
        if self.objective.score == "energy":
            return (packed - out).abs().sum(1, keepdim=True)
        return out.reshape(len(packed), 1)

    def label(self) -> float:
        """The label of real points, one-sided smoothing (Salimans et al. 2016); BEGAN: the balance k."""
        return self.balance if self.objective.score == "energy" else 1.0 - self.config.label_smoothing

    def noisy(self, points: Tensor, stream: Stream, row: int) -> Tensor:
        """Instance noise (Sonderby et al. 2017) on what the discriminator sees."""
        sigma = self.config.instance_noise
        return points + sigma * self.noise[stream][row] if sigma else points

    def _update_balance(self, s_real: Tensor, s_gen: Tensor) -> None:
        if self.objective.score == "energy":
            surplus = self.config.began_gamma * float(s_real.mean()) - float(s_gen.mean())
            self.balance = min(1.0, max(0.0, self.balance + BEGAN_LAMBDA * surplus))

    # -- gradient penalties

    def penalties(
        self, real: Tensor, generated: Tensor, row: int, judge: Judge | None = None
    ) -> Tensor | None:
        """The sum of all gradient penalties that the config asks for; None without any."""
        c, judge = self.config, judge or self.scores
        terms = [
            weight / 2.0 * self._squared_slope(points, judge).mean()
            for weight, points in ((c.r1_weight, real), (c.r2_weight, generated))
            if weight
        ]
        if self.objective.penalty != "none" and c.penalty_weight:
            points = self.penalty_points(real, generated, row)
            slope = (self._squared_slope(points, judge) + SLOPE_FLOOR).sqrt()
            terms.append(c.penalty_weight * (slope - 1.0).square().mean())
        return torch.stack(terms).sum() if terms else None

    def penalty_points(self, real: Tensor, generated: Tensor, row: int) -> Tensor:
        """WGAN-GP: on lines between real and generated. DRAGAN: around the real points. (B, 2)."""
        u, m = self.penalty_draws[row], self.config.packing
        if self.objective.penalty == "wgan-gp":
            share = u.reshape(-1, 2 * m)[:, :1]  # one share for each pack
            mixed = torch.lerp(generated.reshape(-1, 2 * m), real.reshape(-1, 2 * m), share)
            return mixed.reshape(-1, 2)
        return real + (2.0 * u - 1.0) * (DRAGAN_SCALE * real.std())

    def _squared_slope(self, points: Tensor, judge: Judge) -> Tensor:
        """|d score / d input|^2 for each pack, differentiable once more. (B / packing,)."""
        points = points.detach().requires_grad_()
        (slope,) = torch.autograd.grad(judge(points).sum(), points, create_graph=True)
        return slope.reshape(-1, 2 * self.config.packing).square().sum(1)

    # -- reports

    def report_discriminator(self, s_real: Tensor, s_gen: Tensor, penalty: Tensor | None) -> Report:
        """Loss, mean D, V and the gradient's norm, of the gradient that was just taken."""
        kind = self.objective.score
        loss = self.objective.discriminator_loss(s_real, s_gen, self.label())
        d_real, d_gen = s_real, s_gen
        if kind in ("logit", "relative", "value", "hinge"):
            d_real, d_gen = (probability(kind, s, s_real, s_gen) for s in (s_real, s_gen))
        report = {
            "discriminator_loss": float(loss) + (float(penalty.detach()) if penalty is not None else 0.0),
            "mean_real": float(d_real.mean()),
            "mean_generated": float(d_gen.mean()),
            "discriminator_gradient_norm": self.flats["discriminator"].gradient_norm(),
            "penalty": float(penalty.detach()) if penalty is not None else 0.0,
        }
        if kind == "logit":
            report["value"] = -float(softplus(-s_real).mean() + softplus(s_gen).mean())
        return report

    def report_generator(self, loss: Tensor, s_gen: Tensor) -> Report:
        """Loss, mean D of the batch and the gradient's norm, of the gradient that was just taken."""
        kind = self.objective.score
        d_gen = probability(kind, s_gen, s_gen, s_gen) if kind in ("logit", "value", "hinge") else s_gen
        return {
            "generator_loss": float(loss.detach()),
            "mean_generated": float(d_gen.mean()),
            "generator_gradient_norm": self.flats["generator"].gradient_norm(),
        }

    # -- drawing

    @torch.no_grad()
    def generate(self, latents: Tensor) -> Tensor:
        """The drawn generator, in evaluation mode."""
        shown = self.shown_generator
        training = shown.training
        points: Tensor = shown.eval()(latents)
        shown.train(training)
        return points

    def judge(self, points: Tensor, context: Tensor | None = None) -> Tensor:
        """Scores (N, 1) in evaluation mode, differentiable in `points`. With packing a point is judged
        beside fixed real points (`context` (packing - 1, 2)), as the discriminator never sees one alone."""
        m, d = self.config.packing, self.discriminator
        if m > 1:
            assert context is not None
            points = torch.cat([points, context.reshape(1, -1).expand(len(points), -1)], 1)
        training = d.training
        out: Tensor = d.eval()(points)
        d.train(training)
        return self.as_score(points, out)

    # -- state

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        found = super().arrays() | {"balance": np.array([self.balance])}
        return found | ({"replay": self.pool.array()} if self.pool is not None else {})

    def load_arrays(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        super().load_arrays(arrays)
        self.balance = float(arrays["balance"][0])
        if self.pool is not None:
            self.pool.load(arrays["replay"])
