"""A Hub that fails at every place where it is asked: a sentence, nothing half done, and afterwards it works.

Beside `test_hub_models.py`, which holds the faults at the beginning of an opening.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import torch
from huggingface_hub import constants
from PIL import Image

import fake_hub
from fake_hub import TOKEN, FakeHub, Fault, Handler
from garbage import is_sentence
from hub_fixture import taken_for_the_hub
from playground.checkpoints import add_to_bundle, open_repo, push, write_model
from playground.config import ConfigError
from playground.data.face_hub import check_public
from playground.data.faces import open_faces
from playground.engine.faces.learner import new_generator
from playground.recipes import RECIPES
from playground.session import face_sources
from playground.ui.faces import train
from sessions import session_of

TINY = replace(RECIPES["faces64"], name="tiny", size=16, channels=(8, 8), latent_dim=4, batch_size=4)
REPO, DATA = "someone/tiny-gan", "someone/faces"
QUICK = 0.5  # seconds to wait for a hub that says nothing
SIDE = 16
ANSWERS = [429, 500, 503]  # of a hub in trouble


def model(folder: Path, name: str = "tiny-gan", seed: int = 0) -> Path:
    return write_model(
        folder, name=name, recipe=TINY, kind="gan", step=20, images_seen=80,
        networks={"generator": new_generator(TINY, seed)},
    )  # fmt: skip


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """A hub with a model, and a bundled model that can stand in for it."""
    with taken_for_the_hub(monkeypatch, tmp_path) as running:
        add_to_bundle(model(tmp_path / "other", "spare-gan", 1))
        running.put(REPO, files_of(model(tmp_path / "good")))
        yield running


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """While this holds the end of a path, every file of that name breaks off half-way, each time anew."""
    broken: list[str] = []
    whole = Handler._send

    def send(self: Any, status: int, content: bytes, headers: dict[str, str]) -> None:
        place = self.path.split("?")[0]
        if self.command != "GET" or "ETag" not in headers or not any(map(place.endswith, broken)):
            return whole(self, status, content, headers)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.close_connection = True
        return None

    monkeypatch.setattr(Handler, "_send", send)
    return broken


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks again at once, and not for half a minute."""
    clock = SimpleNamespace(**vars(time) | {"sleep": lambda seconds: None})
    for module in ("utils._http", "file_download"):
        monkeypatch.setattr(f"huggingface_hub.{module}.time", clock)


def opened() -> tuple[str, list[str]]:
    """(name of the model that is opened, the sentences told)."""
    said: list[str] = []
    return open_repo(REPO, notify=said.append).name, said


# -- opening a model


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_file_that_breaks_off_every_time_is_given_up_and_leaves_no_half_behind(
    hub: FakeHub, halves: list[str], impatient: None, file: str
) -> None:
    halves.append(file)
    name, (sentence,) = opened()
    assert name == "spare-gan" and is_sentence(sentence)
    assert sentence.startswith("The Hub ") and "stands in for someone/tiny-gan" in sentence
    halves.clear()
    assert opened() == ("tiny-gan", [])


@pytest.mark.parametrize("status", ANSWERS)
@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_hub_that_lists_a_model_and_does_not_give_it_is_replaced(
    hub: FakeHub, impatient: None, status: int, file: str
) -> None:
    hub.faults["get"] = Fault(status=status, only=file)
    name, (sentence,) = opened()
    assert name == "spare-gan" and is_sentence(sentence) and sentence.startswith("The Hub ")
    hub.faults.clear()
    assert opened() == ("tiny-gan", [])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_hub_that_refuses_one_file_is_a_refusal_and_nothing_stands_in(hub: FakeHub, status: int) -> None:
    hub.faults["get"] = Fault(status=status, only="model.safetensors")
    with pytest.raises(ConfigError, match=f"repo = {REPO}") as error:
        opened()
    assert is_sentence(error.value)
    hub.faults.clear()
    assert opened() == ("tiny-gan", [])


def test_a_file_that_is_half_there_on_the_hub_itself_is_refused_not_opened(hub: FakeHub) -> None:
    about = dict(hub.repos[REPO].commits[-1][1])
    about["model.safetensors"] = about["model.safetensors"][: len(about["model.safetensors"]) // 2]
    hub.put(REPO, about)
    with pytest.raises(ConfigError, match="does not match its sha256"):
        opened()


# -- publishing


@pytest.mark.parametrize("kind", ["create", "preupload", "batch", "upload", "commit", "tag"])
@pytest.mark.parametrize("fault", [Fault(status=503), Fault(status=429), Fault(silent=True)], ids=str)
def test_a_publishing_that_the_hub_leaves_unanswered_ends_in_time_and_can_be_repeated(
    hub: FakeHub, tmp_path: Path, kind: str, fault: Fault
) -> None:
    hub.faults[kind] = fault
    with pytest.raises(ConfigError) as error:
        push(tmp_path / "good", "someone/new", TOKEN, reach_seconds=QUICK, send_seconds=QUICK)
    said = str(error.value)
    assert said.startswith("repo = someone/new: the Hub ") and said.endswith("try again.")
    assert is_sentence(said) and TOKEN not in said
    hub.faults.clear()
    assert push(tmp_path / "good", "someone/new", TOKEN) == f"{hub.url}/someone/new"
    assert hub.repos["someone/new"].names["step-20"]


@pytest.mark.parametrize("kind", ["preupload", "batch", "commit", "tag"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_ends_half_way_is_told_and_never_said(
    hub: FakeHub, tmp_path: Path, kind: str, status: int
) -> None:
    hub.faults[kind] = Fault(status=status)
    with pytest.raises(ConfigError, match="a token that may write") as error:
        push(tmp_path / "good", "someone/new", TOKEN)
    assert TOKEN not in str(error.value) and error.value.__cause__ is None


# -- data sets


@pytest.fixture
def data(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    """The same hub with a data set of twelve pictures."""
    id_ = r"(?P<repo>[^/]+/[^/]+?)"
    routes = [
        ("GET", rf"/api/datasets/{id_}(?:/revision/(?P<revision>.+))?", "info"),
        ("HEAD", rf"/datasets/{id_}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "head"),
        ("GET", rf"/datasets/{id_}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "get"),
    ]
    routes += [("GET", rf"/api/datasets/{id_}/tree/(?P<revision>[^/]+)", "tree")]
    monkeypatch.setattr(fake_hub, "ROUTES", [*routes, *fake_hub.ROUTES])
    others = Handler._answer

    def answer(self: Any, kind: str, names: dict[str, str], body: bytes) -> None:
        if kind != "tree":
            return others(self, kind, names, body)
        files = hub.repos[names["repo"]].commits[-1][1]
        return self._json(
            [
                {"type": "file", "path": k, "size": len(v), "oid": fake_hub._etag(k, v)}
                for k, v in files.items()
            ]
        )

    monkeypatch.setattr(Handler, "_answer", answer)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.file_download._ETAG_RETRY_TIMEOUT", QUICK)  # its own: a minute
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", QUICK)
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", QUICK)
    monkeypatch.setattr("playground.data.face_hub.SECONDS", QUICK)
    rng = np.random.default_rng(0)
    cells = []
    for _ in range(12):
        out = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(out, "PNG")
        cells.append({"bytes": out.getvalue(), "path": None})
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"image": cells}), out)
    hub.put(DATA, {"data/train-00000-of-00001.parquet": out.getvalue()})
    return hub


TROUBLES: dict[str, tuple[str, Callable[[], Fault]]] = {
    f"{kind} {name}": (kind, make)
    for kind in ("info", "head", "get")
    for name, make in {
        "401": lambda: Fault(status=401),
        "403": lambda: Fault(status=403),
        "404": lambda: Fault(status=404),
        "429": lambda: Fault(status=429),
        "500": lambda: Fault(status=500),
        "503": lambda: Fault(status=503),
        "silent": lambda: Fault(silent=True),
    }.items()
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_data_set_that_cannot_be_fetched_is_a_sentence_and_afterwards_it_can(
    data: FakeHub, impatient: None, tmp_path: Path, trouble: str
) -> None:
    kind, make = TROUBLES[trouble]
    data.faults[kind] = make()
    with pytest.raises(ConfigError, match=f"source = '{DATA}'") as error:
        open_faces(DATA, "train", SIDE, cache_dir=tmp_path / "data", token=False)
    assert is_sentence(error.value)
    data.faults.clear()
    assert len(open_faces(DATA, "train", SIDE, cache_dir=tmp_path / "data", token=False)) == 12


@pytest.mark.parametrize("trouble", [name for name in TROUBLES if name.startswith("info")])
def test_a_visitor_is_told_whether_there_is_no_such_data_set_or_no_hub(
    data: FakeHub, impatient: None, trouble: str
) -> None:
    kind, make = TROUBLES[trouble]
    data.faults[kind] = make()
    with pytest.raises(ConfigError, match=f"data set = '{DATA}': the Hub ") as error:
        check_public(DATA, 10**9)
    refused = trouble in ("info 401", "info 403", "info 404")
    assert ("shows no public one" in str(error.value)) == refused and is_sentence(error.value)
    assert ("cannot be reached" in str(error.value)) != refused
    data.faults.clear()
    check_public(DATA, 10**9)


def test_a_data_set_that_breaks_off_every_time_is_a_sentence_and_afterwards_it_is_whole(
    data: FakeHub, halves: list[str], impatient: None, tmp_path: Path
) -> None:
    halves.append(".parquet")
    with pytest.raises(ConfigError, match=f"source = '{DATA}': the Hub cannot be reached") as error:
        open_faces(DATA, "train", SIDE, cache_dir=tmp_path / "data", token=False)
    assert is_sentence(error.value)
    halves.clear()
    assert len(open_faces(DATA, "train", SIDE, cache_dir=tmp_path / "data", token=False)) == 12


def test_a_data_set_of_half_a_file_is_a_sentence_about_that_file(data: FakeHub, tmp_path: Path) -> None:
    (name,) = data.repos[DATA].commits[-1][1]
    data.put(DATA, {name: data.repos[DATA].commits[-1][1][name][:500]})
    with pytest.raises(ConfigError, match="must be a whole Parquet file, but is none") as error:
        open_faces(DATA, "train", SIDE, cache_dir=tmp_path / "data", token=False)
    assert is_sentence(error.value)


def test_a_visitor_whose_data_set_fails_keeps_the_training_that_was_there(
    data: FakeHub, halves: list[str], impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    with gr.Blocks():
        tab = train.TrainTab(SimpleNamespace(names={}))  # type: ignore[arg-type]
    request: Any = SimpleNamespace(session_hash="someone")
    assert not shown(tab, tab.on_dataset(DATA, request))
    training = session_of(tab.hub.find("someone"))
    training.step()
    halves.append(".parquet")
    assert "the Hub cannot be reached" in shown(tab, tab.on_dataset(DATA, request))
    assert session_of(tab.hub.find("someone")) is training and training.clicks == "s1"
    training.step()
    halves.clear()
    assert not shown(tab, tab.on_dataset(DATA, request))


def test_a_visitors_data_set_that_never_comes_is_given_up_in_time(
    data: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Hub's own client would go on asking for six minutes."""
    monkeypatch.setattr(face_sources, "DATASET_SECONDS", QUICK)
    monkeypatch.setattr("huggingface_hub.file_download._ETAG_RETRY_TIMEOUT", 4 * QUICK)
    with gr.Blocks():
        tab = train.TrainTab(SimpleNamespace(names={}))  # type: ignore[arg-type]
    data.faults["head"] = Fault(silent=True)
    said = shown(tab, tab.on_dataset(DATA, SimpleNamespace(session_hash="someone")))  # type: ignore[arg-type]
    assert f"did not answer within {QUICK:g} s" in said and "try again" in said


def shown(tab: Any, answer: dict[Any, Any]) -> str:
    """The sentence on the page's error line, if there is one."""
    return str(answer[tab.error].get("value") or "")
