"""Sessions shared out among workers; what happens when a worker is lost. Knows no transport.

Every answer of a worker brings the session's state along when it has changed, while playing twice a second.
Where a worker is gone, another one makes the session anew, goes on from that state and does the act again:
the visitor loses what was trained since, and is told so. Placement is by load: fewest seconds of work in
the last moments, then fewest sessions.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from playground.hosts.worker import Make, Reply, UnknownSession
from playground.translations import phrase

P = ParamSpec("P")
T = TypeVar("T")
TRIES = 4  # workers that may be lost in turn while one session is placed
ACT_TRIES = 3  # an act that so many workers were lost over may be what ends them
HIRE_SECONDS = 60.0  # to wait for a new worker where none is left
HIRE_AGAIN_SECONDS = 2.0  # after none could be had
FADE_SECONDS = 10.0  # in which the memory of a worker's load fades to about a third
BUSY_STEP = 0.1  # shares of a core; loads closer than this count as equal
MOVED = (
    "The worker process that held this run was lost. The run goes on elsewhere from iteration {iteration:,}, "
    "at most a second of training earlier."
)
DEADLY = (
    "{count} worker processes in turn were lost while this was done, so it is not tried again. The run stays "
    "as it was before."
)
LOOK_SECONDS = 10.0  # between two looks at whether there is room for more workers
NOWHERE = "No worker process answers just now. Try again in a moment; the page's address holds the run."


class Lost(RuntimeError):
    """The worker is gone: its process ended, or its machine."""


class NoWorker(ValueError):
    """No worker can be had: a sentence."""


class Handle(Protocol):
    """A worker in another process."""

    where: str  # for logs: a process id, a node

    def call(self, method: str, /, *arguments: Any) -> Any:
        """`Worker.<method>(*arguments)`. Raises `Lost`, and what the method raises."""

    def stop(self) -> None:
        """End it, if it still lives."""


class Staff(Protocol):
    """Where workers come from."""

    @property
    def size(self) -> int:
        """How many there can be now; more, perhaps, than a moment ago."""

    def hire(self) -> Handle:
        """A new worker; takes seconds. Raises `NoWorker`."""

    def close(self) -> None:
        """End all that is left."""


@dataclass(eq=False)
class _Slot:
    """One lane: a worker, or none while another is hired."""

    handle: Handle | None = None
    sessions: int = 0
    busy: float = 0.0  # seconds of work, fading
    at: float = 0.0

    def worked(self, seconds: float, now: float) -> None:
        self.busy = self.load(now) + seconds
        self.at = now

    def load(self, now: float) -> float:
        return self.busy * math.exp((self.at - now) / FADE_SECONDS)


@dataclass(eq=False)
class _Kept:
    """What is known here of a session: how to make it, its newest state, and where it lives."""

    make: Make
    saved: Any
    name: str  # at its worker: no other session ever had it
    slot: _Slot
    handle: Handle
    number: int = 0  # of the newest state
    before: int = 0  # of the state with which it came here from the worker that was lost
    notice: str = ""
    lock: Lock = field(default_factory=Lock)  # held while it moves


class Crew:
    """A host over workers; see `Host`. `moved` is called with (name, where) after a session was moved."""

    def __init__(  # raises `NoWorker`
        self,
        staff: Staff,
        *,
        moved: Callable[[str, str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._staff, self._clock = staff, clock
        self.moved = moved or (lambda name, where: None)
        self._kept: dict[str, _Kept] = {}
        self._numbers = itertools.count()
        self._change = Condition()  # guards the slots, the numbers of their sessions, and who is where
        self._slots = [_Slot() for _ in range(staff.size)]
        self._closed = False
        self._looks = clock() + LOOK_SECONDS  # when room for more is looked for
        try:
            with ThreadPoolExecutor(len(self._slots)) as hiring:
                for slot, handle in zip(
                    self._slots, hiring.map(lambda _: staff.hire(), self._slots), strict=True
                ):
                    slot.handle = handle
        except BaseException:
            staff.close()  # those that could be had
            raise

    @property
    def lanes(self) -> int:
        """One for each worker."""
        return len(self._slots)

    @property
    def alive(self) -> int:
        """Workers that are there."""
        return sum(slot.handle is not None for slot in self._slots)

    def lane(self, name: str) -> int:
        """The place of the session's worker."""
        return self._slots.index(self._find(name).slot)

    def where(self, name: str) -> str:
        """Which worker holds a session, for logs. Raises `UnknownSession`."""
        return self._find(name).handle.where

    def open(self, name: str, make: Make, saved: Any = None) -> None:
        """See `Host`. Raises `NoWorker` too."""
        own = f"{name} {next(self._numbers)}"
        slot, handle = self._placed(own, make, saved)
        with self._change:
            before = self._out(name)
            self._kept[name] = _Kept(make, saved, own, slot, handle)
        self._forget(before)

    def ask(
        self, name: str, act: Callable[Concatenate[Any, P], T], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """See `Host`: the state after it is kept here before the value is given."""
        value: T = self._asked(name, "ask", act, arguments, named)
        return value

    def watch(
        self, name: str, act: Callable[Concatenate[Any, P], T], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """See `Host`: the state is kept here twice a second."""
        value: T = self._asked(name, "watch", act, arguments, named)
        return value

    def save(self, name: str) -> Any:
        """The state as it is now, or the newest that was kept where the worker is gone."""
        kept = self._find(name)
        slot, handle = kept.slot, kept.handle
        try:
            return handle.call("save", kept.name)
        except Lost:
            self._gone(slot, handle)
            return kept.saved

    def notice(self, name: str) -> str:
        """Whether the session was moved since this was asked last."""
        kept = self._kept.get(name)
        if kept is None:
            return ""
        told, kept.notice = kept.notice, ""
        return told

    def close(self, name: str) -> None:
        """See `Host`."""
        with self._change:
            kept = self._out(name)
        self._forget(kept)

    def shutdown(self) -> None:
        """End all workers."""
        with self._change:
            self._closed = True
            handles = [slot.handle for slot in self._slots if slot.handle]
            for slot in self._slots:
                slot.handle = None
            self._change.notify_all()
        for handle in handles:
            handle.stop()
        self._staff.close()

    # -- inside

    def _out(self, name: str) -> _Kept | None:
        """A session is known no longer; with the lock held. Whoever moves it just now ends it."""
        kept = self._kept.pop(name, None)
        if kept is not None:
            kept.slot.sessions -= 1
        return kept

    def _forget(self, kept: _Kept | None) -> None:
        """End a session where it lives."""
        if kept is not None:
            with suppress(Lost):  # and with it the session
                kept.handle.call("close", kept.name)

    def _find(self, name: str) -> _Kept:
        kept = self._kept.get(name)
        if kept is None:
            raise UnknownSession(name)
        return kept

    def _asked(
        self,
        name: str,
        method: str,
        act: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Any:
        lost = 0
        while lost < ACT_TRIES:
            kept = self._find(name)
            handle, began = kept.handle, self._clock()
            try:
                reply: Reply = handle.call(method, kept.name, act, arguments, named)
            except Lost:
                lost += 1
                self._move(name, kept, handle)
                continue
            except UnknownSession:
                if self._kept.get(name) is kept:
                    raise
                continue  # another one has just taken its place
            with kept.lock:
                if kept.handle is handle:
                    if reply.saved is not None and reply.number > kept.number:
                        kept.saved, kept.number = reply.saved, reply.number
                elif reply.number > kept.before:
                    continue  # it was moved meanwhile, and goes on from before this was done
            with self._change:
                kept.slot.worked(self._clock() - began, self._clock())
            return reply.value
        raise NoWorker(phrase(DEADLY, count=lost))

    def _move(self, name: str, kept: _Kept, lost: Handle) -> None:
        """Make a session anew on another worker; whoever comes second finds it moved."""
        with kept.lock:
            if kept.handle is not lost or self._kept.get(name) is not kept:
                return
            self._gone(kept.slot, lost)
            slot, handle = self._placed(kept.name, kept.make, kept.saved)
            with self._change:
                stays = self._kept.get(name) is kept
                (kept.slot if stays else slot).sessions -= 1
                kept.slot, kept.handle, kept.before, kept.number = slot, handle, kept.number, 0
            if not stays:  # closed meanwhile
                self._forget(kept)
                return
            with suppress(Lost):  # which the next call finds out
                iteration = handle.call("ask", kept.name, _iteration, (), {}).value
                kept.notice = phrase(MOVED, iteration=iteration)
        self.moved(name, handle.where)

    def _placed(self, name: str, make: Make, saved: Any) -> tuple[_Slot, Handle]:
        """Open a session on the least loaded worker; it is counted there."""
        for _ in range(TRIES):
            slot, handle = self._least_loaded()
            began = self._clock()
            try:
                handle.call("open", name, make, saved)
            except Lost:
                with self._change:
                    slot.sessions -= 1
                self._gone(slot, handle)
                continue
            except BaseException:
                with self._change:
                    slot.sessions -= 1
                raise
            with self._change:
                slot.worked(self._clock() - began, self._clock())
            return slot, handle
        raise NoWorker(NOWHERE)

    def _least_loaded(self) -> tuple[_Slot, Handle]:
        """A living worker with the least to do, one session more counted; waits while all are being hired."""
        self._grow()
        with self._change:
            self._change.wait_for(lambda: self.alive or self._closed, HIRE_SECONDS)
            now = self._clock()
            best: tuple[tuple[int, int], _Slot, Handle] | None = None
            for slot in self._slots:
                if slot.handle is not None:
                    load = (int(slot.load(now) / (FADE_SECONDS * BUSY_STEP)), slot.sessions)
                    if best is None or load < best[0]:
                        best = (load, slot, slot.handle)
            if best is None:
                raise NoWorker(NOWHERE)
            best[1].sessions += 1
            return best[1], best[2]

    def _grow(self) -> None:
        """Hire more where there is room for more by now, without waiting for them."""
        with self._change:
            if self._closed or self._clock() < self._looks:
                return
            self._looks = self._clock() + LOOK_SECONDS
        try:
            size = self._staff.size
        except Exception:  # a cluster that cannot tell just now
            return
        with self._change:
            new = [_Slot() for _ in range(size - len(self._slots))]
            self._slots += new
        for slot in new:
            Thread(target=self._hire, args=(slot,), daemon=True).start()

    def _gone(self, slot: _Slot, handle: Handle) -> None:
        """A worker is lost: hire another in its place, without waiting for it."""
        with self._change:
            if slot.handle is not handle:
                return
            slot.handle, slot.busy = None, 0.0
        handle.stop()
        Thread(target=self._hire, args=(slot,), daemon=True).start()

    def _hire(self, slot: _Slot) -> None:
        """Fill a slot, however long that takes."""
        while True:
            try:
                handle = self._staff.hire()
            except Exception:  # `NoWorker`, or what the system or the cluster raised: it may be over soon
                with self._change:
                    if self._change.wait_for(lambda: self._closed, HIRE_AGAIN_SECONDS):
                        return
                continue
            with self._change:
                if not self._closed:
                    slot.handle = handle
                    self._change.notify_all()
                    return
            handle.stop()
            return


def _iteration(session: Any) -> int:
    return int(session.iteration)
