"""The face loader: every source and picture format against known pixels, and what it says of damaged ones."""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import constants
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from limited import limited
from playground.config import ConfigError
from playground.data import face_shards, face_sources, faces
from playground.data.face_names import colour, of_split
from playground.data.faces import FaceSet, NoSuchSplit, faces_from_images, one_face, open_faces
from playground.recipes import EYES, HAIR

SIZE = 16
RNG = np.random.default_rng


def noise(seed: int, size: int = SIZE) -> np.ndarray:
    return RNG(seed).integers(0, 256, (size, size, 3), np.uint8)


def encoded(image: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    made = image if isinstance(image, Image.Image) else Image.fromarray(image)
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


def write_shard(
    path: Path,
    images: Sequence[bytes | None],
    traits: dict[str, Any] | None = None,
    class_names: dict[str, list[str]] | None = None,
    rows_per_group: int = 3,
) -> None:
    """One shard as the Hub's library writes it: image a struct, class labels explained in the schema."""
    structs = [None if i is None else {"bytes": i, "path": None} for i in images]
    columns: dict[str, Any] = {"image": structs} | (traits or {})
    features = {name: {"names": names, "_type": "ClassLabel"} for name, names in (class_names or {}).items()}
    note = json.dumps({"info": {"features": {"image": {"_type": "Image"}} | features}})
    table = pa.table(columns).replace_schema_metadata({"huggingface": note})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=rows_per_group)


def seeds_of(found: FaceSet, among: int = 40) -> list[int]:
    """Which of the noise pictures they are, in order."""
    known = {noise(seed).tobytes(): seed for seed in range(among)}
    return [known[face.tobytes()] for face in found.images]


# ---------------------------------------------------------------- Parquet


def test_class_labels_mean_what_their_data_set_calls_them(tmp_path: Path) -> None:
    names = {"hair": ["white", "Aqua hair", "violet"], "eyes": ["red", "grey", "blue"]}
    traits = {"hair": [0, 1, 2, None, -1, 7], "eyes": [2, 0, 1, 0, 0, 0]}
    write_shard(tmp_path / "data/train-0.parquet", [encoded(noise(i)) for i in range(6)], traits, names)
    found = open_faces(str(tmp_path), size=SIZE)
    none = len(HAIR)
    assert found.hair.tolist() == [HAIR.index("white"), HAIR.index("aqua"), none, none, none, none]
    red, blue = EYES.index("red"), EYES.index("blue")
    assert found.eyes.tolist() == [blue, red, len(EYES), red, red, red]
    assert seeds_of(found) == [0, 1, 2, 3, 4, 5]
    assert (found.hair.dtype, found.images.dtype, found.source) == (np.int64, np.uint8, str(tmp_path))
    assert (found.skipped, found.skipped_count) == ((), 0)


def test_words_are_labels_and_bare_numbers_are_none(tmp_path: Path) -> None:
    traits = {"hair": ["Blonde", "grey_hair", "", None], "eyes": [0, 1, 2, 3]}
    write_shard(tmp_path / "train.parquet", [encoded(noise(i)) for i in range(4)], traits)
    found = open_faces(str(tmp_path), size=SIZE)
    assert found.hair.tolist() == [HAIR.index("blonde"), HAIR.index("gray"), len(HAIR), len(HAIR)]
    assert found.eyes.tolist() == [len(EYES)] * 4


def test_faces_without_label_columns_are_of_any_colour(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [encoded(noise(4)), encoded(noise(2))]}), tmp_path / "faces.parquet")
    found = open_faces(tmp_path, size=SIZE)
    assert seeds_of(found) == [4, 2]
    assert (found.hair.tolist(), found.eyes.tolist()) == ([len(HAIR)] * 2, [len(EYES)] * 2)


@pytest.mark.parametrize("turn", [sorted, lambda names: sorted(names, reverse=True)])
def test_the_order_is_that_of_the_names_whatever_the_file_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turn: Callable[[list[str]], list[str]]
) -> None:
    for shard in (2, 0, 1):
        images = [encoded(noise(10 * shard + i)) for i in range(3)]
        write_shard(tmp_path / f"data/train-0000{shard}-of-00003.parquet", images, rows_per_group=2)
    real = os.walk
    monkeypatch.setattr(os, "walk", lambda top: ((h, d, turn(f)) for h, d, f in real(top)))
    assert seeds_of(open_faces(str(tmp_path), size=SIZE)) == [0, 1, 2, 10, 11, 12, 20, 21, 22]


@pytest.mark.parametrize("limit", [1, 3, 4, 7, 99])
def test_a_limit_takes_the_first_that_can_be_read(tmp_path: Path, limit: int) -> None:
    images = [encoded(noise(i)) for i in range(7)]
    write_shard(tmp_path / "data/train-a.parquet", [images[0], b"junk", *images[1:4]])
    write_shard(tmp_path / "data/train-b.parquet", [*images[4:], None])
    found = open_faces(str(tmp_path), size=SIZE, limit=limit)
    assert seeds_of(found) == list(range(min(limit, 7)))
    assert found.skipped_count == (limit > 1) + (limit > 7)


def test_batches_of_many_faces_keep_their_order_and_labels(tmp_path: Path) -> None:
    count = 2 * face_shards.BATCH + 9
    images = [encoded(np.full((8, 8, 3), i % 251, np.uint8)) for i in range(count)]
    traits = {"hair": [HAIR[i % len(HAIR)] for i in range(count)]}
    write_shard(tmp_path / "train.parquet", images, traits, rows_per_group=200)
    found = open_faces(str(tmp_path), size=8)
    assert found.images[:, 3, 3, 1].tolist() == [i % 251 for i in range(count)]
    assert found.hair.tolist() == [i % len(HAIR) for i in range(count)]


def test_splits_are_told_by_folders_and_file_names(tmp_path: Path) -> None:
    write_shard(tmp_path / "data/train-0.parquet", [encoded(noise(1))])
    write_shard(tmp_path / "data/test-0.parquet", [encoded(noise(2))])
    write_shard(tmp_path / "default/val/0000.parquet", [encoded(noise(3))])
    seeds = [seeds_of(open_faces(str(tmp_path), split, SIZE)) for split in ("train", "test", "val")]
    assert seeds == [[1], [2], [3]]
    with pytest.raises(NoSuchSplit, match=r"split = 'dev': allowed for '.*' is test, train, val\."):
        open_faces(str(tmp_path), "dev", SIZE)


def test_names_that_tell_no_split_are_the_train_split() -> None:
    names = ["b.parquet", "a.parquet", "test-0.parquet"]
    assert of_split(names, "train") == ["a.parquet", "b.parquet"]
    assert of_split(names, "test") == ["test-0.parquet"]
    with pytest.raises(NoSuchSplit, match="is train"):
        of_split(["a.parquet"], "test")


def test_a_shard_cut_short_is_refused_rather_than_trained_on_in_part(tmp_path: Path) -> None:
    path = tmp_path / "data/train-0.parquet"
    write_shard(path, [encoded(noise(i)) for i in range(6)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(ConfigError, match=r"'data/train-0.parquet' must be a whole Parquet file"):
        open_faces(str(tmp_path), size=SIZE)
    path.write_bytes(whole[:4] + bytes(60) + whole[64:])  # the footer is whole, a page is not
    with pytest.raises(ConfigError, match=r"must be a whole Parquet file"):
        open_faces(str(tmp_path), size=SIZE)


@pytest.mark.parametrize(
    "columns", [{"photo": [b"x"]}, {"image": ["text"]}, {"image": [1]}, {"image": [{"path": "x"}]}]
)
def test_a_shard_without_image_bytes_is_refused_with_its_columns(
    tmp_path: Path, columns: dict[str, Any]
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "train.parquet")
    with pytest.raises(ConfigError, match=rf"columns {next(iter(columns))} .* must have one column image"):
        open_faces(str(tmp_path), size=SIZE)


@pytest.mark.parametrize("note", [b"[", b"[]", b'{"info": {"features": {"hair": {"names": 3}}}}', b"null"])
def test_an_odd_note_in_the_schema_leaves_the_labels_unknown(tmp_path: Path, note: bytes) -> None:
    table = pa.table({"image": [encoded(noise(0))], "hair": [1]})
    pq.write_table(table.replace_schema_metadata({b"huggingface": note}), tmp_path / "train.parquet")
    assert open_faces(str(tmp_path), size=SIZE).hair.tolist() == [len(HAIR)]


def test_a_row_group_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shard(tmp_path / "train.parquet", [bytes(100_000)])
    monkeypatch.setattr(face_shards, "MAX_ROW_GROUP_BYTES", 50_000)
    with pytest.raises(ConfigError, match=r"has a row group of .* allowed are 50,000"):
        open_faces(str(tmp_path), size=SIZE)


def test_without_pyarrow_a_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shard(tmp_path / "train.parquet", [encoded(noise(0))])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r'needs pyarrow: pip install "\.\[train\]"\.'):
        open_faces(str(tmp_path), size=SIZE)


# ---------------------------------------------------------------- folders of images


def save(folder: Path, name: str, seed: int) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(noise(seed), {".jpg": "BMP"}.get(path.suffix, "PNG")))


def test_a_folder_of_images_is_read_in_the_order_of_names_and_without_hidden_files(tmp_path: Path) -> None:
    for seed, name in enumerate(["b/2.PNG", "a.png", "b/1.jpg", ".hidden.png", "__MACOSX/x.png", "c.webp"]):
        save(tmp_path, name, seed)
    (tmp_path / "notes.txt").write_text("no picture")
    assert seeds_of(open_faces(str(tmp_path), size=SIZE)) == [1, 2, 0, 5]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("base", ["", "train/"])
def test_metadata_beside_the_images_tells_their_colours(tmp_path: Path, kind: str, base: str) -> None:
    for seed in range(4):
        save(tmp_path, f"train/{seed}.png", seed)
    inside = "" if base else "train/"
    rows = [
        (f"{inside}1.png", "pink", "red"),
        (f"{inside}./3.png", "GREEN", "?"),
        ("../out.png", "red", "red"),
    ]
    lines = [json.dumps({"file_name": n, "hair": h, "eyes": e, "more": [1]}) for n, h, e in rows]
    if kind == "csv":
        lines = ["\ufefffile_name,hair,eyes", *(",".join(row) for row in rows)]
    (tmp_path / f"{base}metadata.{kind}").write_text("\n".join(lines) + "\n", "utf-8")
    found = open_faces(str(tmp_path), size=SIZE)
    none = len(HAIR)
    assert found.hair.tolist() == [none, HAIR.index("pink"), none, HAIR.index("green")]
    assert found.eyes.tolist() == [len(EYES), EYES.index("red"), len(EYES), len(EYES)]


def test_split_folders_of_images_are_kept_apart(tmp_path: Path) -> None:
    for seed, name in enumerate(["train/a/0.png", "test/0.png", "train/b/0.png"]):
        save(tmp_path, name, seed)
    assert seeds_of(open_faces(str(tmp_path), "train", SIZE)) == [0, 2]
    assert seeds_of(open_faces(str(tmp_path), "test", SIZE)) == [1]


def test_a_folder_without_splits_has_no_test_faces_to_offer(tmp_path: Path) -> None:
    save(tmp_path, "0.png", 0)
    with pytest.raises(NoSuchSplit, match=r"split = 'test': allowed for '.*' is train\."):
        open_faces(str(tmp_path), "test", SIZE)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("metadata.csv", b"hair,eyes\nred,red\n", r"'metadata.csv', row 1 must have a file_name"),
        ("metadata.jsonl", b"[1]\n", r"'metadata.jsonl', row 1 must have a file_name"),
        ("metadata.jsonl", b"{\n", "must be JSON lines in UTF-8"),
        ("metadata.csv", b"file_name\n\xff\xfe\n", "must be CSV in UTF-8"),
    ],
)
def test_damaged_metadata_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    save(tmp_path, "0.png", 0)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        open_faces(str(tmp_path), size=SIZE)


def test_an_empty_folder_and_too_many_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="it holds no faces; allowed are Parquet files"):
        open_faces(str(tmp_path), size=SIZE)
    for seed in range(3):
        save(tmp_path, f"{seed}.png", seed)
    monkeypatch.setattr(face_sources, "MAX_FILES", 2)
    with pytest.raises(ConfigError, match="more files than the 2 allowed"):
        open_faces(str(tmp_path), size=SIZE)


# ---------------------------------------------------------------- pictures

# sides of the picture that the first row and the first column of an EXIF orientation show (CIPA DC-008)
SIDES = {1: "TL", 2: "TR", 3: "BR", 4: "BL", 5: "LT", 6: "RT", 7: "RB", 8: "LB"}


@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_pictures_are_turned_upright(orientation: int, kind: str) -> None:
    upright, last = noise(orientation), SIZE - 1
    stored = np.empty_like(upright)
    row_side, column_side = SIDES[orientation]
    for i in range(SIZE):
        for j in range(SIZE):
            at = {row_side: i, column_side: j}
            y = at["T"] if "T" in at else last - at["B"]
            x = at["L"] if "L" in at else last - at["R"]
            stored[i, j] = upright[y, x]
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(one_face(encoded(stored, kind, exif=exif), SIZE), upright)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_data_do_not_cost_the_picture() -> None:
    content = encoded(noise(1), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert np.array_equal(one_face(content, SIZE), noise(1))


def sixteen_bits() -> tuple[Image.Image, float]:
    return Image.fromarray(np.full((SIZE, SIZE), 25_700, np.uint16)), 100  # 25,700 / 65,535 = 100 / 255


def palette() -> Image.Image:
    made = Image.new("P", (SIZE, SIZE), 1)
    made.putpalette([9, 9, 9, 200, 150, 100])
    return made


MODES: dict[str, tuple[str, Image.Image, Sequence[float] | float, dict[str, Any]]] = {
    "grey": ("PNG", Image.new("L", (SIZE, SIZE), 77), 77, {}),
    "black and white": ("PNG", Image.new("1", (SIZE, SIZE), 1), 255, {}),
    "palette": ("PNG", palette(), (200, 150, 100), {}),
    "transparent palette": ("PNG", palette(), 255, {"transparency": 1}),
    "transparent colour": (
        "PNG",
        Image.new("RGB", (SIZE, SIZE), (1, 2, 3)),
        255,
        {"transparency": (1, 2, 3)},
    ),
    "clear": ("PNG", Image.new("RGBA", (SIZE, SIZE), (10, 20, 30, 0)), 255, {}),
    "half clear": ("PNG", Image.new("RGBA", (SIZE, SIZE), (55, 155, 255, 51)), (215, 235, 255), {}),
    "grey and clear": ("PNG", Image.new("LA", (SIZE, SIZE), (55, 51)), 215, {}),
    "ink": ("TIFF", Image.new("CMYK", (SIZE, SIZE), (255, 0, 51, 0)), (0, 255, 204), {}),
    "16 bits": ("PNG", *sixteen_bits(), {}),
    "32 bits": ("TIFF", Image.new("I", (SIZE, SIZE), 25_700), 100, {}),
    "real numbers": ("TIFF", Image.new("F", (SIZE, SIZE), 0.4), 102, {}),
    "real numbers of 8 bits": ("TIFF", Image.new("F", (SIZE, SIZE), 102.0), 102, {}),
    "webp": ("WEBP", Image.new("RGB", (SIZE, SIZE), (12, 34, 56)), (12, 34, 56), {"lossless": True}),
    "jpeg": ("JPEG", Image.new("L", (SIZE, SIZE), 128), 128, {}),
    "bitmap": ("BMP", Image.new("RGB", (SIZE, SIZE), (12, 34, 56)), (12, 34, 56), {}),
    "portable": ("PPM", Image.new("RGB", (SIZE, SIZE), (12, 34, 56)), (12, 34, 56), {}),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_colour_mode_becomes_the_rgb_one_would_see_on_white(mode: str) -> None:
    kind, image, expected, options = MODES[mode]
    face = one_face(encoded(image, kind, **options), SIZE)
    assert (face.shape, face.dtype) == ((SIZE, SIZE, 3), np.uint8)
    assert np.array_equal(face, np.broadcast_to(np.array(expected, np.uint8), face.shape))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (SIZE, SIZE), c) for c in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert np.array_equal(one_face(content, SIZE), np.broadcast_to((255, 0, 0), (SIZE, SIZE, 3)))


def test_the_centre_square_is_kept() -> None:
    strip = np.concatenate([np.zeros((SIZE, 4, 3), np.uint8), noise(3), np.zeros((SIZE, 5, 3), np.uint8)], 1)
    assert np.array_equal(one_face(strip, SIZE), noise(3))
    assert np.array_equal(one_face(strip.transpose(1, 0, 2), SIZE), noise(3).transpose(1, 0, 2))


def test_a_whole_multiple_is_averaged_exactly() -> None:
    mean = noise(5, 4 * SIZE).reshape(SIZE, 4, SIZE, 4, 3).mean((1, 3))
    assert np.abs(one_face(noise(5, 4 * SIZE), SIZE) - mean).max() <= 1.0  # Pillow rounds after each axis


@pytest.mark.parametrize("side", [SIZE - 5, SIZE + 5, 3 * SIZE + 1])
def test_other_sizes_keep_a_straight_ramp_straight(side: int) -> None:
    ramp = np.broadcast_to((np.arange(side) + 0.5) / side * 255, (side, side)).astype(np.uint8)
    got = one_face(ramp, SIZE)[SIZE // 2, :, 0].astype(float)
    expected = (np.arange(SIZE) + 0.5) / SIZE * 255
    assert np.abs(got - expected)[3:-3].max() < 4


def test_a_large_jpeg_decoded_at_a_fraction_looks_the_same() -> None:
    waves = np.add.outer(np.sin(np.arange(640) / 60), np.cos(np.arange(640) / 45)) * 60 + 127
    whole = np.repeat(waves.astype(np.uint8)[:, :, None], 3, 2)
    fast = one_face(encoded(whole, "JPEG", quality=95), SIZE).astype(int)
    assert np.abs(fast - one_face(whole, SIZE)).max() <= 2


@pytest.mark.parametrize("shape", [(SIZE, SIZE), (SIZE, SIZE, 1), (SIZE, SIZE, 3), (SIZE, SIZE, 4)])
def test_arrays_and_pillow_images_are_as_good_as_files(shape: tuple[int, ...]) -> None:
    array = RNG(0).integers(0, 256, shape, np.uint8)
    if shape[-1] == 4:
        array[..., 3] = 255
    expected = np.broadcast_to(array.reshape(SIZE, SIZE, -1)[..., :3], (SIZE, SIZE, 3))
    assert np.array_equal(one_face(array, SIZE), expected)
    plain = Image.fromarray(array.reshape(shape[:2]) if shape[2:] == (1,) else array)
    assert np.array_equal(one_face(plain, SIZE), expected)
    assert np.array_equal(one_face(encoded(plain), SIZE), expected)


@pytest.mark.parametrize("size", [7, 513, 64.0, True, "64", None])
def test_a_side_that_faces_cannot_have_is_refused(size: Any) -> None:
    with pytest.raises(ConfigError, match=r"size = .*: allowed is a whole number of 8 to 512 pixels"):
        one_face(encoded(noise(0)), size)


# ---------------------------------------------------------------- damaged pictures


def png_header(width: int, height: int) -> bytes:
    """A PNG of which nothing but the size is there."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 16) + b"IDAT"


DAMAGED: dict[str, tuple[Any, str]] = {
    "empty": (b"", "has 0 bytes"),
    "text": (b"no picture at all", "must be a whole PNG, JPEG, .* picture"),
    "cut short": (encoded(noise(0, 64))[:2_000], "must be a whole"),
    "cut short jpeg": (encoded(noise(0, 64), "JPEG")[:1_500], "must be a whole"),
    "postscript": (encoded(noise(0), "EPS"), "must be a whole"),
    "8,001 x 4,000": (png_header(8_001, 4_000), r"has 8,001 x 4,000 pixels; allowed are 1 to 32,000,000"),
    "a decompression bomb": (png_header(60_000, 60_000), "too many pixels; allowed are 32,000,000"),
    "no pixels": (np.zeros((0, 4, 3), np.uint8), r"is an array \(0, 4, 3\)"),
    "no pixels in Pillow": (Image.new("RGB", (0, 5)), "has 0 x 5 pixels"),
    "floats": (np.zeros((4, 4, 3)), "of float64; allowed is uint8"),
    "two channels": (np.zeros((4, 4, 2), np.uint8), r"is an array \(4, 4, 2\)"),
    "five axes": (np.zeros((1, 1, 4, 4, 3), np.uint8), r"is an array"),
    "words": ("face.png", "is of type str"),
    "nothing": (None, "is of type NoneType"),
    "a missing file": (Path("nowhere/face.png"), "is no file"),
    "a folder": (Path(), "is no file"),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("case", DAMAGED)
def test_a_picture_that_cannot_be_read_is_a_sentence(case: str) -> None:
    content, said = DAMAGED[case]
    with pytest.raises(ConfigError, match=rf"^The image .*{said}.*\.$"):
        one_face(content, SIZE)


def test_a_file_of_too_many_bytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with path.open("wb") as file:
        file.truncate((32 << 20) + 1)
    with pytest.raises(ConfigError, match=r"has 33,554,433 bytes; allowed are 1 to 33,554,432\."):
        one_face(path, SIZE)


def test_large_pictures_are_read_too_one_at_a_time() -> None:
    large = [encoded(Image.new("L", (2_400, 2_000), grey)) for grey in (10, 200, 90)]
    assert faces_from_images(large, 8).images[:, 0, 0, 0].tolist() == [10, 200, 90]


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"]),
    at=st.floats(0, 1, exclude_max=True),
    put=st.binary(min_size=1, max_size=6),
    cut=st.floats(0.3, 1),
)
@pytest.mark.filterwarnings("ignore")
def test_no_damage_to_a_file_is_more_than_a_sentence(kind: str, at: float, put: bytes, cut: float) -> None:
    content = bytearray(encoded(noise(0, 24), kind))
    place = int(at * len(content))
    content[place : place + len(put)] = put
    try:
        face = one_face(bytes(content[: int(cut * len(content))]), SIZE)
    except ConfigError as error:
        assert str(error).endswith(".")
    else:
        assert (face.shape, face.dtype) == ((SIZE, SIZE, 3), np.uint8)


def test_bad_pictures_are_named_counted_and_left_out(tmp_path: Path) -> None:
    save(tmp_path, "good.png", 3)
    for i in range(30):
        (tmp_path / f"bad{i:02}.png").write_bytes(b"junk")
    found = open_faces(str(tmp_path), size=SIZE)
    assert seeds_of(found) == [3]
    assert (found.skipped_count, len(found.skipped)) == (30, faces.MAX_NAMED)
    assert found.skipped[7].startswith("bad07.png must be a whole PNG")
    assert all(said.endswith(".") for said in found.skipped)


def test_labels_stay_with_their_faces_when_others_are_left_out(tmp_path: Path) -> None:
    images = [encoded(noise(0)), b"junk", encoded(noise(2)), None, encoded(noise(4))]
    traits = {"hair": ["aqua", "black", "blue", "pink", "red"]}
    write_shard(tmp_path / "train.parquet", images, traits)
    found = open_faces(str(tmp_path), size=SIZE)
    assert (seeds_of(found), [HAIR[i] for i in found.hair]) == ([0, 2, 4], ["aqua", "blue", "red"])
    assert [said.split(" must")[0].split(" has")[0] for said in found.skipped] == [
        "train.parquet, row 1",
        "train.parquet, row 3",
    ]


def test_a_source_of_bad_pictures_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"junk")
    with pytest.raises(ConfigError, match=r"none of its 1 pictures can be read: bad\.png must be"):
        open_faces(str(tmp_path), size=SIZE)


def test_a_shard_without_rows_holds_no_pictures(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": pa.array([], pa.binary())}), tmp_path / "train.parquet")
    with pytest.raises(ConfigError, match="it holds no pictures"):
        open_faces(str(tmp_path), size=SIZE)


def test_more_faces_than_fit_into_memory_are_refused_before_they_are_read(tmp_path: Path) -> None:
    write_shard(tmp_path / "train.parquet", [encoded(noise(i)) for i in range(3)])
    with limited(faces_bytes=2 * SIZE * SIZE * 3):
        with pytest.raises(ConfigError, match=f"of its 3 faces at most 2 of {SIZE} x {SIZE} fit into memory"):
            open_faces(str(tmp_path), size=SIZE)
        assert seeds_of(open_faces(str(tmp_path), size=SIZE, limit=2)) == [0, 1]


@pytest.mark.parametrize(
    "wrong", [{"split": "../x"}, {"split": ""}, {"split": 3}, {"limit": 0}, {"limit": 2.0}, {"size": 4}]
)
def test_an_argument_that_cannot_be_is_named(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"^{next(iter(wrong))} = .*: allowed is "):
        open_faces(str(tmp_path), **wrong)


# ---------------------------------------------------------------- uploads and subsets


def test_uploads_of_any_kind_become_faces_of_any_colour(tmp_path: Path) -> None:
    save(tmp_path, "1.png", 1)
    given_ = [encoded(noise(0)), tmp_path / "1.png", Image.fromarray(noise(2)), noise(3), b"junk"]
    found = faces_from_images(given_, SIZE)
    assert seeds_of(found) == [0, 1, 2, 3]
    assert (found.hair.tolist(), found.eyes.tolist()) == ([len(HAIR)] * 4, [len(EYES)] * 4)
    assert found.skipped_count == 1
    assert found.skipped[0].startswith("image 5 must be")


@pytest.mark.parametrize("count", [0, 2_001])
def test_uploads_are_bounded(count: int) -> None:
    with pytest.raises(ConfigError, match=f"There are {count:,} images; allowed are 1 to 2,000"):
        faces_from_images([b"x"] * count, SIZE)


def ten() -> FaceSet:
    hair, eyes = np.arange(10) % len(HAIR), np.arange(10)[::-1] % len(EYES)
    return FaceSet(np.stack([noise(i) for i in range(10)]), hair, eyes.copy(), "ten", ("one.",), 1)


@pytest.mark.parametrize("indices", [[3, 3, 0], np.array([9]), range(2, 8), [], np.arange(10) % 3 == 0])
def test_a_subset_keeps_faces_and_labels_together(indices: Any) -> None:
    whole, part = ten(), ten().subset(indices)
    mask = isinstance(indices, np.ndarray) and indices.dtype == np.bool_
    expected = [i for i in range(10) if indices[i]] if mask else [int(i) for i in indices]
    assert seeds_of(part) == expected
    assert part.hair.tolist() == [int(whole.hair[i]) for i in expected]
    assert part.eyes.tolist() == [int(whole.eyes[i]) for i in expected]
    assert (part.source, part.skipped, part.skipped_count) == ("ten", (), 0)


@pytest.mark.parametrize("indices", [[10], [-1], [0.5], ["a"], [[1]], 3, [True, False]])
def test_a_subset_of_what_is_not_there_is_refused(indices: Any) -> None:
    with pytest.raises(ConfigError, match=r"indices = .*: allowed are whole numbers of 0 to 9"):
        ten().subset(indices)


@pytest.mark.parametrize(
    ("word", "index"),
    [("blonde", 2), (" Blond ", 2), ("blonde_hair", 2), ("silver", 12), (3, 12), (None, 12)],
)
def test_colours_are_found_by_name(word: object, index: int) -> None:
    assert colour("hair", word) == index


# ---------------------------------------------------------------- the Hub, asked by its real client

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class SmallHub:
    """A Hub with one data set, on loopback: the calls of its API that the client makes."""

    files: dict[str, bytes]
    refusal: tuple[int, str] | None = None  # status and X-Error-Code of every answer
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if self.refusal:
            return self.refusal[0], {"X-Error-Code": self.refusal[1]}, b"{}"
        head, _, rest = path.removeprefix("/api").removeprefix("/datasets/someone/faces").partition("/")
        listing = [
            {"type": "file", "path": name, "size": len(content), "oid": f"{zlib.crc32(content):040x}"}
            for name, content in self.files.items()
        ]
        if head == "" and rest.startswith("resolve/"):
            content = self.files[rest.split("/", 2)[2]]
            return 200, {"ETag": f'"{zlib.crc32(content):040x}"', "X-Repo-Commit": COMMIT}, content
        if rest.startswith("tree/"):
            return 200, {}, json.dumps(listing).encode()
        siblings = [{"rfilename": row["path"], "size": row["size"]} for row in listing]
        return 200, {}, json.dumps({"id": "someone/faces", "sha": COMMIT, "siblings": siblings}).encode()


@pytest.fixture
def small_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SmallHub]:
    hub = SmallHub({"README.md": b"# Faces", "photo.png": b"not asked for"})
    for name, seeds in (("train-00000-of-00001", (1, 2)), ("test-00000-of-00001", (3,))):
        path = tmp_path / "made" / f"{name}.parquet"
        names = {"hair": ["pink", "blue"]}
        write_shard(path, [encoded(noise(s)) for s in seeds], {"hair": list(range(len(seeds)))}, names)
        hub.files[f"data/{name}.parquet"] = path.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            status, headers, content = hub.answer(path)
            hub.tokens.add(self.headers.get("Authorization", ""))
            if self.command == "GET":
                hub.asked.append(path)
            self.send_response(status)
            for key, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_data_set_on_the_hub_is_fetched_one_split_at_a_time(small_hub: SmallHub, tmp_path: Path) -> None:
    found = open_faces("someone/faces", "train", SIZE, cache_dir=tmp_path / "cache", token="hf_" + "x" * 34)
    assert seeds_of(found) == [1, 2]
    assert [HAIR[i] for i in found.hair] == ["pink", "blue"]
    assert found.source == "someone/faces"
    fetched = {Path(path).name for path in small_hub.asked if "/resolve/" in path}
    assert fetched == {"train-00000-of-00001.parquet"}
    assert small_hub.tokens == {"Bearer hf_" + "x" * 34}
    assert seeds_of(open_faces("someone/faces", "test", SIZE, cache_dir=tmp_path / "cache")) == [3]


def test_what_was_fetched_once_serves_when_the_hub_is_out_of_reach(
    small_hub: SmallHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_faces("someone/faces", "train", SIZE, cache_dir=tmp_path / "cache")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: nobody answers
    again = open_faces("someone/faces", "train", SIZE, cache_dir=tmp_path / "cache")
    assert np.array_equal(first.images, again.images)
    with pytest.raises(ConfigError, match=r"source = 'someone/faces': the Hub cannot be reached \(\w+\)"):
        open_faces("someone/faces", "train", SIZE, cache_dir=tmp_path / "empty")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert seeds_of(open_faces("someone/faces", "train", SIZE, cache_dir=tmp_path / "cache")) == [1, 2]
    with pytest.raises(ConfigError, match=r"the Hub is switched off here \(HF_HUB_OFFLINE\)"):
        open_faces("someone/faces", "train", SIZE, cache_dir=tmp_path / "empty")


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ((404, "RepoNotFound"), "the Hub has no such data set, or none that the token may read"),
        ((401, "RepoNotFound"), "the Hub has no such data set"),
        ((403, "GatedRepo"), "its owner has not granted access"),
        ((500, ""), r"the Hub cannot be reached \(HfHubHTTPError\)"),
    ],
)
def test_a_refusal_of_the_hub_is_a_sentence(
    small_hub: SmallHub, tmp_path: Path, refusal: tuple[int, str], said: str
) -> None:
    small_hub.refusal = refusal
    with pytest.raises(ConfigError, match=rf"^source = 'someone/faces': {said}.*allowed is a folder"):
        open_faces("someone/faces", size=SIZE, cache_dir=tmp_path / "cache")


def test_what_the_hub_holds_is_checked_before_it_is_fetched(small_hub: SmallHub, tmp_path: Path) -> None:
    with pytest.raises(NoSuchSplit, match=r"split = 'dev': allowed for 'someone/faces' is test, train\."):
        open_faces("someone/faces", "dev", SIZE, cache_dir=tmp_path / "cache")
    too_many = pytest.raises(ConfigError, match=r"split 'train' has .* bytes; allowed are 100")
    with limited(split_bytes=100), too_many:
        open_faces("someone/faces", "train", SIZE, cache_dir=tmp_path / "cache")
    small_hub.files = {"a.png": b""}
    with pytest.raises(ConfigError, match="must hold Parquet files; this one has none"):
        open_faces("someone/faces", "train", SIZE, cache_dir=tmp_path / "cache")
    assert not [path for path in small_hub.asked if "/resolve/" in path]


@pytest.mark.parametrize(
    "source",
    ["https://huggingface.co/datasets/a/b", "a/b/c", "../a", "a/..", "-a/b", "nowhere", "", "a b/c",
     "a/b\x00", "~nobody-at-all/x", "a--b/c", "x" * 5_000],
)  # fmt: skip
def test_only_an_id_is_asked_of_the_hub(small_hub: SmallHub, source: str) -> None:
    with pytest.raises(ConfigError, match=r"source = .*: allowed is a folder that exists here, or the id of"):
        open_faces(source, size=SIZE)
    assert small_hub.asked == []
