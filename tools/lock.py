"""Writes requirements.txt: the exact version of everything that the app needs while it runs.

The ranges stand in pyproject.toml. The versions are those of the environment that runs this, for example

    python3.11 -m venv ENV && ENV/bin/pip install . && ENV/bin/python tools/lock.py

`--check` writes nothing and says where the environment and the file differ. Of torch, neither the local part
of the version (+cpu) nor the CUDA packages are listed: which build it is, the machine decides. A torch with
CUDA names nearly all of its packages by one version itself.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
PYTHON = (3, 11)  # of the Space; others need a few packages more or less
LINE = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)==([0-9][0-9a-z.]*)")  # no extra, build, marker or address
CUDA = ("cuda-", "nvidia-", "triton")  # how the names of packages begin that are left to torch
HEAD = """\
# Everything the app needs while it runs, by exact version: what a Space and the Dockerfile install.
# Written by tools/lock.py, never by hand; the ranges stand in pyproject.toml. A Space's builder is given this
# file alone, so it can name no other. No build of torch is chosen; its CUDA packages are left to torch.
"""


def ranges() -> list[Requirement]:
    """The dependencies of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [Requirement(line) for line in project["dependencies"]]


def closure(wanted: Iterable[Requirement]) -> dict[str, str]:
    """Name to public version of what is wanted, and of all that this needs in turn, as it is installed here.

    Raises `PackageNotFoundError` where something is missing.
    """
    found: dict[str, str] = {}
    left = [(requirement, frozenset[str]()) for requirement in wanted]
    done: set[tuple[str, frozenset[str]]] = set()
    while left:
        requirement, of_extras = left.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if not _applies(requirement, of_extras) or (name, extras) in done:
            continue
        done.add((name, extras))
        here = distribution(name)
        found[name] = Version(here.version).public
        for line in here.requires or ():
            needed = Requirement(line)
            if name != "torch" or not needed.name.startswith(CUDA):
                left.append((needed, extras))
    return found


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""})


def read(text: str) -> dict[str, str]:
    """Name to version of a lock. Raises `ValueError` for a line that is no name with one exact version."""
    locked = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        fits = LINE.fullmatch(line)
        if not fits:
            raise ValueError(f"requirements.txt says '{line}'; allowed is name==version.")
        locked[fits[1]] = fits[2]
    return locked


def written(versions: Mapping[str, str], direct: Iterable[str]) -> str:
    """The text of a lock: what pyproject.toml asks for, then what that needs."""
    asked = sorted({canonicalize_name(name) for name in direct})
    rest = sorted(set(versions) - set(asked))
    lines = [[f"{name}=={versions[name]}\n" for name in names] for names in (asked, rest)]
    return HEAD + "\n" + "".join(lines[0]) + "\n# what those need\n" + "".join(lines[1])


def differences(installed: Mapping[str, str], locked: Mapping[str, str]) -> list[str]:
    """A sentence for each name that is not the same in both."""
    said = []
    for name in sorted(installed.keys() | locked.keys()):
        here, there = installed.get(name, "no version"), locked.get(name, "no version")
        if here != there:
            said.append(f"{name}: {here} is needed here, {there} is in requirements.txt.")
    return said


def main() -> int:
    """Write or check; the exit status."""
    options = argparse.ArgumentParser(description="Lock the app's dependencies.")
    options.add_argument("--check", action="store_true", help="compare only")
    arguments = options.parse_args()
    wanted = ranges()
    versions = closure(wanted)
    if not arguments.check:
        LOCK.write_text(written(versions, (each.name for each in wanted)), "utf-8")
        print(f"requirements.txt holds {len(versions)} versions.")
        return 0
    if sys.version_info[:2] != PYTHON or sys.platform != "linux":
        print(f"Not compared: the versions are those of Python {PYTHON[0]}.{PYTHON[1]} on Linux.")
        return 0
    wrong = differences(versions, read(LOCK.read_text("utf-8")))
    print("\n".join(wrong) or f"The {len(versions)} versions here are those of requirements.txt.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
