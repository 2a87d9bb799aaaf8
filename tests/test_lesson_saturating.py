"""Minimax or non-saturating: the slopes are the closed forms, and what the two runs do is measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from exhibits import Hands
from playground.lessons.lesson import LessonError
from playground.lessons.saturating import NAMES, loss_and_slope
from playground.objectives import OBJECTIVES

SLUG = "minimax-or-non-saturating"


@pytest.mark.parametrize("name", NAMES)
def test_losses_and_slopes_are_the_closed_forms(name):
    logits, losses, slopes = loss_and_slope(name)
    d = 1.0 / (1.0 + np.exp(-logits))
    expected = {"minimax": (np.log(1 - d), -d), "non-saturating": (-np.log(d), -(1 - d))}[name]
    np.testing.assert_allclose(losses, expected[0], atol=1e-9)
    np.testing.assert_allclose(slopes, expected[1], atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_drawn_slope_is_autograds(name):
    logits, _, slopes = loss_and_slope(name)
    x = torch.from_numpy(logits).clone().requires_grad_()
    loss = OBJECTIVES[name].generator_loss(x.reshape(-1, 1), None) * len(logits)
    (found,) = torch.autograd.grad(loss, x)
    np.testing.assert_allclose(found.numpy(), slopes, atol=1e-9)


@pytest.mark.parametrize("logit", [-6.0, -1.0, 0.0, 5.0])
def test_the_readings_at_the_handle_are_minus_d_and_minus_one_minus_d(logit):
    hands = Hands(SLUG, head=0.0, logit=(logit, 0.0))
    d = 1.0 / (1.0 + np.exp(-logit))
    assert hands.reading("slope_minimax") == pytest.approx(-d)
    assert hands.reading("slope_other") == pytest.approx(-(1 - d))


def test_where_d_is_sure_minimax_has_almost_no_gradient():
    hands = Hands(SLUG, head=0.0)
    hands.show(0)
    assert abs(hands.reading("slope_minimax")) < 0.003
    assert hands.reading("slope_other") < -0.99


def test_both_runs_start_alike():
    hands = Hands(SLUG)
    one, other = hands.exhibit.runs.values()
    assert hands.reading("minimax") == hands.reading("other")
    for name, array in one.state().arrays.items():
        np.testing.assert_array_equal(array, other.state().arrays[name])


@pytest.mark.parametrize("seed", [0, 1])
def test_after_a_head_start_non_saturating_learns_and_minimax_hardly_moves(seed):
    hands = Hands(SLUG, seed=seed)
    start = hands.reading("minimax")
    hands.show(1)
    assert hands.reading("other") < 0.7 * start
    assert abs(hands.reading("minimax") - start) < 0.1
    gradients = hands.exhibit.gradients
    assert gradients["minimax"] < gradients["non-saturating"] / 50
    assert hands.view.answer == "other"


@pytest.mark.parametrize("seed", [0, 1])
def test_adam_moves_both_about_alike_though_one_gradient_is_far_smaller(seed):
    hands = Hands(SLUG, seed=seed)
    hands.show(2)
    assert abs(hands.reading("minimax") - hands.reading("other")) < 0.12
    gradients = hands.exhibit.gradients
    assert gradients["minimax"] < gradients["non-saturating"] / 50


def test_the_check_answers_after_40_iterations_from_the_distances():
    hands = Hands(SLUG, head=0.0, optimizer="adam").press("iterate", 19)
    assert hands.view.answer is None
    assert hands.press("iterate").view.answer == "same"
    assert len(hands.exhibit.table().splitlines()) == 22


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(LessonError, match="optimizer is 'lion', but must be one of sgd, adam"):
        Hands(SLUG, optimizer="lion")
