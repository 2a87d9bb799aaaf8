"""One open tab of a browser, as Gradio's own page behaves: it joins the queue, hears answers, paints frames.

Of a frame only the head is read: whose it is and which. Knows Gradio's protocol and the ids of the views, not
what the buttons mean.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import html
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from load.pages import Event, Page, read_page
from load.tally import Tally
from load.wire import Gone, Wire, plain

API = "/gradio_api"
HANG_SECONDS = 30.0  # without any answer: the page would seem dead
DRAWING_SECONDS = 1 / 60  # until a frame that arrived is on the screen
HEAD_LETTERS = 400  # of a frame: as much base64 as holds the numbers at its beginning
LAB = re.compile(rb'"frame":(\d+),"session":"([^"]*)","playing":(true|false)')
ITERATION = re.compile(rb'"iteration":(\d+)')
TRAIN = re.compile(r'"frame":(\d+),"session":"([^"]*)","playing":(true|false)')
LESSON = re.compile(r'"frame": (\d+), "session": "([^"]*)", "playing": (true|false)\}$')
TAGS = re.compile(r"<[^>]*>")
ALWAYS = frozenset({"house full", "run went on elsewhere"})
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def head_of(text: str) -> tuple[int, str, bool] | None:
    """(number, session, playing) of a frame, or None for what is no frame. Reads as little as it can."""
    if text.startswith("{"):
        found = TRAIN.search(text, 0, 200) or LESSON.search(text, max(0, len(text) - 200))
        return (int(found[1]), found[2], found[3] == "true") if found else None
    try:
        first = base64.b64decode(text[:HEAD_LETTERS])
    except ValueError:
        return None
    lab = LAB.search(first) if first.startswith(b"GPF1") else None
    return (int(lab[1]), lab[2].decode(), lab[3] == b"true") if lab else None


def iteration_of(text: str) -> int:
    """The iteration that a frame of the lab shows. Raises `ValueError`."""
    start = base64.b64decode(text[:16])
    length = 8 + int.from_bytes(start[4:8], "little")
    found = ITERATION.search(base64.b64decode(text[: 4 * (-(-length // 3))])[:length])
    if found is None:
        raise ValueError("This frame has no iteration.")
    return int(found[1])


def edited(value: Any, edits: list[Any]) -> Any:
    """What Gradio's short form of a change makes of the last value."""
    for action, path, new in edits:
        if not path:
            value = value + new if action == "append" else new
            continue
        at = value
        for step in path[:-1]:
            at = at[step]
        last = path[-1]
        if action == "append":
            at[last] += new
        elif action == "delete":
            del at[last]
        elif action == "add" and isinstance(at, list):
            at.insert(int(last), new)
        else:
            at[last] = new
    return value


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


class Tab:
    """One open page."""

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

    # -- coming and going

    async def open(
        self, path: str, query: str = "", former: str = "", expected: frozenset[str] = frozenset()
    ) -> Answer | None:
        """Load the page as a browser does; the answer to its first event, if it has one.

        `former` is the session of the same tab before it was loaded anew.
        """
        began = time.monotonic()
        reply = await self.wire.ask("GET", f"/{path}" + (f"?{query}" if query else ""))
        if reply.status != 200:
            self.tally.error("page not served", f"/{path}: status {reply.status}")
            raise Gone("no page")
        if path not in self.pages:
            self.pages[path] = read_page(path, plain(reply.headers, reply.body))
        self.page = self.pages[path]
        self._start(self._live())
        self.tally.counts["tabs opened"] += 1
        first = self.page.first("load")
        if first is None:
            return None
        told = [former if self.page.kinds[number] == "textbox" else None for number in first.inputs]
        return await self._join(Answer(first, began, ALWAYS | expected), told, None, query)

    async def close(self) -> None:
        """The tab is closed: all its connections end."""
        if not self.gone:
            self.tally.counts["tabs closed"] += 1
        self.gone = True
        if self._drawing:
            self._drawing.cancel()
        self.wire.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def vanish(self) -> None:
        """The machine sleeps or its cable is pulled: nothing is closed or read. `close` buries it."""
        self.gone = True
        self.wire.freeze()
        if self._drawing:
            self._drawing.cancel()
        self.tally.counts["tabs gone without a word"] += 1

    def _error(self, kind: str, words: str = "") -> None:
        if not self.gone:
            self.tally.error(kind, words)

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _live(self) -> None:
        """The connection by which the server knows that the tab is open."""
        try:
            async for _ in self.wire.listen(f"{API}/heartbeat/{self.session}"):
                pass
        except Gone as error:
            self._error("heartbeat lost", str(error))

    # -- pressing

    async def press(
        self,
        name: str,
        how: str = "click",
        given: dict[str, Any] | None = None,
        detail: dict[str, Any] | None = None,
        expected: frozenset[str] = frozenset(),
    ) -> Answer:
        """Use a component; returns at once, `Answer.done` says when it was answered."""
        assert self.page is not None
        event = self.page.event(name, how)
        answer = Answer(event, time.monotonic(), ALWAYS | expected)
        return await self._join(answer, self.page.inputs(event, given), detail, "")

    async def answered(
        self, name: str, how: str = "click", action: str = "", whole: bool = True, **given: Any
    ) -> Answer:
        """Use a component and wait for the whole answer, or only for its first sign."""
        answer = await self.press(name, how, **given)
        await self.wait(answer, action or name, whole)
        return answer

    async def wait(self, answer: Answer, action: str, whole: bool = True) -> None:
        """Wait for an answer, and keep its time by its name. What never comes is an error."""
        awaited = answer.done if whole else answer.seen
        while not awaited.is_set():
            left = max(answer.heard, answer.began) + HANG_SECONDS - time.monotonic()
            if left <= 0:
                self.tally.error("no answer", f"{action}: nothing for {HANG_SECONDS:g} s")
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await awaited.wait()
        if action and not answer.failed and not answer.sentence:
            self.tally.took(action, answer.done_after if whole else answer.seen_after)

    async def ask(
        self, name: str, function: str, told: Any, action: str, expected: frozenset[str] = frozenset()
    ) -> Any:
        """A question that the page's own script asks a component of the server's."""
        assert self.page is not None
        began = time.monotonic()
        body = {"data": told, "component_id": self.page.ids[name], "fn_name": function}
        reply = await self._post("component_server/", body)
        if reply is None:
            return None
        self.tally.took(action, time.monotonic() - began)
        found = orjson.loads(reply)
        if isinstance(found, dict) and found.get("error"):
            self.tally.sentence(str(found["error"]), ALWAYS | expected, action)
        return found

    async def upload(self, files: list[tuple[str, bytes, str]]) -> list[dict[str, Any]]:
        """Send files (name, content, type); what an event gets for each."""
        mark = "load-" + self.session
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            f"Content-Type: {kind}\r\n\r\n".encode()
            + content
            + b"\r\n"
            for name, content, kind in files
        ]
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        reply = await self.wire.ask("POST", f"{API}/upload?upload_id={self.session}", body, kind)
        if reply.status != 200:
            self.tally.error("upload refused", f"status {reply.status}: {reply.body[:200]!r}")
            return []
        return [
            {
                "path": path, "url": f"{API}/file={quote(path)}", "orig_name": name, "size": len(content),
                "mime_type": kind, "meta": {"_type": "gradio.FileData"},
            }
            for path, (name, content, kind) in zip(orjson.loads(reply.body), files, strict=True)
        ]  # fmt: skip

    async def cancel(self, answer: Answer) -> None:
        """A button that cancels another's event."""
        told = {"event_id": answer.number, "fn_index": answer.event.fn}
        await self._post("cancel", told)

    async def _post(self, door: str, told: dict[str, Any]) -> bytes | None:
        """A question in JSON; None where it failed, which is counted."""
        body = orjson.dumps({**told, "session_hash": self.session})
        try:
            reply = await self.wire.ask("POST", f"{API}/{door}", body)
        except (Gone, TimeoutError) as error:
            self._error("request failed", f"{door}: {error or 'no answer'}")
            return None
        if reply.status != 200:
            self._error("request refused", f"{door}: status {reply.status}: {reply.body[:200]!r}")
            return None
        return plain(reply.headers, reply.body)

    async def _join(
        self, answer: Answer, data: list[Any], detail: dict[str, Any] | None, query: str
    ) -> Answer:
        event = answer.event
        told = {"data": data, "event_data": detail, "fn_index": event.fn, "trigger_id": event.target}
        reply = await self._post(f"queue/join?{query}", told)
        if reply is None:
            answer.failed = True
            self._finish(answer)
            return answer
        answer.number = orjson.loads(reply)["event_id"]
        self.answers[answer.number] = answer
        for message in self.early.pop(answer.number, ()):
            self._hear(message)
        if self._stream is None:
            self._stream = self._start(self._listen())
        return answer

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

    @property
    def at_rest(self) -> bool:
        """Whether every press was answered."""
        return not self.answers

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
        told = {"session": self.session, "frame": number}
        body = {"data": told, "component_id": view, "fn_name": self.page.views[view]}
        with contextlib.suppress(asyncio.CancelledError):
            await self._post("component_server/", body)
