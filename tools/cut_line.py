"""A line between browser and server that can be cut and mended: a TCP relay on this machine's loopback.

While it is cut, nobody answers and what was connected is lost. Standard library only; knows nothing of HTTP.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

CHUNK = 65_536  # bytes


class Line:
    """Relays what comes to its own `port` to another port of this machine."""

    def __init__(self, target: int) -> None:
        self._target, self._ends, self._lock = target, set[socket.socket](), Lock()
        self._listener = self._listening(0)
        self.port = int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """Lose every connection, and take no new one."""
        _shut(self._listener)
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            _shut(end)

    def mend(self) -> None:
        """Take connections again."""
        self._listener = self._listening(self.port)

    def _listening(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=64)
        Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # the line was cut
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target))
                except OSError:  # nobody is there
                    near.close()
                    continue
                with self._lock:
                    self._ends |= {near, far}
                for one, other in ((near, far), (far, near)):
                    Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(CHUNK):
                sink.sendall(content)
        for end in (source, sink):
            _shut(end)
        with self._lock:
            self._ends -= {source, sink}


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A line to a port; it is cut when the block ends."""
    line = Line(port)
    try:
        yield line
    finally:
        line.cut()
