"""The face of a GAN that is closest to a given picture: its latent, found by gradient descent.

A GAN has no encoder, so the code of a picture has to be searched for (Zhu et al. 2016; Creswell and Bharath
2018). Adam moves several starts at once; the worse half is dropped after each round (successive halving), so
that most of the work goes into the promising ones. Knows no page and no file: the caller looks at each report
and stops by asking for no further one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from playground.checkpoints import FaceModel
from playground.config import ConfigError
from playground.limits import limits
from playground.nets.conv import Classifier
from playground.recipes import ANY, EYES, HAIR, trait_index

STARTS, ROUNDS, UPDATES = 16, 5, 400  # 16, 8, 4, 2 and 1 latents, 80 updates each: 2,480 passes
REPORT_EVERY = 10  # updates from one report to the next
SCALES = 4  # full size, half, quarter, eighth
PRIOR_WEIGHT = 2e-4  # keeps |z|^2 / dimension near 1, where the generator was trained
LEARNING_RATES = (0.2, 0.005)  # at the first and the last update
SEARCH_STREAM = 1  # the starts are drawn from (seed, SEARCH_STREAM), so that none equals the latent of a seed


@dataclass(frozen=True, eq=False)
class Closest:
    """How far the search is. Errors are root mean squares over pixels in [0, 1]."""

    update: int
    updates: int
    latent: NDArray[np.float32]  # (latent_dim,) of the best face so far
    face: NDArray[np.uint8]  # (side, side, 3)
    error: float  # of that face
    start_error: float  # of the best start, before the first update

    @property
    def done(self) -> bool:
        return self.update == self.updates


def find_closest(
    model: FaceModel,
    picture: NDArray[np.uint8],
    *,
    hair: str = ANY,
    eyes: str = ANY,
    seed: int = 0,
    starts: int | None = None,
    updates: int | None = None,
) -> Iterator[Closest]:
    """Search the latent of `picture` (side, side, 3); a report at the start and after every few updates.

    The loss is the squared error summed over a pyramid of sizes, which has fewer traps than pixels alone,
    plus `PRIOR_WEIGHT` times (|z|^2 / dimension - 1)^2. Without `starts` and `updates` it takes `STARTS` and
    `UPDATES`, or what is allowed. The same arguments give the same reports on one machine. Raises
    `ConfigError` at once for a wrong picture, colour, seed or amount of work.
    """
    side = model.recipe.size
    if picture.dtype != np.uint8 or picture.shape != (side, side, 3):
        raise ConfigError(f"picture has the shape {picture.shape}: allowed is {side} x {side} x 3, in bytes.")
    most_starts, most_updates = limits().search_starts, limits().search_updates
    starts = min(STARTS, most_starts) if starts is None else starts
    updates = min(UPDATES, most_updates) if updates is None else updates
    for name, value, most in (("starts", starts, most_starts), ("updates", updates, most_updates)):
        if not 1 <= value <= most:
            raise ConfigError(f"{name} = {value}: allowed is 1 to {most:,}.")
    if not 0 <= seed < 2**32:
        raise ConfigError(f"seed = {seed}: allowed is 0 to {2**32 - 1:,}.")
    colours = trait_index("hair", hair), trait_index("eyes", eyes)
    return _search(model, picture, colours, seed, starts, updates)


def guess_colours(classifier: Classifier, picture: NDArray[np.uint8]) -> tuple[str, str]:
    """The hair and eye colour that the classifier finds most likely in a picture (side, side, 3)."""
    device = next(classifier.parameters()).device
    with torch.no_grad():
        hair, eyes = classifier(_pixels(picture, device)[None])
    return HAIR[int(hair[0].argmax())], EYES[int(eyes[0].argmax())]


def _pixels(picture: NDArray[np.uint8], device: torch.device) -> Tensor:
    """(side, side, 3) bytes -> (3, side, side) in [-1, 1]."""
    return torch.from_numpy(picture.copy()).to(device).permute(2, 0, 1).float() / 127.5 - 1.0


def _losses(faces: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """(B, 3, S, S), (3, S, S) -> the pyramid's loss (B,) and the mean square of the error that shows (B,).

    Beyond -1 and 1 bytes end, so there a face may go as far as it likes where the target is at that end.
    """
    rest = torch.where(target >= 1.0, faces.clamp(max=1.0), faces) - target
    rest = torch.where((target <= -1.0) & (rest < 0.0), torch.zeros_like(rest), rest)
    total = rest.square().mean((1, 2, 3))
    for _ in range(SCALES - 1):
        rest = F.avg_pool2d(rest, 2)
        total = total + rest.square().mean((1, 2, 3))
    return total, (faces.detach().clamp(-1.0, 1.0) - target).square().mean((1, 2, 3))


def _search(
    model: FaceModel,
    picture: NDArray[np.uint8],
    colours: tuple[int, int],
    seed: int,
    starts: int,
    updates: int,
) -> Iterator[Closest]:
    device = next(model.generator.parameters()).device
    target = _pixels(picture, device)
    rng = np.random.default_rng([seed, SEARCH_STREAM])
    drawn = rng.standard_normal((starts, model.recipe.latent_dim)).astype(np.float32)
    hair, eyes = (torch.full((starts,), c, device=device) for c in colours)
    codes = torch.from_numpy(drawn).to(device)
    best: tuple[float, Tensor, Tensor] | None = None  # loss, latent, face
    start_error = 0.0
    first, second = torch.zeros_like(codes), torch.zeros_like(codes)
    for update in range(updates + 1):
        keep = _survivors(update, updates, starts)
        codes = codes.detach().requires_grad_()
        with torch.enable_grad():
            faces = model.paint(codes, hair[: len(codes)], eyes[: len(codes)])
            losses, squared = _losses(faces, target)
            shell = (codes.square().mean(1) - 1.0).square()
            (slope,) = torch.autograd.grad((losses + PRIOR_WEIGHT * shell).sum(), codes)
        losses = losses.detach()
        winner = int(losses.argmin())
        if update == 0:
            start_error = _error(squared.min())
        if best is None or float(losses[winner]) < best[0]:
            best = (float(losses[winner]), codes[winner].detach().clone(), faces[winner].detach().clone())
        if update % REPORT_EVERY == 0 or update == updates:
            yield _report(update, updates, best, target, start_error)
        if keep < len(codes):
            order = losses.argsort(stable=True)[:keep]
            codes, slope, first, second = codes[order], slope[order], first[order], second[order]
        codes, first, second = _adam(codes.detach(), slope, first, second, update, updates)


def _survivors(update: int, updates: int, starts: int) -> int:
    """How many latents are still moved after `update`: half as many in each round."""
    return max(1, starts >> min(ROUNDS - 1, update * ROUNDS // max(updates, 1)))


def _adam(
    codes: Tensor, slope: Tensor, first: Tensor, second: Tensor, update: int, updates: int
) -> tuple[Tensor, Tensor, Tensor]:
    """One update of Kingma and Ba 2015, with their constants and a cosine from the first rate to the last."""
    first = 0.9 * first + 0.1 * slope
    second = 0.999 * second + 0.001 * slope.square()
    high, low = LEARNING_RATES
    rate = low + (high - low) * 0.5 * (1.0 + math.cos(math.pi * update / max(updates, 1)))
    step = (first / (1.0 - 0.9 ** (update + 1))) / ((second / (1.0 - 0.999 ** (update + 1))).sqrt() + 1e-8)
    return codes - rate * step, first, second


def _error(squared: Tensor) -> float:
    """A mean square over [-1, 1] as a root mean square over [0, 1]."""
    return 0.5 * math.sqrt(float(squared))


def _report(
    update: int, updates: int, best: tuple[float, Tensor, Tensor], target: Tensor, start_error: float
) -> Closest:
    _, latent, face = best
    shown = ((face + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return Closest(
        update=update,
        updates=updates,
        latent=latent.cpu().numpy(),
        face=shown.permute(1, 2, 0).contiguous().cpu().numpy(),
        error=_error((face.clamp(-1.0, 1.0) - target).square().mean()),
        start_error=start_error,
    )
