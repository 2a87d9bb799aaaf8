"""One visitor: a run, or two in lockstep, with a history; what Play, Step, Undo and a link do.

Plain arguments in, snapshots out; one lock, so any thread may call. Knows nothing of pages and pictures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import RLock
from typing import Any

from playground.config import RunConfig
from playground.engine import NoMemory
from playground.limits import limits
from playground.session.bounds import check_work
from playground.session.keyframes import Keyframe, Keyframes
from playground.session.link import other_config, read_link, write_link
from playground.session.log import Log
from playground.session.moments import is_moment, next_moment
from playground.session.run import Run
from playground.session.saved import SavedSession, own_frame, own_reading, pack_rows, unpack_rows
from playground.session.sentences import action_sentence
from playground.snapshots import Curves, Snapshot
from playground.translations import phrase

ALL_LAYERS = frozenset({"surface", "real", "generated", "arrows", "grid", "d_star"})
MAX_MARKS = 4096


class SessionError(ValueError):
    """An action that cannot be done now: a sentence for the visitor."""


class Session:
    """A run that can be played, stepped, undone, compared and sent as a link."""

    def __init__(
        self,
        config: RunConfig | None = None,
        *,
        device: str | None = None,
        history_bytes: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._lock = RLock()
        self._device, self._clock = device, clock
        self._history_bytes = limits().history_bytes if history_bytes is None else history_bytes
        self._stamp = self._moves = 0
        self._goal: int | None = None  # the position that `advance` goes to
        self._restart(config or RunConfig(), None)

    # -- reading

    @property
    def config(self) -> RunConfig:
        """The settings of the (first) run."""
        return self._runs[0].config

    @property
    def changes(self) -> dict[str, Any] | None:
        """What Compare changed in the second run, or None."""
        return self._changes

    @property
    def stamp(self) -> int:
        """Grows with every new run."""
        return self._stamp

    @property
    def iteration(self) -> int:
        """Iterations done at the moment that is shown, by the run that got farther if one diverged."""
        with self._lock:
            return max(run.trainer.iteration for run in self._runs)

    @property
    def last_iteration(self) -> int:
        """The newest iteration that can be gone to."""
        with self._lock:
            end = self._log.length
            return self._log.iterations(end - (self._dead_end == end))

    @property
    def diverged(self) -> str:
        """The sentence of a run that stopped, or empty."""
        with self._lock:
            return next((run.diverged for run in self._runs if run.diverged), "")

    @property
    def stopped(self) -> bool:
        """Whether no run can go on."""
        with self._lock:
            return all(run.diverged for run in self._runs)

    @property
    def backend(self) -> str:
        """How and where the updates are computed."""
        trainer = self._runs[0].trainer
        return f"{trainer.backend} on {trainer.device}"

    @property
    def history_nbytes(self) -> int:
        """Bytes held by the history."""
        return self._keyframes.nbytes

    @property
    def clicks(self) -> str:
        """What was done up to the moment that is shown, or gone to, as text."""
        with self._lock:
            return self._log.text(self._told)

    def link(self) -> str:
        """The query that opens this very moment, or the one that is gone to."""
        with self._lock:
            return write_link(self.config, self._log, self._told, self._other)

    @property
    def link_is_whole(self) -> bool:
        """Whether the link holds the clicks too; a very long run does not fit."""
        with self._lock:
            return self._log.fits_a_link(self._told)

    @property
    def _told(self) -> int:
        """The position that a link opens: a page that is reloaded on its way must not lose the rest."""
        return self._position if self._goal is None else max(self._goal, self._position)

    def snapshots(self, layers: frozenset[str] = ALL_LAYERS, *, exact: bool = True) -> list[Snapshot]:
        """This moment: one snapshot, or two in Compare. `exact` takes the slow measures for it."""
        with self._lock:
            return self._seen(layers, self._log.last_operation(self._position), self._note, exact)

    def curves(self) -> list[Curves]:
        """The recorded moments of each run up to the one that is shown."""
        return [snapshot.curves for snapshot in self.snapshots(frozenset()) if snapshot.curves is not None]

    # -- new runs

    def configure(self, config: RunConfig, changes: dict[str, Any] | None = None) -> None:
        """A new run; where it cannot be built (`ConfigError`) the old one stays."""
        with self._lock:
            self._restart(config, changes)

    def reset(self) -> None:
        """The same settings from the start."""
        with self._lock:
            self._restart(self.config, self._changes)

    def compare(self, changes: dict[str, Any] | None) -> None:
        """A second run beside the first, both from the start: same target, seed and batches. None ends it."""
        with self._lock:
            self._restart(self.config, changes)

    def open_link(self, query: str) -> None:
        """Make the run of a link and aim at its moment; `advance` goes there. Raises a sentence."""
        config, changes, log = read_link(query)
        with self._lock:
            self._restart(config, changes)
            self._log = log
            self._goal = log.length or None

    # -- actions

    def step(self) -> None:
        """One iteration."""
        self._act("s")

    def update_discriminator(self) -> None:
        """One update of D alone."""
        self._act("d")

    def update_generator(self) -> None:
        """One update of G alone."""
        self._act("g")

    def play(self, budget_ms: float, max_iterations: int | None = None) -> int:
        """Iterate for about `budget_ms`, at least once, at most `max_iterations` times; how many it was."""
        with self._lock:
            deadline = self._clock() + budget_ms / 1000
            self._begin("s")
            start = self._position
            limit = start + (max_iterations or 1_000_000)
            while self._position < limit and not self.stopped:
                self._go("s", self._chunk(limit, deadline))
                if self._clock() >= deadline:
                    break
            self._remember()
            return self._position - start

    def undo(self) -> None:
        """Back to the moment before the last action: a click, or one played frame."""
        with self._lock:
            if not self._position:
                raise SessionError("Nothing to undo: this is the start of the run.")
            undone = self._log.last_operation(self._position)
            self._jump(self._mark())
            self._note = action_sentence("undo", undone, self.iteration)

    def seek(self, iteration: int) -> None:
        """Go to an earlier (or again to a later) iteration, bit for bit."""
        self.aim(iteration)
        while self.advance(1000.0) < 1.0:
            pass

    def aim(self, iteration: int) -> None:
        """As `seek`, but only look up the nearest kept state; `advance` replays the rest in slices."""
        with self._lock:
            last = self.last_iteration
            if not 0 <= iteration <= last:
                raise SessionError(
                    phrase(
                        "Iteration {iteration:,} is not in this run; it must be 0 to {last:,}.",
                        iteration=iteration,
                        last=last,
                    )
                )
            self._aim(self._log.position_of(iteration))
            self._note = action_sentence("seek", "", iteration)

    def rewind(self) -> None:
        """From a diverged run to its last finite moment."""
        with self._lock:
            failed = [at for at in self._failed if at is not None]
            if not failed:
                raise SessionError("Nothing diverged: there is nothing to rewind.")
            ended = self.stopped
            self._jump(min(failed) - 1)
            if ended:
                self._forget_future()
            self._note = action_sentence("rewind", "", self.iteration)

    @property
    def restoring(self) -> bool:
        """Whether a moment is aimed at that is not yet reached."""
        return self._goal is not None

    def advance(self, budget_ms: float) -> float:
        """Replay towards the moment aimed at, for about `budget_ms`; the share done, 1.0 when there."""
        with self._lock:
            deadline = self._clock() + budget_ms / 1000
            while self._goal is not None and self._position < self._goal:
                operation, left = next(self._log.between(self._position, self._goal))
                self._go(operation, min(left, self._chunk(self._goal, deadline)), replay=True)
                if self._clock() >= deadline:
                    break
            if self._goal is None or self._position >= self._goal:
                self._goal = None
                self._remember()
                return 1.0
            self._remember()
            return self._position / self._goal

    def preview(self, layers: frozenset[str] = ALL_LAYERS) -> list[Snapshot]:
        """The middle of the next iteration: D has moved, G has not. The run itself stays where it is."""
        with self._lock:
            before = self._moment()
            try:
                for run in self._runs:
                    run.apply("d", run.config.discriminator_updates)
                return self._seen(layers, "d", "", exact=False)
            finally:
                self._load(before)

    # -- inside

    def _seen(self, layers: frozenset[str], operation: str, note: str, exact: bool) -> list[Snapshot]:
        """The runs as they are, after `operation`."""
        last = self.last_iteration
        return [
            run.snapshot(
                layers,
                stamp=self._stamp,
                position=self._position,
                length=self._log.length,
                before=self._before,
                operation=operation,
                note=note,
                last_iteration=last,
                exact=exact,
            )
            for run in self._runs
        ]

    def _restart(self, config: RunConfig, changes: dict[str, Any] | None) -> None:
        other = other_config(config, changes)
        for each in [config, other] if other else [config]:
            check_work(each)
        differing = tuple(changes or ()) if other else ()
        runs = [Run(each, self._device, differing) for each in ([config, other] if other else [config])]
        self._runs, self._other, self._changes = runs, other, changes if other else None
        self._stamp += 1
        self._log, self._position, self._before = Log(), 0, 0
        self._marks: list[int] = []
        self._failed: list[int | None] = [None] * len(runs)
        self._dead_end: int | None = None  # the position at which the last run failed: not an iteration done
        self._keyframes = Keyframes(self._history_bytes)
        self._goal = None
        self._note = ""
        self._fits = True  # whether one moment fits the history
        self._seconds = 0.0  # one operation, about
        self._record()
        self._remember()

    def _act(self, operation: str) -> None:
        with self._lock:
            self._begin(operation)
            self._go(operation, 1)
            self._remember()

    def _begin(self, operation: str) -> None:
        """Before an action: it must be possible, and what had been undone is forgotten."""
        if self._goal is not None:
            raise SessionError(
                phrase(
                    "This run is still being opened: update {position:,} of {goal:,}. A moment more.",
                    position=self._position,
                    goal=self._goal,
                )
            )
        if self.stopped:
            raise SessionError(self.diverged)
        if not any(run.takes(operation) and not run.diverged for run in self._runs):
            raise SessionError(
                "This model has no discriminator and no generator to update alone; press Step."
            )
        self._note, self._before = "", self.iteration
        self._forget_future()
        self._marks = [mark for mark in self._marks if mark < self._position][-MAX_MARKS:]
        self._marks.append(self._position)

    def _forget_future(self) -> None:
        """What had been undone can no longer be gone to."""
        if self._position < self._log.length:
            self._log.truncate(self._position)
            self._dead_end = None
            self._keyframes.truncate(self._position)
            for run in self._runs:
                run.forget_after(self._position)

    def _chunk(self, limit: int, deadline: float) -> int:
        """How many operations to do at once: up to the limit, about the deadline."""
        fits = int((deadline - self._clock()) / self._seconds) if self._seconds else 1
        return max(1, min(limit - self._position, fits))

    def _go(self, operation: str, count: int, *, replay: bool = False) -> None:
        """Do or repeat `count` operations, stopping at each moment that the curves record."""
        end = self._position + count
        while self._position < end:
            length = self._log.length if replay else 0
            start = self._position
            stop = min(end, next_moment(start, max(length, end)))
            began = self._clock()
            before = self._moment() if len(self._runs) > 1 else None  # one may fail after the other moved
            try:
                failed = [run.apply(operation, stop - start) for run in self._runs]
            except NoMemory:
                if before is not None:
                    self._load(before)
                raise
            self._seconds = (self._clock() - began) / (stop - start)
            self._failed = [
                old if new is None else start + new for old, new in zip(self._failed, failed, strict=True)
            ]
            if self.stopped:  # nothing happens after the last failure
                stop = max(at for at in self._failed if at is not None)
            self._position = stop
            self._moves += 1
            if not replay:
                self._log.append(operation, stop - start)
            self._record()
            if self.stopped:
                self._dead_end = stop
                if replay:
                    self._log.truncate(stop)
                    self._goal = None
                return

    def _record(self) -> None:
        if is_moment(self._position, self._log.length):
            for run in self._runs:
                if self._position not in run.rows and not run.diverged:
                    run.record(self._position, self._log.length)

    def _remember(self) -> None:
        """Keep this moment's states, if such states fit the history at all."""
        if self._fits:
            frame = self._moment()
            self._fits = frame.nbytes <= self._history_bytes
            self._keyframes.add(frame)

    def _moment(self) -> Keyframe:
        return Keyframe(
            self._position,
            tuple(run.trainer.state() for run in self._runs),
            tuple(run.update for run in self._runs),
            tuple(run.diverged for run in self._runs),
            tuple(self._failed),
        )

    def _load(self, frame: Keyframe) -> None:
        for run, state, update, diverged in zip(
            self._runs, frame.states, frame.updates, frame.diverged, strict=True
        ):
            run.restore(state, update, diverged)
        self._position, self._failed = frame.position, list(frame.failed)

    def _mark(self) -> int:
        """Where Undo goes from here."""
        return max((mark for mark in self._marks if mark < self._position), default=self._position - 1)

    def _aim(self, position: int) -> None:
        """Load the nearest kept moment at or before `position`."""
        frame = self._keyframes.at_or_before(position)
        if self._position <= position and (frame is None or frame.position <= self._position):
            pass  # going on from here is shorter
        elif frame is not None:
            self._load(frame)
        else:
            self._runs = [run.renewed(self._device) for run in self._runs]
            self._position, self._failed = 0, [None] * len(self._runs)
        self._goal = position
        self._before = self.iteration
        self._moves += 1

    def _jump(self, position: int) -> None:
        self._aim(position)
        while self.advance(1000.0) < 1.0:
            pass

    # -- elsewhere

    @property
    def version(self) -> tuple[object, ...]:
        """Differs whenever `save` would give something else; to be asked before it."""
        with self._lock:
            return (self._stamp, self._moves, self._goal, self._note, *(run.readings for run in self._runs))

    def save(self) -> SavedSession:
        """Plain data that does not change, from which `resume` goes on elsewhere, bit for bit."""
        with self._lock:
            return SavedSession(
                settings=self.config.to_query(),
                changes=tuple((self._changes or {}).items()),
                stamp=self._stamp,
                log=self._log.text(),
                marks=tuple(self._marks),
                goal=self._goal,
                before=self._before,
                dead_end=self._dead_end,
                note=self._note,
                now=self._moment(),
                undo=self._keyframes.at_or_before(self._mark()),
                rows=tuple(pack_rows(run.rows) for run in self._runs),
                measured=tuple(run.measured for run in self._runs),
            )

    def resume(self, saved: SavedSession) -> None:
        """Become the session that was saved, on this machine's device."""
        with self._lock:
            self._restart(RunConfig.from_query(saved.settings), dict(saved.changes) or None)
            self._stamp, self._log, self._marks = saved.stamp, Log.of(saved.log), list(saved.marks)
            self._dead_end, self._note = saved.dead_end, saved.note
            for run, rows, measured in zip(self._runs, saved.rows, saved.measured, strict=True):
                run.rows, run.measured = unpack_rows(rows), own_reading(measured)
            frames = [own_frame(frame) for frame in (saved.undo, saved.now) if frame]
            for frame in frames:
                self._keyframes.add(frame)
            self._load(frames[-1])
            self._goal, self._before = saved.goal, saved.before
