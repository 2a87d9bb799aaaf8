"""The density of x = G(z) on a line, for a generator whose latent is one number: change of variables.

The latents are cut into cells of equal probability and G is taken as straight within a cell, so that the
cell's probability lies evenly between its two ends; where G folds, the branches add up. No sampling and no
kernel: the masses are exact for that straight-line G, whose error falls with the square of the cells' width.
Knows no network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Float64 = NDArray[np.float64]


def even_latents(prior: str, cells: int) -> Float64:
    """The ends (cells + 1,) of latents cut into cells of equal probability.

    `prior` is "uniform" on [-1, 1] or "normal"; the outermost normal ends are the quantiles of half a
    cell.
    """
    share = np.linspace(0.0, 1.0, cells + 1)
    if prior == "uniform":
        return 2.0 * share - 1.0
    return np.asarray(ndtri(np.clip(share, 0.5 / cells, 1.0 - 0.5 / cells)), np.float64)


def pushed_masses(x: ArrayLike, edges: ArrayLike) -> Float64:
    """Probability (B,) of each bin with edges (B + 1,).

    x (C + 1,) is G at the ends of C equally likely cells. What falls outside the edges is counted in the
    first or the last bin, so that the masses sum to 1.
    """
    ends, cuts = np.asarray(x, np.float64), np.asarray(edges, np.float64)
    low, high = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
    width = np.maximum(high - low, 1e-12)  # a cell that G maps to one point: a step
    below = np.clip((cuts[1:-1, None] - low) / width, 0.0, 1.0).mean(axis=1)  # the distribution function
    return np.diff(np.concatenate([[0.0], below, [1.0]]))
