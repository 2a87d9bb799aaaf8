"""Why randomness, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_one_dot_or_two_halves(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("why-randomness", seed=1)
    page.predict("two")
    page.press("learn")
    assert page.verdict == "open"
    page.show(0)
    assert abs(page.reading("left") - 0.5) < 0.1 and page.reading("one_dot") > 0.8
    assert page.verdict == "right"
    before = page.page.inner_html(".lesson-figure")
    page.drag("z", 2.0, 0.0)
    assert page.page.inner_html(".lesson-figure") != before
    page.set("before", 2)
    assert page.reading("one_dot") > 0.8
