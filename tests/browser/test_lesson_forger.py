"""Lesson 2 in a real browser: the bird learns, the butterfly evolves, both play."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_bird_learns_the_butterfly_evolves_and_the_sentence_agrees(
    lesson_page: Callable[..., Any],
) -> None:
    page = lesson_page("forger-and-detective", seed=1)
    page.predict("caught")
    assert page.verdict == "open"
    page.press("learn", times=10)
    real, generated = page.reading("real"), page.reading("generated")
    assert real > 0.7
    assert generated < 0.4
    assert f"→ {generated:.2f}" in page.sentence
    page.press("evolve", times=10)
    assert page.reading("real") == real
    assert page.reading("generated") > 0.9
    assert f"→ {page.reading('generated'):.2f}" in page.sentence
    assert page.verdict == "wrong"


def test_both_in_turn_bring_the_scores_back_to_half(lesson_page: Callable[..., Any]) -> None:
    page = lesson_page("forger-and-detective", seed=1)
    page.show(2)
    assert page.reading("d") == page.reading("g") == 200
    assert abs(page.reading("real") - 0.5) < 0.15
    assert abs(page.reading("generated") - 0.5) < 0.15
