"""Hosts obey one interface; a crew loses workers and nothing that was asked. Workers here are objects."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garbage import tries
from playground.config import ConfigError, RunConfig
from playground.hosts import Crew, Here, Host, Lost, NoWorker, Place, UnknownSession, Worker
from playground.hosts import crew as crew_module
from playground.hosts.look import Look, play, show
from playground.hosts.worker import KEEP_SECONDS
from playground.session import Session, SessionError
from playground.translations import CATALOGUE, Phrase, translate
from playground.words import LANGUAGES

PATIENCE = 10.0  # seconds; only a test that fails waits so long


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Tally:
    """A session that remembers what was added, and plays by adding ones."""

    def __init__(self, place: Any = None, start: int = 0) -> None:
        if start < 0:
            raise ConfigError(f"start = {start}: allowed is 0 or more.")
        self.iteration = start
        self.added: list[int] = []

    @property
    def version(self) -> tuple[int, ...]:
        return (self.iteration, *self.added)

    def save(self) -> tuple[int, tuple[int, ...]]:
        return self.iteration, tuple(self.added)

    def resume(self, saved: tuple[int, tuple[int, ...]]) -> None:
        self.iteration, self.added = saved[0], list(saved[1])


def add(session: Tally, number: int, *, twice: bool = False) -> int:
    session.added += [number] * (1 + twice)
    return sum(session.added)


def total(session: Tally) -> int:
    return sum(session.added)


def played(session: Tally, iterations: int = 1) -> int:
    session.iteration += iterations
    return session.iteration


def refuse(session: Tally) -> None:
    raise ConfigError("no.")


class FakeHandle:
    """A worker of this process that can be killed: before the act, or when only the reply is missing."""

    def __init__(self, number: int, clock: Callable[[], float]) -> None:
        self.where = f"worker {number}"
        self.worker = Worker(clock=clock)
        self.dead = self.stopped = False
        self.dies_after = ""  # a method: what it did is done, but nobody hears of it
        self.holds: dict[str, threading.Event] = {}  # a method: its reply waits for this
        self.done: list[str] = []

    def call(self, method: str, /, *arguments: Any) -> Any:
        if self.dead:
            raise Lost(self.where)
        value = getattr(self.worker, method)(*arguments)
        self.done.append(method)
        if method == self.dies_after:
            self.dead = True
            raise Lost(self.where)
        if held := self.holds.pop(method, None):
            assert held.wait(PATIENCE)
        return value

    def stop(self) -> None:
        self.dead = self.stopped = True


@dataclass
class FakeStaff:
    """Hires at once, unless told otherwise."""

    size: int = 2
    clock: Callable[[], float] = time.monotonic
    hired: list[FakeHandle] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)  # what the next ones raise instead
    open: threading.Event = field(default_factory=threading.Event)  # whether anyone can be hired now
    closed: bool = False

    def __post_init__(self) -> None:
        self.open.set()

    def hire(self) -> FakeHandle:
        assert self.open.wait(PATIENCE)
        if self.refusals:
            raise self.refusals.pop()
        handle = FakeHandle(len(self.hired), self.clock)
        self.hired.append(handle)
        return handle

    def close(self) -> None:
        self.closed = True
        for handle in self.hired:
            handle.stop()

    @property
    def sessions(self) -> list[int]:
        """How many sessions each worker holds."""
        return [handle.worker.load().sessions for handle in self.hired]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def staff(clock: Clock) -> FakeStaff:
    return FakeStaff(clock=clock)


@pytest.fixture
def crew(staff: FakeStaff, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setattr(crew_module, "HIRE_SECONDS", PATIENCE)
    monkeypatch.setattr(crew_module, "HIRE_AGAIN_SECONDS", 0.01)
    made = Crew(staff, clock=clock)
    yield made
    staff.open.set()
    made.shutdown()


@pytest.fixture(params=["here", "crew"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    made: Host = Here() if request.param == "here" else Crew(FakeStaff())
    yield made
    made.shutdown()


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def worker_of(crew: Crew, staff: FakeStaff, name: str) -> FakeHandle:
    return next(handle for handle in staff.hired if handle.where == crew.where(name))


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "It never came."
        time.sleep(0.002)


# -- one interface


def test_a_session_is_made_asked_watched_saved_and_forgotten_under_its_name(host: Host) -> None:
    host.open("lab/ann", Tally)
    assert host.ask("lab/ann", add, 3) == 3
    assert host.ask("lab/ann", add, 4, twice=True) == 11
    assert host.watch("lab/ann", played, 5) == 5
    assert host.save("lab/ann") == (5, (3, 4, 4))
    assert host.notice("lab/ann") == "" and 0 <= host.lane("lab/ann") < host.lanes
    host.close("lab/ann")
    with pytest.raises(UnknownSession):
        host.ask("lab/ann", total)


def test_sessions_of_two_names_are_two(host: Host) -> None:
    for name in ("lab/ann", "lessons/ann", "lab/bob"):
        host.open(name, Tally)
    host.ask("lab/ann", add, 1)
    host.ask("lessons/ann", add, 2)
    assert [host.ask(name, total) for name in ("lab/ann", "lessons/ann", "lab/bob")] == [1, 2, 0]
    host.close("lab/ann")
    assert host.ask("lessons/ann", total) == 2


def test_a_name_without_a_session_is_unknown_and_closing_it_does_no_harm(host: Host) -> None:
    asked: list[Callable[[], Any]] = [
        lambda: host.ask("lab/ann", total),
        lambda: host.watch("lab/ann", total),
        lambda: host.save("lab/ann"),
    ]
    if not isinstance(host, Here):
        asked.append(lambda: host.lane("lab/ann"))
    for ask in asked:
        with pytest.raises(UnknownSession):
            ask()
    host.close("lab/ann")
    assert host.notice("lab/ann") == ""


def test_what_an_act_raises_comes_as_itself_and_the_session_goes_on(host: Host) -> None:
    host.open("lab/ann", Tally)
    with pytest.raises(ConfigError, match=r"^no\.$"):
        host.ask("lab/ann", refuse)
    with pytest.raises(ConfigError):
        host.watch("lab/ann", refuse)
    with pytest.raises(TypeError):
        host.ask("lab/ann", add)  # type: ignore[call-arg]
    assert host.ask("lab/ann", add, 1) == 1


def test_another_session_takes_the_place_of_one_of_the_same_name(host: Host) -> None:
    host.open("lab/ann", Tally)
    host.ask("lab/ann", add, 1)
    with pytest.raises(ConfigError, match="start = -1"):
        host.open("lab/ann", partial(Tally, start=-1))
    assert host.ask("lab/ann", total) == 1  # the old one stays where the new one cannot be
    host.open("lab/ann", partial(Tally, start=7))
    assert host.save("lab/ann") == (7, ())
    host.close("lab/ann")
    with pytest.raises(UnknownSession):
        host.save("lab/ann")


def test_a_saved_session_goes_on_under_another_name(host: Host) -> None:
    host.open("lab/ann", Tally)
    host.ask("lab/ann", add, 2)
    host.open("lab/bob", Tally, host.save("lab/ann"))
    assert (host.ask("lab/bob", add, 3), host.ask("lab/ann", total)) == (5, 2)


def test_a_real_run_is_the_same_run_wherever_it_lives(host: Host) -> None:
    def make(place: Place) -> Session:
        return Session(RunConfig(target="ring8", batch_size=16), device="cpu")

    alone = make(Place())
    host.open("lab/ann", make)
    for act in (Session.step, Session.update_discriminator, Session.undo):
        host.ask("lab/ann", act)
        act(alone)
    with pytest.raises(SessionError, match="Iteration 9 is not in this run"):
        host.ask("lab/ann", Session.seek, 9)
    assert host.ask("lab/ann", Session.link) == alone.link()
    (there,), (here) = host.ask("lab/ann", Session.snapshots), alone.snapshots()[0]
    assert there.generated.tobytes() == here.generated.tobytes()


def test_models_are_loaded_once_for_a_process_and_only_when_asked_for() -> None:
    place = Place()
    assert "shop" not in vars(place)
    assert place.shop is place.shop


# -- one worker


def test_a_worker_gives_a_state_away_after_every_act_that_changed_it_and_no_other(clock: Clock) -> None:
    worker = Worker(clock=clock)
    worker.open("a", Tally)
    worker.ask("a", total, (), {})
    for number in (2, 3):
        reply = worker.ask("a", add, (1,), {})
        assert (reply.number, reply.saved) == (number, (0, (1,) * (number - 1)))
        assert worker.ask("a", total, (), {}).saved is None


def test_while_playing_a_state_is_given_away_only_now_and_then(clock: Clock) -> None:
    worker = Worker(clock=clock)
    worker.open("a", Tally)
    given = []
    for frame in range(60):
        clock.now = 1000.0 + frame / 24
        if worker.watch("a", played, (), {}).saved is not None:
            given.append(clock.now)
    pauses = [after - before for before, after in pairwise(given)]
    assert len(given) == 5 and all(KEEP_SECONDS <= pause < KEEP_SECONDS + 0.1 for pause in pauses)
    assert worker.ask("a", total, (), {}).saved == (60, ())  # and at once when it is asked


def test_a_worker_says_how_busy_it_is(clock: Clock) -> None:
    def slow(session: Tally) -> None:
        clock.now += 2.5

    worker = Worker(clock=clock)
    assert worker.load().sessions == 0 and worker.load().busy == 0.0
    worker.open("a", Tally)
    worker.ask("a", slow, (), {})
    assert (worker.load().sessions, worker.load().busy) == (1, 2.5)
    assert worker.load().rss > 2**20
    worker.close("a")
    assert worker.load().sessions == 0


# -- placement


def test_sessions_are_shared_out_evenly(crew: Crew, staff: FakeStaff) -> None:
    for number in range(6):
        crew.open(str(number), Tally)
    assert staff.sessions == [3, 3] and crew.lanes == 2
    assert sorted(crew.lane(str(number)) for number in range(6)) == [0, 0, 0, 1, 1, 1]
    for number in range(6):
        if crew.lane(str(number)) == 0:
            crew.close(str(number))
    for number in range(6, 9):
        crew.open(str(number), Tally)
    assert staff.sessions == [3, 3]


def test_a_busy_worker_gets_no_new_visitor_until_it_has_rested(
    crew: Crew, staff: FakeStaff, clock: Clock
) -> None:
    def slow(session: Tally) -> None:
        clock.now += 5.0

    crew.open("works", Tally)
    busy = worker_of(crew, staff, "works")
    crew.ask("works", slow)
    for number in range(4):
        crew.open(str(number), Tally)
        assert worker_of(crew, staff, str(number)) is not busy
    clock.now += 100.0
    crew.open("later", Tally)
    assert worker_of(crew, staff, "later") is busy


def test_who_is_renewed_is_counted_once(crew: Crew, staff: FakeStaff) -> None:
    for _ in range(5):
        crew.open("a", Tally)
    assert sum(staff.sessions) == 1
    crew.open("b", Tally)
    crew.open("c", Tally)
    assert sorted(staff.sessions) == [1, 2]


def test_a_session_that_cannot_be_made_costs_no_place(crew: Crew, staff: FakeStaff) -> None:
    for _ in range(3):
        with pytest.raises(ConfigError):
            crew.open("a", partial(Tally, start=-1))
    assert staff.sessions == [0, 0]
    crew.open("b", Tally)
    crew.open("c", Tally)
    assert staff.sessions == [1, 1]


# -- a worker is lost


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_act_on_a_lost_worker_is_done_once_elsewhere(crew: Crew, staff: FakeStaff, when: str) -> None:
    crew.open("a", Tally)
    assert crew.ask("a", add, 1) == 1
    lost = worker_of(crew, staff, "a")
    if when == "before":
        lost.dead = True
    else:
        lost.dies_after = "ask"  # it was done there, but nobody will ever see that
    assert crew.ask("a", add, 10) == 11
    assert crew.save("a") == (0, (1, 10))
    assert crew.where("a") != lost.where and lost.stopped


def test_what_happened_is_told_once_and_in_every_language(crew: Crew, staff: FakeStaff) -> None:
    moves: list[tuple[str, str]] = []
    crew.moved = lambda name, where: moves.append((name, where))
    crew.open("a", partial(Tally, start=1234))
    crew.open("b", Tally)
    crew.ask("a", add, 1)
    worker_of(crew, staff, "a").dead = True
    crew.ask("a", add, 1)
    assert moves == [("a", crew.where("a"))]
    told = crew.notice("a")
    assert isinstance(told, Phrase)
    assert "goes on elsewhere from iteration 1,234, at most a second of training earlier." in told
    assert crew.notice("a") == crew.notice("b") == ""
    for language in LANGUAGES:
        said = translate(told, language)
        assert "1,234" in said and (said == told) == (language == "en")
    assert crew_module.NOWHERE in CATALOGUE


def test_playing_that_is_lost_is_half_a_second_at_most(crew: Crew, staff: FakeStaff, clock: Clock) -> None:
    for lifetime in (0.3, 0.99, 1.02, 2.6):
        crew.open("a", Tally)
        began = clock.now
        reached = {0.0: 0}
        while clock.now < began + lifetime:
            clock.now += 1 / 24
            reached[clock.now] = crew.watch("a", played)
        killed = clock.now
        worker_of(crew, staff, "a").dead = True
        (after,) = {crew.ask("a", Tally.save)[0]}
        then = max(moment for moment, iteration in reached.items() if iteration <= after)
        assert killed - then <= KEEP_SECONDS + 1 / 24


@tries(60)
@given(
    st.lists(
        st.sampled_from(("ask a", "ask b", "play a", "wait", "kill 0", "kill 1", "mute a", "renew b")),
        max_size=30,
    )
)
def test_whatever_is_killed_nothing_that_was_asked_is_lost_or_done_twice(wishes: list[str]) -> None:
    clock = Clock()
    staff = FakeStaff(clock=clock)
    crew = Crew(staff, clock=clock)
    asked: dict[str, list[int]] = {"a": [], "b": []}
    frames, sure = 0, 0  # of a's playing: seen, and certainly kept
    for name in asked:
        crew.open(name, Tally)
    for number, wish in enumerate(wishes):
        act, _, name = wish.partition(" ")
        if act == "ask":
            asked[name].append(number)
            assert crew.ask(name, add, number) == sum(asked[name])
            if name == "a":
                frames = sure = crew.ask("a", Tally.save)[0]
        elif act == "play":
            now = crew.watch("a", played)
            assert sure < now <= frames + 1
            frames = now
        elif act == "wait":
            clock.now += 1.0
        elif act == "kill":
            living = [handle for handle in staff.hired if not handle.dead]
            if int(name) < len(living):
                living[int(name)].dead = True
        elif act == "mute":
            worker_of(crew, staff, name).dies_after = "ask"
        else:
            crew.open(name, Tally)
            asked[name] = []
    assert {name: list(crew.ask(name, Tally.save)[1]) for name in asked} == asked
    held = [handle.worker.load().sessions for handle in staff.hired if not handle.dead]
    assert sum(held) == 2
    crew.shutdown()


def test_every_session_of_a_lost_worker_moves_when_it_is_asked(crew: Crew, staff: FakeStaff) -> None:
    for number in range(4):
        crew.open(str(number), Tally)
        crew.ask(str(number), add, number)
    lost = worker_of(crew, staff, "0")
    theirs = [str(n) for n in range(4) if worker_of(crew, staff, str(n)) is lost]
    lost.dead = True
    assert len(theirs) == 2
    assert [crew.ask(str(n), add, 100) for n in range(4)] == [100, 101, 102, 103]
    assert [bool(crew.notice(str(n))) for n in range(4)] == [str(n) in theirs for n in range(4)]
    wait_for(lambda: crew.alive == 2)
    assert sum(handle.worker.load().sessions for handle in staff.hired[1:] if not handle.dead) == 4


def test_two_who_ask_at_once_move_a_session_once(
    crew: Crew, staff: FakeStaff, thread: ThreadPoolExecutor
) -> None:
    moves: list[str] = []
    crew.moved = lambda name, where: moves.append(name)
    crew.open("a", Tally)
    crew.ask("a", add, 1)
    worker_of(crew, staff, "a").dead = True
    answers = [thread.submit(crew.ask, "a", add, 10) for _ in range(4)]
    assert sorted(answer.result(PATIENCE) for answer in answers) == [11, 21, 31, 41]
    assert moves == ["a"] and sum(h.worker.load().sessions for h in staff.hired if not h.dead) == 1


def test_saving_a_session_of_a_lost_worker_gives_its_newest_state(crew: Crew, staff: FakeStaff) -> None:
    crew.open("a", Tally)
    crew.ask("a", add, 5)
    worker_of(crew, staff, "a").dead = True
    assert crew.save("a") == (0, (5,))
    wait_for(lambda: crew.alive == 2)  # and the worker is replaced, though nobody asked it for anything


class Gate:
    """A session that is made only when one is let in, after the first."""

    def __init__(self) -> None:
        self.let_in, self.waiting, self.made = threading.Event(), threading.Event(), 0

    def __call__(self, place: Place) -> Tally:
        self.made += 1
        if self.made > 1:
            self.waiting.set()
            assert self.let_in.wait(PATIENCE)
        return Tally()


def moving(crew: Crew, staff: FakeStaff, thread: ThreadPoolExecutor) -> tuple[Gate, Future[int]]:
    """A session "a" that moves just now, and what was asked of it."""
    gate = Gate()
    crew.open("a", gate)
    crew.ask("a", add, 1)
    worker_of(crew, staff, "a").dead = True
    answer = thread.submit(crew.ask, "a", add, 10)
    assert gate.waiting.wait(PATIENCE)
    return gate, answer


def left(staff: FakeStaff) -> int:
    return sum(handle.worker.load().sessions for handle in staff.hired if not handle.dead)


def test_a_session_that_is_closed_while_it_moves_is_left_nowhere(
    crew: Crew, staff: FakeStaff, thread: ThreadPoolExecutor
) -> None:
    moves: list[str] = []
    crew.moved = lambda name, where: moves.append(name)
    gate, answer = moving(crew, staff, thread)
    crew.close("a")
    gate.let_in.set()
    with pytest.raises(UnknownSession):
        answer.result(PATIENCE)
    assert left(staff) == 0 and moves == []
    wait_for(lambda: crew.alive == 2)
    for name in "bcde":
        crew.open(name, Tally)
    assert sorted(handle.worker.load().sessions for handle in staff.hired if not handle.dead) == [2, 2]


def test_a_session_that_is_renewed_while_the_old_one_moves_is_the_new_one(
    crew: Crew, staff: FakeStaff, thread: ThreadPoolExecutor
) -> None:
    gate, answer = moving(crew, staff, thread)
    crew.open("a", partial(Tally, start=7))
    gate.let_in.set()
    assert answer.result(PATIENCE) == 10  # what was asked meanwhile is done to the new one
    assert crew.save("a") == (7, (10,)) and left(staff) == 1


def test_a_worker_that_dies_when_a_session_has_just_come_is_no_error(
    crew: Crew, staff: FakeStaff, thread: ThreadPoolExecutor
) -> None:
    crew.open("a", Tally)
    crew.ask("a", add, 1)
    first = worker_of(crew, staff, "a")
    (second,) = (handle for handle in staff.hired if handle is not first)
    second.dies_after = "ask"  # its first act is to say where the run stands
    staff.open.clear()
    first.dead = True
    answer = thread.submit(crew.ask, "a", add, 10)
    wait_for(lambda: second.dead)
    staff.open.set()
    assert answer.result(PATIENCE) == 11 and crew.where("a") not in (first.where, second.where)


def test_a_reply_of_a_lost_worker_that_comes_late_overwrites_nothing_and_is_not_lost(
    crew: Crew, staff: FakeStaff, thread: ThreadPoolExecutor
) -> None:
    crew.open("a", Tally)
    crew.ask("a", add, 1)
    first, arrives = worker_of(crew, staff, "a"), threading.Event()
    first.holds["ask"] = arrives
    late = thread.submit(crew.ask, "a", add, 10)
    wait_for(lambda: first.done[-2:] == ["ask", "ask"] and not first.holds)
    first.dead = True
    assert crew.ask("a", add, 100) == 101  # elsewhere, from the state before the late one
    arrives.set()
    assert late.result(PATIENCE) == 111
    worker_of(crew, staff, "a").dead = True
    assert crew.ask("a", Tally.save) == (0, (1, 100, 10))


# -- hiring


def test_a_lost_worker_is_replaced(crew: Crew, staff: FakeStaff) -> None:
    crew.open("a", Tally)
    worker_of(crew, staff, "a").dead = True
    crew.ask("a", total)
    wait_for(lambda: crew.alive == 2)
    assert len(staff.hired) == 3


def test_where_all_are_lost_one_waits_for_the_next(
    crew: Crew, staff: FakeStaff, thread: ThreadPoolExecutor
) -> None:
    crew.open("a", Tally)
    crew.ask("a", add, 1)
    staff.open.clear()
    for handle in staff.hired:
        handle.dead = True
    answer = thread.submit(crew.ask, "a", add, 10)
    wait_for(lambda: crew.alive == 0)
    assert not answer.done()
    staff.open.set()
    assert answer.result(PATIENCE) == 11


def test_where_none_comes_it_is_a_sentence_and_goes_on_when_one_does(
    crew: Crew, staff: FakeStaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew_module, "HIRE_SECONDS", 0.01)
    crew.open("a", Tally)
    crew.ask("a", add, 1)
    staff.open.clear()
    for handle in staff.hired:
        handle.dead = True
    wishes: list[Callable[[], Any]] = [
        lambda: crew.ask("a", add, 10),
        lambda: crew.watch("a", played),
        lambda: crew.open("b", Tally),
    ]
    for wish in wishes:
        with pytest.raises(NoWorker, match="Try again in a moment; the page's address holds the run"):
            wish()
    assert crew.save("a") == (0, (1,))
    staff.open.set()
    wait_for(lambda: crew.alive > 0)
    assert crew.ask("a", add, 10) == 11
    with pytest.raises(UnknownSession):
        crew.ask("b", total)


@pytest.mark.parametrize("refusal", [NoWorker("No room."), OSError(11, "no process"), RuntimeError("?")])
def test_a_worker_that_cannot_be_had_is_asked_for_again(
    crew: Crew, staff: FakeStaff, refusal: Exception
) -> None:
    staff.refusals = [refusal] * 7
    crew.open("a", Tally)
    worker_of(crew, staff, "a").dead = True
    crew.ask("a", add, 1)
    wait_for(lambda: crew.alive == 2)
    assert staff.refusals == [] and len(staff.hired) == 3


def test_an_act_that_no_worker_survives_is_given_up_and_others_go_on(crew: Crew, staff: FakeStaff) -> None:
    def kill(session: Tally) -> None:
        for handle in staff.hired:
            handle.dead = handle.dead or session in [kept.session for kept in handle.worker._kept.values()]
        raise Lost

    crew.open("bad", Tally)
    crew.open("good", Tally)
    crew.ask("good", add, 1)
    with pytest.raises(NoWorker, match="3 worker processes in turn were lost while this was done"):
        crew.ask("bad", kill)
    assert crew.ask("bad", total) == 0  # the run stays as it was, at yet another worker
    wait_for(lambda: crew.alive == 2)
    assert len(staff.hired) == 2 + crew_module.ACT_TRIES
    assert crew.ask("good", add, 10) == 11
    wait_for(lambda: crew.alive == 2)


def test_when_there_is_room_for_more_workers_they_are_hired_and_new_visitors_go_there(clock: Clock) -> None:
    staff = FakeStaff(size=1)
    crew = Crew(staff, clock=clock)
    crew.open("a", Tally)
    staff.size = 3  # machines joined
    crew.open("b", Tally)
    assert crew.lanes == 1  # not looked for at every turn
    clock.now += crew_module.LOOK_SECONDS
    crew.open("c", Tally)
    wait_for(lambda: crew.alive == 3)
    assert crew.lanes == 3 and [crew.lane(name) for name in "ab"] == [0, 0]
    crew.open("d", Tally)
    assert crew.lane("d") in (1, 2) and crew.ask("d", add, 1) == 1
    staff.size = 1  # and left again: whoever is there stays
    clock.now += crew_module.LOOK_SECONDS
    crew.open("e", Tally)
    assert (crew.lanes, len(staff.hired)) == (3, 3)
    crew.shutdown()


def test_a_cluster_that_cannot_tell_how_large_it_is_still_takes_visitors(clock: Clock) -> None:
    class Silent(FakeStaff):
        asked = 0

        @property
        def size(self) -> int:
            self.asked += 1
            if self.asked > 1:
                raise RuntimeError("the head does not answer")
            return 1

        @size.setter
        def size(self, value: int) -> None: ...

    staff = Silent()
    crew = Crew(staff, clock=clock)
    clock.now += crew_module.LOOK_SECONDS
    crew.open("a", Tally)
    assert crew.ask("a", add, 5) == 5 and staff.asked == 2
    crew.shutdown()


def test_where_one_of_the_first_cannot_be_had_the_others_are_ended() -> None:
    staff = FakeStaff(size=3, refusals=[NoWorker("No room for three.")])
    with pytest.raises(NoWorker, match="No room for three"):
        Crew(staff)
    assert staff.closed and all(handle.stopped for handle in staff.hired)


# -- the end


def test_after_the_end_no_worker_and_no_thread_is_left(thread: ThreadPoolExecutor) -> None:
    before = set(threading.enumerate())
    staff = FakeStaff()
    crew = Crew(staff)
    for name in "abcd":
        crew.open(name, Tally)
    staff.open.clear()
    for handle in staff.hired:
        handle.dead = True
    waiting = thread.submit(crew.ask, "a", total)
    wait_for(lambda: crew.alive == 0)
    crew.shutdown()
    with pytest.raises(NoWorker):  # at once, and not after a minute
        waiting.result(PATIENCE)
    staff.open.set()  # who was hired too late
    ours = {each for each in threading.enumerate() if not each.name.startswith("ThreadPool")}
    wait_for(lambda: all(not each.is_alive() for each in ours - before))
    assert staff.closed and all(handle.stopped for handle in staff.hired) and len(staff.hired) >= 2
    with pytest.raises(NoWorker):
        crew.open("e", Tally)
    assert crew.alive == 0


# -- what is seen


def packed(snapshots: list[Any], **how: Any) -> str:
    return f"{how} {[snapshot.sentence for snapshot in snapshots]}"


def test_a_frame_is_packed_where_its_session_lives_in_the_visitors_language(host: Host) -> None:
    host.open("a", lambda place: Session(RunConfig(batch_size=16), device="cpu"))
    host.ask("a", Session.step)
    said = {
        language: host.ask("a", show, Look(packed, "ann", frozenset(), language), 7, caption="c")
        for language in LANGUAGES
    }
    assert len(set(said.values())) == len(LANGUAGES)
    assert all(
        "'frame_id': 7, 'session': 'ann', 'stage': 0, 'caption': 'c'" in text for text in said.values()
    )


@pytest.mark.parametrize(
    ("limit", "last", "reached"), [(5, None, 5), (5, 3, 3), (None, 4, 4), (5, 100, 5), (5, 0, 1)]
)
def test_a_played_frame_goes_no_farther_than_it_may(
    host: Host, limit: int | None, last: int | None, reached: int
) -> None:
    host.open("a", lambda place: Session(RunConfig(batch_size=16), device="cpu"))
    seen = host.watch("a", play, Look(packed, "ann", frozenset(), "en"), 1, 1e9, limit, last)
    assert (seen.iteration, seen.iterations, seen.stopped) == (reached, reached, False)
    assert "'playing': True" in seen.text
