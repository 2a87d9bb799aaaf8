"""Every colour of the playground, once: two themes, and the scales of the surfaces.

Real is green, generated is blue, and nothing else is. Knows nothing of plotly, of the page or of a run;
the page's scripts and style sheet get these values as data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 254  # a surface value v in [0, 1] is drawn as level round(254 v), so that 1/2 is level 127 exactly
SURFACES = ("discriminator", "critic", "density", "difference", "none")


@dataclass(frozen=True)
class Palette:
    """One theme. `accent` marks the primary action and the network that is being updated."""

    background: str
    ink: str
    muted: str
    hairline: str
    real: str
    generated: str
    accent: str
    tint: float  # how far the ends of a surface go from the background toward the full colour


LIGHT = Palette(
    background="#ffffff",
    ink="#1d2126",
    muted="#666e78",
    hairline="#dfe2e6",
    real="#0f8a6a",
    generated="#3457d5",
    accent="#c2480c",
    tint=0.5,
)
DARK = Palette(
    background="#14171c",
    ink="#e8eaed",
    muted="#9aa3ae",
    hairline="#31363e",
    real="#3fcf9f",
    generated="#8ba4ff",
    accent="#ff9457",
    tint=0.45,
)


def palette(dark: bool = False) -> Palette:
    """The colours of the light or the dark theme."""
    return DARK if dark else LIGHT


def rgb(color: str) -> tuple[int, int, int]:
    """`#rrggbb` as three whole numbers."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def blend(start: str, end: str, share: float) -> str:
    """The colour `share` of the way from start to end."""
    mixed = (round(a + (b - a) * share) for a, b in zip(rgb(start), rgb(end), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def anchors(kind: str, dark: bool = False) -> tuple[tuple[float, str], ...]:
    """The fixed points (value, colour) of a surface's scale; linear between them."""
    p = palette(dark)
    if kind in ("discriminator", "critic"):
        low, high = (blend(p.background, color, p.tint) for color in (p.generated, p.real))
        return (0.0, low), (0.5, p.background), (1.0, high)
    if kind == "density":
        return (0.0, p.background), (1.0, blend(p.background, p.generated, min(1.0, 1.5 * p.tint)))
    if kind == "difference":
        return (0.0, p.background), (1.0, blend(p.background, p.accent, 0.85))
    return (0.0, p.background), (1.0, p.background)


def table(kind: str, dark: bool = False) -> NDArray[np.uint8]:
    """The scale as (255, 3): red, green, blue of each level from 0 to `LEVELS`."""
    points = anchors(kind, dark)
    at = np.arange(LEVELS + 1) / LEVELS
    channels = np.array([rgb(color) for _, color in points], float)
    columns = [np.interp(at, [value for value, _ in points], channels[:, c]) for c in range(3)]
    levels: NDArray[np.uint8] = np.rint(np.stack(columns, axis=1)).astype(np.uint8)
    return levels


def colorscale(kind: str, dark: bool = False) -> list[list[float | str]]:
    """The scale as plotly wants it: explicit stops, because named scales differ between its two halves."""
    return [[value, color] for value, color in anchors(kind, dark)]


def css_variables(dark: bool = False) -> str:
    """The theme as CSS custom properties: `--lab-real`, `--lab-ink` ..."""
    values = {name: value for name, value in asdict(palette(dark)).items() if isinstance(value, str)}
    return "".join(f"--lab-{name}:{value};" for name, value in values.items())
