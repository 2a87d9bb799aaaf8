"""Faces to learn from: those of this server, drawn by the bundled GAN, uploaded, or of a public data set.

Knows nothing of who learns from them, nor of the page that asks.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from playground.checkpoints.asking import Unreachable, within
from playground.checkpoints.disk import writing
from playground.config import ConfigError
from playground.data.face_hub import check_public
from playground.data.faces import FaceSet, faces_from_images, open_faces
from playground.limits import Limits
from playground.session.drawn_faces import DrawnFaces
from playground.session.faces import FaceShop
from playground.translations import phrase

HERE, DRAWN = "here", "drawn"
SOURCES = {HERE: "of this server", DRAWN: "drawn by the bundled GAN"}  # faces ...
NAMES = {words: name for name, words in SOURCES.items()}
TEACHER = "faces64-gan"  # draws the faces to learn from where there are no others
DATASET_SECONDS = 180.0  # for a data set of a visitor: 600 MB at 27 Mbit/s
DATASET = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)


class FaceSources:
    """Hands out sets of square faces of `side` pixels, within `bounds`. Every refusal is a `ConfigError`."""

    def __init__(self, shop: FaceShop, side: int, bounds: Limits) -> None:
        self._shop, self._side, self.bounds = shop, side, bounds
        self.drawn = DrawnFaces(lambda: shop.model(shop.names.get("gan", TEACHER)), size=side)

    def here(self) -> FaceSet | None:
        """Those of this server, if it has some."""
        return self._shop.data("train", self._side)

    def named(self, source: str) -> FaceSet:
        """By a name of `SOURCES`; those that the GAN draws only after it has drawn all of them."""
        faces = {HERE: self.here, DRAWN: self.drawn.faces}[source]()
        if faces is None:
            raise ConfigError(
                phrase(
                    "There are no faces {source}; upload images or name a data set.", source=SOURCES[source]
                )
            )
        return replace(faces, source=SOURCES[source])

    def chosen(self, source: Any) -> FaceSet:
        """The same for what came from outside, after drawing what is still missing."""
        if not isinstance(source, str) or source not in SOURCES:
            raise ConfigError(f"faces = {str(source)[:20]!r}: allowed is {', '.join(SOURCES)}.")
        while source == DRAWN and self.drawn.advance() < 1.0:
            pass
        return self.named(source)

    def uploaded(self, contents: list[bytes]) -> FaceSet:
        """From image files, of which each is the whole content."""
        if not 1 <= len(contents) <= self.bounds.upload_files:
            most = self.bounds.upload_files
            raise ConfigError(f"images = {len(contents):,}: allowed is 1 to {most:,} at a time.")
        return replace(faces_from_images(contents, self._side), source="uploaded")

    def dataset(self, name: str) -> FaceSet:
        """Of a public data set on the Hub; never of a folder of this machine."""
        name = (name or "").strip()
        if not DATASET.fullmatch(name) or Path(name).exists():
            raise ConfigError(f"data set = {name[:80]!r}: allowed is the form user/name.")
        check_public(name, self.bounds.dataset_bytes)
        with ExitStack() as stack:
            with writing("A copy of the data set"):  # visitors do not fill the disk
                cache = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            how: dict[str, Any] = dict(size=self._side, limit=self.bounds.faces, cache_dir=cache)
            try:  # without this machine's own token, which may open what is gated
                return within(DATASET_SECONDS, lambda: open_faces(name, token=False, **how))
            except Unreachable as why:
                raise ConfigError(f"data set = {name!r}: the Hub {why}; try again in some minutes.") from None
