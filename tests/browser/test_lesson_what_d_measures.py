"""What D measures in a real Chromium: train, drag together, drag apart."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from lesson_page import LessonPage


def test_v_climbs_to_its_bound_and_blocks_apart_only_move_wasserstein(
    lesson_page: Callable[..., LessonPage],
) -> None:
    page = lesson_page("what-d-measures")
    low = page.reading("value")
    page.press("train", 20)
    assert low < page.reading("value") <= page.reading("best_value")
    page.drag("q", -1.0, 0.8)
    assert page.reading("jsd") < 0.02
    page.set("shape", "blocks")
    page.predict("wasserstein")
    page.drag("q", 2.0, 0.6)
    near = page.reading("wasserstein")
    assert page.reading("jsd") == pytest.approx(math.log(2.0), abs=1e-6)
    page.drag("q", 3.0, 0.6)
    assert page.reading("wasserstein") == pytest.approx(near + 1.0, abs=0.25)
    assert page.reading("jsd") == pytest.approx(math.log(2.0), abs=1e-6)
    assert page.verdict == "right"
