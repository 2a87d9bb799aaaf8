"""The objectives of a GAN, each as its equation: two losses, their slopes, their paper.

A loss sees only scores: s_real = D(real), s_gen = D(generated), both (B, 1), before any sigmoid. The slope
of a loss is the derivative of each point's own term with respect to its score (the loss is their mean), in
closed form, written into buffers that the caller keeps; the engine's fast path and the lessons use it, and
a test holds it against autograd. Nothing here knows of networks or optimizers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus


@dataclass(frozen=True)
class Objective:
    """One row of the table. `label` is the label of real points, 1 unless smoothed."""

    title: str
    paper: str
    equation_discriminator: str  # LaTeX, what D minimises
    equation_generator: str
    discriminator_loss: Callable[[Tensor, Tensor, float], Tensor]  # (s_real, s_gen, label) -> ()
    generator_loss: Callable[[Tensor, Tensor | None], Tensor]  # (s_gen, s_real or None) -> ()
    discriminator_slopes: Callable[[Tensor, Tensor, float, Tensor, Tensor], object]  # writes to the last two
    generator_slope: Callable[[Tensor, Tensor | None, Tensor], object]  # writes d loss / d s_gen to the last
    score: str = "logit"  # how a score becomes D(x): see `probability`
    optimum: str = "ratio"  # best D: "ratio" p/(p+q), "sign" of p - q, "none" known
    penalty: str = "none"  # gradient penalty that belongs to the objective
    clips_weights: bool = False
    generator_sees_real: bool = False


# -- minimax and non-saturating share the discriminator: binary cross-entropy


def cross_entropy(s_real: Tensor, s_gen: Tensor, label: float) -> Tensor:
    """-E[l log D + (1 - l) log(1 - D)] on real, -E[log(1 - D)] on generated, D = sigmoid(s)."""
    return (softplus(s_real) - label * s_real).mean() + softplus(s_gen).mean()


def cross_entropy_slopes(
    s_real: Tensor, s_gen: Tensor, label: float, to_real: Tensor, to_gen: Tensor
) -> None:
    """D - l and D."""
    torch.sigmoid(s_real, out=to_real).sub_(label)
    torch.sigmoid(s_gen, out=to_gen)


def minimax(s_gen: Tensor, s_real: Tensor | None) -> Tensor:
    """E[log(1 - D)]: vanishing slope where D is sure."""
    return -softplus(s_gen).mean()


def minimax_slope(s_gen: Tensor, s_real: Tensor | None, to_gen: Tensor) -> None:
    """-D."""
    torch.sigmoid(s_gen, out=to_gen).neg_()


def non_saturating(s_gen: Tensor, s_real: Tensor | None) -> Tensor:
    """-E[log D]: slope -1 where D is sure."""
    return softplus(-s_gen).mean()


def non_saturating_slope(s_gen: Tensor, s_real: Tensor | None, to_gen: Tensor) -> None:
    """-(1 - D)."""
    torch.sigmoid(s_gen, out=to_gen).sub_(1.0)


# -- least squares


def least_squares(s_real: Tensor, s_gen: Tensor, label: float) -> Tensor:
    """1/2 E[(D - l)^2] + 1/2 E[D^2]."""
    return 0.5 * (s_real - label).square().mean() + 0.5 * s_gen.square().mean()


def least_squares_slopes(
    s_real: Tensor, s_gen: Tensor, label: float, to_real: Tensor, to_gen: Tensor
) -> None:
    """D - l and D."""
    torch.sub(s_real, label, out=to_real)
    to_gen.copy_(s_gen)


def least_squares_generator(s_gen: Tensor, s_real: Tensor | None) -> Tensor:
    """1/2 E[(D - 1)^2]."""
    return 0.5 * (s_gen - 1.0).square().mean()


def least_squares_generator_slope(s_gen: Tensor, s_real: Tensor | None, to_gen: Tensor) -> None:
    """D - 1."""
    torch.sub(s_gen, 1.0, out=to_gen)


# -- critics


def critic(s_real: Tensor, s_gen: Tensor, label: float) -> Tensor:
    """E[D(generated)] - E[D(real)]: minus the estimated Wasserstein-1 distance."""
    return s_gen.mean() - s_real.mean()


def critic_slopes(s_real: Tensor, s_gen: Tensor, label: float, to_real: Tensor, to_gen: Tensor) -> None:
    """-1 and 1."""
    to_real.fill_(-1.0)
    to_gen.fill_(1.0)


def critic_generator(s_gen: Tensor, s_real: Tensor | None) -> Tensor:
    """-E[D(generated)]."""
    return -s_gen.mean()


def critic_generator_slope(s_gen: Tensor, s_real: Tensor | None, to_gen: Tensor) -> None:
    """-1."""
    to_gen.fill_(-1.0)


def hinge(s_real: Tensor, s_gen: Tensor, label: float) -> Tensor:
    """E[max(0, 1 - D(real))] + E[max(0, 1 + D(generated))]."""
    return (1.0 - s_real).clamp_min(0.0).mean() + (1.0 + s_gen).clamp_min(0.0).mean()


def hinge_slopes(s_real: Tensor, s_gen: Tensor, label: float, to_real: Tensor, to_gen: Tensor) -> None:
    """-[D < 1] and [D > -1]."""
    torch.lt(s_real, 1.0, out=to_real).neg_()
    torch.gt(s_gen, -1.0, out=to_gen)


# -- relativistic paired


def relativistic(s_real: Tensor, s_gen: Tensor, label: float) -> Tensor:
    """E[-log sigmoid(D(real) - D(generated))] over pairs."""
    return softplus(s_gen - s_real).mean()


def relativistic_slopes(s_real: Tensor, s_gen: Tensor, label: float, to_real: Tensor, to_gen: Tensor) -> None:
    """-sigmoid(D(gen) - D(real)) and its opposite."""
    torch.sub(s_gen, s_real, out=to_gen).sigmoid_()
    torch.neg(to_gen, out=to_real)


def relativistic_generator(s_gen: Tensor, s_real: Tensor | None) -> Tensor:
    """E[-log sigmoid(D(generated) - D(real))] over pairs."""
    assert s_real is not None
    return softplus(s_real - s_gen).mean()


def relativistic_generator_slope(s_gen: Tensor, s_real: Tensor | None, to_gen: Tensor) -> None:
    """-sigmoid(D(real) - D(gen))."""
    assert s_real is not None
    torch.sub(s_real, s_gen, out=to_gen).sigmoid_().neg_()


# -- BEGAN: here a score is the reconstruction error L(x) = |x - D(x)|_1; k balances (see the engine)


def energy(s_real: Tensor, s_gen: Tensor, k: float) -> Tensor:
    """E[L(real)] - k E[L(generated)]; `k` travels in the place of the label."""
    return s_real.mean() - k * s_gen.mean()


def energy_slopes(s_real: Tensor, s_gen: Tensor, k: float, to_real: Tensor, to_gen: Tensor) -> None:
    """1 and -k."""
    to_real.fill_(1.0)
    to_gen.fill_(-k)


def energy_generator(s_gen: Tensor, s_real: Tensor | None) -> Tensor:
    """E[L(generated)]."""
    return s_gen.mean()


def energy_generator_slope(s_gen: Tensor, s_real: Tensor | None, to_gen: Tensor) -> None:
    """1."""
    to_gen.fill_(1.0)


_REAL, _GEN = r"\mathbb{E}_{x\sim p_{\mathrm{data}}}", r"\mathbb{E}_{x\sim p_G}"
_BCE = rf"-{_REAL}[\log D(x)]-{_GEN}[\log(1-D(x))]"
_NS = rf"-{_GEN}[\log D(x)]"
_WASSERSTEIN = rf"{_GEN}[D(x)]-{_REAL}[D(x)]"
_PAIRS = r"\mathbb{E}_{x\sim p_{\mathrm{data}},\,y\sim p_G}"

OBJECTIVES: dict[str, Objective] = {
    "minimax": Objective(
        "Minimax", "Goodfellow et al. 2014, eq. 1", _BCE, rf"{_GEN}[\log(1-D(x))]",
        cross_entropy, minimax, cross_entropy_slopes, minimax_slope,
    ),
    "non-saturating": Objective(
        "Non-saturating", "Goodfellow et al. 2014, section 3", _BCE, _NS,
        cross_entropy, non_saturating, cross_entropy_slopes, non_saturating_slope,
    ),
    "lsgan": Objective(
        "Least squares (LSGAN)", "Mao et al. 2017",
        rf"\tfrac12{_REAL}[(D(x)-1)^2]+\tfrac12{_GEN}[D(x)^2]", rf"\tfrac12{_GEN}[(D(x)-1)^2]",
        least_squares, least_squares_generator, least_squares_slopes, least_squares_generator_slope,
        score="value",
    ),
    "wgan": Objective(
        "WGAN, clipped weights", "Arjovsky et al. 2017", _WASSERSTEIN + r",\quad |w|\le c", rf"-{_GEN}[D(x)]",
        critic, critic_generator, critic_slopes, critic_generator_slope,
        score="critic", optimum="none", clips_weights=True,
    ),
    "wgan-gp": Objective(
        "WGAN, gradient penalty", "Gulrajani et al. 2017",
        _WASSERSTEIN + r"+\lambda\,\mathbb{E}_{\hat x}[(\lVert\nabla D(\hat x)\rVert-1)^2]",
        rf"-{_GEN}[D(x)]",
        critic, critic_generator, critic_slopes, critic_generator_slope,
        score="critic", optimum="none", penalty="wgan-gp",
    ),
    "dragan": Objective(
        "DRAGAN", "Kodali et al. 2017",
        _BCE + r"+\lambda\,\mathbb{E}_{\hat x}[(\lVert\nabla s(\hat x)\rVert-1)^2]", _NS,
        cross_entropy, non_saturating, cross_entropy_slopes, non_saturating_slope,
        penalty="dragan",
    ),
    "hinge": Objective(
        "Hinge", "Lim and Ye 2017; Miyato et al. 2018",
        rf"{_REAL}[\max(0,1-D(x))]+{_GEN}[\max(0,1+D(x))]", rf"-{_GEN}[D(x)]",
        hinge, critic_generator, hinge_slopes, critic_generator_slope,
        score="hinge", optimum="sign",
    ),
    "began": Objective(
        "BEGAN", "Berthelot et al. 2017",
        rf"{_REAL}[L(x)]-k_t\,{_GEN}[L(x)],\quad L(x)=\lVert x-D(x)\rVert_1", rf"{_GEN}[L(x)]",
        energy, energy_generator, energy_slopes, energy_generator_slope,
        score="energy", optimum="none",
    ),
    "relativistic": Objective(
        "Relativistic paired", "Jolicoeur-Martineau 2018; Huang et al. 2024",
        rf"-{_PAIRS}[\log\sigma(s(x)-s(y))]", rf"-{_PAIRS}[\log\sigma(s(y)-s(x))]",
        relativistic, relativistic_generator, relativistic_slopes, relativistic_generator_slope,
        score="relative", generator_sees_real=True,
    ),
}  # fmt: skip


def probability(kind: str, scores: Tensor, real: Tensor, generated: Tensor) -> Tensor:
    """Scores as D(x) in [0, 1], high where D says real. Any shape.

    A logit goes through the sigmoid, a least-squares value is cut to [0, 1], a hinge score maps [-1, 1] to
    [0, 1]. A relativistic score is a logit up to a constant, taken midway between the means on `real` and
    `generated` reference scores. A critic or an energy is no probability: it is centred there, divided by
    the reference scores' spread and squashed, so that the picture can be read; its own scale is lost.
    """
    if kind == "logit":
        return torch.sigmoid(scores)
    if kind == "value":
        return scores.clamp(0.0, 1.0)
    if kind == "hinge":
        return ((scores + 1.0) / 2.0).clamp(0.0, 1.0)
    middle = 0.5 * (real.mean() + generated.mean())
    if kind == "relative":
        return torch.sigmoid(scores - middle)
    sign = -1.0 if kind == "energy" else 1.0
    spread = torch.cat([real, generated]).std().clamp_min(1e-6)
    return torch.sigmoid(sign * 2.0 * (scores - middle) / spread)
