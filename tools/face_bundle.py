"""Writes a bundle of untrained face models, with all the files that a trained one has: for tests and trials.

`python tools/face_bundle.py FOLDER` writes one of full size; name the folder in PLAYGROUND_CHECKPOINTS.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from playground.checkpoints.files import read_model, write_model, write_point
from playground.engine.faces.codes import CodePrior
from playground.engine.faces.learner import new_encoder, new_generator
from playground.measures.reference import make_reference, write_reference
from playground.nets.conv import Classifier
from playground.recipes import EYES, HAIR, MODELS, RECIPES, Recipe

FULL = RECIPES["faces64"]
SMALL = replace(FULL, size=16, latent_dim=8, channels=(8, 8))  # milliseconds to write and to run
STEP, EARLIER = 1_000, (100,)
CODES = 400  # as if of so many faces
CONTRAST = 0.3  # untrained blocks do nothing; with this they paint patterns that depend on the latent


def write_bundle(root: Path, recipe: Recipe = SMALL, reference: bool = False) -> Path:
    """An AE, a VAE and a GAN with a timeline, a classifier, and on demand the reference of random "faces"."""
    rng = torch.Generator().manual_seed(0)
    for kind in MODELS:
        generator = new_generator(recipe, MODELS.index(kind))
        with torch.no_grad():
            for block in generator.blocks:
                block.b.weight.normal_(0.0, CONTRAST / 10, generator=rng)  # type: ignore[union-attr, operator]
            generator.leave.weight.normal_(0.0, CONTRAST, generator=rng)
        networks: dict[str, torch.nn.Module] = {"generator": generator}
        prior = None
        if kind != "gan":
            networks["encoder"] = new_encoder(recipe, 0)
            codes = torch.randn(CODES, recipe.latent_dim, generator=rng)
            hair, eyes = (torch.randint(0, len(t), (CODES,), generator=rng) for t in (HAIR, EYES))
            prior = CodePrior.fit(codes, hair, eyes, standard=kind == "vae")
        about = dict(
            name=f"{recipe.name}-{kind}", recipe=recipe, step=STEP, images_seen=STEP * recipe.batch_size
        )
        folder = write_model(
            root / f"{recipe.name}-{kind}", kind=kind, networks=networks, code_prior=prior, **about
        )
        for step in EARLIER:
            write_point(folder, step, read_model(folder))
    classifier = Classifier(recipe.channels, rng)
    about |= {"name": "classifier"}
    write_model(root / "classifier", kind="classifier", networks={"classifier": classifier}, **about)
    if reference:
        _reference(root, recipe, classifier)
    return root


def _reference(root: Path, recipe: Recipe, classifier: Classifier, count: int = 80) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, recipe.size, recipe.size, 3), np.uint8)
    with torch.no_grad():
        features, *_ = classifier.read(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1)
    hair, eyes = (rng.integers(0, len(table), count) for table in (HAIR, EYES))
    found = make_reference(images, features.numpy(), hair, eyes, min(8, features.shape[1]))
    write_reference(root / "reference.safetensors", found)


if __name__ == "__main__":
    write_bundle(Path(sys.argv[1]), FULL, reference=True)
