"""The page without a browser: what is public, who is let in and forgotten, and what is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from own_loop import run
from playground.config import FIELDS, RunConfig
from playground.engine import Trainer
from playground.figures.frames import unpack_frame
from playground.limits import Limits
from playground.presets import PRESETS, preset_config
from playground.session import Session
from playground.ui import hub as hub_module
from playground.ui.app import build
from playground.ui.hub import IN_FLIGHT, Hub, HubError, Visitor
from playground.ui.lab_page import LabPage
from playground.ui.play_button import PAUSE, PLAY
from playground.ui.visitor import Gone
from sessions import session_of

NUMBERS = [name for name, f in FIELDS.items() if f.metadata["kind"] == "number"]
CHOICES = [name for name, f in FIELDS.items() if f.metadata["kind"] == "choice" and name != "target"]


def asking(name: str = "someone", **query: str) -> Any:
    """What Gradio tells a callback about its caller."""
    return SimpleNamespace(session_hash=name, query_params=query)


def made(**settings: Any) -> tuple[LabPage, gr.Blocks]:
    with gr.Blocks() as demo:
        page = LabPage(Hub(device="cpu", bounds=Limits(**settings)), demo)
    return page, demo


@pytest.fixture
def page() -> LabPage:
    page, _ = made()
    page.hub.open("someone")
    return page


def words(page: LabPage, answer: dict[Any, Any]) -> str:
    return str(answer[page.error].get("value") or "") if page.error in answer else ""


async def gather(frames: AsyncIterator[Any], most: int = 1000) -> list[Any]:
    """The first `most` values; the rest is not asked for."""
    found: list[Any] = []
    async for frame in frames:
        found.append(frame)
        if len(found) == most:
            break
    return found


# -- what is public


def test_only_the_documented_endpoints_are_public() -> None:
    demo = build("cpu")
    public = [f.api_name for f in demo.fns.values() if f.api_visibility != "private"]
    assert public == ["sample", "models", "faces", "interpolate", "reconstruct", "directions"]
    info = demo.get_api_info()
    assert list(info["named_endpoints"]) == ["/" + name for name in public]
    assert info["unnamed_endpoints"] == {}


def test_a_program_gets_points_of_the_run_it_asks_for() -> None:
    (sample,) = (f.fn for f in build("cpu").fns.values() if f.api_name == "sample")
    points = sample("target=ring8&seed=3", 20, 50, 7)
    trainer = Trainer(RunConfig(target="ring8", seed=3), device="cpu")
    trainer.run(20)
    assert points == trainer.sample(50, 7).tolist()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("cat=1", 10, 10, 0), "cat"),
        (("packing=3", 10, 10, 0), "packing"),
        (("", 0, 10, 0), "iterations is 0"),
        (("", 10**9, 10, 0), "iterations"),
        (("", 10, 10**9, 0), "points"),
        (("", 10, 10, -1), "seed is -1"),
        (("", True, 10, 0), "iterations is True"),
        (("batch_size=4096&generator_width=512", 5_000, 10, 0), "at most"),
    ],
)
def test_a_program_that_asks_too_much_gets_a_sentence(arguments: tuple[Any, ...], named: str) -> None:
    (sample,) = (f.fn for f in build("cpu").fns.values() if f.api_name == "sample")
    with pytest.raises(gr.Error, match=named):
        sample(*arguments)


def test_no_listener_keeps_one_visitor_waiting_for_another() -> None:
    _, demo = made()
    limits = {f.concurrency_limit for f in demo.fns.values() if f.fn is not None and f.queue}
    assert 1 not in limits


# -- impossible values


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_outside_its_range_is_a_sentence_and_nothing_changes(page: LabPage, name: str) -> None:
    session = session_of(page.hub.find("someone"))
    session.step()
    before = (session.config, session.stamp, session.iteration)
    m = FIELDS[name].metadata
    for value in (m["low"] - 1, m["high"] + 1, float("nan"), "cat"):
        answer = page._setting(name)(value, asking())
        said = words(page, answer)
        assert name in said and str(value)[:10] in said and "must be" in said, (value, said)
        assert f"{m['high']:.10g}" in said
        assert answer[page.widgets[name]]["value"] == getattr(session.config, name)
        assert (session.config, session.stamp, session.iteration) == before


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_that_is_not_offered_is_a_sentence_with_those_that_are(page: LabPage, name: str) -> None:
    session = session_of(page.hub.find("someone"))
    before = (session.config, session.stamp)
    for value in ("cat", None, 3, ["gan"]):
        said = words(page, page._setting(name)(value, asking()))
        assert name in said and all(choice in said for choice in FIELDS[name].metadata["choices"])
    assert (session.config, session.stamp) == before


def test_what_a_visitor_wrote_is_shown_as_text_and_not_as_markup(page: LabPage) -> None:
    said = words(page, page._setting("model")("<img src=x onerror=alert(1)>", asking()))
    assert "<img" not in said and "&lt;img" in said


# -- stories


@pytest.mark.parametrize("name", PRESETS)
def test_a_story_sets_its_run_its_words_and_every_widget(page: LabPage, name: str) -> None:
    answer = page.on_preset(name, asking())
    session = session_of(page.hub.find("someone"))
    assert session.config == preset_config(name)
    assert session.changes == PRESETS[name].compare
    assert PRESETS[name].story in answer[page.story]["value"] and answer[page.story]["visible"]
    assert {n: answer[w]["value"] for n, w in page.widgets.items()} == {
        n: getattr(session.config, n) for n in page.widgets
    }
    frame = unpack_frame(answer[page.view])
    assert len(frame.snapshots) == (2 if PRESETS[name].compare else 1)


def test_a_story_that_does_not_exist_is_a_sentence(page: LabPage) -> None:
    assert "must be one of two_islands" in words(page, page.on_preset("cat", asking()))


# -- opening the page


def test_a_page_opened_without_a_link_learns_at_once_and_stops_by_itself() -> None:
    page, _ = made()

    async def greeting() -> list[dict[Any, Any]]:
        seen = []
        async for answer in page.on_load("", asking()):
            seen.append(answer)
            page.hub.acknowledge("someone", unpack_frame(answer[page.view]).frame_id)
        return seen

    frames = [unpack_frame(answer[page.view]) for answer in run(greeting())]
    iterations = [frame.snapshots[0].iteration for frame in frames]
    assert iterations[0] == 0 and iterations == sorted(iterations)
    assert len(frames) > 10
    visitor = page.hub.find("someone")
    assert (visitor.playing, session_of(visitor).iteration) == (False, iterations[-1])
    assert {frame.session for frame in frames} == {"someone"}


def test_a_link_is_opened_at_its_moment() -> None:
    page, _ = made()
    run(gather(page.on_load("", asking(target="ring8", seed="3", clicks="s5d1"))))
    session = session_of(page.hub.find("someone"))
    assert (session.config.target, session.config.seed, session.clicks) == ("ring8", 3, "s5d1")


@pytest.mark.parametrize(
    "query",
    [
        {"cat": "1"},
        {"seed": "x"},
        {"clicks": "q7"},
        {"packing": "3"},
        {"compare": "seed=4"},
        {"compare": "cat=4"},
    ],
)
def test_a_link_that_cannot_be_is_a_sentence_beside_the_default_run(query: dict[str, str]) -> None:
    page, _ = made()
    answers = run(gather(page.on_load("", asking(**query))))
    assert words(page, answers[-1])
    assert len(unpack_frame(answers[-1][page.view]).snapshots) == 1
    page._action(Session.step)(asking())
    assert session_of(page.hub.find("someone")).iteration == 1


def test_a_full_house_says_so_and_serves_those_inside() -> None:
    page, _ = made(sessions=1)
    page.hub.open("first")
    answers = run(gather(page.on_load("", asking("second")), 1))
    assert "All 1 places are taken just now. You are number 1 in line" in words(page, answers[-1])
    assert page._action(Session.step)(asking("first"))[page.view]
    page.on_unload(asking("first"))
    assert session_of(page.hub.open("second")).iteration == 0


# -- forgetting


def test_a_closed_tab_costs_nothing_but_its_state_and_closing_twice_does_no_harm(page: LabPage) -> None:
    visitor = page.hub.find("someone")
    visitor.start()
    page.on_unload(asking())
    page.on_unload(asking())
    assert (len(page.hub), page.hub.put_aside) == (0, 1) and not visitor.playing
    page.hub.release("someone")
    assert page.hub.put_aside == 0
    with pytest.raises(Gone, match="no longer on the server"):
        page.hub.find("someone")


def test_a_tab_closed_while_playing_ends_the_work_with_the_frame_under_way(page: LabPage) -> None:
    visitor = page.hub.find("someone")

    async def closed_early() -> int:
        seen = 0
        async for _ in page.hub.play(visitor):
            seen += 1
            if seen == 2:
                page.on_unload(asking())
        return seen

    session = session_of(visitor)
    assert run(closed_early()) == 2
    stood = session.iteration
    time.sleep(0.1)
    assert session.iteration == stood


def test_idle_visitors_make_room_but_those_who_watch_stay() -> None:
    now = [0.0]
    hub = Hub(device="cpu", bounds=Limits(sessions=2, idle_seconds=60.0), clock=lambda: now[0])
    hub.open("idle")
    watching = hub.open("watches")
    watching.frame()
    now[0] = 59.0
    hub.acknowledge("watches", 1)
    now[0] = 61.0
    hub.open("new")
    assert (len(hub), hub.put_aside) == (2, 1) and hub.knows("idle")
    with pytest.raises(HubError, match="All 2 places were taken"):
        hub.find("idle")
    assert hub.find("watches") is watching
    with pytest.raises(HubError, match="2 places"):
        hub.open("one too many")


# -- playing


def play(visitor: Visitor, hub: Hub, *, acknowledged: bool, seconds: float) -> list[Any]:
    async def watched() -> list[Any]:
        seen = []
        end = time.monotonic() + seconds
        async for text in hub.play(visitor):
            frame = unpack_frame(text)
            seen.append(frame)
            if acknowledged:
                hub.acknowledge(visitor.name, frame.frame_id)
            if time.monotonic() > end:
                visitor.stop()
        return seen

    return run(watched())


def test_playing_goes_on_while_its_frames_are_painted(page: LabPage) -> None:
    visitor = page.hub.find("someone")
    frames = play(visitor, page.hub, acknowledged=True, seconds=0.6)
    assert len(frames) > IN_FLIGHT
    assert all(frame.playing for frame in frames)
    iterations = [frame.snapshots[0].iteration for frame in frames]
    assert iterations == sorted(set(iterations))


def test_a_page_that_paints_nothing_gets_few_frames_and_is_given_up(
    page: LabPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "LOST_SECONDS", 0.3)
    visitor = page.hub.find("someone")
    assert len(play(visitor, page.hub, acknowledged=False, seconds=60.0)) == IN_FLIGHT
    assert not visitor.playing


def test_pressing_play_again_ends_the_first_and_leaves_one_word_at_rest(page: LabPage) -> None:
    async def pressed_twice() -> tuple[list[Any], list[Any]]:
        first: list[Any] = []
        second: list[Any] = []
        async for answer in page.on_play(PLAY, asking()):
            first.append(answer)
            if page.view in answer:
                page.hub.acknowledge("someone", unpack_frame(answer[page.view]).frame_id)
            if len(first) == 3:
                second = await gather(page.on_play(PAUSE, asking()))
        return first, second

    first, second = run(pressed_twice())
    assert not page.hub.find("someone").playing
    pictures = [unpack_frame(answer[page.view]) for answer in first + second if page.view in answer]
    assert [picture.playing for picture in pictures[-2:]] == [True, False]
    assert sum(not picture.playing for picture in pictures) == 1


def test_a_late_press_of_play_plays_on_and_one_of_pause_shows_what_is(
    page: LabPage,
) -> None:
    """The page may have shown an older moment when the button was pressed."""

    async def paints(seen: list[bool]) -> None:
        async for answer in page.on_play(PLAY, asking()):
            if page.view in answer:
                frame = unpack_frame(answer[page.view])
                page.hub.acknowledge("someone", frame.frame_id)
                seen.append(frame.playing)

    async def until(seen: list[bool]) -> None:
        while len(seen) < 3:
            await asyncio.sleep(0.01)

    async def pressed_late() -> tuple[list[bool], list[bool], list[bool]]:
        first: list[bool] = []
        second: list[bool] = []
        both = [asyncio.create_task(paints(first))]
        await until(first)
        both.append(asyncio.create_task(paints(second)))
        await until(second)
        await gather(page.on_play(PAUSE, asking()))
        await asyncio.gather(*both)
        late = await gather(page.on_play(PAUSE, asking()))
        return first, second, [unpack_frame(a[page.view]).playing for a in late if page.view in a]

    first, second, late = run(pressed_late())
    assert all(first)
    assert all(second[:-1]) and not second[-1]
    assert late == [False] and not page.hub.find("someone").playing


def test_no_stage_of_slow_motion_follows_the_picture_of_a_button_that_ended_it(page: LabPage) -> None:
    visitor = page.hub.find("someone")
    turn = visitor.start()
    assert visitor.staged_frame(turn, 2, preview=False, also=()) is not None
    last = unpack_frame(page._action(Session.step)(asking())[page.view])
    assert visitor.staged_frame(turn, 3, preview=False, also=()) is None
    assert not visitor.end(turn)
    assert unpack_frame(visitor.frame()).frame_id == last.frame_id + 1


def test_a_button_pressed_while_playing_stops_it_first(page: LabPage) -> None:
    visitor = page.hub.find("someone")
    visitor.start()
    answer = page._action(Session.step)(asking())
    assert not visitor.playing and not unpack_frame(answer[page.view]).playing


@pytest.mark.parametrize("frame", [None, True, "1", -1, 10**9, 0.5])
def test_only_frames_that_were_sent_can_be_acknowledged(page: LabPage, frame: Any) -> None:
    visitor = page.hub.find("someone")
    visitor.frame()
    page.hub.acknowledge("someone", frame)
    assert visitor.in_flight == 1
    page.hub.acknowledge("nobody", 1)
    page.hub.acknowledge("someone", 1)
    assert visitor.in_flight == 0


# -- layers


def test_the_page_is_sent_only_what_it_draws(page: LabPage) -> None:
    whole = page.hub.find("someone").frame()
    answer = page.on_layers(SimpleNamespace(needed=["generated"]), asking())
    (shown,) = unpack_frame(answer[page.view]).snapshots
    assert len(shown.generated) and shown.surface is None and shown.grid is None
    assert len(answer[page.view]) < 0.7 * len(whole)


@pytest.mark.parametrize("needed", [None, "surface", 3, ["cat"], [["surface"]], [{}]])
def test_layers_that_do_not_exist_are_left_out(page: LabPage, needed: Any) -> None:
    answer = page.on_layers(SimpleNamespace(needed=needed), asking())
    assert len(unpack_frame(answer[page.view]).snapshots) == 1
