"""What is to be seen of a face model in training: faces, a number for each, and what just happened in words.

Plain arrays out. Knows nothing of history, of pages or of who is looking.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.engine.faces.batches import Batches, Stream, host_rng, pixels, to_uint8
from playground.engine.faces.codes import CodePrior
from playground.engine.faces.learner import FaceLearner
from playground.objectives import OBJECTIVES, probability
from playground.recipes import EYES, HAIR, Recipe
from playground.session.face_settings import NAMES, FaceSettings
from playground.snapshots import Update
from playground.translations import phrase

SHOWN = 8  # real faces to be seen
SAMPLES = {"gan": 24, "vae": 16, "ae": 16}  # generated ones
MEASURED = 128  # real faces whose codes say where an autoencoder's samples are drawn


@dataclass(frozen=True, eq=False)
class FaceStrip:
    """Faces of one kind, and a number for each: D in [0, 1], or a root mean square error in [0, 1]."""

    kind: str  # "real", "generated" or "reconstruction"
    images: NDArray[np.uint8]  # (N, side, side, 3)
    values: NDArray[np.float32]  # (N,), NaN where there is none


@dataclass(frozen=True, eq=False)
class FaceMoment:
    """One moment of a run, ready to be drawn."""

    run: int  # grows with every new run
    model: str
    title: str
    sentence: str
    diverged: str
    where: str  # how it is computed
    source: str  # whose faces it learns from
    iteration: int
    strips: tuple[FaceStrip, ...]
    numbers: dict[str, float]
    curves: dict[str, NDArray[Any]] = field(default_factory=dict)


class FaceView:
    """What is shown throughout a run: real faces, and latents with the colours of others."""

    def __init__(self, settings: FaceSettings, recipe: Recipe, data: Batches, device: str) -> None:
        self.model, self.score, self._device = settings.model, OBJECTIVES[recipe.objective].score, device
        measured = np.unique(np.linspace(0, len(data.images) - 1, MEASURED).astype(int))
        shown = measured[np.linspace(0, len(measured) - 1, SHOWN).astype(int)]
        order = torch.from_numpy(np.concatenate([shown, np.setdiff1d(measured, shown)])).to(device)
        self.real, self.colours = pixels(data.images[order]), (data.hair[order], data.eyes[order])
        rng = host_rng(settings.seed, Stream.SAMPLES)
        samples = SAMPLES[self.model]
        self.latents = torch.randn(samples, recipe.latent_dim, generator=rng).to(device)
        others = torch.arange(SHOWN, SHOWN + samples, device=device) % len(order)
        if self.model == "gan":
            self.asked = tuple(colour[others] for colour in self.colours)
        else:  # a random code brings its colours along
            self.asked = tuple(torch.full_like(others, len(names)) for names in (HAIR, EYES))

    def probabilities(self, real: Tensor, generated: Tensor) -> tuple[Tensor, Tensor]:
        """Scores as D(x), each beside the other as its reference."""
        kind = self.score
        real, generated = real.float(), generated.float()
        return probability(kind, real, real, generated), probability(kind, generated, real, generated)

    @torch.no_grad()
    def strips(self, learner: FaceLearner, average: bool) -> tuple[FaceStrip, ...]:
        """What a learner draws, by its averaged weights or its current ones."""
        networks = {**learner.modules, **(learner.averages if average else {})}
        with learner.precision:
            if self.model == "gan":
                return self._judged(networks)
            return self._rebuilt(networks)

    def _judged(self, networks: dict[str, Any]) -> tuple[FaceStrip, ...]:
        """Real and generated faces with D's probability for each."""
        faces = networks["generator"](self.latents, *self.asked)
        both = torch.cat([self.real[:SHOWN], faces])
        hair, eyes = (
            torch.cat([own[:SHOWN], asked]) for own, asked in zip(self.colours, self.asked, strict=True)
        )
        scores = networks["discriminator"](both, hair, eyes)
        real, generated = self.probabilities(scores[:SHOWN], scores[SHOWN:])
        return _strip("real", both[:SHOWN], real), _strip("generated", faces, generated)

    def _rebuilt(self, networks: dict[str, Any]) -> tuple[FaceStrip, ...]:
        """Real faces, what their codes decode to with its error, and faces from random codes."""
        own = self.model == "ae"
        encoder, decoder = networks["encoder"], networks["generator"]
        mean, _ = encoder(self.real if own else self.real[:SHOWN])
        latents = self.latents
        if own:
            unknown = (torch.full((len(mean),), len(names)) for names in (HAIR, EYES))
            prior = CodePrior.fit(mean, *unknown, standard=False)
            latents = prior.codes(latents.cpu(), *(asked.cpu() for asked in self.asked)).to(self._device)
        hair, eyes = (
            torch.cat([c[:SHOWN], asked]) for c, asked in zip(self.colours, self.asked, strict=True)
        )
        decoded = decoder(torch.cat([mean[:SHOWN], latents]), hair, eyes).clamp(-1.0, 1.0)
        real, rebuilt = self.real[:SHOWN], decoded[:SHOWN]
        error = 0.5 * (rebuilt - real).square().mean((1, 2, 3)).sqrt()
        none = torch.full((max(SHOWN, len(latents)),), math.nan)
        return (
            _strip("real", real, none[:SHOWN]),
            _strip("reconstruction", rebuilt, error),
            _strip("generated", decoded[SHOWN:], none[: len(latents)]),
        )


def _strip(kind: str, images: Tensor, values: Tensor) -> FaceStrip:
    return FaceStrip(kind, to_uint8(images).cpu().numpy(), values.float().cpu().numpy())


def numbers_of(
    model: str, update: Update, strips: tuple[FaceStrip, ...], images_seen: int
) -> dict[str, float]:
    """What stands beside the faces. Means are over the faces shown, losses of the last update."""
    means = {s.kind: float(s.values.mean()) for s in strips}
    seen = {"faces seen": float(images_seen)}
    if model == "gan":
        judged = {"D(real)": means["real"], "D(generated)": means["generated"]}
        return judged | {"loss of D": update.discriminator_loss, "loss of G": update.generator_loss} | seen
    found = {"error": means["reconstruction"]}
    if model == "vae":
        found |= {"KL of the code, nats": update.kl}
    return found | seen


def sentence_of(model: str, update: Update, strips: tuple[FaceStrip, ...]) -> str:
    """What `update` did, in words."""
    means = {s.kind: float(s.values.mean()) for s in strips}
    if update.kind == "start":
        return phrase("A new {model}: nothing is learned yet. Press Step.", model=NAMES[model])
    values = {"now": update.iteration, "kl": update.kl, **means}
    kind = update.kind if model == "gan" else model
    return phrase(SENTENCES[kind], **values)


SENTENCES = {  # by what was updated, or by the model where it has one loss only
    "vae": "Iteration {now:,}: reconstruction error {reconstruction:.3f}, KL {kl:.1f} nats.",
    "ae": "Iteration {now:,}: reconstruction error {reconstruction:.3f}.",
    "iteration": "Iteration {now:,}: D gives real faces {real:.2f} and generated faces {generated:.2f}.",
    "discriminator": "D updated: it now gives real faces {real:.2f} and generated faces {generated:.2f}.",
    "generator": "G updated: D now gives its faces {generated:.2f}.",
}
