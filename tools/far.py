"""What tests do in other processes, where only what has a name in a module can be sent. Holds no test."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import Barrier
from typing import Any

from playground import RunConfig
from playground.config import ConfigError
from playground.engine import Diverged
from playground.limits import limits
from playground.session import Session
from playground.translations import phrase

MEETING = Barrier(2)  # of one process
TOGETHER_SECONDS = 30.0
SMALL = dict(target="ring8", generator_width=8, discriminator_width=8, batch_size=16)


def begin(place: object, seed: int) -> Session:
    """A small run of the lab."""
    return Session(RunConfig(**SMALL, seed=seed), device="cpu")  # type: ignore[arg-type]


def generated(session: Session) -> Any:
    """The points that it shows."""
    (shot,) = session.snapshots(frozenset({"generated"}))
    return shot.generated


def iteration(session: Session) -> int:
    """How far it is."""
    return session.iteration


def refuse(session: Session, width: int) -> None:
    """An error whose sentence can be translated."""
    raise ConfigError(phrase("width is {width}, but that is too {much}.", width=width, much="large"))


def meet(session: Session) -> int:
    """Give a value only where another call is under way in the same process."""
    return MEETING.wait(TOGETHER_SECONDS) * 0 + os.getpid()


def miss(session: Session) -> None:
    """An error that the loss of a worker might raise as well."""
    open(os.path.join("no such folder", "file"), "rb").close()


def loaded(session: Any, *names: str) -> list[str]:
    """Which of these modules its process has loaded."""
    return [name for name in names if name in sys.modules]


def environment(session: Session, name: str) -> str | None:
    """A variable of the session's process."""
    return os.environ.get(name)


def most_history(session: Session) -> int:
    """A limit of the session's process, bytes."""
    return limits().history_bytes


def nothing(session: Session, size: int) -> str:
    """A text of so many characters."""
    return " " * size


# -- tasks


def double(report: Callable[[Any], None], number: int) -> int:
    """A task that tells one note."""
    report({"half": number})
    return 2 * number


def diverge(report: Callable[[Any], None]) -> None:
    """A task that raises an error which cannot travel."""
    raise Diverged("It diverged.", 7)


def count(report: Any, most: int, dies_at: int) -> list[int]:
    """Count from the newest checkpoint on; the process dies the first time it comes to `dies_at`."""
    first: int = report.kept() or 0
    for number in range(first, most):
        if number == dies_at and first == 0:
            os._exit(1)
        report.keep(number + 1)
    return [first, most]
