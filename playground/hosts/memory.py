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
