"""The random rows of many runs, and the optimizer that moves many models.

Each model gets the rows of its own seed, the very numbers that its single run sees (`draws.Rows`), stacked
so that an update of all reads one contiguous piece. Knows no loss and no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from playground.config import RunConfig
from playground.engine.batched.stacked import Stack
from playground.engine.draws import BLOCK_FLOATS, BLOCK_ROWS, Draw, Stream, numpy_rng


class StackedRows:
    """Row r of one stream for every seed: (M, width, points), points as columns."""

    def __init__(
        self, seeds: Sequence[int], stream: Stream, draw: Draw, points: int, width: int, device: str
    ) -> None:
        self._seeds, self._stream, self._draw, self._device = seeds, stream, draw, device
        self._points, self._width = points, width
        self._per_block = max(1, min(BLOCK_ROWS, BLOCK_FLOATS // (points * width)))  # as `draws.Rows`
        self._block = -1
        self._rows: tuple[Tensor, ...] = ()

    def __getitem__(self, row: int) -> Tensor:
        """(M, width, points), float32. Not to be written to."""
        block, offset = divmod(row, self._per_block)
        if block != self._block:
            self._rows, self._block = self._drawn(block), block
        return self._rows[offset]

    def _drawn(self, block: int) -> tuple[Tensor, ...]:
        rows, points, width = self._per_block, self._points, self._width
        whole = np.empty((rows, len(self._seeds), width, points), np.float32)
        for model, seed in enumerate(self._seeds):
            drawn = self._draw(numpy_rng(seed, self._stream, block), rows * points)
            whole[:, model] = drawn.reshape(rows, points, width).transpose(0, 2, 1)
        return torch.from_numpy(whole).to(self._device).unbind(0)


class StackedAdam:
    """Adam (Kingma and Ba 2015, algorithm 1) with a learning rate for each model.

    Neighbours with the same rate are moved by one call of torch's fused kernel, the one that a single run
    uses; it takes half the time of the same formula written out with a vector of rates.
    """

    def __init__(self, stack: Stack, learning_rates: Sequence[float], config: RunConfig) -> None:
        self.steps = 0
        self._config = config
        self._step = torch.zeros((), device=stack.vector.device)
        vectors = [stack.parts, stack.slopes]
        whole = [stack.vector, stack.gradient]
        for _ in range(2):  # running means of the gradient and of its square
            mean = torch.zeros_like(stack.vector)
            whole.append(mean)
            vectors.append(stack.split(mean))
        self._runs: list[tuple[float, list[list[Tensor]]]] = []
        start = 0
        for rate, members in groupby(learning_rates):
            end = start + len(list(members))
            everyone = end - start == len(learning_rates)
            pieces = [[v] for v in whole] if everyone else [[p[start:end] for p in ps] for ps in vectors]
            self._runs.append((rate, pieces))
            start = end

    def step(self) -> None:
        """One update with the stack's gradient."""
        c = self._config
        self.steps += 1
        self._step.fill_(self.steps)
        for rate, (weights, gradients, first, second) in self._runs:
            torch._fused_adam_(
                weights, gradients, first, second, [], [self._step] * len(weights),
                lr=rate, beta1=c.beta1, beta2=c.beta2, weight_decay=0.0, eps=c.epsilon,
                amsgrad=False, maximize=False,
            )  # fmt: skip
