"""Uploaded files end with the sessions that used them. Knows paths and names of sessions, and no page."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from threading import Lock


class Uploads:
    """Who used which file. Equal uploads of two visitors are one file: the last to leave deletes it."""

    def __init__(self) -> None:
        self._users: dict[str, set[str]] = {}  # of a file, by their sessions
        self._files: defaultdict[str, set[str]] = defaultdict(set)  # of a session
        self._lock = Lock()

    def used(self, session: str, file: str) -> None:
        """A session named an uploaded file in an event."""
        with self._lock:
            self._users.setdefault(file, set()).add(session)
            self._files[session].add(file)

    def leave(self, session: str) -> None:
        """A session ended: its files that nobody else uses are deleted, and their folders with them."""
        with self._lock:
            for file in self._files.pop(session, set()):
                users = self._users[file]
                users.discard(session)
                if not users:
                    del self._users[file]
                    with suppress(OSError):  # deleted already, or not ours to delete
                        Path(file).unlink()
                        Path(file).parent.rmdir()
