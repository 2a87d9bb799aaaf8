"""Runs put aside: bounded by bytes, the longest unused forgotten first; how visitors come back to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from own_loop import run
from playground.config import RunConfig
from playground.figures.frames import unpack_frame
from playground.hosts import Here, NoWorker, Place
from playground.limits import Limits
from playground.session import Session
from playground.ui.aside import Aside, nbytes_of
from playground.ui.former import came_back
from playground.ui.hub import LEFT_SECONDS, Hub, HubError
from playground.ui.visitor import Gone, Visitor
from sessions import session_of

IDLE = 600.0
CONFIG = RunConfig(target="ring8", batch_size=32, generator_width=16, discriminator_width=16)


class Clock:
    """Time that passes when it is told to, and in `sleep`."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def small_run(place: Place) -> Session:
    return Session(CONFIG, device="cpu")


def make_hub(clock: Clock, **settings: Any) -> Hub:
    bounds = Limits(idle_seconds=IDLE, **settings)
    return Hub(make=small_run, bounds=bounds, clock=clock, sleep=clock.sleep)


def visitor(name: str, make: Any = small_run) -> Visitor:
    return Visitor(name, f"lab/{name}", Here(), make, lambda *a, **k: "", 0.0)


def iterate(hub: Hub, visitor: Visitor, iterations: int) -> list[Any]:
    """Play so far; the frames."""

    async def watch() -> list[Any]:
        seen = []
        async for text in hub.play(visitor, iterations):
            seen.append(unpack_frame(text))
            hub.acknowledge(visitor.name, seen[-1].frame_id)
        return seen

    frames: list[Any] = run(watch())
    return frames


# -- the bound


def test_the_bytes_of_plain_data_are_those_of_its_arrays_and_texts() -> None:
    arrays = {"a": np.zeros(1000), "b": [np.zeros((10, 10), np.float32)] * 2, "c": ("x" * 500, b"y" * 500)}
    assert 8000 + 800 + 1000 <= nbytes_of(arrays) < 12_000
    session = Session(CONFIG, device="cpu")
    session.play(1e9, 50)
    saved = session.save()
    assert saved.nbytes <= nbytes_of(saved) < saved.nbytes + 20_000
    assert nbytes_of(None) + nbytes_of(3) < 100


def test_the_longest_unused_is_forgotten_first_and_no_more_than_must_be() -> None:
    aside = Aside(3_500)
    for name in "abc":
        assert aside.put(visitor(name), b"x" * 900) == []
    assert len(aside) == 3 and 2_700 < aside.nbytes <= 3_500
    again = aside.take("a")
    assert again is not None and again.saved == b"x" * 900
    assert aside.put(again.visitor, again.saved) == []  # a is the newest now
    assert [gone.name for gone in aside.put(visitor("d"), b"x" * 900)] == ["b"]
    assert [name in aside for name in "abcd"] == [True, False, True, True]
    assert [gone.name for gone in aside.put(visitor("e"), b"x" * 2_900)] == ["c", "a", "d"]
    assert len(aside) == 1 and "e" in aside


def test_a_run_beyond_the_bound_is_not_kept_and_pushes_the_others_out_only_then() -> None:
    aside = Aside(2_000)
    aside.put(visitor("a"), b"x" * 500)
    gone = [each.name for each in aside.put(visitor("b"), b"x" * 5_000)]
    assert gone[-1] == "b" and "b" not in aside and aside.nbytes <= 2_000


def test_the_same_name_twice_is_counted_once() -> None:
    aside = Aside(10_000)
    for size in (500, 900, 700):
        assert aside.put(visitor("a"), b"x" * size) == []
    assert len(aside) == 1 and 700 <= aside.nbytes < 1_000
    assert aside.take("a") is not None and aside.take("a") is None
    assert (len(aside), aside.nbytes) == (0, 0)


def test_what_a_run_is_made_of_counts_too() -> None:
    aside, faces = Aside(10_000), np.zeros(5_000, np.uint8)
    aside.put(visitor("a", partial(small_run, faces=faces)), b"")
    assert aside.nbytes > 5_000
    assert [gone.name for gone in aside.put(visitor("b", partial(small_run, faces=faces)), b"")] == ["a"]


# -- idle visitors


def test_a_run_put_aside_goes_on_bit_for_bit_and_its_frames_are_numbered_on(clock: Clock) -> None:
    hub, undisturbed = make_hub(clock), Session(CONFIG, device="cpu")
    ann = hub.open("ann")
    ann.speed, ann.language, ann.layers = 5, "zh-TW", frozenset({"generated"})
    before = iterate(hub, ann, 20)
    clock.now += IDLE + 1.0
    hub.sweep()
    assert (len(hub), hub.put_aside) == (0, 1) and hub.knows("ann")
    with pytest.raises(Gone):
        ann.ask(Session.step)  # nothing of it is held by the host
    assert hub.find("ann") is ann
    assert (len(hub), hub.put_aside) == (1, 0)
    assert (ann.speed, ann.language, ann.layers) == (5, "zh-TW", frozenset({"generated"}))
    after = iterate(hub, ann, 20)
    undisturbed.play(1e9, 40)
    (want,) = undisturbed.snapshots(frozenset({"generated"}))
    last = after[-1].snapshots[0]
    assert last.iteration == 40
    exact, alone = (
        unpack_frame(text) for text in (ann.frame(), ann.pack([want], frame_id=1, session="alone"))
    )
    assert exact.snapshots[0].generated.tobytes() == alone.snapshots[0].generated.tobytes()
    numbers = [frame.frame_id for frame in (*before, *after)]
    assert numbers == list(range(1, len(numbers) + 1)) and {f.session for f in after} == {"ann"}
    assert session_of(ann).link() == undisturbed.link()
    ann.ask(Session.undo)  # one frame, which holds fewer iterations than asked for on a busy machine
    assert session_of(ann).iteration == after[-2].snapshots[0].iteration < 40


def test_a_frame_painted_late_does_no_harm_to_a_run_put_aside(clock: Clock) -> None:
    hub = make_hub(clock)
    ann = hub.open("ann")
    ann.frame()
    hub.leave("ann")
    clock.now += LEFT_SECONDS
    hub.acknowledge("ann", 1)
    assert hub.put_aside == 1 and hub.find("ann").in_flight == 1


def test_idle_minutes_begin_anew_when_a_run_comes_back(clock: Clock) -> None:
    hub = make_hub(clock)
    hub.open("ann")
    clock.now += IDLE + 1.0
    hub.sweep()
    hub.find("ann")
    clock.now += IDLE - 1.0
    hub.sweep()
    assert len(hub) == 1
    clock.now += 2.0
    hub.sweep()
    assert (len(hub), hub.put_aside) == (0, 1)


def test_runs_put_aside_stay_within_their_bound(clock: Clock) -> None:
    hub = make_hub(clock, put_aside_bytes=200_000)
    for number in range(30):
        hub.open(str(number)).ask(Session.play, 1e9, 3)
        hub.leave(str(number))
        assert hub._aside.nbytes <= 200_000
    assert 0 < hub.put_aside < 30 and len(hub) == 0
    assert hub.knows("29") and not hub.knows("0")
    with pytest.raises(Gone):
        hub.find("0")


# -- the same browser under another name


def test_a_browser_that_returns_under_another_name_goes_on_with_its_run(clock: Clock) -> None:
    hub = make_hub(clock)
    former = hub.open("former")
    former.ask(Session.play, 1e9, 7)
    sent = unpack_frame(former.frame()).frame_id
    hub.leave("former")
    assert came_back(hub, "newone", "former")
    assert not hub.knows("former") and hub.knows("newone") and len(hub) == 0
    found = hub.open("newone")
    frame = unpack_frame(found.frame())
    assert (frame.session, frame.frame_id, frame.snapshots[0].iteration) == ("newone", sent + 1, 7)
    assert found.key == "lab/newone" and len(hub) == 1
    hub.leave("newone")
    assert hub.knows("newone") and not hub.knows("former")


@pytest.mark.parametrize(
    "former", ["open", "nobody", "", "../former", None, 3, ["former"], "F" * 50, "for mer"]
)
def test_only_a_run_that_nobody_looks_at_is_given_to_a_former_name(clock: Clock, former: Any) -> None:
    hub = make_hub(clock)
    hub.open("former")
    hub.leave("former")
    session = session_of(hub.open("open"))
    assert not came_back(hub, "newone", former)
    assert not hub.knows("newone") and hub.put_aside == 1 and session_of(hub.find("open")) is session


def test_who_has_a_run_already_does_not_lose_the_former_one_by_asking_for_it(clock: Clock) -> None:
    hub = make_hub(clock)
    hub.open("former")
    hub.leave("former")
    session = session_of(hub.open("newone"))
    assert not came_back(hub, "newone", "former")
    assert session_of(hub.find("newone")) is session and hub.knows("former")


def test_what_is_kept_aside_is_told_to_the_meters_and_what_is_forgotten_too(clock: Clock) -> None:
    def told() -> tuple[float, float]:
        seen = hub.meters.snapshot()
        return seen["visitors"]["lab"], seen["put_aside"]["lab"]

    hub = make_hub(clock)
    for name in ("former", "b"):
        hub.open(name)
    assert told() == (2, 0)
    hub.leave("former")
    assert told() == (1, 1)
    came_back(hub, "newone", "former")
    assert told() == (1, 1)
    hub.open("newone")
    assert told() == (2, 0)
    hub.leave("newone")
    hub.release("newone")
    assert told() == (1, 0)
    hub.release("b")
    assert told() == (0, 0)


# -- a full house


def test_a_full_house_lets_the_first_in_line_in_as_soon_as_a_place_is_free() -> None:
    looks: list[asyncio.Event] = []  # of those who wait for their next look

    async def pause(seconds: float) -> None:
        assert seconds <= 1.0
        looks.append(asyncio.Event())
        await looks[-1].wait()

    hub = Hub(make=small_run, bounds=Limits(sessions=1), sleep=pause)
    said: dict[str, list[str]] = {name: [] for name in ("first", "second", "third")}
    inside: list[str] = []

    async def arrives(name: str) -> None:
        async for sentence in hub.admit(name):
            said[name].append(sentence)
        inside.append(name)

    async def all_have_looked(count: int) -> None:
        """All who wait look once, and pause again or are in."""
        for look in looks:
            look.set()
        looks.clear()
        while len(looks) + len(inside) < count:
            await asyncio.sleep(0.001)

    async def day() -> None:
        tasks = []
        for number, name in enumerate(said, 1):
            tasks.append(asyncio.create_task(arrives(name)))
            await all_have_looked(number)
        assert inside == ["first"] and len(hub) == 1 and len(hub.line) == 2
        hub.leave("first")
        await all_have_looked(3)
        assert inside == ["first", "second"] and len(hub.line) == 1
        await all_have_looked(3)
        hub.leave("second")
        await all_have_looked(3)
        assert inside == ["first", "second", "third"] and len(hub.line) == 0
        await asyncio.gather(*tasks)

    run(day())
    assert said["first"] == []
    assert said["second"][0].startswith("All 1 places are taken just now. You are number 1 in line;")
    assert "You are number 2 in line" in said["third"][0] and "You are number 1 in line" in said["third"][-1]
    assert len(hub) == 1 and hub.put_aside == 2


def test_too_many_who_wait_are_told_what_they_can_do(clock: Clock) -> None:
    hub = make_hub(clock, sessions=1, waiting_visitors=0)

    async def arrives(name: str) -> list[str]:
        return [sentence async for sentence in hub.admit(name)]

    assert run(arrives("first")) == []
    with pytest.raises(HubError, match="All 1 places are taken, and 0 visitors wait already"):
        run(arrives("second"))
    assert hub.meters.snapshot()["refused_total"] == 1


def test_a_page_that_is_closed_while_it_waits_is_not_waited_for(clock: Clock) -> None:
    hub = make_hub(clock, sessions=1)
    hub.open("first")

    async def gives_up() -> None:
        async for _ in hub.admit("second"):
            hub.leave("second")

    run(gives_up())
    assert len(hub.line) == 0 and not hub.knows("second")
    hub.release("first")
    assert hub.open("third").name == "third"


def test_who_comes_back_to_a_full_house_waits_in_line_and_goes_on_with_the_run(clock: Clock) -> None:
    hub = make_hub(clock, sessions=1)
    hub.open("ann").ask(Session.play, 1e9, 7)
    hub.leave("ann")
    hub.open("bob")
    clock.now += LEFT_SECONDS
    with pytest.raises(Gone, match=r"All 1 places were taken .* opened again, to wait in line"):
        hub.find("ann")
    assert hub.put_aside == 1 and not hub.knows("anew")
    assert hub.adopt("anew", "ann")  # what the page does when it is opened again

    async def arrives() -> list[str]:
        said = []
        async for sentence in hub.admit("anew"):
            said.append(sentence)
            hub.release("bob")
        return said

    (told,) = run(arrives())
    assert "You are number 1 in line" in told and session_of(hub.find("anew")).iteration == 7


# -- no worker


class NoHost(Here):
    """A host that can lose everything it runs on."""

    broken = False

    def open(self, name: str, make: Any, saved: Any = None) -> None:
        if self.broken:
            raise NoWorker("No worker process answers just now.")
        super().open(name, make, saved)


def test_a_run_that_cannot_come_back_just_now_stays_aside(clock: Clock) -> None:
    host = NoHost()
    hub = Hub(host, make=small_run, bounds=Limits(), clock=clock, sleep=clock.sleep)
    hub.open("ann").ask(Session.play, 1e9, 7)
    hub.leave("ann")
    clock.now += LEFT_SECONDS
    host.broken = True
    wishes: list[Callable[[], Any]] = [lambda: hub.find("ann"), lambda: hub.open("ann")]
    for wish in wishes:
        with pytest.raises(HubError, match="No worker process answers"):
            wish()
        assert hub.knows("ann") and (len(hub), hub.put_aside) == (0, 1)
    host.broken = False
    assert session_of(hub.find("ann")).iteration == 7


def test_a_new_visitor_without_a_worker_gets_a_sentence_and_takes_no_place(clock: Clock) -> None:
    host = NoHost()
    host.broken = True
    hub = Hub(host, make=small_run, bounds=Limits(sessions=1), clock=clock, sleep=clock.sleep)
    with pytest.raises(HubError, match="No worker process answers"):
        hub.open("ann")
    assert len(hub) == 0
    host.broken = False
    ann = hub.open("ann")
    host.broken = True
    with pytest.raises(HubError, match="No worker process answers"):
        hub.renew(ann, small_run)
    assert ann.ask(Session.play, 1e9, 2) == 2 and SimpleNamespace(make=ann.make).make is small_run


def test_faces_that_all_visitors_share_are_counted_for_none() -> None:
    faces = b"x" * 50_000
    own, sharing = (visitor(name, partial(small_run, faces=faces)) for name in ("own", "sharing"))
    sharing.shared = frozenset({"faces"})
    aside = Aside(10_000)
    assert aside.put(sharing, b"x" * 100) == []
    assert [gone.name for gone in aside.put(own, b"x" * 100)] == ["sharing", "own"]
