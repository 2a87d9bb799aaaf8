"""A cloud of points as a tiny inline SVG, for choosing a target. Knows nothing of the page around it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.figures.palette import LIGHT

SIDE = 48  # units of the drawing; the page scales it
MOST = 160  # points drawn
MARGIN = 0.08  # of the side, on every edge
COLOR = f"var(--lab-real, {LIGHT.real})"


def thumbnail(points: NDArray[Any], *, extent: float | None = None, color: str = COLOR) -> str:
    """An `<svg>` of an (n, 2) cloud. Without `extent` the cloud's own reach is used.

    One path of zero-length round strokes: a dot costs about ten characters. It is decoration (aria-hidden):
    the page names the target in words beside it.
    """
    cloud = np.asarray(points, float).reshape(-1, 2)
    cloud = cloud[np.isfinite(cloud).all(axis=1)]
    cloud = cloud[:: max(1, -(-len(cloud) // MOST))]
    reach = extent or float(np.abs(cloud).max(initial=0.0)) or 1.0
    unit = SIDE * (0.5 - MARGIN) / reach
    x = np.rint(10 * (SIDE / 2 + cloud[:, 0] * unit)) / 10
    y = np.rint(10 * (SIDE / 2 - cloud[:, 1] * unit)) / 10
    dots = "".join(f"M{a:g} {b:g}h0" for a, b in zip(x, y, strict=True))
    return (
        f'<svg class="lab-thumbnail" viewBox="0 0 {SIDE} {SIDE}" aria-hidden="true" focusable="false">'
        f'<path d="{dots}" stroke="{color}" stroke-width="2.2" stroke-linecap="round" fill="none"/></svg>'
    )
