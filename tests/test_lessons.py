"""Every lesson keeps the rules of the path; a visitor's run keeps its word: links, presses, languages."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons import lessons
from playground.lessons._presses import MOST_LOG, read_presses
from playground.lessons.lesson import (
    Button,
    Check,
    Choice,
    Control,
    Exhibit,
    Handle,
    Lesson,
    LessonError,
    Reading,
    Room,
    Slider,
    Thing,
    Toggle,
    View,
    Whole,
)
from playground.lessons.run import LessonRun
from playground.session.faces import FaceShop
from playground.words import LANGUAGES, Text, closest_language

MOST_WORDS = 120  # on a screen before something moves
PATH = {
    1: "what-is-generation", 2: "forger-and-detective", 3: "generator-alone", 4: "noise-in-the-code",
    5: "infinite-mixture", 6: "pixel-distance", 7: "between-the-islands", 8: "can-d-generate",
    9: "one-dimensional-gan", 10: "likelihood-is-kl", 11: "what-d-measures", 12: "min-max",
    13: "how-far-may-g-move", 14: "minimax-or-non-saturating", 15: "dirac-gan", 16: "does-d-end-flat",
    17: "balance-and-collapse", 18: "why-randomness", 19: "asking-for-something",
    20: "walking-between-faces", 21: "growing-up", 22: "can-you-tell", 23: "does-the-prior-matter",
    24: "are-gans-created-equal",
}  # fmt: skip
EVERY = [pytest.param(lesson, id=slug) for slug, lesson in lessons().items()]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts(part: Any) -> Iterator[Text]:
    """Every Text inside a lesson."""
    if isinstance(part, Text):
        yield part
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            yield from texts(getattr(part, field.name))
    elif isinstance(part, dict):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, tuple):
        for value in part:
            yield from texts(value)


def plain(markdown: str) -> str:
    """Without formulas and signs: what is read as words."""
    return re.sub(r"\$[^$]*\$|[*_`]", " ", markdown)


# -- the path


def test_the_path_is_the_lectures_in_their_order() -> None:
    assert {lesson.place: slug for slug, lesson in lessons().items()} == PATH


@pytest.mark.parametrize("lesson", EVERY)
def test_at_most_120_words_stand_on_a_screen_before_something_moves(lesson: Lesson) -> None:
    shown = [lesson.question, lesson.lead, *(thing.do for thing in lesson.things), lesson.check.question]
    shown += list(lesson.check.options.values())
    assert sum(len(plain(text.en).split()) for text in shown) <= MOST_WORDS


@pytest.mark.parametrize("lesson", EVERY)
def test_every_text_is_there_in_every_language_with_the_same_values_to_fill_in(lesson: Lesson) -> None:
    for text in texts(lesson):
        assert text.en.strip() and text.tw.strip() and text.cn.strip(), text
        names = [sorted(re.findall(r"{(\w*)", form)) for form in (text.en, text.tw, text.cn)]
        assert names[0] == names[1] == names[2], text
        if len(plain(text.en).split()) > 3:  # shorter ones may be names and formulas
            assert CHINESE.search(text.tw) and CHINESE.search(text.cn), text
    long = [text for text in texts(lesson) if len(text.en.split()) > 6]
    assert any(text.tw != text.cn for text in long)  # one is not a copy of the other


@pytest.mark.parametrize("lesson", EVERY)
def test_a_lesson_has_one_primary_button_or_something_to_move_and_at_most_one_to_play(lesson: Lesson) -> None:
    assert sum(button.primary for button in lesson.buttons) <= 1
    assert sum(button.plays for button in lesson.buttons) <= 1
    assert lesson.controls or lesson.buttons
    names = [part.name for part in (*lesson.controls, *lesson.buttons)]
    assert len(names) == len(set(names)) and all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert not {"lesson", "lang", "presses", "hide", "projector", "guess"} & set(names)
    assert lesson.source and lesson.formula.count("$") == 0
    for control in lesson.controls:
        assert control.check(lesson.defaults()[control.name]) == lesson.defaults()[control.name]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson", EVERY)
def test_a_lesson_opens_with_a_figure_a_sentence_and_finite_numbers(lesson: Lesson, language: str) -> None:
    view = Hands(lesson.slug, language).view
    assert "<figure" in view.figure and view.figure.count("<svg") == view.figure.count("</svg>")
    assert len({reading.name for reading in view.readings}) == len(view.readings)
    if language != "en":
        captions = re.findall(r"<figcaption[^>]*>([^<]+)", view.figure)
        assert captions and all(CHINESE.search(caption) for caption in captions)
        assert not view.sentence or CHINESE.search(view.sentence)


@pytest.mark.parametrize("lesson", EVERY)
def test_every_control_that_does_not_begin_anew_changes_what_is_seen(lesson: Lesson) -> None:
    live = [control for control in lesson.controls if not control.restarts]
    button = next((b for b in lesson.buttons if (b.plays or b.primary) and not b.drawn), None)
    for control in live:
        hands = Hands(lesson.slug)
        assert (
            changes(hands, control) or in_another_choice(hands, control) or pressed(hands, control, button)
        ), f"{control.name} changes nothing"


def changes(hands: Hands, control: Control) -> bool:
    """Whether some value of the control makes another picture."""
    for other in others(control, hands.values[control.name]):
        before = hands.view
        if hands.set(control.name, other).view != before:
            return True
    return False


def in_another_choice(hands: Hands, control: Control) -> bool:
    """A control may belong to one choice of another: the handle of a second Gaussian, say."""
    for choice in hands.lesson.controls:
        if isinstance(choice, Choice) and choice is not control:
            for key in choice.options:
                if changes(hands.set(choice.name, key), control):
                    return True
    return False


def pressed(hands: Hands, control: Control, button: Button | None) -> bool:
    """Some only matter once something was pressed."""
    return button is not None and changes(hands.press(button.name), control)


def others(control: Control, value: Any) -> list[Any]:
    """Other values of a control, and the old one again at the end."""
    if isinstance(control, Slider):
        found: list[Any] = [control.low, control.high]
    elif isinstance(control, Whole):
        found = [control.low + 1, control.high]
    elif isinstance(control, Choice):
        found = list(control.options)
    elif isinstance(control, Handle):
        found = [control.low, control.high]
    else:
        assert isinstance(control, Toggle)
        found = [not value]
    different = [other for other in found if other != value]
    return [*different, value, *different, value]


# -- a small lesson with known answers


class Tally(Exhibit):
    """Counts presses; the answer is known from the first on."""

    def __init__(self, values: Any, room: Room) -> None:
        super().__init__(values, room)
        self.start, self.total = values["start"], values["start"]
        self.marks: list[str] = []

    def press(self, name: str, argument: str = "") -> None:
        if name == "mark":
            if argument == "bad":
                raise LessonError("mark is 'bad', but must be good.")
            self.marks.append(argument)
        else:
            self.total += 1

    def view(self, values: Any, say: Any) -> View:
        shown = self.total * values["scale"]
        return View(
            f"<figure>{self.marks}{values['place']}</figure>",
            say(SAID, total=self.total),
            (Reading("shown", SAID, shown),),
            answer=("many" if self.total > 3 else "few") if self.total > self.start else None,
            evidence=f"{self.total}",
            finished=self.total >= 50,
        )


def T(word: str) -> Text:
    return Text(word, word + "繁", word + "简")


SAID = Text("Total {total}.", "總數 {total}。", "总数 {total}。")
TALLY = Lesson(
    slug="tally", place=1, title=T("Tally"), question=T("How many?"), lead=T("Lead $x$."), formula="x",
    controls=(
        Whole("start", T("Start"), 0, 9, 0, restarts=True), Slider("scale", T("Scale"), 0.5, 4.0, 0.5, 1.0),
        Choice("kind", T("Kind"), {"a": T("first"), "b": T("second")}, "a"), Toggle("on", T("On"), True),
        Handle("place", T("Place"), (-1.0, 0.0), (1.0, 1.0), (0.5, 0.25), "x"),
    ),
    buttons=(
        Button("step", T("Step"), primary=True, plays=True), Button("mark", T("Mark"), drawn=True),
    ),
    things=(
        Thing(T("a"), T("b"), {"scale": 2.0}), Thing(T("a"), T("b"), presses=(("step", 5), ("mark:x1", 2))),
        Thing(T("a"), T("b"), {"start": 4}, (("step", 1),), restart=True),
    ),
    check=Check(T("?"), {"many": T("many"), "few": T("few")}),
    exhibit=Tally, source="None",
)  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> LessonRun:
    """A run on a path of two lessons."""
    known = {"tally": TALLY, "likelihood-is-kl": lessons()["likelihood-is-kl"]}
    monkeypatch.setattr("playground.lessons.run.lessons", lambda: known)
    return LessonRun(Room(FaceShop()))


def finish(run: LessonRun) -> None:
    while run.pending:
        run.play(5.0)


def shown(run: LessonRun) -> dict[str, Any]:
    """What the page shows, without what counts the exhibits made."""
    page = run.page()
    del page["run"]
    return page


def test_a_link_opens_the_same_state_with_values_and_presses(run: LessonRun) -> None:
    run.set("start", 3)
    run.set("scale", 1.5)
    run.set("place", [0.123456789, 0.7])
    run.press("step")
    run.press("step")
    run.press("mark", "x1,2.5")
    run.press("step")
    query = dict(parse_qsl(run.link()))
    assert query["presses"] == "step*2.mark:x1,2.5.step"
    other = LessonRun(run.room)
    other.open(query)
    finish(other)
    assert shown(other) == shown(run)


def test_the_default_state_has_the_shortest_link(run: LessonRun) -> None:
    assert run.link() == "lesson=tally"


def test_a_changed_control_that_begins_anew_forgets_the_presses_and_others_keep_them(run: LessonRun) -> None:
    run.press("step")
    run.set("scale", 2.0)
    assert run.iteration == 1
    run.set("start", 0)  # as it was
    assert run.iteration == 1
    run.set("start", 1)
    assert run.iteration == 0


def test_a_handle_keeps_the_coordinate_that_cannot_be_dragged(run: LessonRun) -> None:
    run.set("place", [-0.5, 0.9])
    assert run.values["place"] == (-0.5, 0.25)


def test_show_me_sets_the_controls_and_play_does_its_presses_then_stops(run: LessonRun) -> None:
    run.show(1)
    assert run.pending
    finish(run)
    assert run.stopped and run.iteration == 7 and run.page()["sentence"] == "Total 5."
    run.show(2)
    finish(run)
    assert run.page()["sentence"] == "Total 5." and run.iteration == 1


def test_play_repeats_the_playing_button_until_the_exhibit_has_finished(run: LessonRun) -> None:
    run.ready()
    assert run.play(1000.0, 10) == 10
    assert run.page()["readings"][0]["value"] == 10 and not run.stopped
    run.play(1000.0, 40)
    run.page()
    assert run.stopped
    run.press("step")
    assert not run.page()["finished"] or run.stopped


def test_a_link_goes_on_pressing_after_the_exhibit_has_finished(run: LessonRun) -> None:
    run.open({"lesson": "tally", "presses": "step*60.mark:x1"})
    while run.pending:
        run.play(1.0)
        run.page()
        assert run.stopped == (not run.pending)
    assert run.iteration == 61


def test_the_check_answers_from_the_numbers_and_only_after_a_prediction(run: LessonRun) -> None:
    check = run.page()["check"]
    assert check["verdict"] == "open" and check["answer"] is None
    run.press("step")
    assert run.page()["check"]["answer"] is None  # nothing is given away
    run.predict("few")
    assert run.page()["check"]["verdict"] == "right"
    for _ in range(4):
        run.press("step")
    check = run.page()["check"]
    assert (check["verdict"], check["answer"], check["evidence"]) == ("wrong", "many", "5")


def test_every_word_follows_the_language(run: LessonRun) -> None:
    run.speak("zh-TW")
    page = run.page()
    assert page["sentence"] == "總數 0。" and page["lesson"]["title"] == "Tally繁"
    run.speak("zh-CN")
    assert run.page()["lesson"]["things"][0]["do"] == "a简"


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        (lambda run: run.set("start", 10), "start is 10"),
        (lambda run: run.set("start", 1.5), "whole number"),
        (lambda run: run.set("scale", math.nan), "scale is nan"),
        (lambda run: run.set("scale", True), "scale is True"),
        (lambda run: run.set("scale", "2"), "from 0.5 to 4"),
        (lambda run: run.set("kind", "c"), "one of a, b"),
        (lambda run: run.set("kind", ["a"]), "one of a, b"),
        (lambda run: run.set("on", 1), "true or false"),
        (lambda run: run.set("place", [2.0, 0.0]), "from -1 to 1"),
        (lambda run: run.set("place", "0,0"), "two numbers"),
        (lambda run: run.set("nothing", 1), "start, scale, kind, on, place"),
        (lambda run: run.set(None, 1), "no control"),
        (lambda run: run.press("nothing"), "step, mark"),
        (lambda run: run.press("mark", "a b"), "mark cannot take"),
        (lambda run: run.press("mark", "x" * 41), "mark cannot take"),
        (lambda run: run.press("mark", ["x"]), "mark cannot take"),
        (lambda run: run.press("mark", "bad"), "must be good"),
        (lambda run: run.show(3), "0, 1 or 2"),
        (lambda run: run.show(True), "0, 1 or 2"),
        (lambda run: run.show([0]), "0, 1 or 2"),
        (lambda run: run.predict("maybe"), "many, few"),
        (lambda run: run.predict(["many"]), "many, few"),
        (lambda run: run.speak("de"), "en, zh-TW, zh-CN"),
        (lambda run: run.speak(["en"]), "en, zh-TW, zh-CN"),
        (lambda run: run.open({"lesson": "nothing"}), "tally, likelihood-is-kl"),
        (lambda run: run.open({"lesson": "tally", "scale": "nine"}), "scale is 'nine'"),
        (lambda run: run.open({"lesson": "tally", "colour": "red"}), "no control"),
        (lambda run: run.open({"lesson": "tally", "on": "yes"}), "0 or 1"),
        (lambda run: run.open({"lesson": "tally", "place": "1"}), "comma"),
        (lambda run: run.open({"lesson": "tally", "presses": "step*99999"}), "5,000"),
        (lambda run: run.open({"lesson": "tally", "presses": "STEP"}), "must be a button"),
        (lambda run: run.open({"lesson": "tally", "presses": "walk"}), "no button"),
        (lambda run: run.open({"lesson": "tally", "presses": "s" * 2000}), "characters"),
    ],
)
def test_a_bad_wish_is_refused_with_a_sentence_and_nothing_changes(
    run: LessonRun, wish: Any, named: str
) -> None:
    run.press("step")
    before = shown(run)
    with pytest.raises(LessonError, match=re.escape(named)):
        wish(run)
    assert shown(run) == before


def test_a_press_that_fails_on_the_way_ends_what_was_pending(run: LessonRun) -> None:
    run.open({"lesson": "tally", "presses": "step.mark:bad.step*9"})
    with pytest.raises(LessonError, match="must be good"):
        finish(run)
    assert not run.pending and run.iteration == 1


def test_a_run_of_too_many_different_presses_says_that_the_link_does_not_hold_them(run: LessonRun) -> None:
    for _ in range(MOST_LOG // 6):
        run.press("step")
        run.press("mark", "x")
    page = run.page()
    assert not page["whole"] and "presses" not in dict(parse_qsl(page["link"]))
    assert len(page["link"]) < 200


def test_presses_are_read_as_they_are_written() -> None:
    assert read_presses(TALLY, "step*2.mark:1.5,-2.mark:a") == [
        ("step", ""), ("step", ""), ("mark", "1.5,-2"), ("mark", "a"),
    ]  # fmt: skip
    assert read_presses(TALLY, "") == []


def test_two_runs_share_nothing(run: LessonRun) -> None:
    other = LessonRun(run.room)
    other.press("step")
    assert run.iteration == 0 and run.page()["sentence"] == "Total 0."


@pytest.mark.parametrize("lesson", EVERY)
def test_the_same_presses_show_the_same_picture_bit_for_bit(lesson: Lesson) -> None:
    button = next((b for b in lesson.buttons if b.plays or b.primary), None)
    pictures = []
    for _ in range(2):
        hands = Hands(lesson.slug)
        if button is not None and not button.drawn:
            hands.press(button.name, 2)
        pictures.append(hands.view)
    assert pictures[0] == pictures[1] or _equal_with_nan(*pictures)


def _equal_with_nan(first: View, second: View) -> bool:
    values = [[reading.value for reading in view.readings] for view in (first, second)]
    return first.figure == second.figure and np.array_equal(values[0], values[1], equal_nan=True)


# -- languages


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-TW"), ("zh-Hant-HK", "zh-TW"), ("zh-HK", "zh-TW"), ("zh", "zh-CN"),
        ("zh-CN,zh", "zh-CN"), ("zh-Hans-SG", "zh-CN"), ("de-DE,zh-TW", "zh-TW"), ("de,fr", "en"),
        ("en-GB,zh", "en"), ("", "en"), (";;,,", "en"),
    ],
)  # fmt: skip
def test_the_browsers_list_chooses_the_closest_language(wanted: str, found: str) -> None:
    assert closest_language(wanted) == found


def test_no_two_lessons_ask_the_same_question() -> None:
    asked = Counter(
        itertools.chain.from_iterable([lesson.question.en, lesson.title.en] for lesson in lessons().values())
    )
    assert [words for words, times in asked.items() if times > 1] == []
