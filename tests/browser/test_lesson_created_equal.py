"""Are GANs created equal, trained, budgeted and looked at in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_train_all_move_the_budget_and_look_at_two_models(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("are-gans-created-equal", seeds=1, presses="train*70")
    page.predict("vae_vae")
    assert page.verdict == "open"
    page.press("train", 5)
    assert page.see("finished")
    answer = "gan" if page.reading("best_gan") < page.reading("best_vae") else "vae"
    assert page.verdict == ("wrong" if answer == "gan" else page.verdict)
    assert "With k = 1:" in page.sentence

    page.set("tries", 4)
    assert "With k = 4:" in page.sentence

    figure = page.page.locator(".lesson-figure")
    page.part("look:9")  # NS, the largest rate
    assert "Points of NS, rate 0.03, seed 0" in figure.inner_text()
    page.part("look:7")
    assert "rate 0.003" in figure.inner_text()
    page.part("look:7")
    assert "Best of several tries" in figure.inner_text()
