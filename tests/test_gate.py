"""Who computes at a time in one process, and in which order the others follow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from playground.hosts import Here
from playground.hosts.gate import AT_ONCE, Gate, Gates
from playground.hosts.worker import Worker

PATIENCE = 10.0


class Hall:
    """Threads that go through a gate, one by one in the order in which they are sent."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.inside: list[str] = []  # who has ever been let in, in this order
        self.leave: dict[str, threading.Event] = {}
        self.threads: list[threading.Thread] = []

    def send(self, name: str, *, plays: bool = False, waits: bool = False) -> None:
        """Returns when it is inside, or waits in line."""
        self.leave[name] = threading.Event()

        def visit() -> None:
            with self.gate.turn(plays=plays):
                self.inside.append(name)
                assert self.leave[name].wait(PATIENCE)

        before = self.waiting
        self.threads.append(threading.Thread(target=visit))
        self.threads[-1].start()
        until(lambda: self.waiting > before if waits else name in self.inside)

    @property
    def waiting(self) -> int:
        return sum(map(len, self.gate._waiting))

    def end(self) -> None:
        for event in self.leave.values():
            event.set()
        for thread in self.threads:
            thread.join(PATIENCE)


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def hall() -> Iterator[Hall]:
    made = Hall(Gate(2))
    yield made
    made.end()


def test_the_first_two_are_let_in_and_the_others_follow_as_they_came(hall: Hall) -> None:
    hall.send("a")
    hall.send("b")
    for name in "cde":
        hall.send(name, waits=True)
    assert hall.inside == ["a", "b"]
    for leaves, follows in zip("bac", "cde", strict=True):
        hall.leave[leaves].set()
        until(lambda name=follows: name in hall.inside)
    assert hall.inside == ["a", "b", "c", "d", "e"]


def test_who_pressed_a_button_comes_before_those_who_play_and_they_come_too(hall: Hall) -> None:
    hall.send("first")
    hall.send("second", plays=True)
    hall.send("plays", plays=True, waits=True)
    hall.send("plays too", plays=True, waits=True)
    hall.send("presses", waits=True)
    for leaves, follows in [("first", "presses"), ("second", "plays"), ("presses", "plays too")]:
        hall.leave[leaves].set()
        until(lambda name=follows: name in hall.inside)
    assert hall.inside == ["first", "second", "presses", "plays", "plays too"]


def test_after_everyone_has_left_all_places_are_free_again(hall: Hall) -> None:
    for name in "ab":
        hall.send(name)
    for name in "cd":
        hall.send(name, waits=True)
    hall.end()
    assert hall.gate._free == 2 and hall.waiting == 0


def test_who_fails_inside_leaves_the_place_to_others() -> None:
    gate = Gate(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.turn():
            raise ZeroDivisionError
    with gate.turn(plays=True):
        assert gate._free == 0
    assert gate._free == 1


def test_sessions_of_one_kind_share_a_gate_and_those_of_two_kinds_do_not() -> None:
    gates = Gates()
    assert gates.of("lab/ann") is gates.of("lab/bob 7") is not gates.of("faces/ann")
    assert gates.of("lab/ann")._free == AT_ONCE


class Busy:
    """A session that tells how many are at work at the same time."""

    def __init__(self, place: Any) -> None:
        self.version = 0

    def save(self) -> int:
        return 0


class Count:
    def __init__(self) -> None:
        self.now = self.most = 0
        self.lock = threading.Lock()

    def work(self, session: Busy) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.002)
        with self.lock:
            self.now -= 1


def of_the_server(count: Count) -> list[Callable[[], Any]]:
    here = Here()
    here.open("lab/a", Busy)
    return [lambda: here.ask("lab/a", count.work), lambda: here.watch("lab/a", count.work)]


def of_a_worker(count: Count) -> list[Callable[[], Any]]:
    worker = Worker()
    worker.open("lab/a 0", Busy)
    return [
        lambda: worker.ask("lab/a 0", count.work, (), {}),
        lambda: worker.watch("lab/a 0", count.work, (), {}),
    ]


@pytest.mark.parametrize("host", [of_the_server, of_a_worker])
def test_a_dozen_visitors_compute_two_at_a_time_and_all_are_served(
    host: Callable[[Count], list[Callable[[], Any]]],
) -> None:
    count = Count()
    served: list[int] = []

    def visit(act: Callable[[], Any]) -> None:
        for _ in range(5):
            act()
            served.append(1)

    threads = [threading.Thread(target=visit, args=(act,)) for act in host(count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(served) == 60 and count.most == AT_ONCE and count.now == 0
