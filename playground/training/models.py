"""A run's networks as others load them: `model/` in its folder, and `timeline/<updates>/` on the way there.

Knows how checkpoints are called, not what is in them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from playground.checkpoints import write_model
from playground.checkpoints.ids import checked_name
from playground.engine.faces import FaceAutoencoder
from playground.engine.faces.learner import FaceLearner
from playground.recipes import Recipe

FINAL, TIMELINE = "model", "timeline"  # folders that `playground.checkpoints` looks for


def model_name(recipe: Recipe, kind: str) -> str:
    """Of the model that a run makes. Raises `ConfigError` where the recipe's name cannot be part of one."""
    return checked_name(f"{recipe.name}-{kind}")


def write_final(
    out: Path,
    learner: FaceLearner,
    kind: str,
    scores: Mapping[str, float] | None = None,
    told: Mapping[str, str] | None = None,
) -> Path:
    """The model of a run that has ended: the averaged networks as they are now; its folder.

    `scores` go along where they are numbers; a share of no faces is none. `told`: the texts that
    `checkpoints.write_model` takes besides.
    """
    numbers = {name: value for name, value in (scores or {}).items() if math.isfinite(value)}
    return _write(out / FINAL, learner, kind, numbers, told or {})


def write_point(out: Path, learner: FaceLearner, kind: str) -> Path:
    """The same as a point of the run's timeline."""
    return _write(out / TIMELINE / f"{learner.iterations:06d}", learner, kind, {}, {})


def _write(
    folder: Path, learner: FaceLearner, kind: str, scores: Mapping[str, float], told: Mapping[str, str]
) -> Path:
    return write_model(
        folder,
        name=model_name(learner.recipe, kind),
        recipe=learner.recipe,
        kind=kind,
        step=learner.iterations,
        images_seen=learner.images_seen,
        networks=learner.averages,
        code_prior=learner.code_prior() if isinstance(learner, FaceAutoencoder) else None,
        scores=scores,
        **told,
    )
