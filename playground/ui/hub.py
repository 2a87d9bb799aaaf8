"""All visitors of one app: who they are, which of them play, and how the machine's time is shared.

One object per app, no module state. It knows sessions and frames, but neither Gradio nor the page's controls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from playground.config import RunConfig
from playground.figures.frames import pack_frame
from playground.session import Session
from playground.snapshots import Snapshot

MAX_SESSIONS = 64
IDLE_SECONDS = 600.0
FRAME_SECONDS = 1 / 24
BUDGET_MS = 25.0  # of training in each frame interval, shared by all who play
IN_FLIGHT = 3  # frames sent and not yet painted
LOST_SECONDS = 5.0  # without a painted frame: nobody is looking
LAYERS = frozenset({"surface", "real", "generated", "arrows", "grid", "d_star"})


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
    layers: frozenset[str] = LAYERS  # what the page draws now
    lock: Lock = field(default_factory=Lock)
    _turn: int = 0  # grows whenever playing starts or stops: an older player ends
    _sent: int = 0
    _painted: int = 0

    def start(self) -> int:
        """Begin to play; the turn that `still` asks for."""
        with self.lock:
            self._turn += 1
            self.playing, self._painted = True, self._sent
            return self._turn

    def stop(self) -> None:
        """End playing, whoever plays; returns when no more frames of it can come."""
        with self.lock:
            self._turn += 1
            self.playing = False

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

    def played_frame(self, turn: int, budget_ms: float) -> str | None:
        """Train for a moment and pack it; None once this turn is over."""
        with self.lock:
            if not self.still(turn):
                return None
            self.session.play(budget_ms, self.speed or None)
            if self.session.stopped:
                self.playing = False
                return self._pack(self.session.snapshots(self.layers))
            return self._pack(self.session.snapshots(self.layers, exact=False), playing=True)

    def _pack(self, snapshots: list[Snapshot], **how: Any) -> str:
        self._sent += 1
        return pack_frame(snapshots, frame_id=self._sent, session=self.name, **how)


class Hub:
    """The visitors of one app by the name of their page's session."""

    def __init__(
        self,
        *,
        device: str | None = None,
        max_sessions: int = MAX_SESSIONS,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = device
        self._max_sessions, self._idle_seconds, self._clock = max_sessions, idle_seconds, clock
        self._visitors: dict[str, Visitor] = {}
        self._lock = Lock()
        self.work = Lock()  # threads that train at the same time only hinder each other

    def __len__(self) -> int:
        return len(self._visitors)

    def open(self, name: str) -> Visitor:
        """The visitor of this name, made where there is none. Raises `HubError` when the house is full."""
        with self._lock:
            self._evict()
            visitor = self._visitors.get(name)
            if visitor is None:
                if len(self._visitors) >= self._max_sessions:
                    raise HubError(
                        f"All {self._max_sessions} places are taken just now. Try again in a few minutes, or "
                        "run the playground on your own machine: two commands, see its README."
                    )
                visitor = Visitor(name, Session(RunConfig(), device=self.device), self._clock())
                self._visitors[name] = visitor
            visitor.seen = self._clock()
            return visitor

    def find(self, name: str) -> Visitor:
        """The visitor of this name. Raises `HubError` where it was released."""
        visitor = self._visitors.get(name)
        if visitor is None:
            raise HubError(
                f"This run was released after {self._idle_seconds / 60:.0f} idle minutes. "
                "Reload the page: its address holds the run."
            )
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
        try:
            due = self._clock()
            while visitor.still(turn) and (last is None or visitor.session.iteration < last):
                frame = await asyncio.to_thread(self._work, visitor, turn)
                if frame is None:
                    return
                yield frame
                due = max(due + FRAME_SECONDS, self._clock())
                await asyncio.sleep(due - self._clock())
                if not await self._painted(visitor, turn):
                    return
        finally:
            if visitor.still(turn):
                visitor.stop()

    def _work(self, visitor: Visitor, turn: int) -> str | None:
        with self.work:
            return visitor.played_frame(turn, BUDGET_MS / max(1, self.playing))

    async def _painted(self, visitor: Visitor, turn: int) -> bool:
        """Wait until few frames are in flight; False where the visitor stopped or nobody looks."""
        since = self._clock()
        while visitor.in_flight >= IN_FLIGHT and visitor.still(turn):
            if self._clock() - since > LOST_SECONDS:
                return False
            await asyncio.sleep(0.004)
        return visitor.still(turn)

    def _evict(self) -> None:
        now = self._clock()
        for name, visitor in list(self._visitors.items()):
            if now - visitor.seen > self._idle_seconds and not visitor.playing:
                del self._visitors[name]
