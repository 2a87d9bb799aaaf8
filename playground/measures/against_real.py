"""Everything that is measured of one set of faces against real ones that no model saw.

The real side is prepared once. Knows no model and no file: faces come as bytes, with the colours asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.measures.features import (
    CLASSIFIER,
    FaceFeatures,
    classifier_features,
    inception_features,
)
from playground.measures.fidelity import frechet_distance, kernel_distance, precision_recall
from playground.measures.images import Images, Indices, Singles, parts
from playground.measures.pyramid import patch_distance
from playground.measures.reconstruction import reconstruction
from playground.measures.resemblance import condition_accuracy, diversity, nearest
from playground.measures.sharpness import relative_sharpness
from playground.measures.spectrum import relative_high_frequency
from playground.nets.conv import Classifier

LEAST, MOST = 10, 10_000  # faces of each set
Readings = dict[str, float]  # finite numbers under the keys that `scores.MEASURES` puts into words


@dataclass(frozen=True, eq=False)
class SeenFaces:
    """Images (N, S, S, 3), the colours (N,) they have or were asked for, their features in each space."""

    images: Images
    hair: Indices
    eyes: Indices
    seen: tuple[FaceFeatures, ...]  # the classifier's first

    @property
    def features(self) -> Singles:
        """The classifier's, (N, C)."""
        return self.seen[0].features

    @property
    def conditions(self) -> Indices:
        """Hair and eyes, (N, 2)."""
        return np.stack([self.hair, self.eyes], 1)


class RealFaces:
    """`count` held-out faces, as many training faces that are scored like a model's, and the rest of those.

    Where either set is too small, `count` is what both have. For Frechet distance and KID, whose numbers grow
    with the features', those of the classifier are moved and divided, all columns by one number, so that over
    the training faces they have mean 0 and, averaged over columns, variance 1. Raises `ConfigError`.
    """

    def __init__(
        self,
        training: FaceSet,
        held_out: FaceSet,
        classifier: Classifier,
        count: int,
        seed: int = 0,
        inception: bool = False,
    ) -> None:
        self.count = _checked(count, seed, training, held_out)
        self.classifier, self.seed, self.inception = classifier, seed, inception
        rng = np.random.default_rng(seed)
        self.held_out = self._taken(held_out, np.sort(rng.permutation(len(held_out))[: self.count]))
        order = rng.permutation(len(training))
        self.sample = self._taken(training, order[: self.count])
        rest = np.sort(order[self.count :])
        self.pool = np.concatenate(  # in pieces, so that no copy of all images exists at once
            [
                classifier_features(classifier, training.images[rest[part]]).features
                for part in parts(len(rest))
            ]
        )
        self.centre = self.pool.mean(0)
        self.scale = max(float(np.sqrt(self.pool.var(0).mean())), 1e-12)
        self.usual = float(np.median(nearest(self.held_out.features, self.pool).distances))
        self.spread = diversity(self.held_out.features, self.held_out.conditions, seed).value

    def floor(self) -> Readings:
        """What training faces read against the held-out ones; the colours are the held-out ones' own."""
        return _finite(self._measured(self.sample) | _colours(self.held_out))

    def readings(self, images: Images, rebuilt: Images | None = None) -> Readings:
        """Measures of `count` faces drawn with the colours of `held_out`, in its order.

        `rebuilt` is what a model made of the held-out faces themselves. Raises `ConfigError`.
        """
        if len(images) != self.count:
            raise ConfigError(
                f"images holds {len(images):,}: allowed is {self.count:,}, the colours' number."
            )
        faces = SeenFaces(images, self.held_out.hair, self.held_out.eyes, self._seen(images))
        found = self._measured(faces) | _colours(faces)
        if rebuilt is not None:
            errors = reconstruction(self.held_out.images, rebuilt)
            found |= {"mse": errors.mse, "psnr": errors.psnr, "ssim": errors.ssim}
        return _finite(found)

    def _taken(self, faces: FaceSet, rows: Indices) -> SeenFaces:
        images = faces.images[rows]
        return SeenFaces(images, faces.hair[rows], faces.eyes[rows], self._seen(images))

    def _seen(self, images: Images) -> tuple[FaceFeatures, ...]:
        own = classifier_features(self.classifier, images)
        if not self.inception:
            return (own,)
        return own, inception_features(images, str(next(self.classifier.parameters()).device))

    def _standard(self, faces: FaceFeatures) -> FaceFeatures:
        if faces.space != CLASSIFIER:
            return faces
        return replace(faces, features=(faces.features - self.centre) / self.scale)

    def _measured(self, faces: SeenFaces) -> Readings:
        real = self.held_out
        found: Readings = {}
        for one, other in zip(faces.seen, real.seen, strict=True):
            found |= fidelity(self._standard(one), self._standard(other), self.seed)
        close = float(np.median(nearest(faces.features, self.pool).distances))
        spread = diversity(faces.features, faces.conditions, self.seed).value
        return found | {
            "patch_distance": patch_distance(faces.images, real.images, self.seed).mean,
            "sharpness": relative_sharpness(faces.images, real.images).value,
            "high_frequency": relative_high_frequency(faces.images, real.images).value,
            "diversity": spread / self.spread if self.spread else math.nan,
            "nearest": close / self.usual if self.usual else math.nan,
        }


def fidelity(one: FaceFeatures, other: FaceFeatures, seed: int = 0) -> Readings:
    """The measures of one feature space, under its name. Raises `ConfigError` for features of two spaces."""
    if one.space != other.space:
        raise ConfigError(f"features are of {one.space} and of {other.space}: allowed is one space.")
    kid = kernel_distance(one.features, other.features, seed=seed)
    manifold = precision_recall(one.features, other.features)
    found = {
        "frechet": frechet_distance(one.features, other.features).value,
        "kid": 1e3 * kid.value,
        "kid_error": 1e3 * kid.error,
        "precision": manifold.precision,
        "recall": manifold.recall,
    }
    prefix = "" if one.space == CLASSIFIER else f"{one.space}_"
    return {prefix + key: value for key, value in found.items()}


def _colours(faces: SeenFaces) -> Readings:
    own = faces.seen[0]
    asked = {"hair": (faces.hair, own.hair), "eyes": (faces.eyes, own.eyes)}
    return {
        trait: condition_accuracy(indices, logits).value
        for trait, (indices, logits) in asked.items()
        if logits is not None
    }


def _finite(readings: Readings) -> Readings:
    """JSON has no NaN: a measure that does not apply is left out."""
    return {key: float(value) for key, value in readings.items() if math.isfinite(value)}


def _checked(count: int, seed: int, training: FaceSet, held_out: FaceSet) -> int:
    """How many faces each set gives."""
    if not LEAST <= count <= MOST:
        raise ConfigError(f"count = {count}: allowed is {LEAST} to {MOST:,}.")
    if not 0 <= seed < 2**18:
        raise ConfigError(f"seed = {seed}: allowed is 0 to {2**18 - 1:,}.")
    fits = min(count, len(held_out), len(training) // 2)
    if fits < LEAST:
        raise ConfigError(
            f"There are {len(training)} training and {len(held_out)} held-out faces: allowed is at least "
            f"{2 * LEAST} and {LEAST}."
        )
    return fits
