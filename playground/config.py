"""Every setting of a run, once: name, meaning, unit, range, choices, default.

A `RunConfig` is a frozen value. It knows how to check itself, how to become JSON or a URL query and
how to come back; it does not know what a network, a loss or a page is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from playground.translations import phrase

TARGETS = (
    "two_islands",
    "ring8",
    "ring8_unequal",
    "grid25",
    "gaussian",
    "line",
    "two_moons",
    "circles",
    "spiral",
    "pinwheel",
    "swiss_roll",
    "checkerboard",
    "points",
)
MODELS = ("gan", "vae", "autoencoder", "gmm")
OBJECTIVES = (
    "minimax",
    "non-saturating",
    "lsgan",
    "wgan",
    "wgan-gp",
    "dragan",
    "hinge",
    "began",
    "relativistic",
)
ACTIVATIONS = ("relu", "leaky_relu", "tanh", "silu")
LABELLED = ("minimax", "non-saturating", "dragan", "lsgan")  # objectives in which real carries a label


class ConfigError(ValueError):
    """A setting that cannot be: the message names the field, the value and what is allowed."""


def _number(
    default: float | None,
    label: str,
    help: str,
    low: float,
    high: float,
    *,
    unit: str = "",
    integer: bool = False,
    open_low: bool = False,
    group: str,
) -> Any:
    meta = dict(
        label=label,
        help=help,
        low=low,
        high=high,
        unit=unit,
        integer=integer,
        open_low=open_low,
        group=group,
        kind="number",
    )
    return field(default=default, metadata=meta)


def _choice(default: str, label: str, help: str, choices: tuple[str, ...], *, group: str) -> Any:
    return field(
        default=default, metadata=dict(label=label, help=help, choices=choices, group=group, kind="choice")
    )


def _flag(default: bool, label: str, help: str, *, group: str) -> Any:
    return field(default=default, metadata=dict(label=label, help=help, group=group, kind="flag"))


@dataclass(frozen=True)
class RunConfig:
    """One run, completely: the same config and the same clicks give the same numbers.

    Raises `ConfigError` (a `ValueError`) with one sentence for every impossible value.
    """

    # -- what is to be learned
    target: str = _choice(
        "two_islands", "Target", "The distribution to learn, p_data.", TARGETS, group="target"
    )
    target_sigma: float | None = _number(
        None, "Width of the target", "Standard deviation of each mode; empty for the target's own.",
        0.0, 1.0, open_low=True, group="target",
    )  # fmt: skip
    target_points: str = field(
        default="",
        metadata=dict(
            label="Points",
            help="The drawn, pasted or uploaded cloud, encoded.",
            kind="points",
            group="target",
        ),
    )
    # -- what learns it
    model: str = _choice(
        "gan", "Model", "What learns the target; all share one generator network.", MODELS, group="model"
    )
    objective: str = _choice(
        "non-saturating", "Objective", "The pair of losses of the two networks.", OBJECTIVES, group="model"
    )
    penalty_weight: float = _number(
        10.0, "Gradient penalty", "Weight of the objective's own gradient penalty (WGAN-GP, DRAGAN).",
        0.0, 1000.0, group="stabilise",
    )  # fmt: skip
    weight_clip: float = _number(
        0.05, "Weight clipping", "WGAN: every weight of the critic stays within plus or minus this.",
        0.0, 10.0, open_low=True, group="stabilise",
    )  # fmt: skip
    began_gamma: float = _number(
        0.7, "Diversity ratio", "BEGAN: wanted reconstruction error of generated over real points.",
        0.0, 1.0, open_low=True, group="stabilise",
    )  # fmt: skip
    r1_weight: float = _number(
        0.0, "R1", "Zero-centred gradient penalty on real points.", 0.0, 1000.0, group="stabilise"
    )
    r2_weight: float = _number(
        0.0, "R2", "Zero-centred gradient penalty on generated points.", 0.0, 1000.0, group="stabilise"
    )
    instance_noise: float = _number(
        0.0, "Instance noise", "Standard deviation of noise added to all that the discriminator sees.",
        0.0, 2.0, group="stabilise",
    )  # fmt: skip
    label_smoothing: float = _number(
        0.0,
        "Label smoothing",
        "Real points are labelled 1 minus this (one-sided).",
        0.0,
        0.5,
        group="stabilise",
    )
    packing: int = _number(
        1,
        "Packing",
        "The discriminator judges this many points at once (PacGAN).",
        1,
        8,
        integer=True,
        group="stabilise",
    )
    unrolled_steps: int = _number(
        0, "Unrolled steps", "The generator looks this many discriminator updates ahead.", 0, 10,
        integer=True, unit="updates", group="stabilise",
    )  # fmt: skip
    history_replay: float = _number(
        0.0, "History replay", "Share of the discriminator's generated points that earlier generators drew.",
        0.0, 0.9, group="stabilise",
    )  # fmt: skip
    ema_half_life_iterations: float = _number(
        0.0, "Averaged generator", "Half-life of the running mean of the generator's weights; 0 is off.",
        0.0, 100_000.0, unit="iterations", group="stabilise",
    )  # fmt: skip
    # -- likelihood models
    beta: float = _number(
        1.0, "KL weight", "VAE: weight of the KL term (beta-VAE).", 0.0, 1000.0, group="likelihood"
    )
    observation_sigma: float = _number(
        0.1, "Observation sigma", "VAE, autoencoder: standard deviation of p(x|z); the start when learned.",
        0.0, 10.0, open_low=True, group="likelihood",
    )  # fmt: skip
    learn_observation_sigma: bool = _flag(
        False, "Learn sigma", "VAE: learn the observation's standard deviation.", group="likelihood"
    )
    components: int = _number(
        8,
        "Components",
        "Gaussian mixture: number of components fitted by EM.",
        1,
        100,
        integer=True,
        group="likelihood",
    )
    # -- latent space
    prior: str = _choice(
        "normal", "Prior", "The distribution of the latent z.", ("normal", "uniform"), group="networks"
    )
    latent_dim: int = _number(
        2, "Latent dimension", "Number of coordinates of z.", 1, 100, integer=True, group="networks"
    )
    # -- networks
    generator_depth: int = _number(
        2, "Generator depth", "Hidden layers.", 0, 8, integer=True, unit="layers", group="networks"
    )
    generator_width: int = _number(
        64,
        "Generator width",
        "Units in each hidden layer.",
        1,
        512,
        integer=True,
        unit="units",
        group="networks",
    )
    generator_activation: str = _choice(
        "leaky_relu",
        "Generator activation",
        "Nonlinearity of each hidden layer.",
        ACTIVATIONS,
        group="networks",
    )
    generator_normalisation: str = _choice(
        "none",
        "Generator normalisation",
        "Applied before each nonlinearity.",
        ("none", "batch", "layer"),
        group="networks",
    )
    discriminator_depth: int = _number(
        2, "Discriminator depth", "Hidden layers; the encoder of a VAE or autoencoder has the same.", 0, 8,
        integer=True, unit="layers", group="networks",
    )  # fmt: skip
    discriminator_width: int = _number(
        64, "Discriminator width", "Units in each hidden layer; the encoder's too.", 1, 512,
        integer=True, unit="units", group="networks",
    )  # fmt: skip
    discriminator_activation: str = _choice(
        "leaky_relu",
        "Discriminator activation",
        "Nonlinearity of each hidden layer.",
        ACTIVATIONS,
        group="networks",
    )
    discriminator_normalisation: str = _choice(
        "none", "Discriminator normalisation",
        "Applied before each nonlinearity; spectral divides each weight matrix by its norm.",
        ("none", "batch", "layer", "spectral"), group="networks",
    )  # fmt: skip
    # -- optimisation
    optimizer: str = _choice(
        "adam", "Optimizer", "How gradients become steps.", ("adam", "sgd", "rmsprop"), group="optimizer"
    )
    generator_learning_rate: float = _number(
        1e-3, "Generator learning rate", "Step size.", 0.0, 10.0, open_low=True, group="optimizer"
    )
    discriminator_learning_rate: float = _number(
        1e-3,
        "Discriminator learning rate",
        "Step size; the encoder of a VAE uses the generator's.",
        0.0,
        10.0,
        open_low=True,
        group="optimizer",
    )
    beta1: float = _number(
        0.5, "Adam beta 1", "Decay of the running mean of the gradient.", 0.0, 0.9999, group="optimizer"
    )
    beta2: float = _number(
        0.9,
        "Adam beta 2",
        "Decay of the running mean of the squared gradient.",
        0.0,
        0.99999,
        group="optimizer",
    )
    momentum: float = _number(
        0.0, "Momentum", "SGD: share of the last step that is kept.", 0.0, 0.9999, group="optimizer"
    )
    rms_decay: float = _number(
        0.99,
        "RMSprop decay",
        "Decay of the running mean of the squared gradient.",
        0.0,
        0.99999,
        group="optimizer",
    )
    epsilon: float = _number(
        1e-8,
        "Epsilon",
        "Added to the denominator of Adam and RMSprop.",
        0.0,
        1.0,
        open_low=True,
        group="optimizer",
    )
    batch_size: int = _number(
        256, "Batch size", "Points in each batch.", 2, 4096, integer=True, unit="points", group="optimizer"
    )
    discriminator_updates: int = _number(
        1,
        "D updates (k)",
        "Discriminator updates in each iteration.",
        1,
        20,
        integer=True,
        unit="updates",
        group="optimizer",
    )
    generator_updates: int = _number(
        1,
        "G updates (j)",
        "Generator updates in each iteration.",
        1,
        20,
        integer=True,
        unit="updates",
        group="optimizer",
    )
    order: str = _choice(
        "alternating", "Order", "Simultaneous: both gradients are taken before either network moves.",
        ("alternating", "simultaneous"), group="optimizer",
    )  # fmt: skip
    seed: int = _number(
        0,
        "Seed",
        "Everything random in the run follows from it.",
        0,
        2**31 - 1,
        integer=True,
        group="optimizer",
    )
    backend: str = _choice(
        "auto", "Backend",
        "How an update is computed; all agree within rounding, each is reproducible bit for bit.",
        ("auto", "eager", "analytic"), group="optimizer",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, _checked(f, getattr(self, f.name)))
        for complaint in _conflicts(self):
            raise ConfigError(complaint)

    # -- other forms

    def with_changes(self, **changes: Any) -> RunConfig:
        """A copy with some settings changed. Raises `ConfigError`."""
        _known(changes)
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """Raises `ConfigError` for an unknown name or an impossible value."""
        _known(values)
        return cls(**values)

    def to_json(self) -> str:
        """All settings as one JSON object."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Raises `ConfigError` where the text is no JSON object of known settings."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:  # ValueError: also a number of too many digits
            raise ConfigError(f"The settings are not JSON: {error}.") from None
        if not isinstance(values, dict):
            raise ConfigError(f"The settings are {type(values).__name__} in JSON, but must be an object.")
        return cls.from_dict(values)

    def changes(self) -> dict[str, Any]:
        """Only the settings that differ from the defaults, in order."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    def to_query(self) -> str:
        """A URL query of the settings that differ from the defaults; empty for the default run."""
        return urlencode({name: _to_text(value) for name, value in self.changes().items()})

    @classmethod
    def from_query(cls, query: str | Mapping[str, str]) -> RunConfig:
        """Read `to_query`'s text, with or without `?`, or a mapping of it. Raises `ConfigError`."""
        if isinstance(query, str):
            query = dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))
        if not isinstance(query, Mapping) or not all(isinstance(text, str) for text in query.values()):
            raise ConfigError(f"The settings are {str(query)[:60]!r}, but must be the text of a URL query.")
        _known(query)
        return cls(**{name: _from_text(FIELDS[name], text) for name, text in query.items()})


FIELDS: dict[str, Field[Any]] = {f.name: f for f in fields(RunConfig)}
_LINK_TEXT = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)  # what a link carries as it is (RFC 4648, base64url)
MAX_POINTS_TEXT = 8192  # characters; 1,000 points of two 16-bit numbers in base64 take 5,334


def _known(names: Mapping[str, Any]) -> None:
    for name in names:
        if name not in FIELDS:
            raise ConfigError(f"{str(name)[:60]!r} is not a setting; the settings are {', '.join(FIELDS)}.")


def _to_text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return repr(value) if isinstance(value, float) else str(value)


def _from_text(f: Field[Any], text: str) -> Any:
    kind = f.metadata["kind"]
    if kind == "flag":
        if text not in ("0", "1"):
            raise _refused(f, repr(text[:40]), "0 or 1")
        return text == "1"
    if kind == "number":
        if text == "" and f.default is None:
            return None
        try:
            return int(text) if f.metadata["integer"] else float(text)
        except ValueError:
            raise _refused(f, repr(text[:40])) from None
    return text


def _allowed(f: Field[Any]) -> str:
    m = f.metadata
    if m["kind"] == "choice":
        return phrase("one of {names}", names=", ".join(m["choices"]))
    what = "a whole number" if m["integer"] else "a number"
    low = phrase("above {low:g}" if m["open_low"] else "at least {low:g}", low=m["low"])
    said = phrase("{what} {low} and at most {high:.10g}", what=what, low=low, high=m["high"])
    return phrase("{first} ({unit})", first=said, unit=m["unit"]) if m["unit"] else said


def _refused(f: Field[Any], value: str, allowed: str = "") -> ConfigError:
    words = "{name} is {value}, but must be {allowed}."
    return ConfigError(phrase(words, name=f.name, value=value, allowed=allowed or _allowed(f)))


def _checked(f: Field[Any], value: Any) -> Any:
    kind = f.metadata["kind"]
    if kind == "points":
        if not isinstance(value, str) or len(value) > MAX_POINTS_TEXT:
            raise ConfigError(f"{f.name} must be text of at most {MAX_POINTS_TEXT:,} characters.")
        if not _LINK_TEXT.fullmatch(value):
            raise ConfigError(f"{f.name} is {value[:40]!r}, but must be letters, digits, - and _ only.")
        return value
    if kind == "choice":
        if value not in f.metadata["choices"] or not isinstance(value, str):
            raise _refused(f, repr(str(value)[:60]))
        return value
    if kind == "flag":
        if not isinstance(value, bool):
            raise _refused(f, repr(str(value)[:60]), "true or false")
        return value
    return _checked_number(f, value)


def _checked_number(f: Field[Any], value: Any) -> int | float | None:
    m = f.metadata
    if value is None and f.default is None:
        return None
    fits = isinstance(value, (int, float)) and not isinstance(value, bool)  # NaN fails the range
    fits = fits and (m["low"] < value if m["open_low"] else m["low"] <= value) and value <= m["high"]
    if not fits or (m["integer"] and value != int(value)):
        raise _refused(f, repr(value)[:60])  # a text may hold a line's end
    return int(value) if m["integer"] else float(value)


def _conflicts(c: RunConfig) -> list[str]:
    """Combinations that make no sense, each as the sentence that says why."""
    said: list[str] = []
    if c.target == "points" and not c.target_points:
        said.append(
            "target is 'points', but target_points is empty: draw, paste or upload at least 2 points."
        )
    if c.model != "gan":
        return said
    if c.batch_size % c.packing:
        said.append(
            phrase(
                "batch_size is {size}, but must be a multiple of packing ({packing}).",
                size=c.batch_size,
                packing=c.packing,
            )
        )
    if c.label_smoothing and c.objective not in LABELLED:
        said.append(
            phrase(
                "label_smoothing is {value:g}, but the objective {objective!r} has no labels; "
                "it must be 0 there, or the objective one of {names}.",
                value=c.label_smoothing,
                objective=c.objective,
                names=", ".join(LABELLED),
            )
        )
    penalised = c.r1_weight or c.r2_weight or (c.objective in ("wgan-gp", "dragan") and c.penalty_weight)
    if penalised and c.discriminator_normalisation == "batch":
        said.append(
            "discriminator_normalisation is 'batch', but a gradient penalty needs each point judged alone; "
            "it must be none, layer or spectral, or the penalties 0."
        )
    if c.objective == "began" and c.packing > 1:
        said.append(
            phrase(
                "packing is {packing}, but BEGAN's discriminator rebuilds single points; it must be 1.",
                packing=c.packing,
            )
        )
    return said
