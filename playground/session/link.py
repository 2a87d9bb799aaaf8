"""A run as the query of a web address: its settings, its clicks, and what Compare changed.

Knows neither trainers nor pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from playground.clicks import ClicksError
from playground.config import ConfigError, RunConfig
from playground.session.log import Log
from playground.translations import phrase

MAX_COMPARE_TEXT = 2048


def write_link(config: RunConfig, log: Log, position: int, other: RunConfig | None = None) -> str:
    """The query that opens this very moment; without the clicks where they are more than a link may hold."""
    parts = [config.to_query()]
    if other is not None:
        parts.append(urlencode({"compare": urlencode(_texts(differences(config, other)))}))
    if position and log.fits_a_link(position):
        parts.append("clicks=" + log.text(position))
    return "&".join(part for part in parts if part)


def read_link(query: str | Mapping[str, str]) -> tuple[RunConfig, dict[str, Any] | None, Log]:
    """The settings, what Compare changed, and the clicks. Raises `ConfigError` or `ClicksError`."""
    values = (
        dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))
        if isinstance(query, str)
        else dict(query)
    )
    clicks, compared = values.pop("clicks", ""), values.pop("compare", None)
    config = RunConfig.from_query(values)
    changes = None
    if compared is not None:
        if len(compared) > MAX_COMPARE_TEXT:
            raise ConfigError(
                f"compare takes {len(compared):,} characters, but at most {MAX_COMPARE_TEXT:,} are read."
            )
        other = RunConfig.from_query({**values, **dict(parse_qsl(compared, keep_blank_values=True))})
        changes = differences(config, other)
    log = Log(clicks)
    models = {config.model, (changes or {}).get("model")}
    if "gan" not in models and any(operation != "s" for operation, _ in log.between(0, log.length)):
        raise ClicksError(
            phrase(
                "The clicks hold updates of D or G alone, but model is {model!r}; only s is allowed.",
                model=config.model,
            )
        )
    return config, changes, log


def differences(config: RunConfig, other: RunConfig) -> dict[str, Any]:
    """The settings of `other` that are not those of `config`."""
    mine, theirs = config.to_dict(), other.to_dict()
    return {name: value for name, value in theirs.items() if value != mine[name]}


def other_config(config: RunConfig, changes: dict[str, Any] | None) -> RunConfig | None:
    """The second run of Compare, where there is one. Raises `ConfigError`."""
    if not changes:
        return None
    shared = [name for name in ("target", "target_sigma", "target_points", "seed") if name in changes]
    if shared:
        raise ConfigError(
            phrase(
                "Compare cannot change {name}: both runs share their target and their seed.", name=shared[0]
            )
        )
    other = config.with_changes(**changes)
    if other == config:
        raise ConfigError("Compare changes nothing: both runs would be the same; choose another value.")
    return other


def _texts(changes: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: "" if value is None else f"{value:d}" if isinstance(value, bool) else str(value)
        for name, value in changes.items()
    }
