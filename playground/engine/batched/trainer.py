"""Many small models trained at once: `BatchedTrainer(configs)` is to many configs what `Trainer` is to one.

Equal configs, but for seed and learning rates, form groups; a group is cut into chunks whose buffers stay in
a core's cache, and the chunks of a run can be shared between threads (torch releases the interpreter's lock).
Each model has the random rows of its single run, so it gives the single run's numbers within rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from playground.config import ConfigError, RunConfig
from playground.data import Target, decode_points, make_target
from playground.engine.batched.models import KINDS, Models, why_not
from playground.engine.draws import Stream, numpy_rng, prior_draw
from playground.engine.memory import enough_memory
from playground.engine.trainer import choose_device

OWN = dict(seed=0, generator_learning_rate=1.0, discriminator_learning_rate=1.0)  # what may differ in a group
CHUNK_UNITS = 2**18  # hidden units times points that a chunk works on: about what a core's cache holds
MOST_MODELS = 4096


class BatchedTrainer:
    """N models of any covered kinds, trained together.

    `threads` share the work on a CPU. Raises `ConfigError` for a setting that is not covered, with the
    position of its config. May be used from any one thread at a time.
    """

    @enough_memory()
    def __init__(self, configs: Sequence[RunConfig], *, device: str | None = None, threads: int = 1) -> None:
        if not 1 <= len(configs) <= MOST_MODELS:
            raise ConfigError(f"There are {len(configs)} models, but must be 1 to {MOST_MODELS:,}.")
        if not 1 <= threads <= 64:
            raise ConfigError(f"threads is {threads}, but must be 1 to 64.")
        for place, config in enumerate(configs):
            if why := why_not(config):
                raise ConfigError(f"Model {place}: {why}")
        self.configs, self.device, self.threads = tuple(configs), choose_device(device), threads
        self.iteration = 0
        self._chunks: list[tuple[list[int], Models]] = []
        for members in _groups(self.configs):
            target = _target(self.configs[members[0]])
            for places in _chunks(self.configs, members, whole=self.device != "cpu"):
                kind = KINDS[self.configs[places[0]].model]
                chosen = [self.configs[place] for place in places]
                self._chunks.append((places, kind(chosen, target, self.device)))

    def __len__(self) -> int:
        return len(self.configs)

    @enough_memory()
    def run(self, n: int) -> None:
        """n iterations of every model. A model that diverges goes on as NaN and harms no other.

        Raises `NoMemory` where the device is full; then some models are ahead of others, and all are to be
        made anew.
        """
        if n < 1:
            raise ValueError(f"n is {n}, but must be at least 1.")
        chunks = [chunk for _, chunk in self._chunks]
        if self.threads == 1 or len(chunks) == 1:
            _advance(chunks, n)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                shares = [chunks[i :: self.threads] for i in range(self.threads)]
                list(pool.map(_advance, shares, [n] * self.threads))
        self.iteration += n

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """(N,): whose weights are no longer all finite."""
        found = np.zeros(len(self), bool)
        with torch.inference_mode():
            for places, chunk in self._chunks:
                found[places] = ~chunk.finite().cpu().numpy()
        return found

    @enough_memory()
    def sample(self, n: int, seed: int = 0, models: Iterable[int] | None = None) -> NDArray[np.float32]:
        """(N, n, 2): n generated points of each model, or of those asked for, in that order; the latents
        are those of `Trainer.sample` for this seed. A diverged model gives NaN."""
        asked = list(range(len(self))) if models is None else list(models)
        where = {model: row for row, model in enumerate(asked)}
        found = np.empty((len(asked), n, 2), np.float32)
        with torch.inference_mode():
            for places, chunk in self._chunks:
                wanted = [i for i, model in enumerate(places) if model in where]
                if wanted:
                    c = chunk.config
                    z = prior_draw(c.prior, c.latent_dim)(numpy_rng(seed, Stream.ASKED), n)
                    columns = torch.from_numpy(np.ascontiguousarray(z.T)).to(self.device)
                    points = chunk.generator.apply(columns, torch.tensor(wanted, device=self.device))
                    rows = [where[places[i]] for i in wanted]
                    found[rows] = points.transpose(1, 2).cpu().numpy()
        return found

    def weights(self, model: int) -> dict[str, NDArray[np.float32]]:
        """The parameters of one model's networks, each a flat vector as in its single run's state."""
        for places, chunk in self._chunks:
            if model in places:
                at = places.index(model)
                return {name: stack.flat(at).cpu().numpy() for name, stack in chunk.stacks.items()}
        raise ConfigError(f"model is {model}, but must be 0 to {len(self) - 1}.")


def _advance(chunks: Sequence[Models], n: int) -> None:
    with torch.inference_mode():  # it holds for one thread
        for chunk in chunks:
            for _ in range(n):
                chunk.iterate()


def _groups(configs: Sequence[RunConfig]) -> list[list[int]]:
    """The places of configs that are equal but for `OWN`, neighbours with equal learning rates together."""
    found: dict[RunConfig, list[int]] = {}
    for place, config in enumerate(configs):
        found.setdefault(config.with_changes(**OWN), []).append(place)

    def rates(place: int) -> tuple[float, float]:
        return configs[place].generator_learning_rate, configs[place].discriminator_learning_rate

    return [sorted(members, key=rates) for members in found.values()]


def _chunks(configs: Sequence[RunConfig], members: list[int], *, whole: bool) -> list[list[int]]:
    """A group cut into pieces of about equal size."""
    c = configs[members[0]]
    points = c.batch_size * (2 if c.model == "gan" else 1)
    units = points * max(1, c.discriminator_depth * c.discriminator_width)
    most = len(members) if whole else max(1, CHUNK_UNITS // units)
    pieces = -(-len(members) // most)
    return [list(piece) for piece in np.array_split(np.array(members), pieces)]


def _target(c: RunConfig) -> Target:
    try:
        points = decode_points(c.target_points) if c.target == "points" else None
        return make_target(c.target, sigma=c.target_sigma, points=points)
    except ValueError as error:
        raise ConfigError(str(error)) from None
