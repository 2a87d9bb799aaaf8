"""What the app counts: visitors, frames, iterations, errors, memory; for Prometheus and the log of events.

One object per app with a registry of its own. Labels come from short fixed lists and never name a session, so
that the number of series is bounded whatever is sent. Knows neither hub nor page: they tell, or are asked.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

from playground.ui.events import Marks, tell

PAGES = ("lab", "faces", "lessons")
KINDS = ("session", "worker", "request")  # of errors: a run failed, its worker was lost, Gradio failed
OWN_ENDS = ("closed", "released")  # why a session was forgotten: its page or its browser gave it up
ENDS = (*OWN_ENDS, "idle", "full")  # or the app did: nobody came back, to make room
OTHER = "other"  # what is in none of these lists
SECONDS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12)  # 0.04 is the page's pace
PREFIX = "playground"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
M = TypeVar("M", Gauge, Counter)


def app_version() -> str:
    """Of the installed package; "source" where it runs from its folder."""
    try:
        return version("gan-playground")
    except PackageNotFoundError:
        return "source"


class Meters:
    """The numbers of one app. Every method may be called by any thread and costs microseconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._clock, self._marks, self._lock = clock, Marks(), Lock()
        self._began = clock()
        self._open: dict[tuple[str, str], float] = {}  # (page, mark) -> when it opened
        self._aside: set[tuple[str, str]] = set()
        self._players: list[Callable[[], Iterable[Executor]]] = []
        self._visitors = self._gauge("visitors", "Open sessions", "page", PAGES)
        self._playing = self._gauge("playing", "Sessions that play", "page", PAGES)
        self._waiting = self._gauge("waiting", "Visitors who wait for a place", "page", PAGES)
        self._put_aside = self._gauge("put_aside", "Idle sessions that are kept outside", "page", PAGES)
        self._queue = self._gauge("queue", "Events that wait for their turn")
        self._workers = self._gauge("workers", "Processes that hold sessions")
        memory = self._gauge("memory_bytes", "Memory in use", "of", ("server", "workers"))
        memory.labels("server").set_function(lambda: resident_bytes(os.getpid()))
        memory.labels("workers").set_function(workers_bytes)
        self._frames = self._counter("frames", "Frames made", "page", PAGES)
        self._iterations = self._counter("iterations", "Iterations trained", "page", PAGES)
        self._errors = self._counter("errors", "What went wrong", "kind", KINDS)
        self._evicted = self._counter("evicted", "Sessions that the app ended", "page", PAGES)
        self._moved = self._counter("moved", "Sessions that went on after their worker was lost")
        self._refused = self._counter("refused", "Visitors for whom there was no place")
        self._seconds = Histogram(
            "frame_seconds",
            "Time to train for a frame and to pack it",
            ["page"],
            namespace=PREFIX,
            buckets=SECONDS,
            registry=self.registry,
        )
        for page in PAGES:
            self._seconds.labels(page)
        Info("app", "The app", namespace=PREFIX, registry=self.registry).info({"version": app_version()})
        ProcessCollector(registry=self.registry)  # seconds of CPU and open files of the server's process

    # -- what the app and its hubs tell

    def started(self, workers: int) -> None:
        """The app serves, with so many processes that hold sessions beside it."""
        tell("started", version=app_version(), workers=workers)

    def opened(self, page: str, name: str) -> None:
        """A session was made for a visitor."""
        self._enters("opened", page, name)

    def came_back(self, page: str, name: str) -> None:
        """A session that was put aside goes on."""
        self._enters("came_back", page, name)

    def put_aside(self, page: str, name: str) -> None:
        """A session is kept outside its worker, under this name; it may come back, or must be `released`."""
        self._leaves("put_aside", page, name)

    def released(self, page: str, name: str, why: str) -> None:
        """A session was forgotten; `why` is one of `ENDS`."""
        why = _among(ENDS, why)
        if self._leaves("released", page, name, why=why) and why not in OWN_ENDS:
            self._evicted.labels(_among(PAGES, page)).inc()

    def waiting(self, page: str, count: int) -> None:
        """So many visitors wait for a place."""
        self._waiting.labels(_among(PAGES, page)).set(count)

    def refused(self, page: str) -> None:
        """A visitor was told that there is no place."""
        self._refused.inc()
        tell("refused", page=_among(PAGES, page))

    def frame(self, page: str, seconds: float, iterations: int) -> None:
        """A frame was made, in so many seconds, with so many iterations. Not logged: there are too many."""
        page = _among(PAGES, page)
        self._frames.labels(page).inc()
        self._iterations.labels(page).inc(max(0, iterations))  # a run that went back trains none
        self._seconds.labels(page).observe(seconds)

    def error(self, kind: str, name: str = "") -> None:
        """Something went wrong; `kind` is one of `KINDS`, `name` the session's id where there is one."""
        kind = _among(KINDS, kind)
        self._errors.labels(kind).inc()
        tell("error", kind=kind, session=self._marks.mark(name) if name else "")

    def moved(self, page: str, name: str, where: str) -> None:
        """A session goes on elsewhere, because its worker was lost; `where` is the new worker's name."""
        self._moved.inc()
        tell("moved", page=_among(PAGES, page), session=self._marks.mark(name), where=where)

    # -- what is asked when somebody looks; each `read` must answer at once and hold no lock for long

    def count_playing(self, page: str, read: Callable[[], float]) -> None:
        """How many play on a page."""
        self._playing.labels(_among(PAGES, page)).set_function(read)

    def count_workers(self, read: Callable[[], float]) -> None:
        """How many processes hold sessions."""
        self._workers.set_function(read)

    def count_queue(self, read: Callable[[], float]) -> None:
        """How many events of the pages wait for their turn."""
        self._queue.set_function(read)

    def watch_players(self, read: Callable[[], Iterable[Executor]]) -> None:
        """The threads that make frames; there may be more later."""
        self._players.append(read)

    def players(self) -> list[Executor]:
        """All threads that make frames."""
        return [player for read in self._players for player in read()]

    # -- what is known

    @property
    def visitors(self) -> int:
        """Open sessions of all pages."""
        return len(self._open)

    @property
    def uptime(self) -> float:
        """Seconds since this was made."""
        return self._clock() - self._began

    def snapshot(self) -> dict[str, Any]:
        """Every number by its name without the prefix: a number, or numbers by the one label's values."""
        found: dict[str, Any] = {}
        for metric in self.registry.collect():
            for sample in metric.samples:
                name = sample.name.removeprefix(f"{PREFIX}_")
                if name.endswith(("_bucket", "_created", "_info")):
                    continue
                if sample.labels:
                    found.setdefault(name, {})[next(iter(sample.labels.values()))] = sample.value
                else:
                    found[name] = sample.value
        return found

    # -- inside

    def _enters(self, event: str, page: str, name: str) -> None:
        page, mark = _among(PAGES, page), self._marks.mark(name)
        with self._lock:
            self._open.setdefault((page, mark), self._clock())
            self._aside.discard((page, mark))
            self._recount(page)
        tell(event, page=page, session=mark)

    def _leaves(self, event: str, page: str, name: str, **more: str) -> bool:
        """Whether this is news: what is told twice counts once, and nobody leaves who never came."""
        page, mark = _among(PAGES, page), self._marks.mark(name)
        with self._lock:
            since, aside = self._open.pop((page, mark), None), (page, mark) in self._aside
            if event == "put_aside":
                known = not aside
                self._aside.add((page, mark))
            else:
                known = aside or since is not None
                self._aside.discard((page, mark))
            if not known:
                return False
            self._recount(page)
        seconds = {} if since is None else {"seconds": round(self._clock() - since, 1)}
        tell(event, page=page, session=mark, **more, **seconds)
        return True

    def _recount(self, page: str) -> None:
        self._visitors.labels(page).set(sum(of == page for of, _ in self._open))
        self._put_aside.labels(page).set(sum(of == page for of, _ in self._aside))

    def _gauge(self, name: str, words: str, label: str = "", values: tuple[str, ...] = ()) -> Gauge:
        return self._made(Gauge, name, words, label, values)

    def _counter(self, name: str, words: str, label: str = "", values: tuple[str, ...] = ()) -> Counter:
        return self._made(Counter, name, words, label, values)

    def _made(self, kind: type[M], name: str, words: str, label: str, values: tuple[str, ...]) -> M:
        """A metric whose series all exist from the start, at zero."""
        names = [label] if label else []
        metric = kind(name, f"{words}.", names, namespace=PREFIX, registry=self.registry)
        for value in values:
            metric.labels(value)
        return metric


def _among(known: tuple[str, ...], text: str) -> str:
    return text if text in known else OTHER


def resident_bytes(pid: int) -> float:
    """Bytes of memory that a process holds; not a number where the system does not say (macOS, Windows)."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return float(file.read().split()[1]) * PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return math.nan


def workers_bytes() -> float:
    """Bytes that this process's children hold; a child that has just ended counts as none.

    Workers of a cluster are not among them: the cluster counts its own.
    """
    held = [resident_bytes(child.pid) for child in multiprocessing.active_children() if child.pid]
    return sum(value for value in held if not math.isnan(value))
