"""The engine: trains on 2-D targets and describes itself as plain arrays. Loads no page and no plots."""

from playground.engine.memory import NoMemory, enough_memory, is_out_of_memory
from playground.engine.observe import LAYERS, Gauge, observe
from playground.engine.trainer import Diverged, State, Trainer, choose_device

__all__ = [
    "LAYERS",
    "Diverged",
    "Gauge",
    "NoMemory",
    "State",
    "Trainer",
    "choose_device",
    "enough_memory",
    "is_out_of_memory",
    "observe",
]
