"""The page's transport: step, play, pause, undo, scrubber, keyboard, link."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sessions import session_of

Visit = Callable[..., Any]


def test_the_page_shows_learning_within_five_seconds_of_opening(visit: Visit) -> None:
    visit()  # the browser and the server are warm
    start = time.monotonic()
    lab = visit("")
    lab.until("window.__lab.iteration >= 4", timeout_ms=5_000)
    assert time.monotonic() - start < 5.0


def test_the_run_does_not_wait_for_its_axes_and_they_are_asked_for_again(lab: Any) -> None:
    """The axes are Plotly's, 4.8 MB of script; once they are there, the picture lies where it lay."""
    there, asked = [False], []

    def serve(route: Any) -> None:
        asked.append(route.request.url)
        route.fallback() if there[0] else route.abort()

    lab.page.route("**/plotly.min.js*", serve)
    lab.page.goto(f"{lab.url}/?seed=0")
    lab.until("window.__lab && window.__lab.iteration >= 0 && window.__page && window.__page.state")
    lab.press("step")
    before = lab.picture()
    assert lab.iteration == 1 and asked and not lab.page.evaluate("!!window.Plotly")
    there[0] = True
    lab.page.evaluate("() => window.__lab.ready")
    assert lab.page.locator(".lab-square .main-svg").count() > 0
    assert lab.picture() == before


def test_the_greeting_ends_by_itself_and_the_address_then_holds_the_run(visit: Visit) -> None:
    lab = visit("")
    lab.until("window.__lab.iteration >= 40 && !window.__lab.playing", timeout_ms=30_000)
    lab.settle()
    assert lab.clicks == f"s{lab.iteration}"


def test_no_request_leaves_the_machine(visit: Visit, app_url: str) -> None:
    lab = visit("", url=app_url)
    lab.until("window.__lab.iteration >= 8")
    lab.press("step")
    hosts = {urlsplit(url).hostname for url in lab.requests if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(app_url).hostname}


def test_step_moves_the_surface_and_the_iteration(lab: Any) -> None:
    before = lab.picture()
    lab.press("step")
    assert lab.iteration == 1
    assert lab.picture() != before
    assert lab.clicks == "s1"


def test_each_update_moves_one_network_and_says_so(lab: Any) -> None:
    lab.press("update-d")
    assert "D updated" in lab.page.inner_text(".lab-sentence")
    lab.press("update-g")
    assert "G updated" in lab.page.inner_text(".lab-sentence")
    assert (lab.iteration, lab.clicks) == (0, "d1g1")


def test_play_paints_frames_and_pause_stops_within_a_second(lab: Any, served: Any) -> None:
    painted = lab.see("painted")
    lab.page.click("#play")
    lab.until(f"window.__lab.painted > {painted + 10}")
    assert lab.page.inner_text("#play") == "Pause"
    lab.page.click("#play")
    start = time.monotonic()
    session = session_of(served[1].find(lab.name))
    lab.settle()
    assert time.monotonic() - start < 1.0
    stood = session.iteration
    lab.page.wait_for_timeout(300)
    assert session.iteration == stood == lab.iteration
    assert lab.page.inner_text("#play") == "Play"


def test_undo_brings_the_same_picture_back(lab: Any) -> None:
    lab.press("step", times=2)
    kept = lab.picture()
    lab.press("update-d")
    assert lab.picture() != kept
    lab.press("undo")
    assert (lab.iteration, lab.clicks) == (2, "s2")
    assert lab.picture() == kept


def test_undo_at_the_start_is_refused_with_a_sentence(lab: Any) -> None:
    lab.page.click("#undo")
    assert "Nothing to undo" in lab.refusal


def test_reset_is_the_first_picture_again(lab: Any) -> None:
    first = lab.picture()
    lab.press("step", times=2)
    lab.press("reset")
    assert (lab.iteration, lab.clicks) == (0, "")
    assert lab.picture() == first


def test_the_scrubber_goes_back_and_forth(visit: Visit) -> None:
    lab = visit("clicks=s30")
    lab.until("window.__lab.iteration === 30")
    lab.settle()
    last = lab.picture()
    for iteration, same in ((7, False), (30, True)):
        lab.page.evaluate(
            "n => { const r = document.querySelector('.bar input'); r.value = n;"
            " r.dispatchEvent(new Event('input', {bubbles: true}));"
            " r.dispatchEvent(new Event('change', {bubbles: true})); }",
            iteration,
        )
        lab.until(f"window.__lab.iteration === {iteration}")
        lab.settle()
        assert (lab.picture() == last) is same


def test_the_scrubber_works_with_the_arrow_keys(visit: Visit) -> None:
    lab = visit("clicks=s5")
    lab.until("window.__lab.iteration === 5")
    lab.settle()
    lab.page.focus(".bar input")
    lab.page.keyboard.press("ArrowLeft")
    lab.until("window.__lab.iteration === 4")


def test_a_link_opened_elsewhere_shows_the_same_picture(lab: Any, visit: Visit) -> None:
    lab.press("step", times=3)
    lab.press("update-g")
    other = visit(lab.query)
    other.until("window.__lab.iteration === 3")
    other.settle()
    assert other.clicks == "s3g1"
    assert other.picture() == lab.picture()


def test_a_link_that_cannot_be_is_a_sentence_and_the_page_still_works(visit: Visit) -> None:
    lab = visit("packing=3")
    assert "multiple of packing" in lab.refusal
    lab.press("step")
    assert lab.iteration == 1


def test_keys_do_what_the_buttons_do(lab: Any) -> None:
    lab.key("s")
    lab.settle()
    lab.key("d")
    lab.settle()
    lab.key("g")
    lab.settle()
    assert lab.clicks == "s1d1g1"
    lab.key("z")
    lab.settle()
    assert lab.clicks == "s1d1"
    lab.key("Space")
    lab.until("window.__lab.playing && window.__lab.iteration > 20")
    lab.page.keyboard.press("Space")
    lab.settle()


def test_keys_are_left_alone_while_typing(lab: Any) -> None:
    lab.page.click("#own-points button")
    lab.page.click("#paste textarea")
    lab.page.keyboard.type("s d g z ")
    lab.page.wait_for_timeout(400)
    assert lab.page.input_value("#paste textarea") == "s d g z "
    assert (lab.iteration, lab.clicks) == (0, "")


def test_slow_motion_tells_one_iteration_in_stages(lab: Any) -> None:
    frame = lab.see("frameId")
    lab.page.click("#slow")
    lab.until(f"window.__lab.frameId > {frame} && window.__lab.stage === 1")
    lab.until("window.__lab.stage === 2")
    lab.page.click("#step")  # any other button ends it
    lab.until("window.__lab.stage === 0 && window.__lab.iteration === 1")


def test_the_speed_is_iterations_a_frame(lab: Any, served: Any) -> None:
    lab.page.click("#speed input")
    lab.page.get_by_role("option", name="1", exact=True).click()
    visitor = served[1].find(lab.name)
    lab.page.wait_for_timeout(300)
    assert visitor.speed == 1
