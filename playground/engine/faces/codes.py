"""Where an autoencoder's codes lie, and where they lie for faces of one hair or eye colour.

A GAN's generator is told the colours and has to obey. A decoder is told them too, but the code names them
already, so it need not listen, and a code drawn at random would contradict the colours asked for. So a VAE's
codes are drawn where codes of faces of those colours are: from a Gaussian with the mean of that colour and
the covariance that is left when the colour is known. Standard units u are N(0, I); code = offset + map u.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from playground.recipes import EYES, HAIR

FLOOR = 1e-4  # of an eigenvalue, as a share of the largest: codes that never vary cannot be divided by


@dataclass(frozen=True)
class CodePrior:
    """Offsets (13, d) of hair and (11, d) of eyes, "any" last; maps (2, 2, d, d) by which are known."""

    hair: Tensor
    eyes: Tensor
    maps: Tensor
    inverses: Tensor

    @staticmethod
    def fit(codes: Tensor, hair: Tensor, eyes: Tensor, *, standard: bool) -> CodePrior:
        """From codes (N, d) and the colours (N,) of their faces.

        `standard`: take the codes as N(0, I) over all faces, as a VAE is trained to make them; otherwise as a
        Gaussian with their own mean and covariance. Colours are taken to add up.
        """
        codes = codes.double().cpu()
        width = codes.shape[1]
        centre = torch.zeros(width, dtype=torch.float64) if standard else codes.mean(0)
        total = torch.eye(width, dtype=torch.float64) if standard else torch.cov(codes.T, correction=0)
        tables, between = [], []
        for labels, count in ((hair.cpu(), len(HAIR)), (eyes.cpu(), len(EYES))):
            shown = F.one_hot(labels, count + 1).double()[:, :count]
            known = shown.sum(1) > 0
            share = shown.sum(0) / known.sum().clamp_min(1)
            overall = codes[known].mean(0) if known.any() else centre
            means = (shown.T @ codes) / shown.sum(0).clamp_min(1)[:, None]
            offsets = torch.where(shown.sum(0)[:, None] > 0, means - overall, 0.0)
            between.append((offsets * share[:, None]).T @ offsets)
            tables.append(torch.cat([offsets, torch.zeros(1, width, dtype=torch.float64)]))
        roots = [_root(total - h * between[0] - e * between[1]) for h in (0, 1) for e in (0, 1)]
        maps, inverses = (torch.stack(pair).view(2, 2, width, width) for pair in zip(*roots, strict=True))
        tables[0] += centre  # every code has exactly one hair entry, "any" included
        return CodePrior(tables[0].float(), tables[1].float(), maps.float(), inverses.float())

    @staticmethod
    def independent(codes: Tensor) -> CodePrior:
        """What an autoencoder comes with: each number of its codes (N, d) with its own mean and spread.

        Nothing told it where codes should lie, and this is told nothing of how their numbers go together.
        """
        codes = codes.double().cpu()
        spread = codes.std(0, correction=0).clamp_min(FLOOR)
        width = codes.shape[1]
        hair = codes.mean(0).repeat(len(HAIR) + 1, 1)
        eyes = torch.zeros(len(EYES) + 1, width, dtype=torch.float64)
        maps, inverses = (torch.diag(d).expand(2, 2, width, width).clone() for d in (spread, 1.0 / spread))
        return CodePrior(hair.float(), eyes.float(), maps.float(), inverses.float())

    def codes(self, standard: Tensor, hair: Tensor, eyes: Tensor) -> Tensor:
        """(B, d) in standard units -> codes for the decoder."""
        return self.hair[hair] + self.eyes[eyes] + self._times(self.maps, standard, hair, eyes)

    def standard(self, codes: Tensor, hair: Tensor, eyes: Tensor) -> Tensor:
        """The way back: (B, d) codes -> standard units."""
        return self._times(self.inverses, codes - self.hair[hair] - self.eyes[eyes], hair, eyes)

    def _times(self, maps: Tensor, vectors: Tensor, hair: Tensor, eyes: Tensor) -> Tensor:
        chosen = maps[(hair < len(HAIR)).long(), (eyes < len(EYES)).long()]
        return torch.einsum("bij,bj->bi", chosen, vectors)

    def tensors(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return {"hair": self.hair, "eyes": self.eyes, "maps": self.maps}

    @staticmethod
    def shapes(width: int) -> dict[str, tuple[int, ...]]:
        """Of `tensors`, for codes of that width."""
        return {"hair": (len(HAIR) + 1, width), "eyes": (len(EYES) + 1, width), "maps": (2, 2, width, width)}

    @staticmethod
    def of_tensors(tensors: Mapping[str, Tensor]) -> CodePrior:
        """Take back what `tensors` gave."""
        maps = tensors["maps"].double()
        return CodePrior(
            tensors["hair"].float(), tensors["eyes"].float(), maps.float(), torch.linalg.pinv(maps).float()
        )


def _root(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """The symmetric square root of a covariance, and its inverse."""
    values, vectors = torch.linalg.eigh(covariance)
    values = values.clamp_min(FLOOR * float(values.max()))
    return (vectors * values.sqrt()) @ vectors.T, (vectors / values.sqrt()) @ vectors.T
