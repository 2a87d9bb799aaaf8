"""What the screen may see: one moment of a run as plain numpy arrays.

Knows nothing of torch, of training or of how it is drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
NAN = math.nan


@dataclass(frozen=True)
class Update:
    """What one call of `step`, `update_discriminator`, `update_generator` or `run` did.

    A number that does not exist for the model is NaN. For VAE and autoencoder `generator_loss` is the whole
    loss, `reconstruction` and `kl` its parts (nats per point); for the Gaussian mixture it is the mean
    negative log-likelihood.
    """

    kind: str  # "discriminator", "generator", "iteration", or "start" before any
    iteration: int  # iterations completed
    discriminator_updates: int  # in all, since the start
    generator_updates: int
    discriminator_loss: float = NAN
    generator_loss: float = NAN
    mean_real: float = NAN  # mean D on the batch's real points, as a probability or a score
    mean_generated: float = NAN
    discriminator_gradient_norm: float = NAN
    generator_gradient_norm: float = NAN
    value: float = NAN  # V(D, G) = E log D(real) + E log(1 - D(generated)) on the batch, nats
    penalty: float = NAN  # gradient penalties as added to the discriminator's loss
    reconstruction: float = NAN
    kl: float = NAN


@dataclass(frozen=True)
class Curves:
    """The run so far, one entry for each recorded moment (all arrays of the same length T)."""

    iteration: NDArray[np.int64]
    discriminator_loss: Array
    generator_loss: Array
    mean_real: Array
    mean_generated: Array
    value: Array  # V(D, G) on the measuring grid, nats
    value_star: Array  # -log 4 + 2 JSD on the same grid, nats
    jsd: Array  # nats
    jsd_floor: Array
    high_quality: Array  # share of generated points within 3 sigma of a mode
    modes_covered: Array
    wasserstein: Array
    wasserstein_floor: Array
    discriminator_gradient_norm: Array
    generator_gradient_norm: Array


@dataclass(frozen=True)
class Measures:
    """Numbers beside the canvas; NaN (or 0 modes) where a measure does not exist for this run."""

    modes_total: int = 0
    modes_covered: int = 0
    high_quality: float = NAN
    high_quality_ceiling: float = NAN
    reverse_kl_modes: float = NAN
    reverse_kl_floor: float = NAN
    stray: float = NAN  # share of generated points farther than 3 sigma from every mode
    jsd: float = NAN
    jsd_floor: float = NAN
    kl: float = NAN
    value: float = NAN
    value_star: float = NAN
    wasserstein: float = NAN
    wasserstein_floor: float = NAN
    bandwidth: float = NAN  # blur of both densities before they are compared, in canvas units
    samples: int = 0  # generated points behind jsd, kl and value_star
    density_note: str = ""  # how p_data was known: exact, or estimated and how


@dataclass(frozen=True)
class Snapshot:
    """One moment of one run. S is the surface's side, N the number of drawn points, A of arrows.

    `surface` rows go from low y to high y, columns from low x to high x, over [-extent, extent]^2.
    """

    run: int  # stamp: grows with every reset; a frame of an older run is dropped
    title: str  # "GAN, non-saturating" ...
    model: str
    backend: str  # "analytic on cpu", ...
    extent: float
    update: Update
    sentence: str  # what just happened, in words
    iteration: int
    last_iteration: int  # newest iteration that the scrubber can reach
    diverged: str = ""  # the sentence of a run that stopped, or empty
    surface: Array | None = None  # (S, S) in [0, 1]: D, or density relative to its maximum
    surface_kind: str = "none"  # "discriminator", "critic", "density", "none"
    d_star: Array | None = None  # (S, S) in [0, 1]
    real: Array = field(default_factory=lambda: np.zeros((0, 2), np.float32))  # (R, 2)
    generated: Array = field(default_factory=lambda: np.zeros((0, 2), np.float32))  # (N, 2)
    latents: Array = field(default_factory=lambda: np.zeros((0, 1), np.float32))  # (N, latent_dim)
    scores: Array = field(
        default_factory=lambda: np.zeros((0,), np.float32)
    )  # (N,) D at generated, in [0, 1]
    arrows: Array = field(default_factory=lambda: np.zeros((0, 4), np.float32))  # (A, 4) x, y, dx, dy
    grid: Array | None = None  # (L, P, 2): L lines of the latent grid, P points each, after G
    curves: Curves | None = None
    measures: Measures = field(default_factory=Measures)
