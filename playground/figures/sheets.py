"""Faces as picture files: grids of them, enlargements, PNG and WebP. Knows nothing of models or of the page.

Images are (N, side, side, 3) or (height, width, 3), unsigned bytes.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
WEBP_QUALITY = 90  # of pictures that are only looked at; what is taken away is PNG
MOST_PIXELS = 64_000_000  # of one picture


def sheet(images: Pixels, columns: int | None = None, gap: int = 0, paper: int = 255) -> Pixels:
    """(N, s, s, 3) -> one picture, row by row; `gap` pixels of grey level `paper` between two faces.

    Without `columns` all stand in one row; places left over are paper. Raises `ValueError` for none, and for
    more than `MOST_PIXELS`.
    """
    faces = np.asarray(images, np.uint8)
    if faces.ndim != 4 or faces.shape[-1] != 3 or not len(faces):
        raise ValueError(f"images has the shape {faces.shape}: a sheet needs (N, height, width, 3), N > 0.")
    count, high, wide, _ = faces.shape
    columns = min(columns or count, count)
    rows = -(-count // columns)
    height, width = rows * (high + gap) - gap, columns * (wide + gap) - gap
    if height * width > MOST_PIXELS:
        raise ValueError(f"The sheet would have {height * width:,} pixels: allowed are {MOST_PIXELS:,}.")
    whole = np.full((height, width, 3), paper, np.uint8)
    for i, face in enumerate(faces):
        top, left = i // columns * (high + gap), i % columns * (wide + gap)
        whole[top : top + high, left : left + wide] = face
    return whole


def enlarge(image: Pixels, factor: int) -> Pixels:
    """Every pixel as a square of `factor` x `factor`: nothing is invented between pixels."""
    return np.asarray(image).repeat(factor, axis=-3).repeat(factor, axis=-2)


def png(image: Pixels) -> bytes:
    """Lossless; compressed lightly, since a face waits for it."""
    return _encoded(image, "PNG", compress_level=1)


def webp(image: Pixels) -> bytes:
    """Three to four times smaller than PNG, and not quite exact."""
    return _encoded(image, "WEBP", quality=WEBP_QUALITY, method=0)


def data_url(image: Pixels, exact: bool = True) -> str:
    """The picture as text for an `<img>`: PNG, or WebP where it need not be exact."""
    kind, content = ("png", png(image)) if exact else ("webp", webp(image))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _encoded(image: Pixels, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(out, kind, **options)
    return out.getvalue()
