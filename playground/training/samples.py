"""A picture of what a model makes at one moment of its training, always of the same codes and faces.

Knows the learners, and no file.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from playground.engine.faces import FaceAutoencoder
from playground.engine.faces.batches import Stream, host_rng, pixels, to_uint8
from playground.engine.faces.learner import FaceLearner
from playground.recipes import ANY, trait_index

COLUMNS = 10
PRIOR_FACES = 1024  # whose codes say where an autoencoder's lie
ROWS = (
    (0, ANY, ANY),
    (1, ANY, ANY),
    (0, "blonde", ANY),
    (0, "blue", ANY),
    (0, ANY, "red"),
)  # codes, hair, eyes


@torch.no_grad()
def picture(learner: FaceLearner) -> NDArray[np.uint8]:
    """(rows x side, COLUMNS x side, 3): the averaged generator, a row for each of `ROWS`.

    The codes are standard normal and the same for every run; an autoencoder's are mapped to where codes of
    those colours lie (`CodePrior`). AE and VAE show two rows more: faces and what becomes of them.
    """
    made = [_generated(learner)]
    if isinstance(learner, FaceAutoencoder):
        made += _rebuilt(learner)
    tiles = torch.cat(made).cpu().numpy()
    rows = [np.concatenate(list(tiles[i : i + COLUMNS]), 1) for i in range(0, len(tiles), COLUMNS)]
    return np.concatenate(rows, 0)


def _generated(learner: FaceLearner) -> Tensor:
    codes = torch.randn(2, COLUMNS, learner.recipe.latent_dim, generator=host_rng(0, Stream.SAMPLES))
    z = torch.cat([codes[which] for which, _, _ in ROWS])
    hair, eyes = (
        torch.tensor([trait_index(trait, row[i]) for row in ROWS]).repeat_interleave(COLUMNS)
        for i, trait in ((1, "hair"), (2, "eyes"))
    )
    if isinstance(learner, FaceAutoencoder):
        z = learner.code_prior(PRIOR_FACES).codes(z, hair, eyes)
    return to_uint8(learner.averages["generator"](*(t.to(learner.device) for t in (z, hair, eyes))))


def _rebuilt(learner: FaceLearner) -> list[Tensor]:
    at = torch.arange(COLUMNS, device=learner.device) % len(learner.batches.images)
    faces = learner.batches.images[at]
    mean, _ = learner.averages["encoder"](pixels(faces))
    hair, eyes = learner.batches.hair[at], learner.batches.eyes[at]
    return [faces, to_uint8(learner.averages["generator"](mean, hair, eyes))]


def to_png(picture: NDArray[np.uint8]) -> bytes:
    """A PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()
