"""What was done in a run, in order: the action log and its text form `s20d3g1s500`.

s is one iteration, d and g single updates; a position counts these operations from the start. It knows
neither networks nor arrays: a config and a log are a run, exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from playground.clicks import MAX_COUNT, MAX_SEGMENTS, parse_clicks


class Log:
    """A run-length list of operations that can be cut at any position. `text` raises `ClicksError`."""

    def __init__(self, text: str = "") -> None:
        self._segments: list[tuple[str, int]] = []
        self.length = 0
        for operation, count in parse_clicks(text):
            self.append(operation, count)

    @classmethod
    def of(cls, text: str) -> Log:
        """The log that gave this `text`, also where it is longer than a link may be."""
        log = cls()
        for operation, count in re.findall(r"([sdg])([0-9]+)", text):
            log.append(operation, int(count))
        return log

    def append(self, operation: str, count: int = 1) -> None:
        """`count` more of one operation at the end."""
        self.length += count
        if self._segments and self._segments[-1][0] == operation:
            count += self._segments.pop()[1]
        self._segments.append((operation, count))

    def between(self, start: int, end: int) -> Iterator[tuple[str, int]]:
        """The operations from position `start` up to `end`, as runs."""
        at = 0
        for operation, count in self._segments:
            low, high = max(at, start), min(at + count, end)
            if high > low:
                yield operation, high - low
            at += count

    def truncate(self, position: int) -> None:
        """Forget all that comes after `position`."""
        self._segments = list(self.between(0, position))
        self.length = min(self.length, position)

    def iterations(self, position: int) -> int:
        """Iterations among the first `position` operations."""
        return sum(count for operation, count in self.between(0, position) if operation == "s")

    def position_of(self, iteration: int) -> int:
        """The last position at which exactly `iteration` iterations are done, or the end."""
        at = done = 0
        for operation, count in self._segments:
            if operation == "s" and done + count > iteration:
                return at + iteration - done
            done += count if operation == "s" else 0
            at += count
        return at

    def last_operation(self, position: int) -> str:
        """The operation that led to `position`, or an empty text at the start."""
        return next((operation for operation, _ in self.between(position - 1, position)), "")

    def text(self, position: int | None = None) -> str:
        """The first `position` operations as text, however long."""
        end = self.length if position is None else position
        return "".join(f"{operation}{count}" for operation, count in self.between(0, end))

    def fits_a_link(self, position: int) -> bool:
        """Whether the first `position` operations are few enough to be replayed from a link."""
        return position <= MAX_COUNT and sum(1 for _ in self.between(0, position)) <= MAX_SEGMENTS
