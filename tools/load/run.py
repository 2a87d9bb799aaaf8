"""One load run from the server's start to its end. Knows what is measured, not what visitors do."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from load import pages_in_chromium, report
from load import server as servers
from load.visitors import LIFE_SECONDS, PAGES, SCHEDULE, Load, Visitor, bury

SAMPLE_SECONDS = 2.0
LEAVE_SECONDS = 15.0  # until the server must have forgotten everyone
SETTLE_SECONDS = 1.0
LESSONS = (0.5, 0.125, 0.125, 0.125, 0.125)  # of the time; in the breaks between everybody leaves
LEAST_MINUTES = 10.0  # for several lessons
WARM_SHARE = 0.25  # until what is put aside fills the room that it may have
BREAK_SECONDS = 5.0  # in which an empty server comes to rest
LUNCHES = 2
ERRORS = "playground_errors_total"
LONGEST_END_SECONDS = 120.0  # for all visitors to come to the end of what they do


@dataclass(frozen=True)
class Plan:
    """What is asked for on the command line."""

    visitors: int = 50
    minutes: float = 30.0
    seed: int = 0
    chromium: int = 0
    app_args: list[str] = field(default_factory=list)
    server_cpus: list[int] = field(default_factory=list)
    client_cpus: list[int] = field(default_factory=list)
    only: list[str] = field(default_factory=list)
    most_slope: float = 60.0  # MB an hour
    command: str = "python tools/load"


async def measure(plan: Plan) -> dict[str, Any]:
    """The whole run; the report as plain values. Raises `RuntimeError` where the app does not start."""
    if plan.client_cpus:
        os.sched_setaffinity(0, plan.client_cpus)
    server = await servers.start(plan.app_args, plan.server_cpus)
    left_behind = 0
    try:
        found = await _visited(plan, server)
    finally:
        faults = server.faults()
        left_behind = server.end()
    found["server"] |= {"processes_left_behind": left_behind, "faults": len(faults)}
    if faults:
        found["seen"]["errors"]["failure in the server's log"] = len(faults)
        found["seen"]["first_errors"] |= Counter(f"the server's log: {line}" for line in faults)
    found["wrong"] = report.verdict(found, plan.most_slope)
    return found


async def _visited(plan: Plan, server: servers.Server) -> dict[str, Any]:
    seconds, began = 60 * plan.minutes, time.monotonic()
    warm = WARM_SHARE * seconds
    load = Load(server.port, plan.seed, began + seconds)
    load.only = plan.only
    load.shortest = min(1.0, seconds / (2 * LIFE_SECONDS[1]))
    load.tally.measuring = False
    before, shared_before = server.usage(), server.pss()
    samples: list[tuple[float, int]] = []
    empty: list[tuple[float, int]] = []
    held: list[int] = []
    helpers = [
        asyncio.create_task(bury(load)),
        asyncio.create_task(_sample(server, began, samples, held)),
        asyncio.create_task(_warm(load, warm)),
    ]
    people = [
        Visitor(load, number, lunch=number < LUNCHES) for number in range(plan.visitors - plan.chromium)
    ]
    chromium = pages_in_chromium.Real(load, plan.chromium)
    used, busy = servers.own_seconds(), servers.busy_seconds()
    stayed = []
    for share in LESSONS if plan.minutes >= LEAST_MINUTES else (1.0,):
        load.ends = time.monotonic() + share * seconds
        async with asyncio.timeout(share * seconds + LONGEST_END_SECONDS):
            await asyncio.gather(chromium.run(), *(person.run() for person in people))
        stayed.append(await _who_stays(load, server))
        await asyncio.sleep(min(BREAK_SECONDS, 0.1 * seconds))
        empty.append((time.monotonic() - began, server.usage().rss))
    took = time.monotonic() - began
    load.tally.measuring = False
    used, after = servers.own_seconds() - used, server.usage()
    others = servers.busy_seconds() - busy - used - (after.cpu - before.cpu) - chromium.cpu
    sessions = {"most": max(held, default=None), **_together(stayed)}
    for helper in helpers:
        helper.cancel()
    await asyncio.gather(*helpers, return_exceptions=True)
    at_end, says = server.usage(), await server.says()
    for name, value in says.items():
        if name.startswith(ERRORS) and value:
            load.tally.errors[f"the server counts {name.removeprefix('playground_')}"] += round(value)
    return {
        "run": {
            "command": plan.command,
            "visitors": plan.visitors,
            "minutes": round(took / 60, 2),
            "seed": plan.seed,
            "chromium": plan.chromium,
            "app_args": plan.app_args,
            "server_cpus": plan.server_cpus,
            "client_cpus": plan.client_cpus,
            "cores_used_by_visitors": round(used / took, 3),
            "cores_used_by_chromium": round(chromium.cpu / took, 3),
            "cores_used_by_others": round(max(0.0, others / took), 3),
            "schedule": schedule(plan.only),
        },
        "machine": report.machine(),
        "server": {
            "start_seconds": round(server.started, 1),
            "mb_before": round(before.rss / 1e6, 1),
            "mb_after": round(at_end.rss / 1e6, 1),
            "mb_before_shared_once": round(shared_before / 1e6, 1),
            "mb_after_shared_once": round(server.pss() / 1e6, 1),
            "processes": after.processes,
            "cores_used": round((after.cpu - before.cpu) / took, 3),
            "says": says,
            "cpu_seconds": round(after.cpu - before.cpu, 1),
        },
        "sessions": sessions,
        "memory": report.memory_of(samples, empty, warm),
        "seen": report.seen(load.tally),
        "chromium": chromium.found,
    }


def schedule(only: list[str] | None = None) -> dict[str, str]:
    """The mix of the visitors, in words."""
    pages = only or list(PAGES)
    words = {page: ", ".join(f"{act} {weight:g}" for act, weight in SCHEDULE[page].items()) for page in pages}
    return {"pages": ", ".join(f"{page} {PAGES[page][0]:g}" for page in pages)} | words


async def _warm(load: Load, seconds: float) -> None:
    await asyncio.sleep(seconds)
    load.tally.measuring = True


async def _sample(
    server: servers.Server, began: float, samples: list[tuple[float, int]], held: list[int]
) -> None:
    """Look at the server from outside every few seconds; runs until it is cancelled."""
    while True:
        samples.append((time.monotonic() - began, server.usage().rss))
        if len(samples) % 5 == 0:
            visitors = await server.visitors()
            if visitors is not None:
                held.append(visitors)
        await asyncio.sleep(SAMPLE_SECONDS)


async def _who_stays(load: Load, server: servers.Server) -> dict[str, int | None]:
    """How many sessions are held when only tabs that are gone without a word are left, and when none is."""
    await asyncio.sleep(SETTLE_SECONDS)
    vanished = len(load.vanished)
    with_vanished = await server.visitors()
    if with_vanished is not None and with_vanished > vanished:
        await asyncio.sleep(LEAVE_SECONDS)  # whoever left last
        with_vanished = await server.visitors()
    for tab in list(load.vanished):
        await tab.close()
    return {"vanished": vanished, "with_vanished": with_vanished, "after_all_left": await _emptied(server)}


def _together(stayed: list[dict[str, int | None]]) -> dict[str, int | None]:
    """Of all breaks: the sums, or None where one of them is not known."""
    found: dict[str, int | None] = {}
    for name in stayed[0]:
        counts = [count for each in stayed if (count := each[name]) is not None]
        found[name] = sum(counts) if len(counts) == len(stayed) else None
    return found


async def _emptied(server: servers.Server) -> int | None:
    """How many sessions are held once everyone had time to be forgotten."""
    held = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_SECONDS):
            while (held := await server.visitors()) != 0:
                await asyncio.sleep(0.5)
    return held
