"""Words for the visitor in every language of the page. Knows no page and no lesson."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LANGUAGES = {"en": "English", "zh-TW": "繁體中文", "zh-CN": "简体中文"}
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class Text:
    """One piece of text in every language; `{name}` in it is filled in by `say`."""

    en: str
    tw: str  # Traditional Chinese
    cn: str  # Simplified Chinese

    def say(self, language: str, **values: Any) -> str:
        """The text in one of `LANGUAGES`, with its values as `str.format` fills them in."""
        text = {"en": self.en, "zh-TW": self.tw, "zh-CN": self.cn}[language]
        return text.format(**values) if values else text


def closest_language(wanted: str) -> str:
    """The language of the page for a browser's list, such as `zh-Hant-HK,zh;q=0.9,en;q=0.8`."""
    for part in wanted.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            traditional = any(piece in ("tw", "hk", "mo", "hant") for piece in tag.split("-"))
            return "zh-TW" if traditional else "zh-CN"
        if tag.startswith("en"):
            return "en"
    return DEFAULT_LANGUAGE
