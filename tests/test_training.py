"""Training from the command line: it resumes bit for bit, refuses what cannot be, and says what it did."""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from playground.checkpoints import load
from playground.checkpoints.files import read_classifier, read_description
from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.engine import Diverged
from playground.engine.faces.classifier import FaceClassifier, accuracy, cross_entropy
from playground.engine.faces.learner import FaceLearner
from playground.recipes import EYES, HAIR, RECIPES, Recipe
from playground.training import Settings, add_arguments, device, files, options, train
from playground.training import run as running
from playground.training.logs import Curves, open_events
from playground.training.processes import joined
from playground.training.progress import FILE_SECONDS, Progress, in_words
from playground.training.stopping import Stopper

TINY = replace(
    RECIPES["faces64"],
    name="tiny",
    size=16,
    channels=(8, 8),
    latent_dim=4,
    batch_size=8,
    ema_half_life_images=50.0,
)


def few_faces(count: int = 24, seed: int = 0, size: int = 16) -> FaceSet:
    """Noisy squares whose red says the hair and whose green the eyes."""
    rng = np.random.default_rng(seed)
    hair, eyes = rng.integers(0, len(HAIR), count), rng.integers(0, len(EYES), count)
    images = rng.integers(0, 12, (count, size, size, 3), dtype=np.uint8)
    images[..., 0] += (hair * 20)[:, None, None].astype(np.uint8)
    images[..., 1] += (eyes * 24)[:, None, None].astype(np.uint8)
    return FaceSet(images, hair, eyes, "few")


@pytest.fixture(autouse=True)
def faces(monkeypatch: pytest.MonkeyPatch) -> dict[str, FaceSet]:
    """What the training opens, by split; a test may put others."""
    opened = {"train": few_faces(), "test": few_faces(16, 1)}
    monkeypatch.setattr(running, "open_faces", lambda source, split, size, limit=None: opened[split])
    return opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        TINY, "gan", "few", tmp_path / "run", 12,
        report_every=2, save_every=4, sample_every=6, tensorboard=False, measure_seconds=0.0,
    )  # fmt: skip


def state(settings: Settings) -> files.SavedState:
    """The newest state of a run."""
    return files.load_state(files.states(settings.out)[0])


def assert_same(ours: files.SavedState, theirs: files.SavedState) -> None:
    assert ours.update == theirs.update and ours.counters == theirs.counters
    assert ours.arrays.keys() == theirs.arrays.keys()
    for name, array in ours.arrays.items():
        assert array.tobytes() == theirs.arrays[name].tobytes(), name


def rows(settings: Settings) -> list[list[str]]:
    """Of curves.csv, without the two columns that tell the time."""
    lines = (settings.out / "curves.csv").read_text().splitlines()
    return [[cell for i, cell in enumerate(line.split(",")) if i not in (2, 3)] for line in lines]


# ---------------------------------------------------------------- resuming


@pytest.mark.parametrize("model", options.KINDS)
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(settings: Settings, model: str) -> None:
    whole = replace(settings, model=model)
    parts = replace(whole, out=settings.out.with_name("parts"))
    assert running.run(whole) == 12
    assert running.run(replace(parts, updates=5)) == 5
    assert running.run(replace(parts, resume=True)) == 12
    assert_same(state(whole), state(parts))
    assert rows(whole) == rows(parts)
    for sample in (whole.out / "samples").glob("*"):
        assert sample.read_bytes() == (parts.out / "samples" / sample.name).read_bytes()


def test_a_row_of_curves_holds_every_number_of_its_model(settings: Settings) -> None:
    running.run(settings)
    head, *others = rows(settings)
    assert ",".join(head) == "update,images,loss_d,loss_g,score_real,score_generated,right,r1,r2"
    assert [row[0] for row in others] == ["2", "4", "6", "8", "10", "12"]
    assert all(math.isfinite(float(cell)) for row in others for cell in row[:7])
    due = [row[0] for row in others if row[7]]  # penalties are due at the first update and the ninth
    assert due == ["2", "10"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seed": 1}, "seed = 1: the run in out has 0"),
        ({"model": "vae"}, "model = vae: the run in out has gan"),
        ({"recipe": replace(TINY, batch_size=4)}, "batch_size = 4: the run in out has 8"),
        ({"limit": 20}, "data = "),
    ],
)
def test_a_resume_refuses_another_run(settings: Settings, changes: dict[str, Any], sentence: str) -> None:
    running.run(replace(settings, updates=2))
    with pytest.raises(ConfigError, match=sentence):
        running.run(replace(settings, resume=True, **changes))


def test_a_folder_that_holds_a_run_is_not_written_over(settings: Settings) -> None:
    running.run(replace(settings, updates=2))
    with pytest.raises(ConfigError, match="holds a run: allowed is another folder, or --resume"):
        running.run(settings)


def test_a_resume_without_a_checkpoint_begins_and_a_finished_one_stays(settings: Settings) -> None:
    said = io.StringIO()
    assert running.run(replace(settings, updates=2, resume=True), said) == 2
    assert "no checkpoint to resume from" in said.getvalue()
    before = state(settings)
    assert running.run(replace(settings, updates=2, resume=True), said) == 2
    assert "already stands at update 2" in said.getvalue()
    assert_same(before, state(settings))


def test_a_folder_in_use_is_refused(settings: Settings) -> None:
    settings.out.mkdir()
    with files.locked(settings.out), pytest.raises(ConfigError, match="in use by another training"):
        running.run(settings)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip_a_bit(content: bytes) -> bytes:
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


@pytest.mark.parametrize("damage", [cut, flip_a_bit, lambda content: b"", lambda content: b"{}" + content])
def test_a_damaged_state_gives_way_to_the_one_before(
    settings: Settings, damage: Callable[[bytes], bytes]
) -> None:
    running.run(settings)
    whole, newest = state(settings), files.states(settings.out)[0]
    newest.write_bytes(damage(newest.read_bytes()))
    said = io.StringIO()
    assert running.run(replace(settings, resume=True), said) == 12
    assert f"{newest.name} is damaged" in said.getvalue()
    assert_same(whole, state(settings))


def test_a_run_whose_states_are_all_damaged_says_so(settings: Settings) -> None:
    running.run(settings)
    assert len(files.states(settings.out)) == files.KEPT
    for path in files.states(settings.out):
        path.write_bytes(b"")
    with pytest.raises(ConfigError, match="all its states are damaged"):
        running.run(replace(settings, resume=True))


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    files.write_atomically(path, b"old")

    def full(handle: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    files.sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_curves_drop_rows_after_the_state_and_a_row_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    path.write_text("update,loss\n2,0.5\n4,0.25\n6,0.125\n3")
    curves = Curves(path, ("update", "loss"), 4)
    curves.write({"update": 6})
    with pytest.raises(KeyError, match="other"):
        curves.write({"update": 8, "other": 1.0})
    curves.close()
    assert path.read_text() == "update,loss\n2,0.5\n4,0.25\n6,\n"


# ---------------------------------------------------------------- the model


@pytest.mark.parametrize("model", ["gan", "vae", "ae"])
def test_a_run_leaves_a_model_that_loads_with_its_timeline(
    settings: Settings, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TIMELINE", (3, 5))
    running.run(replace(settings, model=model, updates=7))
    found = load(str(settings.out))
    assert (found.name, found.kind, found.step, found.images_seen) == (f"tiny-{model}", model, 7, 56)
    ours = state(settings).arrays["generator.average"]
    theirs = torch.cat([p.flatten() for p in found.generator.parameters()]).numpy()
    assert np.allclose(ours, theirs, rtol=1e-3, atol=1e-6)  # a model is float16
    assert [load(str(settings.out), step=step).step for step in (3, 5)] == [3, 5]
    assert {p.stem for p in (settings.out / "samples").iterdir()} == {"000003", "000005", "000006"}


def test_a_run_leaves_a_classifier_that_loads_with_its_scores(settings: Settings, faces: Any) -> None:
    faces["test"] = replace(faces["test"], eyes=np.full(16, len(EYES)))
    said = io.StringIO()
    running.run(replace(settings, model="classifier"), said)
    classifier = read_classifier(settings.out / "model")
    scores = read_description(settings.out / "model").scores
    assert set(scores) == {"hair_accuracy", "hair_commonest"}  # no eye colour is known
    right = accuracy(classifier, faces["test"])["hair_accuracy"]
    assert right == pytest.approx(scores["hair_accuracy"], abs=1 / 16 + 1e-9)
    assert f"On the test faces {scores['hair_accuracy']:.1%} of hair colours are right" in said.getvalue()
    assert "eyes" not in said.getvalue()


# ---------------------------------------------------------------- stopping


class Meddled(running.FaceGAN):
    """A GAN to which `act` happens after its update `at`."""

    at, act = 0, staticmethod(lambda learner: None)

    def iterate(self, want: bool) -> dict[str, float]:
        report = super().iterate(want)
        if self.iterations == self.at:
            self.act(self)
        return report


@pytest.fixture
def meddle(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[FaceLearner], None]], None]:
    def put(at: int, act: Callable[[FaceLearner], None]) -> None:
        monkeypatch.setattr(Meddled, "at", at)
        monkeypatch.setattr(Meddled, "act", staticmethod(act))
        monkeypatch.setitem(running.LEARNERS, "gan", Meddled)

    return put


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_update_with_a_checkpoint(
    settings: Settings, meddle: Any, number: signal.Signals
) -> None:
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    meddle(7, lambda learner: os.kill(os.getpid(), number))
    said = io.StringIO()
    assert running.run(settings, said) == 7
    assert f"Stopped by {number.name} at update 7; --resume goes on from there." in said.getvalue()
    assert state(settings).update == 7
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell's background job is born deaf to SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_second_signal_acts_as_ever_but_an_echo_does_not() -> None:
    now = [0.0]
    with Stopper(None, lambda: now[0]) as stopper:
        signal.raise_signal(signal.SIGINT)
        now[0] = 0.5
        signal.raise_signal(signal.SIGINT)
        assert stopper.reason == "by SIGINT"
        now[0] = 5.0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_time_that_is_over_stops_with_a_checkpoint(settings: Settings) -> None:
    said = io.StringIO()
    assert running.run(replace(settings, max_minutes=0.0), said) == 1
    assert "Stopped after 0 minutes at update 1" in said.getvalue()
    assert state(settings).update == 1
    now = [0.0]
    stopper = Stopper(2.0, lambda: now[0])
    now[0] = 119.9
    assert not stopper.reason
    now[0] = 120.0
    assert stopper.reason == "after 2 minutes"


def poison(learner: FaceLearner) -> None:
    learner.flats["discriminator"].vector[3] = math.nan


def test_a_diverged_run_names_update_and_last_good_checkpoint(settings: Settings, meddle: Any) -> None:
    meddle(9, poison)
    with pytest.raises(Diverged) as stopped:
        running.run(settings)
    assert stopped.value.sentence == (
        "The run diverged: at update 10 the weights of the generator are not finite. "
        "The last good checkpoint is state-000000008.safetensors, of update 8."
    )
    assert rows(settings)[-1][0] == "8"
    assert all(np.isfinite(array).all() for array in state(settings).arrays.values())


def test_a_run_that_diverges_at_a_checkpoint_does_not_write_it(settings: Settings, meddle: Any) -> None:
    meddle(4, poison)
    with pytest.raises(Diverged, match=r"at update 4 .* There is no checkpoint"):
        running.run(replace(settings, report_every=100))
    assert files.states(settings.out) == []


# ---------------------------------------------------------------- the command


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def command(tmp_path: Path, *words: str) -> argparse.Namespace:
    """Arguments of a quick run of a recipe file."""
    recipe = tmp_path / "tiny.json"
    recipe.write_text(json.dumps(TINY.to_dict()))
    common = ["--recipe", str(recipe), "--data", "few", "--out", str(tmp_path / "run")]
    return parsed(*common, "--measure-seconds", "0", "--no-tensorboard", *words)


def test_the_command_trains_a_recipe_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    train(command(tmp_path, "--updates", "2", "--batch-size", "6", "--limit", "20", "--threads", "1"))
    said = capsys.readouterr().out
    assert "gan on 20 faces of few" in said and "2 updates in " in said
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["faces"] == 20 and threads == [1]
    assert Recipe.from_dict(config["settings"]["recipe"]) == replace(TINY, batch_size=6)


def test_the_command_ends_with_the_sentence_of_a_divergence(tmp_path: Path, meddle: Any) -> None:
    meddle(1, poison)
    with pytest.raises(SystemExit, match="The run diverged: at update 2"):
        train(command(tmp_path, "--updates", "2"))


def test_each_model_has_its_own_length(tmp_path: Path) -> None:
    for model in options.KINDS:
        assert options.settings_from(command(tmp_path, "--model", model)).updates == options.UPDATES[model]


def test_a_recipe_whose_name_no_model_can_have_is_refused_at_once(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="name = 'a face-gan'"):
        running.run(replace(settings, recipe=replace(TINY, name="a face")))
    assert not settings.out.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"updates": 0}, "updates = 0: allowed is 1 to 1e[+]09"),
        ({"max_minutes": math.nan}, "max_minutes = nan: allowed is 0 to 1e[+]06"),
        ({"seed": -1}, "seed = -1: allowed is 0 to"),
        ({"save_every": 0}, "save_every = 0"),
        ({"model": "gmm"}, "model = 'gmm': allowed is ae, vae, gan, classifier"),
        ({"precision": "int8"}, "precision = 'int8': allowed is auto, float32, bfloat16"),
        ({"data": ""}, "data is empty"),
    ],
)
def test_impossible_settings_are_refused(settings: Settings, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        replace(settings, **changes)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 60_000, "is not JSON"),
        (b" " * 70_000, "at most 65,536 bytes"),
        (b"[]", "A recipe has exactly the fields"),
        (json.dumps(TINY.to_dict() | {"size": 17}).encode(), "size = 17"),
    ],
)
def test_a_recipe_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "recipe.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=sentence):
        options.read_recipe(str(path))


def test_compiling_is_refused_without_cuda(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="compile is set, but the device is 'cpu': allowed is cuda"):
        running.run(replace(settings, device="cpu", compile=True))


def test_training_needs_neither_page_nor_plots() -> None:
    program = (
        "import sys\n"
        "for name in ('gradio', 'plotly', 'accelerate', 'tensorboard'): sys.modules[name] = None\n"
        "import playground.training, playground.recipes\n"
        "assert 'torch' not in sys.modules\n"
        "import playground.training.run, playground.training.models\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- what is said and drawn


def test_progress_in_a_file_is_a_line_every_ten_seconds() -> None:
    now, stream = [0.0], io.StringIO()
    progress = Progress(1_000, 32, 100, stream, lambda: now[0])
    for update in range(101, 151):
        now[0] += 0.5
        progress.tick(update, {"loss_d": 0.6931, "loss_g": 1.25})
    assert stream.getvalue().splitlines() == [
        "update 120 of 1,000 · 64 images/s · 7 min 20 s left · loss_d 0.6931 loss_g 1.25",
        "update 140 of 1,000 · 64 images/s · 7 min 10 s left · loss_d 0.6931 loss_g 1.25",
    ]
    assert FILE_SECONDS == 10.0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_in_a_terminal_is_one_line_that_a_sentence_ends() -> None:
    now, stream = [0.0], Terminal()
    progress = Progress(10, 1, 0, stream, lambda: now[0])
    for update in (1, 2):
        now[0] += 1.0
        progress.tick(update, {})
    progress.say("Done.")
    first, second, third, rest = stream.getvalue().replace("\n", "\r").split("\r")[1:]
    assert first.strip() == "update 1 of 10 · 1 images/s · 9 s left"
    assert second.strip() == "update 2 of 10 · 1 images/s · 8 s left"
    assert len(first) == len(second) and (third, rest) == ("Done.", "")


def test_durations_have_two_units() -> None:
    assert [in_words(s) for s in (0.4, 59.6, 3599, 3600, 100_000)] == [
        "0 s", "1 min 00 s", "59 min 59 s", "1 h 00 min", "27 h 46 min",
    ]  # fmt: skip


@pytest.mark.parametrize(("model", "height"), [("gan", 5), ("vae", 7), ("ae", 7)])
def test_samples_are_a_picture_of_the_same_codes(settings: Settings, model: str, height: int) -> None:
    running.run(replace(settings, model=model, updates=6))
    (path,) = (settings.out / "samples").iterdir()
    assert path.name == "000006.png"
    picture = np.asarray(Image.open(path))
    assert picture.shape == (height * 16, 160, 3)
    if height == 7:  # the row before the last shows the first faces themselves
        assert np.array_equal(picture[80:96, :16], few_faces().images[0])


def test_without_tensorboard_a_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    said: list[str] = []
    assert open_events(tmp_path, 0, said.append) is None
    assert said == [
        "TensorBoard is not installed, so there are no event files; curves.csv has the same numbers."
    ]


def test_event_files_hold_the_curves_once_though_resumed(settings: Settings) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    here = replace(settings, tensorboard=True)
    running.run(replace(here, updates=6))
    files.state_path(here.out, 6).unlink()  # as if killed before that state was written
    running.run(replace(here, resume=True))
    events = EventAccumulator(str(here.out / "events")).Reload()
    assert [e.step for e in events.Scalars("loss_d")] == [2, 4, 6, 8, 10, 12]
    column = [float(row[2]) for row in rows(here)[1:]]
    assert [e.value for e in events.Scalars("loss_d")] == pytest.approx(column)
    assert [e.step for e in events.Images("samples")] == [6, 12]


# ---------------------------------------------------------------- the device


class Counter(TorchDispatchMode):
    """Adds up torch's own count of the operations that really run."""

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        if func.overloadpacket in flop_registry:
            self.total += flop_registry[func.overloadpacket](*args, **(kwargs or {}), out_val=found)
        return found


@pytest.mark.parametrize("model", options.KINDS)
def test_operations_are_those_that_torch_counts(model: str) -> None:
    recipe = replace(TINY, size=32, channels=(32, 24, 16))
    learner = running.LEARNERS[model](recipe, few_faces(size=32), device="cpu")
    relative = recipe.objective == "relativistic"
    ours = device.operations_per_image(recipe, learner.modules, relative) * recipe.batch_size
    with Counter() as counter:
        for _ in range(recipe.penalty_every):
            learner.iterate(False)
    theirs = counter.total / recipe.penalty_every
    assert ours == pytest.approx(theirs, rel=0.08)  # ours adds what the first layers save
    assert ours >= theirs


def test_matrix_throughput_is_operations_over_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks: Iterator[float] = iter([10.0, 10.5, 12.0])
    monkeypatch.setitem(device.SIDE, "cpu", 8)
    monkeypatch.setattr(device.time, "perf_counter", lambda: next(ticks))
    assert device.matrix_throughput("cpu", True, 1.0) == 2 * (2 * 8**3) / 2.0


def test_the_summary_compares_with_the_device(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(device.SIDE, "cpu", 64)
    said = io.StringIO()
    running.run(replace(settings, measure_seconds=0.01, updates=2, precision="float32"), said)
    assert "that large matrix products reach in float32." in said.getvalue()


def test_precision_is_low_where_asked_or_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device.low_precision("bfloat16", "cpu") and not device.low_precision("float32", "cpu")
    assert not device.low_precision("auto", "mps")
    for has in (True, False):
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda has=has: has)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        assert device.low_precision("auto", "cpu") is (has and torch.backends.mkldnn.is_available())


def test_a_resumed_run_keeps_its_precision_or_says_otherwise(settings: Settings) -> None:
    running.run(replace(settings, updates=1, precision="float32"))
    said = io.StringIO()
    running.run(replace(settings, updates=2, resume=True), said)
    assert "float32" in said.getvalue() and "instead of" not in said.getvalue()
    running.run(replace(settings, updates=3, resume=True, precision="bfloat16"), said)
    assert "Resumed with precision bfloat16 instead of float32" in said.getvalue()


def test_one_process_is_a_group_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with joined("cpu") as group:
        assert group.leads and group.device == "cpu" and group.share.world == 1
        assert group.any_true(True) and not group.any_true(False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="several processes need accelerate"), joined("cpu"):
        pass


# ---------------------------------------------------------------- the classifier


def test_the_classifier_learns_to_name_colours() -> None:
    recipe = replace(TINY, channels=(16, 16), autoencoder_learning_rate=1e-2, batch_size=32)
    faces = few_faces(256)
    only = FaceSet(faces.images, faces.hair, np.full_like(faces.eyes, len(EYES)), "hair only")
    learner = FaceClassifier(recipe, only)
    before = accuracy(learner.averages["classifier"], only)  # type: ignore[arg-type]
    for _ in range(250):
        learner.iterate(False)
    after = accuracy(learner.averages["classifier"], only)  # type: ignore[arg-type]
    assert before["hair_accuracy"] < 0.4 and after["hair_accuracy"] > 0.8
    assert after["hair_commonest"] == np.bincount(faces.hair).max() / 256
    assert math.isnan(after["eyes_accuracy"]) and math.isnan(after["eyes_commonest"])


def test_cross_entropy_is_the_logarithm_and_halves_average_to_the_whole() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [1 / 3] * 3]))
    labels = torch.tensor([0, 1, 3, 2])  # 3: unknown
    whole = cross_entropy(logits, labels)
    assert whole.item() == pytest.approx(-(math.log(0.5) + math.log(0.8) + math.log(1 / 3)) / 4)
    halves = [cross_entropy(logits[part], labels[part]) for part in (slice(0, 2), slice(2, 4))]
    assert torch.stack(halves).mean().item() == pytest.approx(whole.item())
    assert cross_entropy(logits, torch.full((4,), 3)).item() == 0.0
