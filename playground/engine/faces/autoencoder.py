"""Autoencoder and VAE on faces: the GAN's generator as decoder, its mirror as encoder."""

from __future__ import annotations

import torch
from torch import Tensor

from playground.data.faces import FaceSet
from playground.engine.faces.batches import Share, Stream, pixels
from playground.engine.faces.codes import CodePrior
from playground.engine.faces.learner import FaceLearner, new_encoder, new_generator
from playground.engine.learner import Report
from playground.recipes import Recipe

CODES_AT_ONCE = 256


class FaceAutoencoder(FaceLearner):
    """Minimises the squared error of decoder(encoder(x))."""

    def __init__(
        self,
        recipe: Recipe,
        faces: FaceSet,
        seed: int = 0,
        device: str = "cpu",
        share: Share = Share(),  # noqa: B008 -- frozen
        low_precision: bool = False,
    ) -> None:
        super().__init__(recipe, faces, seed, device, share, low_precision)
        self._learns("generator", new_generator(recipe, seed), new_generator(recipe, seed))
        self._learns("encoder", new_encoder(recipe, seed), new_encoder(recipe, seed))

    def iterate(self, want: bool) -> Report:
        batch = self.batches[self.iterations]
        with self.precision:
            mean, log_variance = self.modules["encoder"](batch.images)
            decoded = self.modules["generator"](self._code(mean, log_variance), batch.hair, batch.eyes)
        loss, report = self._loss(decoded - batch.images, mean, log_variance, want)
        self._descend(loss, "generator", "encoder")
        self._averages_follow()
        self.generator_updates += 1
        self.iterations += 1
        return report

    def _code(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        return mean

    def _loss(self, error: Tensor, mean: Tensor, log_variance: Tensor, want: bool) -> tuple[Tensor, Report]:
        loss = error.square().mean()
        return loss, {"mse": loss.item()} if want else {}

    @torch.no_grad()
    def code_prior(self, count: int = 8192) -> CodePrior:
        """Where the codes of the first `count` training faces lie, given their colours."""
        data, encoder = self.batches, self.averages["encoder"]
        codes = torch.cat([encoder(pixels(piece))[0] for piece in data.images[:count].split(CODES_AT_ONCE)])
        return self._prior(codes, data.hair[:count], data.eyes[:count])

    def _prior(self, codes: Tensor, hair: Tensor, eyes: Tensor) -> CodePrior:
        return CodePrior.independent(codes)


class FaceVAE(FaceAutoencoder):
    """Maximises the ELBO of p(x | z) = N(x; decoder(z), sigma^2 I), z ~ N(0, I) (Kingma and Welling 2014)."""

    def _prior(self, codes: Tensor, hair: Tensor, eyes: Tensor) -> CodePrior:
        return CodePrior.fit(codes, hair, eyes, standard=True)

    def _code(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        noise = self.batches.normal(Stream.CODE, self.iterations, self.recipe.latent_dim)
        return mean + noise * (0.5 * log_variance).exp()

    def _loss(self, error: Tensor, mean: Tensor, log_variance: Tensor, want: bool) -> tuple[Tensor, Report]:
        misfit = error.square().sum((1, 2, 3)) / (2.0 * self.recipe.observation_sigma**2)
        kl = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(1)
        loss = (misfit + kl).mean() / error[0].numel()  # nats for each number of a picture
        if not want:
            return loss, {}
        return loss, {"mse": error.square().mean().item(), "kl": kl.mean().item(), "loss": loss.item()}
