"""What just happened, in words: one sentence for the visitor, made from plain numbers.

The words are phrases: English, and translated where they are shown. Knows nothing of trainers or pages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from playground.config import FIELDS, RunConfig
from playground.snapshots import Update
from playground.translations import phrase

NAMED = ("model", "objective")  # settings that the title names anyway
CRITICS = ("wgan", "wgan-gp")
SCALED = (*CRITICS, "began")  # their scores are no probabilities
MODEL_NAMES = {"gan": "GAN", "vae": "VAE", "autoencoder": "autoencoder", "gmm": "Gaussian mixture"}


def title(config: RunConfig, differing: Iterable[str] = ()) -> str:
    """What this run is, for the head of its canvas; beside another run, the settings that set it apart."""
    said = _capital(MODEL_NAMES[config.model])
    apart = [
        phrase("{label} {value}", label=FIELDS[name].metadata["label"], value=_value(config, name))
        for name in differing
        if name not in NAMED
    ]
    for each in apart or ([config.objective] if config.model == "gan" else []):
        said = phrase("{first}, {rest}", first=said, rest=each)
    return said


def _value(config: RunConfig, name: str) -> str:
    value = getattr(config, name)
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def sentence(
    config: RunConfig,
    update: Update,
    *,
    before: int = 0,
    real: float = math.nan,
    generated: float = math.nan,
    waited: bool = False,
) -> str:
    """What `update` did; `before` is the iteration at which the action began, `waited` says that this model
    had no part in it.

    `real` and `generated` are the mean D of the drawn points now, after the update.
    """
    if waited:
        return phrase(
            "The {model} has no such update and waits at iteration {iteration:,}.",
            model=MODEL_NAMES[config.model],
            iteration=update.iteration,
        )
    if update.kind == "start":
        return phrase("A new {model}: nothing is learned yet. Press Step.", model=MODEL_NAMES[config.model])
    if config.model == "gan":
        return _adversarial(config, update, before, real, generated)
    done = _iterations(before, update.iteration)
    if config.model == "gmm":
        return phrase(
            "{done} of EM: mean log-likelihood {value} nats per point.",
            done=done,
            value=_number(-update.generator_loss),
        )
    if config.model == "vae":
        return phrase(
            "{done}: reconstruction {value} nats per point, KL {kl}.",
            done=done,
            value=_number(update.reconstruction),
            kl=_number(update.kl),
        )
    value = _number(update.reconstruction)
    return phrase("{done}: reconstruction {value} nats per point.", done=done, value=value)


_UNDONE = {"s": "the last iterations", "d": "the D update", "g": "the G update"}


def action_sentence(action: str, operation: str, iteration: int) -> str:
    """What Undo, the scrubber or Rewind did."""
    if action == "undo":
        return phrase(
            "Undone: {undone}. This is iteration {iteration:,} again.",
            undone=_UNDONE.get(operation, "the last action"),
            iteration=iteration,
        )
    if action == "rewind":
        return phrase(
            "Rewound to iteration {iteration:,}, the last moment at which every number is finite.",
            iteration=iteration,
        )
    return phrase("This is iteration {iteration:,}, as it was. Play goes on from here.", iteration=iteration)


def _adversarial(config: RunConfig, update: Update, before: int, real: float, generated: float) -> str:
    judge = "The critic" if config.objective in CRITICS else "D"
    now = phrase(
        "real points {real} and generated points {generated}",
        real=_number(real),
        generated=_number(generated),
    )
    scaled = " (its scores, scaled to 0..1)" if config.objective in SCALED else ""
    if update.kind == "discriminator":
        return phrase("{judge} updated: it now gives {now}{scaled}.", judge=judge, now=now, scaled=scaled)
    if update.kind == "generator":
        return phrase(
            "G updated: {judge} now gives its points {score}{scaled}.",
            judge="the critic" if config.objective in CRITICS else "D",
            score=_number(generated),
            scaled=scaled,
        )
    return phrase(
        "{done}: {judge} gives {now}{scaled}.",
        done=_iterations(before, update.iteration),
        judge=judge,
        now=now,
        scaled=scaled,
    )


def _iterations(before: int, now: int) -> str:
    if now - before <= 1:
        return phrase("Iteration {now:,}", now=now)
    return phrase("Iterations {first:,} to {last:,}", first=before + 1, last=now)


def _number(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.2f}".replace("-", "−")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
