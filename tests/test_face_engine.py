"""Learning faces: networks, batches, augmentation, the updates of GAN, VAE and autoencoder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.engine.faces import FaceAutoencoder, FaceGAN, FaceVAE
from playground.engine.faces.augment import NUMBERS, augment
from playground.engine.faces.batches import Batches, Share, Stream, host_rng, pixels, to_uint8
from playground.engine.faces.codes import CodePrior
from playground.engine.faces.learner import FaceLearner, new_encoder, new_generator
from playground.nets.conv import Discriminator, Residual, cost
from playground.objectives import OBJECTIVES
from playground.recipes import EYES, HAIR, RECIPES, Recipe, recipe_named, trait_index

TINY = replace(
    RECIPES["faces64"],
    name="tiny",
    size=16,
    channels=(16, 12),
    latent_dim=6,
    batch_size=8,
    penalty_every=2,
    ema_half_life_images=100.0,
)
LEARNERS = {"gan": FaceGAN, "vae": FaceVAE, "ae": FaceAutoencoder}
COLOURS = np.array([[230, 40, 40], [40, 60, 230]], np.uint8)  # of hair 0 and hair 1


def solid_faces(count: int = 40, size: int = 16) -> FaceSet:
    """Pictures of one colour each, which is the colour of their hair."""
    hair = np.arange(count) % 2
    images = np.broadcast_to(COLOURS[hair][:, None, None], (count, size, size, 3)).copy()
    return FaceSet(images, hair.astype(np.int64), np.arange(count) % len(EYES), "solid")


def noisy_faces(count: int = 21, size: int = 16) -> FaceSet:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    return FaceSet(images, rng.integers(0, len(HAIR), count), rng.integers(0, len(EYES), count), "noise")


def everything(learner: FaceLearner) -> dict[str, np.ndarray]:
    return learner.arrays()


# -- recipes


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json_unchanged(name: str) -> None:
    assert Recipe.from_dict(RECIPES[name].to_dict()) == RECIPES[name]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 48),
        ("size", 10**9),
        ("channels", [16]),
        ("channels", [16, 10**6]),
        ("latent_dim", 0),
        ("learning_rate", float("nan")),
        ("batch_size", 3.5),
        ("batch_size", True),
        ("objective", "wgan"),
        ("name", ""),
        ("augment_probability", 0.9),
    ],
)
def test_an_impossible_recipe_is_refused_by_the_name_of_its_field(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=field):
        Recipe.from_dict(TINY.to_dict() | {field: value})


def test_a_recipe_with_a_field_missing_or_too_many_is_refused() -> None:
    values = TINY.to_dict()
    with pytest.raises(ConfigError, match="exactly the fields"):
        Recipe.from_dict(values | {"extra": 1})
    values.pop("size")
    with pytest.raises(ConfigError, match="exactly the fields"):
        Recipe.from_dict(values)


def test_a_colour_is_its_place_in_the_list_and_any_is_one_past_the_last() -> None:
    assert trait_index("hair", "aqua") == 0
    assert trait_index("eyes", "yellow") == len(EYES) - 1
    assert trait_index("hair", "any") == trait_index("hair", None) == len(HAIR)
    with pytest.raises(ConfigError, match=r"hair = 'mauve': allowed is any, aqua"):
        trait_index("hair", "mauve")
    with pytest.raises(ConfigError, match="recipe = 'x'"):
        recipe_named("x")


# -- networks


def test_a_new_residual_block_is_its_skip() -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(2, 5, 8, 8, generator=rng)
    same = Residual(5, 5, "", 3, rng)
    assert torch.equal(same(x), x)
    torch.testing.assert_close(Residual(5, 5, "down", 3, rng)(x), F.avg_pool2d(x, 2))
    torch.testing.assert_close(
        Residual(5, 5, "up", 3, rng)(x), x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    )


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=str)
def test_generator_encoder_and_discriminator_of_every_recipe_fit_together(recipe: Recipe) -> None:
    z, hair, eyes = (
        torch.randn(2, recipe.latent_dim),
        torch.tensor([0, len(HAIR)]),
        torch.tensor([1, len(EYES)]),
    )
    images = new_generator(recipe, 0)(z, hair, eyes)
    assert images.shape == (2, 3, recipe.size, recipe.size)
    mean, log_variance = new_encoder(recipe, 0)(images)
    assert mean.shape == log_variance.shape == z.shape
    assert Discriminator(recipe.channels, host_rng(0, Stream.WEIGHTS))(images, hair, eyes).shape == (2,)


def test_the_models_of_one_seed_start_from_the_same_generator() -> None:
    made = [learner(TINY, noisy_faces(), seed=3) for learner in LEARNERS.values()]
    vectors = [learner.flats["generator"].vector for learner in made]
    assert torch.equal(vectors[0], vectors[1])
    assert torch.equal(vectors[0], vectors[2])
    assert not torch.equal(vectors[0], FaceGAN(TINY, noisy_faces(), seed=4).flats["generator"].vector)


def test_cost_is_the_count_by_hand() -> None:
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 5, 3, padding=1), torch.nn.Flatten(), torch.nn.Linear(5 * 4 * 4, 2)
    )
    weights = 5 * 3 * 9 + 5 + 80 * 2 + 2
    assert cost(network, torch.zeros(1, 3, 4, 4)) == (weights, 16 * 5 * 27 + 160)


# -- batches


def test_pixels_there_and_back_are_the_same_bytes() -> None:
    images = torch.arange(256, dtype=torch.uint8).repeat(12).reshape(4, 16, 16, 3)
    assert torch.equal(to_uint8(pixels(images)), images)
    assert pixels(images).min() == -1.0
    assert pixels(images).max() == 1.0


def test_every_face_comes_once_an_epoch_whatever_the_batch() -> None:
    faces = noisy_faces(count=21)
    batches = Batches(faces, 6, 0.0, seed=1, device="cpu", share=Share())
    seen = torch.cat([batches._indices(row) for row in range(7)])  # 42 faces: two epochs
    assert sorted(seen[:21].tolist()) == sorted(seen[21:].tolist()) == list(range(21))
    assert seen[:21].tolist() != seen[21:].tolist()


def test_a_batch_is_the_same_in_whatever_order_batches_are_asked_for() -> None:
    forward, backward = (Batches(noisy_faces(), 8, 0.3, 5, "cpu", Share()) for _ in range(2))
    rows = {row: forward[row] for row in range(6)}
    for row in reversed(range(6)):
        again = backward[row]
        assert torch.equal(again.images, rows[row].images)
        assert torch.equal(again.hair, rows[row].hair)


def test_two_processes_together_see_the_batch_of_one() -> None:
    whole = Batches(noisy_faces(), 8, 0.3, 5, "cpu", Share())
    halves = [Batches(noisy_faces(), 8, 0.3, 5, "cpu", Share(rank, 2)) for rank in (0, 1)]
    assert torch.equal(torch.cat([half[3].images for half in halves]), whole[3].images)
    assert torch.equal(torch.cat([half[3].eyes for half in halves]), whole[3].eyes)
    noise = torch.cat([half.normal(Stream.CODE, 2, 4) for half in halves])
    assert torch.equal(noise, whole.normal(Stream.CODE, 2, 4))
    with pytest.raises(ValueError, match=r"batch_size = 8: allowed is a multiple of the 3"):
        Batches(noisy_faces(), 8, 0.3, 5, "cpu", Share(0, 3))


def test_labels_are_dropped_as_often_as_the_recipe_says() -> None:
    batches = Batches(noisy_faces(), 500, 0.25, 0, "cpu", Share())
    hair = torch.cat([batches[row].hair for row in range(10)])
    eyes = torch.cat([batches[row].eyes for row in range(10)])
    hidden_hair, hidden_eyes = hair == len(HAIR), eyes == len(EYES)
    for hidden in (hidden_hair, hidden_eyes):
        assert hidden.float().mean() == pytest.approx(0.25, abs=5 * np.sqrt(0.25 * 0.75 / 5000))
    both = (hidden_hair & hidden_eyes).float().mean()
    assert both == pytest.approx(0.0625, abs=5 * np.sqrt(0.0625 / 5000))  # independent


# -- augmentation


def numbers(count: int, **fixed: float) -> Tensor:
    """Uniform numbers under which nothing happens, but for those fixed by name."""
    order = ["mirror", "shift", "light", "rows", "columns", "bright", "contrast", "which"]
    row = torch.full((count, NUMBERS), 0.5)
    row[:, :3] = 1.0
    for name, value in fixed.items():
        row[:, order.index(name)] = value
    return row


def test_augmentation_of_probability_zero_is_nothing() -> None:
    images = torch.randn(3, 3, 16, 16)
    assert augment(images, 0.0, torch.zeros(3, NUMBERS)) is images


def test_each_augmentation_is_what_its_name_says() -> None:
    images = torch.randn(2, 3, 16, 16)
    assert torch.equal(augment(images, 0.5, numbers(2)), images)
    assert torch.equal(augment(images, 0.5, numbers(2, mirror=0.0, which=0.0)), images.flip(3))
    down = augment(images, 0.5, numbers(2, shift=0.0, rows=0.0))
    assert torch.equal(down[:, :, 2:], images[:, :, :-2])  # an eighth of the side, the edge going on
    assert torch.equal(down[:, :, 0], images[:, :, 0])
    aside = augment(images, 0.5, numbers(2, shift=0.0, columns=0.9999))
    assert torch.equal(aside[..., :-2], images[..., 2:])
    torch.testing.assert_close(augment(images, 0.5, numbers(2, light=0.0, bright=1.0)), images + 0.2)
    torch.testing.assert_close(augment(images, 0.5, numbers(2, light=0.0, contrast=0.0)), images * 0.75)


def test_augmentation_passes_gradients_on() -> None:
    images = torch.randn(2, 3, 16, 16, dtype=torch.float64, requires_grad=True)
    uniform = torch.rand(2, NUMBERS, generator=torch.Generator().manual_seed(0)).double()
    assert torch.autograd.gradcheck(lambda x: augment(x, 0.8, uniform).mean((2, 3)), (images,))


# -- updates


def test_a_gan_update_is_the_papers_losses_under_torchs_adam() -> None:
    """Relativistic pairs with R1 and R2 (Huang et al. 2024), written out again with stock parts."""
    recipe = replace(TINY, augment_probability=0.0, label_dropout=0.0, r1_weight=0.7, r2_weight=0.3)
    learner = FaceGAN(recipe, noisy_faces(), seed=2)
    g = new_generator(recipe, 2)
    d = Discriminator(recipe.channels, host_rng(2, Stream.WEIGHTS, 1))
    adams = [
        torch.optim.Adam(net.parameters(), recipe.learning_rate, (recipe.beta1, recipe.beta2))
        for net in (d, g)
    ]
    source = Batches(noisy_faces(), recipe.batch_size, 0.0, 2, "cpu", Share())
    for i in range(4):
        batch, labels = source[i], (source[i].hair, source[i].eyes)
        fake = g(source.normal(Stream.LATENT_D, i, recipe.latent_dim), *labels).detach().requires_grad_()
        real = batch.images.clone().requires_grad_()
        s_real, s_fake = d(real, *labels), d(fake, *labels)
        loss = -F.logsigmoid(s_real - s_fake).mean()
        if i % recipe.penalty_every == 0:
            for score, x, weight in ((s_real, real, 0.7), (s_fake, fake, 0.3)):
                (slope,) = torch.autograd.grad(score.sum(), x, create_graph=True)
                loss = loss + recipe.penalty_every * weight / 2 * slope.flatten(1).norm(dim=1).pow(2).mean()
        adams[0].zero_grad()
        loss.backward()
        adams[0].step()
        fake = g(source.normal(Stream.LATENT_G, i, recipe.latent_dim), *labels)
        loss = -F.logsigmoid(d(fake, *labels) - d(batch.images, *labels)).mean()
        adams[1].zero_grad()
        loss.backward()
        adams[1].step()
        learner.iterate(False)
    for name, network in (("discriminator", d), ("generator", g)):
        torch.testing.assert_close(
            learner.flats[name].vector,
            torch.cat([p.detach().reshape(-1) for p in network.parameters()]),
            rtol=1e-3,
            atol=1e-5,
        )


@pytest.mark.parametrize("objective", ["relativistic", "non-saturating", "hinge", "lsgan"])
def test_a_gan_reports_the_loss_of_its_objective(objective: str) -> None:
    recipe = replace(TINY, objective=objective, r1_weight=0.0, r2_weight=0.0)
    learner = FaceGAN(recipe, noisy_faces(), seed=0)
    report = learner.iterate(True)
    assert learner.last_scores is not None
    expected = OBJECTIVES[objective].discriminator_loss(*learner.last_scores, 1.0)
    assert report["loss_d"] == pytest.approx(float(expected))
    assert 0.0 <= report["right"] <= 1.0


def test_the_vae_loss_is_minus_the_elbo_of_torch_distributions() -> None:
    recipe = replace(TINY, label_dropout=0.0)
    learner = FaceVAE(recipe, noisy_faces(), seed=1)
    batch = Batches(noisy_faces(), recipe.batch_size, 0.0, 1, "cpu", Share())[0]
    with torch.no_grad():
        mean, log_variance = learner.modules["encoder"](batch.images)
        posterior = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
        z = mean + learner.batches.normal(Stream.CODE, 0, recipe.latent_dim) * posterior.scale
        likelihood = torch.distributions.Normal(
            learner.modules["generator"](z, batch.hair, batch.eyes), recipe.observation_sigma
        )
        prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
        kl = torch.distributions.kl_divergence(posterior, prior).sum(1)
        elbo = likelihood.log_prob(batch.images).sum((1, 2, 3)) - kl
    # the loss leaves out the Gaussian's constant and counts nats for each number of a picture
    constant = float(np.log(recipe.observation_sigma) + 0.5 * np.log(2 * np.pi))
    report = learner.iterate(True)
    assert report["kl"] == pytest.approx(float(kl.mean()), rel=1e-4)
    assert report["loss"] + constant == pytest.approx(float(-elbo.mean()) / (3 * 16 * 16), rel=1e-4)


def test_the_average_follows_the_weights_with_the_half_life_of_the_recipe() -> None:
    learner = FaceGAN(replace(TINY, ema_half_life_images=0.1), noisy_faces(), seed=0)
    expected = learner.flats["generator"].vector.clone()
    for i in range(3):
        learner.iterate(False)
        seen = (i + 1) * TINY.batch_size
        keep = 0.5 ** (TINY.batch_size / min(0.1, 0.05 * seen))
        expected = keep * expected + (1 - keep) * learner.flats["generator"].vector
    average = torch.cat([p.reshape(-1) for p in learner.averages["generator"].parameters()])
    torch.testing.assert_close(average, expected)


@pytest.mark.parametrize("model", LEARNERS)
@pytest.mark.parametrize("low_precision", [False, True], ids=["float32", "bfloat16"])
def test_going_back_and_forward_again_is_bit_for_bit_the_same_run(model: str, low_precision: bool) -> None:
    learner = LEARNERS[model](TINY, noisy_faces(), seed=7, low_precision=low_precision)
    for _ in range(3):
        learner.iterate(False)
    arrays, counters = learner.arrays(), learner.counters()
    for _ in range(4):
        learner.iterate(False)
    end = learner.arrays()
    other = LEARNERS[model](TINY, noisy_faces(), seed=7, low_precision=low_precision)
    for back in (learner, other):
        back.load_arrays(arrays)
        back.load_counters(counters)
        for i in range(4):
            back.iterate(i == 2)  # asking for a report changes nothing
        again = back.arrays()
        assert again.keys() == end.keys()
        assert all(np.array_equal(again[name], end[name]) for name in end)
        assert back.images_seen == 7 * TINY.batch_size


# -- codes


def drawn_codes(standard: bool) -> tuple[CodePrior, Tensor, Tensor, Tensor]:
    """Codes whose third number is the hair and nothing else, N(0, 1) or stretched and moved."""
    rng = torch.Generator().manual_seed(0)
    hair, eyes = (torch.randint(0, n, (20_000,), generator=rng) for n in (len(HAIR), len(EYES)))
    codes = torch.randn(20_000, 4, generator=rng)
    named = (hair - (len(HAIR) - 1) / 2) / np.sqrt((len(HAIR) ** 2 - 1) / 12)  # variance 1
    codes[:, 2] = named * np.sqrt(0.96) + 0.2 * codes[:, 2]
    if not standard:
        codes = codes * torch.tensor([1.0, 3.0, 0.5, 2.0]) + torch.tensor([5.0, 0.0, -1.0, 0.0])
    return CodePrior.fit(codes, hair, eyes, standard=standard), codes, hair, eyes


@pytest.mark.parametrize("standard", [True, False])
def test_codes_of_a_colour_are_drawn_where_codes_of_that_colour_lie(standard: bool) -> None:
    prior, codes, hair, _ = drawn_codes(standard)
    u = torch.randn(20_000, 4, generator=torch.Generator().manual_seed(1))
    for colour in (0, 7, len(HAIR)):
        mine = codes[hair == colour] if colour < len(HAIR) else codes
        labels = torch.full((20_000,), colour), torch.full((20_000,), len(EYES))
        drawn = prior.codes(u, *labels)
        spread = codes.std(0)
        assert (drawn.mean(0) - mine.mean(0)).abs().max() < 0.1 * spread.max()
        torch.testing.assert_close(drawn.std(0), mine.std(0), rtol=0.1, atol=0.05)


def test_standard_units_there_and_back_are_the_same_code() -> None:
    prior, codes, hair, eyes = drawn_codes(False)
    again = CodePrior.of_tensors(prior.tensors())
    for colours in ((hair, eyes), (torch.full_like(hair, len(HAIR)), eyes)):
        u = prior.standard(codes, *colours)
        torch.testing.assert_close(prior.codes(u, *colours), codes, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(again.standard(codes, *colours), u, rtol=1e-3, atol=1e-3)
    assert {name: tuple(t.shape) for name, t in prior.tensors().items()} == CodePrior.shapes(4)


def test_a_vaes_codes_with_any_colours_are_the_prior_it_was_trained_for() -> None:
    prior = FaceVAE(TINY, noisy_faces(), seed=0).code_prior()
    u = torch.randn(5, TINY.latent_dim)
    anything = torch.full((5,), len(HAIR)), torch.full((5,), len(EYES))
    torch.testing.assert_close(prior.codes(u, *anything), u)


def test_an_autoencoders_code_prior_has_the_mean_and_spread_of_its_codes() -> None:
    faces = noisy_faces(count=300)
    learner = FaceAutoencoder(TINY, faces, seed=0)
    learner.iterate(False)
    codes = learner.averages["encoder"](pixels(torch.from_numpy(faces.images)))[0]
    anything = torch.full((300,), len(HAIR)), torch.full((300,), len(EYES))
    u = learner.code_prior().standard(codes, *anything)
    torch.testing.assert_close(u.mean(0), torch.zeros(TINY.latent_dim), atol=1e-2, rtol=0)
    torch.testing.assert_close(u.std(0, correction=0), torch.ones(TINY.latent_dim), atol=2e-2, rtol=0)


# -- learning


def colour_of(learner: FaceLearner, hair: int) -> np.ndarray:
    """Mean colour, 0 to 255, of 32 faces asked for with that hair."""
    z = torch.randn(32, TINY.latent_dim, generator=torch.Generator().manual_seed(0))
    labels = torch.full((32,), hair), torch.full((32,), len(EYES))
    with torch.no_grad():
        return to_uint8(learner.averages["generator"](z, *labels)).double().mean((0, 1, 2)).numpy()


@pytest.mark.parametrize("model", ["gan", "vae"])
def test_a_model_asked_for_a_hair_colour_gives_it(model: str) -> None:
    recipe = replace(TINY, learning_rate=1e-3, autoencoder_learning_rate=3e-3)
    learner = LEARNERS[model](recipe, solid_faces(), seed=0)
    for _ in range(400):
        learner.iterate(False)
    for hair, colour in enumerate(COLOURS):
        shown = colour_of(learner, hair)
        own, other = (np.linalg.norm(shown - c) for c in (colour, COLOURS[1 - hair]))
        assert own < other / 2


def test_an_autoencoder_learns_to_give_back_what_it_is_shown() -> None:
    learner = FaceAutoencoder(TINY, solid_faces(), seed=0)
    first = learner.iterate(True)["mse"]
    for _ in range(200):
        learner.iterate(False)
    assert learner.iterate(True)["mse"] < 0.01 * first
