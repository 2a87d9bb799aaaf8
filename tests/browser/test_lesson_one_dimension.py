"""The one-dimensional GAN in a real Chromium: D alone, G alone, both."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_d_settles_g_leaves_it_behind_and_both_meet_the_data(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("one-dimensional-gan", seed=1)
    page.predict("best")
    start = page.reading("gap")
    page.press("d", 15)
    settled = page.reading("gap")
    assert settled < start / 5
    assert page.reading("value") <= page.reading("best_value")
    assert page.verdict == "right"
    page.press("g", 20)
    assert page.reading("gap") > 5 * settled
    page.show(2)
    page.until("__lesson.frame.pressed === 100")
    assert page.reading("jsd") < 0.1
    page.set("target", "two")
    assert "Nothing is trained yet" in page.sentence
