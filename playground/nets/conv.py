"""Networks for faces: one generator, which is also the decoder; encoder and discriminator mirror it.

Residual blocks without normalisation, after R3GAN (Huang et al. 2024), with Fixup's initial weights (Zhang et
al. 2019). The outermost stage works at half the side on 2x2 blocks of pixels (sub-pixel convolution, Shi et
al. 2016), which costs a quarter. Images are (B, 3, side, side) in [-1, 1]. Knows no loss and no training.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from playground.recipes import EYES, HAIR

LEAKY_SLOPE = 0.2
LABEL_DIM = 16  # of the embedding of hair, and of eyes
BASE = 4  # pixels of a side where the deepest block works
BLOCK = 2  # pixels of a side that one outermost position stands for
PIXELS = 3 * BLOCK * BLOCK


def activation(x: Tensor) -> Tensor:
    """Leaky ReLU everywhere."""
    return F.leaky_relu(x, LEAKY_SLOPE)


def _convolution(inputs: int, outputs: int, side: int, rng: torch.Generator, gain: float) -> nn.Conv2d:
    """A convolution whose weights come from `rng`: N(0, gain^2 / fan_in), bias 0."""
    layer = nn.Conv2d(inputs, outputs, side, padding=side // 2, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.normal_(0.0, gain / math.sqrt(inputs * side * side), generator=rng)
        nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def _linear(inputs: int, outputs: int, rng: torch.Generator, gain: float) -> nn.Linear:
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.normal_(0.0, gain / math.sqrt(inputs), generator=rng)
        layer.bias.zero_()
    return layer


class Residual(nn.Module):
    """x -> skip(x) + b(act(a(act(x)))), twice the side ("up"), half of it ("down") or the same ("").

    What changes the number of channels runs at the smaller side, which costs a quarter.
    """

    def __init__(self, inputs: int, outputs: int, resample: str, blocks: int, rng: torch.Generator) -> None:
        super().__init__()
        self.resample = resample
        middle = inputs if resample == "down" else outputs
        gain = math.sqrt(2.0 / (1.0 + LEAKY_SLOPE**2))
        self.a = _convolution(inputs, middle, 3, rng, gain / math.sqrt(blocks))
        self.b = _convolution(middle, outputs, 3, rng, 0.0)  # Fixup: a block begins as its skip
        self.skip = _convolution(inputs, outputs, 1, rng, 1.0) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = activation(self.a(activation(x)))
        if self.resample == "down":
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
        x = self.skip(x)
        if self.resample == "up":
            x, y = (F.interpolate(t, scale_factor=2, mode="nearest") for t in (x, y))
        total: Tensor = x + self.b(y)
        return total


class Labels(nn.Module):
    """Hair and eye colours, each one of its colours or "any", as a vector of `width`."""

    def __init__(self, width: int, rng: torch.Generator, spread: float) -> None:
        super().__init__()
        self.hair = nn.Parameter(torch.randn(len(HAIR) + 1, width, generator=rng) * spread)
        self.eyes = nn.Parameter(torch.randn(len(EYES) + 1, width, generator=rng) * spread)

    def forward(self, hair: Tensor, eyes: Tensor) -> tuple[Tensor, Tensor]:
        """(B,), (B,) -> (B, width), (B, width)."""
        return F.embedding(hair, self.hair), F.embedding(eyes, self.eyes)


class Generator(nn.Module):
    """z (B, latent_dim), hair (B,), eyes (B,) -> faces (B, 3, side, side); `channels` from 4x4 to side/2."""

    def __init__(self, latent_dim: int, channels: tuple[int, ...], rng: torch.Generator) -> None:
        super().__init__()
        self.latent_dim, self.deepest = latent_dim, channels[0]
        self.labels = Labels(LABEL_DIM, rng, 1.0)
        self.enter = _linear(latent_dim + 2 * LABEL_DIM, channels[0] * BASE * BASE, rng, 1.0)
        pairs = [("", channels[0], channels[0])]
        pairs += [("up", i, o) for i, o in pairwise(channels)]
        self.blocks = nn.Sequential(*[Residual(i, o, how, len(pairs), rng) for how, i, o in pairs])
        self.leave = _convolution(channels[-1], PIXELS, 3, rng, 0.5)

    def forward(self, z: Tensor, hair: Tensor, eyes: Tensor) -> Tensor:
        x: Tensor = self.enter(torch.cat([z, *self.labels(hair, eyes)], 1))
        x = x.view(-1, self.deepest, BASE, BASE).contiguous(memory_format=torch.channels_last)
        x = self.leave(activation(self.blocks(x)))
        return F.pixel_shuffle(x, BLOCK).float()


class Descent(nn.Module):
    """The generator's mirror: faces (B, 3, side, side) -> features (B, deepest, 4, 4)."""

    def __init__(self, channels: tuple[int, ...], rng: torch.Generator) -> None:
        super().__init__()
        down = channels[::-1]
        self.enter = _convolution(PIXELS, down[0], 3, rng, 1.0)
        pairs = [("down", i, o) for i, o in pairwise(down)] + [("", down[-1], down[-1])]
        self.blocks = nn.Sequential(*[Residual(i, o, how, len(pairs), rng) for how, i, o in pairs])

    def forward(self, images: Tensor) -> Tensor:
        x = F.pixel_unshuffle(images, BLOCK).contiguous(memory_format=torch.channels_last)
        features: Tensor = self.blocks(self.enter(x))
        return activation(features)


class Discriminator(nn.Module):
    """Faces and their colours -> scores (B,), by projection (Miyato and Koyama 2018)."""

    def __init__(self, channels: tuple[int, ...], rng: torch.Generator) -> None:
        super().__init__()
        self.descent = Descent(channels, rng)
        self.leave = _linear(channels[0] * BASE * BASE, 1, rng, 1.0)
        self.labels = Labels(channels[0], rng, 0.0)

    def forward(self, images: Tensor, hair: Tensor, eyes: Tensor) -> Tensor:
        features = self.descent(images)
        of_hair, of_eyes = self.labels(hair, eyes)
        pooled = features.mean((2, 3)).float()
        score: Tensor = self.leave(features.flatten(1)).float()[:, 0]
        projected: Tensor = (pooled * (of_hair + of_eyes)).sum(1)
        return score + projected


class Encoder(nn.Module):
    """Faces -> mean and log-variance of the code, (B, latent_dim) each; an autoencoder uses the mean."""

    def __init__(self, latent_dim: int, channels: tuple[int, ...], rng: torch.Generator) -> None:
        super().__init__()
        self.descent = Descent(channels, rng)
        self.leave = _linear(channels[0] * BASE * BASE, 2 * latent_dim, rng, 1.0)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        both: Tensor = self.leave(self.descent(images).flatten(1)).float()
        mean, log_variance = both.chunk(2, 1)
        return mean, log_variance


class Classifier(nn.Module):
    """Faces -> logits of hair (B, 12) and eyes (B, 10), and the features that measures use."""

    def __init__(self, channels: tuple[int, ...], rng: torch.Generator) -> None:
        super().__init__()
        self.descent = Descent(channels, rng)
        self.hair = _linear(channels[0], len(HAIR), rng, 1.0)
        self.eyes = _linear(channels[0], len(EYES), rng, 1.0)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return self.logits(self.descent(images))

    def logits(self, deepest: Tensor) -> tuple[Tensor, Tensor]:
        """Hair (B, 12) and eyes (B, 10) from the last block's answer (B, deepest, 4, 4)."""
        pooled = deepest.mean((2, 3)).float()
        hair, eyes = self.hair(pooled), self.eyes(pooled)
        return hair.float(), eyes.float()

    def read(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(features (B, C), hair (B, 12), eyes (B, 10)); C is the channels of all blocks together.

        Features: every block's answer, its channels scaled to length 1 at each position (as in LPIPS, Zhang
        et al. 2018), averaged over positions. The last block alone names colours and does not see blur.
        """
        x = self.descent.enter(F.pixel_unshuffle(images, BLOCK).contiguous(memory_format=torch.channels_last))
        levels = []
        for block in self.descent.blocks:
            x = block(x)
            levels.append(F.normalize(activation(x).float(), dim=1).mean((2, 3)))
        return torch.cat(levels, 1), *self.logits(activation(x))


def cost(network: nn.Module, *inputs: Tensor) -> tuple[int, int]:
    """(parameters, multiply-adds for one item) of a network, counted by running it on a batch of one."""
    counted = 0

    def count(layer: nn.Module, given: tuple[Tensor, ...], got: Tensor) -> None:
        nonlocal counted
        if isinstance(layer, nn.Conv2d):
            side = layer.kernel_size[0] * layer.kernel_size[1]
            counted += got[0].numel() * layer.in_channels // layer.groups * side
        elif isinstance(layer, nn.Linear):
            counted += got[0].numel() * layer.in_features

    hooks = [part.register_forward_hook(count) for part in network.modules()]
    try:
        with torch.no_grad():
            network(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return sum(p.numel() for p in network.parameters()), counted
