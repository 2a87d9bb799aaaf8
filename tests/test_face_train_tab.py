"""The tab "Train" without a browser: what its frames hold, and every wish granted or refused."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import huggingface_hub
import numpy as np
import pytest
import torch
from huggingface_hub.errors import RepositoryNotFoundError
from PIL import Image

from own_loop import run
from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.figures.face_frames import WORDS, pack_faces, unpack_faces
from playground.limits import Limits, limits
from playground.recipes import EYES, FACE_OBJECTIVES, HAIR, MODELS, RECIPES, Recipe
from playground.session import face_run, face_settings, face_sources
from playground.session.face_run import AVERAGE, FaceRun
from playground.session.face_sources import HERE
from playground.ui import line
from playground.ui.faces import train
from playground.ui.faces.train import FaceHub, TrainTab
from playground.ui.hub import Hub, HubError
from playground.ui.play_button import PAUSE, PLAY
from sessions import session_of

SIDE = 16
TINY = replace(RECIPES["classroom32"], size=SIDE, channels=(8, 8), latent_dim=6)
REQUEST: Any = SimpleNamespace(session_hash="someone")
OTHER: Any = SimpleNamespace(session_hash="someone else")


@pytest.fixture(autouse=True)
def tiny_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(name: str) -> Recipe:
        return TINY

    for module in (face_settings, train):
        monkeypatch.setattr(module, "recipe_named", named)
    monkeypatch.setattr(face_run, "is_low_precision", lambda asked, device: False)
    torch.set_num_threads(1)


def some_faces(count: int = 40) -> FaceSet:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)
    return FaceSet(images, rng.integers(len(HAIR), size=count), rng.integers(len(EYES), size=count), "here")


class Shop:
    """Real faces, or a teacher that draws grey ones, or neither."""

    def __init__(self, real: FaceSet | None, teaches: bool = True) -> None:
        self.real, self.teaches = real, teaches
        self.names = {"gan": "teacher"} if teaches else {}

    def data(self, split: str, size: int) -> FaceSet | None:
        assert (split, size) == ("train", SIDE)
        return self.real

    def model(self, name: str) -> Any:
        if not self.teaches:
            raise ConfigError(f"model = {name!r}: allowed is none, for no model is bundled here.")
        return SimpleNamespace(
            generate=lambda seeds, hair, eyes: np.full((len(seeds), 2 * SIDE, 2 * SIDE, 3), 99, np.uint8)
        )


def make_tab(shop: Any = None, **settings: Any) -> TrainTab:
    with gr.Blocks():
        return TrainTab(shop or Shop(some_faces()), bounds=Limits(**settings))


def gathered(answers: AsyncIterator[dict[Any, Any]]) -> list[dict[Any, Any]]:
    async def collect() -> list[dict[Any, Any]]:
        return [answer async for answer in answers]

    found: list[dict[Any, Any]] = run(collect())
    return found


def came(tab: TrainTab, request: Any = REQUEST, former: str = "") -> list[dict[Any, Any]]:
    """What the tab answers when it is looked at first."""
    return gathered(tab.on_ready(gr.EventData(None, {"former": former}), request))


@pytest.fixture
def tab() -> TrainTab:
    built = make_tab()
    came(built)
    return built


def training(tab: TrainTab, request: Any = REQUEST) -> FaceRun:
    run: FaceRun = session_of(tab.hub.find(request.session_hash))
    return run


def words(tab: TrainTab, answer: dict[Any, Any]) -> str:
    return str(answer[tab.error].get("value", ""))


def png(value: int = 0, side: int = 24) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), (value, 10, 20)).save(file, "PNG")
    return file.getvalue()


# -- frames


@pytest.mark.parametrize("model", MODELS)
def test_a_frame_at_rest_holds_every_face_exactly_and_every_number(model: str) -> None:
    training = FaceRun(face_settings.FaceSettings(model=model, batch_size=4), some_faces())
    training.run(3)
    (moment,) = training.snapshots()
    frame = unpack_faces(pack_faces([moment], frame_id=7, session="a"))
    for strip, faces, told in zip(moment.strips, frame.faces, frame.header["strips"], strict=True):
        np.testing.assert_array_equal(faces, strip.images)
        assert (told["kind"], told["caption"]) == (strip.kind, WORDS[model, strip.kind][1])
        shown = [np.nan if value is None else value for value in told["values"]]
        np.testing.assert_allclose(shown, strip.values, rtol=1e-4)
    header = frame.header
    assert (header["frame"], header["session"], header["playing"]) == (7, "a", False)
    assert header["curves"]["iteration"] == [1, 2, 3]
    assert header["strips"][0]["title"] == "Real faces (here)"


def test_a_played_frame_is_smaller_near_enough_and_mostly_without_curves() -> None:
    training = FaceRun(face_settings.FaceSettings(), some_faces())
    training.step()
    smooth = np.broadcast_to(np.linspace(0, 255, SIDE).astype(np.uint8)[:, None, None], (SIDE, SIDE, 3))
    (moment,) = training.snapshots()
    strips = tuple(replace(s, images=np.stack([smooth] * len(s.images))) for s in moment.strips)
    moment = replace(moment, strips=strips)
    played = [unpack_faces(pack_faces([moment], frame_id=i, session="a", playing=True)) for i in range(1, 13)]
    assert ["curves" in frame.header for frame in played] == [i % 6 == 0 for i in range(1, 13)]
    for faces in played[0].faces:
        assert np.abs(faces.astype(int) - smooth).max() <= 6


@pytest.mark.parametrize("text", ["{}", "[]", "1", '{"picture": "http://a/b.png"}', "no json"])
def test_any_other_text_is_no_frame(text: str) -> None:
    with pytest.raises(ValueError):
        unpack_faces(text)


def test_curves_in_a_frame_are_thinned_and_keep_the_newest() -> None:
    training = FaceRun(face_settings.FaceSettings(), some_faces())
    (moment,) = training.snapshots()
    long = replace(moment, curves={"iteration": np.arange(1, 1001), "kl": np.linspace(0, 1, 1000)})
    curves = unpack_faces(pack_faces([long], frame_id=1, session="a")).header["curves"]
    assert curves["iteration"][:2] == [1, 9] and curves["iteration"][-1] == 1000
    assert len(curves["kl"]) == len(curves["iteration"]) <= 161


# -- faces to learn from


def test_real_faces_of_the_server_are_taken_where_there_are_some(tab: TrainTab) -> None:
    assert training(tab).faces.source == "of this server"
    assert training(tab).clicks == ""


def test_without_real_faces_the_bundled_gan_draws_some_once_and_says_so() -> None:
    tab = make_tab(Shop(None))
    first, second = (came(tab, request) for request in (REQUEST, OTHER))
    told = [json.loads(answer[tab.view]) for answer in first]
    assert [t["progress"].endswith(f"{n:,} so far.") for t, n in zip(told, (32, 64), strict=False)] == [
        True
    ] * 2
    assert len(first) == tab.sources.drawn.count // 32 and len(second) == 1
    assert told[-1]["strips"][0]["title"] == "Real faces (drawn by the bundled GAN)"
    assert training(tab).faces.images is training(tab, OTHER).faces.images
    assert (training(tab).faces.images == 99).all()


def test_without_any_faces_it_is_a_sentence_and_an_upload_begins() -> None:
    tab = make_tab(Shop(None, teaches=False))
    (answer,) = came(tab)
    assert "no model is bundled" in words(tab, answer)
    answer = tab.on_upload([png(20 * i) for i in range(8)], REQUEST)
    assert unpack_faces(answer[tab.view]).header["strips"][0]["title"] == "Real faces (uploaded)"
    assert len(training(tab).faces) == 8


def test_uploaded_images_begin_a_new_run_with_the_same_settings(tab: TrainTab) -> None:
    tab._setting("seed")(5, REQUEST)
    training(tab).step()
    answer = tab.on_upload([png(10 * i) for i in range(9)], REQUEST)
    assert (training(tab).iteration, training(tab).settings.seed, len(training(tab).faces)) == (0, 5, 9)
    assert answer[tab.source]["value"] is None
    assert tab.on_source(HERE, REQUEST)[tab.source]["value"] == HERE
    assert training(tab).faces.source == "of this server"


@pytest.mark.parametrize(
    "files",
    [None, [], [b"no image"] * 9, [png()] * 3, [png()] * 2001],
    ids=["none", "empty", "no images", "too few", "too many"],
)
def test_uploads_that_cannot_be_learnt_from_are_a_sentence(tab: TrainTab, files: Any) -> None:
    training(tab).step()
    assert words(tab, tab.on_upload(files, REQUEST))
    assert training(tab).iteration == 1


@pytest.mark.parametrize(
    "name", ["", "tests", "../tests/browser", "tests/browser", "/etc/x", "~/x", "a/b/c", None]
)
def test_a_data_set_is_never_a_folder_of_this_machine(
    tab: TrainTab, name: Any, root: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert "allowed is the form user/name" in words(tab, tab.on_dataset(name, REQUEST))


def hub_that_shows(monkeypatch: pytest.MonkeyPatch, size: int | None) -> list[Any]:
    """A Hub's client that knows a public data set of so many bytes, or none; the tokens it was given."""
    tokens: list[Any] = []

    class Api:
        def __init__(self, token: Any = None) -> None:
            tokens.append(token)

        def dataset_info(self, name: str, **how: Any) -> Any:
            if size is None:
                asked = httpx.Request("GET", f"https://hub.invalid/api/datasets/{name}")
                raise RepositoryNotFoundError(name, response=httpx.Response(404, request=asked))
            return SimpleNamespace(siblings=[SimpleNamespace(rfilename="data/train.parquet", size=size)])

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    return tokens


def test_a_public_data_set_is_learnt_from(tab: TrainTab, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = hub_that_shows(monkeypatch, 1000)
    asked: list[Any] = []

    def opened(name: str, **how: Any) -> FaceSet:
        asked.append((name, how["size"], how["limit"]))
        return replace(some_faces(12), source=name)

    monkeypatch.setattr(face_sources, "open_faces", opened)
    tab.on_dataset(" user/faces ", REQUEST)
    assert asked == [("user/faces", SIDE, limits().faces)] and tokens == [False]
    assert training(tab).faces.source == "user/faces"


@pytest.mark.parametrize(("size", "told"), [(None, "no public one"), (10**10, "10,000,000,000 bytes")])
def test_a_private_or_huge_data_set_is_refused_before_anything_is_fetched(
    tab: TrainTab, monkeypatch: pytest.MonkeyPatch, size: int | None, told: str
) -> None:
    hub_that_shows(monkeypatch, size)
    monkeypatch.setattr(face_sources, "open_faces", lambda *a, **k: pytest.fail("It was fetched."))
    assert told in words(tab, tab.on_dataset("user/faces", REQUEST))


# -- the transport


def test_buttons_do_what_they_say_and_undo_takes_it_back(tab: TrainTab) -> None:
    for button, clicks in ((tab.step, "s1"), (tab.update_d, "s1d1"), (tab.update_g, "s1d1g1")):
        action = {
            tab.step: FaceRun.step,
            tab.update_d: FaceRun.update_discriminator,
            tab.update_g: FaceRun.update_generator,
        }[button]
        answer = tab._action(action)(REQUEST)
        assert training(tab).clicks == clicks
        assert unpack_faces(answer[tab.view]).header["iteration"] == 1
    *_, answer = gathered(tab.on_undo(REQUEST))
    assert training(tab).clicks == "s1d1"
    assert "Undone: the G update" in unpack_faces(answer[tab.view]).header["sentence"]
    tab._action(FaceRun.reset)(REQUEST)
    *_, answer = gathered(tab.on_undo(REQUEST))
    assert "Nothing to undo" in words(tab, answer)


def test_play_sends_frames_until_it_is_paused(tab: TrainTab) -> None:
    async def watch() -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        async for answer in tab.on_play(PLAY, REQUEST):
            if tab.view not in answer:
                continue
            seen.append(unpack_faces(answer[tab.view]).header)
            tab.hub.acknowledge("someone", seen[-1]["frame"])
            if len(seen) == 3:
                await asyncio.to_thread(gathered, tab.on_play(PAUSE, REQUEST))  # the same button again
        return seen

    frames = run(watch())
    assert [frame["playing"] for frame in frames] == [True, True, True, False]
    iterations = [frame["iteration"] for frame in frames]
    assert (
        iterations == sorted(iterations) and iterations[0] >= 1 and iterations[-1] == training(tab).iteration
    )


class Player:
    """Someone who presses Play in a task, sees frames and sentences, and paints."""

    def __init__(self, tab: TrainTab, name: str) -> None:
        self.tab, self.name = tab, name
        self.request: Any = SimpleNamespace(session_hash=name)
        self.told: list[str] = []
        self.frames: list[dict[str, Any]] = []
        self.task = asyncio.create_task(self._press())

    async def _press(self) -> None:
        async for answer in self.tab.on_play(PLAY, self.request):
            if said := str(answer.get(self.tab.error, {}).get("value", "")):
                self.told.append(said)
            if self.tab.view in answer:
                self.frames.append(unpack_faces(answer[self.tab.view]).header)
                self.tab.hub.acknowledge(self.name, self.frames[-1]["frame"])

    async def until(self, what: Callable[[], Any]) -> None:
        while not what():
            assert not self.task.done() or what(), self.told
            await asyncio.sleep(0.002)

    async def pause(self) -> None:
        """The same button again."""
        plays = self.frames and self.frames[-1]["playing"]
        async for _ in self.tab.on_play(PAUSE if plays else PLAY, self.request):
            pass


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> TrainTab:
    """Four who have the tab open, of whom one may play at a time; they look often for their turn."""
    monkeypatch.setattr(line, "LOOK_SECONDS", 0.005)
    tab = make_tab(face_trainings=1, waiting_visitors=2)
    for name in "abcd":
        came(tab, SimpleNamespace(session_hash=name))
    return tab


def test_who_cannot_play_yet_waits_with_a_position_and_begins_by_itself(crowd: TrainTab) -> None:
    async def day() -> None:
        a = Player(crowd, "a")
        await a.until(lambda: a.frames)
        b, c = Player(crowd, "b"), Player(crowd, "c")
        await c.until(lambda: b.told and c.told)
        assert "1 visitors train faces just now" in b.told[0] and "You are number 1 in line" in b.told[0]
        assert "You are number 2 in line" in c.told[0] and len(crowd.line) == 2
        crowd._action(FaceRun.step)(b.request)  # Step works meanwhile, and keeps the place
        assert training(crowd, b.request).iteration == 1 and "b" in crowd.line
        assert (b.frames, c.frames, crowd.hub.playing) == ([], [], 1)
        await a.pause()
        await b.until(lambda: len(b.frames) > 1)
        assert all(frame["playing"] for frame in b.frames) and b.frames[0]["iteration"] > 1
        await c.until(lambda: "You are number 1 in line" in c.told[-1])
        assert c.frames == [] and crowd.hub.playing == 1 and a.task.done()
        await b.pause()
        await c.until(lambda: len(c.frames) > 1)
        await c.pause()
        await asyncio.gather(a.task, b.task, c.task)
        assert len(crowd.line) == 0 and crowd.hub.playing == 0
        assert [player.frames[-1]["playing"] for player in (a, b, c)] == [False] * 3

    run(day())


def test_play_again_leaves_the_line(crowd: TrainTab) -> None:
    async def day() -> None:
        a = Player(crowd, "a")
        await a.until(lambda: a.frames)
        b, c = Player(crowd, "b"), Player(crowd, "c")
        await c.until(lambda: b.told and c.told)
        await b.pause()
        await asyncio.wait_for(b.task, 5.0)
        assert b.frames == [] and "b" not in crowd.line and not crowd.hub.find("b").playing
        await c.until(lambda: "You are number 1 in line" in c.told[-1])
        await a.pause()
        await c.until(lambda: c.frames)
        await c.pause()
        await asyncio.gather(a.task, c.task)
        assert training(crowd, b.request).iteration == 0

    run(day())


def test_a_page_that_is_closed_leaves_the_line_of_players(crowd: TrainTab) -> None:
    async def day() -> None:
        a = Player(crowd, "a")
        await a.until(lambda: a.frames)
        b, c = Player(crowd, "b"), Player(crowd, "c")
        await c.until(lambda: b.told and c.told)
        await asyncio.to_thread(crowd.on_unload, b.request)
        await asyncio.to_thread(crowd.on_unload, a.request)  # who plays leaves, too
        await c.until(lambda: c.frames)
        await c.pause()
        await asyncio.gather(a.task, b.task, c.task)
        assert b.frames == [] and crowd.hub.playing == 0 and len(crowd.hub) == 2

    run(day())


def test_the_line_of_players_has_an_end(crowd: TrainTab) -> None:
    async def day() -> None:
        a = Player(crowd, "a")
        await a.until(lambda: a.frames)
        b, c = Player(crowd, "b"), Player(crowd, "c")
        await c.until(lambda: b.told and c.told)
        d = Player(crowd, "d")
        await d.task
        assert "too many wait in line. Step works meanwhile" in d.told[-1] and d.frames == []
        for player in (c, b, a):
            await player.pause()
        await asyncio.gather(a.task, b.task, c.task)

    run(day())


def test_a_diverged_run_whose_turn_comes_says_so_and_gives_its_turn_to_the_next(crowd: TrainTab) -> None:
    async def day() -> None:
        a = Player(crowd, "a")
        await a.until(lambda: a.frames)
        b, c = Player(crowd, "b"), Player(crowd, "c")
        await c.until(lambda: b.told and c.told)
        training(crowd, b.request).diverged = "Iteration 3 diverged."
        await a.pause()
        await asyncio.wait_for(b.task, 5.0)
        assert "Iteration 3 diverged." in b.told[-1] and b.frames == []
        await c.until(lambda: c.frames)
        await c.pause()
        await asyncio.gather(a.task, c.task)
        assert crowd.hub.playing == 0

    run(day())


def test_as_many_play_as_the_host_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "LOOK_SECONDS", 0.005)
    tab = make_tab(face_trainings=2)
    for name in "abc":
        came(tab, SimpleNamespace(session_hash=name))

    async def day() -> None:
        a, b = Player(tab, "a"), Player(tab, "b")
        await b.until(lambda: a.frames and b.frames)
        c = Player(tab, "c")
        await c.until(lambda: c.told)
        assert "2 visitors train faces just now" in c.told[0] and c.frames == []
        assert tab.hub.playing == 2
        for player in (c, a, b):
            await player.pause()
        await asyncio.gather(a.task, b.task, c.task)

    run(day())


def test_a_full_house_lets_the_next_one_in_when_a_place_is_free() -> None:
    tab = make_tab(face_sessions=1)
    came(tab)

    async def arrives() -> list[dict[Any, Any]]:
        seen = []
        async for answer in tab.on_ready(gr.EventData(None, {"former": ""}), OTHER):
            seen.append(answer)
            tab.on_unload(REQUEST)  # the first one closes the page
        return seen

    said, inside = run(arrives())
    assert "1 visitors train faces just now, as many as" in words(tab, said)
    assert "You are number 1 in line" in words(tab, said)
    assert len(unpack_faces(inside[tab.view]).faces) == 2 and training(tab, OTHER).iteration == 0
    assert len(tab.hub) == 1 and tab.hub.knows("someone")


def test_a_run_that_is_no_longer_here_is_a_sentence(tab: TrainTab) -> None:
    tab.hub.release("someone")
    assert len(tab.hub) == 0
    with pytest.raises(HubError, match="no longer on the server"):
        tab.hub.find("someone")
    assert "Reload the page to begin a new one" in words(tab, tab._action(FaceRun.step)(REQUEST))


def test_a_closed_page_comes_back_to_its_training_bit_for_bit(tab: TrainTab) -> None:
    tab._setting("seed")(5, REQUEST)
    before = unpack_faces(tab._action(FaceRun.step)(REQUEST)[tab.view])
    tab.on_unload(REQUEST)
    assert (len(tab.hub), tab.hub.put_aside) == (0, 1)
    (answer,) = came(tab, OTHER, former="someone")
    after = unpack_faces(answer[tab.view])
    assert (len(tab.hub), tab.hub.put_aside) == (1, 0) and not tab.hub.knows("someone")
    for old, new in zip(before.faces, after.faces, strict=True):
        np.testing.assert_array_equal(old, new)
    assert after.header["session"] == "someone else" and after.header["frame"] > before.header["frame"]
    assert answer[tab.widgets["seed"]]["value"] == 5
    assert answer[tab.source]["value"] == HERE


@pytest.mark.parametrize("former", [None, 3, "", "x", "someone else", "a" * 99, ["someone"]])
def test_a_former_name_that_is_not_ones_own_begins_anew(tab: TrainTab, former: Any) -> None:
    tab._action(FaceRun.step)(REQUEST)
    answer = came(tab, OTHER, former=former)[-1]
    assert unpack_faces(answer[tab.view]).header["iteration"] == 0
    assert training(tab).iteration == 1


def test_nobody_takes_the_run_of_an_open_page(tab: TrainTab) -> None:
    tab._action(FaceRun.step)(REQUEST)
    answer = came(tab, OTHER, former="someone")[-1]
    assert unpack_faces(answer[tab.view]).header["iteration"] == 0
    assert training(tab).iteration == 1


def test_idle_runs_make_room_and_the_labs_hub_is_another() -> None:
    now = [0.0]
    hub = FaceHub(device="cpu", bounds=Limits(face_sessions=1), clock=lambda: now[0])

    def make(place: Any) -> Any:
        return FaceRun(face_settings.FaceSettings(), some_faces())

    hub.open("idle", make)
    now[0] = 601.0
    assert hub.open("new", make).name == "new" and (len(hub), hub.put_aside) == (1, 1)
    assert Hub(device="cpu").open("lab").pack is not hub.find("new").pack


def test_two_visitors_train_apart(tab: TrainTab) -> None:
    came(tab, OTHER)
    tab._action(FaceRun.step)(REQUEST)
    tab._setting("model")("vae", OTHER)
    assert (training(tab).clicks, training(tab, OTHER).clicks) == ("s1", "")
    assert (training(tab).settings.model, training(tab, OTHER).settings.model) == ("gan", "vae")


def test_a_diverged_run_offers_rewind(tab: TrainTab) -> None:
    training(tab)._learner.flats["generator"].vector.fill_(float("nan"))
    training(tab)._history.kept.clear()  # so that the way back begins anew
    answer = tab._action(FaceRun.step)(REQUEST)
    assert answer[tab.rewind]["visible"] and "diverged" in unpack_faces(answer[tab.view]).header["diverged"]
    *_, answer = gathered(tab.on_play(PLAY, REQUEST))
    assert "diverged" in words(tab, answer)
    answer = tab._action(FaceRun.rewind)(REQUEST)
    assert not answer[tab.rewind]["visible"] and not training(tab).stopped


# -- settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "vae"),
        ("model", "ae"),
        *(("objective", objective) for objective in FACE_OBJECTIVES[1:]),
        ("seed", 9),
        ("learning_rate", 0.01),
        ("batch_size", 8),
    ],
)
def test_every_control_begins_a_run_with_that_setting(tab: TrainTab, name: str, value: Any) -> None:
    training(tab).step()
    answer = tab._setting(name)(value, REQUEST)
    assert getattr(training(tab).settings, name) == value and training(tab).iteration == 0
    assert answer[tab.widgets[name]]["value"] == value
    assert answer[tab.widgets["objective"]]["visible"] is (training(tab).settings.model == "gan")
    training(tab).step()
    tab._setting(name)(value, REQUEST)  # said again, it keeps the run
    assert training(tab).iteration == 1


def test_the_learning_rate_shown_is_the_models_own() -> None:
    tab = make_tab()
    came(tab)
    answer = tab._setting("model")("vae", REQUEST)
    assert answer[tab.widgets["learning_rate"]]["value"] == TINY.autoencoder_learning_rate
    answer = tab._setting("model")("gan", REQUEST)
    assert answer[tab.widgets["learning_rate"]]["value"] == TINY.learning_rate


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "x"),
        ("objective", "wgan"),
        ("seed", None),
        ("seed", 0.5),
        ("learning_rate", 0),
        ("batch_size", 999),
    ],
)
def test_an_impossible_value_is_a_sentence_and_the_widget_goes_back(
    tab: TrainTab, name: str, value: Any
) -> None:
    training(tab).step()
    shown = tab._value(training(tab).settings, name)
    answer = tab._setting(name)(value, REQUEST)
    assert name in words(tab, answer) and tab.view not in answer
    assert answer[tab.widgets[name]]["value"] == shown
    assert training(tab).iteration == 1


def test_averaged_weights_are_drawn_when_asked_for(tab: TrainTab) -> None:
    training(tab).run(5)
    now = unpack_faces(tab.on_weights("", REQUEST)[tab.view]).faces[1]
    averaged = unpack_faces(tab.on_weights(AVERAGE, REQUEST)[tab.view]).faces[1]
    assert not np.array_equal(now, averaged)
    assert "weights" in words(tab, tab.on_weights("all", REQUEST))
