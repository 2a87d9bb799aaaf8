"""The stand-in Hub as the tests meet it: the Hub's own client takes it for the Hub.

Holds no test.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads
from types import SimpleNamespace

import pytest
from huggingface_hub import close_session, constants

from fake_hub import FakeHub, running_hub


@contextmanager
def no_one_left_asking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends every question given up within the block: the client would go on with it, in the next test."""
    over = Event()

    def pause(seconds: float) -> None:  # between two tries of the client
        if over.wait(seconds):
            raise SystemExit

    for module in ("utils._http", "file_download"):
        clock = SimpleNamespace(**vars(time) | {"sleep": pause})
        monkeypatch.setattr(f"huggingface_hub.{module}.time", clock)
    yield
    over.set()
    for thread in enumerate_threads():
        if thread.name == "hub":
            thread.join(5)
            assert not thread.is_alive()


@contextmanager
def taken_for_the_hub(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[FakeHub]:
    """A hub that the client takes for the Hub, with an empty cache, an empty bundle and no token."""
    with no_one_left_asking(monkeypatch), running_hub() as running:
        changed = {
            "ENDPOINT": running.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": running.url + "/{repo_id}/resolve/{revision}/{filename}",
            "HF_HUB_OFFLINE": False,
            "HF_HUB_CACHE": str(folder / "cache"),
            "HF_TOKEN_PATH": str(folder / "no-token"),
            "HF_HUB_DISABLE_XET": True,
        }
        for name, value in changed.items():
            monkeypatch.setattr(constants, name, value)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
        monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(folder / "bundle"))
        close_session()
        yield running
    close_session()
