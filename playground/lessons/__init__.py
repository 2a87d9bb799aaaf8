"""The lessons: one module each, found by looking into this folder. Knows the folder, not what is in it."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from playground.lessons.lesson import Lesson

FRAME = frozenset({"lesson", "run", "wishes"})  # modules of this folder that hold no lesson


@cache
def lessons() -> dict[str, Lesson]:
    """Every lesson by its slug, in the order of the path."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name not in FRAME)
    found: list[Lesson] = [
        importlib.import_module(f"{__name__}.{name}").LESSON for name in names if not name.startswith("_")
    ]
    return {lesson.slug: lesson for lesson in sorted(found, key=lambda lesson: lesson.place)}
