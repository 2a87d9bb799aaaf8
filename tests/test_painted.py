"""The route by which pages say what is on the screen: believed only where it can be true."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Router
from starlette.testclient import TestClient

from own_loop import run
from playground.config import RunConfig
from playground.session import Session
from playground.ui.guard import Guard
from playground.ui.hub import Hub
from playground.ui.meters import Meters
from playground.ui.painted import painted_js, routes

CONFIG = RunConfig(generator_width=4, discriminator_width=4, batch_size=8)


@pytest.fixture
def hubs() -> dict[str, Hub]:
    """Two pages; "someone" has both open, and two frames of each were sent."""
    made = {name: Hub(make=lambda place: Session(CONFIG, device="cpu")) for name in ("lab", "faces")}
    for hub in made.values():
        visitor = hub.open("someone")
        visitor.frame()
        visitor.frame()
    return made


@pytest.fixture
def page(hubs: dict[str, Hub]) -> TestClient:
    return TestClient(Starlette(routes=routes(hubs)))


def in_flight(hubs: dict[str, Hub]) -> list[int]:
    return [hub.find("someone").in_flight for hub in hubs.values()]


def test_a_painted_frame_is_in_flight_no_more_and_other_pages_are_not_touched(
    page: TestClient, hubs: dict[str, Hub]
) -> None:
    assert in_flight(hubs) == [2, 2]
    assert page.post("/painted/lab", json={"session": "someone", "frame": 1}).status_code == 204
    assert in_flight(hubs) == [1, 2]
    page.post("/painted/lab", json={"session": "someone", "frame": 2})
    page.post("/painted/lab", json={"session": "someone", "frame": 1})  # late: it takes nothing back
    assert in_flight(hubs) == [0, 2]


NONSENSE: list[Any] = [
    None, 3, [], {}, "someone", {"session": 1, "frame": 1}, {"session": "someone"}, {"frame": 1},
    {"session": "someone", "frame": "1"}, {"session": "someone", "frame": True},
    {"session": "someone", "frame": 3}, {"session": "someone", "frame": 10**30},
    {"session": "someone", "frame": -1}, {"session": "someone", "frame": 1.0},
    {"session": ["someone"], "frame": 1}, {"session": "nobody", "frame": 1},
]  # fmt: skip


@pytest.mark.parametrize("told", NONSENSE, ids=str)
def test_nonsense_says_nothing(page: TestClient, hubs: dict[str, Hub], told: Any) -> None:
    assert page.post("/painted/faces", json=told).status_code == 204
    assert in_flight(hubs) == [2, 2]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"NaN", b'{"session": "\\ud800"}'])
def test_what_is_no_json_says_nothing(page: TestClient, hubs: dict[str, Hub], body: bytes) -> None:
    assert page.post("/painted/lab", content=body).status_code == 204
    assert in_flight(hubs) == [2, 2]


def test_a_page_that_does_not_exist_is_not_found_and_nothing_can_be_read_there(page: TestClient) -> None:
    assert page.post("/painted/elsewhere", json={}).status_code == 404
    assert page.get("/painted/lab").status_code == 405


def test_the_script_of_a_page_tells_its_own_hub() -> None:
    assert "root + '/painted/lessons'" in painted_js("lessons")


def test_a_page_that_is_closed_while_it_speaks_is_no_failure(hubs: dict[str, Hub]) -> None:
    meters, sent = Meters(), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/painted/lab", "headers": [], "query_string": b"",
        "root_path": "",
    }  # fmt: skip
    run(Guard(Router(routes(hubs)), meters)(scope, receive, send))
    assert sent == [] and meters.snapshot()["errors_total"]["request"] == 0
