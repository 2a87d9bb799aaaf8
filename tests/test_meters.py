"""What the app counts and writes down: known numbers after known events, and nothing of anybody's content."""

from __future__ import annotations

import io
import json
import logging
import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from playground.config import ConfigError
from playground.ui.events import EVENTS, LOGGER, MARK_BYTES, Marks, configure_logging, tell, word
from playground.ui.meters import ENDS, KINDS, OTHER, OWN_ENDS, PAGES, Meters, resident_bytes

SESSION = "k3j9x0q2zrb"  # as a page names itself
SECRETS = [
    SESSION,
    "hf_neverseenanywhere",
    "target=ring8&seed=3",
    "my holiday.png",
    "203.0.113.9",
    "2001:db8::9",
]


class Clock:
    """Time that passes when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is written of events."""
    logger, stream = logging.getLogger(LOGGER), io.StringIO()
    before = logger.handlers[:], logger.propagate, logger.level
    configure_logging({"PLAYGROUND_LOG": "json"}, stream)
    yield stream
    logger.handlers[:], logger.propagate = before[0], before[1]
    logger.setLevel(before[2])


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def exposed(meters: Meters) -> dict[tuple[str, str], float]:
    """Every number as Prometheus reads it, by its name and its one label's value."""
    text = generate_latest(meters.registry).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, " ".join(sample.labels.values())] = sample.value
    return found


# -- what is counted


def test_every_number_is_there_before_anything_happened() -> None:
    seen = exposed(Meters())
    for page in PAGES:
        for name in ("visitors", "playing", "waiting", "put_aside", "frames_total", "iterations_total"):
            assert seen[f"playground_{name}", page] == 0.0
        assert seen["playground_evicted_total", page] == seen["playground_frame_seconds_count", page] == 0.0
    for kind in KINDS:
        assert seen["playground_errors_total", kind] == 0.0
    for name in ("moved_total", "refused_total", "workers", "queue"):
        assert seen[f"playground_{name}", ""] == 0.0


def test_visitors_are_those_who_came_and_did_not_leave() -> None:
    meters = Meters()
    for name in "abc":
        meters.opened("lab", name)
    meters.opened("faces", "a")
    meters.released("lab", "b", "closed")
    seen = exposed(meters)
    assert seen["playground_visitors", "lab"] == 2.0 and seen["playground_visitors", "faces"] == 1.0
    assert seen["playground_visitors", "lessons"] == 0.0 and meters.visitors == 3


def test_what_is_told_twice_counts_once() -> None:
    meters = Meters()
    for _ in range(2):
        meters.opened("lab", "a")
    assert exposed(meters)["playground_visitors", "lab"] == 1.0
    for _ in range(2):
        meters.released("lab", "a", "idle")
    meters.released("lab", "never seen", "idle")
    seen = exposed(meters)
    assert seen["playground_visitors", "lab"] == 0.0 and seen["playground_evicted_total", "lab"] == 1.0


def test_who_is_put_aside_is_no_visitor_until_it_comes_back() -> None:
    meters = Meters()
    meters.opened("lessons", "a")
    meters.put_aside("lessons", "a")
    aside = exposed(meters)
    assert (aside["playground_visitors", "lessons"], aside["playground_put_aside", "lessons"]) == (0.0, 1.0)
    meters.came_back("lessons", "a")
    back = exposed(meters)
    assert (back["playground_visitors", "lessons"], back["playground_put_aside", "lessons"]) == (1.0, 0.0)
    assert back["playground_evicted_total", "lessons"] == 0.0


def test_who_is_forgotten_while_put_aside_counts_as_evicted() -> None:
    meters = Meters()
    meters.opened("lab", "a")
    meters.put_aside("lab", "a")
    meters.released("lab", "a", "full")
    seen = exposed(meters)
    assert (seen["playground_put_aside", "lab"], seen["playground_evicted_total", "lab"]) == (0.0, 1.0)


def test_a_run_that_is_put_aside_may_change_its_name() -> None:
    meters = Meters()
    meters.opened("lab", "former")
    for _ in range(2):
        meters.put_aside("lab", "former")
    meters.released("lab", "former", "closed")
    meters.put_aside("lab", "now")
    assert exposed(meters)["playground_put_aside", "lab"] == 1.0
    meters.came_back("lab", "now")
    seen = exposed(meters)
    assert (seen["playground_put_aside", "lab"], seen["playground_visitors", "lab"]) == (0.0, 1.0)
    assert seen["playground_evicted_total", "lab"] == 0.0


def test_only_the_app_evicts() -> None:
    meters = Meters()
    for why in ENDS:
        meters.opened("lab", why)
        meters.released("lab", why, why)
    assert exposed(meters)["playground_evicted_total", "lab"] == len(ENDS) - len(OWN_ENDS) == 2


def test_frames_iterations_and_seconds_add_up() -> None:
    meters = Meters()
    for seconds, iterations in ((0.03, 10), (0.05, 20), (9.0, 0), (0.001, -5)):
        meters.frame("lab", seconds, iterations)
    seen = exposed(meters)
    assert (seen["playground_frames_total", "lab"], seen["playground_iterations_total", "lab"]) == (4.0, 30.0)
    assert seen["playground_frame_seconds_sum", "lab"] == pytest.approx(9.081)
    assert seen["playground_frames_total", "faces"] == 0.0
    buckets = {
        bound: meters.registry.get_sample_value(
            "playground_frame_seconds_bucket", {"page": "lab", "le": bound}
        )
        for bound in ("0.005", "0.04", "0.08", "+Inf")
    }
    assert buckets == {"0.005": 1.0, "0.04": 2.0, "0.08": 3.0, "+Inf": 4.0}


def test_errors_refusals_moves_and_those_who_wait_are_counted() -> None:
    meters = Meters()
    meters.error("worker")
    meters.error("worker", SESSION)
    meters.error("request")
    meters.refused("lab")
    meters.moved("lab", "a", "process 12")
    meters.moved("faces", "b", "process 12")
    meters.waiting("faces", 7)
    meters.waiting("faces", 3)
    seen = exposed(meters)
    assert [seen["playground_errors_total", kind] for kind in ("worker", "request")] == [2.0, 1.0]
    assert (seen["playground_refused_total", ""], seen["playground_moved_total", ""]) == (1.0, 2.0)
    assert seen["playground_waiting", "faces"] == 3.0


def test_what_can_be_asked_is_asked_when_somebody_looks() -> None:
    meters, now = Meters(), [1.0, 2.0, 3.0]
    meters.count_playing("lab", lambda: now[0])
    meters.count_workers(lambda: now[1])
    meters.count_queue(lambda: now[2])
    names = ("playground_playing", "lab"), ("playground_workers", ""), ("playground_queue", "")
    assert [exposed(meters)[name] for name in names] == [1.0, 2.0, 3.0]
    now[:] = 4.0, 5.0, 6.0
    assert [exposed(meters)[name] for name in names] == [4.0, 5.0, 6.0]


def test_the_queue_that_gradio_keeps_has_a_length() -> None:
    import gradio as gr

    with gr.Blocks() as demo:
        gr.Button().click(lambda: None)
    demo.queue()
    meters = Meters()
    meters.count_queue(lambda: len(demo._queue))
    assert exposed(meters)["playground_queue", ""] == 0.0


def test_memory_is_that_of_the_server_and_of_the_processes_it_started() -> None:
    meters = Meters()
    before = exposed(meters)
    assert before["playground_memory_bytes", "workers"] == 0.0
    if resident_bytes(1) != resident_bytes(1):
        pytest.skip("this system does not say how much memory a process holds")
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=theirs.recv, daemon=True)
    child.start()
    try:
        seen = exposed(meters)
        assert seen["playground_memory_bytes", "server"] > 2**20
        assert 0 < seen["playground_memory_bytes", "workers"] < 2**31
    finally:
        ours.send("end")
        child.join(30)
    assert exposed(meters)["playground_memory_bytes", "workers"] == 0.0
    assert resident_bytes(2**30) != resident_bytes(2**30), "of no process nothing is known"


def test_a_snapshot_says_the_same_as_plain_numbers() -> None:
    meters = Meters()
    meters.opened("lab", "a")
    meters.frame("lab", 0.25, 10)
    meters.error("session", "a")
    seen = meters.snapshot()
    assert seen["visitors"] == {"lab": 1.0, "faces": 0.0, "lessons": 0.0}
    assert seen["iterations_total"]["lab"] == 10.0 and seen["frame_seconds_sum"]["lab"] == 0.25
    assert seen["errors_total"]["session"] == 1.0 and seen["moved_total"] == 0.0
    assert json.loads(json.dumps(seen)) == seen


def test_two_apps_in_one_process_share_nothing() -> None:
    one, other = Meters(), Meters()
    one.opened("lab", "a")
    one.error("worker")
    assert (
        exposed(other)["playground_visitors", "lab"]
        == exposed(other)["playground_errors_total", "worker"]
        == 0.0
    )
    assert one.registry is not other.registry


def test_whatever_is_told_the_number_of_series_is_bounded() -> None:
    meters = Meters()
    for number in range(200):
        words = f"page {number}", f"session {number}"
        meters.opened(*words)
        meters.frame(words[0], 0.1, 1)
        meters.error(f"kind {number}", words[1])
        meters.waiting(words[0], 1)
        meters.released(*words, f"why {number}")
    seen = exposed(meters)
    assert seen["playground_errors_total", OTHER] == seen["playground_frames_total", OTHER] == 200.0
    assert len(seen) < 300
    labels = {label for name, label in seen if "bucket" not in name and name.startswith("playground")}
    assert labels - {"", "server", "workers"} <= {*PAGES, *KINDS, OTHER} | {
        label for name, label in seen if name == "playground_app_info"
    }


# -- what is written down


def a_visit(meters: Meters, name: str = SESSION) -> None:
    meters.started(2)
    meters.opened("lab", name)
    meters.frame("lab", 0.03, 10)
    meters.error("worker", name)
    meters.moved("lab", name, "process 4711")
    meters.put_aside("lab", name)
    meters.came_back("lab", name)
    meters.released("lab", name, "idle")
    meters.refused("faces")


def test_every_event_is_one_line_and_a_frame_is_none(log: io.StringIO) -> None:
    a_visit(Meters())
    said = [line["event"] for line in lines(log)]
    assert said == ["started", "opened", "error", "moved", "put_aside", "came_back", "released", "refused"]
    assert set(said) == EVENTS


def test_a_line_says_when_what_where_and_of_which_session(log: io.StringIO) -> None:
    clock = Clock()
    meters = Meters(clock=clock)
    meters.opened("lab", SESSION)
    clock.now += 61.25
    meters.moved("lab", SESSION, "process 4711")
    meters.released("lab", SESSION, "closed")
    opened, moved, released = lines(log)
    assert opened.keys() == {"time", "event", "page", "session"}
    assert (released["page"], released["why"], released["seconds"]) == ("lab", "closed", 61.2)
    assert moved["where"] == "process 4711"
    assert opened["session"] == moved["session"] == released["session"]
    when = datetime.fromisoformat(opened["time"])
    assert opened["time"].endswith("Z") and abs((datetime.now(UTC) - when).total_seconds()) < 3600


def test_no_session_id_is_in_the_metrics_or_in_the_log(log: io.StringIO) -> None:
    meters = Meters()
    a_visit(meters)
    meters.opened("lab", SESSION)
    told = generate_latest(meters.registry).decode() + log.getvalue() + json.dumps(meters.snapshot())
    assert SESSION not in told and SESSION[:6] not in told


@pytest.mark.parametrize("secret", SECRETS)
def test_no_content_reaches_the_log_by_any_argument(log: io.StringIO, secret: str) -> None:
    meters = Meters()
    meters.opened(secret, secret)
    meters.moved(secret, secret, secret)
    meters.error(secret, secret)
    meters.released(secret, secret, secret)
    meters.refused(secret)
    said = lines(log)
    assert [line["event"] for line in said] == ["opened", "moved", "error", "released", "refused"]
    where = said[1].pop("where", "")  # a worker's name comes from the host, not from a visitor
    assert where == word(secret)
    assert secret not in json.dumps(said)
    assert said[2]["kind"] == said[3]["why"] == said[0]["page"] == OTHER


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("process 4711", "process 4711"),
        ("node 0a3f-77", "node 0a3f-77"),
        ("0.1.0", "0.1.0"),
        ("203.0.113.9", ""),
        ("ray 10.0.0.7", ""),
        ("2001:db8::9", ""),
        ("https://x", ""),
        ("a\nb", ""),
        ("x" * 100, "x" * 40),
    ],
)
def test_a_word_is_a_name_of_ours_and_no_address(text: str, said: str) -> None:
    assert word(text) == said


def test_only_known_events_are_written(log: io.StringIO) -> None:
    tell("uploaded my holiday.png")
    assert log.getvalue() == ""


def test_a_record_of_another_kind_leaves_no_text(log: io.StringIO) -> None:
    logging.getLogger(LOGGER).warning("the visitor said %s", SECRETS[2])
    (line,) = lines(log)
    assert line.keys() == {"time", "event", "level"} and (line["event"], line["level"]) == (
        "other",
        "WARNING",
    )


def test_a_mark_is_the_same_within_an_app_and_another_in_the_next() -> None:
    one, other = Marks(), Marks()
    assert one.mark(SESSION) == one.mark(SESSION) != one.mark(SESSION + "x")
    assert one.mark(SESSION) != other.mark(SESSION), "a list of marks tells nothing after a restart"
    assert len(one.mark(SESSION)) == len(one.mark("\ud800" * 1000)) == 2 * MARK_BYTES


# -- where it is written


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("chosen", "stream", "written"),
    [
        (None, io.StringIO, True),
        (None, Terminal, False),
        ("", Terminal, False),
        ("json", Terminal, True),
        ("json", io.StringIO, True),
        ("off", io.StringIO, False),
    ],
)
def test_lines_go_to_a_log_and_to_a_terminal_only_when_asked(
    log: io.StringIO, chosen: str | None, stream: type[io.StringIO], written: bool
) -> None:
    place = stream()
    configure_logging({} if chosen is None else {"PLAYGROUND_LOG": chosen}, place)
    tell("refused", page="lab")
    assert bool(place.getvalue()) is written
    assert log.getvalue() == "", "what was decided before is undone"


def test_another_word_for_the_log_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"PLAYGROUND_LOG is 'text'; allowed are json and off\."):
        configure_logging({"PLAYGROUND_LOG": "text"})


def test_an_app_whose_log_was_never_decided_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    a_visit(Meters())
    assert capsys.readouterr().err == ""
