"""A waiting line: who wants what others have just now, in order of arrival. Knows neither pages nor runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

LOOK_SECONDS = 1.0  # between two looks at whether it is one's turn


class LineFull(ValueError):
    """So many wait that nobody else may."""


class Line:
    """Names in order of arrival, at most `most`."""

    def __init__(self, most: int, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._most, self._sleep = most, sleep
        self._names: dict[str, asyncio.Event] = {}  # set: to look now
        self.entering: set[str] = set()  # of these who just try to come in

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def leave(self, name: str) -> None:
        """Wait no longer; the `wait` of this name ends."""
        self._names.pop(name, None)

    def call(self) -> None:
        """Who is first looks now, instead of within `LOOK_SECONDS`."""
        for mark in self._names.values():
            mark.set()
            return

    async def wait(
        self, name: str, enter: Callable[[], Awaitable[bool]], room: Callable[[], int] = lambda: 0
    ) -> AsyncIterator[int]:
        """Positions, 1 for who is next, until `enter()` says that it is in.

        Several enter at a time only where `room()` knows of so many places that nobody is just coming to.
        Ends early for a name that `leave` was called for. Raises `LineFull`, and what `enter` raises.
        """
        if name not in self._names and len(self._names) >= self._most:
            if self._names or not await enter():  # a line of length 0: in at once, or not at all
                raise LineFull
            return
        mark = asyncio.Event()
        self._names[name] = mark  # who comes twice keeps the place, and the older wait ends
        try:
            while self._names.get(name) is mark:
                names = list(self._names)  # another thread may take some out at any time
                if name not in names:
                    return
                ahead = names[: names.index(name)]
                position = 1 + sum(other not in self.entering for other in ahead)
                may = position <= room() or (position == 1 and not self.entering)  # none overtakes another
                if may and await self._enters(name, enter):
                    return
                yield position
                await self._rest(mark)
        finally:
            if self._names.get(name) is mark:
                del self._names[name]

    async def _enters(self, name: str, enter: Callable[[], Awaitable[bool]]) -> bool:
        self.entering.add(name)
        try:
            return await enter()
        finally:
            self.entering.discard(name)

    async def _rest(self, called: asyncio.Event) -> None:
        """Until the next look."""
        ends = [asyncio.ensure_future(self._sleep(LOOK_SECONDS)), asyncio.ensure_future(called.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        called.clear()
