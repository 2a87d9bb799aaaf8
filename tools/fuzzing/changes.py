"""Changes that keep an input readable, so that the fuzzer gets behind a parser's first check.

Bytes changed anywhere in a JSON text mostly make it no JSON; these change one of its values. Knows no target.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

from garbage import NOT_FINITE, ODD_NUMBERS, ODD_TEXTS

Change = Callable[[bytes, Random], bytes]
OFFSETS = (-1, 0, 1, 2**31, 2**63 - 1, 2**64, 10**30)
LENGTH_BYTES = 8  # of the header of safetensors


def json_change(content: bytes, random: Random) -> bytes:
    """The same JSON with one value, name or length changed; other bytes as they are."""
    try:
        value = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return content
    return json.dumps(changed(value, random)).encode("utf-8", "surrogatepass")


def header_change(content: bytes, random: Random) -> bytes:
    """The same for the header of a safetensors file, whose length is told before it."""
    size = int.from_bytes(content[:LENGTH_BYTES], "little")
    header, rest = content[LENGTH_BYTES : LENGTH_BYTES + size], content[LENGTH_BYTES + size :]
    header = json_change(header, random)
    return len(header).to_bytes(LENGTH_BYTES, "little") + header + rest


def changed(value: Any, random: Random) -> Any:
    """A copy of a JSON value in which something is different."""
    made = [copy.deepcopy(value)]  # a list around it, so that the whole can be exchanged as well
    places = list(_places(made))
    inside, key = random.choice(places)
    how = random.random()
    if how < 0.15 and inside is not made:
        del inside[key]
    elif how < 0.3 and isinstance(inside, dict):
        inside[random.choice(ODD_TEXTS)] = inside[key]
    elif how < 0.4:
        inside[key] = [inside[key]] * random.choice((0, 1, 2, 300))
    elif how < 0.55:
        other, its = random.choice(places)
        inside[key] = copy.deepcopy(other[its])
    elif isinstance(inside[key], int) and how < 0.75:
        inside[key] = random.choice((inside[key] + 1, inside[key] - 1, -inside[key], *OFFSETS))
    else:
        inside[key] = odd(random)
    return made[0]


def odd(random: Random) -> Any:
    """A value that nobody asked for."""
    numbers = [number for number in ODD_NUMBERS if abs(number) < 10**300]
    return random.choice((None, True, False, [], {}, "a", *numbers, *NOT_FINITE, *ODD_TEXTS))


def _places(value: Any) -> Any:
    """(list or table, key) of every value in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
