"""What stands where in the tab "Train": panel, view, transport. What they do is `train`'s.

Knows no visitor and no run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from playground.objectives import OBJECTIVES
from playground.recipes import FACE_OBJECTIVES
from playground.session.face_run import AVERAGE
from playground.session.face_settings import MOST_SEED, FaceSettings
from playground.session.face_sources import SOURCES
from playground.ui.former import FORMER_JS
from playground.ui.painted import painted_js
from playground.ui.view import static_base

MODELS = [("GAN", "gan"), ("VAE", "vae"), ("Autoencoder", "ae")]
BATCHES = (8, 16, 32, 64)
WEIGHTS = [("as they are now", ""), ("averaged over time", AVERAGE)]
ON_LOAD = """
let tab = null;
const former = (%(former)s)();
watch('value', () => { if (tab) tab.deliver(props.value); });
const root = ((window.gradio_config || {}).root || '').replace(/\\/+$/, '');
import(root + '%(base)s/face_train.js').then((module) => {
  tab = module.mount(element, {
    ack: %(painted)s,
    ready: () => trigger('ready', { former }),
    session: () => window.__gradio_session_hash__ || null,
  });
  tab.deliver(props.value);
});
"""


class TrainLayout:
    """The components, built into the current context."""

    def __init__(self, start: FaceSettings, page: str, most_in_batch: int) -> None:
        self.start = start
        self.widgets: dict[str, Any] = {}
        with gr.Row(elem_id="face-body"):
            with gr.Column(elem_id="face-panel", min_width=240, scale=0):
                self._panel(most_in_batch)
            with gr.Column(elem_id="face-view", scale=1, min_width=300):
                self.view = self._view(page)
        self._transport()

    def _panel(self, most_in_batch: int) -> None:
        s, recipe = self.start, self.start.effective()
        self.widgets["model"] = gr.Radio(MODELS, value=s.model, label="Model", elem_id="face-model")
        self.widgets["objective"] = gr.Dropdown(
            [(OBJECTIVES[name].title, name) for name in FACE_OBJECTIVES],
            value=s.objective,
            label="Objective",
            info="What D and G each lower.",
            filterable=False,
            elem_id="face-objective",
        )
        self.widgets["seed"] = gr.Number(
            s.seed, label="Seed", precision=0, minimum=0, maximum=MOST_SEED, elem_id="face-seed"
        )
        self.widgets["learning_rate"] = gr.Number(
            recipe.learning_rate, label="Learning rate", info="How far one update moves.", elem_id="face-rate"
        )
        self.widgets["batch_size"] = gr.Dropdown(
            [size for size in BATCHES if size <= most_in_batch],
            value=s.batch_size,
            label="Faces in a batch",
            filterable=False,
            elem_id="face-batch",
        )
        self.weights = gr.Radio(
            WEIGHTS, value="", label="Draw with the weights", elem_id="face-weights",
            info="The average follows whole iterations and is steadier.",
        )  # fmt: skip
        with gr.Accordion("Faces to learn from", open=False, elem_id="face-data"):
            self.source = gr.Radio(
                [(words, name) for name, words in SOURCES.items()],
                value=None,
                label="Take faces",
                elem_id="face-source",
            )
            self.upload = gr.UploadButton(
                "Upload images", size="sm", type="binary", file_count="multiple", file_types=["image"],
                elem_id="face-upload",
            )  # fmt: skip
            self.upload.preprocess = _as_they_came  # type: ignore[method-assign, assignment]
            self.name = gr.Textbox(
                label="A data set on the Hugging Face Hub", info="user/name, public, with a column image.",
                max_lines=1, max_length=200, elem_id="face-dataset",
            )  # fmt: skip
            self.open = gr.Button("Open it", size="sm", elem_id="face-open")

    def _view(self, page: str) -> gr.HTML:
        return gr.HTML(
            None,
            html_template='<div class="face-root" style="min-height:480px"></div>',
            js_on_load=ON_LOAD % {"base": static_base(), "former": FORMER_JS, "painted": painted_js(page)},
            apply_default_css=False,
            elem_id="face-train",
        )

    def _transport(self) -> None:
        with gr.Column(elem_id="face-transport"):
            with gr.Row(elem_id="face-buttons"):
                self.reset = gr.Button("Reset", elem_id="face-reset")
                self.undo = gr.Button("Undo", elem_id="face-undo")
                self.update_d = gr.Button("D update", elem_id="face-update-d")
                self.update_g = gr.Button("G update", elem_id="face-update-g")
                self.step = gr.Button("Step", variant="primary", elem_id="face-step")
                self.play = gr.Button("Play", elem_id="face-play")
                self.rewind = gr.Button(
                    "Rewind to the last good moment", visible=False, elem_id="face-rewind"
                )
                gr.HTML('<output class="face-where"></output>', elem_id="face-where")
            self.error = gr.HTML("", elem_id="face-error", visible=False)


def _as_they_came(payload: Any) -> list[Path]:
    """The files: gr.UploadButton would read them all before the visitor's turn has come."""
    files = getattr(payload, "root", [payload] if payload is not None else [])
    return [Path(file.path) for file in files]
