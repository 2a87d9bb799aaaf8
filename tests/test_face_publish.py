"""A visitor publishes what was trained on the page: with the visitor's token alone, and loads it again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import own_loop
from fake_hub import OWNER, TOKEN, FakeHub, Fault
from hub_fixture import taken_for_the_hub
from playground.checkpoints import load
from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.recipes import EYES, HAIR, RECIPES
from playground.session import face_publish, face_settings
from playground.session.face_publish import LEAST_UPDATES, model_files, publish
from playground.session.face_run import FaceRun
from playground.session.face_settings import FaceSettings
from playground.ui.faces.publish import answer
from playground.ui.faces.train import FaceHub

SIDE = 16
TINY = replace(RECIPES["classroom32"], size=SIDE, channels=(8, 8), latent_dim=6)
REPO = f"{OWNER}/mine"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    with taken_for_the_hub(monkeypatch, tmp_path) as running:
        yield running


@pytest.fixture(params=["gan", "vae"])
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FaceRun:
    """A run of a few updates, on pictures of its visitor."""
    monkeypatch.setattr(face_settings, "recipe_named", lambda name: TINY)
    monkeypatch.setattr(face_publish, "LEAST_UPDATES", 3)
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (40, SIDE, SIDE, 3), dtype=np.uint8)
    faces = FaceSet(images, rng.integers(len(HAIR), size=40), rng.integers(len(EYES), size=40), "uploaded")
    run = FaceRun(FaceSettings(model=request.param, batch_size=4), faces, low_precision=False)
    run.run(3)
    return run


def test_what_was_trained_on_the_page_loads_from_the_hub_as_the_same_networks(
    hub: FakeHub, run: FaceRun
) -> None:
    assert publish(partial(model_files, run), f" {REPO} ", TOKEN, False) == f"{hub.url}/{REPO}"
    model = load(REPO)
    assert (model.kind, model.step, model.recipe) == (run.settings.model, 3, run.recipe)
    with run.frozen() as learner:
        wanted = dict(learner.averages["generator"].named_parameters())
    for name, weights in model.generator.named_parameters():
        np.testing.assert_allclose(weights.detach(), wanted[name].detach(), rtol=1e-3, atol=1e-4)


def test_the_card_says_what_it_learned_from_and_claims_no_data_of_ours(hub: FakeHub, run: FaceRun) -> None:
    publish(partial(model_files, run), REPO, TOKEN, True)
    card = hub.repos[REPO].commits[-1][1]["README.md"].decode()
    front = yaml.safe_load(card.split("---\n")[1])
    assert "40 pictures uploaded" in card and "MakeGirlsMoe" not in card
    assert front["license_name"].startswith("not stated") and "synthetic-data" not in front["tags"]
    assert hub.repos[REPO].private


def test_a_run_on_our_own_faces_keeps_our_licence(hub: FakeHub, run: FaceRun) -> None:
    run.faces = replace(run.faces, source="drawn by the bundled GAN")
    publish(partial(model_files, run), REPO, TOKEN, False)
    assert load(REPO).name == "mine"
    assert "non-commercial" in hub.repos[REPO].commits[-1][1]["README.md"].decode()


@pytest.mark.parametrize("token", ["", " ", None, 5, ["x" * 20], "short", "with space inside", "x" * 300])
def test_without_a_token_of_ones_own_nothing_is_asked_even_if_the_server_has_one(
    hub: FakeHub, run: FaceRun, monkeypatch: pytest.MonkeyPatch, token: Any
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)  # the operator's: no visitor may write with it
    with pytest.raises(ConfigError, match="token: allowed is"):
        publish(partial(model_files, run), REPO, token, False)
    assert hub.requests == []


@pytest.mark.parametrize("repo", ["", "mine", "a/b/c", "https://hf.co/a/b", "../x/y", None, 3])
def test_what_is_no_repository_never_reaches_the_hub(hub: FakeHub, run: FaceRun, repo: Any) -> None:
    with pytest.raises(ConfigError, match="repo"):
        publish(partial(model_files, run), repo, TOKEN, False)
    assert hub.requests == []


def test_a_run_that_has_hardly_begun_is_not_published(hub: FakeHub, run: FaceRun) -> None:
    run.reset()
    with pytest.raises(ConfigError, match="updates = 0: train for at least"):
        publish(partial(model_files, run), REPO, TOKEN, False)
    assert LEAST_UPDATES == 100 and hub.requests == []


def test_a_refusal_says_why_and_the_token_is_never_said(
    hub: FakeHub, run: FaceRun, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "hf_notthisone12345"
    with pytest.raises(ConfigError, match="a token that may write") as error:
        publish(partial(model_files, run), REPO, wrong, False)
    assert wrong not in str(error.value) and wrong not in caplog.text
    hub.faults["commit"] = Fault(status=503)
    with pytest.raises(ConfigError) as error:
        publish(partial(model_files, run), REPO, TOKEN, False)
    assert TOKEN not in str(error.value) and TOKEN not in caplog.text


def pressed(trained: FaceHub, token: str, visitor: str = "me") -> tuple[str, str, str]:
    """What the button answers: the result, the error line, what stands in the token's field."""
    result, error, left = own_loop.run(answer(trained, visitor, REPO, token, False))
    return result if isinstance(result, str) else "", str(error.get("value", "")), left


def trains(run: FaceRun) -> FaceHub:
    """A hub in which "me" trains this run."""
    trained = FaceHub()
    make: Any = lambda place: run  # noqa: E731
    trained.open("me", make)
    return trained


def test_the_button_publishes_the_visitors_own_run_and_empties_the_token(hub: FakeHub, run: FaceRun) -> None:
    result, error, left = pressed(trains(run), TOKEN)
    assert f'href="{hub.url}/{REPO}"' in result and (error, left) == ("", "")
    assert TOKEN not in result and load(REPO).step == 3


def test_who_trains_nothing_publishes_nothing_of_others(hub: FakeHub, run: FaceRun) -> None:
    result, error, left = pressed(trains(run), TOKEN, visitor="somebody else")
    assert (result, left) == ("", "") and "no model to publish" in error
    assert hub.requests == []


def test_the_servers_token_is_used_only_where_its_operator_says_so(
    hub: FakeHub, run: FaceRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert "token: allowed is" in pressed(trains(run), "")[1] and hub.requests == []
    monkeypatch.setenv("PLAYGROUND_PUBLISH", "1")
    assert REPO in pressed(trains(run), "")[0]


def test_publishing_changes_nothing_in_the_run(hub: FakeHub, run: FaceRun) -> None:
    with run.frozen() as learner:
        before = learner.arrays()
    publish(partial(model_files, run), REPO, TOKEN, False)
    with run.frozen() as learner:
        after = learner.arrays()
    assert all(np.array_equal(before[name], after[name]) for name in before)
