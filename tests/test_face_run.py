"""A face training: bit for bit back and forth, D's numbers are D's, and nobody touches anybody else's."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch

from playground.checkpoints import FaceModel
from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.objectives import OBJECTIVES, probability
from playground.recipes import EYES, FACE_OBJECTIVES, HAIR, MODELS, RECIPES, Recipe
from playground.session import SessionError, face_settings
from playground.session.drawn_faces import DrawnFaces
from playground.session.face_history import MOST_ROWS, FaceRows
from playground.session.face_run import AVERAGE, FaceRun
from playground.session.face_settings import FaceSettings
from playground.session.face_view import SAMPLES, SHOWN
from playground.snapshots import Update

SIDE = 16
TINY = replace(RECIPES["classroom32"], size=SIDE, channels=(8, 8), latent_dim=6)


@pytest.fixture(autouse=True)
def tiny_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe of that name, small enough for a test."""

    def named(name: str) -> Recipe:
        assert name == "classroom32"
        return TINY

    monkeypatch.setattr(face_settings, "recipe_named", named)
    torch.set_num_threads(1)


@pytest.fixture
def faces() -> FaceSet:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (40, SIDE, SIDE, 3), dtype=np.uint8)
    return FaceSet(images, rng.integers(len(HAIR), size=40), rng.integers(len(EYES), size=40), "invented")


def begin(faces: FaceSet, history_bytes: int = 40_000_000, **settings: Any) -> FaceRun:
    wanted = FaceSettings(**{"batch_size": 4, **settings})
    return FaceRun(wanted, faces, low_precision=False, history_bytes=history_bytes)


def state(run: FaceRun) -> dict[str, Any]:
    """Every number of a run, and all that is shown."""
    (moment,) = run.snapshots()
    shown = {f"{s.kind}.images": s.images for s in moment.strips}
    shown |= {f"{s.kind}.values": s.values for s in moment.strips}
    return {**run._learner.arrays(), **run._learner.counters(), **shown, **moment.numbers, **moment.curves}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[n], other[n], equal_nan=True) for n in one)


# -- back and forth


@pytest.mark.parametrize("model", MODELS)
def test_a_step_and_undo_is_the_same_moment_bit_for_bit(faces: FaceSet, model: str) -> None:
    run = begin(faces, model=model)
    run.run(3)
    before = state(run)
    run.step()
    assert not same(state(run), before)
    run.undo()
    assert same(state(run), before)
    assert (run.iteration, run.clicks) == (3, "s3")


@pytest.mark.parametrize("history_bytes", [0, 40_000_000])
def test_undo_goes_back_action_by_action_with_or_without_kept_states(
    faces: FaceSet, history_bytes: int
) -> None:
    run, moments = begin(faces, history_bytes), []
    for action in (run.step, run.update_discriminator, run.update_generator, run.step, lambda: run.run(4)):
        moments.append(state(run))
        action()
    for before in reversed(moments):
        run.undo()
        assert same(state(run), before)
    with pytest.raises(SessionError, match="Nothing to undo"):
        run.undo()


def test_the_same_seed_and_clicks_give_the_same_numbers_however_they_were_played(faces: FaceSet) -> None:
    one, other = begin(faces), begin(faces)
    one.run(7)
    one.update_generator()
    while other.iteration < 7:
        other.play(0.0, 2)
    other.update_generator()
    assert one.clicks == other.clicks == "s7g1"
    assert same(state(one), state(other))
    assert not same(state(one), state(begin(faces, seed=1)))


def test_what_follows_undo_is_what_would_have_followed(faces: FaceSet) -> None:
    straight, detour = begin(faces), begin(faces)
    straight.run(5)
    detour.run(3)
    detour.update_discriminator()
    detour.undo()
    detour.run(2)
    assert same(state(straight), state(detour))


def test_reset_is_the_first_moment_again_under_a_new_stamp(faces: FaceSet) -> None:
    run = begin(faces)
    first, stamp = state(run), run.stamp
    run.run(2)
    run.reset()
    assert same(state(run), first) and run.stamp == stamp + 1


def test_a_long_way_back_can_be_gone_in_slices(faces: FaceSet) -> None:
    run = begin(faces, history_bytes=0)
    run.run(6)
    goal = state(run)
    run.step()
    run.aim_back()
    shares = [run.advance(0.0) for _ in range(6)]
    assert shares == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1.0])
    assert not run.restoring and same(state(run), goal)


def test_kept_states_stay_within_their_bound_and_the_newest_two_among_them(faces: FaceSet) -> None:
    one = sum(array.nbytes for array in begin(faces)._learner.arrays().values())
    run = begin(faces, history_bytes=5 * one)
    for step in range(1, 41):
        run.step()
        kept = [each.position for each in run._history.kept]
        assert run.history_nbytes <= 5 * one
        assert kept[-2:] == [step - 1, step] and len(kept) == min(5, step + 1)
    assert kept[0] <= 24 < kept[-3]  # the older the sparser


# -- one network at a time


def test_an_update_alone_moves_only_its_network(faces: FaceSet) -> None:
    run = begin(faces)
    for act, moved in ((run.update_discriminator, "discriminator"), (run.update_generator, "generator")):
        before = run._learner.arrays()
        act()
        after = run._learner.arrays()
        changed = {n.partition(".")[0] for n in before if not np.array_equal(before[n], after[n])}
        assert changed == {moved}
    assert run.iteration == 0 and run.clicks == "d1g1"


def test_an_update_alone_pressed_again_sees_another_batch(faces: FaceSet) -> None:
    run, seen = begin(faces), []
    take = type(run._learner.batches).__getitem__
    run._learner.batches.__class__ = type(
        "Watched",
        (type(run._learner.batches),),
        {"__getitem__": lambda b, row: seen.append(row) or take(b, row)},
    )
    run.update_discriminator()
    run.update_discriminator()
    run.step()
    assert len(set(seen)) == 3 and seen[-1] == 0


@pytest.mark.parametrize("model", ["vae", "ae"])
def test_a_model_without_discriminator_says_so(faces: FaceSet, model: str) -> None:
    run = begin(faces, model=model)
    with pytest.raises(SessionError, match="no discriminator"):
        run.update_discriminator()
    assert run.clicks == ""


# -- what is seen


@pytest.mark.parametrize("objective", FACE_OBJECTIVES)
def test_the_numbers_under_the_faces_are_the_probabilities_of_ds_own_scores(
    faces: FaceSet, objective: str
) -> None:
    run = begin(faces, objective=objective)
    run.run(3)
    real, generated = run.snapshots()[0].strips
    networks = run._learner.modules
    hair, eyes = run.view.colours
    with torch.no_grad():
        of_real = networks["discriminator"](run.view.real[:SHOWN], hair[:SHOWN], eyes[:SHOWN])
        made = networks["generator"](run.view.latents, *run.view.asked)
        of_generated = networks["discriminator"](made, *run.view.asked)
    for strip, scores in ((real, of_real), (generated, of_generated)):
        wanted = probability(OBJECTIVES[objective].score, scores, of_real, of_generated)
        np.testing.assert_allclose(strip.values, wanted.numpy(), atol=1e-5)
    assert len(real.images) == SHOWN and len(generated.images) == SAMPLES["gan"]
    assert run.snapshots()[0].numbers["D(real)"] == pytest.approx(float(real.values.mean()))


@pytest.mark.parametrize("objective", FACE_OBJECTIVES)
def test_ds_loss_is_the_objective_alone_with_or_without_a_penalty(faces: FaceSet, objective: str) -> None:
    run = begin(faces, objective=objective)
    for _ in range(2):  # the penalty is in the first
        run.step()
        learner: Any = run._learner
        real, generated = learner.last_scores
        loss = float(OBJECTIVES[objective].discriminator_loss(real, generated, 1.0))
        assert run.snapshots()[0].numbers["loss of D"] == pytest.approx(loss, rel=1e-4, abs=1e-5)


def test_the_real_faces_shown_are_those_of_the_set(faces: FaceSet) -> None:
    (real, *_) = begin(faces).snapshots()[0].strips
    known = {image.tobytes() for image in faces.images}
    assert all(image.tobytes() in known for image in real.images)
    assert len({image.tobytes() for image in real.images}) == SHOWN


@pytest.mark.parametrize("model", ["vae", "ae"])
def test_the_error_under_a_reconstruction_is_that_of_the_two_pictures(faces: FaceSet, model: str) -> None:
    run = begin(faces, model=model)
    run.run(3)
    real, rebuilt, generated = run.snapshots()[0].strips
    apart = (real.images.astype(float) - rebuilt.images) / 255.0
    np.testing.assert_allclose(rebuilt.values, np.sqrt((apart**2).mean((1, 2, 3))), atol=2e-3)
    assert np.isnan(generated.values).all() and len(generated.images) == SAMPLES[model]


def test_the_averaged_weights_are_another_picture_of_the_same_run(faces: FaceSet) -> None:
    run = begin(faces)
    run.run(6)
    kept = state(run)
    now, averaged = (
        run.snapshots(layers)[0].strips[1].images for layers in (frozenset(), frozenset({AVERAGE}))
    )
    assert not np.array_equal(now, averaged)
    assert same(state(run), kept)


def test_curves_end_now_and_forget_what_was_undone(faces: FaceSet) -> None:
    run = begin(faces)
    run.run(5)
    curves = run.snapshots()[0].curves
    assert curves["iteration"].tolist() == [1, 2, 3, 4, 5]
    assert set(curves) == {"iteration", "discriminator_loss", "generator_loss", "mean_real", "mean_generated"}
    run.step()
    run.undo()
    assert run.snapshots()[0].curves["iteration"].tolist() == [1, 2, 3, 4, 5]


def test_curves_of_a_long_run_are_thinned_by_a_power_of_two() -> None:
    rows = FaceRows()
    for at in range(1, 1026):
        rows.add(at, Update("iteration", at, at, at))
    given = rows.columns(1025, Update("iteration", 1025, 1025, 1025))["iteration"]
    assert given.tolist() == [*range(4, 1025, 4), 1025]
    for at in range(1026, 9000):
        rows.add(at, Update("iteration", at, at, at))
    assert len(rows.table) <= MOST_ROWS and rows.table[-1, 0] == 8999


# -- what cannot be


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "gmm"},
        {"objective": "wgan"},
        {"seed": -1},
        {"seed": 0.5},
        {"seed": True},
        {"batch_size": 1},
        {"batch_size": 65},
        {"batch_size": None},
        {"learning_rate": 0.0},
        {"learning_rate": 2},
        {"learning_rate": float("nan")},
        {"learning_rate": "1"},
    ],
    ids=str,
)
def test_an_impossible_setting_is_a_sentence_and_the_run_stays(
    faces: FaceSet, settings: dict[str, Any]
) -> None:
    run = begin(faces)
    run.step()
    with pytest.raises(ConfigError, match=rf"{next(iter(settings))} = .*: allowed .*\.$"):
        run.configure(replace(run.settings, **settings))
    assert run.iteration == 1


def test_too_few_faces_or_of_another_size_are_a_sentence(faces: FaceSet) -> None:
    few = FaceSet(faces.images[:7], faces.hair[:7], faces.eyes[:7], "few")
    with pytest.raises(ConfigError, match="faces = 7: at least 8"):
        begin(few)
    large = FaceSet(faces.images.repeat(2, 1).repeat(2, 2), faces.hair, faces.eyes, "large")
    with pytest.raises(ConfigError, match="32 pixels wide: the recipe takes 16"):
        begin(large)


def test_a_run_that_diverges_stands_at_its_last_good_moment_and_can_be_rewound(faces: FaceSet) -> None:
    run = begin(faces)
    run.run(2)
    good = state(run)
    iterate = type(run._learner).iterate

    def breaking(learner: Any, want: bool) -> Any:
        report = iterate(learner, want)
        if learner.iterations == 3:
            learner.flats["discriminator"].vector[0] = float("inf")
        return report

    run._learner.__class__ = type("Breaking", (type(run._learner),), {"iterate": breaking})
    run.run(5)
    assert run.stopped and run.iteration == 2
    assert run.diverged.startswith("Iteration 3 diverged: the weights of D are no longer finite.")
    assert run.snapshots()[0].sentence == run.diverged
    with pytest.raises(SessionError, match="diverged"):
        run.step()
    run.rewind()
    assert not run.stopped and same(state(run), good)
    assert run.snapshots()[0].sentence.startswith("Rewound to iteration 2")
    with pytest.raises(SessionError, match="Nothing diverged"):
        run.rewind()


# -- others


def test_two_visitors_on_the_same_faces_do_not_touch_each_other(faces: FaceSet) -> None:
    kept = faces.images.copy()
    alone = begin(faces)
    alone.run(6)
    one, other = begin(faces), begin(faces, seed=5, model="vae")
    threads = [Thread(target=run.run, args=(6,)) for run in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same(state(one), state(alone))
    np.testing.assert_array_equal(faces.images, kept)


class Teacher:
    """Draws faces of 2 x 2 blocks, each pixel of a block another shade; counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def generate(self, seeds: Any, hair: Any, eyes: Any) -> Any:
        assert len(seeds) == len(hair) == len(eyes) and set(hair) <= set(HAIR) and set(eyes) <= set(EYES)
        self.asked += list(seeds)
        block = np.array([[0, 40], [80, 120]], np.uint8)
        tile = np.tile(block, (SIDE, SIDE))[None, :, :, None]
        return (
            np.repeat(tile.repeat(3, 3), len(seeds), 0) + np.array(list(seeds), np.uint8)[:, None, None, None]
        )


def test_drawn_faces_are_drawn_once_in_pieces_and_halved_by_averaging() -> None:
    teacher: Any = Teacher()

    def model() -> FaceModel:
        found: FaceModel = teacher
        return found

    drawn = DrawnFaces(model, count=20, size=SIDE)
    assert drawn.faces() is None and drawn.advance(8) == pytest.approx(0.4)
    threads = [Thread(target=drawn.advance, args=(8,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = drawn.faces()
    assert made is not None and sorted(teacher.asked) == list(range(20))
    wanted = np.broadcast_to((60 + np.arange(20))[:, None, None, None], (20, SIDE, SIDE, 3))
    np.testing.assert_array_equal(made.images, wanted)
    again = drawn.faces()
    assert again is not None and again.images is made.images  # shared, not copied
