"""Other limits for a while, by the environment as an operator sets them, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

import pytest

from playground.limits import Limits, limits, variable


@contextmanager
def limited(**values: float) -> Iterator[Limits]:
    """`limited(sessions=2)`: what holds inside. Raises `ConfigError` for what no operator may set."""
    names = {f.name: variable(f) for f in fields(Limits)}
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in values.items():
                patch.setenv(names[name], str(value))
            limits.cache_clear()
            yield limits()
    finally:
        limits.cache_clear()
