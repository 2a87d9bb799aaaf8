"""One-dimensional densities on a uniform grid: entropies, divergences, the best D and the value of the game.

A density is an array (N,) of its values at N points that are `dx` apart; an integral is the sum times dx,
which for smooth densities that vanish at both ends is as exact as float64 allows. Logarithms are natural:
everything is in nats, but for the Wasserstein distance, in units of x. The same on cells of a plane, from
samples, is `measures.divergence`. This file does not know where a density comes from.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, xlogy

from playground.data.target import Float64
from playground.measures import divergence

_VANISHING = 1e-300  # half of a smaller density may be 0, and the quotient of the two infinite


def grid(low: float, high: float, points: int = 2001) -> tuple[Float64, float]:
    """`points` places from low to high, shape (N,), and the distance between two of them."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high and points >= 2):
        raise ValueError(
            f"The grid goes from {low} to {high} with {points} points; "
            "low must be below high and the points at least 2."
        )
    x, dx = np.linspace(low, high, points, retstep=True)
    return x, float(dx)


# ---------------------------------------------------------------- densities


def normal(x: ArrayLike, mean: ArrayLike, sigma: ArrayLike) -> Float64:
    """N(x; mean, sigma^2) where the three broadcast together. ValueError unless sigma is positive.

    Beyond 38 sigma the density leaves the range of float64 and is 0, which makes a KL to it infinite: let
    the grid end before.
    """
    spread = np.asarray(sigma, np.float64)
    if not (spread > 0.0).all():
        raise ValueError(f"sigma is {spread.tolist()}; it must be positive.")
    z = (np.asarray(x, np.float64) - np.asarray(mean, np.float64)) / spread
    out: Float64 = np.exp(-0.5 * z * z) / (math.sqrt(2.0 * math.pi) * spread)
    return out


def mixture(x: ArrayLike, means: ArrayLike, sigmas: ArrayLike, weights: ArrayLike) -> Float64:
    """sum_k weights_k N(x; means_k, sigmas_k^2) at x (N,); means, sigmas and weights are (K,) or one number.

    ValueError unless the weights are at least 0 and sum to 1.
    """
    m = np.atleast_1d(np.asarray(means, np.float64))
    w = np.broadcast_to(np.asarray(weights, np.float64), m.shape)
    if not ((w >= 0.0).all() and math.isclose(float(w.sum()), 1.0, abs_tol=1e-6)):
        raise ValueError(f"weights are {w.tolist()}; they must be at least 0 and sum to 1.")
    s = np.broadcast_to(np.asarray(sigmas, np.float64), m.shape)
    out: Float64 = normal(np.asarray(x, np.float64)[:, None], m, s) @ w
    return out


# ---------------------------------------------------------------- entropies and divergences


def entropy(p: Float64, dx: float) -> float:
    """H(p) = -integral p log p, nats; may be negative, as densities may exceed 1."""
    return float(entr(p).sum() * dx)


def cross_entropy(p: Float64, q: Float64, dx: float) -> float:
    """-integral p log q = H(p) + KL(p || q), nats: the mean of -log q(x) over p; inf where only q is 0."""
    with np.errstate(divide="ignore"):
        return -float(xlogy(p, q).sum() * dx)


def kl(p: Float64, q: Float64, dx: float) -> float:
    """KL(p || q) = integral p log(p / q), nats; inf where q is 0 and p is not."""
    return divergence.kl(p, q) * dx


def jsd(p: Float64, q: Float64, dx: float) -> float:
    """Jensen-Shannon divergence, nats, 0 to log 2."""
    p, q = (np.where(density < _VANISHING, 0.0, density) for density in (p, q))
    return divergence.jsd(p, q) * dx


def wasserstein1(p: Float64, q: Float64, dx: float) -> float:
    """The earth mover's distance, units of x: the area between the two distribution functions."""
    return float(np.abs(np.cumsum(p - q)).sum() * dx * dx)


# ---------------------------------------------------------------- the game (Goodfellow et al. 2014)


def best_discriminator(p: Float64, q: Float64) -> Float64:
    """D*(x) = p / (p + q), shape (N,); 1/2 where both are 0."""
    return divergence.optimal_discriminator(p, q)


def value(p: Float64, q: Float64, d: Float64, dx: float) -> float:
    """V(D, G) = integral p log d + q log(1 - d), nats, with d clipped to [1e-7, 1 - 1e-7]."""
    return divergence.value(p, q, d) * dx


def value_of_logits(p: Float64, q: Float64, logits: Float64, dx: float) -> Float64:
    """V(D, G) of every D = sigmoid(logits), logits (..., N) -> (...), nats; nothing is clipped."""
    out: Float64 = -(np.logaddexp(0.0, -logits) @ p + np.logaddexp(0.0, logits) @ q) * dx
    return out


def best_value(p: Float64, q: Float64, dx: float) -> float:
    """V* = -log 4 + 2 JSD(p, q), nats: no D reaches more."""
    return 2.0 * jsd(p, q, dx) - math.log(4.0)


# ---------------------------------------------------------------- closed forms


def normal_entropy(sigma: float) -> float:
    """H(N(m, sigma^2)) = log(sigma sqrt(2 pi e)), nats."""
    return math.log(sigma) + 0.5 * math.log(2.0 * math.pi * math.e)


def normal_kl(mean: float, sigma: float, other_mean: float, other_sigma: float) -> float:
    """KL(N(mean, sigma^2) || N(other_mean, other_sigma^2)), nats, in closed form."""
    ratio = sigma / other_sigma
    shift = (mean - other_mean) / other_sigma
    return 0.5 * (ratio * ratio + shift * shift - 1.0) - math.log(ratio)
