"""What goes wrong between browser and server: reload, sleep, a cut line, two tabs, a server that starts anew.

The page goes on by itself, or says what to do; the run is where its address says.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app_process import ROOT, free_port
from chromium import ARGUMENTS
from cut_line import Line, line_to
from lesson_page import REST, LessonPage

Visit = Callable[..., Any]
PATIENCE_MS = 60_000
ASLEEP_SECONDS = 7.0  # longer than the server waits for a painted frame
LOST = "Connection to the server was lost"  # as Gradio's own scripts say it


def address_of(lab: Any) -> int:
    """The iteration that the address opens."""
    counts = [int(n) for n in re.findall(r"s(\d+)", lab.clicks)]
    return sum(counts)


def playing(lab: Any, iterations: int = 150) -> Any:
    """A page that plays, long enough for its address to hold most of it."""
    lab.page.click("#play")
    lab.until(f"window.__lab.iteration > {iterations} && location.search.includes('clicks=s')", PATIENCE_MS)
    return lab


def told(lab: Any) -> str:
    """What the page says of its connection."""
    return str(
        lab.page.evaluate("[...document.querySelectorAll('.toast-body')].map(e => e.innerText).join(' ')")
    )


def rests_at(lab: Any, iteration: int) -> None:
    """The page is there again, with its run at rest at this iteration."""
    lab.until(
        f"window.__lab && window.__lab.iteration === {iteration} && !window.__lab.playing"
        f" && window.__page && window.__page.state && window.__page.state.iteration === {iteration}",
        timeout_ms=PATIENCE_MS,
    )


# -- reload


def test_a_reload_while_playing_keeps_the_run_by_its_address(visit: Visit) -> None:
    lab = playing(visit("target=ring8&seed=3"))
    lab.page.reload()
    kept = address_of(lab)
    assert kept and "target=ring8" in lab.query and "seed=3" in lab.query
    rests_at(lab, kept)
    lab.press("step")
    assert (lab.iteration, lab.clicks) == (kept + 1, f"s{kept + 1}")


def test_a_reload_while_the_run_is_still_being_repeated_loses_nothing_of_it(visit: Visit) -> None:
    lab = visit("generator_width=128&discriminator_width=128&clicks=s1200")
    assert lab.iteration < 1200
    lab.until("window.__lab.iteration > 0")
    lab.page.reload()
    rests_at(lab, 1200)
    assert lab.clicks == "s1200"


# -- sleep, and a line that is cut


def renderers(browser: Any) -> list[int]:
    """The processes in which a browser's pages live."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return [int(process["id"]) for process in found if process["type"] == "renderer"]


@pytest.fixture
def own_browser(browser: Any, chromium: str) -> Iterator[Any]:
    """A browser of the test's own, whose processes it may stop."""
    running = browser.browser_type.launch(executable_path=chromium, args=ARGUMENTS)
    yield running
    running.close()


def test_a_laptop_that_slept_while_playing_wakes_to_its_run_and_plays_on(
    own_browser: Any, served: tuple[str, Any], visit: Visit
) -> None:
    lab = type(visit("seed=1"))(own_browser.new_page(), served[0]).go("target=ring8")
    playing(lab)
    asleep = renderers(own_browser)
    for process in asleep:
        os.kill(process, signal.SIGSTOP)
    try:
        time.sleep(ASLEEP_SECONDS)
    finally:
        for process in asleep:
            os.kill(process, signal.SIGCONT)
    lab.until("!window.__lab.playing", timeout_ms=PATIENCE_MS)
    lab.settle()
    assert lab.page.inner_text("#play") == "Play"
    stood = lab.iteration
    assert lab.clicks == f"s{stood}"
    lab.page.click("#play")
    lab.until(f"window.__lab.iteration > {stood + 20}")
    lab.page.click("#play")
    lab.settle()
    assert lab.complaints == []


@pytest.fixture
def line(served: tuple[str, Any]) -> Iterator[Line]:
    """A line to the server that can be cut."""
    with line_to(urlsplit(served[0]).port or 0) as running:
        yield running


@pytest.mark.parametrize("seconds", [0.5, 4.0])
def test_a_cut_line_is_told_and_the_page_comes_back_by_itself_at_its_address(
    visit: Visit, line: Line, seconds: float
) -> None:
    lab = playing(visit("target=ring8&seed=3", url=f"http://127.0.0.1:{line.port}"))
    name = lab.name
    line.cut()
    lab.page.wait_for_timeout(seconds * 1_000)
    assert LOST in told(lab)
    seen = lab.iteration
    line.mend()
    lab.until(f"window.__gradio_session_hash__ && window.__gradio_session_hash__ !== '{name}'", PATIENCE_MS)
    kept = address_of(lab)
    rests_at(lab, kept)
    assert 0 < kept <= seen
    lab.press("step")
    assert lab.iteration == kept + 1 and told(lab) == ""


# -- two tabs


def test_two_tabs_of_one_browser_keep_apart_also_when_they_are_reloaded(visit: Visit) -> None:
    one = visit("target=ring8&seed=3")
    other = type(one)(one.page.context.new_page(), one.url).go("target=grid25&seed=5")
    one.press("step", times=2)
    other.press("step")
    assert one.name != other.name and (one.iteration, other.iteration) == (2, 1)
    pictures = one.picture(), other.picture()
    for tab, iteration in ((one, 2), (other, 1), (one, 2)):
        tab.page.reload()
        rests_at(tab, iteration)
    assert (one.picture(), other.picture()) == pictures
    assert "target=ring8" in one.query and "target=grid25" in other.query
    other.press("step")
    assert (one.iteration, other.iteration) == (2, 2)
    assert one.name != other.name


def test_a_long_run_that_no_address_holds_is_not_taken_over_by_the_other_tab(
    visit: Visit, served: Any
) -> None:
    """The browser remembers the name of its last page for the next one, in both tabs."""
    one = visit("seed=3")
    other = type(one)(one.page.context.new_page(), one.url).go("seed=3")
    one.press("step", times=2)
    other.press("step")
    names = one.name, other.name
    one.page.reload()
    rests_at(one, 2)
    assert served[1].knows(names[1]) and other.iteration == 1
    other.press("step")
    assert (one.iteration, other.iteration) == (2, 2) and one.name not in names


# -- the server


class Server:
    """`python app.py` on a port that stays, started and killed at will."""

    def __init__(self, log: Path) -> None:
        self.port, self._log = free_port(), log
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        environment = {
            **os.environ,
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_SERVER_PORT": str(self.port),
            "OMP_NUM_THREADS": "1",
        }
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        stop = time.monotonic() + 120
        while time.monotonic() < stop and self._process.poll() is None:
            try:
                with urllib.request.urlopen(self.url, timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise RuntimeError(self._log.read_text())

    def kill(self) -> None:
        """Without a goodbye."""
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server") / "log")
    yield running
    running.kill()


def test_a_server_that_is_killed_while_a_visitor_plays_is_told_and_comes_back_with_the_run_of_the_address(
    visit: Visit, server: Server
) -> None:
    lab = playing(visit("target=ring8&seed=3", url=server.url))
    server.kill()
    lab.page.wait_for_timeout(1_500)
    assert LOST in told(lab)
    lab.page.click("#step")  # whatever is pressed meanwhile does no harm
    server.start()
    lab.until("!document.querySelector('.toast-body') && window.__lab", timeout_ms=PATIENCE_MS)
    kept = address_of(lab)
    assert kept and "target=ring8" in lab.query and "seed=3" in lab.query
    rests_at(lab, kept)
    lab.press("step")
    assert (lab.iteration, lab.clicks) == (kept + 1, f"s{kept + 1}")


def test_after_a_restart_the_next_press_in_a_lesson_opens_it_again_as_its_address_says(
    own_browser: Any, server: Server
) -> None:
    lesson = LessonPage(own_browser.new_page(), server.url).go("dirac-gan")
    lesson.press("many", times=3)
    lesson.set("order", "alternating")
    lesson.press("many")
    seen = lesson.see("pressed"), lesson.see("values.order"), lesson.see("sentence")
    server.kill()
    server.start()
    lesson.page.evaluate("() => { window.__before = true; }")
    lesson.page.click('[data-button="many"]')
    told = lesson.page.locator("#lesson-error [role=alert]")
    told.wait_for(state="visible", timeout=PATIENCE_MS)
    assert "no longer on the server. It is being opened again" in told.inner_text()
    lesson.until(f"!window.__before && {REST}", PATIENCE_MS)
    assert (lesson.see("pressed"), lesson.see("values.order"), lesson.see("sentence")) == seen
    lesson.press("many")
    assert lesson.see("pressed") == 2 and lesson.complaints == []


def test_after_a_restart_the_next_press_in_the_lab_opens_the_run_again_and_says_so(
    visit: Visit, server: Server
) -> None:
    lab = visit("target=ring8&seed=3", url=server.url)
    lab.press("step", times=3)
    kept = lab.picture()
    server.kill()
    server.start()
    lab.page.evaluate("() => { window.__before = true; }")
    lab.page.click("#step")
    assert "no longer on the server. It is being opened again" in lab.refusal
    lab.until("!window.__before && window.__lab", PATIENCE_MS)
    rests_at(lab, 3)
    assert lab.picture() == kept
    lab.press("step")
    assert (lab.iteration, lab.clicks) == (4, "s4")


def test_a_run_that_the_server_forgot_is_told_and_opened_again_from_the_address(
    visit: Visit, served: tuple[str, Any]
) -> None:
    lab = visit("target=ring8&seed=3")
    lab.press("step", times=3)
    kept, name = lab.picture(), lab.name
    served[1].release(name)
    lab.page.click("#step")
    assert "no longer on the server. It is being opened again" in lab.refusal
    lab.until(f"window.__gradio_session_hash__ && window.__gradio_session_hash__ !== '{name}'", PATIENCE_MS)
    rests_at(lab, 3)
    assert lab.picture() == kept
    lab.press("step")
    assert (lab.iteration, lab.clicks) == (4, "s4")
