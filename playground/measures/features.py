"""The spaces in which faces are compared: the hair and eye classifier's, and, only on request, Inception's.

Numbers from two spaces are never comparable, so features carry the name of theirs. Knows no measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from playground.config import ConfigError
from playground.measures.images import Images, Singles, check_images, parts
from playground.nets.conv import Classifier

CLASSIFIER, INCEPTION = "classifier", "inception"
CLASSIFIER_SIDE = 64  # pixels that the classifier was trained on
NO_TORCH_FIDELITY = (
    "Inception features need torch-fidelity, which is missing: run pip install torch-fidelity."
)
_INCEPTION_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class FaceFeatures:
    """Features (N, C) of N faces; the classifier adds its logits for hair (N, 12) and eyes (N, 10)."""

    space: str
    features: Singles
    hair: Singles | None = None
    eyes: Singles | None = None


def classifier_features(classifier: Classifier, images: Images) -> FaceFeatures:
    """Features and logits of images (N, S, S, 3), repeated to 64 pixels where they are smaller.

    Raises `ConfigError` for another size.
    """
    factor, rest = divmod(CLASSIFIER_SIDE, check_images(images).shape[1])
    if rest:
        raise ConfigError(f"images have {images.shape[1]} pixels a side: allowed are 8, 16, 32 and 64.")
    device = next(classifier.parameters()).device
    found: list[tuple[NDArray[np.float32], ...]] = []
    with torch.inference_mode():
        for part in parts(len(images)):
            large = images[part].repeat(factor, axis=1).repeat(factor, axis=2)
            pixels = torch.from_numpy(large).to(device).permute(0, 3, 1, 2).float().div(127.5).sub(1.0)
            found.append(tuple(each.float().cpu().numpy() for each in classifier.read(pixels)))
    features_, hair, eyes = (np.concatenate(column) for column in zip(*found, strict=True))
    return FaceFeatures(CLASSIFIER, features_, hair, eyes)


def inception_features(images: Images, device: str = "cpu") -> FaceFeatures:
    """The 2,048 pool features of the FID's Inception network (Heusel et al. 2017), by torch-fidelity.

    Its first use downloads 91 MiB of weights. It was trained on photographs: of drawn faces it knows little.
    Raises `ConfigError` where torch-fidelity is missing or the weights cannot be had.
    """
    check_images(images)
    try:
        fidelity: Any = import_module("torch_fidelity.feature_extractor_inceptionv3")
    except ImportError:
        raise ConfigError(NO_TORCH_FIDELITY) from None
    try:
        network = fidelity.FeatureExtractorInceptionV3("inception-v3-compat", ["2048"]).to(device)
    except OSError as error:
        raise ConfigError(f"The weights of Inception could not be downloaded: {error}.") from None
    found = []
    with torch.inference_mode():
        for part in parts(len(images), _INCEPTION_AT_ONCE):
            pixels = torch.tensor(images[part], device=device).permute(0, 3, 1, 2).contiguous()
            found.append(network(pixels)[0].float().cpu().numpy())
    return FaceFeatures(INCEPTION, np.concatenate(found))
