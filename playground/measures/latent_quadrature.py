"""A VAE of one number with one latent number, by quadrature over z: p(x), the ELBO, and the gap between them.

    log p(x) = ELBO(x) + KL(q(z|x) || p(z|x))        (Kingma and Welling 2014)

p(x) is a sum over the prior, which also normalises the posterior; the ELBO has its KL to the prior in closed
form, as in training; the gap is a sum over both densities of z. Here p(z) = N(0, 1), p(x|z) = N(decoded z,
sigma^2) and q(z|x) = N(mean, deviation^2); everything is in nats.
Knows no network. Letters: N places x, Z places z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playground.data.target import Float64
from playground.measures import densities

Z, DZ = densities.grid(-8.0, 8.0, 401)  # good for codes within +-5 with deviations above about 0.04
LOG_ROOT = 0.5 * float(np.log(2.0 * np.pi))
PRIOR = densities.normal(Z, 0.0, 1.0)


@dataclass(frozen=True)
class Bound:
    """Three numbers at each place, (N,) each, nats."""

    log_p: Float64
    elbo: Float64
    gap: Float64  # KL(q(z|x) || p(z|x))


def marginal(x: Float64, decoded: Float64, sigma: float) -> Float64:
    """p(x) = integral p(z) N(x; decoded, sigma^2) dz at x (N,), where `decoded` (401,) is at `Z`."""
    return densities.normal(x[:, None], decoded, sigma) @ PRIOR * DZ


def bound(x: Float64, decoded: Float64, sigma: float, mean: Float64, deviation: Float64) -> Bound:
    """log p(x), ELBO and gap at x (N,), whose codes have `mean` and `deviation` (N,)."""
    log_likelihood = _log_normal(x[:, None], decoded, sigma)  # (N, 401)
    log_p = np.log(np.exp(log_likelihood) @ PRIOR * DZ)
    log_q = _log_normal(Z, mean[:, None], deviation[:, None])
    q = np.exp(log_q)
    kl_to_prior = 0.5 * (deviation**2 + mean**2 - 1.0) - np.log(deviation)
    elbo = (q * log_likelihood).sum(1) * DZ - kl_to_prior
    log_posterior = _log_normal(Z, 0.0, 1.0) + log_likelihood - log_p[:, None]
    gap = (q * (log_q - log_posterior)).sum(1) * DZ
    return Bound(log_p, elbo, gap)


def _log_normal(x: Float64, mean: Float64 | float, sigma: Float64 | float) -> Float64:
    z = (x - mean) / sigma
    out: Float64 = -0.5 * z * z - np.log(sigma) - LOG_ROOT
    return out
