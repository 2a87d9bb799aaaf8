"""Garbage on the Lessons page: every lesson, every control and button, and links, with arbitrary values."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

import own_loop
from face_bundle import write_bundle
from garbage import anything, as_json, is_sentence, leaves, texts, tries
from playground.config import ConfigError
from playground.hosts import Here, Place
from playground.lessons import lessons
from playground.lessons._presses import read_presses
from playground.lessons.lesson import Lesson, LessonError, Room
from playground.lessons.run import LessonRun
from playground.lessons.wishes import WISH, do
from playground.session.faces import FaceShop
from playground.ui.lessons.packed import pack_page
from playground.ui.lessons.page import LessonsPage
from playground.ui.meters import Meters

ALL = lessons()
ACTS = ("set", "set", "press", "press", "show", "predict", "speak", "reset", "play", "open")
ARGUMENTS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_.,-]{0,40}", fullmatch=True),
    st.lists(st.integers(-9, 99), max_size=4).map(lambda each: ",".join(map(str, each))),
    st.sampled_from(("", "0", "-1", "1e9", "nan", "inf", "1_0", "0.5,0.5", ",", ".", "-", "x", "9" * 40)),
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Small face models, so that lessons on faces open fast."""
    with pytest.MonkeyPatch.context() as patch:
        bundle = write_bundle(tmp_path_factory.mktemp("bundle"), reference=True)
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(bundle))
        yield Room(FaceShop())


@pytest.fixture(scope="module")
def page(room: Room) -> LessonsPage:
    with gr.Blocks() as demo:
        return LessonsPage(Here(Place(room.shop)), demo, Meters())


def numbers_near(low: float, high: float) -> Any:
    edges = st.sampled_from((low, high, (low + high) / 2, int(low), int(high), low - 1, high + 1))
    return st.one_of(edges, st.floats(low, high), leaves)


@st.composite
def wishes(draw: st.DrawFn, lesson: Lesson) -> dict[str, Any]:
    """One wish of the page, often nearly right."""
    act = draw(
        st.sampled_from(("set", "set", "press", "press", "show", "predict", "speak", "reset", "play", "open"))
    )
    wish: dict[str, Any] = {"act": act}
    if act == "set" and lesson.controls:
        control = draw(st.sampled_from(lesson.controls))
        wish["name"] = control.name
        low, high = getattr(control, "low", 0), getattr(control, "high", 1)
        if isinstance(low, tuple):
            pair = st.tuples(numbers_near(low[0], high[0]), numbers_near(low[1], high[1])).map(list)
            wish["value"] = draw(st.one_of(pair, anything))
        elif hasattr(control, "options"):
            wish["value"] = draw(st.one_of(st.sampled_from(list(control.options)), anything))
        else:
            wish["value"] = draw(st.one_of(numbers_near(low, high), st.booleans(), anything))
    if act == "press" and lesson.buttons:
        wish["name"] = draw(st.sampled_from([button.name for button in lesson.buttons]))
        wish["argument"] = draw(st.one_of(ARGUMENTS, anything))
    if act == "show":
        wish["value"] = draw(st.one_of(st.sampled_from((0, 1, 2, 0.0, 1.0, True)), anything))
    if act == "predict":
        wish["value"] = draw(st.one_of(st.sampled_from(list(lesson.check.options)), anything))
    if act == "speak" or draw(st.integers(0, 9)) == 0:
        wish["language"] = draw(st.one_of(st.sampled_from(("en", "zh-TW")), anything))
    if act == "open":
        wish["query"] = draw(
            st.one_of(
                anything,
                st.dictionaries(
                    st.sampled_from(["lesson", "presses", *(c.name for c in lesson.controls)]) | texts,
                    leaves,
                    max_size=3,
                ).map(lambda query: {"lesson": lesson.slug} | query),
            )
        )
    if draw(st.integers(0, 7)) == 0:
        wish[draw(st.sampled_from(("name", "value", "argument", "act")))] = draw(anything)
    return wish


def seen(run: LessonRun) -> dict[str, Any]:
    """What the page shows: plain JSON without a number that is none."""
    text = json.dumps(run.page(), allow_nan=False, default=lambda value: pytest.fail(f"{value!r} is no JSON"))
    page = json.loads(text)
    assert isinstance(page, dict)
    return page


@pytest.mark.parametrize("slug", list(ALL))
def test_any_wish_of_the_page_is_done_or_refused_with_a_sentence(slug: str, room: Room) -> None:
    lesson = ALL[slug]

    @tries(3)
    @given(st.lists(wishes(lesson), min_size=1, max_size=4))
    def attempt(asked: list[dict[str, Any]]) -> None:
        run = LessonRun(room)
        run.open({"lesson": slug})
        for wish in asked:
            before = seen(run)
            try:
                do(run, str(wish["act"]), {name: wish.get(name) for name in WISH})
                if wish["act"] == "play" or run.pending:
                    run.play(1.0, 3)
            except (LessonError, ConfigError) as error:
                assert is_sentence(error), str(error)
                if not wish.get("language") and wish["act"] != "play" and not run.pending:
                    assert seen(run) | {"pending": 0, "finished": None} == before | {
                        "pending": 0,
                        "finished": None,
                    }
            seen(run)

    attempt()


@tries(150)
@given(
    st.sampled_from(list(ALL)),
    st.one_of(
        texts,
        st.text(max_size=60),
        st.from_regex(r"([a-z]{1,8}(:[a-z0-9,.-]{1,6})?(\*[0-9]{1,6})?\.?){0,6}", fullmatch=True),
    ),
)
def test_presses_of_a_link_are_read_or_refused_with_a_sentence(slug: str, text: str) -> None:
    try:
        presses = read_presses(ALL[slug], text)
    except LessonError as error:
        assert is_sentence(error), str(error)
    else:
        assert len(presses) <= 5_000


@pytest.mark.parametrize("slug", list(ALL))
def test_a_link_with_garbage_opens_or_leaves_the_lesson_as_it_was(slug: str, room: Room) -> None:
    lesson = ALL[slug]
    own = [control.name for control in lesson.controls] + ["lesson", "presses", "lang", "guess"]

    @tries(3)
    @given(
        st.dictionaries(
            st.sampled_from(own) | texts, st.one_of(texts, leaves.map(str), ARGUMENTS), max_size=3
        )
    )
    def attempt(query: dict[str, str]) -> None:
        run = LessonRun(room)
        before = run.page()
        try:
            run.open({"lesson": slug} | query)
            run.play(1.0, 2)
        except (LessonError, ConfigError) as error:
            assert is_sentence(error), str(error)
            if run.lesson.slug == before["lesson"]["slug"]:
                assert run.page()["values"] == before["values"] or run.lesson is lesson
        seen(run)

    attempt()


@tries(60)
@given(
    anything.filter(lambda value: as_json(value) is not None),
    st.sampled_from(("open", "set", "press", "", "x")),
)
def test_the_page_answers_any_event_with_words_or_a_frame(page: LessonsPage, told: Any, act: str) -> None:
    request: Any = SimpleNamespace(session_hash="someone")
    event: Any = SimpleNamespace(act=act, name=told, value=told, argument=told, query=told)

    async def answers() -> list[dict[Any, Any]]:
        return [answer async for answer in page.on_wish(event, request)]

    for answer in own_loop.run(answers()):
        error = answer.get(page.error) or {}
        assert page.view in answer or error.get("visible")
    assert len(page.hub) <= 1


def test_a_page_of_any_lesson_is_packed_as_json(room: Room) -> None:
    for slug in ALL:
        run = LessonRun(room)
        run.open({"lesson": slug})
        assert json.loads(pack_page([run], frame_id=1, session="s"))["lesson"]["slug"] == slug
