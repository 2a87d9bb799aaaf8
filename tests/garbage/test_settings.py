"""Garbage in settings, links, clicks, pasted and drawn points: a sentence, or a run that can be made."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from garbage import ODD_TEXTS, anything, as_json, is_sentence, leaves, spoiled, texts, tries
from playground.clicks import ClicksError, format_clicks, parse_clicks
from playground.config import FIELDS, ConfigError, RunConfig
from playground.data import PointsError, encode_points, normalise_points, parse_points
from playground.data.points import MAX_ENCODED_POINTS, decode_points
from playground.exports import run_script
from playground.limits import limits
from playground.session.link import read_link

names = st.one_of(st.sampled_from(list(FIELDS)), st.sampled_from(list(FIELDS)), texts)
fitting = st.one_of(*(st.sampled_from(f.metadata.get("choices", (f.default,))) for f in FIELDS.values()))
values = st.one_of(leaves, anything, fitting)


def sound(config: RunConfig) -> None:
    """What every config promises: it reads back from each of its forms."""
    assert RunConfig.from_dict(config.to_dict()) == config
    assert RunConfig.from_json(config.to_json()) == config
    assert RunConfig.from_query(config.to_query()) == config
    compile(run_script(config, "s1"), "script", "exec")


@tries(250)
@given(st.dictionaries(names, values, max_size=4))
def test_settings_are_refused_with_a_sentence_or_are_sound(given_: dict[str, Any]) -> None:
    try:
        config = RunConfig.from_dict(given_)
    except ConfigError as error:
        assert is_sentence(error), str(error)
    else:
        sound(config)


@tries(150)
@given(st.one_of(texts, anything.map(as_json).filter(lambda text: text is not None), st.text(max_size=200)))
def test_a_text_that_is_no_json_of_settings_is_a_sentence(text: str) -> None:
    try:
        sound(RunConfig.from_json(text))
    except ConfigError as error:
        assert is_sentence(error), str(error)


query_texts = st.one_of(texts, leaves.map(str), fitting.map(str))


@tries(250)
@given(
    st.one_of(
        texts,
        st.text(max_size=80),
        st.dictionaries(names | st.sampled_from(("clicks", "compare")), query_texts, max_size=4),
        st.dictionaries(names, query_texts, max_size=3).map(lambda d: urlencode(d, errors="replace")),
    )
)
def test_a_link_is_refused_with_a_sentence_or_opens(query: Any) -> None:
    try:
        config, changes, log = read_link(query)
    except (ConfigError, ClicksError) as error:
        assert is_sentence(error), str(error)
    else:
        sound(config)
        assert log.length >= 0 and (changes is None or isinstance(changes, dict))


@tries(100)
@given(anything)
def test_what_is_no_query_is_a_sentence(query: Any) -> None:
    try:
        RunConfig.from_query(query)
    except ConfigError as error:
        assert is_sentence(error), str(error)


@tries(200)
@given(st.one_of(texts, st.from_regex(r"([sdgx][0-9]{1,6}){0,12}", fullmatch=True), anything))
def test_clicks_are_refused_with_a_sentence_or_written_again(text: Any) -> None:
    try:
        clicks = parse_clicks(text)
    except ClicksError as error:
        assert is_sentence(error), str(error)
    else:
        assert parse_clicks(format_clicks(clicks)) == clicks


# -- points

cells = st.one_of(
    st.sampled_from(ODD_TEXTS), st.floats().map(str), st.integers().map(str), st.text(max_size=5)
)
rows = st.lists(cells, min_size=0, max_size=4)
tables = st.builds(
    lambda rows, by, end: end.join(by.join(row) for row in rows),
    st.lists(rows, max_size=8),
    st.sampled_from((",", ";", " ", "\t", ", ")),
    st.sampled_from(("\n", "\r\n", "\r", "\x1d", "\u2028")),
)
good_tables = st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=9).map(
    lambda rows: "\n".join(f"{x},{y}" for x, y in rows)
)


@tries(400)
@given(
    st.one_of(
        tables,
        good_tables,
        texts,
        st.text(),
        spoiled(good_tables.map(str.encode)).map(lambda b: b.decode("latin-1")),
    )
)
def test_pasted_points_are_refused_with_a_sentence_or_can_be_learnt(text: str) -> None:
    try:
        cloud = normalise_points(parse_points(text))
    except PointsError as error:
        assert is_sentence(error), str(error)
        return
    assert np.isfinite(cloud.points).all() and len(cloud.points) <= MAX_ENCODED_POINTS
    assert np.array_equal(decode_points(encode_points(cloud.points)), cloud.points)
    RunConfig(target="points", target_points=encode_points(cloud.points))


@tries(150)
@given(st.one_of(texts, st.text("abcXYZ0123_-", max_size=60)))
def test_points_of_a_link_are_refused_with_a_sentence_or_are_points(text: str) -> None:
    try:
        points = decode_points(text)
    except PointsError as error:
        assert is_sentence(error), str(error)
    else:
        assert encode_points(points) == text


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n" * (limits().points + 1),
        "," * 1_000_000,
        "x,y\n" + "9" * 1_000_000,
        "\n" * 1_000_000,
        "1 2\n" + "#" * 2_000_000,
        json.dumps([[0.0] * 100] * 1_000),
    ],
    ids=["rows", "commas", "digits", "lines", "comment", "json"],
)
def test_a_large_text_that_is_no_cloud_is_refused_at_once(text: str) -> None:
    with pytest.raises(PointsError) as refused:
        parse_points(text)
    assert is_sentence(refused.value)


# -- bugs found


def test_a_line_end_in_a_value_does_not_break_the_sentence() -> None:
    with pytest.raises(ConfigError) as refused:
        RunConfig(target_sigma="a\nb")  # type: ignore[arg-type]
    assert is_sentence(refused.value)


@pytest.mark.parametrize("query", [None, 3, [], [[]], {"seed": 3}, {"seed": None}])
def test_a_query_that_is_no_text_is_a_sentence(query: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        RunConfig.from_query(query)
    assert is_sentence(refused.value)
