"""The load proof's own arithmetic, its client, and a short run of it."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from scipy.stats import linregress

from load import report, run
from load.pages import read_page
from load.reading import edited, head_of, iteration_of
from load.tally import Tally, kind_of
from load.visitors import SCHEDULE
from own_loop import run as run_alone
from playground.config import RunConfig
from playground.figures.frames import pack_frame
from playground.session import Session
from playground.ui.app import build

# -- arithmetic


def test_percentiles_lie_between_neighbours() -> None:
    values = [5.0, 1.0, 3.0, 2.0, 4.0]
    assert report.percentile(values, 50) == 3.0
    assert report.percentile(values, 95) == pytest.approx(4.8)
    assert (report.percentile(values, 0), report.percentile(values, 100)) == (1.0, 5.0)
    assert report.percentile([7.0], 99) == 7.0
    assert math.isnan(report.percentile([], 50))


def test_the_slope_of_a_line_is_found_exactly_and_that_of_a_point_is_none() -> None:
    assert report.slope([(x, 3.0 * x - 2.0) for x in range(10)]) == pytest.approx(3.0)
    assert report.slope([(0.0, 1.0), (1.0, 0.0), (2.0, 1.0)]) == pytest.approx(0.0)
    assert math.isnan(report.slope([(1.0, 5.0), (1.0, 6.0)]))


def test_the_error_of_a_slope_is_that_of_the_textbook() -> None:
    points = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (3.0, 5.0), (4.0, 4.0)]
    known = linregress(*zip(*points, strict=True))
    assert report.slope(points) == pytest.approx(known.slope)
    assert report.slope_error(points) == pytest.approx(known.stderr)
    assert report.slope_error([(x, 2.0 * x) for x in range(5)]) == pytest.approx(0.0)
    assert math.isnan(report.slope_error(points[:2]))


def test_an_empty_server_that_grows_ten_megabytes_an_hour_is_told_so_whatever_the_full_one_does() -> None:
    full = [(float(at), 10**9 + 10**8 * (at % 7)) for at in range(0, 1800, 10)]
    empty = [(float(at), round(2 * 10**8 + 10**7 * at / 3600)) for at in range(900, 1801, 225)]
    found = report.memory_of(full, empty, warm_until=600)
    assert found["slope_mb_per_hour"] == pytest.approx(10.0, abs=0.1)
    assert found["slope_over_minutes"] == 15.0
    assert found["warm_mb"] == [1000.0, 1300.0, 1600.0]
    assert report.memory_of(full, empty[:1], 0)["slope_mb_per_hour"] is None  # one point says nothing


def test_what_stays_is_added_up_over_all_breaks_unless_one_is_not_known() -> None:
    one, two = {"vanished": 1, "after_all_left": 0}, {"vanished": 2, "after_all_left": 3}
    assert run._together([one, two]) == {"vanished": 3, "after_all_left": 3}
    assert run._together([one, {"vanished": 0, "after_all_left": None}])["after_all_left"] is None


def test_rates_are_counted_from_the_good_end() -> None:
    found = report.spread_down([float(rate) for rate in range(1, 101)])
    assert (found["p50"], found["p95"], found["least"]) == (50.5, 6.0, 1.0)


# -- what the client reads


def test_the_head_of_a_lab_frame_tells_whose_it_is_and_where_it_stands() -> None:
    session = Session(RunConfig(), device="cpu")
    session.step()
    text = pack_frame(session.snapshots(), frame_id=7, session="someone", playing=True)
    assert head_of(text) == (7, "someone", True)
    assert iteration_of(text) == 1


def test_the_heads_of_the_other_pages_frames_are_read_as_well() -> None:
    assert head_of('{"frame":12,"session":"me","playing":false,"run":1}') == (12, "me", False)
    assert head_of('{"run": 1, "frame": 3, "session": "me", "playing": true}') == (3, "me", True)
    assert head_of('{"progress":"…","share":0.5}') is None
    assert head_of("garbage!") is None


@pytest.mark.parametrize(
    ("value", "edits", "made"),
    [
        ("ab", [["append", [], "c"]], "abc"),
        ({"value": 1}, [["replace", [], "new"]], "new"),
        ({"a": {"b": "x"}}, [["append", ["a", "b"], "y"]], {"a": {"b": "xy"}}),
        ({"visible": False}, [["add", ["value"], "told"], ["replace", ["visible"], True]],
         {"visible": True, "value": "told"}),
        ({"a": 1, "b": 2}, [["delete", ["a"], None]], {"b": 2}),
        ([1, 3], [["add", [1], 2]], [1, 2, 3]),
        ([1, 2], [], [1, 2]),
    ],
)  # fmt: skip
def test_changes_of_a_value_make_the_new_one(value: Any, edits: list[Any], made: Any) -> None:
    assert edited(value, edits) == made


def test_a_page_is_found_by_the_ids_of_its_components() -> None:
    import json

    config = {key: value for key, value in build("cpu").get_config_file().items() if key != "page"}
    html = b"<script>window.gradio_config = " + json.dumps(config, default=str).encode() + b";</script>"
    page = read_page("", html)
    step = page.event("step", "click")
    assert page.ids["lab"] in step.outputs and not step.inputs
    assert page.views[page.ids["lab"]] == "lab"
    assert page.inputs(page.event("speed", "input"), {"speed": 50}) == [50]
    assert {"error", "lesson-error"} <= {page.names[number] for number in page.errors}
    with pytest.raises(ValueError, match="no page"):
        read_page("", b"<html></html>")


# -- what counts as wrong


def test_a_sentence_that_nobody_expects_is_an_error_and_an_expected_one_is_not() -> None:
    tally = Tally()
    usual = frozenset({"nothing to undo"})
    assert (
        tally.sentence("Nothing to undo: this is the start of the run.", usual, "undo") == "nothing to undo"
    )
    assert not tally.errors
    assert tally.sentence("The cat sat on the mat.", usual, "undo") == "unknown"
    assert tally.errors == {"refusal that was not expected": 1}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("All 64 places are taken just now. You are number 2 in line.", "house full"),
        ("packing is 3, but must be a divisor of the batch size.", "not possible"),
        ("3 visitors train faces just now, and more would slow everyone down.", "training full"),
    ],
)
def test_sentences_are_sorted_by_kind(words: str, kind: str) -> None:
    assert kind_of(words) == kind


def test_errors_leaks_orphans_and_a_steep_slope_each_fail_a_run() -> None:
    found: dict[str, Any] = {
        "seen": {"errors": {}},
        "sessions": {"after_all_left": 0},
        "server": {"processes_left_behind": 0},
        "memory": {"slope_mb_per_hour": 5.0, "slope_error_mb_per_hour": 0.4},
    }
    assert report.verdict(found, 10.0) == []
    assert report.verdict(found, 4.5) == []  # not for sure
    found["seen"]["errors"]["no answer"] = 1
    found["sessions"]["after_all_left"] = 2
    found["server"]["processes_left_behind"] = 1
    assert len(report.verdict(found, 4.0)) == 4


def test_the_schedule_names_everything_that_visitors_do() -> None:
    words = run.schedule()
    assert all(act in words[page] for page, mix in SCHEDULE.items() for act in mix)


# -- a short run


@pytest.mark.timeout(120)
def test_three_visitors_for_some_seconds_find_nothing_wrong_and_leave_nothing_behind() -> None:
    plan = run.Plan(visitors=3, minutes=8 / 60, seed=3, only=["lab", "lessons"])
    found = run_alone(asyncio.wait_for(run.measure(plan), 100))
    assert found["wrong"] == [], found["seen"]["first_errors"]
    assert found["seen"]["counts"]["frames"] > 0
    assert found["sessions"]["after_all_left"] == 0
    assert found["server"]["faults"] == 0
    words = report.markdown(found)
    assert "Nothing was wrong" in words and "| frames of another session | 0 of" in words
