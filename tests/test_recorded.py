"""Iterations recorded once and replayed: the same run as the one that launches each, operation by operation.

A CUDA graph repeats kernels on the same memory with the same constants. `Repeated` does just that on the CPU,
and refuses what such a graph refuses: a number that comes back to the host.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from playground.config import RunConfig
from playground.engine import Diverged, Trainer
from playground.engine.draws import Stream
from playground.engine.recorded import WARM_UP, WORTH_IT, Recorded
from playground.engine.trainer import _learner

SMALL = {"target": "ring8", "batch_size": 16, "generator_width": 8, "discriminator_width": 8, "seed": 3}
CONFIGS: dict[str, dict[str, Any]] = {
    "non-saturating": {"objective": "non-saturating"},
    "minimax": {"objective": "minimax"},
    "least squares": {"objective": "lsgan"},
    "clipped critic": {"objective": "wgan"},
    "gradient penalty": {"objective": "wgan-gp", "discriminator_updates": 3},
    "around the real points": {"objective": "dragan", "discriminator_activation": "tanh"},
    "hinge": {"objective": "hinge", "generator_updates": 2},
    "relativistic": {"objective": "relativistic", "instance_noise": 0.1},
    "R1 and R2": {"r1_weight": 1.0, "r2_weight": 0.5, "discriminator_activation": "silu"},
    "spectral": {"discriminator_normalisation": "spectral"},
    "packing": {"packing": 4, "label_smoothing": 0.1},
    "simultaneous": {"order": "simultaneous", "discriminator_updates": 2, "generator_updates": 2},
    "average": {"ema_half_life_iterations": 10.0},
    "sgd": {"optimizer": "sgd", "momentum": 0.5},
    "rmsprop": {"optimizer": "rmsprop"},
    "VAE": {"model": "vae", "learn_observation_sigma": True},
    "autoencoder": {"model": "autoencoder"},
}

TO_THE_HOST = (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.item.default)


class Repeated(TorchDispatchMode):
    """Operations of torch taken down once and repeated on the same tensors with the same constants."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}
        self.operations: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []
        self.launches = 0

    def warm_up(self, work: Callable[[], None]) -> None:
        work()

    def record(self, work: Callable[[], None]) -> None:
        try:
            with self:
                work()
        finally:  # recording does nothing
            for memory, was in self.before.values():
                memory.copy_(was)

    def launch(self) -> None:
        self.launches += 1
        for operation, args, kwargs, result in self.operations:
            again = operation(*args, **kwargs)
            for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in TO_THE_HOST:
            raise RuntimeError("a number comes back to the host")
        for tensor in tree_leaves((args, kwargs)):
            if isinstance(tensor, torch.Tensor) and (memory := tensor.untyped_storage()):
                self.before.setdefault(memory.data_ptr(), (memory, memory.clone()))
        result = func(*args, **(kwargs or {}))
        self.operations.append((func, args, kwargs or {}, result))
        return result


def pair(**changes: Any) -> tuple[Trainer, Trainer, Repeated]:
    """The same run twice, one launched and one replayed."""
    config = RunConfig(**{**SMALL, **changes})
    launched, replayed = Trainer(config, device="cpu"), Trainer(config, device="cpu")
    graph = Repeated()
    replayed.recorded = Recorded(replayed.learner, graph)
    return launched, replayed, graph


def assert_same(one: Trainer, other: Trainer) -> None:
    assert str(one.last_update) == str(other.last_update)  # what was not measured is NaN
    a, b = one.state(), other.state()
    assert a.counters == b.counters
    assert a.arrays.keys() == b.arrays.keys()
    for name, array in a.arrays.items():
        np.testing.assert_array_equal(array, b.arrays[name], err_msg=name)


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS)
def test_a_replayed_run_is_the_launched_run_bit_for_bit(changes: dict[str, Any]) -> None:
    launched, replayed, graph = pair(**changes)
    assert replayed.learner.recordable
    for trainer in (launched, replayed):
        trainer.run(80)  # past the end of a block of rows
        trainer.step()
        trainer.run(30)
    assert_same(launched, replayed)
    assert graph.launches == (80 - 1 - WARM_UP) + (30 - 1)


def test_a_replayed_run_goes_on_from_wherever_it_is_put() -> None:
    launched, replayed, graph = pair(discriminator_updates=2)
    for trainer in (launched, replayed):
        trainer.run(40)
        middle = trainer.state()
        trainer.update_discriminator()
        trainer.update_discriminator()
        trainer.update_discriminator()
        trainer.update_generator()
        trainer.run(50)
        ahead = trainer.state()
        trainer.load_state(middle)
        trainer.run(25)
        trainer.load_state(ahead)
        trainer.run(25)
    assert_same(launched, replayed)
    assert graph.launches == (50 - 1 - WARM_UP) + 2 * (25 - 1)


@pytest.mark.parametrize(("objective", "momentum", "rate"), [("wgan-gp", 0.0, 10.0), ("lsgan", 0.9, 0.3)])
def test_a_replayed_run_that_diverges_stands_at_the_same_last_finite_iteration(
    objective: str, momentum: float, rate: float
) -> None:
    rates = {"generator_learning_rate": rate, "discriminator_learning_rate": rate}
    launched, replayed, graph = pair(optimizer="sgd", momentum=momentum, objective=objective, **rates)
    found = []
    for trainer in (launched, replayed):
        with pytest.raises(Diverged) as caught:
            trainer.run(500)
        found.append(caught.value)
    assert str(found[0]) == str(found[1])
    assert found[0].iteration == found[1].iteration
    assert_same(launched, replayed)
    assert graph.launches


def test_a_run_is_recorded_once_it_is_long_enough_and_then_few_iterations_are_replayed_too() -> None:
    launched, replayed, graph = pair()
    for trainer in (launched, replayed):
        for n in (1, WORTH_IT - 1, 1, WARM_UP + 1):
            trainer.run(n)
    assert not graph.operations
    for trainer in (launched, replayed):
        for n in (10, 2, 1):
            trainer.run(n)
    assert graph.launches == (10 - 1 - WARM_UP) + 1
    assert_same(launched, replayed)


def test_what_cannot_be_recorded_is_launched_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    launched, replayed, graph = pair()
    learner = replayed.learner
    iterate = learner.iterate

    def looks(want: bool) -> dict[str, float]:
        float(learner.flats["generator"].vector[0])
        return iterate(want)

    monkeypatch.setattr(learner, "iterate", looks)
    for trainer in (launched, replayed):
        trainer.run(60)
        trainer.run(40)
    assert replayed.recorded is not None and replayed.recorded.works is False
    assert not graph.launches
    assert_same(launched, replayed)


def test_a_pool_of_old_points_chosen_on_the_host_is_never_recorded() -> None:
    assert not Trainer(RunConfig(**SMALL, history_replay=0.5), device="cpu").learner.recordable
    assert not Trainer(RunConfig(**SMALL, objective="began"), device="cpu").learner.recordable
    assert not Trainer(RunConfig(**SMALL, backend="eager"), device="cpu").learner.recordable
    assert not Trainer(RunConfig(**SMALL, model="gmm"), device="cpu").learner.recordable


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS)
def test_an_iteration_without_a_report_asks_nothing_of_its_device_and_mixes_no_others(
    changes: dict[str, Any],
) -> None:
    learner, _ = _learner(RunConfig(**{**SMALL, **changes}), "meta", None, None)  # which holds no numbers
    with torch.inference_mode():
        learner.iterate(want=False)
        with pytest.raises((RuntimeError, NotImplementedError)):
            learner.iterate(want=True)


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS)
def test_a_stream_stands_at_the_row_that_the_next_update_reads(changes: dict[str, Any]) -> None:
    trainer = Trainer(RunConfig(**{**SMALL, **changes}), device="cpu")
    trainer.run(3)
    stands = {rows.stream: trainer.learner.next_row(rows.stream) for rows in trainer.learner.streams}
    read: dict[Stream, list[int]] = {}

    def watch(rows: Any) -> Callable[[int], torch.Tensor]:
        def look(row: int) -> torch.Tensor:
            read.setdefault(rows.stream, []).append(row)
            return rows.drawn(row)

        return look

    for rows in trainer.learner.streams:
        rows.held = watch(rows)
    trainer.step()
    assert read
    for stream, rows_read in read.items():
        assert rows_read == list(range(stands[stream], stands[stream] + len(rows_read))), stream.name
