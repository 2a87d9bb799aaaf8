"""Makes docs/playground.webp, the README's moving picture of the page: `python tools/make_picture.py`.

Starts the app, presses Step and Play in a headless Chromium as a visitor would, and joins the screenshots.
It knows the page by the ids of two buttons, and nothing of what the page does. Needs the extra `test`.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from app_process import ROOT, running_app
from chromium import ARGUMENTS, NOT_FOUND, find_chromium

QUERY = "?target=ring8&target_sigma=0.05"
VIEW = {"width": 1280, "height": 720}
WIDTH = 1000  # pixels of the picture
STEPS = 5  # single steps before Play
PLAYED = 34  # screenshots while it plays
EVERY_MS = 90  # between two of these
SHOWN_MS = (900, 420, 110, 2500)  # how long: the first, each step, each played, the last
MOST_BYTES = 2_000_000
QUALITIES = (82, 74, 66, 58, 50, 42)  # the first that is small enough


@dataclass
class Film:
    """Pictures and how long each is shown."""

    images: list[Image.Image]
    shown_ms: list[int]

    def take(self, page: Page, shown_ms: int) -> None:
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        height = round(shot.height * WIDTH / shot.width)
        self.images.append(shot.resize((WIDTH, height), Image.Resampling.LANCZOS))
        self.shown_ms.append(shown_ms)

    def encode(self, quality: int) -> bytes:
        out = io.BytesIO()
        first, *rest = self.images
        first.save(
            out,
            "WEBP",
            save_all=True,
            append_images=rest,
            duration=self.shown_ms,
            loop=0,
            quality=quality,
            method=5,
        )
        return out.getvalue()


def record(url: str, program: str) -> Film:
    """What a visitor sees who presses Step a few times, then Play."""
    film = Film([], [])
    first_ms, step_ms, played_ms, last_ms = SHOWN_MS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(viewport=VIEW, color_scheme="light")  # type: ignore[arg-type]
        page.goto(url + "/" + QUERY)
        page.locator("#step").wait_for(state="visible", timeout=60_000)
        page.wait_for_timeout(3_000)  # fonts, thumbnails and the first frame
        film.take(page, first_ms)
        for _ in range(STEPS):
            page.locator("#step").click()
            page.wait_for_timeout(400)
            film.take(page, step_ms)
        page.locator("#play").click()
        for _ in range(PLAYED):
            page.wait_for_timeout(EVERY_MS)
            film.take(page, played_ms)
        page.locator("#play").click()
        page.wait_for_timeout(400)
        film.take(page, last_ms)
        browser.close()
    return film


def main(path: Path = ROOT / "docs" / "playground.webp") -> int:
    """Record, then write the best quality that is small enough; the exit status."""
    program = find_chromium()
    if not program:
        print(NOT_FOUND, file=sys.stderr)
        return 1
    with running_app() as url:
        film = record(url, program)
    for quality in QUALITIES:
        encoded = film.encode(quality)
        if len(encoded) <= MOST_BYTES:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(encoded)
            print(f"{path}: {len(film.images)} pictures, quality {quality}, {len(encoded):,} bytes")
            return 0
    print(f"{len(encoded):,} bytes even at quality {quality}; at most {MOST_BYTES:,}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
