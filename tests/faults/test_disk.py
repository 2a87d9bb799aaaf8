"""Disks that are really full or read-only: a sentence, what was there stays whole, with room it goes on."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from garbage import is_sentence
from narrow_disk import FULL, RIGID
from playground.checkpoints import load
from playground.recipes import RECIPES
from playground.training import Settings, files
from playground.training import run as running

OnDisk = Callable[..., Any]
TINY = replace(RECIPES["faces64"], name="tiny", size=16, channels=(8, 8), latent_dim=4, batch_size=8)
UPDATES = 8

# in every child: a training on a few faces, a model, and how full the disk is to be
TOOLS = """
import io, os
from dataclasses import replace
from pathlib import Path
import numpy as np
import pytest
from playground.config import ConfigError
from playground.data.faces import FaceSet

def told(act, *arguments, **named):
    "What it gives, or the sentence of its refusal."
    try:
        return act(*arguments, **named)
    except ConfigError as error:
        return str(error)

def fill(but):
    "Fill the disk, but for so many bytes."
    (folder / "filler").unlink(missing_ok=True)
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_bsize
    (folder / "filler").write_bytes(b"x" * (free - but))

def names(of):
    return sorted(str(path.relative_to(of)) for path in of.rglob("*") if path.is_file())
"""
TRAINING = (
    TOOLS
    + """
from playground.training import files
from playground.training import run as running

random = np.random.default_rng(0)
faces = FaceSet(
    random.integers(0, 256, (24, 16, 16, 3), dtype=np.uint8),
    random.integers(0, 12, 24), random.integers(0, 10, 24), "few",
)
running.open_faces = lambda source, split, size: faces
"""
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        TINY, "gan", "few", tmp_path / "disk" / "run", UPDATES, threads=1,
        report_every=1, save_every=2, sample_every=100, tensorboard=False, measure_seconds=0.0,
    )  # fmt: skip


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


# -- training


@pytest.mark.parametrize("states", [0, 1, 2])
def test_a_training_that_fills_the_disk_says_so_and_goes_on_bit_for_bit_once_there_is_room(
    on_disk: OnDisk, disk: Path, settings: Settings, states: int
) -> None:
    said, left, again, same = on_disk(
        FULL,
        disk,
        TRAINING
        + """
whole = replace(settings, out=folder / "whole")
running.run(whole, io.StringIO())
(newest, *_) = files.states(whole.out)
size = newest.stat().st_size
fill(10_000 + int((states + 0.5) * size))
said = told(running.run, settings, io.StringIO())
left = names(settings.out)
(folder / "filler").unlink()
again = told(running.run, replace(settings, resume=True), io.StringIO())
ours, theirs = (files.load_state(files.states(out)[0]) for out in (settings.out, whole.out))
same = all(ours.arrays[name].tobytes() == array.tobytes() for name, array in theirs.arrays.items())
result = said, left, again, same and ours.counters == theirs.counters
""",
        {"settings": settings, "states": states},
    )
    assert said.startswith(f"out = {str(settings.out)!r}") and "No space left on device" in said
    assert is_sentence(said)
    kept = [name for name in left if name.startswith("state-")]
    assert len(kept) == states
    if kept:
        assert f"The last checkpoint, {max(kept)}, is whole: --resume goes on from it." in said
    else:
        assert said.endswith("There is no checkpoint yet.")
    assert not [name for name in left if name.endswith(files.UNFINISHED)]
    assert (again, same) == (UPDATES, True)


def test_event_files_on_a_full_disk_end_the_training_with_the_same_sentence(
    on_disk: OnDisk, disk: Path, settings: Settings
) -> None:
    said = on_disk(
        FULL,
        disk,
        TRAINING + "fill(2_000)\nresult = told(running.run, settings, io.StringIO())",
        {"settings": replace(settings, tensorboard=True)},
    )
    assert "No space left on device" in said and is_sentence(said)


def test_a_training_on_a_read_only_disk_says_so(on_disk: OnDisk, disk: Path, settings: Settings) -> None:
    for out in (disk.parent / "new" / "run", disk.parent / "there"):
        (disk.parent / "there").mkdir(exist_ok=True)
        said = on_disk(
            RIGID,
            disk,
            TRAINING + "result = told(running.run, settings, io.StringIO())",
            {"settings": replace(settings, out=out)},
        )
        assert (
            said
            == f"out = {str(out)!r} cannot be written: Read-only file system. There is no checkpoint yet."
        )


# -- models: packing, publishing, the bundle


@pytest.fixture
def run(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished training, on a disk with room."""
    from playground.data.faces import FaceSet

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 16, 16, 3), dtype=np.uint8)
    faces = FaceSet(images, rng.integers(0, 12, 24), rng.integers(0, 10, 24), "few")
    monkeypatch.setattr(running, "open_faces", lambda source, split, size: faces)
    out = tmp_path / "finished"
    assert running.run(replace(settings, out=out, updates=2), io.StringIO()) == 2
    return out


def test_nothing_is_published_from_a_full_disk_and_the_hub_is_not_asked(
    on_disk: OnDisk, disk: Path, run: Path
) -> None:
    said, left = on_disk(
        FULL,
        disk,
        TOOLS
        + """
import tempfile
import huggingface_hub
from playground.checkpoints import push

huggingface_hub.HfApi = lambda **_: pytest.fail("The Hub was asked.")
tempfile.tempdir = str(folder)
fill(1_000)
result = told(push, run, "someone/mine", "hf_onlyforthistest"), names(folder)
""",
        {"run": run},
    )
    assert said == "model.safetensors cannot be written: No space left on device."
    assert left == ["filler"]


def test_nothing_is_published_where_nothing_can_be_written(on_disk: OnDisk, disk: Path, run: Path) -> None:
    said = on_disk(
        RIGID,
        disk,
        TOOLS
        + """
import tempfile
from playground.checkpoints import push

tempfile._candidate_tempdir_list = lambda: [str(run)]
result = told(push, run, "someone/mine", "hf_onlyforthistest")
""",
        {"run": run},
    )
    assert said.startswith("A copy to publish cannot be written: ") and is_sentence(said)


def test_a_model_that_does_not_fit_leaves_the_bundle_as_it_was(
    on_disk: OnDisk, disk: Path, run: Path
) -> None:
    said, before, after, images = on_disk(
        FULL,
        disk,
        TOOLS
        + """
from playground.checkpoints import add_to_bundle, load

os.environ["PLAYGROUND_CHECKPOINTS"] = str(folder / "bundle")
add_to_bundle(run, "mine")
before = names(folder / "bundle")
fill(1_000)
said = told(add_to_bundle, run, "mine")
result = said, before, names(folder / "bundle"), load("mine").generate([1])
""",
        {"run": run},
    )
    assert said == "model.safetensors cannot be written: No space left on device."
    assert before == after
    np.testing.assert_array_equal(images, load(run).generate([1]))


# -- the cache of the Hub's client

HUB = (
    TOOLS
    + """
import huggingface_hub, pytest
from pathlib import Path
from hub_fixture import taken_for_the_hub
from playground.checkpoints import add_to_bundle, open_repo

def with_hub(act, cache, bundle):
    "`act(hub)`, with the client's cache on this disk and a bundle elsewhere."
    with pytest.MonkeyPatch.context() as patch, taken_for_the_hub(patch, cache) as hub:
        os.environ["PLAYGROUND_CHECKPOINTS"] = str(bundle)
        hub.put("someone/tiny-gan", {name: (model / name).read_bytes() for name in names(model)})
        return act(hub)

def opened(hub):
    said = []
    found = open_repo("someone/tiny-gan", notify=said.append)
    return found.name, said
"""
)


@pytest.fixture
def bundle(tmp_path: Path, run: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path / "bundle"))
        from playground.checkpoints import add_to_bundle

        add_to_bundle(run, "bundled-gan")
    return tmp_path / "bundle"


def test_a_hub_model_that_does_not_fit_is_replaced_and_the_reason_is_the_disk(
    on_disk: OnDisk, disk: Path, run: Path, bundle: Path
) -> None:
    first, again = on_disk(
        FULL,
        disk,
        HUB
        + """
def act(hub):
    fill(len(hub.repos["someone/tiny-gan"].commits[-1][1]["model.safetensors"]) // 2)
    first = opened(hub)
    (folder / "filler").unlink()
    return first, opened(hub)
result = with_hub(act, folder, bundle)
""",
        {"model": run / "model", "bundle": bundle},
    )
    assert first == (
        "bundled-gan",
        [
            "The Hub answers, but its files cannot be kept here (No space left on device): the bundled "
            "bundled-gan stands in for someone/tiny-gan."
        ],
    )
    assert again == ("tiny-gan", [])


def test_a_hub_model_on_a_read_only_disk_is_replaced_and_the_reason_is_the_disk(
    on_disk: OnDisk, disk: Path, run: Path, bundle: Path
) -> None:
    name, said = on_disk(
        RIGID,
        disk,
        HUB + "result = with_hub(opened, bundle.parent / 'nowhere', bundle)",
        {"model": run / "model", "bundle": bundle},
    )
    assert name == "bundled-gan"
    assert said[0].startswith("The Hub answers, but its files cannot be kept here (Read-only file system): ")
