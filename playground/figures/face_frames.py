"""One moment of a face training as one text for the live page, and back.

The faces of all strips lie in one picture, row by row: JPEG while playing, PNG (exact) at rest. The rest is
JSON beside it: numbers, words, curves. Knows nothing of training, of how a frame travels or of how the page
places it; `static/face_train.js` reads the same layout.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLUMNS = 8  # faces in a row of the picture that carries them
QUALITY = 92  # of JPEG
SLOW_EVERY = 6  # while playing, the curves are in every 6th frame
CURVE_POINTS = 160
Faces = NDArray[np.uint8]


class Strip(Protocol):
    """Faces of one kind: "real", "generated" or "reconstruction", and a number for each (NaN for none)."""

    @property
    def kind(self) -> str: ...
    @property
    def images(self) -> Faces: ...  # (N, side, side, 3)
    @property
    def values(self) -> NDArray[np.float32]: ...  # (N,) D in [0, 1], or an error


class Moment(Protocol):
    """What a frame shows; `session.face_view.FaceMoment` is one."""

    @property
    def run(self) -> int: ...  # grows with every new run
    @property
    def model(self) -> str: ...  # "gan", "vae" or "ae"
    @property
    def title(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def diverged(self) -> str: ...
    @property
    def where(self) -> str: ...  # how it is computed
    @property
    def source(self) -> str: ...  # whose faces it learns from
    @property
    def iteration(self) -> int: ...
    @property
    def strips(self) -> Sequence[Strip]: ...
    @property
    def numbers(self) -> dict[str, float]: ...
    @property
    def curves(self) -> dict[str, NDArray[Any]]: ...  # "iteration" and others of its length


# (model, kind of strip) -> its title and what to look for
WORDS: dict[tuple[str, str], tuple[str, str]] = {
    ("gan", "real"): ("Real faces", "The number is D, the chance it gives this face of being real."),
    ("gan", "generated"): (
        "Generated faces",
        "Each keeps its own z. Look for faces whose bar turns green: there G fools D.",
    ),
    ("vae", "real"): ("Real faces", ""),
    ("vae", "reconstruction"): (
        "Generated from their codes",
        "Compare with the face above. The number is the error, 0 to 1: look for what is lost.",
    ),
    ("vae", "generated"): (
        "Generated from random codes",
        "Codes from the prior N(0, I). Look for faces everywhere, but blurred ones.",
    ),
    ("ae", "real"): ("Real faces", ""),
    ("ae", "reconstruction"): (
        "Generated from their codes",
        "Compare with the face above. The number is the error, 0 to 1: look for what is lost.",
    ),
    ("ae", "generated"): (
        "Generated from random codes",
        "From a Gaussian fitted to real faces' codes. Look at what falls apart: the decoder never saw these.",
    ),
}


@dataclass(frozen=True)
class Frame:
    """What `unpack_faces` found: the JSON, and the faces of each strip (exact only at rest)."""

    header: dict[str, Any]
    faces: list[Faces]


def pack_faces(
    moments: Sequence[Moment],
    *,
    frame_id: int,
    session: str,
    playing: bool = False,
    stage: int = 0,
    caption: str = "",
) -> str:
    """The frame of the one moment in `moments`. `stage` is unused, `caption` replaces the sentence.

    Raises `ValueError` unless there is exactly one moment and all its faces have one side.
    """
    (moment,) = moments
    strips = []
    for strip in moment.strips:
        title, look = WORDS[moment.model, strip.kind]
        if strip.kind == "real" and moment.source:
            title += f" ({moment.source})"
        values = [_number(value) for value in strip.values.tolist()]
        strips.append({"kind": strip.kind, "title": title, "caption": look, "values": values})
    header = {
        "frame": int(frame_id),
        "session": session,
        "playing": bool(playing),
        "run": int(moment.run),
        "model": moment.model,
        "title": moment.title,
        "sentence": caption or moment.sentence,
        "diverged": moment.diverged,
        "where": moment.where,
        "iteration": int(moment.iteration),
        "numbers": {name: _number(value) for name, value in moment.numbers.items()},
        "side": int(moment.strips[0].images.shape[1]),
        "columns": COLUMNS,
        "strips": strips,
        "picture": _picture(np.concatenate([strip.images for strip in moment.strips]), exact=not playing),
    }
    if not playing or frame_id % SLOW_EVERY == 0:
        header["curves"] = _thinned(moment.curves)
    return json.dumps(header, separators=(",", ":"), allow_nan=False)


def _number(value: float) -> float | None:
    """JSON has no NaN: it becomes null; other numbers keep five digits."""
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _picture(faces: Faces, exact: bool) -> str:
    """Faces (N, side, side, 3), `COLUMNS` in a row, as a data URL."""
    count, side = faces.shape[:2]
    rows = -(-count // COLUMNS)
    tiles = np.zeros((rows * COLUMNS, side, side, 3), np.uint8)
    tiles[:count] = faces
    sheet = tiles.reshape(rows, COLUMNS, side, side, 3).swapaxes(1, 2).reshape(rows * side, COLUMNS * side, 3)
    kind = "PNG" if exact else "JPEG"
    how: dict[str, Any] = {"compress_level": 3} if exact else {"quality": QUALITY, "subsampling": 0}
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, kind, **how)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def _thinned(curves: dict[str, NDArray[Any]]) -> dict[str, list[float | None]]:
    """At most about `CURVE_POINTS` moments, the newest among them; the stride is a power of two."""
    total = len(curves["iteration"])
    stride = 1 << max(0, math.ceil(math.log2(max(total, 1) / CURVE_POINTS)))
    kept = sorted({*range(0, total, stride), total - 1} - {-1})
    return {name: [_number(float(values[at])) for at in kept] for name, values in curves.items()}


def unpack_faces(text: str) -> Frame:
    """The frame that `pack_faces` made; raises ValueError for any other text."""
    header = json.loads(text)
    if not isinstance(header, dict) or not str(header.get("picture", "")).startswith("data:image/"):
        raise ValueError("This is not a frame of faces: it must hold a picture.")
    raw = base64.b64decode(header["picture"].partition(",")[2], validate=True)
    sheet = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"))
    side = header["side"]
    rows = sheet.shape[0] // side
    tiles = sheet.reshape(rows, side, COLUMNS, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
    faces, at = [], 0
    for strip in header["strips"]:
        faces.append(tiles[at : at + len(strip["values"])])
        at += len(strip["values"])
    return Frame(header, faces)
