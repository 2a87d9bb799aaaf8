"""A visitor's hands on one exhibit, without a page: values are checked as the page checks them.

Holds no test.
"""

from __future__ import annotations

from typing import Any

from playground.lessons import lessons
from playground.lessons.lesson import Room, View
from playground.session.faces import FaceShop


class Hands:
    """An open lesson: set, press, look."""

    def __init__(self, slug: str, language: str = "en", **values: Any) -> None:
        self.lesson = lessons()[slug]
        self.language = language
        self.values = self.lesson.defaults()
        for name, value in values.items():
            self.values[name] = self.lesson.control(name).check(value)
        self.room = Room(FaceShop())
        self.reset()

    def reset(self) -> None:
        self.exhibit = self.lesson.exhibit(self.values, self.room)

    def set(self, name: str, value: Any) -> Hands:
        control = self.lesson.control(name)
        self.values = {**self.values, name: control.check(value)}
        if control.restarts:
            self.reset()
        return self

    def press(self, what: str, times: int = 1) -> Hands:
        """`name` or `name:argument`."""
        name, _, argument = what.partition(":")
        self.lesson.button(name)
        for _ in range(times):
            self.exhibit.press(name, argument)
        return self

    def show(self, thing: int) -> Hands:
        """Thing 0, 1 or 2, as "Show me" does it."""
        told = self.lesson.things[thing]
        for name, value in told.sets.items():
            self.set(name, value)
        if told.restart:
            self.reset()
        for what, times in told.presses:
            self.press(what, times)
        return self

    @property
    def view(self) -> View:
        return self.exhibit.view(self.values, self.say)

    def say(self, text: Any, **values: Any) -> str:
        return str(text.say(self.language, **values))

    def reading(self, name: str) -> float:
        """A live number by its name."""
        found = {reading.name: reading.value for reading in self.view.readings}
        return float(found[name])
