"""Pictures that move: arrays of frames as an animated WebP for the page or a GIF to take away.

Numpy and Pillow only. Knows nothing of what the frames show.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playground.figures.raster import animate

Frames = NDArray[np.uint8]  # (T, H, W, 3)

QUALITY = 88  # of the WebP
MOST_FRAMES = 200
GAP = 8  # white pixels between two films side by side


def ping_pong(frames: Frames, hold: int = 3) -> Frames:
    """There and back for a film without end: both ends stand still for `hold` frames."""
    there = [frames[:1]] * (hold - 1) + [frames] + [frames[-1:]] * (hold - 1)
    return np.concatenate([*there, frames[-2:0:-1]])


def beside(films: Sequence[Frames], gap: int = GAP) -> Frames:
    """Films of the same length and height as one, from left to right, on white."""
    between = np.full((*films[0].shape[:2], gap, 3), 255, np.uint8)
    parts = [part for film in films for part in (between, film)]
    return np.concatenate(parts[1:], axis=2)


def webp(frames: Frames, fps: float = 12.0, scale: int = 1) -> bytes:
    """An endless animated WebP, smoothly enlarged. Raises `ValueError` for a wrong number of frames."""
    first, *rest = _pictures(frames, scale)
    out = io.BytesIO()
    first.save(
        out, "WEBP", save_all=True, append_images=rest, duration=round(1000 / fps), loop=0, quality=QUALITY,
        method=2,
    )  # fmt: skip
    return out.getvalue()


def gif(frames: Frames, fps: float = 12.0, scale: int = 1) -> bytes:
    """The same as an endless GIF of 128 colours."""
    return animate(_pictures(frames, scale), fps=fps)


def _pictures(frames: Frames, scale: int) -> list[Image.Image]:
    if not 1 <= len(frames) <= MOST_FRAMES:
        raise ValueError(f"The film has {len(frames)} frames; allowed is 1 to {MOST_FRAMES}.")
    height, width = frames.shape[1] * scale, frames.shape[2] * scale
    return [Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC) for frame in frames]
