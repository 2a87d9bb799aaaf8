"""The engine: trains on 2-D targets and describes itself as plain arrays. Loads no page and no plots."""

from playground.engine.trainer import Diverged, State, Trainer, choose_device

__all__ = ["Diverged", "State", "Trainer", "choose_device"]
