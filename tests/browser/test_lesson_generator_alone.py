"""An autoencoder of digits, trained and dragged through in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_train_and_drag_onto_the_codes_and_away(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("generator-alone", seed=0)
    page.predict("farther")
    page.press("train", 2)
    assert page.reading("updates") == 20
    assert page.verdict == "open"

    page.show(0)
    assert page.reading("near") < page.reading("far")
    assert page.verdict == "right"

    page.drag("code", -2.0, 0.8)
    near = page.reading("here")
    page.drag("code", -2.9, -2.9)
    assert page.reading("here") > page.reading("near") > 0.8 * near
    assert page.reading("updates") == 600  # dragging trains nothing
