"""Models that visitors open from the Hugging Face Hub by name: read once, few kept, bounded in number.

Who names a repository may be anyone, so nothing is opened with this machine's token, and no folder of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from playground.checkpoints import FaceModel, open_repo
from playground.config import ConfigError
from playground.limits import limits
from playground.session.faces import Shelf


@dataclass(frozen=True)
class Opened:
    """A model, and what has to be said of where it comes from."""

    model: FaceModel
    sentences: tuple[str, ...]


class Published:
    """Opens models of the Hub for all visitors."""

    def __init__(self) -> None:
        self._shelf: Shelf[tuple[str, str], Opened] = Shelf(self._fetch, limits().hub_models)
        self._named: set[str] = set()
        self._lock = Lock()

    def open(self, repo: str, revision: str) -> Opened:
        """The model of "user/name" at a branch, tag or commit, "" for the newest. Raises `ConfigError`."""
        return self._shelf.get((repo.strip(), revision.strip()))

    def _fetch(self, key: tuple[str, str]) -> Opened:
        repo, revision = key
        most = limits().hub_repositories
        with self._lock:
            if repo not in self._named and len(self._named) >= most:
                raise ConfigError(
                    f"repository = {repo!r:.80}: this server has opened its {most:,} already; open it in "
                    "a copy of your own."
                )
            self._named.add(repo)
        said: list[str] = []
        try:
            model = open_repo(repo, revision=revision or None, notify=said.append, token=False)
        except ConfigError:
            with self._lock:
                self._named.discard(repo)
            raise
        return Opened(model, tuple(said))
