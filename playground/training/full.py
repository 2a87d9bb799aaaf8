"""What ends a training from outside: a full or read-only disk, a full device. Said in sentences.

Knows the run's folder, and nothing of training.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playground.checkpoints.disk import NotWritten, refusal_of
from playground.config import ConfigError
from playground.engine import is_out_of_memory
from playground.training import files
from playground.training.options import Settings


@contextmanager
def in_sentences(settings: Settings) -> Iterator[None]:
    """Within it, a disk or a device that is full raises `ConfigError`; what was saved before stays whole."""
    try:
        yield
    except Exception as error:
        said = _said(settings, error)
        if not said:
            raise
        raise ConfigError(f"{said} {_kept(settings)}") from None


def _said(settings: Settings, error: Exception) -> str:
    if isinstance(error, NotWritten):
        return f"out = {str(settings.out)!r}: {error}"
    if why := refusal_of(error):
        return f"out = {str(settings.out)!r} cannot be written: {why}."
    if is_out_of_memory(error):
        return (
            f"batch_size = {settings.recipe.batch_size}: the device ({settings.device}) has no memory left; "
            "allowed is what fits."
        )
    return ""


def _kept(settings: Settings) -> str:
    found = files.states(settings.out)
    if not found:
        return "There is no checkpoint yet."
    return f"The last checkpoint, {found[0].name}, is whole: --resume goes on from it."
