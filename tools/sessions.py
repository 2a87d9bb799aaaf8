"""The session behind a visitor, where it lives in this process. Holds no test."""

from __future__ import annotations

from typing import Any

from playground.ui.visitor import Visitor


def session_of(visitor: Visitor) -> Any:
    """The very object, to look at and to meddle with."""
    return visitor.ask(lambda session: session)
