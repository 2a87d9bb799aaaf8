"""A training killed with SIGKILL at any moment: no broken file, and the same weights in the end."""

from __future__ import annotations

import csv
import json
import multiprocessing
import signal
import sys
import time
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from playground.checkpoints import load
from playground.recipes import RECIPES
from playground.training import Settings, files

if sys.platform == "win32":
    pytest.skip("SIGKILL and forks are POSIX", allow_module_level=True)

TINY = replace(
    RECIPES["faces64"], name="tiny", size=16, channels=(8, 8), latent_dim=4, batch_size=8
)  # fmt: skip
UPDATES = 12
KILLED = -signal.SIGKILL
MOST_CHILDREN = 200
# torch loads its symbolic shapes only for a network's first weights, which takes longer than such a run
PRELOADED = ["playground.training.run", "torch.fx.experimental.symbolic_shapes", "PIL.PngImagePlugin"]

# what a child does, in a process that has loaded the training but begun nothing; `at` is the file operation
# (an opening, a renaming, a removal ...) before which it dies, 0 for none
CHILD = """
import io, os, signal, sys
import numpy as np
from playground.data.faces import FaceSet
from playground.training import run as running

random = np.random.default_rng(0)
faces = FaceSet(
    random.integers(0, 256, (24, 16, 16, 3), dtype=np.uint8),
    random.integers(0, 12, 24), random.integers(0, 10, 24), "few",
)
running.open_faces = lambda source, split, size: faces
running.TIMELINE = (5,)
seen, inside = 0, str(settings.out)

def watch(event, arguments):
    global seen
    if event in ("open", "os.rename", "os.remove", "os.mkdir") and inside in str(arguments[0]):
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

if at:
    sys.addaudithook(watch)
running.run(settings, io.StringIO())
"""


@pytest.fixture(scope="module")
def nursery() -> ForkServerContext:
    """Starts a child in milliseconds: it is forked from a server that has loaded torch already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def begin(nursery: ForkServerContext, settings: Settings, at: int = 0) -> BaseProcess:
    child = nursery.Process(target=exec, args=(CHILD, {"settings": settings, "at": at}))
    child.start()
    return child


def ended(child: BaseProcess) -> int:
    """The exit status."""
    child.join(60)
    assert child.exitcode is not None
    return child.exitcode


@pytest.fixture(scope="module")
def whole(nursery: ForkServerContext, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A run that nothing has interrupted, whose rows and samples fall on updates of all kinds."""
    settings = Settings(
        TINY, "gan", "few", tmp_path_factory.mktemp("whole") / "run", UPDATES, resume=True, threads=1,
        report_every=1, save_every=2, sample_every=3, tensorboard=False, measure_seconds=0.0,
    )  # fmt: skip
    assert ended(begin(nursery, settings)) == 0
    return settings


def assert_no_broken_file(folder: Path) -> None:
    """Every file whose name says that it is whole is whole."""
    for path in files.states(folder):
        assert files.load_state(path).update == int(path.stem[6:])
    for path in folder.glob("samples/*.png"):
        Image.open(path).load()
    for path in folder.rglob("config.json"):
        assert json.loads(path.read_text())
    assert not list(folder.rglob(f"*{files.DAMAGED}"))


def content(folder: Path) -> dict[str, bytes | list[list[str]]]:
    """All that a finished run has left, by name, without what tells the time."""
    state = files.load_state(files.states(folder)[0])
    assert state.update == UPDATES
    found: dict[str, bytes | list[list[str]]] = {n: np.asarray(a).tobytes() for n, a in state.arrays.items()}
    with open(folder / "curves.csv", newline="") as file:
        found["curves"] = [row[:2] + row[4:] for row in csv.reader(file)]
    found["states"] = [[p.name for p in files.states(folder)]]
    found |= {str(p.relative_to(folder)): p.read_bytes() for p in folder.glob("*/**/*.*")}
    assert load(str(folder / "model")).step == UPDATES
    return found


def test_killed_at_random_moments_it_ends_with_the_same_weights(
    nursery: ForkServerContext, whole: Settings, tmp_path: Path
) -> None:
    settings = replace(whole, out=tmp_path / "run")
    random = np.random.default_rng(0)
    began = time.monotonic()
    assert ended(begin(nursery, replace(whole, out=tmp_path / "timed"))) == 0
    longest = time.monotonic() - began
    kills = 0
    for _ in range(MOST_CHILDREN):
        child = begin(nursery, settings)
        child.join(random.uniform(0.0, longest))  # the random moment
        child.kill()
        status = ended(child)
        assert status in (0, KILLED)
        kills += status == KILLED
        assert_no_broken_file(settings.out)
        if status == 0 and kills >= 8:
            break
        if status == 0:  # too quick to be killed often: from the beginning again
            settings = replace(settings, out=tmp_path / f"run{kills}")
    assert kills >= 8
    assert ended(begin(nursery, settings)) == 0
    assert content(settings.out) == content(whole.out)


def test_killed_one_file_operation_later_each_time_it_ends_with_the_same_weights(
    nursery: ForkServerContext, whole: Settings, tmp_path: Path
) -> None:
    settings = replace(whole, out=tmp_path / "run")
    operation = 0
    for operation in range(1, MOST_CHILDREN):
        status = ended(begin(nursery, settings, at=operation))
        assert status in (0, KILLED)
        assert_no_broken_file(settings.out)
        if status == 0:
            break
    assert 20 < operation < MOST_CHILDREN - 1
    assert content(settings.out) == content(whole.out)
