"""A stale D in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_move_g_far_and_train_d_again(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("how-far-may-g-move", seed=1)
    page.predict("low")
    fresh = page.reading("error")
    page.press("move")
    assert page.reading("age") == 2 and page.reading("moved") > 0
    page.show(1)
    stale = page.reading("error")
    assert stale > 10 * fresh and page.verdict == "right"
    page.press("train", times=3)
    assert page.reading("error") < stale and page.reading("age") == 0
    page.set("k", 5)
    page.press("move")
    assert page.reading("age") == 5
