"""Unrolled GANs (Metz et al. 2017): the generator's loss is taken against the discriminator as it will be.

The discriminator's coming updates are run ahead on its coming batches, differentiably, and thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.func import functional_call

from playground.engine.draws import Stream
from playground.engine.flat import SGD, Adam, Optimizer, RMSprop

if TYPE_CHECKING:
    from playground.engine.adversarial import Adversarial

TINY = 1e-16  # keeps the derivative of a square root finite at 0


def look_ahead(gan: Adversarial) -> Callable[[Tensor], Tensor]:
    """The score function of the discriminator `unrolled_steps` updates from now."""
    names = [name for name, p in gan.discriminator.named_parameters() if p.requires_grad]
    weights = [p.detach().clone().requires_grad_() for p in gan.flats["discriminator"].parameters]
    optimizer = gan.optimizers["discriminator"]
    memory = [
        [piece.view_as(w) for piece, w in zip(_split(slot, weights), weights, strict=True)]
        for slot in optimizer.memory
    ]

    def judge(points: Tensor) -> Tensor:
        packed = points.reshape(-1, 2 * gan.config.packing)
        out = functional_call(gan.discriminator, dict(zip(names, weights, strict=True)), (packed,))
        return gan.as_score(packed, out)

    for ahead in range(gan.config.unrolled_steps):
        row = gan.discriminator_updates + ahead
        real = gan.noisy(gan.real[row], Stream.NOISE_REAL, row)
        generated = gan.noisy(gan.generator(gan.latent_d[row]), Stream.NOISE_GENERATED, row)
        loss = gan.objective.discriminator_loss(judge(real), judge(generated), gan.label())
        penalty = gan.penalties(real, generated, row, judge)
        loss = loss if penalty is None else loss + penalty
        slopes = torch.autograd.grad(loss, weights, create_graph=True)
        moved = [
            moved_weight(optimizer, w, g, [slot[i] for slot in memory], optimizer.steps + ahead + 1)
            for i, (w, g) in enumerate(zip(weights, slopes, strict=True))
        ]
        weights = [w for w, _ in moved]
        memory = [[m[k] for _, m in moved] for k in range(len(optimizer.memory))]
        if gan.objective.clips_weights:
            weights = [w.clamp(-gan.config.weight_clip, gan.config.weight_clip) for w in weights]
    return judge


def moved_weight(
    optimizer: Optimizer, weight: Tensor, slope: Tensor, memory: list[Tensor], steps: int
) -> tuple[Tensor, list[Tensor]]:
    """The optimizer's next step as a pure, differentiable function: (weight, memory) after it."""
    if isinstance(optimizer, Adam):
        m = torch.lerp(memory[0], slope, 1.0 - optimizer.beta1)
        v = optimizer.beta2 * memory[1] + (1.0 - optimizer.beta2) * slope.square()
        m_hat, v_hat = m / (1.0 - optimizer.beta1**steps), v / (1.0 - optimizer.beta2**steps)
        return weight - optimizer.learning_rate * m_hat / ((v_hat + TINY).sqrt() + optimizer.epsilon), [m, v]
    if isinstance(optimizer, RMSprop):
        v = optimizer.decay * memory[0] + (1.0 - optimizer.decay) * slope.square()
        return weight - optimizer.learning_rate * slope / ((v + TINY).sqrt() + optimizer.epsilon), [v]
    assert isinstance(optimizer, SGD)
    if memory:
        slope = optimizer.momentum * memory[0] + slope
    return weight - optimizer.learning_rate * slope, [slope] if memory else []


def _split(vector: Tensor, like: list[Tensor]) -> tuple[Tensor, ...]:
    pieces: tuple[Tensor, ...] = vector.split([w.numel() for w in like])
    return pieces
