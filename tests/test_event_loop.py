"""No callback of a page holds up the event loop, on which everybody's frames go out, while a run is made."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest

from own_loop import run
from playground.data.faces import FaceSet
from playground.hosts import Here
from playground.ui.faces import publish
from playground.ui.faces.train import FaceHub, TrainTab
from playground.ui.hub import Hub
from playground.ui.lab_page import LabPage
from playground.ui.lessons.page import LessonsPage
from playground.ui.meters import Meters
from playground.ui.play_button import PLAY

PATIENCE = 20.0
REQUEST: Any = SimpleNamespace(session_hash="somebody", query_params={"seed": "1"}, cookies={}, headers={})
Press = Callable[[], AsyncIterator[Any]]


class Slow(Here):
    """A host that needs long to make a run, as where a worker has just been lost."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.let_go = threading.Event(), threading.Event()

    def open(self, name: str, make: Any, saved: Any = None) -> None:
        self.begun.set()
        self.let_go.wait(PATIENCE)
        raise ValueError("It was only a test.")


async def one(answer: Any) -> AsyncIterator[Any]:
    yield await answer


def lab(host: Slow) -> tuple[Hub, dict[str, Press]]:
    with gr.Blocks() as demo:
        page = LabPage(Hub(host, device="cpu"), demo)
    return page.hub, {
        "play": lambda: page.on_play(PLAY, REQUEST),
        "slow": lambda: page.on_slow(REQUEST),
        "load": lambda: page.on_load("former", REQUEST),
    }


def lessons(host: Slow) -> tuple[Hub, dict[str, Press]]:
    with gr.Blocks() as demo:
        page = LessonsPage(host, demo, Meters())

    def wish(act: str) -> AsyncIterator[Any]:
        return page.on_wish(SimpleNamespace(act=act), REQUEST)  # type: ignore[arg-type]

    return page.hub, {"press": lambda: wish("press"), "open": lambda: wish("open")}


def faces(host: Slow) -> tuple[Hub, dict[str, Press]]:
    images = np.zeros((40, 32, 32, 3), np.uint8)
    some = FaceSet(images, np.zeros(40, int), np.zeros(40, int), "here")
    shop: Any = SimpleNamespace(names={}, data=lambda split, size: some)
    with gr.Blocks():
        tab = TrainTab(shop, host=host)
    came: Any = gr.EventData(None, {"former": "former"})
    return tab.hub, {
        "play": lambda: tab.on_play(PLAY, REQUEST),
        "undo": lambda: tab.on_undo(REQUEST),
        "ready": lambda: tab.on_ready(came, REQUEST),
    }


def publishing(host: Slow) -> tuple[Hub, dict[str, Press]]:
    class Knows(FaceHub):
        def knows(self, name: str) -> bool:
            return True

    hub = Knows(host)
    return hub, {"publish": lambda: one(publish.answer(hub, "somebody", "a/b", "", False))}


@pytest.mark.parametrize(
    ("built", "act"),
    [
        *((lab, act) for act in ("play", "slow", "load")),
        *((lessons, act) for act in ("press", "open")),
        *((faces, act) for act in ("play", "undo", "ready")),
        (publishing, "publish"),
    ],
)
def test_while_a_run_is_made_for_one_visitor_others_see_their_frames(
    built: Callable[[Slow], tuple[Hub, dict[str, Press]]], act: str
) -> None:
    host = Slow()
    hub, presses = built(host)

    def make() -> None:
        with pytest.raises(ValueError, match="only a test"):
            hub.open("first", lambda place: None)

    maker = threading.Thread(target=make)
    maker.start()
    assert host.begun.wait(PATIENCE)

    async def somebody() -> None:
        try:
            async for _ in presses[act]():
                pass
        except ValueError:  # the test's own
            pass

    async def day() -> bool:
        """Whether time goes on while somebody presses and the run is not yet made."""
        pressed = asyncio.create_task(somebody())
        for _ in range(50):
            await asyncio.sleep(0.001)
        went_on = not host.let_go.is_set()
        host.let_go.set()
        await pressed
        return went_on

    late = threading.Timer(3.0, host.let_go.set)  # so that a loop that stands still ends
    late.start()
    try:
        assert run(day())
    finally:
        late.cancel()
        host.let_go.set()
        maker.join()
