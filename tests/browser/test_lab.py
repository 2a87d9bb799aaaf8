"""The lab as a visitor uses it: what moves, what the pointer finds, what comes back, what is taken away."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from playground.config import RunConfig
from playground.figures.stages import STAGES
from playground.session import Session
from playground.ui import lab_page
from sessions import session_of

Visit = Callable[..., Any]
AXES = "document.querySelector('.lab-axes')"
RANGE = f"['xaxis', 'yaxis'].map(a => {AXES}._fullLayout[a].range.map(v => Number(v.toFixed(6))))"
DIVERGES = "objective=lsgan&optimizer=sgd&generator_learning_rate=10.0&discriminator_learning_rate=10.0"


@pytest.fixture
def at(visit: Visit) -> Callable[[str, int], Any]:
    """Opens a link and waits for its moment."""

    def opened(query: str, iteration: int) -> Any:
        lab = visit(query)
        lab.until(f"window.__lab.iteration === {iteration}")
        lab.settle()
        return lab

    return opened


def caught_up(lab: Any, hub: Any) -> None:
    """Wait until the page has painted the newest frame, with the layers that it now wants."""
    visitor = hub.find(lab.name)
    for _ in range(200):
        wanted = lab.page.evaluate("window.__lab.neededLayers()")
        if set(wanted) == visitor.layers and lab.see("frameId") == visitor._sent and not visitor.playing:
            return
        lab.page.wait_for_timeout(30)
    raise AssertionError("The page did not come to rest.")


def only(lab: Any, hub: Any, *layers: str) -> None:
    """Switch on these layers and no others."""
    for name, on in lab.see("layers").items():
        if on is not (name in layers):
            lab.page.click(f"[data-layer={name}]")
            caught_up(lab, hub)


def open_box(lab: Any, box: str) -> None:
    lab.page.click(f"#{box} button.label-wrap")


def numbers(lab: Any) -> str:
    return str(lab.page.inner_text(".lab-numbers"))


def place(lab: Any, x: float, y: float) -> tuple[float, float]:
    """Where a point of the plane lies on the screen."""
    left, top = lab.page.evaluate(
        "([x, y]) => { const e = document.querySelector('.lab-axes'), b = e.getBoundingClientRect(),"
        " l = e._fullLayout; return [b.left + l.xaxis._offset + l.xaxis.d2p(x),"
        " b.top + l.yaxis._offset + l.yaxis.d2p(y)]; }",
        [x, y],
    )
    return float(left), float(top)


def drag(lab: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    lab.page.mouse.move(*start)
    lab.page.mouse.down()
    lab.page.mouse.move(*end, steps=10)
    lab.page.mouse.up()


# -- one network at a time


@pytest.mark.parametrize(
    ("button", "moved", "stood"), [("d", "surface", "generated"), ("g", "generated", "surface")]
)
def test_an_update_moves_its_own_network_and_not_the_other(
    at: Any, served: Any, button: str, moved: str, stood: str
) -> None:
    for layer, moves in ((moved, True), (stood, False)):
        lab = at("clicks=s20", 20)
        only(lab, served[1], layer)
        before = lab.picture()
        lab.press(f"update-{button}")
        assert (lab.picture() != before) is moves, layer


# -- layers and zoom


def test_every_layer_switch_changes_the_picture_and_back(at: Any, served: Any) -> None:
    lab = at("target=ring8&clicks=s30", 30)
    lab.press("step", times=3)  # for the trails
    for layer in lab.page.evaluate("Object.keys(__lab.layers)"):
        before = lab.picture()
        lab.page.click(f"[data-layer={layer}]")
        caught_up(lab, served[1])
        assert lab.picture() != before, layer
        lab.page.click(f"[data-layer={layer}]")
        caught_up(lab, served[1])
        assert lab.picture() == before, layer


def test_layer_choices_survive_playing_undo_and_a_new_run(lab: Any, served: Any) -> None:
    only(lab, served[1], "generated", "grid")
    lab.page.click("#play")
    lab.until("window.__lab.iteration > 40")
    lab.page.click("#play")
    lab.settle()
    lab.press("undo")
    lab.press("reset")
    shown = {name for name, on in lab.see("layers").items() if on}
    pressed = lab.page.locator("[data-layer][aria-pressed=true]").evaluate_all(
        "chips => chips.map(c => c.dataset.layer)"
    )
    assert shown == set(pressed) == {"generated", "grid"}


def test_a_dragged_zoom_survives_frames_and_a_button_shows_everything_again(lab: Any) -> None:
    home = lab.page.evaluate(RANGE)
    before = lab.picture()
    drag(lab, place(lab, -0.2, 0.9), place(lab, 0.9, -0.2))
    lab.until(f"JSON.stringify({RANGE}) !== '{str(home).replace(' ', '')}'")
    zoomed = lab.page.evaluate(RANGE)
    assert zoomed[0] == pytest.approx([-0.2, 0.9], abs=0.05)
    assert lab.picture() != before
    lab.press("step", times=3)
    lab.press("undo", times=3)
    assert lab.page.evaluate(RANGE) == zoomed
    lab.page.click(".modebar-btn[data-title='Show everything']")
    lab.until(f"JSON.stringify({RANGE}) === '{str(home).replace(' ', '')}'")


# -- back and again


def test_a_link_taken_after_playing_has_the_same_picture_and_the_same_numbers(lab: Any, at: Any) -> None:
    lab.page.click("#play")
    lab.until("window.__lab.iteration > 60")
    lab.page.click("#play")
    lab.settle()
    lab.press("update-d")
    other = at(lab.query, lab.iteration)
    # the iteration is reached before the last update of D is repeated
    other.until(f"new URLSearchParams(location.search).get('clicks') === '{lab.clicks}'")
    other.settle()
    assert numbers(other) == numbers(lab)
    assert other.picture() == lab.picture()


def test_a_reloaded_page_is_at_the_same_moment(lab: Any) -> None:
    lab.press("step", times=2)
    lab.press("update-g")
    kept, shown, name = lab.picture(), numbers(lab), lab.name
    lab.page.reload()
    lab.until("window.__lab && window.__lab.iteration === 2 && window.__page && window.__page.state")
    lab.settle()
    assert (lab.picture(), numbers(lab), lab.clicks) == (kept, shown, "s2g1")
    assert lab.name != name


def test_undo_takes_back_what_play_did_frame_by_frame_and_step_goes_on_from_there(lab: Any) -> None:
    lab.page.click("#play")
    lab.until("window.__lab.iteration > 30")
    lab.page.click("#play")
    lab.settle()
    reached = lab.iteration
    lab.press("undo")
    back = lab.iteration
    assert reached - 20 <= back < reached
    lab.press("step")
    assert (lab.iteration, lab.clicks) == (back + 1, f"s{back + 1}")


def test_space_plays_even_after_step_was_pressed_with_the_pointer(lab: Any) -> None:
    lab.press("step")
    lab.page.keyboard.press("Space")
    lab.until("window.__lab.playing", timeout_ms=5_000)
    lab.page.keyboard.press("Space")
    lab.settle()


def test_space_presses_the_button_that_was_reached_by_keyboard(lab: Any) -> None:
    lab.page.focus("#update-g")
    lab.page.keyboard.press("Tab")  # to Step
    lab.key("Space")
    lab.settle()
    assert lab.clicks == "s1"


# -- a hurried visitor: the last wish counts


def hurry(lab: Any, script: str) -> None:
    """Do one thing several times, 40 ms apart."""
    lab.page.evaluate(
        "async () => { const wait = () => new Promise(done => setTimeout(done, 40)); " + script + " }"
    )


def test_many_steps_in_a_hurry_are_all_done_and_the_last_is_shown(lab: Any, at: Any) -> None:
    lab.page.evaluate("() => { for (let i = 0; i < 12; i++) document.querySelector('#step').click(); }")
    lab.until("window.__lab.iteration === 12 && window.__page.state.iteration === 12", timeout_ms=8_000)
    lab.page.wait_for_timeout(300)
    assert (lab.iteration, lab.clicks) == (12, "s12")
    assert lab.picture() == at("clicks=s12", 12).picture()


def test_the_scrubber_ends_where_it_was_left(at: Any) -> None:
    lab = at("clicks=s30", 30)
    hurry(
        lab,
        "const r = document.querySelector('.bar input'); for (const n of [29, 20, 11, 4]) {"
        " r.value = n; r.dispatchEvent(new Event('change', { bubbles: true })); await wait(); }",
    )
    lab.until("window.__lab.iteration === 4", timeout_ms=5_000)
    lab.settle()
    assert lab.clicks == "s4"


def test_the_last_target_that_was_pressed_is_the_target(lab: Any) -> None:
    hurry(
        lab,
        "for (const n of ['ring8', 'grid25', 'spiral']) {"
        " document.querySelector(`[data-target=${n}]`).click(); await wait(); }",
    )
    lab.until("location.search.includes('target=spiral')", timeout_ms=5_000)
    lab.settle()
    assert lab.page.get_attribute("[data-target=spiral]", "aria-pressed") == "true"


def test_layers_switched_in_a_hurry_are_all_drawn(at: Any, served: Any) -> None:
    lab = at("clicks=s20", 20)
    hurry(
        lab,
        "for (const n of ['surface', 'real', 'arrows', 'grid']) {"
        " document.querySelector(`[data-layer=${n}]`).click(); await wait(); }",
    )
    caught_up(lab, served[1])
    assert served[1].find(lab.name).layers == {"generated", "grid"}


# -- slow motion


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Slow motion, but not that slow."""
    monkeypatch.setattr(lab_page, "STAGE_SECONDS", 0.36)
    yield


def test_slow_motion_tells_all_stages_and_ends_one_iteration_later(lab: Any, at: Any, brisk: None) -> None:
    lab.page.evaluate(
        "() => { window.__told = []; document.addEventListener('lab:painted', ({ detail }) =>"
        " { if (detail.stage) __told.push(document.querySelector('.lab-slow').innerText); }); }"
    )
    lab.page.click("#slow")
    lab.until("window.__lab.iteration === 1 && window.__lab.stage === 0")
    lab.settle()
    told = list(dict.fromkeys(lab.page.evaluate("__told")))
    assert told == [f"{i} of {len(STAGES)}. {caption}" for i, caption in enumerate(STAGES, 1)]
    assert lab.page.locator(".lab-slow").is_hidden()
    assert lab.clicks == "s1"
    assert lab.picture() == at("clicks=s1", 1).picture()


# -- what the pointer finds


def test_a_generated_point_shows_its_z_and_its_d(at: Any, served: Any) -> None:
    lab = at("clicks=s40", 40)
    only(lab, served[1], "generated", "surface")
    (seen,) = session_of(served[1].find(lab.name)).snapshots()
    inside = np.abs(seen.generated).max(axis=1) < 0.9 * seen.extent
    points = np.where(inside[:, None], seen.generated, 99.0)
    away = np.linalg.norm(points[:, None] - points[None], axis=2) + 9 * np.eye(len(points))
    k = int(away.min(axis=1).argmax())  # the loneliest point cannot be mistaken
    lab.page.mouse.move(*place(lab, *map(float, seen.generated[k])))
    lab.page.locator(".lab-tip").wait_for(state="visible")
    found = lab.page.inner_text(".lab-tip").replace("−", "-").splitlines()
    assert found[0].startswith("generated (")
    assert float(found[1].removeprefix("D = ")) == pytest.approx(float(seen.scores[k]), abs=2e-3)
    z = [float(v) for v in found[2].removeprefix("z = (").rstrip(")").split(",")]
    assert z == pytest.approx(seen.latents[k].tolist(), abs=0.011)
    lab.page.mouse.move(2, 2)
    lab.page.locator(".lab-tip").wait_for(state="hidden")


# -- compare


def test_both_runs_of_a_comparison_advance_and_the_first_is_the_run_alone(
    lab: Any, at: Any, served: Any
) -> None:
    open_box(lab, "group-compare")
    lab.page.click("#compare")
    lab.until("document.querySelectorAll('.lab-square').length === 2")
    lab.settle()
    before = [lab.picture(0), lab.picture(1)]
    lab.press("step", times=2)
    assert all(lab.picture(i) != before[i] for i in (0, 1))
    first, second = session_of(served[1].find(lab.name)).snapshots()
    assert (first.iteration, second.iteration, first.model, second.model) == (2, 2, "gan", "vae")
    alone = Session(RunConfig(), device="cpu")
    alone.step()
    alone.step()
    assert np.array_equal(alone.snapshots()[0].generated, first.generated)
    assert np.array_equal(first.real, second.real)


# -- the visitor's own points


def test_bad_points_leave_the_run_as_it_was(lab: Any) -> None:
    lab.press("step", times=2)
    before = lab.picture()
    open_box(lab, "own-points")
    lab.page.fill("#paste textarea", "1,2\n3,abc")
    lab.page.click("#use-points")
    assert "abc" in lab.refusal
    assert (lab.iteration, lab.clicks) == (2, "s2")
    lab.press("step")
    lab.press("undo")
    assert lab.picture() == before
    assert lab.page.locator("#error [role=alert]").is_hidden()


def test_drawn_points_are_where_they_were_drawn(lab: Any, served: Any) -> None:
    open_box(lab, "own-points")
    lab.page.click("#draw")
    drag(lab, place(lab, -0.8, 0.5), place(lab, 0.8, 0.5))
    lab.page.get_by_text("Use these points").click()
    lab.until("location.search.includes('target=points')")
    lab.settle()
    (seen,) = session_of(served[1].find(lab.name)).snapshots()
    assert np.ptp(seen.real[:, 0]) > 4 * np.ptp(seen.real[:, 1])
    lab.press("step")
    assert lab.iteration == 1


def test_a_drawing_can_be_cancelled(lab: Any) -> None:
    before = lab.picture()
    open_box(lab, "own-points")
    lab.page.click("#draw")
    drag(lab, place(lab, -0.8, 0.5), place(lab, 0.8, 0.5))
    lab.page.get_by_text("Cancel", exact=True).click()
    assert lab.picture() == before
    assert "points" not in lab.query


# -- taken away


def taken(lab: Any, button: str, folder: Path) -> Path:
    with lab.page.expect_download(timeout=30_000) as download:
        lab.page.click(f"#save-{button}")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_what_is_taken_away_can_be_used(at: Any, served: Any, tmp_path: Path, root: Path) -> None:
    lab = at("clicks=s12d1", 12)
    open_box(lab, "take")
    with Image.open(taken(lab, "png", tmp_path)) as picture:
        assert picture.format == "PNG" and min(picture.size) >= 1000
        assert len(set(picture.convert("RGB").resize((64, 64)).getdata())) > 50
    with Image.open(taken(lab, "gif", tmp_path)) as film:
        assert film.n_frames == 13
    rows = list(csv.DictReader(taken(lab, "csv", tmp_path).open()))
    assert rows[0]["iteration"] == "0" and rows[-1]["iteration"] == "12"
    script = taken(lab, "script", tmp_path)
    said = subprocess.run(
        [sys.executable, script], cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    assert "iteration 12" in said.stdout


# -- a run that breaks


def test_a_diverging_run_says_so_and_its_last_good_moment_is_a_click_away(visit: Visit) -> None:
    lab = visit(DIVERGES)
    lab.page.click("#play")
    lab.page.locator(".lab-banner").wait_for(state="visible")
    lab.settle()
    said = lab.page.inner_text(".lab-banner")
    assert "diverged at iteration" in said
    lab.page.click("#step")
    assert "diverged" in lab.refusal
    lab.press("rewind")
    assert lab.page.locator(".lab-banner").is_hidden()
    assert lab.page.locator("#rewind").is_hidden()
    assert lab.iteration < int(said.split("iteration ")[1].split()[0].strip(".,:;").replace(",", ""))


# -- the page itself


def test_a_whole_visit_is_quiet_and_local(browser: Any, served: Any) -> None:
    """Nothing on the console, nothing asked of another machine, from the greeting to a film."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda r: said.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served[0])
    page.wait_for_function("window.__lab && window.__lab.iteration > 4", timeout=15_000)
    page.click("#step")
    for box, button in (("own-points", "draw"), ("group-compare", "compare"), ("take", "save-csv")):
        page.click(f"#{box} button.label-wrap")
        page.click(f"#{button}")
        page.wait_for_timeout(300)
    context.close()
    assert said == []
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}


def test_dark_mode_is_dark_from_edge_to_edge(visit: Visit) -> None:
    lab = visit("__theme=dark&seed=0")
    with Image.open(io.BytesIO(lab.page.screenshot())) as shot:
        seen = np.asarray(shot.convert("L"), float)
    edges = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    assert edges.max() < 60 and np.median(seen) < 60
    assert seen.max() > 180  # the words
    assert lab.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"


def test_a_phone_sees_step_and_the_canvas_at_once(visit: Visit) -> None:
    lab = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2)
    for part in (".lab-canvas", "#step", "#play"):
        box = lab.page.locator(part).first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390, part
        assert box["y"] >= 0 and box["y"] + box["height"] <= 844, part
    lab.page.tap("#step")
    lab.until("window.__lab.iteration === 1")
    assert lab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
