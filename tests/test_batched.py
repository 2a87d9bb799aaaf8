"""Models trained together give what each gives alone; a broken one harms no other; the rest says why not."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from playground import RunConfig, Trainer
from playground.config import ConfigError
from playground.engine.batched import BatchedTrainer
from playground.objectives import OBJECTIVES

# A large epsilon: Adam divides by the gradient's size, so with a small one the rounding noise of a slope that
# is 0 in truth (a critic's last bias) would move a weight by a whole learning rate in either run.
SMALL = dict(target="ring8", batch_size=32, generator_width=12, discriminator_width=12, epsilon=1e-2)
COVERED = [dict(objective=name) for name in OBJECTIVES if name != "began"]
COVERED += [
    dict(r1_weight=1.0, r2_weight=0.5, discriminator_activation=name, generator_activation=name)
    for name in ("relu", "leaky_relu", "tanh", "silu")
]
COVERED += [
    dict(objective="wgan-gp", discriminator_activation="silu"),
    dict(objective="dragan", discriminator_activation="tanh", penalty_weight=2.0),
    dict(discriminator_updates=3, generator_updates=2, label_smoothing=0.1),
    dict(latent_dim=7, prior="uniform", target="two_islands"),
    dict(generator_depth=0, discriminator_depth=0, r1_weight=1.0),
    dict(generator_depth=3, discriminator_depth=1),
    dict(model="vae"),
    dict(model="vae", latent_dim=3, beta=0.3, generator_activation="silu"),
    dict(model="autoencoder", latent_dim=1),
]
OWN = [(3, 1e-2, 2e-2), (4, 1e-2, 1e-2), (5, 3e-3, 1e-2)]  # seed, learning rates of G and D
ITERATIONS = 40


def config(changes: dict[str, object], own: tuple[int, float, float] = OWN[0]) -> RunConfig:
    seed, generator, discriminator = own
    rates = dict(generator_learning_rate=generator, discriminator_learning_rate=discriminator)
    return RunConfig(**{**SMALL, **changes, **rates, "seed": seed})  # type: ignore[arg-type]


EVERY = [config(changes, own) for changes in COVERED for own in OWN]


@pytest.fixture(scope="module")
def together() -> BatchedTrainer:
    """All covered kinds in one trainer, 40 iterations in uneven pieces."""
    trainer = BatchedTrainer(EVERY, device="cpu", threads=2)
    for n in (1, 6, ITERATIONS - 7):
        trainer.run(n)
    return trainer


@pytest.mark.parametrize("place", range(len(COVERED)), ids=lambda i: "-".join(map(str, COVERED[i].values())))
def test_each_model_is_its_single_run(together: BatchedTrainer, place: int) -> None:
    points = together.sample(64, seed=9)
    for model in range(len(OWN) * place, len(OWN) * (place + 1)):
        alone = Trainer(EVERY[model], device="cpu")
        start = alone.sample(64, seed=9)
        alone.run(ITERATIONS)
        weights = together.weights(model)
        single = alone.state().arrays
        found = np.concatenate(list(weights.values()))
        names = weights if "generator" in weights else ["autoencoder"]
        expected = np.concatenate([single[f"{name}.weights"] for name in names])
        assert np.abs(found - expected).max() < 2e-5
        assert np.abs(points[model] - alone.sample(64, seed=9)).max() < 2e-5
        assert np.abs(points[model] - start).max() > 2e-3  # it has learned something


def test_equal_configs_but_for_the_seed_stay_apart(together: BatchedTrainer) -> None:
    weights = [together.weights(model)["generator"] for model in range(3)]
    assert np.abs(weights[0] - weights[1]).max() > 0.01


def test_samples_of_some_models_are_those_of_all_in_the_order_asked(together: BatchedTrainer) -> None:
    every = together.sample(16, seed=2)
    assert every.shape == (len(EVERY), 16, 2)
    assert np.array_equal(together.sample(16, seed=2, models=[7, 0, 30]), every[[7, 0, 30]])


def test_a_batch_is_the_same_bit_for_bit_whoever_shares_the_work() -> None:
    chosen = EVERY[:9]
    runs = [BatchedTrainer(chosen, device="cpu", threads=threads) for threads in (1, 3)]
    for trainer in runs:
        trainer.run(5)
    other = BatchedTrainer(chosen, device="cpu")
    thread = threading.Thread(target=other.run, args=(5,))
    thread.start()
    thread.join()
    first = runs[0].sample(32)
    assert np.array_equal(first, runs[1].sample(32))
    assert np.array_equal(first, other.sample(32))


def test_a_model_that_diverges_is_named_and_harms_no_other() -> None:
    fine = [config(dict(objective="lsgan"), own) for own in OWN]
    wild = config(dict(objective="lsgan"), (6, 10.0, 10.0))
    trainer = BatchedTrainer([fine[0], wild, *fine[1:]], device="cpu")
    calm = BatchedTrainer(fine, device="cpu")
    assert not trainer.diverged.any()
    for one in (trainer, calm):
        one.run(60)
    trainer._chunks[0][1].generator.weights[0][3, 0, 0] = np.nan  # the wildest: sorted by learning rate
    for one in (trainer, calm):
        one.run(20)
    assert trainer.diverged.tolist() == [False, True, False, False]
    points = trainer.sample(32)
    assert np.isnan(points[1]).all()
    assert np.abs(points[[0, 2, 3]] - calm.sample(32)).max() < 2e-4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (dict(model="gmm"), "model is 'gmm'"),
        (dict(objective="began"), "objective is 'began'"),
        (dict(packing=2), "packing is 2, but must be 1"),
        (dict(optimizer="sgd"), "optimizer is 'sgd', but must be 'adam'"),
        (dict(discriminator_normalisation="spectral"), "discriminator_normalisation is 'spectral'"),
        (dict(history_replay=0.5), "history_replay is 0.5"),
    ],
)
def test_what_is_not_covered_says_so(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=f"Model 1: {words}"):
        BatchedTrainer([EVERY[0], config(changes)], device="cpu")


def test_impossible_requests_are_refused_with_a_sentence(together: BatchedTrainer) -> None:
    with pytest.raises(ConfigError, match="There are 0 models"):
        BatchedTrainer([])
    with pytest.raises(ConfigError, match="threads is 0"):
        BatchedTrainer(EVERY[:1], threads=0)
    with pytest.raises(ConfigError, match="model is 999"):
        together.weights(999)
    with pytest.raises(ValueError, match="n is 0"):
        together.run(0)


def test_the_benchmark_counts_models_times_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    from playground import bench, bench_batched

    monkeypatch.setattr(bench, "SLICE_SECONDS", 0.01)
    monkeypatch.setattr(bench_batched, "MODELS", 4)
    row = bench_batched.measure(8, 16, "cpu", rounds=1)
    assert min(row.plain, row.single, *row.batched) > 0
    assert bench_batched.batched_run(bench_batched.configs(8, 16), "cpu", 1)() == 4 * bench_batched.PIECE
