"""The Dirac-GAN in a real Chromium: out, round and in."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_spiral_circle_and_rest(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("dirac-gan")
    page.predict("farther")
    page.press("many", times=5)
    assert page.reading("turn") > 1.3 and page.verdict == "right"

    page.set("order", "alternating")
    assert page.verdict == "open" and page.reading("radius") == 1.0
    page.press("many", times=5)
    assert abs(page.reading("turn") - 1.0) < 0.01 and page.verdict == "wrong"

    page.set("method", "r1")
    page.set("gamma", 1.0)
    assert abs(page.reading("real") + 0.5) < 1e-6
    page.show(2)
    assert page.reading("distance") < 0.05

    page.drag("start", 1.5, 1.0)
    assert abs(page.reading("distance") - (1.5**2 + 1.0) ** 0.5) < 0.2
