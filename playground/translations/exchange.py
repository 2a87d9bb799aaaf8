"""Text that was composed in English, exchanged for Chinese: what is kept once and shown to readers of all.

A finished picture of the Faces page is HTML for everyone; so its texts are compared with the catalogue's keys,
and a key with `{name}` in it takes whatever stands there. Knows no page.
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

from playground.translations import CATALOGUE, COLUMNS, TABLES

COMPOSED = ("studies", "training", "faces")  # tables whose keys are looked for in composed text
HOLE = re.compile(r"\{(\w+)[^{}]*\}")
BETWEEN = " · "  # between two texts in one line
TEXT = re.compile(r">([^<>]+)<")
ATTRIBUTE = re.compile(r'\b(alt|title|aria-label|aria-valuetext)="([^"]*)"')
LISTED = re.compile(r'&quot;([^&<>"]+)&quot;')  # in an attribute that holds JSON


def exchange(text: str, language: str) -> str:
    """The text in a language; what no key fits stays as it is."""
    column, bare = COLUMNS.get(language), " ".join(text.split())
    if column is None or not bare:
        return text
    if bare in CATALOGUE:
        return text.replace(text.strip(), CATALOGUE[bare][column])
    if BETWEEN in bare:
        return BETWEEN.join(exchange(part, language) for part in bare.split(BETWEEN))
    for pattern, key in _patterns():
        found = pattern.fullmatch(bare)
        if found:
            values = {name: exchange(value, language) for name, value in found.groupdict().items()}
            return HOLE.sub(lambda hole, said=values: said[hole[1]], CATALOGUE[key][column])  # type: ignore[misc]
    return text


def exchange_html(markup: str, language: str) -> str:
    """The same for every text of HTML, and for the attributes that are read or read out."""
    if language not in COLUMNS:
        return markup

    def said(text: str) -> str:
        return html.escape(exchange(html.unescape(text), language))

    markup = ATTRIBUTE.sub(lambda found: f'{found[1]}="{said(found[2])}"', markup)
    markup = LISTED.sub(lambda found: f"&quot;{said(found[1])}&quot;", markup)
    return TEXT.sub(lambda found: f">{said(found[1])}<", markup)


def exchange_all(value: Any, language: str) -> Any:
    """The same for every text in lists and dictionaries, but for addresses of data."""
    if isinstance(value, str):
        return value if value.startswith("data:") else exchange(value, language)
    if isinstance(value, dict):
        return {name: exchange_all(each, language) for name, each in value.items()}
    return [exchange_all(each, language) for each in value] if isinstance(value, list) else value


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """A pattern for each key with a hole, those with the most words first."""
    keys = [key for name in COMPOSED for key in TABLES[name] if HOLE.search(key)]
    keys.sort(key=lambda key: -len(HOLE.sub("", key)))
    return [(re.compile(_pattern(key)), key) for key in keys]


def _pattern(key: str) -> str:
    pieces = HOLE.split(key)  # text and name in turn
    names: set[str] = set()
    out = []
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            out.append(re.escape(piece))
        else:
            out.append(f"(?P={piece})" if piece in names else f"(?P<{piece}>.+?)")
            names.add(piece)
    return "".join(out)
