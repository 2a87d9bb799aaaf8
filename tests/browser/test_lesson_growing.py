"""Lesson 21 on the real page: training on, to the end, and the other model."""

from __future__ import annotations

from typing import Any


def test_training_on_shows_mist_then_blur_then_the_gan(lesson_page: Any) -> None:
    page = lesson_page("growing-up", seed=0)
    page.predict("blurred")
    page.press("train")
    assert "1,000 updates" in page.sentence and page.verdict == "open"
    page.press("train", times=7)
    assert page.reading("fine") < -8.0 and page.verdict == "right"
    page.set("model", "gan")
    assert abs(page.reading("fine")) < 1.5 and page.verdict == "wrong"
    page.show(0)
    assert "1,000 updates" in page.sentence
