"""What the bundled face models score against real faces they never saw: the README's table.

Every model draws as many faces as there are held-out ones, with their hair and eye colours. Training faces
are scored in the same way, which gives each number its floor. Knows no page, and nothing of training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playground.checkpoints import (
    FaceModel,
    bundle_folder,
    bundled,
    load,
    load_classifier,
    write_manifest,
)
from playground.checkpoints.files import CONFIG, read_description, write_about
from playground.config import ConfigError
from playground.data.faces import open_faces
from playground.engine import choose_device
from playground.measures.against_real import MOST, RealFaces
from playground.measures.features import CLASSIFIER_SIDE, classifier_features
from playground.measures.images import parts
from playground.measures.reference import (
    DIMENSIONS,
    Reference,
    load_reference,
    make_reference,
    write_reference,
)
from playground.recipes import ANY, EYES, HAIR, MODELS

__all__ = ["MEASURES", "Reference", "Score", "load_reference", "reference", "report", "score_models", "table"]

COUNT = 2_000  # faces of each set
REFERENCE_FILE = "reference.safetensors"
REAL = "real faces"

Notify = Callable[[str], None]
# key: words, what is better, how it is written; `<key>_error` is the standard error
MEASURES: dict[str, tuple[str, str, str]] = {
    "frechet": ("Fréchet distance, classifier features", "lower", ".2f"),
    "kid": ("KID x 1,000, classifier features", "lower", ".1f"),
    "precision": ("Precision, classifier features", "higher", ".2f"),
    "recall": ("Recall, classifier features", "higher", ".2f"),
    "inception_frechet": ("FID, Inception features", "lower", ".1f"),
    "inception_kid": ("KID x 1,000, Inception features", "lower", ".2f"),
    "inception_precision": ("Precision, Inception features", "higher", ".2f"),
    "inception_recall": ("Recall, Inception features", "higher", ".2f"),
    "patch_distance": ("Sliced Wasserstein distance x 1,000, patches", "lower", ".1f"),
    "sharpness": ("Sharpness, real = 1", "near 1", ".2f"),
    "high_frequency": ("Power at high frequencies, real = 1", "near 1", ".2f"),
    "hair": ("Hair as asked", "higher", ".0%"),
    "eyes": ("Eyes as asked", "higher", ".0%"),
    "diversity": ("Diversity within one condition, real = 1", "near 1", ".2f"),
    "nearest": ("Distance to the nearest training face, real = 1", "near 1", ".2f"),
    "mse": ("Reconstruction: squared error", "lower", ".4f"),
    "psnr": ("Reconstruction: PSNR, dB", "higher", ".1f"),
    "ssim": ("Reconstruction: SSIM", "higher", ".2f"),
}


@dataclass(frozen=True)
class Score:
    """One column of the table. `readings` holds those of `MEASURES` that apply."""

    name: str
    kind: str  # "ae" | "vae" | "gan" | "real"
    step: int
    images_seen: int
    parameters: int  # of the generator
    multiply_adds: int  # of the generator, for one face
    count: int  # of faces in each set
    seed: int
    readings: dict[str, float]

    def to_dict(self) -> dict[str, float]:
        """What a model's config.json and the manifest keep as its scores."""
        return {"count": self.count, "seed": self.seed} | self.readings


def score_models(
    names: Sequence[str],
    data_source: str,
    count: int = COUNT,
    seed: int = 0,
    *,
    inception: bool = False,
    device: str | None = None,
    notify: Notify | None = None,
) -> list[Score]:
    """The score of real faces, then of each bundled model named, or of all that were trained, for no names.

    `data_source` is what `open_faces` opens, with a "train" and a "test" split. Raises `ConfigError`.
    """
    models = [load(name) for name in names or bundled_names()]
    if not models:
        raise ConfigError("names holds 0 models: allowed is at least 1, for none is bundled here.")
    sizes = {model.recipe.size for model in models}
    if len(sizes) != 1:
        raise ConfigError(f"models of {sorted(sizes)} pixels a side: allowed is one size in one table.")
    (size,) = sizes
    training, held_out = (open_faces(data_source, split, size) for split in ("train", "test"))
    classifier = load_classifier().to(choose_device(device))
    real = RealFaces(training, held_out, classifier, count, seed, inception)
    if notify is not None:
        notify(f"{real.count:,} held-out and {len(real.pool):,} training faces are looked at.")
    return score_all(models, real, notify)


def score_all(
    models: Sequence[FaceModel],
    real: RealFaces,
    notify: Notify | None = None,
) -> list[Score]:
    """As `score_models`, of models and real faces at hand."""
    rows = [Score(REAL, "real", 0, 0, 0, 0, real.count, real.seed, real.floor())]
    for model in models:
        rows.append(_score(model, real))
        if notify is not None:
            notify(f"{model.name} is scored.")
    return rows


def _score(model: FaceModel, real: RealFaces) -> Score:
    """Draw with the colours of the held-out faces, rebuild those if the model can, and measure."""
    faces = real.held_out
    hair, eyes = _words(faces.hair, HAIR), _words(faces.eyes, EYES)
    first = real.seed * MOST
    drawn, rebuilt = [], []
    for part in parts(real.count):
        drawn.append(model.generate(range(first + part.start, first + part.stop), hair[part], eyes[part]))
        if model.encoder is not None:
            rebuilt.append(model.reconstruct(faces.images[part], hair[part], eyes[part]))
    readings = real.readings(np.concatenate(drawn), np.concatenate(rebuilt) if rebuilt else None)
    return Score(
        name=model.name,
        kind=model.kind,
        step=model.step,
        images_seen=model.images_seen,
        parameters=model.parameters,
        multiply_adds=model.multiply_adds,
        count=real.count,
        seed=real.seed,
        readings=readings,
    )


def _words(indices: NDArray[np.int64], colours: Sequence[str]) -> list[str]:
    return [colours[i] if i < len(colours) else ANY for i in indices.tolist()]


def table(rows: Sequence[Score]) -> str:
    """The scores as Markdown, one column for each model, and a sentence that says what they show."""
    if not rows:
        raise ConfigError("rows holds 0 scores: allowed is at least 1.")
    lines = [["", *(row.name for row in rows)], ["---"] + ["---:"] * len(rows)]
    for words, field in (("Updates", "step"), ("Parameters of the generator", "parameters")):
        lines.append([words, *(f"{getattr(row, field):,}" if row.kind != "real" else "" for row in rows)])
    for key, (words, better, shape) in MEASURES.items():
        if any(key in row.readings for row in rows):
            lines.append([f"{words} ({better})", *(_cell(row.readings, key, shape) for row in rows)])
    grid = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return (
        f"{grid}\n\n{rows[0].count:,} faces of each model, drawn from seed {rows[0].seed} with the colours "
        "of as many held-out faces, against those. The real faces are training faces scored in the same way, "
        "which is what a perfect model reads; their hair and eyes are those of the held-out faces, as the "
        "classifier sees them.\n"
    )


def _cell(readings: dict[str, float], key: str, shape: str) -> str:
    """A reading, with its standard error where it has one; nothing where it does not apply."""
    if key not in readings:
        return ""
    error = readings.get(f"{key}_error")
    return format(readings[key], shape) + (f" ± {error:{shape}}" if error is not None else "")


def reference(
    data_source: str,
    path: str | Path | None = None,
    *,
    dimensions: int = DIMENSIONS,
    device: str | None = None,
    notify: Notify | None = None,
) -> Path:
    """Write what the page needs to know of the training faces, by default into the bundle.

    Raises `ConfigError`.
    """
    faces = open_faces(data_source, "train", CLASSIFIER_SIDE)
    found = classifier_features(load_classifier().to(choose_device(device)), faces.images).features
    target = Path(path) if path is not None else bundle_folder() / REFERENCE_FILE
    written = write_reference(target, make_reference(faces.images, found, faces.hair, faces.eyes, dimensions))
    if notify is not None:
        notify(f"{len(faces):,} real faces are kept in {written.name}.")
    return written


def bundled_names() -> list[str]:
    """The face models of the bundle, in its order."""
    return [entry.name for entry in bundled() if entry.model in MODELS]


def report(
    data: str,
    names: Sequence[str] = (),
    count: int = COUNT,
    seed: int = 0,
    *,
    inception: bool = False,
    write: bool = False,
    device: str | None = None,
) -> None:
    """Score, print the table and, with `write`, keep the scores beside the models. Raises `ConfigError`."""
    chosen = list(names) or bundled_names()
    folders = [folder_of(name) for name in chosen] if write else []  # first: scoring takes minutes
    rows = score_models(chosen, data, count, seed, inception=inception, device=device)
    print(table(rows), end="")
    if write:
        keep(rows, folders)


def keep(rows: Sequence[Score], folders: Sequence[Path]) -> None:
    """Write each model's scores into its folder's config.json, and the bundle's manifest anew.

    `rows` is what `score_models` gave: what the real faces read goes along as `real_<key>`, since a number of
    this kind says nothing without its floor.
    """
    real, *models = rows
    floors = {f"real_{key}": value for key, value in real.readings.items()}
    for row, folder in zip(models, folders, strict=True):
        write_about(folder, replace(read_description(folder), scores=row.to_dict() | floors))
    write_manifest()


def folder_of(name: str) -> Path:
    """Where a bundled or local model lies. Raises `ConfigError` for one of the Hub."""
    places = [Path(name), bundle_folder() / name]
    found = [place for place in places if (place / CONFIG).is_file()]
    if not found:
        raise ConfigError(f"model = {name!r:.80}: allowed for writing is a bundled name or a folder here.")
    return found[0]
