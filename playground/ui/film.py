"""A run as a film: replayed from its link and drawn at evenly spread moments. Knows nothing of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from playground.figures.raster import animate, render
from playground.session import Session

GIF_FRAMES, GIF_SIZE, GIF_RATE = 48, 360, 12
LAYERS_OF_A_PICTURE = frozenset({"surface", "real", "generated"})


def film(link: str, iterations: int, device: str | None) -> bytes:
    """The run of a link, replayed from its start and drawn at evenly spread moments; an animated GIF."""
    replay = Session(device=device)
    replay.open_link(link)
    while replay.advance(1000.0) < 1.0:
        pass
    moments = sorted({round(at) for at in np.linspace(0, iterations, GIF_FRAMES)})

    def frames() -> Iterator[Any]:
        for moment in moments:
            replay.seek(moment)
            shots = replay.snapshots(LAYERS_OF_A_PICTURE, exact=False)
            yield side_by_side([render(shot, GIF_SIZE) for shot in shots])

    return animate(frames(), fps=GIF_RATE)


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    """Compare's two pictures as one."""
    width = sum(p.width for p in pictures)
    whole = Image.new("RGB", (width, pictures[0].height))
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width
    return whole
