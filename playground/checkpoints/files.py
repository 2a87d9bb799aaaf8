"""One model as a folder: config.json, model.safetensors, README.md, preview.png and a timeline of weights.

A folder is the same in the bundle, on a disk and in a Hub repository. Knows no network address and no page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from playground.checkpoints.card import model_card
from playground.checkpoints.description import (
    CARD,
    CLASSIFIER,
    CONFIG,
    LICENCE,
    TIMELINE_FOLDER,
    WEIGHTS,
    Description,
    checked_scores,
    read_description,
    write_description,
    write_whole,
)
from playground.checkpoints.ids import MOST_UPDATES, checked_whole
from playground.checkpoints.model import FaceModel
from playground.checkpoints.tensors import read_tensors, write_tensors
from playground.config import ConfigError
from playground.engine.faces.codes import CodePrior
from playground.engine.faces.learner import new_encoder, new_generator
from playground.nets.conv import Classifier, Encoder, Generator
from playground.recipes import MODELS, Recipe

__all__ = [
    "CONFIG",
    "read_classifier",
    "read_description",
    "read_model",
    "weights_of",
    "write_about",
    "write_description",
    "write_model",
    "write_point",
]

# the networks of each kind of model; those with an encoder have a code prior too
NETWORKS = {
    "ae": ("generator", "encoder"),
    "vae": ("generator", "encoder"),
    "gan": ("generator",),
    CLASSIFIER: ("classifier",),
}
_NEW: dict[str, Callable[[Recipe], nn.Module]] = {
    "generator": lambda recipe: new_generator(recipe, 0),
    "encoder": lambda recipe: new_encoder(recipe, 0),
    "classifier": lambda recipe: Classifier(recipe.channels, torch.Generator().manual_seed(0)),
}


def _blank(recipe: Recipe, names: tuple[str, ...]) -> dict[str, nn.Module]:
    """New networks of the sizes that the recipe gives."""
    return {name: _NEW[name](recipe) for name in names}


def _parameters(networks: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    return {f"{n}.{key}": p for n, network in networks.items() for key, p in network.named_parameters()}


def _shapes(networks: Mapping[str, nn.Module], about: Description) -> dict[str, tuple[int, ...]]:
    """Every tensor that a file of weights has, with its shape."""
    shapes = {name: tuple(p.shape) for name, p in _parameters(networks).items()}
    if "encoder" in NETWORKS[about.kind]:
        codes = CodePrior.shapes(about.recipe.latent_dim)
        shapes |= {f"codes.{name}": shape for name, shape in codes.items()}
    return shapes


# -- reading


def weights_of(about: Description, step: int | None) -> tuple[str, str]:
    """(path within the folder, SHA-256) of the weights after `step` updates; None is the model itself.

    Raises `ConfigError` for a step that is not there.
    """
    if step is None or step == about.step:
        return WEIGHTS, about.sha256
    if type(step) is not int or step not in about.timeline:
        steps = ", ".join(f"{s:,}" for s in sorted({*about.timeline, about.step}))
        raise ConfigError(f"step = {step!r:.40}: allowed for {about.name} is {steps}.")
    return f"{TIMELINE_FOLDER}/{step}.safetensors", about.timeline[step]


def _filled(
    folder: Path, about: Description, step: int | None, names: tuple[str, ...]
) -> tuple[dict[str, nn.Module], dict[str, Tensor]]:
    path, digest = weights_of(about, step)
    networks = _blank(about.recipe, names)
    tensors = read_tensors(folder / path, digest, _shapes(networks, about))
    with torch.no_grad():
        for name, parameter in _parameters(networks).items():
            parameter.copy_(tensors[name])
    return networks, tensors


def read_model(folder: Path, step: int | None = None) -> FaceModel:
    """The model of a folder, or how it was after `step` updates: then without an encoder.

    Raises `ConfigError`.
    """
    about = read_description(folder)
    if about.kind not in MODELS:
        raise ConfigError(f"model = {about.name!r}: a classifier draws no faces.")
    point = step is not None and step != about.step
    names = ("generator",) if point else NETWORKS[about.kind]
    networks, tensors = _filled(folder, about, step, names)
    codes = {key.removeprefix("codes."): t for key, t in tensors.items() if key.startswith("codes.")}
    generator, encoder = networks["generator"], networks.get("encoder")
    assert isinstance(generator, Generator) and (encoder is None or isinstance(encoder, Encoder))
    updates = about.step if step is None else step
    return FaceModel(
        name=about.name,
        recipe=about.recipe,
        kind=about.kind,
        step=updates,
        images_seen=about.images_seen * updates // max(1, about.step),
        generator=generator,
        encoder=encoder,
        code_prior=CodePrior.of_tensors(codes) if codes else None,
        scores={} if point else about.scores,
    )


def read_classifier(folder: Path) -> Classifier:
    """The hair and eye classifier of a folder. Raises `ConfigError`."""
    about = read_description(folder)
    if about.kind != CLASSIFIER:
        raise ConfigError(f"model = {about.name!r}: it is no classifier.")
    networks, _ = _filled(folder, about, None, NETWORKS[CLASSIFIER])
    classifier = networks[CLASSIFIER]
    assert isinstance(classifier, Classifier)
    return classifier.requires_grad_(False).eval()


# -- writing


def _tensors(networks: Mapping[str, nn.Module], code_prior: CodePrior | None) -> dict[str, Tensor]:
    codes = {} if code_prior is None else code_prior.tensors()
    return _parameters(networks) | {f"codes.{name}": t for name, t in codes.items()}


def write_model(
    folder: str | Path,
    *,
    name: str,
    recipe: Recipe,
    kind: str,
    step: int,
    images_seen: int,
    networks: Mapping[str, nn.Module],
    code_prior: CodePrior | None = None,
    scores: Mapping[str, float] | None = None,
    hardware: str = "",
    data: str = "",
    licence: str = LICENCE,
) -> Path:
    """Write weights (half precision), config.json and README.md; the folder.

    A timeline that lies there stays if it is of the same name, recipe and kind.
    `networks`: "generator" of a GAN, "generator" and "encoder" of AE and VAE, which need a `code_prior`;
    "classifier" of a classifier. Raises `ConfigError`, then with nothing written.
    """
    folder = Path(folder)
    wanted = NETWORKS.get(kind, ())
    if set(networks) != set(wanted) or (code_prior is not None) != ("encoder" in wanted):
        raise ConfigError(
            f"kind = {kind!r:.40} with the networks {', '.join(networks)}: allowed are exactly "
            + "; ".join(f"{' and '.join(parts)} of {whose}" for whose, parts in NETWORKS.items())
            + ", with a code prior where there is an encoder."
        )
    tensors = _tensors(networks, code_prior)
    about = Description(
        name,
        recipe,
        kind,
        step,
        images_seen,
        "0" * 64,
        scores=checked_scores(scores or {}),
        hardware=hardware,
        data=data,
        licence=licence,
    )
    Description.from_dict(about.to_dict())
    shapes = _shapes(_blank(recipe, wanted), about)
    if {key: tuple(t.shape) for key, t in tensors.items()} != shapes:
        raise ConfigError(f"networks: they are not of the sizes of the recipe {recipe.name!r:.40}.")
    about = replace(about, timeline=_timeline_of(folder, about))
    about = replace(about, sha256=write_tensors(folder / WEIGHTS, tensors))
    write_about(folder, about)
    return folder


def _timeline_of(folder: Path, about: Description) -> dict[int, str]:
    """The timeline that a folder holds of the same model."""
    if not (folder / CONFIG).is_file():
        return {}
    found = read_description(folder)
    same = (found.name, found.recipe, found.kind) == (about.name, about.recipe, about.kind)
    return found.timeline if same else {}


def write_about(folder: Path, about: Description) -> None:
    """config.json, and README.md that says the same in words."""
    write_description(folder, about)
    write_whole(folder / CARD, model_card(about).encode())


def write_point(folder: Path, step: int, model: FaceModel) -> Path:
    """Add the generator of `model`, as it was after `step` updates, to the timeline of a folder; the file.

    Raises `ConfigError` unless it is a model of the same recipe and kind.
    """
    about = read_description(folder)
    checked_whole("step", step, 0, MOST_UPDATES)
    if (model.recipe, model.kind) != (about.recipe, about.kind):
        raise ConfigError(f"step = {step:,}: it is of another recipe or kind than {about.name}.")
    path = folder / TIMELINE_FOLDER / f"{step}.safetensors"
    digest = write_tensors(path, _tensors({"generator": model.generator}, model.code_prior))
    write_about(folder, replace(about, timeline=about.timeline | {step: digest}))
    return path
