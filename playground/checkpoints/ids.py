"""What may be called what: models, Hub repositories and revisions, as names and never as addresses or paths.

Knows no file and no network.
"""

from __future__ import annotations

import re

from playground.config import ConfigError

MOST_UPDATES = 10**9
MOST_IMAGES_SEEN = 10**13
SHOWN = 80  # letters of a bad value that a sentence repeats

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")  # of the Hub's user/repo
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NEVER = ("..", "--", "//")  # the Hub allows none of them in an id


def shown(value: object) -> str:
    """A value as a sentence may repeat it: quoted, escaped and short."""
    text = ascii(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def is_name(name: object) -> bool:
    """Whether this can be the name of a model."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and ".." not in name


def checked_name(name: object) -> str:
    """The name of a model. Raises `ConfigError`."""
    if not isinstance(name, str) or not is_name(name):
        raise ConfigError(f"name = {shown(name)}: allowed are 1 to 64 letters, digits, '.', '_' and '-'.")
    return name


def is_repo(repo: object) -> bool:
    """Whether this is "user/repo" as the Hub writes it, and nothing else."""
    if not isinstance(repo, str) or repo.count("/") != 1 or any(bad in repo for bad in _NEVER):
        return False
    return all(_PART.fullmatch(part) and part[-1] not in ".-" for part in repo.split("/")) and not (
        repo.endswith((".git", ".ipynb"))
    )


def checked_repo(repo: object) -> str:
    """The name of a Hub repository. Raises `ConfigError`."""
    if not isinstance(repo, str) or not is_repo(repo):
        raise ConfigError(
            f"repo = {shown(repo)}: allowed is user/name, of letters, digits, '.', '_' and '-'; no address."
        )
    return repo


def checked_revision(revision: object) -> str | None:
    """A branch, tag or commit of a Hub repository; None is its newest. Raises `ConfigError`."""
    if revision is None:
        return None
    good = isinstance(revision, str) and _REVISION.fullmatch(revision)
    if not good or any(bad in str(revision) for bad in ("..", "//")) or str(revision)[-1] in "./":
        raise ConfigError(f"revision = {shown(revision)}: allowed is a branch, a tag or a commit.")
    return str(revision)


def checked_hash(value: object) -> str:
    """A SHA-256 in hexadecimal digits. Raises `ConfigError`."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ConfigError(f"sha256 = {shown(value)}: allowed are 64 hexadecimal digits.")
    return value


def checked_whole(name: str, value: object, low: int, high: int) -> int:
    """A whole number within bounds. Raises `ConfigError`."""
    if type(value) is not int or not low <= value <= high:
        raise ConfigError(f"{name} = {shown(value)}: allowed is a whole number from {low} to {high:,}.")
    return value
