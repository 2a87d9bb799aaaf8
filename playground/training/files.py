"""The files of a run that must survive anything: written whole or not at all, and told from damaged ones.

A state is one safetensors file: the arrays, and in its header a JSON record of counters, of what the run is,
and of a digest over both. Knows nothing of networks.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from playground.config import ConfigError

if sys.platform != "win32":
    import fcntl

FORMAT = 1
KEPT = 2  # newest states of a run; the older one is there in case the newer gets damaged
MOST_STATE_BYTES = 8 * 2**30
UNFINISHED, DAMAGED = ".unfinished", ".damaged"  # endings that no reader takes for the file itself

Say = Callable[[str], None]


class Damaged(ValueError):
    """A state file that is not what was once written."""


@dataclass(frozen=True)
class SavedState:
    """Where a run stands. Random numbers follow from seed and counters, so this is all of it."""

    update: int
    seconds: float  # of training so far
    arrays: dict[str, NDArray[np.generic]]
    counters: dict[str, int]
    identity: dict[str, Any]  # must be the same for a resume: recipe, model, seed, data
    circumstances: dict[str, Any]  # should be: torch, device, precision, threads, processes


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that at every moment either its old or its new content is there, even after a crash."""
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with open(unfinished, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        with suppress(OSError):  # what fits of it takes room that is needed
            unfinished.unlink()
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make new names in `folder` durable; Windows has no call for it and needs none."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run's folder; however the process ends, the system lets go. Raises `ConfigError` if held."""
    with open(folder / "lock", "ab") as file:
        if sys.platform != "win32":
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConfigError(f"out = {str(folder)!r} is in use by another training.") from None
        yield


def sweep(folder: Path) -> None:
    """Remove what a killed process left unfinished."""
    for path in folder.rglob(f"*{UNFINISHED}"):
        path.unlink()


def state_path(folder: Path, update: int) -> Path:
    """The file of the state after `update` updates."""
    return folder / f"state-{update:09d}.safetensors"


def states(folder: Path) -> list[Path]:
    """State files, newest first."""
    return sorted(folder.glob("state-*.safetensors"), reverse=True)


def save_state(folder: Path, state: SavedState) -> Path:
    """Write a state and drop all but the newest `KEPT`."""
    arrays = {name: np.ascontiguousarray(array) for name, array in state.arrays.items()}
    record = {
        "format": FORMAT,
        "update": state.update,
        "seconds": state.seconds,
        "counters": state.counters,
        "identity": state.identity,
        "circumstances": state.circumstances,
    }
    text = json.dumps(record, sort_keys=True)
    path = state_path(folder, state.update)
    write_atomically(path, save(arrays, metadata={"record": text, "sha256": _digest(text, arrays)}))
    for old in states(folder)[KEPT:]:
        old.unlink()
    return path


def load_state(path: Path) -> SavedState:
    """Read a state. Raises `Damaged`."""
    try:
        if path.stat().st_size > MOST_STATE_BYTES:
            raise Damaged("it is larger than any state")
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
        text = header["record"]
        if header["sha256"] != _digest(text, arrays):
            raise Damaged("its content does not match its digest")
        record = json.loads(text)
        if record.pop("format") != FORMAT:
            raise Damaged("it is of another format")
        return SavedState(arrays=arrays, **record)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise Damaged(str(error)) from error


def newest_state(folder: Path, say: Say) -> SavedState | None:
    """The newest state that is whole, or None where the run has none yet.

    A damaged newer one is put aside with a sentence. Raises `ConfigError` if all are damaged.
    """
    found = states(folder)
    for path in found:
        try:
            return load_state(path)
        except Damaged as error:
            aside = path.with_name(path.name + DAMAGED)
            os.replace(path, aside)
            say(f"{path.name} is damaged ({error}) and now called {aside.name}; the one before it is taken.")
    if found:
        raise ConfigError(f"out = {str(folder)!r}: all its states are damaged; allowed is a new folder.")
    return None


def _digest(text: str, arrays: dict[str, NDArray[np.generic]]) -> str:
    """SHA-256 over a record and named arrays."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def fingerprint(*arrays: NDArray[np.generic]) -> str:
    """SHA-256 of arrays, shapes and types included: tells one data set from another."""
    return _digest("", {str(i): array for i, array in enumerate(arrays)})
