"""The engine against autograd, torch.optim and itself: same numbers whichever way they are computed."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from playground import RunConfig, Trainer
from playground.config import ACTIVATIONS, ConfigError
from playground.engine import Diverged, State, choose_device
from playground.engine.flat import Flat, make_optimizer
from playground.objectives import OBJECTIVES

SMALL = dict(
    batch_size=32, generator_width=12, discriminator_width=12, optimizer="sgd",
    generator_learning_rate=0.02, discriminator_learning_rate=0.05,
)  # fmt: skip
LIKELIHOOD = SMALL | {"generator_learning_rate": 1e-3}

COVERED = [dict(objective=name) for name in OBJECTIVES if name != "began"]
COVERED += [
    dict(r1_weight=1.0, r2_weight=0.5, discriminator_activation=name, generator_activation=name)
    for name in ACTIVATIONS
]
COVERED += [dict(objective="wgan-gp", packing=2, discriminator_activation=name) for name in ("silu", "relu")]
COVERED += [
    dict(objective="dragan", discriminator_activation="tanh"),
    dict(discriminator_normalisation="spectral", r1_weight=1.0),
    dict(instance_noise=0.2, label_smoothing=0.1, history_replay=0.5),
    dict(
        objective="relativistic",
        order="simultaneous",
        discriminator_updates=2,
        generator_updates=2,
        packing=4,
    ),
    dict(objective="relativistic", prior="uniform", latent_dim=5, instance_noise=0.1),
    dict(generator_depth=0, discriminator_depth=0, r2_weight=1.0),
    dict(discriminator_depth=4, generator_depth=3, ema_half_life_iterations=3.0),
    dict(optimizer="adam", generator_learning_rate=1e-3, discriminator_learning_rate=1e-3),
    dict(optimizer="rmsprop", generator_learning_rate=1e-3, discriminator_learning_rate=1e-3),
]
COVERED_LIKELIHOOD = [
    dict(model="vae"),
    dict(model="vae", learn_observation_sigma=True, latent_dim=3, beta=0.3),
    dict(model="vae", generator_activation="silu", discriminator_normalisation="spectral"),
    dict(model="autoencoder", latent_dim=1),
]


def config(**changes: object) -> RunConfig:
    return RunConfig(**{**SMALL, **changes})  # type: ignore[arg-type]


def apart(a: State, b: State, what: str = "") -> float:
    """The largest difference between two states."""
    assert a.arrays.keys() == b.arrays.keys()
    return max(
        float(np.abs(a.arrays[k] - b.arrays[k]).max()) for k in a.arrays if what in k and a.arrays[k].size
    )


def same(a: State, b: State) -> bool:
    """Bit for bit."""
    return a.counters == b.counters and all(
        np.array_equal(a.arrays[k], b.arrays[k]) for k in a.arrays | b.arrays
    )


def after_steps(c: RunConfig, steps: int) -> Trainer:
    trainer = Trainer(c, device="cpu")
    for _ in range(steps):
        trainer.step()
    return trainer


@pytest.mark.parametrize("changes", COVERED, ids=str)
def test_closed_form_equals_autograd(changes: dict[str, object]) -> None:
    fast, reference = (after_steps(config(**changes, backend=name), 4) for name in ("analytic", "eager"))
    assert (fast.backend, reference.backend) == ("analytic", "eager")
    loose = changes.get("optimizer", "sgd") != "sgd"  # these divide small gradients by their own size
    assert apart(fast.state(), reference.state(), "weights") < (2e-4 if loose else 3e-6)
    for name in ("discriminator_loss", "generator_loss", "mean_real", "penalty", "generator_gradient_norm"):
        assert getattr(fast.last_update, name) == pytest.approx(
            getattr(reference.last_update, name), rel=1e-3, abs=1e-5
        )


@pytest.mark.parametrize("changes", COVERED_LIKELIHOOD, ids=str)
def test_closed_form_equals_autograd_for_likelihood_models(changes: dict[str, object]) -> None:
    trainers = [
        after_steps(config(**{**LIKELIHOOD, **changes}, backend=name), 4) for name in ("analytic", "eager")
    ]
    assert [t.backend for t in trainers] == ["analytic", "eager"]
    assert apart(trainers[0].state(), trainers[1].state()) < 3e-6


@pytest.mark.parametrize("changes", [*COVERED[:4], dict(model="vae", generator_learning_rate=1e-3)], ids=str)
def test_the_gradient_moves_the_loss_as_a_difference_quotient_says(changes: dict[str, object]) -> None:
    trainer = Trainer(config(**changes, discriminator_activation="tanh", generator_activation="tanh"))
    learner = trainer.learner
    name, gradient = (
        ("autoencoder", "gradient") if "model" in changes else ("discriminator", "discriminator_gradient")
    )
    flat, loss = learner.flats[name], "generator_loss" if "model" in changes else "discriminator_loss"
    getattr(learner, gradient)(True)
    slope = flat.gradient.clone()
    direction = slope / slope.norm()
    losses = []
    for h in (1e-2, -1e-2):
        flat.vector.add_(direction, alpha=h)
        losses.append(getattr(learner, gradient)(True)[loss])
        flat.vector.add_(direction, alpha=-h)
    assert (losses[0] - losses[1]) / 2e-2 == pytest.approx(float(slope.norm()), rel=2e-2)


@pytest.mark.parametrize(
    "changes",
    [
        dict(optimizer="adam", beta1=0.5, beta2=0.9, epsilon=1e-6),
        dict(optimizer="adam", beta1=0.0, beta2=0.999),
        dict(optimizer="sgd", momentum=0.9),
        dict(optimizer="sgd"),
        dict(optimizer="rmsprop", rms_decay=0.95),
    ],
    ids=str,
)
def test_optimizers_are_torch_optims(changes: dict[str, object]) -> None:
    c, rng = RunConfig(**changes), torch.Generator().manual_seed(0)  # type: ignore[arg-type]
    start = torch.randn(20, generator=rng)
    module, theirs = nn.ParameterList([start.clone()]), start.clone().requires_grad_()
    flat = Flat([module])
    ours = make_optimizer(c, flat, 0.01)
    reference: torch.optim.Optimizer = {
        "adam": lambda: torch.optim.Adam([theirs], 0.01, (c.beta1, c.beta2), c.epsilon),
        "sgd": lambda: torch.optim.SGD([theirs], 0.01, c.momentum),
        "rmsprop": lambda: torch.optim.RMSprop([theirs], 0.01, c.rms_decay, c.epsilon),
    }[c.optimizer]()
    for _ in range(20):
        gradient = torch.randn(20, generator=rng)
        flat.gradient.copy_(gradient)
        theirs.grad = gradient
        ours.step()
        reference.step()
    torch.testing.assert_close(flat.vector, theirs.detach(), rtol=1e-5, atol=1e-6)


ANY = [
    dict(),
    dict(objective="began"),
    dict(history_replay=0.5),
    dict(unrolled_steps=2),
    dict(model="vae"),
    dict(model="autoencoder"),
    dict(model="gmm"),
    dict(generator_normalisation="batch", ema_half_life_iterations=5.0),
    dict(discriminator_normalisation="spectral"),
    dict(discriminator_normalisation="layer", r1_weight=0.1),
    dict(optimizer="rmsprop", instance_noise=0.1, packing=2),
]
ANY = [dict(optimizer="adam", generator_learning_rate=1e-3) | changes for changes in ANY]


@pytest.mark.parametrize("changes", ANY, ids=str)
def test_going_back_and_forward_again_is_the_same_run_bit_for_bit(changes: dict[str, object]) -> None:
    trainer = Trainer(config(**changes))
    trainer.run(70)  # past a block of draws
    middle = trainer.state()
    trainer.run(15)
    end, points = trainer.state(), trainer.sample(100)
    trainer.load_state(middle)
    assert same(trainer.state(), middle)
    trainer.run(15)
    assert same(trainer.state(), end) and np.array_equal(trainer.sample(100), points)


@pytest.mark.parametrize("changes", ANY, ids=str)
def test_a_fresh_trainer_takes_over_a_state(changes: dict[str, object]) -> None:
    first = Trainer(config(**changes))
    first.run(5)
    second = Trainer(config(**changes))
    second.load_state(first.state())
    first.run(5)
    second.run(5)
    assert same(first.state(), second.state())


@pytest.mark.parametrize("changes", ANY, ids=str)
def test_many_at_once_are_the_same_as_one_by_one(changes: dict[str, object]) -> None:
    together = Trainer(config(**changes))
    together.run(6)
    assert same(together.state(), after_steps(config(**changes), 6).state())


def test_an_iteration_is_its_updates() -> None:
    by_hand = Trainer(config(discriminator_updates=2))
    by_hand.update_discriminator()
    by_hand.update_discriminator()
    by_hand.update_generator()
    assert apart(by_hand.state(), after_steps(config(discriminator_updates=2), 1).state()) == 0.0


def test_simultaneous_updates_take_the_generators_gradient_before_the_discriminator_moves() -> None:
    apart_, together = (Trainer(config(order=order)) for order in ("alternating", "simultaneous"))
    alone = Trainer(config())
    alone.update_generator()  # the discriminator has not moved yet
    for trainer in (apart_, together):
        trainer.step()
    generator = "generator.weights"
    assert np.array_equal(together.state().arrays[generator], alone.state().arrays[generator])
    assert not np.array_equal(apart_.state().arrays[generator], alone.state().arrays[generator])


def test_each_update_moves_its_own_network_only() -> None:
    trainer = Trainer(config())
    before = trainer.state()
    update = trainer.update_discriminator()
    after = trainer.state()
    assert update.kind == "discriminator" and (trainer.discriminator_updates, trainer.generator_updates) == (
        1,
        0,
    )
    assert apart(before, after, "generator.weights") == 0.0 < apart(before, after, "discriminator.weights")
    judged = float(trainer.discriminate(trainer.generate(trainer.gan.latent_g[0])).mean())
    assert trainer.update_generator().mean_generated == pytest.approx(judged, abs=1e-5)
    assert (
        apart(after, trainer.state(), "discriminator.weights")
        == 0.0
        < apart(after, trainer.state(), "generator.weights")
    )


def test_a_seed_means_a_run_and_another_seed_another_run() -> None:
    first, again, other = (after_steps(config(seed=seed), 3).state() for seed in (1, 1, 2))
    assert same(first, again) and apart(first, other) > 1e-3


def test_the_global_random_state_is_neither_read_nor_changed() -> None:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear, self.drop = nn.Linear(2, 1), nn.Dropout(0.5)
            nn.init.ones_(self.linear.weight)
            nn.init.zeros_(self.linear.bias)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.linear(self.drop(x))
            return out

    states = []
    for world in (1, 2):
        torch.manual_seed(world)
        np.random.seed(world)
        before = torch.get_rng_state()
        trainer = Trainer(config(), discriminator=Noisy())
        before = torch.get_rng_state()
        trainer.run(3)
        assert torch.equal(before, torch.get_rng_state())
        states.append(trainer.state())
    assert same(*states)


def test_vae_and_gan_start_from_the_same_generator() -> None:
    gan, vae = Trainer(config()), Trainer(config(model="vae"))
    assert np.array_equal(gan.sample(50), vae.sample(50))


def test_networks_of_the_callers_own_learn() -> None:
    torch.manual_seed(0)
    g = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
    d = nn.Sequential(nn.Linear(2, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, 1))
    before = [p.clone() for p in [*g.parameters(), *d.parameters()]]
    trainer = Trainer(config(latent_dim=3), generator=g, discriminator=d)
    trainer.run(5)
    assert trainer.backend == "eager" and "your own" in trainer.backend_note
    assert all(not torch.equal(p, q) for p, q in zip([*g.parameters(), *d.parameters()], before, strict=True))


@pytest.mark.parametrize(
    ("generator", "sentence"),
    [
        (nn.Linear(5, 2), "do not fit 2 latents"),
        (nn.Linear(2, 3), "must give (2, 2)"),
        (nn.Identity(), "no trainable"),
    ],
)
def test_networks_that_do_not_fit_are_refused_with_a_sentence(generator: nn.Module, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        Trainer(config(), generator=generator)


def test_a_run_that_diverges_says_where_and_stands_at_its_last_finite_iteration() -> None:
    c = config(objective="lsgan", discriminator_learning_rate=10.0, generator_learning_rate=10.0)
    trainer = Trainer(c)
    with pytest.raises(Diverged) as caught:
        trainer.run(500)
    last = caught.value.iteration - 1
    assert 0 < last < 500 and trainer.iteration == last and f"{last + 1:,}" in caught.value.sentence
    assert all(np.isfinite(a).all() for a in trainer.state().arrays.values())
    reference = Trainer(c)
    reference.run(last)
    assert same(trainer.state(), reference.state())
    with pytest.raises(Diverged):
        trainer.step()
    assert same(trainer.state(), reference.state())


def test_generated_points_have_the_stated_shapes_and_probabilities_are_probabilities() -> None:
    trainer = Trainer(config(latent_dim=4))
    points = trainer.sample(250, seed=1)
    p = trainer.discriminate(points)
    assert points.shape == (250, 2) and points.dtype == np.float32 and p.shape == (250,)
    assert ((p >= 0) & (p <= 1)).all()
    assert np.array_equal(points, trainer.sample(250, seed=1)) and not np.array_equal(
        points, trainer.sample(250, seed=2)
    )


def test_the_averaged_generator_is_the_running_mean_of_its_weights() -> None:
    trainer = Trainer(config(ema_half_life_iterations=2.0))
    keep, mean = 0.5**0.5, trainer.state().arrays["generator.weights"].astype(np.float64)
    for _ in range(5):
        trainer.step()
        mean = keep * mean + (1 - keep) * trainer.state().arrays["generator.weights"]
    np.testing.assert_allclose(trainer.state().arrays["average.weights"], mean, atol=1e-6)


def test_clipping_keeps_every_weight_of_the_critic_within_its_bound() -> None:
    trainer = after_steps(config(objective="wgan", weight_clip=0.03), 3)
    assert np.abs(trainer.state().arrays["discriminator.weights"]).max() <= np.float32(0.03)


def test_spectral_normalisation_gives_layers_of_norm_one() -> None:
    trainer = after_steps(config(discriminator_normalisation="spectral"), 30)
    for layer in trainer.gan.discriminator.layers:  # type: ignore[union-attr]
        largest = torch.linalg.matrix_norm(layer.weight / layer.sigma(), 2).item()
        assert largest == pytest.approx(1.0, abs=0.02)


def test_replay_shows_the_discriminator_points_of_earlier_generators() -> None:
    trainer = after_steps(config(history_replay=0.5, batch_size=64), 30)
    pool = trainer.gan.pool
    assert pool is not None and len(pool.points) > 64
    now = torch.rand(64, 2) + 100.0
    mixed = pool.mix(now, row=1)
    assert (mixed[:32] < 50).all() and torch.equal(mixed[32:], now[32:])


def test_unrolling_zero_steps_ahead_is_the_plain_gradient_and_more_is_not() -> None:
    plain, ahead = (Trainer(config(unrolled_steps=n, backend="eager")) for n in (0, 3))
    for trainer in (plain, ahead):
        trainer.update_generator()
    assert apart(plain.state(), ahead.state(), "generator.weights") > 0.0


def test_the_unrolled_discriminator_is_the_one_that_would_come() -> None:
    from playground.engine.unrolled import look_ahead

    trainer = Trainer(config(unrolled_steps=3, optimizer="adam", backend="eager"))
    trainer.run(2)
    points = trainer.tensor(trainer.real_points(20))
    coming = look_ahead(trainer.gan)(points).detach()
    for _ in range(3):
        trainer.update_discriminator()
    torch.testing.assert_close(coming, trainer.gan.scores(points).detach(), rtol=1e-4, atol=1e-5)


def test_began_balances_with_k() -> None:
    trainer = after_steps(config(objective="began", began_gamma=1.0, generator_learning_rate=1e-4), 20)
    assert 0.0 <= trainer.gan.balance <= 1.0 and trainer.gan.balance != 0.0


def test_em_never_lowers_the_likelihood() -> None:
    trainer = Trainer(RunConfig(model="gmm", target="ring8", target_sigma=0.1))
    losses = [trainer.step().generator_loss for _ in range(40)]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(losses))
    assert losses[-1] < losses[0] - 0.1


def test_em_with_one_component_gives_the_samples_mean_and_covariance() -> None:
    trainer = Trainer(RunConfig(model="gmm", components=1, target="gaussian"))
    trainer.run(2)
    learner = trainer.learner
    np.testing.assert_allclose(learner.means[0], learner.data.mean(0), atol=1e-9)  # type: ignore[attr-defined]
    covariance = np.cov(learner.data.T, bias=True)  # type: ignore[attr-defined]
    np.testing.assert_allclose(learner.covariances[0], covariance, atol=1e-5)  # type: ignore[attr-defined]


def test_vae_loss_is_the_closed_form_elbo() -> None:
    from torch.distributions import Normal, kl_divergence

    from playground.engine.likelihood import kl_nats, reconstruction_nats

    rng = torch.Generator().manual_seed(0)
    mean, s, error = (torch.randn(9, n, generator=rng) for n in (3, 3, 2))
    kl = kl_divergence(Normal(mean, (0.5 * s).exp()), Normal(0.0, 1.0)).sum(1).mean()
    assert kl_nats(mean, s).item() == pytest.approx(kl.item(), rel=1e-5)
    log_variance = torch.tensor([-1.3])
    nats = -Normal(0.0, float((0.5 * log_variance).exp())).log_prob(error).sum(1).mean()
    assert reconstruction_nats(error, log_variance).item() == pytest.approx(nats.item(), rel=1e-5)


def test_only_a_gan_has_two_updates() -> None:
    trainer = Trainer(config(model="vae", generator_learning_rate=1e-3))
    for call in (
        trainer.update_discriminator,
        trainer.update_generator,
        lambda: trainer.discriminate(np.zeros((1, 2))),
    ):
        with pytest.raises(ConfigError, match="only model 'gan' has a discriminator"):
            call()  # type: ignore[operator]


def test_an_impossible_backend_or_device_is_refused_with_a_sentence() -> None:
    with pytest.raises(ConfigError, match=r"backend is 'analytic', but .*autograd"):
        Trainer(config(objective="began", backend="analytic"))
    with pytest.raises(ConfigError, match="device is 'abacus', but must be auto or one of"):
        Trainer(config(), device="abacus")


def test_the_environment_chooses_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DEVICE", "abacus")
    with pytest.raises(ConfigError, match="abacus"):
        Trainer(config())
    assert Trainer(config(), device="cpu").device == "cpu"


def test_a_gpu_that_is_only_borrowed_is_no_place_for_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYGROUND_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device() == "cuda"
    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    assert choose_device() == "cpu"
    assert choose_device("cuda") == "cuda"


def test_two_islands_are_found() -> None:
    trainer = Trainer(RunConfig(target="two_islands"))
    trainer.run(1500)
    points = trainer.sample(2000)
    left = float((points[:, 0] < 0).mean())
    near = np.abs(np.abs(points[:, 0]) - 1.0) < 0.6
    assert 0.3 < left < 0.7 and near.mean() > 0.9
