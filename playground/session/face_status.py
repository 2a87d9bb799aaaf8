"""A visitor's face training as it is made, and what a page tells of it beside its picture.

Asked where the training lives, which may be another process. Knows no page.
"""

from __future__ import annotations

from dataclasses import dataclass

from playground.data.faces import FaceSet
from playground.session.face_run import FaceRun
from playground.session.face_settings import FaceSettings


def face_run(
    place: object, settings: FaceSettings, faces: FaceSet, device: str, history_bytes: int, stamp: int = 0
) -> FaceRun:
    """A visitor's training, made where it will live; `stamp` is that of the run before it."""
    run = FaceRun(settings, faces, device=device, history_bytes=history_bytes)
    run.stamp += stamp
    return run


@dataclass(frozen=True)
class FaceStatus:
    """A training at this moment."""

    settings: FaceSettings
    stopped: bool
    diverged: str
    stamp: int


def state_of(run: FaceRun) -> FaceStatus:
    """The state of a training."""
    return FaceStatus(run.settings, run.stopped, run.diverged, run.stamp)


def source_of(run: FaceRun) -> str:
    """Where the faces are from, in words."""
    return run.faces.source
