"""HTTP/1.1 as a browser speaks it to one server: a few kept connections, plain requests and endless answers.

Written out because the visitors share the machine with the server that they measure: a general client takes
several times as much of it. Knows nothing of what is asked.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field

import brotli

CONNECTIONS = 6  # that a browser opens to one server
LARGEST = 64 * 2**20  # bytes of an answer
PATIENCE = 60.0  # seconds
HEAD = "Host: {host}\r\nUser-Agent: load\r\nAccept-Encoding: gzip, br\r\n"


class Gone(ConnectionError):
    """The server closed a connection, or refused it."""


@dataclass(frozen=True)
class Reply:
    """What the server answered; the body is as it came, compressed or not."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: bool = False

    async def send(self, request: bytes) -> tuple[int, dict[str, str]]:
        """Ask, and read the head of the answer."""
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        return int(head[0].split(" ")[1]), headers

    async def pieces(self, headers: dict[str, str]) -> AsyncIterator[bytes]:
        """The body as it comes."""
        if headers.get("transfer-encoding") != "chunked":
            yield await self.reader.readexactly(int(headers.get("content-length", 0)))
            return
        while size := int((await self.reader.readuntil(b"\r\n"))[:-2], 16):
            yield (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readuntil(b"\r\n")

    def cut(self) -> None:
        self.writer.transport.abort()


@dataclass
class Wire:
    """The connections of one browser."""

    host: str
    port: int
    _free: list[_Connection] = field(default_factory=list)
    _open: dict[int, _Connection] = field(default_factory=dict)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        kind: str = "application/json",
        patience: float = PATIENCE,
    ) -> Reply:
        """One question. Raises `Gone`, or `TimeoutError` after `patience` seconds."""
        request = self._request(method, path, body, kind)
        async with asyncio.timeout(patience), self._places:
            while True:
                connection = await self._connection()
                stale = connection.used  # the server may have closed it meanwhile: then a browser asks again
                try:
                    status, headers = await connection.send(request)
                    found = b"".join([piece async for piece in connection.pieces(headers)])
                except (asyncio.IncompleteReadError, ConnectionError, OSError) as error:
                    self._drop(connection)
                    if stale and not getattr(error, "partial", b""):
                        continue
                    raise Gone(f"{method} {path.partition('?')[0]}: the connection broke") from error
                except BaseException:
                    self._drop(connection)
                    raise
                connection.used = True
                self._free.append(connection)
                return Reply(status, headers, found)

    async def listen(self, path: str) -> AsyncGenerator[bytes, None]:
        """The events of an endless answer, without their "data: ". Raises `Gone` where it breaks off."""
        async with self._places:
            connection = await self._connection()
            try:
                status, headers = await connection.send(self._request("GET", path, b"", ""))
                if status != 200:
                    raise Gone(f"GET {path.partition('?')[0]}: status {status}")
                rest = b""
                async for piece in connection.pieces(headers):
                    *whole, rest = (rest + piece).split(b"\n\n")
                    for event in whole:
                        yield event.removeprefix(b"data: ")
            except (asyncio.IncompleteReadError, ConnectionError, OSError) as error:
                if isinstance(error, Gone):
                    raise
                raise Gone(f"GET {path.partition('?')[0]}: the stream broke off") from error
            finally:
                self._drop(connection)

    def freeze(self) -> None:
        """Stop reading, and leave everything open: a lid that was closed, a cable that was pulled."""
        for connection in self._open.values():
            if not connection.writer.transport.is_closing():
                connection.writer.transport.pause_reading()

    def cut(self) -> None:
        """Close everything at once."""
        for connection in list(self._open.values()):
            connection.cut()
        self._open.clear()
        self._free.clear()

    def _request(self, method: str, path: str, body: bytes, kind: str) -> bytes:
        head = f"{method} {path} HTTP/1.1\r\n" + HEAD.format(host=f"{self.host}:{self.port}")
        if method != "GET":
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body

    async def _connection(self) -> _Connection:
        while self._free:
            kept = self._free.pop()
            if not kept.reader.at_eof() and not kept.writer.is_closing():
                return kept
            self._drop(kept)
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port, limit=LARGEST)
        except OSError as error:
            raise Gone("no connection to the server") from error
        made = _Connection(reader, writer)
        self._open[id(made)] = made
        return made

    def _drop(self, connection: _Connection) -> None:
        self._open.pop(id(connection), None)
        connection.cut()


def plain(headers: dict[str, str], body: bytes) -> bytes:
    """An answer's body, unpacked."""
    how = headers.get("content-encoding")
    if how == "br":
        return bytes(brotli.decompress(body))
    return gzip.decompress(body) if how == "gzip" else body
