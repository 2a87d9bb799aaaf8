"""The button that plays and pauses does what it said, not the contrary of what the server does meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from own_loop import run
from playground.hosts import Here
from playground.ui.lessons.page import LessonsPage
from playground.ui.meters import Meters
from playground.ui.play_button import PAUSE, PLAY, wire_play

REQUEST: Any = SimpleNamespace(session_hash="someone")


@pytest.fixture
def lessons() -> LessonsPage:
    with gr.Blocks() as demo:
        return LessonsPage(Here(), demo, Meters())


def wish(page: LessonsPage, act: str, **told: Any) -> AsyncIterator[dict[Any, Any]]:
    event: Any = SimpleNamespace(act=act, language="en", **told)
    return page.on_wish(event, REQUEST)


async def plays(page: LessonsPage, seen: list[bool]) -> None:
    """Press Play, and paint every picture that comes."""
    async for answer in wish(page, PLAY):
        frame = json.loads(answer[page.view])
        page.hub.acknowledge("someone", frame["frame"])
        seen.append(frame["playing"])


async def gathered(answers: AsyncIterator[dict[Any, Any]]) -> list[dict[Any, Any]]:
    return [answer async for answer in answers]


def test_a_lesson_plays_on_after_a_second_play_and_rests_after_each_pause(lessons: LessonsPage) -> None:
    async def pressed() -> tuple[list[bool], list[bool], list[dict[Any, Any]]]:
        await gathered(wish(lessons, "open", query={"lesson": "forger-and-detective"}))
        first: list[bool] = []
        second: list[bool] = []
        tasks = []
        for seen in (first, second):
            tasks.append(asyncio.create_task(plays(lessons, seen)))
            while sum(seen) < 3:
                await asyncio.sleep(0.01)
        assert await gathered(wish(lessons, PAUSE)) == []
        await asyncio.gather(*tasks)
        return first, second, await gathered(wish(lessons, PAUSE))

    first, second, late = run(pressed())
    assert first[-1] and not second[-1]
    assert not lessons.hub.find("someone").playing
    (answer,) = late
    assert not json.loads(answer[lessons.view])["playing"]


def test_the_button_tells_what_the_page_showed_when_it_was_pressed() -> None:
    with gr.Blocks() as demo:
        button, out = gr.Button("Play", elem_id="play"), gr.Textbox()
        wire_play(button, "__lab", lambda wish: wish, [out])
    (event,) = demo.fns.values()
    assert "window.__lab?.playing" in event.js and PLAY in event.js and PAUSE in event.js
    assert [block.elem_id for block in event.inputs] == ["play-wish"]
