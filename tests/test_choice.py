"""Where sessions live is chosen on the command line or by the environment; what cannot be is a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from playground.config import ConfigError
from playground.hosts import Crew, Here, Host, Place
from playground.session import Session
from playground.session.status import status_of
from playground.ui.choice import alive, choose_host, trouble
from playground.ui.meters import Meters


def choose(workers: int | None = None, cluster: str | None = None, **environment: str) -> Host:
    return choose_host(workers, cluster, Place(), Meters(), environment)


def test_without_a_word_sessions_live_in_the_servers_process() -> None:
    for host in (choose(), choose(0), choose(PLAYGROUND_WORKERS="0"), choose(PLAYGROUND_WORKERS="")):
        assert isinstance(host, Here) and alive(host) == 1 and trouble(host) == ""


@pytest.mark.parametrize("workers", [-1, 257])
def test_a_number_of_workers_that_cannot_be_is_a_sentence(workers: int) -> None:
    with pytest.raises(ConfigError, match=rf"workers is {workers}, but must be 0 .* to 256"):
        choose(workers)


def test_a_word_in_place_of_a_number_names_the_variable() -> None:
    with pytest.raises(ConfigError, match="PLAYGROUND_WORKERS is 'many', but must be a whole number"):
        choose(PLAYGROUND_WORKERS="many")


def test_an_address_that_is_none_is_a_sentence_before_anything_is_started() -> None:
    for how in ({"cluster": "http://elsewhere"}, {"PLAYGROUND_CLUSTER": "http://elsewhere"}):
        with pytest.raises(ConfigError, match="HOST:PORT, auto"):
            choose(**how)  # type: ignore[arg-type]


def test_the_command_line_goes_before_the_environment() -> None:
    assert isinstance(choose(0, PLAYGROUND_WORKERS="3", PLAYGROUND_CLUSTER="nowhere:1"), Here)


def test_workers_of_the_environment_hold_sessions_and_a_lost_one_is_counted() -> None:
    meters = Meters()
    host = choose_host(None, None, Place(), meters, {"PLAYGROUND_WORKERS": "1"})
    assert isinstance(host, Crew)
    try:
        host.open("lab/someone", _session)
        host.ask("lab/someone", Session.step)
        assert alive(host) == 1 and host.ask("lab/someone", status_of).iteration == 1
        host.moved("lab/someone", "process 1")
        seen: dict[str, Any] = meters.snapshot()
        assert seen["moved_total"] == 1.0 and seen["errors_total"]["worker"] == 1.0
    finally:
        host.shutdown()
    assert trouble(host) == "No worker process is alive; others are being started."


def _session(place: Place) -> Session:
    return Session()
