"""Uploaded files go with the sessions that used them, and stay while anybody does."""

from __future__ import annotations

import time
from pathlib import Path

import gradio as gr
import pytest
from gradio_client import Client, handle_file

from playground.ui.blocks import GuardedBlocks
from playground.ui.uploads import Uploads


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hash" / "points.csv"
    path.parent.mkdir()
    path.write_text("0,1\n")
    return path


def test_a_file_goes_with_the_only_session_that_used_it(file: Path) -> None:
    uploads = Uploads()
    uploads.used("a", str(file))
    uploads.leave("b")
    assert file.exists()
    uploads.leave("a")
    assert not file.exists() and not file.parent.exists()


def test_a_file_that_two_visitors_sent_stays_until_both_are_gone(file: Path) -> None:
    uploads = Uploads()
    for session in ("a", "b", "a"):
        uploads.used(session, str(file))
    uploads.leave("a")
    assert file.exists()
    uploads.leave("b")
    assert not file.exists()


def test_a_file_that_another_visitor_has_just_sent_is_not_deleted_before_it_is_named(file: Path) -> None:
    uploads = Uploads()
    uploads.used("a", str(file))
    sent = file.with_suffix(".new")
    sent.write_text("0,1\n")
    sent.rename(file)  # as an upload arrives
    uploads.used("a", str(file))  # which names it again, and has not sent it
    uploads.leave("a")
    assert file.exists()
    uploads.used("b", str(file))
    uploads.leave("b")
    assert not file.exists()
    assert not uploads._files and not uploads._users and not uploads._seen


def test_nothing_is_remembered_of_who_left_and_leaving_twice_does_no_harm(file: Path) -> None:
    uploads = Uploads()
    uploads.used("a", str(file))
    file.unlink()  # something else deleted it
    uploads.leave("a")
    uploads.leave("a")
    assert not uploads._files and not uploads._users and not uploads._seen


def test_what_a_real_client_uploads_is_deleted_when_it_leaves(tmp_path: Path) -> None:
    paths: list[str] = []

    def read(path: str) -> str:
        paths.append(path)
        return Path(path).read_text()

    with GuardedBlocks() as demo:
        source, words = gr.File(), gr.Textbox()
        source.upload(read, source, words, api_name="read")
    demo.launch(prevent_thread_lock=True, quiet=True)
    try:
        own = tmp_path / "own.csv"
        own.write_text(f"{time.time_ns()},1\n")
        client = Client(demo.local_url, verbose=False)
        assert client.predict(handle_file(own), api_name="/read") == own.read_text()
        (uploaded,) = paths
        assert Path(uploaded).exists()
        client.close()
        end = time.monotonic() + 20
        while Path(uploaded).exists() and time.monotonic() < end:
            time.sleep(0.1)
        assert not Path(uploaded).exists()
    finally:
        demo.close()
