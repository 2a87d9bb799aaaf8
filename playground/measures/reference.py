"""What a page needs to know of the real faces, without the faces: one small safetensors file.

Their mean spectrum, how sharp they are, and their features in a few dimensions, which is enough to name the
training faces nearest to a generated one. Knows no network: features come from `measures.features`.
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.config import ConfigError
from playground.measures.images import (
    Floats,
    Images,
    Singles,
    check_feature_pair,
    check_features,
    check_images,
)
from playground.measures.resemblance import Neighbours, nearest, nearest_other
from playground.measures.sharpness import sharpness
from playground.measures.spectrum import power_spectrum

FORMAT = "playground-reference-1"
DIMENSIONS = 32  # of the features kept, of the classifier's
QUANTILES = 101  # 0 %, 1 %, .. 100 %
MAX_BYTES = 3 * 2**20
MAX_FACES, MAX_COLUMNS, MAX_SIDE = 40_000, 4_096, 1_024


@dataclass(frozen=True, eq=False)
class Reference:
    """N real faces as numbers; C is the width of the classifier's features, D of those kept."""

    frequencies: Singles  # (S / 2,) cycles per pixel
    power_db: Singles  # (S / 2,) of `measures.spectrum`
    high_share: Singles  # (1,) of power at 0.25 cycles per pixel or above
    sharpness: Singles  # (101,) quantiles over faces; `sharpness_mean` is the reference of ratios
    sharpness_mean: Singles  # (1,)
    nearest: Singles  # (101,) quantiles of the distance from a face to its nearest other, in D dimensions
    features: NDArray[np.float16]  # (N, D)
    ids: NDArray[np.int32]  # (N,) row of the face in its data set's split
    hair: NDArray[np.uint8]  # (N,) index of the colour, one past the last where unknown
    eyes: NDArray[np.uint8]  # (N,)
    basis: Singles  # (C, D) orthonormal columns
    mean: Singles  # (C,)

    @property
    def count(self) -> int:
        """How many real faces."""
        return len(self.ids)

    def reduce(self, features: NDArray[np.generic]) -> Singles:
        """The classifier's features (M, C) in the D dimensions kept, (M, D). Raises `ConfigError`."""
        x, _ = check_feature_pair(features, self.basis.T, least=1)
        reduced: Singles = ((x - self.mean) @ self.basis).astype(np.float32)
        return reduced

    def nearest_faces(self, features: NDArray[np.generic], count: int = 4) -> Neighbours:
        """The real faces nearest to each of the classifier's features (M, C); indices are rows of `ids`."""
        return nearest(self.reduce(features), self.features, count)

    def closer_than(self, distance: float) -> float:
        """Share of real faces that lie closer than `distance` to another real one: small is suspicious."""
        return float(np.interp(distance, self.nearest, np.linspace(0.0, 1.0, QUANTILES), left=0.0, right=1.0))


def make_reference(
    images: Images,
    features: NDArray[np.generic],
    hair: NDArray[np.integer],
    eyes: NDArray[np.integer],
    dimensions: int = DIMENSIONS,
) -> Reference:
    """The reference of images (N, S, S, 3) with the classifier's features (N, C); `ids` are 0 to N - 1.

    The features kept are the first principal components. Raises `ConfigError`.
    """
    from sklearn.decomposition import PCA  # here: loading takes seconds, and who only reads never needs it

    check_images(images, least=2)
    x = check_features(features)
    if not len(images) == len(x) == len(hair) == len(eyes) <= MAX_FACES:
        raise ConfigError(
            f"images, features, hair and eyes hold {len(images):,}, {len(x):,}, {len(hair):,} and "
            f"{len(eyes):,}: allowed is one count for all, at most {MAX_FACES:,}."
        )
    if not 1 <= dimensions <= min(x.shape):
        raise ConfigError(f"dimensions = {dimensions}: allowed is 1 to {min(x.shape)}.")
    fitted = PCA(dimensions, svd_solver="covariance_eigh").fit(x)
    basis, mean = fitted.components_.T.astype(np.float32), x.mean(0).astype(np.float32)
    kept = ((x - mean) @ basis).astype(np.float16)
    spectrum, sharp = power_spectrum(images), sharpness(images)
    return Reference(
        frequencies=spectrum.frequencies.astype(np.float32),
        power_db=spectrum.power_db.astype(np.float32),
        high_share=np.array([spectrum.high_share], np.float32),
        sharpness=_quantiles(sharp.each),
        sharpness_mean=np.array([sharp.mean], np.float32),
        nearest=_quantiles(nearest_other(kept).distances),
        features=kept,
        ids=np.arange(len(x), dtype=np.int32),
        hair=np.asarray(hair).astype(np.uint8),
        eyes=np.asarray(eyes).astype(np.uint8),
        basis=np.ascontiguousarray(basis),
        mean=mean,
    )


def write_reference(path: str | Path, reference: Reference) -> Path:
    """Write the file. Raises `ConfigError` where it would exceed `MAX_BYTES` or could not be read again."""
    from safetensors.numpy import save

    arrays = {f.name: getattr(reference, f.name) for f in fields(Reference)}
    content = save(arrays, {"format": FORMAT})
    _parsed(content, str(path))
    Path(path).write_bytes(content)
    return Path(path)


def load_reference(path: str | Path) -> Reference:
    """Read `write_reference`'s file. Raises `ConfigError` with a sentence for anything else."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"The reference {str(path)!r} cannot be read: {error.strerror}.") from None
    return _parsed(content, str(path))


def _quantiles(values: Floats) -> Singles:
    return np.quantile(values, np.linspace(0.0, 1.0, QUANTILES)).astype(np.float32)


def _parsed(content: bytes, name: str) -> Reference:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if len(content) > MAX_BYTES:
        raise ConfigError(f"The reference {name!r} is larger than {MAX_BYTES:,} bytes, which is allowed.")
    try:
        arrays = load(content)
        metadata = _metadata(content)
    except (SafetensorError, KeyError, TypeError, ValueError, struct.error) as error:
        raise ConfigError(f"The reference {name!r} is not a safetensors file: {error}.") from None
    if metadata.get("format") != FORMAT:
        raise ConfigError(f"The reference {name!r} has a wrong format: allowed is {FORMAT}.")
    complaint = _complaint(arrays)
    if complaint:
        raise ConfigError(f"The reference {name!r}: {complaint}.")
    return Reference(**arrays)


def _metadata(content: bytes) -> dict[str, Any]:
    """What safetensors' numpy reader leaves out: the header's free words."""
    stream = io.BytesIO(content)
    (length,) = struct.unpack("<Q", stream.read(8))
    found = json.loads(stream.read(length)).get("__metadata__", {})
    return dict(found)


def _complaint(arrays: dict[str, NDArray[Any]]) -> str:
    """What is wrong with the arrays, or nothing."""
    wanted = {f.name for f in fields(Reference)}
    if set(arrays) != wanted:
        return f"it holds {', '.join(sorted(arrays)) or 'nothing'}, allowed are {', '.join(sorted(wanted))}"
    if arrays["features"].ndim != 2 or arrays["basis"].ndim != 2 or arrays["frequencies"].ndim != 1:
        return "features, basis and frequencies have 2, 2 and 1 dimensions"
    count, kept = arrays["features"].shape
    columns, half = len(arrays["basis"]), len(arrays["frequencies"])
    if not (2 <= count <= MAX_FACES and 1 <= kept <= columns <= MAX_COLUMNS and 1 <= half <= MAX_SIDE // 2):
        return (
            f"{count:,} faces, {kept:,} of {columns:,} dimensions, {half:,} frequencies are too many or few"
        )
    sizes = {"frequencies": half, "power_db": half, "high_share": 1, "sharpness": QUANTILES, "mean": columns}
    sizes |= {"sharpness_mean": 1, "nearest": QUANTILES, "ids": count, "hair": count, "eyes": count}
    shapes: dict[str, tuple[int, ...]] = {name: (size,) for name, size in sizes.items()}
    shapes |= {"features": (count, kept), "basis": (columns, kept)}
    kinds = dict.fromkeys(wanted, np.float32) | {"features": np.float16, "ids": np.int32}
    kinds |= {"hair": np.uint8, "eyes": np.uint8}
    for name, array in arrays.items():
        if array.shape != shapes[name] or array.dtype != kinds[name]:
            return f"{name} is {array.dtype} {array.shape}, allowed is {np.dtype(kinds[name])} {shapes[name]}"
        if not np.isfinite(array).all():
            return f"{name} holds NaN or infinity"
    return ""
