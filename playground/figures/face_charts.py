"""Charts of the Faces page as inline SVG: bars of sharpness, power spectra, a histogram of distances.

Colours are the page's custom properties, so that a chart follows the theme; every chart has a sentence for
who cannot see it. Also the few pieces of page that hold charts and faces. Knows nothing of how a number was
measured.
"""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from playground.figures.palette import LIGHT
from playground.figures.sheets import Pixels, data_url, sheet

REAL, GENERATED, INK, MUTED, HAIRLINE, BACKGROUND = (
    f"var(--lab-{name}, {getattr(LIGHT, name)})"
    for name in ("real", "generated", "ink", "muted", "hairline", "background")
)
WIDTH = 400  # units of every chart; the page scales it, so that letters stay readable on a phone
LETTERS = 11.5
PUSHED = 13.0  # between two labels at the end of lines


@dataclass(frozen=True)
class Line:
    """One line of a chart: its words, its points, its colour, its dash (SVG's stroke-dasharray)."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    color: str = GENERATED
    dash: str = ""


def figure(title: str, body: str, caption: str, *, color: str = "", width: int = 0) -> str:
    """A picture or chart with its title above and one line of what to look for below. Words are escaped.

    `color` puts a dot before the title: whose faces these are. `width` is the most it takes, in pixels.
    """
    most = f"max-width:{width}px;" if width else ""
    dot = (
        '<span style="display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:7px;'
        f'background:{color}"></span>'
        if color
        else ""
    )
    return (
        f'<figure class="study-figure" style="margin:0;min-width:0;{most}">'
        f'<div style="font-weight:600;font-size:14px;line-height:1.35;color:{INK};margin:0 0 5px">'
        f'{dot}{html.escape(title)}</div>{body}<figcaption style="font-size:13px;line-height:1.4;'
        f"color:{MUTED};margin:4px 0 0;max-width:75ch;"
        f'font-variant-numeric:tabular-nums">{html.escape(caption)}</figcaption></figure>'
    )


def strip(images: Pixels, alt: str, side: int = 92) -> str:
    """Faces (N, s, s, 3) in one row, each at most `side` pixels wide on the page."""
    return (
        f'<img src="{data_url(sheet(images), exact=False)}" alt="{html.escape(alt)}" style="display:block;'
        f'width:100%;max-width:{side * len(images)}px;height:auto;margin:0;border-radius:3px">'
    )


def stack(*parts: str) -> str:
    """One below the other."""
    return f'<div style="display:grid;grid-template-columns:minmax(0,1fr);gap:14px">{"".join(parts)}</div>'


def columns(*parts: str) -> str:
    """Beside each other where there is room for it, else one below the other."""
    return (
        '<div class="study" style="display:grid;gap:22px 40px;align-items:start;'
        f'grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr))">{"".join(parts)}</div>'
    )


def sentence(words: str) -> str:
    """What follows from the numbers."""
    return (
        '<p class="study-verdict" style="margin:0;font-size:15px;line-height:1.45;max-width:60ch;'
        f'color:{INK}">'
        f"{html.escape(words)}</p>"
    )


def number_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A quiet table: the first column is words, the others are numbers. Cells are escaped."""
    edge = f"border:0;border-bottom:1px solid {HAIRLINE};padding:3px 0 3px 10px;text-align:right;color:{INK}"
    left = edge.replace("3px 10px", "3px 0").replace("right", "left") + ";font-weight:400"
    head = "".join(
        f'<th scope="col" style="{edge if i else left};font-weight:400;color:{MUTED}">{html.escape(h)}</th>'
        for i, h in enumerate(heads)
    )
    body = "".join(
        f'<tr><th scope="row" style="{left}">{html.escape(row[0])}</th>'
        + "".join(f'<td style="{edge}">{html.escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    style = "width:100%;border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;margin:0"
    return (
        f'<table class="study-numbers" style="{style}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def bars(rows: Sequence[tuple[str, float, str]], *, words: str, unit: str = "") -> str:
    """Horizontal bars (label, value, colour) with a dotted rule at 1, where the real faces are."""
    left, right, high, gap = 122.0, 46.0, 20.0, 9.0
    height = len(rows) * (high + gap) + 24
    top = max(1.2, *(value for _, value, _ in rows if math.isfinite(value)))
    scale = (WIDTH - left - right) / top
    at, foot = left + scale, height - 20
    parts = [_segment(at, 0, at, foot, MUTED, "2 3")]
    for place, (label, value, color) in enumerate(rows):
        y = place * (high + gap) + 4
        long = scale * value if math.isfinite(value) else 0.0
        parts += [
            _text(left - 8, y + high * 0.7, label, anchor="end"),
            f'<rect x="{left}" y="{y:.1f}" width="{long:.1f}" height="{high}" fill="{color}">'
            f"<title>{html.escape(label)}: {_number(value)}{unit}</title></rect>",
            _text(left + long + 6, y + high * 0.7, _number(value) + unit, halo=True),
        ]
    parts.append(_text(at, height - 6, "real = 1", anchor="middle", color=MUTED))
    return _svg(height, parts, words)


def spectra(lines: Sequence[Line], *, words: str, x_title: str, y_title: str) -> str:
    """Lines over a logarithmic x axis, each named at its right end. What is not finite is left out."""
    left, right, top, low, height = 46.0, 92.0, 8.0, 36.0, 260.0
    xs, ys = (np.concatenate([np.asarray(v, float) for v in each]) for each in _columns(lines))
    fine = (xs > 0) & np.isfinite(xs) & np.isfinite(ys)
    x0, x1 = np.log10(xs[fine].min()), np.log10(xs[fine].max())
    y0, y1 = 10.0 * np.floor(ys[fine].min() / 10.0), 10.0 * np.ceil(ys[fine].max() / 10.0)
    across = (WIDTH - left - right) / max(x1 - x0, 1e-9)
    up = (height - top - low) / max(y1 - y0, 1e-9)
    floor = height - low
    parts = []
    step = 10 if y1 - y0 <= 60 else 20
    for level in range(int(y0), int(y1) + 1, step):
        y = floor - (level - y0) * up
        parts.append(_segment(left, y, WIDTH - right, y, HAIRLINE))
        parts.append(_text(left - 6, y + 4, f"{level}".replace("-", "−"), anchor="end", color=MUTED))
    for tick in (t * 10.0**p for p in range(-4, 1) for t in (1, 2, 5)):
        if x0 - 1e-9 <= math.log10(tick) <= x1 + 1e-9:
            x = left + (math.log10(tick) - x0) * across
            parts.append(_segment(x, floor, x, floor + 4, MUTED))
            parts.append(_text(x, floor + 16, f"{tick:g}", anchor="middle", color=MUTED))
    ends = []
    for line in lines:
        x, y = np.asarray(line.x, float), np.asarray(line.y, float)
        there = (x > 0) & np.isfinite(y)
        px, py = left + (np.log10(x[there]) - x0) * across, floor - (y[there] - y0) * up
        parts.append(_path(px, py, line))
        ends.append(float(py[-1]))
    for line, end in zip(lines, _apart(ends), strict=True):
        parts.append(_text(WIDTH - right + 6, end + 4, line.label, color=line.color))
    parts.append(_text((left + WIDTH - right) / 2, height - 3, x_title, anchor="middle", color=MUTED))
    middle = (top + floor) / 2
    parts.append(
        f'<text x="11" y="{middle:.0f}" transform="rotate(-90 11 {middle:.0f})" text-anchor="middle" '
        f'fill="{MUTED}">{html.escape(y_title)}</text>'
    )
    return _svg(height, parts, words)


def _columns(lines: Sequence[Line]) -> tuple[list[Sequence[float]], list[Sequence[float]]]:
    return [line.x for line in lines], [line.y for line in lines]


def histogram(
    values: ArrayLike, marks: Sequence[tuple[str, float, str]], *, words: str, x_title: str, bins: int = 40
) -> str:
    """Shares of real distances as green columns, from 0; `marks` (label, value, colour) are upright lines."""
    there = np.asarray(values, float)
    there = there[np.isfinite(there)]
    far = max(
        [float(np.quantile(there, 0.995)) if len(there) else 1.0, *(value * 1.05 for _, value, _ in marks)]
    )
    counts, edges = np.histogram(there, bins=bins, range=(0.0, far))
    left, right, top, low, height = 12.0, 12.0, 20.0 + PUSHED * (len(marks) - 1), 36.0, 210
    across = (WIDTH - left - right) / far
    up = (height - top - low) / max(1, counts.max())
    floor = height - low
    parts = [
        f'<rect x="{left + a * across:.1f}" y="{floor - n * up:.1f}" '
        f'width="{max(0.5, (b - a) * across - 0.6):.1f}" '
        f'height="{n * up:.1f}" fill="{REAL}" fill-opacity="0.55"/>'
        for n, a, b in zip(counts, edges, edges[1:], strict=False)
        if n
    ]
    parts.append(_segment(left, floor, WIDTH - right, floor, MUTED))
    for tick in _ticks(far):
        x = left + tick * across
        parts.append(_text(x, floor + 16, f"{tick:g}", anchor="middle", color=MUTED))
        parts.append(_segment(x, floor, x, floor + 4, MUTED))
    for row, (label, value, color) in enumerate(marks):
        x, y = left + value * across, 12 + row * PUSHED
        end = "end" if x > WIDTH / 2 else "start"
        parts.append(_segment(x, y - 8, x, floor, color, width=2.0))
        parts.append(_text(x + (-5 if end == "end" else 5), y, label, anchor=end, color=color))
    parts.append(_text(WIDTH / 2, height - 3, x_title, anchor="middle", color=MUTED))
    return _svg(height, parts, words)


def _svg(height: float, parts: Sequence[str], words: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{html.escape(words)}" '
        f'style="display:block;width:100%;max-width:440px;height:auto;font-size:{LETTERS}px;'
        f'font-variant-numeric:tabular-nums">{"".join(parts)}</svg>'
    )


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", color: str = INK, halo: bool = False
) -> str:
    """`halo` keeps a line behind the words from crossing them."""
    around = f' stroke="{BACKGROUND}" stroke-width="4" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"{around}>'
        f"{html.escape(words)}</text>"
    )


def _segment(
    x0: float, y0: float, x1: float, y1: float, color: str, dash: str = "", width: float = 1.0
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{color}" '
        f'stroke-width="{width:g}"{dashed}/>'
    )


def _path(x: np.ndarray, y: np.ndarray, line: Line) -> str:
    points = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))
    dashed = f' stroke-dasharray="{line.dash}"' if line.dash else ""
    return (
        f'<path d="M{points}" fill="none" stroke="{line.color}" stroke-width="1.8"{dashed}>'
        f"<title>{html.escape(line.label)}</title></path>"
    )


def _apart(heights: Sequence[float]) -> list[float]:
    """The same heights, moved so that labels do not overlap; their order stays."""
    order = np.argsort(heights, kind="stable")
    placed = np.array(heights, float)
    for before, after in itertools.pairwise(order):
        placed[after] = max(placed[after], placed[before] + PUSHED)
    shift = placed[order[-1]] - heights[order[-1]]
    return [float(y) for y in placed - shift / 2]


def _ticks(far: float) -> list[float]:
    """Round numbers from 0 to `far`, at most seven."""
    power = 10.0 ** math.floor(math.log10(far))
    step = next(s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0) if far <= 6.0 * s * power) * power
    return [round(i * step, 10) for i in range(int(far / step + 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "not measured"
