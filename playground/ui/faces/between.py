"""The tab "Between two faces", and `Study`, the frame that all tabs share whose visitors only set and look.

A study is a few settings, a button and one picture: nothing is kept between two calls but finished pictures,
which are the same for everyone. Knows what a tab asks for and how it looks, not how a face is made.
"""

from __future__ import annotations

import base64
import functools
import html
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr
from gradio.context import Context

from playground.config import ConfigError
from playground.figures import face_charts as charts
from playground.figures import film
from playground.recipes import ANY, EYES, HAIR
from playground.session import face_studies as studies
from playground.session.faces import FaceShop
from playground.translations.exchange import exchange_html
from playground.ui.language import language_now, refusal
from playground.ui.turns import Turns

KEPT = 16  # finished pictures of one tab, about half a megabyte each
NO_MODELS = "No face models are bundled with this copy, so there is nothing to show here."
STUDY: dict[str, Any] = {
    "concurrency_limit": None,  # who has to wait is told so
    "trigger_mode": "always_last",
    "show_progress": "minimal",
    "api_visibility": "private",
}
BAR_STYLE = """
.study-bar {
  align-items: flex-end !important; justify-content: flex-start; gap: 10px 18px !important; flex-wrap: wrap;
}
.study-bar .form { display: contents; }
.study-bar > *, .study-bar .form > * { flex: 0 0 auto !important; }
.study-bar .form > :not(fieldset) { width: 118px; }
.study-bar .form > fieldset { width: auto !important; min-width: 0 !important; }
.study-own .form { border: 0; background: none; box-shadow: none; gap: 10px; }
.study-bar button.lg {
  height: 36px; min-width: 76px; padding: 0 14px; font-size: 14px; font-weight: 500;
  border: 1px solid var(--lab-hairline);
}
.study-bar button.lg.primary { font-weight: 650; border-color: var(--lab-accent); }
"""
MODEL_WORDS = {"gan": "GAN", "vae": "VAE", "ae": "Autoencoder"}


class Study:
    """A tab that turns settings into one picture: `show(*values)` gives HTML or raises `ConfigError`.

    All tabs share their `turns`, since they share the threads that work.
    """

    def __init__(
        self, shop: FaceShop, turns: Turns, show: Callable[..., str], name: str, js: str | None = None
    ) -> None:
        self.shop, self.turns, self.name, self._js = shop, turns, name, js
        self._show = functools.lru_cache(maxsize=KEPT, typed=True)(show)

    def finish(self, inputs: list[Any], button: gr.Button) -> None:
        """The error line and the picture, filled when the tab is first opened and whenever asked for."""
        self.error = error = gr.HTML("", visible=False, elem_id=f"{self.name}-error")
        result = gr.HTML("", elem_id=f"{self.name}-result", apply_default_css=False, js_on_load=self._js)
        filled = gr.State(False)
        asked = [button.click, *(i.submit for i in inputs if isinstance(i, gr.Number))]
        asked += [i.input for i in inputs if not isinstance(i, gr.Number)]
        answer = self.turns.callback(self.answer, lambda line: (gr.skip(), line))
        gr.on(asked, answer, inputs, [result, error], **STUDY)
        tab = _tab()
        if tab is not None:
            tab.select(self._opened, [filled, *inputs], [result, error, filled], **STUDY)

    async def answer(self, *values: Any) -> tuple[Any, Any]:
        """The picture and no error, or a sentence while the picture stays."""
        picture, error = await self.ask(self._show, *values)
        return exchange_html(picture, language_now()) if isinstance(picture, str) else picture, error

    async def ask(self, make: Callable[..., Any], *values: Any) -> tuple[Any, Any]:
        """What `make` makes of the settings and no error, or nothing and a sentence."""
        try:
            if not all(value is None or isinstance(value, str | int | float) for value in values):
                raise ConfigError("A setting is a list or a table: allowed are numbers and words.")
            return await self.shop.run(make, *values), gr.update(visible=False)
        except ConfigError as error:
            return gr.skip(), refusal(error)

    async def _first(self, filled: bool, *values: Any) -> tuple[Any, Any, bool]:
        if filled:
            return gr.skip(), gr.skip(), True
        return (*await self.answer(*values), True)

    async def _opened(self, filled: bool, *values: Any) -> AsyncIterator[tuple[Any, Any, Any]]:
        if filled:  # no work, so no turn
            yield gr.skip(), gr.skip(), gr.skip()
            return
        first = functools.partial(self._first, filled, *values)
        async for shown in self.turns.serve(first, lambda line: (gr.skip(), line, gr.skip())):
            yield shown


def _tab() -> gr.Tab | None:
    """The tab that is being filled."""
    block = Context.block
    while block is not None and not isinstance(block, gr.Tab):
        block = block.parent
    return block


def lead(words: str) -> None:
    """What the tab is about, at its head, and how its controls stand."""
    style = f"margin:0;max-width:110ch;font-size:14px;color:{charts.INK}"
    gr.HTML(f'<style>{BAR_STYLE}</style><p style="{style}">{html.escape(words)}</p>')


def seed_box(label: str, value: int, name: str) -> gr.Number:
    """A field for a seed."""
    return gr.Number(value, label=label, precision=None, minimum=None, min_width=110, scale=0, elem_id=name)


def model_choice(shop: FaceShop, name: str) -> gr.Radio:
    """Which of the bundled models."""
    kinds = [kind for kind in MODEL_WORDS if kind in shop.names]
    choices = [(MODEL_WORDS[kind], kind) for kind in kinds]
    return gr.Radio(choices, value=kinds[0], label="Model", min_width=280, scale=0, elem_id=name)


# -- the tab

FILM_PICTURES, FILM_RATE, FILM_SCALE = 24, 12.0, 3
SAVE_JS = """
watch('value', () => {
  if (!props.value) return;
  const file = JSON.parse(props.value);
  const link = document.createElement('a');
  Object.assign(link, { href: 'data:' + file.type + ';base64,' + file.base64, download: file.name });
  link.click();
});
"""


def build(shop: FaceShop, turns: Turns) -> None:
    """Into the current tab."""
    if not shop.names:
        lead(NO_MODELS)
        return
    lead(
        "Walk from one face to another. In latent space every step is a face of its own; in pixels, one "
        "picture fades while the other appears."
    )
    study = Study(shop, turns, functools.partial(_show, shop), "between")
    with gr.Row(elem_classes="study-bar"):
        inputs: list[Any] = [
            model_choice(shop, "between-model"),
            seed_box("First seed", 3, "between-first"),
            seed_box("Second seed", 8, "between-second"),
            gr.Dropdown([ANY, *HAIR], value=ANY, label="Hair", min_width=110, scale=0, filterable=False),
            gr.Dropdown([ANY, *EYES], value=ANY, label="Eyes", min_width=110, scale=0, filterable=False),
        ]
        button = gr.Button("Walk", variant="primary", min_width=110, scale=0, elem_id="between-go")
        save = gr.Button("Save as GIF", min_width=110, scale=0, elem_id="between-gif")
    study.finish(inputs, button)
    file = gr.HTML(None, html_template="<span></span>", js_on_load=SAVE_JS, elem_id="between-file")

    async def gif(*values: Any) -> tuple[Any, Any]:
        return await study.ask(functools.partial(_gif, shop), *values)

    saved = turns.callback(gif, lambda line: (gr.skip(), line))
    save.click(saved, inputs, [file, study.error], **STUDY)


def _show(shop: FaceShop, kind: str, first: Any, second: Any, hair: str, eyes: str) -> str:
    way = studies.between(studies.model_of(shop, kind), first, second, studies.STRIP, hair, eyes)
    ends = f"from seed {studies.whole(first, 'first seed')} to seed {studies.whole(second, 'second seed')}"
    strips = [
        charts.figure(title, charts.strip(images, f"{title}, {ends}: {len(images)} pictures"), caption)
        for title, images, caption in _rows(way)
    ]
    frames = _frames(shop, kind, first, second, hair, eyes)
    moving, still = (
        _link(film.webp(f, FILM_RATE, FILM_SCALE)) for f in (frames, frames[len(frames) // 4][None])
    )
    alt = html.escape(f"Film {ends}: mixed pixels on the left, latent walk on the right")
    picture = (
        f'<picture><source media="(prefers-reduced-motion: reduce)" srcset="{still}">'
        f'<img src="{moving}" alt="{alt}" style="display:block;width:100%;height:auto;margin:0"></picture>'
    )
    caption = (
        "Left pixels, right latents on the great circle. Look at the eyes: on the left two pairs fade "
        "through each other, on the right one pair moves."
    )
    return charts.columns(
        charts.stack(*strips), charts.figure("The same walk as a film", picture, caption, width=420)
    )


def _rows(way: studies.Between) -> list[tuple[str, studies.Images, str]]:
    """Title, pictures and what to look for of each way."""
    half = len(way.pixels) // 2
    sharp = {
        name: f"Sharpness there: {share:.2f} times that of the ends." for name, share in way.middle.items()
    }
    straight, around = way.linear_lengths, way.spherical_lengths
    return [
        (
            "Pixels, mixed",
            way.pixels,
            f"Halfway, look for two ghosts at once: both faces at half strength. {sharp['pixels']}",
        ),
        (
            "Latent, straight line",
            way.linear,
            f"Every picture is one face. Halfway the latent is {straight[half]:.1f} long, at the ends "
            f"{straight[0]:.1f} and {straight[-1]:.1f}: look for a plainer face. {sharp['linear']}",
        ),
        (
            "Latent, great circle",
            way.spherical,
            f"The latent keeps its length, {around[half]:.1f} halfway: look for a middle with as much "
            f"character as the ends. {sharp['spherical']}",
        ),
    ]


def _frames(shop: FaceShop, kind: str, first: Any, second: Any, hair: str, eyes: str) -> film.Frames:
    """Pixels and latent side by side, there and back."""
    way = studies.between(studies.model_of(shop, kind), first, second, FILM_PICTURES, hair, eyes)
    return film.ping_pong(film.beside([way.pixels, way.spherical]))


def _gif(shop: FaceShop, *values: Any) -> str:
    content = base64.b64encode(film.gif(_frames(shop, *values), FILM_RATE, FILM_SCALE)).decode()
    return json.dumps({"name": "between-two-faces.gif", "type": "image/gif", "base64": content})


def _link(webp: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(webp).decode()}"
