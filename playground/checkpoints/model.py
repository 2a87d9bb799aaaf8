"""A trained face model, ready to draw: seeds, latents or pictures in, pictures out.

Latents are in standard units for every kind: N(0, I) is what they are drawn from; the code prior of an AE or
VAE turns them into codes. All arithmetic is float32, so that a seed is the same face on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.checkpoints.ids import shown
from playground.checkpoints.latents import latents_of_seeds
from playground.config import ConfigError
from playground.engine.faces.batches import pixels, to_uint8
from playground.engine.faces.codes import CodePrior
from playground.nets.conv import Encoder, Generator, cost
from playground.recipes import Recipe, trait_index

AT_ONCE = 64  # faces decoded together: bounds memory
MOST_IMAGES = 10_000
LARGEST_LATENT = 100.0
LARGEST_TRUNCATION = 3.0

Colours = str | int | None | Sequence[str | int | None]
Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class FaceModel:
    """One autoencoder ("ae"), VAE ("vae") or GAN ("gan") with its averaged weights."""

    name: str
    recipe: Recipe
    kind: str
    step: int  # generator updates
    images_seen: int
    generator: Generator
    encoder: Encoder | None = None
    code_prior: CodePrior | None = None
    scores: dict[str, float] = field(default_factory=dict)
    parameters: int = field(init=False)  # of the generator
    multiply_adds: int = field(init=False)  # for one face

    def __post_init__(self) -> None:
        for network in (self.generator, self.encoder):
            if network is not None:
                network.requires_grad_(False).eval()
        nothing = torch.zeros(1, dtype=torch.long)
        found = cost(self.generator, torch.zeros(1, self.recipe.latent_dim), nothing, nothing)
        for name, value in zip(("parameters", "multiply_adds"), found, strict=True):
            object.__setattr__(self, name, value)

    def latents(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        """(N, latent_dim) for seeds; the same on every machine. Raises `ConfigError`."""
        return latents_of_seeds(seeds, self.recipe.latent_dim)

    def generate(
        self, seeds: Sequence[int], hair: Colours = "any", eyes: Colours = "any", truncation: float = 1.0
    ) -> Images:
        """Faces (N, size, size, 3) of seeds. `hair` and `eyes`: one word for all, or one for each."""
        return self.decode(self.latents(seeds), hair, eyes, truncation)

    def decode(
        self,
        latents: NDArray[np.floating],
        hair: Colours = "any",
        eyes: Colours = "any",
        truncation: float = 1.0,
    ) -> Images:
        """Faces (N, size, size, 3) of `truncation` times latents (N, latent_dim). Raises `ConfigError`."""
        z = self._checked(np.asarray(latents), truncation) * np.float32(truncation)
        labels = self._labels(hair, eyes, len(z))
        pieces = zip(*(t.split(AT_ONCE) for t in (torch.from_numpy(z), *labels)), strict=True)
        with torch.inference_mode(), _full_precision():
            return torch.cat([to_uint8(self.paint(*piece)) for piece in pieces]).numpy()

    def paint(self, z: Tensor, hair: Tensor, eyes: Tensor) -> Tensor:
        """Latents (B, latent_dim), colour indices (B,) -> faces (B, 3, size, size); differentiable in z."""
        codes = z if self.code_prior is None else self.code_prior.codes(z, hair, eyes)
        faces: Tensor = self.generator(codes, hair, eyes)
        return faces

    def codes(self, images: Images) -> NDArray[np.float32]:
        """The encoder's own codes (N, latent_dim) of pictures (N, size, size, 3), not in standard units.

        Raises `ConfigError`, also for a model without an encoder.
        """
        if self.encoder is None or self.code_prior is None:
            raise ConfigError(
                f"model = {self.name!r} after {self.step:,} updates: it has no encoder; allowed are an "
                "AE and a VAE, and of those no earlier weights."
            )
        side = self.recipe.size
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (side, side, 3):
            raise ConfigError(
                f"images = {images.dtype} {images.shape}: allowed is uint8 (N, {side}, {side}, 3)."
            )
        if not 1 <= len(images) <= MOST_IMAGES:
            raise ConfigError(f"images = {len(images)} of them: allowed is 1 to {MOST_IMAGES}.")
        with torch.inference_mode(), _full_precision():
            pieces = torch.from_numpy(np.ascontiguousarray(images)).split(AT_ONCE)
            return torch.cat([self.encoder(pixels(piece))[0] for piece in pieces]).numpy()

    def decode_codes(
        self, codes: NDArray[np.float32], hair: Colours = "any", eyes: Colours = "any"
    ) -> Images:
        """Faces (N, size, size, 3) of the decoder's own codes (N, latent_dim), for what `codes` gives."""
        labels = self._labels(hair, eyes, len(codes))
        pieces = zip(*(t.split(AT_ONCE) for t in (torch.from_numpy(codes), *labels)), strict=True)
        with torch.inference_mode(), _full_precision():
            return torch.cat([to_uint8(self.generator(*piece)) for piece in pieces]).numpy()

    def encode(self, images: Images, hair: Colours = "any", eyes: Colours = "any") -> NDArray[np.float32]:
        """Latents (N, latent_dim) of pictures (N, size, size, 3). Raises `ConfigError`, also for a GAN."""
        codes = torch.from_numpy(self.codes(images))
        assert self.code_prior is not None  # or `codes` had refused
        return self.code_prior.standard(codes, *self._labels(hair, eyes, len(codes))).numpy()

    def reconstruct(self, images: Images, hair: Colours = "any", eyes: Colours = "any") -> Images:
        """Pictures (N, size, size, 3), encoded and decoded again. Raises `ConfigError` for a GAN.

        It goes by the codes themselves: in standard units an odd picture lies beyond every bound.
        """
        return self.decode_codes(self.codes(images), hair, eyes)

    def _checked(self, latents: NDArray[np.generic], truncation: float) -> NDArray[np.float32]:
        width = self.recipe.latent_dim
        if latents.ndim != 2 or latents.shape[1] != width or not 1 <= len(latents) <= MOST_IMAGES:
            raise ConfigError(f"latents = {latents.shape}: allowed is (1 to {MOST_IMAGES}, {width}).")
        z = np.ascontiguousarray(latents, dtype=np.float32)
        if not np.isfinite(z).all() or (np.abs(z) > LARGEST_LATENT).any():
            raise ConfigError(f"latents: allowed are finite numbers up to {LARGEST_LATENT:g}.")
        number = isinstance(truncation, int | float) and not isinstance(truncation, bool)
        if not number or not 0.0 <= truncation <= LARGEST_TRUNCATION:
            raise ConfigError(f"truncation = {shown(truncation)}: allowed is 0 to {LARGEST_TRUNCATION:g}.")
        return z

    def _labels(self, hair: Colours, eyes: Colours, count: int) -> tuple[Tensor, Tensor]:
        return _indices("hair", hair, count), _indices("eyes", eyes, count)


def _full_precision() -> torch.autocast:
    """No half precision, even where the caller works in it."""
    return torch.autocast("cpu", enabled=False)


def _indices(trait: str, colours: Colours, count: int) -> Tensor:
    """One word for all, or one for each of `count` faces, as indices (count,)."""
    if colours is None or isinstance(colours, str | int):
        return torch.full((count,), trait_index(trait, colours))
    if not isinstance(colours, Sequence | np.ndarray):
        raise ConfigError(f"{trait} = {shown(colours)}: allowed is one colour, or a list of them.")
    if len(colours) != count:
        raise ConfigError(
            f"{trait} = {len(colours)} colours: allowed is one, or one for each of {count} faces."
        )
    plain = (int(colour) if isinstance(colour, np.integer) else colour for colour in colours)
    return torch.tensor([trait_index(trait, colour) for colour in plain])
