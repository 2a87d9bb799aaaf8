"""An autoencoder and a VAE of two moons, trained with three KL weights in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

from lesson_page import LessonPage


def test_train_without_the_kl_term_and_with_much_of_it(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("noise-in-the-code", seed=1)
    page.predict("between")
    page.show(0)
    assert page.reading("moons_vae") > page.reading("moons_ae")
    assert page.verdict == "right"

    page.set("beta", 0.0)
    assert page.reading("updates") == 0  # another weight is another training
    before = page.reading("sigma")
    page.press("train", 3)
    assert page.reading("updates") == 15
    page.show(1)
    assert page.reading("sigma") < 0.1 * before
    page.predict("none")
    assert page.verdict == "right"

    page.show(2)
    assert page.reading("sigma") > 0.9
    assert page.reading("apart") < 0.1
