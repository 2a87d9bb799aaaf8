"""The app where nothing can be written but a small folder for uploads, and that is full."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app_process import ROOT, running_app
from face_bundle import write_bundle
from garbage import is_sentence
from narrow_disk import FULL, RIGID, ROOM, run_on

SHARE = ROOM * 6 // 10  # bytes: one fits, and no second one
FACES = {"data": ["faces64-gan", [1, 2], "any", "any", 1.0]}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """A client of the running app, and the app's log."""
    folder = tmp_path_factory.mktemp("app")
    disk = folder / "disk"
    disk.mkdir()
    try:
        run_on(FULL, disk, "")
    except PermissionError as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    python = folder / "python"
    command = f"{sys.executable} {ROOT}/tools/narrow_disk.py {FULL},{RIGID} {disk} {sys.executable}"
    python.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    python.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(python))
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(folder / "bundle")))
        patch.setenv("TMPDIR", str(disk))
        patch.setenv("GRADIO_TEMP_DIR", str(disk / "uploads"))
        patch.setenv("OMP_NUM_THREADS", "1")
        log = folder / "log"
        with running_app(log_file=log) as url, httpx.Client(base_url=url, timeout=60) as client:
            yield client, log


def uploaded(client: httpx.Client, size: int) -> httpx.Response:
    return client.post("/gradio_api/upload", files={"files": ("a.png", os.urandom(size))})


def asked(client: httpx.Client, event: str) -> dict[str, Any]:
    """What the first listener of an event answers."""
    rows = client.get("/config").json()["dependencies"]
    row = next(row for row in rows if event in [name for _, name in row["targets"]])
    body = {"data": [None] * len(row["inputs"]), "fn_index": row["id"], "session_hash": "someone"}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": "someone"}) as lines:
        for line in lines.iter_lines():
            message = json.loads(line[5:]) if line.startswith("data:") else {}
            if message.get("msg") == "process_completed":
                return dict(message)
    return {}


def test_the_app_starts_and_serves_where_only_the_folder_of_uploads_can_be_written(
    app: tuple[httpx.Client, Path],
) -> None:
    client, _ = app
    assert client.get("/").status_code == client.get("/lessons").status_code == 200
    assert uploaded(client, 1_000).status_code == 200
    assert client.post("/gradio_api/run/faces", json=FACES).status_code == 200
    assert asked(client, "load")["success"]


def test_an_upload_that_breaks_off_leaves_nothing_on_the_disk(app: tuple[httpx.Client, Path]) -> None:
    client, _ = app
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    for _ in range(2):  # together they would fill it
        with socket.create_connection(("127.0.0.1", client.base_url.port or 0)) as line:
            line.sendall(
                b"POST /gradio_api/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 7000000\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" + head + b"z" * SHARE
            )
            time.sleep(0.5)  # until it is read
    stop = time.monotonic() + 10
    while uploaded(client, SHARE).status_code != 200:
        assert time.monotonic() < stop, "what broke off still takes the room"
        time.sleep(0.2)


def test_an_upload_that_does_not_fit_is_a_sentence_about_the_disk(app: tuple[httpx.Client, Path]) -> None:
    client, _ = app
    answer = uploaded(client, ROOM)
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["detail"] and is_sentence(answer.json()["detail"])
    assert uploaded(client, 1_000).status_code == 200  # and what fits is still taken


def test_a_picture_that_cannot_be_kept_is_a_sentence_and_the_lab_goes_on(
    app: tuple[httpx.Client, Path],
) -> None:
    client, log = app
    while uploaded(client, 100_000).status_code == 200:
        pass  # until there is no room left
    while (answer := client.post("/gradio_api/run/faces", json=FACES)).status_code == 200:
        FACES["data"][1][0] += 1
    assert answer.status_code == 422
    assert "No space left on device" in answer.json()["error"] and is_sentence(answer.json()["error"])
    assert asked(client, "load")["success"]
    said = log.read_text(errors="replace")
    assert 'File "' + str(ROOT) not in said, said[-3000:]
