"""The Dirac-GAN: the smallest GAN there is, and whether gradient steps on it come to rest.

The data are one point at 0, the generator puts one point at theta, the discriminator is the line
D(x) = psi x (Mescheder et al. 2018). Both networks are one number each, so a run is a path in a plane and its
field can be drawn. The losses are those of `objectives`, differentiated by autograd; psi is high where D says
real, the opposite sign of the paper's, which leaves every eigenvalue as it is. Knows no page, keeps no state.

    field(theta, psi, METHODS["minimax"])      # (-dL_G/dtheta, -dL_D/dpsi)
    eigenvalues(METHODS["minimax"])            # +-i/2
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from playground.objectives import OBJECTIVES

Float64 = NDArray[np.float64]
Complex = NDArray[np.complex128]
ORDERS = ("simultaneous", "alternating")
EQUILIBRIUM = (0.0, 0.0)


@dataclass(frozen=True)
class Method:
    """An objective of `OBJECTIVES`, and whether the zero-centred penalty gamma/2 |D'(x)|^2 is added (R1)."""

    objective: str
    penalised: bool = False


METHODS = {
    "minimax": Method("minimax"),
    "non-saturating": Method("non-saturating"),
    "wgan": Method("wgan"),  # without weight clipping
    "r1": Method("minimax", penalised=True),
}


def _field(theta: Tensor, psi: Tensor, method: Method, gamma: float) -> tuple[Tensor, Tensor]:
    """The field at points (N, 1) that are leaves of autograd, itself differentiable."""
    objective = OBJECTIVES[method.objective]
    at_real, at_generated = psi * torch.zeros_like(theta), psi * theta  # D(0) and D(theta)
    count = len(theta)  # a loss is the mean over a batch, and here every point is a game of its own
    of_generator = count * objective.generator_loss(at_generated, at_real)
    of_discriminator = count * objective.discriminator_loss(at_real, at_generated, 1.0)
    if method.penalised:
        of_discriminator = of_discriminator + gamma / 2.0 * psi.square().sum()  # D'(0) = psi
    (to_theta,) = torch.autograd.grad(of_generator, theta, create_graph=True)
    (to_psi,) = torch.autograd.grad(of_discriminator, psi, create_graph=True)
    return -to_theta, -to_psi


def _leaves(theta: ArrayLike, psi: ArrayLike) -> tuple[Tensor, Tensor]:
    pair = np.broadcast_arrays(np.asarray(theta, float), np.asarray(psi, float))
    one, other = (torch.tensor(v.reshape(-1, 1), dtype=torch.float64, requires_grad=True) for v in pair)
    return one, other


def field(theta: ArrayLike, psi: ArrayLike, method: Method, gamma: float = 0.0) -> tuple[Float64, Float64]:
    """(-dL_G/dtheta, -dL_D/dpsi) at points of any one shape: the way of gradient descent on both losses."""
    v_theta, v_psi = _field(*_leaves(theta, psi), method, gamma)
    shape = np.broadcast(np.asarray(theta), np.asarray(psi)).shape
    return v_theta.detach().numpy().reshape(shape), v_psi.detach().numpy().reshape(shape)


def step(
    theta: float, psi: float, method: Method, h: float, order: str = "simultaneous", gamma: float = 0.0
) -> tuple[float, float]:
    """One gradient step of size h of both players; alternating: D moves first and G answers the new D.

    Raises `ValueError` for an unknown order.
    """
    _check(order)
    v_theta, v_psi = field(theta, psi, method, gamma)
    new_psi = psi + h * float(v_psi)
    if order == "alternating":
        v_theta, _ = field(theta, new_psi, method, gamma)
    return theta + h * float(v_theta), new_psi


def jacobian(method: Method, gamma: float = 0.0, at: tuple[float, float] = EQUILIBRIUM) -> Float64:
    """(2, 2): the derivative of the field (rows: theta, psi) at a point, by autograd twice."""
    theta, psi = _leaves(*at)
    rows = [
        torch.autograd.grad(way.sum(), (theta, psi), retain_graph=True, materialize_grads=True)
        for way in _field(theta, psi, method, gamma)
    ]
    return np.array([[part.item() for part in row] for row in rows])


def eigenvalues(method: Method, gamma: float = 0.0) -> Complex:
    """(2,): of the field at the equilibrium (0, 0), the lower imaginary part first."""
    return ordered(np.linalg.eigvals(jacobian(method, gamma)))


def update_matrix(method: Method, h: float, order: str = "simultaneous", gamma: float = 0.0) -> Float64:
    """(2, 2): one step of both players near the equilibrium, as a linear map of (theta, psi).

    Raises `ValueError` for an unknown order.
    """
    _check(order)
    moves = h * jacobian(method, gamma)
    if order == "simultaneous":
        return np.eye(2) + moves
    of_theta, of_psi = np.eye(2), np.eye(2)
    of_theta[0] += moves[0]
    of_psi[1] += moves[1]
    return of_theta @ of_psi  # D first


def spectral_radius(method: Method, h: float, order: str = "simultaneous", gamma: float = 0.0) -> float:
    """The largest modulus of the update's eigenvalues: above 1 the steps leave the equilibrium."""
    return float(np.abs(np.linalg.eigvals(update_matrix(method, h, order, gamma))).max())


def ordered(values: ArrayLike) -> Complex:
    """By real, then by imaginary part, both rounded so that a pair keeps its order."""
    found = np.asarray(values, np.complex128)
    keys = np.lexsort((found.imag.round(12), found.real.round(12)))
    picked: Complex = found[keys]
    return picked


def _check(order: str) -> None:
    if order not in ORDERS:
        raise ValueError(f"order is {order!r}, but must be one of {', '.join(ORDERS)}.")
