"""What a page tells of a run beside its picture, in one piece: it may live in another process."""

from __future__ import annotations

from dataclasses import dataclass

from playground.config import ConfigError, RunConfig
from playground.exports import curves_csv
from playground.session.session import Session


@dataclass(frozen=True)
class Status:
    """A run at this moment."""

    config: RunConfig
    query: str  # of its link, without the clicks
    clicks: str
    whole: bool  # whether a link holds the clicks too
    iteration: int
    last: int  # the newest iteration that can be gone to
    backend: str
    diverged: str


def status_of(session: Session) -> Status:
    """The status of a run."""
    return Status(
        config=session.config,
        query=session.link().partition("clicks=")[0].rstrip("&"),  # the clicks come last
        clicks=session.clicks,
        whole=session.link_is_whole,
        iteration=session.iteration,
        last=session.last_iteration,
        backend=session.backend,
        diverged=session.diverged,
    )


def config_of(session: Session) -> RunConfig:
    """The settings of the (first) run."""
    return session.config


def reconfigure(session: Session, config: RunConfig) -> None:
    """A run with other settings; Compare stays on where it still makes sense. Raises `ConfigError`."""
    try:
        session.configure(config, session.changes)
    except ConfigError:  # the second run cannot be with this setting, or is now the same: only the first
        session.configure(config)


def can_slow(session: Session) -> bool:
    """Whether an iteration has stages to be shown one by one."""
    return session.config.model == "gan" and not session.stopped


def is_restoring(session: Session) -> bool:
    """Whether a moment is aimed at that is not yet reached."""
    return session.restoring


def table_of(session: Session) -> bytes:
    """The curves as CSV."""
    return "\n".join(curves_csv(curves) for curves in session.curves()).encode()


def whole_link(session: Session) -> tuple[str, int]:
    """The link of this moment, and its iteration."""
    return session.link(), session.iteration
