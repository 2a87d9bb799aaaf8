"""One GAN iteration told in eight stages, for slow motion: the words, and what each lights up.

Knows nothing of a run: stage n of a frame says which of these rows to show.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """`lit` names the parts of the diagram in use; `layers` what the canvas brings to the front."""

    caption: str
    lit: tuple[str, ...]
    layers: tuple[str, ...]
    updating: str = ""
    frozen: str = ""


STORY = (
    Stage("Draw random latents z, and a batch of real points.", ("z", "real"), ("real",)),
    Stage("G turns each z into a generated point.", ("z", "G", "generated"), ("generated",), frozen="G"),
    Stage(
        "D judges both batches: it should say 1 to real and 0 to generated.",
        ("generated", "D", "real"),
        ("surface", "real", "generated"),
        frozen="G",
    ),
    Stage(
        "D moves: its surface rises under real points and sinks under generated ones. G is frozen.",
        ("D",),
        ("surface", "real", "generated"),
        updating="D",
        frozen="G",
    ),
    Stage("Fresh latents z go through G.", ("z", "G", "generated"), ("generated",), frozen="D"),
    Stage("D judges only the generated points.", ("generated", "D"), ("surface", "generated"), frozen="D"),
    Stage(
        "The gradient of G's loss flows back through D: each arrow says where its point should go.",
        ("D", "generated", "back"),
        ("surface", "generated", "arrows"),
        frozen="D",
    ),
    Stage(
        "G moves: the generated points follow the arrows. D is frozen.",
        ("G", "generated", "back"),
        ("surface", "generated", "arrows"),
        updating="G",
        frozen="D",
    ),
)
STAGES: tuple[str, ...] = tuple(stage.caption for stage in STORY)  # stage n is STAGES[n - 1]
