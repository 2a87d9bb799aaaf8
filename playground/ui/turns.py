"""Heavy work for a few at a time: the others wait in line and are told where. Knows not what the work is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import gradio as gr

from playground.config import ConfigError
from playground.limits import limits
from playground.translations import phrase
from playground.ui.language import language_now, news, refusal
from playground.ui.line import Line, LineFull

V = TypeVar("V")

WAITING = "Others are being served just now. You are number {position} in line; this begins by itself."
BEGUN = "It is your turn: this is being worked on now."
TOO_MANY = "{waiting:,} others wait in line already, and no more may; try again in a few minutes."


class Turns:
    """So many turns at a time; whoever waited for one gives it back with `end`."""

    def __init__(self, at_once: int, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.free = at_once
        self._line = Line(limits().waiting_visitors, sleep=sleep)

    async def wait(self) -> AsyncIterator[str]:
        """Sentences with the position in line, until the turn has come. Raises `ConfigError` for too long a
        line."""

        async def enter() -> bool:
            if not self.free:
                return False
            self.free -= 1
            return True

        try:
            async for position in self._line.wait(uuid4().hex, enter):
                yield phrase(WAITING, position=position)
        except LineFull:
            raise ConfigError(phrase(TOO_MANY, waiting=len(self._line))) from None
        if self.free:  # several turns ended at once: the next one need not wait for a look
            self._line.call()

    def end(self) -> None:
        """The turn is over; never waits."""
        self.free += 1
        self._line.call()

    async def serve(self, work: Callable[[], Awaitable[V]], told: Callable[[Any], V]) -> AsyncIterator[V]:
        """What a callback of the page yields: what `work()` gives, when the turn has come.

        `told(line)` is what it yields for news of the page's error line: the position until then, that the
        work begins, which its answer takes away, and the sentence of a `ConfigError`. At last it yields that
        nothing changes: Gradio sends the last one twice.
        """
        waited = False
        try:
            async for words in self.wait():
                waited = True
                yield told(news(words, language_now()))
            try:
                if waited:
                    yield told(news(BEGUN, language_now()))
                answer = await work()
            finally:
                self.end()
            yield answer
        except ConfigError as error:
            yield told(refusal(error))
        yield told(gr.skip())

    def callback(
        self, answer: Callable[..., Awaitable[V]], told: Callable[[Any], V]
    ) -> Callable[..., AsyncIterator[V]]:
        """For an event of the page that shows what `answer(*values)` gives; see `serve`."""

        async def served(*values: Any) -> AsyncIterator[V]:
            async for shown in self.serve(partial(answer, *values), told):
                yield shown

        return served
