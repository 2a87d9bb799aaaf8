"""What every face model has in common: one optimizer for each network, averaged weights, batches, precision.

Knows no file and no page.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from playground.data.faces import FaceSet
from playground.engine.faces.batches import Batches, Share, Stream, host_rng
from playground.engine.flat import Adam, Flat
from playground.engine.learner import Parts, Report
from playground.nets.conv import Encoder, Generator
from playground.recipes import Recipe

ADAM_BETAS, EPSILON = (0.9, 0.999), 1e-8  # Kingma and Ba 2015
RAMP = 0.05  # averages reach back over at most this share of the images seen (Karras et al. 2020, StyleGAN2)


class FaceLearner(Parts, ABC):
    """Base of GAN, VAE, autoencoder and classifier. An iteration is one batch of real faces."""

    def __init__(
        self, recipe: Recipe, faces: FaceSet, seed: int, device: str, share: Share, low_precision: bool
    ) -> None:
        super().__init__()
        self.recipe, self.seed, self.device, self.share = recipe, seed, device, share
        self.batches = Batches(faces, recipe.batch_size, recipe.label_dropout, seed, device, share)
        self.iterations = 0
        self.averages: dict[str, nn.Module] = {}  # EMA of the network of that name
        self._average_vectors: dict[str, Tensor] = {}
        self.precision = torch.autocast(
            torch.device(device).type, torch.bfloat16, enabled=low_precision, cache_enabled=False
        )

    @abstractmethod
    def iterate(self, want: bool) -> Report:
        """One iteration. `want` asks for a report, which waits for the device."""

    def _adam(self, flat: Flat) -> Adam:
        """The optimizer of one network."""
        return Adam(flat, self.recipe.autoencoder_learning_rate, *ADAM_BETAS, EPSILON)

    def _learns(self, name: str, network: nn.Module, average: nn.Module | None = None) -> None:
        """Train `network` under `name`; keep its moving average in `average`, a network of the same shape."""
        self.modules[name] = network.to(self.device)
        flat = self.flats[name] = Flat([network])
        self.optimizers[name] = self._adam(flat)
        if average is not None:
            self.averages[name] = average.to(self.device).requires_grad_(True)
            vector = Flat([average]).vector
            average.requires_grad_(False)
            vector.copy_(flat.vector)
            self._average_vectors[name] = vector

    def _descend(self, loss: Tensor, *names: str) -> None:
        """One update of the networks `names` along the gradient of `loss`, averaged over all processes."""
        wanted = [p for name in names for p in self.flats[name].parameters]
        parts = iter(torch.autograd.grad(loss, wanted, allow_unused=True))
        for name in names:
            flat = self.flats[name]
            for view in flat.gradients:
                part = next(parts)
                view.zero_() if part is None else view.copy_(part)
            flat.gradient.copy_(self.share.average(flat.gradient))
            self.optimizers[name].step()

    def _averages_follow(self) -> None:
        """Moving averages of the weights: half of what is new after `ema_half_life_images`."""
        seen = (self.iterations + 1) * self.recipe.batch_size
        half_life = max(min(self.recipe.ema_half_life_images, RAMP * seen), 1e-8)
        keep = 0.5 ** (self.recipe.batch_size / half_life)
        for name, vector in self._average_vectors.items():
            vector.lerp_(self.flats[name].vector, 1.0 - keep)

    @property
    def images_seen(self) -> int:
        """Real faces shown so far, over all processes."""
        return self.iterations * self.recipe.batch_size

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        averages = {f"{name}.average": v.cpu().numpy().copy() for name, v in self._average_vectors.items()}
        return super().arrays() | averages

    def load_arrays(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        super().load_arrays(arrays)
        for name, vector in self._average_vectors.items():
            vector.copy_(torch.from_numpy(np.asarray(arrays[f"{name}.average"])))

    def counters(self) -> dict[str, int]:
        return super().counters() | {"iterations": self.iterations}

    def load_counters(self, counters: dict[str, int]) -> None:
        super().load_counters(counters)
        self.iterations = counters["iterations"]


def new_generator(recipe: Recipe, seed: int) -> Generator:
    """The generator, or decoder: the same first weights for AE, VAE and GAN of one seed."""
    return Generator(recipe.latent_dim, recipe.channels, host_rng(seed, Stream.WEIGHTS, 0))


def new_encoder(recipe: Recipe, seed: int) -> Encoder:
    """The encoder of AE and VAE."""
    return Encoder(recipe.latent_dim, recipe.channels, host_rng(seed, Stream.WEIGHTS, 1))
