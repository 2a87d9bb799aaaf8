"""A training from its first to its last update: resumes, reports, samples, checkpoints, and stops cleanly.

Everything random follows from (seed, stream, row), so weights, optimizers, averages and counters are the
whole state. Whatever belongs to an update is on the disk before the state that says so: a run killed at any
moment resumes from the last state and makes the rest again, the same. Knows no page.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import fields, replace
from typing import Any, TextIO

import torch

from playground.config import ConfigError
from playground.data.faces import FaceSet, NoSuchSplit, open_faces
from playground.engine import Diverged
from playground.engine.faces import FaceAutoencoder, FaceGAN, FaceVAE
from playground.engine.faces.classifier import FaceClassifier, accuracy
from playground.engine.faces.learner import FaceLearner
from playground.engine.learner import NotFinite, Report
from playground.nets.conv import Classifier
from playground.recipes import TIMELINE, TRAITS
from playground.training import device as devices
from playground.training import files, models, resume
from playground.training.full import in_sentences
from playground.training.logs import REPORTED, Log
from playground.training.options import CLASSIFIER, Settings
from playground.training.processes import AGREE_EVERY, Group, joined
from playground.training.progress import Progress, in_words
from playground.training.samples import picture, to_png
from playground.training.stopping import Stopper

LEARNERS: dict[str, Callable[..., FaceLearner]] = {
    "gan": FaceGAN,
    "vae": FaceVAE,
    "ae": FaceAutoencoder,
    CLASSIFIER: FaceClassifier,
}


def run(settings: Settings, stream: TextIO | None = None) -> int:
    """Train as `settings` say, and report to `stream`; the update at which it stands.

    Raises `ConfigError` for what cannot be, also where disk or memory are full, and `Diverged` where weights
    stop being finite.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    with ExitStack() as stack:
        stack.enter_context(in_sentences(settings))
        group = stack.enter_context(joined(settings.device))
        if settings.recipe.batch_size % group.share.world:
            raise ConfigError(
                f"batch_size = {settings.recipe.batch_size}: allowed is a multiple of the "
                f"{group.share.world} processes."
            )
        models.model_name(settings.recipe, settings.model)  # raises now rather than at the end
        if group.leads:
            settings.out.mkdir(parents=True, exist_ok=True)
            stack.enter_context(files.locked(settings.out))
        stopper = stack.enter_context(Stopper(settings.max_minutes))
        training = Training(settings, group, stream or sys.stdout)
        return training.go_on(stopper)


class Training:
    """One run, ready to go on from where it stands."""

    def __init__(self, settings: Settings, group: Group, stream: TextIO) -> None:
        self.settings, self.group, self.out = settings, group, settings.out
        self._stream = stream
        self.progress: Progress | None = None
        saved = resume.find_state(settings, group, self._say)
        faces = _faces(settings, "train")
        asked = settings.precision
        if saved is not None and asked == "auto":  # a resumed run keeps its own
            asked = saved.circumstances["precision"]
        low = devices.low_precision(asked, group.device)
        self.learner: FaceLearner = LEARNERS[settings.model](
            settings.recipe, faces, settings.seed, group.device, group.share, low
        )
        self.identity = resume.identity(settings, faces)
        self._twice = bool(settings.recipe.r1_weight or settings.recipe.r2_weight)
        compiled = settings.compile and self._compiled()
        self.circumstances = resume.circumstances(group, low, compiled)
        self._seconds, self._last_saved = 0.0, -1  # of training before this process; -1: never
        if saved is not None:
            resume.take(saved, self.learner, self.identity, self.circumstances, self._say)
            self._seconds, self._last_saved = saved.seconds, saved.update
        self._throughput = self._measured()
        if faces.skipped_count:
            self._say(f"{faces.skipped_count:,} pictures are left out, among them:")
        for line in faces.skipped:
            self._say(line)
        self._say(
            f"{settings.model} on {len(faces):,} faces of {faces.source}, {self.circumstances['device']}, "
            f"{self.circumstances['precision']}, {group.share.world} process(es)."
        )
        self._write_config(faces)
        group.wait()

    def _compiled(self) -> bool:
        """Compile the networks, or say why it goes on without."""
        try:
            names = devices.compile_networks(self.learner.modules, self.group.device, self._twice)
        except devices.NoCompiler as why:
            self._say(f"There is no working compiler here ({why}), so --compile is left out.")
            return False
        self._say(f"Compiled: {', '.join(names)}.")
        return True

    def _write_config(self, faces: FaceSet) -> None:
        if not self.group.leads:
            return
        settings = {f.name: getattr(self.settings, f.name) for f in fields(Settings)}
        settings |= {"recipe": self.settings.recipe.to_dict(), "out": str(self.out)}
        found: dict[str, Any] = {
            "settings": settings,
            "faces": len(faces),
            "source": faces.source,
            "fingerprint": self.identity["data"],
            "circumstances": self.circumstances,
            "matrix_throughput": self._throughput,
        }
        files.write_atomically(self.out / "config.json", json.dumps(found, indent=1).encode())

    # -- the loop

    def go_on(self, stopper: Stopper) -> int:
        """Train to the last update, or until there is a reason to stop; the update reached."""
        learner, settings = self.learner, self.settings
        update = learner.iterations
        if update >= settings.updates:
            self._say(f"The run already stands at update {update:,}.")
            return update
        self._begun_at, self._begun = update, time.monotonic()
        self._reported = self._begun, update
        with ExitStack() as stack:
            log = self._open_log(stack)
            report: Report = {}
            shown: Report = {}
            reason = ""
            while update < settings.updates and not reason:
                report |= learner.iterate(self._wants(update))
                update += 1
                if update % settings.report_every == 0:
                    self._check(update)
                    self._report(log, report, update)
                    shown = {name: report[name] for name in REPORTED[settings.model] if name in report}
                    report = {}
                if self.progress is not None:
                    self.progress.tick(update, shown)
                if update in TIMELINE or update % settings.sample_every == 0:
                    self._show(log, update)
                reason = self._reason(stopper, update)
                if reason or update == settings.updates or update % settings.save_every == 0:
                    self._save(log, update, last=bool(reason) or update == settings.updates)
        self._say(self._summary(update))
        if reason:
            self._say(f"Stopped {reason} at update {update:,}; --resume goes on from there.")
        return update

    def _open_log(self, stack: ExitStack) -> Log | None:
        if not self.group.leads:
            return None
        s, update = self.settings, self.learner.iterations
        self.progress = Progress(s.updates, s.recipe.batch_size, update, self._stream)
        stack.callback(self.progress.finish)
        log = Log(self.out, s.model, update, s.tensorboard, self._say)
        stack.callback(log.close)
        return log

    def _wants(self, update: int) -> bool:
        """Whether to ask the update after `update` for a report, which waits for the device: before each row
        of curves.csv, and where the last penalties before it are due."""
        every = self.settings.report_every
        if (update + 1) % every == 0:
            return True
        k = self.settings.recipe.penalty_every
        due = self.settings.model == "gan" and self._twice and update % k == 0
        return due and (update + k) // every > update // every

    def _reason(self, stopper: Stopper, update: int) -> str:
        """Why to stop now; several processes agree, every few updates."""
        if self.group.share.world == 1:
            return stopper.reason
        if update % AGREE_EVERY or not self.group.any_true(bool(stopper.reason)):
            return ""
        return stopper.reason or "by another process"

    def _check(self, update: int) -> None:
        """Raises `Diverged`. Waits for the device."""
        try:
            for name in self.learner.flats:
                self.learner.check(name)
        except NotFinite as bad:
            last = "There is no checkpoint."
            if self._last_saved >= 0:
                path = files.state_path(self.out, self._last_saved)
                last = f"The last good checkpoint is {path.name}, of update {self._last_saved:,}."
            raise Diverged(
                f"The run diverged: at update {update:,} the weights of the {bad} are not finite. {last}",
                update,
            ) from None

    # -- what is written

    def _report(self, log: Log | None, report: Report, update: int) -> None:
        if log is None:
            return
        now, (then, before) = time.monotonic(), self._reported
        speed = (update - before) * self.settings.recipe.batch_size / (now - then)
        times = {"seconds": self._seconds + now - self._begun, "images_per_second": speed}
        self._reported = now, update
        log.write({"update": update, "images": self.learner.images_seen} | times | report)

    def _show(self, log: Log | None, update: int) -> None:
        """A picture of samples, and at the moments of the timeline the weights."""
        self._check(update)
        if log is None or self.settings.model == CLASSIFIER:
            return
        tiles = picture(self.learner)
        folder = self.out / "samples"
        folder.mkdir(exist_ok=True)
        files.write_atomically(folder / f"{update:06d}.png", to_png(tiles))
        log.picture(update, tiles)
        if update in TIMELINE:
            models.write_point(self.out, self.learner, self.settings.model)

    def _save(self, log: Log | None, update: int, last: bool) -> None:
        """The state, and at the end before it the model as others load it."""
        self._check(update)
        if log is None:
            return
        if last:
            models.write_final(self.out, self.learner, self.settings.model, self._scores())
        log.flush()
        seconds = self._seconds + time.monotonic() - self._begun
        learner = self.learner
        files.save_state(
            self.out,
            files.SavedState(
                update, seconds, learner.arrays(), learner.counters(), self.identity, self.circumstances
            ),
        )
        self._last_saved = update

    def _scores(self) -> dict[str, float] | None:
        """Of a classifier, on faces that it has not learnt from."""
        network = self.learner.averages.get(CLASSIFIER)
        if not isinstance(network, Classifier):
            return None
        try:
            found = accuracy(network, _faces(self.settings, "test"))
        except NoSuchSplit:
            self._say("There are no test faces, so nothing is said of how often it is right.")
            return None
        for trait in TRAITS:
            right, floor = (found[f"{trait}_{what}"] for what in ("accuracy", "commonest"))
            if math.isfinite(right):
                self._say(
                    f"On the test faces {right:.1%} of {trait} colours are right; always naming the "
                    f"commonest would get {floor:.1%}."
                )
        return found

    # -- what is said

    def _say(self, sentence: str) -> None:
        if not self.group.leads:
            return
        if self.progress is not None:
            self.progress.say(sentence)
        else:
            print(sentence, file=self._stream, flush=True)

    def _measured(self) -> float | None:
        seconds = self.settings.measure_seconds
        if not seconds:
            return None
        low = self.circumstances["precision"] == "bfloat16"
        return devices.matrix_throughput(self.group.device, low, seconds)

    def _summary(self, update: int) -> str:
        devices.synchronize(self.group.device)
        passed = time.monotonic() - self._begun
        images = (update - self._begun_at) * self.settings.recipe.batch_size
        text = f"{update - self._begun_at:,} updates in {in_words(passed)}: {images / passed:,.0f} images/s"
        if self._throughput is None:
            return text + "."
        relative = self.settings.recipe.objective == "relativistic"
        each = devices.operations_per_image(self.settings.recipe, self.learner.modules, relative)
        made = each * images / passed / self.group.share.world
        return (
            f"{text}, {made / 1e9:,.0f} billion operations/s, {made / self._throughput:.0%} of the "
            f"{self._throughput / 1e9:,.0f} that large matrix products reach in "
            f"{self.circumstances['precision']}."
        )


def _faces(settings: Settings, split: str) -> FaceSet:
    """The faces of a split; of the training split only the first `limit`."""
    faces = open_faces(settings.data, split, settings.recipe.size)
    if settings.limit is None or split != "train":
        return faces
    n = settings.limit
    return replace(faces, images=faces.images[:n], hair=faces.hair[:n], eyes=faces.eyes[:n])
