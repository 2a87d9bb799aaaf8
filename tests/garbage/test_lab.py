"""Garbage to every callback of the lab: a new run, or a sentence while run and link stay as they were."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from garbage import anything, is_sentence, numbers, texts, tries
from playground.config import FIELDS
from playground.presets import PRESETS
from playground.ui.hub import Hub
from playground.ui.lab_page import LabPage, _compare_choices
from sessions import session_of

REQUEST: Any = SimpleNamespace(session_hash="someone", query_params={}, cookies={}, headers={})
SETTINGS = [name for name in FIELDS if name not in ("target", "target_points")]
POINTS = st.lists(st.one_of(st.lists(numbers, min_size=2, max_size=2), anything), max_size=4)


@pytest.fixture(scope="module")
def page() -> LabPage:
    with gr.Blocks() as demo:
        made = LabPage(Hub(device="cpu"), demo)
    made.hub.open("someone")
    return made


@st.composite
def acts(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """A callback's name and what it is given."""
    name = draw(
        st.sampled_from(
            (
                "set",
                "set",
                "seek",
                "layers",
                "target",
                "drawn",
                "paste",
                "upload",
                "speed",
                "preset",
                "compare",
            )
        )
    )
    told = draw(anything)
    event = SimpleNamespace(iteration=told, needed=told, name=told, points=draw(st.one_of(POINTS, anything)))
    setting = draw(st.one_of(st.sampled_from(SETTINGS), anything))
    values: dict[str, list[Any]] = {
        "set": [draw(st.sampled_from(SETTINGS)), draw(st.one_of(numbers, anything))],
        "upload": [draw(st.one_of(st.binary(max_size=60), texts.map(lambda t: t.encode(errors="replace"))))],
        "paste": [draw(texts)],
        "speed": [told],
        "preset": [draw(st.one_of(st.sampled_from(list(PRESETS)), anything))],
        "compare": [setting, draw(st.one_of(numbers, anything))],
    }
    return name, values.get(name, [event])


@tries(250)
@given(acts())
def test_any_wish_of_the_lab_is_a_new_run_or_a_sentence_beside_the_old_one(
    page: LabPage, act: tuple[str, list[Any]]
) -> None:
    name, values = act
    session = session_of(page.hub.find("someone"))
    before = session.link(), session.stamp
    if name == "set":
        answer = page._setting(values[0])(values[1], REQUEST)
    else:
        answer = getattr(page, f"on_{name}")(*values, REQUEST)
    error = answer.get(page.error) or {}
    if error.get("visible"):
        words = error["value"].partition(">")[2].removesuffix("</p>")
        assert is_sentence(words) and "<" not in words, words
        assert (session.link(), session.stamp) == before
    session.step()
    assert session.iteration == 1 or session.stamp == before[1]


@tries(100)
@given(anything)
def test_the_second_menu_of_compare_follows_anything(name: Any) -> None:
    assert _compare_choices(name)["choices"] is not None


# -- bugs found


@pytest.mark.parametrize("name", [[], ["seed"], {}])
def test_a_list_in_place_of_a_name_is_a_sentence(page: LabPage, name: Any) -> None:
    for answer in (page.on_compare(name, 1, REQUEST), page.on_preset(name or ["x"], REQUEST)):
        assert answer[page.error]["visible"]


def test_an_enormous_iteration_does_not_make_an_enormous_sentence(page: LabPage) -> None:
    event: Any = SimpleNamespace(iteration=-(10**4000))
    assert len(page.on_seek(event, REQUEST)[page.error]["value"]) < 200
