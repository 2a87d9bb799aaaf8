"""Targets of the fuzzer: what the lab reads. Settings, links, clicks, points, and drawings on its page."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np

from fuzzing.changes import json_change
from fuzzing.target import ODD, Target, Try, json_of, refused, text_of, texts
from playground.clicks import MAX_COUNT, ClicksError, format_clicks, parse_clicks
from playground.config import FIELDS, ConfigError, RunConfig
from playground.data import PointsError, encode_points, normalise_points, parse_points
from playground.data.points import MAX_ENCODED_POINTS, decode_points
from playground.exports import run_script
from playground.session.link import read_link, write_link
from playground.ui.hub import Hub
from playground.ui.lab_page import LabPage

QUERY = ("&", "=", "clicks=", "compare=", "target=points&target_points=", "s20d3g1", "%3D", "%26")
CHOICES = tuple(str(c) for f in FIELDS.values() for c in f.metadata.get("choices", ()))


def sound(config: RunConfig) -> None:
    """What every config promises: it reads back from each of its forms, and its script is Python."""
    assert RunConfig.from_dict(config.to_dict()) == config
    assert RunConfig.from_json(config.to_json()) == config
    assert RunConfig.from_query(config.to_query()) == config
    compile(run_script(config, "s1"), "script", "exec")


def settings(_: Path) -> Try:
    """The settings of a link: a sound config, or a sentence."""

    def attempt(content: bytes) -> bool:
        try:
            sound(RunConfig.from_query(text_of(content)))
        except ConfigError as error:
            return refused(error)
        return True

    return attempt


def settings_json(_: Path) -> Try:
    """Settings as JSON: a sound config, or a sentence."""

    def attempt(content: bytes) -> bool:
        try:
            sound(RunConfig.from_json(text_of(content)))
        except ConfigError as error:
            return refused(error)
        return True

    return attempt


def link(_: Path) -> Try:
    """A whole link: it is written again as it was read, or refused with a sentence."""

    def attempt(content: bytes) -> bool:
        try:
            config, changes, log = read_link(text_of(content))
        except (ConfigError, ClicksError) as error:
            return refused(error)
        sound(config)
        assert 0 <= log.length <= MAX_COUNT
        try:
            other = config.with_changes(**changes) if changes else None
        except ConfigError as error:
            return refused(error)
        again = read_link(write_link(config, log, log.length, other))
        assert again[0] == config and again[2].text() == log.text()
        assert (again[1] or None) == (changes or None)
        return True

    return attempt


def clicks(_: Path) -> Try:
    """The clicks of a link: written again they are the same, or a sentence."""

    def attempt(content: bytes) -> bool:
        try:
            found = parse_clicks(text_of(content))
        except ClicksError as error:
            return refused(error)
        assert parse_clicks(format_clicks(found)) == found
        return True

    return attempt


def points(_: Path) -> Try:
    """Pasted points or a CSV file: finite ones that travel in a link, or a sentence."""

    def attempt(content: bytes) -> bool:
        try:
            cloud = normalise_points(parse_points(text_of(content)))
        except PointsError as error:
            return refused(error)
        assert np.isfinite(cloud.points).all() and len(cloud.points) <= MAX_ENCODED_POINTS
        text = encode_points(cloud.points)
        assert np.array_equal(decode_points(text), cloud.points)
        RunConfig(target="points", target_points=text)
        return True

    return attempt


def points_of_a_link(_: Path) -> Try:
    """Points as a link holds them: the same letters again, or a sentence."""

    def attempt(content: bytes) -> bool:
        try:
            found = decode_points(text_of(content))
        except PointsError as error:
            return refused(error)
        assert encode_points(found) == text_of(content)
        return True

    return attempt


def drawing(_: Path) -> Try:
    """Points drawn on the canvas, as the page gets them: a new run, or a sentence beside the old one."""
    with gr.Blocks() as demo:
        page = LabPage(Hub(device="cpu"), demo)
    page.hub.open("someone")
    request: Any = SimpleNamespace(session_hash="someone", query_params={}, cookies={}, headers={})

    def attempt(content: bytes) -> bool:
        event: Any = SimpleNamespace(points=json_of(content))
        error = page.on_drawn(event, request).get(page.error) or {}
        if not error.get("visible"):
            return True
        words = error["value"].partition(">")[2].removesuffix("</p>")
        assert "<" not in words
        return refused(ValueError(words))

    return attempt


def targets(_: Path) -> dict[str, Target]:
    """All of them."""
    cloud = encode_points(np.array([[0.5, -0.25], [1.0, 1.5]]))
    query = (*QUERY, *FIELDS, *CHOICES, *ODD)
    return {
        "settings": Target(
            settings,
            texts(
                "", "?target=ring8&seed=3", "objective=wgan-gp&penalty_weight=1e1",
                "learn_observation_sigma=1", f"target=points&target_points={cloud}",
                "packing=2&batch_size=256&target_sigma=",
            ),
            query,
        ),
        "settings-json": Target(
            settings_json,
            texts("{}", RunConfig().to_json(), '{"seed": 3, "target": "grid25"}', '{"target_sigma": null}'),
            (*FIELDS, *CHOICES, *ODD, '":', "null", "true", "NaN", "Infinity"),
            change=json_change,
        ),
        "link": Target(
            link,
            texts(
                "clicks=s20d3g1", "target=ring8&clicks=s1", "compare=objective%3Dlsgan&clicks=s3",
                "model=vae&compare=beta%3D2.5", "seed=1&compare=&clicks=",
            ),
            query,
        ),
        "clicks": Target(clicks, texts("", "s20d3g1", "s1s1", "s20000", "g0", "s01"), ("s", "d", "g", "٣")),
        "points": Target(
            points,
            texts(
                "1,2\n3,4\n", "x;y\r\n0.5;1e-3\r\n-1;2", "# note\nlabel,y,x\na,1,2\nb,3,4", "1 2\n1 2",
                "\ufeff1\t2\n3\t4", "1e9,1e9\n-1e9,0",
            ),
            (",", ";", "\n", "#", "x,y", "e308", "nan", "\ufeff", "\u2028", *ODD),
            most_bytes=4_000,
        ),
        "points-of-a-link": Target(points_of_a_link, texts(cloud, cloud * 3, "AAAA", "____")),
        "drawing": Target(
            drawing,
            texts("[[0.5, 1], [2, 3]]", "[]", "[[1e400, 2], [3, 4]]", '[["1", 2], 3]'),
            ("[", "]", ",", "1e9", "NaN", "Infinity", '"', *ODD),
            change=json_change,
        ),
    }  # fmt: skip
