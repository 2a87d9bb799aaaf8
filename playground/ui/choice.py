"""Which host the sessions of this app live with, by the command line or the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from playground.config import ConfigError
from playground.hosts import Crew, Here, Host, NoWorker, Place
from playground.ui.meters import Meters

WORKERS, CLUSTER = "PLAYGROUND_WORKERS", "PLAYGROUND_CLUSTER"
MOST_WORKERS = 256


def choose_host(
    workers: int | None,
    cluster: str | None,
    place: Place,
    meters: Meters,
    environment: Mapping[str, str] = os.environ,
) -> Host:
    """This process with its `place` (the default), `workers` processes of this machine, or a Ray cluster.

    On a cluster there are `workers` actors, or one for each of its CPUs where no number is given. What is not
    given at all is looked up as PLAYGROUND_WORKERS and PLAYGROUND_CLUSTER. Raises `ConfigError`.
    """
    if workers is None and cluster is None:
        cluster = environment.get(CLUSTER) or None
        workers = _whole(environment.get(WORKERS) or "0")
    if workers is not None and not 0 <= workers <= MOST_WORKERS:
        raise ConfigError(
            f"workers is {workers}, but must be 0 (the server's own process) to {MOST_WORKERS}."
        )
    try:
        if cluster:
            from playground.hosts.cluster import RayStaff  # here: Ray is an extra

            return _crew(Crew(RayStaff(cluster, actors=workers or None)), meters)
        if workers:
            from playground.hosts.pool import PoolStaff

            return _crew(Crew(PoolStaff(workers)), meters)
    except NoWorker as error:
        raise ConfigError(str(error)) from None
    return Here(place)


def alive(host: Host) -> int:
    """How many processes hold sessions."""
    return host.alive if isinstance(host, Crew) else 1


def trouble(host: Host) -> str:
    """Why no session can be served, as a sentence; empty if they can."""
    return "" if alive(host) else "No worker process is alive; others are being started."


def _crew(crew: Crew, meters: Meters) -> Crew:
    def moved(key: str, where: str) -> None:
        page, _, name = key.partition("/")
        meters.error("worker", name)
        meters.moved(page, name, where)

    crew.moved = moved
    return crew


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(f"{WORKERS} is {text[:20]!r}, but must be a whole number.") from None
