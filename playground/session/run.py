"""One run of a session: a trainer, the moments of its curves, and whether it diverged.

Knows nothing of history, of the other run in Compare, or of who is watching.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from playground.config import RunConfig
from playground.engine import Diverged, Gauge, NoMemory, State, Trainer, observe
from playground.session.moments import is_moment, is_transport_moment, widest_spacing
from playground.session.sentences import sentence, title
from playground.snapshots import Array, Curves, Measures, Snapshot, Update

MAX_ROWS = 256
Reading = tuple[int, Measures, Array | None]  # position, measures, D*
_OF_UPDATE = {f.name for f in fields(Update)}
_COLUMNS = [f.name for f in fields(Curves) if f.name != "iteration"]


@dataclass(frozen=True)
class Row:
    """One recorded moment of the curves."""

    update: Update
    measures: Measures


class Run:
    """A trainer that stays at its last finite state once it diverged."""

    def __init__(self, config: RunConfig, device: str | None, differing: tuple[str, ...] = ()) -> None:
        self.config = config
        self.differing = differing  # the settings in which the other run of Compare differs
        self.trainer = Trainer(config, device=device)
        self.gauge = Gauge(self.trainer)
        self.update: Update = self.trainer.last_update
        self.diverged = ""
        self.rows: dict[int, Row] = {}
        self.measured: Reading | None = None
        self.readings = 0  # how often they were taken
        self._columns: tuple[tuple[tuple[int, ...], int, int | None], Curves] | None = None

    def takes(self, operation: str) -> bool:
        """Whether this model has such an update."""
        return operation in ("", "s") or self.config.model == "gan"

    def apply(self, operation: str, count: int) -> int | None:
        """Do `count` operations; where the run diverges, which of them failed (from 1)."""
        if self.diverged or not self.takes(operation):
            return None
        before = self.trainer.iteration
        start = self.trainer.state() if operation != "s" and count > 1 else None
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
            if self.trainer.last_update.kind != "start":  # the trainer went on to its last finite iteration
                self.update = self.trainer.last_update
            return min(count, 1 + (self.trainer.iteration - before if operation == "s" else done))
        except NoMemory:
            if start is not None:  # what comes before the update that failed has not happened either
                self.trainer.load_state(start)
            raise
        return None

    # -- moments

    def measures(self, position: int, transport: bool = True) -> Measures:
        """The slow numbers of this moment, taken once; they are read together with D*."""
        known = self.measured
        if known is None or known[0] != position or (transport and math.isnan(known[1].wasserstein)):
            self.measured = known = (position, *self.gauge.read(transport=transport))
            self.readings += 1
        return known[1]

    def latest_measures(self, position: int) -> Measures:
        """The newest measures that were taken not later than `position`, at no cost."""
        if self.measured is not None and self.measured[0] == position:
            return self.measured[1]
        earlier = [self.rows[at].measures for at in sorted(self.rows) if at <= position]
        if not earlier:
            return Measures()
        moved = next((m for m in reversed(earlier) if not math.isnan(m.wasserstein)), earlier[-1])
        return replace(earlier[-1], wasserstein=moved.wasserstein, wasserstein_floor=moved.wasserstein_floor)

    def latest_d_star(self, position: int) -> Array | None:
        """The newest D* that was taken, unless it is of a later moment."""
        return self.measured[2] if self.measured is not None and self.measured[0] <= position else None

    def record(self, position: int, length: int) -> None:
        """Make this moment a row of the curves; many rows are thinned for a run of `length` operations."""
        measures = self.measures(position, is_transport_moment(position, length))
        self.rows[position] = Row(self.update, measures)
        if len(self.rows) > MAX_ROWS:
            self.rows = {at: row for at, row in self.rows.items() if is_moment(at, length)}

    def forget_after(self, position: int) -> None:
        """Drop all that was measured after `position`."""
        self.rows = {at: row for at, row in self.rows.items() if at <= position}
        self._columns = None
        if self.measured is not None and self.measured[0] > position:
            self.measured = None

    def curves(self, position: int, length: int, current: Row | None) -> Curves:
        """The moments up to `position` that a run of `length` operations records, and the current one where
        it is known. Played or replayed, the same clicks give the same curves."""
        last = position if current is None else position - 1
        kept = sorted(at for at in self.rows if at <= last and is_moment(at, length))
        stamp = (tuple(kept), widest_spacing(length), None if current is None else position)
        if self._columns is None or self._columns[0] != stamp:
            rows = [
                self.rows[at] if is_transport_moment(at, length) else _without_transport(self.rows[at])
                for at in kept
            ]
            rows += [current] if current else []
            self._columns = (stamp, _stack(rows))
        return self._columns[1]

    # -- states

    def renewed(self, device: str | None) -> Run:
        """The same run at its very start, with what is already recorded and measured."""
        run = Run(self.config, device, self.differing)
        run.rows, run.measured, run.readings = self.rows, self.measured, self.readings
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
        length: int,
        before: int,
        operation: str,
        last_iteration: int,
        note: str,
        exact: bool,
    ) -> Snapshot:
        """This moment, reached by `operation`, as plain arrays; without `exact` with the newest measures that
        were taken."""
        measures = self.measures(position) if exact else self.latest_measures(position)
        seen = observe(
            self.trainer,
            run=stamp,
            layers=layers,
            measures=measures,
            curves=self.curves(position, length, Row(self.update, measures) if exact else None),
            d_star=self.latest_d_star(position),
            last_iteration=last_iteration,
            diverged=self.diverged,
        )
        return replace(
            seen,
            title=title(self.config, self.differing),
            update=self.update,
            sentence=self.diverged or note or self._said(seen, before, waited=not self.takes(operation)),
        )

    def _said(self, seen: Snapshot, before: int, waited: bool) -> str:
        real = generated = math.nan
        if self.config.model == "gan" and len(seen.real):
            real = float(np.mean(self.trainer.discriminate(seen.real)))
        if len(seen.scores):
            generated = float(np.mean(seen.scores))
        return sentence(
            self.config, self.update, before=before, real=real, generated=generated, waited=waited
        )


def _without_transport(row: Row) -> Row:
    """A moment whose Wasserstein distance another run of the same clicks would not have taken."""
    return replace(row, measures=replace(row.measures, wasserstein=math.nan, wasserstein_floor=math.nan))


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
