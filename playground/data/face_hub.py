"""Fetches the Parquet files of a data set on the Hugging Face Hub, with the Hub's own client.

What comes back is a folder of the client's cache; this file does not look into it. The client honours
HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from glob import escape
from pathlib import Path
from typing import Any

from playground.config import ConfigError
from playground.data.face_names import of_split, shown
from playground.limits import limits

SECONDS = 10.0  # until a Hub that does not answer counts as out of reach
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
_REFUSED = {  # by the client's errors
    "GatedRepoError": "its owner has not granted access to whom the token belongs to",
    "RepositoryNotFoundError": "the Hub has no such data set, or none that the token may read",
}
_TROUBLE = _REFUSED | {"OfflineModeIsEnabled": "the Hub is switched off here (HF_HUB_OFFLINE)"}
_FULL = (errno.ENOSPC, errno.EROFS, errno.EFBIG)  # of this machine's disk


def fetch(
    source: str, split: str, cache_dir: Path | str | None = None, token: str | bool | None = None
) -> Path:
    """The folder with a split's Parquet files of the data set `source`, such as "user/name".

    cache_dir is the client's own by default. Where the Hub does not answer, what an earlier call fetched
    serves. Raises `ConfigError` for anything but an id, and where nothing can be fetched.
    """
    if not _ID.fullmatch(source) or "--" in source or ".." in source:
        raise ConfigError(
            f"source = {shown(source)}: allowed is a folder that exists here, or the id of a data set on the "
            "Hugging Face Hub, such as 'user/name'."
        )
    try:
        return _download(source, split, cache_dir, token)
    except ConfigError:
        raise
    except Exception as error:  # the client lets through whatever its transport raises
        name = type(error).__name__
        trouble = _TROUBLE.get(name, f"the Hub cannot be reached ({name})")
        if isinstance(error, OSError) and error.errno in _FULL:
            trouble = f"the Hub answers, but its files cannot be kept here ({error.strerror})"
    raise ConfigError(
        f"source = {shown(source)}: {trouble}; allowed is a folder that exists here, or the id of a data set "
        "that can be read."
    )


def check_public(name: str, most_bytes: int) -> None:
    """Raises `ConfigError` for a data set that not everyone may read, or with more bytes in Parquet files.

    Without this a server's own token would open its owner's private data to every visitor.
    """
    from huggingface_hub import HfApi

    try:
        info = HfApi(token=False).dataset_info(name, files_metadata=True, timeout=SECONDS)
    except Exception as error:  # the client lets through whatever its transport raises
        kind = type(error).__name__
        trouble = f"the Hub cannot be reached ({kind}); try again in some minutes"
        status = getattr(getattr(error, "response", None), "status_code", None)
        if kind in _REFUSED or status in (401, 403, 404):
            trouble = f"the Hub shows no public one of this name ({kind})"
        raise ConfigError(f"data set = {shown(name)}: {trouble}.") from None
    total = sum(_sizes(info.siblings or []).values())
    if total > most_bytes:
        raise ConfigError(
            f"data set = {shown(name)}: it has {total:,} bytes; allowed are {most_bytes:,} on this page."
        )


def _download(source: str, split: str, cache_dir: Path | str | None, token: str | bool | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    endpoint = os.environ.get("HF_ENDPOINT") or None
    where: dict[str, Any] = dict(repo_type="dataset", cache_dir=cache_dir, token=token, endpoint=endpoint)
    try:
        info = HfApi(endpoint, token).dataset_info(source, timeout=SECONDS, files_metadata=True)
    except Exception as error:
        if type(error).__name__ in _REFUSED:
            raise
        try:
            kept = snapshot_download(  # nosec B615 # nothing is fetched
                source, allow_patterns=f"*{split}*", local_files_only=True, **where
            )
        except FileNotFoundError:
            raise error from None  # what went wrong first says more
        return Path(kept)
    chosen = [escape(name) for name in _shards(source, split, info.siblings or [])]
    # the newest is meant; numbers and pictures are read from it, and checked, but no code
    fetched = snapshot_download(source, allow_patterns=chosen, **where)  # nosec B615
    return Path(fetched)


def _shards(source: str, split: str, files: Sequence[Any]) -> list[str]:
    """The split's Parquet files by their names, if they are not too large."""
    sizes = _sizes(files)
    if not sizes:
        raise ConfigError(
            f"source = {shown(source)}: a data set on the Hub must hold Parquet files; this one has none."
        )
    chosen = of_split(list(sizes), split, source)
    total, most = sum(sizes[name] for name in chosen), limits().split_bytes
    if total > most:
        raise ConfigError(
            f"source = {shown(source)}: split {shown(split)} has {total:,} bytes; allowed are {most:,}."
        )
    return chosen


def _sizes(files: Sequence[Any]) -> dict[str, int]:
    """Bytes of the Parquet files, by their names."""
    return {f.rfilename: f.size or 0 for f in files if f.rfilename.lower().endswith(".parquet")}
