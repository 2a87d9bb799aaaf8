"""A cloud of points that a visitor drew, pasted or uploaded: read, fitted, put in a link, learned.

    text -> parse_points -> normalise_points -> encode_points -> decode_points -> points_target

Every step is bounded, and every refusal is a sentence for the visitor. This file does not
know where the text came from, what a URL is, or what the other targets are.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.data.target import Float32, Float64, GaussianMixture, isotropic
from playground.limits import limits
from playground.translations import phrase

MIN_ROWS = 2
MAX_MAGNITUDE = 1e9  # larger values leave too few digits for the shape of a cloud
MAX_ENCODED_POINTS = 1_000  # what a link of a length that travels can hold
STEPS_PER_UNIT = 8192  # points sit on multiples of 1/8192: exact in float32 and in int16
KEEP_LIMIT = 1.9  # a cloud inside [-1.9, 1.9]^2 stays where it was drawn
FIT_LIMIT = 1.5  # any other is centred and scaled into [-1.5, 1.5]^2
_MAX_STEPS = math.floor(KEEP_LIMIT * STEPS_PER_UNIT)
_MAX_ENCODED_CHARACTERS = math.ceil(MAX_ENCODED_POINTS * 4 * 4 / 3)


class PointsError(ValueError):
    """What was wrong with a cloud and what is allowed, in one sentence."""


@dataclass(frozen=True, eq=False)
class PointCloud:
    points: Float32  # (n, 2), multiples of 1/8192
    note: str  # what was done to the visitor's points


# ---------------------------------------------------------------- reading


def parse_points(text: str) -> Float64:
    """Two columns of finite numbers, shape (n, 2), from CSV, semicolon or whitespace separated text.

    A first line without numbers is a header; if it names x and y those columns are taken from
    among any others. Blank lines and lines that begin with # are skipped. Raises PointsError.
    """
    _check_size(text)
    most = limits().points
    columns: tuple[int, int] | None = None
    rows: list[tuple[float, float]] = []
    first = True
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = _split(line)
        if first and not any(_is_number(field) for field in fields):
            columns = _named_columns(fields)
        elif len(rows) == most:
            raise PointsError(f"Line {number} is row {most + 1:,}; {most:,} are allowed.")
        else:
            rows.append(_read_row(fields, columns, number))
        first = False
    if len(rows) < MIN_ROWS:
        raise PointsError(f"The text holds {len(rows)} rows of numbers; at least {MIN_ROWS} are needed.")
    return np.array(rows, dtype=np.float64)


def _check_size(text: str) -> None:
    # A character is at least one byte, so the first test spares encoding a very long text.
    most = limits().points_bytes
    size = len(text) if len(text) > most else len(text.encode("utf-8", "surrogatepass"))
    if size > most:
        raise PointsError(f"The text has {size:,} bytes; at most {most:,} are allowed.")


def _split(line: str) -> list[str]:
    separator = ";" if ";" in line else "," if "," in line else None
    return [field.strip().strip("\"'").strip() for field in line.split(separator)]


def _is_number(field: str) -> bool:
    """Whether float() reads it, and not by way of Python's own digit separators."""
    try:
        float(field)
    except ValueError:
        return False
    return "_" not in field


def _named_columns(header: list[str]) -> tuple[int, int] | None:
    names = [name.lower() for name in header]
    return (names.index("x"), names.index("y")) if "x" in names and "y" in names else None


def _read_row(fields: list[str], columns: tuple[int, int] | None, line: int) -> tuple[float, float]:
    if columns is None and len(fields) != 2:
        raise PointsError(
            f"Line {line} has {len(fields)} columns; exactly 2 are allowed unless a header names x and y."
        )
    first, second = columns or (0, 1)
    if max(first, second) >= len(fields):
        raise PointsError(f"Line {line} has {len(fields)} columns, too few for the header's x and y.")
    return _read_value(fields[first], line), _read_value(fields[second], line)


def _read_value(field: str, line: int) -> float:
    shown = ascii(field if len(field) <= 32 else field[:29] + "...")
    if not _is_number(field):
        raise PointsError(f"Line {line} holds {shown}; a number such as 0.25 or -1e-3 is needed.")
    value = float(field)
    if not abs(value) <= MAX_MAGNITUDE:  # also false for NaN
        raise PointsError(
            f"Line {line} holds {shown}; a finite number of size up to {MAX_MAGNITUDE:g} is needed."
        )
    return value


# ---------------------------------------------------------------- fitting


def normalise_points(array: ArrayLike, limit: int = MAX_ENCODED_POINTS, seed: int = 0) -> PointCloud:
    """At most limit points on the 1/8192 raster, moved and scaled only if they leave the window.

    One scale serves both axes, so the shape is kept. array is (n, 2); raises PointsError.
    """
    points = _check_array(array)
    total = len(points)
    note = "kept where they are"
    if np.abs(points).max() > KEEP_LIMIT:
        points, note = _fit(points)
    if total > limit:
        kept = np.random.default_rng(seed).choice(total, size=limit, replace=False)
        points = points[np.sort(kept)]
        drawn = phrase(
            "{limit:,} of the {total:,} points drawn at random (seed {seed})",
            limit=limit,
            total=total,
            seed=seed,
        )
        note = phrase("{first}, {rest}", first=note, rest=drawn)
    steps = np.clip(np.rint(points * STEPS_PER_UNIT), -_MAX_STEPS, _MAX_STEPS) + 0.0  # + 0: there is no -0
    quantised = (steps / STEPS_PER_UNIT).astype(np.float32)
    return PointCloud(quantised, phrase("{total:,} points: {note}.", total=total, note=note))


def _check_array(array: ArrayLike) -> Float64:
    points, most = np.asarray(array, dtype=np.float64), limits().points
    if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= most:
        raise PointsError(f"The cloud has shape {points.shape}; 1 to {most:,} points (n, 2) are allowed.")
    bad = np.flatnonzero(~(np.abs(points) <= MAX_MAGNITUDE).all(axis=1))
    if len(bad):
        shown = points[bad[0]].tolist()
        raise PointsError(
            f"Point {bad[0] + 1} is {shown}; finite numbers up to {MAX_MAGNITUDE:g} are allowed."
        )
    return points


def _fit(points: Float64) -> tuple[Float64, str]:
    low, high = points.min(axis=0), points.max(axis=0)
    centre, half = 0.5 * (low + high), 0.5 * float((high - low).max())
    scale = FIT_LIMIT / half if half > 0.0 else 1.0  # points in one spot are moved, not scaled
    x, y = (float(each) for each in centre)
    note: str = phrase("centred by subtracting ({x:.4g}, {y:.4g})", x=x, y=y)
    fitted = np.clip((points - centre) * scale, -FIT_LIMIT, FIT_LIMIT)  # rounding alone exceeds the limit
    if half > 0.0:
        note = phrase("{centred} and scaled by {scale:.4g}", centred=note, scale=scale)
    return fitted, note


# ---------------------------------------------------------------- in a link


def encode_points(points: ArrayLike) -> str:
    """Normalised points (n, 2), n <= 1,000, as base64url text without padding (int16, little endian)."""
    steps = _check_array(points) * STEPS_PER_UNIT
    if len(steps) > MAX_ENCODED_POINTS:
        raise PointsError(f"The cloud has {len(steps):,} points; a link holds up to {MAX_ENCODED_POINTS:,}.")
    if (steps != np.rint(steps)).any() or np.abs(steps).max() > _MAX_STEPS:
        raise PointsError(
            f"A link holds multiples of 1/{STEPS_PER_UNIT} of size up to {KEEP_LIMIT}; normalise first."
        )
    return base64.urlsafe_b64encode(steps.astype("<i2").tobytes()).decode("ascii").rstrip("=")


def decode_points(text: str) -> Float32:
    """The points (n, 2) of `encode_points`, exactly; PointsError for any text it would not write."""
    if not 1 <= len(text) <= _MAX_ENCODED_CHARACTERS:
        raise PointsError(
            f"The link's points take {len(text):,} characters; 1 to {_MAX_ENCODED_CHARACTERS:,} are allowed."
        )
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise PointsError("The points in the link are not base64url text.") from None
    if len(raw) % 4:
        raise PointsError(f"The points in the link take {len(raw)} bytes; each point takes 4.")
    steps: NDArray[np.int16] = np.frombuffer(raw, dtype="<i2").reshape(-1, 2)
    points = steps.astype(np.float32) / np.float32(STEPS_PER_UNIT)
    if encode_points(points) != text:  # one spelling per cloud: stray bits or other alphabets are refused
        raise PointsError("The points in the link were not written by this program.")
    return points


# ---------------------------------------------------------------- learning


def points_target(points: ArrayLike, sigma: float) -> GaussianMixture:
    """A draw is one of the points, with replacement, plus N(0, sigma^2 I): an equal mixture."""
    means = _check_array(points)
    count = len(means)
    note = phrase(
        "Exact: {count:,} equal Gaussians of standard deviation {sigma:g}, one on each point.",
        count=count,
        sigma=sigma,
    )
    return GaussianMixture(
        "points",
        "Your points",
        means,
        isotropic(means, sigma),
        np.full(count, 1.0 / count),
        modes=None,
        density_note=note,
    )
