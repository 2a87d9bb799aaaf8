"""Lesson 17 in a real browser: three kinds of run by their signs, and a hidden one to diagnose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_each_kind_of_run_shows_its_signs(lesson_page: Callable[..., Any]) -> None:
    page = lesson_page("balance-and-collapse", seed=1)
    page.show(0)
    assert page.reading("lag") > 0.7
    assert abs(page.reading("real") - page.reading("generated")) < 0.2
    page.show(1)
    assert page.reading("real") - page.reading("generated") > 0.9
    page.show(2)
    assert page.reading("lag") < 0.7
    assert page.reading("modes") < 6


def test_a_hidden_run_is_judged_by_its_measures(lesson_page: Callable[..., Any]) -> None:
    page = lesson_page("balance-and-collapse", seed=2, presses="train*49")
    page.predict("collapsed")
    assert page.verdict == "open"
    page.press("train")
    assert page.reading("modes") > 6
    assert page.verdict == "wrong"
    page.predict("balanced")
    assert page.verdict == "right"
