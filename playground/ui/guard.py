"""What stands between the network and the pages: sizes are bounded, unused doors closed, garbage answered.

Gradio serves more than these pages need, reads bodies of any length, opens a "path" that nobody uploaded, be
it an address, and answers what it cannot read with a traceback in the log. Knows no page and no visitor.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.checkpoints.disk import refusal_of
from playground.config import ConfigError
from playground.limits import limits
from playground.ui.language import said
from playground.ui.meters import Meters
from playground.ui.uploads import Uploads

CLOSED = re.compile(  # doors of Gradio that no page here uses
    r"/gradio_api/(proxy=|vibe-|undo-vibe|deep_link|process_recording|monitoring|profiling|custom_component"
    r"|stream/|runs?-history|runs\b|dev/)"
)
DIRECT = re.compile(r"/gradio_api/(run|api)/")  # where Gradio answers a refusal with status 500
NOT_FOUND = "There is no such page."
TOO_LARGE = "The request exceeds the maximum allowed size of {most:,} bytes."  # Gradio looks for these words
BROKEN_OFF = "The upload broke off."
DISK_FULL = "The server's disk is full just now, so nothing was kept: try again in some minutes."
PART_SECONDS = 600.0  # without a byte, until the beginning of an upload counts as left behind
NOT_UNDERSTOOD = "The request cannot be understood."
NOT_TAKEN = "What was sent is no value that this control can have; reload the page and try again."
TOO_MANY = "The files are too large together: allowed are {most:,} bytes."
UPLOADED_ONLY = "A file must be uploaded: no other path and no address is opened."

_log = logging.getLogger(__name__)


def uploaded(path: object, name: str) -> Path:
    """The file, if it lies where uploads do: a page may send any path. Raises `ConfigError`."""
    if isinstance(path, str) and _lies_in_uploads(path) and Path(path).is_file():
        return Path(path)
    raise ConfigError(f"{name} is not an uploaded picture: send a PNG, JPEG or WebP file.")


def _lies_in_uploads(path: str) -> bool:
    """Whether a path, with its links followed, leads below the folder of uploads."""
    try:
        return Path(path).resolve().is_relative_to(Path(get_upload_folder()).resolve())
    except (ValueError, OSError, RuntimeError):  # a zero byte, too long a name, links in a circle
        return False


def room_for(size: int) -> bool:
    """Whether the disk has room for an upload, once what was left of others is removed.

    A full disk and a killed server leave parts in the folder of uploads; whole files lie in folders of it.
    """
    folder = Path(get_upload_folder())
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_file() and time.time() - path.stat().st_mtime > PART_SECONDS:
                path.unlink(missing_ok=True)
        return shutil.disk_usage(folder).free > size
    return True  # there is no such folder yet


class GuardedBlocks(gr.Blocks):
    """Blocks that open only uploads, delete them with their sessions, and answer garbage with a sentence."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.uploads = Uploads()
        with self:
            self.unload(self._forget)

    def _forget(self, request: gr.Request) -> None:
        """The page was closed."""
        self.uploads.leave(str(request.session_hash))

    def queue(self, *arguments: Any, **named: Any) -> gr.Blocks:
        """As Gradio's; but an empty name of a session is none: for its messages the queue has no place."""
        super().queue(*arguments, **named)
        push = self._queue.push

        async def pushed(body: Any, *arguments: Any, **named: Any) -> Any:
            body.session_hash = body.session_hash or None
            return await push(body, *arguments, **named)

        self._queue.push = pushed  # type: ignore[method-assign]
        return self

    async def process_api(self, block_fn: Any, inputs: list[Any], *arguments: Any, **named: Any) -> Any:
        """As Gradio's; remembers whose uploads these are, and what an event carries is a table."""
        event = named.get("event_data")
        if event is not None and not isinstance(event._data, dict):
            event._data = {}
        session = named.get("session_hash")
        if session:
            for file in filter(_lies_in_uploads, _files_in(inputs)):
                self.uploads.used(str(session), file)
        return await super().process_api(block_fn, inputs, *arguments, **named)

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *arguments: Any, **named: Any) -> Any:
        """As Gradio's. Raises `gr.Error`, which is shown and leaves no traceback."""
        files = list(_files_in(inputs))
        if not all(map(_lies_in_uploads, files)):
            raise gr.Error(said(UPLOADED_ONLY), print_exception=False)
        most = limits().upload_bytes
        if sum(Path(file).stat().st_size for file in files if Path(file).is_file()) > most:
            raise gr.Error(said(TOO_MANY, most=most), print_exception=False)  # also: one file often
        try:
            return await super().preprocess_data(block_fn, inputs, *arguments, **named)
        except Exception:  # of pydantic, of the components, of their file handling
            raise gr.Error(said(NOT_TAKEN), print_exception=False) from None


def _files_in(value: Any) -> Iterator[str]:
    """The path of every file that the value names, marked as Gradio wants it or not."""
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value["path"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _files_in(each)


class Guard:
    """ASGI middleware: bounds bodies, closes doors, and turns failures into answers."""

    def __init__(self, app: ASGIApp, meters: Meters | None = None) -> None:
        self.app, self.meters = app, meters or Meters()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is asked, if it may be asked and is not too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])
        uploads = path.rstrip("/").endswith("/upload")
        most = limits().upload_bytes if uploads else limits().request_bytes
        if CLOSED.search(path):
            await _refused(404, NOT_FOUND)(scope, receive, send)
        elif _told_length(scope) > most:
            await _refused(413, TOO_LARGE.format(most=most))(scope, receive, send)
        elif uploads and not room_for(_told_length(scope)):
            await _refused(507, DISK_FULL)(scope, receive, send)
        else:
            answer = _Answer(send, bool(DIRECT.search(path)))
            await self._passed(scope, _Bounded(receive, most, uploads), answer)

    async def _passed(self, scope: Scope, receive: _Bounded, send: _Answer) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:  # what Gradio's routes make of garbage; callbacks' errors end in its queue
            where = ascii(scope["path"])[:100]
            _log.warning("%s %s: %s", scope["method"], where, type(error).__name__)
            _log.debug("the request failed", exc_info=True)
            self.meters.error("request")
            if send.started:
                with suppress(RuntimeError):  # the answer was whole already
                    await send.send({"type": "http.response.body", "body": b""})
            elif receive.exceeded:
                await _refused(413, TOO_LARGE.format(most=receive.most))(scope, receive, send.send)
            elif refusal_of(error):
                await _refused(507, DISK_FULL)(scope, receive, send.send)
            else:
                await _refused(400, NOT_UNDERSTOOD)(scope, receive, send.send)


class _Bounded:
    """A request's body, of which no more than `most` bytes are read.

    An upload that ends before its time ends with the one error after which Gradio removes what it wrote.
    """

    def __init__(self, receive: Receive, most: int, upload: bool) -> None:
        self._receive, self.most, self._upload = receive, most, upload
        self._count, self._whole = 0, False

    @property
    def exceeded(self) -> bool:
        return self._count > self.most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._count += len(message.get("body", b""))
        if self.exceeded:
            said = TOO_LARGE.format(most=self.most)
            raise MultiPartException(said) if self._upload else ValueError(said)
        if self._upload and not self._whole and message["type"] == "http.disconnect":
            raise MultiPartException(BROKEN_OFF)
        self._whole |= message["type"] == "http.request" and not message.get("more_body")
        return message


class _Answer:
    """Passes an answer on; a refusal that Gradio sends as status 500 becomes 422."""

    def __init__(self, send: Send, direct: bool) -> None:
        self.send, self._direct, self.started = send, direct, False
        self._held: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._direct and message["status"] == 500:
            self._held = message
            return
        if self._held is not None:
            start, self._held = self._held, None
            status = 422 if _is_refusal(message.get("body", b"")) else start["status"]
            await self.send({**start, "status": status})
        self.started = True
        await self.send(message)


def _is_refusal(body: bytes) -> bool:
    """Whether this is a sentence for the caller. Of a failure of the program Gradio says nothing."""
    with suppress(ValueError):
        answer = json.loads(body)
        return isinstance(answer, dict) and isinstance(answer.get("error"), str)
    return False


def _told_length(scope: Scope) -> int:
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told) if told.isdigit() and len(told) < 20 else 0


def _refused(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status)
