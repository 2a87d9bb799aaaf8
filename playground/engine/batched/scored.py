"""A batched run that is scored as it goes, in small pieces of fixed work, as a page presses it.

The score is the Jensen-Shannon divergence to the target on a grid (`measures.divergence`); where the target
has modes, also the share of high-quality points and the modes reached. Knows no lesson.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from playground.config import RunConfig
from playground.data import make_target
from playground.engine.batched.trainer import BatchedTrainer
from playground.measures import DivergenceEstimator, Grid, mode_coverage

GRID_SIZE, BANDWIDTH_CELLS = 64, 1.0  # as the lab measures
POINTS = 2_000  # of each model
WORST = math.log(2.0)  # the largest JSD, nats: the score of a model that diverged
NOTHING: NDArray[np.float32] = np.zeros((0, 2), np.float32)


class ScoredBatch:
    """N models on one target, `iterations` long; `advance` is one piece of work.

    `jsd` (N,) in nats, `high_quality` (N,) a share, `covered` (N,) a count of modes: each as it was last
    measured, NaN before the first time. After the last iteration all are measured once more.
    `work` is models times iterations of one piece, `measured` the models that a piece measures.
    """

    def __init__(
        self, configs: Sequence[RunConfig], iterations: int, *, work: int = 400, measured: int = 6
    ) -> None:
        self.configs, self.iterations = configs, iterations
        n = len(configs)
        self.stride = max(1, work // n)  # iterations of one piece
        self.per_piece = min(n, measured)
        self.jsd, self.high_quality, self.covered = (np.full(n, np.nan) for _ in range(3))
        c = configs[0]
        self.target = make_target(c.target, sigma=c.target_sigma)
        self.iteration = 0
        self._next = 0  # the model to be measured next
        self._left = n  # models still to be measured after the last iteration

    @cached_property
    def trainer(self) -> BatchedTrainer:
        """Made when the first piece of work needs it."""
        return BatchedTrainer(self.configs, device="cpu")

    @cached_property
    def estimator(self) -> DivergenceEstimator:
        """Keeps what depends on the target alone."""
        grid = Grid(self.target.extent, GRID_SIZE)
        return DivergenceEstimator(self.target, grid, BANDWIDTH_CELLS * grid.cell)

    @property
    def floor(self) -> float:
        """The JSD, nats, that a perfect generator reads from as many points."""
        return self.estimator.floor(POINTS)

    @property
    def progress(self) -> float:
        """Share done, by pieces of work."""
        n = len(self.configs)
        training = math.ceil(self.iterations / self.stride)
        measuring = math.ceil(n / (4 * self.per_piece))
        left = math.ceil((self.iterations - self.iteration) / self.stride)
        left += math.ceil(self._left / (4 * self.per_piece))
        return 1.0 - left / (training + measuring)

    @property
    def finished(self) -> bool:
        """Whether all is trained and measured."""
        return self.iteration == self.iterations and not self._left

    def advance(self) -> None:
        """Some iterations of all models and a measurement of a few; at the end, measurements only."""
        if self.iteration < self.iterations:
            n = min(self.stride, self.iterations - self.iteration)
            self.trainer.run(n)
            self.iteration += n
            self._measure(self.per_piece)
        elif self._left:
            count = min(self._left, 4 * self.per_piece)
            self._measure(count)
            self._left -= count

    def points(self, model: int, n: int, seed: int = 0) -> NDArray[np.float32]:
        """(n, 2): what one model generates now; (0, 2) before the first piece of work or if it diverged."""
        if "trainer" not in self.__dict__:
            return NOTHING
        found = self.trainer.sample(n, seed, [model])[0]
        return found if np.isfinite(found).all() else NOTHING

    def _measure(self, count: int) -> None:
        everyone = len(self.configs)
        models = [(self._next + i) % everyone for i in range(count)]
        self._next = (self._next + count) % everyone
        samples = self.trainer.sample(POINTS, 0, models)
        for model, points in zip(models, samples, strict=True):
            self.jsd[model], self.high_quality[model], self.covered[model] = self._score(points)

    def _score(self, points: NDArray[np.float32]) -> tuple[float, float, float]:
        modes = self.target.modes
        if not np.isfinite(points).all():
            return WORST, 0.0, 0.0
        jsd = self.estimator.estimate(points).jsd
        if modes is None:
            return jsd, math.nan, math.nan
        coverage = mode_coverage(points, modes)
        return jsd, coverage.high_quality, float(coverage.covered)
