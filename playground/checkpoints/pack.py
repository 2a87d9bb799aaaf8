"""A training run, or a model's folder, as it is published: weights, timeline, description, card, preview.

Knows how a run lies on disk (a model in `model`, earlier ones in `timeline/<updates>`), and no network.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playground.checkpoints.card import model_card, preview
from playground.checkpoints.description import (
    CARD,
    CLASSIFIER,
    CONFIG,
    MOST_CONFIG_BYTES,
    MOST_TEXT,
    PREVIEW,
    TIMELINE_FOLDER,
    WEIGHTS,
    read_bounded,
    read_description,
    strict_json,
    write_description,
    write_whole,
)
from playground.checkpoints.files import read_classifier, read_model, write_point
from playground.checkpoints.ids import checked_name
from playground.checkpoints.model import FaceModel
from playground.checkpoints.tensors import MOST_WEIGHTS_BYTES
from playground.config import ConfigError

MODEL_FOLDER = "model"  # of a run: the model at its end
HARDWARE = ("device", "precision", "torch")  # of a run's circumstances, as far as they are told


def model_folder(source: Path) -> Path | None:
    """The model's folder of a run, or `source` if it is a model's folder itself; None if it is neither."""
    for folder in (source / MODEL_FOLDER, source):
        try:
            if (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file():
                return folder
        except (OSError, ValueError):  # a text that can be no path here
            return None
    return None


def steps_of(source: Path) -> tuple[int, ...]:
    """The update counts that a run or a model's folder can be opened at, growing. Raises `ConfigError`."""
    about = read_description(_found(source))
    return tuple(sorted({*about.timeline, *_run_points(source), about.step}))


def read_at(source: Path, step: int | None = None) -> FaceModel:
    """The model of a run or of a model's folder, or how it was after `step` updates. Raises `ConfigError`."""
    points = _run_points(source)
    if step is not None and step in points and step != read_description(_found(source)).step:
        return read_model(points[step])
    return read_model(_found(source), step)


def _found(source: Path) -> Path:
    folder = model_folder(source)
    if folder is None:
        raise ConfigError(f"model = {source.name!r:.80}: this folder holds no {CONFIG} with a {WEIGHTS}.")
    return folder


def _run_points(source: Path) -> dict[int, Path]:
    """Folders of a run's earlier models by their update counts."""
    found = (source / TIMELINE_FOLDER).glob(f"*/{CONFIG}")
    return {int(path.parent.name): path.parent for path in found if path.parent.name.isdecimal()}


def hardware_of(source: Path) -> str:
    """What a run was trained on, in words; empty where it is not told."""
    if not (source / MODEL_FOLDER).is_dir() or not (source / CONFIG).is_file():
        return ""
    try:
        told = strict_json(read_bounded(source / CONFIG, MOST_CONFIG_BYTES)).get("circumstances", {})
        words = [f"{key} {told[key]}" for key in HARDWARE if isinstance(told.get(key), str)]
    except (ValueError, AttributeError):
        return ""
    return ", ".join(words)[:MOST_TEXT]


def pack(source: str | Path, target: Path, *, name: str | None = None, repo: str | None = None) -> Path:
    """Write what is published of a run or model's folder into `target`, a new folder; everything is checked.

    `name` renames the model, `repo` is said in its card. Raises `ConfigError`.
    """
    source = Path(source)
    folder = _found(source)
    about = read_description(folder)
    about = replace(
        about,
        name=about.name if name is None else checked_name(name),
        hardware=hardware_of(source) or about.hardware,
        timeline={},
    )
    model = None
    if about.kind == CLASSIFIER:
        read_classifier(folder)
    else:
        model = read_model(folder)
    write_whole(target / WEIGHTS, read_bounded(folder / WEIGHTS, MOST_WEIGHTS_BYTES))
    write_description(target, about)
    if model is not None:
        for step in steps_of(source):
            if step != about.step:
                write_point(target, step, read_at(source, step))
        write_whole(target / PREVIEW, preview(model))
    write_whole(target / CARD, model_card(read_description(target), repo).encode())
    return target
