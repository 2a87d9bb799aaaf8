"""History replay: the discriminator also sees points that earlier generators drew (Shrivastava et al. 2017).

A pool of old points; knows nothing of networks.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.config import RunConfig
from playground.engine.draws import Stream, numpy_rng

POOL_POINTS = 8192
KEEP_POINTS = 256  # kept of one generator
KEEP_EVERY = 10  # discriminator updates; so the pool's age is some 320 updates


class ReplayPool:
    """Up to 8,192 old points. Everything random follows from the update's number."""

    def __init__(self, config: RunConfig, device: str) -> None:
        self.seed, self.share, self.device = config.seed, config.history_replay, device
        self.points = torch.zeros(0, 2, device=device)

    def mix(self, generated: Tensor, row: int) -> Tensor:
        """A batch (B, 2) whose first `share` comes from the pool; every tenth batch is also kept."""
        rng = numpy_rng(self.seed, Stream.REPLAY, row)
        mixed = generated
        if len(self.points):
            old = round(self.share * len(generated))
            chosen = torch.from_numpy(rng.integers(0, len(self.points), old)).to(self.device)
            mixed = generated.clone()
            mixed[:old] = self.points[chosen]
        if row % KEEP_EVERY == 0:
            self._keep(generated[:KEEP_POINTS], rng)
        return mixed

    def _keep(self, points: Tensor, rng: np.random.Generator) -> None:
        if len(self.points) + len(points) <= POOL_POINTS:
            self.points = torch.cat([self.points, points])
            return
        start = int(rng.integers(0, len(self.points) - len(points) + 1))
        self.points[start : start + len(points)] = points

    def array(self) -> NDArray[np.float32]:
        """A copy of the pool, (P, 2)."""
        copy: NDArray[np.float32] = self.points.cpu().numpy().copy()
        return copy

    def load(self, array: NDArray[np.generic]) -> None:
        """Take back what `array` gave."""
        self.points = torch.from_numpy(np.array(array, dtype=np.float32)).to(self.device)
