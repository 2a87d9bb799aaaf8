"""The past of a face training: the moments of its curves, and complete states within a bound of bytes.

A state of a face model is some megabytes, so only a handful fits: unlike the lab's keyframes, the newest two
always stay, for Undo must be quick there. Knows nothing of what a state holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.engine import State
from playground.snapshots import Update

MOST_ROWS, MOST_POINTS = 4096, 256  # of the curves: kept, and given
CURVES = ("discriminator_loss", "generator_loss", "mean_real", "mean_generated", "reconstruction", "kl")
_COLUMNS = ("iteration", *CURVES)


@dataclass(frozen=True, eq=False)
class Kept:
    """A moment of a run."""

    position: int
    state: State
    update: Update


class FaceHistory:
    """Complete states within a bound of bytes: the newest two, and older ones the sparser the older."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.kept: list[Kept] = []

    @property
    def nbytes(self) -> int:
        """Of all states that are kept."""
        return sum(each.state.nbytes for each in self.kept)

    def add(self, new: Kept) -> None:
        """Keep a moment and drop the least useful ones beyond the bound."""
        if any(each.position == new.position for each in self.kept):
            return
        self.kept = sorted([*self.kept, new], key=lambda each: each.position)
        while self.nbytes > self.limit_bytes and self.kept:
            del self.kept[self._least_useful()]

    def _least_useful(self) -> int:
        """Whose removal leaves the smallest gap for its age; never the newest two while others are left."""
        at = [0, *(each.position for each in self.kept)]
        if len(at) < 5:
            return 0
        gaps = [(at[i + 1] - at[i - 1]) / (at[-1] - at[i]) for i in range(1, len(at) - 2)]
        return gaps.index(min(gaps))

    def before(self, position: int) -> Kept | None:
        """The nearest moment at or before `position`."""
        return next((each for each in reversed(self.kept) if each.position <= position), None)

    def truncate(self, position: int) -> None:
        """Forget every moment after `position`."""
        self.kept = [each for each in self.kept if each.position <= position]


class FaceRows:
    """The moments of a run's curves, in order: position, iteration and the numbers of `CURVES`."""

    def __init__(self, table: NDArray[np.float64] | None = None) -> None:
        self._count = 0 if table is None else len(table)
        self._rows = np.zeros((MOST_ROWS + 1, 1 + len(_COLUMNS)))  # room is made once, not for each moment
        if table is not None:
            self._rows[: self._count] = table

    @property
    def table(self) -> NDArray[np.float64]:
        """A copy of all of it, (R, 2 + curves)."""
        return self._rows[: self._count].copy()

    def add(self, position: int, update: Update) -> None:
        """A moment later than all others; too many are thinned."""
        self._rows[self._count] = [position, *(getattr(update, name) for name in _COLUMNS)]
        self._count += 1
        if self._count > MOST_ROWS:
            kept = _thinned(self._rows, MOST_ROWS // 2)
            self._count = len(kept)
            self._rows[: self._count] = kept

    def truncate(self, position: int) -> None:
        """Forget every moment after `position`."""
        self._count = int(np.searchsorted(self._rows[: self._count, 0], position, "right"))

    def columns(self, position: int, now: Update) -> dict[str, NDArray[Any]]:
        """The moments up to `position`, at which `now` is the last: "iteration" and the names of `CURVES`."""
        past = self._rows[: np.searchsorted(self._rows[: self._count, 0], position)]
        rows = _thinned(past, MOST_POINTS)[:, 1:]
        if position:
            rows = np.vstack([rows, [getattr(now, name) for name in _COLUMNS]])
        found = {name: rows[:, i].astype(np.float32) for i, name in enumerate(_COLUMNS)}
        finite = {name: found[name] for name in CURVES if np.isfinite(found[name]).any()}
        return {"iteration": rows[:, 0].astype(np.int64), **finite}


def _thinned(rows: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Those at multiples of a power of two, at most about `most`."""
    last = rows[-1, 0] if len(rows) else 1.0
    stride = 1 << max(0, math.ceil(math.log2(last / most)))
    thin: NDArray[np.float64] = rows[rows[:, 0] % stride == 0]
    return thin
