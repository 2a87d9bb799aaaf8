"""What a discriminator would generate: where it is highest, by grid search and by Langevin dynamics.

Knows a function and its slope; no network, no target, no lesson.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from playground.data.target import Float32, Float64

Slope = Callable[[Float32], Float32]  # (N, D) -> (N, D)


def peaks(values: Float64) -> NDArray[np.intp]:
    """Local maxima of values on a grid, of any dimension: indices into `values.ravel()`, highest first.

    A cell is a maximum if none of its neighbours, diagonals included, is higher; cells at the border count.
    """
    padded = np.pad(values, 1, constant_values=-np.inf)
    highest = np.full(values.shape, -np.inf)
    for shift in np.ndindex(*(3,) * values.ndim):
        if any(s != 1 for s in shift):
            window = tuple(slice(s, s + n) for s, n in zip(shift, values.shape, strict=True))
            highest = np.maximum(highest, padded[window])
    found = np.flatnonzero(values >= highest)
    return found[np.argsort(-values.ravel()[found], kind="stable")]


def langevin(
    slope: Slope, starts: Float32, rng: np.random.Generator, steps: int, size: float, extent: float
) -> Float32:
    """Starts (N, D) after `steps` of x <- x + size/2 slope(x) + sqrt(size) noise, within [-extent, extent]^D.

    With many small steps the points follow exp(f), f being what has this slope (Welling and Teh 2011).
    """
    x = starts
    for _ in range(steps):
        noise = rng.standard_normal(x.shape, dtype=np.float32)
        x = np.clip(x + 0.5 * size * slope(x) + np.float32(size**0.5) * noise, -extent, extent)
        x = x.astype(np.float32)
    return x
