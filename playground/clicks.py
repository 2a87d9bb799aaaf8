"""The clicks of a run as a short text: "s20d3g1" is 20 iterations, 3 D updates, 1 G update.

Together with a `RunConfig` it says everything that a run was. It knows no trainer and runs nothing; what
was undone is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

KINDS = {"s": "iterations", "d": "discriminator updates", "g": "generator updates"}
MAX_SEGMENTS = 200
MAX_COUNT = 20_000  # iterations and single updates, all together
MAX_CHARACTERS = MAX_SEGMENTS * (1 + len(str(MAX_COUNT)))

_SEGMENT = re.compile(r"([sdg])([0-9]+)", re.ASCII)
_WANTED = "letters s, d or g, each with a count, such as 's20d3g1'"


class ClicksError(ValueError):
    """A text or list of clicks that cannot be: the message says what was found and what is allowed."""


class Segment(NamedTuple):
    """The same click a number of times: `kind` is "s" (iteration), "d" or "g" (one update of D or of G)."""

    kind: str
    times: int


def parse_clicks(text: str) -> list[Segment]:
    """Read `format_clicks`'s text; neighbours of one kind are joined. Raises `ClicksError`."""
    if not isinstance(text, str):
        raise ClicksError(f"The clicks are {type(text).__name__}, but must be {_WANTED}.")
    if len(text) > MAX_CHARACTERS:
        raise ClicksError(
            f"The clicks take {len(text):,} characters; at most {MAX_CHARACTERS:,} are allowed."
        )
    found: list[Segment] = []
    position = 0
    while position < len(text):
        match = _SEGMENT.match(text, position)
        if match is None:
            rest = text[position : position + 20]
            raise ClicksError(f"The clicks hold {rest!r} at character {position + 1}, but must be {_WANTED}.")
        found.append(Segment(match[1], int(match[2])))
        position = match.end()
    return join_clicks(found)


def format_clicks(segments: Iterable[tuple[str, int]]) -> str:
    """The shortest text of these clicks; empty for none. Raises `ClicksError`."""
    return "".join(f"{kind}{count}" for kind, count in join_clicks(segments))


def join_clicks(segments: Iterable[tuple[str, int]]) -> list[Segment]:
    """The same clicks with neighbours of one kind joined. Raises `ClicksError` past the limits."""
    checked = [_checked(kind, count) for kind, count in segments]
    groups = groupby(checked, key=lambda segment: segment.kind)
    joined = [Segment(kind, sum(segment.times for segment in same)) for kind, same in groups]
    if len(joined) > MAX_SEGMENTS:
        raise ClicksError(
            f"The clicks change kind {len(joined):,} times; at most {MAX_SEGMENTS} are allowed."
        )
    total = sum(segment.times for segment in joined)
    if total > MAX_COUNT:
        raise ClicksError(
            f"The clicks make {total:,} iterations and updates; at most {MAX_COUNT:,} are allowed."
        )
    return joined


def _checked(kind: str, count: int) -> Segment:
    if kind not in KINDS:
        raise ClicksError(f"A click is {str(kind)[:20]!r}, but must be one of {', '.join(KINDS)}.")
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise ClicksError(f"A click's count is {str(count)[:20]}, but must be 1 to {MAX_COUNT:,}.")
    return Segment(kind, count)
