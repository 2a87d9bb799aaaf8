"""The gradients of a GAN's two updates in closed form; everything else is `adversarial`'s.

Knows which configurations it covers (`why_not`), and computes the same numbers as autograd within rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from playground.config import RunConfig
from playground.data import Target
from playground.engine.adversarial import SLOPE_FLOOR, Adversarial
from playground.engine.closed_form import SUPPORTED_NORMALISATIONS, ClosedForm, Pass, SlopePass
from playground.engine.draws import Stream
from playground.engine.learner import Report
from playground.nets.mlp import MLP


def why_not(config: RunConfig) -> str:
    """Why the closed form does not cover this GAN, as the end of a sentence; empty if it does."""
    for role in ("generator", "discriminator"):
        kind = getattr(config, f"{role}_normalisation")
        if kind not in SUPPORTED_NORMALISATIONS:
            return f"{kind} normalisation needs autograd"
    if config.objective == "began":
        return "BEGAN needs autograd"
    if config.unrolled_steps:
        return "unrolled steps need autograd"
    return ""


class FastAdversarial(Adversarial):
    """`Adversarial` on the default networks, differentiated by hand."""

    backend = "analytic"
    guard = torch.inference_mode

    def __init__(self, config: RunConfig, target: Target, device: str) -> None:
        super().__init__(config, target, device)
        c, g, d = config, self.generator, self.discriminator
        assert isinstance(g, MLP) and isinstance(d, MLP)
        self.packs = packs = c.batch_size // c.packing
        g_form = ClosedForm(g, self.flats["generator"])
        self.d_form = ClosedForm(d, self.flats["discriminator"])
        # the discriminator's batch: real points in the first half, generated in the second
        self.batch = torch.zeros(2 * c.batch_size, 2, device=device)
        self.batch_real, self.batch_generated = self.batch.split(c.batch_size)
        self.d_learn = Pass(self.d_form, self._packed(self.batch), learns=True, scale=1.0 / packs)
        self.scores_real, self.scores_generated = self.d_learn.output.split(packs)
        self.slopes_real, self.slopes_generated = self.d_learn.slope.split(packs)
        self.z = torch.zeros(c.batch_size, c.latent_dim, device=device)
        self.g_forward = Pass(g_form, self.z, output=self.batch_generated)
        # the generator's update; at any time one pass of a network is under way, so they share what the
        # cache holds
        self.generated = torch.zeros(c.batch_size, 2, device=device)
        self.d_through = Pass(self.d_form, self._packed(self.generated), to_input=True, share=self.d_learn)
        slope = self.d_through.slopes[0].view(-1, 2)
        self.g_learn = Pass(
            g_form,
            self.z,
            output=self.generated,
            slope=slope,
            learns=True,
            share=self.g_forward,
            scale=1.0 / packs,
        )
        self.judged = torch.zeros_like(self.generated)  # what one more forward or slope pass looks at
        self.d_forward = Pass(self.d_form, self._packed(self.judged), share=self.d_learn)
        self.d_slope = SlopePass(self.d_form, self._packed(self.judged))

    @property
    def recordable(self) -> bool:
        return self.pool is None  # a pool's points are chosen on the host

    def discriminator_gradient(self, want: bool) -> Report:
        row, c = self.discriminator_updates, self.config
        real, generated = self.batch_real, self.batch_generated
        self.z.copy_(self.latent_d[row])
        self.g_forward.forward()
        if self.pool is not None:
            generated.copy_(self.pool.mix(generated.clone(), row))
        real.copy_(self.real[row])
        if c.instance_noise:
            real.add_(self.noise[Stream.NOISE_REAL][row], alpha=c.instance_noise)
            generated.add_(self.noise[Stream.NOISE_GENERATED][row], alpha=c.instance_noise)
        self.d_form.prepare()
        self.d_learn.forward()
        s_real, s_gen = self.scores_real, self.scores_generated
        self.objective.discriminator_slopes(
            s_real, s_gen, self.label(), self.slopes_real, self.slopes_generated
        )
        self.d_learn.backward()
        penalty = self._add_penalties(real, generated, row)
        self.d_form.finish()
        return self.report_discriminator(s_real, s_gen, penalty) if want else {}

    def generator_gradient(self, want: bool) -> Report:
        row, c = self.generator_updates, self.config
        self.z.copy_(self.latent_g[row])
        self.g_learn.forward()
        if c.instance_noise:
            self.generated.add_(self.noise[Stream.NOISE_G][row], alpha=c.instance_noise)
        self.d_form.prepare()
        s_real = None
        if self.objective.generator_sees_real:
            self.judged.copy_(self.noisy(self.real_g[row], Stream.NOISE_REAL_G, row))
            s_real = self.d_forward.forward()
        s_gen = self.d_through.forward()
        self.objective.generator_slope(s_gen, s_real, self.d_through.slope)
        self.d_through.backward()
        self.g_learn.backward()
        return self.report_generator(self.objective.generator_loss(s_gen, s_real), s_gen) if want else {}

    def _packed(self, points: Tensor) -> Tensor:
        return points.view(-1, 2 * self.config.packing)

    def _add_penalties(self, real: Tensor, generated: Tensor, row: int) -> Tensor | None:
        """Add each penalty's gradient; the penalties' sum, or None without any."""
        c = self.config
        total: Tensor | None = None
        for weight, points in ((c.r1_weight, real), (c.r2_weight, generated)):
            if weight:
                self.judged.copy_(points)
                n = self.d_slope.input_slope()
                self.d_slope.add_gradient(n * (weight / self.packs))
                term = n.square().sum(1).mean() * (weight / 2.0)
                total = term if total is None else total + term
        if self.objective.penalty != "none" and c.penalty_weight:
            self.judged.copy_(self.penalty_points(real, generated, row))
            n = self.d_slope.input_slope()
            length = (n.square().sum(1, keepdim=True) + SLOPE_FLOOR).sqrt()
            self.d_slope.add_gradient(n * ((2.0 * c.penalty_weight / self.packs) * (1.0 - 1.0 / length)))
            term = (length - 1.0).square().mean() * c.penalty_weight
            total = term if total is None else total + term
        return total
