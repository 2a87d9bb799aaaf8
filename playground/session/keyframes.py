"""Complete states of a run at some of its positions, within a bound of bytes.

Recent moments are kept densely and older ones more sparsely, so that one step back is quick and any
earlier moment is a short replay away. Knows nothing of what a state holds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from playground.engine import State
from playground.snapshots import Update

MAX_FRAMES = 256  # small networks would keep thousands, which no scrubber needs


@dataclass(frozen=True)
class Keyframe:
    """All runs of a session at one position of its log."""

    position: int
    states: tuple[State, ...]
    updates: tuple[Update, ...]
    diverged: tuple[str, ...]
    failed: tuple[int | None, ...]  # where each run diverged

    @property
    def nbytes(self) -> int:
        """The bytes of its arrays."""
        return sum(state.nbytes for state in self.states)


class Keyframes:
    """Keyframes by position, at most `limit_bytes` and `MAX_FRAMES` in all (possibly none)."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.nbytes = 0
        self._frames: list[Keyframe] = []

    def add(self, frame: Keyframe) -> None:
        """Keep a moment and drop the least useful ones beyond the bound."""
        at = bisect_left(self._frames, frame.position, key=_position)
        if at < len(self._frames) and self._frames[at].position == frame.position:
            return
        self._frames.insert(at, frame)
        self.nbytes += frame.nbytes
        while self._frames and (self.nbytes > self.limit_bytes or len(self._frames) > MAX_FRAMES):
            self.nbytes -= self._frames.pop(self._least_useful()).nbytes

    def at_or_before(self, position: int) -> Keyframe | None:
        """The nearest moment that is not later than `position`."""
        at = bisect_right(self._frames, position, key=_position)
        return self._frames[at - 1] if at else None

    def truncate(self, position: int) -> None:
        """Forget every moment after `position`."""
        at = bisect_right(self._frames, position, key=_position)
        self.nbytes -= sum(frame.nbytes for frame in self._frames[at:])
        del self._frames[at:]

    def __len__(self) -> int:
        return len(self._frames)

    def _least_useful(self) -> int:
        """Whose removal leaves the smallest gap for its age; never the newest while another is left."""
        positions = [frame.position for frame in self._frames]
        newest = positions[-1]
        if len(positions) < 3:
            return 0
        slack = 1 + 0.1 * newest  # old gaps may be wide, but not beyond all measure
        gaps = [
            (after - before) / (newest - here + slack)
            for before, here, after in zip([0, *positions[:-2]], positions[:-1], positions[1:], strict=True)
        ]
        return gaps.index(min(gaps))


def _position(frame: Keyframe) -> int:
    return frame.position
