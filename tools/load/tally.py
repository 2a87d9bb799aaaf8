"""What the visitors saw, counted: times, frames, sentences and everything that should not have been.

Knows no server and no page; `report` makes words of it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

# What a visitor may be told although nothing is wrong: kind -> what such a sentence holds; first come
SENTENCES = {
    "house full": r"places are taken|as many as this machine has memory for",
    "training full": r"train faces just now",
    "waits in a line": r"You are number \d+ in line: |are being served just now|It is your turn",
    "run went on elsewhere": r"went on|goes on (elsewhere|on another)",
    "put aside": r"was (released|put (away|aside))",
    "still opening": r"still being opened",
    "gone": r"no longer (here|on the server)",
    "faces being drawn": r"still being drawn|being fetched",
    "nothing to undo": r"Nothing to undo",
    "diverged": r"diverged|weights? (is|are|became)|every weight",
    "no two networks": r"no discriminator and no generator",
    "same in both runs": r"in the first run already|would be the same",
    "not possible": r"must (be|have)|allowed|cannot|needs|at least|Line \d|points|press (Step|Play|Reset)"
    r"|still to come",
}
MOST_TOLD = 40  # errors that are kept in full


@dataclass
class Tally:
    """One run of the load; all visitors write into it."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # s from press to answer
    gaps: list[float] = field(default_factory=list)  # s between painted frames while playing
    rates: dict[str, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )  # painted frames/s, by page
    counts: Counter[str] = field(default_factory=Counter)  # of frames, bytes, tabs, ...
    sentences: Counter[str] = field(default_factory=Counter)  # by kind
    examples: dict[str, str] = field(default_factory=dict)  # one sentence of each kind
    errors: Counter[str] = field(default_factory=Counter)  # by kind
    told: Counter[str] = field(default_factory=Counter)  # the first errors, in words
    measuring: bool = True  # False while warming up and while everyone leaves

    def took(self, action: str, seconds: float) -> None:
        """An action was answered."""
        if self.measuring:
            self.times[action].append(seconds)

    def error(self, kind: str, words: str = "") -> None:
        """Something that must not be."""
        self.errors[kind] += 1
        told = f"{kind}: {words}"[:400]
        if len(self.told) < MOST_TOLD or told in self.told:
            self.told[told] += 1

    def sentence(self, words: str, expected: frozenset[str], where: str) -> str:
        """A visitor was told a sentence; its kind. One that was not expected `where` it came is an error."""
        kind = kind_of(words)
        self.sentences[kind] += 1
        self.examples.setdefault(kind, words[:200])
        if kind not in expected:
            self.error("refusal that was not expected", f"{where}: {words}")
        return kind


def kind_of(words: str) -> str:
    """The kind of a sentence, or "unknown"."""
    return next((kind for kind, held in SENTENCES.items() if re.search(held, words, re.I)), "unknown")
