"""A face training on whatever machine of a Ray cluster is free; its folder comes back while it goes on.

The far machine trains in a folder of its own, and gives away every state soon after it is written, with all
files that belong to it. They are written here in the same order, so that the folder here is that of a run
which can be resumed, with or without the cluster. Where the machine dies, another one goes on from the newest
state. Knows nothing of networks.
"""

from __future__ import annotations

import io
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO, cast

from playground.engine import Diverged
from playground.hosts.crew import Lost
from playground.hosts.tasks import Report, run_task
from playground.training import files, resume
from playground.training.options import Settings
from playground.training.processes import Group
from playground.training.run import run

GPU_SHARE = 0.5  # of one GPU; the other half is for the workers of sessions
CONFIG, CURVES, LOCK = "config.json", "curves.csv", "lock"

Files = dict[str, bytes]  # by their path in the run's folder


def train(settings: Settings, address: str, stream: TextIO | None = None) -> int:
    """As `training.run.run`, on the cluster at `address`; the update at which it stands.

    `settings.data` is read by the machine that trains. Ctrl+C stops with a checkpoint. Raises `ConfigError`,
    `Diverged`, and `Lost` where machines die again and again.
    """
    out, stream = settings.out, stream or sys.stdout

    def say(text: str) -> None:
        stream.write(text)
        stream.flush()

    out.mkdir(parents=True, exist_ok=True)
    with files.locked(out):
        saved = resume.find_state(settings, Group("cpu"), lambda sentence: say(sentence + "\n"))
        reached, sentence = run_task(
            address,
            _train,
            settings,
            stream.isatty(),
            on_note=lambda place, text: say(text),
            on_kept=lambda place, found: _write(out, found),
            on_wait=lambda sentence: say(sentence + "\n"),
            kept=[None if saved is None else _begin_with(out, saved.update)],
            cpus=settings.threads or 1,
            gpus=0.0 if settings.device == "cpu" else GPU_SHARE,
        )
    if sentence:
        raise Diverged(sentence, reached)
    return int(reached)


def command(settings: Settings, address: str) -> None:
    """`train`, as the command line does it. Raises `ConfigError`; ends the program with a sentence."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops as Ctrl+C does
    try:
        train(settings, address)
    except Diverged as stopped:
        raise SystemExit(stopped.sentence) from None
    except Lost as lost:
        raise SystemExit(f"{lost} --resume goes on from the newest state.") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


# -- here


def _begin_with(out: Path, update: int) -> Files:
    """What another machine needs to go on: a state, and the rows before it."""
    paths = [out / CURVES, files.state_path(out, update)]
    return {path.name: path.read_bytes() for path in paths if path.exists()}


def _write(out: Path, found: Mapping[str, bytes]) -> None:
    """Files that came back, in their order."""
    for name, content in found.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_atomically(path, _of_here(out, content) if name == CONFIG else content)
    for old in files.states(out)[files.KEPT :]:
        old.unlink()


def _of_here(out: Path, config: bytes) -> bytes:
    """A run's config.json names its folder."""
    content = json.loads(config)
    content["settings"]["out"] = str(out)
    return json.dumps(content, indent=1).encode()


# -- there


def _train(report: Report, settings: Settings, terminal: bool) -> tuple[int, str]:
    """The task: the update reached, and the sentence of a run that diverged."""
    with TemporaryDirectory(prefix="playground-") as folder:
        out = Path(folder) / (settings.out.name or "run")
        found = report.kept()
        if found:
            out.mkdir()
            _write(out, found)
        told = _Told(report, out, terminal, set(found or ()))
        try:
            return run(replace(settings, out=out, resume=bool(found)), cast(TextIO, told)), ""
        except Diverged as stopped:
            return stopped.iteration, stopped.sentence
        finally:
            told.give()


class _Told(io.TextIOBase):
    """What a training says, passed on; each time also the files of a state that is new.

    A training speaks several times a minute, and to a terminal several times a second.
    """

    def __init__(self, report: Report, out: Path, terminal: bool, known: set[str]) -> None:
        self._report, self._out, self._terminal = report, out, terminal
        self._given = {out / name: _stamp(out / name) for name in known}

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        self._report(text)
        newest = files.states(self._out)[:1]
        if newest and newest[0] not in self._given:
            self.give()
        return len(text)

    def give(self) -> None:
        """Give away what has changed; states last, as all that belongs to them is older, and always one."""
        known = files.states(self._out)
        states = [path for path in reversed(known) if path not in self._given] or known[:1]
        paths = [path for path in sorted(self._out.rglob("*")) if path.is_file() and self._counts(path)]
        found: Files = {}
        for path in [*paths, *states]:
            stamp = _stamp(path)
            if path.name == CURVES or path in states or self._given.get(path) != stamp:
                found[path.relative_to(self._out).as_posix()] = path.read_bytes()
                self._given[path] = stamp
        if found:
            self._report.keep(found)

    def _counts(self, path: Path) -> bool:
        other = path.name == LOCK or path.name.endswith((files.UNFINISHED, files.DAMAGED))
        return not other and path not in files.states(self._out)


def _stamp(path: Path) -> tuple[int, int]:
    """Changes with the content."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size
