"""One open tab of a browser, as Gradio's own page behaves: it joins the queue, hears answers, paints frames.

This is the half that opens, presses and closes; `hearing` is the other. Knows Gradio's protocol, not what the
buttons mean.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any
from urllib.parse import quote

import orjson

from load.hearing import API, Answer, Ear
from load.pages import read_page
from load.wire import Gone, plain

HANG_SECONDS = 30.0  # without any answer: the page would seem dead
ALWAYS = frozenset({"house full", "run went on elsewhere", "waits in a line"})


class Tab(Ear):
    """One open page."""

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
