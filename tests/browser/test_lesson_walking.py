"""Lesson 20 on the real page: halfway, another pair, the VAE."""

from __future__ import annotations

from typing import Any


def test_halfway_another_pair_and_the_vae_show_what_is_lost(lesson_page: Any) -> None:
    page = lesson_page("walking-between-faces", first=3, second=8)
    page.predict("pixels")
    assert page.verdict == "open"
    page.set("place", 4)
    assert 0.4 < page.reading("pixels") < 0.65 and page.verdict == "right"
    page.press("pair", times=2)
    assert 0.4 < page.reading("pixels") < 0.65 and 0.55 < page.reading("length") < 0.85
    page.set("model", "vae")
    assert page.reading("spherical") > page.reading("linear") + 0.1
    page.show(0)
    assert "Step 4" in page.sentence
