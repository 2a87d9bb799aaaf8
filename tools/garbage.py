"""What a stranger may send instead of what was asked for: hypothesis strategies, and how many to try.

PLAYGROUND_FUZZ=20 tries twenty times as many. Holds no test and knows nothing of what the values are sent to.
"""

from __future__ import annotations

import io
import json
import os
import re
import struct
import zlib
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image

FUZZ_VARIABLE = "PLAYGROUND_FUZZ"
LONGEST_SENTENCE = 1_500  # characters; the longest lists every setting


def tries(count: int) -> settings:
    """A decorator: so many examples, or PLAYGROUND_FUZZ times as many."""
    times = int(os.environ.get(FUZZ_VARIABLE, "1"))
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(max_examples=count * times, suppress_health_check=checks)


def is_sentence(error: object) -> bool:
    """Whether this is one short line for a visitor: begun, ended, and without a trace of the program."""
    text = str(error)
    ends = text.endswith((".", "?", "!", "。"))
    return ends and "\n" not in text and len(text) < LONGEST_SENTENCE and "Traceback" not in text


# -- plain values, as JSON or Python may hold them

ODD_NUMBERS = [0, -1, 1, 2**31, 2**63, -(2**63), 10**19, 10**400, -(10**4000), 1.0, 0.5, -0.0, 1e-320, 1e308]
NOT_FINITE = [float("nan"), float("inf"), -float("inf")]
ODD_TEXTS = [
    "", " ", "0", "-1", "1e999", "nan", "inf", "-inf", "1_0", "٣", "½", "0x10", "1" * 5000, "true", "null",
    "\0", "\ud800", "\u202e", "a\nb", "\r\n\r\n", "x" * 20_000,
    "../../etc/passwd", "/etc/passwd", "C:\\x", "~root", "file:///etc/passwd", "http://127.0.0.1:1/", "a/b/c",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{0.__class__}", "{name}", "%s%n", "'; --",
    "__class__", "__proto__", "constructor",
]  # fmt: skip

numbers = st.one_of(
    st.sampled_from(ODD_NUMBERS), st.sampled_from(NOT_FINITE), st.integers(), st.floats(), st.integers(-3, 70)
)
texts = st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=40))
leaves = st.one_of(st.none(), st.booleans(), numbers, texts)
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=6,
)


def as_json(value: Any) -> str | None:
    """The value as a browser could send it; None where JSON cannot hold it."""
    try:
        return json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return None


def spoiled(whole: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Files cut short, with bytes changed, doubled or added."""

    @st.composite
    def spoil(draw: st.DrawFn) -> bytes:
        content = bytearray(draw(whole))
        how = draw(st.sampled_from(("cut", "change", "add", "twice", "whole")))
        if how == "cut":
            return bytes(content[: draw(st.integers(0, max(0, len(content) - 1)))])
        if how == "change" and content:
            for _ in range(draw(st.integers(1, 8))):
                content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
        if how == "add":
            content += draw(st.binary(max_size=60))
        return bytes(content * 2 if how == "twice" else content)

    return spoil()


# -- pictures

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "F")


def _saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    try:
        image.save(out, kind, **how)
    except (OSError, ValueError, KeyError):  # this format has no such mode
        image.convert("RGB").save(out, kind)
    return out.getvalue()


@st.composite
def pictures(draw: st.DrawFn) -> bytes:
    """Whole pictures of every format and mode, some of them animated, thin or large."""
    kind = draw(st.sampled_from(("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO", "TGA", "PCX")))
    size = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)) | st.just((1, 900)) | st.just((900, 1)))
    mode = draw(st.sampled_from(MODES))
    image = Image.new(mode, size)
    if kind in ("GIF", "WEBP", "PNG", "TIFF") and draw(st.booleans()):
        frames = [Image.new("RGB", size, (40 * i, 0, 0)) for i in range(draw(st.integers(2, 5)))]
        return _saved(frames[0], kind, save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = draw(st.sampled_from((1, 3, 6, 8, 9, 0)))
    return _saved(image, kind, **({"exif": exif} if kind in ("JPEG", "WEBP", "PNG", "TIFF") else {}))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it has so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 60_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


bombs = st.builds(
    bomb, st.sampled_from((1, 20_000, 2**16, 2**31 - 1)), st.sampled_from((0, 20_000, 2**16, 2**31 - 1))
)
images = st.one_of(st.binary(max_size=60), pictures(), spoiled(pictures()), bombs)

# -- names of repositories and models

WORDS = st.text("abcXYZ019._-", max_size=12)
repositories = st.one_of(
    texts,
    st.builds("{}/{}".format, WORDS, WORDS),
    st.builds("{}/{}{}".format, WORDS, WORDS, texts),
    st.builds("https://huggingface.co/{}/{}".format, WORDS, WORDS),
    st.from_regex(re.compile(r"[.~/\\]{1,6}\w{0,6}/[\w.-]{1,8}"), fullmatch=True),
)
