"""The generating discriminator in a real Chromium: rounds, memory, the plane."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_false_peaks_fall_and_the_maxima_reach_the_data(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("can-d-generate", seed=1)
    page.predict("stay")
    page.press("round", 1)
    assert page.reading("before") > 0.9 and page.verdict == "open"
    page.press("round", 1)
    assert page.reading("round") == 3
    assert page.verdict == "wrong"
    page.predict("down")
    assert page.verdict == "right"
    page.set("memory", True)
    assert page.reading("round") == 1  # a new exhibit
    page.press("round", 8)
    assert page.reading("on_data") == 100.0
    page.show(2)
    page.until("__lesson.frame.pressed === 10")
    assert page.reading("on_data") > 60.0
    assert "D generates" in page.sentence
