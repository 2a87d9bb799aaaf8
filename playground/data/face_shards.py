"""Faces in Parquet files, in the layout that the Hugging Face Hub uses for images.

A column image holds the encoded pictures, as bytes or as a struct with bytes; columns hair and eyes, if there
are any, hold words or class labels. Labels are understood by the names in the schema, never by their number.
This file decodes no picture; pyarrow is loaded when the first shard is opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.config import ConfigError
from playground.data.face_names import Picture, colours, shown
from playground.recipes import TRAITS

MAX_ROW_GROUP_BYTES = 4 << 30  # unpacked, by the shard's own footer
BATCH = 128  # pictures in memory at a time
_BUFFER_BYTES = 1 << 20  # a column is read piece by piece


class Shard:
    """One Parquet file: its footer is read and checked at once, its pictures when asked for.

    Iterating gives lists of at most 128 pictures, row group by row group. Both raise `ConfigError`.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        with self._open() as file:
            self.rows: int = file.metadata.num_rows
            self._groups: int = file.num_row_groups
            sizes = [file.metadata.row_group(i).total_byte_size for i in range(self._groups)]
            schema = file.schema_arrow
        if min(self.rows, *sizes, 0) < 0:
            raise self._unreadable(ValueError("its footer counts less than nothing"))
        largest = max(sizes, default=0)
        if largest > MAX_ROW_GROUP_BYTES:
            raise ConfigError(
                f"{shown(name)} has a row group of {largest:,} bytes; allowed are {MAX_ROW_GROUP_BYTES:,}."
            )
        self._check_image(schema)
        self._class_names = {trait: _class_names(schema.metadata, trait) for trait in TRAITS}
        self._columns = [column for column in ("image", *TRAITS) if schema.names.count(column) == 1]

    def __iter__(self) -> Iterator[list[Picture]]:
        row = 0
        with self._open() as file:
            for group in range(self._groups):
                batches = file.iter_batches(BATCH, row_groups=[group], columns=self._columns)
                while (batch := self._next(batches)) is not None:
                    yield self._pictures(batch, row)
                    row += batch.num_rows

    def _pictures(self, batch: Any, first: int) -> list[Picture]:
        try:
            columns = {column: batch.column(column).to_pylist() for column in self._columns}
        except ValueError as error:  # words that are no UTF-8
            raise self._unreadable(error) from None
        cells = columns["image"]
        hair, eyes = (
            colours(trait, columns.get(trait, [None] * len(cells)), self._class_names[trait])
            for trait in TRAITS
        )
        contents = [cell.get("bytes") if isinstance(cell, dict) else cell for cell in cells]
        return [
            Picture(f"{self.name}, row {first + i}", content or b"", hair[i], eyes[i])
            for i, content in enumerate(contents)
        ]

    def _open(self) -> Any:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise ConfigError(
                f'{shown(self.name)} is a Parquet file, which needs pyarrow: pip install ".[train]".'
            ) from None
        try:
            return pyarrow.parquet.ParquetFile(self.path, buffer_size=_BUFFER_BYTES)
        except (OSError, ValueError, pyarrow.ArrowException) as error:
            raise self._unreadable(error) from None

    def _next(self, batches: Iterator[Any]) -> Any:
        from pyarrow import ArrowException

        try:
            return next(batches, None)
        except (OSError, ValueError, ArrowException) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> ConfigError:
        said = " ".join(str(error).split())[:120].rstrip(".")
        return ConfigError(f"{shown(self.name)} must be a whole Parquet file, but is none: {said}.")

    def _check_image(self, schema: Any) -> None:
        from pyarrow import types

        kind = schema.field("image").type if schema.names.count("image") == 1 else None
        if kind is not None and types.is_struct(kind):
            kind = kind.field("bytes").type if kind.get_field_index("bytes") >= 0 else None
        if kind is None or not (types.is_binary(kind) or types.is_large_binary(kind)):
            columns = ", ".join(f"{field.name} ({field.type})" for field in list(schema)[:8])
            raise ConfigError(
                f"{shown(self.name)} has the columns {columns[:300]}; it must have one column image, of "
                "bytes or of a struct with bytes."
            )


def _class_names(metadata: dict[bytes, bytes] | None, trait: str) -> list[object]:
    """The names of a ClassLabel column, as the Hub's library writes them into the schema; [] for none."""
    try:
        found = json.loads((metadata or {})[b"huggingface"])["info"]["features"][trait]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []
