"""Which faces, colours and noise each update of a face model sees: all addressed by (seed, stream, row).

Nothing here has a state, so a run resumes by its counters alone; and several processes that share one global
batch each take their own slice of the very batch that one process would have seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

from playground.data.faces import FaceSet
from playground.recipes import EYES, HAIR


class Stream(IntEnum):
    """What is drawn. The numbers are part of what a seed means: append, never reorder."""

    WEIGHTS = 100
    ORDER = 101
    LATENT_D = 102
    LATENT_G = 103
    LABELS = 104
    CODE = 105
    AUGMENT_REAL = 106
    AUGMENT_GENERATED = 107
    AUGMENT_REAL_G = 108
    AUGMENT_G = 109
    SAMPLES = 110


def host_rng(seed: int, stream: Stream, row: int = 0) -> torch.Generator:
    """The random generator of one row of one stream, on the host: the same numbers for every device."""
    mixed = np.random.SeedSequence(seed, spawn_key=(int(stream), row)).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed[0] >> np.uint64(1)))


def _alone(vector: Tensor) -> Tensor:
    return vector


@dataclass(frozen=True)
class Share:
    """The part of each global batch that this process works on, and how gradients are averaged over all."""

    rank: int = 0
    world: int = 1
    average: Callable[[Tensor], Tensor] = _alone  # a gradient of this process -> the mean over processes

    def part(self, count: int) -> slice:
        """This process's part of `count` rows. Raises `ValueError` if they cannot be shared equally."""
        if count % self.world:
            raise ValueError(f"batch_size = {count}: allowed is a multiple of the {self.world} processes.")
        each = count // self.world
        return slice(self.rank * each, (self.rank + 1) * each)


@dataclass(frozen=True)
class Batch:
    """Real faces (B, 3, side, side) in [-1, 1] and the colours that the networks are told."""

    images: Tensor
    hair: Tensor
    eyes: Tensor


class Batches:
    """Batches of one face set, kept as uint8 on the device."""

    def __init__(
        self, faces: FaceSet, batch_size: int, label_dropout: float, seed: int, device: str, share: Share
    ) -> None:
        self.images = torch.from_numpy(faces.images).to(device)  # (N, side, side, 3) uint8
        self.hair, self.eyes = (torch.from_numpy(a).to(device) for a in (faces.hair, faces.eyes))
        self.batch_size, self.label_dropout, self.seed, self.device = batch_size, label_dropout, seed, device
        self.part = share.part(batch_size)
        self.size = self.part.stop - self.part.start
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.long)

    def _indices(self, row: int) -> Tensor:
        """Which faces the global batch `row` holds: every face once an epoch, in a new order each time."""
        count = len(self.images)
        found: list[Tensor] = []
        position, missing = row * self.batch_size, self.batch_size
        while missing:
            epoch, offset = divmod(position, count)
            if epoch != self._epoch:
                self._order = torch.randperm(count, generator=host_rng(self.seed, Stream.ORDER, epoch))
                self._epoch = epoch
            piece = self._order[offset : offset + missing]
            found.append(piece)
            position, missing = position + len(piece), missing - len(piece)
        return torch.cat(found)

    def __getitem__(self, row: int) -> Batch:
        """Batch `row` (this process's part of it)."""
        chosen = self._indices(row)[self.part].to(self.device, non_blocking=True)
        dropped = torch.rand(2, self.batch_size, generator=host_rng(self.seed, Stream.LABELS, row))
        dropped = (dropped[:, self.part] < self.label_dropout).to(self.device, non_blocking=True)
        return Batch(
            pixels(self.images[chosen]),
            self.hair[chosen].masked_fill(dropped[0], len(HAIR)),
            self.eyes[chosen].masked_fill(dropped[1], len(EYES)),
        )

    def normal(self, stream: Stream, row: int, width: int) -> Tensor:
        """This process's part of (batch_size, width) standard normal numbers."""
        drawn = torch.randn(self.batch_size, width, generator=host_rng(self.seed, stream, row))
        return drawn[self.part].to(self.device, non_blocking=True)

    def uniform(self, stream: Stream, row: int, width: int) -> Tensor:
        """This process's part of (batch_size, width) numbers uniform on [0, 1)."""
        drawn = torch.rand(self.batch_size, width, generator=host_rng(self.seed, stream, row))
        return drawn[self.part].to(self.device, non_blocking=True)


def pixels(images: Tensor) -> Tensor:
    """(B, side, side, 3) uint8 -> (B, 3, side, side) float32 in [-1, 1]."""
    return images.permute(0, 3, 1, 2).contiguous().float().div_(127.5).sub_(1.0)


def to_uint8(images: Tensor) -> Tensor:
    """(B, 3, side, side) in [-1, 1] -> (B, side, side, 3) uint8, cut to the range."""
    scaled = images.float().add(1.0).mul(127.5).round().clamp(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).contiguous()
