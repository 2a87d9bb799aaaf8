"""What a visitor or a program asks of the face models, checked. Knows no model and no picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playground.config import ConfigError
from playground.recipes import ANY, TRAITS
from playground.translations import phrase

COUNTS = (4, 8, 16, 24)
MOST_SEED = 2**31 - 1 - max(COUNTS)
MOST_TRUNCATION = 1.5
REACH = {"d": 4.0, "z": 5.0}  # of a slider: along a direction, and of one latent dimension, in standard units
MOST_SLIDERS = 200
SLIDER = re.compile(r"([dz])([1-9]\d{0,2}):(-?\d{1,2}(?:\.\d{1,4})?)")


@dataclass(frozen=True)
class Wish:
    """What the tab shows: seeds `seed` to `seed + faces - 1`, and of these, `face` opened in `model`."""

    seed: int
    faces: int
    truncation: float
    hair: str
    eyes: str
    model: str  # kind
    face: int
    sliders: tuple[tuple[str, int, float], ...]  # (d or z, number from 1, value)

    @staticmethod
    def read(values: Any, kinds: tuple[str, ...]) -> Wish:
        """From what the browser sent; left out are the defaults. Raises `ConfigError`."""
        if not isinstance(values, dict):
            raise ConfigError("What the page asked for is not a table of settings.")
        seed = whole(values.get("seed", 0), "seed", 0, MOST_SEED)
        faces = values.get("faces", COUNTS[1])
        if faces not in COUNTS:
            raise ConfigError(f"faces = {_shown(faces)}: allowed is {', '.join(map(str, COUNTS))}.")
        return Wish(
            seed=seed,
            faces=int(faces),
            truncation=number(values.get("truncation", 1.0), "truncation", 0.0, MOST_TRUNCATION),
            hair=colour("hair", values.get("hair", ANY)),
            eyes=colour("eyes", values.get("eyes", ANY)),
            model=one_of(values.get("model", kinds[-1]), "model", kinds),
            face=whole(values.get("face", seed), "face", 0, 2**31 - 1),
            sliders=_sliders(values.get("sliders", "")),
        )


def whole(value: Any, name: str, low: int, high: int) -> int:
    """A whole number of a range. Raises `ConfigError`."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(
            phrase(
                "{name} = {value}: allowed is a whole number from {low} to {high:,}.",
                name=name,
                value=_shown(value),
                low=low,
                high=high,
            )
        )
    return value


def number(value: Any, name: str, low: float, high: float) -> float:
    """A number of a range. Raises `ConfigError`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ConfigError(
            phrase(
                "{name} = {value}: allowed is {low:g} to {high:g}.",
                name=name,
                value=_shown(value),
                low=low,
                high=high,
            )
        )
    return float(value)


def one_of(value: Any, name: str, allowed: tuple[str, ...]) -> str:
    """A word of a list. Raises `ConfigError`."""
    if not isinstance(value, str) or value not in allowed:
        raise ConfigError(
            phrase(
                "{name} = {value}: allowed is {names}.",
                name=name,
                value=_shown(value),
                names=", ".join(allowed),
            )
        )
    return value


def colour(trait: str, value: Any) -> str:
    """A colour of hair or eyes, or "any". Raises `ConfigError`."""
    allowed = (ANY, *TRAITS[trait])
    return one_of(value or ANY, trait, allowed)


def _shown(value: Any) -> str:
    return repr(value)[:40]


def _sliders(text: Any) -> tuple[tuple[str, int, float], ...]:
    """ "d3:1.2,z17:-0.5" -> (("d", 3, 1.2), ("z", 17, -0.5))."""
    pieces = text.split(",") if isinstance(text, str) and text else []
    found = [SLIDER.fullmatch(piece) for piece in pieces]
    if not (text is None or isinstance(text, str)) or not all(found) or len(found) > MOST_SLIDERS:
        raise ConfigError(
            f"sliders = {_shown(text)}: allowed are d3:1.2 (direction), z17:-0.5 (dimension), with commas."
        )
    out = []
    for match in found:
        assert match is not None
        kind, place, value = match[1], int(match[2]), float(match[3])
        out.append((kind, place, number(value, f"slider {kind}{place}", -REACH[kind], REACH[kind])))
    return tuple(out)
