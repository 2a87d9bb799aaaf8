"""One visitor's training of a small face model: Step, Play, Undo, and what is to be seen of it.

Plain arguments in, plain arrays out; one lock, so any thread may call. Complete states of some earlier
moments are kept (by default six of a GAN of classroom32, four of its VAE); any other moment is the nearest of
them and a replay, bit for bit. Knows nothing of pages and pictures, nor of other visitors.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock
from typing import Any

from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.engine import NoMemory, State, enough_memory
from playground.engine.faces import FaceAutoencoder, FaceGAN, FaceVAE
from playground.engine.faces.batches import Share
from playground.engine.learner import NotFinite, Report
from playground.limits import limits
from playground.recipes import Recipe
from playground.session.face_history import FaceHistory, FaceRows, Kept
from playground.session.face_settings import FaceSettings
from playground.session.face_view import SHOWN, FaceMoment, FaceView, numbers_of, sentence_of
from playground.session.log import Log
from playground.session.saved import SavedFaceRun, own
from playground.session.session import SessionError
from playground.snapshots import Update
from playground.training.device import low_precision as is_low_precision
from playground.translations import phrase

MOST_MARKS = 4096
ALONE = 1 << 30  # single updates take batches and noise from this row on: no iteration gets as far
AVERAGE = "average"  # the layer that shows the averaged weights instead of the current ones
LEARNERS: dict[str, type[FaceGAN] | type[FaceAutoencoder]] = {
    "gan": FaceGAN,
    "vae": FaceVAE,
    "ae": FaceAutoencoder,
}
ACTORS = {"generator": "G", "discriminator": "D", "encoder": "the encoder"}
_UNDONE = {"s": "the last iterations", "d": "the D update", "g": "the G update"}


class FaceRun:
    """A face model in training that can be stepped, played and undone."""

    def __init__(
        self,
        settings: FaceSettings,
        faces: FaceSet,
        *,
        device: str = "cpu",
        low_precision: bool | None = None,
        history_bytes: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._lock = RLock()
        self._device, self._clock = device, clock
        self._history_bytes = limits().face_history_bytes if history_bytes is None else history_bytes
        self._low = is_low_precision("auto", device) if low_precision is None else low_precision
        self.stamp = self._moves = 0
        self._goal: int | None = None  # the position that `advance` goes to
        self._restart(settings, faces)

    # -- reading

    @property
    def iteration(self) -> int:
        """Iterations done at the moment that is shown."""
        return self._log.iterations(self._position)

    @property
    def stopped(self) -> bool:
        """Whether the run diverged and cannot go on."""
        return bool(self.diverged)

    @property
    def clicks(self) -> str:
        """What was done up to the moment that is shown, such as `s20d1`."""
        return self._log.text(self._position)

    @property
    def history_nbytes(self) -> int:
        """Bytes of the states that are kept."""
        return self._history.nbytes

    @property
    def restoring(self) -> bool:
        """Whether an earlier moment is aimed at and not yet reached."""
        return self._goal is not None

    def snapshots(self, layers: frozenset[str] = frozenset(), *, exact: bool = True) -> list[FaceMoment]:
        """This moment, with the layer `AVERAGE` by the averaged weights. `exact` changes nothing."""
        with self._lock:
            with enough_memory():
                strips = self.view.strips(self._learner, AVERAGE in layers)
            model, learner = self.settings.model, self._learner
            said = self.diverged or self._note or sentence_of(model, self._update, strips)
            return [
                FaceMoment(
                    run=self.stamp,
                    model=model,
                    title=self.settings.title,
                    sentence=said,
                    diverged=self.diverged,
                    where=self._where(),
                    source=self.faces.source,
                    iteration=self.iteration,
                    strips=strips,
                    numbers=numbers_of(model, self._update, strips, learner.images_seen),
                    curves=self._rows.columns(self._position, self._update),
                )
            ]

    @contextmanager
    def frozen(self) -> Iterator[FaceGAN | FaceAutoencoder]:
        """What learns, while nobody trains it."""
        with self._lock:
            yield self._learner

    # -- new runs

    def configure(self, settings: FaceSettings, faces: FaceSet | None = None) -> None:
        """A new run; where it cannot be built (`ConfigError`) the old one stays."""
        with self._lock:
            self._restart(settings, self.faces if faces is None else faces)

    def reset(self) -> None:
        """The same settings from the start."""
        self.configure(self.settings)

    # -- actions

    def step(self) -> None:
        """One iteration."""
        self.run(1)

    def run(self, count: int) -> None:
        """`count` iterations, or fewer if it diverges."""
        self._act("s", count)

    def update_discriminator(self) -> None:
        """One update of D alone, on a batch of its own."""
        self._act("d", 1)

    def update_generator(self) -> None:
        """One update of G alone, on a batch of its own; the averaged weights follow whole iterations only."""
        self._act("g", 1)

    def play(self, budget_ms: float, most: int | None = None) -> int:
        """Iterate for about `budget_ms`, at least once, at most `most` times; how many it was."""
        with self._lock:
            deadline, start = self._clock() + budget_ms / 1000, self._position
            self._begin("s")
            while not self.stopped and (most is None or self._position - start < most):
                began = self._clock()
                self._do("s")
                if 2 * self._clock() - began > deadline:  # another one would be late
                    break
            self._keep()
            return self._position - start

    def undo(self) -> None:
        """Back to the moment before the last action: a click, or one played frame."""
        self.aim_back()
        while self.advance(1000.0) < 1.0:
            pass

    def aim_back(self) -> None:
        """As `undo`, but only look up the nearest kept state; `advance` replays the rest in slices."""
        with self._lock:
            if not self._position:
                raise SessionError("Nothing to undo: this is the start of the run.")
            goal = self._mark()
            undone = self._log.last_operation(self._position)
            self._goal, self.diverged = goal, ""
            self._load_before(goal)
            at = self._log.iterations(goal)
            self._note = phrase(
                "Undone: {undone}. This is iteration {iteration:,} again.",
                undone=_UNDONE[undone],
                iteration=at,
            )

    def advance(self, budget_ms: float) -> float:
        """Replay towards the moment aimed at, for about `budget_ms`; the share done, 1.0 when there."""
        with self._lock:
            deadline, goal = self._clock() + budget_ms / 1000, self._goal
            if goal is None:
                return 1.0
            while self._position < goal:
                operation, _ = next(self._log.between(self._position, goal))
                self._do(operation, replay=True)
                if self._clock() >= deadline:
                    break
            if self._position < goal:
                return self._position / goal
            self._goal = None
            self._keep()
            return 1.0

    def rewind(self) -> None:
        """After a divergence: go on from the last finite moment, which is the one that is shown."""
        with self._lock:
            if not self.diverged:
                raise SessionError("Nothing diverged: there is nothing to rewind.")
            self.diverged = ""
            self._note = phrase(
                "Rewound to iteration {iteration:,}, the last moment at which every weight is finite.",
                iteration=self.iteration,
            )

    # -- inside: moments

    def _restart(self, settings: FaceSettings, faces: FaceSet) -> None:
        recipe = settings.effective()
        if len(faces) < SHOWN:
            raise ConfigError(
                phrase(
                    "faces = {count}: at least {least} are needed to learn from.",
                    count=len(faces),
                    least=SHOWN,
                )
            )
        if faces.images.shape[1] != recipe.size:
            raise ConfigError(
                f"faces are {faces.images.shape[1]} pixels wide: the recipe takes {recipe.size}."
            )
        with enough_memory():  # then the old run stays
            learner = self._fresh(settings, recipe, faces)
            view = FaceView(settings, recipe, learner.batches, self._device)
        self.settings, self.faces, self.recipe = settings, faces, recipe
        self.stamp += 1
        self._learner, self.view = learner, view
        self._log, self._history = Log(), FaceHistory(self._history_bytes)
        self._position: int = 0  # operations done at the moment that is shown
        self._update = _START
        self._marks: list[int] = []  # positions at which actions began
        self._rows = FaceRows()
        self._goal = None
        self._note, self.diverged = "", ""
        self._keep()

    def _fresh(self, settings: FaceSettings, recipe: Recipe, faces: FaceSet) -> FaceGAN | FaceAutoencoder:
        kind: Any = LEARNERS[settings.model]
        learner: FaceGAN | FaceAutoencoder = kind(
            recipe, faces, settings.seed, self._device, Share(), self._low
        )
        return learner

    def _begin(self, operation: str) -> None:
        if self.stopped:
            raise SessionError(self.diverged)
        if operation != "s" and self.settings.model != "gan":
            raise SessionError(
                "This model has no discriminator and no generator to update alone; press Step."
            )
        if self._goal is not None:
            self.advance(math.inf)
        self._note = ""
        self._log.truncate(self._position)
        self._history.truncate(self._position)
        self._rows.truncate(self._position)
        self._marks = [mark for mark in self._marks if mark < self._position][-MOST_MARKS:] + [self._position]

    def _act(self, operation: str, count: int) -> None:
        with self._lock:
            self._begin(operation)
            for _ in range(count):
                if not self.stopped:
                    self._do(operation)
            self._keep()

    def _do(self, operation: str, *, replay: bool = False) -> None:
        """Do or repeat one operation; where it leaves numbers that are not finite, it did not happen."""
        learner = self._learner
        try:
            with enough_memory():
                report = self._alone(operation) if operation != "s" else learner.iterate(True)
                for name in learner.flats:
                    learner.check(name)
        except NotFinite as error:
            self._fail(str(error), operation)
            return
        except NoMemory:
            if replay:  # memory may be short for what comes before, too
                self._load_before(self._position)
            else:
                self._return(self._position)
            raise
        self._position += 1
        self._moves += 1
        self._update = self._told(operation, report)
        if not replay:
            self._log.append(operation)
            self._rows.add(self._position, self._update)

    def _alone(self, operation: str) -> Report:
        """D or G alone. Its row of batches and noise is its own, so pressing again shows other faces."""
        gan = self._learner
        assert isinstance(gan, FaceGAN)
        update, done = {
            "d": (gan.update_discriminator, gan.discriminator_updates),
            "g": (gan.update_generator, gan.generator_updates),
        }[operation]
        kept, gan.iterations = gan.iterations, ALONE + done
        try:
            return update(gan.batches[gan.iterations], True)
        finally:
            gan.iterations = kept

    def _fail(self, network: str, operation: str) -> None:
        """Back to the moment before the operation that failed, and a sentence that says so."""
        at = self.iteration
        self._return(self._position)
        what = phrase("Iteration {now:,}", now=at + 1)
        if operation != "s":
            what = phrase("The update of {network} alone", network=operation.upper())
        self.diverged = phrase(
            "{what} diverged: the weights of {network} are no longer finite. The faces are those of "
            "iteration {at:,}, the last good one; choose a smaller learning rate, or undo.",
            what=what,
            network=ACTORS[network],
            at=at,
        )

    def _return(self, position: int) -> None:
        """To a moment whose operations are still in the log, by way of the nearest kept one."""
        self._load_before(position)
        while self._position < position:
            again, _ = next(self._log.between(self._position, position))
            self._do(again, replay=True)
        self._goal = None

    # -- inside: states

    def _keep(self) -> None:
        self._history.add(self._moment())

    def _moment(self) -> Kept:
        """This moment; where it is kept already, what is kept, which never changes."""
        kept = self._history.before(self._position)
        if kept is not None and kept.position == self._position:
            return kept
        state = State(self._learner.arrays(), self._learner.counters())
        return Kept(self._position, state, self._update)

    def _load_before(self, position: int) -> None:
        """Go to the nearest kept moment at or before `position`, or to the start."""
        self._moves += 1
        kept = self._history.before(position)
        if kept is None:
            self._learner = self._fresh(self.settings, self.recipe, self.faces)
            self._position, self._update = 0, _START
            return
        self._load(kept)

    def _load(self, kept: Kept) -> None:
        self._learner.load_arrays(kept.state.arrays)
        self._learner.load_counters(kept.state.counters)
        self._position, self._update = kept.position, kept.update

    def _mark(self) -> int:
        """Where Undo goes from here."""
        return max((mark for mark in self._marks if mark < self._position), default=self._position - 1)

    def _told(self, operation: str, report: Report) -> Update:
        """An update's report under the lab's names, scores as probabilities."""
        learner = self._learner
        real, generated = self._update.mean_real, self._update.mean_generated
        if operation != "g" and isinstance(learner, FaceGAN) and learner.last_scores is not None:
            shares = self.view.probabilities(*learner.last_scores)
            real, generated = (float(share.mean()) for share in shares)
        weights = zip(("r1", "r2"), (self.recipe.r1_weight, self.recipe.r2_weight), strict=True)
        penalty = 0.5 * self.recipe.penalty_every * sum(w * report.get(name, 0.0) for name, w in weights)
        return Update(
            kind={"s": "iteration", "d": "discriminator", "g": "generator"}[operation],
            iteration=learner.iterations,
            discriminator_updates=learner.discriminator_updates,
            generator_updates=learner.generator_updates,
            discriminator_loss=report.get("loss_d", math.nan) - penalty,  # which comes only now and then
            generator_loss=report.get("loss_g", report.get("loss", math.nan)),
            mean_real=real,
            mean_generated=generated,
            reconstruction=0.5 * math.sqrt(report["mse"]) if "mse" in report else math.nan,
            kl=report.get("kl", math.nan),
        )

    # -- elsewhere

    @property
    def version(self) -> tuple[object, ...]:
        """Differs whenever `save` would give something else; to be asked before it."""
        with self._lock:
            return self.stamp, self._moves, self._goal, self._note, self.diverged

    def save(self) -> SavedFaceRun:
        """Plain data that does not change, from which `resume` goes on elsewhere, bit for bit; no faces."""
        with self._lock:
            return SavedFaceRun(
                settings=self.settings,
                faces=(len(self.faces), int(self.faces.images.shape[1])),
                stamp=self.stamp,
                log=self._log.text(),
                marks=tuple(self._marks),
                goal=self._goal,
                note=self._note,
                diverged=self.diverged,
                rows=self._rows.table,
                now=self._moment(),
            )

    def resume(self, saved: SavedFaceRun) -> None:
        """Become the run that was saved, on the faces that this one has. Raises `ConfigError` where those
        cannot be the same, with all as it was."""
        with self._lock:
            here = (len(self.faces), int(self.faces.images.shape[1]))
            if here != saved.faces:
                raise ConfigError(
                    f"faces are {here[0]:,} of {here[1]} pixels, but must be the {saved.faces[0]:,} of "
                    f"{saved.faces[1]} pixels that this run learned from."
                )
            self._restart(saved.settings, self.faces)
            self.stamp, self._log, self._marks = saved.stamp, Log.of(saved.log), list(saved.marks)
            self._goal, self._note, self.diverged = saved.goal, saved.note, saved.diverged
            self._rows = FaceRows(saved.rows)
            now = replace(saved.now, state=own(saved.now.state))
            self._history.add(now)
            self._load(now)

    # -- inside: what is seen

    def _where(self) -> str:
        kind = "bfloat16" if self._low else "float32"
        side = self.recipe.size
        return phrase(
            "{count:,} faces of {side} x {side}, {kind} on {device}",
            count=len(self.faces),
            side=side,
            kind=kind,
            device=self._device,
        )


_START = Update("start", 0, 0, 0)
