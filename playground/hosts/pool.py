"""Worker processes on this machine, each with an interpreter of its own.

The calls are those of `multiprocessing.managers`: a socket of this machine and a key that only these
processes know. A worker ends with the server, however that ends.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import threading
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.managers import BaseManager
from typing import Any

from playground.hosts.crew import Lost, NoWorker
from playground.hosts.memory import spare_memory
from playground.hosts.worker import Worker

START_SECONDS = 60.0  # a fresh interpreter imports torch
STOP_SECONDS = 5.0
SEEN_SECONDS = 0.5  # until a process that was killed is seen to be dead
GONE = (EOFError, ConnectionError, FileNotFoundError, BrokenPipeError)  # what a dead process's socket raises
METHODS = ("open", "ask", "watch", "close", "save", "load")


class _Manager(BaseManager):
    """Serves one `Worker`."""


_Manager.register("worker", exposed=METHODS)


class PoolStaff:
    """Hires processes of this machine."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._context = get_context("spawn")  # threads and torch do not survive a fork
        self._folder = tempfile.TemporaryDirectory(prefix="playground-")  # of the sockets
        self._numbers = itertools.count()
        self._hired: list[ProcessHandle] = []
        self._lock = threading.Lock()  # several may be hired at a time

    def hire(self) -> ProcessHandle:
        """A new process, ready to work. Raises `NoWorker`."""
        key = os.urandom(32)
        ours, theirs = self._context.Pipe()
        socket = None if os.name == "nt" else os.path.join(self._folder.name, str(next(self._numbers)))
        process = self._context.Process(target=_serve, args=(theirs, socket, key), daemon=True)
        try:
            process.start()
            theirs.close()
            if not ours.poll(START_SECONDS):
                raise EOFError
            handle = ProcessHandle(process, ours, ours.recv(), key)
        except (EOFError, OSError):  # it ended, or this machine has room for no other
            if process.pid is not None:
                process.kill()
            raise NoWorker("A worker process did not start.") from None
        with self._lock:
            self._hired = [*(each for each in self._hired if each.alive), handle]
        return handle

    def close(self) -> None:
        """End all of them."""
        for handle in self._hired:
            handle.stop()
        self._folder.cleanup()


class ProcessHandle:
    """One worker process; see `Handle`."""

    def __init__(self, process: Any, pipe: Connection, address: Any, key: bytes) -> None:
        self._process, self._pipe = process, pipe
        self._lock = threading.Lock()  # a process is waited for by one thread at a time
        self.where = f"process {process.pid}"
        self.pid: int = process.pid
        manager = _Manager(address, key)
        manager.connect()
        self._worker: Any = manager.worker()  # type: ignore[attr-defined]  # registered above

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        with self._lock:
            return bool(self._process.is_alive())

    def call(self, method: str, /, *arguments: Any) -> Any:
        """See `Handle`."""
        try:
            return getattr(self._worker, method)(*arguments)
        except GONE as error:
            with self._lock:
                self._process.join(SEEN_SECONDS)
            if self.alive:
                raise  # the error of the act itself
            raise Lost(f"{self.where}: {type(error).__name__}") from None

    def stop(self) -> None:
        """See `Handle`."""
        self._pipe.close()  # which the process waits for
        with self._lock:
            self._process.join(STOP_SECONDS)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(STOP_SECONDS)


def _serve(pipe: Connection, socket: str | None, key: bytes) -> None:
    """The life of a worker process."""
    import torch

    spare_memory()
    torch.set_num_threads(1)  # one core for each worker
    threading.Thread(target=_end_with_server, args=(pipe,), daemon=True).start()
    worker = Worker()
    _Manager.register("worker", callable=lambda: worker, exposed=METHODS)
    server = _Manager(socket, key).get_server()
    pipe.send(server.address)
    server.serve_forever()


def _end_with_server(pipe: Connection) -> None:
    """Wait until the server closes its end, or is no more; then end this process without further ado."""
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()
    os._exit(0)
