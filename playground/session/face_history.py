"""Complete states of a face training at some of its positions, within a bound of bytes.

A state of a face model is some megabytes, so only a handful fits: unlike the lab's keyframes, the newest two
always stay, for Undo must be quick there. Knows nothing of what a state holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from playground.engine import State
from playground.snapshots import Update


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
