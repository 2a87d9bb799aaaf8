"""What happens in the app, one line of JSON for each event, for whoever runs it.

A line holds a time, the name of the event, a page, numbers, words of this program, and a mark of the session:
enough to follow a visit, too little to take it over. It never holds what a visitor set, drew, uploaded or
sent, no file name, no token, no address. Knows no visitor and no page.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, TextIO

from playground.config import ConfigError

VARIABLE = "PLAYGROUND_LOG"
LOGGER = "playground.events"
EVENTS = frozenset(  # nothing else is ever written
    {"started", "opened", "released", "put_aside", "came_back", "moved", "refused", "error"}
)
MARK_BYTES = 5  # ten letters: of 100,000 sessions, two share a mark with odds of 1 in 200
UNFIT = re.compile(r"[^\w .-]|\d+(\.\d+){3}")  # of a word: what no name of ours has, and addresses


class Marks:
    """Session ids as short marks: alike for one session, of no use to reach it.

    The key is made anew with the app and kept nowhere, so no list of marks can be turned into ids, and marks
    of two starts of the app have nothing in common.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def mark(self, session: str) -> str:
        """The mark of a session id."""
        text = session.encode("utf-8", "replace")
        return blake2b(text, key=self._key, digest_size=MARK_BYTES).hexdigest()


def word(text: str) -> str:
    """A word for a line: letters, digits, spaces, points and dashes, at most 40, and no address."""
    return "" if UNFIT.search(text) else text[:40]


def tell(event: str, *, page: str = "", session: str = "", **more: float | str) -> None:
    """Write one event, if it is one of `EVENTS`; `session` is a mark. Words among `more` pass `word`."""
    if event in EVENTS:
        named = {"event": event, "page": word(page), "session": session}
        said = {name: word(value) if isinstance(value, str) else value for name, value in more.items()}
        fields = {name: value for name, value in (named | said).items() if value != ""}
        logging.getLogger(LOGGER).info(event, extra={"fields": fields})


class JsonLines(logging.Formatter):
    """A record of `tell` as one line of JSON. Of any other record nothing but its level is kept."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] = getattr(record, "fields", {"event": "other", "level": record.levelname})
        line = {"time": time.replace("+00:00", "Z")} | fields
        return json.dumps(line, separators=(",", ":"))


def configure_logging(environment: Mapping[str, str] = os.environ, stream: TextIO | None = None) -> None:
    """Decide where events go, as PLAYGROUND_LOG says: json (to `stream`, else stderr) or off.

    Where it says nothing, lines go to a log that is kept, and not to a terminal, where somebody looks for the
    page's address. Raises `ConfigError`. May be called again; what was decided before is undone.
    """
    stream = stream or sys.stderr
    chosen = environment.get(VARIABLE, "") or ("off" if stream.isatty() else "json")
    if chosen not in ("json", "off"):
        raise ConfigError(f"{VARIABLE} is '{chosen}'; allowed are json and off.")
    handler = logging.StreamHandler(stream) if chosen == "json" else logging.NullHandler()
    handler.setFormatter(JsonLines())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.propagate = False  # these lines are whole; the root's format would spoil them
    logger.setLevel(logging.INFO)
