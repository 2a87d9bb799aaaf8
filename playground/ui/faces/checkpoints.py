"""The tab "Checkpoints": what is bundled, and any model of the Hugging Face Hub by its name.

Knows what is shown; how a model is fetched and checked is `checkpoints`'.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from playground.figures import face_charts as charts
from playground.limits import limits
from playground.recipes import ANY, EYES, HAIR
from playground.session.face_studies import MOST_SEED, SHOWN, whole
from playground.session.faces import FaceShop
from playground.session.published import Published
from playground.translations.exchange import exchange_html
from playground.ui.faces.between import MODEL_WORDS, lead, seed_box
from playground.ui.language import language_now
from playground.ui.turns import Turns

HEADS = ("", "learned as", "updates", "faces seen", "megabytes", "Fréchet distance", "licence")
PUBLISH = (
    "To publish a model that you trained: python -m playground push runs/faces --repo user/name, with your "
    "token in HF_TOKEN. It uploads the weights, the timeline, a model card and a preview."
)


def build(shop: FaceShop) -> None:
    """Into the current tab."""
    lead("The models of this copy, and any other that this project’s training published on the Hub.")
    gr.HTML(_bundled(shop), apply_default_css=False, elem_id="checkpoints-bundled")
    published, turns = Published(), Turns(limits().hub_at_once)
    with gr.Row(elem_classes="study-bar"):
        narrow: dict[str, Any] = dict(scale=0, min_width=160)
        repo = gr.Textbox(
            label="Model on the Hub", placeholder="user/name", max_length=120, elem_id="hub-repo", **narrow
        )
        revision = gr.Textbox(
            label="Revision", placeholder="newest", max_length=80, elem_id="hub-revision", **narrow
        )
        seed = seed_box("First seed", 0, "hub-seed")
        colours = [
            gr.Dropdown(
                [ANY, *names], value=ANY, label=label, min_width=110, scale=0, filterable=False,
                elem_id=f"hub-{label.lower()}",
            )
            for label, names in (("Hair", HAIR), ("Eyes", EYES))
        ]  # fmt: skip
        button = gr.Button("Open", variant="primary", min_width=90, scale=0, elem_id="hub-open")
    error = gr.HTML("", visible=False, elem_id="hub-error")
    result = gr.HTML("", elem_id="hub-result", apply_default_css=False)

    async def answer(name: str, at: str, *wanted: Any) -> tuple[Any, Any]:
        # a fetch may take minutes; it waits on a thread of its own
        shown = await run_in_threadpool(show, published, name or "", at or "", *wanted)
        return exchange_html(shown, language_now()), gr.update(visible=False)

    gr.on(
        [button.click, repo.submit, revision.submit, seed.submit],
        turns.callback(answer, lambda line: (gr.skip(), line)),
        [repo, revision, seed, *colours],
        [result, error],
        concurrency_limit=None,  # who has to wait is told so
        trigger_mode="once",
        api_visibility="private",
    )
    gr.HTML(charts.sentence(PUBLISH))


def show(
    published: Published, repo: str, revision: str, seed: Any = 0, hair: str = ANY, eyes: str = ANY
) -> str:
    """Faces of a Hub model, and where they come from, as HTML. Raises `ConfigError`."""
    first = whole(seed, "seed", high=MOST_SEED - SHOWN)
    opened = published.open(repo, revision)
    model, seeds = opened.model, range(first, first + SHOWN)
    words = MODEL_WORDS[model.kind]
    title = f"{model.name}, {words}"
    caption = (
        f"Seeds {seeds[0]} to {seeds[-1]}. Recipe {model.recipe.name}, {model.step:,} updates, "
        f"{model.images_seen:,} faces seen, {model.parameters:,} parameters."
    )
    faces = charts.strip(model.generate(seeds, hair, eyes), f"Eight faces of {title}")
    figure = charts.figure(title, faces, caption, color=charts.GENERATED)
    return charts.stack(figure, *(charts.sentence(each) for each in opened.sentences))


def _bundled(shop: FaceShop) -> str:
    rows = []
    for name, entry in shop.bundle.items():
        distance = entry.scores.get("frechet")
        rows.append(
            (
                name,
                MODEL_WORDS[entry.model],
                f"{entry.step:,}",
                f"{entry.images_seen:,}",
                f"{entry.size / 1e6:.1f}",
                "" if distance is None else f"{distance:.1f}",
                entry.licence,
            )
        )
    table = charts.number_table(HEADS, rows)
    caption = "Fréchet distance in the features of the bundled classifier."
    floors = {e.scores["real_frechet"] for e in shop.bundle.values() if "real_frechet" in e.scores}
    if floors:
        caption = (
            f"Fréchet distance in the features of the bundled classifier; real faces against real ones read "
            f"{min(floors):.1f}."
        )
    return charts.figure("Bundled with this copy", table, caption, width=760)
