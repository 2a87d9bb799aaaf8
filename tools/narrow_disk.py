"""Disks that are really full, or really read-only: mounted for one process alone, and gone with it.

A child that is forked from a server, which has loaded torch already, takes a mount namespace of its own, and
runs a piece of Python there. Needs Linux and the right to mount: as root, or in a namespace of users.
`python tools/narrow_disk.py full,read-only FOLDER COMMAND ...` runs a program so. Standard library only.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
import traceback
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

NEW_MOUNTS, NEW_USERS = 0x00020000, 0x10000000  # of unshare(2)
READ_ONLY, REMOUNT, BIND, PRIVATE, RECURSIVE = 1, 32, 4096, 1 << 18, 16384  # of mount(2)
SECONDS = 120.0  # for one piece of Python
FULL, RIGID = "full", "read-only"  # kinds of disks
ROOM = 4_000_000  # bytes of a full disk, at first
PRELOADED = ["playground.training.run", "torch.fx.experimental.symbolic_shapes", "huggingface_hub"]


def enter(kind: str, folder: Path, room: int = ROOM) -> None:
    """From here on this process sees a disk of `room` bytes at `folder`, or everything but it read-only.

    Raises `OSError` where it may not mount.
    """
    owner = os.getuid(), os.getgid()
    try:
        _call("unshare", NEW_MOUNTS)
    except PermissionError:
        _call("unshare", NEW_MOUNTS | NEW_USERS)
        for name, number in (("uid_map", owner[0]), ("setgroups", None), ("gid_map", owner[1])):
            Path("/proc/self", name).write_text("deny" if number is None else f"0 {number} 1")
    _mount("none", "/", "", PRIVATE | RECURSIVE)
    if kind == FULL:
        _mount("tmpfs", str(folder), "tmpfs", 0, f"size={room}")
        return
    _mount(str(folder), str(folder), "", BIND)
    _mount("none", "/", "", BIND | REMOUNT | READ_ONLY)


def _mount(source: str, target: str, kind: str, flags: int, how: str = "") -> None:
    _call("mount", *(text.encode() for text in (source, target, kind)), flags, how.encode())


def _call(name: str, *arguments: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


@cache
def nursery() -> ForkServerContext:
    """Starts children in milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def run_on(kind: str, folder: Path, code: str, values: dict[str, Any] | None = None) -> Any:
    """What `code` puts into `result`, run with these names on such a disk at `folder`, which it knows too.

    Raises `PermissionError` where nothing can be mounted, `AssertionError` with what `code` raised.
    """
    ours, theirs = nursery().Pipe()
    names = {"folder": folder} | (values or {})
    child = nursery().Process(target=_inside, args=(kind, folder, code, names, theirs))
    child.start()
    theirs.close()
    try:
        done, result = ours.recv() if ours.poll(SECONDS) else (False, f"no answer within {SECONDS:g} s")
    except EOFError:
        done, result = False, "it ended without a word"
    child.join(10)
    child.kill()
    if done is None:
        raise PermissionError(result)
    assert done, result
    return result


def _inside(kind: str, folder: Path, code: str, values: dict[str, Any], answer: Connection) -> None:
    try:
        enter(kind, folder)
    except OSError as error:
        answer.send((None, str(error)))
        return
    found: dict[str, Any] = dict(values)
    try:
        exec(code, found)
        answer.send((True, found.get("result")))
    except BaseException:
        answer.send((False, traceback.format_exc()))


if __name__ == "__main__":
    for asked in sys.argv[1].split(","):
        enter(asked, Path(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])
