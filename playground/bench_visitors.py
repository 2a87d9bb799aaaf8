"""What a visitor costs a server in memory: resident bytes before and after many visitors came and played.

Each number is a difference of the process's resident memory, divided by the visitors; nobody looks while they
play, so it is the cost of their runs and not of pictures on their way. Knows no page.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import partial

from playground.config import RunConfig
from playground.hosts import Here, Host
from playground.hosts.worker import Worker
from playground.limits import limits
from playground.session import Session
from playground.ui.aside import nbytes_of

VISITORS = 40
ITERATIONS = 3_000  # more than fill the history of a default run
PORTION = 20  # iterations of one frame
MB = 1e6


def report(visitors: int = VISITORS, iterations: int = ITERATIONS) -> None:
    """Print megabytes a visitor for the lab's default run: opened, played, put aside."""
    opened, played, aside = measure(visitors, iterations)
    print(f"{visitors} visitors of the 2-D lab, default run, {iterations:,} iterations each")
    print(f"opened       {opened:6.2f} MB a visitor")
    print(f"played       {played:6.2f} MB a visitor (at most {limits().history_bytes / MB:g} MB is history)")
    print(f"put aside    {aside:6.2f} MB a visitor")


def measure(visitors: int, iterations: int) -> tuple[float, float, float]:
    """Megabytes a visitor: just opened, after so many iterations, and as plain data when put aside."""
    host: Host = Here()
    _visit(host, "warm")
    _play(host, "warm", PORTION)  # what is loaded once is no visitor's
    names = [str(n) for n in range(visitors)]
    opened = _growth(partial(_visit, host), names)
    played = _growth(partial(_play, host, iterations=iterations), names)
    aside = nbytes_of(host.save("0")) / MB
    return opened, opened + played, aside


def _visit(host: Host, name: str) -> None:
    host.open(name, lambda place: Session(RunConfig()))


def _play(host: Host, name: str, iterations: int) -> None:
    for _ in range(iterations // PORTION):
        host.ask(name, Session.play, 1e6, PORTION)
        host.ask(name, Session.snapshots, exact=False)


def _growth(act: Callable[[str], None], names: list[str]) -> float:
    """Megabytes by which the process grew for each name."""
    gc.collect()
    before = Worker().load().rss
    for name in names:
        act(name)
    gc.collect()
    return (Worker().load().rss - before) / MB / len(names)


if __name__ == "__main__":
    report(*map(int, sys.argv[1:]))
