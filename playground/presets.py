"""Runs that tell a story: what to press Play on, and what to look for.

A preset is only settings and words; it knows neither networks nor pages. What each story claims is measured
in its test.
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


_ROWS = (
    Preset(
        "two_islands",
        "Two islands",
        "A GAN learns to imitate two clouds of points. The generator's points follow the arrows, split in "
        "two and settle on both islands.",
        iterations=600,
        watch="Generated points leave the middle and cover both islands.",
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ROWS}


def preset_config(name: str) -> RunConfig:
    """The settings of a preset. Raises `KeyError` for a name that is not in `PRESETS`."""
    return RunConfig(**PRESETS[name].changes)
