"""The tab "Blur": the same faces through AE and VAE beside GAN faces, and a visitor's own picture.

Of an uploaded picture nothing is kept: every question reads it again, checks it and crops it. Knows what is
shown, not how a face is encoded, searched or measured.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from playground.config import ConfigError
from playground.data.faces import one_face
from playground.figures import face_charts as charts
from playground.limits import limits
from playground.recipes import ANY
from playground.session import face_studies as studies
from playground.session.closest import Closest, find_closest, guess_colours
from playground.session.faces import FaceShop
from playground.translations.exchange import exchange_html
from playground.ui.faces.between import NO_MODELS, STUDY, Study, lead, seed_box
from playground.ui.language import language_now, news, refusal
from playground.ui.turns import Turns

ROWS = {
    "ae": ("Autoencoder: the same faces, encoded and decoded",
           "Look at strands of hair and the light in the eyes: 64 numbers cannot hold them."),
    "vae": ("VAE: the same faces, encoded and decoded",
            "Look for blur everywhere: where a code leaves doubt, the decoder paints the mean."),
    "gan": ("GAN: faces of its own",
            "Look at the edges: sharp, since D would tell a blurred face at once."),
}  # fmt: skip
GIVEN = {
    True: ("Real faces, unseen in training",
           "Drawn faces of the data set’s test part: what the others are measured against."),
    False: ("Stand-ins: faces made by the GAN",
            "The data set is not in this copy, so the GAN’s own faces stand in for real ones as pictures."),
}  # fmt: skip
NAMES = {"real": "real faces", "ae": "autoencoder", "vae": "VAE", "gan": "GAN"}
DASHES = {"real": "", "ae": "2 3", "vae": "7 4", "gan": ""}
SIDE = 128  # pixels of one of a visitor's pictures on the page
SEARCH: dict[str, Any] = {
    "concurrency_limit": None,  # who has to wait is told so
    "show_progress": "hidden",
    "api_visibility": "private",
}
COLOURS = [("not fixed", "any"), ("as the classifier guesses", "guess")]


def build(shop: FaceShop, turns: Turns) -> None:
    """Into the current tab."""
    if not shop.names:
        lead(NO_MODELS)
        return
    lead(
        "An autoencoder and a VAE are asked to give back each pixel, a GAN only to look real. Compare how "
        "sharp they are: same size, same crop, and real faces as the measure."
    )
    study = Study(shop, turns, functools.partial(_show, shop), "blur")
    with gr.Row(elem_classes="study-bar"):
        seed = seed_box("Seed of the choice", 0, "blur-seed")
        button = gr.Button("Compare", variant="primary", min_width=110, scale=0, elem_id="blur-go")
    study.finish([seed], button)
    _build_own(shop, turns)


def _show(shop: FaceShop, seed: Any) -> str:
    found = studies.blur(shop, seed)
    title, caption = GIVEN[found.faces.real]
    color = charts.REAL if found.faces.real else charts.GENERATED
    rows = [charts.figure(title, charts.strip(found.faces.images, title), caption, color=color)]
    rows += [
        charts.figure(
            ROWS[kind][0], charts.strip(images, ROWS[kind][0]), ROWS[kind][1], color=charts.GENERATED
        )
        for kind, images in found.images.items()
    ]
    return charts.columns(charts.stack(*rows), charts.stack(_sharpness(found), _spectra(found)))


def _color(name: str) -> str:
    return charts.REAL if name == "real" else charts.GENERATED


def _whence(found: studies.Blur) -> str:
    if found.faces.real:
        return f"Means over {found.count} faces each."
    if found.measured_real:
        return f"Real: numbers of the whole data set, bundled. The others: means over {found.count} pictures."
    return f"This copy knows no real faces: here the stand-ins are 1. Means over {found.count} pictures each."


def _sharpness(found: studies.Blur) -> str:
    rows = [(NAMES[name], value, _color(name)) for name, value in found.relative.items()]
    words = "Sharpness with real faces as 1: " + ", ".join(f"{name} {value:.2f}" for name, value, _ in rows)
    return charts.figure(
        "Sharpness (variance of the Laplacian), real = 1",
        charts.bars(rows, words=words + "."),
        "Look for who stays below the dotted line: blur. Above it is noise. " + _whence(found),
        width=520,
    )


def _spectra(found: studies.Blur) -> str:
    lines = [
        charts.Line(NAMES[name], found.frequencies.tolist(), power.tolist(), _color(name), DASHES[name])
        for name, power in found.power_db.items()
    ]
    places = [int(np.argmin(np.abs(found.frequencies - f))) for f in (1 / 16, 1 / 4, 1 / 2)]
    heads = ["power in dB at", *(f"{found.frequencies[p]:.3g}" for p in places)]
    rows = [
        [NAMES[name], *(f"{power[p]:.1f}".replace("-", "−") for p in places)]
        for name, power in found.power_db.items()
    ]
    words = "Power of brightness against spatial frequency for " + ", ".join(line.label for line in lines)
    chart = charts.spectra(
        lines, words=words, x_title="spatial frequency (cycles per pixel)", y_title="power (dB)"
    )
    return charts.figure(
        "Power spectrum: coarse shapes on the left, fine detail on the right",
        chart + charts.number_table(heads, rows),
        "Look at the right half: where a line falls below the real one, detail of that size is missing.",
        width=520,
    )


# -- a visitor's own picture


def _build_own(shop: FaceShop, turns: Turns) -> None:
    gr.HTML(
        f'<h3 style="margin:14px 0 2px;font-size:16px;color:{charts.INK}">Your own picture</h3>'
        f'<p style="margin:0;font-size:13px;color:{charts.MUTED};max-width:75ch">Any picture: its middle '
        "square is taken and reduced to the networks’ size. It is deleted within three hours. A drawn face, "
        "cropped tightly, works best; anything else shows what they have never learned.</p>"
    )
    with gr.Row(equal_height=False, elem_classes="study-own"):
        with gr.Column(scale=0, min_width=330):
            picture = gr.Image(
                type="filepath",
                sources=["upload", "clipboard"],
                label="Upload or paste a picture",
                height=220,
                buttons=[],
                elem_id="own-picture",
            )
            picture.preprocess = _as_it_came  # type: ignore[method-assign, assignment]
            if "gan" in shop.names:
                colours = gr.Radio(COLOURS, value="any", label="Hair and eyes", elem_id="own-colours")
                seed = seed_box("Seed of the search", 0, "own-seed")
                with gr.Row(elem_classes="study-bar"):
                    find = gr.Button("Find the GAN’s closest face", variant="primary", elem_id="own-find")
                    stop = gr.Button("Stop", elem_id="own-stop", min_width=80, scale=0)
        with gr.Column(scale=1, min_width=300):
            error = gr.HTML("", visible=False, elem_id="own-error")
            kept = gr.HTML("", elem_id="own-result", apply_default_css=False)
            closest = gr.HTML("", elem_id="own-closest", apply_default_css=False)
    own = OwnPicture(shop)
    keep = turns.callback(own.keep, lambda line: (gr.skip(), gr.skip(), line))
    picture.input(keep, picture, [kept, closest, error], **STUDY)
    if "gan" in shop.names:
        search = find.click(own.find, [picture, colours, seed], [closest, error], **SEARCH)
        stop.click(own.stopped, None, error, cancels=[search], queue=False, api_visibility="private")


def _as_it_came(payload: Any) -> Path | None:
    """The file: gr.Image would open it, before anything about it was checked. `one_face` does both."""
    return Path(payload.path) if payload is not None and payload.path else None


class OwnPicture:
    """What is done with an uploaded picture; holds the shared models, who searches, and no picture."""

    def __init__(self, shop: FaceShop) -> None:
        self.shop = shop
        self.turns = Turns(limits().searches_at_once)

    async def keep(self, picture: Path | None) -> tuple[Any, Any, Any]:
        """What AE and VAE keep of it."""
        if picture is None:
            return "", "", gr.update(visible=False)
        try:
            kept = await self.shop.run(self._kept, picture)
            return exchange_html(kept, language_now()), "", gr.update(visible=False)
        except ConfigError as error:
            return "", "", refusal(error)

    def _kept(self, picture: Path) -> str:
        crop = self.read(picture)
        parts = [
            _one("Your picture, as the networks see it", crop, "Crop and size are all that changed.", "")
        ]
        for kind in ("ae", "vae"):
            if kind not in self.shop.names:
                continue
            model = studies.model_of(self.shop, kind)
            faces = model.reconstruct(crop[None])
            share = studies.sharper(faces, crop[None])
            words = f"Sharpness: {share:.2f} of your picture’s. Look for what came back and what did not."
            title = f"What the {studies.WORDS[kind]} keeps"
            parts.append(_one(title, faces[0], words, charts.GENERATED))
        return _side_by_side(parts)

    async def find(self, picture: Path | None, colours: Any, seed: Any) -> AsyncIterator[tuple[Any, Any]]:
        """`search`, when the visitor's turn has come; until then, the position in line."""
        try:
            async for words in self.turns.wait():
                yield gr.skip(), news(words, language_now())
        except ConfigError as error:
            yield gr.skip(), refusal(error)
            return
        try:
            reports = self.search(picture, colours, seed)
            while (report := await run_in_threadpool(next, reports, None)) is not None:
                yield report
        finally:
            self.turns.end()

    def search(self, picture: Path | None, colours: Any, seed: Any) -> Iterator[tuple[Any, Any]]:
        """The search, as far as it is; ends when the visitor presses Stop or the best is found."""
        try:
            if picture is None:
                raise ConfigError("There is no picture yet: upload or paste one first.")
            number = studies.whole(seed, "seed")
            crop = self.read(picture)
            hair, eyes = self._colours(colours, crop)
            gan = studies.model_of(self.shop, "gan")
            for found in find_closest(gan, crop, hair=hair, eyes=eyes, seed=number):
                shown = _search_shown(crop, found, hair, eyes)
                yield exchange_html(shown, language_now()), gr.update(visible=False)
        except ConfigError as error:
            yield gr.skip(), refusal(error)

    def stopped(self) -> Any:
        """Nobody waits any longer; the last picture stays."""
        return gr.update(visible=False)

    def read(self, picture: Path) -> NDArray[np.uint8]:
        """The middle square at the networks' size. Raises `ConfigError` for no picture and a large one."""
        try:
            size = picture.stat().st_size
        except OSError:
            raise ConfigError("The picture is no longer there: upload or paste it again.") from None
        if size > limits().file_bytes:
            raise ConfigError(f"The file has {size:,} bytes: allowed is at most {limits().file_bytes:,}.")
        side = studies.model_of(self.shop, next(iter(self.shop.names))).recipe.size
        return one_face(picture.read_bytes(), side)

    def _colours(self, wish: Any, crop: NDArray[np.uint8]) -> tuple[str, str]:
        if wish not in [value for _, value in COLOURS]:
            raise ConfigError(f"colours = {str(wish)[:20]!r}: allowed is any, guess.")
        if wish == "any":
            return ANY, ANY
        classifier = self.shop.classifier()
        if classifier is None:
            raise ConfigError("colours = guess: this copy bundles no classifier, so allowed is any.")
        return guess_colours(classifier, crop)


def _one(title: str, face: NDArray[np.uint8], caption: str, color: str) -> str:
    return charts.figure(title, charts.strip(face[None], title, side=SIDE), caption, color=color, width=200)


def _side_by_side(parts: list[str]) -> str:
    return (
        '<div style="display:grid;gap:14px 22px;grid-template-columns:repeat(auto-fit,minmax(140px,200px));'
        f'margin:0 0 12px">{"".join(parts)}</div>'
    )


def _search_shown(crop: NDArray[np.uint8], found: Closest, hair: str, eyes: str) -> str:
    """Picture and closest face side by side, and how far the search is."""
    far = "Found." if found.done else f"Update {found.update} of {found.updates}."
    asked = "any colours" if (hair, eyes) == (ANY, ANY) else f"{hair} hair, {eyes} eyes"
    caption = (
        f"{far} Off by {found.error:.3f} a pixel (root mean square, 0 to 1); the best random start was off "
        f"by {found.start_error:.3f}. Look for what the GAN cannot paint."
    )
    title = f"The GAN’s closest face, {asked}"
    bar = (
        f'<div role="progressbar" aria-label="Progress of the search" aria-valuemin="0" '
        f'aria-valuemax="{found.updates}" aria-valuenow="{found.update}" style="max-width:422px;height:4px;'
        f'margin:0 0 10px;background:{charts.HAIRLINE}"><div style="height:100%;background:{charts.MUTED};'
        f'width:{100 * found.update / found.updates:.0f}%"></div></div>'
    )
    both = [
        _one("Your picture", crop, "What is searched for.", ""),
        _one(title, found.face, caption, charts.GENERATED),
    ]
    return bar + _side_by_side(both)
