"""Heavy work on a borrowed GPU: on a ZeroGPU Space the package `spaces` lends one, elsewhere nothing changes.

Knows nothing of what the work is.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def on_gpu(seconds: int = 30) -> Callable[[F], F]:
    """A decorator: `spaces.GPU(duration=seconds)` where the package can be imported, else no change.

    A ZeroGPU Space runs the function in a process of its own with a GPU in it; arguments and result travel
    between the two, so both must be plain values or arrays. https://huggingface.co/docs/hub/spaces-zerogpu
    """

    def decorate(work: F) -> F:
        if find_spec("spaces") is None:
            return work
        lent: F = import_module("spaces").GPU(duration=seconds)(work)
        return lent

    return decorate
