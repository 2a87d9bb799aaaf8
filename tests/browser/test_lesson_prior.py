"""Does the prior matter, trained on two targets and looked at in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_train_on_the_ring_look_at_two_then_take_the_grid(
    lesson_page: Callable[..., LessonPage],
) -> None:
    page = lesson_page("does-the-prior-matter", seeds=2, presses="train*100")
    page.predict("shape")
    page.press("train", 2)
    assert page.see("finished")
    shares = {name: page.reading(name) for name in ("dimensions", "shape", "seed")}
    assert page.verdict == "wrong" and shares["shape"] < 20.0
    page.predict(max(shares, key=shares.__getitem__))
    assert page.verdict == "right"
    assert page.reading("five") < page.reading("one")

    figure = page.page.locator(".lesson-figure")
    page.part("look:0")
    assert "normal z, 1-D, seed 0" in figure.inner_text()
    page.part("look:14")
    assert "uniform z, 20-D, seed 0" in figure.inner_text()

    page.set("target", "grid")
    assert page.verdict == "open" and "20 GANs wait" in page.sentence
    page.press("train", 4)
    assert "20 GANs after 40 of 1,000 iterations" in page.sentence
