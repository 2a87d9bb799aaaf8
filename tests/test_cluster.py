"""A real Ray cluster of several nodes on this machine: sessions, errors, lost nodes, long work."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import far
from playground import experiments
from playground.cli import main
from playground.config import ConfigError
from playground.hosts import Crew, Lost, NoWorker, UnknownSession, cluster, far_training, tasks
from playground.hosts import crew as crew_module
from playground.hosts.cluster import RayHandle, RayStaff
from playground.limits import Limits
from playground.recipes import RECIPES
from playground.session import Session, SessionError
from playground.training import Settings, files
from playground.training import run as running
from playground.translations import Phrase

psutil = pytest.importorskip("psutil")
ray: Any = pytest.importorskip("ray")
if sys.platform == "win32":
    pytest.skip("clusters of several nodes on one machine are POSIX", allow_module_level=True)

OBJECTS = 80 * 2**20  # bytes, the least that Ray takes
HISTORY_BYTES = 4_321_000  # a limit that is not the default
HEALTH = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500}  # a dead node is seen in seconds


class Machines:
    """A cluster whose machines are processes here: a head without CPUs, and nodes that can die."""

    def __init__(self, before: set[Any]) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0,
                "object_store_memory": OBJECTS,
                "include_dashboard": False,
                "_system_config": HEALTH,
            },
        )
        self.address: str = self._cluster.address
        self.nodes: list[Any] = []
        self.processes: set[Any] = set()
        self._before = before

    def restore(self) -> None:
        """Two nodes with one CPU each."""
        while len(self.nodes) < 2:
            self.add()

    def add(self, cpus: int = 1, gpus: int = 0) -> Any:
        """One more machine."""
        node = self._cluster.add_node(num_cpus=cpus, num_gpus=gpus, object_store_memory=OBJECTS)
        self.nodes.append(node)
        return node

    def running(self, title: str) -> Any:
        """The machine on which a process of this title runs."""
        return next(node for node in self.nodes if any(title in _title(each) for each in self._below(node)))

    def kill(self, node: Any) -> None:
        """A machine loses power: everything on it is gone at once."""
        lost = self._below(node)
        self.processes |= set(lost)
        for process in lost:
            process.kill()
        self.nodes.remove(node)
        self._cluster.remove_node(node, allow_graceful=False)

    def end(self) -> None:
        """The whole cluster ends; raises where a process of it stays."""
        self.processes |= started_since(self._before)
        self._cluster.shutdown()
        _, left = psutil.wait_procs(self.processes, timeout=20)
        assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []

    def _below(self, node: Any) -> list[Any]:
        (raylet,) = node.all_processes["raylet"]
        found: list[Any] = psutil.Process(raylet.process.pid).children(recursive=True)
        return found


def started_since(before: set[Any]) -> set[Any]:
    """Processes that this one started, and theirs, but not those of a browser or app that ran before."""
    new = set(psutil.Process().children()) - before
    found = set(new)
    for process in new:
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile
            found.update(process.children(recursive=True))
    return found


def _title(process: Any) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.fixture(scope="module")
def machines(root: Path) -> Iterator[Machines]:
    folder = tempfile.mkdtemp(prefix="ray-")  # short: the path of a socket is
    before = set(psutil.Process().children())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("RAY_AUTH_MODE", "disabled")
        for folder_of_code in (root, Path(far.__file__).parent):
            patch.setenv("PYTHONPATH", str(folder_of_code), prepend=os.pathsep)
        made = Machines(before)
        made.restore()
        cluster.connect(made.address)
        yield made
        ray.shutdown()
        made.end()
        shutil.rmtree(folder, ignore_errors=True)
    assert started_since(before) == set()


@pytest.fixture
def staff(machines: Machines) -> Iterator[RayStaff]:
    """Of two nodes with one CPU each."""
    machines.restore()
    hired = RayStaff(machines.address)
    yield hired
    hired.close()


@pytest.fixture(scope="module")
def worker(machines: Machines) -> Iterator[RayHandle]:
    """One worker for all tests that leave it as it is; starting one takes seconds."""
    staff = RayStaff(machines.address)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "limits", lambda: Limits(history_bytes=HISTORY_BYTES))
        hired = staff.hire()
    yield hired
    staff.close()


def ask(handle: RayHandle, name: str, act: Callable[..., Any], *arguments: Any) -> Any:
    return handle.call("ask", name, act, arguments, {}).value


# -- one worker


def test_a_worker_on_the_cluster_trains_as_this_process_does(worker: RayHandle) -> None:
    worker.call("open", "ann", partial(far.begin, seed=3), None)
    here = far.begin(None, 3)
    for act in (Session.step, Session.update_discriminator):
        ask(worker, "ann", act)
        act(here)
    assert ask(worker, "ann", far.generated).tobytes() == far.generated(here).tobytes()
    worker.call("open", "bob", partial(far.begin, seed=3), worker.call("save", "ann"))
    ask(worker, "bob", Session.play, 1e9, 20)  # what was saved has travelled here and back again
    here.play(1e9, 20)
    assert ask(worker, "bob", far.generated).tobytes() == far.generated(here).tobytes()
    assert worker.call("load").sessions == 2 and worker.call("load").rss > 0


def test_errors_come_as_themselves(worker: RayHandle) -> None:
    worker.call("open", "ann", partial(far.begin, seed=0), None)
    with pytest.raises(SessionError, match="Nothing to undo"):
        ask(worker, "ann", Session.undo)
    with pytest.raises(UnknownSession):
        worker.call("save", "nobody")
    with pytest.raises(ConfigError) as refused:
        ask(worker, "ann", far.refuse, 99)
    (said,) = refused.value.args
    assert isinstance(said, Phrase) and said == "width is 99, but that is too large."
    assert said.values == {"width": 99, "much": "large"}
    assert ask(worker, "ann", Session.play, 1e9, 1) == 1  # it has come to no harm


def test_the_limits_of_the_server_hold_in_its_workers(worker: RayHandle) -> None:
    worker.call("open", "ann", partial(far.begin, seed=0), None)
    assert ask(worker, "ann", far.most_history) == HISTORY_BYTES


def test_calls_of_two_visitors_are_under_way_at_the_same_time(worker: RayHandle) -> None:
    worker.call("open", "ann", partial(far.begin, seed=0), None)
    worker.call("open", "bob", partial(far.begin, seed=1), None)
    with ThreadPoolExecutor(2) as visitors:
        found = list(visitors.map(lambda name: ask(worker, name, far.meet), ("ann", "bob")))
    assert found == [worker.pid, worker.pid]


# -- hiring and losing


def test_workers_are_spread_over_the_nodes_until_there_is_no_room(
    machines: Machines, staff: RayStaff, worker: RayHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "ROOM_SECONDS", 1.0)
    assert staff.size == staff.room() == 2
    other = staff.hire()
    assert {worker.node, other.node} == {node.node_id for node in machines.nodes}
    assert other.node[:8] in other.where and str(other.pid) in other.where
    with pytest.raises(NoWorker, match=r"no room .* 1 CPU and 0 GPU, and free are 0 CPU"):
        staff.hire()
    psutil.Process(other.pid).kill()
    with pytest.raises(Lost, match=str(other.pid)):
        while True:
            other.call("load")
    monkeypatch.setattr(cluster, "ROOM_SECONDS", 20.0)
    another = staff.hire()  # in the place of the one that was killed
    assert another.node == other.node and another.pid != other.pid
    another.stop()
    with pytest.raises(Lost):
        another.call("load")


def test_a_node_with_other_code_is_refused(staff: RayStaff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "_build", "torch 1.0, of long ago")
    with pytest.raises(NoWorker, match="another version of the playground"):
        staff.hire()


def test_workers_share_a_gpu_and_live_where_one_is(machines: Machines) -> None:
    machines.restore()
    node = machines.add(cpus=2, gpus=1)
    try:
        shared = RayStaff(machines.address)
        assert shared.size == 2 and RayStaff(machines.address, gpus_per_actor=0.0).size == 4
        with ThreadPoolExecutor(2) as hiring:
            hired = list(hiring.map(lambda _: shared.hire(), range(2)))
        for each in hired:
            each.call("open", "ann", partial(far.begin, seed=0), None)
            assert each.node == node.node_id
            assert ask(each, "ann", far.environment, "CUDA_VISIBLE_DEVICES") == "0"
        assert ray.available_resources()["GPU"] >= 0.5  # for a training
    finally:
        machines.kill(node)
        wait_for(lambda: "GPU" not in ray.cluster_resources())


# -- two visitors, one node dies


@pytest.fixture
def crew(machines: Machines, worker: RayHandle) -> Iterator[Crew]:
    """Of two nodes, one worker each."""
    worker.stop()  # it holds the place of one
    machines.restore()
    made = Crew(RayStaff(machines.address))
    yield made
    made.shutdown()


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60.0
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass
class Visitor:
    """Plays in a thread; what it has seen as (seconds, iteration, where)."""

    crew: Crew
    name: str
    seen: list[tuple[float, int, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def visit(self) -> None:
        while not self.ended.is_set():
            self.crew.watch(self.name, Session.play, 20.0)
            iteration = self.crew.watch(self.name, far.iteration)
            self.seen.append((time.monotonic(), iteration, self.crew.where(self.name)))

    def see(self, frames: int) -> None:
        """Wait until it has seen so many more."""
        goal = len(self.seen) + frames
        wait_for(lambda: len(self.seen) >= goal)


def test_a_visitor_whose_node_dies_goes_on_elsewhere_and_the_other_does_not_notice(
    machines: Machines, crew: Crew
) -> None:
    moved: list[str] = []
    crew.moved = lambda name, where: moved.append(name)
    for name in ("ann", "bob"):
        crew.open(name, partial(far.begin, seed=3))
    first = {name: crew.where(name) for name in ("ann", "bob")}
    assert first["ann"] != first["bob"]
    ann, bob = Visitor(crew, "ann"), Visitor(crew, "bob")
    threads = [threading.Thread(target=visitor.visit) for visitor in (ann, bob)]
    for thread in threads:
        thread.start()
    try:
        ann.see(40)
        machines.kill(next(node for node in machines.nodes if node.node_id[:8] in first["ann"]))
        wait_for(lambda: bool(moved))
        ann.see(20)
        bob.see(1)
    finally:
        ann.ended.set()
        bob.ended.set()
        for thread in threads:
            thread.join()

    assert moved == ["ann"] and crew.where("bob") == first["bob"] == crew.where("ann")
    assert {where for _, _, where in bob.seen} == {first["bob"]} and crew.notice("bob") == ""
    said = crew.notice("ann")
    assert isinstance(said, Phrase) and "goes on elsewhere" in said and crew.notice("ann") == ""
    there = [(moment, iteration) for moment, iteration, where in ann.seen if where == first["ann"]]
    last, _ = there[-1]
    assert said.values["iteration"] >= max(number for moment, number in there if moment < last - 1.0)
    for name in ("ann", "bob"):  # whatever happened, the numbers are those of one undisturbed run
        here = far.begin(None, 3)
        here.play(1e9, crew.ask(name, far.iteration))
        assert crew.ask(name, far.generated).tobytes() == far.generated(here).tobytes()
    machines.restore()
    wait_for(lambda: crew.alive == 2)  # a worker on the new node has taken the place of the lost one


def test_a_machine_that_joins_later_gets_a_worker_and_new_visitors(
    machines: Machines, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew_module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(crew, "_looks", 0.0)
    names = ("ann", "bob", "cid", "dan")
    crew.open("ann", partial(far.begin, seed=3))
    assert crew.lanes == 2
    node = machines.add()
    try:
        crew.open("bob", partial(far.begin, seed=3))
        wait_for(lambda: crew.alive == 3)
        for name in names[2:]:
            crew.open(name, partial(far.begin, seed=3))
        assert sum(node.node_id[:8] in crew.where(name) for name in names) >= 1
        for name in names:
            crew.ask(name, Session.step)
            assert crew.ask(name, far.iteration) == 1
    finally:
        machines.kill(node)
        wait_for(lambda: ray.cluster_resources().get("CPU", 0) <= 2)


# -- long work


def test_tasks_give_their_values_in_order_and_tell_how_far_they_are(machines: Machines) -> None:
    told: list[tuple[int, Any]] = []
    values = tasks.run_tasks(
        machines.address,
        far.double,
        [(1,), (2,), (3,)],
        on_note=lambda place, note: told.append((place, note)),
    )
    assert values == [2, 4, 6]
    assert sorted(told, key=lambda each: each[0]) == [(i, {"half": i + 1}) for i in range(3)]


def test_a_task_that_dies_goes_on_from_its_last_checkpoint(machines: Machines) -> None:
    kept: list[int] = []
    found = tasks.run_task(
        machines.address, far.count, 6, 4, on_kept=lambda place, checkpoint: kept.append(checkpoint)
    )
    assert found == [4, 6] and kept == [1, 2, 3, 4, 5, 6]


def test_a_task_that_wants_more_than_any_machine_has_is_a_sentence(machines: Machines) -> None:
    with pytest.raises(ConfigError, match="wants 64 CPU, but the largest machine has 1"):
        tasks.run_task(machines.address, far.double, 1, cpus=64)


def test_an_experiment_on_the_cluster_has_the_numbers_of_one_here(machines: Machines) -> None:
    planned = experiments.plan(["ns", "vae"], seeds=18, iterations=40)
    assert [len(piece) for piece in planned.pieces] == [16, 2] * 2
    done: list[int] = []
    here = experiments.run_here(planned)
    there = experiments.run_there(planned, machines.address, done.append)
    assert experiments.table(planned, there) == experiments.table(planned, here)
    assert sum(done) == planned.work == 36 * 40


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A training of a second or two."""
    rng = np.random.default_rng(0)
    (tmp_path / "faces").mkdir()
    for i in range(24):
        pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "faces" / f"{i}.png")
    recipe = replace(
        RECIPES["faces64"], name="tiny", size=16, channels=(8, 8), latent_dim=4, batch_size=8
    )  # fmt: skip
    return Settings(
        recipe, "gan", str(tmp_path / "faces"), tmp_path / "run", 200, device="cpu", precision="float32",
        report_every=5, save_every=20, sample_every=40, threads=1, tensorboard=False, measure_seconds=0.0,
    )  # fmt: skip


def weights(folder: Path) -> dict[str, Any]:
    """Of the newest state of a run, with all else that it holds."""
    return {name: array.tobytes() for name, array in files.load_state(files.states(folder)[0]).arrays.items()}


def content(folder: Path) -> dict[str, Any]:
    """All that a run has left, without what tells the time."""
    found = weights(folder)
    found["names"] = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    rows = (folder / "curves.csv").read_text().splitlines()
    found["rows"] = [row.split(",")[:2] + row.split(",")[4:] for row in rows]
    return found | {str(path): path.read_bytes() for path in folder.glob("samples/*.png")}


class Listener(io.StringIO):
    """What a training says, as to a terminal; `heard` is called each time."""

    def __init__(self, heard: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.heard = heard

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        self.heard()
        return written


def test_a_training_comes_back_whole_though_its_node_dies(machines: Machines, settings: Settings) -> None:
    machines.restore()
    killed: list[Path] = []

    def kill_once() -> None:
        if not killed and files.states(far_away.out):
            killed.extend(files.states(far_away.out))
            machines.kill(machines.running("ray::_task"))

    far_away, said = replace(settings, out=settings.out.with_name("far")), Listener(kill_once)
    assert far_training.train(far_away, machines.address, said) == 200
    assert running.run(settings, io.StringIO()) == 200
    assert len(killed) >= 1 and killed[0] not in files.states(far_away.out)
    ours, theirs = content(far_away.out), content(settings.out)
    assert ours == {name.replace(str(settings.out), str(far_away.out)): theirs[name] for name in theirs}
    assert "update" in said.getvalue() and "200 of 200" not in said.getvalue()
    assert str(far_away.out) in (far_away.out / "config.json").read_text()


def test_ctrl_c_stops_a_far_training_with_a_checkpoint_and_it_goes_on_here(
    machines: Machines, settings: Settings
) -> None:
    def interrupt() -> None:
        if files.states(settings.out):
            said.heard = lambda: None
            raise KeyboardInterrupt

    said, whole = Listener(interrupt), replace(settings, out=settings.out.with_name("whole"))
    with pytest.raises(KeyboardInterrupt):
        far_training.train(settings, machines.address, said)
    assert "Stopped by SIGINT" in said.getvalue()
    assert running.run(replace(settings, resume=True), io.StringIO()) == running.run(whole, io.StringIO())
    assert weights(settings.out) == weights(whole.out)
    with pytest.raises(ConfigError, match="holds a run"):
        far_training.train(settings, machines.address, io.StringIO())


# -- what cannot be


@pytest.mark.parametrize("address", ["", "ray://somewhere:10001", "a b", "host", "host:port", "127.0.0.1:1"])
def test_an_address_without_a_cluster_is_a_sentence_at_once(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda *_, **__: pytest.fail("asked Ray"))
    with pytest.raises(ConfigError, match=r"allowed is HOST:PORT|nobody answers"):
        cluster.connect(address)


def test_without_ray_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["experiment", "--seeds", "1", "--iterations", "1", "--cluster", "local"]) == 2
    assert "pip install '.[cluster]'" in capsys.readouterr().err


def test_the_command_line_runs_an_experiment_on_a_cluster_of_its_own(tmp_path: Path) -> None:
    told = [sys.executable, "-m", "playground", "experiment", "--objectives", "ns", "--seeds", "2"]
    told += ["--iterations", "5", "--out", str(tmp_path / "scores.csv"), "--cluster", "local"]
    folder = tempfile.mkdtemp(prefix="ray-")
    environment = os.environ | {"HOME": str(tmp_path), "RAY_TMPDIR": folder}
    environment.pop("RAY_AUTH_MODE", None)
    ran = subprocess.run(told, env=environment, capture_output=True, text=True, timeout=120)
    shutil.rmtree(folder, ignore_errors=True)
    assert ran.returncode == 0, ran.stderr
    planned = experiments.plan(["ns"], seeds=2, iterations=5)
    assert (tmp_path / "scores.csv").read_text() == experiments.table(planned, experiments.run_here(planned))
    assert not (tmp_path / ".ray").exists()  # where Ray would keep a token
    assert "10 of 10 models" in ran.stderr and "raylet" not in ran.stdout + ran.stderr
