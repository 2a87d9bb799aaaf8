"""Models on the Hugging Face Hub: opened with the Hub's own client and its cache.

Who owns a repository may be a stranger: files are named, measured and only then fetched, and only what this
project reads. A Hub that cannot be reached is no error: a copy in the cache or a bundled model stands in,
and a sentence says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.checkpoints.asking import Unreachable, asked
from playground.checkpoints.description import (
    CONFIG,
    MOST_CONFIG_BYTES,
    WEIGHTS,
    read_description,
)
from playground.checkpoints.files import read_model, weights_of
from playground.checkpoints.ids import checked_repo, checked_revision, shown
from playground.checkpoints.model import FaceModel
from playground.checkpoints.tensors import MOST_WEIGHTS_BYTES
from playground.config import ConfigError
from playground.recipes import MODELS

REACH_SECONDS = 10.0  # to hear of a repository, and for its description
FETCH_SECONDS = 120.0  # for its weights: 64 MiB at 4.5 Mbit/s
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".h5", ".joblib")
FIRST = "faces64"  # the recipe whose models stand in before others
_COMMIT = re.compile(r"[0-9a-f]{40}")

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Listing:
    """A repository at one commit: its files and their sizes in bytes, None where the Hub does not say."""

    commit: str
    sizes: Mapping[str, int | None]


def open_repo(
    repo: str,
    step: int | None = None,
    *,
    revision: str | None = None,
    notify: Notify,
    token: str | bool | None = None,
    reach_seconds: float = REACH_SECONDS,
) -> FaceModel:
    """The model of a Hub repository "user/name", or of its timeline. Raises `ConfigError`.

    Where the Hub cannot be reached `notify` gets a sentence, and what stands in is the newest copy in the
    client's cache, else the bundled model of that name or kind. `token`: None is the one of this machine,
    False none, which is right for a repository that a visitor names.
    """
    repo, revision = checked_repo(repo), checked_revision(revision)
    try:
        folder = _download(repo, step, revision, token, reach_seconds)
    except Unreachable as why:
        copy = _cached(repo, step, revision)
        if copy is None:
            return _stand_in(repo, step, str(why), notify)
        notify(f"The Hub {why}: {repo} is the copy in this machine's cache.")
        folder = copy
    with _refusing(repo):
        return read_model(folder, step)


@contextmanager
def _refusing(repo: str) -> Iterator[None]:
    """Name the repository in what is refused of it."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"repo = {repo}: {error}") from None


def _download(
    repo: str, step: int | None, revision: str | None, token: str | bool | None, reach_seconds: float
) -> Path:
    """The folder in the client's cache that holds a repository's description and the weights asked for."""
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    about = asked(
        repo,
        reach_seconds,
        lambda: api.model_info(repo, revision=revision, files_metadata=True, timeout=reach_seconds),
    )
    listing = Listing(str(about.sha), {file.rfilename: file.size for file in about.siblings or ()})
    if not _COMMIT.fullmatch(listing.commit):
        raise ConfigError(f"repo = {repo}: the Hub gives no commit for it.")
    _check_offer(repo, listing)

    def fetch(path: str, most: int, seconds: float) -> Path:
        size = _checked_size(repo, listing, path, most)
        return asked(repo, seconds, lambda: _fetched(api, repo, path, size, listing.commit))

    folder = fetch(CONFIG, MOST_CONFIG_BYTES, reach_seconds).parent
    with _refusing(repo):
        path, _ = weights_of(read_description(folder), step)
    fetch(path, MOST_WEIGHTS_BYTES, FETCH_SECONDS)
    # last, by name: then the client's cache notes that the name stands for this commit, which is now whole
    with suppress(Unreachable):
        asked(repo, reach_seconds, lambda: api.hf_hub_download(repo, CONFIG, revision=revision))
    return folder


def _check_offer(repo: str, listing: Listing) -> None:
    """Raises `ConfigError` for a repository without the two files of a model."""
    pickled = sorted(path for path in listing.sizes if path.lower().endswith(PICKLES))
    if WEIGHTS not in listing.sizes and pickled:
        raise ConfigError(
            f"repo = {repo}: it offers {shown(pickled[0])} and no {WEIGHTS}; such a file can run code when "
            "opened, so it is never fetched."
        )
    for path in (CONFIG, WEIGHTS):
        if path not in listing.sizes:
            raise ConfigError(f"repo = {repo}: it holds no {path}, so it is no model of this project.")


def _checked_size(repo: str, listing: Listing, path: str, most: int) -> int:
    """What the Hub says of a file's size, before anything of it is fetched. Raises `ConfigError`."""
    size = listing.sizes.get(path)
    if size is None or size < 0:
        raise ConfigError(f"repo = {repo}: the Hub knows no {path}, or not how large it is.")
    if size > most:
        raise ConfigError(f"repo = {repo}: {path} = {size:,} bytes: allowed is at most {most:,}.")
    return size


def _fetched(api: Any, repo: str, path: str, size: int, commit: str) -> Path:
    """One file of a commit in the client's cache; the Hub is only asked for what is not there."""
    found = Path(api.hf_hub_download(repo, path, revision=commit))
    if found.stat().st_size != size:  # cut short, on the way or in the cache
        found = Path(api.hf_hub_download(repo, path, revision=commit, force_download=True))
    return found


def _cached(repo: str, step: int | None, revision: str | None) -> Path | None:
    """The folder in the client's cache, if everything asked for is there."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(repo, CONFIG, revision=revision)
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    with _refusing(repo):
        path, _ = weights_of(read_description(folder), step)
    return folder if (folder / path).is_file() else None


def _stand_in(repo: str, step: int | None, why: str, notify: Notify) -> FaceModel:
    """The bundled model of the repository's name, else of the kind in its name, else the bundled GAN."""
    from playground.checkpoints.bundle import bundle_folder, bundled

    own = repo.split("/")[1].lower()
    words = re.split(r"[._-]", own)
    kind = next((kind for kind in MODELS if kind in words), "gan")
    entries = bundled()
    named = [entry for entry in entries if entry.name.lower() == own]
    entries.sort(key=lambda entry: entry.recipe != FIRST)
    alike = named or [entry for entry in entries if entry.model == kind] or entries
    if not alike:
        raise ConfigError(f"The Hub {why}, {repo} is not in this machine's cache, and no model is bundled.")
    chosen = alike[0]
    point = step if step in (*chosen.timeline, chosen.step) else None
    notify(f"The Hub {why}: the bundled {chosen.name} stands in for {repo}.")
    return read_model(bundle_folder() / chosen.name, point)
