"""Runs that were put aside: as plain data, bounded, the longest unused forgotten first. Knows no page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from playground.ui.visitor import Visitor


@dataclass(frozen=True)
class Kept:
    """A visitor, and the state of the run."""

    visitor: Visitor
    saved: Any
    nbytes: int


class Aside:
    """Visitors by name, at most `most_bytes` of their states in all."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, name: object) -> bool:
        return name in self._kept

    def put(self, visitor: Visitor, saved: Any) -> list[Visitor]:
        """Keep a run; those forgotten for it, oldest first, itself too where it is beyond the bound."""
        self.take(visitor.name)
        kept = Kept(visitor, saved, nbytes_of(saved) + nbytes_of(visitor.own()))
        self._kept[visitor.name] = kept
        self.nbytes += kept.nbytes
        forgotten = []
        while self.nbytes > self._most:
            _, oldest = self._kept.popitem(last=False)
            self.nbytes -= oldest.nbytes
            forgotten.append(oldest.visitor)
        return forgotten

    def take(self, name: str) -> Kept | None:
        """The run of this name, which is no longer kept here."""
        kept = self._kept.pop(name, None)
        if kept is not None:
            self.nbytes -= kept.nbytes
        return kept


def nbytes_of(value: Any) -> int:
    """About how many bytes plain data holds: its arrays and texts, and some for each thing."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes) + 100
    if isinstance(value, str | bytes):
        return len(value) + 50
    if isinstance(value, Mapping):
        return 100 + sum(nbytes_of(key) + nbytes_of(each) for key, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return 60 + sum(map(nbytes_of, value))
    if is_dataclass(value):
        return 60 + sum(nbytes_of(getattr(value, field.name)) for field in fields(value))
    return 40
