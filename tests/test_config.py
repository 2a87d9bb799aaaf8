"""`RunConfig`: every valid value comes back from JSON and from a link, every other is one sentence."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from playground.config import FIELDS, MAX_POINTS_TEXT, ConfigError, RunConfig

POINTS_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def of_kind(kind: str) -> list[str]:
    return [name for name, f in FIELDS.items() if f.metadata["kind"] == kind]


def valid_values(name: str) -> st.SearchStrategy[Any]:
    """Every value that the field alone allows."""
    meta = FIELDS[name].metadata
    match meta["kind"]:
        case "choice":
            return st.sampled_from(meta["choices"])
        case "flag":
            return st.booleans()
        case "points":
            return st.text(POINTS_ALPHABET, max_size=40)
    if meta["integer"]:
        return st.integers(int(meta["low"]), int(meta["high"]))
    numbers = st.floats(meta["low"], meta["high"], exclude_min=meta["open_low"], allow_nan=False)
    return numbers if FIELDS[name].default is not None else st.none() | numbers


@st.composite
def configs(draw: st.DrawFn) -> RunConfig:
    """Any config that exists: a few settings changed, the combination allowed."""
    names = draw(st.lists(st.sampled_from(list(FIELDS)), unique=True, max_size=8))
    try:
        return RunConfig(**{name: draw(valid_values(name)) for name in names})
    except ConfigError:
        assume(False)
        raise


def message(**values: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        RunConfig(**values)
    return str(caught.value)


# -- every valid config survives


@given(configs())
def test_json_comes_back(config: RunConfig) -> None:
    assert RunConfig.from_json(config.to_json()) == config


@given(configs())
def test_query_comes_back_with_and_without_question_mark(config: RunConfig) -> None:
    query = config.to_query()
    assert query.isascii()
    assert RunConfig.from_query(query) == config
    assert RunConfig.from_query("?" + query) == config


@given(configs())
def test_changes_alone_make_the_config_again(config: RunConfig) -> None:
    assert RunConfig(**config.changes()) == config
    assert RunConfig().with_changes(**config.changes()) == config


@pytest.mark.parametrize("name", FIELDS)
def test_every_single_setting_travels_through_a_link(name: str) -> None:
    meta, default = FIELDS[name].metadata, FIELDS[name].default
    if meta["kind"] == "choice":
        value: Any = next(c for c in meta["choices"] if c != default and c != "points")
    elif meta["kind"] == "flag":
        value = not default
    elif meta["kind"] == "points":
        value = "AAECAw"
    elif meta["integer"]:
        value = 2 if default != 2 else 4  # 256 points fit into packs of 2
    else:
        value = 0.125
    config = RunConfig(**{name: value})
    assert config.changes() == {name: value}
    assert RunConfig.from_query(config.to_query()) == config


def test_default_run_has_an_empty_query() -> None:
    assert RunConfig().to_query() == ""
    assert RunConfig.from_query("") == RunConfig.from_query("?") == RunConfig()


def test_whole_numbers_may_come_as_floats_and_stay_whole() -> None:
    config = RunConfig(seed=3.0, generator_learning_rate=1)  # type: ignore[arg-type]
    assert isinstance(config.seed, int)
    assert isinstance(config.generator_learning_rate, float)


@pytest.mark.parametrize("name", [n for n in FIELDS if FIELDS[n].metadata["kind"] == "number"])
def test_both_ends_of_every_range_are_allowed(name: str) -> None:
    meta = FIELDS[name].metadata
    high = meta["high"]
    smallest = math.nextafter(meta["low"], math.inf) if meta["open_low"] else meta["low"]
    for value in (smallest, high):
        config = RunConfig(**{name: value})
        assert getattr(config, name) == value


# -- every impossible value is one sentence


@pytest.mark.parametrize("name", of_kind("number"))
@given(data=st.data())
def test_number_out_of_range_names_field_value_and_range(name: str, data: st.DataObject) -> None:
    meta = FIELDS[name].metadata
    low, high = meta["low"], meta["high"]
    if meta["integer"]:
        value: Any = data.draw(
            st.integers(max_value=int(low) - 1) | st.integers(min_value=int(high) + 1), label="value"
        )
    else:
        value = data.draw(
            st.floats(max_value=low, exclude_max=not meta["open_low"])
            | st.floats(min_value=high, exclude_min=True)
            | st.just(math.nan),
            label="value",
        )
    said = message(**{name: value})
    assert said.startswith(f"{name} is {str(value)[:60]}, but must be ")
    assert f"{high:.10g}" in said
    assert f"{low:g}" in said
    assert said.endswith(".")


@pytest.mark.parametrize("name", [n for n in of_kind("number") if FIELDS[n].metadata["integer"]])
def test_fraction_of_a_whole_number_is_refused(name: str) -> None:
    assert "a whole number" in message(**{name: FIELDS[name].metadata["low"] + 0.5})


@pytest.mark.parametrize("name", of_kind("choice"))
@pytest.mark.parametrize("value", ["", "nothing", None, 3, ["minimax"], "MINIMAX"])
def test_unknown_choice_names_all_choices(name: str, value: Any) -> None:
    said = message(**{name: value})
    assert said.startswith(f"{name} is {str(value)!r}, but must be one of ")
    assert all(choice in said for choice in FIELDS[name].metadata["choices"])


@pytest.mark.parametrize("name", of_kind("flag"))
@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_flag_is_true_or_false_only(name: str, value: Any) -> None:
    assert message(**{name: value}) == f"{name} is {str(value)!r}, but must be true or false."


@pytest.mark.parametrize("name", of_kind("number"))
@pytest.mark.parametrize(
    "value",
    ["1", True, [1], 10**400, -(10**400), math.inf, -math.inf],
    ids=["text", "flag", "list", "huge", "minus-huge", "infinity", "minus-infinity"],
)
def test_what_is_no_finite_number_is_refused(name: str, value: Any) -> None:
    assert message(**{name: value}).startswith(f"{name} is ")


def test_points_text_is_bounded() -> None:
    assert f"{MAX_POINTS_TEXT:,}" in message(target_points="A" * (MAX_POINTS_TEXT + 1))
    assert "target_points" in message(target_points=3)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"target": "points"}, ["target_points", "empty"]),
        ({"batch_size": 10, "packing": 3}, ["batch_size is 10", "packing (3)"]),
        ({"objective": "hinge", "label_smoothing": 0.1}, ["label_smoothing is 0.1", "'hinge'"]),
        (
            {"r1_weight": 1.0, "discriminator_normalisation": "batch"},
            ["discriminator_normalisation is 'batch'"],
        ),
        ({"objective": "wgan-gp", "discriminator_normalisation": "batch"}, ["discriminator_normalisation"]),
        ({"objective": "began", "packing": 2}, ["packing is 2", "must be 1"]),
    ],
)
def test_impossible_combination_is_said_in_words(values: dict[str, Any], words: list[str]) -> None:
    said = message(**values)
    assert all(word in said for word in words)


def test_combinations_only_matter_to_the_model_they_concern() -> None:
    assert RunConfig(model="vae", objective="hinge", label_smoothing=0.1, batch_size=10, packing=3)


def test_unknown_setting_is_named() -> None:
    for make in (
        lambda: RunConfig.from_dict({"sede": 1}),
        lambda: RunConfig.from_query("sede=1"),
        lambda: RunConfig().with_changes(sede=1),
        lambda: RunConfig.from_json('{"sede": 1}'),
    ):
        with pytest.raises(ConfigError, match="'sede' is not a setting; the settings are target, "):
            make()


# -- garbage from outside never raises anything else

VALUES = st.text(max_size=30) | st.from_regex(r"-?[0-9]{1,6}(\.[0-9]{0,3})?(e-?[0-9]{1,4})?", fullmatch=True)


@given(st.text(max_size=200))
@example("seed=" + "9" * 400)
@example("seed=" + "9" * 5000)
@example("seed=1e999")
@example("generator_learning_rate=nan")
@example("target_points=%ED%A0%80")
@example("target=points&target_points=%00")
@example("learn_observation_sigma=2")
@example("&&==&=")
def test_garbage_query_raises_config_error_or_nothing(query: str) -> None:
    try:
        RunConfig.from_query(query)
    except ConfigError as error:
        assert str(error).endswith(".")


@given(st.dictionaries(st.sampled_from(list(FIELDS)), VALUES, max_size=4))
def test_garbage_values_under_known_names_raise_config_error_or_nothing(query: dict[str, str]) -> None:
    try:
        config = RunConfig.from_query(query)
    except ConfigError as error:
        assert str(error).endswith(".")
    else:
        assert RunConfig.from_query(config.to_query()) == config


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
@example({"seed": 10**400})
@example({"beta": math.inf})
def test_garbage_json_raises_config_error_or_nothing(value: Any) -> None:
    try:
        RunConfig.from_json(json.dumps(value))
    except ConfigError as error:
        assert str(error).endswith(".")


HUGE_SEED = '{"seed": ' + "9" * 5000 + "}"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "[" * 100_000, HUGE_SEED])
def test_text_that_is_no_json_object_raises_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        RunConfig.from_json(text)


@pytest.mark.parametrize("text", ["\ud800", "\x00", "a b", "é"])
def test_points_text_that_no_link_can_hold_is_refused(text: str) -> None:
    assert "target_points" in message(target_points=text)


def test_the_menu_of_objectives_is_their_table() -> None:
    from playground import config, objectives

    assert set(config.OBJECTIVES) == set(objectives.OBJECTIVES)
