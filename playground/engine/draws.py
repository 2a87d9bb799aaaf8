"""Everything random in a run, addressed by (seed, stream, row): no state to keep, none to lose.

Row r of a stream is the same numbers however and whenever it is asked for, so going back and forward again,
stepping by hand or a thousand at once, and two runs in lockstep all see the same batches. Draws are made
on the host, many rows at once, because one call of a random generator costs as much as fifty of its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK_FLOATS = 2**15  # numbers drawn at once; part of what a seed means, so do not tune it lightly
BLOCK_ROWS = 64

Draw = Callable[[np.random.Generator, int], NDArray[np.float32]]  # (rng, points) -> (points, width)


class Stream(IntEnum):
    """What a row is drawn for. The numbers are part of what a seed means: append, never reorder."""

    WEIGHTS = 0  # initial weights: of the generator or decoder (row 0), the discriminator or encoder (row 1)
    REAL = 1  # batches for the discriminator, and for likelihood models
    LATENT_D = 2  # latents for the discriminator's generated points
    LATENT_G = 3  # latents for the generator's update
    REAL_G = 4  # real points for the generator's update (relativistic)
    NOISE_REAL = 5  # instance noise
    NOISE_GENERATED = 6
    NOISE_G = 7
    PENALTY = 8  # where a gradient penalty is taken
    REPLAY = 9  # which earlier points are shown again
    CODE = 10  # noise in a VAE's code
    DRAWN_LATENT = 11  # the latents that are drawn, never trained on
    DRAWN_REAL = 12
    ASKED = 13  # sample(n) without a seed
    NOISE_REAL_G = 14
    MEASURE = 15


OF_THE_GENERATOR = frozenset({Stream.LATENT_G, Stream.REAL_G, Stream.NOISE_G, Stream.NOISE_REAL_G})
"""The streams of a GAN that its generator's updates read; the discriminator's read the others."""


def numpy_rng(seed: int, stream: Stream, block: int = 0) -> np.random.Generator:
    """The random generator behind one block of one stream."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(int(stream), block))))


def prior_draw(prior: str, dim: int) -> Draw:
    """Latents: N(0, I) or uniform on [-1, 1]^dim."""
    if prior == "normal":
        return lambda rng, n: rng.standard_normal((n, dim), dtype=np.float32)
    return lambda rng, n: rng.random((n, dim), dtype=np.float32) * np.float32(2) - np.float32(1)


def normal_draw(width: int) -> Draw:
    """Standard normal numbers."""
    return prior_draw("normal", width)


def uniform_draw(width: int) -> Draw:
    """Uniform numbers in [0, 1)."""
    return lambda rng, n: rng.random((n, width), dtype=np.float32)


class Rows:
    """One stream as rows of (points, width) tensors on a device; row r is for update r."""

    def __init__(self, seed: int, stream: Stream, draw: Draw, points: int, width: int, device: str) -> None:
        self.stream = stream
        self.held: Callable[[int], Tensor] | None = None  # where rows come from instead
        self._seed, self._draw, self._device = seed, draw, device
        self._points = points
        self._per_block = max(1, min(BLOCK_ROWS, BLOCK_FLOATS // (points * width)))
        self._block = -1
        self._rows: tuple[Tensor, ...] = ()

    def __getitem__(self, row: int) -> Tensor:
        """(points, width), float32. Not to be written to."""
        return self.drawn(row) if self.held is None else self.held(row)

    def drawn(self, row: int) -> Tensor:
        """The row itself, whatever stands in for it."""
        block, offset = divmod(row, self._per_block)
        if block != self._block:
            rng = numpy_rng(self._seed, self.stream, block)
            drawn = np.ascontiguousarray(self._draw(rng, self._per_block * self._points), dtype=np.float32)
            whole = torch.from_numpy(drawn).to(self._device)
            self._rows, self._block = whole.split(self._points), block
        return self._rows[offset]
