"""Maximum likelihood is KL, dragged in a real Chromium."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from lesson_page import LessonPage

SLUG = "likelihood-is-kl"


def test_drag_to_the_best_fit_to_one_hill_and_to_both(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(SLUG)
    entropy = page.reading("entropy")
    page.predict("hill")
    assert page.verdict == "open"

    page.drag("peak", 0.0, 0.208)
    assert page.reading("cross_entropy") - page.reading("kl") == pytest.approx(entropy, abs=1e-3)
    assert page.verdict == "wrong"
    page.predict("valley")
    assert page.verdict == "right"
    both = page.reading("kl")

    page.drag("peak", 1.8, 0.499)
    assert page.reading("reverse_kl") == pytest.approx(math.log(2.0), abs=0.05)
    assert page.reading("kl") > both + 3.0

    page.set("model", "mixture")
    page.drag("left", -1.8, 0.399)
    page.drag("right", 1.8, 0.249)
    assert page.reading("kl") < 0.01
    assert page.reading("cross_entropy") == pytest.approx(entropy, abs=0.01)
    assert page.reading("entropy") == entropy
