"""When a device has no memory left: the many errors that say so, as one sentence.

Knows neither networks nor runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from playground.config import ConfigError

SAID = (
    "The device has no memory left for this. Lower batch_size, a width or a depth, or try again in a moment."
)
_ON_THE_CPU = "DefaultCPUAllocator"  # torch has no class of its own for what `malloc` refuses


class NoMemory(ConfigError):
    """The device could not hold what was asked of it: a sentence."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory is used up, on any device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):  # numpy's is a MemoryError
        return True
    return isinstance(error, RuntimeError) and _ON_THE_CPU in str(error)


@contextmanager
def enough_memory() -> Iterator[None]:
    """Within it, memory that is used up raises `NoMemory`. What was half done is for the caller to undo."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise NoMemory(SAID) from None
