"""The page's English text in Chinese: the English is the key, as in gettext. Knows no page and no run.

A table has rows {english: (traditional, simplified)}; there is one for each part of the page. A key may hold
`{name}` or `{name:,}` as `str.format` reads them, and its translations hold the same. Text that is made far
below the page (a run's sentence, an error) is a `Phrase`: English to everyone, and still translatable there.
"""

from __future__ import annotations

from typing import Any

from playground.translations import (
    errors,
    faces,
    lab,
    panel,
    publishing,
    scripts,
    stories,
    studies,
    training,
)

COLUMNS = {"zh-TW": 0, "zh-CN": 1}  # languages other than English, and their places in a row
TABLES = {
    "panel": panel.TABLE,
    "stories": stories.TABLE,
    "lab": lab.TABLE,
    "scripts": scripts.TABLE,
    "faces": faces.TABLE,
    "studies": studies.TABLE,
    "training": training.TABLE,
    "publishing": publishing.TABLE,
    "errors": errors.TABLE,
}
CATALOGUE: dict[str, tuple[str, str]] = {
    english: row for table in TABLES.values() for english, row in table.items()
}


class Phrase(str):
    """English text that remembers how it was made: `template.format(**values)`."""

    template: str
    values: dict[str, Any]


def phrase(template: str, /, **values: Any) -> str:
    """A `Phrase`: the template with its values; a value may be a phrase or a key itself."""
    made = Phrase(template.format(**values))
    made.template, made.values = template, values
    return made


def translate(text: str, language: str, /, **values: Any) -> str:
    """`text` in a language, its values filled in; text that is not in the catalogue stays as it is.

    Values that are text are translated too.
    """
    if isinstance(text, Phrase):
        values = text.values | values
        text = text.template
    column = COLUMNS.get(language)
    if column is not None and text in CATALOGUE:
        text = CATALOGUE[text][column]
    if not values:
        return str(text)
    said = {k: translate(v, language) if isinstance(v, str) else v for k, v in values.items()}
    return text.format(**said)


def table(language: str) -> dict[str, str]:
    """{english: translation} of everything; empty for English."""
    column = COLUMNS.get(language)
    return {} if column is None else {english: row[column] for english, row in CATALOGUE.items()}
