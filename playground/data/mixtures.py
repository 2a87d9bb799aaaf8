"""The menu of targets: one function and one row each, and the Gaussian mixtures themselves.

    target = make_target("ring8", sigma=0.02)
    real = target.sample(16_384, np.random.default_rng(0))  # (16384, 2) float32

This file does not know who trains on a target or how it is drawn. To add a target, write a
function and give it a row in `TARGETS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from playground.data import points as clouds
from playground.data import shapes
from playground.data.target import Float64, GaussianMixture, Modes, Target, check_sigma, isotropic


def two_islands(sigma: float) -> GaussianMixture:
    """Two equal modes at (-1, 0) and (1, 0)."""
    return mixture("two_islands", "Two islands", np.array([[-1.0, 0.0], [1.0, 0.0]]), sigma)


def ring8(sigma: float) -> GaussianMixture:
    """Eight equal modes on the unit circle."""
    return mixture("ring8", "Ring of 8", _ring(8), sigma)


def ring8_unequal(sigma: float) -> GaussianMixture:
    """The same ring with weights 1 : 2 : ... : 8, the rarest mode at 1/36."""
    return mixture("ring8_unequal", "Ring of 8, unequal", _ring(8), sigma, weights=np.arange(1.0, 9.0))


def grid25(sigma: float) -> GaussianMixture:
    """Five by five equal modes, 0.8 apart."""
    steps = 0.8 * np.arange(-2.0, 3.0)
    means = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return mixture("grid25", "Grid of 25", means, sigma, extent=2.2)


def gaussian(sigma: float, correlation: float = 0.6) -> GaussianMixture:
    """One Gaussian with standard deviation sigma along either axis, tilted unless correlation is 0."""
    covariance = sigma**2 * np.array([[[1.0, correlation], [correlation, 1.0]]])
    modes = Modes(np.zeros((1, 2)), covariance, np.ones(1))
    return GaussianMixture("gaussian", "One Gaussian", modes.means, covariance, modes.weights, modes)


def mixture(
    name: str,
    title: str,
    means: Float64,
    sigma: float,
    weights: Float64 | None = None,
    extent: float = 2.0,
) -> GaussianMixture:
    """Round Gaussians of one standard deviation; the weights are proportions, equal by default."""
    weights = np.ones(len(means)) if weights is None else weights
    modes = Modes(means, isotropic(means, sigma), weights / weights.sum())
    return GaussianMixture(name, title, means, modes.covariances, modes.weights, modes, extent)


def _ring(count: int) -> Float64:
    angle = 2.0 * np.pi * np.arange(count) / count
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


@dataclass(frozen=True)
class TargetRow:
    """How to build one target. Called, it validates what it was given and builds."""

    title: str
    build: Callable[..., Target]
    sigma: float | None  # the default noise, None where the target has none
    needs_points: bool = False

    def __call__(self, sigma: float | None = None, points: ArrayLike | None = None) -> Target:
        settings: dict[str, object] = {}
        if sigma is not None and self.sigma is None:
            raise ValueError(f"The target '{self.title}' has no sigma; leave it out.")
        if self.sigma is not None:
            settings["sigma"] = check_sigma(self.sigma if sigma is None else sigma)
        if (points is not None) != self.needs_points:
            wish = "needs a cloud of points" if self.needs_points else "takes no points"
            raise ValueError(f"The target '{self.title}' {wish}.")
        if self.needs_points:
            settings["points"] = points
        return self.build(**settings)


TARGETS: dict[str, TargetRow] = {
    "two_islands": TargetRow("Two islands", two_islands, sigma=0.2),
    "ring8": TargetRow("Ring of 8", ring8, sigma=0.01),
    "ring8_unequal": TargetRow("Ring of 8, unequal", ring8_unequal, sigma=0.05),
    "grid25": TargetRow("Grid of 25", grid25, sigma=0.04),
    "gaussian": TargetRow("One Gaussian", gaussian, sigma=0.5),
    "line": TargetRow("Thin line", shapes.Segment, sigma=0.03),
    "spiral": TargetRow("Two-arm spiral", shapes.spiral, sigma=0.05),
    "two_moons": TargetRow("Two moons", shapes.two_moons, sigma=0.08),
    "circles": TargetRow("Two circles", shapes.circles, sigma=0.06),
    "swiss_roll": TargetRow("Swiss roll", shapes.swiss_roll, sigma=0.05),
    "checkerboard": TargetRow("Checkerboard", shapes.Checkerboard, sigma=None),
    "pinwheel": TargetRow("Pinwheel", shapes.pinwheel, sigma=0.07),
    "points": TargetRow("Your points", clouds.points_target, sigma=0.02, needs_points=True),
}


def make_target(name: str, sigma: float | None = None, points: ArrayLike | None = None) -> Target:
    """The target of that name; ValueError, one sentence, for anything it cannot be given.

    sigma is its noise in window units, in (0, 1]; points (n, 2) belongs to "points" alone.
    """
    if name not in TARGETS:
        raise ValueError(f"There is no target '{name}'; choose one of {', '.join(TARGETS)}.")
    return TARGETS[name](sigma, points)
