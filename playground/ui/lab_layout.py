"""What stands where on the page of the lab: panel, view, transport. What they do is `lab_page`'s.

Knows no visitor and no run.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.config import FIELDS, RunConfig
from playground.presets import PRESETS
from playground.ui import controls
from playground.ui.view import lab_view, static_base

SPEEDS = [("1", 1), ("2", 2), ("5", 5), ("10", 10), ("20", 20), ("50", 50), ("as many as it can", 0)]
START_SPEED = 10
BAR_TEMPLATE = (
    '<div class="bar"><input type="range" min="0" max="1" value="0" step="1" disabled '
    'aria-label="Iteration: go back to any moment of the run"><output>iteration 0</output>'
    '<div class="where"></div></div>'
)
BAR_JS = """
let show = null;
const root = ((window.gradio_config || {}).root || '').replace(/\\/+$/, '');
const known = ['seek'];
watch('value', () => { if (show) show(props.value); });
import(root + '%(base)s/page.js').then((page) => {
  show = page.mountBar(element, (event, detail) => { if (known.includes(event)) trigger(event, detail); });
  show(props.value);
});
"""
TARGETS_JS = """
const root = ((window.gradio_config || {}).root || '').replace(/\\/+$/, '');
const known = ['choose'];
import(root + '%(base)s/page.js').then((page) => {
  page.mountTargets(element, (event, detail) => { if (known.includes(event)) trigger(event, detail); });
});
"""
FILE_JS = """
const root = ((window.gradio_config || {}).root || '').replace(/\\/+$/, '');
watch('value', () => import(root + '%(base)s/page.js').then((page) => page.download(props.value)));
"""


class LabLayout:
    """The components, built into the current `gr.Blocks`."""

    def __init__(self, page: str) -> None:
        self.start = RunConfig()
        self.widgets: dict[str, Any] = {}
        self.groups: dict[str, Any] = {}
        self._head()
        with gr.Row(elem_id="body"):
            with gr.Column(elem_id="panel", min_width=252, scale=0):
                self._panel()
            with gr.Column(elem_id="view-column", scale=1):
                self.view = lab_view(page)
        self._transport()

    def _head(self) -> None:
        gr.HTML(
            '<div class="top"><h1>GAN playground</h1><p data-words>Press <b>Step</b> and watch a generator '
            'learn: D’s surface herds the <span class="generated">generated</span> points '
            'toward the <span class="real">real</span> ones.</p></div>',
            elem_id="page-head",
        )

    def _panel(self) -> None:
        self.preset = gr.Dropdown(
            [("Choose a story …", ""), *((p.title, name) for name, p in PRESETS.items())],
            value="",
            label="Stories",
            info="Each sets up a run that shows one thing.",
            filterable=False,
            elem_id="preset",
        )
        self.story = gr.Markdown("", elem_classes="story", visible=False, elem_id="story")
        gr.Markdown("**Target**")
        self.targets = gr.HTML(
            controls.thumbnails(self.start),
            js_on_load=TARGETS_JS % {"base": static_base()},
            apply_default_css=False,
            elem_id="targets",
        )
        self._widget("target_sigma")
        self._own_points()
        self._widget("model")
        self._widget("objective")
        self.equation = gr.Markdown(
            controls.equation(self.start),
            latex_delimiters=[{"left": "$$", "right": "$$", "display": True}],
            elem_classes="equation",
            elem_id="equation",
        )
        for group, title in controls.GROUPS.items():
            shown = controls.group_applies(group, self.start)
            with gr.Accordion(title, open=False, visible=shown, elem_id=f"group-{group}") as self.groups[
                group
            ]:
                for name, f in FIELDS.items():
                    if f.metadata["group"] == group and name not in self.widgets:
                        self._widget(name)
        self._compare()
        self._take_away()

    def _widget(self, name: str) -> None:
        self.widgets[name] = controls.make_widget(name, self.start)

    def _own_points(self) -> None:
        with gr.Accordion("Your own points", open=False, elem_id="own-points"):
            self.draw = gr.Button("Draw on the canvas", size="sm", elem_id="draw")
            self.pasted = gr.Textbox(
                label="Paste points",
                info="One point a line: x, y. At most 20,000 lines.",
                lines=3,
                max_lines=6,
                elem_id="paste",
            )
            with gr.Row():
                self.use = gr.Button("Use them", size="sm", elem_id="use-points")
                self.upload = gr.UploadButton(
                    "Upload CSV", size="sm", type="binary", file_types=[".csv", ".txt"], elem_id="upload"
                )

    def _compare(self) -> None:
        names = [n for n in FIELDS if n not in ("target", "target_sigma", "target_points", "seed")]
        with gr.Accordion("Compare", open=False, elem_id="group-compare"):
            gr.Markdown(
                "Two runs in lockstep: same target, same seed, same batches, one thing changed.",
                elem_classes="story",
            )
            self.compare_name = gr.Dropdown(
                [(FIELDS[n].metadata["label"], n) for n in names],
                value="model",
                label="What differs",
                filterable=True,
                elem_id="compare-name",
            )
            self.compare_value = gr.Dropdown(
                suggestions("model"),
                value="vae",
                label="Its value in the second run",
                allow_custom_value=True,
                elem_id="compare-value",
            )
            with gr.Row():
                self.compare_go = gr.Button("Compare", size="sm", elem_id="compare")
                self.compare_end = gr.Button("One run", size="sm", elem_id="compare-end")

    def _take_away(self) -> None:
        with gr.Accordion("Take away", open=False, elem_id="take"):
            with gr.Row():
                self.png = gr.Button("Picture (PNG)", size="sm", elem_id="save-png")
                self.gif = gr.Button("Film (GIF)", size="sm", elem_id="save-gif")
            with gr.Row():
                self.csv = gr.Button("Curves (CSV)", size="sm", elem_id="save-csv")
                self.script = gr.Button("Python script", size="sm", elem_id="save-script")
            gr.Markdown("The address of this page holds the run: copy it to share.", elem_classes="story")
        self.file = gr.HTML(
            None,
            html_template="<span></span>",
            js_on_load=FILE_JS % {"base": static_base()},
            apply_default_css=False,
            elem_id="file",
        )

    def _transport(self) -> None:
        with gr.Column(elem_id="transport"):
            with gr.Row(elem_id="buttons"):
                self.reset = gr.Button("Reset", elem_id="reset")
                self.undo = gr.Button("Undo", elem_id="undo")
                self.update_d = gr.Button("D update", elem_id="update-d")
                self.update_g = gr.Button("G update", elem_id="update-g")
                self.step = gr.Button("Step", variant="primary", elem_id="step")
                self.play = gr.Button("Play", elem_id="play")
                self.slow = gr.Button("Slow motion", elem_id="slow")
                self.speed = gr.Dropdown(
                    SPEEDS,
                    value=START_SPEED,
                    label="iterations a frame",
                    filterable=False,
                    elem_id="speed",
                    container=True,
                )
                self.rewind = gr.Button("Rewind to the last good moment", visible=False, elem_id="rewind")
            self.bar = gr.HTML(
                None,
                html_template=BAR_TEMPLATE,
                js_on_load=BAR_JS % {"base": static_base()},
                apply_default_css=False,
                elem_id="bar",
            )
            self.error = gr.HTML("", elem_id="error", visible=False)


def suggestions(name: str) -> list[tuple[str, str]]:
    """Values to offer for the second run."""
    m = FIELDS[name].metadata
    if m["kind"] == "choice":
        return [(controls.WORDS.get(v, v.replace("_", " ")), v) for v in m["choices"]]
    if m["kind"] == "flag":
        return [("off", "0"), ("on", "1")]
    return []
