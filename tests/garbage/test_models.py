"""Garbage in place of models: weights, descriptions and names of repositories are opened or refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from face_bundle import write_bundle
from garbage import anything, as_json, images, is_sentence, leaves, repositories, spoiled, texts, tries
from hub_fixture import taken_for_the_hub
from playground.checkpoints import load
from playground.checkpoints.description import CONFIG, WEIGHTS, Description, read_description
from playground.checkpoints.ids import checked_name, checked_repo, checked_revision
from playground.checkpoints.tensors import read_tensors
from playground.config import ConfigError
from playground.limits import limits
from playground.session.face_sources import DATASET
from playground.session.published import Published

SHAPES = {"a": (3,), "b": (2, 2)}
GOOD = save({"a": torch.ones(3), "b": torch.zeros(2, 2)})
HEAD = json.loads(GOOD[8 : 8 + int.from_bytes(GOOD[:8], "little")])
NUMBERS = GOOD[8 + int.from_bytes(GOOD[:8], "little") :]
OFFSETS = st.one_of(
    st.integers(-30, 60),
    st.sampled_from((-(2**63), 2**63 - 1, 2**64, 10**30, 10**4000, 1.5, True, None, "0")),
)
DTYPES = st.sampled_from(("F16", "BF16", "F32", "F64", "I8", "U8", "BOOL", "F8_E4M3", "", "f32", None, 3, []))
SHAPE = st.one_of(
    st.lists(st.integers(-2, 5), max_size=3), leaves, st.just([10**12]), st.just([2**32, 2**32])
)


def read(folder: Path, content: bytes) -> None:
    """Reads them, or is refused with a sentence; what is read is finite."""
    path = folder / "weights"
    path.write_bytes(content)
    try:
        tensors = read_tensors(path, hashlib.sha256(content).hexdigest(), SHAPES)
    except ConfigError as error:
        assert is_sentence(error) and len(str(error)) < 400, str(error)
    else:
        assert {name: tuple(t.shape) for name, t in tensors.items()} == SHAPES
        assert all(bool(t.isfinite().all()) for t in tensors.values())


@tries(300)
@given(spoiled(st.just(GOOD)))
def test_damaged_weights_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    read(tmp_path, content)


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """A header in which something is wrong: types, shapes, places, names, its own length."""
    header: dict[str, Any] = {name: dict(HEAD[name]) for name in SHAPES}
    for _ in range(draw(st.integers(1, 3))):
        entry = header[draw(st.sampled_from(("a", "b")))]
        what = draw(st.sampled_from(("dtype", "shape", "data_offsets", "data_offsets", "other")))
        if what == "data_offsets":
            entry[what] = draw(
                st.one_of(st.lists(OFFSETS, min_size=2, max_size=2), st.lists(OFFSETS), leaves)
            )
        else:
            entry[what] = draw({"dtype": DTYPES, "shape": SHAPE}.get(what, anything))
    if draw(st.booleans()):
        header[draw(st.one_of(st.just("__metadata__"), texts))] = draw(anything)
    text = (as_json(header) or "{").encode("utf-8", "surrogatepass")
    length = draw(st.one_of(st.just(len(text)), st.integers(0, 2**64 - 1), st.just(len(text) + 1)))
    return length.to_bytes(8, "little") + text + draw(st.one_of(st.just(NUMBERS), st.binary(max_size=40)))


@tries(300)
@given(headers())
def test_weights_with_any_header_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    read(tmp_path, content)


@tries(60)
@given(st.lists(st.floats(width=32), min_size=7, max_size=7), st.sampled_from((torch.float16, torch.float32)))
def test_weights_of_any_numbers_are_finite_or_refused(
    tmp_path: Path, values: list[float], kind: torch.dtype
) -> None:
    numbers = torch.tensor(values, dtype=torch.float32).to(kind)
    read(tmp_path, save({"a": numbers[:3].clone(), "b": numbers[3:].reshape(2, 2).clone()}))


# -- descriptions


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle")) / "faces64-gan"


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """Some fields of a description, or of its recipe, as anything else."""
    good = (
        "format",
        "name",
        "kind",
        "step",
        "images_seen",
        "sha256",
        "licence",
        "scores",
        "timeline",
        "hardware",
    )
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 3))):
        found[draw(st.one_of(st.sampled_from((*good, "data", "recipe")), texts))] = draw(anything)
    return found


@tries(300)
@given(
    changes(),
    st.dictionaries(st.sampled_from(("size", "channels", "latent_dim", "name", "x")), anything, max_size=2),
)
def test_any_description_is_read_or_refused(
    folder: Path, tmp_path: Path, changed: dict[str, Any], recipe: dict[str, Any]
) -> None:
    about = json.loads((folder / CONFIG).read_text())
    about |= {"recipe": about["recipe"] | recipe} | changed
    text = json.dumps(about)
    (tmp_path / CONFIG).write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = read_description(tmp_path)
    except ConfigError as error:
        assert is_sentence(error) and len(str(error)) < 600, str(error)
    else:
        assert Description.from_dict(found.to_dict()).to_dict() == found.to_dict()


@tries(150)
@given(
    st.one_of(
        st.binary(max_size=80),
        images,
        texts.map(lambda t: t.encode("utf-8", "surrogatepass")),
        anything.map(lambda v: (as_json(v) or "").encode("utf-8", "surrogatepass")),
    )
)
def test_what_is_no_description_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CONFIG).write_bytes(content)
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path)
    assert is_sentence(refused.value)


# -- names


@tries(250)
@given(st.one_of(anything, repositories))
def test_a_name_is_an_id_or_a_sentence_and_never_an_address(name: Any) -> None:
    for check in (checked_name, checked_repo, checked_revision):
        try:
            found = check(name)
        except ConfigError as error:
            assert is_sentence(error), str(error)
        else:
            assert found is None or ("://" not in found and ".." not in found and not found.startswith("/"))
    if isinstance(name, str) and DATASET.fullmatch(name):
        assert "://" not in name and not name.startswith(("/", "."))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with taken_for_the_hub(monkeypatch, tmp_path) as running:
        yield running


def test_no_name_asks_for_anything_but_a_repository_of_that_name(hub: Any) -> None:
    @tries(40)
    @given(st.one_of(repositories, texts), st.one_of(st.just(""), texts))
    def attempt(repo: str, revision: str) -> None:
        try:
            Published().open(repo, revision)
        except ConfigError as error:
            assert is_sentence(error), str(error)
        else:
            pytest.fail("There is nothing to open.")

    attempt()
    for kind, path in hub.requests:
        if kind == "unknown":  # the client asks the Hub about itself
            continue
        assert path.startswith("/api/models/") and ".." not in path and "//" not in path


# -- bugs found


def test_an_enormous_offset_does_not_make_an_enormous_sentence(tmp_path: Path) -> None:
    header = {name: dict(HEAD[name]) for name in SHAPES}
    header["a"]["data_offsets"] = [0, 10**4000]
    text = json.dumps(header).encode()
    read(tmp_path, len(text).to_bytes(8, "little") + text + NUMBERS)


def test_refused_repositories_do_not_use_up_the_servers_places(hub: Any) -> None:
    published = Published()
    for number in range(limits().hub_repositories + 5):
        with pytest.raises(ConfigError, match="knows no such"):
            published.open(f"someone/nothing{number}", "")


def test_a_long_complaint_about_a_recipe_ends_as_a_sentence(folder: Path) -> None:
    about = json.loads((folder / CONFIG).read_text())
    with pytest.raises(ConfigError) as refused:
        Description.from_dict(about | {"recipe": about["recipe"] | {"more": 1}})
    assert is_sentence(refused.value) and len(str(refused.value)) < 300
