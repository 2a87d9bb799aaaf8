"""Lesson 1 on the real page: another seed, a slider, a colour."""

from __future__ import annotations

from typing import Any


def test_another_seed_a_slider_and_a_colour_do_what_they_say(lesson_page: Any) -> None:
    page = lesson_page("what-is-generation", seed=3)
    page.predict("only")
    page.press("another", times=3)
    assert page.reading("apart") > 20.0 and page.verdict == "open"
    page.set("move", 2.0)
    assert page.reading("named") > 0.25 and page.reading("largest_other") > 0.25
    assert page.verdict == "wrong"
    page.set("move", 0.0)
    page.set("hair", "blue")
    assert page.reading("hair_read") > 0.9
    page.show(1)
    assert page.reading("named") > 0.25
