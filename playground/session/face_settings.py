"""What a visitor chooses before a face model learns: a recipe, and what of it to change.

Knows no network and no page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from playground.config import ConfigError
from playground.limits import limits
from playground.recipes import FACE_OBJECTIVES, MODELS, Recipe, recipe_named
from playground.translations import phrase

MOST_SEED = 2**31 - 1
NAMES = {"gan": "GAN", "vae": "VAE", "ae": "autoencoder"}


@dataclass(frozen=True)
class FaceSettings:
    """What a visitor chooses. `learning_rate` None is the recipe's own."""

    model: str = "gan"
    objective: str = "relativistic"
    seed: int = 0
    learning_rate: float | None = None
    batch_size: int = 32
    recipe: str = "classroom32"

    def effective(self) -> Recipe:
        """The recipe with these changes. Raises `ConfigError` for a value that is not allowed."""
        for name, allowed in (("model", MODELS), ("objective", FACE_OBJECTIVES)):
            if getattr(self, name) not in allowed:
                raise ConfigError(
                    phrase(
                        "{name} = {value}: allowed is {names}.",
                        name=name,
                        value=repr(getattr(self, name))[:40],
                        names=", ".join(allowed),
                    )
                )
        for name, low, high in (("seed", 0, MOST_SEED), ("batch_size", 2, limits().face_batch_size)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ConfigError(
                    phrase(
                        "{name} = {value}: allowed are whole numbers from {low} to {high:,}.",
                        name=name,
                        value=repr(value)[:40],
                        low=low,
                        high=high,
                    )
                )
        base, rate = recipe_named(self.recipe), self.learning_rate
        which = "learning_rate" if self.model == "gan" else "autoencoder_learning_rate"
        if rate is None:
            rate = getattr(base, which)
        if not isinstance(rate, (int, float)) or isinstance(rate, bool) or not 0.0 < rate <= 1.0:
            raise ConfigError(
                phrase("learning_rate = {rate}: allowed is more than 0 and at most 1.", rate=repr(rate)[:40])
            )
        changes: dict[str, Any] = {which: float(rate), "batch_size": self.batch_size}
        return replace(base, objective=self.objective, **changes)

    @property
    def title(self) -> str:
        """What a run of these is."""
        name = NAMES[self.model]
        return phrase("{first}, {rest}", first=name, rest=self.objective) if self.model == "gan" else name
