"""Handwritten digits of 8 x 8 pixels (scikit-learn's copy of the UCI test set: 1,797 of 43 writers), as rows.

    digits = load_digits()
    digits.train.pixels  # (1500, 64) float32 in [0, 1], 0 is paper and 1 is ink

They come with the installed package: nothing is downloaded. Knows no model, no picture and no lesson.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]

SIDE = 8
PIXELS = SIDE * SIDE
CLASSES = 10
UNSEEN = 297  # digits kept back from training; 1,500 are left
SPLIT_SEED = 0
FULL_INK = 16.0  # the largest count of dark points in one of the data set's cells


@dataclass(frozen=True, eq=False)
class DigitSet:
    """pixels (N, 64) in [0, 1], row by row from the top; labels (N,) from 0 to 9. Read-only arrays."""

    pixels: Float32
    labels: Int64

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True, eq=False)
class Digits:
    """All 1,797 in two parts: what models learn from, and what none of them has seen."""

    train: DigitSet
    unseen: DigitSet


@cache
def load_digits() -> Digits:
    """The digits, read once; the split is the same for everyone."""
    from sklearn import datasets  # half a second to import: only who asks for digits waits for it

    found = datasets.load_digits()
    pixels = (found.data / FULL_INK).astype(np.float32)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(pixels))
    return Digits(
        train=_part(pixels, found.target, order[UNSEEN:]), unseen=_part(pixels, found.target, order[:UNSEEN])
    )


def one_hot(labels: ArrayLike) -> Float32:
    """Labels (N,) -> (N, 10): the condition that a network is told."""
    rows: Float32 = np.eye(CLASSES, dtype=np.float32)[np.asarray(labels, np.int64)]
    return rows


def draw_rows(rows: Float32) -> Callable[[np.random.Generator, int], Float32]:
    """A sampler of `rows` (N, W) with replacement: (rng, n) -> (n, W)."""

    def draw(rng: np.random.Generator, count: int) -> Float32:
        return rows[rng.integers(len(rows), size=count)]

    return draw


def draw_labelled(digits: DigitSet) -> Callable[[np.random.Generator, int], Float32]:
    """A sampler of pixels with their classes beside them: (rng, n) -> (n, 64 + 10)."""
    return draw_rows(np.concatenate([digits.pixels, one_hot(digits.labels)], 1))


def _part(pixels: Float32, labels: NDArray[np.generic], rows: Int64) -> DigitSet:
    chosen, named = pixels[rows], labels[rows].astype(np.int64)
    for array in (chosen, named):
        array.flags.writeable = False  # everyone shares them
    return DigitSet(chosen, named)
