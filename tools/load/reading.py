"""What the server's messages say: whose frame it is and which, and what a change makes of the last value.

Of a frame only the head is read, as there are many. Knows how the app packs frames and Gradio's short
form of changes, nothing of tabs.
"""

from __future__ import annotations

import base64
import re
from typing import Any

HEAD_LETTERS = 400  # of a frame: as much base64 as holds the numbers at its beginning
LAB = re.compile(rb'"frame":(\d+),"session":"([^"]*)","playing":(true|false)')
ITERATION = re.compile(rb'"iteration":(\d+)')
TRAIN = re.compile(r'"frame":(\d+),"session":"([^"]*)","playing":(true|false)')
LESSON = re.compile(r'"frame": (\d+), "session": "([^"]*)", "playing": (true|false)\}$')


def head_of(text: str) -> tuple[int, str, bool] | None:
    """(number, session, playing) of a frame, or None for what is no frame. Reads as little as it can."""
    if text.startswith("{"):
        found = TRAIN.search(text, 0, 200) or LESSON.search(text, max(0, len(text) - 200))
        return (int(found[1]), found[2], found[3] == "true") if found else None
    try:
        first = base64.b64decode(text[:HEAD_LETTERS])
    except ValueError:
        return None
    lab = LAB.search(first) if first.startswith(b"GPF1") else None
    return (int(lab[1]), lab[2].decode(), lab[3] == b"true") if lab else None


def iteration_of(text: str) -> int:
    """The iteration that a frame of the lab shows. Raises `ValueError`."""
    start = base64.b64decode(text[:16])
    length = 8 + int.from_bytes(start[4:8], "little")
    found = ITERATION.search(base64.b64decode(text[: 4 * (-(-length // 3))])[:length])
    if found is None:
        raise ValueError("This frame has no iteration.")
    return int(found[1])


def edited(value: Any, edits: list[Any]) -> Any:
    """What Gradio's short form of a change makes of the last value."""
    for action, path, new in edits:
        if not path:
            value = value + new if action == "append" else new
            continue
        at = value
        for step in path[:-1]:
            at = at[step]
        last = path[-1]
        if action == "append":
            at[last] += new
        elif action == "delete":
            del at[last]
        elif action == "add" and isinstance(at, list):
            at.insert(int(last), new)
        else:
            at[last] = new
    return value
