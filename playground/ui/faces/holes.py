"""The tab "Codes have holes": what AE and VAE decode between two codes, and from codes drawn at random.

Knows what is shown; the work and its numbers are `session.face_studies`'.
"""

from __future__ import annotations

import functools
from typing import Any

import gradio as gr

from playground.figures import face_charts as charts
from playground.session import face_studies as studies
from playground.session.faces import FaceShop
from playground.ui.faces.between import Study, lead, seed_box
from playground.ui.turns import Turns

NOT_BOTH = "This tab compares an autoencoder with a VAE, and this copy does not bundle both."
ROWS = {
    ("ae", "middle"): (
        "Autoencoder, the code halfway between both",
        "Training never asked for a face here. Look for two faces in one place, or smeared ones.",
    ),
    ("vae", "middle"): (
        "VAE, the code halfway between both",
        "Noise on the codes made training visit such places. Look for one face with something of both.",
    ),
    ("ae", "normal"): (
        "Autoencoder, codes drawn from N(0, I) as for the VAE",
        "Nothing told the autoencoder to use this space. Look for faces that fall apart.",
    ),
    ("ae", "fitted"): (
        "Autoencoder, the same draws moved to where its codes lie",
        "Each number of a code moved and stretched to what its codes have. Look for how much that repairs.",
    ),
    ("vae", "normal"): (
        "VAE, codes drawn from N(0, I)",
        "Its codes were pushed to fill just this space. Look for whole, soft faces.",
    ),
}


def build(shop: FaceShop, turns: Turns) -> None:
    """Into the current tab."""
    if not {"ae", "vae"} <= set(shop.names):
        lead(NOT_BOTH)
        return
    lead(
        "An autoencoder only has to give back the faces it was shown; a VAE is also asked to leave no gap "
        "between their codes. So decode codes that no face has."
    )
    study = Study(shop, turns, functools.partial(_show, shop), "holes")
    with gr.Row(elem_classes="study-bar"):
        seed = seed_box("Seed", 0, "holes-seed")
        button = gr.Button("Decode", variant="primary", min_width=110, scale=0, elem_id="holes-go")
    study.finish([seed], button)


def _show(shop: FaceShop, seed: Any) -> str:
    found = studies.holes(shop, seed)
    what = "real, unseen faces" if found.first.real else "faces made by the GAN, standing in for real ones"
    color = charts.REAL if found.first.real else charts.GENERATED
    given = "".join(
        charts.strip(faces.images, f"{len(faces.images)} {what}, {word} of each pair")
        for faces, word in ((found.first, "first"), (found.second, "second"))
    )
    start = charts.figure(
        "Two faces a column, to be encoded", given, f"These are {what}. Each column is one pair.", color=color
    )
    rows = [
        charts.figure(title, charts.strip(found.images[key], title), caption, color=charts.GENERATED)
        for key, (title, caption) in ROWS.items()
    ]
    return charts.columns(charts.stack(start, *rows), charts.stack(*_numbers(found)))


def _numbers(found: studies.Holes) -> list[str]:
    """Tables and verdict, both from the same numbers."""
    parts = [
        _table(
            "Sharpness, with the encoded faces = 1",
            found.sharp,
            f"Mean over {found.count} pictures. Look at whether it changes from left to right.",
        )
    ]
    if found.far:
        caption = "Median, in the features of every layer of a network that names hair and eyes."
        parts.append(_table("Distance to the nearest real face, real faces’ own = 1", found.far, caption))
    return [*parts, charts.sentence(studies.holes_verdict(found))]


def _table(title: str, numbers: dict[tuple[str, str], float], caption: str) -> str:
    rows = [
        [name, *(f"{numbers[kind, s]:.2f}" if (kind, s) in numbers else "" for s in studies.SOURCES)]
        for name, kind in (("Autoencoder", "ae"), ("VAE", "vae"))
    ]
    table = charts.number_table(["", *studies.SOURCES.values()], rows)
    return charts.figure(title, table, caption, width=460)
