"""How fast many models train together: models x iterations per second of one batched run, beside single runs.

Two baselines, each N models one after the other: the loop that one would write by hand (autograd and
torch.optim, as `bench`'s), and this project's own closed-form `Trainer`. The contestants take turns within
one run, so that a busy minute hits them alike; what to quote is the ratio, and to which baseline.
Knows nothing of pages.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from playground import bench
from playground.config import RunConfig
from playground.engine import Trainer, choose_device
from playground.engine.batched import BatchedTrainer

MODELS, SIZES = 64, ((64, 256), (64, 64), (32, 64))  # (width, batch size)
THREADS = (1, 2)
OBJECTIVES = ("non-saturating", "minimax", "lsgan", "hinge")  # of the batched run, a quarter each
PIECE = 10  # iterations of every batched model before the clock is read
SINGLE = 20  # iterations of a single run before the next model's turn


@dataclass(frozen=True)
class Row:
    """Models x iterations per second for one size; `batched` for each number of threads."""

    width: int
    batch_size: int
    plain: float
    single: float
    batched: tuple[float, ...]


def configs(width: int, batch_size: int) -> list[RunConfig]:
    """N runs that differ in seed, objective and learning rate."""
    return [
        RunConfig(
            target="ring8",
            objective=OBJECTIVES[seed % len(OBJECTIVES)],
            generator_width=width,
            discriminator_width=width,
            batch_size=batch_size,
            generator_learning_rate=(1e-3, 5e-4)[seed // len(OBJECTIVES) % 2],
            seed=seed,
        )
        for seed in range(MODELS)
    ]


def plain_runs(width: int, batch_size: int, device: str) -> Callable[[], int]:
    """N plain loops, one after the other; a call is one turn of the next model."""
    loops = [bench.plain_loop(width, 1, device, batch_size) for _ in range(MODELS)]
    return _in_turn(loops)


def single_runs(chosen: list[RunConfig], device: str) -> Callable[[], int]:
    """N single runs of this project's engine."""
    trainers = [Trainer(config, device=device) for config in chosen]
    return _in_turn([trainer.run for trainer in trainers])


def _in_turn(runs: Sequence[Callable[[int], object]]) -> Callable[[], int]:
    turn = 0

    def run() -> int:
        nonlocal turn
        runs[turn % len(runs)](SINGLE)
        turn += 1
        return SINGLE

    return run


def batched_run(chosen: list[RunConfig], device: str, threads: int) -> Callable[[], int]:
    """All N together."""
    trainer = BatchedTrainer(chosen, device=device, threads=threads)

    def run() -> int:
        trainer.run(PIECE)
        return PIECE * len(trainer)

    return run


def rate(run: Callable[[], int], device: str) -> float:
    """Models x iterations per second over at least `bench.SLICE_SECONDS`."""
    done, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < bench.SLICE_SECONDS:
        done += run()
        if device == "cuda":
            torch.cuda.synchronize()
    return done / passed


def measure(width: int, batch_size: int, device: str, rounds: int) -> Row:
    """Medians over `rounds` turns of each."""
    chosen = configs(width, batch_size)
    runs = [plain_runs(width, batch_size, device), single_runs(chosen, device)]
    runs += [batched_run(chosen, device, threads) for threads in THREADS]
    for run in runs:
        run()
    turns = [[rate(run, device) for run in runs] for _ in range(rounds)]
    plain, single, *batched = (statistics.median(column) for column in zip(*turns, strict=True))
    return Row(width, batch_size, plain, single, tuple(batched))


def report(device: str | None = None, rounds: int = 5) -> None:
    """Print the table. Takes about a quarter of a minute."""
    torch.set_num_threads(1)
    place = choose_device(device)
    print(f"torch {torch.__version__}, {place}, {MODELS} models, ring of 8, two hidden layers, Adam, k = 1")
    print("plain: N loops of autograd and torch.optim; single: N closed-form runs of this engine")
    print("models x iterations per second (medians), one torch thread each; batched: by worker threads")
    print("width  batch     plain    single   threads   batched   batched/plain   batched/single")
    for width, batch_size in SIZES:
        r = measure(width, batch_size, place, rounds)
        for threads, batched in zip(THREADS, r.batched, strict=True):
            print(
                f"{r.width:5d} {r.batch_size:6d} {r.plain:9,.0f} {r.single:9,.0f} {threads:9d} "
                f"{batched:9,.0f} {batched / r.plain:15.1f} {batched / r.single:16.1f}",
                flush=True,
            )
