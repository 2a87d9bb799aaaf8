"""Face images with their hair and eye colours, opened once and kept as bytes.

    faces = open_faces("user/name", split="train", size=64)  # or a folder of Parquet files, or of images
    faces.images  # (N, 64, 64, 3) uint8

A picture that cannot be read is named and left out. This file does not know who learns from the faces.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.config import ConfigError
from playground.data.face_names import NoSuchSplit, Picture, colour
from playground.data.face_pixels import Content, Face, Unreadable, check_size, one_face, read_face
from playground.data.face_sources import find
from playground.limits import limits

__all__ = ["FaceSet", "NoSuchSplit", "faces_from_images", "one_face", "open_faces"]

THREADS = 4  # that decode; Pillow's decoders let go of the interpreter
MAX_NAMED = 20  # of the pictures left out
_SPLIT = re.compile(r"\w[\w.-]{0,63}", re.ASCII)


@dataclass(frozen=True, eq=False)
class FaceSet:
    """images (N, side, side, 3) uint8; hair, eyes (N,) int64, one past the last colour where unknown."""

    images: NDArray[np.uint8]
    hair: NDArray[np.int64]
    eyes: NDArray[np.int64]
    source: str
    skipped: tuple[str, ...] = ()  # the first 20 pictures left out, each with its reason, as sentences
    skipped_count: int = 0  # of all left out

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, indices: ArrayLike) -> FaceSet:
        """The faces at `indices`, (M,) of 0 to N - 1 or (N,) booleans. Raises `ConfigError`."""
        chosen = np.asarray(indices)
        if chosen.dtype == np.bool_ and chosen.shape == (len(self),):
            chosen = np.flatnonzero(chosen)
        chosen = chosen.astype(np.int64) if chosen.size == 0 else chosen
        whole = chosen.ndim == 1 and chosen.dtype.kind in "iu"
        if not whole or (chosen.size and not 0 <= chosen.min() <= chosen.max() < len(self)):
            raise ConfigError(
                f"indices = {str(chosen)[:60]}: allowed are whole numbers of 0 to {len(self) - 1}, or "
                f"{len(self)} booleans."
            )
        return FaceSet(self.images[chosen], self.hair[chosen], self.eyes[chosen], self.source)


def open_faces(
    source: str | Path,
    split: str = "train",
    size: int = 64,
    *,
    limit: int | None = None,
    cache_dir: str | Path | None = None,
    token: str | bool | None = None,
) -> FaceSet:
    """The faces of one split, size x size; the first `limit` that can be read, or all.

    source is a folder of Parquet files in the Hub's image layout, a folder of images (with metadata.csv or
    metadata.jsonl of file_name, hair, eyes), or the id of a data set on the Hub, which needs Parquet files. A
    split is a folder of its name or Parquet files that begin with it; what tells none is "train". cache_dir
    and token are for the Hub's client; a token None is the one of this machine, False is none. Raises
    `ConfigError`, and `NoSuchSplit` where there are others only.
    """
    check_size(size)
    if not isinstance(split, str) or not _SPLIT.fullmatch(split):
        raise ConfigError(f"split = {str(split)[:60]!r}: allowed is a word such as train or test.")
    if limit is not None and (type(limit) is not int or limit < 1):
        raise ConfigError(f"limit = {str(limit)[:40]}: allowed is a whole number of at least 1.")
    source = os.fspath(source)
    found = find(source, split, cache_dir, token)
    wanted = found.most if limit is None else min(limit, found.most)
    room = limits().faces_bytes // (size * size * 3)
    if wanted > room:
        raise ConfigError(
            f"source = {source[:80]!r}: of its {found.most:,} faces at most {room:,} of {size} x {size} fit "
            "into memory; limit must be at most that."
        )
    return _gather(found.batches, wanted, size, source)


def faces_from_images(images: Sequence[Content], size: int) -> FaceSet:
    """Faces of uploads, each as in `one_face`, their colours unknown; not too many. Raises `ConfigError`."""
    check_size(size)
    most = limits().upload_files
    if not 0 < len(images) <= most:
        raise ConfigError(f"There are {len(images):,} images; allowed are 1 to {most:,}.")
    unknown = colour("hair", None), colour("eyes", None)
    names = [image.name if isinstance(image, Path) else f"image {i}" for i, image in enumerate(images, 1)]
    pictures = [Picture(name, image, *unknown) for name, image in zip(names, images, strict=True)]
    return _gather([pictures], len(images), size, "uploads")


def _gather(batches: Iterable[Sequence[Picture]], wanted: int, size: int, source: str) -> FaceSet:
    """The first `wanted` pictures that can be read, in order; the others' names and reasons."""
    images = np.empty((wanted, size, size, 3), np.uint8)
    labels = np.empty((2, wanted), np.int64)
    count, skipped, named, turn = 0, 0, list[str](), Lock()

    def read(picture: Picture) -> Face | Unreadable:
        try:
            return read_face(picture.content, size, turn)
        except Unreadable as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        for batch in batches:
            for picture, face in zip(batch, pool.map(read, batch), strict=True):
                if count == wanted:
                    break
                if isinstance(face, Unreadable):
                    skipped += 1
                    named += [f"{_plain(picture.name)} {face}."] if skipped <= MAX_NAMED else []
                    continue
                images[count], labels[:, count] = face, (picture.hair, picture.eyes)
                count += 1
            if count == wanted:
                break
    if not count:
        said = (
            f"none of its {skipped:,} pictures can be read: {named[0]}" if named else "it holds no pictures."
        )
        raise ConfigError(f"source = {source[:80]!r}: {said}")
    hair, eyes = labels[:, :count].copy()
    return FaceSet(images[:count], hair, eyes, source, tuple(named), skipped)


def _plain(name: str) -> str:
    return ascii(name[-120:])[1:-1]
