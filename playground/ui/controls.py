"""The control panel: one widget for each setting, made from its description in `config.FIELDS`.

Decides which settings apply to a run; knows nothing of sessions.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from playground.config import FIELDS, TARGETS, RunConfig
from playground.data import make_target
from playground.figures.thumbnails import thumbnail
from playground.objectives import OBJECTIVES
from playground.translations import phrase, translate
from playground.words import DEFAULT_LANGUAGE

GROUPS = {
    "networks": "Networks and latent space",
    "optimizer": "Optimizer and batches",
    "stabilise": "Stabilisers",
    "likelihood": "Likelihood model",
}
ELSEWHERE = ("target", "target_points")  # chosen by thumbnail, drawing or text
SLIDER_STEPS = {
    "instance_noise": 0.05,
    "label_smoothing": 0.05,
    "history_replay": 0.1,
}  # other sliders move by whole numbers
WORDS = {
    "gan": "GAN",
    "vae": "VAE",
    "autoencoder": "Autoencoder",
    "gmm": "Gaussian mixture (EM)",
    "adam": "Adam",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "leaky_relu": "Leaky ReLU",
    "relu": "ReLU",
    "silu": "SiLU",
    **{name: objective.title for name, objective in OBJECTIVES.items()},
}
GAN, LIKELIHOOD = ("gan",), ("vae", "autoencoder")
NEURAL = (*GAN, *LIKELIHOOD)
EVERY = (*NEURAL, "gmm")


def applies(name: str, c: RunConfig) -> bool:
    """Whether a setting changes anything in such a run; the panel hides the others."""
    models: dict[str, tuple[str, ...]] = {
        "objective": GAN,
        "discriminator_learning_rate": GAN,
        "discriminator_updates": GAN,
        "generator_updates": GAN,
        "order": GAN,
        "components": ("gmm",),
        "observation_sigma": LIKELIHOOD,
        "beta": ("vae",),
        "learn_observation_sigma": ("vae",),
        "seed": EVERY,
    }
    group = FIELDS[name].metadata["group"]
    default = {"stabilise": GAN, "networks": NEURAL, "optimizer": NEURAL}.get(group, EVERY)
    if c.model not in models.get(name, default):
        return False
    special = {
        "penalty_weight": c.objective in ("wgan-gp", "dragan"),
        "weight_clip": c.objective == "wgan",
        "began_gamma": c.objective == "began",
        "label_smoothing": c.objective in ("minimax", "non-saturating", "lsgan", "dragan"),
        "beta1": c.optimizer == "adam",
        "beta2": c.optimizer == "adam",
        "momentum": c.optimizer == "sgd",
        "rms_decay": c.optimizer == "rmsprop",
        "epsilon": c.optimizer != "sgd",
    }
    return special.get(name, True)


def group_applies(group: str, c: RunConfig) -> bool:
    """Whether any setting of a group applies."""
    return any(f.metadata["group"] == group and applies(name, c) for name, f in FIELDS.items())


def make_widget(name: str, c: RunConfig) -> Any:
    """The widget of one setting, showing its value in `c`."""
    m = FIELDS[name].metadata
    unit = m.get("unit")
    common = {
        "label": phrase("{label} ({unit})", label=m["label"], unit=unit) if unit else m["label"],
        "info": m["help"],
        "value": getattr(c, name),
        "visible": applies(name, c),
        "elem_id": f"set-{name.replace('_', '-')}",
        "interactive": True,
    }
    if m["kind"] == "choice":
        choices = [(WORDS.get(v, v.replace("_", " ")), v) for v in m["choices"]]
        return gr.Dropdown(choices, filterable=False, **common)
    if m["kind"] == "flag":
        return gr.Checkbox(**common)
    if name in SLIDER_STEPS or (m["integer"] and m["high"] <= 20):
        return gr.Slider(m["low"], m["high"], step=SLIDER_STEPS.get(name, 1), **common)
    return gr.Number(step=1 if m["integer"] else 0.0001, **common)


def update_widget(name: str, c: RunConfig) -> dict[str, Any]:
    """What a widget must show for `c`."""
    shown: dict[str, Any] = gr.update(value=getattr(c, name), visible=applies(name, c))
    return shown


def update_group(group: str, c: RunConfig) -> dict[str, Any]:
    """Whether a group of settings is shown for `c`."""
    shown: dict[str, Any] = gr.update(visible=group_applies(group, c))
    return shown


def read_widget(name: str, value: Any) -> Any:
    """A widget's value as the setting wants it: whole numbers come as floats, an empty field as None.

    What cannot be a number is handed on as it is: the config says what is wrong with it.
    """
    m = FIELDS[name].metadata
    if m["kind"] != "number" or value is None or isinstance(value, bool):
        return value
    if m["integer"] and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def equation(c: RunConfig) -> str:
    """The two losses of the objective and their paper, as Markdown."""
    if c.model != "gan":
        words, first, paper = LIKELIHOOD_EQUATIONS[c.model]
        return phrase(words, first=first, paper=paper)
    o = OBJECTIVES[c.objective]
    return phrase(
        "D minimises\n$${first}$$\nG minimises\n$${second}$$\n{paper}",
        first=o.equation_discriminator,
        second=o.equation_generator,
        paper=o.paper,
    )


CODED = "Encoder and decoder minimise\n$${first}$$\n{paper}"
LIKELIHOOD_EQUATIONS = {
    "vae": (
        CODED,
        r"-\mathbb{E}_{z\sim q(z|x)}[\log p(x|z)]+\beta\,\mathrm{KL}(q(z|x)\,\|\,p(z))",
        "Kingma and Welling 2014; Higgins et al. 2017",
    ),
    "autoencoder": (CODED, r"-\log p(x\,|\,z),\quad z=\mathrm{encoder}(x)", "No term shapes the codes."),
    "gmm": (
        "EM maximises\n$${first}$$\n{paper}",
        r"\mathbb{E}_{x}\Big[\log\textstyle\sum_k w_k\,\mathcal{N}(x;m_k,C_k)\Big]",
        "Dempster et al. 1977",
    ),
}


def thumbnails(c: RunConfig, language: str = DEFAULT_LANGUAGE) -> str:
    """The target chooser: a button with a picture for each."""
    return (
        f'<div class="targets" role="group" aria-label="{translate("Target", language)}">'
        + "".join(
            f'<button type="button" data-target="{name}" aria-pressed="{str(name == c.target).lower()}" '
            f'title="{translate(title, language)}">{picture}{translate(short, language)}</button>'
            for name, title, short, picture in _pictures()
        )
        + "</div>"
    )


def _pictures() -> list[tuple[str, str, str, str]]:
    found = []
    for name in TARGETS:
        if name == "points":
            continue
        target = make_target(name)
        points = target.sample(160, np.random.default_rng(0))
        found.append(
            (
                name,
                target.title,
                SHORT.get(name, name.replace("_", " ")),
                thumbnail(points, extent=target.extent),
            )
        )
    return found


SHORT = {
    "ring8": "ring of 8",
    "ring8_unequal": "unequal",
    "grid25": "grid of 25",
    "gaussian": "Gaussian",
    "two_moons": "moons",
    "two_islands": "islands",
    "swiss_roll": "roll",
    "checkerboard": "checker",
}
