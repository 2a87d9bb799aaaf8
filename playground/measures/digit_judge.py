"""Who says which digit a picture shows: a support vector machine fitted to the real ones. Draws nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.data.digits import load_digits


class DigitJudge:
    """Cortes and Vapnik 1995, as in scikit-learn: radial kernel, its default settings.

    `accuracy` is the share of right answers on the digits kept back, which it has not seen.
    """

    def __init__(self) -> None:
        from sklearn.svm import SVC  # here: loading takes half a second, and most visitors never ask

        digits = load_digits()
        self._machine: Any = SVC().fit(digits.train.pixels, digits.train.labels)
        self.accuracy = self.agreement(digits.unseen.pixels, digits.unseen.labels)

    def classes(self, pixels: ArrayLike) -> NDArray[np.int64]:
        """(N, 64) in [0, 1] -> (N,): the digit that each shows."""
        return np.asarray(self._machine.predict(np.clip(pixels, 0.0, 1.0)), np.int64)

    def agreement(self, pixels: ArrayLike, asked: ArrayLike) -> float:
        """The share of pictures (N, 64) that show the digit asked for (N,)."""
        return float((self.classes(pixels) == np.asarray(asked)).mean())


@cache
def digit_judge() -> DigitJudge:
    """The judge, fitted once (0.1 s); it is never changed."""
    return DigitJudge()
