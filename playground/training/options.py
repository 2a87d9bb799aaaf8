"""What `playground train` can be told, and the checks of it.

Knows nothing of how a training runs; loads no torch, so that the command line starts quickly.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from playground.config import ConfigError
from playground.recipes import MODELS, Recipe, recipe_named

CLASSIFIER = "classifier"
KINDS = (*MODELS, CLASSIFIER)
UPDATES = {"gan": 50_000, "vae": 20_000, "ae": 20_000, CLASSIFIER: 4_000}  # where --updates is not said
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16")
MOST_RECIPE_BYTES = 64 * 1024

_BOUNDS: dict[str, tuple[float, float]] = {
    "updates": (1, 10**9),
    "max_minutes": (0.0, 1e6),
    "seed": (0, 2**31 - 1),
    "save_every": (1, 10**9),
    "sample_every": (1, 10**9),
    "report_every": (1, 10**9),
    "threads": (1, 1024),
    "limit": (1, 10**9),
    "measure_seconds": (0.0, 60.0),
}


@dataclass(frozen=True)
class Settings:
    """One training, checked."""

    recipe: Recipe
    model: str  # of KINDS
    data: str  # folder or Hub data set
    out: Path  # the run's folder
    updates: int  # in all, those before a resume included
    resume: bool = False
    max_minutes: float | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    save_every: int = 1_000  # updates
    sample_every: int = 1_000
    report_every: int = 100
    threads: int | None = None
    limit: int | None = None  # faces, the first of the split
    compile: bool = False
    tensorboard: bool = True
    measure_seconds: float = 0.5  # spent on measuring the device's matrix products; 0: do not

    def __post_init__(self) -> None:
        for name, choices in (("model", KINDS), ("device", DEVICES), ("precision", PRECISIONS)):
            if getattr(self, name) not in choices:
                raise ConfigError(f"{name} = {getattr(self, name)!r}: allowed is {', '.join(choices)}.")
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConfigError(f"{name} = {value!r}: allowed is {low:g} to {high:g}.")
        if not self.data:
            raise ConfigError("data is empty: allowed is a folder or a data set of the Hugging Face Hub.")


def read_recipe(asked: str) -> Recipe:
    """The recipe of that name, or of a JSON file's path. Raises `ConfigError`."""
    if not asked.endswith(".json"):
        return recipe_named(asked)
    try:
        with open(asked, "rb") as file:
            text = file.read(MOST_RECIPE_BYTES + 1)
        if len(text) > MOST_RECIPE_BYTES:
            raise ConfigError(
                f"recipe = {asked!r}: allowed is a file of at most {MOST_RECIPE_BYTES:,} bytes."
            )
        values = json.loads(text)
    except OSError as error:
        raise ConfigError(f"recipe = {asked!r} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"recipe = {asked!r} is not JSON: {error}.") from None
    return Recipe.from_dict(values)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""

    def add(flag: str, help: str, **more: Any) -> None:
        parser.add_argument(flag, help=help, **more)

    add("--recipe", "name of a recipe, or a JSON file of one", default="faces64")
    add("--model", "what to train", choices=KINDS, default="gan")
    add("--data", "folder or Hugging Face data set of faces", required=True)
    add("--out", "folder of the run", required=True, type=Path)
    add("--resume", "go on with the run in that folder", action="store_true")
    add("--updates", f"in all; default: {', '.join(f'{k} {v:,}' for k, v in UPDATES.items())}", type=int)
    add("--max-minutes", "stop after this time, with a checkpoint", type=float)
    add("--seed", "everything random follows from it", type=int, default=0)
    add("--device", "default: auto", choices=DEVICES, default="auto")
    add("--precision", "auto: bfloat16 where it is faster", choices=PRECISIONS, default="auto")
    add("--batch-size", "faces in each update, over all processes; default: the recipe's", type=int)
    add("--save-every", "updates from one checkpoint to the next", type=int, default=1_000)
    add("--sample-every", "updates from one picture of samples to the next", type=int, default=1_000)
    add("--report-every", "updates from one row of curves.csv to the next", type=int, default=100)
    add("--threads", "CPU threads", type=int)
    add("--limit", "train on the first FACES only", type=int, metavar="FACES")
    add("--compile", "torch.compile, on CUDA only", action="store_true")
    add("--no-tensorboard", "write no event files", action="store_false", dest="tensorboard")
    add("--measure-seconds", "for the device's matrix products; 0: do not", type=float, default=0.5)


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The checked settings. Raises `ConfigError`."""
    recipe = read_recipe(arguments.recipe)
    if arguments.batch_size is not None:
        recipe = replace(recipe, batch_size=arguments.batch_size)
        recipe.check()
    same = {f.name for f in fields(Settings)} - {"recipe", "updates"}
    updates = UPDATES[arguments.model] if arguments.updates is None else arguments.updates
    return Settings(recipe=recipe, updates=updates, **{name: getattr(arguments, name) for name in same})


def train(arguments: argparse.Namespace) -> None:
    """Run the command. Raises `ConfigError`; ends the program with a sentence where a run diverges."""
    settings = settings_from(arguments)
    from playground.engine import Diverged  # here: the other commands need no training
    from playground.training.run import run

    try:
        run(settings)
    except Diverged as stopped:
        raise SystemExit(stopped.sentence) from None
