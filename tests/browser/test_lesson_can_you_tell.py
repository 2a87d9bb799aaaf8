"""Lesson 22 on the real page: guessing blindly, with the judge, and with eyes."""

from __future__ import annotations

from typing import Any


def test_guesses_are_counted_beside_the_judges(lesson_page: Any) -> None:
    page = lesson_page("can-you-tell", seed=0)
    page.predict("better")
    page.press("gan", times=12)
    assert page.reading("low") < 1 / 3 < page.reading("high")
    assert page.verdict == "right"
    page.show(1)
    assert page.reading("yours") == page.reading("judges") > 0.5
    page.show(2)
    assert page.reading("pictures") == 0 and page.verdict == "open"
    for guess in ("ae", "vae", "gan"):
        page.press(guess)
    assert page.reading("pictures") == 3
