"""The sessions of one process, asked by name, from any thread. Knows no transport."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

from playground.hosts.gate import Gates
from playground.hosts.memory import give_back
from playground.session.faces import FaceShop

KEEP_SECONDS = 0.5  # of playing that a lost worker may cost
GIVE_BACK_SECONDS = 20.0  # between two times that free memory is given back while sessions are open
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Place:
    """What all sessions of one process share; read-only."""

    def __init__(self, shop: FaceShop | None = None) -> None:
        self._shop = shop

    @cached_property
    def shop(self) -> FaceShop:
        """The bundled models, loaded when first asked for."""
        return self._shop or FaceShop()


class UnknownSession(LookupError):
    """There is no session of this name."""


Make = Callable[[Place], Any]  # a session, made where it will live


@dataclass(frozen=True)
class Reply:
    """What a function on a session gave, and the session's state if it is time to keep it elsewhere."""

    value: Any
    number: int  # of the newest state that was given out; grows
    saved: Any = None


@dataclass(frozen=True)
class Load:
    """How busy a process is."""

    sessions: int
    busy: float  # seconds that functions on its sessions took so far
    rss: int  # bytes of memory


@dataclass
class _Kept:
    session: Any
    lock: Lock = field(default_factory=Lock)  # held while its state is taken
    version: Any = None  # of the state that was given out last
    number: int = 0
    at: float = 0.0


class Worker:
    """Sessions by name."""

    def __init__(self, place: Place | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place or Place()
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._busy = 0.0
        self._given_back = clock()
        self._gates = Gates()

    def open(self, name: str, make: Make, saved: Any = None) -> None:
        """Make a session, or make it anew and go on from a saved state. Raises what making it raises."""
        with self._gates.of(name).turn():
            session = make(self._place)
            if saved is not None:
                session.resume(saved)
        self._kept[name] = _Kept(session, version=session.version if saved is not None else None)

    def ask(
        self, name: str, act: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Reply:
        """`act(session, *arguments, **named)`. Raises `UnknownSession`, and what `act` raises."""
        with self._gates.of(name).turn():
            return self._reply(self._find(name), act, arguments, named, 0.0)

    def watch(
        self, name: str, act: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Reply:
        """As `ask`, for what comes many times a second: the state is given out every `KEEP_SECONDS` only."""
        with self._gates.of(name).turn(plays=True):
            return self._reply(self._find(name), act, arguments, named, KEEP_SECONDS)

    def close(self, name: str) -> None:
        """Forget a session."""
        self._kept.pop(name, None)
        if not self._kept or self._clock() - self._given_back > GIVE_BACK_SECONDS:
            self._given_back = self._clock()
            give_back()

    def save(self, name: str) -> Any:
        """The state of a session as plain data. Raises `UnknownSession`."""
        return self._find(name).session.save()

    def load(self) -> Load:
        """How busy this process is."""
        return Load(len(self._kept), self._busy, _rss())

    def _find(self, name: str) -> _Kept:
        kept = self._kept.get(name)
        if kept is None:
            raise UnknownSession(name)
        return kept

    def _reply(
        self,
        kept: _Kept,
        act: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
        every: float,
    ) -> Reply:
        began = self._clock()
        try:
            value = act(kept.session, *arguments, **named)
            with kept.lock:
                version = kept.session.version
                if version == kept.version or self._clock() - kept.at < every:
                    return Reply(value, kept.number)
                saved = kept.session.save()
                kept.number, kept.version, kept.at = kept.number + 1, version, self._clock()
                return Reply(value, kept.number, saved)
        finally:
            self._busy += self._clock() - began


def _rss() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0
