"""The page's callbacks without a browser: every control changes the run, every refusal is a sentence."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest

import own_loop
from playground.config import FIELDS, ConfigError, RunConfig
from playground.engine import Trainer, observe
from playground.figures.frames import unpack_frame
from playground.session import ALL_LAYERS, Session
from playground.ui import controls
from playground.ui.hub import Hub
from playground.ui.lab_page import LabPage
from sessions import session_of

REQUEST = SimpleNamespace(session_hash="someone", query_params={})
ITERATIONS = 12

# setting -> (the settings of a run in which it matters, another value); the rest matter in the default run
OTHER: dict[str, tuple[dict[str, Any], Any]] = {
    "target_sigma": ({}, 0.3),
    "model": ({}, "vae"),
    "objective": ({}, "hinge"),
    "penalty_weight": ({"objective": "wgan-gp"}, 1.0),
    "weight_clip": ({"objective": "wgan"}, 0.01),
    "began_gamma": ({"objective": "began"}, 0.3),
    "r1_weight": ({}, 5.0),
    "r2_weight": ({}, 5.0),
    "instance_noise": ({}, 0.5),
    "label_smoothing": ({}, 0.2),
    "packing": ({}, 4),
    "unrolled_steps": ({}, 2),
    "history_replay": ({}, 0.5),
    "ema_half_life_iterations": ({}, 50.0),
    "beta": ({"model": "vae"}, 20.0),
    "observation_sigma": ({"model": "vae"}, 1.0),
    "learn_observation_sigma": ({"model": "vae"}, True),
    "components": ({"model": "gmm"}, 3),
    "prior": ({}, "uniform"),
    "latent_dim": ({}, 5),
    "generator_depth": ({}, 3),
    "generator_width": ({}, 20),
    "generator_activation": ({}, "tanh"),
    "generator_normalisation": ({}, "layer"),
    "discriminator_depth": ({}, 1),
    "discriminator_width": ({}, 20),
    "discriminator_activation": ({}, "silu"),
    "discriminator_normalisation": ({}, "spectral"),
    "optimizer": ({}, "rmsprop"),
    "generator_learning_rate": ({}, 0.01),
    "discriminator_learning_rate": ({}, 0.01),
    "beta1": ({}, 0.9),
    "beta2": ({}, 0.999),
    "momentum": ({"optimizer": "sgd"}, 0.9),
    "rms_decay": ({"optimizer": "rmsprop"}, 0.5),
    "epsilon": ({}, 0.1),
    "batch_size": ({}, 64),
    "discriminator_updates": ({}, 3),
    "generator_updates": ({}, 3),
    "order": ({}, "simultaneous"),
    "seed": ({}, 7),
    "backend": ({}, "eager"),
}
RUNS: list[dict[str, Any]] = [
    *({"objective": objective} for objective in FIELDS["objective"].metadata["choices"]),
    *({"model": model} for model in ("vae", "autoencoder", "gmm")),
    *({"optimizer": optimizer} for optimizer in ("sgd", "rmsprop")),
]


@pytest.fixture
def page() -> LabPage:
    with gr.Blocks() as demo:
        built = LabPage(Hub(device="cpu"), demo)
    built.hub.open(REQUEST.session_hash)
    return built


def run_of(page: LabPage) -> Session:
    session: Session = session_of(page.hub.find(REQUEST.session_hash))
    return session


def change(page: LabPage, name: str, value: Any) -> dict[Any, Any]:
    """What the visitor does to a widget."""
    return page._setting(name)(value, REQUEST)


def words(page: LabPage, answer: dict[Any, Any]) -> str:
    return str(answer[page.error].get("value", ""))


def seen_after(config: RunConfig, iterations: int = ITERATIONS) -> list[Any]:
    """All that is drawn of a run, but for its measures."""
    trainer = Trainer(config, device="cpu")
    trainer.run(iterations)
    seen = observe(trainer, layers=ALL_LAYERS, size=16, points=64)
    return [seen.generated, seen.surface, seen.real, seen.grid, seen.backend]


def same(one: list[Any], other: list[Any]) -> bool:
    return all(
        np.array_equal(a, b) if isinstance(a, np.ndarray) else a is b or a == b
        for a, b in zip(one, other, strict=True)
    )


def test_every_setting_has_a_widget_or_a_chooser_of_its_own(page: LabPage) -> None:
    assert set(page.widgets) | set(controls.ELSEWHERE) == set(FIELDS)
    assert set(OTHER) | set(controls.ELSEWHERE) == set(FIELDS)


@pytest.mark.parametrize("name", OTHER)
def test_every_control_changes_the_run_and_the_picture(page: LabPage, name: str) -> None:
    base, value = OTHER[name]
    config = RunConfig(**base)
    assert controls.applies(name, config)
    run_of(page).configure(config)
    stamp = run_of(page).stamp
    answer = change(page, name, value)
    changed = run_of(page).config
    assert changed == config.with_changes(**{name: value})
    assert answer[page.widgets[name]]["value"] == value
    (shown,) = unpack_frame(answer[page.view]).snapshots
    assert (shown.run, shown.iteration) == (stamp + 1, 0)
    assert not same(seen_after(config), seen_after(changed))


@pytest.mark.parametrize("changes", RUNS, ids=lambda changes: "-".join(map(str, changes.values())))
def test_a_control_that_is_hidden_would_change_nothing(changes: dict[str, Any]) -> None:
    config = RunConfig(**changes)
    before = seen_after(config, 2)
    for name, (_, value) in OTHER.items():
        if controls.applies(name, config) or getattr(config, name) == value:
            continue
        try:
            other = config.with_changes(**{name: value})
        except ConfigError:
            continue  # it cannot even be set here
        assert same(before, seen_after(other, 2)), name


def test_every_target_can_be_chosen(page: LabPage) -> None:
    for name in FIELDS["target"].metadata["choices"]:
        if name == "points":
            continue
        page.on_target(SimpleNamespace(name=name), REQUEST)
        assert run_of(page).config.target == name


def test_an_impossible_value_is_a_sentence_and_everything_stays(page: LabPage) -> None:
    run_of(page).step()
    before, stamp = run_of(page).config, run_of(page).stamp
    for name, value in (("packing", 3), ("batch_size", 1), ("batch_size", None), ("seed", 0.5), ("beta1", 2)):
        answer = change(page, name, value)
        assert name in words(page, answer), name
        assert page.view not in answer
        assert answer[page.widgets[name]]["value"] == getattr(before, name)
    assert (run_of(page).config, run_of(page).stamp, run_of(page).iteration) == (before, stamp, 1)


def test_a_value_that_stays_keeps_the_run(page: LabPage) -> None:
    run_of(page).step()
    change(page, "batch_size", 256)
    assert run_of(page).iteration == 1


def test_pasted_points_become_the_target(page: LabPage) -> None:
    answer = page.on_paste("x,y\n0.5,0.5\n-0.5,-0.5\n0.1,0.9\n", REQUEST)
    assert run_of(page).config.target == "points"
    (shown,) = unpack_frame(answer[page.view]).snapshots
    assert len(shown.real)


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b", "nan,1\n1,2"])
def test_points_that_cannot_be_read_are_a_sentence(page: LabPage, text: str) -> None:
    before = run_of(page).config
    assert words(page, page.on_paste(text, REQUEST))
    assert words(page, page.on_upload(text.encode(), REQUEST))
    assert run_of(page).config == before


def test_a_file_that_is_no_text_is_a_sentence(page: LabPage) -> None:
    assert "UTF-8" in words(page, page.on_upload(b"\xff\xfe\x00\x01", REQUEST))


@pytest.mark.parametrize("drawn", [None, [], [[0, 0]], [["a", "b"]] * 3, [[0]] * 3, [[1e99, 0]] * 3])
def test_a_drawing_that_cannot_be_is_a_sentence(page: LabPage, drawn: Any) -> None:
    assert words(page, page.on_drawn(SimpleNamespace(points=drawn), REQUEST))


def test_compare_changes_one_thing_and_ends(page: LabPage) -> None:
    answer = page.on_compare("model", "vae", REQUEST)
    assert len(unpack_frame(answer[page.view]).snapshots) == 2
    assert run_of(page).changes == {"model": "vae"}
    answer = page.on_compare_end(REQUEST)
    assert len(unpack_frame(answer[page.view]).snapshots) == 1


@pytest.mark.parametrize(
    "name, value",
    [
        ("model", "gan"),
        ("model", "cat"),
        ("no_such", "1"),
        ("packing", "3"),
        ("seed", "5"),
        ("r1_weight", None),
    ],
)
def test_a_comparison_that_cannot_be_is_a_sentence(page: LabPage, name: str, value: Any) -> None:
    assert words(page, page.on_compare(name, value, REQUEST))
    assert run_of(page).changes is None


@pytest.mark.parametrize("iteration", [-1, 10_000, "7", None, True, 0.5])
def test_the_scrubber_goes_nowhere_it_cannot(page: LabPage, iteration: Any) -> None:
    assert words(page, page.on_seek(SimpleNamespace(iteration=iteration), REQUEST))


def test_a_visitor_unknown_to_the_hub_is_told_that_the_page_opens_again(page: LabPage) -> None:
    stranger = SimpleNamespace(session_hash="stranger", query_params={})
    for answer in (page._action(Session.step)(stranger), page._setting("seed")(3, stranger)):
        said = words(page, answer)
        assert "no longer on the server. It is being opened again" in said
        assert " data-gone>" in said  # what static/reopen.js looks for
    assert "data-gone" not in words(page, page.on_preset("no such", REQUEST))


@pytest.mark.parametrize(("others", "least", "most"), [(0, 40, 50), (2, 20, 25), (18, 5, 5), (200, 1, 1)])
def test_who_comes_where_many_play_sees_some_learning_in_fewer_frames(
    others: int, least: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gr.Blocks() as demo:
        page = LabPage(Hub(device="cpu", sleep=lambda seconds: asyncio.sleep(0)), demo)
    monkeypatch.setattr(Hub, "playing", others)
    visitor = page.hub.open("someone")

    async def seen() -> list[int]:
        iterations = []
        async for answer in page._opened(visitor, greet=True):
            frame = unpack_frame(answer[page.view])
            visitor.acknowledge(frame.frame_id)
            iterations.append(frame.snapshots[0].iteration)
        return iterations

    iterations = own_loop.run(seen())
    page.hub.shutdown()
    assert least <= len(set(iterations)) - 1 <= most and visitor.speed == 10
    assert iterations[0] == 0 < iterations[-1] <= 160 and (others or iterations[-1] == 160)
    assert not visitor.playing
