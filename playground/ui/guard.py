"""What stands between the network and Gradio: sizes are bounded, unused doors closed, garbage answered.

Gradio serves more than these pages need, reads bodies of any length, and answers what it cannot read with a
traceback in the log. Knows no page and no visitor.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from gradio.utils import get_upload_folder
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.checkpoints.disk import refusal_of
from playground.limits import limits
from playground.ui.meters import Meters

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

_log = logging.getLogger(__name__)


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
        except ClientDisconnect:  # nobody waits for an answer
            pass
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
