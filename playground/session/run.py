"""One run of a session: a trainer, the moments of its curves, and whether it diverged.

Knows nothing of history, of the other run in Compare, or of who is watching.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from playground.config import RunConfig
from playground.engine import Diverged, Gauge, State, Trainer, observe
from playground.session.moments import is_moment
from playground.session.sentences import sentence, title
from playground.snapshots import Array, Curves, Measures, Snapshot, Update

MAX_ROWS = 256
_OF_UPDATE = {f.name for f in fields(Update)}
_COLUMNS = [f.name for f in fields(Curves) if f.name != "iteration"]


@dataclass(frozen=True)
class Row:
    """One recorded moment of the curves."""

    update: Update
    measures: Measures


class Run:
    """A trainer that stays at its last finite state once it diverged."""

    def __init__(self, config: RunConfig, device: str | None) -> None:
        self.config = config
        self.trainer = Trainer(config, device=device)
        self.gauge = Gauge(self.trainer)
        self.update: Update = self.trainer.last_update
        self.diverged = ""
        self.rows: dict[int, Row] = {}
        self._measured: tuple[int, Measures, Array | None] | None = None
        self._columns: tuple[tuple[int, int], Curves] | None = None

    def takes(self, operation: str) -> bool:
        """Whether this model has such an update."""
        return operation == "s" or self.config.model == "gan"

    def apply(self, operation: str, count: int) -> int | None:
        """Do `count` operations; where the run diverges, which of them failed (from 1)."""
        if self.diverged or not self.takes(operation):
            return None
        before = self.trainer.iteration
        done = 0
        try:
            if operation == "s":
                self.update = self.trainer.run(count)
            else:
                act = self.trainer.update_discriminator if operation == "d" else self.trainer.update_generator
                for done in range(count):  # noqa: B007
                    self.update = act()
        except Diverged as error:
            self.diverged = error.sentence
            return min(count, 1 + (self.trainer.iteration - before if operation == "s" else done))
        return None

    # -- moments

    def measures(self, position: int) -> tuple[Measures, Array | None]:
        """The slow numbers of this moment, and D* on the surface's grid; taken once for each position."""
        if self._measured is None or self._measured[0] != position:
            self._measured = (position, *self.gauge.read())
        return self._measured[1:]

    def latest_measures(self, position: int) -> Measures:
        """The newest measures that were taken not later than `position`, at no cost."""
        if self._measured is not None and self._measured[0] == position:
            return self._measured[1]
        newest = max((at for at in self.rows if at <= position), default=None)
        return Measures() if newest is None else self.rows[newest].measures

    def latest_d_star(self, layers: frozenset[str]) -> Array | None:
        """The newest D* that was taken, if it is to be shown."""
        return self._measured[2] if self._measured is not None and "d_star" in layers else None

    def record(self, position: int, length: int) -> None:
        """Make this moment a row of the curves; many rows are thinned for a run of `length` operations."""
        self.rows[position] = Row(self.update, self.measures(position)[0])
        if len(self.rows) > MAX_ROWS:
            self.rows = {at: row for at, row in self.rows.items() if is_moment(at, length)}

    def forget_after(self, position: int) -> None:
        """Drop the recorded moments after `position`."""
        self.rows = {at: row for at, row in self.rows.items() if at <= position}
        self._columns = None

    def curves(self, position: int, current: Row | None) -> Curves:
        """The recorded moments up to `position`, and the current one where it is known."""
        kept = [at for at in self.rows if at <= position and (current is None or at != position)]
        rows = [self.rows[at] for at in sorted(kept)] + ([current] if current else [])
        stamp = (position if current else max(kept, default=-1), len(rows))
        if self._columns is None or self._columns[0] != stamp:
            self._columns = (stamp, _stack(rows))
        return self._columns[1]

    # -- states

    def renewed(self, device: str | None) -> Run:
        """The same run at its very start, with the moments that are already recorded."""
        run = Run(self.config, device)
        run.rows = self.rows
        return run

    def restore(self, state: State, update: Update, diverged: str) -> None:
        """Go to another moment of this run."""
        self.trainer.load_state(state)
        self.update, self.diverged = update, diverged

    # -- pictures

    def snapshot(
        self,
        layers: frozenset[str],
        *,
        stamp: int,
        position: int,
        before: int,
        last_iteration: int,
        note: str,
        exact: bool,
    ) -> Snapshot:
        """This moment as plain arrays; without `exact` the newest measures that were taken are shown."""
        measures = self.measures(position)[0] if exact else self.latest_measures(position)
        seen = observe(
            self.trainer,
            run=stamp,
            layers=layers,
            measures=measures,
            curves=self.curves(position, Row(self.update, measures) if exact else None),
            d_star=self.latest_d_star(layers),
            last_iteration=last_iteration,
            diverged=self.diverged,
        )
        return replace(
            seen,
            title=title(self.config),
            update=self.update,
            sentence=self.diverged or note or self._said(seen, before),
        )

    def _said(self, seen: Snapshot, before: int) -> str:
        real = generated = math.nan
        if self.config.model == "gan" and len(seen.real):
            real = float(np.mean(self.trainer.discriminate(seen.real)))
        if len(seen.scores):
            generated = float(np.mean(seen.scores))
        return sentence(self.config, self.update, before=before, real=real, generated=generated)


def _stack(rows: list[Row]) -> Curves:
    """Rows as columns; a column is a field of the update or, where it is not, of the measures."""

    def column(name: str) -> Array:
        # V(D, G) on the measuring grid, not on one batch
        of_update = name in _OF_UPDATE and name != "value"
        return np.array(
            [getattr(row.update if of_update else row.measures, name) for row in rows], np.float32
        )

    iterations = np.array([row.update.iteration for row in rows], np.int64)
    return Curves(iteration=iterations, **{name: column(name) for name in _COLUMNS})
