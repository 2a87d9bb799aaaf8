"""Two real processes on one global batch: the updates that one process makes, files of one of them only."""

from __future__ import annotations

import multiprocessing
import socket
import sys
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path

import numpy as np
import pytest

from playground.recipes import RECIPES
from playground.training import Settings, files

pytest.importorskip("accelerate")
if sys.platform == "win32":
    pytest.skip("forks are POSIX", allow_module_level=True)

TINY = replace(
    RECIPES["faces64"], name="tiny", size=16, channels=(8, 8), latent_dim=4, batch_size=8
)  # fmt: skip

# what one process does; `environment` is what `accelerate launch` and `torchrun` set for it
CHILD = """
import os, sys
import numpy as np
from playground.data.faces import FaceSet
from playground.training import run as running

os.environ.update(environment)
random = np.random.default_rng(0)
faces = FaceSet(
    random.integers(0, 256, (24, 16, 16, 3), dtype=np.uint8),
    random.integers(0, 12, 24), random.integers(0, 10, 24), "few",
)
running.open_faces = lambda source, split, size: faces
running.run(settings, open(spoken, "w"))
"""


@pytest.fixture(scope="module")
def nursery() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["playground.training.run", "torch.fx.experimental.symbolic_shapes", "accelerate"]
    )
    return context


def trained(nursery: ForkServerContext, settings: Settings, world: int) -> list[str]:
    """Train in `world` processes; what each has said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = []
    spoken = [settings.out.with_name(f"{settings.out.name}-{rank}.txt") for rank in range(world)]
    for rank, path in enumerate(spoken):
        environment = {
            "RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "LOCAL_WORLD_SIZE": world,
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "ACCELERATE_USE_CPU": "true",
        }  # fmt: skip
        told = {name: str(value) for name, value in environment.items()}
        scope = {"settings": settings, "environment": told, "spoken": str(path)}
        children.append(nursery.Process(target=exec, args=(CHILD, scope)))
        children[-1].start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * world
    return [path.read_text() for path in spoken]


def state(settings: Settings) -> files.SavedState:
    return files.load_state(files.states(settings.out)[0])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        TINY, "gan", "few", tmp_path / "run", 4, device="cpu", precision="float32", threads=1,
        report_every=2, save_every=2, sample_every=2, tensorboard=False, measure_seconds=0.0,
    )  # fmt: skip


@pytest.mark.parametrize("model", ["gan", "classifier"])
def test_two_processes_make_the_updates_of_one(
    nursery: ForkServerContext, settings: Settings, model: str
) -> None:
    # least squares: a relativistic loss does not see the last bias, whose Adam then steps along rounding
    recipe = replace(TINY, objective="lsgan")
    alone = replace(settings, model=model, recipe=recipe)
    together = replace(alone, out=settings.out.with_name("together"))
    trained(nursery, alone, 1)
    leading, other = trained(nursery, together, 2)
    assert "cpu, float32, 2 process(es)" in leading and other == ""
    ours, theirs = state(alone), state(together)
    assert ours.counters == theirs.counters
    for name, array in ours.arrays.items():
        assert np.allclose(array, theirs.arrays[name], rtol=1e-5, atol=1e-6), name
    rows = (together.out / "curves.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["update", "2", "4"]


def test_two_processes_resume_bit_for_bit_and_stop_together(
    nursery: ForkServerContext, settings: Settings
) -> None:
    whole, parts = (
        replace(settings, updates=12),
        replace(settings, updates=12, out=settings.out.with_name("parts")),
    )
    trained(nursery, whole, 2)
    leading, _ = trained(nursery, replace(parts, max_minutes=0.0), 2)
    assert "Stopped after 0 minutes at update 10" in leading
    trained(nursery, replace(parts, resume=True), 2)
    for name, array in state(whole).arrays.items():
        assert array.tobytes() == state(parts).arrays[name].tobytes(), name
