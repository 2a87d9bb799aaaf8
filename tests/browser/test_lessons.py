"""The Lessons page in a real Chromium: path, address, sharing, projector, keys, languages, refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from lesson_page import PATIENCE_MS, LessonPage
from playground.lessons import lessons

FIRST, SECOND = list(lessons())[:2]
STEPPED = "dirac-gan"  # one that is pressed
DRAGGED = "likelihood-is-kl"  # one that is dragged


def query(page: LessonPage) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(page.page.url).query).items()}


def opened(page: LessonPage, slug: str) -> None:
    page.until(f"__lesson.frame && __lesson.frame.lesson.slug === '{slug}'")


def primary(slug: str) -> str:
    return next(button.name for button in lessons()[slug].buttons if button.primary)


def played(slug: str) -> str:
    return next(button.name for button in lessons()[slug].buttons if button.plays)


def handle(slug: str) -> str:
    return next(c.name for c in lessons()[slug].controls if type(c).__name__ == "Handle")


def test_the_path_leads_through_all_lessons_and_back(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(FIRST)
    assert page.page.locator(".path li").count() == len(lessons())
    assert page.page.locator(".path .step").first.is_disabled()
    page.page.click(".path .step:last-child")
    opened(page, SECOND)
    assert query(page)["lesson"] == SECOND
    page.page.click(f'.path a[href*="lesson={STEPPED}"]')
    opened(page, STEPPED)
    page.page.select_option(".lesson-menu", DRAGGED)
    opened(page, DRAGGED)
    assert page.page.inner_text("h1") == lessons()[DRAGGED].question.en
    page.page.go_back()
    opened(page, STEPPED)
    page.page.go_back()
    opened(page, SECOND)


def test_without_a_lesson_in_the_address_the_first_opens(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(FIRST)
    page.page.goto(f"{page.url}/lessons")
    page.until("window.__lesson && __lesson.frame")
    assert page.see("lesson.place") == 1
    assert page.page.locator(".lesson-words-place .katex").count() or not lessons()[FIRST].formula


def test_the_address_follows_what_is_done_and_opens_it_again(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(STEPPED)
    button = primary(STEPPED)
    page.press(button, 3)
    assert query(page)["presses"] == f"{button}*3"
    told = page.sentence
    other = lesson_page(STEPPED, **{key: value for key, value in query(page).items() if key != "lesson"})
    assert other.sentence == told
    assert other.page.inner_html(".lesson-figure") == page.page.inner_html(".lesson-figure")


def test_formulas_are_typeset(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(STEPPED)
    page.page.locator(".lesson-words-place .katex").first.wait_for(timeout=PATIENCE_MS)
    assert "$" not in page.page.inner_text(".lesson-words-place")


def test_a_teachers_link_hides_what_was_unticked(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(STEPPED)
    control = next(c.name for c in lessons()[STEPPED].controls if type(c).__name__ != "Handle")
    page.page.click('[data-button="_share"]')
    for part in ("things", "path", control):
        page.page.click(f'[data-hides="{part}"]')
    link = page.page.input_value(".share .link input")
    page.page.keyboard.press("Escape")
    assert page.page.locator(".share").count() == 0
    page.page.goto(link)
    page.until("window.__lesson && __lesson.frame")
    for hidden in (".lesson-things", ".path", f'[data-control="{control}"]'):
        assert not page.page.locator(hidden).first.is_visible()
    assert page.page.locator(".lesson-check").is_visible()
    page.press(primary(STEPPED))
    assert "hide" in query(page)  # and it stays so


def test_the_projector_shows_the_figure_first_and_large(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(DRAGGED)
    size = "parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)"
    width = "document.querySelector('.lesson-figure').getBoundingClientRect().width"
    before = page.page.evaluate(f"[{size}, {width}]")
    page.page.click('[data-button="_projector"]')
    after = page.page.evaluate(f"[{size}, {width}]")
    assert after[0] > 1.3 * before[0] and after[1] > 1.2 * before[1]
    assert query(page)["projector"] == "1"
    page.page.reload()
    page.until("window.__lesson && __lesson.frame")
    assert page.page.evaluate(size) == after[0]
    page.page.click('[data-button="_projector"]')
    assert page.page.evaluate(f"[{size}, {width}]") == before


def test_keys_press_play_reset_and_walk(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(STEPPED)
    page.page.keyboard.press("s")
    page.until("__lesson.frame.pressed === 1")
    page.page.keyboard.press("r")
    page.until("__lesson.frame.pressed === 0")
    page.page.keyboard.press(" ")
    page.until("__lesson.frame.playing")
    page.page.keyboard.press(" ")
    page.until("!__lesson.frame.playing")
    page.page.keyboard.press("n")
    opened(page, list(lessons())[list(lessons()).index(STEPPED) + 1])
    page.page.keyboard.press("p")
    opened(page, STEPPED)


def test_a_handle_moves_by_arrow_keys_and_keeps_the_focus(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(DRAGGED)
    name = handle(DRAGGED)
    before = page.see(f"values.{name}")[0]
    page.page.focus(f'[data-handle="{name}"]')
    for _ in range(2):
        at = page.see(f"values.{name}")[0]
        page.page.keyboard.press("ArrowRight")
        page.until(f"__lesson.frame.values.{name}[0] > {at}")
    assert page.see(f"values.{name}")[0] > before
    assert page.page.evaluate("document.activeElement.dataset.handle") == name


def test_a_link_that_cannot_be_says_so_and_the_page_still_works(
    lesson_page: Callable[..., LessonPage],
) -> None:
    page = lesson_page(FIRST)
    page.page.goto(f"{page.url}/lessons?lesson={STEPPED}&nothing=1")
    page.until("window.__lesson && __lesson.frame")
    assert "'nothing' is no control" in page.refusal
    page.page.select_option(".lesson-menu", STEPPED)
    opened(page, STEPPED)
    assert not page.page.locator("#lesson-error [role=alert]").is_visible()


def asks(page: LessonPage, slug: str, presses: str) -> None:
    """The page asks for a link's presses."""
    page.page.evaluate(
        "([lesson, presses]) => __lesson.wish({ act: 'open', query: { lesson, presses } })", [slug, presses]
    )


def test_a_link_whose_page_nobody_looked_at_for_a_while_is_done_to_its_end(
    lesson_page: Callable[..., LessonPage],
) -> None:
    page = lesson_page("forger-and-detective")
    page.page.evaluate("() => { window.kept = __lesson.page.ack; __lesson.page.ack = () => {}; }")
    asks(page, "forger-and-detective", f"{played('forger-and-detective')}*60")
    page.until("__lesson.frame.pending > 0 && !__lesson.frame.playing && __lesson.frame.pressed > 0")
    page.page.evaluate("() => { __lesson.page.ack = window.kept; }")
    page.until("__lesson.frame.pressed === 60 && !__lesson.frame.pending && !__lesson.frame.playing")


def test_pause_ends_the_presses_of_a_link(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("forger-and-detective")
    asks(page, "forger-and-detective", f"{played('forger-and-detective')}*400")
    page.until("__lesson.frame.playing && __lesson.frame.pressed > 2")
    page.page.click('[data-button="_play"]')
    page.until("!__lesson.frame.playing && !__lesson.frame.pending")
    pressed = page.see("pressed")
    page.page.wait_for_timeout(2000)
    assert page.see("pressed") == pressed < 400


def test_two_visitors_do_not_see_each_others_presses(lesson_page: Callable[..., LessonPage]) -> None:
    one, two = lesson_page(STEPPED), lesson_page(STEPPED)
    one.press(primary(STEPPED), 2)
    two.press(primary(STEPPED))
    assert (one.see("pressed"), two.see("pressed")) == (2, 1)
    assert one.see("session") != two.see("session")


def test_nothing_of_a_lesson_comes_from_another_machine(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(STEPPED)
    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.page.reload()
    page.until("window.__lesson && __lesson.frame")
    assert asked and {urlsplit(url).hostname for url in asked if url.startswith("http")} == {"127.0.0.1"}


def test_a_browser_in_chinese_reads_lessons_in_chinese(lesson_page: Callable[..., LessonPage]) -> None:
    for locale, form in (("zh-TW", "tw"), ("zh-CN", "cn")):
        page = lesson_page(STEPPED, {"locale": locale})
        assert page.page.inner_text("h1") == getattr(lessons()[STEPPED].question, form)
        assert re.search(r"[\u4e00-\u9fff]", page.page.inner_text("#lesson-words"))
        assert page.see("language") == locale


def test_on_a_phone_everything_stands_in_one_column(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page(DRAGGED, {"viewport": {"width": 390, "height": 844}})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    for tool in page.page.locator(".lesson-tools > *").all():
        box = tool.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    main, side = (page.page.locator(part).bounding_box() for part in (".lesson-main", ".lesson-side"))
    assert side["y"] >= main["y"] + main["height"]


def test_surfaces_are_coloured_for_the_theme(lesson_page: Callable[..., LessonPage]) -> None:
    page = lesson_page("forger-and-detective")
    page.until("document.querySelector('image[data-heat]')?.getAttribute('href')")
    light = page.page.get_attribute("image[data-heat]", "href")
    page.page.evaluate("document.body.classList.toggle('dark')")
    page.until(f"document.querySelector('image[data-heat]').getAttribute('href') !== {light!r}")
