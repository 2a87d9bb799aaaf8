"""How the C library keeps memory that is free again."""

from __future__ import annotations

import ctypes
import os
import sys

_ARENAS_OPTION = -8  # M_ARENA_MAX of glibc's malloc.h
ARENAS = 2


def spare_memory() -> None:
    """Let all threads of this process share two pools of memory, where the C library is glibc.

    By default there are eight for each core, and each keeps what its threads once needed: runs come and go on
    dozens of threads, and the process grows by some hundred megabytes. Call it before threads are started.
    """
    if not sys.platform.startswith("linux") or "MALLOC_ARENA_MAX" in os.environ:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_ARENAS_OPTION, ARENAS)


def give_back() -> None:
    """Give memory that is free again back to the system, where the C library is glibc. Takes milliseconds.

    By itself the library keeps what was needed once: a film, a face training, forty pages opened together.
    """
    if not sys.platform.startswith("linux"):
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
