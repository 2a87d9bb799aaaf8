"""What a tab hears: the queue's messages, sorted to the presses that they answer, and frames to be painted.

Gradio's page does this in the browser. Knows the queue's protocol, not how anything is pressed.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

import orjson

from load.pages import Event, Page
from load.reading import edited, head_of
from load.tally import Tally
from load.wire import Gone, Wire, plain

API = "/gradio_api"
DRAWING_SECONDS = 1 / 60  # until a frame that arrived is on the screen
TAGS = re.compile(r"<[^>]*>")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass
class Answer:
    """What became of one press."""

    event: Event
    began: float
    expected: frozenset[str]  # kinds of sentences that may be the answer
    number: str = ""  # Gradio's
    values: list[Any] = field(default_factory=list)
    frames: int = 0
    sentence: str = ""
    kind: str = ""  # of the sentence
    rank: int = 0  # the worst place in the queue
    seen: asyncio.Event = field(default_factory=asyncio.Event)  # a frame, a sentence or the end
    done: asyncio.Event = field(default_factory=asyncio.Event)
    seen_after: float = 0.0
    done_after: float = 0.0
    heard: float = 0.0  # when the server last said something about it
    failed: bool = False


class Ear:
    """The hearing half of a tab."""

    def __init__(self, wire: Wire, tally: Tally, dice: random.Random, pages: dict[str, Page]) -> None:
        self.wire, self.tally, self.pages = wire, tally, pages
        self.session = "".join(dice.choice(LETTERS) for _ in range(11))
        self.page: Page | None = None
        self.answers: dict[str, Answer] = {}
        self.early: dict[str, list[Any]] = {}  # messages for events whose number is not yet known
        self.values: dict[int, Any] = {}  # of components that the behaviours look at
        self.newest: dict[int, int] = {}  # view -> the number of the newest frame
        self.playing: dict[int, bool] = {}
        self._newest_by: dict[int, str] = {}  # the component whose answer it was
        self.painted = 0
        self.looking = True  # False: the tab is hidden, nothing is painted or acknowledged
        self.gone = False  # from here on nothing that breaks off is an error
        self._last_paint = 0.0
        self._to_paint: dict[int, tuple[int, bool]] = {}
        self._drawing: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stream: asyncio.Task[Any] | None = None

    @property
    def at_rest(self) -> bool:
        """Whether every press was answered."""
        return not self.answers

    # -- what both halves need

    def _error(self, kind: str, words: str = "") -> None:
        if not self.gone:
            self.tally.error(kind, words)

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _post(self, door: str, told: dict[str, Any], at: str = API) -> bytes | None:
        """A question in JSON; None where it failed, which is counted."""
        body = orjson.dumps({**told, "session_hash": self.session})
        try:
            reply = await self.wire.ask("POST", f"{at}/{door}", body)
        except (Gone, TimeoutError) as error:
            self._error("request failed", f"{door}: {error or 'no answer'}")
            return None
        if reply.status not in (200, 204):
            self._error("request refused", f"{door}: status {reply.status}: {reply.body[:200]!r}")
            return None
        return plain(reply.headers, reply.body)

    # -- hearing

    async def _listen(self) -> None:
        """The answers to all events, until the server says that none is left."""
        try:
            stream = self.wire.listen(f"{API}/queue/data?session_hash={self.session}")
            async with contextlib.aclosing(stream):
                async for event in stream:
                    self.tally.counts["bytes heard"] += len(event)
                    message = orjson.loads(event)
                    if message["msg"] == "close_stream":
                        break
                    self._hear(message)
        except Gone as error:
            self._error("stream lost", str(error))
        self._stream = None
        if any(not answer.done.is_set() for answer in self.answers.values()):
            # pressed while the server hung up: Gradio's page hears the answer only with its next press
            self.tally.counts["answers held until the next press"] += 1
            self._stream = self._start(self._listen())

    def _hear(self, message: dict[str, Any]) -> None:
        if self.gone:
            return
        kind, number = message["msg"], message.get("event_id")
        if kind == "unexpected_error":
            self.tally.error("error of the queue", str(message.get("message")))
            for each in list(self.answers.values()):
                each.failed = True
                self._finish(each)
            return
        answer = self.answers.get(number) if number else None
        if answer is None:
            if number:
                self.early.setdefault(number, []).append(message)
            return
        answer.heard = time.monotonic()
        if kind == "process_generating":
            self._take(answer, message["output"]["data"])
        elif kind == "estimation":
            answer.rank = max(answer.rank, int(message.get("rank") or 0))
        elif kind == "log":
            self._told(answer, str(message.get("log")))
        elif kind == "process_completed":
            if not message["success"]:
                answer.failed = True
                words = str((message.get("output") or {}).get("error"))
                self.tally.error("an event ended with an error", f"{self._name(answer)}: {words}")
            elif not answer.values:
                self._take(answer, message["output"].get("data") or [])
            self._finish(answer)

    def _name(self, answer: Answer) -> str:
        assert self.page is not None
        return self.page.names.get(answer.event.target, f"event {answer.event.fn}")

    def _finish(self, answer: Answer) -> None:
        self.answers.pop(answer.number, None)
        answer.done_after = time.monotonic() - answer.began
        answer.seen_after = answer.seen_after or answer.done_after
        answer.seen.set()
        answer.done.set()

    def _take(self, answer: Answer, data: list[Any]) -> None:
        """New values of an event's outputs; after the first time they come as changes of the last ones."""
        assert self.page is not None
        first = not answer.values
        answer.values = answer.values or list(data)
        for place, (number, told) in enumerate(zip(answer.event.outputs, data, strict=False)):
            if not first:
                if not told:
                    continue
                answer.values[place] = edited(answer.values[place], told)
            self._value(answer, number, answer.values[place])

    def _value(self, answer: Answer, number: int, value: Any) -> None:
        assert self.page is not None
        if isinstance(value, dict) and value.get("__type__") == "update":
            if number in self.page.errors and value.get("visible") and value.get("value"):
                self._told(answer, html.unescape(TAGS.sub("", str(value["value"]))))
            if "value" not in value:
                return
            value = value["value"]
        if number in self.page.views and isinstance(value, str):
            self._frame(answer, number, value)
        else:
            self.values[number] = value

    def _told(self, answer: Answer, words: str) -> None:
        if words == answer.sentence:
            return
        answer.sentence = words
        answer.kind = self.tally.sentence(words, answer.expected, self._name(answer))
        self._sign(answer)

    def _sign(self, answer: Answer) -> None:
        if not answer.seen.is_set():
            answer.seen_after = time.monotonic() - answer.began
            answer.seen.set()

    # -- frames

    def _frame(self, answer: Answer, view: int, text: str) -> None:
        head = head_of(text)
        if head is None:
            if '"progress"' in text[:40]:
                self._sign(answer)
            else:
                self.tally.error("not a frame", text[:80])
            return
        number, session, playing = head
        self.tally.counts["frames"] += 1
        if session != self.session:
            self.tally.error("frame of another session", f"{session} in the tab of {self.session}")
            return
        last = self.newest.get(view, 0)
        if number <= last:
            kind = "frame twice" if number == last else "frame out of order"
            whose = f"{number} of {self._name(answer)} after {last} of {self._newest_by.get(view)}"
            self.tally.error(kind, whose)
            return
        self.newest[view], self.playing[view] = number, playing
        self.values[view] = text
        self._newest_by[view] = self._name(answer)
        answer.frames += 1
        self._sign(answer)
        if self.looking:
            self._to_paint[view] = (number, playing)
            if self._drawing is None:
                self._drawing = asyncio.get_running_loop().call_later(DRAWING_SECONDS, self._paint)

    def _paint(self) -> None:
        """The newest frame is on the screen: say so."""
        self._drawing = None
        for view, (number, playing) in self._to_paint.items():
            now = time.monotonic()
            if playing and self._last_paint and self.tally.measuring:
                self.tally.gaps.append(now - self._last_paint)
            self._last_paint = now if playing else 0.0
            self.painted += 1
            self._start(self._acknowledge(view, number))
        self._to_paint.clear()

    async def _acknowledge(self, view: int, number: int) -> None:
        assert self.page is not None
        with contextlib.suppress(asyncio.CancelledError):
            await self._post(self.page.views[view], {"session": self.session, "frame": number}, "/painted")
