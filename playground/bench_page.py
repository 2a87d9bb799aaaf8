"""How fast the page is: frames per second, and from the click on Step to the painted frame.

Serves the page in a process of its own and visits it with a headless Chromium. Every time is taken by the
browser's own clock. Knows the page by the ids of two buttons and by its handle, and nothing of training.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess  # nosec B404 # it starts this project's own app
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground import bench_pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MIN_FRAMES, MAX_STEP_MS, MIN_FRAMES_OF_FOUR = 20.0, 120.0, 10.0  # what is aimed at
QUERY = "/?seed=0"  # the default run; a link keeps the page from playing by itself
VISITORS, CLICKS, OPENINGS = 4, 30, 3
WARM_SECONDS, START_SECONDS = 1.5, 120.0
PATIENCE_MS = 30_000
LESSONS = [("infinite-mixture", "z"), ("what-is-generation", "move")]  # one sums over z, one draws faces
VIEW = (1280, 720)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NO_PLAYWRIGHT = "The benchmark of the page needs playwright; install the extra: pip install -e '.[test]'."
NO_CHROMIUM = "The benchmark of the page needs Chromium; install one or name it in CHROMIUM."

# a timeout set while a frame is drawn runs after the browser has put that frame on the screen
CLOCK = """
window.__bench = { first: 0, clicked: 0, waits: 0, done: [] };
addEventListener('click', (event) => {
  if (event.target.closest('#step')) Object.assign(__bench, { clicked: event.timeStamp, waits: 1 });
}, true);
addEventListener('lab:painted', () => setTimeout(() => {
  const now = performance.now();
  __bench.first ||= now;
  if (__bench.waits) __bench.done.push(now - __bench.clicked);
  __bench.waits = 0;
}));
"""
COUNT = "() => [performance.now() / 1000, window.__lab.painted, window.__lab.iteration]"


@dataclass(frozen=True)
class Played:
    """What one visitor saw while playing, per second."""

    frames: float
    iterations: float


@dataclass(frozen=True)
class Figures:
    """All that is measured; milliseconds and rates per second."""

    first_paint_ms: list[float]
    step_ms: list[float]
    alone: Played
    four: list[Played]


def find_chromium(path: str | None = None) -> str:
    """The browser's program: `path`, else the variable CHROMIUM, else the first that is installed."""
    named = path or os.environ.get("CHROMIUM")
    for name in (named,) if named else PROGRAMS:
        if found := shutil.which(name):
            return found
    raise SystemExit(f"{named} is no program. {NO_CHROMIUM}" if named else NO_CHROMIUM)


@contextmanager
def served(device: str | None) -> Iterator[str]:
    """The address of a page in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "playground", "app", "--port", str(port)]
    command += ["--device", device] if device else []
    environment = {**os.environ, "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_ANALYTICS_ENABLED": "False"}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(  # nosec B603 # no shell, and no word from outside but the operator's device
            command, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            if not _answers(f"http://127.0.0.1:{port}/", process):
                log.seek(0)
                raise SystemExit(f"The page did not start; it said:\n{log.read()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    stop = time.monotonic() + START_SECONDS
    while time.monotonic() < stop and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # nosec B310 # an address of this machine, made above
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False


def visit(browser: Browser, url: str) -> Page:
    """A new visitor with an empty cache, at rest before the default run."""
    width, height = VIEW
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    page.add_init_script(CLOCK)
    page.goto(url + QUERY)
    page.wait_for_function("window.__bench.first > 0 && window.__page?.state", timeout=PATIENCE_MS)
    return page


def first_paint(browser: Browser, url: str) -> float:
    """From the wish to open the page to its first picture."""
    page = visit(browser, url)
    took = float(page.evaluate("window.__bench.first"))
    page.context.close()
    return took


def steps(page: Page, clicks: int) -> list[float]:
    """From each click on Step to its frame on the screen."""
    for done in range(1, clicks + 1):
        page.locator("#step").click()
        page.wait_for_function(f"window.__bench.done.length >= {done}", timeout=PATIENCE_MS, polling=20)
        page.wait_for_timeout(60)  # the page's buttons, charts and address follow the picture
    return [float(took) for took in page.evaluate("window.__bench.done")]


def play(pages: list[Page], seconds: float) -> list[Played]:
    """All play at once; each is counted over the same stretch."""
    for page in pages:
        page.locator("#play").click()
    for page in pages:
        page.wait_for_function("window.__lab.playing", timeout=PATIENCE_MS)
    pages[0].wait_for_timeout(1000 * WARM_SECONDS)
    before = [page.evaluate(COUNT) for page in pages]
    pages[0].wait_for_timeout(1000 * seconds)
    after = [page.evaluate(COUNT) for page in pages]
    for page in pages:
        page.locator("#play").click()
    for page in pages:
        page.wait_for_function("!window.__lab.playing", timeout=PATIENCE_MS)
    return [
        Played((painted - p0) / (now - t0), (iteration - i0) / (now - t0))
        for (t0, p0, i0), (now, painted, iteration) in zip(before, after, strict=True)
    ]


def measure(browser: Browser, url: str, seconds: float) -> Figures:
    """Everything, one after another."""
    first = [first_paint(browser, url) for _ in range(OPENINGS)]
    pages = [visit(browser, url)]
    steps(pages[0], 3)  # warm
    pages[0].evaluate("() => { window.__bench.done = []; }")
    clicked = steps(pages[0], CLICKS)
    (alone,) = play(pages, seconds)
    pages += [visit(browser, url) for _ in range(VISITORS - 1)]
    return Figures(first, clicked, alone, play(pages, seconds))


def report(device: str | None = None, chromium: str | None = None, seconds: float = 6.0) -> None:
    """Print the figures of every page beside what is aimed at. Takes about a minute and a half."""
    program = find_chromium(chromium)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SystemExit(NO_PLAYWRIGHT) from None
    with served(device) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        print(f"headless Chromium {browser.version}, loopback, {os.cpu_count()} CPU cores, default run")
        print("\n".join(lines(measure(browser, url, seconds))), flush=True)
        print("\n".join(bench_pages.lines(bench_pages.measure(browser, url, LESSONS, seconds))))
        browser.close()


def lines(found: Figures) -> list[str]:
    """The figures in words."""
    fewest = min(visitor.frames for visitor in found.four)
    each = ", ".join(f"{visitor.frames:.1f}" for visitor in found.four)
    middle, worst = statistics.median(found.step_ms), max(found.step_ms)
    together = sum(visitor.iterations for visitor in found.four)
    return [
        f"opening to the first picture       {statistics.median(found.first_paint_ms):7.0f} ms"
        f"          median of {len(found.first_paint_ms)}, empty cache",
        f"Step, click to painted frame       {middle:7.0f} ms          median of {len(found.step_ms)}, "
        f"worst {worst:.0f} ms; {_aim(middle <= MAX_STEP_MS, f'at most {MAX_STEP_MS:.0f} ms')}",
        f"Play, one visitor                  {found.alone.frames:7.1f} frames/s    "
        f"{found.alone.iterations:.0f} iterations/s; "
        f"{_aim(found.alone.frames >= MIN_FRAMES, f'at least {MIN_FRAMES:.0f} frames/s')}",
        f"Play, {VISITORS} visitors at once, slowest  {fewest:7.1f} frames/s    each {each}; "
        f"{together:.0f} iterations/s together; "
        + _aim(fewest >= MIN_FRAMES_OF_FOUR, f"at least {MIN_FRAMES_OF_FOUR:.0f} frames/s each"),
    ]


def _aim(met: bool, words: str) -> str:
    return f"aim {words}: {'met' if met else 'MISSED'}"
