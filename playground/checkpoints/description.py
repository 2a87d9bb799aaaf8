"""config.json of a model's folder: what the model is, and the hashes of its weights.

What is read may come from a stranger: its size is bounded before it is read, and every field is checked.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.checkpoints.disk import writing
from playground.checkpoints.ids import (
    MOST_IMAGES_SEEN,
    MOST_UPDATES,
    checked_hash,
    checked_name,
    checked_whole,
    shown,
)
from playground.config import ConfigError
from playground.recipes import MODELS, Recipe

FORMAT = "gan-playground/face-model/1"
LICENCE = "non-commercial"  # what the training images allow
CONFIG, WEIGHTS, CARD, PREVIEW = "config.json", "model.safetensors", "README.md", "preview.png"
TIMELINE_FOLDER = "timeline"
CLASSIFIER = "classifier"
KINDS = (*MODELS, CLASSIFIER)
MOST_CONFIG_BYTES = 64 * 2**10
MOST_SCORES, MOST_POINTS = 100, 100
MOST_TEXT = 200
UNFINISHED = ".unfinished"  # ending of a file that is not yet whole; no reader looks for it


@dataclass(frozen=True, eq=False)
class Description:
    """What config.json says of a model."""

    name: str
    recipe: Recipe
    kind: str
    step: int  # updates
    images_seen: int
    sha256: str  # of model.safetensors
    licence: str = LICENCE
    scores: dict[str, float] = field(default_factory=dict)
    timeline: dict[int, str] = field(default_factory=dict)  # updates -> SHA-256 of the weights after them
    hardware: str = ""  # what it was trained on, in words
    data: str = ""  # what it learned from, in words; empty for the project's own set of faces

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "format": FORMAT,
            "name": self.name,
            "recipe": self.recipe.to_dict(),
            "kind": self.kind,
            "step": self.step,
            "images_seen": self.images_seen,
            "sha256": self.sha256,
            "licence": self.licence,
            "scores": self.scores,
            "timeline": {str(step): digest for step, digest in sorted(self.timeline.items())},
            "hardware": self.hardware,
        } | ({"data": self.data} if self.data else {})

    @staticmethod
    def from_dict(values: object) -> Description:
        """From JSON. Raises `ConfigError` naming the field."""
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise ConfigError(f"format: this describes no face model; allowed is {FORMAT!r}.")
        for name in ("name", "recipe", "kind", "step", "images_seen", "sha256"):
            if name not in values:
                raise ConfigError(f"{name}: the description lacks it.")
        if values["kind"] not in KINDS:
            raise ConfigError(f"kind = {shown(values['kind'])}: allowed is {', '.join(KINDS)}.")
        return Description(
            name=checked_name(values["name"]),
            recipe=_recipe(values["recipe"]),
            kind=values["kind"],
            step=checked_whole("step", values["step"], 0, MOST_UPDATES),
            images_seen=checked_whole("images_seen", values["images_seen"], 0, MOST_IMAGES_SEEN),
            sha256=checked_hash(values["sha256"]),
            licence=_text("licence", values.get("licence", LICENCE)),
            scores=checked_scores(values.get("scores", {})),
            timeline=_timeline(values.get("timeline", {})),
            hardware=_text("hardware", values.get("hardware", "")),
            data=_text("data", values.get("data", "")),
        )


def _recipe(values: object) -> Recipe:
    if not isinstance(values, dict):
        raise ConfigError(f"recipe = {shown(values)}: allowed is a table of settings.")
    try:
        return Recipe.from_dict(values)
    except ConfigError as error:  # which may repeat a long value
        said = str(error)
        raise ConfigError(
            "recipe: " + (said if len(said) <= MOST_TEXT else f"{said[:MOST_TEXT]}...")
        ) from None


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise ConfigError(f"{name} = {shown(value)}: allowed is a text of at most {MOST_TEXT} letters.")
    return value


def checked_scores(values: object) -> dict[str, float]:
    """A table of finite numbers. Raises `ConfigError`."""
    if not isinstance(values, Mapping) or len(values) > MOST_SCORES:
        raise ConfigError(f"scores = {shown(values)}: allowed is a table of at most {MOST_SCORES} numbers.")
    for name, value in values.items():
        if not isinstance(name, str) or not 0 < len(name) <= 64:
            raise ConfigError(f"scores: {shown(name)} is no name; allowed are 1 to 64 letters.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise ConfigError(f"scores: {shown(name)} = {shown(value)}: allowed are finite numbers.")
    return {name: float(value) for name, value in values.items()}


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def _timeline(values: object) -> dict[int, str]:
    if not isinstance(values, dict) or len(values) > MOST_POINTS:
        raise ConfigError(f"timeline = {shown(values)}: allowed is a table of at most {MOST_POINTS} hashes.")
    found: dict[int, str] = {}
    for step, digest in values.items():
        if not (step.isascii() and step.isdecimal()) or len(step) > 10 or str(int(step)) != step:
            raise ConfigError(f"timeline: {shown(step)} is no count of updates.")
        found[checked_whole("timeline", int(step), 0, MOST_UPDATES)] = checked_hash(digest)
    return found


# -- files


def read_bounded(path: Path, most: int) -> bytes:
    """A file of at most `most` bytes; nothing of a larger one is read. Raises `ConfigError`."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise ConfigError(f"{path.name} is no file.")
        if about.st_size > most:
            raise ConfigError(f"{path.name} = {about.st_size:,} bytes: allowed is at most {most:,}.")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}.") from None
    if len(content) > most:
        raise ConfigError(f"{path.name} is larger than {most:,} bytes: allowed is at most that.")
    return content


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that at every moment its old or its new content is there. Raises `NotWritten`."""
    unfinished = path.with_name(path.name + UNFINISHED)
    with writing(path.name):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(content)
            os.replace(unfinished, path)
        except OSError:
            with suppress(OSError):  # what fits of it takes room that is needed
                unfinished.unlink()
            raise


def strict_json(content: bytes) -> Any:
    """JSON without NaN, infinities and repeated names. Raises `ValueError`."""
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_never)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("it holds a name twice")
    return table


def _never(constant: str) -> Any:
    raise ValueError(f"it holds {constant}")


def read_description(folder: Path) -> Description:
    """config.json of a folder. Raises `ConfigError`."""
    content = read_bounded(folder / CONFIG, MOST_CONFIG_BYTES)
    try:
        values = strict_json(content)
    except ValueError:
        raise ConfigError(f"{CONFIG} is damaged, or no JSON as this project writes it.") from None
    return Description.from_dict(values)


def write_description(folder: Path, about: Description) -> None:
    """config.json, whole or not at all. Raises `ConfigError` for one that could not be read again."""
    values = about.to_dict()
    Description.from_dict(values)
    write_whole(folder / CONFIG, (json.dumps(values, indent=1) + "\n").encode())
