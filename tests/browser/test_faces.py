"""The tab "From seeds" in a real Chromium: the app as a process, with untrained models of full size."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

from app_process import running_app
from face_bundle import FULL, write_bundle
from playground.checkpoints import FaceModel, load

PATIENCE_MS = 20_000
GAN = "faces64-gan"
AT_REST = "window.__faces && window.__faces.painted.rows > 0"
OPENED = "window.__faces && window.__faces.painted.face > 0"
SLIDERS = ".faces-sliders.named [data-slider]"


class Faces:
    """One open page."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, query: str = "") -> Faces:
        self.page.goto(f"{self.url}/faces" + (f"?{query}" if query else ""))
        self.until(AT_REST)
        return self

    def until(self, expression: str) -> None:
        self.page.wait_for_function(expression, timeout=PATIENCE_MS, polling=20)

    def see(self, name: str) -> Any:
        return self.page.evaluate(f"window.__faces.{name}")

    def after(self, what: str, act: Callable[[], Any]) -> None:
        """Do something and wait for the next picture of that kind."""
        before = self.see(f"painted.{what}")
        act()
        self.until(f"window.__faces.painted.{what} > {before}")

    def open(self, kind: str = "gan", place: int = 3) -> None:
        self.after("face", lambda: self.page.click(f".faces-row[data-kind={kind}] button:nth-child({place})"))
        self.page.locator(SLIDERS).first.wait_for(timeout=PATIENCE_MS)

    def put(self, selector: str, value: float) -> None:
        """Move a slider as a pointer would end up."""
        self.page.locator(selector).first.evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", value
        )

    def opened(self, kind: str = "gan") -> np.ndarray[Any, Any]:
        """The pixels of an opened face."""
        url = str(self.page.get_attribute(f".faces-choice[data-kind={kind}] img", "src"))
        content = base64.b64decode(url.partition(",")[2])
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))

    @property
    def query(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(urlsplit(self.page.url).query).items()}

    def linked(self, **wanted: str) -> None:
        """Wait until the address says so."""
        for name, value in wanted.items():
            self.until(f"new URLSearchParams(location.search).get('{name}') === '{value}'")

    @property
    def refusal(self) -> str:
        line = self.page.locator(".faces-error")
        line.wait_for(state="visible", timeout=PATIENCE_MS)
        return str(line.inner_text())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, with a bundle."""
    with pytest.MonkeyPatch.context() as patch:
        folder = write_bundle(tmp_path_factory.mktemp("bundle"), FULL)
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(folder))
        with running_app() as url:
            yield url


@pytest.fixture(scope="module")
def laptop(browser: Any) -> Iterator[Any]:
    """One browser for most tests: what it keeps of Gradio's scripts halves their time."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context
    context.close()


@pytest.fixture
def visit(browser: Any, laptop: Any, served: str) -> Iterator[Callable[..., Faces]]:
    """Opens pages, which must end without a JavaScript error; with options, in a browser of its own."""
    opened: list[Faces] = []

    def open_page(query: str = "", **options: Any) -> Faces:
        context = browser.new_context(**options) if options else laptop
        opened.append(Faces(context.new_page(), served))
        return opened[-1].go(query)

    yield open_page
    for faces in opened:
        faces.page.close()
    assert [complaint for faces in opened for complaint in faces.complaints] == []


@pytest.fixture(scope="module")
def model(served: str) -> FaceModel:
    """The GAN that the page shows."""
    return load(GAN)


# -- the page


def test_the_two_pages_lead_to_each_other(visit: Callable[..., Faces]) -> None:
    faces = visit()
    page = faces.page
    assert page.locator("h1").inner_text() == "Faces"
    page.click(".nav-holder a:has-text('2-D lab')")
    page.wait_for_selector("#step", timeout=PATIENCE_MS)
    assert urlsplit(page.url).path in ("", "/")
    page.click(".nav-holder a:has-text('Faces')")
    faces.until(AT_REST)
    assert urlsplit(page.url).path.strip("/") == "faces"


def test_all_that_the_page_asks_for_is_on_its_own_server(visit: Callable[..., Faces], served: str) -> None:
    faces = visit()
    faces.open()
    assert {r for r in faces.requests if not r.startswith((served, "data:", "blob:"))} == set()


def test_three_rows_show_eight_faces_each_and_fit_on_a_laptop(visit: Callable[..., Faces]) -> None:
    faces = visit()
    assert faces.page.locator(".faces-row").count() == 3
    assert faces.page.locator(".faces-cells button").count() == 24
    last = faces.page.locator(".faces-row .numbers").last.bounding_box()
    assert last and last["y"] + last["height"] <= 720
    for text in faces.page.locator(".faces-row .numbers").all_inner_texts():
        assert re.search(r"million parameters .* updates .* faces seen", text)


def test_one_column_and_no_sideways_scrolling_on_a_phone(visit: Callable[..., Faces]) -> None:
    faces = visit(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    faces.open()
    assert faces.page.evaluate("document.documentElement.scrollWidth") <= 390
    first, second = (faces.page.locator(".faces-row").nth(i).bounding_box() for i in (0, 1))
    assert first["x"] == second["x"] and first["y"] < second["y"]


def test_the_dark_page_is_dark_and_its_words_are_light(visit: Callable[..., Faces]) -> None:
    faces = visit("__theme=dark")
    shown = faces.page.evaluate(
        "['body', '.faces', '.faces-bar select'].map(s => getComputedStyle(document.querySelector(s)))"
        ".map((s, i) => i ? s.color : s.backgroundColor)"
    )
    paper, *ink = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in shown)
    assert paper < 150 and min(ink) > 550


# -- choosing


def test_the_dice_gives_other_faces_and_the_address_says_which(visit: Callable[..., Faces]) -> None:
    faces = visit()
    before = faces.page.evaluate("document.querySelector('.faces-cells canvas').toDataURL()")
    faces.after("rows", lambda: faces.page.click("[data-do=dice]"))
    assert faces.page.evaluate("document.querySelector('.faces-cells canvas').toDataURL()") != before
    seed = str(faces.see("state.seed"))
    faces.linked(seed=seed)
    assert faces.page.locator("[name=seed]").input_value() == seed
    again = visit(f"seed={seed}")
    assert again.page.locator(".faces-cells button").first.get_attribute("data-seed") == seed


def test_an_answer_that_is_long_in_coming_is_explained_until_it_comes(visit: Callable[..., Faces]) -> None:
    faces = visit()
    held: list[Any] = []

    def crowded(route: Any) -> None:
        asked = route.request.post_data_json["fn_name"]
        if asked == "wishes_in_line":
            route.fulfill(json=7)
        else:
            held.append(route)

    faces.page.route(re.compile("/component_server"), crowded)
    before = faces.see("painted.rows")
    faces.page.select_option("[name=hair]", index=1)
    assert "7 wishes for faces are under way or in line" in faces.refusal
    assert len(held) == 1 and faces.see("painted.rows") == before
    held[0].continue_()
    faces.until(f"window.__faces.painted.rows > {before}")
    assert not faces.page.locator(".faces-error").is_visible()


def test_an_impossible_seed_is_a_sentence_and_the_page_stays(visit: Callable[..., Faces]) -> None:
    faces = visit("seed=5")
    faces.page.fill("[name=seed]", "-3")
    faces.page.press("[name=seed]", "Tab")
    assert faces.refusal.startswith("seed = -3: allowed is a whole number from 0 to")
    assert faces.page.locator("[name=seed]").input_value() == "5"
    faces.after("rows", lambda: faces.page.select_option("[name=hair]", "pink"))
    assert faces.page.locator(".faces-error").is_hidden()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("seed=cat", "seed = 'cat'"),
        ("hair=teal", "hair = 'teal'"),
        ("model=cat&face=2", "model = 'cat'"),
        ("face=2&sliders=d99:1", "sliders = d99"),
        ("face=2&sliders=x", "sliders = 'x'"),
    ],
)
def test_a_link_that_cannot_be_is_a_sentence_beside_the_usual_faces(
    visit: Callable[..., Faces], query: str, said: str
) -> None:
    faces = visit(query)
    assert said in faces.refusal
    assert faces.page.locator(".faces-cells button").count() == 24
    faces.until("document.querySelector('.faces-open').hidden")


# -- the opened face


def test_a_face_opens_in_all_three_models_with_its_seed(
    visit: Callable[..., Faces], model: FaceModel
) -> None:
    faces = visit()
    faces.open(place=3)
    assert np.array_equal(faces.opened(), model.generate([2])[0])
    alts = faces.page.locator(".faces-choice img").evaluate_all("all => all.map(i => i.alt)")
    assert alts == [f"Face of seed 2, generated by the {kind}" for kind in ("AE", "VAE", "GAN")]
    assert faces.page.locator(".faces-open h3").inner_text() == "Seed 2, GAN"


def test_a_link_restores_the_opened_face_to_the_pixel(visit: Callable[..., Faces], model: FaceModel) -> None:
    faces = visit()
    faces.open(place=2)
    faces.after("face", lambda: faces.put(SLIDERS, 2.5))
    faces.page.click("summary")
    raw = ".faces-sliders.raw [data-slider=z7]"
    faces.after("face", lambda: faces.put(raw, -1.25))
    faces.after("face", lambda: faces.page.select_option("[name=hair]", "green"))
    faces.after("face", lambda: faces.page.select_option("[name=eyes]", "red"))
    faces.after("face", lambda: faces.put("[name=truncation]", 0.6))
    faces.until("new URLSearchParams(location.search).get('truncation') === '0.6'")
    shown, query = faces.opened(), urlsplit(faces.page.url).query
    assert set(faces.query) == {"face", "model", "sliders", "hair", "eyes", "truncation"}
    again = visit(query)
    again.until(OPENED)
    assert np.array_equal(again.opened(), shown)
    assert not np.array_equal(shown, model.generate([1], "green", "red", 0.6)[0])
    again.page.locator(SLIDERS).first.wait_for(timeout=PATIENCE_MS)
    again.page.click("summary")
    assert float(again.page.locator(raw).input_value()) == -1.25
    assert float(again.page.locator(SLIDERS).first.input_value()) == 2.5
    again.after("face", lambda: again.page.click("[data-do=centre]"))
    assert np.array_equal(again.opened(), model.generate([1], "green", "red", 0.6)[0])


def test_a_face_follows_a_moving_slider_ten_times_a_second(visit: Callable[..., Faces]) -> None:
    faces = visit()
    faces.open()
    rate = faces.page.evaluate(
        """async () => {
          const slider = document.querySelector('.faces-sliders [data-slider]');
          const began = performance.now();
          const painted = window.__faces.painted.face;
          while (performance.now() - began < 2000) {
            slider.value = 3 * Math.sin((performance.now() - began) / 200);
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise(requestAnimationFrame);
          }
          return (window.__faces.painted.face - painted) / ((performance.now() - began) / 1000);
        }"""
    )
    assert rate >= 10


def test_the_last_of_many_moves_is_what_stays(visit: Callable[..., Faces]) -> None:
    faces = visit()
    faces.open()
    faces.page.evaluate(
        """() => { const slider = document.querySelector('.faces-sliders [data-slider]');
          for (let i = 0; i <= 60; i++) {
            slider.value = -3 + i / 10; slider.dispatchEvent(new Event('input', { bubbles: true })); } }"""
    )
    faces.until("location.search.includes(':3')")
    query = urlsplit(faces.page.url).query
    again = visit(query)
    again.until(OPENED)
    wanted = again.page.get_attribute(".faces-choice[data-kind=gan] img", "src")
    faces.until(f"document.querySelector('.faces-choice[data-kind=gan] img').src === {wanted!r}")


def test_pictures_are_taken_away_pixel_by_pixel_at_three_sizes(
    visit: Callable[..., Faces], model: FaceModel
) -> None:
    faces = visit()
    faces.open(place=4)
    face = model.generate([3])[0]
    for factor in (1, 4, 8):
        with faces.page.expect_download() as caught:
            faces.page.click(f"[data-save='{factor}']")
        assert caught.value.suggested_filename == f"face-gan-seed3-{factor}x.png"
        saved = np.asarray(Image.open(caught.value.path()).convert("RGB"))
        assert np.array_equal(saved, face.repeat(factor, 0).repeat(factor, 1))


def test_a_face_is_opened_moved_and_closed_by_keyboard_alone(visit: Callable[..., Faces]) -> None:
    faces = visit()
    page = faces.page
    page.focus("[name=truncation]")
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.seed") == "1"
    faces.after("face", lambda: page.keyboard.press("Enter"))
    page.locator(SLIDERS).first.wait_for(timeout=PATIENCE_MS)
    page.focus(SLIDERS)
    faces.after("face", lambda: page.keyboard.press("ArrowRight"))
    assert float(page.locator(SLIDERS).first.input_value()) == pytest.approx(0.05)
    page.keyboard.press("Escape")
    faces.until("document.querySelector('.faces-open').hidden")
    assert page.evaluate("document.activeElement.dataset.seed") == "1"
    faces.until("!location.search.includes('face=')")


def test_everything_that_can_be_pressed_has_a_name(visit: Callable[..., Faces]) -> None:
    faces = visit()
    faces.open()
    nameless = faces.page.evaluate(
        """[...document.querySelectorAll('.faces button, .faces input, .faces select')].filter(e =>
          !(e.ariaLabel || e.innerText.trim() || e.closest('label')?.innerText.trim())).length"""
    )
    assert nameless == 0
    pictures = faces.page.locator(".faces img").evaluate_all("all => all.filter(i => !i.alt).length")
    assert pictures == 0
