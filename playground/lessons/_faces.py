"""What the lessons on faces share: words for models, and faces as pictures in a figure.

Knows no lesson. Where a copy bundles no face models, a lesson shows `without` instead of its exhibit.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playground.figures.plots import INK, MUTED, sentence
from playground.figures.sheets import data_url
from playground.lessons.lesson import Say, View
from playground.words import Text

Images = NDArray[np.uint8]  # (N, side, side, 3)

KINDS = {
    "gan": Text("GAN", "GAN", "GAN"),
    "vae": Text("VAE", "VAE", "VAE"),
    "ae": Text("autoencoder", "自編碼器", "自编码器"),
}
MODEL = Text("Model", "模型", "模型")
MOST_SEED = 99_999  # that can be typed in; the presses of a button go on from there
NONE = Text(
    "No face models are bundled with this copy, so there is nothing to show here.",
    "這份程式沒有附上人臉模型，所以這裡沒有東西可看。",
    "这份程序没有附带人脸模型，所以这里没有内容可看。",
)
MISSING = Text(
    "This copy bundles no {kind} of faces: choose another model.",
    "這份程式沒有附上人臉的 {kind}：請選另一個模型。",
    "这份程序没有附带人脸的 {kind}：请选另一个模型。",
)


def without(say: Say, kind: str = "") -> View:
    """One sentence for a copy that bundles no models, or not the one of this kind."""
    words = say(MISSING, kind=say(KINDS[kind])) if kind else say(NONE)
    return View(sentence(words), words, finished=True)


def address(images: Images) -> str:
    """Faces (N, s, s, 3) side by side as a data URL, exact to the bit."""
    return data_url(np.concatenate(list(images), axis=1))


def picture(url: str, alt: str, *, width: int, ring: str = "") -> str:
    """A picture at most `width` pixels wide, its own pixels as squares. `ring` is the colour of a frame."""
    frame = f"outline:2px solid {ring};outline-offset:2px;" if ring else ""
    return (
        f'<img src="{url}" alt="{html.escape(alt)}" draggable="false" style="display:block;width:100%;'
        f'max-width:{width}px;height:auto;margin:0;border-radius:3px;image-rendering:pixelated;{frame}">'
    )


def named(label: str, body: str) -> str:
    """A body under a short quiet label."""
    return (
        '<div style="min-width:0"><div style="font-size:12.5px;line-height:1.3;margin:0 0 2px;'
        f'color:{MUTED}">{html.escape(label)}</div>{body}</div>'
    )


def across(parts: Sequence[str], gap: int = 10) -> str:
    """Equal parts side by side."""
    return (
        f'<div style="display:grid;gap:{gap}px;grid-template-columns:repeat({len(parts)},minmax(0,1fr));'
        f'color:{INK}">{"".join(parts)}</div>'
    )
