"""Frames, made where their session lives: what travels is the text of a frame, and not what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from playground.translations import translate

SENTENCES = ("title", "sentence", "diverged", "source", "where")  # of a snapshot, where it has them


@dataclass(frozen=True)
class Look:
    """What a page wants to see, and how it is packed: snapshots -> the text of a frame."""

    pack: Callable[..., str]
    visitor: str  # whose frames these are
    layers: frozenset[str]
    language: str


@dataclass(frozen=True)
class Played:
    """A frame of a run that plays, and how far the run is."""

    text: str
    iteration: int
    stopped: bool  # it cannot go on; the frame has all its measures
    iterations: int  # that were done for this frame


def show(
    session: Any, look: Look, frame: int, *, stage: int = 0, caption: str = "", preview: bool = False
) -> str:
    """This moment with all its measures; with `preview`, the middle of the next iteration."""
    seen = (session.preview if preview else session.snapshots)(look.layers)
    return _packed(look, frame, seen, stage=stage, caption=caption)


def play(
    session: Any, look: Look, frame: int, budget_ms: float, limit: int | None, last: int | None
) -> Played:
    """Train for about `budget_ms`, at most `limit` iterations and not beyond iteration `last`; show it."""
    before = session.iteration
    if last is not None:
        left = max(1, last - before)
        limit = min(limit or left, left)
    session.play(budget_ms, limit)
    stopped = bool(session.stopped)
    seen = session.snapshots(look.layers) if stopped else session.snapshots(look.layers, exact=False)
    text = _packed(look, frame, seen, playing=not stopped)
    after = session.iteration
    return Played(text, after, stopped, after - before)


def _packed(look: Look, frame: int, snapshots: list[Any], **how: Any) -> str:
    shown = [_said(snapshot, look.language) for snapshot in snapshots]
    return look.pack(shown, frame_id=frame, session=look.visitor, **how)


def _said(snapshot: Any, language: str) -> Any:
    """A snapshot with its sentences in a language."""
    said: dict[str, Any] = {
        name: translate(getattr(snapshot, name), language) for name in SENTENCES if hasattr(snapshot, name)
    }
    measures = getattr(snapshot, "measures", None)
    if measures is not None:
        note = translate(measures.density_note, language)
        said["measures"] = replace(measures, density_note=note)
    return replace(snapshot, **said) if said else snapshot
