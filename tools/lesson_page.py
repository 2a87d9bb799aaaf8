"""A visitor's hands and eyes on the Lessons page in a real Chromium. Holds no test."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import urlencode

PATIENCE_MS = 20_000
REST = "window.__lesson && __lesson.frame && !__lesson.frame.playing && !__lesson.frame.pending"


class LessonPage:
    """One open lesson, worked by its real buttons, inputs, handles and parts."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, slug: str, **query: Any) -> LessonPage:
        """Open the lesson with a link's values and wait until it is at rest."""
        self.page.goto(f"{self.url}/lessons?{urlencode({'lesson': slug, **query})}")
        self.until(f"{REST} && __lesson.frame.lesson.slug === {json.dumps(slug)}")
        return self

    def until(self, expression: str, timeout_ms: int = PATIENCE_MS) -> None:
        """Wait until a JavaScript expression holds."""
        self.page.wait_for_function(expression, timeout=timeout_ms, polling=30)

    def see(self, expression: str) -> Any:
        """The value of an expression on the newest frame, such as `sentence` or `values.k`."""
        return self.page.evaluate(f"__lesson.frame.{expression}")

    # -- doing

    def press(self, name: str, times: int = 1) -> None:
        """Press a button of the row."""
        for _ in range(times):
            self._answered(lambda: self.page.click(f'[data-button="{name}"]'))

    def play(self, seconds: float) -> None:
        """Press Play, wait, press Pause."""
        self.page.click('[data-button="_play"]')
        self.until("__lesson.frame.playing")
        self.page.wait_for_timeout(1000 * seconds)
        if self.see("playing"):
            self.page.click('[data-button="_play"]')
        self.until(REST)

    def show(self, thing: int) -> None:
        """Press Show me of thing 0, 1 or 2, and wait until it is done."""
        self._answered(lambda: self.page.click(f'[data-show="{thing}"]'))

    def predict(self, option: str) -> None:
        """Choose an answer of the check."""
        self._answered(lambda: self.page.click(f'[data-option="{option}"]'))

    def set(self, name: str, value: Any) -> None:
        """Move a slider, choose, switch or type."""
        told = next(c for c in self.see("lesson.controls") if c["name"] == name)
        place = self.page.locator(f'[data-control="{name}"]').locator("input, select")
        wanted = value
        if told["kind"] == "slider":
            at = value
            if told["log"]:
                at = round(400 * math.log(value / told["low"]) / math.log(told["high"] / told["low"]))
            place.fill(str(at))
        elif told["kind"] == "choice":
            place.select_option(value)
        elif told["kind"] == "toggle":
            place.set_checked(value)
        else:
            place.fill(str(value))
            place.press("Enter")
            place.blur()
        if isinstance(wanted, float | int) and not isinstance(wanted, bool):
            close = 0.02 * abs(wanted) + 1e-9 if told.get("log") else 1e-6
            self.until(f"Math.abs(__lesson.frame.values.{name} - {wanted}) <= {close} && {REST}")
        else:
            self.until(f"__lesson.frame.values.{name} === {json.dumps(wanted)} && {REST}")

    def drag(self, name: str, x: float, y: float) -> None:
        """Drag a handle to a place in the chart's own units."""
        handle = self.page.locator(f'[data-handle="{name}"]').first
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        to = handle.evaluate(
            """(node, [x, y]) => {
                const svg = node.ownerSVGElement;
                const [l, t, r, b, x0, x1, y0, y1] = svg.dataset.plane.split(',').map(Number);
                const across = l + (x - x0) / (x1 - x0) * (r - l);
                const down = b - (y - y0) / (y1 - y0) * (b - t);
                const at = new DOMPoint(across, down).matrixTransform(svg.getScreenCTM());
                return [at.x, at.y];
            }""",
            [x, y],
        )
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(*to, steps=5)
        told = next(c for c in self.see("lesson.controls") if c["name"] == name)
        there = [
            f"Math.abs(__lesson.frame.values.{name}[{i}] - {v}) < {0.02 * (high - low) + 1e-6}"
            for i, (v, low, high) in enumerate(zip((x, y), told["low"], told["high"], strict=True))
            if "xy"[i] in told["axis"]
        ]
        self.until(" && ".join([*there, REST]))
        self.page.mouse.up()

    def part(self, what: str) -> None:
        """Click the part of the figure that presses this."""
        self._answered(lambda: self.page.locator(f'[data-press="{what}"]').first.click())

    def stroke(self, parts: list[str]) -> None:
        """Hold the button down and pass over these parts."""
        before = self.see("pressed")
        for place, what in enumerate(parts):
            self.page.locator(f'[data-press="{what}"]').first.hover()
            if not place:
                self.page.mouse.down()
        self.page.mouse.up()
        self.until(f"__lesson.frame.pressed >= {before + len(parts)} && {REST}")

    def _answered(self, act: Any) -> None:
        frame = self.see("frame")
        act()
        self.until(f"__lesson.frame.frame > {frame} && {REST}")

    # -- seeing

    def reading(self, name: str) -> float:
        """A live number, as the page shows it."""
        value = self.page.locator(f'[data-reading="{name}"] dd').get_attribute("data-value")
        return float("nan") if value in (None, "null") else float(value)

    @property
    def sentence(self) -> str:
        return str(self.page.inner_text(".lesson-sentence"))

    @property
    def verdict(self) -> str:
        """`open`, `right` or `wrong`."""
        return str(self.page.locator(".verdict").get_attribute("data-verdict"))

    @property
    def refusal(self) -> str:
        """The sentence of the error line, waited for."""
        line = self.page.locator("#lesson-error [role=alert]")
        line.wait_for(state="visible", timeout=PATIENCE_MS)
        return str(line.inner_text())
