"""What every test stands on: no telemetry, no network of the libraries' own, one browser.

Holds no test and knows nothing of the modules under test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from app_process import ROOT, running_app
from chromium import ARGUMENTS, NOT_FOUND, find_chromium

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

settings.register_profile(
    "playground", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("playground")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program. Where none is installed the test is skipped, but fails in CI."""
    found = find_chromium()
    if not found and os.environ.get("CI"):
        pytest.fail(NOT_FOUND)
    if not found:
        pytest.skip(NOT_FOUND)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A running headless Chromium (playwright's synchronous `Browser`)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """The address of the real page, started once as a visitor starts it: `python app.py`."""
    with running_app() as url:
        yield url
