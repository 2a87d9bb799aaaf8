"""Long work as tasks of a Ray cluster, with progress, on machines that are free. Knows nothing of the work.

A task whose machine dies is run again by Ray, and may go on from the checkpoint that it gave away last. Notes
and checkpoints pass through one small actor on the machine that asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from playground.config import ConfigError
from playground.hosts.cluster import connect
from playground.hosts.crew import Lost

TRIES = 5  # times that a task is run again after its machine or its process died
POLL_SECONDS = 0.2  # between two looks for news
WAIT_SECONDS = 10.0  # after which it is said that nothing has begun
STOP_SECONDS = 30.0  # for tasks to end in good order after Ctrl+C


class Report(Protocol):
    """How a task speaks to who asked for it."""

    def __call__(self, note: Any, /) -> None:
        """Tell how far the work is."""

    def keep(self, checkpoint: Any, /) -> None:
        """Give a checkpoint away: what `kept` gives if this task has to be run again, and `on_kept` gets."""

    def kept(self) -> Any:
        """The newest checkpoint, or None."""


OnNote = Callable[[int, Any], None]  # (place of the task, what it told)


def run_tasks(
    address: str,
    function: Callable[..., Any],
    each: Sequence[tuple[Any, ...]],
    *,
    on_note: OnNote = lambda place, note: None,
    on_kept: OnNote = lambda place, checkpoint: None,
    on_wait: Callable[[str], None] = lambda sentence: None,
    kept: Sequence[Any] = (),
    cpus: float = 1.0,
    gpus: float = 0.0,
) -> list[Any]:
    """`function(report, *arguments)` for each of the arguments, as tasks of the cluster; the values in order.

    `function` is one of a module, and what travels is plain. `kept` are checkpoints to begin with. `gpus` is
    the share of a GPU that a task gets, on a cluster that has any. The callbacks are called in this thread. A
    `KeyboardInterrupt` interrupts the tasks in the same way, waits for them, and passes on. Raises
    `ConfigError`, what a task raises, and `Lost` with a sentence where one died more than `TRIES` times.
    """
    ray, connected = connect(address)
    try:
        gpus = _granted(ray, cpus, gpus)
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        board = ray.remote(num_cpus=0, scheduling_strategy=here)(_Board).remote(dict(enumerate(kept)))
        remote = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=TRIES, scheduling_strategy="SPREAD")(
            _task
        )
        references = [remote.remote(board, place, function, work) for place, work in enumerate(each)]
        return _Watch(ray, board, references, on_note, on_kept, on_wait).to_the_end()
    finally:
        if connected:
            ray.shutdown()


def run_task(address: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """One task; `options` are those of `run_tasks`."""
    return run_tasks(address, function, [arguments], **options)[0]


def _granted(ray: Any, cpus: float, gpus: float) -> float:
    """The share of a GPU. Raises `ConfigError` for what no machine has, which Ray would wait for."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(machine.get("GPU", 0.0) for machine in machines):
        gpus = 0.0
    fit = [machine for machine in machines if machine.get("GPU", 0.0) >= gpus]
    most = max((machine.get("CPU", 0.0) for machine in fit), default=0.0)
    if most < cpus:
        whose = "with a GPU " if gpus else ""
        raise ConfigError(f"A task wants {cpus:g} CPU, but the largest machine {whose}has {most:g}.")
    return gpus


@dataclass
class _Watch:
    """Waits for tasks, and passes on what they tell."""

    ray: Any
    board: Any
    references: list[Any]
    on_note: OnNote
    on_kept: OnNote
    on_wait: Callable[[str], None]

    def to_the_end(self) -> list[Any]:
        pending, since, begun = list(self.references), time.monotonic(), False
        try:
            while pending:
                ready, pending = self.ray.wait(pending, timeout=POLL_SECONDS)
                begun = self._pass_on() or begun
                for reference in ready:
                    self._value(reference)  # raises what the task raised
                if not begun and time.monotonic() - since > WAIT_SECONDS:
                    self.on_wait(
                        "No machine of the cluster has begun yet: it may be full, or still starting."
                    )
                    begun = True  # said once
            return [self._value(reference) for reference in self.references]
        except KeyboardInterrupt:
            for reference in pending:
                self.ray.cancel(reference, force=False)
            if pending:
                self.ray.wait(pending, num_returns=len(pending), timeout=STOP_SECONDS)
            self._pass_on()
            raise
        finally:
            for reference in pending:
                self.ray.cancel(reference, force=True)
            self.ray.kill(self.board)

    def _pass_on(self) -> bool:
        """Whether any task has begun."""
        begun, news = self.ray.get(self.board.take.remote())
        for place, checkpoint, what in news:
            (self.on_kept if checkpoint else self.on_note)(place, what)
        return bool(begun)

    def _value(self, reference: Any) -> Any:
        errors = self.ray.exceptions
        try:
            return self.ray.get(reference)
        except errors.RayTaskError as error:
            raise error.cause from None
        except errors.RayError as error:
            raise Lost(
                f"A task was given up: its process or its machine died more than {TRIES} times "
                f"({type(error).__name__})."
            ) from None


class _Board:
    """The actor between tasks and who asked for them: news to be taken, and each task's newest checkpoint."""

    def __init__(self, kept: dict[int, Any]) -> None:
        self._kept, self._begun = kept, False
        self._news: list[tuple[int, bool, Any]] = []  # (place, whether it is a checkpoint, what)

    def begin(self, place: int) -> Any:
        self._begun = True
        return self._kept.get(place)

    def tell(self, place: int, note: Any) -> None:
        self._news.append((place, False, note))

    def keep(self, place: int, checkpoint: Any) -> None:
        self._kept[place] = checkpoint
        self._news.append((place, True, checkpoint))

    def take(self) -> tuple[bool, list[tuple[int, bool, Any]]]:
        news, self._news = self._news, []
        return self._begun, news


class _Told:
    """The `Report` of a task."""

    def __init__(self, board: Any, place: int) -> None:
        import ray

        self._ray, self._board, self._place = ray, board, place
        self._kept = ray.get(board.begin.remote(place))

    def __call__(self, note: Any, /) -> None:
        self._ray.get(self._board.tell.remote(self._place, note))

    def keep(self, checkpoint: Any, /) -> None:
        self._kept = checkpoint
        self._ray.get(self._board.keep.remote(self._place, checkpoint))

    def kept(self) -> Any:
        return self._kept


def _task(board: Any, place: int, function: Callable[..., Any], work: tuple[Any, ...]) -> Any:
    """What Ray runs."""
    return function(_Told(board, place), *work)
