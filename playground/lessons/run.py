"""One visitor on the Lessons page: which lesson is open, its values, what was pressed; what a link holds.

Plain arguments in, one plain dictionary out (`page`); one lock, so any thread may call. Values and presses
are all that a link needs: the exhibit is made anew and pressed again, a slice at a time. It plays like the
lab's session (`play`, `iteration`, `stopped`, `snapshots`), so that the same hub shares the machine's time
among all who play. Knows no page.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any
from urllib.parse import urlencode

from playground.lessons import lessons
from playground.lessons._presses import Press, Presses, SavedLesson, read_presses, split_press
from playground.lessons.lesson import (
    ARGUMENT,
    MOST_PRESSES,
    Choice,
    Control,
    Exhibit,
    Handle,
    Lesson,
    LessonError,
    Room,
    Slider,
    Toggle,
    Value,
    View,
    Whole,
)
from playground.words import DEFAULT_LANGUAGE, LANGUAGES, Text

REPEAT_MS = 1000.0  # of presses that a resumed run repeats at once; the rest follows in slices
RESERVED = frozenset({"lesson", "lang", "presses", "hide", "projector", "guess"})  # of a link


class LessonRun:
    """An open lesson that can be set, pressed, played, shown, and sent as a link."""

    _lesson: Lesson
    _values: dict[str, Value]
    _exhibit: Exhibit
    _log: Presses  # what was pressed
    _again: deque[tuple[Press, int]]  # of these, what a resumed run has yet to repeat
    _pending: deque[Press]  # presses of a link or of Show me that are still to come
    _guess: str

    def __init__(self, room: Room, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._lock = RLock()
        self.room, self._clock = room, clock
        self.language = DEFAULT_LANGUAGE
        self.stamp = 0  # grows with every new exhibit
        self._guess = ""
        self._open(next(iter(lessons().values())), {})

    # -- reading

    @property
    def lesson(self) -> Lesson:
        """The lesson that is open."""
        return self._lesson

    @property
    def values(self) -> dict[str, Value]:
        """The controls as they stand."""
        return dict(self._values)

    @property
    def iteration(self) -> int:
        """Presses since the exhibit was made, those included that are yet to be repeated."""
        return self._pressed + self._unrepeated

    @property
    def whole(self) -> bool:
        """Whether `save` holds all that was pressed; a run resumed from one that does not is at an earlier
        moment: after the first `MOST_KEPT` presses, or the first `MOST_RUNS` changes of what was pressed."""
        return self._log.whole

    @property
    def stopped(self) -> bool:
        """Whether Play has nothing left to do."""
        return self._finished

    def snapshots(self, layers: frozenset[str] = frozenset(), *, exact: bool = True) -> list[LessonRun]:
        """Itself: what there is to see is `page`. For the hub, which asks every kind of run alike."""
        return [self]

    def page(self) -> dict[str, Any]:
        """Everything the page shows, in the visitor's language, as plain values for JSON."""
        with self._lock:
            view = self._exhibit.view(self._values, self.say)
            self._finished |= view.finished and not self.pending
            return {
                "run": self.stamp,
                "language": self.language,
                "lesson": self._described(),
                "values": self._values,
                "pressed": self._pressed,
                "pending": len(self._pending) + self._unrepeated,
                "figure": view.figure,
                "sentence": view.sentence,
                "readings": [self._reading(reading) for reading in view.readings],
                "check": self._checked(view),
                "progress": view.progress,
                "finished": view.finished,
                "link": self.link(),
                "whole": self._log.fits_link,
            }

    def say(self, text: Text, **values: Any) -> str:
        """The text in the visitor's language."""
        return text.say(self.language, **values)

    def link(self) -> str:
        """The query that opens this state."""
        with self._lock:
            found: dict[str, str] = {"lesson": self._lesson.slug}
            for name, value in self._values.items():
                if value != self._lesson.defaults()[name]:
                    found[name] = _to_text(value)
            if self._log.runs and self._log.fits_link:
                found["presses"] = self._log.text
            return urlencode(found, safe=":,*.")

    # -- doing

    def open(self, query: Mapping[str, str]) -> None:
        """Open the lesson of a link; `play` does its presses. Raises `LessonError`, with all as it was."""
        slug = query.get("lesson") or next(iter(lessons()))
        if slug not in lessons():
            raise LessonError(f"lesson is {slug[:40]!r}, but must be one of {', '.join(lessons())}.")
        lesson = lessons()[slug]
        names = {control.name for control in lesson.controls}
        values = {
            name: lesson.control(name).parse(text)
            for name, text in query.items()
            if name not in RESERVED or name in names
        }
        presses = read_presses(lesson, query.get("presses", ""))
        with self._lock:
            self._open(lesson, values)
            self._pending.extend(presses)

    def speak(self, language: object) -> None:
        """Another language. Raises `LessonError`."""
        if not isinstance(language, str) or language not in LANGUAGES:
            allowed = ", ".join(LANGUAGES)
            raise LessonError(f"lang is {str(language)[:20]!r}, but must be one of {allowed}.")
        self.language = language

    def set(self, name: object, value: Any) -> None:
        """Set a control; one that restarts makes a new exhibit. Raises `LessonError`."""
        with self._lock:
            control = self._lesson.control(name)
            values = {**self._values, control.name: control.check(value)}
            if control.restarts and values != self._values:
                self._open(self._lesson, values)
            self._values = values

    def press(self, name: object, argument: object = "") -> None:
        """Press a button. Raises `LessonError`."""
        button = self._lesson.button(name)
        if not isinstance(argument, str) or not ARGUMENT.fullmatch(argument):
            raise LessonError(f"{button.name} cannot take {str(argument)[:40]!r}.")
        with self._lock:
            self._finished = False
            if self._again:  # what was pressed before comes first
                if len(self._pending) >= MOST_PRESSES:
                    raise LessonError(f"{MOST_PRESSES:,} presses are still to come, the most that may wait.")
                self._pending.append((button.name, argument))
                return
            self._pending.clear()
            self._press(button.name, argument)

    def predict(self, option: object) -> None:
        """The visitor's guess, before or after pressing. Raises `LessonError`."""
        if not isinstance(option, str) or option not in self._lesson.check.options:
            allowed = ", ".join(self._lesson.check.options)
            raise LessonError(f"The answer is {str(option)[:40]!r}, but must be one of {allowed}.")
        self._guess = option

    def show(self, place: object) -> None:
        """Set up thing 0, 1 or 2; `play` does its presses. Raises `LessonError`."""
        if type(place) is not int or place not in (0, 1, 2):
            raise LessonError(f"thing is {str(place)[:20]!r}, but must be 0, 1 or 2.")
        with self._lock:
            thing = self._lesson.things[place]
            values = self._values | dict(thing.sets)
            restarts = any(
                control.restarts and values[control.name] != self._values[control.name]
                for control in self._lesson.controls
            )
            if restarts or thing.restart:
                self._open(self._lesson, values)
            self._values = values
            self._pending = deque(split_press(what) for what, times in thing.presses for _ in range(times))
            self._finished = not self._pending

    def reset(self) -> None:
        """The same values, nothing pressed."""
        with self._lock:
            self._open(self._lesson, self._values)

    def play(self, budget_ms: float, max_iterations: int | None = None) -> int:
        """Press for about `budget_ms`, at least once: what is pending, else the playing button.

        Returns how many presses it was. `stopped` once the last pending one is done. A resumed run first
        repeats what was pressed, which counts as pending. Raises `LessonError`.
        """
        with self._lock:
            if self._again:
                self.advance(budget_ms)
                self._finished = not self.pending
                return 0
            deadline = self._clock() + budget_ms / 1000
            shown, done = bool(self._pending), 0
            while not done or (self._clock() < deadline and done < (max_iterations or MOST_PRESSES)):
                press = self._pending.popleft() if shown else self._played()
                if press is None:
                    break
                try:
                    self._press(*press)
                except LessonError:
                    self._pending.clear()
                    raise
                done += 1
                if shown and not self._pending:
                    break
            self._finished = done == 0 or (shown and not self._pending)
            return done

    def ready(self) -> None:
        """Before Play: what was finished may go on."""
        self._finished = False

    def halt(self) -> None:
        """Forget the presses that are still to come."""
        with self._lock:
            self._pending.clear()

    @property
    def pending(self) -> bool:
        """Whether a link, Show me or a resumed run has presses left to do."""
        return bool(self._pending or self._again)

    def _played(self) -> Press | None:
        """What Play presses."""
        return next(((button.name, "") for button in self._lesson.buttons if button.plays), None)

    def table(self) -> str | None:
        """The exhibit's results as CSV."""
        with self._lock:
            self.advance(math.inf)
            return self._exhibit.table()

    # -- elsewhere

    @property
    def version(self) -> SavedLesson:
        """Differs whenever `save` would: it is that."""
        return self.save()

    def save(self) -> SavedLesson:
        """Plain data from which `resume` goes on elsewhere, the room excepted."""
        with self._lock:
            return SavedLesson(
                slug=self._lesson.slug,
                values=tuple(self._values.items()),
                presses=tuple(self._log.runs),
                pending=tuple(self._pending),
                guess=self._guess,
                language=self.language,
                stamp=self.stamp,
                finished=self._finished,
                whole=self._log.whole,
                fits_link=self._log.fits_link,
            )

    def resume(self, saved: SavedLesson, budget_ms: float = REPEAT_MS) -> None:
        """Become the run that was saved, and repeat its presses for about `budget_ms`; what is then left is
        `restoring`, and repeated by `advance` and `play`. Raises `LessonError`, with all as it was."""
        with self._lock:
            self._open(lessons()[saved.slug], dict(saved.values))
            self._log = Presses(saved.presses, saved.whole, saved.fits_link)
            self._again, self._pending = deque(saved.presses), deque(saved.pending)
            self._guess, self.language, self.stamp = saved.guess, saved.language, saved.stamp
            self._finished = saved.finished
            self.advance(budget_ms)

    @property
    def restoring(self) -> bool:
        """Whether a resumed run has yet to repeat some of what was pressed."""
        return bool(self._again)

    def advance(self, budget_ms: float) -> float:
        """Repeat presses for about `budget_ms`; the share done, 1.0 when all are."""
        with self._lock:
            deadline = self._clock() + budget_ms / 1000
            while self._again:
                press, times = self._again.popleft()
                try:
                    self._exhibit.press(*press)
                except LessonError:  # what this exhibit cannot do here, such as with other models
                    self._again.clear()
                    self._log.keep(self._pressed)
                    break
                self._pressed += 1
                if times > 1:
                    self._again.appendleft((press, times - 1))
                if self._clock() >= deadline:
                    break
            return self._pressed / max(1, self.iteration) if self._again else 1.0

    # -- inside

    def _open(self, lesson: Lesson, values: Mapping[str, Value]) -> None:
        full = lesson.defaults() | dict(values)
        exhibit = lesson.exhibit(full, self.room)  # may refuse: only then is anything changed
        same = getattr(self, "_lesson", None) is lesson
        self._guess = self._guess if same else ""
        self._lesson, self._values, self._exhibit = lesson, full, exhibit
        self._log, self._pending, self._again = Presses(), deque(), deque()
        self._pressed, self._finished = 0, False
        self.stamp += 1

    def _press(self, name: str, argument: str) -> None:
        self._exhibit.press(name, argument)
        self._pressed += 1
        self._log.append((name, argument))

    @property
    def _unrepeated(self) -> int:
        return sum(times for _, times in self._again)

    def _described(self) -> dict[str, Any]:
        """The lesson's words and controls."""
        lesson, say = self._lesson, self.say
        return {
            "slug": lesson.slug,
            "place": lesson.place,
            "title": say(lesson.title),
            "question": say(lesson.question),
            "source": lesson.source,
            "controls": [self._control(control) for control in lesson.controls],
            "buttons": [
                {"name": b.name, "label": say(b.label), "primary": b.primary, "plays": b.plays}
                for b in lesson.buttons
                if not b.drawn
            ],
            "drawn": [b.name for b in lesson.buttons if b.drawn],
            "things": [
                {"do": say(t.do), "expect": say(t.expect), "shown": bool(t.sets or t.presses or t.restart)}
                for t in lesson.things
            ],
            "table": type(self._exhibit).table is not Exhibit.table,
        }

    def _control(self, control: Control) -> dict[str, Any]:
        found: dict[str, Any] = {"name": control.name, "label": self.say(control.label)}
        if isinstance(control, Slider):
            bounds = {"low": control.low, "high": control.high, "step": control.step}
            return found | {"kind": "slider", "log": control.log} | bounds
        if isinstance(control, Whole):
            return found | {"kind": "whole", "low": control.low, "high": control.high}
        if isinstance(control, Choice):
            options = [[key, self.say(text)] for key, text in control.options.items()]
            return found | {"kind": "choice", "options": options}
        if isinstance(control, Handle):
            box = {"low": control.low, "high": control.high}
            return found | {"kind": "handle", "axis": control.axis} | box
        assert isinstance(control, Toggle)
        return found | {"kind": "toggle"}

    def _reading(self, reading: Any) -> dict[str, Any]:
        value = float(reading.value)
        return {
            "name": reading.name,
            "label": self.say(reading.label),
            "value": value if abs(value) < float("inf") else None,
            "digits": reading.digits,
            "unit": reading.unit,
        }

    def _checked(self, view: View) -> dict[str, Any]:
        check, known = self._lesson.check, view.answer is not None
        verdict = "open"
        if known and self._guess:
            verdict = "right" if self._guess == view.answer else "wrong"
        return {
            "question": self.say(check.question),
            "options": [[key, self.say(text)] for key, text in check.options.items()],
            "guess": self._guess,
            "answer": view.answer if self._guess else None,  # not shown before the visitor has predicted
            "verdict": verdict,
            "evidence": view.evidence if known and self._guess else "",
        }


def _to_text(value: Value) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return ",".join(repr(float(part)) for part in value)
    return str(value)  # of a float the shortest text that reads back as the same number
