"""Snapshot -> pixels, without a browser: one canvas as an image, a run as an animated GIF.

Numpy and Pillow only. The picture is drawn at twice its size and reduced, which smooths its edges. Knows
nothing of the live page, of how a snapshot came to be, or of files.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from playground.figures.palette import LEVELS, Palette, palette, table
from playground.snapshots import Array, Snapshot

LAYERS = ("surface", "d_star", "grid", "real", "generated", "arrows")  # from the back to the front
DEFAULT_LAYERS = frozenset({"surface", "real", "generated", "arrows"})
SIZES = (120, 1600)  # pixels
FPS = (1.0, 50.0)  # a GIF counts hundredths of a second
COLORS = 128  # of an animation

_SCALE = 2  # drawn pixels per pixel
_MARGIN = 0.09  # around the canvas, as a share of the size; the caption stands in the lower one
_DOT = 0.0042  # radius of a point
_ARROW = 0.0024  # width of an arrow


class _Sheet:
    """The drawn square: data coordinates in [-extent, extent]^2 to drawn pixels, y upwards."""

    def __init__(self, extent: float, size: int, colors: Palette) -> None:
        self.extent, self.colors = extent, colors
        self.side = size * _SCALE
        self.low = round(self.side * _MARGIN)
        self.high = self.side - self.low  # the canvas covers pixels low to high - 1
        self.image = Image.new("RGB", (self.side, self.side), colors.background)
        self.pen = ImageDraw.Draw(self.image)

    def pixels(self, points: Array) -> Array:
        """Positions (..., 2) in data coordinates as drawn pixels."""
        share = (points / self.extent + 1) / 2
        across: Array = (self.low + share * (self.high - self.low)).astype(np.float32)
        across[..., 1] = self.side - across[..., 1]
        return across

    def font(self, share: float) -> FreeTypeFont | ImageFont.ImageFont:
        return ImageFont.load_default(self.side * share)


def render(
    snapshot: Snapshot,
    size: int = 480,
    dark: bool = False,
    layers: Collection[str] = DEFAULT_LAYERS,
) -> Image.Image:
    """The canvas of one moment, `size` by `size` pixels. Raises `ValueError` for a wrong size or layer."""
    if not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(f"size is {size}, but must be {SIZES[0]} to {SIZES[1]} pixels.")
    unknown = set(layers) - set(LAYERS)
    if unknown:
        raise ValueError(f"layers holds {min(unknown)!r}, but must be some of {', '.join(LAYERS)}.")
    sheet = _Sheet(snapshot.extent, size, palette(dark))
    shown = None if "surface" not in layers else snapshot.surface
    kind = snapshot.surface_kind
    if "d_star" in layers and snapshot.d_star is not None:
        shown, kind = snapshot.d_star, "discriminator"
    if shown is not None:
        _surface(sheet, shown, kind, dark)
    if "grid" in layers and snapshot.grid is not None:
        _grid(sheet, snapshot.grid)
    if "real" in layers:
        _dots(sheet, snapshot.real, sheet.colors.real)
    if "generated" in layers:
        _dots(sheet, snapshot.generated, sheet.colors.generated)
    if "arrows" in layers:
        _arrows(sheet, snapshot.arrows)
    _clear_margin(sheet)
    _axes(sheet)
    _words(sheet, snapshot)
    return sheet.image.resize((size, size), Image.Resampling.BOX)


def animate(
    frames: Iterable[Snapshot | Image.Image], fps: float = 12.0, size: int = 360, dark: bool = False
) -> bytes:
    """An endless GIF of pictures or of snapshots drawn by `render`. Raises `ValueError` for no frame."""
    if not FPS[0] <= fps <= FPS[1]:
        raise ValueError(f"fps is {fps:g}, but must be {FPS[0]:g} to {FPS[1]:g} frames per second.")
    images = [frame if isinstance(frame, Image.Image) else render(frame, size, dark) for frame in frames]
    if not images:
        raise ValueError("The animation has no frame; at least 1 is needed.")
    shared = _shared_palette(images)
    first, *rest = (_reduced(image, shared) for image in images)
    hundredths = round(100 / fps)
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest, duration=10 * hundredths, loop=0)
    return out.getvalue()


def _shared_palette(images: list[Image.Image]) -> Image.Image:
    """One palette for all frames, from the first, the middle and the last: still parts keep their colour."""
    chosen = [images[i].convert("RGB") for i in sorted({0, len(images) // 2, len(images) - 1})]
    strip = Image.new("RGB", (sum(image.width for image in chosen), max(image.height for image in chosen)))
    at = 0
    for image in chosen:
        strip.paste(image, (at, 0))
        at += image.width
    return strip.quantize(COLORS, method=Image.Quantize.MAXCOVERAGE)


def _reduced(image: Image.Image, shared: Image.Image) -> Image.Image:
    return image.convert("RGB").quantize(palette=shared, dither=Image.Dither.NONE)


def _surface(sheet: _Sheet, values: Array, kind: str, dark: bool) -> None:
    levels = np.rint(np.clip(np.nan_to_num(values, nan=0.5), 0, 1) * LEVELS).astype(np.uint8)
    side = sheet.high - sheet.low
    smooth = Image.fromarray(levels[::-1]).resize((side, side), Image.Resampling.BILINEAR)
    colored = table(kind, dark)[np.minimum(np.asarray(smooth), LEVELS)]
    sheet.image.paste(Image.fromarray(colored), (sheet.low, sheet.low))


def _dots(sheet: _Sheet, points: Array, color: str) -> None:
    radius = sheet.side * _DOT
    for x, y in sheet.pixels(points[np.isfinite(points).all(axis=1)]):
        sheet.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def _grid(sheet: _Sheet, grid: Array) -> None:
    for line in sheet.pixels(grid):
        if np.isfinite(line).all():
            sheet.pen.line([(float(x), float(y)) for x, y in line], fill=sheet.colors.muted, width=_SCALE)


def _arrows(sheet: _Sheet, arrows: Array) -> None:
    finite = arrows[np.isfinite(arrows).all(axis=1)]
    tails, heads = sheet.pixels(finite[:, :2]), sheet.pixels(finite[:, :2] + finite[:, 2:])
    width = max(1, round(sheet.side * _ARROW))
    for tail, head in zip(tails, heads, strict=True):
        along = head - tail
        length = float(np.hypot(*along))
        if length < 1:
            continue
        along *= min(5 * width, length) / length
        across = np.array([-along[1], along[0]]) / 2
        neck = head - along
        sheet.pen.line([(*map(float, tail),), (*map(float, neck),)], fill=sheet.colors.ink, width=width)
        corners = (head, neck + across, neck - across)
        sheet.pen.polygon([(float(x), float(y)) for x, y in corners], fill=sheet.colors.ink)


def _clear_margin(sheet: _Sheet) -> None:
    """What lies outside of the axes is not shown."""
    low, high, side = sheet.low, sheet.high, sheet.side
    for box in ((0, 0, side, low - 1), (0, high, side, side), (0, 0, low - 1, side), (high, 0, side, side)):
        sheet.pen.rectangle(box, fill=sheet.colors.background)


def _axes(sheet: _Sheet) -> None:
    edge, tick = _SCALE, sheet.side // 100
    sheet.pen.rectangle(
        (sheet.low - edge, sheet.low - edge, sheet.high + edge - 1, sheet.high + edge - 1),
        outline=sheet.colors.hairline,
        width=edge,
    )
    font = sheet.font(0.026)
    for value in _ticks(sheet.extent):
        x, y = (float(v) for v in sheet.pixels(np.array([value, value], np.float32)))
        label = f"{value:g}"
        for line in ((x, sheet.high, x, sheet.high + tick), (sheet.low - tick, y, sheet.low, y)):
            sheet.pen.line(line, fill=sheet.colors.muted, width=edge)
        sheet.pen.text((x, sheet.high + 1.4 * tick), label, sheet.colors.muted, font, anchor="mt")
        sheet.pen.text((sheet.low - 1.6 * tick, y), label, sheet.colors.muted, font, anchor="rm")


def _ticks(extent: float) -> list[float]:
    """Round numbers, symmetric about 0: at most 4 on either side."""
    power = 10.0 ** np.floor(np.log10(extent))
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5) if extent <= 4 * s * power) * power
    count = int(extent / step + 1e-6)
    return [round(float(i * step), 10) for i in range(-count, count + 1)]


def _words(sheet: _Sheet, snapshot: Snapshot) -> None:
    """Title and iteration above the canvas, in the colours below it what they mean."""
    colors = sheet.colors
    top = sheet.low - sheet.side // 60
    sheet.pen.text((sheet.low, top), snapshot.title, colors.ink, sheet.font(0.034), anchor="ls")
    caption = f"iteration {snapshot.iteration:,}"
    sheet.pen.text((sheet.high, top), caption, colors.muted, sheet.font(0.03), anchor="rs")
    x, y, font = float(sheet.low), sheet.side - sheet.side // 90, sheet.font(0.028)
    for word, color in (("real", colors.real), ("generated", colors.generated)):
        sheet.pen.text((x, y), word, color, font, anchor="ls")
        x += sheet.pen.textlength(word + "   ", font)
