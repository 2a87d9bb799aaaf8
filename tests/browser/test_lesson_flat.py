"""Lesson 16 in a real browser: D is flat at the data only, farther with replay, blind when tiny."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_d_ends_at_half_at_the_data_but_not_between(lesson_page: Callable[..., Any]) -> None:
    page = lesson_page("does-d-end-flat", seed=1)
    page.predict("everywhere")
    page.press("train")
    assert page.reading("iteration") == 20
    assert page.verdict == "open"
    page.show(0)
    assert page.reading("on") < 0.1 < page.reading("between")
    assert page.verdict == "wrong"


def test_a_tiny_d_is_flat_everywhere_and_replay_begins_anew(lesson_page: Callable[..., Any]) -> None:
    page = lesson_page("does-d-end-flat", seed=1)
    page.show(2)
    assert max(page.reading(place) for place in ("on", "between", "far")) < 0.1
    assert page.reading("lag") > 0.5
    page.set("capacity", "usual")
    page.set("replay", 0.7)
    assert page.reading("iteration") == 0
    page.press("train", times=2)
    assert page.reading("iteration") == 40
