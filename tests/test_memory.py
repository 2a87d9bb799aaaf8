"""Memory that is free again goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from playground.config import RunConfig
from playground.hosts.worker import GIVE_BACK_SECONDS, Worker
from playground.session import Session
from playground.ui.hub import Hub

SCRIPT = """
from playground.hosts.memory import give_back, spare_memory
from playground.hosts.worker import Worker, _rss

spare_memory()
held = [bytes(3000) for _ in range(60_000)]
last = held[-1]  # above all others: the library alone gives nothing back
del held
before = _rss()
give_back()
print((before - _rss()) / 1e6)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_what_was_needed_once_is_given_back() -> None:
    answer = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert float(answer.stdout) > 100  # of 180 MB


def test_a_worker_gives_back_what_closed_sessions_leave_but_not_after_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, given = [0.0], []
    monkeypatch.setattr("playground.hosts.worker.give_back", lambda: given.append(now[0]))
    worker = Worker(clock=lambda: now[0])
    times = (1.0, GIVE_BACK_SECONDS + 1, GIVE_BACK_SECONDS + 2, 2 * GIVE_BACK_SECONDS + 5)
    for name in ("someone", *map(str, times)):
        worker.open(name, lambda place: Session(RunConfig(), device="cpu"))
    for seconds in times:
        now[0] = seconds
        worker.close(str(seconds))
    assert given == [GIVE_BACK_SECONDS + 1, 2 * GIVE_BACK_SECONDS + 5]
    worker.close("someone")  # the last
    assert len(given) == 3


def test_an_empty_house_gives_back_what_its_visitors_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []
    hub = Hub(device="cpu")
    for name in ("one", "other"):
        hub.open(name)
    monkeypatch.setattr("playground.ui.hub.give_back", lambda: given.append(True))
    monkeypatch.setattr("playground.hosts.worker.give_back", lambda: None)
    hub.leave("one")
    assert not given
    hub.leave("other")
    assert given
    hub.shutdown()
