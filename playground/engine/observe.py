"""What can be seen of a trainer: surfaces, points, arrows, grids and measures, as plain arrays.

Looks and never touches: nothing here changes the run, and what it draws never trains. Knows no colours.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from playground.engine.adversarial import Adversarial
from playground.engine.draws import Stream, numpy_rng
from playground.engine.likelihood import Likelihood, decoded_density
from playground.engine.memory import enough_memory
from playground.engine.mixture import MixtureEM
from playground.engine.trainer import Trainer
from playground.measures import (
    Divergence,
    DivergenceEstimator,
    Grid,
    high_quality_ceiling,
    mode_coverage,
    reverse_kl_floor,
    wasserstein,
    wasserstein_floor,
)
from playground.snapshots import Array, Curves, Measures, Snapshot

LAYERS = frozenset({"surface", "real", "generated", "arrows", "grid", "d_star"})
SURFACE_SIZE = 64
DRAWN_POINTS = 512
DRAWN_ARROWS = 128
ARROW_PER_SLOPE = 0.15  # canvas units for a slope of 1: the length shows the size of the gradient
ARROW_LIMIT = 0.5  # canvas units; longer ones are cut
GRID_REACH = 2.0  # the latent grid spans this many standard deviations of a normal prior
MEASURED_POINTS = 10_000
DENSITY_POINTS = 16_384
TRANSPORT_POINTS = 256
NO_MASS = 1e-7  # of both distributions together in one cell: a thousandth of one measured point
BANDWIDTH_CELLS = 1.0  # blur of both densities before they are compared, in cells of the surface
LETTERS = {"gan": "GAN", "vae": "VAE", "autoencoder": "Autoencoder", "gmm": "Gaussian mixture"}


def title(trainer: Trainer) -> str:
    """What learns, in a few words."""
    c = trainer.config
    return f"GAN: {trainer.gan.objective.title}" if c.model == "gan" else LETTERS[c.model]


def surface_grid(trainer: Trainer, size: int = SURFACE_SIZE) -> Grid:
    """The cells of the surface; `centres` run from low y to high y."""
    return Grid(trainer.target.extent, size)


def surface(trainer: Trainer, size: int = SURFACE_SIZE) -> tuple[Array | None, str]:
    """((S, S) in [0, 1], kind): D of a GAN, else the model's density over its maximum, if any."""
    learner, grid = trainer.learner, surface_grid(trainer, size)
    if isinstance(learner, Adversarial):
        kind = "discriminator" if learner.objective.score in ("logit", "value", "relative") else "critic"
        return trainer.discriminate(grid.centres).reshape(size, size), kind
    if isinstance(learner, Likelihood) and learner.variational:
        density = decoded_density(trainer.sample(DENSITY_POINTS, seed=1), learner.sigma, size, grid.extent)
    elif isinstance(learner, MixtureEM):
        density = learner.density(grid.centres.astype(np.float32)).reshape(size, size).astype(np.float32)
    else:
        return None, "none"
    return density / max(float(density.max()), 1e-12), "density"


def arrows(trainer: Trainer, points: NDArray[np.float32]) -> Array:
    """(A, 4): at each generated point, minus the slope of its share of the generator's loss in use, times
    `ARROW_PER_SLOPE`. For VAE and autoencoder: from real points to their reconstructions."""
    learner = trainer.learner
    if isinstance(learner, Likelihood):
        start = trainer.real_points(len(points))
        move = learner.reconstruct(trainer.tensor(start)).cpu().numpy() - start
        return np.concatenate([start, move], 1)
    if not isinstance(learner, Adversarial):
        return np.zeros((0, 4), np.float32)
    x = trainer.tensor(points).requires_grad_()
    context = trainer.judge_context()
    s_real = None
    if learner.objective.generator_sees_real:
        s_real = learner.judge(trainer.tensor(trainer.real_points(len(points))), context).detach()
    loss = learner.objective.generator_loss(learner.judge(x, context), s_real) * len(points)
    (slope,) = torch.autograd.grad(loss, x)
    move = slope.cpu().numpy() * np.float32(-ARROW_PER_SLOPE)
    length = np.linalg.norm(move, axis=1, keepdims=True)
    move *= np.minimum(1.0, ARROW_LIMIT / np.maximum(length, 1e-12)).astype(np.float32)
    return np.concatenate([points, move], 1)


def latent_grid(trainer: Trainer, lines: int = 13, points: int = 40) -> Array | None:
    """(L, P, 2): lines of the latent plane after the generator; other coordinates 0. None for a mixture."""
    c = trainer.config
    if c.model == "gmm":
        return None
    reach = GRID_REACH if c.prior == "normal" else 1.0
    along, across = np.linspace(-reach, reach, points), np.linspace(-reach, reach, lines)
    if c.latent_dim == 1:
        z = along[None, :, None]
    else:
        one = np.stack(np.broadcast_arrays(along[None, :], across[:, None]), -1)  # (lines, points, 2)
        z = np.concatenate([one, one[..., ::-1]])
    padded = np.zeros((*z.shape[:2], c.latent_dim), np.float32)
    padded[..., : z.shape[-1]] = z
    return trainer.generate(padded.reshape(-1, c.latent_dim)).reshape(*z.shape[:2], 2)


def drawn_latents(trainer: Trainer, n: int) -> Array:
    """(n, latent_dim): always the same latents, so that points glide instead of flickering."""
    return trainer.learner.latent_draw()(numpy_rng(trainer.config.seed, Stream.DRAWN_LATENT), n)


@enough_memory()
def observe(
    trainer: Trainer,
    *,
    run: int = 0,
    sentence: str = "",
    last_iteration: int | None = None,
    layers: frozenset[str] = LAYERS,
    measures: Measures | None = None,
    curves: Curves | None = None,
    d_star: Array | None = None,
    diverged: str = "",
    points: int = DRAWN_POINTS,
    size: int = SURFACE_SIZE,
) -> Snapshot:
    """One moment as plain arrays; only the layers asked for are computed. Raises `NoMemory`."""
    latents = drawn_latents(trainer, points)
    generated = trainer.generate(latents)
    picture, kind = surface(trainer, size) if "surface" in layers else (None, "none")
    is_gan = trainer.config.model == "gan"
    return Snapshot(
        run=run,
        title=title(trainer),
        model=trainer.config.model,
        backend=f"{trainer.backend} on {trainer.device}",
        extent=trainer.target.extent,
        update=trainer.last_update,
        sentence=sentence,
        iteration=trainer.iteration,
        last_iteration=trainer.iteration if last_iteration is None else last_iteration,
        diverged=diverged,
        surface=picture,
        surface_kind=kind,
        d_star=d_star if "d_star" in layers else None,
        real=trainer.real_points(points),
        generated=generated,
        latents=latents,
        scores=trainer.discriminate(generated) if is_gan else np.zeros(0, np.float32),
        arrows=arrows(trainer, generated[:DRAWN_ARROWS])
        if "arrows" in layers
        else np.zeros((0, 4), np.float32),
        grid=latent_grid(trainer) if "grid" in layers else None,
        curves=curves,
        measures=measures or Measures(),
    )


class Gauge:
    """The measures of one run; keeps what depends on the target alone, so a reading takes milliseconds."""

    @enough_memory()
    def __init__(self, trainer: Trainer, size: int = SURFACE_SIZE) -> None:
        self.trainer = trainer
        self.grid = surface_grid(trainer, size)
        self.bandwidth = BANDWIDTH_CELLS * self.grid.cell
        self.estimator = DivergenceEstimator(trainer.target, self.grid, self.bandwidth)
        self._transport_floor: float | None = None

    @enough_memory()
    def read(self, *, transport: bool = True) -> tuple[Measures, Array | None]:
        """All measures now, and D* (S, S) where a discriminator could have reached it. `transport` adds the
        Wasserstein distance, the slowest of them (milliseconds). Raises `NoMemory`."""
        trainer, target = self.trainer, self.trainer.target
        samples = trainer.sample(MEASURED_POINTS, seed=trainer.config.seed)
        if not np.isfinite(samples).all():
            return Measures(), None
        found = self.estimator.estimate(samples)
        modes = target.modes
        coverage = mode_coverage(samples, modes) if modes else None
        judged = self._value(found.value, samples) if self._optimum() else float("nan")
        return Measures(
            modes_total=coverage.total if coverage else 0,
            modes_covered=coverage.covered if coverage else 0,
            high_quality=coverage.high_quality if coverage else float("nan"),
            high_quality_ceiling=high_quality_ceiling() if coverage else float("nan"),
            reverse_kl_modes=coverage.reverse_kl if coverage else float("nan"),
            reverse_kl_floor=reverse_kl_floor(coverage.total, len(samples)) if coverage else float("nan"),
            stray=coverage.stray if coverage else float("nan"),
            jsd=found.jsd,
            jsd_floor=found.floor,
            kl=found.kl,
            value=judged,
            value_star=found.value_star,
            wasserstein=self._transport(samples) if transport else float("nan"),
            wasserstein_floor=self._floor() if transport else float("nan"),
            bandwidth=self.bandwidth,
            samples=len(samples),
            density_note=target.density_note,
        ), self._d_star(found) if trainer.config.model == "gan" else None

    @staticmethod
    def _d_star(found: Divergence) -> Array:
        """D* (S, S), NaN where neither distribution has any mass to speak of: there it is undefined."""
        mass = (found.target + found.generated)[:-1].reshape(found.d_star.shape)
        return np.where(mass > NO_MASS, found.d_star, np.nan).astype(np.float32)

    def _optimum(self) -> bool:
        """Whether D* = p / (p + q) is what this discriminator aims at."""
        learner = self.trainer.learner
        return isinstance(learner, Adversarial) and learner.objective.optimum == "ratio"

    def _value(self, value: Callable[[Array, float], float], samples: NDArray[np.float32]) -> float:
        size = self.grid.size
        d = self.trainer.discriminate(self.grid.centres).reshape(size, size)
        outside = samples[np.abs(samples).max(1) > self.grid.extent][:256]
        beyond = float(self.trainer.discriminate(outside).mean()) if len(outside) else 0.5
        return value(d, beyond)

    def _transport(self, samples: NDArray[np.float32]) -> float:
        real = self.trainer.real_points(TRANSPORT_POINTS)
        return wasserstein(real, samples[:TRANSPORT_POINTS])

    def _floor(self) -> float:
        if self._transport_floor is None:
            self._transport_floor = wasserstein_floor(self.trainer.target, TRANSPORT_POINTS, seed=0)
        return self._transport_floor
