"""The two losses in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_drag_the_logit_and_run_with_each_loss(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("minimax-or-non-saturating", seed=1)
    page.predict("other")
    page.drag("logit", -6.0, 0.0)
    assert abs(page.reading("slope_minimax")) < 0.01 and page.reading("slope_other") < -0.99
    page.show(1)
    assert page.reading("other") < page.reading("minimax") - 0.2
    assert page.verdict == "right"
    page.set("optimizer", "adam")
    assert page.verdict == "open"
    page.press("iterate", times=3)
    assert abs(page.reading("other") - page.reading("minimax")) < 0.1
