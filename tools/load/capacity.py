"""How many visitors can play at once: tabs are added until their median sees fewer than 15 frames a second.

All play the default run of the lab and acknowledge what they paint. What the process that serves the pages
spends on a frame (`front_ms_a_frame`) says how many it can pass on where workers make them. Knows nothing
else that visitors do.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from typing import Any

from load import report
from load import server as servers
from load.client import Tab
from load.run import Plan
from load.tally import Tally
from load.wire import Wire
from playground.figures.frames import unpack_frame

LEAST_RATE = 15.0  # frames a second
SETTLE_SECONDS, MEASURE_SECONDS = 3.0, 8.0
STEPS = (1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64)


async def measure(plan: Plan) -> dict[str, Any]:
    """Rates for growing numbers of players, and the most of them at 15 frames a second."""
    if plan.client_cpus:
        os.sched_setaffinity(0, plan.client_cpus)
    server = await servers.start(plan.app_args, plan.server_cpus)
    tally = Tally()
    tabs: list[Tab] = []
    rows: list[dict[str, Any]] = []
    try:
        for count in STEPS:
            rows.append(await _rates(server, tally, tabs, count))
            if rows[-1]["median"] < LEAST_RATE or tally.errors or tally.sentences:
                break
        for count in _between(rows):  # narrow it down from above
            rows.append(await _rates(server, tally, tabs, count))
            if rows[-1]["median"] >= LEAST_RATE:
                break
        for tab in tabs:
            await tab.close()
    finally:
        faults = server.faults()
        server.end()
    good = [row for row in rows if row["median"] >= LEAST_RATE]
    most = max((row["players"] for row in good), default=0)
    cores = len(plan.server_cpus) or len(os.sched_getaffinity(0))
    return {
        "command": plan.command, "app_args": plan.app_args, "frames_per_second": LEAST_RATE,
        "server_cpus": plan.server_cpus, "client_cpus": plan.client_cpus, "machine": report.machine(),
        "players": most, "cores": cores, "players_per_core": round(most / cores, 2),
        "mb_a_player": _mb_a_player(rows), "rows": sorted(rows, key=lambda row: int(row["players"])),
        "errors": dict(tally.errors), "first_errors": dict(tally.told), "sentences": dict(tally.sentences),
        "faults": faults[:5],
    }  # fmt: skip


async def _rates(server: servers.Server, tally: Tally, tabs: list[Tab], count: int) -> dict[str, Any]:
    """`count` tabs play; what each paints each second."""
    for tab in tabs[count:]:
        await tab.close()
    del tabs[count:]
    while len(tabs) < count:
        tabs.append(await _player(server.port, tally, len(tabs)))
    await asyncio.sleep(SETTLE_SECONDS)
    before, cpu, own, busy = _counts(tabs), server.usage().cpu, servers.own_seconds(), servers.busy_seconds()
    front = server.front_cpu()
    began = time.monotonic()
    await asyncio.sleep(MEASURE_SECONDS)
    took, after, usage = time.monotonic() - began, _counts(tabs), server.usage()
    front = server.front_cpu() - front
    cpu, own = usage.cpu - cpu, servers.own_seconds() - own
    others = max(0.0, servers.busy_seconds() - busy - cpu - own)
    rates = [(b[0] - a[0]) / took for a, b in zip(before, after, strict=True)]
    iterations = sum(b[1] - a[1] for a, b in zip(before, after, strict=True)) / took
    return {
        "players": count,
        "median": round(report.percentile(rates, 50), 1),
        "least": round(min(rates), 1),
        "frames_per_second_together": round(sum(rates), 1),
        "iterations_per_second_together": round(iterations),
        "server_cores_used": round(cpu / took, 2),
        "front_ms_a_frame": round(1000 * front / max(1.0, sum(rates) * took), 2),
        "client_cores_used": round(own / took, 2),
        "cores_used_by_others": round(others / took, 2),
        "mb": round(usage.rss / 1e6),
    }


async def _player(port: int, tally: Tally, number: int) -> Tab:
    """A tab that plays the default run."""
    tab = Tab(Wire("127.0.0.1", port), tally, random.Random(f"capacity {number}"), {})
    opened = await tab.open("", "seed=0")
    assert opened is not None
    await tab.wait(opened, "open the lab")
    played = await tab.press("play")
    await tab.wait(played, "play", whole=False)
    return tab


def _counts(tabs: list[Tab]) -> list[tuple[int, int]]:
    """Frames painted and iterations done by each."""
    return [(tab.painted, _iteration(tab)) for tab in tabs]


def _iteration(tab: Tab) -> int:
    assert tab.page is not None
    text = tab.values.get(tab.page.ids["lab"])
    return unpack_frame(text).snapshots[0].iteration if isinstance(text, str) else 0


def _between(rows: list[dict[str, Any]]) -> range:
    """From the first number that was too many down to the last that was not, both left out."""
    if rows[-1]["median"] >= LEAST_RATE or len(rows) < 2:
        return range(0)
    return range(int(rows[-1]["players"]) - 1, int(rows[-2]["players"]), -1)


def _mb_a_player(rows: list[dict[str, Any]]) -> float | None:
    """How memory grew with the players."""
    found = report.slope([(row["players"], row["mb"]) for row in rows])
    return round(found, 1) if found == found else None
