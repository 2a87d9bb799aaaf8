"""Painting on two copies of a digit, with a click and with a stroke, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_train_d_paint_a_stray_pixel_and_a_longer_stroke(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("pixel-distance", seed=1)
    page.predict("agree")
    page.press("train", 2)
    page.show(0)
    assert page.reading("accuracy") > 75

    page.part("paint:a40")
    page.stroke(["paint:b34", "paint:b42", "paint:b50"])
    assert page.reading("error_left") == 1.0
    assert page.reading("error_right") > 2.0
    assert page.reading("score_left") < page.reading("score_right")
    assert page.verdict == "wrong"

    stray = page.reading("score_left")
    page.press("clear")
    assert page.reading("error_right") == 0.0
    page.part("paint:a34")
    assert page.reading("score_left") > stray
    page.set("picture", 3)
    assert page.reading("updates") == 600
