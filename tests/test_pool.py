"""Real worker processes: the same runs bit for bit, visitors whose worker is killed, nothing left over."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch

import far
from alike import alike
from app_process import ROOT
from face_bundle import write_bundle
from own_loop import run
from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.figures.face_frames import unpack_faces
from playground.figures.frames import unpack_frame
from playground.hosts import Crew, Lost, NoWorker, Place, UnknownSession, pool
from playground.hosts.pool import PoolStaff, ProcessHandle
from playground.lessons.lesson import LessonError
from playground.lessons.run import LessonRun
from playground.lessons.wishes import do, lesson_run
from playground.limits import Limits
from playground.recipes import EYES, HAIR
from playground.session import Session, SessionError
from playground.session.face_run import FaceRun
from playground.session.face_settings import FaceSettings
from playground.session.face_status import face_run
from playground.session.faces import FaceShop
from playground.translations import Phrase, translate
from playground.ui.faces.train import FaceHub, TrainTab
from playground.ui.hub import Hub
from playground.ui.lessons.page import LessonHub, LessonsPage
from playground.ui.meters import Meters
from playground.ui.play_button import PLAY
from playground.ui.visitor import Visitor

if not Path("/proc/self/stat").exists():
    pytest.skip("Processes are looked up in /proc.", allow_module_level=True)

PATIENCE = 60.0  # seconds; only a test that fails waits so long
SIDE = 32  # of the faces that a page's recipe takes


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "It never came."
        time.sleep(0.02)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Small face models, for this process and its workers."""
    torch.set_num_threads(1)  # as a worker does: the same sums in the same order
    with pytest.MonkeyPatch.context() as patch:
        folder = write_bundle(tmp_path_factory.mktemp("bundle"), reference=True)
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(folder))
        yield folder


@pytest.fixture(scope="module")
def crew(bundle: Path) -> Iterator[Crew]:
    made = Crew(PoolStaff(2))
    pids = [handle.pid for handle in workers(made)]
    yield made
    pids += [handle.pid for handle in workers(made)]
    made.shutdown()
    assert [pid for pid in pids if is_alive(pid)] == []


@pytest.fixture
def host(crew: Crew) -> Iterator[Crew]:
    """Two workers without a session; after the test they must have none again."""
    wait_for(lambda: crew.alive == 2)
    for slot in crew._slots:
        slot.busy = 0.0  # what an earlier test did is no load of this one
    yield crew
    for name in list(crew._kept):
        crew.close(name)
    wait_for(lambda: crew.alive == 2)
    assert held(crew) == [0, 0]


def workers(crew: Crew) -> list[Any]:
    return [slot.handle for slot in crew._slots if slot.handle is not None]


def held(crew: Crew) -> list[int]:
    """How many sessions each worker holds."""
    return [handle.call("load").sessions for handle in workers(crew)]


def worker_of(crew: Crew, key: str) -> ProcessHandle:
    handle: ProcessHandle = next(handle for handle in workers(crew) if handle.where == crew.where(key))
    return handle


def kill(handle: ProcessHandle) -> None:
    os.kill(handle.pid, signal.SIGKILL)


def some_faces(count: int = 40) -> FaceSet:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)
    return FaceSet(images, rng.integers(len(HAIR), size=count), rng.integers(len(EYES), size=count), "here")


# -- the same runs


def test_a_run_in_the_pool_is_the_run_here_bit_for_bit(host: Crew) -> None:
    alone = far.begin(None, seed=3)
    host.open("lab/ann", partial(far.begin, seed=3))
    acts: list[tuple[Any, ...]] = [
        (Session.step,), (Session.update_discriminator,), (Session.play, 1e9, 30), (Session.undo,),
        (Session.compare, {"model": "vae"}), (Session.play, 1e9, 12), (Session.seek, 5), (Session.step,),
    ]  # fmt: skip
    for act, *arguments in acts:
        assert host.ask("lab/ann", act, *arguments) == act(alone, *arguments)
        assert host.ask("lab/ann", Session.link) == alone.link()
        assert alike(host.ask("lab/ann", Session.snapshots), alone.snapshots())
    assert alike(host.save("lab/ann"), alone.save())


def test_a_training_in_the_pool_is_the_training_here_bit_for_bit(host: Crew) -> None:
    make = partial(
        face_run, settings=FaceSettings(batch_size=8), faces=some_faces(), device="cpu",
        history_bytes=40_000_000, stamp=4,
    )  # fmt: skip
    alone = make(None)
    host.open("faces/ann", make)
    acts: list[Callable[[FaceRun], Any]] = [
        FaceRun.step, FaceRun.step, FaceRun.update_generator, FaceRun.undo, FaceRun.step,
    ]  # fmt: skip
    for act in acts:
        host.ask("faces/ann", act)
        act(alone)
    assert alike(host.ask("faces/ann", FaceRun.snapshots), alone.snapshots())
    assert alike(host.save("faces/ann"), alone.save())
    worker_of(host, "faces/ann").stop()
    host.ask("faces/ann", FaceRun.step)  # elsewhere, from what was kept
    alone.step()
    assert alike(host.ask("faces/ann", FaceRun.snapshots), alone.snapshots())


@pytest.mark.parametrize("slug", ["dirac-gan", "walking-between-faces"])
def test_a_lesson_in_the_pool_is_the_lesson_here(host: Crew, slug: str) -> None:
    alone = lesson_run(Place(FaceShop()))
    host.open("lessons/ann", lesson_run)
    told = dict.fromkeys(("name", "value", "argument", "language"))
    wishes = [("open", {"query": {"lesson": slug}}), ("show", {"value": 0}), ("predict", {"value": "x"})]
    for act, words in wishes:
        answers: list[Any] = []
        for ask in (partial(do, alone), partial(host.ask, "lessons/ann", do)):
            try:
                answers.append(ask(act, told | {"query": None} | words))
            except LessonError as error:
                answers.append(str(error))
        assert answers[0] == answers[1]
    for run_ in (partial(LessonRun.play, alone), partial(host.ask, "lessons/ann", LessonRun.play)):
        while run_(1e9, 3) == 3:
            pass
    assert alike(host.ask("lessons/ann", LessonRun.page), alone.page())
    worker_of(host, "lessons/ann").stop()
    assert alike(host.ask("lessons/ann", LessonRun.page), alone.page())


# -- what passes between processes


def test_errors_come_as_themselves_and_their_sentences_can_be_translated(host: Crew) -> None:
    host.open("lab/ann", partial(far.begin, seed=0))
    with pytest.raises(SessionError) as nothing:
        host.ask("lab/ann", Session.undo)
    assert translate(nothing.value.args[0], "zh-TW") != str(nothing.value)
    with pytest.raises(SessionError) as refused:
        host.ask("lab/ann", Session.seek, 99)
    (said,) = refused.value.args
    assert isinstance(said, Phrase) and "99" in said
    assert translate(said, "zh-TW") != said and "99" in translate(said, "zh-TW")
    with pytest.raises(ConfigError) as wide:
        host.ask("lab/ann", far.refuse, 512)
    assert wide.value.args[0].values == {"width": 512, "much": "large"}
    with pytest.raises(ConfigError):
        host.open("lab/ann", partial(far.begin, seed=-5))
    assert host.ask("lab/ann", far.iteration) == 0  # the old run stays


def test_what_cannot_be_sent_does_no_harm(host: Crew) -> None:
    host.open("lab/ann", partial(far.begin, seed=0))
    pids = [handle.pid for handle in workers(host)]
    for act in (lambda session: 1, partial(Session.seek, threading.Lock())):
        with pytest.raises((pickle.PicklingError, TypeError, AttributeError)):
            host.ask("lab/ann", act)  # type: ignore[arg-type]
    with pytest.raises((pickle.PicklingError, TypeError, AttributeError)):
        host.open("lab/ann", lambda place: None)
    host.ask("lab/ann", Session.step)
    assert host.ask("lab/ann", far.iteration) == 1 and [handle.pid for handle in workers(host)] == pids


def test_an_act_that_finds_no_file_is_not_taken_for_a_lost_worker(host: Crew) -> None:
    host.open("lab/ann", partial(far.begin, seed=0))
    where = host.where("lab/ann")
    with pytest.raises(FileNotFoundError):
        host.ask("lab/ann", far.miss)
    assert host.where("lab/ann") == where and host.alive == 2


def test_a_worker_loads_no_page(host: Crew) -> None:
    """It would take seconds, and a hundred megabytes in each."""
    hub = Hub(host, device="cpu")
    faces = partial(
        face_run, settings=FaceSettings(batch_size=8), faces=some_faces(), device="cpu", history_bytes=0
    )
    ann = hub.open("ann")
    ann.frame()
    for visitor in (FaceHub(host).open("ann", faces), LessonHub(host, make=lesson_run).open("ann")):
        visitor.frame()
        assert visitor.ask(far.loaded, "gradio", "plotly", "starlette") == []
    assert ann.ask(far.loaded, "gradio", "torch") == ["torch"]


def test_nobody_without_the_key_speaks_to_a_worker(host: Crew) -> None:
    for handle in workers(host):
        address = handle._worker._token.address
        assert Path(address).parent.stat().st_mode & 0o077 == 0
        with pytest.raises(AuthenticationError):
            Client(address, authkey=b"guessed")
        handle.call("load")


def test_two_visitors_of_one_worker_are_served_at_the_same_time(host: Crew) -> None:
    for name in "abc":
        host.open(name, partial(far.begin, seed=0))
    first, second = next(
        (one, other) for one, other in ("ab", "bc", "ac") if host.where(one) == host.where(other)
    )
    with ThreadPoolExecutor(2) as visitors:
        found = list(visitors.map(lambda name: host.ask(name, far.meet), (first, second)))
    assert found == [worker_of(host, first).pid] * 2


def test_a_worker_holds_what_is_open_and_no_more(host: Crew) -> None:
    for turn in range(3):
        for number in range(6):
            host.open(f"lab/{number}", partial(far.begin, seed=turn))
            host.ask(f"lab/{number}", Session.step)
        assert sum(held(host)) == 6
    for number in range(6):
        host.close(f"lab/{number}")
    assert held(host) == [0, 0]
    with pytest.raises(UnknownSession):
        host.ask("lab/0", far.iteration)


# -- lost workers


class Watching:
    """A page that plays and paints, and what it saw when."""

    def __init__(self, hub: Hub, visitor: Visitor) -> None:
        self.hub, self.visitor = hub, visitor
        self.frames: list[tuple[float, Any]] = []
        self.told: list[str] = []

    async def play(self) -> None:
        async for text in self.hub.play(self.visitor):
            frame = unpack_frame(text)
            self.frames.append((time.monotonic(), frame))
            self.hub.acknowledge(self.visitor.name, frame.frame_id)
            if said := self.visitor.notice():
                self.told.append(said)

    @property
    def iteration(self) -> int:
        return int(self.frames[-1][1].snapshots[0].iteration) if self.frames else 0


async def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "It never came."
        await asyncio.sleep(0.01)


def test_a_killed_worker_costs_its_visitor_a_second_at_most_and_the_other_does_not_notice(
    host: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = Limits(frame_ms=1000.0)  # a frame is always ten iterations, however busy this machine is
    hub = Hub(host, make=partial(far.begin, seed=3), bounds=bounds)
    moved: list[tuple[str, str]] = []
    monkeypatch.setattr(host, "moved", lambda name, where: moved.append((name, where)))
    ann, bob = (Watching(hub, hub.open(name)) for name in ("ann", "bob"))
    hers, his = worker_of(host, "lab/ann"), worker_of(host, "lab/bob")
    assert hers is not his
    at_kill: list[int] = []

    async def evening() -> None:
        tasks = [asyncio.create_task(each.play()) for each in (ann, bob)]
        await until(lambda: min(len(ann.frames), len(bob.frames)) > 40)
        kill(hers)
        at_kill.append(len(ann.frames))
        bobs = len(bob.frames)
        await until(lambda: bool(ann.told) and len(bob.frames) > bobs + 20)
        anns = len(ann.frames)
        await until(lambda: len(ann.frames) > anns + 20)
        for each in (ann, bob):
            each.visitor.stop()
        await asyncio.gather(*tasks)

    run(evening())
    # who was on the killed worker: told once, at most a second behind, and the same run
    (said,) = ann.told
    assert isinstance(said, Phrase) and "at most a second of training earlier" in said
    assert [name for name, _ in moved] == ["lab/ann"]
    iterations = [frame.snapshots[0].iteration for _, frame in ann.frames]
    jumps = [i for i, (before, after) in enumerate(pairwise(iterations)) if after != before + 10]
    assert len(jumps) <= 1
    last = jumps[0] if jumps else at_kill[0] - 1  # before it was lost
    went_on = int(said.values["iteration"])
    assert iterations[last + 1] == went_on + 10 or not jumps
    a_second_ago = [i for i in range(last) if ann.frames[i][0] <= ann.frames[last][0] - 1.0]
    assert a_second_ago and iterations[a_second_ago[-1]] <= went_on <= iterations[last] + 10
    # the other
    assert bob.told == [] and host.where("lab/bob") == his.where
    painted = [frame.snapshots[0].iteration for _, frame in bob.frames]
    assert painted == [10 * (i + 1) for i in range(len(painted))]
    for each in (ann, bob):
        numbers = [frame.frame_id for _, frame in each.frames]
        assert numbers == list(range(1, len(numbers) + 1))
        assert {frame.session for _, frame in each.frames} == {each.visitor.name}
        alone = far.begin(None, 3)
        alone.play(1e9, each.visitor.ask(far.iteration))
        assert each.visitor.ask(far.generated).tobytes() == far.generated(alone).tobytes()
    wait_for(lambda: host.alive == 2)
    assert hers.pid not in [handle.pid for handle in workers(host)] and not is_alive(hers.pid)
    hub.shutdown()


def test_what_was_pressed_on_a_killed_worker_is_not_lost(host: Crew) -> None:
    alone = far.begin(None, seed=5)
    host.open("lab/ann", partial(far.begin, seed=5))
    for act in (Session.step, Session.update_generator):
        host.ask("lab/ann", act)
        kill(worker_of(host, "lab/ann"))
        act(alone)
    host.ask("lab/ann", Session.undo)
    alone.undo()
    assert alike(host.ask("lab/ann", Session.snapshots), alone.snapshots())
    assert host.ask("lab/ann", Session.link) == alone.link()
    assert "goes on elsewhere" in host.notice("lab/ann") and host.notice("lab/ann") == ""


def test_when_all_workers_are_killed_everyone_goes_on_when_there_is_one_again(host: Crew) -> None:
    names = [f"lab/{number}" for number in range(4)]
    for seed, name in enumerate(names):
        host.open(name, partial(far.begin, seed=seed))
        host.ask(name, Session.step)
    for handle in workers(host):
        kill(handle)
    with ThreadPoolExecutor(4) as visitors:
        list(visitors.map(lambda name: host.ask(name, Session.step), names))
    for seed, name in enumerate(names):
        alone = far.begin(None, seed)
        alone.step()
        alone.step()
        assert host.ask(name, far.generated).tobytes() == far.generated(alone).tobytes()


def test_a_run_is_put_aside_from_the_pool_and_comes_back(host: Crew) -> None:
    now = [0.0]
    hub = Hub(host, make=partial(far.begin, seed=1), clock=lambda: now[0])
    ann = hub.open("ann")
    ann.ask(Session.play, 1e9, 9)
    link = ann.ask(Session.link)
    now[0] += hub.bounds.idle_seconds + 1.0
    hub.sweep()
    assert held(host) == [0, 0] and hub.put_aside == 1
    assert hub.find("ann").ask(Session.link) == link and sum(held(host)) == 1


# -- all pages


def test_the_training_tab_works_through_the_pool(host: Crew) -> None:
    class Shop:
        names: dict[str, str] = {}

        def data(self, split: str, size: int) -> FaceSet:
            return some_faces()

    shop: Any = Shop()
    with gr.Blocks():
        tab = TrainTab(shop, host=host)
    request: Any = SimpleNamespace(session_hash="someone")

    frames: list[dict[str, Any]] = []
    told: list[str] = []

    def see(answer: dict[Any, Any]) -> None:
        told.append(str(answer.get(tab.error, {}).get("value", "")))
        if tab.view in answer:
            frames.append(unpack_faces(answer[tab.view]).header)
            tab.hub.acknowledge("someone", frames[-1]["frame"])

    async def visit() -> None:
        async for answer in tab.on_ready(gr.EventData(None, {"former": ""}), request):
            see(answer)
        answer = await asyncio.to_thread(tab._setting("batch_size"), 8, request)
        assert answer[tab.widgets["batch_size"]]["value"] == 8
        see(answer)
        async for answer in tab.on_play(PLAY, request):
            see(answer)
            if len(frames) == 5:
                kill(worker_of(host, "faces/someone"))
            if len(frames) >= 8:
                await asyncio.to_thread(tab.hub.find("someone").stop, pause=True)
        see(await asyncio.to_thread(tab._action(FaceRun.step), request))

    run(visit())
    assert frames[0]["iteration"] == frames[1]["iteration"] == 0 and frames[2]["iteration"] >= 1
    assert [frame["frame"] for frame in frames] == list(range(1, len(frames) + 1))
    assert [frame["playing"] for frame in frames] == [False] * 2 + [True] * (len(frames) - 4) + [False] * 2
    assert frames[-1]["iteration"] == frames[-2]["iteration"] + 1
    (said,) = filter(None, told)
    assert "goes on elsewhere" in said
    tab.on_unload(request)
    assert sum(held(host)) == 0 and tab.hub.put_aside == 1
    tab.hub.shutdown()


def test_lessons_work_through_the_pool(host: Crew) -> None:
    with gr.Blocks() as demo:
        page = LessonsPage(host, demo, Meters())
    request: Any = SimpleNamespace(session_hash="someone")

    def wish(act: str, **told: Any) -> list[dict[Any, Any]]:
        event: Any = SimpleNamespace(act=act, language="zh-TW", **told)

        async def answers() -> list[dict[Any, Any]]:
            return [answer async for answer in page.on_wish(event, request)]

        found: list[dict[Any, Any]] = run(answers())
        return found

    (answer,) = wish("open", query={"lesson": "dirac-gan"})
    assert page.words in answer and '"session": "someone"' in answer[page.view]
    kill(worker_of(host, "lessons/someone"))
    (answer,) = wish("reset")
    assert "dirac-gan" in answer[page.view]
    told = answer[page.error]["value"]
    assert told and "goes on elsewhere" not in told  # it is said, and in the visitor's language
    (answer,) = wish("press", name="no such button")
    assert "no such button" in answer[page.error]["value"]
    page.on_unload(request)
    assert sum(held(host)) == 0 and page.hub.put_aside == 1


# -- the staff


def test_a_worker_that_does_not_start_in_time_is_a_sentence_and_does_not_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    staff = PoolStaff(1)
    monkeypatch.setattr(pool, "START_SECONDS", 0.0)
    before = children()
    with pytest.raises(NoWorker, match="did not start"):
        staff.hire()
    wait_for(lambda: children() <= before)
    staff.close()


def children() -> set[int]:
    """Living processes that this one started, but for the one that watches over shared memory."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            command = (path / "cmdline").read_text()
        except OSError:
            continue
        if parent == os.getpid() and is_alive(int(path.name)) and "resource_tracker" not in command:
            found.add(int(path.name))
    return found


def test_a_stopped_worker_is_lost_and_its_socket_goes_with_the_staff() -> None:
    staff = PoolStaff(1)
    handle = staff.hire()
    folder = Path(handle._worker._token.address).parent
    assert handle.call("load").sessions == 0 and handle.alive and str(handle.pid) in handle.where
    handle.stop()
    handle.stop()
    assert not handle.alive and not is_alive(handle.pid)
    with pytest.raises(Lost, match=str(handle.pid)):
        handle.call("load")
    staff.close()
    assert not folder.exists()


SERVER = """
import sys, time
from functools import partial
sys.path.insert(0, {tools!r})
import far
from playground.hosts import Crew
from playground.hosts.pool import PoolStaff
from playground.session import Session

if __name__ == "__main__":
    crew = Crew(PoolStaff(2))
    for name in ("ann", "bob"):
        crew.open(name, partial(far.begin, seed=0))
    print(*(slot.handle.pid for slot in crew._slots), flush=True)
    while True:
        crew.watch("ann", Session.play, 20.0)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_server_however_that_ends(tmp_path: Path, end: signal.Signals) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER.format(tools=str(ROOT / "tools")), "utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as server:
        assert server.stdout is not None
        pids = [int(word) for word in server.stdout.readline().split()]
        assert len(pids) == 2 and all(map(is_alive, pids))
        server.send_signal(end)
        server.wait(PATIENCE)
        wait_for(lambda: not any(map(is_alive, pids)))
