"""The page in a real Chromium: one server for all, and `Lab`, a visitor's hands and eyes.

Holds no test. The server runs in this process, so that a test can also ask the hub what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app_process import free_port
from lesson_page import LessonPage

PATIENCE_MS = 30_000
QUIET = "seed=0"  # the default run, but with a link: without one the page greets by playing


class Lab:
    """One open page."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, query: str = QUIET) -> Lab:
        """Open the page and wait for its first picture, and for the axes around it."""
        self.page.goto(f"{self.url}/?{query}" if query else self.url)
        self.until("window.__lab && window.__lab.iteration >= 0 && window.__page && window.__page.state")
        self.page.evaluate("() => window.__lab.ready")
        return self

    def until(self, expression: str, timeout_ms: int = PATIENCE_MS) -> None:
        """Wait until a JavaScript expression holds."""
        self.page.wait_for_function(expression, timeout=timeout_ms, polling=30)

    def see(self, name: str) -> Any:
        """A value of the view's handle."""
        return self.page.evaluate(f"window.__lab.{name}")

    @property
    def iteration(self) -> int:
        return int(self.see("iteration"))

    def settle(self) -> None:
        """Wait until nothing plays and the bar has caught up with the picture."""
        self.until("!window.__lab.playing && window.__page.state.iteration === window.__lab.iteration")

    def press(self, button: str, times: int = 1) -> None:
        """Press a button of the transport by its id and wait for the next picture at rest."""
        for _ in range(times):
            frame = self.see("frameId")
            self.page.click(f"#{button}")
            self.until(f"window.__lab.frameId > {frame}")
            self.settle()

    def key(self, key: str) -> None:
        """Press a key and wait for the next picture."""
        frame = self.see("frameId")
        self.page.keyboard.press(key)
        self.until(f"window.__lab.frameId > {frame}")

    def picture(self, place: int = 0) -> str:
        """The pixels of a canvas, as text."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return str(self.page.evaluate(f"document.querySelectorAll('.lab-canvas')[{place}].toDataURL()"))

    @property
    def panes(self) -> int:
        """How many canvases are to be seen."""
        return int(
            self.page.evaluate(
                "[...document.querySelectorAll('.lab-square')].filter(e => e.getClientRects().length).length"
            )
        )

    @property
    def query(self) -> str:
        """What the address bar holds."""
        return urlsplit(self.page.url).query

    @property
    def clicks(self) -> str:
        return parse_qs(self.query).get("clicks", [""])[0]

    @property
    def name(self) -> str:
        """The name of this page's session on the server."""
        return str(self.page.evaluate("window.__gradio_session_hash__"))

    @property
    def refusal(self) -> str:
        """The sentence of the error line, waited for."""
        line = self.page.locator("#error [role=alert]")
        line.wait_for(state="visible", timeout=PATIENCE_MS)
        return str(line.inner_text())


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[str, Any]]:
    """The address of a running page, and its hub."""
    import gradio

    from playground.ui import app
    from playground.ui.hub import Hub

    hubs: list[Hub] = []

    class Known(Hub):
        def __init__(self, *hosts: Any, **settings: Any) -> None:
            super().__init__(*hosts, **settings)
            hubs.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "Hub", Known)
        port = free_port()
        app.launch("cpu", port, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    yield f"http://127.0.0.1:{port}", hubs[0]
    gradio.close_all(verbose=False)


@pytest.fixture
def visit(browser: Any, served: tuple[str, Any]) -> Iterator[Callable[..., Lab]]:
    """Opens pages, each in a browser of its own; they must end without a JavaScript error."""
    opened: list[tuple[Any, Lab]] = []

    def open_page(query: str = QUIET, url: str = "", **options: Any) -> Lab:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, **options})
        lab = Lab(context.new_page(), url or served[0])
        opened.append((context, lab))
        return lab.go(query)

    yield open_page
    complaints = [complaint for _, lab in opened for complaint in lab.complaints]
    for context, _ in opened:
        with suppress(Exception):  # a test may have closed it
            context.close()
    assert complaints == []


@pytest.fixture
def lab(visit: Callable[..., Lab]) -> Lab:
    """The default run, at rest at its start."""
    return visit()


@pytest.fixture
def lesson_page(browser: Any, served: tuple[str, Any]) -> Iterator[Callable[..., LessonPage]]:
    """Opens lessons, each in a browser of its own; they must end without a JavaScript error."""
    opened: list[tuple[Any, LessonPage]] = []

    def open_page(slug: str, options: dict[str, Any] | None = None, **query: Any) -> LessonPage:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, **(options or {})})
        lesson = LessonPage(context.new_page(), served[0])
        opened.append((context, lesson))
        return lesson.go(slug, **query)

    yield open_page
    complaints = [complaint for _, lesson in opened for complaint in lesson.complaints]
    for context, _ in opened:
        context.close()
    assert complaints == []
