"""`/healthz` and `/metrics`: what they say, who may read them, and that they never wait for a visitor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from own_loop import run
from playground.config import ConfigError
from playground.ui.health import SHORTEST_TOKEN, Pulse, health, routes
from playground.ui.meters import Meters, app_version

TOKEN = "correct-horse-battery"


class Clock:
    """Time that passes when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def client(
    meters: Meters | None = None, checks: list[Callable[[], str]] | None = None, metrics: str = ""
) -> TestClient:
    environment = {"PLAYGROUND_METRICS": metrics} if metrics else {}
    return TestClient(Starlette(routes=routes(meters or Meters(), checks or [], environment)))


# -- /healthz


def test_an_app_that_can_serve_says_ok_and_how_long_and_for_how_many() -> None:
    clock = Clock()
    meters = Meters(clock=clock)
    meters.opened("lab", "a")
    meters.opened("faces", "b")
    clock.now += 90.5
    answer = client(meters, [lambda: ""]).get("/healthz")
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "status": "ok", "version": app_version(), "uptime_seconds": 90.5, "visitors": 2
    }  # fmt: skip


def test_an_app_that_cannot_serve_says_why() -> None:
    answer = client(checks=[lambda: "", lambda: "No worker answers.", lambda: "The disk is full."]).get(
        "/healthz"
    )
    assert answer.status_code == 503 and answer.json()["status"] == "failing"
    assert answer.json()["reasons"] == ["No worker answers.", "The disk is full."]


def test_a_check_that_fails_is_a_reason_and_tells_nothing_else() -> None:
    def broken() -> str:
        raise KeyError("a session's id")

    status, state = health(Meters(), [broken])
    assert (status, state["reasons"]) == (503, ["A check failed: KeyError."])


def test_it_is_asked_as_monitors_ask_and_changes_nothing() -> None:
    asked = client()
    assert asked.head("/healthz").status_code == 200 and asked.head("/healthz").text == ""
    assert asked.post("/healthz").status_code == asked.delete("/healthz").status_code == 405


def test_it_needs_no_thread_that_visitors_may_have_taken() -> None:
    async def crowded() -> tuple[int, int]:
        import anyio.to_thread
        from anyio import CapacityLimiter

        limiter = anyio.to_thread.current_default_thread_limiter()
        assert isinstance(limiter, CapacityLimiter)
        for number in range(int(limiter.total_tokens)):
            limiter.acquire_on_behalf_of_nowait(number)
        app: Any = Starlette(routes=routes(Meters(), [], {}))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as asked:
            return (await asked.get("/healthz")).status_code, (await asked.get("/metrics")).status_code

    assert run(crowded()) == (200, 200)


# -- threads


@contextmanager
def stuck(player: ThreadPoolExecutor) -> Iterator[None]:
    """The one thread of an executor is in a call that does not end within the block."""
    begun, end = threading.Event(), threading.Event()
    player.submit(lambda: begun.set() or end.wait(60))
    assert begun.wait(10)
    try:
        yield
    finally:
        end.set()


def test_a_thread_that_works_is_healthy_however_often_one_looks() -> None:
    with ThreadPoolExecutor(1) as player:
        pulse = Pulse("player", lambda: [player])
        assert [pulse() for _ in range(100)] == [""] * 100


def test_a_thread_that_is_busy_has_time_and_then_is_named_without_waiting_for_it() -> None:
    clock = Clock()
    with ThreadPoolExecutor(1) as player, ThreadPoolExecutor(1) as other:
        pulse = Pulse("player", lambda: [other, player], silent_seconds=30.0, clock=clock)
        with stuck(player):
            assert pulse() == ""
            clock.now += 30.0
            assert pulse() == ""
            clock.now += 12.0
            assert pulse() == "The player has not answered for 42 s."
        player.submit(int).result(10)  # comes after the call that the look left
        assert pulse() == ""


def test_a_look_leaves_one_call_at_a_time() -> None:
    with ThreadPoolExecutor(1) as player:
        pulse = Pulse("player", lambda: [player])
        with stuck(player):
            for _ in range(50):
                pulse()
            assert player._work_queue.qsize() == 1


def test_a_thread_that_has_ended_is_named() -> None:
    player = ThreadPoolExecutor(1)
    pulse = Pulse("player", lambda: [player])
    assert pulse() == ""
    player.submit(int).result(10)
    player.shutdown()
    assert pulse() == "The player has ended."


def test_threads_that_come_later_are_looked_at_too() -> None:
    players: list[ThreadPoolExecutor] = []
    pulse = Pulse("player", lambda: players)
    assert pulse() == ""
    players.append(ThreadPoolExecutor(1))
    players[0].shutdown()
    assert pulse() == "The player has ended."


# -- /metrics


def test_prometheus_can_read_the_numbers() -> None:
    meters = Meters()
    meters.opened("lab", "a")
    answer = client(meters).get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    (lab,) = (s for s in families["playground_visitors"].samples if s.labels["page"] == "lab")
    assert lab.value == 1.0


def test_switched_off_there_is_no_such_page_but_health_stays() -> None:
    asked = client(metrics="off")
    assert asked.get("/metrics").status_code == 404 and asked.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (None, 401),
        ("", 401),
        (TOKEN, 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer ü", 401),
    ],
)
def test_with_a_token_only_who_knows_it_reads(header: str | None, status: int) -> None:
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = client(metrics=TOKEN).get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("playground_visitors" in answer.text) is (status == 200)
    assert (answer.headers.get("www-authenticate") == "Bearer") is (status == 401)
    assert TOKEN not in answer.text


@pytest.mark.parametrize("chosen", ["on", "OFF", "x" * (SHORTEST_TOKEN - 1)])
def test_a_token_that_can_be_guessed_is_refused_and_not_repeated(chosen: str) -> None:
    with pytest.raises(
        ConfigError, match=r"PLAYGROUND_METRICS has .* allowed are open, off, or a token"
    ) as said:
        routes(Meters(), [], {"PLAYGROUND_METRICS": chosen})
    assert chosen not in str(said.value).split()


# -- in the real app


def test_the_app_that_a_visitor_starts_is_healthy(app_url: str) -> None:
    answer = httpx.get(f"{app_url}/healthz", timeout=30)
    assert answer.status_code == 200 and answer.json()["status"] == "ok"


def test_the_app_that_a_visitor_starts_shows_its_numbers(app_url: str) -> None:
    text = httpx.get(f"{app_url}/metrics", timeout=30).text
    names = {family.name for family in text_string_to_metric_families(text)}
    assert {
        "playground_visitors",
        "playground_workers",
        "playground_queue",
        "playground_memory_bytes",
    } <= names
