"""Sessions: one visitor's run, its history and its link. Knows nothing of pages and pictures."""

from playground.session.session import ALL_LAYERS, Session, SessionError

__all__ = ["ALL_LAYERS", "Session", "SessionError"]
