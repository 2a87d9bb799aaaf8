"""The tab "Is it memorising?": the nearest training faces of a generated one, and whether that is too near.

Knows what is shown; the work and its numbers are `session.face_studies`'.
"""

from __future__ import annotations

import functools
from typing import Any

import gradio as gr

from playground.figures import face_charts as charts
from playground.session import face_studies as studies
from playground.session.faces import FaceShop
from playground.ui.faces.between import MODEL_WORDS, NO_MODELS, Study, lead, model_choice, seed_box
from playground.ui.turns import Turns

NO_REFERENCE = "This copy bundles no features of the training faces, so no face can be compared with them."


def build(shop: FaceShop, turns: Turns) -> None:
    """Into the current tab."""
    if not shop.names or not studies.can_compare(shop):
        lead(NO_REFERENCE if shop.names else NO_MODELS)
        return
    lead(
        "A model that had only learned its training faces by heart would paint copies of them. So look up "
        "the training faces that are most like a generated one."
    )
    study = Study(shop, turns, functools.partial(_show, shop), "memory")
    with gr.Row(elem_classes="study-bar"):
        inputs: list[Any] = [model_choice(shop, "memory-model"), seed_box("Seed", 5, "memory-seed")]
        button = gr.Button("Look up", variant="primary", min_width=110, scale=0, elem_id="memory-go")
    study.finish(inputs, button)


def _show(shop: FaceShop, kind: str, seed: Any) -> str:
    found = studies.memory(shop, kind, seed)
    number = studies.whole(seed, "seed")
    name = MODEL_WORDS[kind]
    face = charts.figure(
        f"{name}, seed {number}",
        charts.strip(found.face[None], f"The face that the {name} makes of seed {number}", side=140),
        "The generated face.",
        color=charts.GENERATED,
    )
    count = len(found.nearest)
    far = " ".join(f"{distance:.2f}" for distance in found.distances)
    if found.real:
        title, color = "The most similar training faces", charts.REAL
        caption = f"Nearest first, at distances {far}. Look for the same face, not just the same colours."
    else:
        title, color = "The most similar of other generated faces", charts.GENERATED
        caption = (
            f"The training pictures are not in this copy, so these are generated stand-ins: the nearest of "
            f"{studies.BANK} other seeds, at distances {far}. The chart compares with real training faces."
        )
    neighbours = charts.figure(title, charts.strip(found.nearest, f"{title}: {count}"), caption, color=color)
    words = (
        f"Histogram of the distance from a real face to its nearest other real face; the generated face is "
        f"{found.distance:.2f} from its nearest training face, farther than {found.share:.0%} of real ones."
    )
    chart = charts.figure(
        "How near is its nearest training face?",
        charts.histogram(
            found.others,
            [(f"this face: {found.distance:.2f}", found.distance, charts.GENERATED)],
            words=words,
            x_title="distance to the nearest real face",
        ),
        f"Green: how near {found.among:,} real faces are to each other. A copy would stand at the far left.",
        width=520,
    )
    return charts.columns(charts.stack(face, neighbours), charts.stack(chart, charts.sentence(found.verdict)))
