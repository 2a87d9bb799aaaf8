"""Learning to name the hair and eye colours of a face: the judge of what the other models draw.

Knows no file and no page.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from playground.data.faces import FaceSet
from playground.engine.faces.augment import NUMBERS, augment
from playground.engine.faces.batches import Share, Stream, host_rng, pixels
from playground.engine.faces.learner import FaceLearner
from playground.engine.learner import Report
from playground.nets.conv import Classifier
from playground.recipes import EYES, HAIR, Recipe

AUGMENT_PROBABILITY = 0.5  # of each change; light changes by at most a fifth, so that a colour keeps its name
AT_ONCE = 256


class FaceClassifier(FaceLearner):
    """Minimises the cross-entropy of hair plus that of eyes, on faces slightly changed.

    A face whose colour is unknown counts for the other one only. Learns with the recipe's
    `autoencoder_learning_rate`, batch size and averages; labels are never dropped.
    """

    def __init__(
        self,
        recipe: Recipe,
        faces: FaceSet,
        seed: int = 0,
        device: str = "cpu",
        share: Share = Share(),  # noqa: B008 -- frozen
        low_precision: bool = False,
    ) -> None:
        super().__init__(replace(recipe, label_dropout=0.0), faces, seed, device, share, low_precision)
        self._learns("classifier", new_classifier(recipe, seed), new_classifier(recipe, seed))

    def iterate(self, want: bool) -> Report:
        batch = self.batches[self.iterations]
        chances = self.batches.uniform(Stream.AUGMENT_REAL, self.iterations, NUMBERS)
        seen = augment(batch.images, AUGMENT_PROBABILITY, chances)
        with self.precision:
            hair, eyes = self.modules["classifier"](seen)
        loss = cross_entropy(hair, batch.hair) + cross_entropy(eyes, batch.eyes)
        self._descend(loss, "classifier")
        self._averages_follow()
        self.iterations += 1
        if not want:
            return {}
        return {
            "loss": loss.item(),
            "hair_accuracy": _right(hair, batch.hair),
            "eyes_accuracy": _right(eyes, batch.eyes),
        }


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Nats per face, () of logits (B, C) and labels (B,); label C means unknown and adds nothing.

    Divided by all faces, not by the known ones: then the mean over processes is that over the whole batch.
    """
    total = F.cross_entropy(logits, labels, ignore_index=logits.shape[1], reduction="sum")
    return total / len(labels)


def _right(logits: Tensor, labels: Tensor) -> float:
    """Share of the known labels that the largest logit names; NaN where none is known."""
    known = labels < logits.shape[1]
    return (logits.argmax(1) == labels)[known].float().mean().item()


@torch.no_grad()
def accuracy(network: Classifier, faces: FaceSet) -> dict[str, float]:
    """Shares of right answers on unchanged faces, and what always naming the commonest colour would get.

    Keys hair_accuracy, eyes_accuracy, hair_commonest, eyes_commonest; NaN where no label is known.
    """
    place = next(network.parameters()).device
    pieces = torch.from_numpy(faces.images).split(AT_ONCE)
    answers = [network(pixels(piece.to(place))) for piece in pieces]
    found: dict[str, float] = {}
    for i, (trait, colours) in enumerate((("hair", HAIR), ("eyes", EYES))):
        labels = torch.from_numpy(getattr(faces, trait))
        known = labels[labels < len(colours)]
        found[f"{trait}_accuracy"] = _right(torch.cat([a[i] for a in answers]).cpu(), labels)
        commonest = known.bincount().max().item() / len(known) if len(known) else float("nan")
        found[f"{trait}_commonest"] = float(commonest)
    return found


def new_classifier(recipe: Recipe, seed: int) -> Classifier:
    """The network before its first update."""
    return Classifier(recipe.channels, host_rng(seed, Stream.WEIGHTS, 2))
