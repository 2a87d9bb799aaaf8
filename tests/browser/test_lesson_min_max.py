"""min max, climbed and descended in a real Chromium."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from lesson_page import LessonPage


def test_raise_d_step_g_to_the_kink_and_to_the_data(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("min-max")
    page.predict("g2")  # the lowest for the first D
    assert min(("g1", "g2", "g3"), key=page.reading) == "g2"
    page.press("climb", 15)
    assert page.verdict == "wrong"
    page.predict("g3")
    assert page.verdict == "right"
    assert page.reading("g3") == pytest.approx(-1.238, abs=2e-3)

    page.drag("g1", 0.2, 0.4)  # a new game
    assert page.verdict == "open"

    page.show(1)
    page.until("__lesson.frame.pressed === 40")
    assert abs(page.reading("theta") + 0.5) < 0.6
    assert page.reading("loss") < -math.log(4.0)
    page.set("family", "all")
    page.press("descend")
    assert "w = 2.4" in page.sentence
    page.show(2)
    page.until("__lesson.frame.pressed === 40")
    assert page.reading("theta") == pytest.approx(0.0, abs=0.01)
    assert page.reading("loss") == pytest.approx(-math.log(4.0), abs=1e-3)
