"""A VAE and a mixture of Gaussians, trained side by side in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lesson_page import LessonPage


def test_train_slide_z_and_step_em(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("infinite-mixture", seed=1)
    page.predict("vae")
    before = page.reading("elbo")
    page.show(0)
    page.until("__lesson.frame.pressed === 40")
    assert page.reading("elbo") > before
    assert page.reading("elbo") < page.reading("log_p")
    assert page.reading("log_p") - page.reading("elbo") == pytest.approx(page.reading("gap"), abs=2e-3)

    readings = [page.reading(name) for name in ("log_p", "elbo", "gap")]
    page.set("z", -1.2)
    assert "z = −1.20" in page.sentence
    assert [page.reading(name) for name in ("log_p", "elbo", "gap")] == readings

    for _ in range(3):
        page.press("em")
        assert page.reading("gain") >= 0.0
    assert page.verdict == "open"
    page.show(2)
    page.until("__lesson.frame.pressed === 63")
    assert page.verdict == "wrong"
    page.predict("em")
    assert page.verdict == "right"
    page.set("k", "1")
    assert page.verdict == "open"
