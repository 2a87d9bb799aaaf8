"""The five tabs that compare face models in a real Chromium: the app as a process, with untrained models."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app_process import running_app
from face_bundle import EARLIER, FULL, STEP, write_bundle

PATIENCE_MS = 20_000
TABS = {
    "blur": "Blur",
    "between": "Between two faces",
    "growing": "Growing up",
    "holes": "Codes have holes",
    "memory": "Is it memorising?",
}
SHOWN_POINTS = "[...document.querySelectorAll('.growing [data-places]')].filter(e => e.offsetParent).length"
WATCH = """() => {
  window.seen = [];
  const look = () => {
    const bar = document.querySelector('#own-closest [role=progressbar]');
    const now = bar && Number(bar.getAttribute('aria-valuenow'));
    if (bar && window.seen.at(-1) !== now) window.seen.push(now);
  };
  new MutationObserver(look).observe(document.querySelector('#own-closest'),
    { subtree: true, childList: true, attributes: true });
}"""


class Page:
    """One open page, on one of the tabs."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, name: str, query: str = "") -> Page:
        self.page.goto(f"{self.url}/faces" + (f"?{query}" if query else ""))
        self.page.wait_for_selector("#faces-tabs", timeout=PATIENCE_MS)
        return self.turn(name)

    def turn(self, name: str) -> Page:
        """Open a tab, also where the row of tabs is too short for it, and wait for its picture."""
        self.page.wait_for_selector("#faces-tabs [role=tab]", timeout=PATIENCE_MS)
        tab = self.page.get_by_role("tab", name=TABS[name], exact=True)
        if tab.count() and tab.last.is_visible():
            tab.last.click()
        else:
            self.page.locator("#faces-tabs .overflow-menu > button").click()
            self.page.locator("#faces-tabs .overflow-menu").get_by_text(TABS[name]).click()
        self.page.wait_for_selector(f"#{name}-result figure", timeout=PATIENCE_MS)
        return self

    def until(self, expression: str) -> None:
        self.page.wait_for_function(expression, timeout=PATIENCE_MS, polling=20)

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def refusal(self, name: str) -> str:
        line = self.page.locator(f"#{name}-error [role=alert]")
        line.wait_for(state="visible", timeout=PATIENCE_MS)
        return str(line.inner_text())

    def upload(self, content: bytes, name: str = "face.png") -> None:
        file = {"name": name, "mimeType": "image/png", "buffer": content}
        self.page.set_input_files("#own-picture input[type=file]", file)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, with a bundle and what is known of "real" faces."""
    with pytest.MonkeyPatch.context() as patch:
        folder: Path = write_bundle(tmp_path_factory.mktemp("bundle"), FULL, reference=True)
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(folder))
        patch.delenv("PLAYGROUND_FACES", raising=False)
        with running_app() as url:
            yield url


@pytest.fixture(scope="module")
def laptop(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def visit(browser: Any, laptop: Any, served: str) -> Iterator[Callable[..., Page]]:
    """Opens a tab; the page must end without a JavaScript error."""
    opened: list[Page] = []

    def open_page(name: str, query: str = "", **options: Any) -> Page:
        context = browser.new_context(**options) if options else laptop
        opened.append(Page(context.new_page(), served))
        return opened[-1].go(name, query)

    yield open_page
    for page in opened:
        page.page.close()
    assert [complaint for page in opened for complaint in page.complaints] == []


def png() -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)).save(out, "PNG")
    return out.getvalue()


def test_every_tab_fills_itself_when_it_is_opened(visit: Callable[..., Page]) -> None:
    page = visit("blur")
    for name in TABS:
        page.turn(name)
        images = f"[...document.querySelectorAll('#{name}-result img')]"
        page.until(f"{images}.length > 1 && {images}.every(i => i.complete && i.naturalWidth > 0)")


@pytest.mark.parametrize("dark", [False, True])
def test_no_tab_is_wider_than_a_phone(visit: Callable[..., Page], dark: bool) -> None:
    page = visit("blur", "__theme=dark" if dark else "", viewport={"width": 390, "height": 844})
    for name in TABS:
        page.turn(name)
        assert page.page.evaluate("document.documentElement.scrollWidth") <= 390, name
        ink = page.page.evaluate(
            f"getComputedStyle(document.querySelector('#{name}-result figcaption')).color"
        )
        assert (sum(map(int, re.findall(r"\d+", ink)[:3])) > 380) is dark


def test_the_slider_over_training_asks_the_server_nothing(visit: Callable[..., Page]) -> None:
    page = visit("growing")
    slider = page.page.locator(".growing input[type=range]")
    assert page.text(".growing output") == f"{STEP:,} updates"
    assert page.page.evaluate(SHOWN_POINTS) == 3
    seen = page.page.locator(".growing [data-places]:visible")
    before = seen.first.get_attribute("data-places")
    asked = len(page.requests)
    slider.focus()
    page.page.keyboard.press("Home")
    assert page.text(".growing output") == f"{EARLIER[0]:,} updates"
    assert slider.get_attribute("aria-valuetext") == f"{EARLIER[0]:,} updates"
    assert page.page.evaluate(SHOWN_POINTS) == 3
    assert (before, seen.first.get_attribute("data-places")) == (str(len(EARLIER)), "0")
    assert [url for url in page.requests[asked:] if not url.startswith("data:")] == []


def test_a_bad_seed_is_a_sentence_that_goes_away_with_a_good_one(visit: Callable[..., Page]) -> None:
    page = visit("memory")
    field = page.page.locator("#memory-seed input")
    before = page.text("#memory-result")
    field.fill("-4")
    page.page.click("#memory-go")
    assert "seed = -4" in page.refusal("memory")
    assert page.text("#memory-result") == before
    field.fill("9")
    page.page.click("#memory-go")
    page.until("document.querySelector('#memory-result').innerText.includes('seed 9')")
    assert page.page.locator("#memory-error [role=alert]").count() == 0


def test_another_model_shows_at_once(visit: Callable[..., Page]) -> None:
    page = visit("memory")
    page.page.click("#memory-model label:has-text('VAE')")
    page.until("document.querySelector('#memory-result').innerText.includes('VAE, seed 5')")


def test_a_walk_can_be_taken_away_as_a_gif(visit: Callable[..., Page]) -> None:
    page = visit("between")
    with page.page.expect_download(timeout=PATIENCE_MS) as download:
        page.page.click("#between-gif")
    assert download.value.suggested_filename == "between-two-faces.gif"
    gif = Image.open(download.value.path())
    assert gif.format == "GIF" and gif.n_frames > 1  # type: ignore[attr-defined]


def test_an_uploaded_picture_is_shown_through_ae_and_vae_and_what_is_none_is_refused(
    visit: Callable[..., Page],
) -> None:
    page = visit("blur")
    page.page.click("#own-find")
    assert "no picture yet" in page.refusal("own")
    page.upload(png())
    page.until("document.querySelectorAll('#own-result figure img').length === 3")
    assert page.page.locator("#own-error [role=alert]").count() == 0
    page.page.locator("#own-picture button[aria-label='Remove Image']").click()
    page.until("document.querySelectorAll('#own-result figure').length === 0")
    page.upload(b"this is no picture")
    assert page.refusal("own").startswith("The image must be")


def test_stop_ends_the_search_where_it_is(visit: Callable[..., Page]) -> None:
    page = visit("blur")
    page.upload(png())
    page.until("document.querySelectorAll('#own-result figure img').length === 3")
    page.page.evaluate(WATCH)
    page.page.click("#own-find")
    page.until("window.seen.some(n => n > 0)")
    page.page.click("#own-stop")
    # a search that runs lets no other begin, so the next one shows that this one ended, and where
    again = "document.querySelector('#own-find').click()"
    page.until(f"window.seen.indexOf(0) !== window.seen.lastIndexOf(0) || {again}")
    assert max(page.page.evaluate("window.seen")) < 400
    page.page.click("#own-stop")
