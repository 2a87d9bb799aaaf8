"""Lesson: does the prior matter, and the shares of a variance, against known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.lesson import LessonError
from playground.lessons.prior import DIMENSIONS, SHAPES
from playground.measures.variance import two_way_shares

SLUG = "does-the-prior-matter"


# ---------------------------------------------------------------- shares of a variance


def test_each_part_alone_explains_everything() -> None:
    rows, columns = np.arange(3.0), np.arange(2.0)
    ones = np.ones((3, 2, 4))
    chance = np.resize([1.0, -1.0, -1.0, 1.0], (3, 2, 4))
    parts = [
        ones * rows[:, None, None],
        ones * columns[None, :, None],
        ones * ((rows - 1.0)[:, None] * (columns - 0.5)[None])[..., None],
        chance,
    ]
    for place, scores in enumerate(parts):
        expected = [0.0] * 4
        expected[place] = 1.0
        assert two_way_shares(scores) == pytest.approx(expected, abs=1e-12)


def test_shares_add_up_to_one_and_are_nan_without_differences() -> None:
    scores = np.random.default_rng(0).normal(size=(5, 2, 8))
    assert sum(two_way_shares(scores)) == pytest.approx(1.0)
    assert min(two_way_shares(scores)) >= 0.0
    assert all(math.isnan(share) for share in two_way_shares(np.ones((2, 2, 2))))
    assert all(math.isnan(share) for share in two_way_shares(np.full((2, 2, 2), np.nan)))


# ---------------------------------------------------------------- the lesson


@pytest.fixture(scope="module")
def shown() -> Hands:
    """After Show me of the first thing: 40 GANs, trained to the end."""
    return Hands(SLUG).show(0)


def test_thing_1_one_dimension_does_badly_five_far_better_and_the_shape_explains_little(shown: Hands) -> None:
    view = shown.view
    assert view.finished
    assert shown.reading("five") < 0.7 * shown.reading("one")
    assert shown.reading("shape") < 5.0
    assert view.answer == "dimensions" and f"{shown.reading('dimensions'):.0f} %" in view.evidence


def test_thing_2_more_dimensions_reach_more_modes(shown: Hands) -> None:
    covered = shown.exhibit.batch.covered.reshape(len(DIMENSIONS), -1)
    assert np.median(covered[0]) < np.median(covered[DIMENSIONS.index(20)])
    for model in (0, 3):
        shown.press(f"look:{model}")
        assert f"normal z, 1-D, seed {model}" in shown.view.figure
    shown.press("look:3")
    assert "%" in shown.view.figure


def test_the_table_holds_every_gan(shown: Hands) -> None:
    text = shown.exhibit.table()
    assert text is not None
    lines = text.splitlines()
    assert lines[0].startswith("dimensions,prior,seed,iterations,jsd_nats")
    assert len(lines) == 1 + len(DIMENSIONS) * len(SHAPES) * 4
    assert lines[1].startswith("1,normal,0,1000,") and lines[-1].startswith("100,uniform,3,1000,")


@pytest.mark.parametrize("answer", ["dimensions", "shape", "seed"])
def test_the_answer_comes_from_the_scores(answer: str) -> None:
    hands = Hands(SLUG, seeds=2)
    batch = hands.exhibit.batch
    assert hands.view.answer is None
    batch.iteration, batch._left = batch.iterations, 0
    axis = ["dimensions", "shape", "seed"].index(answer)
    cells = np.full((len(DIMENSIONS), len(SHAPES), 2), 0.3)
    cells += 0.1 * np.indices(cells.shape)[axis]
    batch.jsd[:] = cells.ravel()
    assert hands.view.answer == answer
    assert hands.reading(answer) == pytest.approx(100.0)


def test_a_bad_argument_is_refused_by_a_sentence() -> None:
    hands = Hands(SLUG, seeds=2)
    with pytest.raises(LessonError, match="look is 'x', but must be a model from 0 to 19"):
        hands.press("look:x")
