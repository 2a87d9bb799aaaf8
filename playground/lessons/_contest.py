"""What the lessons that train many models together share: pressing, focus, one picture, the table.

Not a lesson itself. Knows no objective and no prior.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from playground.config import RunConfig
from playground.data.target import Float64
from playground.engine.batched.scored import ScoredBatch
from playground.figures.plots import ACCENT, DASHES, figure, number
from playground.figures.strips import HALF, Strips, points_beside
from playground.lessons.lesson import Exhibit, LessonError, Room, Say, Values
from playground.words import Text

SIZES: dict[str, object] = dict(generator_width=32, discriminator_width=32, batch_size=64)
ITERATIONS = 1_000
SHOWN = 500  # points of the model that was clicked
TOP = 0.7  # nats: log 2 and a little
HEIGHT = 330  # of both charts, units

JSD = Text("JSD, nats", "JSD（nat）", "JSD（nat）")
PERFECT = Text("perfect", "完美", "完美")
REAL_POINTS, GENERATED_POINTS = Text("real", "真實", "真实"), Text("generated", "生成", "生成")


class Contest(Exhibit):
    """Many models, one batch; each row is (names of its settings), in the order of the configs."""

    HEADS: tuple[str, ...]  # of the table's first columns

    def __init__(
        self, values: Values, room: Room, rows: Sequence[tuple[object, ...]], columns: int,
        settings: Sequence[Mapping[str, object]], work: int,
    ) -> None:  # fmt: skip
        """`columns` of the strip plot, each with equally many neighbours of the rows; `work`: of a press."""
        super().__init__(values, room)
        self.rows, self.columns, self.each = rows, columns, len(rows) // columns
        configs = [RunConfig(**{**SIZES, **chosen}) for chosen in settings]  # type: ignore[arg-type]
        self.batch = ScoredBatch(configs, ITERATIONS, work=work)
        self.focus: int | None = None
        inside = np.arange(self.each) / max(1, self.each - 1) * 2.0 - 1.0
        self.places = np.tile(inside * HALF * 0.9, columns) + np.repeat(np.arange(columns), self.each)

    def press(self, name: str, argument: str = "") -> None:
        if name == "train":
            if argument:
                raise LessonError(f"train takes no argument, but was given {argument!r}.")
            self.batch.advance()
            return
        if not argument.isdecimal() or int(argument) >= len(self.rows):
            raise LessonError(f"look is {argument!r}, but must be a model from 0 to {len(self.rows) - 1}.")
        self.focus = None if self.focus == int(argument) else int(argument)

    @property
    def scores(self) -> Float64:
        """(columns, models of each), JSD in nats; NaN where not measured yet."""
        return self.batch.jsd.reshape(self.columns, self.each)

    @property
    def known(self) -> bool:
        """Whether every model was measured at least once."""
        return bool(np.isfinite(self.batch.jsd).all())

    @abstractmethod
    def title(self, model: int, say: Say) -> str:
        """What one model is."""

    @property
    def quiet(self) -> Float64:
        """(N,) the scores without that of the model in focus, which gets a dot of its own."""
        found = self.batch.jsd.copy()
        if self.focus is not None:
            found[self.focus] = np.nan
        return found

    def presses(self) -> list[str]:
        """What a click on each dot presses."""
        return [f"look:{model}" for model in range(len(self.rows))]

    def finish_strips(self, plot: Strips, say: Say) -> str:
        """The dot in focus and the floor on top of all dots."""
        if self.focus is not None:
            at = self.focus
            presses = [f"look:{at}"]
            plot.marks(self.places[at], self.batch.jsd[at], ACCENT, presses=presses, radius=5.0, opacity=1.0)
        plot.rule(y=self.batch.floor, dash=DASHES, label=say(PERFECT))
        return plot.svg()

    def picture(self, model: int, look: str, say: Say) -> str:
        """One model's points now, on the target's."""
        target, title = self.batch.target, self.title(model, say)
        real = target.sample(SHOWN, np.random.default_rng(0))
        names = say(REAL_POINTS), say(GENERATED_POINTS)
        plot = points_beside(target.extent, title, real, self.batch.points(model, SHOWN), names, HEIGHT)
        return figure(title, plot.svg(), f"JSD {number(self.batch.jsd[model], 3)}. {look}")

    def table(self) -> str | None:
        """One line for each model, as last measured."""
        if not self.known:
            return None
        batch = self.batch
        lines = [",".join((*self.HEADS, "iterations", "jsd_nats", "high_quality", "modes_covered"))]
        for row, *found in zip(self.rows, batch.jsd, batch.high_quality, batch.covered, strict=True):
            cells = ["" if np.isnan(cell) else f"{cell:.6g}" for cell in found]
            lines.append(",".join((*map(str, row), str(batch.iteration), *cells)))
        return "\n".join(lines) + "\n"


def lowest(scores: Float64) -> float:
    """The lowest known score, NaN without one."""
    known = scores[np.isfinite(scores)]
    return float(known.min()) if len(known) else float("nan")
