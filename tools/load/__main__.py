"""The command line: `python tools/load --visitors 50 --minutes 30`; exit status 1 if something was wrong."""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __package__ in (None, ""):  # started as a folder: its modules are one package, and import each other so
    sys.path[0] = str(HERE.parent)
sys.path.insert(1, str(HERE.parent.parent))

from load import capacity, report, run  # noqa: E402

REPORTS = HERE.parent.parent / "docs" / "reports"


def parser() -> argparse.ArgumentParser:
    """All options."""
    top = argparse.ArgumentParser(prog="python tools/load", description=__doc__)
    top.add_argument("--visitors", type=int, default=50, help="at a time (default 50)")
    top.add_argument("--minutes", type=float, default=30.0, help="how long they come and go (default 30)")
    top.add_argument("--seed", type=int, default=0, help="of all that visitors choose")
    top.add_argument("--chromium", type=int, default=0, help="so many of them are real pages in Chromium")
    top.add_argument("--only", default="", help="pages that are visited, such as lab,lessons; default: all")
    top.add_argument("--app-args", default="", help='of the app, such as "--workers 2"')
    top.add_argument("--server-cpus", type=_cpus, default=[], help="the app runs on these alone, such as 0,1")
    top.add_argument("--client-cpus", type=_cpus, default=[], help="the visitors run on these alone")
    top.add_argument(
        "--most-slope", type=float, default=60.0, help="MB an hour that memory may grow (default 60)"
    )
    top.add_argument(
        "--capacity", action="store_true", help="instead: how many can play at 15 frames a second"
    )
    top.add_argument("--json", action="store_true", help="print the numbers instead of the report")
    top.add_argument("--keep", action="store_true", help="write the report into docs/reports")
    return top


def main(argv: list[str] | None = None) -> int:
    """One run; the exit status."""
    given = sys.argv[1:] if argv is None else argv
    told = parser().parse_args(given)
    shown = [word for word in given if word not in ("--json", "--keep")]
    plan = run.Plan(
        visitors=told.visitors, minutes=told.minutes, seed=told.seed, chromium=told.chromium,
        app_args=shlex.split(told.app_args), server_cpus=told.server_cpus, client_cpus=told.client_cpus,
        only=[name for name in told.only.split(",") if name],
        most_slope=told.most_slope, command=shlex.join(["python", "tools/load", *shown]),
    )  # fmt: skip
    if told.capacity:
        found = asyncio.run(capacity.measure(plan))
        print(json.dumps(found, indent=1))
        return 1 if found["errors"] or found["faults"] else 0
    for page, mix in run.schedule(plan.only).items():
        print(f"{page}: {mix}", file=sys.stderr)
    found = asyncio.run(run.measure(plan))
    words = report.markdown(found)
    print(json.dumps(found, indent=1) if told.json else words)
    if told.keep:
        REPORTS.mkdir(parents=True, exist_ok=True)
        (REPORTS / "load.md").write_text(words)
        (REPORTS / "load.json").write_text(json.dumps(found, indent=1) + "\n")
    for sentence in found["wrong"]:
        print("WRONG:", sentence, file=sys.stderr)
    return 1 if found["wrong"] else 0


def _cpus(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


if __name__ == "__main__":
    sys.exit(main())
