"""What the trainer asks of anything that learns a target: iterate, describe yourself as arrays, draw.

A learner owns its networks, optimizers and batches; it does not count iterations, keep history or know a
screen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from playground.config import RunConfig
from playground.data import Target
from playground.engine.draws import OF_THE_GENERATOR, Draw, Rows, Stream, normal_draw, prior_draw
from playground.engine.flat import Flat, Optimizer
from playground.nets.mlp import MLP, MLPShape

Report = dict[str, float]  # what an update did, under the names of `snapshots.Update`


class NotFinite(ArithmeticError):
    """An update left a NaN or an infinity behind."""


class Parts:
    """The networks of anything that learns, each one vector, with optimizers and counters: its state."""

    def __init__(self) -> None:
        self.discriminator_updates = self.generator_updates = 0
        self.modules: dict[str, nn.Module] = {}
        self.flats: dict[str, Flat] = {}
        self.optimizers: dict[str, Optimizer] = {}

    def check(self, name: str) -> None:
        """Raises `NotFinite` if the parameters of `name` are not all finite."""
        if name in self.flats and not self.flats[name].is_finite():
            raise NotFinite(name)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """A copy of every number that training has changed."""
        found: dict[str, Tensor] = {}
        for name, flat in self.flats.items():
            found[f"{name}.weights"] = flat.vector
        for name, optimizer in self.optimizers.items():
            found |= {f"{name}.optimizer.{i}": slot for i, slot in enumerate(optimizer.memory)}
        for name, module in self.modules.items():
            found |= {f"{name}.{key}": buffer for key, buffer in module.named_buffers()}
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in found.items()}

    def load_arrays(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        """Take back what `arrays` gave."""

        def fill(tensor: Tensor, name: str) -> None:
            tensor.copy_(torch.from_numpy(np.asarray(arrays[name])))

        with torch.no_grad():
            for name, flat in self.flats.items():
                fill(flat.vector, f"{name}.weights")
            for name, optimizer in self.optimizers.items():
                for i, slot in enumerate(optimizer.memory):
                    fill(slot, f"{name}.optimizer.{i}")
            for name, module in self.modules.items():
                for key, buffer in module.named_buffers():
                    fill(buffer, f"{name}.{key}")

    def counters(self) -> dict[str, int]:
        """Updates made, in all and by each optimizer."""
        found = {name: optimizer.steps for name, optimizer in self.optimizers.items()}
        return found | {
            "discriminator_updates": self.discriminator_updates,
            "generator_updates": self.generator_updates,
        }

    def load_counters(self, counters: dict[str, int]) -> None:
        """Take back what `counters` gave."""
        for name, optimizer in self.optimizers.items():
            optimizer.load_steps(counters[name])
        self.discriminator_updates = counters["discriminator_updates"]
        self.generator_updates = counters["generator_updates"]


class Learner(Parts, ABC):
    """Base of every model. Counters say which row of each stream an update takes."""

    backend = "eager"
    last_to_move = (
        "generator"  # to check after an iteration: what goes wrong elsewhere has reached it by then
    )
    guard: Callable[[], AbstractContextManager[object]] = nullcontext  # what updates run under

    def __init__(self, config: RunConfig, target: Target, device: str) -> None:
        super().__init__()
        self.config, self.target, self.device = config, target, device
        self.streams: list[Rows] = []

    # -- learning

    @property
    def recordable(self) -> bool:
        """Whether an iteration without a report is always the same operations on the same tensors, rows of
        `streams` apart: then it can be recorded once (`recorded`)."""
        return False

    def clock(self, stream: Stream) -> str:
        """The counter that says which row of a stream the next update reads."""
        return "generator_updates" if stream in OF_THE_GENERATOR else "discriminator_updates"

    def next_row(self, stream: Stream) -> int:
        """The row of a stream that the next update reads."""
        return self.counters()[self.clock(stream)]

    @abstractmethod
    def iterate(self, want: bool) -> Report:
        """One iteration. `want` asks for a report; without it the dict may be empty."""

    # -- drawing

    def latent_draw(self) -> Draw:
        """How latents are drawn for `generate`."""
        return prior_draw(self.config.prior, self.config.latent_dim)

    @abstractmethod
    def generate(self, latents: Tensor) -> Tensor:
        """(N, latent_dim) -> (N, 2)."""

    def density(self, x: NDArray[np.float32]) -> NDArray[np.float64] | None:
        """p_model at x (N, 2) where the model has one."""
        return None

    # -- help for subclasses

    def _rows(self, stream: Stream, draw: Draw, width: int = 2) -> Rows:
        rows = Rows(self.config.seed, stream, draw, self.config.batch_size, width, self.device)
        self.streams.append(rows)
        return rows

    def _latent_rows(self, stream: Stream) -> Rows:
        dim = self.config.latent_dim
        return self._rows(stream, prior_draw(self.config.prior, dim), dim)

    def _real_rows(self, stream: Stream) -> Rows:
        return self._rows(stream, lambda rng, n: self.target.sample(n, rng))

    def _noise_rows(self, stream: Stream, width: int = 2) -> Rows:
        return self._rows(stream, normal_draw(width), width)


def weights_rng(seed: int, network: int) -> torch.Generator:
    """The random generator of the initial weights; the generator's do not depend on the discriminator's."""
    mixed = np.random.SeedSequence(seed, spawn_key=(int(Stream.WEIGHTS), network)).generate_state(
        1, np.uint64
    )
    return torch.Generator().manual_seed(int(mixed[0] >> np.uint64(1)))


def generator_network(c: RunConfig) -> MLP:
    """The generator of a GAN, the decoder of a VAE: the same network from the same seed."""
    shape = MLPShape(
        c.latent_dim,
        2,
        c.generator_depth,
        c.generator_width,
        c.generator_activation,
        c.generator_normalisation,
    )
    return MLP(shape, weights_rng(c.seed, 0))


def discriminator_network(c: RunConfig, inputs: int, outputs: int) -> MLP:
    """The discriminator, or an encoder of the same size."""
    shape = MLPShape(
        inputs,
        outputs,
        c.discriminator_depth,
        c.discriminator_width,
        c.discriminator_activation,
        c.discriminator_normalisation,
    )
    return MLP(shape, weights_rng(c.seed, 1))
