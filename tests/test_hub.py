"""The hub: who is let in and forgotten, how frames are paced, and what nobody can do to another."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from own_loop import run
from playground.figures.frames import unpack_frame
from playground.hosts import Here, NoWorker, UnknownSession
from playground.limits import Limits
from playground.session import ALL_LAYERS, Session
from playground.snapshots import Snapshot, Update
from playground.ui import hub as hub_module
from playground.ui.hub import FRAME_SECONDS, IN_FLIGHT, Hub, HubError, Visitor
from playground.ui.visitor import LAYERS, Gone
from sessions import session_of


@dataclass
class FakeSession:
    """Counts what it is asked to do; `fails_at` is the iteration at which it diverges."""

    iteration: int = 0
    stopped: bool = False
    fails_at: int = 1_000_000
    budgets: list[float] = field(default_factory=list)
    asked: list[tuple[frozenset[str], bool]] = field(default_factory=list)

    @property
    def version(self) -> int:
        return self.iteration

    def save(self) -> int:
        return self.iteration

    def resume(self, saved: int) -> None:
        self.iteration = saved

    def play(self, budget_ms: float, most: int | None = None) -> int:
        self.budgets.append(budget_ms)
        done = most or 7
        self.iteration += done
        self.stopped = self.iteration >= self.fails_at
        return done

    def snapshots(self, layers: frozenset[str] = ALL_LAYERS, *, exact: bool = True) -> list[Snapshot]:
        self.asked.append((layers, exact))
        update = Update("iteration", self.iteration, self.iteration, self.iteration)
        points = np.zeros((4, 2), np.float32)
        return [
            Snapshot(
                run=1,
                title="",
                model="gan",
                backend="",
                extent=2.0,
                update=update,
                sentence="",
                iteration=self.iteration,
                last_iteration=self.iteration,
                diverged="It diverged." if self.stopped else "",
                real=points,
                generated=points,
            )
        ]


class Clock:
    """Time that passes only in `sleep`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += max(0.0, seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make_hub(clock: Clock, **settings: Any) -> Hub:
    return Hub(make=lambda place: FakeSession(), bounds=Limits(**settings), clock=clock, sleep=clock.sleep)


def watch(
    hub: Hub, visitor: Visitor, frames: int = 10_000, *, paints: bool = True, iterations: int | None = None
) -> list[Any]:
    """What a page sees that paints (or not) each frame and presses Pause after so many."""

    async def looking() -> list[Any]:
        seen: list[Any] = []
        async for text in hub.play(visitor, iterations):
            seen.append(unpack_frame(text))
            if paints:
                hub.acknowledge(visitor.name, seen[-1].frame_id)
            if len(seen) >= frames:
                visitor.stop()
        return seen

    return run(looking())


# -- coming and going


def test_a_name_is_let_in_once_and_found_again(clock: Clock) -> None:
    hub = make_hub(clock)
    assert hub.open("a") is hub.open("a") is hub.find("a")
    assert session_of(hub.open("b")) is not session_of(hub.open("a"))
    assert len(hub) == 2


def test_a_full_house_says_so_in_a_sentence(clock: Clock) -> None:
    hub = make_hub(clock, sessions=1)
    hub.open("a")
    with pytest.raises(HubError, match=r"All 1 places are taken just now\. You are number 1"):
        hub.open("b")
    assert hub.open("a") is hub.find("a")


def test_who_is_idle_too_long_makes_room_and_comes_back_when_there_is_some(clock: Clock) -> None:
    hub = make_hub(clock, sessions=2, idle_seconds=600.0)
    idle = hub.open("idle")
    watch(hub, idle, 3)
    clock.now = 400.0
    busy = hub.open("busy")
    clock.now = 601.0
    hub.open("new")
    assert (len(hub), hub.put_aside) == (2, 1) and hub.find("busy") is busy
    with pytest.raises(Gone, match=r"All 2 places were taken .* opened again, to wait in line"):
        hub.find("idle")
    assert hub.put_aside == 1  # and is not lost by asking
    hub.release("new")
    assert hub.find("idle") is idle
    assert (len(hub), hub.put_aside, session_of(idle).iteration) == (2, 0, 30)


def test_who_was_forgotten_is_told_that_the_page_opens_again(clock: Clock) -> None:
    hub = make_hub(clock, sessions=1, put_aside_bytes=0)
    hub.open("idle")
    clock.now = 601.0
    hub.open("new")
    assert hub.put_aside == 0 and not hub.knows("idle")
    with pytest.raises(Gone, match=r"no longer on the server\. It is being opened again"):
        hub.find("idle")


def test_a_visit_begins_the_idle_time_anew(clock: Clock) -> None:
    hub = make_hub(clock, sessions=1, idle_seconds=600.0)
    hub.open("a")
    clock.now = 500.0
    hub.find("a")
    clock.now = 1000.0
    with pytest.raises(HubError, match="places are taken"):
        hub.open("b")


def test_a_player_that_paints_nothing_for_ever_is_put_aside_too_but_later(clock: Clock) -> None:
    hub = make_hub(clock, sessions=1, idle_seconds=600.0)
    lost = hub.open("lost")
    turn = lost.start()
    clock.now = 1199.0
    with pytest.raises(HubError, match="places are taken"):
        hub.open("b")
    assert lost.still(turn)
    clock.now = 1201.0
    assert hub.open("b").name == "b"
    assert not lost.playing and hub.put_aside == 1


def test_a_released_visitor_stops_and_is_forgotten(clock: Clock) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    session, turn = session_of(visitor), visitor.start()
    hub.release("a")
    hub.release("a")
    assert not visitor.still(turn) and (len(hub), hub.put_aside) == (0, 0) and not hub.knows("a")
    assert visitor.played_frame(turn, 10.0) is None
    assert session.iteration == 0
    for ask in (lambda: hub.find("a"), lambda: visitor.ask(FakeSession.save)):
        with pytest.raises(Gone):
            ask()
    assert session_of(hub.open("a")) is not session


# -- acknowledging


@pytest.mark.parametrize("frame", [None, True, "1", 1.0, 0, -1, 2, 10**12, [1]])
def test_only_a_frame_that_was_sent_counts_as_painted(clock: Clock, frame: object) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    visitor.frame()
    hub.acknowledge("a", frame)
    assert visitor.in_flight == 1
    hub.acknowledge("a", 1)
    assert visitor.in_flight == 0


@pytest.mark.parametrize("name", [None, 3, "somebody else", ["a"], {}])
def test_a_stranger_acknowledges_for_nobody(clock: Clock, name: object) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    visitor.frame()
    hub.acknowledge(name, 1)
    assert visitor.in_flight == 1


def test_a_late_acknowledgement_takes_nothing_back(clock: Clock) -> None:
    visitor = make_hub(clock).open("a")
    for _ in range(3):
        visitor.frame()
    visitor.acknowledge(3)
    visitor.acknowledge(1)
    assert visitor.in_flight == 0


# -- playing


def test_frames_come_at_the_pace_of_the_page(clock: Clock) -> None:
    hub = make_hub(clock)
    frames = watch(hub, hub.open("a"), 24)
    assert [f.snapshots[0].iteration for f in frames] == [10 * (i + 1) for i in range(24)]
    assert all(f.playing and f.session == "a" for f in frames)
    assert clock.now == pytest.approx(24 * FRAME_SECONDS, abs=FRAME_SECONDS)


def test_the_speed_is_the_number_of_iterations_in_a_frame(clock: Clock) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    visitor.speed = 3
    assert [f.snapshots[0].iteration for f in watch(hub, visitor, 3)] == [3, 6, 9]
    visitor.speed = 0  # as many as the time allows
    assert [f.snapshots[0].iteration for f in watch(hub, visitor, 2)] == [16, 23]


def test_a_wanted_number_of_iterations_is_met_exactly(clock: Clock) -> None:
    hub = make_hub(clock)
    frames = watch(hub, hub.open("a"), iterations=25)
    assert [f.snapshots[0].iteration for f in frames] == [10, 20, 25]
    assert not hub.find("a").playing


def test_nothing_is_computed_while_three_frames_are_not_yet_painted(clock: Clock) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    frames = watch(hub, visitor, paints=False)
    assert len(frames) == IN_FLIGHT
    assert session_of(visitor).iteration == 10 * IN_FLIGHT
    assert not visitor.playing
    assert clock.now == pytest.approx(hub_module.LOST_SECONDS + IN_FLIGHT * FRAME_SECONDS, abs=0.1)


def test_pause_ends_it_with_the_frame_under_way(clock: Clock) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    assert len(watch(hub, visitor, 2)) == 2
    assert session_of(visitor).iteration == 20 and not visitor.playing


def test_a_frame_computed_while_pause_is_pressed_is_not_shown_after_it(clock: Clock) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    session = session_of(visitor)
    plays, stops = session.play, threading.Event()

    def pressed_meanwhile(budget_ms: float, most: int | None = None) -> int:
        pause = threading.Thread(target=lambda: (visitor.stop(), stops.set()))
        pause.start()
        while visitor.playing:
            pass
        assert not stops.is_set()  # Pause waits for the frame under way
        return plays(budget_ms, most)

    session.play = pressed_meanwhile  # type: ignore[method-assign]
    assert watch(hub, visitor) == []
    assert stops.wait(5.0)


def test_closing_the_page_ends_the_player(clock: Clock) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")

    async def closed_after_one() -> None:
        playing = hub.play(visitor)
        await anext(playing)
        await playing.aclose()

    run(closed_after_one())
    assert not visitor.playing


def test_the_end_of_an_older_turn_leaves_a_newer_one_alone(clock: Clock) -> None:
    visitor = make_hub(clock).open("a")
    first = visitor.start()
    second = visitor.start()
    visitor.end(first)
    assert visitor.still(second) and not visitor.still(first)
    assert visitor.played_frame(first, 5.0) is None


def test_a_run_that_diverges_shows_its_last_moment_and_stops(clock: Clock) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    session_of(visitor).fails_at = 30
    frames = watch(hub, visitor)
    assert [f.snapshots[0].diverged for f in frames] == ["", "", "It diverged."]
    assert session_of(visitor).asked[-1] == (LAYERS, True)  # with all its measures
    assert not visitor.playing


def test_those_who_play_share_the_time(clock: Clock) -> None:
    hub = make_hub(clock)
    alone = hub.open("a")
    watch(hub, alone, 1)
    for name in "bcd":
        hub.open(name).start()
    watch(hub, alone, 1)
    assert session_of(alone).budgets == [Limits().frame_ms, Limits().frame_ms / 4]


def test_a_links_way_gets_the_share_of_one_who_plays(clock: Clock) -> None:
    hub = make_hub(clock)
    opening = hub.open("opens")
    assert hub.share_ms(opening) == hub.budget_ms
    for name in "abcd":
        hub.open(name).start()
    assert hub.share_ms(opening) == hub.share_ms(hub.find("a")) == hub.budget_ms / 4


def test_a_page_that_closes_while_its_link_is_replayed_by_a_worker_is_no_failure(clock: Clock) -> None:
    class Away(Here):
        def lane(self, name: str) -> int:
            return 0 if name in self._sessions else self.nobody(name)

        def nobody(self, name: str) -> int:
            raise UnknownSession(name)

    hub = Hub(Away(), make=lambda place: FakeSession(), clock=clock)
    visitor = hub.open("a")
    hub.release("a")
    assert hub.share_ms(visitor) == hub.budget_ms
    with pytest.raises(Gone):
        visitor.watch(FakeSession.play, 1.0)


@pytest.mark.parametrize("how", [Visitor.ask, Visitor.watch])
def test_what_a_host_raises_is_told_as_a_sentence(how: Any, clock: Clock) -> None:
    class Away(Here):
        def _find(self, name: str) -> Any:
            raise self.trouble

        trouble: Exception = UnknownSession("x")

    hub = Hub(Away(), make=lambda place: FakeSession(), clock=clock)
    visitor = hub.open("a")
    with pytest.raises(Gone, match="no longer on the server"):
        how(visitor, FakeSession.play)
    Away.trouble = NoWorker("No worker.")
    with pytest.raises(HubError, match="No worker"):
        how(visitor, FakeSession.play)


def test_only_the_layers_that_the_page_draws_are_asked_for(clock: Clock) -> None:
    hub = make_hub(clock)
    visitor = hub.open("a")
    visitor.layers = frozenset({"real", "d_star"})
    visitor.frame()
    watch(hub, visitor, 1)
    assert session_of(visitor).asked == [(visitor.layers, True), (visitor.layers, False)]


def test_two_visitors_who_play_at_once_get_their_own_frames(clock: Clock) -> None:
    hub = make_hub(clock)
    speeds = {"a": 1, "b": 100}

    async def look(name: str) -> list[Any]:
        visitor = hub.open(name)
        visitor.speed = speeds[name]
        seen = []
        async for text in hub.play(visitor):
            seen.append(unpack_frame(text))
            hub.acknowledge(name, seen[-1].frame_id)
            if len(seen) == 5:
                visitor.stop()
        return seen

    async def both() -> list[list[Any]]:
        return await asyncio.gather(look("a"), look("b"))

    for name, frames in zip("ab", run(both()), strict=True):
        assert {f.session for f in frames} == {name}
        assert [f.snapshots[0].iteration for f in frames] == [speeds[name] * (i + 1) for i in range(5)]


def test_a_real_session_plays_through_the_hub() -> None:
    hub = Hub(device="cpu")
    visitor = hub.open("a")
    assert isinstance(session_of(visitor), Session)
    frames = watch(hub, visitor, iterations=20)
    assert frames[-1].snapshots[0].iteration == 20
    assert frames[0].snapshots[0].surface.shape == (64, 64)


# -- pages that close early, and answers that must not overtake each other


def test_a_page_that_was_closed_before_it_opened_takes_no_place(clock: Clock) -> None:
    hub = make_hub(clock)
    hub.leave("a")  # the browser's goodbye overtakes its wish to open
    with pytest.raises(HubError, match="no longer on the server"):
        hub.open("a")
    assert len(hub) == 0 and hub.open("b").name == "b"


def test_the_last_presses_of_a_closed_page_bring_nothing_back_but_later_ones_do(clock: Clock) -> None:
    hub = make_hub(clock)
    hub.open("a")
    clock.now = 10.0
    hub.leave("a")
    clock.now = 14.0
    with pytest.raises(HubError, match="no longer on the server"):
        hub.find("a")
    assert (len(hub), hub.put_aside) == (0, 1)
    clock.now = 15.0  # its line was only interrupted
    assert hub.find("a").name == "a" and (len(hub), hub.put_aside) == (1, 0)


@pytest.mark.parametrize(("pause", "rests"), [(True, True), (False, False)])
def test_who_played_shows_the_last_picture_after_pause_but_not_after_another_button(
    clock: Clock, pause: bool, rests: bool
) -> None:
    visitor = make_hub(clock).open("a")
    visitor.start()
    visitor.stop(pause=pause)
    assert visitor.resting is rests
    visitor.start()
    assert visitor.resting


def test_a_class_that_comes_together_enters_together(clock: Clock) -> None:
    hub = make_hub(clock, sessions=30)

    async def comes(name: str) -> list[str]:
        return [sentence async for sentence in hub.admit(name)]

    async def all_of_them() -> list[list[str]]:
        return await asyncio.gather(*(comes(f"pupil{n}") for n in range(30)))

    assert run(all_of_them()) == [[]] * 30  # nobody reads of a line in an empty house
    assert len(hub) == 30


def test_who_is_idle_is_put_aside_while_others_only_press_buttons(clock: Clock) -> None:
    hub = make_hub(clock, idle_seconds=600.0)
    hub.open("idle")
    hub.open("busy")
    for minute in range(1, 12):
        clock.now = 60.0 * minute
        assert hub.find("busy").name == "busy"
    assert (len(hub), hub.put_aside) == (1, 1)
    assert hub.find("idle").name == "idle"
