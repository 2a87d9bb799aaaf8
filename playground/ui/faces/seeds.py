"""The tab "From seeds": the same seeds in every model, and one face opened, with its latent sliders.

The browser holds what the visitor chose and asks for pictures of it; the server keeps nothing between two
questions. `static/faces.js` asks them and draws the answers.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from playground.checkpoints import FaceModel
from playground.config import ConfigError
from playground.figures.sheets import data_url, sheet
from playground.recipes import ANY, TRAITS
from playground.session.faces import FaceShop
from playground.translations.exchange import exchange_all
from playground.ui.faces.wish import COUNTS, MOST_SEED, MOST_TRUNCATION, Wish
from playground.ui.language import language_now, reason
from playground.ui.view import static_base

TITLES = {"ae": "Autoencoder", "vae": "Variational autoencoder", "gan": "GAN"}
SHORT = {"ae": "AE", "vae": "VAE", "gan": "GAN"}
CAPTIONS = {
    "ae": "Look for faces that fall apart: nobody told it where codes lie, nor to heed hair and eyes.",
    "vae": "Look for blur: where several faces share a code, it paints their mean.",
    "gan": "Look at the edges: they are sharp, since D would tell a blurred face at once.",
}
NO_MODELS = (
    '<p class="faces-note">No face models are bundled with this copy. Train some in the last tab, or name a '
    "folder that holds them in the environment variable PLAYGROUND_CHECKPOINTS.</p>"
)
ON_LOAD = """
const root = ((window.gradio_config || {}).root || '').replace(/\\/+$/, '');
import(root + '%(base)s/faces.js').then((faces) => faces.mount(element, {
  row: (wish) => server.faces_in_rows(wish),
  face: (wish) => server.one_face(wish),
  directions: (wish) => server.named_directions(wish),
  waiting: () => server.wishes_in_line(0),
}));
"""

Answer = dict[str, Any]


class Seeds:
    """Answers the questions of the tab; holds the shared models and nothing of a visitor."""

    def __init__(self, shop: FaceShop) -> None:
        self.shop = shop
        self.kinds = tuple(shop.names)

    def rows(self, wish: Wish) -> Answer:
        """One picture for each model, all faces of it side by side, and its numbers in words."""
        seeds = range(wish.seed, wish.seed + wish.faces)
        rows = {}
        for kind in self.kinds:
            model = self.model(kind)
            images = model.generate(seeds, wish.hair, wish.eyes, wish.truncation)
            rows[kind] = {"picture": data_url(sheet(images), exact=False), "numbers": self.numbers(kind)}
        return {"rows": rows, "seeds": list(seeds)}

    def face(self, wish: Wish, whole_panel: bool) -> Answer:
        """The opened face as its sliders have it; with the panel, also in the other models, and its code."""
        model = self.model(wish.model)
        code = model.latents([wish.face])
        moved = self._moved(model, wish, code[0])
        pictures = {wish.model: self._picture(model, wish, moved)}
        if not whole_panel:
            return {"face": wish.face, "pictures": pictures}
        for kind in self.kinds:
            if kind != wish.model:
                other = self.model(kind)
                pictures[kind] = self._picture(other, wish, other.latents([wish.face])[0])
        return {"face": wish.face, "pictures": pictures, "code": [round(float(z), 3) for z in code[0]]}

    def directions(self, wish: Wish) -> Answer:
        """The named directions of the chosen model."""
        return {
            "model": wish.model,
            "directions": [
                {"number": d.number, "label": d.label, "help": _help(d.label, d.effect)}
                for d in self.shop.directions(self.shop.names[wish.model])
            ],
        }

    def model(self, kind: str) -> FaceModel:
        """The bundled model of a kind."""
        return self.shop.model(self.shop.names[kind])

    def numbers(self, kind: str) -> str:
        """What the model cost and how sharp it paints, in words."""
        model = self.model(kind)
        words = [
            f"{_short(model.parameters)} parameters",
            f"{_short(model.multiply_adds)} multiply-adds a face",
            f"{model.step:,} updates",
            f"{_short(model.images_seen)} faces seen",
        ]
        sharp = self.shop.sharpness(model.name)
        if sharp is not None:
            words.append(f"sharpness {sharp:.2f} of real faces")
        return " · ".join(words)

    def _moved(self, model: FaceModel, wish: Wish, code: NDArray[np.float32]) -> NDArray[np.float32]:
        """Dimensions are set first, then every direction adds its part."""
        moved = code.copy()
        directions = {d.number: d.vector for d in self.shop.directions(model.name)} if wish.sliders else {}
        places = {"z": len(code), "d": len(directions)}
        for kind, place, _ in wish.sliders:
            if place > places[kind]:
                raise ConfigError(f"sliders = {kind}{place}: allowed is {kind}1 to {kind}{places[kind]}.")
        for kind, place, value in wish.sliders:
            if kind == "z":
                moved[place - 1] = value
        for kind, place, value in wish.sliders:
            if kind == "d":
                moved += np.float32(value) * directions[place].astype(np.float32)
        return moved

    def _picture(self, model: FaceModel, wish: Wish, code: NDArray[np.float32]) -> str:
        return data_url(model.decode(code[None], wish.hair, wish.eyes, wish.truncation)[0])


def _help(label: str, effect: float) -> str:
    if not effect:
        return "A direction the network answers strongly to; what it does has no simple name."
    return f"Named by measuring: from -2 to +2 it grows by {effect:.1f} standard deviations of faces."


def _short(count: int) -> str:
    """1234567 -> "1.23 million"."""
    for size, word in ((10**9, " billion"), (10**6, " million")):
        if count >= size:
            return f"{count / size:.3g}{word}"
    return f"{count:,}"


# -- the component


def build(shop: FaceShop) -> None:
    """Into the current tab."""
    if not shop.names:
        gr.HTML(NO_MODELS, apply_default_css=False)
        return
    seeds = Seeds(shop)
    gr.HTML(
        markup(seeds.kinds),
        js_on_load=ON_LOAD % {"base": static_base()},
        server_functions=[
            _asked(seeds, "faces_in_rows", lambda wish, _: seeds.rows(wish)),
            _asked(seeds, "one_face", lambda wish, values: seeds.face(wish, values.get("panel") is True)),
            _asked(seeds, "named_directions", lambda wish, _: seeds.directions(wish)),
            _in_line(shop),
        ],
        apply_default_css=False,
        elem_id="from-seeds",
    )


def _asked(seeds: Seeds, name: str, answer: Callable[[Wish, Any], Answer]) -> Callable[..., Any]:
    """A function for the page: what it sends is checked, and a refusal is answered as a sentence."""

    async def ask(values: Any) -> Answer:
        try:
            wish = Wish.read(values, seeds.kinds)
            answered: Answer = exchange_all(await seeds.shop.run(answer, wish, values), language_now())
            return answered
        except ConfigError as error:
            return {"error": reason(error)}

    ask.__name__ = name
    return ask


def _in_line(shop: FaceShop) -> Callable[..., Any]:
    async def wishes_in_line(_: Any) -> int:
        """How many are under way or waiting: asked by a page whose answer is long in coming."""
        return shop.waiting

    return wishes_in_line


def markup(kinds: tuple[str, ...]) -> str:
    """Controls, one row for each model, and the panel of the opened face, all still without pictures."""
    rows = "".join(_row(kind) for kind in kinds)
    return (
        f'<div class="faces">{_controls()}<p class="visitor-error faces-error" role="alert" hidden></p>'
        f'<div class="faces-body"><div class="faces-rows">{rows}</div>{_panel(kinds)}</div></div>'
    )


def _controls() -> str:
    counts = "".join(f"<option{' selected' if n == COUNTS[1] else ''}>{n}</option>" for n in COUNTS)
    traits = "".join(
        f'<label class="faces-field">{trait.capitalize()}<select name="{trait}">'
        + "".join(f"<option>{c}</option>" for c in (ANY, *colours))
        + "</select></label>"
        for trait, colours in TRAITS.items()
    )
    return (
        '<form class="faces-bar" autocomplete="off">'
        '<label class="faces-field" title="Each whole number stands for one latent code, in all models">'
        f'First seed<input type="number" name="seed" min="0" max="{MOST_SEED}" step="1" value="0"></label>'
        '<button type="button" class="faces-button primary" data-do="dice">Roll the dice</button>'
        f'<label class="faces-field">Faces<select name="faces">{counts}</select></label>{traits}'
        '<label class="faces-field wide" title="Codes are multiplied by this: near 0 all faces become the '
        'mean one, above 1 they become rare ones">Truncation<span class="faces-range">'
        f'<input type="range" name="truncation" min="0" max="{MOST_TRUNCATION}" step="0.05" value="1">'
        "<output>1.00</output></span></label></form>"
    )


def _row(kind: str) -> str:
    title = TITLES[kind]
    name = title if title == SHORT[kind] else f"{title} <small>{SHORT[kind]}</small>"
    return (
        f'<section class="faces-row" data-kind="{kind}" aria-label="{title}"><h3>{name}</h3>'
        f'<p class="caption">{html.escape(CAPTIONS[kind])}</p>'
        f'<div class="faces-cells" role="group" aria-label="{title}: press a face to open it"></div>'
        '<p class="numbers">&nbsp;</p></section>'
    )


def _panel(kinds: tuple[str, ...]) -> str:
    pictures = "".join(
        f'<button type="button" class="faces-choice" data-kind="{kind}" aria-pressed="false">'
        f'<img alt="" width="64" height="64"><span>{SHORT[kind]}</span></button>'
        for kind in kinds
    )
    saves = "".join(
        f'<button type="button" class="faces-button" data-save="{factor}">PNG {factor}×</button>'
        for factor in (1, 4, 8)
    )
    return (
        '<section class="faces-open" aria-label="The opened face" tabindex="-1" hidden><header><h3></h3>'
        '<button type="button" class="faces-button" data-do="close">Close</button></header>'
        f'<div class="faces-stage">{pictures}</div>'
        '<p class="caption">The same seed in each model. Press one to move its sliders; their names say what '
        "they were measured to change most in this model’s faces.</p>"
        '<div class="faces-sliders named"></div><details><summary>Raw dimensions of the code</summary>'
        '<div class="faces-sliders raw"></div></details>'
        '<div class="faces-actions"><button type="button" class="faces-button" data-do="centre">Sliders back'
        f"</button>{saves}</div>"
        '<p class="caption">The address of this page holds the face: copy it to share.</p></section>'
    )
