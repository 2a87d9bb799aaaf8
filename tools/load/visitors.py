"""Visitors: each opens tabs, does what people do there, and leaves, with dice of its own.

What is done on which page is `lab_acts`, `face_acts` and `lesson_acts`; this knows how visits begin and end.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from load import face_acts, lab_acts, lesson_acts
from load.client import Tab
from load.hearing import Answer
from load.pages import Page
from load.reading import iteration_of
from load.tally import Tally
from load.wire import Gone, Wire

PAGES: dict[str, tuple[float, Callable[..., Awaitable[None]]]] = {
    "lab": (6.0, lab_acts.visit),
    "faces": (2.0, face_acts.visit),
    "lessons": (2.0, lesson_acts.visit),
}
SCHEDULE = {"lab": lab_acts.MIX, "faces": face_acts.MIX, "lessons": lesson_acts.MIX}
LIFE_SECONDS = (15.0, 150.0)  # of a tab
PLACES = re.compile(r"All (\d+) places")
MOST_VANISHED = 8  # tabs that may be gone without a word at a time
VANISHED_SECONDS = (20.0, 60.0)  # until the network notices
BOUNCES, BOUNCE_SECONDS = 0.08, 0.4  # share of tabs that are closed while they still open
LUNCH_SECONDS = 660.0  # longer than a session is kept for somebody who does nothing


@dataclass
class Load:
    """What all visitors share."""

    port: int
    seed: int
    ends: float  # by time.monotonic()
    tally: Tally = field(default_factory=Tally)
    pages: dict[str, Page] = field(default_factory=dict)
    vanished: dict[Tab, float] = field(default_factory=dict)  # tab -> when the network notices
    open: set[Tab] = field(default_factory=set)
    only: list[str] = field(default_factory=list)  # pages that are visited; empty: all
    shortest: float = 1.0  # factor of all lives, so that a rehearsal of seconds sees tabs close as well

    @property
    def over(self) -> bool:
        """Whether it is time to leave."""
        return time.monotonic() >= self.ends

    def left(self, seconds: float) -> float:
        """So long, or until it is time to leave."""
        return max(0.0, min(seconds, self.ends - time.monotonic()))


@dataclass
class Visitor:
    """One person with one browser."""

    load: Load
    number: int
    lunch: bool = False  # goes away for longer than a session is kept, once
    again: dict[str, Any] = field(default_factory=dict)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.load.seed} {self.number}")

    async def run(self) -> None:
        """Visit until it is time to leave."""
        await asyncio.sleep(self.load.left(self.dice.uniform(0.0, min(10.0, 0.2 * self.load.left(3600.0)))))
        while not self.load.over:
            try:
                await self._visit()
            except (Gone, TimeoutError) as error:
                self.load.tally.error("a visit broke off", str(error) or "no answer in time")
            except Exception as error:
                self.load.tally.error("the visitor itself failed", f"{type(error).__name__}: {error}")
            if not self.again:
                await asyncio.sleep(self.load.left(self.dice.uniform(0.2, 2.0)))

    async def _visit(self) -> None:
        names = self.load.only or list(PAGES)
        (name,) = self.dice.choices(names, [PAGES[each][0] for each in names])
        if self.again:
            name = "lab"
        tab = Tab(Wire("127.0.0.1", self.load.port), self.load.tally, self.dice, self.load.pages)
        self.load.open.add(tab)
        until = time.monotonic() + self.load.shortest * self.dice.uniform(*LIFE_SECONDS)
        if not self.again and self.dice.random() < BOUNCES:
            return await self._bounce(tab, name)
        act = Act(self.load, tab, self.dice, min(until, self.load.ends), self.again)
        self.again = {}
        try:
            await PAGES[name][1](act)
            self.again = act.again
            if self.lunch and name == "lab" and self.load.left(LUNCH_SECONDS + 60) > LUNCH_SECONDS:
                self.lunch = False
                await self._lunch(act)
            if self.dice.random() < 0.12 and len(self.load.vanished) < MOST_VANISHED and not self.load.over:
                tab.vanish()
                self.load.vanished[tab] = time.monotonic() + self.dice.uniform(*VANISHED_SECONDS)
        finally:
            self.load.open.discard(tab)
            if tab not in self.load.vanished:
                await tab.close()

    async def _bounce(self, tab: Tab, name: str) -> None:
        """Close the tab while its page is still being loaded."""
        opening = asyncio.create_task(tab.open("" if name == "lab" else name))
        await asyncio.sleep(self.dice.uniform(0.0, BOUNCE_SECONDS))
        self.load.tally.counts["tabs closed at once"] += 1
        await tab.close()
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        self.load.open.discard(tab)

    async def _lunch(self, act: Act) -> None:
        """Away with the tab open; on return the run is there again, or a sentence says where it is."""
        await asyncio.sleep(LUNCH_SECONDS)
        await act.tab.answered(
            "step", action="step after lunch", expected=frozenset({"put aside", "diverged"})
        )


@dataclass
class Act:
    """One visit: what the acts of a page are given."""

    load: Load
    tab: Tab
    dice: random.Random
    until: float
    again: dict[str, Any] = field(default_factory=dict)  # the run of a page that is to be loaded anew

    @property
    def over(self) -> bool:
        """Whether this visit ends."""
        return time.monotonic() >= self.until

    async def pause(self, low: float, high: float) -> None:
        """Think."""
        await asyncio.sleep(max(0.0, min(self.dice.uniform(low, high), self.until - time.monotonic())))

    async def goes_on(self, mix: dict[str, float], acts: dict[str, Callable[[Act], Awaitable[Any]]]) -> None:
        """One act after another, until the visit ends."""
        while not self.over:
            (name,) = self.dice.choices(list(mix), list(mix.values()))
            self.load.tally.counts["acts"] += 1
            await acts[name](self)
            self.check()
            await self.pause(0.2, 3.0)

    def check(self) -> None:
        """At rest, the picture and the bar below it must tell of the same moment."""
        page, tab = self.tab.page, self.tab
        if page is None or "bar" not in page.ids or not tab.at_rest:
            return
        bar, picture = tab.values.get(page.ids["bar"]), tab.values.get(page.ids["lab"])
        if isinstance(bar, str) and bar and isinstance(picture, str):
            told, shown = orjson.loads(bar)["iteration"], iteration_of(picture)
            if told != shown:
                self.load.tally.error("bar and picture differ", f"the bar says {told}, the picture {shown}")

    async def in_line(self, answer: Answer) -> bool:
        """After a sentence about places: wait for one; whether it came. There must have been none free."""
        told = PLACES.search(answer.sentence)
        here = len(self.load.open) + len(self.load.vanished)
        if told and here < int(told[1]):
            words = f"{answer.sentence!r} with {here} tabs in all"
            self.load.tally.error("told that the house is full while it was not", words)
        while not (answer.frames or answer.done.is_set() or self.over):
            await asyncio.sleep(0.2)
        if answer.frames:
            self.load.tally.took("wait in line", time.monotonic() - answer.began)
        return answer.frames > 0

    async def watch(self, page: str, seconds: float, done: asyncio.Event) -> None:
        """Look on while it plays, and count what is painted."""
        began, before = time.monotonic(), self.tab.painted
        seconds = max(0.0, min(seconds, self.until - began))
        try:
            async with asyncio.timeout(seconds):
                await done.wait()
        except TimeoutError:
            pass
        took = time.monotonic() - began
        if took >= min(3.0, seconds) and took > 1.0 and not done.is_set() and self.load.tally.measuring:
            self.load.tally.rates[page].append((self.tab.painted - before) / took)


async def bury(load: Load) -> None:
    """End the connections of vanished tabs when their time has come; runs until it is cancelled."""
    while True:
        for tab in [tab for tab, when in load.vanished.items() if time.monotonic() >= when]:
            del load.vanished[tab]
            await tab.close()
        await asyncio.sleep(0.5)
