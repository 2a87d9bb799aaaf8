"""The judge that sees only sharpness: Bayes' rule, on pictures with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from playground.measures.sharpness_judge import Judge, levels


def noise(count: int, spread: float, seed: int) -> NDArray[np.uint8]:
    drawn = np.random.default_rng(seed).normal(128.0, spread, (count, 16, 16, 3))
    return np.clip(np.rint(drawn), 0, 255).astype(np.uint8)


def test_two_sources_of_unlike_sharpness_are_told_apart() -> None:
    judge = Judge.learn({"soft": noise(12, 4.0, 0), "hard": noise(12, 40.0, 1)})
    assert (judge.shares(noise(20, 4.0, 2)).argmax(1) == 0).all()
    assert (judge.shares(noise(20, 40.0, 3)).argmax(1) == 1).all()


def test_two_sources_alike_in_sharpness_share_every_picture() -> None:
    same = noise(12, 20.0, 0)
    assert Judge.learn({"a": same, "b": same}).shares(noise(5, 25.0, 1)) == pytest.approx(0.5)


def test_the_densities_are_gaussians_of_the_level() -> None:
    judge = Judge(np.array([-2.0, -1.0]), np.array([0.1, 0.3]))
    at = np.linspace(-3.0, 0.0, 7)
    known = np.stack([norm.pdf(at, -2.0, 0.1), norm.pdf(at, -1.0, 0.3)], 1)
    assert judge.densities(at) == pytest.approx(known)


def test_a_flat_picture_has_a_level_and_a_single_face_no_spread() -> None:
    flat = np.zeros((3, 16, 16, 3), np.uint8)
    assert np.isfinite(levels(flat)).all()
    assert np.isfinite(Judge.learn({"a": flat, "b": noise(3, 9.0, 0)}).shares(flat)).all()
    with pytest.raises(ValueError, match="fewer than 2 faces"):
        Judge.learn({"a": flat[:1]})
