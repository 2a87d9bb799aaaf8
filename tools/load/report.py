"""A load run in numbers and words: percentiles, the slope of memory, and whether anything was wrong.

Holds numbers only: no name of a machine, no path. Knows neither server nor visitors.
"""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from load.tally import Tally

SHARES = (50, 95, 99)
PACKAGES = ("gradio", "torch", "numpy", "ray", "uvicorn")
LEAST_SLOPE_MINUTES = 3.0  # of samples: below this the slope says nothing
SURE = 2.0  # standard errors by which a slope must be above what is allowed, to be called a growth
SAMPLES_KEPT = 120  # of memory, in the JSON


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` percent lie, between neighbours linearly; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line of least squares through (x, y); NaN where x does not vary."""
    if not points:
        return math.nan
    mean_x = math.fsum(x for x, _ in points) / len(points)
    mean_y = math.fsum(y for _, y in points) / len(points)
    spread = math.fsum((x - mean_x) ** 2 for x, _ in points)
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else math.nan


def slope_error(points: Sequence[tuple[float, float]]) -> float:
    """The standard error of that slope, from what the line leaves over; NaN of fewer than three points."""
    climb, count = slope(points), len(points)
    if count < 3 or math.isnan(climb):
        return math.nan
    mean_x = math.fsum(x for x, _ in points) / count
    mean_y = math.fsum(y for _, y in points) / count
    left_over = math.fsum((y - mean_y - climb * (x - mean_x)) ** 2 for x, y in points)
    return math.sqrt(left_over / (count - 2) / math.fsum((x - mean_x) ** 2 for x, _ in points))


def spread_of(values: Sequence[float], scale: float = 1.0, digits: int = 1) -> dict[str, float | int | None]:
    """How many, and the percentiles."""
    found: dict[str, float | int | None] = {"count": len(values)}
    for share in SHARES:
        value = percentile(values, share) * scale
        found[f"p{share}"] = round(value, digits) if values else None
    found["most"] = round(max(values) * scale, digits) if values else None
    return found


def memory_of(
    samples: Sequence[tuple[float, int]], empty: Sequence[tuple[float, int]], warm_until: float
) -> dict[str, Any]:
    """Samples of (seconds, bytes), all of them and those in the breaks, in MB and MB an hour.

    What is held while visitors come and go swings with what they do just then, by hundreds of megabytes;
    what the empty server holds in the breaks does not, so the slope is taken there.
    """
    warm = [size / 1e6 for at, size in samples if at >= warm_until]
    minutes = (empty[-1][0] - empty[0][0]) / 60 if empty else 0.0
    line = [(at / 3600, size / 1e6) for at, size in empty]
    long = minutes >= LEAST_SLOPE_MINUTES
    kept = samples[:: max(1, -(-len(samples) // SAMPLES_KEPT))]
    return {
        "slope_mb_per_hour": _rounded(slope(line)) if long else None,
        "slope_error_mb_per_hour": _rounded(slope_error(line)) if long else None,
        "slope_over_minutes": round(minutes, 1),
        "empty_minutes_mb": [[round(at / 60, 1), round(size / 1e6)] for at, size in empty],
        "warm_mb": [_rounded(percentile(warm, share)) for share in (0, 50, 100)] if warm else None,
        "samples_s_mb": [[round(at), round(size / 1e6)] for at, size in kept],
    }


def seen(tally: Tally) -> dict[str, Any]:
    """What the visitors saw."""
    return {
        "frames_per_second": {page: spread_down(rates) for page, rates in sorted(tally.rates.items())},
        "ms_between_frames": spread_of(tally.gaps, 1000),
        "ms_from_press_to_answer": {
            action: spread_of(times, 1000) for action, times in sorted(tally.times.items())
        },
        "counts": dict(sorted(tally.counts.items())),
        "sentences": dict(tally.sentences.most_common()),
        "sentence_examples": dict(sorted(tally.examples.items())),
        "errors": dict(tally.errors.most_common()),
        "first_errors": dict(tally.told),
    }


def spread_down(rates: Sequence[float]) -> dict[str, float | int | None]:
    """As `spread_of`, from the good end: 95 percent of the stretches were at least p95."""
    found: dict[str, float | int | None] = {"count": len(rates)}
    for share in SHARES:
        found[f"p{share}"] = round(percentile(rates, 100 - share), 1) if rates else None
    found["least"] = round(min(rates), 1) if rates else None
    return found


def machine() -> dict[str, Any]:
    """What the numbers were taken on: kinds and counts, no names."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            pass
    return {"cores": len(os.sched_getaffinity(0)), "machine": platform.machine(), "versions": versions}


def verdict(found: dict[str, Any], most_slope: float) -> list[str]:
    """Everything that makes the run a failure, as sentences; empty when all is well."""
    wrong = [f"{kind}: {count}" for kind, count in found["seen"]["errors"].items()]
    sessions = found["sessions"]
    if sessions["after_all_left"]:
        wrong.append(f"{sessions['after_all_left']} sessions are still held after everyone left")
    if found["server"]["processes_left_behind"]:
        wrong.append(f"{found['server']['processes_left_behind']} processes outlived the server")
    climb, error = (found["memory"][f"slope{part}_mb_per_hour"] for part in ("", "_error"))
    if climb is not None and climb - SURE * (error or 0.0) > most_slope:
        wrong.append(f"memory grows by {climb:.0f} MB an hour; allowed are {most_slope:.0f}")
    return wrong


def markdown(found: dict[str, Any]) -> str:
    """The report for people."""
    run, server, sessions, saw = (found[part] for part in ("run", "server", "sessions", "seen"))
    memory, told = found["memory"], saw["sentence_examples"]
    lines = [
        "# Load", "",
        f"Made by `{run['command']}`.", "",
        f"{run['visitors']} visitors ({run['chromium']} of them real pages in Chromium) for "
        f"{run['minutes']:g} minutes on {found['machine']['cores']} cores, shared with the server; "
        f"seed {run['seed']}.",
        "Versions: " + ", ".join(f"{k} {v}" for k, v in found["machine"]["versions"].items()) + ".", "",
        "**" + ("Wrong: " + "; ".join(found["wrong"]) if found["wrong"] else "Nothing was wrong") + ".**",
        "",
        "| checked | found |", "| --- | --- |",
        f"| errors | {sum(saw['errors'].values())} |",
        f"| frames of another session | {saw['errors'].get('frame of another session', 0)} "
        f"of {saw['counts'].get('frames', 0):,} |",
        f"| frames twice or out of order | "
        f"{saw['errors'].get('frame twice', 0) + saw['errors'].get('frame out of order', 0)} |",
        f"| sessions held with everyone there | {_said(sessions['most'])} |",
        f"| sessions held when only tabs that vanished were left ({sessions['vanished']} of them) | "
        f"{_said(sessions['with_vanished'])} |",
        f"| sessions held after all connections ended | {_said(sessions['after_all_left'])} |",
        f"| MB before the first visitor; least, median and most while all were there | "
        f"{_said(server['mb_before'])}; {', '.join(map(_said, memory['warm_mb'] or [None]))} |",
        f"| MB of the empty server in each break (after so many minutes) | "
        f"{', '.join(f'{size:,} ({at:g})' for at, size in memory['empty_minutes_mb'])} |",
        f"| the same with shared pages counted once: before, after all left | "
        f"{_said(server['mb_before_shared_once'])}, {_said(server['mb_after_shared_once'])} |",
        f"| slope of the empty server's memory over {memory['slope_over_minutes']:g} minutes | "
        f"{_said(memory['slope_mb_per_hour'])} MB an hour, standard error "
        f"{_said(memory['slope_error_mb_per_hour'])} |",
        f"| failures in the server's log | {server['faults']} |",
        f"| processors used: server, visitors, Chromium, anything else | {server['cores_used']:.2f}, "
        f"{run['cores_used_by_visitors']:.2f}, {run['cores_used_by_chromium']:.2f}, "
        f"{run['cores_used_by_others']:.2f} |",
        "",
        "Frames painted each second while playing (95 % of all stretches of play had at least p95):", "",
        *_table("page", saw["frames_per_second"], "least"), "",
        "Milliseconds between two frames while playing:", "",
        *_table("", {"all": saw["ms_between_frames"]}, "most"), "",
        "Milliseconds from a press to its answer:", "",
        *_table("action", saw["ms_from_press_to_answer"], "most"), "",
        "What visitors were told:", "",
        "| kind | times | for example |", "| --- | --- | --- |",
        *(f"| {kind} | {count} | {told.get(kind, '')} |" for kind, count in saw["sentences"].items()),
        "", "Counts: " + ", ".join(f"{name} {count:,}" for name, count in saw["counts"].items()) + ".", "",
    ]  # fmt: skip
    if found["chromium"]:
        lines += ["Real pages: " + ", ".join(f"{k} {v}" for k, v in found["chromium"].items()) + ".", ""]
    if saw["first_errors"]:
        lines += [
            "First errors:",
            "",
            *(f"- {words} ({count})" for words, count in saw["first_errors"].items()),
            "",
        ]
    says = ", ".join(f"{name} {value:g}" for name, value in found["server"]["says"].items() if value)
    lines += [f"What the server says at the end: {says}.", ""] if says else []
    lines += [
        "The mix, by weight: " + "; ".join(f"{page}: {mix}" for page, mix in run["schedule"].items()) + ".",
    ]
    return "\n".join(lines) + "\n"


def _table(head: str, rows: dict[str, dict[str, Any]], last: str) -> list[str]:
    names = ["count", *(f"p{share}" for share in SHARES), last]
    lines = [f"| {head} | {' | '.join(names)} |", "| --- " * (len(names) + 1) + "|"]
    return lines + [
        f"| {name} | {' | '.join(_said(row[column]) for column in names)} |" for name, row in rows.items()
    ]


def _said(value: float | None) -> str:
    return "not told" if value is None else f"{value:,}"


def _rounded(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None
