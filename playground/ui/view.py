"""The live view as one gr.HTML component, and the routes of its scripts.

`lab_view` draws what `figures.frames.pack_frame` packed; everything on it is drawn by `static/*.js` in the
visitor's browser. Knows nothing of sessions or of training.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from playground.figures import charts, frames, lab, palette, stages
from playground.translations import COLUMNS, table
from playground.ui.painted import painted_js

STATIC = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
THEMES = {"light": False, "dark": True}
EVENTS = ("layers", "drawn")  # what the view reports to the page; see `lab_view`

TEMPLATE = '<div class="lab-root" style="min-height:420px"></div>'
ON_LOAD = """
let lab = null;
watch('value', () => { if (lab) lab.deliver(props.value); });
const root = ((window.gradio_config || {}).root || '').replace(/\\/+$/, '');
const known = ['layers', 'drawn'];  // makes the component's .layers(...) and .drawn(...) listeners
import(root + '%(base)s/lab.js').then((module) => {
  lab = module.mount(element, {
    root,
    ack: %(painted)s,
    trigger: (event, detail) => { if (known.includes(event)) trigger(event, detail); },
    session: () => window.__gradio_session_hash__ || null,
  });
  lab.deliver(props.value);
});
"""


def lab_view(page: str) -> gr.HTML:
    """The view. Its value is a packed frame; after each painted one the hub of the `page` is told.

    Listeners: `view.layers(fn)` gets `gr.EventData` with `.needed` (the layers that the server must send) and
    `.layers` (all switches); `view.drawn(fn)` gets `.points`, a list of [x, y] that the visitor drew.
    """
    return gr.HTML(
        None,
        html_template=TEMPLATE,
        js_on_load=ON_LOAD % {"base": static_base(), "painted": painted_js(page)},
        apply_default_css=False,
        elem_id="lab",
    )


def head() -> str:
    """For `launch(head=...)`: style sheet and scripts start to load with the page, not after it."""
    base = static_base()
    return (
        f'<link rel="stylesheet" href="{base}/lab.css"><link rel="stylesheet" href="{base}/page.css">'
        f'<link rel="modulepreload" href="{base}/lab.js">'
        f'<script type="module" src="{base}/reopen.js"></script>'
    )


def static_routes() -> list[BaseRoute]:
    """For `launch(app_kwargs={"routes": static_routes()})`."""
    return [
        Route("/lab/static/{version}/{name}", _static, methods=["GET", "HEAD"]),
        Route("/lab/plotly.min.js", _plotly, methods=["GET", "HEAD"]),
    ]


@cache
def static_base() -> str:
    """The folder of the scripts; its name changes with their content, so that they can be kept for ever."""
    digest = hashlib.sha256("".join(f"{n}\0{text}\0" for n, text in sorted(_files().items())).encode())
    return f"/lab/static/{digest.hexdigest()[:12]}"


def plotly_path() -> str:
    """The script that the plotly package carries, with its version."""
    return f"/lab/plotly.min.js?v={lab.PLOTLY_VERSION}"


@cache
def _files() -> dict[str, str]:
    files = {path.name: path.read_text("utf-8") for path in STATIC.iterdir() if path.suffix in TYPES}
    files["lab.css"] = theme_css() + files["lab.css"]
    files["data.js"] = _module(_data())
    files |= {f"words-{language}.js": _module(table(language)) for language in COLUMNS}
    return files


def _module(value: Any) -> str:
    return f"export default {json.dumps(value, ensure_ascii=False, separators=(',', ':'))};\n"


def theme_css() -> str:
    """The palette as CSS custom properties for both themes."""
    blocks = []
    for selector, dark in ((":root", False), (".dark", True)):
        (_, low), _, (_, high) = palette.anchors("discriminator", dark)
        ends = f"--lab-surface-low:{low};--lab-surface-high:{high};"
        blocks.append(f"{selector}{{{palette.css_variables(dark)}{ends}}}\n")
    return "".join(blocks)


def _data() -> dict[str, Any]:
    """What the scripts draw with: the same colours, words and layouts as the Python figures."""
    return {
        "palette": {name: asdict(palette.palette(dark)) for name, dark in THEMES.items()},
        "tables": {
            name: {k: base64.b64encode(palette.table(k, dark).tobytes()).decode() for k in palette.SURFACES}
            for name, dark in THEMES.items()
        },
        "axes": {
            name: {
                "layout": lab.axes_layout(1.0, dark=dark),
                "traces": {kind: lab.scale_trace(kind, dark) for kind in palette.SURFACES},
            }
            for name, dark in THEMES.items()
        },
        "charts": {
            name: {model: charts.charts_layout(model, dark) for model in charts.EVERY}
            for name, dark in THEMES.items()
        },
        "panels": {model: [asdict(panel) for panel in charts.panels_of(model)] for model in charts.EVERY},
        "chartGap": charts.GAP_PIXELS,
        "titles": lab.TITLES,
        "shortTitles": lab.SHORT_TITLES,
        "captions": lab.CAPTIONS,
        "stages": [asdict(stage) for stage in stages.STORY],
        "margin": lab.MARGIN,
        "smallMargin": lab.SMALL_MARGIN,
        "reach": frames.REACH,
        "steps": frames.STEPS,
        "latentStep": frames.LATENT_STEP,
        "scoreSteps": frames.SCORE_STEPS,
        "plotlyPath": plotly_path(),
    }


@cache
def _zipped(name: str) -> tuple[bytes, str, str]:
    """Compressed once: (body, type, entity tag)."""
    plain = lab.PLOTLY_SCRIPT.read_bytes() if name == lab.PLOTLY_SCRIPT.name else _files()[name].encode()
    tag = hashlib.sha256(plain).hexdigest()[:20]
    return gzip.compress(plain, 6, mtime=0), TYPES[Path(name).suffix], f'"{tag}"'


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    return _answer(request, name) if name in _files() else Response("Not found", 404)


def _plotly(request: Request) -> Response:
    return _answer(request, lab.PLOTLY_SCRIPT.name)


def _answer(request: Request, name: str) -> Response:
    body, kind, tag = _zipped(name)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(body), media_type=kind, headers=headers)
    return Response(body, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})
