"""What every measure asks of its samples. It does not know what is measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from playground.data.target import Float64, check_points


def check_samples(samples: ArrayLike) -> Float64:
    """samples as float64 (N, 2), N >= 1; ValueError for another shape, none, or a NaN or infinity."""
    points = check_points(samples)
    if len(points) == 0:
        raise ValueError("There are no samples; at least 1 is needed.")
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        raise ValueError(f"{int((~finite).sum()):,} of {len(points):,} samples are not finite numbers.")
    return points
