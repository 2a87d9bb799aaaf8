"""Strip and box plots: a column for each setting, a dot for each run, quartiles and median behind them.

    plot = Strips(["VAE", "GAN"], (0.0, 0.7), words="Scores of two models.", y_title="JSD, nats")
    plot.box(0, scores).marks(np.zeros(6), scores, INK, presses=[f"look:{i}" for i in range(6)])

A dot may be a button, and one run's points can stand beside the plot. Knows nothing of what is counted.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from playground.figures.plots import GENERATED, INK, MUTED, REAL, Plot, Range, ticks

HALF = 0.36  # of a column, that a box and its dots take to either side
NAME_DROP = 16.0  # units from the floor of the chart to the names of the columns


class Strips(Plot):
    """A chart whose x axis is a row of named columns, at 0, 1, 2 and so on."""

    def __init__(
        self, names: Sequence[str], y: Range, *, words: str, y_title: str = "", x_title: str = "",
        width: int = 460, height: int = 280,
    ) -> None:  # fmt: skip
        super().__init__(
            (-0.5, len(names) - 0.5), y, words=words, x_title=x_title, y_title=y_title,
            width=width, height=height, x_ticks=(), y_ticks=ticks(*y, most=5),
        )  # fmt: skip
        for place, name in enumerate(names):
            self._front.append(
                f'<text x="{float(self.px(place)):.1f}" y="{self.floor + NAME_DROP:.1f}" '
                f'text-anchor="middle" fill="{INK}">{html.escape(name)}</text>'
            )

    def box(self, x: float, values: ArrayLike, color: str = MUTED, *, half: float = HALF) -> Strips:
        """The middle half of the finite values as a box, the median as a line; nothing for less than 2."""
        known = np.asarray(values, float)
        known = known[np.isfinite(known)]
        if len(known) < 2:
            return self
        low, middle, high = (float(v) for v in self.py(np.quantile(known, [0.25, 0.5, 0.75])))
        left, right = float(self.px(x - half)), float(self.px(x + half))
        self._parts.append(
            f'<rect class="box" x="{left:.1f}" y="{high:.1f}" width="{right - left:.1f}" '
            f'height="{max(0.5, low - high):.1f}" fill="{color}" fill-opacity="0.16" stroke="{color}" '
            f'stroke-opacity="0.5"/>'
            f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{middle:.1f}" y2="{middle:.1f}" stroke="{color}" '
            f'stroke-width="2"/>'
        )
        return self

    def marks(
        self,
        x: ArrayLike,
        values: ArrayLike,
        color: str = INK,
        *,
        presses: Sequence[str] = (),
        label: str = "",
        radius: float = 3.0,
        opacity: float = 0.6,
    ) -> Strips:
        """A dot for each finite value at x (N,); `presses` are the `name:argument` that a click presses."""
        pressed = presses or [""] * np.size(values)
        for at, value, press in zip(np.atleast_1d(x), np.atleast_1d(values), pressed, strict=True):
            if math.isfinite(value):
                button = f' data-press="{html.escape(press)}"' if press else ""
                self._parts.append(
                    f'<circle cx="{float(self.px(at)):.1f}" cy="{float(self.py(value)):.1f}" '
                    f'r="{radius:g}" fill="{color}" fill-opacity="{opacity:g}"{button}/>'
                )
        self._named(label, color, "dots")
        return self


def spread(values: ArrayLike) -> float:
    """The interquartile range: the length of the box. NaN for less than 2 values."""
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    if len(known) < 2:
        return math.nan
    low, high = np.quantile(known, [0.25, 0.75])
    return float(high - low)


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """The heights of labels, pushed up in their order until none is nearer than `gap`, then lowered a bit."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    found = list(heights)
    for before, here in pairwise(order):
        found[here] = max(found[here], found[before] + gap)
    over = [found[i] - heights[i] for i in order]
    lift = float(np.mean(over)) / 2 if over else 0.0  # share the push between those above and those below
    return [height - lift for height in found]


def points_beside(
    extent: float, words: str, real: ArrayLike, generated: ArrayLike, names: tuple[str, str], height: int
) -> Plot:
    """One run's points (N, 2) on the target's, both axes on one scale, in a chart as wide as a strip plot.

    y runs over [-extent, extent], x over what there is room for; `names` are the legend's.
    """
    frame = Plot((-1.0, 1.0), (-1.0, 1.0), words=words, height=height)
    reach = extent * (frame.side - frame.left) / (frame.floor - frame.top)
    plot = Plot((-reach, reach), (-extent, extent), words=words, height=height)
    return plot.dots(real, REAL, label=names[0]).dots(generated, GENERATED, label=names[1])
