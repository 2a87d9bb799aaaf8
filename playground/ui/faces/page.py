"""Page 2, Faces: its head and its tabs; what a tab shows is its own module's. Knows no model, no visitor."""

from __future__ import annotations

import gradio as gr

from playground.limits import limits
from playground.session.faces import FaceShop
from playground.ui.faces import between, blur, checkpoints, growing, holes, memory, publish, seeds, train
from playground.ui.hub import Hub
from playground.ui.turns import Turns
from playground.ui.view import static_base

STUDIES = {
    "Blur": blur.build,
    "Between two faces": between.build,
    "Growing up": growing.build,
    "Codes have holes": holes.build,
    "Is it memorising?": memory.build,
}
HEAD = (
    '<div class="top"><h1>Faces</h1><p>Three networks learned the same faces with the same generator; '
    "only how they were taught differs.</p></div>"
)


def build(shop: FaceShop, hub: Hub) -> Hub:
    """Into the current page of a `gr.Blocks`; who trains there. `hub` is the lab's, see `train.build`."""
    gr.HTML(HEAD, elem_id="page-head")
    turns = Turns(limits().questions_at_once)
    with gr.Tabs(elem_id="faces-tabs"):
        with gr.Tab("From seeds"):
            seeds.build(shop)
        for title, fill in STUDIES.items():
            with gr.Tab(title):
                fill(shop, turns)
        with gr.Tab("Train"):
            trained = train.build(shop, hub)
        with gr.Tab("Checkpoints"):
            checkpoints.build(shop)
            publish.build(trained)
    return trained


def head() -> str:
    """For `launch(head=...)`: the style sheets load with the page, not after it."""
    sheets = ("faces.css", "face_train.css")
    return "".join(f'<link rel="stylesheet" href="{static_base()}/{name}">' for name in sheets)
