"""Latents: those of seeds, those between two of them, and the directions that change a face the most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from playground.checkpoints.ids import checked_whole, shown
from playground.config import ConfigError
from playground.nets.conv import Generator

if TYPE_CHECKING:
    from playground.checkpoints.model import FaceModel

MOST_SEEDS = 256
MOST_STEPS = 256
LARGEST_SEED = 2**32 - 1


def latents_of_seeds(seeds: Sequence[int], latent_dim: int) -> NDArray[np.float32]:
    """(N, latent_dim) standard normal numbers; row i depends on seeds[i] alone, on every machine alike.

    Raises `ConfigError` for more than 256 seeds or one that is no whole number from 0 to 2^32 - 1.
    """
    if not isinstance(seeds, Sequence | np.ndarray):
        raise ConfigError(f"seeds = {shown(seeds)}: allowed is a list of whole numbers.")
    if not 1 <= len(seeds) <= MOST_SEEDS:
        raise ConfigError(f"seeds = {len(seeds)} of them: allowed is 1 to {MOST_SEEDS}.")
    for seed in seeds:
        whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
        if not whole or not 0 <= seed <= LARGEST_SEED:
            raise ConfigError(f"seeds = {shown(seed)}: allowed is a whole number to {LARGEST_SEED:,}.")
    rows = [np.random.Generator(np.random.PCG64(int(seed))).standard_normal(latent_dim) for seed in seeds]
    return np.stack(rows).astype(np.float32)


def interpolate_latents(
    a: NDArray[np.float32], b: NDArray[np.float32], steps: int, spherical: bool
) -> NDArray[np.float32]:
    """(steps, latent_dim) from a (latent_dim,) to b, both included.

    Spherical: along the great arc, the length going evenly too (Shoemake 1985; for latents White 2016).
    Raises `ConfigError`.
    """
    checked_whole("steps", steps, 2, MOST_STEPS)
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 1 or a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ConfigError(f"a, b = {a.shape}, {b.shape}: allowed are two of one length, finite.")
    t = np.linspace(0.0, 1.0, steps)[:, None]
    start, end = a.astype(np.float64), b.astype(np.float64)
    long_a, long_b = np.linalg.norm(start), np.linalg.norm(end)
    straight = (1.0 - t) * start + t * end
    if not spherical or not long_a or not long_b:
        return straight.astype(np.float32)
    angle = np.arccos(np.clip(start @ end / (long_a * long_b), -1.0, 1.0))
    if min(angle, np.pi - angle) < 1e-6:  # the same or the opposite way: no one great arc
        return straight.astype(np.float32)
    unit = (np.sin((1.0 - t) * angle) * start / long_a + np.sin(t * angle) * end / long_b) / np.sin(angle)
    return np.asarray(unit * ((1.0 - t) * long_a + t * long_b), dtype=np.float32)


def directions(model: FaceModel | Generator, count: int) -> NDArray[np.float32]:
    """(count, latent_dim) unit vectors along which the first layer answers most, most first.

    SeFa (Shen and Zhou 2021): eigenvectors of W^T W, W the weights that the latent meets first, a model's
    code prior included. The largest entry of each is positive, so that they are the same everywhere.
    """
    generator = model if isinstance(model, Generator) else model.generator
    checked_whole("count", count, 1, generator.latent_dim)
    weights = generator.enter.weight.detach()[:, : generator.latent_dim].double().cpu()
    if not isinstance(model, Generator) and model.code_prior is not None:
        weights = weights @ model.code_prior.maps[0, 0].double().cpu()  # of unknown colours
    _, vectors = np.linalg.eigh((weights.T @ weights).numpy())
    found = vectors[:, ::-1].T[:count]
    largest = found[np.arange(count), np.abs(found).argmax(1)]
    return np.asarray(found * np.sign(largest)[:, None], dtype=np.float32)
