"""Snapshots as one compact text for the live page, and back.

A frame is base64 of: "GPF1", the length of a JSON header, the header (numbers, words, and where each array
lies), then the arrays: positions as 16-bit steps, surfaces as 254 levels. Knows nothing of how a frame
travels or is drawn; `static/frame.js` reads the same layout.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.figures.palette import LEVELS
from playground.snapshots import NAN, Curves, Measures, Snapshot, Update

MAGIC = b"GPF1"
REACH = 4.0  # positions are kept up to this many extents from the centre, farther ones stop there
STEPS = 32767  # 16-bit steps from the centre to REACH extents; -32768 stands for not a number
LATENT_STEP = 1 / 4096
LATENTS_SHOWN = 4  # coordinates of z that a frame carries
SCORE_STEPS = 65534
SLOW_EVERY = 6  # while playing, what hardly changes (real points, latents, curves) is in every 6th frame
CURVE_POINTS = 240
Raw = NDArray[Any]


@dataclass(frozen=True)
class Frame:
    """What `unpack_frame` found."""

    frame_id: int
    session: str
    playing: bool
    stage: int
    caption: str
    snapshots: list[Snapshot]


def pack_frame(
    snapshots: Sequence[Snapshot],
    *,
    frame_id: int,
    session: str,
    playing: bool = False,
    stage: int = 0,
    caption: str = "",
) -> str:
    """The frame as text. With `playing`, the parts that hardly change are left out of most frames.

    `stage` from 1 to 8 shows one stage of slow motion, `caption` replaces its words.
    """
    slow = not playing or frame_id % SLOW_EVERY == 0
    body = bytearray()
    header = {
        "frame": int(frame_id),
        "session": session,
        "playing": bool(playing),
        "stage": int(stage),
        "caption": caption,
        "snapshots": [_described(snapshot, _arrays(snapshot, slow), body) for snapshot in snapshots],
    }
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(len(text) + 8) % 8)
    return base64.b64encode(MAGIC + struct.pack("<I", len(text)) + text + body).decode()


def _described(snapshot: Snapshot, arrays: dict[str, Raw], body: bytearray) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for name, array in arrays.items():
        parts[name] = [array.dtype.str[1:], list(array.shape), len(body)]
        body += np.ascontiguousarray(array).tobytes()
        body += b"\0" * (-len(body) % 8)
    return {
        "run": snapshot.run,
        "title": snapshot.title,
        "model": snapshot.model,
        "backend": snapshot.backend,
        "extent": float(snapshot.extent),
        "sentence": snapshot.sentence,
        "iteration": int(snapshot.iteration),
        "last_iteration": int(snapshot.last_iteration),
        "diverged": snapshot.diverged,
        "surface_kind": snapshot.surface_kind,
        "update": _numbers(asdict(snapshot.update)),
        "measures": _numbers(asdict(snapshot.measures)),
        "parts": parts,
    }


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN: it becomes null; other floats keep six digits."""
    return {name: _number(value) if isinstance(value, float) else value for name, value in values.items()}


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _arrays(s: Snapshot, slow: bool) -> dict[str, Raw]:
    arrays: dict[str, Raw] = {}
    if s.surface is not None:
        arrays["surface"] = _levels(s.surface)
    if s.d_star is not None:
        arrays["d_star"] = _levels(s.d_star)
    if len(s.generated):
        arrays["generated"] = _positions(s.generated, s.extent)
    if len(s.scores):
        arrays["scores"] = _steps(s.scores, SCORE_STEPS).astype("<u2")
    if len(s.arrows):
        arrays["arrows"] = s.arrows.astype("<f4")
    if s.grid is not None and s.grid.size:
        arrays["grid"] = _positions(s.grid, s.extent)
    if slow and len(s.real):
        arrays["real"] = _positions(s.real, s.extent)
    if slow and len(s.latents):
        shown = np.clip(np.nan_to_num(s.latents[:, :LATENTS_SHOWN]) / LATENT_STEP, -STEPS, STEPS)
        arrays["latents"] = np.rint(shown).astype("<i2")
    if slow and s.curves is not None and len(s.curves.iteration):
        arrays |= _thinned(s.curves)
    return arrays


def _levels(values: Raw) -> Raw:
    return _steps(values, LEVELS).astype(np.uint8)


def _steps(values: Raw, most: int) -> Raw:
    """Values in [0, 1] as whole steps; not-a-number becomes most + 1."""
    steps = np.rint(np.clip(values, 0, 1) * most)
    return np.where(np.isnan(values), most + 1, steps)


def _positions(values: Raw, extent: float) -> Raw:
    steps = np.clip(np.rint(values * (STEPS / (REACH * extent))), -STEPS, STEPS)
    return np.where(np.isnan(values), -STEPS - 1, steps).astype("<i2")


def _thinned(curves: Curves) -> dict[str, Raw]:
    """At most about `CURVE_POINTS` moments of each curve, the newest always among them.

    The stride is a power of two, so the kept moments stay the same from frame to frame.
    """
    total = len(curves.iteration)
    stride = 1 << max(0, math.ceil(math.log2(total / CURVE_POINTS)))
    kept = np.unique(np.append(np.arange(0, total, stride), total - 1))
    return {
        f"curves.{f.name}": np.asarray(getattr(curves, f.name))[kept].astype(
            "<i4" if f.name == "iteration" else "<f4"
        )
        for f in fields(Curves)
    }


def unpack_frame(text: str) -> Frame:
    """The frame that `pack_frame` made; raises ValueError for any other text."""
    data = base64.b64decode(text, validate=True)
    if data[:4] != MAGIC:
        raise ValueError("This is not a frame: it must start with GPF1.")
    (length,) = struct.unpack_from("<I", data, 4)
    header = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    return Frame(
        frame_id=header["frame"],
        session=header["session"],
        playing=header["playing"],
        stage=header["stage"],
        caption=header["caption"],
        snapshots=[_snapshot(described, body) for described in header["snapshots"]],
    )


def _snapshot(h: dict[str, Any], body: memoryview) -> Snapshot:
    parts = {
        name: np.frombuffer(body, np.dtype("<" + kind), math.prod(shape), at).reshape(shape)
        for name, (kind, shape, at) in h["parts"].items()
    }

    def positions(name: str) -> Any:
        raw = parts.get(name, np.zeros((0, 2), "<i2")).astype(np.float32)
        scaled = raw * np.float32(REACH * h["extent"] / STEPS)
        return np.where(raw < -STEPS, np.float32(np.nan), scaled)

    def shares(name: str, most: int) -> Any:
        raw = parts.get(name, np.zeros(0, np.uint8)).astype(np.float32)
        return np.where(raw > most, np.nan, raw / np.float32(most)).astype(np.float32)

    curves = {name[7:]: array for name, array in parts.items() if name.startswith("curves.")}
    return Snapshot(
        run=h["run"],
        title=h["title"],
        model=h["model"],
        backend=h["backend"],
        extent=h["extent"],
        update=Update(**_finite(h["update"])),
        sentence=h["sentence"],
        iteration=h["iteration"],
        last_iteration=h["last_iteration"],
        diverged=h["diverged"],
        surface=shares("surface", LEVELS) if "surface" in parts else None,
        surface_kind=h["surface_kind"],
        d_star=shares("d_star", LEVELS) if "d_star" in parts else None,
        real=positions("real"),
        generated=positions("generated"),
        latents=parts.get("latents", np.zeros((0, 1), "<i2")).astype(np.float32) * np.float32(LATENT_STEP),
        scores=shares("scores", SCORE_STEPS),
        arrows=parts.get("arrows", np.zeros((0, 4), np.float32)),
        grid=positions("grid") if "grid" in parts else None,
        curves=Curves(**curves) if curves else None,
        measures=Measures(**_finite(h["measures"])),
    )


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {name: NAN if value is None else value for name, value in values.items()}
