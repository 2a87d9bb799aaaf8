"""Asking for digits and faces in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_train_told_and_untold_and_ask_for_hair(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("asking-for-something", seed=1)
    page.predict("most")
    page.show(0)
    assert page.reading("asked") >= 95
    assert page.verdict == "right"

    before = page.page.inner_html(".lesson-figure")
    page.set("first", -1.5)
    assert page.page.inner_html(".lesson-figure") != before
    assert page.reading("updates") == 600

    page.set("hair", "blue")
    page.set("eyes", "aqua")
    assert page.reading("hair") >= 5

    page.set("told", False)
    assert page.reading("updates") == 0
    page.press("train", 1)
    page.show(1)
    assert page.reading("asked") == 10
