"""A device whose memory is used up at any moment: a sentence, the run as it was, and the next step works."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from garbage import is_sentence
from narrow_disk import nursery
from playground import RunConfig, Trainer
from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.engine import NoMemory, State
from playground.engine.batched.trainer import BatchedTrainer
from playground.recipes import EYES, HAIR, RECIPES
from playground.session import Session, face_settings
from playground.session.face_run import FaceRun
from playground.session.face_settings import FaceSettings
from playground.training import Settings, files
from playground.training import run as running
from playground.ui.api import add_endpoints
from playground.ui.hub import Hub
from playground.ui.lab_page import LabPage

SIDE = 16
TINY = replace(RECIPES["classroom32"], size=SIDE, channels=(8, 8), latent_dim=6, batch_size=8)
REQUEST: Any = SimpleNamespace(session_hash="someone", query_params={}, cookies={}, headers={})
RUNS: dict[str, dict[str, Any]] = {
    "closed form": {},
    "autograd": {"backend": "eager"},
    "gradient penalty": {"objective": "wgan-gp"},
    "batch normalisation": {"generator_normalisation": "batch", "ema_half_life_iterations": 5.0},
    "unrolled": {"unrolled_steps": 2},
    "VAE": {"model": "vae"},
    "autoencoder": {"model": "autoencoder", "backend": "eager"},
}


class FullAfter(TorchDispatchMode):
    """Within it, the allocation of this number finds no memory left, as on a GPU that others fill."""

    def __init__(self, allocation: int) -> None:
        super().__init__()
        self.left = allocation

    @property
    def hit(self) -> bool:
        """Whether it came to that."""
        return self.left < 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.left -= all(result.alias_info is None for result in func._schema.returns)
        if self.left == 0:
            self.left = -1
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return func(*args, **(kwargs or {}))


def same(one: State, other: State) -> bool:
    return one.counters == other.counters and all(
        np.array_equal(array, other.arrays[name], equal_nan=True) for name, array in one.arrays.items()
    )


def interrupted(act: Callable[[], object], allocation: int) -> bool:
    """Whether memory ran out at that allocation of `act`, with the sentence that says so."""
    with FullAfter(allocation) as full:
        try:
            act()
        except NoMemory as error:
            assert is_sentence(error) and "no memory left" in str(error)
            return True
    assert not full.hit
    return False


def moments() -> Iterator[int]:
    """Allocations of one act, the later ones more seldom; `interrupted` says when it has fewer."""
    at = 1
    while at < 10_000:
        yield at
        at += 1 + at // 20


# -- the engine


@pytest.mark.parametrize("name", RUNS)
def test_memory_that_runs_out_at_any_moment_of_an_iteration_leaves_the_run_as_it_was(name: str) -> None:
    config = RunConfig(batch_size=8, generator_width=8, discriminator_width=8, **RUNS[name])
    trainer, alone = Trainer(config, device="cpu"), Trainer(config, device="cpu")
    trainer.run(3), alone.run(3)
    before, told = trainer.state(), trainer.last_update
    failures = 0
    for allocation in moments():
        if not interrupted(lambda: trainer.run(2), allocation):
            break
        failures += 1
        assert same(trainer.state(), before) and trainer.last_update == told
    assert failures >= 5
    alone.run(2)
    assert same(trainer.state(), alone.state())


def test_memory_that_runs_out_in_a_single_update_leaves_both_networks_as_they_were() -> None:
    trainer = Trainer(RunConfig(batch_size=8), device="cpu")
    before = trainer.state()
    for act in (trainer.update_discriminator, trainer.update_generator):
        assert interrupted(act, 4)
        assert same(trainer.state(), before)


def test_a_run_that_no_memory_can_be_had_for_is_a_sentence_and_the_old_one_stays() -> None:
    session = Session(RunConfig(batch_size=8), device="cpu")
    session.step()
    before = session.link(), session.stamp
    for act in (lambda: session.configure(RunConfig(batch_size=16)), session.reset):
        assert interrupted(act, 9)
        assert (session.link(), session.stamp) == before
    session.step()
    assert session.iteration == 2


def test_many_models_at_once_that_find_no_memory_are_the_same_sentence() -> None:
    configs = [RunConfig(batch_size=8, seed=seed) for seed in range(3)]
    assert interrupted(lambda: BatchedTrainer(configs, device="cpu"), 5)
    trainer = BatchedTrainer(configs, device="cpu")
    assert interrupted(lambda: trainer.sample(10), 2)
    again = BatchedTrainer(configs, device="cpu")
    again.run(2)
    assert again.iteration == 2


REAL = """
import resource
from playground import RunConfig, Trainer
from playground.engine import NoMemory

with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
trainer = Trainer(RunConfig(batch_size=4096, generator_width=512, discriminator_width=512, backend="eager"),
                  device="cpu")
before = trainer.state()
resource.setrlimit(resource.RLIMIT_AS, (used + 48_000_000, resource.RLIM_INFINITY))
try:
    trainer.step()
    said = "it was enough"
except NoMemory as error:
    said = str(error)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
same = all((trainer.state().arrays[name] == array).all() for name, array in before.arrays.items())
trainer.step()
answer.send((said, same, trainer.iteration))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is not kept elsewhere")
def test_a_process_that_the_system_gives_no_more_memory_says_so_and_goes_on() -> None:
    ours, theirs = nursery().Pipe()
    child = nursery().Process(target=exec, args=(REAL, {"answer": theirs}))
    child.start()
    theirs.close()
    assert ours.poll(60)
    said, same, iteration = ours.recv()
    child.join(10)
    assert said.startswith("The device has no memory left for this") and same and iteration == 1


# -- the lab


def states(session: Session) -> tuple[State, ...]:
    return tuple(session.save().now.states)


def is_its_link(session: Session) -> bool:
    """Whether the run is, bit for bit, the one that its link opens."""
    alone = Session(device="cpu")
    alone.open_link(session.link())
    while alone.advance(1000.0) < 1.0:
        pass
    return alone.iteration == session.iteration and all(map(same, states(alone), states(session)))


ACTS: dict[str, Callable[[Session], object]] = {
    "step": Session.step,
    "D update": Session.update_discriminator,
    "G update": Session.update_generator,
    "play": lambda session: session.play(1.0, 3),
    "undo": Session.undo,
    "scrubber": lambda session: session.seek(1),
    "picture": Session.snapshots,
    "slow motion": Session.preview,
    "reset": Session.reset,
    "another setting": lambda session: session.configure(RunConfig(batch_size=16)),
    "Compare": lambda session: session.compare({"generator_width": 16}),
}


@pytest.mark.parametrize("changes", [None, {"backend": "eager"}], ids=["one run", "two runs"])
@pytest.mark.parametrize("name", ACTS)
def test_the_lab_stands_at_a_moment_of_its_link_whatever_runs_out_of_memory(
    name: str, changes: dict[str, Any] | None
) -> None:
    for allocation in (2, 9, 21):
        session = Session(RunConfig(batch_size=8), device="cpu")
        session.compare(changes)
        session.step(), session.step()
        if not interrupted(lambda: ACTS[name](session), allocation):  # noqa: B023 -- called at once
            break
        assert is_its_link(session)
        session.step()
        assert is_its_link(session)


def test_the_page_shows_the_sentence_and_the_next_press_works() -> None:
    with gr.Blocks() as demo:
        page = LabPage(Hub(device="cpu"), demo)
    page.hub.open("someone")
    press = page._action(Session.step)
    with FullAfter(3):
        answer = press(REQUEST)
    assert "no memory left" in answer[page.error]["value"]
    assert page.view not in answer
    assert page.view in press(REQUEST)
    assert page.hub.find("someone").ask(lambda session: session.iteration) == 1


def test_a_program_reads_the_sentence() -> None:
    with gr.Blocks() as demo:
        add_endpoints("cpu")
    (sample,) = (f.fn for f in demo.fns.values())
    assert sample is not None
    with pytest.raises(gr.Error, match="no memory left") as refused, FullAfter(40):
        sample("batch_size=8", 2, 10, 0)
    assert not refused.value.print_exception
    assert len(sample("batch_size=8", 2, 10, 0)) == 10


# -- faces


@pytest.fixture
def faces() -> FaceSet:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (24, SIDE, SIDE, 3), dtype=np.uint8)
    return FaceSet(images, rng.integers(len(HAIR), size=24), rng.integers(len(EYES), size=24), "few")


def arrays(run: FaceRun) -> State:
    with run.frozen() as learner:
        return State(learner.arrays(), learner.counters())


@pytest.mark.parametrize("model", ["gan", "vae"])
def test_a_face_training_goes_back_to_its_last_whole_iteration(
    faces: FaceSet, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_settings, "recipe_named", lambda name: TINY)
    run = FaceRun(FaceSettings(model=model, batch_size=4), faces, low_precision=False)
    run.run(2)
    run.step()
    before = arrays(run), run.clicks, run.iteration
    for allocation in (1, 20, 60, 150, 300):
        for act in (run.step, lambda: run.play(1.0, 2), run.update_generator if model == "gan" else run.step):
            if interrupted(act, allocation):
                assert (run.clicks, run.iteration) == before[1:] and same(arrays(run), before[0])
            else:
                run.undo()
                assert same(arrays(run), before[0])
    run.step()
    alone = FaceRun(FaceSettings(model=model, batch_size=4), faces, low_precision=False)
    alone.run(4)
    assert same(arrays(run), arrays(alone))


def test_a_face_model_that_does_not_fit_leaves_the_one_that_learns(
    faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_settings, "recipe_named", lambda name: TINY)
    run = FaceRun(FaceSettings(batch_size=4), faces, low_precision=False)
    run.step()
    settings, before = run.settings, arrays(run)
    assert interrupted(lambda: run.configure(FaceSettings(model="vae", batch_size=4)), 10)
    assert run.settings == settings and same(arrays(run), before)
    run.step()
    assert run.iteration == 2


def test_a_training_from_the_command_line_says_so_and_resumes_bit_for_bit(
    faces: FaceSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "open_faces", lambda source, split, size: faces)
    settings = Settings(
        replace(TINY, batch_size=8), "gan", "few", tmp_path / "run", 6, threads=1,
        save_every=2, report_every=1, tensorboard=False, measure_seconds=0.0,
    )  # fmt: skip
    whole = replace(settings, out=tmp_path / "whole")
    running.run(whole, io.StringIO())
    with (
        FullAfter(3_000) as full,
        pytest.raises(ConfigError, match=r"^batch_size = 8: the device") as refused,
    ):
        running.run(settings, io.StringIO())
    assert (
        full.hit
        and is_sentence(refused.value)
        and "is whole: --resume goes on from it." in str(refused.value)
    )
    assert running.run(replace(settings, resume=True), io.StringIO()) == 6
    ours, theirs = (files.load_state(files.states(out)[0]) for out in (settings.out, whole.out))
    assert same(State(ours.arrays, ours.counters), State(theirs.arrays, theirs.counters))
