"""What a target of the fuzzer is: a parser, inputs that get far in it, and what must hold of any input.

A target reads arbitrary bytes and says whether they were taken. What is refused must be refused with the
parser's own class of error and a sentence; what is taken must be finite, or read back from its own text.
Anything else raises. Knows no parser and no fuzzer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzzing.changes import Change
from garbage import ODD_TEXTS, is_sentence

LONGEST = 1_500  # characters of a sentence
ODD = tuple(text for text in ODD_TEXTS if 0 < len(text) < 60 and text.isprintable())  # for `Target.words`

Try = Callable[[bytes], bool]


@dataclass(frozen=True)
class Target:
    """One parser. `make` prepares it, in an empty folder of its own; seeds are inputs that get far."""

    make: Callable[[Path], Try]
    seeds: tuple[bytes, ...]
    words: tuple[str, ...] = ()  # what inputs are likely to hold
    most_bytes: int = 2_000
    change: Change | None = None  # that keeps an input readable, besides those of single bytes


def refused(error: Exception, most: int = LONGEST) -> bool:
    """False, where the refusal is a sentence. Raises `AssertionError` where it is none."""
    assert is_sentence(error) and len(str(error)) <= most, repr(str(error))
    return False


def text_of(content: bytes) -> str:
    """Any bytes as text, as a browser might send it."""
    return content.decode("utf-8", "surrogateescape")


def json_of(content: bytes) -> Any:
    """What a browser can send as JSON; other bytes as a text."""
    try:
        return json.loads(text_of(content))
    except (ValueError, RecursionError):
        return text_of(content)


def texts(*values: str) -> tuple[bytes, ...]:
    """Texts as seeds."""
    return tuple(value.encode("utf-8", "surrogatepass") for value in values)
