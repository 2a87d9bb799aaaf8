"""A module's parameters as one flat vector, and the optimizers that move it.

One vector makes an optimizer step a handful of operations instead of a handful for each layer, and a state
a plain array. The optimizers are torch.optim's formulas (a test compares them); nothing here knows a loss.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from playground.config import RunConfig


class Flat:
    """The parameters of some modules, moved into one contiguous vector of which they become views."""

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self.parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
        if not self.parameters:
            raise ValueError("The network has no trainable parameters.")
        kinds = {(p.dtype, p.device) for p in self.parameters}
        if len(kinds) > 1 or self.parameters[0].dtype != torch.float32:
            raise ValueError("The network's parameters must all be float32 and on one device.")
        with torch.no_grad():
            self.vector = torch.cat([p.detach().reshape(-1) for p in self.parameters])
            self.gradient = torch.zeros_like(self.vector)
            self.gradients = self._views(self.gradient)
            for p, view in zip(self.parameters, self._views(self.vector), strict=True):
                p.data = view

    def _views(self, vector: Tensor) -> list[Tensor]:
        pieces = vector.split([p.numel() for p in self.parameters])
        return [piece.view(p.shape) for piece, p in zip(pieces, self.parameters, strict=True)]

    def gradient_of(self, loss: Tensor) -> None:
        """Set `gradient` to d loss / d vector by autograd; a parameter that the loss does not use gets 0."""
        parts = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        for view, part in zip(self.gradients, parts, strict=True):
            view.zero_() if part is None else view.copy_(part)

    def gradient_norm(self) -> float:
        """Euclidean norm of the last gradient."""
        return float(self.gradient.norm())

    def is_finite(self) -> bool:
        """Whether every parameter is a number: a NaN or an infinity anywhere shows in the sum."""
        return math.isfinite(self.vector.sum().item())


class Optimizer(ABC):
    """Moves one flat vector along its gradient. `memory` and `steps` are all that it remembers."""

    def __init__(self, flat: Flat, learning_rate: float, slots: int) -> None:
        self.flat, self.learning_rate, self.steps = flat, learning_rate, 0
        self.memory = [torch.zeros_like(flat.vector) for _ in range(slots)]

    @abstractmethod
    def step(self) -> None:
        """One update with `flat.gradient`."""

    def load_steps(self, steps: int) -> None:
        """Say how many steps were made."""
        self.steps = steps


class Adam(Optimizer):
    """Kingma and Ba 2015, algorithm 1."""

    def __init__(self, flat: Flat, learning_rate: float, beta1: float, beta2: float, epsilon: float) -> None:
        super().__init__(flat, learning_rate, slots=2)
        self._step_tensor = torch.zeros((), device=flat.vector.device)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def load_steps(self, steps: int) -> None:
        super().load_steps(steps)
        self._step_tensor.fill_(steps)

    def step(self) -> None:
        self.steps += 1
        m, v = self.memory
        # the one kernel behind torch.optim.Adam(fused=True), without its bookkeeping, which takes longer
        torch._fused_adam_(
            [self.flat.vector],
            [self.flat.gradient],
            [m],
            [v],
            [],
            [self._step_tensor.add_(1.0)],  # on the device, where a recorded step counts too
            lr=self.learning_rate,
            beta1=self.beta1,
            beta2=self.beta2,
            weight_decay=0.0,
            eps=self.epsilon,
            amsgrad=False,
            maximize=False,
        )


class SGD(Optimizer):
    """Gradient descent with heavy-ball momentum (Polyak 1964): b <- mu b + g, w <- w - lr b."""

    def __init__(self, flat: Flat, learning_rate: float, momentum: float) -> None:
        super().__init__(flat, learning_rate, slots=1 if momentum else 0)
        self.momentum = momentum

    def step(self) -> None:
        self.steps += 1
        direction = self.flat.gradient
        if self.memory:
            direction = self.memory[0].mul_(self.momentum).add_(direction)
        self.flat.vector.add_(direction, alpha=-self.learning_rate)


class RMSprop(Optimizer):
    """Tieleman and Hinton 2012: v <- a v + (1 - a) g^2, w <- w - lr g / (sqrt(v) + eps)."""

    def __init__(self, flat: Flat, learning_rate: float, decay: float, epsilon: float) -> None:
        super().__init__(flat, learning_rate, slots=1)
        self.decay, self.epsilon = decay, epsilon

    def step(self) -> None:
        self.steps += 1
        g, v = self.flat.gradient, self.memory[0]
        v.mul_(self.decay).addcmul_(g, g, value=1.0 - self.decay)
        self.flat.vector.addcdiv_(g, v.sqrt().add_(self.epsilon), value=-self.learning_rate)


def make_optimizer(config: RunConfig, flat: Flat, learning_rate: float) -> Optimizer:
    """The optimizer that the config asks for."""
    if config.optimizer == "adam":
        return Adam(flat, learning_rate, config.beta1, config.beta2, config.epsilon)
    if config.optimizer == "sgd":
        return SGD(flat, learning_rate, config.momentum)
    return RMSprop(flat, learning_rate, config.rms_decay, config.epsilon)
