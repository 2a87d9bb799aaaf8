"""Workers on the machines of a Ray cluster: each is an actor that runs one `Worker`. Knows no session.

Ray places them (spread over the machines, fractions of a GPU), carries the calls and tells who died. A lost
actor is not started again by Ray: the crew hires another, perhaps elsewhere. The package must be installed on
every machine of the cluster, in the same version: no code is sent.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import re
import secrets
import signal
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from weakref import WeakSet

from playground.config import ConfigError
from playground.hosts.crew import Lost, NoWorker
from playground.hosts.memory import spare_memory
from playground.hosts.worker import Worker
from playground.limits import limits

LOCAL, AUTO = "local", "auto"
ADDRESS = re.compile(r"(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\]):(?P<port>\d{1,5})")
CALLS_AT_ONCE = 32  # threads of a worker: a visitor's long wish holds up nobody else
GPU_SHARE = 0.5  # of each GPU, for all workers together; the rest is for trainings
GPU_STEP = 10_000  # Ray counts in ten-thousandths
CONNECT_SECONDS = 5.0
ROOM_SECONDS = 5.0  # that the resources of a lost worker may take to be free again
JOIN_SECONDS = 30.0  # that the first machine may take to join
START_SECONDS = 60.0  # a fresh interpreter imports torch
POLL_SECONDS = 0.2
LOCAL_OBJECTS = 200 * 2**20  # bytes that a cluster of this machine alone sets aside for large values


def connect(address: str) -> tuple[Any, bool]:
    """The module `ray`, connected to a cluster, and whether it was this call that connected it.

    `address` is `host:port`, `auto` for the cluster that this machine is part of, or `local` for a new one of
    this machine alone, which ends with this process. Raises `ConfigError`.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when Ray starts: nothing is reported
    if address == LOCAL and "RAY_AUTH_MODE" not in os.environ:  # read when Ray is loaded
        # else Ray keeps a token in the home folder, and asks every later cluster of this user for it
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    try:
        import ray
    except ImportError:
        raise ConfigError(
            f"cluster = {address!r} needs Ray, which is not installed: pip install '.[cluster]'."
        ) from None
    if ray.is_initialized():
        return ray, False
    _check(address)
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == LOCAL:
        options |= {"include_dashboard": False, "object_store_memory": LOCAL_OBJECTS}
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, **options)
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        raise ConfigError(
            f"cluster = {address!r} cannot be joined: {_first_line(error)}. This program must run, with the "
            f"cluster's token if it has one, on a machine of it: ray start --address=HOST:PORT adds this one."
        ) from None
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)  # Ray has put its own there, which ends the program at once
    return ray, True


def _check(address: str) -> None:
    """Raises `ConfigError` for what is no address, and where nobody answers: Ray would try for minutes."""
    if address in (LOCAL, AUTO):
        return
    found = ADDRESS.fullmatch(address)
    if not found:
        raise ConfigError(
            f"cluster = {address[:80]!r}: allowed is HOST:PORT, auto (the cluster that this machine is part "
            f"of) or local (a new one, of this machine alone)."
        )
    try:
        host, port = found["host"].strip("[]"), int(found["port"])
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except (OSError, OverflowError):
        raise ConfigError(f"cluster = {address!r}: nobody answers there.") from None


class RayStaff:
    """Hires actors of a cluster.

    `actors` is how many, by default one for each of its CPUs; `gpus_per_actor` is a share of one GPU, by
    default 0 where the cluster has none, else such that all workers together hold half of each GPU. Raises
    `ConfigError`.
    """

    def __init__(
        self,
        address: str,
        *,
        actors: int | None = None,
        gpus_per_actor: float | None = None,
        cpus_per_actor: float = 1.0,
    ) -> None:
        if actors is not None and actors < 1:
            raise ConfigError(f"actors = {actors}: allowed is 1 or more.")
        self._ray, self._connected = connect(address)
        self._build = build()
        self._hired: WeakSet[RayHandle] = WeakSet()  # an actor that nobody holds any more is ended by Ray
        self._cpus, self._with_gpus = cpus_per_actor, gpus_per_actor != 0.0
        self._await_machines(address)
        self._gpus = self._share() if gpus_per_actor is None else gpus_per_actor
        self._actors = actors

    @property
    def size(self) -> int:
        """How many there can be: as many as were asked for, else what the machines can hold now."""
        return self._actors or self.room()

    def room(self) -> int:
        """How many workers the machines that are there now can hold, busy or not."""
        return sum(int(resources.get("CPU", 0.0) // self._cpus) for resources in self._machines())

    def hire(self) -> RayHandle:
        """A new actor, ready to work. Raises `NoWorker`."""
        self._await_room()
        actor = self._actor()
        try:
            about = self._ray.get(actor.about.remote(), timeout=START_SECONDS)
        except self._ray.exceptions.GetTimeoutError:
            self._ray.kill(actor)
            raise NoWorker(
                f"No machine of the cluster has started a worker within {START_SECONDS:g} s; "
                f"each takes {self._wants()}."
            ) from None
        except self._ray.exceptions.RayError as error:
            missing = "ModuleNotFoundError" in str(error)
            hint = " The playground must be installed on every machine." if missing else ""
            raise NoWorker(f"A worker could not be started: {_last_line(error)}.{hint}") from None
        handle = RayHandle(self._ray, actor, about)
        if about["build"] != self._build:
            handle.stop()
            raise NoWorker(
                f"{handle.where} has another version of the playground or of torch than the server; "
                f"install the same on every machine."
            )
        self._hired.add(handle)
        return handle

    def close(self) -> None:
        """End all of them, and leave the cluster."""
        for handle in list(self._hired):
            handle.stop()
        if self._connected and self._ray.is_initialized():
            self._ray.shutdown()

    # -- inside

    def _actor(self) -> Any:
        remote = self._ray.remote(
            num_cpus=self._cpus,
            num_gpus=self._gpus,
            max_restarts=0,
            max_concurrency=CALLS_AT_ONCE,
            scheduling_strategy="SPREAD",
        )
        return remote(_Desk).remote(max(1, int(self._cpus)), limits().changed())

    def _machines(self) -> list[dict[str, float]]:
        """Resources of the living machines on which workers may live: those with GPUs, if any has."""
        alive = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        with_gpu = [resources for resources in alive if resources.get("GPU", 0.0)]
        return with_gpu if with_gpu and self._with_gpus else alive

    def _share(self) -> float:
        """Of one GPU for one worker; several share it."""
        with_gpu = [resources for resources in self._machines() if resources.get("GPU", 0.0)]
        most = max(
            (math.ceil(each.get("CPU", 0.0) / self._cpus / each["GPU"]) for each in with_gpu), default=0
        )
        return math.floor(GPU_STEP * GPU_SHARE / most) / GPU_STEP if most else 0.0

    def _await_machines(self, address: str) -> None:
        """Raises `ConfigError` where none joins that can hold a worker."""
        deadline = time.monotonic() + JOIN_SECONDS
        while not self.room():
            if time.monotonic() > deadline:
                self.close()
                raise ConfigError(
                    f"cluster = {address!r} has no machine with {self._cpus:g} CPU for a worker."
                )
            time.sleep(POLL_SECONDS)

    def _await_room(self) -> None:
        """Raises `NoWorker` where the cluster has no room; what a lost worker held is free after a moment."""
        deadline = time.monotonic() + ROOM_SECONDS
        while True:
            free = self._ray.available_resources()
            if free.get("CPU", 0.0) >= self._cpus and free.get("GPU", 0.0) >= self._gpus:
                return
            if time.monotonic() > deadline:
                raise NoWorker(
                    f"The cluster has no room for another worker: each takes {self._wants()}, and free are "
                    f"{free.get('CPU', 0.0):g} CPU and {free.get('GPU', 0.0):g} GPU."
                )
            time.sleep(POLL_SECONDS)

    def _wants(self) -> str:
        return f"{self._cpus:g} CPU and {self._gpus:g} GPU"


class RayHandle:
    """One actor; see `Handle`."""

    def __init__(self, ray: Any, actor: Any, about: dict[str, Any]) -> None:
        self._ray, self._actor = ray, actor
        self.node: str = about["node"]
        self.pid: int = about["pid"]
        self.where = f"node {self.node[:8]} on {about['host']}, process {self.pid}"

    def call(self, method: str, /, *arguments: Any) -> Any:
        """See `Handle`. Arrays of what comes back are read-only: they may lie in memory that is shared."""
        errors = self._ray.exceptions
        gone = (errors.RayActorError, errors.NodeDiedError, errors.ObjectLostError, errors.OutOfMemoryError)
        try:
            return self._ray.get(self._actor.call.remote(method, arguments))
        except errors.RayTaskError as error:
            raise error.cause from None
        except gone as error:
            raise Lost(f"{self.where}: {type(error).__name__}") from None

    def stop(self) -> None:
        """See `Handle`."""
        if self._ray.is_initialized():
            self._ray.kill(self._actor)


class _Desk:
    """What an actor is: a `Worker`, and what the server must know of where it is."""

    def __init__(self, threads: int, environment: Mapping[str, str]) -> None:
        import torch

        spare_memory()
        os.environ.update(environment)  # the limits of the server hold here too
        torch.set_num_threads(threads)
        self._worker = Worker()

    def about(self) -> dict[str, Any]:
        """Where this actor runs, and what."""
        import ray

        node = ray.get_runtime_context().get_node_id()
        return {"node": node, "host": socket.gethostname(), "pid": os.getpid(), "build": build()}

    def call(self, method: str, arguments: Sequence[Any]) -> Any:
        """`Worker.<method>(*arguments)`."""
        return getattr(self._worker, method)(*arguments)


def build() -> str:
    """What must be the same on all machines: torch, but for how it was compiled, and the package's files."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package).as_posix()}\n".encode() + path.read_bytes())
    return f"torch {version('torch').partition('+')[0]}, {digest.hexdigest()[:16]}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")


def _last_line(error: BaseException) -> str:
    return next(iter(reversed(str(error).strip().splitlines())), type(error).__name__).rstrip(".")
