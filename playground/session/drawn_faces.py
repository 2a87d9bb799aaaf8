"""Faces to learn from where there are no real ones: a bundled GAN draws them, once for all visitors.

Knows nothing of who learns from them, nor of the page that waits for them.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playground.checkpoints import FaceModel
from playground.data.faces import FaceSet
from playground.recipes import EYES, HAIR


class DrawnFaces:
    """Faces that a model draws once for all visitors, a few at a time; then they are a set to learn from."""

    def __init__(
        self, model: Callable[[], FaceModel], count: int = 2048, size: int = 32, seed: int = 0
    ) -> None:
        self._model, self._size, self.count = model, size, count
        rng = np.random.default_rng(seed)
        self._hair, self._eyes = rng.integers(len(HAIR), size=count), rng.integers(len(EYES), size=count)
        self._images = np.zeros((count, size, size, 3), np.uint8)
        self._first_seed = seed
        self._lock = Lock()
        self.done = 0

    def advance(self, count: int = 32) -> float:
        """Draw `count` more; the share done. Raises `ConfigError` where the model cannot be had."""
        with self._lock:
            start, end = self.done, min(self.count, self.done + count)
            if start < end:
                model = self._model()
                hair = [HAIR[i] for i in self._hair[start:end]]
                eyes = [EYES[i] for i in self._eyes[start:end]]
                seeds = range(self._first_seed + start, self._first_seed + end)
                for at, face in enumerate(model.generate(seeds, hair, eyes), start):
                    self._images[at] = _resized(face, self._size)
                self.done = end
            return self.done / self.count

    def faces(self) -> FaceSet | None:
        """All of them, or None before the last is drawn. Shared: not to be written to."""
        if self.done < self.count:
            return None
        return FaceSet(self._images, self._hair, self._eyes, "drawn by the bundled GAN")


def _resized(face: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    if face.shape[0] == side:
        return face
    return np.asarray(Image.fromarray(face).resize((side, side), Image.Resampling.BOX))
