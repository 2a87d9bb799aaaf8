"""Why a training should stop before its last update: a signal, or its time is over.

Knows nothing of training.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ECHO_SECONDS = 2.0  # a terminal and a launcher both pass on one Ctrl+C


class Stopper:
    """Within `with`, a first SIGINT or SIGTERM only sets `reason`; one after `ECHO_SECONDS` acts as ever."""

    def __init__(self, minutes: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._minutes = clock, minutes
        self._end = math.inf if minutes is None else clock() + 60.0 * minutes
        self._signal, self._since = "", 0.0
        self._before: list[tuple[int, object]] = []

    def __enter__(self) -> Stopper:
        if threading.current_thread() is threading.main_thread():  # only it may set handlers
            self._before = [(number, signal.signal(number, self._caught)) for number in SIGNALS]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if not self._signal:
            self._signal, self._since = signal.Signals(number).name, self._clock()
        elif self._clock() - self._since > ECHO_SECONDS:
            self._restore()
            signal.raise_signal(number)

    def _restore(self) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal itself gave
        self._before = []

    @property
    def reason(self) -> str:
        """In words; empty while there is none."""
        if self._signal:
            return f"by {self._signal}"
        return f"after {self._minutes:g} minutes" if self._clock() >= self._end else ""
