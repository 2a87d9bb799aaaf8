"""All visitors of one kind of page: who they are, who waits, who plays, and how the time is shared.

One object per kind of page and app, no module state. Sessions live with the host; idle ones are put aside as
plain data, and come back when their page speaks again. Knows neither Gradio nor the page's controls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import RLock
from typing import Any

from playground.config import RunConfig
from playground.figures.frames import pack_frame
from playground.hosts import Here, Host, Make, Place, UnknownSession
from playground.hosts.look import Played
from playground.hosts.memory import give_back
from playground.limits import Limits, limits
from playground.session import Session
from playground.translations import phrase
from playground.ui.aside import Aside
from playground.ui.line import Line, LineFull
from playground.ui.meters import Meters
from playground.ui.visitor import GONE, Gone, HubError, Visitor, told

FRAME_SECONDS = 1 / 24
IN_FLIGHT = 3  # frames sent and not yet painted
POLL_SECONDS = 0.004  # between two looks at whether a frame was painted
MOST_LEFT = 10_000  # names of closed pages that are remembered
LEFT_SECONDS = 5.0  # in which a closed page's last presses may still come; they bring no run back
SWEEP_SECONDS = 20.0  # between two looks for idle visitors, while anybody is here
FRAMES_AT_ONCE = 4  # that are made in a lane, or wait there for their turn
LOST_SECONDS = 5.0  # without a painted frame: nobody is looking


class HouseFull(HubError):
    """No place is free just now."""


def lab_session(place: Place, device: str | None, history_bytes: int) -> Session:
    """A run of the 2-D lab."""
    return Session(RunConfig(), device=device, history_bytes=history_bytes)


class Hub:
    """The visitors of one kind of page by the name of their page's session.

    Made for the lab's sessions. A subclass for runs of another kind says here how they are packed, how long
    they may train for a frame, and what a visitor who cannot be served is told.
    """

    page = "lab"
    pack: Callable[..., str] = staticmethod(pack_frame)
    full = (
        "All {places} places are taken just now. You are number {position} in line; the page opens by itself "
        "when a place is free."
    )
    too_many = (
        "All {places} places are taken, and {waiting} visitors wait already. Try again in a few minutes, or "
        "run the playground on your own machine: two commands, see its README."
    )
    gone: type[HubError] = Gone  # for a page whose run is not here
    lost = GONE
    crowded = (  # for one whose run was put aside, and came back to a full house
        "All {places} places were taken while nothing was pressed here. The page is being opened again, to "
        "wait in line for one …"
    )

    def __init__(
        self,
        host: Host | None = None,
        *,
        device: str | None = None,
        make: Make | None = None,
        bounds: Limits | None = None,
        meters: Meters | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.device, self.bounds = device, bounds or limits()
        self.host = host or Here()
        self.meters = meters or Meters()
        self._make = make or partial(lab_session, device=device, history_bytes=self.bounds.history_bytes)
        self._clock, self._sleep = clock, sleep
        self._visitors: dict[str, Visitor] = {}
        self._aside = Aside(self.bounds.put_aside_bytes)
        self.line = Line(self.bounds.waiting_visitors, sleep=sleep)
        self._swept = clock()
        self._left: dict[str, float] = {}  # when pages were closed, the newest of them
        self._lock = RLock()
        # A few threads for each lane make the frames of all who play there, in turn: whoever presses a button
        # waits for few of them, and they do not fill the pool that every other callback needs.
        self._players: dict[int, ThreadPoolExecutor] = {}
        self.meters.count_playing(self.page, lambda: self.playing)
        self.meters.watch_players(lambda: list(self._players.values()))

    @property
    def places(self) -> int:
        """How many visitors can be served at a time."""
        return self.bounds.sessions

    @property
    def budget_ms(self) -> float:
        """Of training in each frame interval, shared by all who play in a lane."""
        return self.bounds.frame_ms

    def __len__(self) -> int:
        return len(self._visitors)

    @property
    def put_aside(self) -> int:
        """How many runs are put aside."""
        return len(self._aside)

    # -- coming and going

    def open(self, name: str, make: Make | None = None) -> Visitor:
        """The visitor of this name, made where there is none. Raises `HouseFull`, and what making raises.

        A page that was closed before it came to this gets no place: nobody would ever give it back.
        """
        with self._lock:
            self._sweep()
            visitor = self._visitors.get(name) or self._come_back(name)
            if visitor is None:
                if name in self._left:
                    raise self.gone(self.lost)
                self._check_room()
                visitor = self._enter(name, make or self._make)
                self.meters.opened(self.page, name)
            visitor.seen = self._clock()
            return visitor

    async def admit(self, name: str, make: Make | None = None) -> AsyncIterator[str]:
        """As `open`, but waits in line for a place: sentences with the position. Raises `HubError`."""

        async def enter() -> bool:
            with suppress(HouseFull):
                await asyncio.to_thread(self.open, name, make)
                return True
            return False

        try:
            async for position in self.line.wait(name, enter, self._room):
                self.meters.waiting(self.page, len(self.line))
                yield phrase(self.full, places=self.places, position=position)
        except LineFull:
            self.meters.refused(self.page)
            raise HubError(phrase(self.too_many, places=self.places, waiting=len(self.line))) from None
        finally:
            self.meters.waiting(self.page, len(self.line))

    def adopt(self, name: str, former: str) -> bool:
        """Whether a run put aside under a former name of the same browser now goes on under this one."""
        with self._lock:
            kept = self._aside.take(former) if name not in self._visitors else None
            if kept is None:
                return False
            visitor = kept.visitor
            visitor.name, visitor.key = name, self._key(name)
            self.meters.released(self.page, former, "closed")
            self._keep(visitor, kept.saved)
        return True

    def renew(self, visitor: Visitor, make: Make) -> None:
        """Another session in the place of a visitor's; the old one stays where making raises."""
        with told():
            self.host.open(visitor.key, make)
        visitor.make = make

    def knows(self, name: str) -> bool:
        """Whether there is a visitor of this name, here or put aside."""
        return name in self._visitors or name in self._aside

    def find(self, name: str) -> Visitor:
        """The visitor of this name. Raises `Gone` where its run is not here, or has no place just now."""
        visitor = self._visitors.get(name)
        if visitor is None:
            try:
                with self._lock:
                    visitor = self._visitors.get(name) or self._come_back(name)
            except HouseFull:
                raise self.gone(phrase(self.crowded, places=self.places)) from None
        if visitor is None:
            raise self.gone(self.lost)
        visitor.seen = self._clock()
        if visitor.seen - self._swept > SWEEP_SECONDS:
            self.sweep()
        return visitor

    def leave(self, name: str) -> None:
        """The page was closed: put its run aside, for the same browser may come back."""
        self.line.leave(name)
        with self._lock:
            visitor = self._visitors.get(name)
            if visitor is not None:
                self._put_aside(visitor)
            self._left[name] = self._clock()
            if len(self._left) > MOST_LEFT:
                del self._left[next(iter(self._left))]
            emptied = visitor is not None and not self._visitors
        if emptied:
            give_back()  # for nobody is here to sweep after

    def release(self, name: str) -> None:
        """Forget a visitor; its work ends with the frame under way."""
        self.line.leave(name)
        with self._lock:
            visitor = self._visitors.pop(name, None)
            self._aside.take(name)
        if visitor is not None:
            visitor.stop()
            self.host.close(visitor.key)
        self.meters.released(self.page, name, "released")  # which knows whether it was here at all

    def shutdown(self) -> None:
        """End the threads that make frames. The host is ended by whoever made it."""
        for player in self._players.values():
            player.shutdown(wait=False)

    # -- playing

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

    async def play(self, visitor: Visitor, iterations: int | None = None) -> AsyncGenerator[str, None]:
        """Frames while the visitor plays: paced, few in flight, nothing computed while none is painted.

        Raises `HubError`, and what training raises.
        """
        turn = visitor.start()
        iteration, last = 0, None
        try:
            if iterations:
                iteration = await asyncio.to_thread(visitor.ask, _iteration)
                last = iteration + iterations
            due = self._clock()
            while visitor.still(turn) and (last is None or iteration < last):
                played = await self._played(visitor, turn, last)
                if played is None or not visitor.still(turn):
                    return
                iteration = played.iteration
                yield played.text
                if played.stopped:
                    return
                due = max(due + FRAME_SECONDS, self._clock())
                await self._sleep(due - self._clock())
                if not await self._painted(visitor, turn):
                    return
        except ValueError:  # a refusal: a sentence for the visitor
            raise
        except Exception:
            self.meters.error("session", visitor.name)
            raise
        finally:
            visitor.end(turn)

    async def _played(self, visitor: Visitor, turn: int, last: int | None) -> Played | None:
        """One frame, made in the visitor's lane."""
        began = self._clock()
        try:
            lane = self.host.lane(visitor.key)
        except UnknownSession:
            return None
        player = self._players.get(lane)
        if player is None:
            player = self._players[lane] = ThreadPoolExecutor(
                FRAMES_AT_ONCE, thread_name_prefix=f"player-{self.page}-{lane}"
            )
        budget = self.share_ms(visitor)
        loop = asyncio.get_running_loop()
        played = await loop.run_in_executor(player, visitor.played_frame, turn, budget, last)
        if played is not None:
            self.meters.frame(self.page, self._clock() - began, played.iterations)
        return played

    def share_ms(self, visitor: Visitor) -> float:
        """Of training in one turn, such that all who play in the visitor's lane get the same."""
        with suppress(UnknownSession):  # the page was closed meanwhile: what is asked next says so
            return self.budget_ms / max(1, self._playing_in(self.host.lane(visitor.key)))
        return self.budget_ms

    def _playing_in(self, lane: int) -> int:
        players = [visitor for visitor in list(self._visitors.values()) if visitor.playing]
        if self.host.lanes == 1:
            return len(players)
        count = 0
        for visitor in players:
            with suppress(UnknownSession):
                count += self.host.lane(visitor.key) == lane
        return count

    async def _painted(self, visitor: Visitor, turn: int) -> bool:
        """Wait until few frames are in flight; False where the visitor stopped or nobody looks."""
        since = self._clock()
        while visitor.in_flight >= IN_FLIGHT and visitor.still(turn):
            if self._clock() - since > LOST_SECONDS:
                return False
            await self._sleep(POLL_SECONDS)
        return visitor.still(turn)

    # -- inside: all with the lock held

    def _key(self, name: str) -> str:
        return f"{self.page}/{name}"

    def _room(self) -> int:
        """Places that nobody has and nobody is just coming to."""
        return self.places - len(self._visitors.keys() | self.line.entering)

    def _check_room(self) -> None:
        if len(self._visitors) >= self.places:
            raise HouseFull(phrase(self.full, places=self.places, position=len(self.line) + 1))

    def _enter(self, name: str, make: Make, saved: Any = None, visitor: Visitor | None = None) -> Visitor:
        key = self._key(name)
        with told():
            self.host.open(key, make, saved)
        visitor = visitor or Visitor(name, key, self.host, make, self.pack, self._clock())
        self._visitors[name] = visitor
        return visitor

    def _come_back(self, name: str) -> Visitor | None:
        """A visitor whose run was put aside goes on with it. Raises `HubError`; the run stays aside then."""
        if name not in self._aside or self._clock() - self._left.get(name, -LEFT_SECONDS) < LEFT_SECONDS:
            return None
        self._check_room()
        kept = self._aside.take(name)
        assert kept is not None
        try:
            visitor = self._enter(name, kept.visitor.make, kept.saved, kept.visitor)
        except HubError:
            self._aside.put(kept.visitor, kept.saved)
            raise
        self.meters.came_back(self.page, name)
        return visitor

    def _put_aside(self, visitor: Visitor) -> None:
        """End playing and keep the run as plain data."""
        visitor.stop()
        saved = None
        with suppress(UnknownSession):
            saved = self.host.save(visitor.key)
        self.host.close(visitor.key)
        self._visitors.pop(visitor.name, None)
        if saved is not None:
            self._keep(visitor, saved)

    def _keep(self, visitor: Visitor, saved: Any) -> None:
        self.meters.put_aside(self.page, visitor.name)
        for forgotten in self._aside.put(visitor, saved):
            self.meters.released(self.page, forgotten.name, "full")

    def sweep(self) -> None:
        """Put aside whoever has long said nothing; who plays speaks with each frame, and has longer."""
        with self._lock:
            self._sweep()
        give_back()

    def _sweep(self) -> None:
        now = self._swept = self._clock()
        for visitor in list(self._visitors.values()):
            if now - visitor.seen > self.bounds.idle_seconds * (2 if visitor.playing else 1):
                self._put_aside(visitor)


def _iteration(session: Any) -> int:
    return int(session.iteration)
