"""A moment of a 2-D run as an SVG chart: the surface of D, real and generated points, arrows.

    figure(title, scale("D(x)") + plane(snapshot, "Two islands and D.", real="real").svg(), caption)

For pages made of small charts; the lab draws the same snapshot on a canvas. Knows nothing of training, of
lessons or of languages: words come from the caller.
"""

from __future__ import annotations

import html

from playground.figures.palette import LIGHT
from playground.figures.plots import BACKGROUND, GENERATED, HAIRLINE, INK, MUTED, REAL, Plot, Range
from playground.snapshots import Snapshot

PLANE_LAYERS = frozenset({"surface", "real", "generated", "arrows"})
DOT = 1.7  # radius, in units of the picture
SIDE = 400  # units across


def plane(
    snapshot: Snapshot,
    words: str,
    *,
    layers: frozenset[str] = PLANE_LAYERS,
    real: str = "",
    generated: str = "",
    arrows: str = "",
    width: int = SIDE,
    dot: float = DOT,
    window: tuple[Range, Range] | None = None,
) -> Plot:
    """The square [-extent, extent]^2, or the ranges `window` (x, y), as a chart to be drawn on further.

    `layers` are drawn where the snapshot has them: "surface" below, then "real", "generated", "arrows".
    `real`, `generated` and `arrows` are their words in the legend; without a word they are not named.
    `words` are for who cannot see the chart; `width` is in units of the picture, `dot` a radius in them.
    Raises ValueError for a layer that there is not.
    """
    unknown = layers - PLANE_LAYERS
    if unknown:
        allowed = ", ".join(sorted(PLANE_LAYERS))
        raise ValueError(f"layers has {sorted(unknown)[0]!r}, but must be some of {allowed}.")
    s = snapshot
    square = ((-s.extent, s.extent), (-s.extent, s.extent))
    x, y = window or square
    plot = Plot(x, y, words=words, width=width, square=True)
    if "surface" in layers and s.surface is not None:
        plot.heat(s.surface, s.surface_kind, square)
    if "real" in layers and len(s.real):
        plot.dots(s.real, REAL, label=real, radius=dot)
    if "generated" in layers and len(s.generated):
        plot.dots(s.generated, GENERATED, label=generated, radius=dot)
    if "arrows" in layers and len(s.arrows):
        plot.segments(s.arrows[:, :2], s.arrows[:, :2] + s.arrows[:, 2:], INK, label=arrows, heads=True)
    return plot


def scale(words: str) -> str:
    """The colours of the surface of D from 0 to 1, as a small bar (HTML) with a word before it."""
    share = round(100 * LIGHT.tint)
    low, high = (f"color-mix(in srgb, {color} {share}%, {BACKGROUND})" for color in (GENERATED, REAL))
    bar = (
        f'<span style="display:inline-block;width:84px;height:9px;border:1px solid {HAIRLINE};'
        f'background:linear-gradient(to right,{low},{BACKGROUND},{high})"></span>'
    )
    return (
        '<div class="scale" style="display:flex;align-items:center;gap:6px;font-size:12.5px;line-height:1.4;'
        f'color:{MUTED};font-variant-numeric:tabular-nums"><span style="color:{INK}">{html.escape(words)}'
        f"</span><span>0</span>{bar}<span>1</span></div>"
    )
