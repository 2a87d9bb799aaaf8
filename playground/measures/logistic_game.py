"""A game small enough to solve: p_data is N(0, 1), a generator is N(m, 1), and D_w is a logistic curve.

D_w is the best discriminator against the generator at w, so the family holds D* of every generator, and
max_w V(N(m, 1), D_w) = -log 4 + 2 JSD, reached at w = m (Goodfellow et al. 2014). All by integration on a
grid, in nats. Knows no network and no lesson.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from playground.data.target import Float64
from playground.measures import densities

X, DX = densities.grid(-10.0, 10.0, 401)  # 20 points per sigma
P_DATA = densities.normal(X, 0.0, 1.0)


def generator(mean: float) -> Float64:
    """p_G on the grid, (401,)."""
    return densities.normal(X, mean, 1.0)


def logits(w: ArrayLike) -> Float64:
    """log D_w / (1 - D_w) on the grid, (..., 401): log N(x; 0, 1) - log N(x; w, 1) = w^2 / 2 - w x."""
    at = np.asarray(w, np.float64)[..., None]
    out: Float64 = at * at / 2.0 - at * X
    return out


def value(mean: float, w: ArrayLike) -> Float64:
    """V(G, D_w) of the generator at `mean`, in the shape of w."""
    return densities.value_of_logits(P_DATA, generator(mean), logits(w), DX)


def best_value(mean: float) -> float:
    """V* = -log 4 + 2 JSD of the generator at `mean`."""
    return densities.best_value(P_DATA, generator(mean), DX)


def slope_in_w(mean: float, w: float) -> float:
    """dV/dw = E_data[(1 - D) l'] - E_G[D l'] with l' = w - x, the slope of the logit in w."""
    d = expit(logits(w))
    return float((P_DATA * (1.0 - d) - generator(mean) * d) @ (w - X) * DX)


def slope_in_mean(mean: float, w: float) -> float:
    """dV/dm = E_G[d/dx log(1 - D)] = w E_G[D_w]: what moves the generator while D is held still."""
    return float(w * (generator(mean) @ expit(logits(w))) * DX)


def best_w(mean: float, family: tuple[float, ...]) -> float:
    """The D of the family with the largest V; an empty family stands for all D, of which w = mean is best."""
    return family[int(value(mean, family).argmax())] if family else mean


def kinks(means: Float64, pieces: Float64) -> Float64:
    """Where another curve of pieces (M, D) over the means (M,) becomes the largest: (kinks, 2), mean, V."""
    best = pieces.argmax(1)
    found = []
    for i in np.flatnonzero(np.diff(best)):
        before = pieces[i : i + 2, best[i]]
        lead = before - pieces[i : i + 2, best[i + 1]]  # from above to below 0, nearly a straight line
        share = lead[0] / (lead[0] - lead[1])
        found.append((np.interp(share, (0, 1), means[i : i + 2]), np.interp(share, (0, 1), before)))
    return np.array(found, np.float64).reshape(-1, 2)
