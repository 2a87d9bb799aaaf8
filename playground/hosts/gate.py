"""Who computes now in a process that many want to compute in. Knows no session."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

AT_ONCE = 2  # of one kind: so that a heavy one does not hold up all others; more would share one interpreter


class Gate:
    """Lets so many threads compute at a time; the others wait.

    Threads that all compute for one interpreter spend their time on handing it over to each other, thousands
    of times a second: a dozen of them do half as much as two. Who pressed a button comes before those who
    play, and of each kind who came first.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: tuple[deque[Lock], deque[Lock]] = (deque(), deque())  # who presses, who plays
        self._change = Lock()

    @contextmanager
    def turn(self, *, plays: bool = False) -> Iterator[None]:
        """A place, as soon as there is one."""
        with self._change:
            mine = None
            if self._free:
                self._free -= 1
            else:
                mine = Lock()
                mine.acquire()
                self._waiting[plays].append(mine)
        if mine is not None:
            mine.acquire()  # released by whoever leaves the place to it
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._change:
            line = self._waiting[0] or self._waiting[1]
            if line:
                line.popleft().release()
            else:
                self._free += 1


class Gates:
    """One gate for each kind of session, which is the first part of its name: a step of faces takes long."""

    def __init__(self) -> None:
        self._gates: defaultdict[str, Gate] = defaultdict(lambda: Gate(AT_ONCE))

    def of(self, name: str) -> Gate:
        """The gate for a session of this name, such as "lab/abc"."""
        return self._gates[name.partition("/")[0]]
