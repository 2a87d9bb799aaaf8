"""What the names in a data set tell about faces: their split, and the colours of hair and eyes.

    of_split(["a/test/1.png", "a/train/1.png"], "test")  # ["a/test/1.png"]
    colour("hair", "Blond_hair")  # 2, as "blonde"

This file reads no file and no picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from playground.config import ConfigError
from playground.recipes import TRAITS

SPLITS = frozenset(("train", "test", "validation", "valid", "val", "dev", "eval"))
_SPELLINGS = {"grey": "gray", "blond": "blonde"}


class NoSuchSplit(ConfigError):
    """The source has faces, but none of the split that was asked for."""


@dataclass(frozen=True)
class Picture:
    """One picture, not yet decoded; content is its bytes, its file, or whatever else `read_face` takes."""

    name: str
    content: Any
    hair: int
    eyes: int


def shown(text: str) -> str:
    """A name for a sentence: quoted, in ASCII and not too long."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")


# ---------------------------------------------------------------- splits


def of_split(names: Sequence[str], split: str, source: str = "") -> list[str]:
    """The names of one split, sorted: all in a folder of its name, and Parquet files such as test-0.parquet.

    names are paths with forward slashes. Names that tell no split are the train split, as on the Hub.
    Raises `NoSuchSplit`.
    """
    told = {name: _split_told(name, SPLITS | {split}) for name in names}
    chosen = sorted(name for name in names if told[name] == split)
    if not chosen and split == "train":
        chosen = sorted(name for name in names if not told[name])
    if not chosen:
        others = ", ".join(sorted({word or "train" for word in told.values()})) or "none"
        raise NoSuchSplit(f"split = {shown(split)}: allowed for {shown(source)} is {others}.")
    return chosen


def _split_told(name: str, known: frozenset[str]) -> str:
    path = PurePosixPath(name)
    words = [*path.parts[:-1]]
    if path.suffix.lower() == ".parquet":
        words.append(re.split(r"[-_.]", path.name, maxsplit=1)[0])
    return next((word for word in words if word in known), "")


# ---------------------------------------------------------------- colours


def colour(trait: str, word: object) -> int:
    """The index of a colour of `trait` ("hair", "eyes") by its name; one past the last for anything else."""
    colours: Sequence[str] = TRAITS[trait]
    if not isinstance(word, str) or len(word) > 80:
        return len(colours)
    plain = " ".join(re.sub(r"[\s_-]+", " ", word.lower()).split()).removesuffix(f" {trait}")
    plain = _SPELLINGS.get(plain, plain)
    return colours.index(plain) if plain in colours else len(colours)


def colours(trait: str, values: Sequence[object], class_names: Sequence[object] = ()) -> list[int]:
    """Indices of many: class labels by the names that their data set gives them, words as they are."""
    unknown = len(TRAITS[trait])
    known = [colour(trait, name) for name in class_names]

    def index(value: object) -> int:
        if isinstance(value, int):
            return known[value] if 0 <= value < len(known) else unknown
        return colour(trait, value)

    return [index(value) for value in values]
