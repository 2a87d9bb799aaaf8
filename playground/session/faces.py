"""What all visitors of the Faces page share: the bundled models, loaded once, and real faces if any.

Everything in it is read-only, so that no visitor can see another. It knows the checkpoints and the data, and
nothing of pages and pictures.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from playground.checkpoints import (
    FaceModel,
    bundle_folder,
    bundled,
    directions,
    load,
    load_classifier,
    timeline,
)
from playground.config import ConfigError
from playground.data.faces import FaceSet, NoSuchSplit, open_faces
from playground.limits import limits
from playground.measures.images import luma
from playground.measures.reference import Reference, load_reference
from playground.measures.sharpness import sharpness
from playground.nets.conv import Classifier
from playground.recipes import MODELS
from playground.translations import phrase

FACES_VARIABLE = "PLAYGROUND_FACES"  # folder of real faces, for an operator who has them
CLASSIFIER = "classifier"  # folder of the bundle
REFERENCE = "reference.safetensors"  # file of the bundle: real faces as numbers
RECIPE = "faces64"  # of the three models that the page shows side by side
MEASURED = 64  # faces whose mean sharpness is told
DIRECTIONS = 10
TRIED_SEEDS, TRIED_REACH = 16, 2.0  # a direction is named by what it does to these faces, this far both ways
TOO_MANY = "{waiting:,} wishes for faces wait already, and no more may; try again in a moment."
LEAST_EFFECT = 1.0  # standard deviations among faces; what does less gets no name

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Floats = NDArray[np.floating[Any]]
Images = NDArray[np.uint8]


class Shelf(Generic[K, V]):
    """Fetches each thing once, however many ask at the same time; the longest unused leaves a full shelf."""

    def __init__(self, fetch: Callable[[K], V], most: int) -> None:
        self._fetch, self._most = fetch, most
        self._kept: OrderedDict[K, Future[V]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V:
        """The thing. Who asks first fetches it, the others wait for that; a failure is told and not kept."""
        with self._lock:
            kept = self._kept.get(key)
            found: Future[V] = Future() if kept is None else kept
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        if kept is None:
            self._fill(key, found)
        return found.result()

    def _fill(self, key: K, found: Future[V]) -> None:
        try:
            found.set_result(self._fetch(key))
        except BaseException as error:
            with self._lock:
                if self._kept.get(key) is found:
                    del self._kept[key]
            found.set_exception(error)


class FaceShop:
    """Read-only models and faces for everyone; safe to use from many threads."""

    def __init__(self) -> None:
        most = limits().models  # every point of a timeline is a model of its own
        self.bundle = {entry.name: entry for entry in bundled()}
        self.names: dict[str, str] = {}  # of the models shown, by kind, in the order ae, vae, gan
        for kind in MODELS:
            for name, entry in self.bundle.items():
                if (entry.model, entry.recipe) == (kind, RECIPE):
                    self.names.setdefault(kind, name)
        self._waiting = 0
        self._pool = ThreadPoolExecutor(limits().questions_at_once, thread_name_prefix="faces")
        self._models: Shelf[tuple[str, int | None], FaceModel] = Shelf(_load, most)
        self._directions: Shelf[str, tuple[Direction, ...]] = Shelf(self._name_directions, most)
        self._classifier: Shelf[str, Classifier | None] = Shelf(_read_classifier, 1)
        self._reference: Shelf[str, Reference | None] = Shelf(_read_reference, 1)
        self._sharpness: Shelf[str, float] = Shelf(self._measure_sharpness, most)
        self._data: Shelf[tuple[str, int], FaceSet | None] = Shelf(_open, 2)

    async def run(self, work: Callable[..., V], *arguments: Any) -> V:
        """`work(*arguments)` on one of a few threads kept for it, so that those of the page stay free.

        Raises `ConfigError` where too many wait already, and whatever the work raises.
        """
        if self._waiting >= limits().waiting_questions:
            raise ConfigError(phrase(TOO_MANY, waiting=self._waiting))
        self._waiting += 1
        try:
            work = functools.partial(contextvars.copy_context().run, work)  # who asks, for a borrowed GPU
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        finally:
            self._waiting -= 1

    @property
    def waiting(self) -> int:
        """How many wishes are under way or waiting."""
        return self._waiting

    def model(self, name: str, step: int | None = None) -> FaceModel:
        """A bundled model, or a point of its timeline. Raises `ConfigError` for one that is not bundled."""
        self._check(name)
        return self._models.get((name, step))

    def steps(self, name: str) -> tuple[int, ...]:
        """The update counts at which the training of `name` was remembered. Raises `ConfigError`."""
        self._check(name)
        return tuple(timeline(name))

    def directions(self, name: str) -> tuple[Direction, ...]:
        """What can be changed about any face of a model: named directions first. Raises `ConfigError`."""
        self._check(name)
        return self._directions.get(name)

    def classifier(self) -> Classifier | None:
        """The judge of hair and eyes; None where the bundle has none."""
        return self._classifier.get("")

    def reference(self) -> Reference | None:
        """Real faces as numbers; None where the bundle has none."""
        return self._reference.get("")

    def sharpness(self, name: str) -> float | None:
        """How sharp a model's faces are, real ones being 1; None without reference. Raises `ConfigError`."""
        self._check(name)
        return self._sharpness.get(name) if self.reference() else None

    def data(self, split: str = "train", size: int = 64) -> FaceSet | None:
        """Real faces (N, size, size, 3) of PLAYGROUND_FACES; None if it is not set or lacks the split."""
        return self._data.get((split, size))

    def _check(self, name: object) -> None:
        if not isinstance(name, str) or name not in self.bundle:
            allowed = ", ".join(self.bundle) or "none, for no model is bundled here"
            raise ConfigError(f"model = {str(name)[:40]!r}: allowed is {allowed}.")

    def _name_directions(self, name: str) -> tuple[Direction, ...]:
        model = self.model(name)
        found = directions(model, min(DIRECTIONS, model.recipe.latent_dim))
        return name_directions(model.decode, model.latents(range(TRIED_SEEDS)), found)

    def _measure_sharpness(self, name: str) -> float:
        reference = self.reference()
        real = float(reference.sharpness_mean[0]) if reference else 0.0
        return sharpness(self.model(name).generate(range(MEASURED))).mean / max(real, 1e-12)


def _load(key: tuple[str, int | None]) -> FaceModel:
    name, step = key
    return load(name, step=step)


def _open(key: tuple[str, int]) -> FaceSet | None:
    split, size = key
    folder = os.environ.get(FACES_VARIABLE)
    try:
        return open_faces(folder, split=split, size=size) if folder else None
    except NoSuchSplit:
        return None


def _read_classifier(_: str) -> Classifier | None:
    return load_classifier() if (bundle_folder() / CLASSIFIER).is_dir() else None


def _read_reference(_: str) -> Reference | None:
    path = bundle_folder() / REFERENCE
    return load_reference(path) if path.is_file() else None


# -- latent directions and what they do


@dataclass(frozen=True)
class Direction:
    """A way to move in latent space. `effect`: change of what it is named after, from -2 to +2 along it, in
    standard deviations of that among faces; 0 where it has no name. `vector` (latent_dim,) has length 1."""

    number: int  # from 1, in the order of how strongly the network answers
    label: str
    effect: float
    vector: Floats


def _skin(images: Images) -> Floats:
    """Share of pixels with the colour of drawn skin: light, red over green over blue, and pale."""
    red, green, blue = np.moveaxis(images.astype(np.int16), -1, 0)
    pale = (red - blue > 12) & (red - blue < 115)
    share: Floats = ((red > 190) & (red >= green) & (green >= blue) & pale).mean((1, 2))
    return share


def _colour(images: Images) -> Floats:
    """How far the strongest channel is above the weakest."""
    strength: Floats = (images.max(-1).astype(np.float32) - images.min(-1)).mean((1, 2))
    return strength


def _halves(axis: int) -> Callable[[Images], Floats]:
    """How much lighter the second half along an axis is than the first."""

    def difference(images: Images) -> Floats:
        first, second = np.array_split(luma(images), 2, axis)
        balance: Floats = second.mean((1, 2)) - first.mean((1, 2))
        return balance

    return difference


PROPERTIES: dict[str, Callable[[Images], Floats]] = {  # (N, s, s, 3) bytes -> (N,); no label is asked
    "Brightness": lambda images: luma(images).mean((1, 2)),
    "Warmth": lambda images: (images[..., 0].astype(np.float32) - images[..., 2]).mean((1, 2)),
    "Contrast": lambda images: luma(images).std((1, 2)),
    "Colour": _colour,
    "Light from the right": _halves(2),
    "Light from below": _halves(1),
    "Skin": _skin,
    "Sharpness": lambda images: sharpness(images).each,
}


def name_directions(
    decode: Callable[[Floats], Images], latents: Floats, vectors: Floats
) -> tuple[Direction, ...]:
    """Name each of `vectors` (k, latent_dim) by what it changes most in the faces of `latents` (n, same).

    `decode` turns latents into images (n, s, s, 3), unsigned bytes. Each name is given once, the strongest
    effect first, and the vector is turned so that the property grows along it; the others are numbered.
    """

    def measured(at: Floats) -> Floats:
        images = decode(at)
        return np.stack([measure(images) for measure in PROPERTIES.values()], 1)

    spread = measured(latents).std(0) + 1e-6
    ends = [
        measured(latents + TRIED_REACH * v).mean(0) - measured(latents - TRIED_REACH * v).mean(0)
        for v in vectors
    ]
    effects = np.array(ends) / spread
    names = _matched(effects)
    found = []
    for k, vector in enumerate(vectors):
        effect = float(effects[k, names[k]]) if k in names else 0.0
        label = list(PROPERTIES)[names[k]] if k in names else f"Direction {k + 1}"
        found.append(Direction(k + 1, label, abs(effect), -vector if effect < 0 else vector))
    return tuple(sorted(found, key=lambda d: -d.effect))


def _matched(effects: Floats) -> dict[int, int]:
    """Direction -> property: greedily, the largest effect first, each used once."""
    names: dict[int, int] = {}
    for flat in np.argsort(-np.abs(effects), axis=None):
        k, name = divmod(int(flat), effects.shape[1])
        if abs(effects[k, name]) < LEAST_EFFECT:
            break
        if k not in names and name not in names.values():
            names[k] = name
    return names
