"""One process or several on one global batch, through Hugging Face Accelerate.

`accelerate launch -m playground train ...` starts a process for each GPU; `torchrun --nproc-per-node 2 -m
playground train --device cpu ...` several on a CPU, where accelerate itself would start one. Each takes its
part of every batch, and gradients are averaged, so that n processes make the updates that one would make,
within rounding. Knows nothing of networks or files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from playground.config import ConfigError
from playground.engine import choose_device
from playground.engine.faces.batches import Share

AGREE_EVERY = 10  # updates; several processes stop together, and asking waits for the device


def _nothing() -> None:
    return None


def _alone(flag: bool) -> bool:
    return flag


@dataclass(frozen=True)
class Group:
    """The processes of one training, as this one sees them."""

    device: str
    share: Share = Share()  # noqa: RUF009 -- frozen
    wait: Callable[[], None] = _nothing  # until all have come here
    any_true: Callable[[bool], bool] = _alone  # whether the flag is set in any of them

    @property
    def leads(self) -> bool:
        """Whether this is the one that writes."""
        return self.share.rank == 0


@contextmanager
def joined(device: str) -> Iterator[Group]:
    """The group that the environment (`accelerate launch`, `torchrun`) says, or this process alone.

    `device` is "auto", "cpu", "cuda" or "mps". Raises `ConfigError`.
    """
    chosen = choose_device(None if device == "auto" else device)  # None: the environment may say
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Group(chosen)
        return
    try:
        from accelerate import PartialState
    except ImportError:
        raise ConfigError(
            "WORLD_SIZE is above 1, but several processes need accelerate: "
            "pip install 'gan-playground[train]'."
        ) from None
    state = PartialState(cpu=chosen == "cpu")
    try:
        yield _group(state.process_index, state.num_processes, state.device, state.wait_for_everyone)
    finally:
        state.destroy_process_group()


def _group(rank: int, world: int, device: torch.device, wait: Callable[[], None]) -> Group:
    from torch import distributed

    def average(vector: Tensor) -> Tensor:
        distributed.all_reduce(vector)
        return vector.div_(world)

    def any_true(flag: bool) -> bool:
        together = torch.tensor(float(flag), device=device)
        distributed.all_reduce(together)
        return bool(together.item())

    return Group(str(device), Share(rank, world, average), wait, any_true)
