"""What five tabs of the Faces page show: functions from seeds and models to arrays, numbers and verdicts.

Blur, between two faces, growing up, holes of the codes, memorising. Each result is new and belongs to its
caller. Pictures are (N, side, side, 3) bytes; latents are in standard units. Knows nothing of pages and
charts; what it asks of a `FaceShop` is read-only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.checkpoints import FaceModel, interpolate_latents
from playground.config import ConfigError
from playground.limits import limits
from playground.measures.features import classifier_features
from playground.measures.reference import QUANTILES, Reference
from playground.measures.resemblance import nearest
from playground.measures.sharpness import sharpness
from playground.measures.spectrum import power_spectrum
from playground.recipes import ANY, EYES, HAIR, MODELS, trait_index
from playground.session.faces import FaceShop
from playground.translations import phrase

Images = NDArray[np.uint8]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

MOST_SEED = 2**31 - 1
STRIP = 9  # pictures from one face to the other
SHOWN, MEASURED = 8, 64  # faces on the page, and faces that a number is the mean of
BANK, BANK_SEED = 256, 1_000_000  # generated faces to compare with, and the first one's seed
NEIGHBOURS = 6
AT_ONCE = 64  # faces through a network together: bounds memory
ALIKE = 0.1  # the ratios of sharpness move by up to 0.05 from seed to seed: closer than this means nothing
WORDS = {"ae": "autoencoder", "vae": "VAE", "gan": "GAN"}
SAME = 0.1  # of the usual distance between two real faces: what rounding may move a face's features
COPIED, CLOSE = 0.01, 0.05  # shares of real faces with a closer neighbour, below which a face is suspect


def whole(value: object, name: str, low: int = 0, high: int = MOST_SEED) -> int:
    """`value` as a whole number; a number field sends 3 as 3.0. Raises `ConfigError`."""
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if type(number) is not int or not low <= number <= high:
        raise ConfigError(
            phrase(
                "{name} = {value}: allowed is a whole number from {low} to {high:,}.",
                name=name,
                value=str(value)[:20],
                low=low,
                high=high,
            )
        )
    return number


def model_of(shop: FaceShop, kind: object, step: int | None = None) -> FaceModel:
    """The bundled model of a kind. Raises `ConfigError` for a kind that is not bundled."""
    if not isinstance(kind, str) or kind not in shop.names:
        allowed = ", ".join(shop.names) or "none, for no model is bundled here"
        raise ConfigError(f"model = {str(kind)[:20]!r}: allowed is {allowed}.")
    return shop.model(shop.names[kind], step)


# -- the faces that a study starts from


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces to begin with and their colours. `real` says whether they are of the data set or stand-ins."""

    images: Images
    hair: tuple[str, ...]
    eyes: tuple[str, ...]
    real: bool

    def __getitem__(self, rows: slice) -> Faces:
        return Faces(self.images[rows], self.hair[rows], self.eyes[rows], self.real)


def some_faces(shop: FaceShop, seed: int, count: int) -> Faces:
    """`count` faces chosen by `seed`: unseen real ones if the operator has them, else the GAN's own.

    Raises `ConfigError` where there are neither.
    """
    found = shop.data("test") or shop.data("train")
    if found is not None and len(found) >= count:
        rows = np.random.default_rng(seed).choice(len(found), count, replace=False)
        hair = tuple((*HAIR, ANY)[int(i)] for i in found.hair[rows])
        eyes = tuple((*EYES, ANY)[int(i)] for i in found.eyes[rows])
        return Faces(found.images[rows], hair, eyes, real=True)
    model = model_of(shop, "gan")
    anything = (ANY,) * count
    return Faces(model.generate(range(seed, seed + count)), anything, anything, real=False)


# -- real faces as features


def can_compare(shop: FaceShop) -> bool:
    """Whether faces can be compared with features of real ones."""
    return shop.classifier() is not None and shop.reference() is not None


def features_of(shop: FaceShop, images: Images) -> tuple[Reference, Singles]:
    """What is known of real faces, and the classifier's features (N, C). Raises `ConfigError` without."""
    classifier, reference = shop.classifier(), shop.reference()
    if classifier is None or reference is None:
        raise ConfigError("This copy bundles no features of real faces: no face can be compared with them.")
    return reference, classifier_features(classifier, images).features


def ratio_to_real(shop: FaceShop, images: Images) -> Floats:
    """(N,): distance of each to its nearest real face, over the median of real ones to theirs."""
    reference, features = features_of(shop, images)
    return reference.nearest_faces(features, 1).distances[:, 0] / _usual(reference)


def _usual(reference: Reference) -> float:
    return max(float(np.interp(0.5, np.linspace(0.0, 1.0, QUANTILES), reference.nearest)), 1e-12)


# -- an encoder's codes as they are


# -- blur


@dataclass(frozen=True, eq=False)
class Blur:
    """Rows of the tab, in order: pictures to show, sharpness relative to real faces (1), power spectra."""

    faces: Faces  # the inputs, SHOWN of them
    images: dict[str, Images]  # by kind
    relative: dict[str, float]  # "real" and kinds
    frequencies: Floats  # (S / 2,) cycles per pixel
    power_db: dict[str, Floats]  # "real" and kinds: (S / 2,)
    count: int  # faces that each number is the mean of
    measured_real: bool  # whether "real" was measured on real faces


def sharper(images: Images, reference: Images) -> float:
    """The mean sharpness of images over that of others; 0 where those are flat."""
    scale = sharpness(reference).mean
    return sharpness(images).mean / scale if scale else 0.0


def blur(shop: FaceShop, seed: int) -> Blur:
    """Reconstructions by AE and VAE of the same faces, and GAN faces. Raises `ConfigError`.

    Where the faces are stand-ins, what real ones read comes from the bundle's reference; without one, the
    stand-ins are the reference.
    """
    faces = some_faces(shop, whole(seed, "seed", high=MOST_SEED - 2 * MEASURED), MEASURED)
    images = {"real": faces.images}
    for kind in ("ae", "vae"):
        if kind in shop.names:
            model = model_of(shop, kind)
            images[kind] = model.reconstruct(faces.images, faces.hair, faces.eyes)
    if "gan" in shop.names:
        first = seed if faces.real else seed + MEASURED  # never the stand-ins themselves
        images["gan"] = model_of(shop, "gan").generate(range(first, first + MEASURED))
    read = {name: sharpness(rows).mean for name, rows in images.items()}
    spectra = {name: power_spectrum(rows) for name, rows in images.items()}
    power = {name: spectrum.power_db for name, spectrum in spectra.items()}
    reference = None if faces.real else shop.reference()
    known = reference is not None and len(reference.power_db) == len(power["real"])
    if reference is not None and known:
        read["real"] = float(reference.sharpness_mean[0])
        power["real"] = reference.power_db.astype(np.float64)
    scale = max(read["real"], 1e-12)
    relative = {name: value / scale for name, value in read.items()}
    shown = {name: rows[:SHOWN] for name, rows in images.items() if name != "real"}
    return Blur(
        faces[:SHOWN], shown, relative, spectra["real"].frequencies, power, MEASURED, faces.real or known
    )


# -- between two faces


@dataclass(frozen=True, eq=False)
class Between:
    """Three ways from one face to another: T pictures each, and how long the latent is along the way."""

    pixels: Images  # (T, S, S, 3)
    linear: Images
    spherical: Images
    linear_lengths: Floats  # (T,) |z|
    spherical_lengths: Floats
    middle: dict[str, float]  # sharpness of the picture halfway, over the mean of both ends


def pixel_mix(start: Images, end: Images, count: int) -> Images:
    """(S, S, 3), (S, S, 3) -> (count, S, S, 3): each pixel fades from one picture to the other."""
    weight = np.linspace(0.0, 1.0, count)[:, None, None, None]
    mixed: Images = np.rint((1.0 - weight) * start + weight * end).astype(np.uint8)
    return mixed


def between(
    model: FaceModel, first: int, second: int, count: int = STRIP, hair: str = ANY, eyes: str = ANY
) -> Between:
    """The faces of two seeds and `count` - 2 pictures between them. Raises `ConfigError`."""
    seeds = [whole(first, "first seed"), whole(second, "second seed")]
    trait_index("hair", hair), trait_index("eyes", eyes)
    count = whole(count, "pictures", 3, limits().study_pictures)
    start, end = model.latents(seeds)
    paths = [interpolate_latents(start, end, count, spherical) for spherical in (False, True)]
    faces = model.decode(np.concatenate(paths), hair, eyes)
    strips = {"linear": faces[:count], "spherical": faces[count:]}
    strips["pixels"] = pixel_mix(faces[0], faces[count - 1], count)
    straight, around = (np.linalg.norm(path.astype(np.float64), axis=1) for path in paths)
    middle = {name: _middle(strip) for name, strip in strips.items()}
    return Between(**strips, linear_lengths=straight, spherical_lengths=around, middle=middle)


def _middle(strip: Images) -> float:
    read = sharpness(strip[[0, -1, len(strip) // 2]]).each
    return float(read[2] / max((read[0] + read[1]) / 2.0, 1e-12))


# -- growing up


def growing(shop: FaceShop, seed: int, count: int = SHOWN) -> dict[str, dict[int, Images]]:
    """kind -> updates -> the faces of `count` seeds from `seed` on at that point. Raises `ConfigError`."""
    seed = whole(seed, "seed", high=MOST_SEED - limits().study_pictures)
    seeds = range(seed, seed + whole(count, "faces", 1, limits().study_pictures))
    return {
        kind: {step: _at(shop, kind, step).generate(seeds) for step in shop.steps(shop.names[kind])}
        for kind in MODELS
        if kind in shop.names
    }


def _at(shop: FaceShop, kind: str, step: int) -> FaceModel:
    last = model_of(shop, kind)
    return last if step == last.step else model_of(shop, kind, step)


def one_of_each(points: dict[int, Images]) -> Images:
    """The first face of every point, in order."""
    return np.stack([points[step][0] for step in sorted(points)])


# -- holes of the codes


@dataclass(frozen=True, eq=False)
class Holes:
    """What AE and VAE decode from codes of faces and from codes that no face has, by (kind, source)."""

    first: Faces
    second: Faces
    images: dict[tuple[str, str], Images]  # of every source but "face"
    sharp: dict[tuple[str, str], float]  # over that of the faces that were encoded
    far: dict[tuple[str, str], float]  # median distance to the nearest real face, over real ones'; or {}
    count: int  # pictures that each number is about


SOURCES = {
    "face": "codes of faces",
    "middle": "halfway",  # between the codes of two faces
    "normal": "N(0, I)",  # drawn as a VAE's codes are
    "fitted": "fitted",  # the same draws, each number with the mean and spread of the autoencoder's codes
}


def holes(shop: FaceShop, seed: int) -> Holes:
    """Raises `ConfigError` for a bad seed, and where AE or VAE is not bundled."""
    seed = whole(seed, "seed", high=MOST_SEED - 2 * MEASURED)
    faces = some_faces(shop, seed, MEASURED)
    half = MEASURED // 2
    images = {
        (kind, source): rows
        for kind in ("ae", "vae")
        for source, rows in _decoded(model_of(shop, kind), faces, range(seed, seed + half)).items()
    }
    scale = max(sharpness(faces.images).mean, 1e-12)
    sharp = {key: sharpness(rows).mean / scale for key, rows in images.items()}
    far = {}
    if can_compare(shop):
        far = {key: float(np.median(ratio_to_real(shop, rows))) for key, rows in images.items()}
    shown = {key: rows[:SHOWN] for key, rows in images.items() if key[1] != "face"}
    return Holes(faces[:SHOWN], faces[half : half + SHOWN], shown, sharp, far, half)


def _decoded(model: FaceModel, faces: Faces, seeds: range) -> dict[str, Images]:
    codes, half = model.codes(faces.images), len(seeds)
    drawn = model.latents(seeds)
    found = {
        "face": model.decode_codes(codes[:half]),
        "middle": model.decode_codes((codes[:half] + codes[half:]) / 2.0),
        "normal": model.decode_codes(drawn),
    }
    return found | ({"fitted": model.decode(drawn)} if model.kind == "ae" else {})


def holes_verdict(found: Holes) -> str:
    """Which of the two loses more sharpness between codes and at codes drawn alike, read from the numbers.

    Not from the distances: a network that names colours finds a face that fell apart as near as a whole one.
    """
    words = []
    for source, where in (("middle", "Halfway between two codes"), ("normal", "At codes from N(0, I)")):
        left = {
            kind: found.sharp[kind, source] / max(found.sharp[kind, "face"], 1e-12) for kind in ("ae", "vae")
        }
        more = left["vae"] - left["ae"]
        so = (
            "no clear difference"
            if abs(more) < ALIKE
            else f"worse for the {WORDS['ae' if more > 0 else 'vae']}"
        )
        words.append(
            f"{where} the autoencoder’s faces keep {left['ae']:.0%} of the sharpness that they have at codes "
            f"of faces, the VAE’s {left['vae']:.0%}: {so}."
        )
    return " ".join(words)


# -- memorising


@dataclass(frozen=True, eq=False)
class Memory:
    """One generated face beside its nearest; distances are in units of the reference's features."""

    face: Images  # (side, side, 3)
    nearest: Images  # (k, side, side, 3): real training faces, or else generated ones
    real: bool  # which of the two
    distances: Floats  # (k,) from the face to those shown
    distance: float  # from the face to the nearest real one
    quantiles: Floats  # (101,) of the distance from a real face to its nearest other
    share: float  # of real faces that have another one closer than `distance`
    among: int  # real faces compared with

    @property
    def others(self) -> Floats:
        """(2000,) distances that are distributed as those of real faces."""
        at = (np.arange(2_000) + 0.5) / 2_000
        drawn: Floats = np.interp(at, np.linspace(0.0, 1.0, len(self.quantiles)), self.quantiles)
        return drawn

    @property
    def verdict(self) -> str:
        """The numbers in words."""
        return verdict(self.share)


def verdict(share: float) -> str:
    """What it means that `share` of real faces lie closer to another one than a face to a training face."""
    if share < COPIED:
        return (
            "It looks copied: next to no real face has another one as close as this face has a training face."
        )
    if share < CLOSE:
        return f"It is suspiciously close: only {share:.0%} of real faces have another one closer."
    return f"It is no copy: {share:.0%} of real faces have another real face closer than this one has."


def memory(shop: FaceShop, kind: str, seed: int, count: int = NEIGHBOURS) -> Memory:
    """The nearest training faces of a generated one. Raises `ConfigError`, also without a reference."""
    seed, count = whole(seed, "seed"), whole(count, "faces", 1, limits().study_pictures)
    face = model_of(shop, kind).generate([seed])
    reference, features = features_of(shop, face)
    found = reference.nearest_faces(features, count)
    pictures = _training_faces(shop, reference.ids[found.indices[0]], reference.features[found.indices[0]])
    real, distances = pictures is not None, found.distances[0]
    if pictures is None:
        pictures, distances = _nearest_generated(shop, kind, seed, reference.reduce(features), count)
    nearest_real = float(found.distances[0, 0])
    return Memory(
        face=face[0],
        nearest=pictures,
        real=real,
        distances=distances,
        distance=nearest_real,
        quantiles=reference.nearest.astype(np.float64),
        share=reference.closer_than(nearest_real),
        among=reference.count,
    )


def _training_faces(shop: FaceShop, rows: NDArray[np.int32], known: NDArray[np.float16]) -> Images | None:
    """The pictures of rows (k,) with features `known` (k, D), where the operator has just these pictures."""
    data = shop.data("train")
    if data is None or int(rows.max()) >= len(data):
        return None
    pictures = data.images[rows]
    reference, features = features_of(shop, pictures)
    apart = np.linalg.norm(reference.reduce(features) - known.astype(np.float32), axis=1)
    return pictures if float(apart.max()) < SAME * _usual(reference) else None


def _nearest_generated(
    shop: FaceShop, kind: str, seed: int, reduced: Singles, count: int
) -> tuple[Images, Floats]:
    """The nearest among `BANK` other faces of the same model."""
    bank = model_of(shop, kind).generate([s for s in range(BANK_SEED, BANK_SEED + BANK) if s != seed])
    reference, features = features_of(shop, bank)
    found = nearest(reduced, reference.reduce(features), count)
    return bank[found.indices[0]], found.distances[0]
