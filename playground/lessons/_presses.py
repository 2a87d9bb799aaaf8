"""What was pressed in a lesson: its text in a link, what is kept of it, and a run as plain data.

A link holds some hundreds of presses, what is kept many more: enough to repeat nearly everything anyone does.
Knows no exhibit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from playground.lessons.lesson import MOST_PRESSES, Lesson, LessonError, Value

MOST_LOG = 1_600  # characters of presses in a link
MOST_KEPT, MOST_RUNS = 20_000, 2_000  # presses that are kept to be repeated, and changes of what is pressed
_PRESS = re.compile(r"([a-z][a-z0-9_]*)(?::([A-Za-z0-9_.,-]{0,40}))?(?:\*(\d{1,5}))?", re.ASCII)
Press = tuple[str, str]  # button, argument


@dataclass(frozen=True)
class SavedLesson:
    """A `LessonRun` as plain data. The exhibit is not in it: the same presses give the same numbers."""

    slug: str
    values: tuple[tuple[str, Value], ...]
    presses: tuple[tuple[Press, int], ...]  # equal presses in a row counted
    pending: tuple[Press, ...]
    guess: str
    language: str
    stamp: int
    finished: bool
    whole: bool  # whether `presses` are all
    fits_link: bool


class Presses:
    """A run-length list of presses; beyond its bounds the first ones are kept, and it is not `whole`."""

    def __init__(self, runs: Iterable[tuple[Press, int]] = (), whole: bool = True, fits_link: bool = True):
        self.runs = list(runs)
        self.whole, self.fits_link = whole, fits_link
        self._count = sum(times for _, times in self.runs)

    def append(self, press: Press) -> None:
        """One more."""
        again = bool(self.runs) and self.runs[-1][0] == press
        if self._count >= MOST_KEPT or (not again and len(self.runs) >= MOST_RUNS):
            self.whole = False
        if self.whole:
            self._count += 1
            if again:
                self.runs[-1] = (press, self.runs[-1][1] + 1)
            else:
                self.runs.append((press, 1))
        self.fits_link = (
            self.fits_link
            and self.whole
            and self._count <= MOST_PRESSES
            and len(self.runs) * 4 <= MOST_LOG
            and len(self.text) <= MOST_LOG
        )

    def keep(self, count: int) -> None:
        """Forget all but the first `count`."""
        kept: list[tuple[Press, int]] = []
        for press, times in self.runs:
            if count > 0:
                kept.append((press, min(times, count)))
            count -= times
        self.runs, self.whole = kept, False
        self._count = sum(times for _, times in kept)

    @property
    def text(self) -> str:
        """As a link holds it, however long: `d*20.g.paint:17`."""
        return ".".join(
            name + (f":{argument}" if argument else "") + (f"*{times}" if times > 1 else "")
            for (name, argument), times in self.runs
        )


def read_presses(lesson: Lesson, text: str) -> list[Press]:
    """What a link says was pressed, such as `d*20.g.paint:17`. Raises `LessonError`."""
    if len(text) > MOST_LOG + 100:
        raise LessonError(f"presses holds {len(text):,} characters, but must be at most {MOST_LOG + 100:,}.")
    found: list[Press] = []
    for part in _parts(text):
        read = _PRESS.fullmatch(part)
        if not read:
            raise LessonError(f"presses holds {part[:40]!r}, but must be a button, such as step or step*20.")
        button = lesson.button(read[1])
        found += [(button.name, read[2] or "")] * int(read[3] or 1)
        if len(found) > MOST_PRESSES:
            raise LessonError(
                f"presses holds more than {MOST_PRESSES:,} presses, the most that are repeated."
            )
    return found


def split_press(what: str) -> Press:
    """`name:argument` as a press."""
    name, _, argument = what.partition(":")
    return name, argument


def _parts(text: str) -> list[str]:
    """Split at full stops, but not inside an argument: that ends at the next button's name."""
    return [part for part in re.split(r"\.(?=[a-z])", text) if part]
