"""What just happened, in words: one sentence for the visitor, made from plain numbers.

Knows nothing of trainers or pages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from playground.config import FIELDS, RunConfig
from playground.snapshots import Update

NAMED = ("model", "objective")  # settings that the title names anyway
CRITICS = ("wgan", "wgan-gp")
SCALED = (*CRITICS, "began")  # their scores are no probabilities
MODEL_NAMES = {"gan": "GAN", "vae": "VAE", "autoencoder": "autoencoder", "gmm": "Gaussian mixture"}


def title(config: RunConfig, differing: Iterable[str] = ()) -> str:
    """What this run is, for the head of its canvas; beside another run, the settings that set it apart."""
    model = _capital(MODEL_NAMES[config.model])
    apart = [
        f"{FIELDS[name].metadata['label']} {_value(config, name)}" for name in differing if name not in NAMED
    ]
    if apart:
        return ", ".join([model, *apart])
    return f"{model}, {config.objective}" if config.model == "gan" else model


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
        return (
            f"The {MODEL_NAMES[config.model]} has no such update and waits at iteration {update.iteration:,}."
        )
    if update.kind == "start":
        return f"A new {MODEL_NAMES[config.model]}: nothing is learned yet. Press Step."
    if config.model == "gan":
        return _adversarial(config, update, before, real, generated)
    done = _iterations(before, update.iteration)
    if config.model == "gmm":
        return f"{done} of EM: mean log-likelihood {_number(-update.generator_loss)} nats per point."
    parts = f"reconstruction {_number(update.reconstruction)} nats per point"
    if config.model == "vae":
        parts += f", KL {_number(update.kl)}"
    return f"{done}: {parts}."


_UNDONE = {"s": "the last iterations", "d": "the D update", "g": "the G update"}


def action_sentence(action: str, operation: str, iteration: int) -> str:
    """What Undo, the scrubber or Rewind did."""
    if action == "undo":
        return f"Undone: {_UNDONE.get(operation, 'the last action')}. This is iteration {iteration:,} again."
    if action == "rewind":
        return f"Rewound to iteration {iteration:,}, the last moment at which every number is finite."
    return f"This is iteration {iteration:,}, as it was. Play goes on from here."


def _adversarial(config: RunConfig, update: Update, before: int, real: float, generated: float) -> str:
    judge = "The critic" if config.objective in CRITICS else "D"
    now = f"real points {_number(real)} and generated points {_number(generated)}"
    scaled = " (its scores, scaled to 0..1)" if config.objective in SCALED else ""
    if update.kind == "discriminator":
        return f"{judge} updated: it now gives {now}{scaled}."
    if update.kind == "generator":
        name = "D" if judge == "D" else "the critic"
        return f"G updated: {name} now gives its points {_number(generated)}{scaled}."
    return f"{_iterations(before, update.iteration)}: {judge} gives {now}{scaled}."


def _iterations(before: int, now: int) -> str:
    if now - before <= 1:
        return f"Iteration {now:,}"
    return f"Iterations {before + 1:,} to {now:,}"


def _number(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.2f}".replace("-", "−")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
