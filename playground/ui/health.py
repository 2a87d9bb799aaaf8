"""`/healthz` and `/metrics`, for whoever runs the app: can it serve, and what has it counted.

Both answer without waiting for any visitor's work. Knows what `Meters` counts and the checks it is given.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from playground.config import ConfigError
from playground.ui.meters import Meters, app_version

VARIABLE = "PLAYGROUND_METRICS"
SHORTEST_TOKEN = 16  # letters
SILENT_SECONDS = 30.0  # in which a thread must have come round to a call that does nothing
FRESH = {"Cache-Control": "no-store"}

Check = Callable[[], str]  # why the app cannot serve, as a sentence; empty if it can. Must answer at once


def routes(
    meters: Meters, checks: Sequence[Check] = (), environment: Mapping[str, str] = os.environ
) -> list[BaseRoute]:
    """For `launch(app_kwargs={"routes": routes(...)})`. Raises `ConfigError` for a PLAYGROUND_METRICS that is
    neither open (the default), off, nor a token of 16 characters or more."""
    chosen = environment.get(VARIABLE, "") or "open"
    if chosen not in ("open", "off") and len(chosen) < SHORTEST_TOKEN:
        raise ConfigError(
            f"{VARIABLE} has {len(chosen)} characters; allowed are open, off, or a token of at least "
            f"{SHORTEST_TOKEN} characters."
        )  # its value is not repeated: it may be meant as a secret

    async def healthz(request: Request) -> Response:
        status, state = health(meters, checks)
        return JSONResponse(state, status, FRESH)

    async def metrics(request: Request) -> Response:
        if chosen != "open" and not _knows(request, chosen):
            return PlainTextResponse("Not allowed.\n", 401, {"WWW-Authenticate": "Bearer"} | FRESH)
        text = await asyncio.to_thread(generate_latest, meters.registry)  # it reads files of the system
        return Response(text, headers=FRESH, media_type=CONTENT_TYPE_LATEST)

    # asynchronous: the threads that visitors' callbacks fill are not needed for an answer
    found: list[BaseRoute] = [Route("/healthz", healthz, methods=["GET"])]
    if chosen != "off":
        found.append(Route("/metrics", metrics, methods=["GET"]))
    return found


def health(meters: Meters, checks: Sequence[Check] = ()) -> tuple[int, dict[str, Any]]:
    """(200 or 503, what is to be said of it)."""
    reasons = [reason for reason in map(_reason, checks) if reason]
    state = {
        "status": "failing" if reasons else "ok",
        "version": app_version(),
        "uptime_seconds": round(meters.uptime, 1),
        "visitors": meters.visitors,
    }
    return (503, state | {"reasons": reasons}) if reasons else (200, state)


def _reason(check: Check) -> str:
    try:
        return check()
    except Exception as error:  # a check that cannot tell is a reason too; its text may hold anything
        return f"A check failed: {type(error).__name__}."


def _knows(request: Request, token: str) -> bool:
    """Whether the request carries the token; takes as long for a wrong one as for an almost right one."""
    told = request.headers.get("authorization", "").encode("utf-8", "replace")
    return secrets.compare_digest(told, f"Bearer {token}".encode())


class Pulse:
    """A check that threads still work: each look leaves them a call that does nothing, and waits for none.

    Healthy is an executor that came round to the last such call, or still has time for it. `executors` is
    asked at each look, since threads may come later.
    """

    def __init__(
        self,
        name: str,
        executors: Callable[[], Iterable[Executor]],
        *,
        silent_seconds: float = SILENT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._executors = name, executors
        self._silent_seconds, self._clock = silent_seconds, clock
        self._calls: dict[Executor, tuple[Future[None], float]] = {}

    def __call__(self) -> str:
        """Why one of them cannot serve, or nothing."""
        return next(filter(None, map(self._look, list(self._executors()))), "")

    def _look(self, executor: Executor) -> str:
        call, asked = self._calls.get(executor, (None, 0.0))
        if call is None or call.done():
            try:
                self._calls[executor] = executor.submit(_nothing), self._clock()
            except RuntimeError:  # it was shut down, or can start no thread
                return f"The {self._name} has ended."
        elif self._clock() - asked > self._silent_seconds:
            return f"The {self._name} has not answered for {self._clock() - asked:.0f} s."
        return ""


def _nothing() -> None:
    pass
