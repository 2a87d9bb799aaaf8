"""The app as a visitor starts it: `python app.py` in a process of its own, on a free port of this machine.

Standard library only, so that it also checks an environment that holds nothing but requirements.txt:
`python tools/app_process.py` starts the app, asks once for its page and its health and says how long it took.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_app(
    port: int | None = None, timeout_seconds: float = 120.0, log_file: Path | None = None
) -> Iterator[str]:
    """The address of a page that answers; its process ends with the block. Raises `RuntimeError`.

    What the process says goes into `log_file`, or is forgotten.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "PYTHONUNBUFFERED": "1",
    }
    with log_file.open("w+") if log_file else tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            complaint = _wait(url, process, timeout_seconds)
            if complaint:
                log.seek(0)
                raise RuntimeError(f"app.py {complaint}; it said:\n{log.read()}")
            yield url
        finally:
            _end(process)


def health(url: str) -> dict[str, Any]:
    """What the app says of itself at /healthz. Raises `RuntimeError`, with reasons, if it cannot serve."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=30) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        raise RuntimeError(
            f"/healthz answered {error.code}: {error.read().decode(errors='replace')}"
        ) from None


def _wait(url: str, process: subprocess.Popen[bytes], seconds: float) -> str:
    """Empty once the page answers, otherwise what went wrong."""
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        if process.poll() is not None:
            return f"ended with exit status {process.returncode}"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return ""
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return f"did not answer within {seconds:g} s"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    began = time.monotonic()
    with running_app() as address:
        print(f"app.py answered at {address} after {time.monotonic() - began:.1f} s: {health(address)}")
