"""Who waits for heavy work is told the place in line: visitors in words, programs by their client."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.utils import Status
from PIL import Image

from face_bundle import write_bundle
from limited import limited
from own_loop import run
from playground.config import ConfigError
from playground.session.faces import FaceShop
from playground.ui import api
from playground.ui.faces import blur, checkpoints, publish
from playground.ui.turns import Turns


async def quickly(_: float) -> None:
    await asyncio.sleep(0)


def place(sentence: str) -> int:
    """The position that a sentence tells."""
    found = re.search(r"number (\d+) in line", sentence)
    assert found, sentence
    return int(found[1])


# -- the line


def test_the_first_goes_at_once_and_the_others_are_told_their_places() -> None:
    async def scene() -> None:
        served = Turns(1, sleep=quickly)
        assert [words async for words in served.wait()] == []
        second, third = served.wait(), served.wait()
        assert (place(await anext(second)), place(await anext(third))) == (1, 2)
        assert (place(await anext(second)), place(await anext(third))) == (1, 2)
        served.end()
        assert [words async for words in second] == []
        assert place(await anext(third)) == 1
        served.end()
        assert [words async for words in third] == [] and served.free == 0

    run(scene())


def test_who_leaves_the_line_lets_the_next_one_come_forward() -> None:
    async def scene() -> None:
        served = Turns(1, sleep=quickly)
        assert [words async for words in served.wait()] == []
        second, third = served.wait(), served.wait()
        assert (place(await anext(second)), place(await anext(third))) == (1, 2)
        await second.aclose()  # type: ignore[attr-defined]
        assert [place(await anext(third)) for _ in range(5)][-1] == 1  # what it waited in ends a look later
        served.end()
        assert [words async for words in third] == [] and served.free == 0

    run(scene())


def test_too_long_a_line_is_a_sentence_with_its_length() -> None:
    async def scene() -> None:
        with limited(waiting_visitors=1):
            served = Turns(1, sleep=quickly)
        assert [words async for words in served.wait()] == []
        second = served.wait()
        await anext(second)
        with pytest.raises(ConfigError, match=r"^1 others wait in line already, and no more may; "):
            await anext(served.wait())

    run(scene())


def test_a_turn_that_ends_calls_the_first_in_line_without_waiting_for_a_look() -> None:
    async def never(_: float) -> None:
        await asyncio.Event().wait()

    async def scene() -> None:
        served = Turns(2, sleep=never)
        for _ in range(2):
            assert [words async for words in served.wait()] == []
        others = [served.wait() for _ in range(3)]
        assert [place(await anext(other)) for other in others] == [1, 2, 3]
        began = [asyncio.ensure_future(anext(other, "begins")) for other in others]
        await asyncio.sleep(0.01)
        assert not any(each.done() for each in began)
        served.end()
        served.end()
        assert await asyncio.wait_for(asyncio.gather(*began[:2]), 10) == ["begins", "begins"]
        assert not began[2].done() and served.free == 0
        served.end()
        assert await asyncio.wait_for(began[2], 10) == "begins"

    run(scene())


# -- what a page yields


def told(line: Any) -> tuple[Any, Any]:
    return gr.skip(), line


async def answer() -> tuple[Any, Any]:
    return "shown", gr.update(visible=False)


def test_who_need_not_wait_gets_the_answer_at_once_and_nothing_else() -> None:
    async def scene() -> None:
        served = Turns(1, sleep=quickly)
        shown = [each async for each in served.serve(answer, told)]
        assert shown == [("shown", gr.update(visible=False)), (gr.skip(), gr.skip())]
        assert served.free == 1

    run(scene())


def test_who_waited_is_told_that_the_work_begins_and_no_longer_the_position() -> None:
    async def scene() -> None:
        served, gate = Turns(1, sleep=quickly), asyncio.Event()

        async def work() -> tuple[Any, Any]:
            await gate.wait()
            return await answer()

        assert [words async for words in served.wait()] == []
        shown = served.serve(work, told)
        _, line = await anext(shown)
        assert place(line["value"]) == 1 and line["visible"]
        served.end()
        while "in line" in (line := (await anext(shown))[1])["value"]:
            pass
        assert "It is your turn: this is being worked on now." in line["value"] and line["visible"]
        assert not gate.is_set() and served.free == 0
        gate.set()
        assert [each async for each in shown] == [await answer(), (gr.skip(), gr.skip())]
        assert served.free == 1

    run(scene())


def test_work_that_fails_gives_its_turn_back_and_is_a_sentence_where_it_has_one() -> None:
    async def refused() -> Any:
        raise ConfigError("seed = -1: allowed is 0 or more.")

    async def broken() -> Any:
        raise ZeroDivisionError

    async def scene() -> None:
        served = Turns(1, sleep=quickly)
        (nothing, line), last = [each async for each in served.serve(refused, told)]
        assert nothing == gr.skip() and "seed = -1: allowed" in line["value"] and line["visible"]
        assert last == (gr.skip(), gr.skip()) and served.free == 1
        with pytest.raises(ZeroDivisionError):
            await anext(served.serve(broken, told))
        assert served.free == 1

    run(scene())


def test_who_leaves_when_the_turn_has_come_gives_it_back() -> None:
    async def scene() -> None:
        served = Turns(1, sleep=quickly)
        assert [words async for words in served.wait()] == []
        shown = served.serve(answer, told)
        await anext(shown)
        served.end()
        while "in line" in (await anext(shown))[1]["value"]:
            pass
        assert served.free == 0
        await shown.aclose()  # type: ignore[attr-defined]
        assert served.free == 1

    run(scene())


# -- visitors


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaceShop:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(tmp_path / "bundle")))
    monkeypatch.setattr("playground.ui.line.LOOK_SECONDS", 0.0)
    return FaceShop()


def test_a_search_waits_for_the_one_before_it_and_begins_when_that_is_stopped(
    shop: FaceShop, tmp_path: Path
) -> None:
    path = tmp_path / "own.png"
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(path)

    async def scene() -> None:
        own = blur.OwnPicture(shop)
        first, second = own.find(path, "any", 0), own.find(path, "any", 0)
        shown, _ = await anext(first)
        assert "Update 0 of" in shown
        _, line = await anext(second)
        assert place(line["value"]) == 1 and line["visible"]
        await first.aclose()  # type: ignore[attr-defined]
        while (report := await anext(second))[1]["visible"]:  # one look later
            assert place(report[1]["value"]) == 1
        assert "Update 0 of" in report[0]
        await second.aclose()  # type: ignore[attr-defined]
        assert own.turns.free == 1

    run(scene())


def test_a_search_that_cannot_begin_gives_its_turn_back(shop: FaceShop) -> None:
    async def scene() -> None:
        own = blur.OwnPicture(shop)
        assert [error["visible"] async for _, error in own.find(None, "any", 0)] == [True]
        assert own.turns.free == 1

    run(scene())


def listener(build: Any, *arguments: Any) -> Any:
    """The only async generator among the callbacks of what `build` makes."""
    with gr.Blocks(analytics_enabled=False) as demo:
        build(*arguments)
    (found,) = (f.fn for f in demo.fns.values() if f.inputs)
    return found


def test_who_opens_a_model_of_the_hub_is_told_the_place_in_line(
    shop: FaceShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, names = Event(), []

    def show(published: Any, name: str, *_: Any) -> str:
        names.append(name)
        assert gate.wait(60)
        return f"<p>{name}</p>"

    monkeypatch.setattr(checkpoints, "show", show)

    async def scene() -> None:
        first = asyncio.ensure_future(anext(answer("a/a", "")))
        while not names:
            await asyncio.sleep(0.01)
        second = answer("b/b", "")
        _, line = await anext(second)
        assert place(line["value"]) == 1 and names == ["a/a"]
        gate.set()
        assert (await first)[0] == "<p>a/a</p>"
        assert [shown async for shown, error in second if shown != gr.skip()] == ["<p>b/b</p>"]

    with limited(hub_at_once=1):
        answer = listener(checkpoints.build, shop)
        run(scene())


def test_who_publishes_is_told_the_place_in_line_and_the_token_leaves_the_page_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("playground.ui.line.LOOK_SECONDS", 0.0)
    gate = asyncio.Event()

    async def answered(trained: Any, visitor: str, repo: str, *_: Any) -> Any:
        await gate.wait()
        return repo, gr.update(visible=False), ""

    monkeypatch.setattr(publish, "answer", answered)
    visitor = SimpleNamespace(session_hash="someone")

    async def scene() -> None:
        first = asyncio.ensure_future(anext(own("a/a", "hf_x", False, visitor)))
        await asyncio.sleep(0)
        second = own("b/b", "hf_x", False, visitor)
        _, line, token = await anext(second)
        assert place(line["value"]) == 1 and token == ""
        gate.set()
        assert (await first)[0] == "a/a"
        assert [result async for result, error, _ in second if result != gr.skip()] == ["b/b"]

    with limited(hub_at_once=1):
        own = listener(publish.build, SimpleNamespace())
        run(scene())


# -- programs


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Calls of /sample end when this is set."""
    gate = Event()

    class Slow(api.Trainer):
        def run(self, iterations: int) -> Any:
            assert gate.wait(60)
            return super().run(iterations)

    monkeypatch.setattr(api, "Trainer", Slow)
    return gate


@pytest.fixture
def url(gate: Event) -> Iterator[str]:
    with limited(api_at_once=1):
        with gr.Blocks(analytics_enabled=False) as demo:
            api.add_endpoints("cpu")
        demo.queue(default_concurrency_limit=None)
        _, url, _ = demo.launch(
            server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, ssr_mode=False, show_error=True
        )
        yield url
        demo.close(verbose=False)


def test_a_program_that_waits_is_told_its_place_and_then_served(url: str, gate: Event) -> None:
    client = Client(url, verbose=False)
    jobs = []
    for waiting in (None, 0, 1):  # nobody waits before the first, so it has no place
        jobs.append(client.submit("", 1, 3, 0, api_name="/sample"))
        until = time.monotonic() + 60
        while (told := jobs[-1].status()).code not in (Status.PROCESSING, Status.IN_QUEUE):
            assert time.monotonic() < until
            time.sleep(0.01)
        while waiting is None and told.code is Status.IN_QUEUE:  # for a moment
            assert time.monotonic() < until
            time.sleep(0.01)
            told = jobs[-1].status()
        assert told.rank == waiting
        assert waiting is None or told.queue_size == waiting + 1
    gate.set()
    assert [len(job.result(timeout=60)) for job in jobs] == [3, 3, 3]
