"""Pictures of the moon that differ in one real number, its phase. Drawn, not photographed; knows no model."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float32 = NDArray[np.float32]

SIDE = 12
PIXELS = SIDE * SIDE
FINE = 6  # points along each side of a pixel, averaged
MARGIN = 1.1  # half the picture's side, in radii of the moon
PHASES = 201  # of `every_moon`: half a percent of the disc apart
HALF, FULL = 0.5, 1.0


def moons(phases: ArrayLike) -> Float32:
    """Phases (N,), the lit share of the disc from 0 (new) to 1 (full) -> pictures (N, 144) in [0, 1].

    The terminator is half an ellipse: lit are the points of the disc left of (2 phase - 1) sqrt(1 - y^2).
    """
    phase = np.atleast_1d(np.asarray(phases, np.float64))
    if not ((phase >= 0.0) & (phase <= 1.0)).all():
        raise ValueError(f"phases has {phase.min():g} to {phase.max():g}, but must be from 0 to 1.")
    steps = ((np.arange(SIDE * FINE) + 0.5) / (SIDE * FINE) * 2.0 - 1.0) * MARGIN
    x, y = np.meshgrid(steps, steps)
    edge = np.sqrt(np.maximum(0.0, 1.0 - y**2))
    lit = (x**2 + y**2 <= 1.0) & (x <= (2.0 * phase - 1.0)[:, None, None] * edge)
    fine = lit.reshape(len(phase), SIDE, FINE, SIDE, FINE)
    found: Float32 = fine.mean((2, 4)).reshape(len(phase), PIXELS).astype(np.float32)
    return found


@cache
def every_moon() -> Float32:
    """(201, 144): the moon from new to full, to compare pictures with. Read-only."""
    found = moons(np.linspace(0.0, 1.0, PHASES))
    found.flags.writeable = False
    return found
