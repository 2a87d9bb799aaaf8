"""Whether two values are the same plain data, bit for bit: arrays, dataclasses, NaN. Holds no test."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def alike(a: Any, b: Any) -> bool:
    """Same types, same numbers; NaN is like NaN."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        same_kind = isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.dtype == b.dtype
        return same_kind and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if type(a) is not type(b):
        return False
    if is_dataclass(a):
        return all(alike(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dict__") and type(a).__eq__ is object.__eq__:
        return alike(vars(a), vars(b))
    return bool(a == b or (a != a and b != b))
