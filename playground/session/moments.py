"""At which positions of a run its curves are recorded.

A function of the position and the length alone, so that the same clicks give the same curves whatever the
frame rate was: about eight moments an octave at first, then every 32, then sparser, 200 at most.
"""

from __future__ import annotations

SPACING = 32  # operations between two moments once the start is over
MOMENTS = 128  # at this spacing, before it doubles


def spacing(position: int, length: int) -> int:
    """Operations between the moments around `position` in a run of `length` operations; a power of two."""
    dense = 1 << max(0, position.bit_length() - 4)  # 8 to 15 of them between 2^n and 2^(n+1)
    sparse = SPACING
    while length > MOMENTS * sparse:
        sparse *= 2
    return min(dense, sparse)


def is_moment(position: int, length: int) -> bool:
    """Whether the curves of a run of `length` operations have a point at `position`."""
    return position % spacing(position, length) == 0


def next_moment(position: int, length: int) -> int:
    """The first moment after `position`."""
    step = spacing(position + 1, max(length, position + 1))
    return (position // step + 1) * step
