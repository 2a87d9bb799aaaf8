"""How fast the pages beside the lab are: pictures per second while a slider moves, or while it plays.

Uses the server and the browser of `bench_page`. Every rate is counted by the browser, which moves the slider
on each of its own frames, as a hand would; beside each stands how often it could have drawn. Knows the pages
by the ids of buttons and by their handles, and nothing of faces or lessons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_MS = 120_000
VIEW = (1280, 720)
SLIDER = ".faces-sliders.named [data-slider]"
FACE = ".faces-row[data-kind={kind}] button:nth-child(1)"
MIN_UPDATES, MIN_TRAINED, MIN_LESSON = 15.0, 8.0, 15.0  # pictures a second that are aimed at

# sweeps an input from end to end and counts the pictures that come back
SWEEP = """
async ([selector, counter, seconds]) => {
  const input = document.querySelector(selector);
  const count = new Function(`return ${counter}`);
  const low = Number(input.min), high = Number(input.max);
  const before = count();
  const start = performance.now();
  let frames = 0;
  while (performance.now() - start < 1000 * seconds) {
    await new Promise((next) => requestAnimationFrame(next));
    const phase = ((performance.now() - start) / 1500) % 2;
    input.value = low + (high - low) * (phase < 1 ? phase : 2 - phase);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    frames += 1;
  }
  const took = (performance.now() - start) / 1000;
  return [(count() - before) / took, frames / took];
}
"""


@dataclass(frozen=True)
class Rate:
    """Pictures per second that came, and that the browser could have drawn."""

    name: str
    pictures: float
    drawable: float
    aim: float
    note: str = ""


def sweep(page: Page, selector: str, counter: str, seconds: float) -> tuple[float, float]:
    """Move an input for some seconds."""
    pictures, drawable = page.evaluate(SWEEP, [selector, counter, seconds])
    return float(pictures), float(drawable)


def opened_face(page: Page, url: str, seconds: float) -> Rate:
    """A slider of one opened face of the GAN."""
    page.goto(f"{url}/faces")
    page.wait_for_function("window.__faces && __faces.painted.rows > 0", timeout=PATIENCE_MS)
    page.click(FACE.format(kind="gan"))
    page.wait_for_selector(SLIDER, timeout=PATIENCE_MS)
    pictures, drawable = sweep(page, SLIDER, "window.__faces.painted.face", seconds)
    return Rate("a slider of an opened face", pictures, drawable, MIN_UPDATES)


def trained_faces(page: Page, url: str, seconds: float) -> Rate:
    """Play in the tab Train: a small GAN on 32x32 faces."""
    page.goto(f"{url}/faces")
    page.get_by_role("tab", name="Train").click()
    page.wait_for_function("window.__faceTrain && __faceTrain.painted > 0", timeout=PATIENCE_MS)
    page.click("#face-play")
    page.wait_for_function("__faceTrain.playing", timeout=PATIENCE_MS)
    page.wait_for_timeout(1500)
    count = "() => [performance.now() / 1000, __faceTrain.painted, __faceTrain.iteration]"
    t0, p0, i0 = page.evaluate(count)
    page.wait_for_timeout(1000 * seconds)
    t1, p1, i1 = page.evaluate(count)
    page.click("#face-play")
    rate = (i1 - i0) / (t1 - t0)
    return Rate(
        "training faces", (p1 - p0) / (t1 - t0), float("nan"), MIN_TRAINED, f"{rate:.1f} iterations/s"
    )


def lesson(page: Page, url: str, slug: str, control: str, seconds: float) -> Rate:
    """A slider of one lesson's exhibit."""
    page.goto(f"{url}/lessons?lesson={slug}")
    page.wait_for_function(f"window.__lesson?.frame?.lesson.slug === '{slug}'", timeout=PATIENCE_MS)
    selector = f'[data-control="{control}"] input'
    page.wait_for_selector(selector, timeout=PATIENCE_MS)
    pictures, drawable = sweep(page, selector, "window.__lesson.frame.frame", seconds)
    return Rate(f"lesson {slug}: {control}", pictures, drawable, MIN_LESSON)


def measure(browser: Browser, url: str, lessons: list[tuple[str, str]], seconds: float) -> list[Rate]:
    """Everything, one after another, each page freshly opened. `lessons`: slugs and the slider to move."""
    width, height = VIEW
    found: list[Rate] = []
    for act, rest in [(opened_face, ()), (trained_faces, ()), *((lesson, told) for told in lessons)]:
        context = browser.new_context(viewport={"width": width, "height": height})
        todo: Any = act
        found.append(todo(context.new_page(), url, *rest, seconds))
        context.close()
    return found


def lines(found: list[Rate]) -> list[str]:
    """The rates in words."""
    return [
        f"{rate.name:34s} {rate.pictures:7.1f} pictures/s  "
        + (f"of {rate.drawable:.0f} drawable; " if rate.drawable == rate.drawable else f"{rate.note}; ")
        + f"aim at least {rate.aim:.0f}: {'met' if rate.pictures >= rate.aim else 'MISSED'}"
        for rate in found
    ]
