"""Small charts in a plane, as inline SVG: lines, areas, points, arrows, surfaces, and points to drag.

    plot = Plot((-2, 2), (0, 1), words="Two densities and the best discriminator between them.")
    plot.line(x, p, REAL, label="p_data").line(x, q, GENERATED, label="p_G").handle("mean", 0.3, 0.0)
    html = figure("Densities", plot.svg(), "Drag the blue dot.")

Colours are the page's custom properties, so that a chart follows the theme; surfaces are levels that
`static/lessons.js` colours. Every chart has a sentence for who cannot see it. Knows nothing of what is drawn.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from playground.figures.face_charts import columns, figure, number_table, sentence, stack
from playground.figures.palette import LEVELS, LIGHT, SURFACES

__all__ = ["ACCENT", "BACKGROUND", "DASHES", "DOTS", "GENERATED", "HAIRLINE", "INK", "MUTED", "REAL", "Plot"]
__all__ += ["columns", "figure", "number_table", "sentence", "stack"]

REAL, GENERATED, INK, MUTED, HAIRLINE, BACKGROUND, ACCENT = (
    f"var(--lab-{name}, {getattr(LIGHT, name)})"
    for name in ("real", "generated", "ink", "muted", "hairline", "background", "accent")
)
DOTS = "2 4"  # dashes
DASHES = "6 4"
Range = tuple[float, float]


class Plot:
    """One chart. Every method that draws returns the chart; what is drawn later lies on top.

    `x` and `y` are the ranges shown; what lies outside is cut off. `square` gives both axes the same scale.
    `width` and `height` are units of the picture, which the page scales to the room there is.
    """

    def __init__(
        self,
        x: Range,
        y: Range,
        *,
        words: str,
        x_title: str = "",
        y_title: str = "",
        width: int = 460,
        height: int = 280,
        square: bool = False,
        x_ticks: Sequence[float] | None = None,
        y_ticks: Sequence[float] | None = None,
    ) -> None:
        self.x, self.y, self.words = x, y, words
        self.left, self.right, self.top = 44.0, 12.0, 14.0
        self.low = 38.0 if x_title else 24.0
        if not y_title and y_ticks is not None and not len(y_ticks):
            self.left = 12.0
        self.width = float(width)
        self.height = float(height)
        if square:
            span = (self.width - self.left - self.right) * (y[1] - y[0]) / (x[1] - x[0])
            self.height = span + self.top + self.low
        self.floor, self.side = self.height - self.low, self.width - self.right
        self._back: list[str] = []
        self._parts: list[str] = []
        self._front: list[str] = []  # not cut at the edges
        self._legend: list[tuple[str, str, str]] = []
        self._axes(x_title, y_title, x_ticks, y_ticks)

    # -- positions

    def px(self, x: ArrayLike) -> Any:
        """Data to units across."""
        share = (np.asarray(x, float) - self.x[0]) / (self.x[1] - self.x[0])
        return self.left + share * (self.side - self.left)

    def py(self, y: ArrayLike) -> Any:
        """Data to units down."""
        share = (np.asarray(y, float) - self.y[0]) / (self.y[1] - self.y[0])
        return self.floor - share * (self.floor - self.top)

    # -- what can be drawn

    def line(
        self,
        x: ArrayLike,
        y: ArrayLike,
        color: str = INK,
        *,
        label: str = "",
        dash: str = "",
        width: float = 1.8,
    ) -> Plot:
        """A line through (N,), (N,), interrupted where a number is not finite. `label` is the legend's."""
        path = _path(self.px(x), self.py(y))
        self._parts.append(
            f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width:g}" '
            f'stroke-linejoin="round"{_dashed(dash)}/>'
        )
        return self._named(label, color, dash)

    def area(
        self,
        x: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        color: str = GENERATED,
        *,
        label: str = "",
        opacity: float = 0.18,
    ) -> Plot:
        """The band between two lines."""
        across = self.px(x)
        down, up = (
            np.broadcast_to(self.py(side), across.shape).clip(-9999.0, 9999.0) for side in (low, high)
        )
        there = np.concatenate([across, across[::-1]]), np.concatenate([up, down[::-1]])
        self._parts.append(f'<path d="{_path(*there)}Z" fill="{color}" fill-opacity="{opacity:g}"/>')
        return self._named(label, color, "area")

    def dots(
        self,
        points: ArrayLike,
        color: str = GENERATED,
        *,
        label: str = "",
        radius: float = 1.8,
        opacity: float = 0.85,
    ) -> Plot:
        """Points (N, 2)."""
        where = np.asarray(points, float).reshape(-1, 2)
        where = where[np.isfinite(where).all(1)]
        spots = "".join(
            f"M{a:.1f} {b:.1f}h0" for a, b in zip(self.px(where[:, 0]), self.py(where[:, 1]), strict=True)
        )
        self._parts.append(
            f'<path d="{spots}" fill="none" stroke="{color}" stroke-width="{2 * radius:g}" '
            f'stroke-linecap="round" stroke-opacity="{opacity:g}"/>'
        )
        return self._named(label, color, "dots")

    def segments(
        self,
        starts: ArrayLike,
        ends: ArrayLike,
        color: str = MUTED,
        *,
        label: str = "",
        width: float = 1.0,
        heads: bool = False,
    ) -> Plot:
        """Straight lines between (N, 2) and (N, 2); with `heads` they are arrows."""
        a, b = (np.asarray(v, float).reshape(-1, 2) for v in (starts, ends))
        x0, y0, x1, y1 = self.px(a[:, 0]), self.py(a[:, 1]), self.px(b[:, 0]), self.py(b[:, 1])
        fine = np.isfinite(x0 + y0 + x1 + y1)
        parts = []
        for ax, ay, bx, by in zip(x0[fine], y0[fine], x1[fine], y1[fine], strict=True):
            parts.append(f"M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}")
            long = math.hypot(bx - ax, by - ay)
            if heads and long > 3.0:
                ux, uy = (bx - ax) / long, (by - ay) / long
                size = min(5.0, long / 2)
                for side in (0.5, -0.5):
                    hx, hy = bx - size * (ux + side * uy), by - size * (uy - side * ux)
                    parts.append(f"M{bx:.1f} {by:.1f}L{hx:.1f} {hy:.1f}")
        self._parts.append(
            f'<path d="{"".join(parts)}" fill="none" stroke="{color}" stroke-width="{width:g}" '
            'stroke-linecap="round"/>'
        )
        return self._named(label, color, "")

    def bars(
        self,
        edges: ArrayLike,
        heights: ArrayLike,
        color: str = REAL,
        *,
        label: str = "",
        opacity: float = 0.45,
    ) -> Plot:
        """Columns between edges (N + 1,), from 0 to heights (N,)."""
        at, zero = self.px(edges), float(self.py(max(0.0, self.y[0])))
        for a, b, top in zip(at[:-1], at[1:], self.py(heights), strict=True):
            y, tall = min(float(top), zero), abs(zero - float(top))
            if tall > 0.05:
                self._parts.append(
                    f'<rect x="{a:.1f}" y="{y:.1f}" width="{max(0.4, b - a - 0.6):.1f}" '
                    f'height="{tall:.1f}" fill="{color}" fill-opacity="{opacity:g}"/>'
                )
        return self._named(label, color, "area")

    def heat(
        self, values: ArrayLike, kind: str = "discriminator", box: tuple[Range, Range] | None = None
    ) -> Plot:
        """A surface (R, C) of numbers in [0, 1], rows from low y; `kind` is one of `palette.SURFACES`."""
        if kind not in SURFACES:
            raise ValueError(f"kind is {kind!r}, but must be one of {', '.join(SURFACES)}.")
        grid = np.asarray(values, float)
        levels = np.where(np.isnan(grid), LEVELS + 1, np.rint(np.clip(np.nan_to_num(grid), 0, 1) * LEVELS))
        raw = base64.b64encode(levels[::-1].astype(np.uint8).tobytes()).decode()
        (x0, x1), (y0, y1) = box or (self.x, self.y)
        left, right = float(self.px(x0)), float(self.px(x1))
        up, down = float(self.py(y1)), float(self.py(y0))
        self._back.append(
            f'<image x="{left:.1f}" y="{up:.1f}" width="{right - left:.1f}" height="{down - up:.1f}" '
            f'preserveAspectRatio="none" data-heat="{raw}" data-rows="{grid.shape[0]}" '
            f'data-columns="{grid.shape[1]}" data-kind="{kind}"/>'
        )
        return self

    def image(self, url: str, x: Range, y: Range, *, press: str = "", smooth: bool = False) -> Plot:
        """A picture (a data URL) in a box of the plane. `press`: the `name:argument` that a click presses."""
        clicked = f' data-press="{html.escape(press)}" style="cursor:pointer"' if press else ""
        how = "" if smooth else ' style="image-rendering:pixelated"'
        left, up = float(self.px(x[0])), float(self.py(y[1]))
        self._parts.append(
            f'<image href="{html.escape(url)}" x="{left:.1f}" y="{up:.1f}" '
            f'width="{float(self.px(x[1])) - left:.1f}" height="{float(self.py(y[0])) - up:.1f}" '
            f'preserveAspectRatio="none"{clicked or how}/>'
        )
        return self

    def rule(
        self,
        *,
        x: float | None = None,
        y: float | None = None,
        color: str = MUTED,
        dash: str = DOTS,
        label: str = "",
    ) -> Plot:
        """A line through the whole chart at x or at y, with a word at its end."""
        if x is not None:
            at = float(self.px(x))
            ends = (at, self.top, at, self.floor)
            word = (at + 4, self.top + 9, "start")
        else:
            assert y is not None
            at = float(self.py(y))
            ends = (self.left, at, self.side, at)
            word = (self.side - 3, at - 4, "end")
        x0, y0, x1, y1 = ends
        self._parts.append(
            f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{color}"{_dashed(dash)}/>'
        )
        if label:
            self._parts.append(_word(word[0], word[1], label, word[2], color))
        return self

    def text(
        self, x: float, y: float, words: str, color: str = INK, *, anchor: str = "start", size: float = 11.5
    ) -> Plot:
        """Words at a place."""
        self._front.append(_word(float(self.px(x)), float(self.py(y)), words, anchor, color, size))
        return self

    def handle(
        self, name: str, x: float, y: float, color: str = GENERATED, *, label: str = "", radius: float = 8.0
    ) -> Plot:
        """A point to drag: the `Handle` of this name in the lesson's controls."""
        across, down = float(self.px(x)), float(self.py(y))
        words = html.escape(label or name)
        self._front.append(
            f'<circle class="handle" data-handle="{html.escape(name)}" cx="{across:.1f}" cy="{down:.1f}" '
            f'r="{radius:g}" fill="{color}" stroke="{BACKGROUND}" stroke-width="2" tabindex="0" '
            f'role="slider" '
            f'aria-label="{words}" aria-valuetext="{x:.2f}, {y:.2f}" '
            f'data-x="{x:.6g}" data-y="{y:.6g}"><title>{words}</title></circle>'
        )
        return self

    def svg(self) -> str:
        """The chart; its legend stands above it."""
        plane = (self.left, self.top, self.side, self.floor, *self.x, *self.y)
        frame = (
            f'x="{self.left}" y="{self.top}" width="{self.side - self.left:.1f}" '
            f'height="{self.floor - self.top:.1f}"'
        )
        view = f"{self.left} {self.top} {self.side - self.left:.1f} {self.floor - self.top:.1f}"
        # the clip is an inner <svg>: it needs no id, and so nothing on the page can clash with it
        inner = (
            f'<svg {frame} viewBox="{view}" overflow="hidden">'
            f"{''.join(self._back)}{''.join(self._parts)}</svg>"
        )
        picture = (
            f'<svg class="plot" viewBox="0 0 {self.width:g} {self.height:.0f}" role="img" '
            f'aria-label="{html.escape(self.words)}" data-plane="{",".join(f"{v:.6g}" for v in plane)}" '
            'style="display:block;width:100%;height:auto;font-size:11.5px;font-variant-numeric:tabular-nums">'
            f"{inner}{''.join(self._frame)}{''.join(self._front)}</svg>"
        )
        return self._legend_html() + picture

    # -- inside

    def _named(self, label: str, color: str, mark: str) -> Plot:
        if label:
            self._legend.append((label, color, mark))
        return self

    def _legend_html(self) -> str:
        if not self._legend:
            return ""
        items = "".join(
            f'<span style="display:inline-flex;align-items:center;gap:5px;white-space:nowrap">'
            f"{_mark(color, mark)}{html.escape(label)}</span>"
            for label, color, mark in self._legend
        )
        style = "display:flex;flex-wrap:wrap;gap:2px 14px;font-size:12.5px;line-height:1.4;margin:0 0 3px"
        return f'<div class="legend" style="{style};color:{INK}">{items}</div>'

    def _axes(
        self, x_title: str, y_title: str, x_ticks: Sequence[float] | None, y_ticks: Sequence[float] | None
    ) -> None:
        edge = (self.left, self.top, self.side - self.left, self.floor - self.top)
        x, y, w, h = edge
        self._frame = [
            f'<rect x="{x}" y="{y}" width="{w:.1f}" height="{h:.1f}" fill="none" stroke="{HAIRLINE}"/>'
        ]
        for tick in ticks(*self.x) if x_ticks is None else x_ticks:
            at = float(self.px(tick))
            self._frame.append(_tick(at, self.floor, at, self.floor + 4))
            self._frame.append(_word(at, self.floor + 16, number(tick), "middle", MUTED))
        for tick in ticks(*self.y, most=5) if y_ticks is None else y_ticks:
            at = float(self.py(tick))
            self._frame.append(_tick(self.left - 4, at, self.left, at))
            self._frame.append(_word(self.left - 7, at + 4, number(tick), "end", MUTED))
        if x_title:
            middle = (self.left + self.side) / 2
            self._frame.append(_word(middle, self.height - 5, x_title, "middle", MUTED))
        if y_title:
            middle = (self.top + self.floor) / 2
            self._frame.append(
                f'<text x="11" y="{middle:.0f}" transform="rotate(-90 11 {middle:.0f})" '
                f'text-anchor="middle" fill="{MUTED}">{html.escape(y_title)}</text>'
            )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from low to high, at most about `most`."""
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(s for s in (1.0, 2.0, 5.0, 10.0) if span <= most * s * power) * power
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def number(value: float, digits: int | None = None) -> str:
    """A number as it is read on the page, with a real minus sign."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    text = f"{value:g}" if digits is None else f"{value:,.{digits}f}"
    if digits is not None and float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def _path(across: Any, down: Any) -> str:
    parts, pen = [], "M"
    for a, b in zip(np.atleast_1d(across), np.clip(np.atleast_1d(down), -9999.0, 9999.0), strict=True):
        if math.isfinite(a) and math.isfinite(b):
            parts.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L"
        else:
            pen = "M"
    return "".join(parts)


def _dashed(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def _tick(x0: float, y0: float, x1: float, y1: float) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{HAIRLINE}"/>'


def _word(x: float, y: float, words: str, anchor: str, color: str, size: float = 0.0) -> str:
    sized = f' font-size="{size:g}"' if size else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"{sized} stroke="{BACKGROUND}" '
        f'stroke-width="3" paint-order="stroke">{html.escape(words)}</text>'
    )


def _mark(color: str, mark: str) -> str:
    """The small sign before a word of the legend."""
    if mark == "dots":
        inner = f'<circle cx="9" cy="5" r="3.2" fill="{color}"/>'
    elif mark == "area":
        inner = f'<rect x="2" y="1" width="14" height="8" fill="{color}" fill-opacity=".45"/>'
    else:
        inner = f'<line x1="0" y1="5" x2="18" y2="5" stroke="{color}" stroke-width="2"{_dashed(mark)}/>'
    return f'<svg width="18" height="10" aria-hidden="true" style="flex:none">{inner}</svg>'
