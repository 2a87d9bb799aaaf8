"""How smooth the page is: frames painted per second, and the time from a click on Step to the painted frame.

Starts the app in a process of its own and drives it in a headless Chromium, both on this machine. Knows the
page by the ids of two buttons and by the counters of its view. Needs the extra `test` and a Chromium.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playground.config import ConfigError

if TYPE_CHECKING:
    from playwright.sync_api import Page

VIEW = {"width": 1280, "height": 720}
QUERY = "?seed=0"  # a link, so that the page does not greet by playing
STEPS = 25
WARM_SECONDS, SECONDS = 2.0, 6.0
VISITORS = 4
TARGETS = {"one": 20.0, "step": 120.0, "four": 10.0}  # frames/s, ms, frames/s of each
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
STEP_MS = """async () => {
  const before = __lab.frameId, start = performance.now();
  document.querySelector('#step').click();
  while (__lab.frameId === before) await new Promise(requestAnimationFrame);
  return __lab.paintedAt - start;
}"""


@contextmanager
def served(device: str | None) -> Iterator[str]:
    """The address of the app in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "playground", "app", "--port", str(port)]
    environment = {**os.environ, "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_ANALYTICS_ENABLED": "False"}
    process = subprocess.Popen(
        command + (["--device", device] if device else []), env=environment, stdout=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError("The app did not start.")


def opened(browser: Any, url: str) -> Page:
    """A new visitor's page, at rest."""
    page: Page = browser.new_context(viewport=VIEW).new_page()
    page.goto(url + QUERY)
    page.wait_for_function("window.__lab && __lab.iteration >= 0 && __page.state", timeout=30_000)
    return page


def step_ms(page: Page) -> list[float]:
    """Click to painted frame, for each of some clicks, after a few that warm up."""
    took = []
    for _ in range(STEPS + 5):
        took.append(float(page.evaluate(STEP_MS)))
        page.wait_for_timeout(80)
    return took[5:]


def frames_per_second(pages: list[Page]) -> list[float]:
    """Frames that each page paints per second while all of them play."""
    for page in pages:
        page.click("#play")
    pages[0].wait_for_timeout(1000 * WARM_SECONDS)
    counted = "[__lab.painted, performance.now()]"
    before = [page.evaluate(counted) for page in pages]
    pages[0].wait_for_timeout(1000 * SECONDS)
    after = [page.evaluate(counted) for page in pages]
    for page in pages:
        page.click("#play")
    return [1000 * (b[0] - a[0]) / (b[1] - a[1]) for a, b in zip(before, after, strict=True)]


def report(device: str | None = None) -> None:
    """Measure and print, each figure beside its target."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise ConfigError("The page's benchmark drives a browser: install the extra 'test' first.") from None
    program = os.environ.get("CHROMIUM") or next((p for n in NAMES if (p := shutil.which(n))), None)
    if not program:
        raise ConfigError("No Chromium was found; install one or name it in the variable CHROMIUM.")
    with served(device) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        first = opened(browser, url)
        steps, alone = step_ms(first), frames_per_second([first])[0]
        pages = [first, *(opened(browser, url) for _ in range(VISITORS - 1))]
        each = frames_per_second(pages)
        browser.close()
    print(
        f"{os.cpu_count()} cores; server and {program} on the same machine, "
        f"{VIEW['width']} x {VIEW['height']} pixels"
    )
    print(
        f"Step, click to painted frame: median {statistics.median(steps):.0f} ms of {STEPS}, "
        f"longest {max(steps):.0f} (target {TARGETS['step']:.0f})"
    )
    print(f"Play, one visitor: {alone:.1f} frames/s (target {TARGETS['one']:.0f})")
    print(
        f"Play, {VISITORS} visitors: {', '.join(f'{rate:.1f}' for rate in each)} frames/s each "
        f"(target {TARGETS['four']:.0f})"
    )
