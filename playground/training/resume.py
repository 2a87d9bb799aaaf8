"""Going on with a run: which state to take, whether it belongs to the same run, and what else has changed.

Knows the run's folder and the learner's arrays, nothing of the loop.
"""

from __future__ import annotations

from typing import Any

import torch

from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.engine.faces.learner import FaceLearner
from playground.training import files
from playground.training.options import Settings
from playground.training.processes import Group

SHOWN = 12  # digits of a fingerprint


def find_state(settings: Settings, group: Group, say: files.Say) -> files.SavedState | None:
    """The state to go on from, or None for a run that begins.

    The leading process tidies the folder before the others look. Raises `ConfigError` for a folder that holds
    a run which was not asked to be resumed, or only damaged states.
    """
    found = _tidied(settings, say) if group.leads else None
    group.wait()
    if group.leads or not settings.resume:
        return found
    return files.newest_state(settings.out, say)


def _tidied(settings: Settings, say: files.Say) -> files.SavedState | None:
    files.sweep(settings.out)
    if not settings.resume:
        if files.states(settings.out):
            raise ConfigError(
                f"out = {str(settings.out)!r} holds a run: allowed is another folder, or --resume to go on."
            )
        return None
    saved = files.newest_state(settings.out, say)
    if saved is None:
        say("There is no checkpoint to resume from, so the run starts at its beginning.")
    return saved


def identity(settings: Settings, faces: FaceSet) -> dict[str, Any]:
    """What makes a run this run: all its numbers follow from it."""
    return {
        "recipe": settings.recipe.to_dict(),
        "model": settings.model,
        "seed": settings.seed,
        "data": files.fingerprint(faces.images, faces.hair, faces.eyes),
    }


def circumstances(group: Group, low_precision: bool, compiled: bool) -> dict[str, Any]:
    """What its numbers' last digits depend on."""
    return {
        "torch": torch.__version__,
        "device": torch.device(group.device).type,
        "precision": "bfloat16" if low_precision else "float32",
        "threads": torch.get_num_threads(),
        "processes": group.share.world,
        "compiled": compiled,
    }


def take(
    saved: files.SavedState,
    learner: FaceLearner,
    identity: dict[str, Any],
    circumstances: dict[str, Any],
    say: files.Say,
) -> None:
    """Put the learner where `saved` stands. Raises `ConfigError` if that is another run."""
    for name, ours, theirs in differences(identity, saved.identity):
        raise ConfigError(f"{name} = {ours}: the run in out has {theirs}, and a resume must have the same.")
    for name, ours, theirs in differences(circumstances, saved.circumstances):
        say(f"Resumed with {name} {ours} instead of {theirs}: last digits of numbers may differ.")
    here = {name: array.shape for name, array in learner.arrays().items()}
    if here != {name: array.shape for name, array in saved.arrays.items()}:
        raise ConfigError("out holds networks of another version of this program, which cannot go on.")
    learner.load_arrays(saved.arrays)
    learner.load_counters(saved.counters)


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(name, ours, theirs) of what differs; of a recipe the fields, of a fingerprint the first digits."""
    found: list[tuple[str, str, str]] = []
    for name, value in ours.items():
        other = theirs.get(name)
        if isinstance(value, dict) and isinstance(other, dict):
            found += differences(value, other)
        elif value != other:
            cut = SHOWN if name == "data" else None
            found.append((name, str(value)[:cut], str(other)[:cut]))
    return found
