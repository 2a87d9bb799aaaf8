"""One picture, however it was encoded, as the square of RGB bytes that the networks see.

    upright -> RGB on white -> centre square -> resized

Sizes are checked before anything is decoded, and whatever Pillow might say becomes one sentence. This file
does not know where a picture came from.
"""

from __future__ import annotations

import io
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playground.config import ConfigError
from playground.limits import limits

Face: TypeAlias = NDArray[np.uint8]  # (size, size, 3)
Content: TypeAlias = bytes | Path | Image.Image | NDArray[np.generic]

LARGE_PIXELS = 4_000_000  # more are decoded one picture at a time: 32 million take about .5 GB meanwhile
SIZES = (8, 512)
# rasters only: Pillow would also run Ghostscript for PostScript
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_DRAFT = 4  # a JPEG is decoded at 1/2, 1/4 or 1/8 if that leaves this many times the side that is asked for
_ORIENTATION = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Unreadable(ValueError):
    """Why a picture gives no face: the end of a sentence that begins with its name."""


def one_face(image: Content, size: int) -> Face:
    """(size, size, 3) uint8 from an encoded picture (bytes or a file), a Pillow image or a uint8 array.

    Arrays are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4). The centre square is kept; it is averaged where its
    side is a multiple of size, and else resized with Lanczos's filter. Raises `ConfigError`.
    """
    check_size(size)
    try:
        return read_face(image, size)
    except Unreadable as error:
        raise ConfigError(f"The image {error}.") from None


def check_size(size: object) -> None:
    """Raises `ConfigError` unless size is a side that faces may have."""
    low, high = SIZES
    if type(size) is not int or not low <= size <= high:
        raise ConfigError(f"size = {str(size)[:40]}: allowed is a whole number of {low} to {high} pixels.")


def read_face(image: Content, size: int, turn: Lock | None = None) -> Face:
    """`one_face` for many threads, of which one at a time decodes a large picture. Raises `Unreadable`."""
    try:
        opened = _opened(image)  # at the first frame, if it is an animation
        (width, height), most = opened.size, limits().picture_pixels
        if not 0 < width * height <= most:
            raise Unreadable(f"has {width:,} x {height:,} pixels; allowed are 1 to {most:,} of them in all")
        if opened is not image:
            opened.draft(None, (_DRAFT * size, _DRAFT * size))  # JPEG only; the others stay as they are
        with turn if turn and opened.width * opened.height > LARGE_PIXELS else nullcontext():
            return np.array(_resized(_square(_rgb(opened)), size), dtype=np.uint8)
    except Unreadable:
        raise
    except Image.DecompressionBombError:
        raise Unreadable(f"has too many pixels; allowed are {limits().picture_pixels:,}") from None
    except Exception as error:  # damaged files make Pillow's readers raise nearly anything
        said = type(error).__name__
        raise Unreadable(
            f"must be a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture, but is none ({said})"
        ) from None


# ---------------------------------------------------------------- opening


def _opened(image: Content) -> Image.Image:
    if isinstance(image, Image.Image):
        return image
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, Path):
        if not image.is_file():
            raise Unreadable("is no file")
        _check_bytes(image.stat().st_size)
        with image.open("rb") as file:
            image = file.read(limits().picture_bytes + 1)
    if not isinstance(image, bytes):
        raise Unreadable(
            f"is of type {type(image).__name__}; allowed are bytes, a file, a Pillow image or an array"
        )
    _check_bytes(len(image))
    return Image.open(io.BytesIO(image), formats=FORMATS)


def _check_bytes(count: int) -> None:
    if not 0 < count <= limits().picture_bytes:
        raise Unreadable(f"has {count:,} bytes; allowed are 1 to {limits().picture_bytes:,}")


def _from_array(array: NDArray[np.generic]) -> Image.Image:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or channels not in (1, 3, 4) or not array.size:
        raise Unreadable(
            f"is an array {array.shape} of {array.dtype}; allowed is uint8 of (H, W), (H, W, 1), (H, W, 3) "
            "or (H, W, 4)"
        )
    height, width = array.shape[:2]
    return Image.fromarray(np.ascontiguousarray(array.reshape(height, width) if channels == 1 else array))


# ---------------------------------------------------------------- from any picture to the square


def _rgb(image: Image.Image) -> Image.Image:
    """Upright and RGB; what is transparent shows white."""
    image.load()  # Pillow turns a TIFF upright itself, and then no longer says that it lay
    turn = _UPRIGHT.get(_orientation(image))
    if image.mode[0] in "IF":
        image = _from_deep(image)
    elif image.has_transparency_data:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    image = image if image.mode == "RGB" else image.convert("RGB")
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION)
    except Exception:  # damaged EXIF data are no reason to refuse the picture
        return 1
    return found if isinstance(found, int) else 1


def _from_deep(image: Image.Image) -> Image.Image:
    """Grey of 16 bits (32 are read as 16), or of real numbers in [0, 1], else [0, 255]: rounded to 8 bits."""
    values = np.nan_to_num(np.asarray(image).astype(np.float32))
    real = 1.0 if values.max() <= 1.0 else 255.0
    most = real if image.mode == "F" else 65535.0
    return Image.fromarray(np.rint(np.clip(values / most, 0.0, 1.0) * 255.0).astype(np.uint8))


def _square(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image if image.width == image.height else image.crop((left, top, left + side, top + side))


def _resized(image: Image.Image, size: int) -> Image.Image:
    if image.width == size:
        return image
    whole = image.width % size == 0
    return image.resize((size, size), Image.Resampling.BOX if whole else Image.Resampling.LANCZOS)
