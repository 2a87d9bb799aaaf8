"""The app in a process of its own, watched from outside: its address, memory, processor time, log, and end.

Knows of the app only how it is started and where it says how many visitors it holds.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app_process import free_port
from load.wire import Gone, Wire, plain

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS, END_SECONDS = 180.0, 20.0
PAGE_BYTES, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
METRIC = re.compile(r"^(playground_\w+(?:\{[^}]*\})?)\s+([0-9.eE+-]+)$", re.M)
VISITORS = "playground_visitors"
NOT_KEPT = re.compile(r"_created|_bucket|_seconds_sum|_info")
FAULT = re.compile(r"^Traceback|^\s*(?:ERROR|CRITICAL)\b|\"level\":\s*\"(?:error|critical)\"", re.M)


@dataclass(frozen=True)
class Usage:
    """All processes of the app together."""

    processes: int
    rss: int  # bytes; pages shared by several processes count for each
    cpu: float  # seconds so far


@dataclass
class Server:
    """One running app."""

    port: int
    process: subprocess.Popen[bytes]
    log: IO[str]
    started: float  # seconds until its page answered
    known: set[int] = field(default_factory=set)  # every process it was seen to have
    _ended_cpu: dict[int, float] = field(default_factory=dict)

    def pss(self) -> int:
        """Bytes of memory now, with pages that several processes share counted once."""
        total = 0
        for number in tree(self.process.pid):
            with _vanishing():
                lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        return total

    def usage(self) -> Usage:
        """Now. Processor time of processes that ended is kept as it was last seen."""
        rss = 0
        alive = tree(self.process.pid)
        for number in alive:
            with _vanishing():
                rss += int(Path(f"/proc/{number}/statm").read_text().split()[1]) * PAGE_BYTES
                fields = _stat(number)
                self._ended_cpu[number] = (int(fields[11]) + int(fields[12])) / TICKS
        self.known |= set(alive)
        return Usage(len(alive), rss, sum(self._ended_cpu.values()))

    def front_cpu(self) -> float:
        """Seconds of processor time of the process that serves the pages, without its workers."""
        fields = _stat(self.process.pid)
        return (int(fields[11]) + int(fields[12])) / TICKS

    async def says(self) -> dict[str, float]:
        """What the app says of itself at /metrics, by name; empty where it says nothing."""
        wire = Wire("127.0.0.1", self.port)
        try:
            reply = await wire.ask("GET", "/metrics", patience=10.0)
        except (Gone, TimeoutError):
            return {}
        finally:
            wire.cut()
        text = plain(reply.headers, reply.body).decode("utf-8", "replace") if reply.status == 200 else ""
        return {name: float(value) for name, value in METRIC.findall(text) if not NOT_KEPT.search(name)}

    async def visitors(self) -> int | None:
        """How many sessions the app holds, by what it says; None where it does not say."""
        held = [value for name, value in (await self.says()).items() if name.startswith(VISITORS)]
        return round(sum(held)) if held else None

    def faults(self) -> list[str]:
        """What the log says of failures: their last lines."""
        self.log.flush()
        self.log.seek(0)
        text = self.log.read()
        return [_last_line(text, match.start()) for match in FAULT.finditer(text)]

    def end(self) -> int:
        """Stop it; how many of its processes had to be killed afterwards."""
        self.known |= set(tree(self.process.pid))
        self.process.terminate()
        try:
            self.process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        time.sleep(0.5)
        left = [number for number in self.known - {self.process.pid} if _alive(number)]
        for number in left:
            with _vanishing():
                os.kill(number, signal.SIGKILL)
        return len(left)


async def start(app_args: list[str], cpus: list[int] | None = None) -> Server:
    """The app on a free port; on these processors alone, if any are named. Raises `RuntimeError`."""
    port = free_port()
    command = [sys.executable, "-m", "playground", "app", "--port", str(port), *app_args]
    environment = {
        **os.environ, "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_ANALYTICS_ENABLED": "False",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    if cpus:
        command = ["taskset", "-c", ",".join(map(str, cpus)), *command]
    log = tempfile.TemporaryFile("w+")  # noqa: SIM115  (lives as long as the server)
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    server = Server(port, process, log, 0.0)
    while time.monotonic() - began < START_SECONDS and process.poll() is None:
        wire = Wire("127.0.0.1", port)
        try:
            if (await wire.ask("GET", "/", patience=30.0)).status == 200:
                server.started = time.monotonic() - began
                return server
        except (Gone, TimeoutError):
            await asyncio.sleep(0.2)
        finally:
            wire.cut()
    server.end()
    log.seek(0)
    raise RuntimeError(f"The app did not start; it said:\n{log.read()[-4000:]}")


def busy_seconds() -> float:
    """Processor time that everything on this machine has used since it started."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _idle, _waiting, *rest = (int(field) for field in fields[:8])
    return (user + nice + system + sum(rest)) / TICKS


def own_seconds() -> float:
    """Processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with _vanishing():
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        number = todo.pop()
        if _alive(number):
            found.append(number)
        todo += children.get(number, [])
    return found


def _stat(number: int) -> list[str]:
    """The fields of /proc/N/stat after the name: state, parent, ..."""
    return Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2].split()


def _alive(number: int) -> bool:
    with _vanishing():
        return _stat(number)[0] not in "ZX"
    return False


class _vanishing:
    """A process may end while one looks at it."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, OSError | ValueError | IndexError)


def _last_line(text: str, at: int) -> str:
    """The line of the exception that a traceback ends with, or the line itself, without paths."""
    lines = text[at : at + 20_000].splitlines()
    if lines[0].startswith("Traceback"):
        lines = [line for line in lines[1:] if line and not line.startswith((" ", "|"))][:1] or lines[:1]
    return re.sub(r"(/[\w.-]+){2,}", "…", lines[0])[:300]
