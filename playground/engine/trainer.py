"""The trainer: one run from its config. Counts iterations, reports each, can be put back to any moment.

Knows nothing of screens, visitors or files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from playground.config import ConfigError, RunConfig
from playground.data import decode_points, make_target
from playground.engine import fast_adversarial, likelihood
from playground.engine.adversarial import Adversarial
from playground.engine.draws import Stream, numpy_rng
from playground.engine.fast_adversarial import FastAdversarial
from playground.engine.learner import Learner, NotFinite, Report
from playground.engine.likelihood import FastLikelihood, Likelihood
from playground.engine.memory import enough_memory, is_out_of_memory
from playground.engine.mixture import MixtureEM
from playground.engine.recorded import CudaGraph, Recorded
from playground.objectives import probability
from playground.snapshots import Update
from playground.translations import phrase

DEVICE_VARIABLE = "PLAYGROUND_DEVICE"
BORROWED_VARIABLE = "SPACES_ZERO_GPU"  # set where CUDA only answers inside a function that borrows the GPU
REFERENCE_POINTS = 256  # behind the centre of a relativistic score or a critic


class Diverged(ArithmeticError):
    """A run met NaN or infinity. The trainer is left at its last finite moment."""

    def __init__(self, sentence: str, iteration: int) -> None:
        super().__init__(sentence, iteration)  # both, so that it can come from another process
        self.sentence, self.iteration = sentence, iteration

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class State:
    """Everything needed to go on bit for bit: arrays and counters; random numbers follow from these."""

    arrays: dict[str, NDArray[np.generic]]
    counters: dict[str, int]

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, bytes."""
        return sum(array.nbytes for array in self.arrays.values())


def choose_device(asked: str | None = None) -> str:
    """The device asked for, else the environment's `PLAYGROUND_DEVICE`, else CUDA, then MPS, then the CPU; on
    a ZeroGPU Space, whose GPU no session could keep, the CPU.

    Raises `ConfigError` if a device is asked for that is not there.
    """
    asked = asked or os.environ.get(DEVICE_VARIABLE) or "auto"
    there = [
        name
        for name, found in (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available()))
        if found
    ]
    there.append("cpu")
    if asked == "auto":
        return "cpu" if os.environ.get(BORROWED_VARIABLE) else there[0]
    if asked not in there:
        raise ConfigError(f"device is {asked[:40]!r}, but must be auto or one of {', '.join(there)}.")
    return asked


def _learner(
    c: RunConfig, device: str, generator: nn.Module | None, discriminator: nn.Module | None
) -> tuple[Learner, str]:
    """The model that the config asks for, and why it does not run in closed form (or nothing)."""
    try:
        points = decode_points(c.target_points) if c.target == "points" else None
        target = make_target(c.target, sigma=c.target_sigma, points=points)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if c.model == "gmm":
        return MixtureEM(c, target, device), ""
    own = generator is not None or discriminator is not None
    if c.model != "gan":
        if own:
            raise ConfigError(f"model is {c.model!r}, but networks of your own go with model 'gan'.")
        why = likelihood.why_not(c)
        return (Likelihood if why or c.backend == "eager" else FastLikelihood)(c, target, device), why
    why = "networks of your own need autograd" if own else fast_adversarial.why_not(c)
    if why or c.backend == "eager":
        return Adversarial(c, target, device, generator, discriminator), why
    return FastAdversarial(c, target, device), why


class Trainer:
    """One run: `Trainer(RunConfig(...))`, then `step`, `update_discriminator`, `update_generator` or `run`.

    Networks of the caller's own replace the default ones: `generator` maps (N, latent_dim) to (N, 2),
    `discriminator` (N, 2 packing) to (N, 1), a score before any sigmoid (BEGAN: to (N, 2)). They must be
    float32; their parameters become views of one vector. Raises `ConfigError` for what cannot be; whatever
    raises its subclass `NoMemory`, because the device is full, leaves the run as it was.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        generator: nn.Module | None = None,
        discriminator: nn.Module | None = None,
        device: str | None = None,
    ) -> None:
        self.config, self.device = config, choose_device(device)
        self._own_networks = generator is not None or discriminator is not None
        with enough_memory():
            self.learner, self.backend_note = _learner(config, self.device, generator, discriminator)
        if config.backend == "analytic" and self.backend_note:
            raise ConfigError(f"backend is 'analytic', but {self.backend_note}; it must be auto or eager.")
        self.backend = self.learner.backend
        records = self.device == "cuda" and self.learner.recordable
        self.recorded = Recorded(self.learner, CudaGraph()) if records else None
        self.target = self.learner.target
        self.iteration = 0
        self.last_update = self._update("start", {})
        if self._own_networks:
            self._check_networks()

    @property
    def discriminator_updates(self) -> int:
        """Updates of the discriminator since the start."""
        return self.learner.discriminator_updates

    @property
    def generator_updates(self) -> int:
        """Updates of the generator (or of the whole likelihood model) since the start."""
        return self.learner.generator_updates

    @property
    def gan(self) -> Adversarial:
        """The two networks. Raises `ConfigError` for a model without a discriminator."""
        if not isinstance(self.learner, Adversarial):
            raise ConfigError(f"model is {self.config.model!r}, but only model 'gan' has a discriminator.")
        return self.learner

    # -- training

    def step(self) -> Update:
        """One iteration: k discriminator updates and j generator updates. Raises `Diverged`."""
        return self.run(1)

    def run(self, n: int) -> Update:
        """n iterations; what the last one did. Raises `Diverged`."""
        if n < 1:
            raise ValueError(f"n is {n}, but must be at least 1.")
        report: Report = {}
        done = 0
        try:
            with self._whole() as start, self.learner.guard(), self._own_randomness():
                if self.recorded and self.recorded.pays(n - 1, self.iteration):  # the last one reports
                    done = self.recorded.run(n - 1)
                    self.iteration += done
                    if done < n - 1:
                        raise NotFinite(self.learner.last_to_move)
                while done < n:
                    report = self.learner.iterate(want=done == n - 1)
                    self.learner.check(self.learner.last_to_move)
                    self.iteration += 1
                    done += 1
        except NotFinite as bad:
            self._diverge(bad, start, done)
        return self._done("iteration", report)

    def update_discriminator(self) -> Update:
        """One optimizer step of the discriminator alone. Raises `Diverged`, `ConfigError`."""
        return self._single("discriminator", self.gan.update_discriminator)

    def update_generator(self) -> Update:
        """One optimizer step of the generator alone. Raises `Diverged`, `ConfigError`."""
        return self._single("generator", self.gan.update_generator)

    def _single(self, kind: str, update: Callable[[bool], Report]) -> Update:
        try:
            with self._whole() as start, self.learner.guard(), self._own_randomness():
                report = update(True)
                self.learner.check(kind)
        except NotFinite as bad:
            self._diverge(bad, start, 0)
        return self._done(kind, report)

    @contextmanager
    def _whole(self) -> Iterator[State]:
        """Where it begins; what fails for want of memory has not happened. Raises `NoMemory`."""
        with enough_memory():
            start, told = self.state(), self.last_update
            try:
                yield start
            except Exception as error:
                if is_out_of_memory(error):
                    self.load_state(start)
                    self.last_update = told
                raise

    def _diverge(self, bad: NotFinite, start: State, done: int) -> None:
        """Go back to the last whole iteration before the bad one, and say so."""
        self.load_state(start)
        if done:
            self.run(done)
        at = self.iteration + 1
        raise Diverged(
            phrase(
                "The run diverged at iteration {at:,}: the weights of the {network} are no longer finite. "
                "It stands at iteration {stands:,}, the last finite one.",
                at=at,
                network=str(bad),
                stands=self.iteration,
            ),
            at,
        ) from None

    def _done(self, kind: str, report: Report) -> Update:
        self.last_update = self._update(kind, report)
        return self.last_update

    def _update(self, kind: str, report: Report) -> Update:
        return Update(kind, self.iteration, self.discriminator_updates, self.generator_updates, **report)

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        """Networks of the caller's own may draw (dropout): from the run's seed, not the world's."""
        if not self._own_networks:
            yield
            return
        with torch.random.fork_rng():
            position = (self.iteration, self.discriminator_updates, self.generator_updates)
            mixed = np.random.SeedSequence(self.config.seed, spawn_key=position).generate_state(1, np.uint32)
            torch.manual_seed(int(mixed[0]))
            yield

    # -- drawing

    def latents(self, n: int, seed: int = 0) -> NDArray[np.float32]:
        """(n, latent_dim) draws from the prior, fixed by the seed. A Gaussian mixture takes (n, 3)."""
        return self.learner.latent_draw()(numpy_rng(seed, Stream.ASKED), n)

    def generate(self, latents: ArrayLike) -> NDArray[np.float32]:
        """(N, latent_dim) -> (N, 2) generated points."""
        return self.learner.generate(self.tensor(latents)).cpu().numpy()

    def sample(self, n: int, seed: int = 0) -> NDArray[np.float32]:
        """(n, 2) generated points; a VAE's are decoded latents without the observation's noise."""
        return self.generate(self.latents(n, seed))

    def discriminate(self, points: ArrayLike) -> NDArray[np.float32]:
        """(N, 2) -> (N,): D(x), the probability of real; see `objectives.probability` for objectives whose
        score is none. Raises `ConfigError` for a model without a discriminator."""
        with torch.no_grad():
            return (
                self.as_probability(self.gan.judge(self.tensor(points), self.judge_context())).cpu().numpy()
            )

    def as_probability(self, scores: Tensor) -> Tensor:
        """Scores (N, 1) -> (N,) in [0, 1]."""
        gan, kind = self.gan, self.gan.objective.score
        real = generated = scores
        if kind not in ("logit", "value", "hinge"):  # a score that only means something beside others
            context = self.judge_context()
            real = gan.judge(self.tensor(self.real_points(REFERENCE_POINTS)), context)
            generated = gan.judge(gan.generate(self.tensor(self.latents(REFERENCE_POINTS))), context)
        return probability(kind, scores, real, generated).squeeze(1)

    def judge_context(self) -> Tensor | None:
        """With packing: the fixed real points beside which a single point is judged."""
        beside = self.config.packing - 1
        return self.tensor(self.real_points(beside)) if beside else None

    def real_points(self, n: int) -> NDArray[np.float32]:
        """(n, 2) fixed draws from the target, for the eye; never trained on."""
        return self.target.sample(n, numpy_rng(self.config.seed, Stream.DRAWN_REAL))

    def tensor(self, array: ArrayLike) -> Tensor:
        """A float32 tensor on the run's device."""
        return torch.tensor(np.asarray(array, dtype=np.float32), device=self.device)

    # -- state

    def state(self) -> State:
        """A copy of everything that training changes."""
        return State(self.learner.arrays(), self.learner.counters() | {"iteration": self.iteration})

    def load_state(self, state: State) -> None:
        """Go back (or forward) to a state of the same config; what follows is the same run bit for bit."""
        self.learner.load_arrays(state.arrays)
        self.learner.load_counters(state.counters)
        self.iteration = state.counters["iteration"]
        self.last_update = self._update("start", {})

    def _check_networks(self) -> None:
        """Networks of the caller's own must have the right shapes."""
        gan, c = self.gan, self.config
        try:
            points = gan.generate(self.tensor(np.zeros((2, c.latent_dim))))
            if points.shape != (2, 2):
                raise ConfigError(
                    f"generator gives shape {tuple(points.shape)} for 2 latents, but must give (2, 2)."
                )
            with torch.no_grad():
                gan.judge(points, self.judge_context())
        except RuntimeError as error:
            raise ConfigError(
                f"The networks do not fit {c.latent_dim} latents and 2-D points: {error}"
            ) from None
