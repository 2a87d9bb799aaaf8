"""The two updates of a GAN on faces: the lab's objectives, R1 and R2, augmentation, averaged generator."""

from __future__ import annotations

import torch
from torch import Tensor

from playground.data.faces import FaceSet
from playground.engine.faces.augment import NUMBERS, augment
from playground.engine.faces.batches import Batch, Share, Stream, host_rng
from playground.engine.faces.learner import EPSILON, FaceLearner, new_generator
from playground.engine.flat import Adam, Flat
from playground.engine.learner import Report
from playground.nets.conv import Discriminator
from playground.objectives import OBJECTIVES
from playground.recipes import Recipe


class FaceGAN(FaceLearner):
    """One discriminator update, then one generator update, on the same real batch."""

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
        self.objective = OBJECTIVES[recipe.objective]
        self._learns("generator", new_generator(recipe, seed), new_generator(recipe, seed))
        self._learns("discriminator", Discriminator(recipe.channels, host_rng(seed, Stream.WEIGHTS, 1)))
        self.last_scores: tuple[Tensor, Tensor] | None = None

    def _adam(self, flat: Flat) -> Adam:
        recipe = self.recipe
        return Adam(flat, recipe.learning_rate, recipe.beta1, recipe.beta2, EPSILON)

    def _seen(self, images: Tensor, stream: Stream) -> Tensor:
        """The images as the discriminator gets them."""
        chance = self.recipe.augment_probability
        if not chance:
            return images
        return augment(images, chance, self.batches.uniform(stream, self.iterations, NUMBERS))

    def iterate(self, want: bool) -> Report:
        batch = self.batches[self.iterations]
        report = self.update_discriminator(batch, want)
        report |= self.update_generator(batch, want)
        self._averages_follow()
        self.iterations += 1
        return report

    def update_discriminator(self, batch: Batch, want: bool) -> Report:
        """One discriminator update; every `penalty_every`-th with R1 and R2, weighted up to make good."""
        recipe, labels = self.recipe, (batch.hair, batch.eyes)
        z = self.batches.normal(Stream.LATENT_D, self.iterations, recipe.latent_dim)
        count = len(z)
        weights = recipe.r1_weight, recipe.r2_weight
        due = any(weights) and self.discriminator_updates % recipe.penalty_every == 0
        with self.precision:
            with torch.no_grad():
                generated = self.modules["generator"](z, *labels)
                both = torch.cat(
                    [
                        self._seen(batch.images, Stream.AUGMENT_REAL),
                        self._seen(generated, Stream.AUGMENT_GENERATED),
                    ]
                )
            both.requires_grad_(due)
            scores = self.modules["discriminator"](both, batch.hair.repeat(2), batch.eyes.repeat(2))
        real, fake = scores[:count], scores[count:]
        loss: Tensor = self.objective.discriminator_loss(real, fake, 1.0)
        report: Report = {}
        if due:
            (slope,) = torch.autograd.grad(scores.sum(), both, create_graph=True)
            steep = slope.float().square().sum((1, 2, 3))
            r1, r2 = steep[:count].mean(), steep[count:].mean()
            loss = loss + 0.5 * recipe.penalty_every * (weights[0] * r1 + weights[1] * r2)
            if want:
                report |= {"r1": r1.item(), "r2": r2.item()}
        self._descend(loss, "discriminator")
        self.discriminator_updates += 1
        self.last_scores = real.detach(), fake.detach()
        if want:
            report |= {
                "loss_d": loss.item(),
                "score_real": real.mean().item(),
                "score_generated": fake.mean().item(),
                "right": float(0.5 * ((real > 0).float().mean() + (fake < 0).float().mean()))
                if self.objective.score != "relative"
                else float((real > fake).float().mean()),
            }
        return report

    def update_generator(self, batch: Batch, want: bool) -> Report:
        """One generator update."""
        labels = (batch.hair, batch.eyes)
        z = self.batches.normal(Stream.LATENT_G, self.iterations, self.recipe.latent_dim)
        discriminator = self.modules["discriminator"]
        with self.precision:
            real: Tensor | None = None
            if self.objective.generator_sees_real:
                with torch.no_grad():
                    real = discriminator(self._seen(batch.images, Stream.AUGMENT_REAL_G), *labels)
            generated = self.modules["generator"](z, *labels)
            fake = discriminator(self._seen(generated, Stream.AUGMENT_G), *labels)
        loss: Tensor = self.objective.generator_loss(fake, real)
        self._descend(loss, "generator")
        self.generator_updates += 1
        return {"loss_g": loss.item()} if want else {}
