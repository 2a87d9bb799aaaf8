"""Clocks that jump: by the wall clock nobody is put aside, frozen or hurried; who slept goes on."""

from __future__ import annotations

import ast
import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app_process import ROOT
from own_loop import run
from playground.session import Session
from playground.training.progress import Progress
from playground.training.stopping import Stopper
from playground.ui.hub import FRAME_SECONDS, Hub
from sessions import session_of

DAY = 86_400.0
JUMPS = [-DAY, -3_600.0, 3_600.0, DAY, 366 * DAY]
MODULES = sorted([*(ROOT / "playground").rglob("*.py"), ROOT / "app.py"])
WALL = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
# where the wall clock is meant: how old a file is, which only its own date can tell
DATED = {"playground/ui/guard.py"}


class Clock:
    """Time that passes in `sleep`, and may jump."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds)
        await asyncio.sleep(0)


@pytest.fixture(params=JUMPS, ids=lambda seconds: f"{seconds / 3_600:+,.0f} h")
def wall(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Sets the wall clock to another time, as a server's first contact with its time server does."""
    true, seconds = time.time, float(request.param)

    def jump() -> None:
        monkeypatch.setattr(time, "time", lambda: true() + seconds)

    yield jump


async def frames(hub: Hub, name: str, count: int, between: Callable[[int], None]) -> list[int]:
    """The numbers of the frames that a page sees which paints each; `between` them something happens."""
    visitor, seen = hub.find(name), 0
    found: list[int] = []
    async for _ in hub.play(visitor):
        seen += 1
        hub.acknowledge(name, seen)
        found.append(int(session_of(visitor).iteration))
        between(seen)
        if seen >= count:
            visitor.stop()
    return found


def reads_the_wall_clock(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    names = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return any((node.value.id, node.attr) in WALL for node in names if isinstance(node.value, ast.Name))


def test_no_module_waits_or_forgets_by_the_wall_clock() -> None:
    assert len(MODULES) > 100
    found = {path.relative_to(ROOT).as_posix() for path in MODULES if reads_the_wall_clock(path)}
    assert sorted(found - DATED) == []


def test_a_wall_clock_that_is_set_neither_ends_nor_stops_who_plays(wall: Callable[[], None]) -> None:
    hub = Hub(device="cpu")
    hub.open("playing"), hub.open("looking")
    iterations = run(frames(hub, "playing", 6, lambda seen: wall() if seen == 3 else None))
    assert len(iterations) == 6 and iterations == sorted(iterations)
    hub.open("a third")  # whoever had been idle for long would be put aside now
    assert len(hub) == 3 and hub.put_aside == 0
    assert hub.find("looking")


def test_a_run_trains_for_its_budget_while_the_wall_clock_is_set(wall: Callable[[], None]) -> None:
    session = Session(device="cpu")
    wall()
    done = session.play(5.0, 50)
    assert 1 <= done <= 50 and session.iteration == done


def test_a_training_stops_after_its_minutes_and_not_when_the_wall_clock_is_set(
    wall: Callable[[], None],
) -> None:
    clock = Clock()
    stopper = Stopper(10.0, clock)
    wall()
    clock.now += 599.0
    assert stopper.reason == ""
    clock.now += 2.0
    assert stopper.reason == "after 10 minutes"
    assert Stopper(10.0).reason == ""


@pytest.mark.parametrize("hours", [1.0, 24.0])
def test_after_a_sleep_of_the_whole_machine_who_played_goes_on_and_who_was_idle_comes_back(
    hours: float,
) -> None:
    """Some systems count sleep on the clock that never goes back."""
    clock = Clock()
    hub = Hub(device="cpu", clock=clock, sleep=clock.sleep)
    hub.open("playing"), hub.open("idle")
    session_of(hub.find("idle")).step()

    def sleep(seen: int) -> None:
        if seen == 3:
            clock.now += hours * 3_600

    began = clock.now
    iterations = run(frames(hub, "playing", 6, sleep))
    assert len(iterations) == 6 and iterations == sorted(set(iterations))
    awake = clock.now - began - hours * 3_600
    assert awake < 10 * FRAME_SECONDS
    hub.open("new")
    assert hub.put_aside == 1
    assert session_of(hub.find("idle")).iteration == 1 and hub.put_aside == 0


def test_the_line_of_a_training_survives_a_clock_that_stands_still_or_leaps() -> None:
    class Out:
        text = ""

        def write(self, text: str) -> None:
            self.text += text

        def flush(self) -> None: ...

        def isatty(self) -> bool:
            return False

    clock, out = Clock(), Out()
    stream: Any = out
    progress = Progress(100, 8, 0, stream, clock)
    for leap in (0.0, 11.0, 0.0, 1e9, 11.0):
        clock.now += leap
        progress.tick(int(clock.now) % 100, {"loss": 0.5})
    assert "nan" not in out.text and "inf" not in out.text and out.text.count("update ") == 3
