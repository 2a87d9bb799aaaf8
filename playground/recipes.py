"""Named, versioned ways to train face models, and the words for what a face can be asked to have.

A recipe is a frozen value: sizes, losses and constants, each with where it comes from. It knows no network,
no file and no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from playground.config import ConfigError

# order of the data set's own class labels
HAIR = (
    "aqua",
    "black",
    "blonde",
    "blue",
    "brown",
    "gray",
    "green",
    "orange",
    "pink",
    "purple",
    "red",
    "white",
)
EYES = ("aqua", "black", "blue", "brown", "green", "orange", "pink", "purple", "red", "yellow")
TRAITS = {"hair": HAIR, "eyes": EYES}
ANY = "any"  # the word for "not fixed"; its index is one past the last colour

MODELS = ("ae", "vae", "gan")
TIMELINE = (100, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)  # updates at which a run is remembered


@dataclass(frozen=True)
class Recipe:
    """How a face model is built and trained. AE, VAE and GAN share every size; that makes them comparable."""

    name: str
    version: int
    size: int  # pixels of a side
    latent_dim: int
    channels: tuple[int, ...]  # of the residual blocks from 4x4 up to size/2; down for the others
    batch_size: int
    learning_rate: float
    beta1: float
    beta2: float
    ema_half_life_images: float
    label_dropout: float  # share of faces whose hair, or eyes, are shown as "any" (Ho and Salimans 2022)
    objective: str  # a row of objectives.OBJECTIVES
    r1_weight: float  # of |grad D|^2 on real faces, Mescheder et al. 2018
    r2_weight: float  # the same on generated faces
    penalty_every: int  # discriminator updates from one penalty to the next, weighted up (Karras et al. 2020)
    augment_probability: float  # of each augmentation of what D sees; below 0.8 it does not leak (ibid.)
    autoencoder_learning_rate: float  # of AE and VAE, with Adam's own constants
    observation_sigma: float  # of the VAE's p(x | z) = N(x; decoder(z), sigma^2), pixels in [-1, 1]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"channels": list(self.channels)}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Recipe:
        """A recipe from JSON. Raises `ConfigError` for anything outside `check`'s bounds."""
        names = {f.name for f in fields(Recipe)}
        if not isinstance(values, dict) or set(values) != names:
            raise ConfigError(f"A recipe has exactly the fields {', '.join(sorted(names))}.")
        channels = values["channels"]
        if not isinstance(channels, list) or not all(type(c) is int for c in channels):
            raise ConfigError(f"channels = {channels!r}: allowed are whole numbers.")
        recipe = Recipe(**(values | {"channels": tuple(channels)}))
        recipe.check()
        return recipe

    def check(self) -> None:
        """Raises `ConfigError` naming the field, the value and what is allowed."""
        for name, (kind, low, high) in _BOUNDS.items():
            value = getattr(self, name)
            whole = type(value) is int
            if not (whole or (kind is float and type(value) is float)) or not low <= value <= high:
                raise ConfigError(f"{name} = {value!r}: allowed is {low:g} to {high:g}.")
        if self.size & (self.size - 1):
            raise ConfigError(f"size = {self.size}: allowed are 16, 32, 64 and 128.")
        if len(self.channels) != self.size.bit_length() - 3:
            raise ConfigError(f"channels = {self.channels}: a side of {self.size} has one for each block.")
        if not all(1 <= c <= 512 for c in self.channels):
            raise ConfigError(f"channels = {self.channels}: allowed is 1 to 512 each.")
        if not isinstance(self.name, str) or not 0 < len(self.name) <= 64:
            raise ConfigError(f"name = {self.name!r}: allowed is a text of 1 to 64 letters.")
        if self.objective not in FACE_OBJECTIVES:
            raise ConfigError(f"objective = {self.objective!r}: allowed is {', '.join(FACE_OBJECTIVES)}.")


FACE_OBJECTIVES = ("relativistic", "non-saturating", "hinge", "lsgan")  # those a bare score serves

_BOUNDS: dict[str, tuple[type, float, float]] = {
    "version": (int, 1, 10**6),
    "size": (int, 16, 128),
    "latent_dim": (int, 1, 512),
    "batch_size": (int, 1, 4096),
    "learning_rate": (float, 0.0, 1.0),
    "beta1": (float, 0.0, 0.9999),
    "beta2": (float, 0.0, 0.99999),
    "ema_half_life_images": (float, 0.0, 1e9),
    "label_dropout": (float, 0.0, 1.0),
    "r1_weight": (float, 0.0, 1e6),
    "r2_weight": (float, 0.0, 1e6),
    "penalty_every": (int, 1, 1000),
    "augment_probability": (float, 0.0, 0.8),
    "autoencoder_learning_rate": (float, 0.0, 1.0),
    "observation_sigma": (float, 1e-3, 10.0),
}

_FACES64 = Recipe(
    name="faces64",
    version=1,
    size=64,
    latent_dim=64,
    channels=(128, 128, 96, 48),
    batch_size=32,
    learning_rate=3e-4,
    beta1=0.0,
    beta2=0.99,
    ema_half_life_images=10_000.0,  # Karras et al. 2018
    label_dropout=0.1,
    objective="relativistic",  # with R1 and R2: Huang et al. 2024
    r1_weight=1.0,
    r2_weight=1.0,
    penalty_every=8,
    augment_probability=0.3,
    autoencoder_learning_rate=1e-3,
    observation_sigma=0.5,
)


def _variant(base: Recipe, **changes: Any) -> Recipe:
    return Recipe(**({f.name: getattr(base, f.name) for f in fields(base)} | changes))


RECIPES = {
    recipe.name: recipe
    for recipe in (
        _FACES64,
        # what Goodfellow et al. 2014 and DCGAN (Radford et al. 2016) would do with the same networks
        _variant(
            _FACES64,
            name="faces64-classic",
            objective="non-saturating",
            r1_weight=0.0,
            r2_weight=0.0,
            augment_probability=0.0,
            beta1=0.5,
            beta2=0.999,
            learning_rate=2e-4,
        ),
        _variant(
            _FACES64,
            name="classroom32",
            size=32,
            channels=(64, 48, 32),
            ema_half_life_images=3_000.0,
            learning_rate=5e-4,
        ),
    )
}


def recipe_named(name: str) -> Recipe:
    """The recipe of that name. Raises `ConfigError`."""
    if name not in RECIPES:
        raise ConfigError(f"recipe = {name!r}: allowed is {', '.join(RECIPES)}.")
    return RECIPES[name]


def trait_index(trait: str, colour: str | int | None) -> int:
    """The index of a colour of `trait` ("hair" or "eyes"); "any", None or "" is one past the last.

    Raises `ConfigError`.
    """
    colours: Sequence[str] = TRAITS[trait]
    if colour is None or colour in (ANY, ""):
        return len(colours)
    if isinstance(colour, int) and not isinstance(colour, bool) and 0 <= colour <= len(colours):
        return colour
    if isinstance(colour, str) and colour in colours:
        return colours.index(colour)
    raise ConfigError(f"{trait} = {colour!r}: allowed is {ANY}, {', '.join(colours)}.")
