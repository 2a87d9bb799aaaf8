"""Weights as safetensors: half precision on disk, float32 in memory, and nothing but what was asked for.

A file may come from a stranger. Before a number is looked at, the file's size, hash and header are checked:
names and shapes have to be exactly those expected, and the numbers have to lie one after the other, without a
gap, an overlap or a rest. (The format: https://github.com/huggingface/safetensors.)
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from playground.checkpoints.description import read_bounded, strict_json, write_whole
from playground.checkpoints.ids import shown
from playground.config import ConfigError

MOST_WEIGHTS_BYTES = 64 * 2**20
MOST_HEADER_BYTES = 2**20
LENGTH_BYTES = 8  # of the header, little-endian, at the file's beginning
ITEM_BYTES = {"F16": 2, "BF16": 2, "F32": 4}

Shapes = Mapping[str, tuple[int, ...]]


def read_tensors(path: Path, digest: str, shapes: Shapes) -> dict[str, Tensor]:
    """The float32 tensors of a file with that SHA-256, which are exactly `shapes`. Raises `ConfigError`."""
    content = read_bounded(path, MOST_WEIGHTS_BYTES)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ConfigError(f"{path.name} does not match its sha256: it is damaged, or not the one described.")
    try:
        check_header(content, shapes)
        tensors = {name: tensor.float() for name, tensor in load(content).items()}
    except (SafetensorError, ValueError) as error:
        raise ConfigError(f"{path.name} is refused: {error}.") from None
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise ConfigError(f"{path.name} is refused: {shown(name)} holds numbers that are not finite.")
    return tensors


def check_header(content: bytes, shapes: Shapes) -> None:
    """Raises `ValueError` unless this is a whole safetensors file of exactly these names and shapes."""
    size = int.from_bytes(content[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + size
    if len(content) < LENGTH_BYTES or size > MOST_HEADER_BYTES or start > len(content):
        raise ValueError("it is cut short, or no safetensors file")
    try:
        header = strict_json(content[LENGTH_BYTES:start])
    except ValueError:
        raise ValueError("its header is no JSON") from None
    if not isinstance(header, dict):
        raise ValueError("its header is no table")
    header.pop("__metadata__", None)
    if set(header) != set(shapes):
        odd = min(set(header) ^ set(shapes))
        raise ValueError(
            f"{shown(odd)} is {'missing' if odd in shapes else 'no part'} of its recipe's networks"
        )
    spans = sorted(_span(name, header[name], shape) for name, shape in shapes.items())
    end = 0
    for first, last in spans:
        if first != end:
            raise ValueError("its tensors overlap or leave a gap")
        end = last
    if end != len(content) - start:
        raise ValueError(f"it holds {len(content) - start:,} bytes of numbers where its header says {end:,}")


def _span(name: str, entry: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    """Where the numbers of one tensor begin and end. Raises `ValueError`."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{shown(name)} lacks a type, a shape or its place")
    kind, found, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in ITEM_BYTES:
        raise ValueError(f"{shown(name)} is of type {shown(kind)}, and allowed is {', '.join(ITEM_BYTES)}")
    if not _wholes(found) or tuple(found) != shape:
        raise ValueError(f"{shown(name)} is of shape {shown(found)}, and its recipe makes it {list(shape)}")
    if not _wholes(offsets) or len(offsets) != 2:
        raise ValueError(f"{shown(name)} lies at {shown(offsets)}, which is no place")
    first, last = offsets
    if first < 0 or last - first != math.prod(shape) * ITEM_BYTES[kind]:
        raise ValueError(f"{shown(name)} lies at {shown(offsets)}, which does not fit its shape")
    return first, last


def _wholes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int for value in values)


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> str:
    """Write them in half precision, whole or not at all; the file's SHA-256.

    Raises `ConfigError` for numbers that half precision cannot hold, before anything is written.
    """
    halves = {name: t.detach().cpu().to(torch.float16).contiguous() for name, t in tensors.items()}
    for name, tensor in halves.items():
        if not bool(tensor.isfinite().all()):
            raise ConfigError(f"{shown(name)} holds numbers that are not finite in half precision.")
    content = save(halves)
    if len(content) > MOST_WEIGHTS_BYTES:
        raise ConfigError(f"{path.name} = {len(content):,} bytes: allowed is at most {MOST_WEIGHTS_BYTES:,}.")
    write_whole(path, content)
    return hashlib.sha256(content).hexdigest()
