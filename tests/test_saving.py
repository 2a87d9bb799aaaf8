"""A saved session goes on elsewhere bit for bit; what must travel between processes can."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pytest
import torch

from playground.clicks import ClicksError
from playground.config import ConfigError, RunConfig
from playground.data.faces import FaceSet
from playground.data.points import PointsError
from playground.lessons import _presses, lessons
from playground.lessons._presses import Presses
from playground.lessons.lesson import MOST_PRESSES, LessonError, Room
from playground.lessons.run import LessonRun
from playground.recipes import EYES, HAIR, MODELS, RECIPES
from playground.session import Session, SessionError, face_history, face_settings
from playground.session.face_run import FaceRun
from playground.session.face_settings import FaceSettings
from playground.session.faces import FaceShop
from playground.session.log import Log
from playground.session.run import Run
from playground.translations import phrase, translate
from playground.ui.hub import HubError

T = TypeVar("T")
SMALL = {"generator_width": 8, "discriminator_width": 8, "batch_size": 16}
DIVERGES = SMALL | {
    "optimizer": "sgd",
    "generator_learning_rate": 10.0,
    "discriminator_learning_rate": 10.0,
    "momentum": 0.99,
    "objective": "lsgan",
}  # within a few dozen iterations


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def travelled(value: T) -> T:
    """As it comes out of another process."""
    there: T = pickle.loads(pickle.dumps(value, 5))
    return there


def same(a: Any, b: Any) -> bool:
    """Equal to the last bit, NaN being NaN."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return bool(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    if is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b or (a != a and b != b)) and isinstance(a, type(b))


# -- the lab


def begin(**changes: Any) -> Session:
    return Session(RunConfig(**(SMALL | changes)), device="cpu")


def elsewhere(session: Session) -> Session:
    """The session, gone on in a fresh object that was something else before."""
    there = Session(RunConfig(**SMALL, seed=77, target="spiral"), device="cpu")
    there.resume(travelled(session.save()))
    return there


def seen(session: Session) -> dict[str, Any]:
    """Everything that anybody can ask a session, and everything that training has changed."""
    asked = "config changes stamp iteration last_iteration diverged stopped backend clicks restoring"
    return {name: getattr(session, name) for name in asked.split()} | {
        "link": (session.link(), session.link_is_whole),
        "quick": session.snapshots(exact=False),
        "exact": session.snapshots(),
        "curves": session.curves(),
        "state": [vars(run.trainer.state()) for run in session._runs],
        "preview": [] if session.stopped else session.preview(),
    }


def finish(session: Any) -> None:
    while session.advance(1000.0) < 1.0:
        pass


def go_on(session: Session) -> list[Any]:
    """What a visitor might do next, and what is seen after each action."""
    found: list[Any] = []

    def do(act: Callable[..., Any], *arguments: Any) -> None:
        try:
            act(*arguments)
        except SessionError as refused:
            found.append(str(refused))
        found.append(seen(session))

    finish(session)
    do(session.undo)
    do(session.step)
    do(session.update_discriminator)
    do(session.update_generator)
    do(session.play, 1e6, 9)
    do(session.undo)
    do(session.seek, session.iteration // 2)
    do(session.play, 1e6, 5)
    do(session.rewind)
    return found


CONFIGS: dict[str, dict[str, Any]] = {
    "non-saturating": {},
    "wgan-gp": {"objective": "wgan-gp", "discriminator_updates": 2},
    "began": {"objective": "began"},
    "relativistic": {"objective": "relativistic", "r1_weight": 1.0},
    "unrolled": {"unrolled_steps": 2},
    "replay buffer": {"history_replay": 0.5},
    "packing": {"packing": 2},
    "spectral norm": {"discriminator_normalisation": "spectral"},
    "batch norm and average": {"generator_normalisation": "batch", "ema_half_life_iterations": 10},
    "simultaneous": {"order": "simultaneous", "optimizer": "rmsprop"},
    "vae": {"model": "vae"},
    "autoencoder": {"model": "autoencoder"},
    "gmm": {"model": "gmm"},
}


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS)
def test_a_saved_run_goes_on_elsewhere_bit_for_bit(changes: dict[str, Any]) -> None:
    session = begin(**changes)
    session.play(1e6, 10)
    session.play(1e6, 4)
    if session.config.model == "gan":
        session.update_discriminator()
    there = elsewhere(session)
    assert same(seen(there), seen(session))
    assert same(go_on(there), go_on(session))


def diverged(config: RunConfig | None = None) -> Session:
    session = Session(config or RunConfig(**DIVERGES), device="cpu")
    while not session.diverged:
        session.play(1e6, 10)
    return session


def compared() -> Session:
    session = begin()
    session.compare({"objective": "wgan-gp", "penalty_weight": 3.0})
    session.play(1e6, 12)
    return session


def half_diverged() -> Session:
    session = Session(RunConfig(**SMALL, optimizer="sgd", momentum=0.99), device="cpu")
    bad = {name: value for name, value in DIVERGES.items() if name.endswith("rate") or name == "objective"}
    session.compare(bad)
    while not session.diverged:
        session.play(1e6, 10)
    assert not session.stopped
    session.play(1e6, 5)
    return session


def undone() -> Session:
    session = begin()
    for iterations in (5, 7, 9):
        session.play(1e6, iterations)
    session.undo()
    session.undo()
    return session


def restoring() -> Session:
    session = begin()
    session.open_link(session.link() + "&clicks=s20d3g2s30")
    session.advance(0.0)
    assert session.restoring and session.iteration < 50
    return session


def sought() -> Session:
    session = begin()
    session.play(1e6, 30)
    session.aim(17)
    assert session.restoring
    return session


@pytest.mark.parametrize(
    "made", [begin, compared, diverged, half_diverged, undone, restoring, sought], ids=lambda f: f.__name__
)
def test_wherever_a_session_stands_it_goes_on_from_there(made: Callable[[], Session]) -> None:
    session = made()
    there = elsewhere(session)
    assert same(seen(there), seen(session))
    assert same(go_on(there), go_on(session))


def test_a_saved_state_saved_again_is_the_same() -> None:
    for session in (compared(), undone(), restoring()):
        assert same(elsewhere(session).save(), session.save())


def test_what_was_saved_stays_as_it_is_and_serves_twice() -> None:
    session = compared()
    saved = session.save()
    before = copy.deepcopy(saved)
    session.play(1e6, 15)
    session.undo()
    one, other = begin(), begin(seed=5)
    for each in (one, other):
        each.resume(saved)
        each.play(1e6, 15)
    assert same(seen(one), seen(other))
    assert same(saved, before)


@pytest.mark.filterwarnings("error")
def test_arrays_that_cannot_be_written_to_serve_as_well(faces: FaceSet) -> None:
    """A cluster lends out its own memory, for reading only."""

    def lent(saved: Any) -> Any:
        buffers: list[pickle.PickleBuffer] = []
        data = pickle.dumps(saved, 5, buffer_callback=buffers.append)
        return pickle.loads(data, buffers=[buffer.raw().toreadonly() for buffer in buffers])

    session, run = compared(), train(faces)
    run.run(2)
    there, trained = begin(), train(faces, model="vae")
    there.resume(lent(session.save()))
    trained.resume(lent(run.save()))
    assert same(go_on(there), go_on(session)) and same(train_on(trained), train_on(run))


def test_the_first_undo_elsewhere_does_not_begin_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    session = begin()
    for iterations in (300, 40, 5):
        session.play(1e6, iterations)
    there = elsewhere(session)
    done: list[int] = []
    apply = Run.apply
    monkeypatch.setattr(
        Run, "apply", lambda run, what, count: (done.append(count), apply(run, what, count))[1]
    )
    there.undo()
    assert there.iteration == 340 and sum(done) == 0


def test_states_too_large_for_the_history_are_replayed_from_the_start() -> None:
    session = Session(RunConfig(**SMALL), device="cpu", history_bytes=0)
    session.play(1e6, 20)
    session.step()
    assert session.save().undo is None
    there = elsewhere(session)
    for each in (there, session):
        each.undo()
    assert there.iteration == 20 and same(seen(there), seen(session))


def test_clicks_beyond_those_of_a_link_are_kept() -> None:
    session = begin(batch_size=4)
    for _ in range(130):
        session.update_discriminator()
        session.update_generator()
    assert not session.link_is_whole
    there = elsewhere(session)
    assert there.clicks == session.clicks == "d1g1" * 130
    assert same(seen(there), seen(session))


def test_a_log_reads_back_from_its_text_however_long() -> None:
    text = "s40000" + "d1g2" * 400
    with pytest.raises(ClicksError):
        Log(text)
    assert Log.of(text).text() == text and Log.of("").length == 0


def test_the_version_changes_with_what_is_saved_and_only_then() -> None:
    session = begin()
    acts: list[Callable[[], Any]] = [
        session.step,
        session.update_discriminator,
        session.snapshots,
        lambda: session.play(1e6, 5),
        lambda: session.snapshots(exact=False),
        session.preview,
        session.snapshots,
        session.snapshots,
        session.undo,
        session.step,
        lambda: session.aim(2),
        lambda: session.advance(1e6),
        lambda: session.advance(1e6),
        session.link,
        session.curves,
        session.reset,
        lambda: session.compare({"objective": "hinge"}),
        lambda: session.open_link(session.link() + "&clicks=s5"),
        lambda: session.advance(1e6),
    ]
    for act in acts:
        version, saved = session.version, session.save()
        act()
        assert (session.version == version) == same(session.save(), saved)
    assert session.version == session.version


def test_a_saved_run_of_default_size_is_small() -> None:
    session = Session(device="cpu")
    for _ in range(6):
        session.play(1e6, 2)
    saved = session.save()
    assert saved.nbytes < 300_000
    assert abs(len(pickle.dumps(saved, 5)) - saved.nbytes) < 10_000


# -- faces

SIDE = 16
TINY = replace(RECIPES["classroom32"], size=SIDE, channels=(8, 8), latent_dim=6)


@pytest.fixture
def faces(monkeypatch: pytest.MonkeyPatch) -> FaceSet:
    monkeypatch.setattr(face_settings, "recipe_named", lambda name: TINY)
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (40, SIDE, SIDE, 3), dtype=np.uint8)
    return FaceSet(images, rng.integers(len(HAIR), size=40), rng.integers(len(EYES), size=40), "invented")


def train(faces: FaceSet, **settings: Any) -> FaceRun:
    return FaceRun(FaceSettings(**{"batch_size": 4} | settings), faces, low_precision=False)


def faces_elsewhere(run: FaceRun) -> FaceRun:
    there = train(run.faces, model="ae", seed=9)
    there.resume(travelled(run.save()))
    return there


def faces_seen(run: FaceRun) -> dict[str, Any]:
    asked = "settings stamp iteration stopped clicks restoring diverged"
    return {name: getattr(run, name) for name in asked.split()} | {
        "moments": run.snapshots(),
        "average": run.snapshots(frozenset({"average"})),
        "arrays": run._learner.arrays(),
        "counters": run._learner.counters(),
    }


def train_on(run: FaceRun) -> list[Any]:
    found: list[Any] = []
    alone: list[Callable[[], Any]] = [run.update_generator, run.update_discriminator, run.update_generator]
    acts = [run.step, *(alone if run.settings.model == "gan" else []), run.undo, run.step, run.undo, run.undo]
    finish(run)
    for act in acts:
        act()
        found.append(faces_seen(run))
    return found


@pytest.mark.parametrize("model", MODELS)
def test_a_face_training_goes_on_elsewhere_bit_for_bit(faces: FaceSet, model: str) -> None:
    run = train(faces, model=model)
    run.run(3)
    run.step()
    there = faces_elsewhere(run)
    assert same(faces_seen(there), faces_seen(run))
    assert same(train_on(there), train_on(run))


def test_a_face_training_goes_on_between_clicks_and_on_the_way_back(faces: FaceSet) -> None:
    run = FaceRun(FaceSettings(batch_size=4), faces, low_precision=False, history_bytes=0)
    run.run(4)
    run.update_discriminator()
    run.step()
    run.aim_back()
    run.advance(0.0)
    assert run.restoring
    there = faces_elsewhere(run)
    assert there.restoring and same(train_on(there), train_on(run))


def test_a_diverged_face_training_is_diverged_elsewhere_and_can_be_rewound(faces: FaceSet) -> None:
    run = train(faces, learning_rate=1.0)
    iterate = type(run._learner).iterate

    def breaking(learner: Any, want: bool) -> Any:
        report = iterate(learner, want)
        if learner.iterations == 3:
            learner.flats["discriminator"].vector[0] = float("inf")
        return report

    run._learner.__class__ = type("Breaking", (type(run._learner),), {"iterate": breaking})
    run.run(5)
    there = faces_elsewhere(run)
    assert there.stopped and there.diverged == run.diverged and same(faces_seen(there), faces_seen(run))
    assert translate(there.diverged, "zh-TW") == translate(run.diverged, "zh-TW") != run.diverged
    there.rewind()
    assert not there.stopped and there.iteration == 2


def test_other_faces_are_refused_and_the_run_stays(faces: FaceSet) -> None:
    run, there = train(faces), train(faces.subset(range(30)), seed=3)
    run.step()
    with pytest.raises(ConfigError, match="faces are 30 of 16 pixels, but must be the 40 of 16 pixels"):
        there.resume(run.save())
    assert there.settings.seed == 3 and there.iteration == 0


def test_what_was_saved_of_a_face_training_stays_as_it_is(faces: FaceSet) -> None:
    run = train(faces)
    run.run(2)
    saved = run.save()
    before = copy.deepcopy(saved)
    there = train(faces)
    there.resume(saved)
    for each in (run, there):
        each.step()
        each.undo()
        each.run(3)
    assert same(saved, before) and saved.nbytes == before.nbytes > 10_000


def test_the_version_of_a_face_training_changes_with_what_is_saved(faces: FaceSet) -> None:
    run = train(faces)
    acts: list[Callable[[], Any]] = [
        run.step,
        run.snapshots,
        run.update_generator,
        run.aim_back,
        lambda: run.advance(1e6),
        lambda: run.advance(1e6),
        lambda: run.play(0.0, 2),
        run.reset,
    ]
    for act in acts:
        version, saved = run.version, run.save()
        act()
        assert (run.version == version) == same(run.save(), saved)


def test_long_curves_of_faces_are_thinned_and_saved_as_they_are(
    faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_history, "MOST_ROWS", 16)
    run = train(faces, model="ae")
    run.run(25)
    at = [int(row[0]) for row in run.save().rows]
    assert at == [4, 8, 12, 16, *range(18, 26)]
    assert same(train_on(faces_elsewhere(run)), train_on(run))


# -- lessons

PRESSED = {
    "forger-and-detective": ("round", "round", "round"),
    "noise-in-the-code": ("train", "train"),
    "one-dimensional-gan": ("step", "step", "step"),
    "min-max": ("descend", "descend"),
    "minimax-or-non-saturating": ("iterate",),
    "dirac-gan": ("many", "many"),
    "does-d-end-flat": ("train",),
}


@pytest.fixture(scope="module")
def room() -> Room:
    return Room(FaceShop())


def learn(room: Room, slug: str) -> LessonRun:
    run = LessonRun(room)
    run.open({"lesson": slug})
    for name in PRESSED[slug]:
        run.press(name)
    return run


def lesson_elsewhere(run: LessonRun, budget_ms: float = 1e9) -> LessonRun:
    there = LessonRun(run.room)
    there.resume(travelled(run.save()), budget_ms)
    return there


@pytest.mark.parametrize("slug", PRESSED)
def test_a_lesson_goes_on_elsewhere_with_the_same_numbers(room: Room, slug: str) -> None:
    run = learn(room, slug)
    run.speak("zh-TW")
    run.predict(next(iter(run.lesson.check.options)))
    there = lesson_elsewhere(run)
    assert there.page() == run.page() and there.version == run.version and there.whole
    for each in (there, run):
        each.press(PRESSED[slug][0])
        each.show(2)
        while each.pending and each.iteration < 8:
            each.play(0.0)
    assert there.page() == run.page() and there.save() == run.save()


def test_every_lesson_is_the_same_before_anything_is_pressed(room: Room) -> None:
    for slug in ("likelihood-is-kl", "pixel-distance", "growing-up"):
        run = LessonRun(room)
        run.open({"lesson": slug})
        for control in run.lesson.controls:
            run.set(control.name, run.values[control.name])
        assert lesson_elsewhere(run).page() == run.page()


def test_presses_still_to_come_stay_so(room: Room) -> None:
    run = LessonRun(room)
    run.open({"lesson": "min-max", "presses": "descend*9"})
    for _ in range(4):
        run.play(0.0)
    there = lesson_elsewhere(run)
    assert (there.iteration, there.page()["pending"]) == (4, 5)
    for each in (there, run):
        while each.pending:
            each.play(0.0)
    assert there.page() == run.page() and there.stopped


def test_many_presses_are_repeated_in_slices_and_nothing_is_lost_meanwhile(room: Room) -> None:
    run = learn(room, "min-max")
    run.ready()
    run.play(1e9, 40)
    there = lesson_elsewhere(run, 0.0)
    assert there.restoring and there.pending and there.iteration == 42
    assert there.page()["pressed"] == 1 and there.page()["pending"] == 41
    assert there.save() == run.save() and there.link() == run.link()
    again = lesson_elsewhere(there)
    assert not again.restoring and again.page() == run.page()
    there.press("descend")  # waits for its turn
    run.press("descend")
    while there.pending:
        there.play(0.0)
    assert there.stopped and there.iteration == 43
    assert there.page()["figure"] == run.page()["figure"] and there.link() == run.link()


def test_a_table_waits_for_what_is_yet_to_be_repeated(room: Room) -> None:
    slug = "are-gans-created-equal"
    run = LessonRun(room)
    run.open({"lesson": slug})
    there = lesson_elsewhere(run, 0.0)
    assert there.table() == run.table() and not there.restoring


def test_what_is_pressed_while_presses_are_repeated_is_bounded(room: Room) -> None:
    run = learn(room, "min-max")
    there = lesson_elsewhere(run, 0.0)
    for _ in range(MOST_PRESSES):
        there.press("descend")
    with pytest.raises(LessonError, match="5,000 presses are still to come"):
        there.press("descend")
    assert there.iteration == 2 and there.page()["pending"] == MOST_PRESSES + 1


def test_far_beyond_a_link_the_first_presses_are_kept_and_that_is_told(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_presses, "MOST_KEPT", 30)
    run = learn(room, "min-max")
    run.ready()
    run.play(1e9, 28)
    assert run.whole and lesson_elsewhere(run).page() == run.page()
    run.play(1e9, 12)
    there = lesson_elsewhere(run)
    assert not run.whole and not there.whole and not there.save().whole
    assert (run.iteration, there.iteration) == (42, 30)
    there.reset()
    assert there.whole


def test_changing_presses_are_kept_up_to_a_bound_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_presses, "MOST_RUNS", 4)
    presses = Presses()
    for name in "ababa":
        presses.append((name, ""))
    assert not presses.whole and not presses.fits_link and presses.text == "a.b.a.b"
    presses.append(("b", ""))  # a press was lost before it: it is not the next one of those kept
    assert presses.text == "a.b.a.b"


def test_a_press_that_cannot_be_repeated_ends_the_repeating_and_that_is_told(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = learn(room, "min-max")
    for _ in range(3):
        run.press("descend")
    saved = run.save()
    exhibit = lessons()["min-max"].exhibit
    press, done = exhibit.press, [0]

    def tired(self: Any, name: str, argument: str = "") -> None:
        done[0] += 1
        if done[0] > 2:
            raise LessonError("No more.")
        press(self, name, argument)

    monkeypatch.setattr(exhibit, "press", tired)
    there = LessonRun(room)
    there.resume(saved)
    assert (there.iteration, there.restoring, there.whole) == (2, False, False)
    assert there.save().presses == ((("descend", ""), 2),)


# -- what travels


def test_a_phrase_can_still_be_said_in_every_language_elsewhere() -> None:
    said = phrase("{first}, {rest}", first=phrase("Iteration {now:,}", now=1200), rest="autoencoder")
    there = travelled(said)
    assert there == said and translate(there, "zh-TW") == translate(said, "zh-TW") != said
    assert copy.deepcopy(said) == said and translate(copy.deepcopy(said), "zh-CN") == translate(said, "zh-CN")


@pytest.mark.parametrize("kind", [ConfigError, ClicksError, SessionError, PointsError, LessonError, HubError])
def test_errors_travel_with_their_sentence(kind: type[Exception]) -> None:
    there = travelled(kind(phrase("Iteration {now:,}", now=1200)))
    assert type(there) is kind and str(there) == "Iteration 1,200"
    assert translate(there.args[0], "zh-TW") == "第 1,200 次迭代"


def test_settings_and_faces_travel(faces: FaceSet) -> None:
    config = RunConfig(**DIVERGES, target="ring8")
    assert travelled(config) == config and travelled(FaceSettings(seed=4)) == FaceSettings(seed=4)
    assert same(travelled(faces), faces)
