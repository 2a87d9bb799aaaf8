"""The objectives against autograd and against the closed forms of the literature."""

import math

import pytest
import torch

from playground.objectives import OBJECTIVES, probability

SCORES = torch.tensor([[-8.0], [-0.7], [0.2], [1.6]])
REAL = torch.tensor([[2.5], [-1.2], [0.4], [-0.1]])


def closed_discriminator_slopes(name: str, label: float) -> tuple[torch.Tensor, torch.Tensor]:
    to_real, to_gen = torch.empty_like(REAL), torch.empty_like(SCORES)
    OBJECTIVES[name].discriminator_slopes(REAL, SCORES, label, to_real, to_gen)
    return to_real, to_gen


def closed_generator_slope(name: str, s_gen: torch.Tensor, s_real: torch.Tensor) -> torch.Tensor:
    to_gen = torch.empty_like(s_gen)
    OBJECTIVES[name].generator_slope(s_gen, s_real, to_gen)
    return to_gen


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("label", [1.0, 0.8])
def test_discriminator_slopes_are_autograds(name: str, label: float) -> None:
    real, gen = REAL.clone().requires_grad_(), SCORES.clone().requires_grad_()
    loss = OBJECTIVES[name].discriminator_loss(real, gen, label)
    for ours, theirs in zip(
        closed_discriminator_slopes(name, label), torch.autograd.grad(loss, (real, gen)), strict=True
    ):
        torch.testing.assert_close(ours / len(ours), theirs)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_generator_slope_is_autograds(name: str) -> None:
    gen = SCORES.clone().requires_grad_()
    (slope,) = torch.autograd.grad(OBJECTIVES[name].generator_loss(gen, REAL), gen)
    torch.testing.assert_close(closed_generator_slope(name, SCORES, REAL) / len(SCORES), slope)


def test_minimax_slope_is_minus_d_and_vanishes_where_d_is_sure() -> None:
    logit = torch.tensor([[-20.0], [0.0], [3.0]])
    slope = closed_generator_slope("minimax", logit, logit)
    torch.testing.assert_close(slope, -torch.sigmoid(logit))
    assert abs(slope[0].item()) < 1e-8


def test_non_saturating_slope_is_minus_one_minus_d_and_tends_to_minus_one() -> None:
    logit = torch.tensor([[-20.0], [0.0], [3.0]])
    slope = closed_generator_slope("non-saturating", logit, logit)
    torch.testing.assert_close(slope, -(1 - torch.sigmoid(logit)))
    assert slope[0].item() == pytest.approx(-1.0)


def test_a_blind_discriminator_costs_log_four() -> None:
    zero = torch.zeros(5, 1)
    loss = OBJECTIVES["minimax"].discriminator_loss(zero, zero, 1.0)
    assert loss.item() == pytest.approx(math.log(4.0))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_pushes_d_up_on_real_and_down_on_generated(name: str) -> None:
    to_real, to_gen = closed_discriminator_slopes(name, 0.5 if name == "began" else 1.0)
    sign = -1.0 if name == "began" else 1.0  # BEGAN's score is an energy: low is real
    assert (sign * to_real[1:2]).item() < 0.0 < (sign * to_gen[2:3]).item()


@pytest.mark.parametrize("kind", sorted({o.score for o in OBJECTIVES.values()}))
def test_every_score_becomes_a_probability_that_ranks_alike(kind: str) -> None:
    scores = torch.linspace(-3, 3, 9)
    p = probability(kind, scores, scores[4:], scores[:5])
    assert ((p >= 0) & (p <= 1)).all()
    rise = p.diff() * (-1.0 if kind == "energy" else 1.0)
    assert (rise >= 0).all() and p.max() > p.min()
