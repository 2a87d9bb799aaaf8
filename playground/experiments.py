"""Many small models trained together and scored: `python -m playground experiment`, here or on a cluster.

The models are cut into pieces in the same way wherever they are trained, and each piece is trained on one
thread: the numbers are the same to the last bit, however many machines of one kind share them. Knows no page.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event, Lock
from typing import TextIO

from playground.config import OBJECTIVES, ConfigError, RunConfig
from playground.training.progress import FILE_SECONDS, TERMINAL_SECONDS, in_words

SMALL = "generator_width=32&discriminator_width=32&batch_size=64"  # as the lessons that train many
SHORT = {"mm": "minimax", "ns": "non-saturating", "ls": "lsgan"}
LIKELIHOODS = ("vae", "autoencoder")
PIECE = 16  # models of one piece; more would gain little, and be harder to share out
WORK = 2_000  # models times iterations between two reports of a piece
MOST, MOST_ITERATIONS, MOST_THREADS = 4096, 10**6, 64
HEAD = "kind,learning_rate,seed,iterations,jsd_nats,high_quality,modes_covered"

Note = Callable[[int], None]  # models times iterations that a piece has done since the last note


@dataclass(frozen=True)
class Scores:
    """A number for each model; `high_quality` and `covered` are NaN where the target has no modes."""

    jsd: list[float]  # nats
    high_quality: list[float]  # share of points
    covered: list[float]  # modes
    floor: float  # nats, of a perfect generator


@dataclass(frozen=True)
class Experiment:
    """Every kind of model with every learning rate and every seed, on one target."""

    kinds: dict[str, tuple[RunConfig, ...]]
    iterations: int

    @property
    def configs(self) -> list[RunConfig]:
        """All models, in the order of the results."""
        return [config for configs in self.kinds.values() for config in configs]

    @property
    def pieces(self) -> list[tuple[RunConfig, ...]]:
        """The same models, cut into pieces of one kind; the cut follows from the settings alone."""
        starts = [(configs, at) for configs in self.kinds.values() for at in range(0, len(configs), PIECE)]
        return [configs[at : at + PIECE] for configs, at in starts]

    @property
    def work(self) -> int:
        """Models times iterations."""
        return len(self.configs) * self.iterations


def plan(
    kinds: Sequence[str],
    *,
    rates: Sequence[float] = (1e-3,),
    seeds: int = 8,
    first_seed: int = 0,
    iterations: int = 1_000,
    settings: str = "",
) -> Experiment:
    """The experiment; `settings` are those of all models, as a link of the page holds them.

    A kind is an objective of a GAN, vae or autoencoder. Raises `ConfigError`.
    """
    for name, value, most in (("seeds", seeds, MOST), ("iterations", iterations, MOST_ITERATIONS)):
        if not 1 <= value <= most:
            raise ConfigError(f"{name} is {value}, but must be 1 to {most:,}.")
    names = list(dict.fromkeys(SHORT.get(kind, kind) for kind in kinds))
    if not names or len(names) * len(rates) * seeds > MOST:
        raise ConfigError(f"There are {len(names) * len(rates) * seeds} models, but must be 1 to {MOST:,}.")
    common = RunConfig.from_query("&".join(text for text in (SMALL, settings) if text))
    if common.target == "points":
        raise ConfigError(
            "target is 'points', but must be one with a formula: scores are measured against it."
        )
    every = range(first_seed, first_seed + seeds)
    return Experiment(
        {
            name: tuple(_config(common, name, rate, seed) for rate in rates for seed in every)
            for name in names
        },
        iterations,
    )


def _config(common: RunConfig, kind: str, rate: float, seed: int) -> RunConfig:
    model = {"model": kind} if kind in LIKELIHOODS else {"model": "gan", "objective": kind}
    rates = {"generator_learning_rate": rate, "discriminator_learning_rate": rate}
    return common.with_changes(**model, **rates, seed=seed)


# -- training


def train_piece(note: Note, configs: Sequence[RunConfig], iterations: int) -> Scores:
    """Train models together and score them."""
    import torch  # here: the command line starts without it

    from playground.engine.batched.scored import ScoredBatch

    torch.set_num_threads(1)  # sums of several threads have other last digits
    batch = ScoredBatch(configs, iterations, work=WORK, measured=1)
    while not batch.finished:
        before = batch.iteration
        batch.advance()
        if batch.iteration > before:
            note((batch.iteration - before) * len(configs))
    return Scores(batch.jsd.tolist(), batch.high_quality.tolist(), batch.covered.tolist(), batch.floor)


def run_here(experiment: Experiment, note: Note = lambda done: None, threads: int = 1) -> list[Scores]:
    """The scores of every piece, trained in this process."""
    if not 1 <= threads <= MOST_THREADS:
        raise ConfigError(f"threads is {threads}, but must be 1 to {MOST_THREADS}.")
    ended = Event()

    def heard(done: int) -> None:
        if ended.is_set():
            raise InterruptedError  # ends the thread
        note(done)

    def train(piece: Sequence[RunConfig]) -> Scores:
        return train_piece(heard, piece, experiment.iterations)

    if threads == 1:
        return [train(piece) for piece in experiment.pieces]
    with ThreadPoolExecutor(threads) as pool:
        try:
            return list(pool.map(train, experiment.pieces))
        except BaseException:
            ended.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_there(
    experiment: Experiment,
    address: str,
    note: Note = lambda done: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> list[Scores]:
    """The same, as tasks of a Ray cluster; a piece whose machine dies is trained again."""
    from playground.hosts.tasks import run_tasks  # here: nothing else needs it

    works = [(piece, experiment.iterations) for piece in experiment.pieces]
    scores: list[Scores] = run_tasks(
        address, train_piece, works, on_note=lambda place, done: note(done), on_wait=say
    )
    return scores


# -- results


def table(experiment: Experiment, pieces: Sequence[Scores]) -> str:
    """CSV, a line for each model."""
    found = [row for s in pieces for row in zip(s.jsd, s.high_quality, s.covered, strict=True)]
    lines = [HEAD]
    for config, numbers in zip(experiment.configs, found, strict=True):
        cells = ["" if math.isnan(number) else repr(number) for number in numbers]
        rate = repr(config.generator_learning_rate)
        lines.append(",".join((_kind(config), rate, str(config.seed), str(experiment.iterations), *cells)))
    return "\n".join(lines) + "\n"


def summary(experiment: Experiment, pieces: Sequence[Scores]) -> str:
    """A line for each kind: how its models ended."""
    jsd = iter([number for scores in pieces for number in scores.jsd])
    lines = [f"{'kind':16}{'models':>7}{'JSD: median':>13}{'lowest':>9}  nats"]
    for kind, configs in experiment.kinds.items():
        mine = [next(jsd) for _ in configs]
        lines.append(f"{kind:16}{len(mine):7}{median(mine):13.4f}{min(mine):9.4f}")
    return "\n".join([*lines, f"{'perfect':16}{'':7}{pieces[0].floor:13.4f}"])


def _kind(config: RunConfig) -> str:
    return config.objective if config.model == "gan" else config.model


class Line:
    """One line that says how far the work is: rewritten in a terminal, otherwise one now and then."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._stream, self._clock = total, stream, clock
        self._every = TERMINAL_SECONDS if stream.isatty() else FILE_SECONDS
        self._done, self._begun = 0, clock()
        self._said = self._begun
        self._lock = Lock()

    def __call__(self, done: int) -> None:
        """`done` more models times iterations."""
        with self._lock:
            self._done = min(self._done + done, self._total)  # a piece may be trained again
            now = self._clock()
            if now - self._said < self._every and self._done < self._total:
                return
            self._said = now
            speed = self._done / max(now - self._begun, 1e-9)
            left = in_words((self._total - self._done) / speed) if speed else "?"
            told = f"{self._done:,} of {self._total:,} models x iterations"
            self._print(f"{told} · {speed:,.0f}/s · {left} left")

    def say(self, sentence: str) -> None:
        """A sentence on a line of its own."""
        print(sentence, file=self._stream, flush=True)

    def _print(self, line: str) -> None:
        if self._stream.isatty():
            end = "\n" if self._done >= self._total else ""
            print(f"\r{line:78}", end=end, file=self._stream, flush=True)
        else:
            print(line, file=self._stream, flush=True)


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    known = ", ".join(name for name in (*OBJECTIVES, *LIKELIHOODS) if name != "began")  # not batched
    add = parser.add_argument
    add("--objectives", default="ns,wgan-gp", help=f"what to train, with commas: {known}; or mm, ns, ls")
    add("--learning-rates", default="1e-3", help="of both networks, with commas")
    add("--seeds", type=int, default=8, help="models of each objective and rate")
    add("--first-seed", type=int, default=0)
    add("--iterations", type=int, default=1_000)
    add(
        "--settings", default="", help="of all models, as in a link of the page: target=grid25&batch_size=128"
    )
    add("--out", type=Path, help="CSV file of the scores; default: printed")
    add("--threads", type=int, default=1, help="pieces trained at the same time, without --cluster")
    add("--cluster", help="address of a Ray cluster that shares the work: HOST:PORT, auto, or local")


def command(arguments: argparse.Namespace) -> None:
    """Run it. Raises `ConfigError`; ends the program with a sentence where a task is lost."""
    experiment = plan(
        [kind.strip() for kind in arguments.objectives.split(",") if kind.strip()],
        rates=_rates(arguments.learning_rates),
        seeds=arguments.seeds,
        first_seed=arguments.first_seed,
        iterations=arguments.iterations,
        settings=arguments.settings,
    )
    if arguments.out is not None:
        _check_file(arguments.out)
    line = Line(experiment.work, sys.stderr)
    try:
        if arguments.cluster is None:
            pieces = run_here(experiment, line, arguments.threads)
        else:
            pieces = _there(experiment, arguments.cluster, line)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    print(summary(experiment, pieces), file=sys.stderr)
    if arguments.out is None:
        print(table(experiment, pieces), end="")
    else:
        arguments.out.write_text(table(experiment, pieces), "ascii")


def _there(experiment: Experiment, address: str, line: Line) -> list[Scores]:
    from playground.hosts import Lost

    try:
        with redirect_stdout(sys.stderr):  # where Ray says that a machine died; the table goes to stdout
            return run_there(experiment, address, line, line.say)
    except Lost as lost:
        raise SystemExit(str(lost)) from None


def _rates(text: str) -> list[float]:
    try:
        return [float(rate) for rate in text.split(",")]
    except ValueError:
        raise ConfigError(f"learning-rates is {text[:60]!r}, but must be numbers with commas.") from None


def _check_file(path: Path) -> None:
    """Raises `ConfigError` now rather than at the end."""
    try:
        path.open("a").close()
    except OSError as error:
        raise ConfigError(f"out = {str(path)!r} cannot be written: {error.strerror}.") from None
