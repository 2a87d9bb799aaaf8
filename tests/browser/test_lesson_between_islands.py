"""Lesson 7 in a real browser: VAE beside GAN on islands, with less noise, and on faces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playground.session.faces import FaceShop


def test_the_vae_leaves_more_off_the_islands_and_more_still_with_little_noise(
    lesson_page: Callable[..., Any],
) -> None:
    page = lesson_page("between-the-islands", seed=1)
    page.predict("vae")
    page.press("train", times=2)
    assert page.reading("iteration") == 20
    assert page.verdict == "open"
    page.show(0)
    first = page.reading("vae")
    assert first > 2 * page.reading("gan") > 2 * page.reading("floor")
    assert f"{first:.1f}%" in page.sentence
    assert page.verdict == "right"
    page.set("noise", 0.02)
    assert page.reading("iteration") == 0, "another noise is another run"
    page.show(1)
    assert page.reading("vae") > 1.5 * first


def test_the_vaes_faces_are_blurred(lesson_page: Callable[..., Any]) -> None:
    if not {"vae", "gan"} <= set(FaceShop().names):
        pytest.skip("no face models are bundled here")
    page = lesson_page("between-the-islands", seed=1)
    page.set("world", "faces")
    page.press("train", times=4)
    assert page.reading("faces") == 4
    assert page.reading("vae_sharpness") < 0.3 < page.reading("gan_sharpness")
