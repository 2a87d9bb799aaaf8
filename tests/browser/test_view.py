"""What the page shows: compare, stories, targets, settings, themes, widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Visit = Callable[..., Any]


def choose(lab: Any, menu: str, option: str) -> None:
    """Pick an option of a menu by its id and its words."""
    lab.page.click(f"#{menu} input")
    lab.page.get_by_role("option", name=option, exact=True).click()


def open_box(lab: Any, box: str) -> None:
    lab.page.click(f"#{box} button.label-wrap")


def test_compare_shows_two_canvases_in_lockstep_and_one_again(lab: Any) -> None:
    open_box(lab, "group-compare")
    lab.page.click("#compare")
    lab.until("document.querySelectorAll('.lab-square').length === 2")
    lab.settle()
    lab.press("step", times=2)
    assert lab.panes == 2
    assert lab.picture(0) != lab.picture(1)
    assert (lab.clicks, "compare=" in lab.query) == ("s2", True)
    frame = lab.see("frameId")
    lab.page.click("#compare-end")
    lab.until(f"window.__lab.frameId > {frame}")
    lab.settle()
    assert (lab.panes, "compare=" in lab.query) == (1, False)


def test_a_link_holds_compare(lab: Any, visit: Visit) -> None:
    open_box(lab, "group-compare")
    lab.page.click("#compare")
    lab.until("document.querySelectorAll('.lab-square').length === 2")
    lab.settle()
    lab.press("step")
    other = visit(lab.query)
    other.until("window.__lab.iteration === 1")
    other.settle()
    assert [other.picture(0), other.picture(1)] == [lab.picture(0), lab.picture(1)]


def test_a_story_sets_up_its_run_and_is_told(lab: Any) -> None:
    frame = lab.see("frameId")
    lab.page.click("#preset input")
    lab.page.locator("[role=option]").nth(1).click()  # not those of the menu of languages
    lab.until(f"window.__lab.frameId > {frame}")
    lab.page.locator("#story").wait_for(state="visible")
    assert len(lab.page.inner_text("#story")) > 40


def test_a_target_is_chosen_by_its_picture(lab: Any) -> None:
    before = lab.picture()
    frame = lab.see("frameId")
    lab.page.click("[data-target=ring8]")
    lab.until(f"window.__lab.frameId > {frame}")
    lab.settle()
    assert "target=ring8" in lab.query
    assert lab.picture() != before
    lab.until("document.querySelector('[data-target=ring8]').getAttribute('aria-pressed') === 'true'")


def test_the_objective_menu_shows_the_equation_and_the_controls_that_apply(lab: Any) -> None:
    assert lab.page.locator("#set-label-smoothing").is_hidden()  # its box is closed
    open_box(lab, "group-stabilise")
    lab.page.locator("#set-label-smoothing").wait_for(state="visible")
    choose(lab, "set-objective", "Hinge")
    lab.page.locator("#set-label-smoothing").wait_for(state="hidden")
    assert "Lim and Ye" in lab.page.inner_text("#equation")
    assert "objective=hinge" in lab.query


def test_a_number_is_taken_when_it_is_complete(lab: Any) -> None:
    open_box(lab, "group-optimizer")
    field = lab.page.locator("#set-batch-size input")
    frame = lab.see("frameId")
    field.fill("64")
    field.press("Enter")
    lab.until(f"window.__lab.frameId > {frame}")
    lab.settle()
    assert "batch_size=64" in lab.query


def test_an_impossible_number_is_a_sentence_and_the_field_goes_back(lab: Any) -> None:
    lab.press("step")
    open_box(lab, "group-optimizer")
    field = lab.page.locator("#set-batch-size input")
    field.fill("1")
    field.press("Enter")
    assert "batch_size is 1" in lab.refusal
    lab.until("document.querySelector('#set-batch-size input').value === '256'")
    assert (lab.iteration, lab.clicks) == (1, "s1")


def test_points_are_pasted_and_learned(lab: Any) -> None:
    open_box(lab, "own-points")
    lab.page.fill("#paste textarea", "0.5, 0.5\n-0.5, 0.1\n0.2, -0.7")
    frame = lab.see("frameId")
    lab.page.click("#use-points")
    lab.until(f"window.__lab.frameId > {frame}")
    lab.settle()
    lab.press("step")
    assert "target=points" in lab.query


@pytest.mark.parametrize("model", ["vae", "autoencoder", "gmm"])
def test_models_without_a_discriminator_switch_its_buttons_off(visit: Visit, model: str) -> None:
    lab = visit(f"model={model}")
    lab.press("step")
    lab.until("window.__lab.iteration === 1")
    assert lab.page.is_disabled("#update-d") and lab.page.is_disabled("#update-g")


def test_dark_mode_follows_the_system_and_the_address(visit: Visit) -> None:
    colour = "getComputedStyle(document.querySelector('h1')).color"
    light, dark = visit(), visit(color_scheme="dark")
    assert light.page.evaluate(colour) != dark.page.evaluate(colour)
    assert light.picture() != dark.picture()
    asked = visit("__theme=dark&seed=0")
    assert asked.page.evaluate(colour) == dark.page.evaluate(colour)
    asked.press("step")
    assert "__theme=dark" in asked.query


def test_a_laptop_shows_canvas_and_transport_without_scrolling(lab: Any) -> None:
    for part in (".lab-square", "#step", "#play", ".bar input"):
        box = lab.page.locator(part).first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 720, part
    assert lab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_phone_has_one_column_and_nothing_beside_it(visit: Visit) -> None:
    lab = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert lab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    canvas, panel = (lab.page.locator(p).first.bounding_box() for p in (".lab-square", "#panel"))
    assert canvas["width"] > 280
    assert panel["y"] > canvas["y"] + canvas["height"]
    lab.press("step")
    assert lab.iteration == 1


def test_the_page_has_one_heading_and_every_button_a_name(lab: Any) -> None:
    assert lab.page.locator("h1").count() == 1
    nameless = lab.page.evaluate(
        "[...document.querySelectorAll('button')].filter(b => b.getClientRects().length"
        " && !(b.textContent.trim() || b.title || b.ariaLabel)).map(b => b.outerHTML)"
    )
    assert nameless == []
