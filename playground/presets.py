"""Runs that tell a story: what to play, what happens, and what to look for.

A preset is settings and words; it knows neither networks nor pages. What each story says was measured over
seeds 0, 1 and 2; `tests/test_presets.py` measures it again for seed 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playground.config import RunConfig


@dataclass(frozen=True)
class Preset:
    """One story: the settings that differ from the defaults, and the one that Compare changes, if any."""

    name: str
    title: str
    story: str
    changes: dict[str, Any] = field(default_factory=dict)
    compare: dict[str, Any] | None = None
    iterations: int = 1000  # how far to play
    watch: str = ""  # what to look at meanwhile
    speed: int = 10  # iterations in a frame


_RING = {"target": "ring8", "target_sigma": 0.05}
_HASTY = _RING | {"generator_learning_rate": 5e-3}  # a generator that outruns its discriminator
_SWINGING = {
    "target": "gaussian",
    "target_sigma": 0.2,
    "optimizer": "sgd",
    "momentum": 0.5,
    "generator_learning_rate": 0.1,
    "discriminator_learning_rate": 0.1,
    "order": "simultaneous",
}

_ROWS = (
    Preset(
        "two_islands",
        "Two islands",
        "Two networks play: one draws points, the other tells drawn from real. "
        "The drawn cloud splits in two and settles on both islands.",
        {"discriminator_updates": 2, "beta1": 0.0, "beta2": 0.999},
        iterations=600,
        watch="The blue points follow the arrows to the green ones, until D says about 1/2 to both.",
    ),
    Preset(
        "vae_beside_gan",
        "VAE beside GAN",
        "The same generator network learns twice: as a VAE, by explaining every real point, and as a GAN, by "
        "fooling a judge. The VAE leaves points between the islands; the GAN leaves far fewer.",
        {
            "target": "two_islands",
            "target_sigma": 0.15,
            "discriminator_updates": 2,
            "observation_sigma": 0.1,
        },
        compare={"model": "vae"},
        iterations=600,
        watch="The gap between the two islands, where no real point ever is.",
    ),
    Preset(
        "mode_collapse",
        "Ring: mode collapse",
        "The generator takes five updates for each one of D, so it crowds wherever D is fooled just then. "
        "It never holds more than one or two of the eight modes: as soon as D learns, it runs elsewhere.",
        _RING | {"generator_updates": 5},
        iterations=1000,
        watch="Modes covered stays near 0 or 1 of 8 while the cloud runs from place to place.",
    ),
    Preset(
        "discriminator_too_strong",
        "D too strong",
        "D learns much faster than G and is soon sure of every point. With the minimax loss nothing is then "
        "left to follow and G stands still; with the non-saturating loss the arrows stay long and it moves.",
        {
            "target": "two_islands",
            "target_sigma": 0.05,
            "objective": "minimax",
            "discriminator_updates": 10,
            "discriminator_learning_rate": 1e-2,
            "generator_learning_rate": 2e-4,
        },
        compare={"objective": "non-saturating"},
        iterations=200,
        watch="The arrows: gone in the first run, long in the second.",
        speed=2,
    ),
    Preset(
        "oscillation",
        "Oscillation",
        "Both networks move at the same time, each towards where the other just was. "
        "The drawn points shrink to a clump that keeps swinging across the cloud and never comes to rest.",
        _SWINGING,
        iterations=1000,
        watch="The clump overshoots, turns round, and overshoots again.",
    ),
    Preset(
        "penalty_fixes_it",
        "One penalty fixes it",
        "The run that swings for ever, beside the same run with a penalty on how steep D is at the real "
        "points (R1). With the penalty it comes to rest, spread over the whole cloud.",
        _SWINGING,
        compare={"r1_weight": 1.0},
        iterations=600,
        watch="JSD jumps about in the first run; in the second it falls close to its floor and stays.",
    ),
    Preset(
        "packing",
        "Packing",
        "A hasty generator crowds into a mode or two. In the second run D judges four points at once and "
        "sees at a glance when all are alike: the generator spreads over the ring.",
        _HASTY,
        compare={"packing": 4},
        iterations=1000,
        watch="Modes covered: one or two of 8 in the first run, all in the second.",
    ),
    Preset(
        "history_replay",
        "History replay",
        "A hasty generator keeps returning to places that D has forgotten. In the second run seven in ten of "
        "the generated points shown to D are old ones: it forgets less, and the generator fills the ring.",
        _HASTY,
        compare={"history_replay": 0.7},
        iterations=1000,
        watch="The first cloud jumps from place to place; the second grows into a ring with all 8 modes.",
    ),
    Preset(
        "unrolled",
        "Looking ahead",
        "In the second run the hasty generator plays against the D of three updates later. Crowding no "
        "longer pays and it spreads over the ring; each iteration costs many times more.",
        _HASTY,
        compare={"unrolled_steps": 3},
        iterations=200,
        watch="Modes covered: one to three of 8 in the first run, all in the second.",
        speed=2,
    ),
    Preset(
        "grid25",
        "Grid of 25",
        "Twenty-five small modes, three updates of D for each of G. "
        "The generator finds them all, but most of its points still lie on bridges between them.",
        {"target": "grid25", "discriminator_updates": 3, "batch_size": 512},
        iterations=1000,
        watch="Modes covered reaches 25; high quality stays well below its ceiling because of the bridges.",
    ),
    Preset(
        "em_mixture",
        "Gaussian mixture by EM",
        "No game at all: eight Gaussians are fitted by EM, and the likelihood never falls. "
        "The modes are found within ten iterations, though two Gaussians may share one and another span two.",
        _RING | {"target_sigma": 0.1, "model": "gmm", "components": 8},
        iterations=40,
        watch="A seed decides whether each mode gets a Gaussian of its own; try another.",
        speed=1,
    ),
    Preset(
        "latent_holes",
        "Holes in the latent space",
        "An autoencoder returns every real point almost exactly, yet most points decoded from fresh latents "
        "miss the moons. A VAE beside it keeps its latent space filled: about half as many miss.",
        {"target": "two_moons", "model": "autoencoder"},
        compare={"model": "vae"},
        iterations=600,
        watch="The arrows (real point to its copy) are short on both sides; the blue points are not alike.",
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ROWS}


def preset_config(name: str) -> RunConfig:
    """The settings of a preset. Raises `KeyError` for a name that is not in `PRESETS`."""
    return RunConfig(**PRESETS[name].changes)
