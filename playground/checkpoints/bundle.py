"""The models that come with the project, by name; and `load`, which opens a model from anywhere.

Knows folders; what the Hub is, `checkpoints.hub` knows.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playground.checkpoints.description import (
    CLASSIFIER,
    CONFIG,
    TIMELINE_FOLDER,
    WEIGHTS,
    read_description,
    write_whole,
)
from playground.checkpoints.disk import writing
from playground.checkpoints.files import read_classifier, read_model
from playground.checkpoints.ids import is_name, is_repo, shown
from playground.checkpoints.model import FaceModel
from playground.checkpoints.pack import model_folder, pack, read_at
from playground.config import ConfigError
from playground.nets.conv import Classifier
from playground.recipes import MODELS

FOLDER_VARIABLE = "PLAYGROUND_CHECKPOINTS"
MANIFEST = "manifest.json"

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Entry:
    """One bundled model, as the manifest lists it."""

    name: str
    recipe: str  # its name
    model: str  # "ae", "vae", "gan" or "classifier"
    step: int
    images_seen: int
    sha256: str
    size: int  # bytes, timeline included
    licence: str
    scores: dict[str, float]
    timeline: tuple[int, ...]  # update counts of earlier weights


def bundle_folder() -> Path:
    """`checkpoints/` beside the package, or where PLAYGROUND_CHECKPOINTS says."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "checkpoints"


def _folders() -> dict[str, tuple[Path, Entry]]:
    """Every bundled model by its name, which is that of its folder. Raises `ConfigError`."""
    root = bundle_folder()
    found = {}
    for path in sorted(root.glob(f"*/{CONFIG}")) if root.is_dir() else []:
        try:
            found[path.parent.name] = path.parent, _entry(path.parent)
        except ConfigError as error:
            raise ConfigError(f"The bundled model {path.parent.name!r} is damaged: {error}") from None
    return found


def _entry(folder: Path) -> Entry:
    about = read_description(folder)
    if folder.name not in (about.name, about.kind):
        raise ConfigError(f"name = {about.name!r}: allowed is the name of its folder, {folder.name!r}.")
    files = [folder / WEIGHTS, *(folder / TIMELINE_FOLDER / f"{s}.safetensors" for s in about.timeline)]
    for file in files:
        if not file.is_file():
            raise ConfigError(f"{file.name} is missing.")
    return Entry(
        name=about.name,
        recipe=about.recipe.name,
        model=about.kind,
        step=about.step,
        images_seen=about.images_seen,
        sha256=about.sha256,
        size=sum(file.stat().st_size for file in files),
        licence=about.licence,
        scores=about.scores,
        timeline=tuple(sorted(about.timeline)),
    )


def bundled() -> list[Entry]:
    """The bundled face models, by name; none without a bundle. Raises `ConfigError` for a damaged one."""
    return [entry for _, entry in _folders().values() if entry.model in MODELS]


def _bundled_folder(name: str) -> Path:
    if not _is_bundled(name):
        names = ", ".join(entry.name for entry in bundled()) or "none, for no model is bundled here"
        raise ConfigError(
            f"model = {shown(name)}: allowed is a bundled model ({names}), a model's folder, or user/name."
        )
    return bundle_folder() / name


def _is_bundled(name: object) -> bool:
    return is_name(name) and (bundle_folder() / str(name) / CONFIG).is_file()


def timeline(name: str) -> tuple[int, ...]:
    """Update counts at which a bundled model can be opened; the last is the model. Raises `ConfigError`."""
    about = read_description(_bundled_folder(name))
    return tuple(sorted({*about.timeline, about.step}))


def load_classifier() -> Classifier:
    """The bundled hair and eye classifier. Raises `ConfigError`, also where none is bundled."""
    folder = bundle_folder() / CLASSIFIER
    if not folder.is_dir():
        raise ConfigError("classifier: none is bundled here.")
    return read_classifier(folder)


def write_manifest() -> Path:
    """List the bundle in its manifest.json, for readers without this package; the file."""
    path = bundle_folder() / MANIFEST
    write_whole(path, manifest_text().encode())
    return path


def manifest_text() -> str:
    """What manifest.json says of the bundle as it is now."""
    rows: list[dict[str, Any]] = [{"folder": name} | asdict(entry) for name, (_, entry) in _folders().items()]
    return json.dumps({"models": rows}, indent=1) + "\n"


def add_to_bundle(source: str | Path, name: str | None = None) -> Path:
    """Put a run, or a model's folder, with its timeline into the bundle and its manifest; the new folder.

    A bundled model of that name is replaced. Raises `ConfigError`, then with the bundle as it was.
    """
    root = bundle_folder()
    with ExitStack() as stack:
        with writing("The bundle"):
            root.mkdir(parents=True, exist_ok=True)
            space = stack.enter_context(tempfile.TemporaryDirectory(dir=root, prefix="."))
        packed = pack(source, Path(space) / "new", name=name)
        about = read_description(packed)
        folder = root / (CLASSIFIER if about.kind == CLASSIFIER else about.name)
        if folder.exists():
            os.replace(folder, Path(space) / "old")
        shutil.move(packed, folder)
    write_manifest()
    return folder


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def load(
    name: str | Path,
    step: int | None = None,
    *,
    revision: str | None = None,
    notify: Notify = _tell,
    token: str | bool | None = None,
) -> FaceModel:
    """Open a model: a bundled name, the folder of a model or a run, or "user/name" on the Hub.

    `step` asks for a point of its timeline, `revision` for a branch, tag or commit on the Hub. `token` is
    for the Hub alone: None is the one of this machine, False none at all. `notify` gets a sentence where
    something else is opened than was asked for, because the Hub cannot be reached. Raises `ConfigError`.

    A text typed by a visitor belongs into `hub.open_repo`, which opens no folder of this machine.
    """
    if isinstance(name, Path):
        return read_at(name, step)
    if isinstance(name, str) and not _is_bundled(name) and model_folder(Path(name)) is not None:
        return read_at(Path(name), step)
    if isinstance(name, str) and is_repo(name):
        from playground.checkpoints.hub import open_repo  # here: it imports the bundle too

        return open_repo(name, step, revision=revision, notify=notify, token=token)
    return read_model(_bundled_folder(name), step)
