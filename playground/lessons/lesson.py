"""What a lesson is: words in every language, the controls of its exhibit, three things to try, one check.

A lesson is one module of this package with a `LESSON`; nothing else has to know it. Its exhibit is a small
class on the engine: made from the values of the controls, pressed, looked at. Nothing here knows a page.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.session.faces import FaceShop
from playground.words import Text

Point = tuple[float, float]
Value = float | int | str | bool | Point
Say = Callable[..., str]  # say(text, name=value, ...): the text in the visitor's language
SEED = Text("Seed", "隨機種子", "随机种子")  # the label of a lesson's seed, wherever it has one
ARGUMENT = re.compile(r"[A-Za-z0-9_.,-]{0,40}", re.ASCII)  # what a press may carry
MOST_PRESSES = 5_000  # that a link may replay


class LessonError(ValueError):
    """A value or a press that cannot be: a sentence that names it and what is allowed."""


# -- controls; `restarts`: a change makes a new exhibit, because what was pressed so far depended on it


@dataclass(frozen=True)
class Control(ABC):
    """One thing on the exhibit that can be set."""

    name: str
    label: Text
    restarts: bool = field(default=False, kw_only=True)

    @abstractmethod
    def check(self, value: Any) -> Value:
        """The value, if it is allowed. Raises `LessonError`."""

    def parse(self, text: str) -> Value:
        """The value of a link's text. Raises `LessonError`."""
        return self.check(_number(self.name, text))


@dataclass(frozen=True)
class Slider(Control):
    """A number from `low` to `high`; `log` spaces them evenly in their logarithms (`low` above 0)."""

    low: float
    high: float
    step: float
    default: float
    log: bool = False

    def check(self, value: Any) -> Value:
        return _within(self.name, value, self.low, self.high)


@dataclass(frozen=True)
class Whole(Control):
    """A whole number typed in, such as a seed."""

    low: int
    high: int
    default: int

    def check(self, value: Any) -> Value:
        found = _within(self.name, value, self.low, self.high)
        if found != int(found):
            raise LessonError(f"{self.name} is {found:g}, but must be a whole number.")
        return int(found)


@dataclass(frozen=True)
class Choice(Control):
    """One of a few words."""

    options: Mapping[str, Text]
    default: str

    def check(self, value: Any) -> Value:
        if not isinstance(value, str) or value not in self.options:
            allowed = ", ".join(self.options)
            raise LessonError(f"{self.name} is {str(value)[:40]!r}, but must be one of {allowed}.")
        return value

    def parse(self, text: str) -> Value:
        return self.check(text)


@dataclass(frozen=True)
class Toggle(Control):
    """On or off."""

    default: bool

    def check(self, value: Any) -> Value:
        if not isinstance(value, bool):
            raise LessonError(f"{self.name} is {str(value)[:40]!r}, but must be true or false.")
        return value

    def parse(self, text: str) -> Value:
        if text not in ("0", "1"):
            raise LessonError(f"{self.name} is {text[:40]!r}, but must be 0 or 1.")
        return text == "1"


@dataclass(frozen=True)
class Handle(Control):
    """A point that is dragged in the figure (`Plot.handle` of the same name), within a box.

    `axis` is "x", "y" or "xy"; the other coordinate stays at its default.
    """

    low: Point
    high: Point
    default: Point
    axis: str = "xy"

    def check(self, value: Any) -> Value:
        if not isinstance(value, (list, tuple)) or len(value) != 2:
            raise LessonError(f"{self.name} is {str(value)[:40]!r}, but must be two numbers.")
        x, y = (
            _within(self.name, v, lo, hi) if axis in self.axis else at
            for v, lo, hi, axis, at in zip(value, self.low, self.high, "xy", self.default, strict=True)
        )
        return (x, y)

    def parse(self, text: str) -> Value:
        parts = text.split(",")
        if len(parts) != 2:
            raise LessonError(f"{self.name} is {text[:40]!r}, but must be two numbers with a comma between.")
        return self.check([_number(self.name, part) for part in parts])


@dataclass(frozen=True)
class Button:
    """A press: `exhibit.press(name, argument)`. `plays`: Play repeats it. One button is `primary`.

    A button with `drawn` is not in the row of buttons: parts of the figure with `data-press="name:argument"`
    press it.
    """

    name: str
    label: Text
    primary: bool = False
    plays: bool = False
    drawn: bool = False


# -- words


@dataclass(frozen=True)
class Thing:
    """One thing to try and what to expect; "Show me" sets the values and presses the buttons.

    `presses` are (button or button:argument, times).
    """

    do: Text
    expect: Text
    sets: Mapping[str, Value] = field(default_factory=dict)
    presses: tuple[tuple[str, int], ...] = ()
    restart: bool = False  # whether Show me begins with a fresh exhibit


@dataclass(frozen=True)
class Check:
    """Predict before you press: the exhibit answers from its live numbers (`View.answer`)."""

    question: Text
    options: Mapping[str, Text]


@dataclass(frozen=True)
class Reading:
    """One live number: what the screen claims. `name` is what tests and links call it."""

    name: str
    label: Text
    value: float
    digits: int = 3
    unit: str = ""


@dataclass(frozen=True)
class View:
    """What an exhibit shows now. `figure` is HTML by `figures/`; words are in the visitor's language."""

    figure: str
    sentence: str = ""  # what just happened, or what is to be seen
    readings: tuple[Reading, ...] = ()
    answer: str | None = None  # the option of the check that the numbers support; None: not known yet
    evidence: str = ""  # the numbers behind the answer
    progress: float | None = None  # share done of long work
    finished: bool = False  # Play ends


Values = Mapping[str, Any]


@dataclass(frozen=True)
class Room:
    """What the house lends every exhibit."""

    shop: FaceShop


class Exhibit(ABC):
    """One visitor's exhibit. Same values, same presses, same view: all randomness follows from `values`."""

    def __init__(self, values: Values, room: Room) -> None:
        """Everything that depends on controls that restart. Fast: under a second."""
        self.room = room

    def press(self, name: str, argument: str = "") -> None:  # noqa: B027 - many exhibits only have sliders
        """One press of a button; a played one takes at most some 30 ms. Raises `LessonError`."""

    @abstractmethod
    def view(self, values: Values, say: Say) -> View:
        """What is to be seen with these values of the controls. Changes nothing that a press depends on."""

    def table(self) -> str | None:
        """Results as CSV, where there are any."""
        return None


@dataclass(frozen=True)
class Lesson:
    """One screen. At most 120 English words before something moves (a test counts them)."""

    slug: str
    place: int  # on the path, from 1
    title: Text  # a few words, for the path
    question: Text
    lead: Text  # two or three sentences; Markdown, $...$ is typeset
    formula: str  # LaTeX without dollars, or empty
    controls: tuple[Control, ...]
    buttons: tuple[Button, ...]
    things: tuple[Thing, Thing, Thing]
    check: Check
    exhibit: type[Exhibit]
    source: str  # the lecture and the paper

    def defaults(self) -> dict[str, Value]:
        """The values of all controls as the lesson opens."""
        return {control.name: getattr(control, "default") for control in self.controls}  # noqa: B009

    def control(self, name: object) -> Control:
        """Raises `LessonError` for a name that is none of its controls."""
        for control in self.controls:
            if control.name == name:
                return control
        allowed = ", ".join(control.name for control in self.controls)
        raise LessonError(f"{str(name)[:40]!r} is no control of this lesson; it has {allowed or 'none'}.")

    def button(self, name: object) -> Button:
        """Raises `LessonError` for a name that is none of its buttons."""
        for button in self.buttons:
            if button.name == name:
                return button
        allowed = ", ".join(button.name for button in self.buttons)
        raise LessonError(f"{str(name)[:40]!r} is no button of this lesson; it has {allowed or 'none'}.")


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise LessonError(f"{name} is {text[:40]!r}, but must be a number.") from None


def _within(name: str, value: Any, low: float, high: float) -> float:
    fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not fits or not low <= value <= high:  # false for NaN; a whole number may be beyond every float
        shown = " ".join(str(value)[:40].split())
        raise LessonError(f"{name} is {shown}, but must be from {low:g} to {high:g}.")
    return float(value)
