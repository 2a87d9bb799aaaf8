"""Some of the visitors as real pages in a headless Chromium: what it shows each second, and its page errors.

Needs playwright and a Chromium; without visitors of this kind neither is touched.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromium import ARGUMENTS, NOT_FOUND, find_chromium
from load import report
from load.server import TICKS, tree

if TYPE_CHECKING:
    from load.visitors import Load

PATIENCE_MS = 60_000
PLAY_SECONDS = (6.0, 15.0)
COUNT = "() => [performance.now() / 1000, window.__lab.painted]"
SAYS = "() => JSON.stringify([location.pathname, window.__lab, window.__page?.state, window.__lesson?.frame])"
SAID_CHARACTERS = 400
NOISE = "favicon"  # of the console: nobody's fault


class Real:
    """All real pages of one run."""

    def __init__(self, load: Load, count: int) -> None:
        self.load, self.count = load, count
        self.cpu = 0.0
        self.found: dict[str, Any] = {}
        self._rates: list[float] = []
        self._visits = 0
        self._said: list[str] = []

    async def run(self) -> None:
        """Visit until it is time to leave."""
        if not self.count:
            return
        from playwright.async_api import async_playwright

        program = find_chromium()
        if not program:
            raise RuntimeError(NOT_FOUND)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            watch = asyncio.create_task(self._watch_cpu())
            await asyncio.gather(*(self._visitor(browser, number) for number in range(self.count)))
            watch.cancel()
            version = browser.version
            await browser.close()
        rates = report.spread_down(self._rates)
        self.found = {
            "version": version, "pages": self.count, "visits": self._visits,
            "frames_per_second_p50": rates["p50"], "frames_per_second_p95": rates["p95"],
            "page_errors": self.load.tally.errors.get("error in a real page", 0),
            "console_errors": len(self._said), "first_console_errors": self._said[:5],
        }  # fmt: skip

    async def _watch_cpu(self) -> None:
        """The processor time of everything that is started from here but the server."""
        last: dict[int, float] = {}
        before = self.cpu
        while True:
            for number in tree(os.getpid()):
                name, cpu = _named_cpu(number)
                if "chrom" in name or "headless" in name:
                    last[number] = cpu
            self.cpu = before + sum(last.values())
            await asyncio.sleep(3.0)

    async def _visitor(self, browser: Any, number: int) -> None:
        dice = random.Random(f"{self.load.seed} chromium {number}")
        while not self.load.over:
            context = await browser.new_context(viewport={"width": 1280, "height": 720})
            page = await context.new_page()
            page.on("pageerror", lambda error: self.load.tally.error("error in a real page", str(error)))
            page.on("console", self._console)
            try:
                await self._visit(page, dice)
                self._visits += 1
            except Exception as error:
                self.load.tally.error("a real page broke off", str(error).splitlines()[0])
            finally:
                await context.close()

    def _console(self, message: Any) -> None:
        if message.type == "error" and NOISE not in message.text:
            self._said.append(message.text[:200])

    async def _visit(self, page: Any, dice: random.Random) -> None:
        url = f"http://127.0.0.1:{self.load.port}"
        began = time.monotonic()
        await page.goto(f"{url}/?seed={dice.randrange(100)}", timeout=PATIENCE_MS)
        await _until(page, "window.__lab?.painted > 0 && window.__page?.state")
        self.load.tally.took("open the lab in Chromium", time.monotonic() - began)
        for _ in range(dice.randint(1, 4)):
            if self.load.over:
                return
            await self._play(page, dice)
            for name in dice.choices(["step", "undo", "update-d"], k=3):
                await page.click(f"#{name}")
                await page.wait_for_timeout(400)
        if dice.random() < 0.3 and not self.load.over:
            await page.goto(f"{url}/lessons", timeout=PATIENCE_MS)
            await _until(page, "window.__lesson?.frame")
        if dice.random() < 0.3 and not self.load.over:
            await page.goto(f"{url}/faces", timeout=PATIENCE_MS)
            await _until(page, "window.__faces?.painted.rows > 0")

    async def _play(self, page: Any, dice: random.Random) -> None:
        await page.click("#play")
        await _until(page, "window.__lab.playing")
        since, before = await page.evaluate(COUNT)
        await asyncio.sleep(self.load.left(dice.uniform(*PLAY_SECONDS)))
        now, after = await page.evaluate(COUNT)
        if now - since > 2.0 and self.load.tally.measuring:
            self._rates.append((after - before) / (now - since))
            self.load.tally.rates["lab in Chromium"].append(self._rates[-1])
        await page.click("#play")
        await _until(page, "!window.__lab.playing")


async def _until(page: Any, condition: str) -> None:
    """Wait for what a page's script says. Raises `TimeoutError` with the condition and the page's words."""
    try:
        await page.wait_for_function(condition, timeout=PATIENCE_MS)
    except Exception as error:
        says = str(await page.evaluate(SAYS))[:SAID_CHARACTERS]
        raise TimeoutError(
            f"no {condition} ({str(error).splitlines()[0]}) on a page that says {says}"
        ) from None


def _named_cpu(number: int) -> tuple[str, float]:
    try:
        text = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return "", 0.0
    fields = text.rpartition(") ")[2].split()
    return text.partition("(")[2].partition(")")[0], (int(fields[11]) + int(fields[12])) / TICKS
