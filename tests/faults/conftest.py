"""Faults that are made for real: disks that are full or read-only. Holds no test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from narrow_disk import run_on


@pytest.fixture
def on_disk() -> Callable[..., Any]:
    """`run_on`; the test is skipped where nothing can be mounted."""

    def run(*arguments: Any) -> Any:
        try:
            return run_on(*arguments)
        except PermissionError as error:
            pytest.skip(f"no disk can be mounted here: {error}")

    return run
