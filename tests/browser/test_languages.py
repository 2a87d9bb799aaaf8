"""The page in a Chinese and in an English browser: what is read, the menu, and the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

PATIENCE_MS = 20_000
TEXTS = """() => {
  const found = [];
  const read = (node) => {
    for (const child of node.childNodes) {
      const seen = node.getClientRects().length && !node.closest('.katex, script, style, option, .sr-only');
      if (child.nodeType === 3 && seen) found.push(child.data);
      if (child.nodeType === 1) read(child);
    }
  };
  read(document.querySelector('.gradio-container'));
  return found;
}"""
NAMES = re.compile(
    r"\b(GAN|VAE|PNG|Goodfellow et al|section|JSD|Wasserstein|analytic on cpu|Adam beta|Adam|RMSprop|Epsilon"
    r"|common\.complete)\b"
)
WORDS = {"zh-TW": ("一步", "判別器", "真實"), "zh-CN": ("一步", "判别器", "真实")}
MENU = "#language select"


def english(page: Any) -> list[str]:
    """Texts to be seen that still hold an English word; names and Gradio's unseen status are not counted."""
    return [text for text in page.evaluate(TEXTS) if re.search(r"[A-Za-z]{3,}", NAMES.sub("", text))]


def chinese(page: Any) -> bool:
    return page.inner_text("#step").strip() == "一步"


@pytest.mark.parametrize("code", WORDS)
def test_the_lab_is_read_in_the_browsers_language(visit: Callable[..., Any], code: str) -> None:
    lab = visit(locale=code)
    for group in ("networks", "optimizer", "compare"):
        lab.page.click(f"#group-{group} .label-wrap")
    lab.press("step")
    lab.press("undo")
    assert english(lab.page) == []
    assert lab.page.evaluate("document.documentElement.lang") == code
    text = lab.page.inner_text(".gradio-container")
    assert all(word in text for word in WORDS[code])
    assert lab.page.locator("[data-layer=real]").get_attribute("title") not in (None, "Points of the target")
    lab.page.click("#preset input")  # a story: chosen by its Chinese title, told in Chinese, and a run
    lab.page.locator("[role=option]").nth(3).click()
    lab.until("document.querySelector('#story') && document.querySelector('#story').innerText.length > 20")
    assert english(lab.page) == []


@pytest.mark.parametrize(("code", "head"), [("zh-HK", "人臉"), ("zh-CN", "人脸")])  # Gradio knows no zh-HK
def test_the_faces_are_read_in_the_browsers_language(visit: Callable[..., Any], code: str, head: str) -> None:
    lab = visit(locale=code)
    page = lab.page
    page.goto(f"{lab.url}/faces")
    page.wait_for_function("window.__faces && window.__faces.painted.rows > 0", timeout=PATIENCE_MS)
    page.click(".faces-row[data-kind=gan] button:nth-child(2)")
    page.locator(".faces-sliders.named [data-slider]").first.wait_for(timeout=PATIENCE_MS)
    assert english(page) == [] and page.inner_text("h1") == head
    assert page.input_value(".faces-bar [name=hair]") == "any"  # what is sent stays English
    page.locator("#faces-tabs [role=tab]").nth(5).click()
    page.locator("#memory-result figure").first.wait_for(timeout=PATIENCE_MS)
    assert english(page) == []


def test_the_menu_overrules_the_browser_and_its_choice_stays(visit: Callable[..., Any]) -> None:
    lab = visit("seed=3", locale="en-US")
    page = lab.page
    assert page.input_value(MENU) == "en" and page.inner_text("#step").strip() == "Step"
    with page.expect_navigation():
        page.select_option(MENU, "zh-CN")
    lab.until("window.__lab && window.__lab.iteration >= 0 && window.__page && window.__page.state")
    assert chinese(page) and "seed=3" in lab.query  # and the run is the same
    lab.press("step")
    assert "迭代" in page.inner_text(".lab-sentence")  # what the server says follows too
    page.reload()
    lab.until("window.__lab && window.__lab.iteration >= 0 && window.__page && window.__page.state")
    assert chinese(page) and page.input_value(MENU) == "zh-CN"
    page.goto(f"{lab.url}/faces")
    page.locator("h1").wait_for()
    assert page.inner_text("h1") == "人脸"
    with page.expect_navigation():
        page.select_option(MENU, "en")
    page.locator("h1").wait_for()
    assert page.inner_text("h1") == "Faces"


def test_an_address_can_name_the_language(visit: Callable[..., Any]) -> None:
    lab = visit("lang=zh-TW&seed=1", locale="en-US")
    assert chinese(lab.page) and lab.page.locator("#error [role=alert]").count() == 0
    lab.page.click("#group-optimizer .label-wrap")
    lab.page.fill("#set-batch-size input", "1")
    lab.page.locator("#set-batch-size input").blur()
    assert "必須" in lab.refusal  # a refusal is Chinese as well
