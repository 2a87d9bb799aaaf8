"""How far G may move before D is stale: the old D's reading against the exact divergence."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.lesson import LessonError
from playground.lessons.stale import MEAN, SIGMA, data, line
from playground.measures import densities

SLUG = "how-far-may-g-move"


def test_the_density_of_the_generator_is_that_of_its_samples():
    run = Hands(SLUG).exhibit.runs[1]
    edges, middles, width, p = line()
    q = run.density(run.gan.generate(run.latents)[:, 0])
    latents = np.random.default_rng(0).standard_normal((200_000, 1)).astype(np.float32)
    counted = np.histogram(run.gan.generate(latents)[:, 0], edges)[0] / 200_000 / width
    assert q.sum() * width == pytest.approx(1.0)
    assert np.abs(q - counted).sum() * width < 0.05
    drawn = data(np.random.default_rng(0), 100_000)
    assert (drawn.mean(), drawn.std()) == pytest.approx((MEAN, SIGMA), abs=0.01)
    assert p.sum() * width == pytest.approx(1.0, abs=1e-6) and len(middles) == len(p)


def test_every_run_starts_at_the_same_place_with_the_same_well_trained_d():
    for seed in (0, 1, 2):
        hands = Hands(SLUG, seed=seed)
        first = [(run.moments[0].exact, run.moments[0].by_d) for run in hands.exhibit.runs]
        assert first[0] == first[1] == first[2]
        assert hands.reading("error") < 0.03
        assert hands.reading("jsd_by_d") < hands.reading("jsd") < math.log(2)


def test_no_d_measures_more_than_the_exact_divergence():
    hands = Hands(SLUG, rate=1e-3).press("move", 10).press("train", 5)
    for run in hands.exhibit.runs:
        assert all(moment.by_d <= moment.exact + 1e-9 for moment in run.moments)
        assert all(0.0 <= moment.exact <= math.log(2) for moment in run.moments)


def test_the_reading_is_half_of_v_plus_log_4():
    hands = Hands(SLUG).press("move", 3)
    run = hands.exhibit.runs[1]
    _, _, width, p = line()
    q = run.density(run.gan.generate(run.latents)[:, 0])
    value = densities.value(p, q, run.judged(), width)
    assert hands.reading("jsd_by_d") == pytest.approx((value + math.log(4)) / 2)
    assert hands.reading("jsd") == pytest.approx((densities.best_value(p, q, width) + math.log(4)) / 2)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_small_step_is_forgiven_and_the_error_grows_with_every_further_one(seed):
    hands = Hands(SLUG, seed=seed)
    hands.show(0)
    assert hands.reading("error") < 0.03 and hands.reading("age") == 2
    hands.show(1)
    assert hands.reading("age") == 20
    errors = [run.moments[-1].error for run in hands.exhibit.runs]
    assert errors[0] < errors[1] < errors[2]
    of_middle = [moment.error for moment in hands.exhibit.runs[1].moments]
    assert all(later > earlier for earlier, later in pairwise(of_middle[2:]))
    assert hands.view.answer == "low"


@pytest.mark.parametrize("seed", [1])
def test_training_d_again_brings_the_reading_back(seed):
    hands = Hands(SLUG, seed=seed)
    hands.show(1)
    stale = hands.reading("error")
    hands.show(2)
    assert hands.reading("error") < stale / 10
    assert hands.reading("age") == 0 and hands.reading("moved") == 0.0


def test_with_tiny_steps_the_check_answers_that_d_is_right():
    hands = Hands(SLUG, rate=5e-5, k=10, seed=3)
    assert hands.view.answer is None
    hands.press("move", 2)
    assert hands.reading("error") < 0.05 and hands.view.answer == "right"


def test_the_table_holds_every_measurement():
    lines = Hands(SLUG, k=3).press("move", 2).exhibit.table().splitlines()
    assert lines[0].startswith("learning_rate") and len(lines) == 1 + 3 * 7


def test_too_many_updates_in_a_press_are_refused():
    with pytest.raises(LessonError, match="k is 99, but must be from 1 to 10"):
        Hands(SLUG, k=99)
