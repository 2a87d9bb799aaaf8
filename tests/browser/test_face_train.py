"""The tab "Train" in a real Chromium, on invented faces: painted, played, undone, and apart from others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch

from app_process import free_port
from playground.data.faces import FaceSet
from playground.figures.face_frames import unpack_faces
from sessions import session_of

PATIENCE_MS = 30_000
COUNT = 64


class Page:
    """One open page."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, query: str = "") -> Page:
        self.page.goto(f"{self.url}/{query}")
        self.page.get_by_role("tab", name="Train").click()
        self.until("window.__faceTrain && window.__faceTrain.iteration === 0")
        return self

    def until(self, expression: str) -> None:
        self.page.wait_for_function(expression, timeout=PATIENCE_MS, polling=20)

    def see(self, name: str) -> Any:
        return self.page.evaluate(f"window.__faceTrain.{name}")

    def after(self, act: Callable[[], Any]) -> None:
        """Do something and wait for the next picture at rest."""
        frame = self.see("frameId")
        act()
        self.until(f"window.__faceTrain.frameId > {frame} && !window.__faceTrain.playing")

    def press(self, button: str) -> None:
        self.after(lambda: self.page.click(f"#face-{button}"))

    def picture(self) -> list[str]:
        """The pixels of every strip."""
        shown = "[...document.querySelectorAll('.face-strip canvas')].map(c => c.toDataURL())"
        return [str(text) for text in self.page.evaluate(shown)]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, Any]]:
    """The address of a page with this tab behind another, and the tab."""
    import gradio as gr

    from playground.ui import painted, view
    from playground.ui.faces import page
    from playground.ui.faces.train import TrainTab
    from playground.ui.theme import theme

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (COUNT, 8, 8, 3), dtype=np.uint8).repeat(4, 1).repeat(4, 2)
    faces = FaceSet(images, np.arange(COUNT) % 12, np.arange(COUNT) % 10, "")

    class Shop:
        names: dict[str, str] = {}

        def data(self, split: str, size: int) -> FaceSet:
            return faces

    shop: Any = Shop()
    with gr.Blocks(analytics_enabled=False, fill_width=True) as demo, gr.Tabs():
        with gr.Tab("First"):
            gr.Markdown("Another tab.")
        with gr.Tab("Train"):
            tab = TrainTab(shop)
    port = free_port()
    demo.queue(default_concurrency_limit=None).launch(
        server_name="127.0.0.1",
        server_port=port,
        theme=theme(),
        head=view.head() + page.head(),
        app_kwargs={"routes": view.static_routes() + painted.routes({tab.hub.page: tab.hub})},
        ssr_mode=False,
        prevent_thread_lock=True,
        quiet=True,
    )
    yield f"http://127.0.0.1:{port}", tab
    demo.close(verbose=False)


@pytest.fixture
def visit(browser: Any, served: tuple[str, Any]) -> Iterator[Callable[..., Page]]:
    """Opens pages, each in a browser of its own; they must end without a JavaScript error."""
    opened: list[tuple[Any, Page]] = []

    def open_page(query: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, **options})
        opened.append((context, Page(context.new_page(), served[0])))
        return opened[-1][1].go(query)

    yield open_page
    complaints = [complaint for _, page in opened for complaint in page.complaints]
    for context, _ in opened:
        with suppress(Exception):  # a test may have closed it
            context.close()
    assert complaints == []


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    return visit()


def training(served: tuple[str, Any], page: Page) -> Any:
    """The run of a page on the server."""
    return session_of(served[1].hub.find(page.page.evaluate("window.__gradio_session_hash__")))


def test_step_paints_other_faces_and_undo_the_same_pixels_again(page: Page) -> None:
    start = page.picture()
    page.press("step")
    stepped = page.picture()
    assert page.see("iteration") == 1 and stepped != start
    page.press("update-g")
    moved = page.picture()
    assert moved != stepped and "G updated" in page.page.inner_text(".face-side .sentence")
    page.press("undo")
    assert page.picture() == stepped
    page.press("undo")
    assert page.picture() == start


def test_play_paints_frames_and_pause_stops_it(page: Page, served: tuple[str, Any]) -> None:
    page.page.click("#face-play")
    page.until("window.__faceTrain.painted > 8 && window.__faceTrain.playing")
    assert page.page.inner_text("#face-play") == "Pause"
    page.after(lambda: page.page.click("#face-play"))
    assert page.page.inner_text("#face-play") == "Play"
    stood = page.see("iteration")
    assert stood == training(served, page).iteration > 0
    assert page.page.locator(".face-curves path").count() == 4
    assert f"iteration {stood}" in page.page.inner_text(".face-where")


def test_the_numbers_under_the_faces_are_those_of_the_frame(page: Page, served: tuple[str, Any]) -> None:
    page.press("step")
    (moment,) = training(served, page).snapshots()
    said = page.page.get_attribute(".face-strip.generated canvas", "aria-label")
    assert said == f"Generated faces: 24 faces at iteration 1, mean D {moment.strips[1].values.mean():.2f}."
    shown = page.page.inner_text(".face-numbers").split("\n")
    assert f"D(real)\t{moment.numbers['D(real)']:.3f}" in shown


def test_a_face_on_the_canvas_is_the_face_of_the_set(page: Page, served: tuple[str, Any]) -> None:
    (moment,) = training(served, page).snapshots()
    red, green, blue = moment.strips[0].images[0][14, 14]  # inside a block of one colour
    seen = page.page.evaluate(
        "() => { const c = document.querySelector('.face-strip.real canvas');"
        " const cell = (c.width + 8) / 8 - 8, at = Math.floor(cell * 14 / 32);"
        " return [...c.getContext('2d').getImageData(at, at, 1, 1).data].slice(0, 3); }"
    )
    np.testing.assert_allclose(seen, [red, green, blue], atol=12)  # the blocks' edges are smoothed


def test_keys_do_what_the_buttons_do_and_are_left_alone_while_typing(
    page: Page, served: tuple[str, Any]
) -> None:
    for key in "sdgz":
        page.after(lambda key=key: page.page.keyboard.press(key))
    assert training(served, page).clicks == "s1d1"
    page.page.click("#face-data button")
    page.page.click("#face-dataset :is(input, textarea)")
    page.page.keyboard.type("s d/g z")
    page.after(lambda: page.page.click("#face-step"))
    assert training(served, page).clicks == "s1d1s1"


def test_another_model_shows_reconstructions_and_no_update_alone(page: Page) -> None:
    page.after(lambda: page.page.get_by_label("VAE").click())
    assert page.see("model") == "vae"
    assert page.page.locator(".face-strip").count() == 3
    assert page.page.locator("#face-update-d").is_disabled()
    page.press("step")
    assert "reconstruction error" in page.page.inner_text(".face-side .sentence")
    assert not page.page.locator("#face-objective").is_visible()


def test_a_refusal_is_a_sentence_beside_the_buttons(page: Page) -> None:
    page.page.click("#face-undo")
    line = page.page.locator("#face-error [role=alert]")
    line.wait_for(state="visible", timeout=PATIENCE_MS)
    assert "Nothing to undo" in line.inner_text()


def test_two_pages_train_apart_and_a_closed_one_is_put_aside(visit: Any, served: tuple[str, Any]) -> None:
    one, other = visit(), visit()
    one.press("step")
    assert (one.see("iteration"), other.see("iteration")) == (1, 0)
    assert training(served, other).clicks == ""
    name, hub = one.page.evaluate("window.__gradio_session_hash__"), served[1].hub
    inside = len(hub)
    one.page.context.close()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while name in hub._visitors and time.monotonic() < deadline:
        other.press("step")
    assert name not in hub._visitors and len(hub) == inside - 1
    assert hub.knows(name)  # the same browser may come back


def test_a_frame_of_another_visitor_or_an_older_run_is_not_painted(
    page: Page, served: tuple[str, Any]
) -> None:
    assert page.see("dropped") == 0
    visitor = served[1].hub.find(page.page.evaluate("window.__gradio_session_hash__"))
    old = visitor.frame()
    page.press("step")
    page.press("reset")
    foreign = old.replace(visitor.name, "somebody else")
    assert unpack_faces(foreign).header["session"] == "somebody else"
    for text, dropped in ((foreign, 1), (old, 2)):
        page.page.evaluate("text => window.__faceTrain.deliver(text)", text)
        assert page.see("dropped") == dropped
    assert page.see("iteration") == 0 and page.see("run") == 2


@pytest.mark.parametrize(("width", "columns"), [(1280, 8), (390, 4)])
def test_nothing_overflows_and_the_faces_are_the_largest_thing(visit: Any, width: int, columns: int) -> None:
    page = visit("?__theme=dark", viewport={"width": width, "height": 800}, device_scale_factor=2)
    page.press("step")
    inside = page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = page.page.evaluate(
        "[...document.querySelectorAll('.face-strip canvas')].map(c => [c.clientWidth, c.clientHeight])"
    )
    charts = page.page.evaluate("document.querySelector('.face-curves').clientWidth")
    assert inside and boxes[0][0] > (charts if width > 900 else 300)
    assert boxes[1][1] == pytest.approx(3 * boxes[0][1], rel=0.1)
    assert boxes[0][1] * columns / 8 > 40  # a row of faces
    assert "dark" in page.page.evaluate("document.body.className")
