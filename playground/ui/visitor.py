"""One open page: what it looks at, whether it plays, and which of its frames were painted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

from playground.hosts import Host, Make, NoWorker, UnknownSession
from playground.hosts.look import Look, Played, play, show
from playground.words import DEFAULT_LANGUAGE

P = ParamSpec("P")
T = TypeVar("T")
LAYERS = frozenset({"surface", "real", "generated", "arrows"})  # until the page says what it draws
GONE = "This run is no longer on the server. It is being opened again from the page's address …"


class HubError(ValueError):
    """A visitor who cannot be served: a sentence."""


class Gone(HubError):
    """The run is no longer on the server, but the page's address holds it: the page opens it again itself."""


@dataclass
class Visitor:
    """One open page. Its session lives with the host, under `key`."""

    name: str
    key: str
    host: Host
    make: Make
    pack: Callable[..., str]  # snapshots -> the text of a frame
    seen: float
    shared: frozenset[str] = frozenset()  # what `make` is given that other visitors' are given, too
    speed: int = 10  # iterations in a frame while playing; 0 is as many as the time allows
    playing: bool = False
    moving: bool = False  # whether the newest frame said that more follow
    resting: bool = True  # whether Pause, or nobody, ended playing: else another answer shows more
    language: str = DEFAULT_LANGUAGE  # of the page's sentences
    layers: frozenset[str] = LAYERS  # what the page draws now
    shown: Any = None  # settings that its controls show; None while nothing is known of them
    lock: Lock = field(default_factory=Lock)  # held while a frame is made
    _switch: Lock = field(default_factory=Lock)  # held for a moment, to start and to stop
    _turn: int = 0  # grows whenever playing starts or stops: an older player ends
    _sent: int = 0
    _painted: int = 0

    def ask(self, act: Callable[Concatenate[Any, P], T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """`act(session, ...)`, where the session lives. Raises `HubError`, and what `act` raises."""
        with told():
            return self.host.ask(self.key, act, *arguments, **named)

    def watch(self, act: Callable[Concatenate[Any, P], T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """As `ask`, for a part of what takes long: those who only press a button come first."""
        with told():
            return self.host.watch(self.key, act, *arguments, **named)

    def notice(self) -> str:
        """What happened to the run without the visitor's doing, told once; mostly empty."""
        return self.host.notice(self.key)

    def own(self) -> dict[str, Any]:
        """What the session is made from and nobody else has."""
        given: dict[str, Any] = getattr(self.make, "keywords", {})
        return {name: value for name, value in given.items() if name not in self.shared}

    # -- playing

    def start(self) -> int:
        """Begin to play; the turn that `still` asks for. Whoever played before ends."""
        with self._switch:
            self._turn += 1
            self.playing, self.resting, self._painted = True, True, self._sent
            return self._turn

    def end(self, turn: int) -> bool:
        """End playing, unless another turn began meanwhile; whether it did. Never waits."""
        with self._switch:
            if self._turn != turn:
                return False
            self._turn += 1
            self.playing = False
            return True

    def stop(self, *, pause: bool = False) -> None:
        """End playing, whoever plays; returns when the frame under way is done, so that no other follows.

        After a `pause` who played shows the last picture, else whoever called this shows the next.
        """
        with self._switch:
            self._turn += 1
            self.playing, self.resting = False, self.resting and pause
        with self.lock:
            pass

    def still(self, turn: int) -> bool:
        """Whether nobody stopped or restarted since `turn`."""
        return self.playing and self._turn == turn

    @property
    def at_rest(self) -> bool:
        """Whether who played has to show the last picture, for nobody else shows more."""
        return self.resting and not self.playing

    # -- frames

    def acknowledge(self, frame: int) -> None:
        """The page has painted a frame."""
        if self._painted < frame <= self._sent:
            self._painted = frame

    @property
    def in_flight(self) -> int:
        """Frames sent and not yet painted."""
        return self._sent - self._painted

    def frame(
        self, *, stage: int = 0, caption: str = "", preview: bool = False, also: Collection[str] = ()
    ) -> str:
        """This moment with all its measures, packed for the page; see `hosts.look.show`. Raises `HubError`.

        `also` are layers beside those that the page draws.
        """
        with self.lock:
            return self._frame(also, stage=stage, caption=caption, preview=preview)

    def staged_frame(self, turn: int, stage: int, *, preview: bool, also: Collection[str]) -> str | None:
        """As `frame`, one stage of slow motion; None once this turn is over."""
        with self.lock:
            return self._frame(also, stage=stage, preview=preview) if self.still(turn) else None

    def _frame(self, also: Collection[str], **how: Any) -> str:
        look = replace(self._look(), layers=self.layers.union(also))
        text = self.ask(show, look, self._sent + 1, **how)
        self._sent += 1
        self.moving = False
        return text

    def played_frame(self, turn: int, budget_ms: float, last_iteration: int | None = None) -> Played | None:
        """Train for a moment, not beyond `last_iteration`, and pack it; None once this turn is over.

        Raises `HubError`, and what training raises.
        """
        with self.lock:
            if not self.still(turn):
                return None
            try:
                played = self.host.watch(
                    self.key,
                    play,
                    self._look(),
                    self._sent + 1,
                    budget_ms,
                    self.speed or None,
                    last_iteration,
                )
            except UnknownSession:  # the page was closed meanwhile
                return None
            except NoWorker as error:
                raise HubError(*error.args) from None
            self._sent += 1
            self.moving = not played.stopped
            return played

    def _look(self) -> Look:
        return Look(self.pack, self.name, self.layers, self.language)


@contextmanager
def told() -> Iterator[None]:
    """What a host raises as what a visitor is told."""
    try:
        yield
    except UnknownSession:
        raise Gone(GONE) from None
    except NoWorker as error:
        raise HubError(*error.args) from None
