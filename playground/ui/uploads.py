"""Uploaded files: which paths are some, and that they end with the sessions that used them. Knows no page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from gradio.utils import get_upload_folder

from playground.config import ConfigError

Version = tuple[int, int]


def _version(file: str) -> Version | None:
    """What differs between two uploads of one file; None where it is not there."""
    with suppress(OSError, ValueError):
        found = Path(file).stat()
        return found.st_ino, found.st_mtime_ns
    return None


class Uploads:
    """Who used which file. Equal uploads of two visitors are one file: the last to leave deletes it, unless
    somebody has sent it anew since and has not come to name it yet."""

    def __init__(self) -> None:
        self._users: dict[str, set[str]] = {}  # of a file, by their sessions
        self._files: defaultdict[str, set[str]] = defaultdict(set)  # of a session
        self._seen: defaultdict[str, set[Version | None]] = defaultdict(set)  # of a file, by those who came
        self._lock = Lock()

    def used(self, session: str, file: str) -> None:
        """A session named an uploaded file in an event."""
        with self._lock:
            users = self._users.setdefault(file, set())
            if session not in users:
                self._seen[file].add(_version(file))
            users.add(session)
            self._files[session].add(file)

    def leave(self, session: str) -> None:
        """A session ended: its files that nobody else uses are deleted, and their folders with them."""
        with self._lock:
            for file in self._files.pop(session, set()):
                users = self._users[file]
                users.discard(session)
                if not users:
                    del self._users[file]
                    seen = self._seen.pop(file)
                    if None in seen or _version(file) in seen:
                        with suppress(OSError):  # deleted already, or not ours to delete
                            Path(file).unlink()
                            Path(file).parent.rmdir()


def uploaded(path: object, name: str) -> Path:
    """The file, if it lies where uploads do: a page may send any path. Raises `ConfigError`."""
    if isinstance(path, str) and lies_in_uploads(path) and Path(path).is_file():
        return Path(path)
    raise ConfigError(f"{name} is not an uploaded picture: send a PNG, JPEG or WebP file.")


def lies_in_uploads(path: str) -> bool:
    """Whether a path, with its links followed, leads below the folder of uploads."""
    try:
        return Path(path).resolve().is_relative_to(Path(get_upload_folder()).resolve())
    except (ValueError, OSError, RuntimeError):  # a zero byte, too long a name, links in a circle
        return False


def files_in(value: Any) -> Iterator[str]:
    """The path of every file that the value names, marked as Gradio wants it or not."""
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value["path"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from files_in(each)
