"""The waiting line: order, positions, leaving, coming twice, and a bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garbage import tries
from own_loop import run
from playground.ui.line import Line, LineFull


async def soon(seconds: float) -> None:
    """No time passes: everyone else gets a turn."""
    await asyncio.sleep(0)


async def never(seconds: float) -> None:
    await asyncio.Event().wait()


async def settle() -> None:
    """Everyone who waits has looked again."""
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass
class Places:
    """A few places, and who took one."""

    free: int = 0
    taken: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def enter(self, name: str) -> Callable[[], Awaitable[bool]]:
        async def tries_it() -> bool:
            self.tried.append(name)
            if not self.free:
                return False
            self.free -= 1
            self.taken.append(name)
            return True

        return tries_it


@dataclass
class Guest:
    """Someone who waits in a task of their own."""

    line: Line
    places: Places
    name: str
    seen: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.task = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        async for position in self.line.wait(self.name, self.places.enter(self.name)):
            self.seen.append(position)


@pytest.mark.parametrize("most", [0, 5])
def test_who_finds_a_place_does_not_wait(most: int) -> None:
    async def visit() -> None:
        line, places = Line(most, sleep=soon), Places(free=1)
        assert [position async for position in line.wait("a", places.enter("a"))] == []
        assert places.taken == ["a"] and len(line) == 0 and "a" not in line

    run(visit())


def test_where_nobody_may_wait_who_finds_no_place_is_turned_away() -> None:
    async def visit() -> None:
        guest = Guest(Line(0, sleep=soon), Places(), "a")
        await settle()
        assert isinstance(guest.task.exception(), LineFull) and guest.seen == []

    run(visit())


def test_places_are_given_in_order_of_arrival_and_everyone_sees_the_line_move() -> None:
    async def visit() -> None:
        line, places = Line(5, sleep=soon), Places()
        guests = [Guest(line, places, name) for name in "abc"]
        await settle()
        assert [guest.seen[-1] for guest in guests] == [1, 2, 3] and len(line) == 3 and "b" in line
        for left in (2, 1, 0):
            places.free = 1
            await settle()
            assert len(line) == left
            assert [guest.seen[-1] for guest in guests if not guest.task.done()] == list(range(1, left + 1))
        assert places.taken == ["a", "b", "c"]
        assert guests[2].seen == sorted(guests[2].seen, reverse=True)  # never farther away

    run(visit())


def test_only_who_is_first_tries_to_enter() -> None:
    async def visit() -> None:
        line, places = Line(5, sleep=soon), Places()
        guests = [Guest(line, places, name) for name in "abc"]
        await settle()
        assert set(places.tried) == {"a"}
        for guest in guests:
            guest.task.cancel()

    run(visit())


def test_where_there_is_room_for_several_the_first_of_them_enter_together() -> None:
    async def visit() -> None:
        line, door, inside = Line(9, sleep=soon), asyncio.Event(), cast(list[str], [])
        seen: dict[str, list[int]] = {name: [] for name in "abcde"}

        async def slowly(name: str) -> bool:
            await door.wait()
            inside.append(name)
            return True

        def room() -> int:
            return 3 - len({*inside, *line.entering})

        async def waits(name: str) -> None:
            async for position in line.wait(name, lambda: slowly(name), room):
                seen[name].append(position)

        tasks = [asyncio.create_task(waits(name)) for name in seen]
        await settle()
        assert line.entering == {"a", "b", "c"} and [seen[name] for name in "abc"] == [[], [], []]
        assert (seen["d"][-1], seen["e"][-1]) == (1, 2)  # those at the door are no longer before one
        door.set()
        await settle()
        assert inside[:3] == ["a", "b", "c"]
        for task in tasks:
            task.cancel()

    run(visit())


def test_nobody_overtakes_one_who_is_at_the_door() -> None:
    async def visit() -> None:
        line, door, tried = Line(9, sleep=soon), asyncio.Event(), cast(list[str], [])

        async def slowly(name: str) -> bool:
            tried.append(name)
            await door.wait()
            return False

        async def waits(name: str) -> None:
            async for _ in line.wait(name, lambda: slowly(name)):
                pass

        tasks = [asyncio.create_task(waits(name)) for name in "ab"]
        await settle()
        assert tried == ["a"]
        door.set()
        await settle()
        assert set(tried) == {"a"}  # it was not let in, and is still the first
        for task in tasks:
            task.cancel()

    run(visit())


def test_who_leaves_waits_no_longer_and_who_is_behind_moves_up() -> None:
    async def visit() -> None:
        line, places = Line(5, sleep=soon), Places()
        a, b, c = (Guest(line, places, name) for name in "abc")
        await settle()
        line.leave("b")
        line.leave("b")
        line.leave("nobody")
        await settle()
        assert b.task.done() and b.task.exception() is None and c.seen[-1] == 2
        line.leave("a")
        places.free = 3
        await settle()
        assert a.task.done() and c.task.done() and places.taken == ["c"] and len(line) == 0

    run(visit())


def test_who_comes_twice_keeps_the_place_and_enters_once() -> None:
    async def visit() -> None:
        line, places = Line(5, sleep=soon), Places()
        first, other = Guest(line, places, "a"), Guest(line, places, "b")
        await settle()
        again = Guest(line, places, "a")  # the same page, in another call
        await settle()
        assert first.task.done() and not again.task.done() and len(line) == 2
        assert (again.seen[-1], other.seen[-1]) == (1, 2)
        places.free = 2
        await settle()
        assert places.taken == ["a", "b"] and len(line) == 0

    run(visit())


def test_a_full_line_takes_nobody_else_but_who_is_in_it() -> None:
    async def visit() -> None:
        line, places = Line(2, sleep=soon), Places()
        guests = [Guest(line, places, name) for name in "ab"]
        await settle()
        late = Guest(line, places, "c")
        await settle()
        assert isinstance(late.task.exception(), LineFull) and late.seen == [] and "c" not in line
        again = Guest(line, places, "b")
        await settle()
        assert again.seen[-1] == 2 and len(line) == 2
        line.leave("a")
        late = Guest(line, places, "c")
        await settle()
        assert late.seen[-1] == 2
        for guest in (*guests, again, late):
            guest.task.cancel()

    run(visit())


@pytest.mark.parametrize("how", ["cancelled", "closed"])
def test_a_page_that_is_closed_leaves_the_line(how: str) -> None:
    async def visit() -> None:
        line, places = Line(5, sleep=soon if how == "cancelled" else never), Places()
        if how == "cancelled":
            guest = Guest(line, places, "a")
            await settle()
            guest.task.cancel()
            with suppress(asyncio.CancelledError):
                await guest.task
        else:
            waiting = cast(AsyncGenerator[int, None], line.wait("a", places.enter("a")))
            assert await anext(waiting) == 1
            await waiting.aclose()
        assert "a" not in line and len(line) == 0
        other = Guest(line, places, "b")
        await settle()
        assert other.seen[-1] == 1
        other.task.cancel()

    run(visit())


def test_what_entering_raises_is_raised_and_the_next_one_is_first() -> None:
    async def broken() -> bool:
        raise ValueError("No such run.")

    async def visit() -> None:
        line, places = Line(5, sleep=soon), Places()

        async def waits() -> None:
            async for _ in line.wait("a", broken):
                pass

        with pytest.raises(ValueError, match="No such run"):
            await waits()
        places.free = 1
        assert [position async for position in line.wait("b", places.enter("b"))] == []

    run(visit())


def test_who_is_first_looks_at_once_when_called() -> None:
    async def visit() -> None:
        line, places = Line(5, sleep=never), Places()
        guests = [Guest(line, places, name) for name in "ab"]
        await settle()
        places.free = 1
        await settle()
        assert places.taken == []  # nobody has said so, and the pause between two looks is not over
        line.call()
        await settle()
        assert places.taken == ["a"] and "a" not in line and not guests[1].task.done()
        guests[1].task.cancel()

    run(visit())


@tries(60)
@given(st.lists(st.tuples(st.sampled_from(("come", "leave", "free")), st.integers(0, 4)), max_size=25))
def test_whoever_comes_and_goes_places_are_given_in_order_of_arrival(events: list[tuple[str, int]]) -> None:
    async def visit() -> None:
        line, places, guests = Line(3, sleep=soon), Places(), cast(dict[int, Guest], {})
        waiting: list[str] = []  # what must be in the line
        inside: list[str] = []
        for act, number in events:
            name = str(number)
            if act == "come" and name not in inside:
                full = len(waiting) >= 3 and name not in waiting
                guests[number] = Guest(line, places, name)
                if not full and name not in waiting:
                    waiting.append(name)
            elif act == "leave" and name in waiting:
                line.leave(name)
                waiting.remove(name)
            elif act == "free" and waiting:
                places.free = 1
                inside.append(waiting.pop(0))
            await settle()
            assert places.taken == inside and len(line) == len(waiting)
            assert [guests[int(name)].seen[-1] for name in waiting] == list(range(1, len(waiting) + 1))
        ends: list[Any] = [guest.task for guest in guests.values()]
        for end in ends:
            end.cancel()
        await asyncio.gather(*ends, return_exceptions=True)

    run(visit())
