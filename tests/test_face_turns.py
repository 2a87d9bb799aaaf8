"""Who waits on the Faces page is told so: in the tabs that compare models, and for faces to learn from."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.data_classes import FileData, ListFiles
from PIL import Image

from face_bundle import write_bundle
from limited import limited
from own_loop import run
from playground.config import ConfigError
from playground.limits import Limits
from playground.recipes import RECIPES, Recipe
from playground.session import face_settings
from playground.session.faces import FaceShop
from playground.ui.faces import between, blur, page, train
from playground.ui.faces.train import TrainTab
from playground.ui.hub import Hub
from playground.ui.turns import Turns

REQUEST: Any = SimpleNamespace(session_hash="someone")
TINY = replace(RECIPES["classroom32"], size=16, channels=(8, 8), latent_dim=6)


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.ui.line.LOOK_SECONDS", 0.0)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaceShop:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(tmp_path / "bundle")))
    return FaceShop()


def place(line: Any) -> int:
    """The position that the error line tells."""
    found = re.search(r"number (\d+) in line", str(line.get("value")))
    assert found and line["visible"], line
    return int(found[1])


class Gate:
    """Work that begins and waits until `open` is set."""

    def __init__(self) -> None:
        self.began: list[Any] = []
        self.open = Event()

    def __call__(self, *values: Any) -> str:
        self.began.append(values)
        assert self.open.wait(30)
        return f"<p>{values[0]}</p>"

    async def has_begun(self) -> None:
        while not self.began:
            await asyncio.sleep(0.005)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


# -- the tabs that compare models


def built(study: between.Study) -> dict[str, Callable[..., Any]]:
    """The callbacks of a tab with one field, by what they are for."""
    with gr.Blocks(analytics_enabled=False) as demo, gr.Tab("x"):
        study.finish([gr.Number()], gr.Button())
    kinds = {3: "opened", 2: "asked"}
    return {kinds[len(f.outputs)]: f.fn for f in demo.fns.values() if f.fn is not None}


def test_two_tabs_share_their_turns_and_the_second_visitor_is_told_the_position(
    shop: FaceShop, gate: Gate
) -> None:
    turns = Turns(1)
    one, other = (built(between.Study(shop, turns, gate, name)) for name in ("one", "other"))

    async def scene() -> None:
        first = asyncio.ensure_future(anext(one["asked"](1)))
        await gate.has_begun()
        second = other["asked"](2)
        picture, line = await anext(second)
        assert (picture, place(line)) == (gr.skip(), 1) and gate.began == [(1,)]
        gate.open.set()
        assert (await first)[0] == "<p>1</p>"
        assert [shown async for shown, _ in second if shown != gr.skip()] == ["<p>2</p>"]
        assert turns.free == 1

    run(scene())


def test_a_tab_that_is_opened_waits_like_a_press_and_one_that_is_filled_does_not(
    shop: FaceShop, gate: Gate
) -> None:
    turns = Turns(1)
    tab = built(between.Study(shop, turns, gate, "x"))

    async def scene() -> None:
        first = asyncio.ensure_future(anext(tab["asked"](1)))
        await gate.has_begun()
        opening = tab["opened"](False, 2)
        picture, line, filled = await anext(opening)
        assert (picture, place(line), filled) == (gr.skip(), 1, gr.skip())
        again = tab["opened"](True, 2)
        assert [await anext(again, None) for _ in range(2)] == [(gr.skip(),) * 3, None]
        gate.open.set()
        await first
        shown = [(picture, filled) async for picture, _, filled in opening]
        assert [each for each in shown if each[0] != gr.skip()] == [("<p>2</p>", True)]

    run(scene())


def test_an_own_picture_and_a_film_wait_in_the_same_line(
    shop: FaceShop, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(between, "_gif", lambda shop, *values: gate("film"))
    monkeypatch.setattr(blur.OwnPicture, "_kept", lambda self, picture: gate("kept"))
    turns = Turns(1)
    with gr.Blocks(analytics_enabled=False) as demo:
        blur.build(shop, turns)
        between.build(shop, turns)
    ids = {c._id: c.elem_id for c in demo.blocks.values()}
    events = {ids[f.targets[0][0]]: f for f in demo.fns.values() if f.targets}
    film, kept = events["between-gif"].fn, events["own-picture"].fn
    assert film and kept

    async def scene() -> None:
        first = asyncio.ensure_future(anext(film("gan", 3, 8, "any", "any")))
        await gate.has_begun()
        second = kept(Path("a picture"))
        *nothing, line = await anext(second)
        assert nothing == [gr.skip(), gr.skip()] and place(line) == 1
        gate.open.set()
        assert (await first)[0] == "<p>film</p>"
        assert [shown async for shown, _, _ in second if shown != gr.skip()] == ["<p>kept</p>"]

    run(scene())


def test_as_many_are_served_as_the_limit_allows(
    shop: FaceShop, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Turns] = []
    names = list(page.STUDIES)
    monkeypatch.setattr(page, "STUDIES", {name: lambda shop, turns: given.append(turns) for name in names})
    with limited(questions_at_once=5), gr.Blocks(analytics_enabled=False):
        page.build(shop, Hub(device="cpu"))
    assert len(given) == len(names) and len(set(map(id, given))) == 1 and given[0].free == 5


# -- faces to learn from


@pytest.fixture
def tab(shop: FaceShop, monkeypatch: pytest.MonkeyPatch) -> TrainTab:
    return made(shop, monkeypatch, face_sets_at_once=1)


def made(shop: FaceShop, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> TrainTab:
    def named(name: str) -> Recipe:
        return TINY

    for module in (face_settings, train):
        monkeypatch.setattr(module, "recipe_named", named)
    with gr.Blocks(analytics_enabled=False) as demo:
        tab = TrainTab(shop, bounds=Limits(**settings))
    monkeypatch.setattr(tab, "fns", list(demo.fns.values()), raising=False)
    return tab


def wired(tab: TrainTab, widget: Any) -> Any:
    """The callback of a widget."""
    (found,) = (f for f in tab.fns if f.inputs == [widget] and f.fn)  # type: ignore[attr-defined]
    return found


def test_every_way_to_other_faces_takes_turns(tab: TrainTab) -> None:
    for widget in (tab.source, tab.upload, tab.name):
        event = wired(tab, widget)
        assert event.concurrency_limit is None and inspect.isasyncgenfunction(event.fn)


def test_who_wants_other_faces_is_told_the_position_and_begins_when_the_turn_has_come(
    tab: TrainTab, gate: Gate
) -> None:
    tab._learn = lambda faces, source, request: {tab.error: gate(source)}  # type: ignore[method-assign, assignment]
    tab.sources.named = lambda source: source  # type: ignore[method-assign, assignment, return-value]
    tab.sources.drawn.advance = lambda: 1.0  # type: ignore[method-assign]
    choose = wired(tab, tab.source).fn

    async def scene() -> None:
        first = asyncio.ensure_future(anext(choose("here", REQUEST)))
        await gate.has_begun()
        second = choose("drawn", REQUEST)
        assert place((await anext(second))[tab.error]) == 1 and gate.began == [("here",)]
        gate.open.set()
        assert (await first)[tab.error] == "<p>here</p>"
        *_, answer, last = [each async for each in second]
        assert answer[tab.error] == "<p>drawn</p>" and last == {tab.error: gr.skip()}
        assert tab.turns.free == 1

    run(scene())


def test_a_wish_that_cannot_be_is_a_sentence_and_gives_its_turn_back(tab: TrainTab) -> None:
    async def scene() -> None:
        for widget, value, words in ((tab.source, "moon", "faces = "), (tab.name, "../x", "data set = ")):
            line, last = [each[tab.error] async for each in wired(tab, widget).fn(value, REQUEST)]
            assert words in line["value"] and line["visible"] and last == gr.skip()
            assert tab.turns.free == 1

    run(scene())


def test_uploaded_files_are_read_only_when_the_turn_has_come(
    tab: TrainTab, gate: Gate, tmp_path: Path
) -> None:
    path, read = tmp_path / "face.png", []
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(path)
    files = tab.upload.preprocess(ListFiles(root=[FileData(path=str(path))]))
    assert files == [path] and tab.upload.preprocess(None) == []
    tab.on_upload = lambda contents, request: read.append(contents) or {}  # type: ignore[method-assign, assignment, func-returns-value]
    upload, waits = wired(tab, tab.upload).fn, tab._in_turn(lambda value, request: {tab.error: gate(value)})

    async def scene() -> None:
        first = asyncio.ensure_future(anext(waits("first", REQUEST)))
        await gate.has_begun()
        second = upload(files, REQUEST)
        assert place((await anext(second))[tab.error]) == 1
        path.write_bytes(b"changed meanwhile")
        gate.open.set()
        await first
        assert [each async for each in second][-1] == {tab.error: gr.skip()}
        assert read == [[b"changed meanwhile"]]

    run(scene())


def test_uploaded_files_that_are_gone_are_a_sentence(tab: TrainTab, tmp_path: Path) -> None:
    answer = tab._on_files([tmp_path / "gone.png"], REQUEST)
    assert "The pictures are no longer there: upload them again." in answer[tab.error]["value"]


@pytest.mark.parametrize(("most", "offered"), [(32, [8, 16, 32]), (64, [8, 16, 32, 64])])
def test_only_batches_that_are_allowed_are_offered(
    shop: FaceShop, monkeypatch: pytest.MonkeyPatch, most: int, offered: list[int]
) -> None:
    with limited(face_batch_size=most) as bounds:
        tab = made(shop, monkeypatch, face_batch_size=bounds.face_batch_size)
        assert [value for _, value in tab.widgets["batch_size"].choices] == offered
        assert tab.start.batch_size in offered
        replace(tab.start, batch_size=offered[-1]).effective()
        with pytest.raises(ConfigError, match="batch_size = "):
            replace(tab.start, batch_size=2 * offered[-1]).effective()
