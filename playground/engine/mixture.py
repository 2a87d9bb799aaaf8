"""A Gaussian mixture fitted by EM (Dempster et al. 1977): one iteration is one E step and one M step.

scikit-learn does the step; this file keeps the parameters between two of them.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor

from playground.config import RunConfig
from playground.data import Target
from playground.engine.draws import Draw, Stream, normal_draw, numpy_rng
from playground.engine.learner import Learner, NotFinite, Report

DATA_POINTS = 2048
COVARIANCE_FLOOR = 1e-6  # added to each variance, so that a component on one point stays finite


class MixtureEM(Learner):
    """K components with full covariances; `weights` (K,), `means` (K, 2), `covariances` (K, 2, 2)."""

    backend = "scikit-learn"
    latent_width = 3  # one number picks the component, two place the point in it

    def __init__(self, config: RunConfig, target: Target, device: str) -> None:
        super().__init__(config, target, device)
        rng = numpy_rng(config.seed, Stream.REAL)
        self.data = target.sample(DATA_POINTS, rng).astype(np.float64)
        k = config.components
        self.weights = np.full(k, 1.0 / k)
        self.means = self.data[rng.choice(DATA_POINTS, k, replace=False)]
        spread = self.data.var(0).mean() / k + COVARIANCE_FLOOR
        self.covariances = np.tile(spread * np.eye(2), (k, 1, 1))

    def iterate(self, want: bool) -> Report:
        """One EM step from the parameters as they are."""
        step = GaussianMixture(
            len(self.weights),
            max_iter=1,
            reg_covar=COVARIANCE_FLOOR,
            weights_init=self.weights / self.weights.sum(),
            means_init=self.means,
            precisions_init=np.linalg.inv(self.covariances),
            init_params="random",  # overridden by the three above; this is the cheapest
            random_state=0,
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # one step is not meant to converge
                step.fit(self.data)
        except ValueError as error:  # scikit-learn's word for a covariance that collapsed
            raise NotFinite("components") from error
        self.weights, self.means, self.covariances = step.weights_, step.means_, step.covariances_
        self.generator_updates += 1
        return {"generator_loss": -self.log_likelihood()} if want else {}

    def log_likelihood(self) -> float:
        """Mean log p(x) over the data, nats."""
        with np.errstate(divide="ignore"):
            return float(np.log(self._density(self.data)).mean())

    def density(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """p(x) at (N, 2)."""
        return self._density(np.asarray(x, dtype=np.float64))

    def _density(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        parts = zip(self.weights, self.means, self.covariances, strict=True)
        total = sum(w * multivariate_normal(m, c, allow_singular=True).pdf(x) for w, m, c in parts)
        return np.atleast_1d(np.asarray(total, dtype=np.float64))

    def latent_draw(self) -> Draw:
        return normal_draw(self.latent_width)

    def generate(self, latents: Tensor) -> Tensor:
        """(N, 3) standard normal -> (N, 2): the first picks a component, the others move within it."""
        z = latents.cpu().numpy().astype(np.float64)
        cumulative = np.cumsum(self.weights / self.weights.sum())[:-1]
        index = np.searchsorted(cumulative, ndtr(z[:, 0]), side="right")
        factors = np.linalg.cholesky(self.covariances)
        points = self.means[index] + np.einsum("nij,nj->ni", factors[index], z[:, 1:])
        return torch.from_numpy(points.astype(np.float32)).to(self.device)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "weights": self.weights.copy(),
            "means": self.means.copy(),
            "covariances": self.covariances.copy(),
        }

    def load_arrays(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        self.weights, self.means, self.covariances = (
            np.array(arrays[name], dtype=np.float64) for name in ("weights", "means", "covariances")
        )
