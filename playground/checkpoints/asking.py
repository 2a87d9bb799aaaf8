"""Asking the Hugging Face Hub's client: no longer than agreed, and its errors as sentences.

The client's own texts are never repeated: they may hold addresses with a token in them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from playground.checkpoints.disk import refusal_of
from playground.config import ConfigError

UNREACHABLE = {408: "took too long", 429: "has too many requests just now"}  # and 500 and above
TRANSPORT = ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3")  # of the client's versions

V = TypeVar("V")


class Unreachable(Exception):
    """The Hub does not answer; the text goes on after "The Hub"."""


def asked(repo: str, seconds: float, ask: Callable[[], V]) -> V:
    """What the client answers within so many seconds, whatever it waits and retries within itself.

    Raises `Unreachable` where the Hub does not answer, and `ConfigError` where it says no.
    """
    try:
        return within(seconds, ask)
    except Unreachable:
        raise
    except Exception as error:
        raise understood(repo, error) from None


def within(seconds: float, ask: Callable[[], V]) -> V:
    """As `asked`, but where the Hub says no it raises the client's own error, which may hold a token."""
    answer: list[V] = []
    failure: list[Exception] = []

    def work() -> None:
        for again in (True, False):
            try:
                answer.append(ask())
                return
            except Exception as error:  # of whatever HTTP library this version of the client uses
                if not (again and _broke_off(error)):
                    failure.append(error)
                    return

    thread = threading.Thread(target=work, name="hub", daemon=True)
    thread.start()
    thread.join(seconds)
    if answer:
        return answer[0]
    if not failure:
        raise Unreachable(f"did not answer within {seconds:g} s")
    raise failure[0]


def status_of(error: BaseException) -> int:
    """The HTTP status behind an error, or 0. The client wraps errors in others of its own."""
    cause: BaseException | None = error
    while cause is not None:
        status = getattr(getattr(cause, "response", None), "status_code", 0)
        if isinstance(status, int) and status:
            return status
        cause = cause.__cause__
    return 0


def understood(repo: str, error: Exception) -> Exception:
    """An error of the client as one of ours; its text may hold a token and is never repeated."""
    from huggingface_hub import errors

    if why := refusal_of(error):  # of this machine's disk, where the client keeps what it fetches
        return Unreachable(f"answers, but its files cannot be kept here ({why})")
    status = status_of(error)
    if status in UNREACHABLE or status >= 500:
        return Unreachable(UNREACHABLE.get(status, f"answers with error {status}"))
    if isinstance(error, errors.RevisionNotFoundError):
        return ConfigError(f"repo = {repo}: the Hub knows no such revision of it.")
    if isinstance(error, errors.EntryNotFoundError) and not isinstance(error, errors.LocalEntryNotFoundError):
        return ConfigError(f"repo = {repo}: a file that it lists is not there.")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return Unreachable("is switched off here (HF_HUB_OFFLINE)")
    if status in (401, 403, 404) or isinstance(error, errors.RepositoryNotFoundError):
        return ConfigError(
            f"repo = {repo}: the Hub knows no such repository, or does not open it to you; allowed is one "
            "that is public, or that the token in HF_TOKEN opens."
        )
    if status:
        return ConfigError(f"repo = {repo}: the Hub refuses with error {status}.")
    if isinstance(error, OSError | TimeoutError) or _is_of_transport(error):
        return Unreachable("cannot be reached")
    return Unreachable("answers what its client does not understand")  # as does a hotel's network


def _broke_off(error: Exception) -> bool:
    """Whether the connection failed: the client's threads share them, and any of them may close all."""
    if status_of(error) or refusal_of(error):
        return False
    return isinstance(error, OSError | RuntimeError) or _is_of_transport(error)


def _is_of_transport(error: BaseException) -> bool:
    """Whether it comes from the HTTP library, which differs between versions of the client."""
    return any(kind.__module__.partition(".")[0] in TRANSPORT for kind in type(error).__mro__)
