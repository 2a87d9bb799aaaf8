"""Sessions as plain data: what a host keeps so that a run goes on elsewhere, bit for bit.

Strings, numbers, tuples, arrays and the frozen values of `snapshots`: all of it pickles, and nothing of it
changes while the run it came from goes on. Not kept is what follows from the rest: networks, targets, and
earlier states, which a replay from the start gives. Knows no session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.engine import State
from playground.session.face_history import Kept
from playground.session.face_settings import FaceSettings
from playground.session.keyframes import Keyframe
from playground.session.run import Reading, Row
from playground.snapshots import Measures, Update

_WORDS = ("update.kind", "measures.density_note")
_UPDATE = [f for f in fields(Update) if f.name != "kind"]
_MEASURES = [f for f in fields(Measures) if f.name != "density_note"]
_NUMBERS = [*(f"update.{f.name}" for f in _UPDATE), *(f"measures.{f.name}" for f in _MEASURES)]
_words, _numbers = attrgetter(*_WORDS), attrgetter(*_NUMBERS)


@dataclass(frozen=True, eq=False)
class SavedRows:
    """The moments of a run's curves as columns, which is smaller and quicker than one object for each."""

    positions: NDArray[np.int64]  # (R,)
    numbers: NDArray[np.float64]  # (R, columns); holds every whole number that occurs exactly
    words: tuple[tuple[str, str], ...]

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, bytes."""
        return self.positions.nbytes + self.numbers.nbytes


@dataclass(frozen=True, eq=False)
class SavedSession:
    """A `Session`: one run, or the two of Compare."""

    settings: str  # the query of the (first) run's config
    changes: tuple[tuple[str, Any], ...]  # what Compare changed in the second one; empty without it
    stamp: int
    log: str  # however long, unlike a link's clicks
    marks: tuple[int, ...]  # positions at which actions began
    goal: int | None  # the position that `advance` goes to
    before: int  # iterations before the last action
    dead_end: int | None
    note: str
    now: Keyframe  # where the runs stand
    undo: Keyframe | None  # the kept moment nearest to where Undo goes
    rows: tuple[SavedRows, ...]  # of each run
    measured: tuple[Reading | None, ...]  # of each run: the newest

    @property
    def nbytes(self) -> int:
        """Memory of arrays and texts, bytes."""
        states = self.now.nbytes + (self.undo.nbytes if self.undo else 0)
        readings = sum(d_star.nbytes for _, _, d_star in filter(None, self.measured) if d_star is not None)
        texts = len(self.settings) + len(self.log)
        return states + readings + sum(rows.nbytes for rows in self.rows) + texts + 8 * len(self.marks)


@dataclass(frozen=True, eq=False)
class SavedFaceRun:
    """A `FaceRun` without its faces, which whoever makes the new run holds.

    And without the moment that Undo goes to, which would double its megabytes: the first Undo after `resume`
    is a replay from the start.
    """

    settings: FaceSettings
    faces: tuple[int, int]  # how many, and their side in pixels
    stamp: int
    log: str
    marks: tuple[int, ...]
    goal: int | None
    note: str
    diverged: str
    rows: NDArray[np.float64]  # see `FaceRows`
    now: Kept

    @property
    def nbytes(self) -> int:
        """Memory of arrays and texts, bytes."""
        return self.rows.nbytes + self.now.state.nbytes + len(self.log) + 8 * len(self.marks)


def pack_rows(rows: Mapping[int, Row]) -> SavedRows:
    """The moments of a run's curves; `unpack_rows` gives them back."""
    positions = np.fromiter(rows, np.int64, len(rows))
    numbers = np.array([_numbers(row) for row in rows.values()], np.float64).reshape(len(rows), len(_NUMBERS))
    return SavedRows(positions, numbers, tuple(_words(row) for row in rows.values()))


def unpack_rows(saved: SavedRows) -> dict[int, Row]:
    """What `pack_rows` was given."""
    return {
        int(position): _row(numbers, *words)
        for position, numbers, words in zip(saved.positions, saved.numbers.tolist(), saved.words, strict=True)
    }


def own_frame(frame: Keyframe) -> Keyframe:
    """A kept moment in memory of its own; see `own`."""
    return replace(frame, states=tuple(own(state) for state in frame.states))


def own_reading(measured: Reading | None) -> Reading | None:
    """A run's newest reading in memory of its own; see `own`."""
    if measured is None or measured[2] is None:
        return measured
    return (*measured[:2], np.array(measured[2]))


def own(state: State) -> State:
    """A state in memory of its own: arrays that travelled may lie in memory that a cluster lends."""
    return State({name: np.array(array) for name, array in state.arrays.items()}, dict(state.counters))


def _row(numbers: list[float], kind: str, density_note: str) -> Row:
    update, measures = numbers[: len(_UPDATE)], numbers[len(_UPDATE) :]
    return Row(
        Update(kind=kind, **_typed(_UPDATE, update)),
        Measures(density_note=density_note, **_typed(_MEASURES, measures)),
    )


def _typed(columns: list[Any], numbers: list[float]) -> dict[str, Any]:
    return {f.name: int(x) if f.type == "int" else x for f, x in zip(columns, numbers, strict=True)}
