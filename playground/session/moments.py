"""At which positions of a run its curves are recorded.

A function of the position and the length alone, so that the same clicks give the same curves whatever the
frame rate was: four moments an octave at first, then every 64, then sparser, 160 at most. A reading of the
measures costs as much as some 20 iterations, so they may not come more often.
"""

from __future__ import annotations

TRANSPORT_EVERY = 4  # moments between two readings of the Wasserstein distance, as slow as all the rest
SPACING = 64  # operations between two moments once the start is over
MOMENTS = 128  # at this spacing, before it doubles


def widest_spacing(length: int) -> int:
    """Operations between two moments once the start is over; at most `MOMENTS` of them."""
    wide = SPACING
    while length > MOMENTS * wide:
        wide *= 2
    return wide


def spacing(position: int, length: int) -> int:
    """Operations between the moments around `position` in a run of `length` operations; a power of two."""
    dense = 1 << max(0, position.bit_length() - 3)  # 4 of them between 2^n and 2^(n+1)
    return min(dense, widest_spacing(length))


def is_moment(position: int, length: int) -> bool:
    """Whether the curves of a run of `length` operations have a point at `position`."""
    return position % spacing(position, length) == 0


def is_transport_moment(position: int, length: int) -> bool:
    """Whether that point has the Wasserstein distance too."""
    return position % (TRANSPORT_EVERY * spacing(position, length)) == 0


def next_moment(position: int, length: int) -> int:
    """The first moment after `position`."""
    step = spacing(position + 1, max(length, position + 1))
    return (position // step + 1) * step
