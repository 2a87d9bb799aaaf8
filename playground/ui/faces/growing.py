"""The tab "Growing up": one slider over training, the same seeds at every point.

All pictures of the slider are sent at once, so that moving it asks the server nothing. Knows what is shown,
not how a face is made.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import gradio as gr

from playground.figures import face_charts as charts
from playground.session import face_studies as studies
from playground.session.face_studies import Images
from playground.session.faces import FaceShop
from playground.ui.faces.between import NO_MODELS, Study, lead, seed_box
from playground.ui.turns import Turns

TITLES = {"gan": "GAN", "vae": "VAE", "ae": "Autoencoder"}  # in the order of the page
CAPTIONS = {
    "gan": "Look for when hair, then eyes, then single strands appear: D asks for what it can see next.",
    "vae": "Look at the first points: a face is there at once, but its edges never sharpen fully.",
    "ae": "Codes drawn where its codes lie at that point. Look for when such a code first gives a face.",
}
ON_LOAD = """
element.addEventListener('input', (event) => {
  if (!event.target.matches('.growing input')) return;
  const place = event.target.value;
  const labels = JSON.parse(event.target.dataset.labels);
  event.target.setAttribute('aria-valuetext', labels[place]);
  element.querySelector('.growing output').textContent = labels[place];
  for (const picture of element.querySelectorAll('.growing [data-places]')) {
    picture.style.display = picture.dataset.places.split(' ').includes(place) ? 'block' : 'none';
  }
});
"""


def build(shop: FaceShop, turns: Turns) -> None:
    """Into the current tab."""
    if not shop.names:
        lead(NO_MODELS)
        return
    lead("The same seeds while the networks learned: move the slider from the first updates to the last.")
    study = Study(shop, turns, functools.partial(_show, shop), "growing", ON_LOAD)
    with gr.Row(elem_classes="study-bar"):
        seed = seed_box("First seed", 0, "growing-seed")
        button = gr.Button("Show", variant="primary", min_width=110, scale=0, elem_id="growing-go")
    study.finish([seed], button)


def _show(shop: FaceShop, seed: Any) -> str:
    grown = studies.growing(shop, seed)
    steps = sorted({step for points in grown.values() for step in points})
    labels = [f"{step:,} updates" for step in steps]
    first = studies.whole(seed, "seed")
    rows = [
        charts.figure(TITLES[kind], _stack(TITLES[kind], grown[kind], steps, first), CAPTIONS[kind])
        for kind in TITLES
        if kind in grown
    ]
    history = [
        charts.figure(
            f"{TITLES[kind]}, seed {first}, at " + ", ".join(f"{step:,}" for step in grown[kind]),
            charts.strip(
                studies.one_of_each(grown[kind]),
                f"{TITLES[kind]}: the face of seed {first} after {', '.join(map(str, grown[kind]))} updates",
                side=72,
            ),
            "From left to right: one face through all of training.",
        )
        for kind in TITLES
        if kind in grown
    ]
    body = charts.columns(charts.stack(*rows), charts.stack(*history))
    return f'<div class="growing">{_slider(labels)}{body}</div>'


def _slider(labels: list[str]) -> str:
    last = len(labels) - 1
    data = json.dumps(labels).replace('"', "&quot;")
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;margin:0 0 14px;'
        'max-width:720px">'
        f'<input type="range" min="0" max="{last}" step="1" value="{last}" data-labels="{data}" '
        f'aria-label="Point of training" aria-valuetext="{labels[-1]}" '
        f'style="flex:1 1 220px;margin:0;accent-color:{charts.MUTED}">'
        '<output style="min-width:9.5em;font-variant-numeric:tabular-nums;font-weight:600;'
        f'color:{charts.INK}">'
        f"{labels[-1]}</output></div>"
    )


def _stack(title: str, points: dict[int, Images], steps: list[int], seed: int) -> str:
    """Every picture of one model in one place; the slider shows the newest at or before its point."""
    known = sorted(points)
    parts = []
    for step in known:
        until = next((later for later in known if later > step), steps[-1] + 1)
        places = [place for place, at in enumerate(steps) if step <= at < until]
        count = len(points[step])
        alt = f"{title} after {step:,} updates: seeds {seed} to {seed + count - 1}"
        shown = "block" if len(steps) - 1 in places else "none"
        parts.append(
            f'<div data-places="{" ".join(map(str, places))}" style="display:{shown}">'
            f"{charts.strip(points[step], alt)}</div>"
        )
    return "".join(parts)
