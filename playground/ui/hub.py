"""All visitors of one app: who they are, which of them play, and how the machine's time is shared.

One object per app, no module state. It knows sessions and frames, but neither Gradio nor the page's controls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from playground.config import RunConfig
from playground.figures.frames import pack_frame
from playground.session import Session
from playground.snapshots import Snapshot
from playground.translations import phrase, translate
from playground.words import DEFAULT_LANGUAGE

MAX_SESSIONS = 64
IDLE_SECONDS = 600.0
FRAME_SECONDS = 1 / 24
BUDGET_MS = 15.0  # of training in each frame interval, shared by all who play
IN_FLIGHT = 3  # frames sent and not yet painted
POLL_SECONDS = 0.004  # between two looks at whether a frame was painted
LOST_SECONDS = 5.0  # without a painted frame: nobody is looking
LAYERS = frozenset({"surface", "real", "generated", "arrows"})  # until the page says what it draws
SENTENCES = ("title", "sentence", "diverged", "source", "where")  # of a snapshot, where it has them


class HubError(ValueError):
    """A visitor who cannot be served: a sentence."""


@dataclass
class Visitor:
    """One open page."""

    name: str
    session: Session
    seen: float
    speed: int = 10  # iterations in a frame while playing; 0 is as many as the time allows
    playing: bool = False
    moving: bool = False  # whether the newest frame said that more follow
    language: str = DEFAULT_LANGUAGE  # of the page's sentences
    layers: frozenset[str] = LAYERS  # what the page draws now
    pack: Callable[..., str] = pack_frame  # snapshots -> the text of a frame
    lock: Lock = field(default_factory=Lock)  # held while a frame is made
    _switch: Lock = field(default_factory=Lock)  # held for a moment, to start and to stop
    _turn: int = 0  # grows whenever playing starts or stops: an older player ends
    _sent: int = 0
    _painted: int = 0

    def start(self) -> int:
        """Begin to play; the turn that `still` asks for. Whoever played before ends."""
        with self._switch:
            self._turn += 1
            self.playing, self._painted = True, self._sent
            return self._turn

    def end(self, turn: int) -> None:
        """End playing, unless another turn began meanwhile. Never waits."""
        with self._switch:
            if self._turn == turn:
                self._turn += 1
                self.playing = False

    def stop(self) -> None:
        """End playing, whoever plays; returns when the frame under way is done, so that no other follows."""
        with self._switch:
            self._turn += 1
            self.playing = False
        with self.lock:
            pass

    def still(self, turn: int) -> bool:
        """Whether nobody stopped or restarted since `turn`."""
        return self.playing and self._turn == turn

    def acknowledge(self, frame: int) -> None:
        """The page has painted a frame."""
        if self._painted < frame <= self._sent:
            self._painted = frame

    @property
    def in_flight(self) -> int:
        """Frames sent and not yet painted."""
        return self._sent - self._painted

    def frame(self, *, stage: int = 0, caption: str = "", snapshots: list[Snapshot] | None = None) -> str:
        """This moment with all its measures, packed for the page."""
        with self.lock:
            return self._pack(snapshots or self.session.snapshots(self.layers), stage=stage, caption=caption)

    def played_frame(self, turn: int, budget_ms: float, last_iteration: int | None = None) -> str | None:
        """Train for a moment, not beyond `last_iteration`, and pack it; None once this turn is over."""
        with self.lock:
            if not self.still(turn):
                return None
            limit = self.speed or None
            if last_iteration is not None:
                left = max(1, last_iteration - self.session.iteration)
                limit = min(limit or left, left)
            self.session.play(budget_ms, limit)
            if self.session.stopped:
                return self._pack(self.session.snapshots(self.layers))
            return self._pack(self.session.snapshots(self.layers, exact=False), playing=True)

    def _pack(self, snapshots: list[Snapshot], **how: Any) -> str:
        self._sent += 1
        self.moving = bool(how.get("playing"))
        shown = [_said(snapshot, self.language) for snapshot in snapshots]
        return self.pack(shown, frame_id=self._sent, session=self.name, **how)


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


class Hub:
    """The visitors of one app by the name of their page's session.

    Made for the lab's sessions. A subclass for runs of another kind says here how they are packed, how long
    they may train for a frame, and what a visitor who cannot be served is told.
    """

    pack: Callable[..., str] = staticmethod(pack_frame)
    budget_ms = BUDGET_MS
    full = (
        "All {places} places are taken just now. Try again in a few minutes, or run the playground on your "
        "own machine: two commands, see its README."
    )
    released = (
        "This run was released after {minutes:.0f} idle minutes. Reload the page: its address holds the run."
    )

    def __init__(
        self,
        *,
        device: str | None = None,
        max_sessions: int = MAX_SESSIONS,
        idle_seconds: float = IDLE_SECONDS,
        make_session: Callable[[], Session] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.device = device
        self._make_session = make_session or (lambda: Session(RunConfig(), device=device))
        self._max_sessions, self._idle_seconds = max_sessions, idle_seconds
        self._clock, self._sleep = clock, sleep
        self._visitors: dict[str, Visitor] = {}
        self._lock = Lock()
        # One thread makes the frames of all who play, in turn: several would only hinder each other, and
        # waiting ones would fill the pool that every other callback needs.
        self._player = ThreadPoolExecutor(max_workers=1, thread_name_prefix="player")

    def __len__(self) -> int:
        return len(self._visitors)

    def open(self, name: str, make_session: Callable[[], Session] | None = None) -> Visitor:
        """The visitor of this name, made where there is none. Raises `HubError` when the house is full."""
        with self._lock:
            self._evict()
            visitor = self._visitors.get(name)
            if visitor is None:
                if len(self._visitors) >= self._max_sessions:
                    raise HubError(phrase(self.full, places=self._max_sessions))
                session = (make_session or self._make_session)()
                visitor = Visitor(name, session, self._clock(), pack=self.pack)
                self._visitors[name] = visitor
            visitor.seen = self._clock()
            return visitor

    def knows(self, name: str) -> bool:
        """Whether there is a visitor of this name."""
        return name in self._visitors

    def find(self, name: str) -> Visitor:
        """The visitor of this name. Raises `HubError` where it was released."""
        visitor = self._visitors.get(name)
        if visitor is None:
            raise HubError(phrase(self.released, minutes=self._idle_seconds / 60))
        visitor.seen = self._clock()
        return visitor

    def release(self, name: str) -> None:
        """The page was closed: forget it; its work ends with the frame under way."""
        with self._lock:
            visitor = self._visitors.pop(name, None)
        if visitor is not None:
            visitor.stop()

    def acknowledge(self, name: object, frame: object) -> None:
        """A page says that it painted a frame. Anyone can call this, so it is checked and can do no harm."""
        visitor = self._visitors.get(name) if isinstance(name, str) else None
        if visitor is not None and isinstance(frame, int) and not isinstance(frame, bool):
            visitor.acknowledge(frame)
            visitor.seen = self._clock()

    @property
    def playing(self) -> int:
        """How many visitors play."""
        return sum(visitor.playing for visitor in list(self._visitors.values()))

    async def play(self, visitor: Visitor, iterations: int | None = None) -> AsyncIterator[str]:
        """Frames while the visitor plays: paced, few in flight, nothing computed while none is painted."""
        turn = visitor.start()
        last = visitor.session.iteration + iterations if iterations else None
        loop = asyncio.get_running_loop()
        try:
            due = self._clock()
            while visitor.still(turn) and (last is None or visitor.session.iteration < last):
                budget = self.budget_ms / max(1, self.playing)
                frame = await loop.run_in_executor(self._player, visitor.played_frame, turn, budget, last)
                if frame is None or not visitor.still(turn):
                    return
                yield frame
                if visitor.session.stopped:
                    return
                due = max(due + FRAME_SECONDS, self._clock())
                await self._sleep(due - self._clock())
                if not await self._painted(visitor, turn):
                    return
        finally:
            visitor.end(turn)

    async def _painted(self, visitor: Visitor, turn: int) -> bool:
        """Wait until few frames are in flight; False where the visitor stopped or nobody looks."""
        since = self._clock()
        while visitor.in_flight >= IN_FLIGHT and visitor.still(turn):
            if self._clock() - since > LOST_SECONDS:
                return False
            await self._sleep(POLL_SECONDS)
        return visitor.still(turn)

    def _evict(self) -> None:
        """Release whoever has long said nothing; who plays speaks with each painted frame, and has longer."""
        now = self._clock()
        for name, visitor in list(self._visitors.items()):
            if now - visitor.seen > self._idle_seconds * (2 if visitor.playing else 1):
                del self._visitors[name]
                visitor.stop()
