"""A mixture of K Gaussians over one number, and one iteration of EM on it (Dempster et al. 1977).

scikit-learn does the step, as in `engine.mixture` for two dimensions. Knows no target and no screen.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from playground.data.target import Float64
from playground.engine.mixture import COVARIANCE_FLOOR
from playground.measures import densities


@dataclass(frozen=True)
class Mixture1D:
    """weights, means and sigmas, (K,) each."""

    weights: Float64
    means: Float64
    sigmas: Float64

    def density(self, x: Float64) -> Float64:
        """p(x) at x (N,)."""
        return densities.mixture(x, self.means, self.sigmas, self.weights)

    def log_likelihood(self, x: Float64) -> float:
        """Mean log p(x) over x (N,), nats."""
        with np.errstate(divide="ignore"):
            return float(np.log(self.density(x)).mean())


def first_mixture(x: Float64, components: int, rng: np.random.Generator) -> Mixture1D:
    """Equal weights, means on `components` of the points x (N,), each as wide as its share of the spread."""
    means = rng.choice(x, components, replace=False)
    sigma = np.sqrt(x.var() / components + COVARIANCE_FLOOR)
    return Mixture1D(np.full(components, 1.0 / components), means, np.full(components, sigma))


def em_step(mixture: Mixture1D, x: Float64) -> Mixture1D:
    """The mixture after one E step and one M step on the points x (N,): never less likely than before.

    But for `COVARIANCE_FLOOR`, which is added to each variance. ValueError if a component collapses.
    """
    step = GaussianMixture(
        len(mixture.weights),
        covariance_type="spherical",
        max_iter=1,
        reg_covar=COVARIANCE_FLOOR,
        weights_init=mixture.weights / mixture.weights.sum(),
        means_init=mixture.means[:, None],
        precisions_init=mixture.sigmas**-2.0,
        init_params="random",  # overridden by the three above; this is the cheapest
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # one step is not meant to converge
        step.fit(x[:, None])
    return Mixture1D(step.weights_, step.means_[:, 0], np.sqrt(step.covariances_))
