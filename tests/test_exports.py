"""What a visitor takes away: clicks as text, the curves as CSV, the run as a script that repeats it."""

from __future__ import annotations

import ast
import csv
import io
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import RunConfig
from playground.clicks import MAX_COUNT, MAX_SEGMENTS, ClicksError, format_clicks, parse_clicks
from playground.exports import COLUMNS, curves_csv, run_script
from playground.snapshots import Curves

SEGMENTS = st.lists(st.tuples(st.sampled_from("sdg"), st.integers(1, 50)), max_size=60)

# -- clicks


def test_clicks_read_as_they_are_written() -> None:
    assert parse_clicks("s20d3g1s500") == [("s", 20), ("d", 3), ("g", 1), ("s", 500)]
    assert format_clicks([("s", 20), ("d", 3), ("g", 1), ("s", 500)]) == "s20d3g1s500"
    assert parse_clicks("") == []
    assert format_clicks([]) == ""


def test_neighbours_of_one_kind_are_joined() -> None:
    assert format_clicks([("s", 1), ("s", 1), ("d", 1)]) == "s2d1"
    assert parse_clicks("s1s1d1") == [("s", 2), ("d", 1)]


@given(SEGMENTS)
def test_clicks_come_back(segments: list[tuple[str, int]]) -> None:
    text = format_clicks(segments)
    assert format_clicks(parse_clicks(text)) == text
    assert sum(times for _, times in parse_clicks(text)) == sum(times for _, times in segments)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x3", "'x3' at character 1"),
        ("s3 d2", "' d2' at character 3"),
        ("s", "'s' at character 1"),
        ("s-1", "'s-1' at character 1"),
        ("s٣", "at character 1"),
        ("s0", "count is 0, but must be 1 to 20,000"),
        (f"s{MAX_COUNT + 1}", "count is 20001, but must be 1 to 20,000"),
        (f"s{MAX_COUNT}d1", "20,001 iterations and updates; at most 20,000"),
        ("s1d1" * (MAX_SEGMENTS // 2) + "s1", "201 times; at most 200"),
        ("s1" * 5000, "10,000 characters"),
        ("s" + "9" * 1000, "count is 99999"),
    ],
)
def test_impossible_clicks_are_said_in_words(text: str, words: str) -> None:
    with pytest.raises(ClicksError) as caught:
        parse_clicks(text)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


@given(st.text(alphabet="sdg0123456789 x", max_size=40) | st.text(max_size=20))
def test_garbage_clicks_raise_clicks_error_or_nothing(text: str) -> None:
    try:
        parse_clicks(text)
    except ClicksError as error:
        assert len(str(error)) < 300


# -- curves


def curves(count: int) -> Curves:
    rng = np.random.default_rng(0)
    numbers: dict[str, Any] = {f.name: rng.normal(size=count).astype(np.float32) for f in fields(Curves)}
    numbers["iteration"] = np.arange(count, dtype=np.int64) * 10
    numbers["jsd"][1:2] = np.nan
    return Curves(**numbers)


def test_csv_has_every_curve_its_unit_and_exactly_its_numbers() -> None:
    given_curves = curves(5)
    rows = list(csv.DictReader(io.StringIO(curves_csv(given_curves))))
    assert len(rows) == 5
    assert set(COLUMNS) == {f.name for f in fields(Curves)}
    assert {"jsd_nats", "wasserstein_canvas_units", "modes_covered_count"} <= set(rows[0])
    for name, column in COLUMNS.items():
        values = getattr(given_curves, name)
        read = np.array([row[column] for row in rows]).astype(values.dtype)
        np.testing.assert_array_equal(read, values)


def test_csv_of_no_moment_is_the_header_alone() -> None:
    assert curves_csv(curves(0)).count("\n") == 1


# -- script


def test_script_holds_only_what_differs_from_the_defaults() -> None:
    script = run_script(RunConfig(target="ring8", generator_learning_rate=3e-4), "s20d3g1s500")
    assert 'config = RunConfig(\n    target="ring8",\n    generator_learning_rate=0.0003,\n)' in script
    assert (
        "trainer.run(20)\nfor _ in range(3):\n    trainer.update_discriminator()\n"
        "trainer.update_generator()\ntrainer.run(500)\n"
    ) in script
    assert "config = RunConfig()\n" in run_script(RunConfig(), "")


def test_script_of_a_drawn_cloud_stays_narrow_and_keeps_every_point() -> None:
    config = RunConfig(target="points", target_points="AbC_-9" * 300)
    script = run_script(config, "s1")
    assert max(map(len, script.splitlines())) <= 120
    assigned = next(node for node in ast.parse(script).body if isinstance(node, ast.Assign))
    code = compile(ast.Expression(assigned.value), "script", "eval")
    assert eval(code, {"RunConfig": RunConfig}) == config


def test_script_of_impossible_clicks_is_refused() -> None:
    with pytest.raises(ClicksError):
        run_script(RunConfig(), "import os")


@pytest.mark.parametrize(
    ("config", "clicks"),
    [
        (RunConfig(target="ring8", seed=3, generator_width=16, discriminator_width=16), "s20d3g1s30"),
        (RunConfig(model="vae", target="gaussian", generator_width=16, discriminator_width=16), "s15"),
    ],
    ids=["gan", "vae"],
)
def test_script_repeats_the_run(config: RunConfig, clicks: str, root: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.py"
    path.write_text(run_script(config, clicks), encoding="utf-8")
    here = {**os.environ, "PYTHONPATH": str(root)}
    run = subprocess.run([sys.executable, path], env=here, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    from playground import Trainer

    trainer = Trainer(config)
    for kind, times in parse_clicks(clicks):
        act = {"s": trainer.step, "d": trainer.update_discriminator, "g": trainer.update_generator}[kind]
        for _ in range(times):
            act()
    points = trainer.sample(2500, seed=1)
    said = run.stdout.splitlines()
    assert said[0].startswith(f"iteration {trainer.iteration} on ")
    assert said[1].endswith(f" {points[:, 0].mean():.6f}, {points[:, 1].mean():.6f}")
    assert any("modes covered: " in line for line in said)
