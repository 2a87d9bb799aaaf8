"""Targets of the fuzzer: files of strangers. Pictures, weights, descriptions, states, and data sets.

Everything lies in the folder that the fuzzer gives.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save

from face_bundle import write_bundle
from fuzzing.changes import header_change, json_change
from fuzzing.target import ODD, Target, Try, refused, text_of, texts
from garbage import bomb
from playground.checkpoints.description import CONFIG, MOST_CONFIG_BYTES, Description, read_description
from playground.checkpoints.files import read_model
from playground.checkpoints.tensors import read_tensors
from playground.config import ConfigError
from playground.data.faces import faces_from_images, one_face, open_faces
from playground.training import files as training_files
from playground.ui.faces import api
from playground.ui.uploads import uploaded

SIDE = 16
SHAPES = {"a": (3,), "b": (2, 2)}
WEIGHTS = save({"a": torch.ones(3), "b": torch.zeros(2, 2)})
HALF = save({"a": torch.ones(3).half(), "b": torch.ones(2, 2)})
MARKS = (
    "IHDR", "PLTE", "tRNS", "IDAT", "acTL", "fcTL", "fdAT", "iCCP", "eXIf", "IEND", "GIF89a", "RIFF",
    "WEBPVP8X", "ANMF", "Exif\0\0", "JFIF", "II*\0", "MM\0*", "P6\n", "P4\n", "BM",
)  # fmt: skip


# -- pictures


def picture(kind: str, mode: str = "RGB", frames: int = 1, **how: Any) -> bytes:
    """A small picture of some format, with something on it."""
    rng = np.random.default_rng(0)
    made = [Image.fromarray(rng.integers(0, 256, (9, 7, 3), np.uint8)).convert(mode) for _ in range(frames)]
    out = io.BytesIO()
    made[0].save(out, kind, **({"save_all": True, "append_images": made[1:]} if frames > 1 else {}), **how)
    return out.getvalue()


def pictures() -> tuple[bytes, ...]:
    """Of every format, colour space and kind of animation, and two decompression bombs."""
    plain = [picture(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")]
    modes = [picture("PNG", mode) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")]
    modes += [picture("JPEG", "CMYK"), picture("TIFF", "LAB"), picture("TIFF", "F"), picture("TIFF", "YCbCr")]
    modes += [picture("TIFF", compression=how) for how in ("tiff_lzw", "tiff_adobe_deflate", "packbits")]
    moving = [picture(kind, frames=3) for kind in ("GIF", "WEBP", "PNG", "TIFF")]
    exif = Image.Exif()
    exif[0x0112] = 6
    return (*plain, *modes, *moving, picture("JPEG", exif=exif), bomb(2**16, 2**16), bomb(20_000, 20_000))


def images(_: Path) -> Try:
    """A picture, uploaded or of a data set: a face of the right size, or a sentence."""

    def attempt(content: bytes) -> bool:
        try:
            face = one_face(content, SIDE)
        except ConfigError as error:
            return refused(error)
        assert face.shape == (SIDE, SIDE, 3) and face.dtype == np.uint8
        assert len(faces_from_images([content, b"x"], SIDE)) == 1
        return True

    return attempt


def upload(folder: Path) -> Try:
    """A picture as the endpoint `/reconstruct` gets it."""
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    path = folder / "picture"

    def attempt(content: bytes) -> bool:
        path.write_bytes(content)
        try:
            face = api.read_face({"path": str(path)}, SIDE)
        except ConfigError as error:
            return refused(error)
        assert face.shape == (SIDE, SIDE, 3)
        return True

    return attempt


def upload_path(folder: Path) -> Try:
    """The path of an upload, as anyone may send it: never a file outside of the folder of uploads."""
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "uploads")
    (folder / "uploads" / "a").mkdir(parents=True)
    (folder / "uploads" / "a" / "x.png").write_bytes(b"x")
    (folder / "secret").write_bytes(b"x")
    (folder / "uploads" / "link").symlink_to(folder / "secret")

    def attempt(content: bytes) -> bool:
        try:
            found = uploaded(text_of(content).replace("UPLOADS", str(folder / "uploads")), "image")
        except ConfigError as error:
            return refused(error)
        assert found.resolve() == (folder / "uploads" / "a" / "x.png").resolve(), found
        return True

    return attempt


# -- models


def weights(folder: Path) -> Try:
    """A safetensors file: finite arrays, or a sentence."""
    path = folder / "weights"

    def attempt(content: bytes) -> bool:
        path.write_bytes(content)
        try:
            found = read_tensors(path, hashlib.sha256(content).hexdigest(), SHAPES)
        except ConfigError as error:
            return refused(error, 400)
        assert {name: tuple(t.shape) for name, t in found.items()} == SHAPES
        assert all(bool(t.isfinite().all()) and t.dtype == torch.float32 for t in found.values())
        return True

    return attempt


def description(folder: Path) -> Try:
    """A model's config.json: a description, or a sentence."""

    def attempt(content: bytes) -> bool:
        (folder / CONFIG).write_bytes(content)
        try:
            found = read_description(folder)
        except ConfigError as error:
            return refused(error, 600)
        assert Description.from_dict(json.loads(json.dumps(found.to_dict()))).to_dict() == found.to_dict()
        return True

    return attempt


def model(folder: Path) -> Try:
    """A whole model whose description is fuzzed: opened with finite weights, or refused, never half."""
    found = write_bundle(folder) / "faces64-gan"

    def attempt(content: bytes) -> bool:
        (found / CONFIG).write_bytes(content)
        try:
            opened = read_model(found)
        except ConfigError as error:
            return refused(error, 600)
        assert opened.generate([1]).shape == (1, 16, 16, 3)
        return True

    return attempt


def state(folder: Path) -> Try:
    """A training's state: whole, or `Damaged`."""
    path = folder / "state-000000001.safetensors"

    def attempt(content: bytes) -> bool:
        path.write_bytes(content)
        try:
            training_files.load_state(path)
        except training_files.Damaged:
            return False
        return True

    return attempt


def describe(folder: Path) -> tuple[bytes, ...]:
    """Good descriptions, as they lie in a bundle."""
    write_bundle(folder)
    return tuple(path.read_bytes() for path in sorted(folder.glob(f"*/{CONFIG}")))


def saved_state(folder: Path) -> bytes:
    """A state as a training writes it."""
    arrays: dict[str, Any] = {"w": np.arange(3, dtype=np.float32)}
    kept = training_files.SavedState(1, 2.0, arrays, {"iteration": 1}, {"seed": 0}, {"device": "cpu"})
    return training_files.save_state(folder, kept).read_bytes()


# -- data sets


def parquet(folder: Path) -> Try:
    """A shard of a stranger's data set."""

    def attempt(content: bytes) -> bool:
        (folder / "train-0.parquet").write_bytes(content)
        try:
            found = open_faces(folder, "train", SIDE, limit=4)
        except ConfigError as error:
            return refused(error)
        assert found.images.shape[1:] == (SIDE, SIDE, 3) and len(found) <= 4
        return True

    return attempt


def shard() -> bytes:
    """Two faces with their colours, as the Hub lays them out."""
    import pyarrow
    import pyarrow.parquet

    cells = [{"bytes": picture("PNG"), "path": None}] * 2
    table = pyarrow.table({"image": cells, "hair": ["blue", "x"], "eyes": ["red", None]})
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, compression="none")
    return out.getvalue()


def metadata(folder: Path) -> Try:
    """The table beside a folder of images; the first byte says of which kind."""
    (folder / "a.png").write_bytes(picture("PNG"))

    def attempt(content: bytes) -> bool:
        name, other = ("metadata.csv", "metadata.jsonl")[:: 1 if content[:1] < b"A" else -1]
        (folder / other).unlink(missing_ok=True)
        (folder / name).write_bytes(content[1:])
        try:
            found = open_faces(folder, "train", SIDE)
        except ConfigError as error:
            return refused(error)
        assert len(found) == 1
        return True

    return attempt


def targets(folder: Path) -> dict[str, Target]:
    """All of them; `folder` takes what the seeds are made of."""
    about = describe(folder / "described")
    (folder / "state").mkdir()
    tables = (
        b"Afile_name,hair,eyes\na.png,blue,red\n",
        b'Z{"file_name": "a.png", "hair": "blue"}\n',
        b"A",
        b"Z",
    )
    keys = tuple(json.loads(about[0])) + tuple(json.loads(about[0])["recipe"])
    header = ("data_offsets", "dtype", "shape", "F16", "F32", "BF16", "I8", "__metadata__", '"a":', '"b":')
    states = (saved_state(folder / "state"),)
    paths = texts("UPLOADS/a/x.png", "UPLOADS/link", "UPLOADS/../secret", "x")
    marks = ("PAR1", "image", "hair", "eyes", "bytes")
    cells = ("file_name", "hair", "eyes", "a.png", '"', ",", "\n")
    return {
        "images": Target(images, pictures(), MARKS, 4_000),
        "upload": Target(upload, pictures(), MARKS, 4_000),
        "upload-path": Target(upload_path, paths, ("UPLOADS", "..", "/", "\0", *ODD), 300),
        "weights": Target(weights, (WEIGHTS, WEIGHTS[:40], HALF), header, change=header_change),
        "description": Target(description, about, (*keys, *ODD), min(8_000, MOST_CONFIG_BYTES), json_change),
        "model": Target(model, about, (*keys, *ODD), 8_000, json_change),
        "state": Target(state, states, (*header, "record", "sha256"), change=header_change),
        "parquet": Target(parquet, (shard(),), marks, 4_000),
        "metadata": Target(metadata, tables, (*cells, *ODD)),
    }
