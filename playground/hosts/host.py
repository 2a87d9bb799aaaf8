"""The one interface to sessions, wherever they live, and the host in the server's own process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from playground.hosts.gate import Gates
from playground.hosts.worker import Make, Place, UnknownSession

P = ParamSpec("P")
T = TypeVar("T")


class Host(Protocol):
    """Sessions by name. Every method may be called by any thread."""

    @property
    def lanes(self) -> int:
        """How many sessions can train at the same time without hindering each other."""

    def lane(self, name: str) -> int:
        """In which lane a session trains, 0 to `lanes` - 1. Raises `UnknownSession`."""

    def open(self, name: str, make: Make, saved: Any = None) -> None:
        """Make a session, or make it anew and go on from a saved state.

        It takes the place of one of the same name. Raises what making it raises, and the old one stays then.
        """

    def ask(
        self, name: str, act: Callable[Concatenate[Any, P], T], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """`act(session, *arguments, **named)`, done where the session lives; its value.

        Away from this process `act` must be a function of a module or a method, and all values plain. Raises
        `UnknownSession`, and what `act` raises.
        """

    def watch(
        self, name: str, act: Callable[Concatenate[Any, P], T], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """As `ask`, for what comes many times a second while a visitor plays."""

    def save(self, name: str) -> Any:
        """The state of a session as plain data, for `open`. Raises `UnknownSession`."""

    def notice(self, name: str) -> str:
        """What a visitor must know of the session's whereabouts, told once; mostly empty."""

    def close(self, name: str) -> None:
        """Forget a session, if there is one of this name."""

    def shutdown(self) -> None:
        """End whatever was started."""


class Here:
    """Sessions in this process: one lane, since they share one interpreter."""

    lanes = 1

    def __init__(self, place: Place | None = None) -> None:
        self._place = place or Place()
        self._sessions: dict[str, Any] = {}
        self._gates = Gates()

    def lane(self, name: str) -> int:
        """Always 0."""
        return 0

    def open(self, name: str, make: Make, saved: Any = None) -> None:
        """Make a session; see `Host`."""
        with self._gates.of(name).turn():
            session = make(self._place)
            if saved is not None:
                session.resume(saved)
        self._sessions[name] = session

    def ask(
        self, name: str, act: Callable[Concatenate[Any, P], T], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """A plain call, when it is its turn."""
        session = self._find(name)
        with self._gates.of(name).turn():
            return act(session, *arguments, **named)

    def watch(
        self, name: str, act: Callable[Concatenate[Any, P], T], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """A plain call, when it is its turn."""
        session = self._find(name)
        with self._gates.of(name).turn(plays=True):
            return act(session, *arguments, **named)

    def save(self, name: str) -> Any:
        """See `Host`."""
        return self._find(name).save()

    def notice(self, name: str) -> str:
        """Nothing ever happens to a session here."""
        return ""

    def close(self, name: str) -> None:
        """See `Host`."""
        self._sessions.pop(name, None)

    def shutdown(self) -> None:
        """Nothing was started."""

    def _find(self, name: str) -> Any:
        if name not in self._sessions:
            raise UnknownSession(name)
        return self._sessions[name]
