"""One line that says how far a training is: rewritten in a terminal, otherwise one now and then.

Knows nothing of what is trained.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from typing import TextIO

TERMINAL_SECONDS, FILE_SECONDS = 0.25, 10.0  # from one line to the next
WINDOWS = 8  # lines over which speed is averaged in a file; in a terminal the same time


class Progress:
    """Call `tick` after every update; it prints when it is time, and never waits for a device."""

    def __init__(
        self,
        total: int,
        images_per_update: int,
        update: int,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.images_per_update = total, images_per_update
        self._stream, self._clock, self._terminal = stream, clock, stream.isatty()
        self._every = TERMINAL_SECONDS if self._terminal else FILE_SECONDS
        self._marks = [(clock(), update)]  # oldest first, within the window of the speed
        self._open = False  # whether the cursor stands after an unfinished line

    def tick(self, update: int, losses: Mapping[str, float]) -> None:
        """`update` updates are done; `losses` are the last known."""
        now = self._clock()
        if now - self._marks[-1][0] < self._every:
            return
        self._marks.append((now, update))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOWS * FILE_SECONDS:
            self._marks.pop(0)
        self._print(self.line(update, losses))

    def line(self, update: int, losses: Mapping[str, float]) -> str:
        """The words."""
        (began, first), (ended, last) = self._marks[0], self._marks[-1]
        speed = (last - first) / (ended - began) if ended > began else 0.0  # updates/s
        parts = [f"update {update:,} of {self.total:,}"]
        if speed:
            parts += [f"{speed * self.images_per_update:,.0f} images/s"]
            parts += [f"{in_words((self.total - update) / speed)} left"]
        parts += [" ".join(f"{name} {value:.4g}" for name, value in losses.items())] if losses else []
        return " · ".join(parts)

    def say(self, sentence: str) -> None:
        """A sentence on a line of its own."""
        self.finish()
        print(sentence, file=self._stream, flush=True)

    def finish(self) -> None:
        """End an unfinished line."""
        if self._open:
            print(file=self._stream, flush=True)
            self._open = False

    def _print(self, line: str) -> None:
        if not self._terminal:
            print(line, file=self._stream, flush=True)
            return
        width = max(shutil.get_terminal_size().columns - 1, 20)
        print("\r" + line[:width].ljust(width), end="", file=self._stream, flush=True)
        self._open = True


def in_words(seconds: float) -> str:
    """A duration by its two largest units: "2 h 05 min", "3 min 20 s", "7 s"."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"
