"""Networks for points: one multilayer perceptron serves as generator, discriminator, encoder and decoder.

Knows nothing of losses, of training or of which role it plays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEAKY_SLOPE = 0.2  # DCGAN (Radford et al. 2016)

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "leaky_relu": lambda a: F.leaky_relu(a, LEAKY_SLOPE),
    "tanh": torch.tanh,
    "silu": F.silu,
}
NORMALISATIONS = {
    "none": nn.Identity,
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
    "spectral": nn.Identity,
}


@dataclass(frozen=True)
class MLPShape:
    """Sizes and kinds of one perceptron: `depth` hidden layers of `width` units."""

    inputs: int
    outputs: int
    depth: int
    width: int
    activation: str = "leaky_relu"
    normalisation: str = "none"

    @property
    def sizes(self) -> list[int]:
        """inputs, width x depth, outputs."""
        return [self.inputs, *[self.width] * self.depth, self.outputs]


class Dense(nn.Linear):
    """`nn.Linear` whose initial weights come from a given random generator: U(-1/sqrt(in), 1/sqrt(in))."""

    def __init__(self, inputs: int, outputs: int, rng: torch.Generator) -> None:
        super().__init__(inputs, outputs, device="meta")
        self.to_empty(device="cpu")
        bound = inputs**-0.5
        with torch.no_grad():
            self.weight.uniform_(-bound, bound, generator=rng)
            self.bias.uniform_(-bound, bound, generator=rng)

    def power_iteration(self) -> None:
        """Only `SpectralDense` has anything to do here."""


class SpectralDense(Dense):
    """A linear map divided by its largest singular value (Miyato et al. 2018).

    The singular vectors are buffers, refined only by `power_iteration`, so a forward pass changes nothing.
    """

    left: Tensor
    right: Tensor

    def __init__(self, inputs: int, outputs: int, rng: torch.Generator) -> None:
        super().__init__(inputs, outputs, rng)
        self.register_buffer("left", F.normalize(torch.randn(outputs, generator=rng), dim=0))
        self.register_buffer("right", torch.zeros(inputs))
        for _ in range(10):
            self.power_iteration()

    @torch.no_grad()
    def power_iteration(self) -> None:
        """One round: v <- W^T u / |.|, u <- W v / |.|."""
        self.right.copy_(F.normalize(self.weight.t() @ self.left, dim=0))
        self.left.copy_(F.normalize(self.weight @ self.right, dim=0))

    def sigma(self) -> Tensor:
        """The estimate u^T W v of the largest singular value."""
        return self.left @ (self.weight @ self.right)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight / self.sigma(), self.bias)


class MLP(nn.Module):
    """x -> linear [-> normalisation -> activation -> linear] * depth."""

    def __init__(self, shape: MLPShape, rng: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        dense = SpectralDense if shape.normalisation == "spectral" else Dense
        sizes = shape.sizes
        self.linears = nn.ModuleList(dense(i, o, rng) for i, o in pairwise(sizes))
        norm = NORMALISATIONS[shape.normalisation]
        self.norms = nn.ModuleList(norm(shape.width) for _ in range(shape.depth))
        self.activation = ACTIVATIONS[shape.activation]

    @property
    def layers(self) -> list[Dense]:
        """The linear layers, first to last."""
        return [layer for layer in self.linears if isinstance(layer, Dense)]

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs) -> (B, outputs)."""
        for linear, norm in zip(self.layers[:-1], self.norms, strict=True):
            x = self.activation(norm(linear(x)))
        y: Tensor = self.layers[-1](x)
        return y


def power_iteration(module: nn.Module) -> None:
    """Refine the singular vectors of every spectrally normalised layer by one round."""
    for part in module.modules():
        if isinstance(part, SpectralDense):
            part.power_iteration()
