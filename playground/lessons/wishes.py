"""A visitor's lesson as it is made, and what the page asks of it, where its run lives. Knows no page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from playground.lessons.lesson import LessonError, Room
from playground.lessons.run import LessonRun
from playground.session.faces import FaceShop

MOST_QUERY = 64  # entries of a link
WISH = ("name", "value", "argument", "query", "language")  # what a wish may carry


class HasShop(Protocol):
    """What all sessions of one process share."""

    @property
    def shop(self) -> FaceShop:
        """The bundled models."""


def lesson_run(place: HasShop) -> LessonRun:
    """A visitor's run, made where it will live."""
    return LessonRun(Room(place.shop))


@dataclass(frozen=True)
class Done:
    """What a wish left."""

    pending: bool  # presses are still to come
    new_words: bool  # another lesson, or another language
    words: str


def do(run: LessonRun, act: str, told: Mapping[str, Any]) -> Done:
    """One wish; `told` has the names of `WISH`. Raises `LessonError`."""
    before = (run.lesson.slug, run.language)
    if told["language"] is not None:
        run.speak(told["language"])
    acts: dict[str, Callable[[], None]] = {
        "open": lambda: run.open(_query(told["query"])),
        "set": lambda: run.set(told["name"], told["value"]),
        "press": lambda: run.press(told["name"], told["argument"] or ""),
        "show": lambda: run.show(told["value"]),
        "predict": lambda: run.predict(told["value"]),
        "reset": run.reset,
        "play": run.ready,
        "go_on": run.ready,  # presses of a link, after a time in which nobody looked
        "speak": lambda: None,
    }
    if act not in acts:
        raise LessonError(f"act is {act[:40]!r}, but must be one of {', '.join(acts)}.")
    acts[act]()
    return Done(run.pending, before != (run.lesson.slug, run.language), words_of(run))


def is_pending(run: LessonRun) -> bool:
    """Whether presses are still to come."""
    return run.pending


def words_of(run: LessonRun) -> str:
    """The lesson's words and formula as Markdown."""
    formula = f"\n\n$$\n{run.lesson.formula}\n$$" if run.lesson.formula else ""
    return run.say(run.lesson.lead) + formula


def file_of(run: LessonRun) -> str:
    """The exhibit's table as a file for the page to save. Raises `LessonError`."""
    table = run.table()
    if not table:
        raise LessonError("There is no table yet: press Play first.")
    content = base64.b64encode(table.encode()).decode()
    return json.dumps({"name": f"{run.lesson.slug}.csv", "type": "text/csv", "base64": content})


def _query(given: Any) -> dict[str, str]:
    """The entries of the page's address that are the lesson's. Raises `LessonError`."""
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MOST_QUERY:
        raise LessonError(f"The link must hold at most {MOST_QUERY} entries.")
    return {str(key): str(value) for key, value in given.items() if not str(key).startswith("__")}
