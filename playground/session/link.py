"""A run as the query of a web address: its settings, its clicks, and what Compare changed.

Knows neither trainers nor pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from playground.config import ConfigError, RunConfig
from playground.session.log import Log

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
    return config, changes, Log(clicks)


def differences(config: RunConfig, other: RunConfig) -> dict[str, Any]:
    """The settings of `other` that are not those of `config`."""
    mine, theirs = config.to_dict(), other.to_dict()
    return {name: value for name, value in theirs.items() if value != mine[name]}


def _texts(changes: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: "" if value is None else f"{value:d}" if isinstance(value, bool) else str(value)
        for name, value in changes.items()
    }
