"""The GAN playground as a library: `from playground import RunConfig, Trainer`.

Importing this package loads neither torch nor the page; `Trainer` is fetched when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.config import ConfigError, RunConfig

if TYPE_CHECKING:
    from playground.engine import Trainer

__all__ = ["ConfigError", "RunConfig", "Trainer"]


def __getattr__(name: str) -> Any:
    if name == "Trainer":
        from playground.engine import Trainer

        return Trainer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
