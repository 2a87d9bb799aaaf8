"""VAE and autoencoder: one loss for encoder and decoder together, by autograd and in closed form.

The decoder is the GAN's generator network. Losses are in nats per point.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from playground.config import RunConfig
from playground.data import Target
from playground.engine.closed_form import SUPPORTED_NORMALISATIONS, ClosedForm, Pass
from playground.engine.draws import Stream, normal_draw
from playground.engine.flat import Flat, make_optimizer
from playground.engine.learner import Learner, Report, discriminator_network, generator_network
from playground.nets.mlp import MLP

LOG_2_PI = math.log(2.0 * math.pi)


class LogVariance(nn.Module):
    """log sigma^2 of p(x|z), a single number."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor([2.0 * math.log(sigma)]))


def reconstruction_nats(error: Tensor, log_variance: Tensor) -> Tensor:
    """-E[log p(x|z)] for p = N(decoded, sigma^2 I); `error` (B, 2) is decoded - x."""
    squared = error.square().sum(1).mean()
    return 0.5 * (squared * torch.exp(-log_variance) + error.shape[1] * (LOG_2_PI + log_variance)).squeeze()


def kl_nats(mean: Tensor, log_variance: Tensor) -> Tensor:
    """E[KL(N(m, diag exp s) || N(0, I))] = 1/2 sum(exp s - 1 - s + m^2) (Kingma and Welling 2014)."""
    return 0.5 * (log_variance.exp() - 1.0 - log_variance + mean.square()).sum(1).mean()


class Likelihood(Learner):
    """Encoder, decoder and observation variance under one optimizer."""

    last_to_move = "autoencoder"

    def __init__(self, config: RunConfig, target: Target, device: str) -> None:
        super().__init__(config, target, device)
        c = config
        self.variational = c.model == "vae"
        self.encoder = discriminator_network(c, 2, c.latent_dim * (2 if self.variational else 1)).to(device)
        self.decoder = generator_network(c).to(device)
        self.log_variance = LogVariance(c.observation_sigma).to(device)
        self.log_variance.value.requires_grad_(c.learn_observation_sigma and self.variational)
        self.modules = {"encoder": self.encoder, "decoder": self.decoder}
        learned = [self.log_variance] if self.log_variance.value.requires_grad else []
        self.flats = {"autoencoder": Flat([self.encoder, self.decoder, *learned])}
        self.optimizers = {
            "autoencoder": make_optimizer(c, self.flats["autoencoder"], c.generator_learning_rate)
        }
        self.real = self._real_rows(Stream.REAL)
        self.code_noise = self._rows(Stream.CODE, normal_draw(c.latent_dim), c.latent_dim)

    def clock(self, stream: Stream) -> str:
        return "generator_updates"

    def iterate(self, want: bool) -> Report:
        """One update of encoder and decoder."""
        report = self.gradient(want)
        self.optimizers["autoencoder"].step()
        self.generator_updates += 1
        return report

    def gradient(self, want: bool) -> Report:
        """Fill the gradient with that of the loss: -ELBO with weight beta on its KL term."""
        row, c = self.generator_updates, self.config
        x = self.real[row]
        code = self.encoder(x)
        z, kl = code, torch.zeros((), device=self.device)
        if self.variational:
            mean, log_variance = code.chunk(2, 1)
            z = mean + (0.5 * log_variance).exp() * self.code_noise[row]
            kl = kl_nats(mean, log_variance)
        reconstruction = reconstruction_nats(self.decoder(z) - x, self.log_variance.value)
        self.flats["autoencoder"].gradient_of(reconstruction + c.beta * kl)
        return self.report(reconstruction, kl) if want else {}

    def report(self, reconstruction: Tensor, kl: Tensor) -> Report:
        """The loss and its two parts, nats per point."""
        return {
            "generator_loss": float(reconstruction.detach()) + self.config.beta * float(kl.detach()),
            "reconstruction": float(reconstruction.detach()),
            "kl": float(kl.detach()),
            "generator_gradient_norm": self.flats["autoencoder"].gradient_norm(),
        }

    @property
    def sigma(self) -> float:
        """Standard deviation of p(x|z)."""
        return math.exp(0.5 * float(self.log_variance.value.detach()))

    @torch.no_grad()
    def generate(self, latents: Tensor) -> Tensor:
        """Decoded latents, without the observation's noise."""
        training = self.decoder.training
        points: Tensor = self.decoder.eval()(latents)
        self.decoder.train(training)
        return points

    @torch.no_grad()
    def reconstruct(self, points: Tensor) -> Tensor:
        """(N, 2) -> (N, 2): decoded from the mean code."""
        self.encoder.eval()
        mean = self.encoder(points)[:, : self.config.latent_dim]
        self.encoder.train()
        return self.generate(mean)


class FastLikelihood(Likelihood):
    """The same gradient in closed form, for networks without batch or layer normalisation."""

    backend = "analytic"
    guard = torch.inference_mode

    def __init__(self, config: RunConfig, target: Target, device: str) -> None:
        super().__init__(config, target, device)
        assert isinstance(self.encoder, MLP) and isinstance(self.decoder, MLP)
        flat, rows = self.flats["autoencoder"], config.batch_size
        self.encoder_form, decoder = ClosedForm(self.encoder, flat), ClosedForm(self.decoder, flat)
        layers = len(self.encoder.layers)  # the flat vector holds the encoder's layers first
        decoder.weight_slopes = decoder.weight_slopes[layers:]
        decoder.bias_slopes = decoder.bias_slopes[layers:]
        self.x = torch.zeros(rows, 2, device=device)
        self.encode = Pass(self.encoder_form, self.x, learns=True)
        self.z = torch.zeros(rows, config.latent_dim, device=device)
        self.decode = Pass(decoder, self.z, learns=True, to_input=True)

    @property
    def recordable(self) -> bool:
        return True

    def gradient(self, want: bool) -> Report:
        row, s = self.generator_updates, self.log_variance.value.detach()
        self.x.copy_(self.real[row])
        self.encoder_form.prepare()
        code = self.encode.forward()
        mean, log_variance = code, code[:, :0]  # an autoencoder's code is the latent itself
        if self.variational:
            mean, log_variance = code.chunk(2, 1)
            spread = (0.5 * log_variance).exp_().mul_(self.code_noise[row])
            torch.add(mean, spread, out=self.z)
        else:
            self.z.copy_(code)
        error = self.decode.forward() - self.x
        torch.mul(error, torch.exp(-s) / len(error), out=self.decode.slope)
        to_z = self.decode.backward()
        if self.variational:
            share = self.config.beta / len(error)
            to_mean, to_log_variance = self.encode.slope.chunk(2, 1)
            to_mean.copy_(to_z).add_(mean, alpha=share)
            torch.mul(to_z, spread, out=to_log_variance).add_(log_variance.exp().sub_(1.0), alpha=share)
            to_log_variance.mul_(0.5)
        else:
            self.encode.slope.copy_(to_z)
        self.encode.backward()
        self.encoder_form.finish()
        if self.log_variance.value.requires_grad:
            squared = error.square().sum(1).mean()
            self.flats["autoencoder"].gradients[-1].copy_(
                error.shape[1] / 2.0 - 0.5 * squared * torch.exp(-s)
            )
        if not want:
            return {}
        kl = kl_nats(mean, log_variance) if self.variational else torch.zeros(())
        return self.report(reconstruction_nats(error, s), kl)


def why_not(config: RunConfig) -> str:
    """Why the closed form does not cover this model, as the end of a sentence; empty if it does."""
    for role in ("generator", "discriminator"):
        kind = getattr(config, f"{role}_normalisation")
        if kind not in SUPPORTED_NORMALISATIONS:
            return f"{kind} normalisation needs autograd"
    return ""


def decoded_density(
    decoded: NDArray[np.float32], sigma: float, size: int, extent: float
) -> NDArray[np.float32]:
    """p(x) = E_z[N(x; decoded(z), sigma^2 I)] on a (size, size) grid, as a histogram of many decoded latents
    blurred by sigma; each cell is a mean over it, which is what keeps a narrow sigma visible."""
    from scipy.ndimage import gaussian_filter

    edges = np.linspace(-extent, extent, size + 1)
    counts, _, _ = np.histogram2d(decoded[:, 1], decoded[:, 0], bins=(edges, edges))
    cell = 2.0 * extent / size
    blurred: NDArray[np.float32] = gaussian_filter(
        counts / (len(decoded) * cell * cell), sigma / cell, mode="constant"
    )
    return blurred.astype(np.float32)
