"""Where faces lie: in Parquet shards, in a folder of images, or in a data set on the Hugging Face Hub.

Each source gives encoded pictures in the order of their names, whatever the order of the file system. This
file decodes no picture and knows no `FaceSet`.
"""

from __future__ import annotations

import csv
import json
import os
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from playground.config import ConfigError
from playground.data import face_hub
from playground.data.face_names import Picture, colour, of_split, shown
from playground.data.face_shards import BATCH, Shard

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm")
METADATA = ("metadata.csv", "metadata.jsonl")
MAX_FILES = 1_000_000  # below one folder
MAX_METADATA_BYTES = 256 << 20


@dataclass(frozen=True)
class Found:
    """At most `most` pictures, a few at a time."""

    most: int
    batches: Iterator[list[Picture]]


def find(
    source: str, split: str, cache_dir: Path | str | None = None, token: str | bool | None = None
) -> Found:
    """The pictures of a split of a folder, or of a data set on the Hub.

    Raises `ConfigError`, and its subclass `NoSuchSplit` where there are faces but none of that split.
    """
    folder = _folder(source) or face_hub.fetch(source, split, cache_dir, token)
    names = list(_names_below(folder, (".parquet", *SUFFIXES, *METADATA)))
    shards = [name for name in names if name.lower().endswith(".parquet")]
    if shards:
        opened = [Shard(folder / name, name) for name in of_split(shards, split, source)]
        return Found(sum(shard.rows for shard in opened), (batch for shard in opened for batch in shard))
    images = [name for name in names if name.lower().endswith(SUFFIXES)]
    if not images:
        raise ConfigError(
            f"source = {shown(source)}: it holds no faces; allowed are Parquet files (.parquet) or images "
            f"({', '.join(SUFFIXES)})."
        )
    tables = sorted(name for name in names if PurePosixPath(name).name in METADATA)
    return _images(folder, of_split(images, split, source), tables)


def _folder(source: str) -> Path | None:
    try:
        path = Path(source).expanduser()
        return path if source and path.is_dir() else None
    except (OSError, ValueError, RuntimeError):  # a name too long, with a zero byte, of nobody's home
        return None


def _names_below(folder: Path, endings: tuple[str, ...]) -> Iterator[str]:
    """Paths of files below the folder, relative and with forward slashes; hidden ones are left out."""
    seen = 0
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__MACOSX"))]
        seen += len(files)
        if seen > MAX_FILES:
            raise ConfigError(
                f"source = {shown(str(folder))}: it holds more files than the {MAX_FILES:,} allowed."
            )
        base = Path(here).relative_to(folder)
        for name in files:
            if name.lower().endswith(endings) and not name.startswith("."):
                yield (base / name).as_posix()


def _images(folder: Path, names: Sequence[str], tables: Sequence[str]) -> Found:
    """Images in the order of their names, with the colours that the metadata files tell, if there are any."""
    told: dict[str, tuple[int, int]] = {}
    for table in tables:
        told |= dict(_read_table(folder, table))
    unknown = colour("hair", None), colour("eyes", None)
    parts = (names[i : i + BATCH] for i in range(0, len(names), BATCH))
    batches = ([Picture(name, folder / name, *told.get(name, unknown)) for name in part] for part in parts)
    return Found(len(names), batches)


def _read_table(folder: Path, table: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """(name, colours) of each row; file_name is relative to the table's own folder, as on the Hub."""
    path, base = folder / table, posixpath.dirname(table)
    if path.stat().st_size > MAX_METADATA_BYTES:
        raise ConfigError(f"{shown(table)} has more bytes than the {MAX_METADATA_BYTES:,} allowed.")
    as_csv = table.endswith(".csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: Iterator[object] = csv.DictReader(file) if as_csv else map(json.loads, filter(str.strip, file))
        try:
            for number, row in enumerate(rows, 1):
                name = row.get("file_name") if isinstance(row, dict) else None
                if not isinstance(row, dict) or not isinstance(name, str):
                    raise ConfigError(f"{shown(table)}, row {number} must have a file_name, but has none.")
                key = posixpath.normpath(posixpath.join(base, name))
                yield key, (colour("hair", row.get("hair")), colour("eyes", row.get("eyes")))
        except (csv.Error, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            kind = "CSV" if as_csv else "JSON lines"
            raise ConfigError(f"{shown(table)} must be {kind} in UTF-8, but is not: {error}.") from None
