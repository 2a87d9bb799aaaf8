"""What a model's folder says to a reader: a model card for the Hub, and a picture of generated faces.

A description may come from a stranger, so no text of it is taken as Markdown, HTML or YAML.
"""

from __future__ import annotations

import html
import io
import json
import re
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from playground.checkpoints.description import CLASSIFIER, PREVIEW, Description

if TYPE_CHECKING:
    from playground.checkpoints.model import FaceModel

ROWS, COLUMNS, GAP = 4, 8, 2  # faces down and across, white pixels between them
TITLES = {"ae": "autoencoder", "vae": "variational autoencoder", "gan": "GAN", CLASSIFIER: "classifier"}
TAGS = {"ae": "autoencoder", "vae": "vae", "gan": "gan", CLASSIFIER: "image-classification"}
OWN_TAGS = ["anime", "faces", "synthetic-data", "non-commercial"]
DATA = (
    "33,987 anime faces of 64 x 64 pixels with tags of hair and eye colour, from the course set of "
    "MLDS 2018, HW3-2 (conditional generation). They are **synthetic**: the MakeGirlsMoe generator drew "
    "them. That set allows non-commercial use, and so this model is for **non-commercial use** only."
)
LIMITS = (
    "- It knows one style of drawing and what the MakeGirlsMoe generator drew: girls' faces, seen "
    "from the front. What that generator favoured, this model favours.\n"
    "- Hair tags look right throughout; eye tags are noisier (black and brown, orange and yellow).\n"
    "- It was made for teaching how such models learn, and is not fit for anything that affects people."
)


def plain(text: str) -> str:
    """A text as Markdown that shows exactly its letters, on one line."""
    line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]()#.|~>@:$])", r"\\\1", html.escape(line, quote=False))


def model_card(about: Description, repo: str | None = None) -> str:
    """README.md of a model; `repo` is its place on the Hub, if it has one."""
    sections = [_front_matter(about), f"# {plain(about.name)}", _opening(about)]
    if about.kind != CLASSIFIER:
        sections += [f"![Generated faces, seeds 0 to {ROWS * COLUMNS - 1}]({PREVIEW})"]
    sections += ["## How to load it", _loading(about, repo)]
    sections += ["## Training data", _data(about), "## Training", _training(about)]
    if about.scores:
        sections += ["## Scores", _scores(about)]
    sections += [] if about.data else ["## Limits", LIMITS]
    return "\n\n".join(sections) + "\n"


def _data(about: Description) -> str:
    """What it learned from: the project's own faces, or what whoever published it says."""
    if not about.data:
        return DATA
    return f"{plain(about.data)}\n\nWhat may be done with it: {plain(about.licence)}."


def _front_matter(about: Description) -> str:
    """YAML; every text from outside is a JSON string, which YAML reads as the same string."""
    task = "image-classification" if about.kind == CLASSIFIER else "unconditional-image-generation"
    tags = ["gan-playground", TAGS[about.kind], *([] if about.data else OWN_TAGS)]
    lines = ["license: other", f"license_name: {json.dumps(about.licence)}", "library_name: gan-playground"]
    lines += [f"pipeline_tag: {task}", "tags:", *(f"- {tag}" for tag in dict.fromkeys(tags))]
    return "\n".join(["---", *lines, f"model_name: {json.dumps(about.name)}", "---"])


def _opening(about: Description) -> str:
    side = about.recipe.size
    if about.kind == CLASSIFIER:
        return f"Names the hair and eye colour of anime faces of {side} x {side} pixels."
    what = "pictures" if about.data else "anime faces"
    also = "" if about.kind == "gan" else f" It also turns {what} into latents and back."
    return (
        f"A {TITLES[about.kind]} that draws {what} of {side} x {side} pixels, with the hair and eye "
        f"colour asked for.{also} Made with the GAN playground. Weights are float16 "
        "safetensors; nothing is pickled."
    )


def _loading(about: Description, repo: str | None) -> str:
    if about.kind == CLASSIFIER:
        code = "from playground.checkpoints import load_classifier\n\nclassifier = load_classifier()"
    else:
        code = (
            "from playground.checkpoints import load\n\n"
            f"model = load({json.dumps(repo or about.name)})\n"
            'faces = model.generate(range(32), hair="blue", eyes="any")  # (32, side, side, 3) uint8'
        )
    return (
        f"```python\n{code}\n```\n\nA seed is the same face on every machine. The weights are checked "
        "against the hash in `config.json` before they are used."
    )


def _training(about: Description) -> str:
    recipe, kind = about.recipe, about.kind
    rate = recipe.learning_rate if kind == "gan" else recipe.autoencoder_learning_rate
    rows = {
        "Recipe": f"{plain(recipe.name)}, version {recipe.version}",
        "Updates": f"{about.step:,}",
        "Images seen": f"{about.images_seen:,}",
        "Batch size": f"{recipe.batch_size:,}",
        "Learning rate": f"{rate:g}",
        "Channels": ", ".join(str(c) for c in recipe.channels),
        "Hardware": plain(about.hardware) or "not recorded",
    }
    if kind != CLASSIFIER:
        rows["Latent numbers"] = str(recipe.latent_dim)
    if kind == "gan":
        rows["Objective"] = (
            f"{plain(recipe.objective)}, R1 {recipe.r1_weight:g}, R2 {recipe.r2_weight:g}, "
            f"augmentation {recipe.augment_probability:g}"
        )
    if about.timeline:
        rows["Earlier weights"] = ", ".join(f"{step:,}" for step in sorted(about.timeline)) + " updates"
    return _table(("Setting", "Value"), rows)


def _scores(about: Description) -> str:
    return _table(("Measure", "Value"), {plain(k): f"{v:.4g}" for k, v in about.scores.items()})


def _table(head: tuple[str, str], rows: dict[str, str]) -> str:
    lines = [head, ("---", "---"), *rows.items()]
    return "\n".join(f"| {left} | {right} |" for left, right in lines)


def preview(model: FaceModel) -> bytes:
    """A PNG of `ROWS` x `COLUMNS` faces, seeds 0 and up from left to right."""
    faces = model.generate(range(ROWS * COLUMNS))
    side = model.recipe.size + GAP
    sheet = np.full((ROWS * side - GAP, COLUMNS * side - GAP, 3), 255, np.uint8)
    for i, face in enumerate(faces):
        top, left = i // COLUMNS * side, i % COLUMNS * side
        sheet[top : top + model.recipe.size, left : left + model.recipe.size] = face
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
