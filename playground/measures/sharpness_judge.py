"""A judge of where a face is from that sees one number, its sharpness. Knows no model and no page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from playground.measures.images import Floats, Images
from playground.measures.sharpness import sharpness

LEAST_SHARPNESS = 1e-12  # stands for a flat picture
LEAST_SPREAD = 1e-3  # of the logarithm, so that a density stays a function


def levels(images: Images) -> Floats:
    """(N,): log10 of the sharpness of images (N, S, S, 3)."""
    return np.log10(np.maximum(sharpness(images).each, LEAST_SHARPNESS))


@dataclass(frozen=True, eq=False)
class Judge:
    """Bayes' rule on one number: a Gaussian density in each of K sources, all equally likely."""

    means: Floats  # (K,)
    spreads: Floats  # (K,)

    @classmethod
    def learn(cls, examples: Mapping[str, Images]) -> Judge:
        """From faces (N, S, S, 3) of each source, N at least 2; raises `ValueError` for fewer."""
        few = [name for name, images in examples.items() if len(images) < 2]
        if few:
            raise ValueError(f"{few[0]} has fewer than 2 faces, but a spread needs at least 2.")
        read = [levels(images) for images in examples.values()]
        spreads = np.array([max(float(each.std(ddof=1)), LEAST_SPREAD) for each in read])
        return cls(np.array([each.mean() for each in read]), spreads)

    def densities(self, level: Floats) -> Floats:
        """(N,) -> (N, K): how likely a level is in each source, per unit of log10."""
        return np.exp(self._logs(level))

    def shares(self, images: Images) -> Floats:
        """(N, S, S, 3) -> (N, K): the probability of each source."""
        return np.asarray(softmax(self._logs(levels(images)), axis=1))

    def _logs(self, level: Floats) -> Floats:
        away = (np.asarray(level)[:, None] - self.means) / self.spreads
        return np.asarray(-0.5 * np.square(away) - np.log(self.spreads) - 0.5 * np.log(2.0 * np.pi))
