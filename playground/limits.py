"""Every cap of the running app, once: default, unit, range, what it bounds. The environment moves each.

`limits()` is what holds in this process. A field is read from `PLAYGROUND_MAX_` and its name in capitals,
such as `PLAYGROUND_MAX_SESSIONS`; a time (its unit is s or ms) from `PLAYGROUND_` alone, such as
`PLAYGROUND_IDLE_SECONDS`. Facts of mathematics and of formats stay where they are used. Knows settings, and
nothing of who asks for what.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from typing import Any, cast

from playground.config import FIELDS, ConfigError

PREFIX, MAXIMUM = "PLAYGROUND_", "MAX_"
TIMES = ("s", "ms")  # units of what is no maximum
MIB = 2**20
GROUPS = {
    "visitors": "Visitors",
    "time": "Time and work",
    "memory": "Memory",
    "settings": "Settings of a run",
    "points": "Points",
    "pictures": "Requests, uploads and pictures",
    "hub": "The Hugging Face Hub",
    "programs": "Calls of programs",
}


def _limit(default: Any, unit: str, low: float, high: float, group: str, help: str) -> Any:
    return field(default=default, metadata=dict(unit=unit, low=low, high=high, group=group, help=help))


def _setting(name: str, unit: str, help: str) -> Any:
    """The most that a setting may be: what `RunConfig` allows or less, but never less than its default."""
    high = FIELDS[name].metadata["high"]
    return _limit(high, unit, cast(float, FIELDS[name].default), high, "settings", help)


@dataclass(frozen=True)
class Limits:
    """All caps. Raises `ConfigError` with one sentence for a value outside its range."""

    # -- visitors
    sessions: int = _limit(64, "visitors", 1, 100_000, "visitors", "runs open in the lab at the same time")
    lesson_sessions: int = _limit(64, "visitors", 1, 100_000, "visitors", "lessons open at the same time")
    face_sessions: int = _limit(8, "visitors", 1, 10_000, "visitors", "face trainings open at the same time")
    face_trainings: int = _limit(
        3, "visitors", 1, 1_000, "visitors", "face trainings that play at the same time"
    )
    waiting_visitors: int = _limit(
        256, "visitors", 0, 100_000, "visitors", "who waits in line for a place; 0 is no line"
    )
    waiting_events: int = _limit(
        256, "events", 16, 100_000, "visitors", "presses and calls of all visitors that wait for their turn"
    )
    idle_seconds: float = _limit(
        600.0, "s", 1.0, 604_800.0, "visitors", "without a sign of life, until a session is put aside"
    )

    # -- time and work
    frame_ms: float = _limit(
        15.0, "ms", 1.0, 1_000.0, "time", "training in each frame of the lab, shared by all who play"
    )
    lesson_frame_ms: float = _limit(
        34.0, "ms", 1.0, 1_000.0, "time", "work in each frame of the lessons, shared by all who play"
    )
    face_frame_ms: float = _limit(
        55.0, "ms", 1.0, 1_000.0, "time", "training in each frame of faces, shared by all who play"
    )
    work: int = _limit(
        40 * 10**9, "multiplications", 10**8, 10**13, "time",
        "one iteration of a run, forward only: some 3 s on one core",
    )  # fmt: skip
    waiting_questions: int = _limit(
        64, "questions", 1, 100_000, "time", "wishes for faces under way or waiting; one more is refused"
    )
    questions_at_once: int = _limit(2, "questions", 1, 256, "time", "wishes for faces that are worked on")
    searches_at_once: int = _limit(
        1, "searches", 1, 64, "time", "searches for a picture's closest face; the others wait in line"
    )
    search_updates: int = _limit(2_000, "updates", 1, 100_000, "time", "updates of one search")
    search_starts: int = _limit(64, "starts", 1, 1_024, "time", "random starts of one search")
    study_pictures: int = _limit(64, "pictures", 9, 256, "time", "faces of one strip or comparison")
    face_sets_at_once: int = _limit(
        2,
        "uploads",
        1,
        64,
        "time",
        "visitors whose uploads or data sets are being read; the others wait in line",
    )
    exports_at_once: int = _limit(
        2, "files", 1, 64, "time", "files to take away that are being made; the others wait in line"
    )

    # -- memory
    history_bytes: int = _limit(
        2_000_000, "bytes", 0, 10**11, "memory", "earlier moments of one run, for Undo and the timeline"
    )
    face_history_bytes: int = _limit(
        40_000_000, "bytes", 0, 10**11, "memory", "earlier moments of one face training, for Undo"
    )
    put_aside_bytes: int = _limit(
        64 * MIB, "bytes", 0, 10**12, "memory", "sessions put aside; the oldest is forgotten first"
    )
    models: int = _limit(24, "models", 1, 10_000, "memory", "bundled face models in memory, about 8 MB each")
    faces_bytes: int = _limit(
        16 * 2**30,
        "bytes",
        1,
        2**44,
        "memory",
        "all faces of one data set, unpacked; also for `playground train`",
    )

    # -- settings of a run
    width: int = _setting("generator_width", "units", "units in a hidden layer")
    depth: int = _setting("generator_depth", "layers", "hidden layers of a network")
    batch_size: int = _setting("batch_size", "points", "points in a batch")
    face_batch_size: int = _limit(64, "faces", 32, 4_096, "settings", "faces in a batch of a face training")

    # -- points
    points_bytes: int = _limit(
        MIB, "bytes", 1_024, 2**30, "points", "points that are pasted or uploaded, as text"
    )
    points: int = _limit(20_000, "points", 1_000, 10**6, "points", "points that are pasted or uploaded")
    drawn_points: int = _limit(
        20_000, "points", 1_000, 10**6, "points", "points that are drawn on the canvas"
    )

    # -- requests, uploads and pictures
    request_bytes: int = _limit(
        12 * MIB, "bytes", 64 * 2**10, 2**32, "pictures",
        "a request that is no upload, such as a picture in base64 from an agent",
    )  # fmt: skip
    file_bytes: int = _limit(8 * MIB, "bytes", 1, 2**32, "pictures", "one uploaded file")
    upload_bytes: int = _limit(
        64 * MIB, "bytes", 1, 2**36, "pictures", "one upload, and all files that one press names, together"
    )
    upload_files: int = _limit(
        2_000, "pictures", 1, 10**6, "pictures", "pictures uploaded together to learn from"
    )
    picture_pixels: int = _limit(
        32_000_000, "pixels", 4_096, 178_000_000, "pictures",
        "one picture before it is decoded, uploaded or of a data set; about 16 bytes each while it is",
    )  # fmt: skip
    picture_bytes: int = _limit(
        32 * MIB, "bytes", 1, 2**32, "pictures", "one encoded picture, uploaded or of a data set"
    )
    faces: int = _limit(
        20_000, "faces", 32, 10**7, "pictures", "faces of a data set that a visitor's model learns from"
    )

    # -- the Hub
    dataset_bytes: int = _limit(600_000_000, "bytes", 1, 2**44, "hub", "a data set that a visitor names")
    split_bytes: int = _limit(
        32 * 2**30, "bytes", 1, 2**50, "hub", "one split of a data set that is fetched at all"
    )
    hub_models: int = _limit(4, "models", 1, 1_000, "hub", "published models in memory")
    hub_repositories: int = _limit(
        20,
        "repositories",
        1,
        10**6,
        "hub",
        "repositories that one server ever opens; each may keep 64 MiB of disk",
    )
    hub_at_once: int = _limit(
        2, "calls", 1, 64, "hub", "models being opened or published; the others wait in line"
    )

    # -- calls of programs
    api_iterations: int = _limit(
        5_000, "iterations", 1, 10**7, "programs", "iterations of one call of /sample"
    )
    api_points: int = _limit(10_000, "points", 1, 10**6, "programs", "points of one answer of /sample")
    api_work: int = _limit(
        200 * 10**9, "multiplications", 10**8, 10**15, "programs", "one call of /sample: about a minute"
    )
    api_at_once: int = _limit(
        2, "calls", 1, 256, "programs", "calls of /sample at the same time; the others wait in line"
    )
    api_faces: int = _limit(64, "faces", 1, 256, "programs", "faces of one answer of /faces")
    api_steps: int = _limit(32, "faces", 2, 256, "programs", "faces of one answer of /interpolate")
    api_picture_side: int = _limit(
        4_096, "pixels", 64, 13_000, "programs", "the longer side of a picture that is sent to /reconstruct"
    )

    def __post_init__(self) -> None:
        for f in fields(self):
            value, m = getattr(self, f.name), f.metadata
            fits = type(value) is type(f.default) and m["low"] <= value <= m["high"]  # NaN fails
            if not fits:
                raise _refused(f, value)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Limits:
        """The defaults, and what the environment says otherwise; an empty variable says nothing.

        Raises `ConfigError` for a value that cannot be, and for a `PLAYGROUND_MAX_` that bounds nothing.
        """
        environ = os.environ if environ is None else environ
        known = {variable(f): f for f in fields(cls)}
        for name in environ:
            if name.startswith(PREFIX + MAXIMUM) and name not in known:
                near = get_close_matches(name, known, 1)
                raise ConfigError(f"{name} is no limit; the nearest is {near[0] if near else min(known)}.")
        return cls(**{f.name: _read(f, environ[name]) for name, f in known.items() if environ.get(name)})

    def changed(self) -> dict[str, str]:
        """The variables that make these limits in another process: only what differs from the defaults."""
        moved = [f for f in fields(self) if getattr(self, f.name) != f.default]
        return {variable(f): str(getattr(self, f.name)) for f in moved}


@cache
def limits() -> Limits:
    """What holds in this process, whose environment does not change. Raises `ConfigError`."""
    return Limits.from_environment()


def variable(f: Field[Any]) -> str:
    """The environment variable of a field."""
    return PREFIX + ("" if f.metadata["unit"] in TIMES else MAXIMUM) + f.name.upper()


def tables() -> str:
    """All limits in Markdown: a heading and a table for each group, as `docs/limits.md` holds them."""
    heads = ["| variable | default | unit | allowed | what it bounds |", "| --- | ---: | --- | --- | --- |"]
    rows: dict[str, list[str]] = {group: [] for group in GROUPS}
    for f in fields(Limits):
        m = f.metadata
        cells = (f"`{variable(f)}`", _shown(f.default), m["unit"], _range(f), m["help"])
        rows[m["group"]].append(f"| {' | '.join(cells)} |")
    return "\n\n".join("\n".join([f"## {GROUPS[group]}", "", *heads, *rows[group]]) for group in GROUPS)


def _read(f: Field[Any], text: str) -> Any:
    try:
        return float(text) if isinstance(f.default, float) else int(text)
    except ValueError:
        raise _refused(f, text) from None


def _refused(f: Field[Any], value: object) -> ConfigError:
    kind = "number" if isinstance(f.default, float) else "whole number"
    said = f"{variable(f)} is {ascii(value)[:40]}, but must be a {kind} from {_range(f)}"
    return ConfigError(f"{said} ({f.metadata['unit']}).")


def _range(f: Field[Any]) -> str:
    return f"{_shown(f.metadata['low'])} to {_shown(f.metadata['high'])}"


def _shown(value: Any) -> str:
    return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
