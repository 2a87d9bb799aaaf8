"""What a disk refuses, as sentences: no room, no right to write. Knows no file's content."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from playground.config import ConfigError

# full, over a quota, larger than a file may be, read-only
_REFUSED = {errno.ENOSPC, errno.EFBIG, errno.EROFS, *([errno.EDQUOT] if hasattr(errno, "EDQUOT") else [])}


class NotWritten(ConfigError):
    """A file could not be written: a sentence."""


def refusal_of(error: BaseException | None) -> str:
    """Why a disk refused to write, where that is behind an error, such as "No space left on device"."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _REFUSED:
            return error.strerror or "the disk is full"
        error = error.__cause__ or error.__context__
    return ""


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Within it, whatever a disk refuses raises `NotWritten`, which names `what`."""
    try:
        yield
    except OSError as error:
        raise NotWritten(f"{what} cannot be written: {error.strerror or type(error).__name__}.") from None
