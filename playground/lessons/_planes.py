"""What the lessons on 2-D runs share: their words for what is drawn, and one pane with title and caption.

Knows no lesson.
"""

from __future__ import annotations

from typing import Any

from playground.engine import Diverged, Trainer
from playground.figures.planes import PLANE_LAYERS, plane, scale
from playground.figures.plots import Plot, Range, figure
from playground.lessons.lesson import LessonError, Say
from playground.snapshots import Snapshot
from playground.words import Text

REAL_WORD = Text("real", "真實", "真实")
GENERATED_WORD = Text("generated", "生成", "生成")
ARROWS_WORD = Text("where G is told to go", "G 被告知的方向", "G 被告知的方向")
SCALE_WORD = Text("D(x), surface", "D(x)，底色", "D(x)，底色")
ITERATION = Text("iteration", "迭代", "迭代")
ITERATIONS = Text("iterations", "迭代次數", "迭代次数")
SHOWN_POINTS = 300


def pane(
    snapshot: Snapshot,
    say: Say,
    title: Text,
    caption: Text,
    *,
    layers: frozenset[str] = PLANE_LAYERS,
    window: tuple[Range, Range] | None = None,
    width: int = 400,
    **values: Any,
) -> str:
    """A figure (HTML) of the plane with legend and colour scale; `values` fill in the title and caption."""
    chart = named_plane(snapshot, say, title, layers=layers, window=window, width=width)
    bar = scale(say(SCALE_WORD)) if "surface" in layers and snapshot.surface is not None else ""
    return figure(say(title, **values), bar + chart.svg(), say(caption, **values))


def named_plane(
    snapshot: Snapshot,
    say: Say,
    title: Text,
    *,
    layers: frozenset[str] = PLANE_LAYERS,
    window: tuple[Range, Range] | None = None,
    width: int = 400,
) -> Plot:
    """The plane with the words of the legend in the visitor's language, to be drawn on further."""
    return plane(
        snapshot,
        say(title),
        layers=layers,
        window=window,
        width=width,
        real=say(REAL_WORD),
        generated=say(GENERATED_WORD),
        arrows=say(ARROWS_WORD),
    )


def iterate(trainer: Trainer, iterations: int) -> None:
    """Some iterations; a run that diverged stays where it is and is told. Raises `LessonError`."""
    try:
        trainer.run(iterations)
    except Diverged as end:
        raise LessonError(end.sentence) from None
