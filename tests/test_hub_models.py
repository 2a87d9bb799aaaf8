"""Models on the Hub, with the Hub's real client, against a stand-in on this machine's loopback."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from huggingface_hub import constants
from PIL import Image

from fake_hub import TOKEN, FakeHub, Fault
from hub_fixture import taken_for_the_hub
from playground.checkpoints import add_to_bundle, load, open_repo, push, write_model
from playground.checkpoints import hub as hub_module
from playground.checkpoints.asking import Unreachable, asked
from playground.cli import main
from playground.config import ConfigError
from playground.engine.faces.codes import CodePrior
from playground.engine.faces.learner import new_encoder, new_generator
from playground.limits import limits
from playground.recipes import RECIPES, Recipe
from playground.session.published import Published
from playground.ui.faces.checkpoints import show

TINY = replace(RECIPES["faces64"], name="tiny", size=16, channels=(8, 8), latent_dim=4, batch_size=4)
REPO = "someone/tiny-gan"
QUICK = 0.5  # seconds to wait for a hub that says nothing


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """A hub that the client takes for the Hub, with an empty cache, an empty bundle and no token."""
    with taken_for_the_hub(monkeypatch, tmp_path) as running:
        yield running


def model_of(
    folder: Path, kind: str = "gan", seed: int = 0, step: int = 20, name: str = "", recipe: Recipe = TINY
) -> Path:
    networks: dict[str, torch.nn.Module] = {"generator": new_generator(TINY, seed)}
    prior = None
    if kind != "gan":
        networks["encoder"] = new_encoder(TINY, seed)
        drawn = torch.randn(50, 4, generator=torch.Generator().manual_seed(seed))
        prior = CodePrior.fit(drawn, torch.arange(50) % 12, torch.arange(50) % 10, standard=kind == "vae")
    return write_model(
        folder,
        name=name or f"tiny-{kind}",
        recipe=recipe,
        kind=kind,
        step=step,
        images_seen=4 * step,
        networks=networks,
        code_prior=prior,
        scores={"frechet": 1.5},
    )


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """A good model, as the files of a repository."""
    return files_of(model_of(tmp_path / "good"))


def told(files: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
    """The files with other values in config.json."""
    return files | {"config.json": json.dumps(json.loads(files["config.json"]) | changes).encode()}


def with_weights(files: dict[str, bytes], weights: bytes) -> dict[str, bytes]:
    """The files with other weights and their right hash."""
    digest = hashlib.sha256(weights).hexdigest()
    return told(files, sha256=digest) | {"model.safetensors": weights}


def refused(repo: str = REPO, **how: Any) -> str:
    """The sentence that a repository is refused with."""
    with pytest.raises(ConfigError) as error:
        load(repo, notify=lambda sentence: pytest.fail(sentence), **how)
    return str(error.value)


# -- opening


def test_a_repository_opens_as_the_model_that_was_put_there(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path
) -> None:
    hub.put(REPO, files)
    model = load(REPO)
    assert (model.name, model.step, model.images_seen) == ("tiny-gan", 20, 80)
    np.testing.assert_array_equal(model.generate([7]), load(tmp_path / "good").generate([7]))


def test_the_second_opening_asks_the_hub_for_no_file_content(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, files)
    load(REPO)
    assert sorted(path.rsplit("/", 1)[1] for path in hub.asked("get")) == ["config.json", "model.safetensors"]
    hub.requests.clear()
    load(REPO)
    assert hub.asked("get") == []
    assert all(path.endswith("config.json") for path in hub.asked("head"))


def test_only_the_description_and_the_weights_are_ever_fetched(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, files | {"pytorch_model.bin": b"pickle", "run.py": b"boom", "x.json": b"{}"})
    load(REPO)
    fetched = {path.rsplit("/", 1)[1] for path in hub.asked("get") + hub.asked("head")}
    assert fetched == {"config.json", "model.safetensors"}


def test_a_new_commit_is_seen_and_an_old_revision_can_still_be_asked_for(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path
) -> None:
    old = hub.put(REPO, files)
    load(REPO)
    hub.put(REPO, files_of(model_of(tmp_path / "newer", seed=1, step=30)))
    assert load(REPO).step == 30
    assert load(REPO, revision=old).step == 20


def test_a_download_that_breaks_off_is_taken_up_again(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, files)
    hub.faults["get"] = Fault(half=True)
    assert load(REPO).step == 20
    assert hub.faults == {}


def test_a_file_cut_short_in_the_cache_is_fetched_again(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path
) -> None:
    hub.put(REPO, files)
    load(REPO)
    (cached,) = (tmp_path / "cache").rglob("model.safetensors")
    cached.resolve().write_bytes(files["model.safetensors"][:100])
    assert load(REPO).step == 20


@pytest.mark.parametrize(
    "repo",
    [
        "https://huggingface.co/someone/tiny-gan",
        "someone/../tiny-gan",
        "../tiny-gan",
        "someone/tiny/gan",
        "someone\\tiny",
        "someone/tiny gan",
        "someone/tiny?x=1",
        "someone/.hidden",
        "",
        "a" * 200 + "/b",
        "someone/tiny\n",
    ],
)
def test_what_is_no_id_never_reaches_the_hub(hub: FakeHub, repo: str) -> None:
    with pytest.raises(ConfigError, match=r"repo = .*allowed is user/name"):
        open_repo(repo, notify=print)
    with pytest.raises(ConfigError):
        load(repo)
    assert hub.requests == []


@pytest.mark.parametrize("revision", ["../main", "a//b", "", "main/", "x y", "-x", "a" * 200, 3])
def test_what_is_no_revision_never_reaches_the_hub(hub: FakeHub, revision: Any) -> None:
    with pytest.raises(ConfigError, match="revision = "):
        load(REPO, revision=revision)
    assert hub.requests == []


# -- refused


def test_a_missing_repository_is_refused_and_nothing_stands_in(hub: FakeHub, tmp_path: Path) -> None:
    add_to_bundle(model_of(tmp_path / "own"))
    assert "knows no such repository" in refused()
    assert "knows no such repository" in refused(token=TOKEN)


def test_a_private_repository_opens_with_its_token_only(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, files)
    hub.repos[REPO].private = True
    sentence = refused(token="hf_wrong")
    assert "HF_TOKEN" in sentence and "hf_wrong" not in sentence
    assert load(REPO, token=TOKEN).step == 20


def test_the_token_of_this_machine_is_used_unless_forbidden(
    hub: FakeHub, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.put(REPO, files)
    hub.repos[REPO].private = True
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert "knows no such repository" in refused(token=False)
    assert load(REPO).step == 20


def test_a_missing_revision_is_refused(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, files)
    assert "no such revision" in refused(revision="v9")


def test_pickled_weights_are_refused_unread(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, {"config.json": files["config.json"], "pytorch_model.bin": b"\x80\x04"})
    sentence = refused()
    assert "pytorch_model.bin" in sentence and "can run code" in sentence
    assert hub.asked("get") == hub.asked("head") == []


def test_a_repository_of_something_else_is_refused(hub: FakeHub) -> None:
    hub.put(REPO, {"README.md": b"hello"})
    assert "holds no config.json" in refused()


@pytest.mark.parametrize(
    ("path", "size"), [("config.json", 70_000), ("model.safetensors", 2**40), ("model.safetensors", None)]
)
def test_a_size_out_of_bounds_is_refused_before_anything_is_fetched(
    hub: FakeHub, files: dict[str, bytes], path: str, size: int | None
) -> None:
    hub.put(REPO, files)
    hub.sizes[REPO, path] = size
    assert path in refused()
    assert not any(asked.endswith(path) for asked in hub.asked("get") + hub.asked("head"))


def test_weights_that_do_not_match_their_hash_are_refused(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, told(files, sha256="0" * 64))
    assert refused() == (
        "repo = someone/tiny-gan: model.safetensors does not match its sha256: it is damaged, or not the one "
        "described."
    )


def test_a_file_cut_short_by_its_owner_is_refused(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, with_weights(files, files["model.safetensors"][:-10]))
    assert "bytes of numbers where its header says" in refused()
    hub.put(REPO, with_weights(files, files["model.safetensors"][:60]))
    assert "cut short" in refused()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("size", 2**30, "size = 1073741824: allowed is 16 to 128"),
        ("latent_dim", 10**9, "latent_dim = 1000000000: allowed is 1 to 512"),
        ("channels", [10**6, 8], "channels = .*: allowed is 1 to 512 each"),
        ("channels", [8] * 4, "channels = .*: a side of 16 has one for each block"),
        ("latent_dim", 5, "is of shape"),
    ],
)
def test_absurd_sizes_in_the_description_are_refused_before_a_network_is_made(
    hub: FakeHub, files: dict[str, bytes], field: str, value: Any, words: str
) -> None:
    hub.put(REPO, told(files, recipe=TINY.to_dict() | {field: value}))
    sentence = refused()
    assert sentence.startswith(f"repo = {REPO}: ") and re.search(words, sentence)
    fetched = {path.rsplit("/", 1)[1] for path in hub.asked("get")}
    assert fetched == {"config.json"} | ({"model.safetensors"} if words == "is of shape" else set())


@pytest.mark.parametrize("kind", ["info", "head", "get"])
@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_no_sentence_and_no_log_of_an_opening_holds_the_token(
    hub: FakeHub,
    files: dict[str, bytes],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    status: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    hub.put(REPO, files)
    hub.faults[kind] = Fault(status=status)
    with pytest.raises(ConfigError) as error:
        open_repo(REPO, notify=print, token=TOKEN, reach_seconds=QUICK)
    said = capsys.readouterr()
    assert TOKEN not in str(error.value) + caplog.text + said.out + said.err
    assert error.value.__cause__ is None


@pytest.mark.parametrize("status", [400, 403, 410])
def test_a_hub_that_says_no_is_not_an_unreachable_hub(
    hub: FakeHub, files: dict[str, bytes], status: int
) -> None:
    hub.put(REPO, files)
    hub.faults["info"] = Fault(status=status)
    assert refused().startswith(f"repo = {REPO}: the Hub ")


# -- a hub that cannot be reached


def stands_in(repo: str = REPO, **how: Any) -> tuple[str, str]:
    """(the model that is opened, the sentence told)."""
    sentences: list[str] = []
    model = open_repo(repo, notify=sentences.append, reach_seconds=QUICK, **how)
    (sentence,) = sentences
    return model.name, sentence


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("kind", ["info", "head"])
def test_a_hub_in_trouble_is_replaced_by_the_bundle_with_a_sentence(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path, status: int, kind: str
) -> None:
    for which in ("gan", "vae"):
        add_to_bundle(model_of(tmp_path / which, which))
    hub.put(REPO, files)
    hub.faults[kind] = Fault(status=status, headers={"Retry-After": "3600"})
    name, sentence = stands_in()
    assert name == "tiny-gan"
    assert sentence.startswith("The Hub ") and sentence.endswith(
        "the bundled tiny-gan stands in for someone/tiny-gan."
    )


def test_a_hub_that_says_nothing_is_given_up_in_time(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path
) -> None:
    add_to_bundle(model_of(tmp_path / "gan"))
    hub.put(REPO, files)
    hub.faults["info"] = Fault(silent=True)
    assert stands_in()[0] == "tiny-gan"
    hub.faults = {"get": Fault(silent=True)}
    assert "did not answer within 0.5 s" in stands_in()[1]


def test_the_waiting_times_are_short_enough_for_a_person() -> None:
    assert hub_module.REACH_SECONDS <= 10 and hub_module.FETCH_SECONDS <= 120


def test_a_closed_port_and_offline_mode_are_told_apart(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_to_bundle(model_of(tmp_path / "gan"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert stands_in()[1].startswith("The Hub cannot be reached: ")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert stands_in()[1].startswith("The Hub is switched off here (HF_HUB_OFFLINE): ")


@pytest.mark.parametrize(
    ("repo", "expected"),
    [("x/my-vae", "tiny-vae"), ("x/Tiny-AE", "tiny-ae"), ("x/other", "a-gan"), ("x/tiny-gan", "tiny-gan")],
)
def test_the_stand_in_has_the_name_or_the_kind_that_the_repository_names(
    hub: FakeHub, tmp_path: Path, repo: str, expected: str
) -> None:
    for name, kind in (("tiny-ae", "ae"), ("tiny-vae", "vae"), ("a-gan", "gan"), ("tiny-gan", "gan")):
        add_to_bundle(model_of(tmp_path / name, kind, name=name))
    hub.faults["info"] = Fault(status=503)
    assert stands_in(repo)[0] == expected


def test_a_copy_in_the_cache_goes_before_the_bundle(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path
) -> None:
    add_to_bundle(model_of(tmp_path / "gan", name="a-gan"))
    hub.put(REPO, files)
    load(REPO)
    hub.faults["info"] = Fault(status=503)
    assert stands_in() == (
        "tiny-gan",
        "The Hub answers with error 503: someone/tiny-gan is the copy in this machine's cache.",
    )


def test_a_connection_that_breaks_off_is_tried_once_more_and_not_for_ever() -> None:
    breaks = [ConnectionResetError(), ValueError(), OSError(), OSError()]

    def ask() -> str:
        if breaks:
            raise breaks.pop()
        return "answer"

    # two broken connections are one failure; what is no broken connection is not repeated
    for left in (2, 1):
        with pytest.raises(Unreachable):
            asked(REPO, 5.0, ask)
        assert len(breaks) == left
    assert asked(REPO, 5.0, ask) == "answer"


def test_of_models_alike_the_one_of_the_first_recipe_stands_in(hub: FakeHub, tmp_path: Path) -> None:
    for name in ("classroom32", "faces64-classic", "faces64", "z"):
        add_to_bundle(model_of(tmp_path / name, name=f"{name}-gan", recipe=replace(TINY, name=name)))
    hub.faults["info"] = Fault(status=503)
    assert stands_in("x/other")[0] == "faces64-gan"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_whole_copy_in_the_cache_outlives_a_newer_one_that_broke_off(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path, missing: str
) -> None:
    hub.put(REPO, files)
    load(REPO)
    hub.put(REPO, files_of(model_of(tmp_path / "newer", seed=1, step=30)))
    hub.faults["get"] = Fault(status=503, only=missing)
    for _ in range(2):
        assert stands_in()[1].endswith("is the copy in this machine's cache.")
    hub.faults = {"info": Fault(status=503)}
    sentences: list[str] = []
    assert open_repo(REPO, notify=sentences.append, reach_seconds=QUICK).step == 20
    hub.faults = {}
    assert load(REPO).step == 30


def test_without_hub_cache_and_bundle_the_sentence_says_so(hub: FakeHub) -> None:
    hub.faults["info"] = Fault(status=503)
    assert "no model is bundled" in refused()


def test_who_is_not_told_otherwise_reads_the_sentence_on_the_console(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_to_bundle(model_of(tmp_path / "gan"))
    hub.faults["info"] = Fault(status=503)
    load(REPO)
    assert "stands in for" in capsys.readouterr().err


# -- publishing


def run_folder(folder: Path) -> Path:
    """A run as training leaves it: the model at its end, and one earlier."""
    model_of(folder / "model", "vae", seed=3, step=40)
    model_of(folder / "timeline" / "000010", "vae", seed=4, step=10)
    circumstances = {"device": "cpu", "precision": "float32", "torch": "2.13"}
    (folder / "config.json").write_text(json.dumps({"circumstances": circumstances}))
    return folder


def test_what_is_pushed_loads_as_the_same_pictures(hub: FakeHub, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    assert push(run, "someone/tiny-vae", token=TOKEN) == f"{hub.url}/someone/tiny-vae"
    here, there = load(run), load("someone/tiny-vae")
    assert there.code_prior is not None and there.encoder is not None and there.scores == {"frechet": 1.5}
    faces = here.generate(range(5), "blue", "any", 0.7)
    np.testing.assert_array_equal(there.generate(range(5), "blue", "any", 0.7), faces)
    np.testing.assert_array_equal(there.reconstruct(faces, "blue"), here.reconstruct(faces, "blue"))
    earlier = load("someone/tiny-vae", step=10)
    np.testing.assert_array_equal(earlier.generate([1]), load(run, step=10).generate([1]))
    assert earlier.encoder is None and earlier.images_seen == 40


def test_a_push_holds_card_preview_and_timeline_and_nothing_else(hub: FakeHub, tmp_path: Path) -> None:
    push(run_folder(tmp_path / "run"), "someone/tiny-vae", token=TOKEN)
    repo = hub.repos["someone/tiny-vae"]
    commit, files = repo.commits[-1]
    assert repo.names["step-40"] == commit
    assert set(files) == {
        ".gitattributes",
        "README.md",
        "config.json",
        "model.safetensors",
        "preview.png",
        "timeline/10.safetensors",
    }
    with Image.open(io.BytesIO(files["preview.png"])) as sheet:
        assert (sheet.format, sheet.size) == ("PNG", (8 * 18 - 2, 4 * 18 - 2))
    card = files["README.md"].decode()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["license"] == "other" and front["pipeline_tag"] == "unconditional-image-generation"
    assert 'load("someone/tiny-vae")' in card and "device cpu, precision float32, torch 2" in card


def test_a_push_can_be_repeated_and_can_be_private(hub: FakeHub, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    for _ in range(2):
        push(run, "someone/tiny-vae", token=TOKEN, private=True)
    assert hub.repos["someone/tiny-vae"].private
    assert "knows no such repository" in refused("someone/tiny-vae")


def test_the_token_is_taken_from_the_environment(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    push(tmp_path / "good", REPO)
    assert load(REPO).step == 20


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("create", 401, "a token that may write"),
        ("commit", 403, "a token that may write"),
        ("create", 404, "knows no such repository"),
        ("create", 410, "refuses with error 410"),
    ],
)
def test_a_refused_push_says_why_and_never_the_token(
    hub: FakeHub,
    files: dict[str, bytes],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    status: int,
    words: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    hub.faults[kind] = Fault(status=status)
    with pytest.raises(ConfigError, match=words) as error:
        push(tmp_path / "good", REPO, token=TOKEN)
    assert TOKEN not in str(error.value) and error.value.__cause__ is None
    assert TOKEN not in caplog.text


def test_the_command_publishes_a_run_and_prints_its_address(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    command = ["push", str(run_folder(tmp_path / "run")), "--repo", "someone/of-a-class", "--name", "our-vae"]
    assert main([*command, "--private"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{hub.url}/someone/of-a-class\n" and TOKEN not in said.err
    assert hub.repos["someone/of-a-class"].private
    assert load("someone/of-a-class").name == "our-vae"


def test_a_push_without_a_token_is_refused(hub: FakeHub, files: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="may write"):
        push(tmp_path / "good", REPO)


def test_nothing_is_created_for_a_folder_that_holds_no_model(hub: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no"):
        push(tmp_path, REPO, token=TOKEN)
    model_of(tmp_path / "bad").joinpath("model.safetensors").write_bytes(b"x")
    with pytest.raises(ConfigError, match="sha256"):
        push(tmp_path / "bad", REPO, token=TOKEN)
    assert hub.requests == []


# -- on the page


def test_the_page_shows_the_faces_of_a_hub_model_and_opens_no_folder_of_this_machine(
    hub: FakeHub, files: dict[str, bytes], tmp_path: Path
) -> None:
    hub.put(REPO, files)
    published = Published()
    page = show(published, f" {REPO} ", "")
    assert "tiny-gan, GAN" in page
    assert "Recipe tiny, 20 updates" in page
    assert page.count("<img") == 1
    others = show(published, REPO, "", 40.0, "blue", "red")
    assert "Seeds 40 to 47" in others and others != page
    with pytest.raises(ConfigError, match="seed = -1"):
        show(published, REPO, "", -1)
    with pytest.raises(ConfigError, match="nobody/nothing"):
        show(published, "nobody/nothing", "")
    with pytest.raises(ConfigError, match=r"user/name|repository"):
        show(published, str(tmp_path), "")


def test_a_server_opens_only_so_many_repositories(hub: FakeHub, files: dict[str, bytes]) -> None:
    hub.put(REPO, files)
    published = Published()
    published._named |= {f"someone/number-{i}" for i in range(limits().hub_repositories)}
    with pytest.raises(ConfigError, match="opened its 20 already"):
        published.open(REPO, "")
