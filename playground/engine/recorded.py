"""A whole iteration as one CUDA graph: on a GPU, launching kernels this small takes longer than running them.

An iteration in closed form runs on fixed buffers, so its kernels can be recorded once and launched together.
What changes from one iteration to the next lies outside: the rows of every stream are copied to fixed places
before each launch. The first bad weight is counted on the device and asked for once, after the last launch.
Knows nothing of what is learned.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor

from playground.engine.draws import Rows
from playground.engine.learner import Learner

WARM_UP = 3  # iterations launched one by one first: what a library does at its first use cannot be recorded
WORTH_IT = 50  # iterations of a run from which recording pays

log = logging.getLogger(__name__)


class Graph(Protocol):
    """Kernels recorded once and launched together."""

    def warm_up(self, work: Callable[[], None]) -> None:
        """Run `work` where it will be recorded."""

    def record(self, work: Callable[[], None]) -> None:
        """Take down what `work` launches; nothing of it happens. Raises `RuntimeError` if it cannot."""

    def launch(self) -> None:
        """Do what was taken down, to the same tensors."""


class CudaGraph:
    """PyTorch's own, on a stream of its own."""

    def __init__(self) -> None:
        self.graph, self.stream = torch.cuda.CUDAGraph(), torch.cuda.Stream()

    def warm_up(self, work: Callable[[], None]) -> None:
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            work()
        torch.cuda.current_stream().wait_stream(self.stream)

    def record(self, work: Callable[[], None]) -> None:
        # other threads serve other visitors on the same device meanwhile; what they do is not recorded
        with torch.cuda.graph(self.graph, stream=self.stream, capture_error_mode="thread_local"):
            work()

    def launch(self) -> None:
        self.graph.replay()


class Recorded:
    """Iterations of one learner without reports. Where they cannot be recorded they are launched one by one.

    Whatever changes the learner's tensors in place (another update, `load_arrays`) may happen in between.
    """

    def __init__(self, learner: Learner, graph: Graph) -> None:
        self.learner, self.graph = learner, graph
        self.works: bool | None = None  # not tried yet
        self._places: dict[Rows, dict[int, Tensor]] = {rows: {} for rows in learner.streams}
        self._strides: dict[str, int] = {}
        flat = learner.flats[learner.last_to_move]
        self._fine = torch.ones((), dtype=torch.bool, device=flat.vector.device)
        self._done = torch.zeros((), dtype=torch.int64, device=flat.vector.device)

    def pays(self, n: int, iteration: int) -> bool:
        """Whether to `run` n iterations, for a run that stands at `iteration`."""
        return n > (0 if self.works else WARM_UP) and n + iteration >= WORTH_IT

    def run(self, n: int) -> int:
        """n iterations; how many of them came before the first whose weights are not finite."""
        self._fine.fill_(True)
        self._done.zero_()
        if self.works is None:
            n -= self._record()
        if self.works:
            self._launch(n)
        else:
            for _ in range(n):
                self._iterate()
        return int(self._done)

    def _iterate(self) -> None:
        self.learner.iterate(want=False)
        self._fine.logical_and_(self.learner.flats[self.learner.last_to_move].vector.sum().isfinite())
        self._done.add_(self._fine)

    def _record(self) -> int:
        """Record one iteration, after some that are only run; how many were."""
        learner = self.learner
        for _ in range(WARM_UP):
            with _held(learner, self._place):
                self.graph.warm_up(self._iterate)
        before = learner.counters()
        try:
            with _held(learner, lambda rows, ahead, row: self._places[rows][ahead]):
                self.graph.record(self._iterate)
            self.works = True
        except RuntimeError as error:
            log.warning("An iteration cannot be recorded; its kernels are launched one by one: %s", error)
            self.works = False
        self._strides = {name: count - before[name] for name, count in learner.counters().items()}
        learner.load_counters(before)
        return WARM_UP

    def _place(self, rows: Rows, ahead: int, row: int) -> Tensor:
        """The fixed tensor for the row `ahead` of where its stream stands, holding `row`."""
        found = self._places[rows].setdefault(ahead, torch.empty_like(rows.drawn(row)))
        return found.copy_(rows.drawn(row))

    def _launch(self, n: int) -> None:
        learner = self.learner
        read = [
            (place, rows, learner.next_row(rows.stream) + ahead, self._strides[learner.clock(rows.stream)])
            for rows, places in self._places.items()
            for ahead, place in places.items()
        ]
        places = [place for place, *_ in read]
        for i in range(n):
            torch._foreach_copy_(places, [rows.drawn(first + i * stride) for _, rows, first, stride in read])
            self.graph.launch()
        learner.load_counters(
            {name: count + n * self._strides[name] for name, count in learner.counters().items()}
        )


@contextmanager
def _held(learner: Learner, find: Callable[[Rows, int, int], Tensor]) -> Iterator[None]:
    """Within it the rows of a learner's streams come from `find` (rows, how far ahead, row)."""

    def finder(rows: Rows) -> Callable[[int], Tensor]:
        first = learner.next_row(rows.stream)
        return lambda row: find(rows, row - first, row)

    for rows in learner.streams:
        rows.held = finder(rows)
    try:
        yield
    finally:
        for rows in learner.streams:
            rows.held = None
