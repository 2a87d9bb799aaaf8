"""Lesson 13: how far G may move before D is stale: the divergence that an old D still measures.

Three runs that differ in G's learning rate alone. The density of p_G is exact for the drawn generator, so the
error of a measurement is known; D is an ordinary trained network. Knows no page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from playground.engine.vectors import VectorGAN
from playground.figures.plots import (
    ACCENT,
    DASHES,
    DOTS,
    GENERATED,
    INK,
    MUTED,
    REAL,
    Plot,
    columns,
    figure,
    stack,
)
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
    Exhibit,
    Lesson,
    Reading,
    Room,
    Say,
    Slider,
    Thing,
    Values,
    View,
    Whole,
)
from playground.measures import densities
from playground.measures.pushforward import even_latents, pushed_masses
from playground.words import Text

Float64 = NDArray[np.float64]

LOW, HIGH, CELLS = -3.0, 5.0, 160  # the line
MEAN, SIGMA = 1.0, 0.6  # of p_data
START_MEAN, START_SIGMA = -0.5, 0.5  # of p_G: G's last layer is scaled to these, whatever the seed
LATENTS = 300  # cells of the latent whose images make the density
FIRST_LEARNING = 300  # updates of D before anything is shown
LEARNING = 5  # updates of each D in a press
RATIO = 4.0  # between the learning rates of neighbouring runs
ANSWERED = 20  # updates of G after which the check is answered
CLOSE = 0.05  # nats of error that still count as right

DENSITIES = Text("The line: p_data, p_G and D", "數線：p_data、p_G 與 D", "数轴：p_data、p_G 与 D")
DENSITIES_LOOK = Text(
    "Where p_G moves away from its dotted place, D no longer fits D*.",
    "p_G 離開點線的位置後，D 就不再符合 D*。",
    "p_G 离开点线的位置后，D 就不再符合 D*。",
)
MEASURED = Text("JSD(p_data, p_G), nats", "JSD(p_data, p_G)，奈特", "JSD(p_data, p_G)，奈特")
MEASURED_LOOK = Text(
    "No divergence is below 0: there D measures nothing.",
    "散度不會小於 0：在那裡 D 已經量不出什麼。",
    "散度不会小于 0：在那里 D 已经量不出什么。",
)
ERRORS = Text("|Error| at three learning rates", "三種學習率下的 |誤差|", "三种学习率下的 |误差|")
ERRORS_LOOK = Text(
    "It grows as G moves on, and drops when D is trained.",
    "G 越走越大，訓練 D 後就降下來。",
    "G 越走越大，训练 D 后就降下来。",
)
OLD_PLACE = Text("p_G when D was trained", "D 訓練時的 p_G", "D 训练时的 p_G")
BY_D = Text("as D measures it", "D 量到的", "D 量到的")
EXACT = Text("exact", "精確值", "精确值")
UPDATES = Text("updates of G", "G 的更新次數", "G 的更新次数")
RATE = Text("rate {rate:.2g}", "學習率 {rate:.2g}", "学习率 {rate:.2g}")
FRESH = Text(
    "D is fresh: it measures {by_d:.3f} nats, and the exact JSD is {exact:.3f}. Now move G.",
    "D 是新的：它量到 {by_d:.3f} 奈特，精確的 JSD 是 {exact:.3f}。現在移動 G。",
    "D 是新的：它量到 {by_d:.3f} 奈特，精确的 JSD 是 {exact:.3f}。现在移动 G。",
)
STALE = Text(
    "{age} updates of G since D was trained, {moved:.2f} away: D measures {by_d:.3f} nats, exact is"
    " {exact:.3f}.",
    "D 訓練後 G 更新了 {age} 次，移動了 {moved:.2f}：D 量到 {by_d:.3f} 奈特，精確值是 {exact:.3f}。",
    "D 训练后 G 更新了 {age} 次，移动了 {moved:.2f}：D 量到 {by_d:.3f} 奈特，精确值是 {exact:.3f}。",
)
TRAINED = Text(
    "{n} updates of D on the moved G: it measures {by_d:.3f} nats again, exact is {exact:.3f}.",
    "D 在移動後的 G 上更新了 {n} 次：它量到 {by_d:.3f} 奈特，精確值是 {exact:.3f}。",
    "D 在移动后的 G 上更新了 {n} 次：它量到 {by_d:.3f} 奈特，精确值是 {exact:.3f}。",
)
EVIDENCE = Text(
    "At {age} updates of G the old D measured {by_d:.3f} nats, the exact JSD was {exact:.3f}.",
    "G 更新 {age} 次時，舊的 D 量到 {by_d:.3f} 奈特，精確的 JSD 是 {exact:.3f}。",
    "G 更新 {age} 次时，旧的 D 量到 {by_d:.3f} 奈特，精确的 JSD 是 {exact:.3f}。",
)


@cache
def line() -> tuple[Float64, Float64, float, Float64]:
    """Edges (CELLS + 1,) and middles of the cells, their width, and p_data there."""
    edges = np.linspace(LOW, HIGH, CELLS + 1)
    middles = (edges[:-1] + edges[1:]) / 2.0
    return edges, middles, float(edges[1] - edges[0]), densities.normal(middles, MEAN, SIGMA)


def data(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    """(n, 1) draws from p_data."""
    return (MEAN + SIGMA * rng.standard_normal((n, 1))).astype(np.float32)


@dataclass
class Moment:
    """What was measured after one update of G (or after D was trained): all numbers on the grid."""

    updates: int  # of G
    exact: float  # JSD, nats
    by_d: float  # (V(D) + log 4) / 2, nats

    @property
    def error(self) -> float:
        """Nats, at least 0."""
        return abs(self.by_d - self.exact)


@dataclass
class Run:
    """One GAN whose players move one at a time, and everything measured on it."""

    gan: VectorGAN
    latents: NDArray[np.float32] = field(
        default_factory=lambda: even_latents("normal", LATENTS).astype(np.float32)[:, None]
    )
    moments: list[Moment] = field(default_factory=list)
    trained: int = 0  # updates of D since G moved last
    age: int = 0  # updates of G since D was trained

    def mark(self) -> None:
        """Remember where G stands while D is trained."""
        self.place = self.gan.generate(self.latents)[:, 0]

    def density(self, x: NDArray[np.float32]) -> Float64:
        """p_G (CELLS,) for images x of the latents; what leaves the line is counted in its last cell."""
        edges, _, width, _ = line()
        return pushed_masses(x, edges) / width

    def judged(self) -> Float64:
        """D (CELLS,)."""
        logits = self.gan.logits(line()[1][:, None]).astype(np.float64)
        found: Float64 = 1.0 / (1.0 + np.exp(-logits))
        return found

    def measure(self) -> None:
        """Add one moment."""
        _, _, width, p = line()
        q = self.density(self.gan.generate(self.latents)[:, 0])
        value = densities.value(p, q, self.judged(), width)
        by_d = (value + np.log(4.0)) / 2.0
        self.moments.append(Moment(self.gan.generator_updates, densities.jsd(p, q, width), float(by_d)))

    @property
    def moved(self) -> float:
        """Mean distance of G(z) from where it stood when D was trained."""
        return float(np.abs(self.gan.generate(self.latents)[:, 0] - self.place).mean())


class Stale(Exhibit):
    """Three generators that follow the same old D with different strides."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.k, middle = int(values["k"]), float(values["rate"])
        self.rates = (middle / RATIO, middle, middle * RATIO)
        self.runs = [Run(self._gan(values["seed"], rate)) for rate in self.rates]
        first = self.runs[0].gan
        for _ in range(FIRST_LEARNING):
            first.update_discriminator()
        for run in self.runs:  # nothing but the learning rate of G differs
            run.gan.load_arrays(first.arrays())
            run.gan.load_counters(first.counters())
            run.mark()
            run.measure()
        self.verdict: Moment | None = None

    @staticmethod
    def _gan(seed: int, rate: float) -> VectorGAN:
        gan = VectorGAN(
            data, 1, seed=seed, latent_dim=1, width=32, activation="tanh", objective="minimax",
            generator_learning_rate=rate, discriminator_learning_rate=3e-3,
        )  # fmt: skip
        latents = even_latents("normal", LATENTS).astype(np.float32)[:, None]
        x = gan.generate(latents)[:, 0]
        weight, bias = gan.flats["generator"].parameters[-2:]
        with torch.no_grad():
            scale = START_SIGMA / float(x.std())
            weight.mul_(scale)
            bias.copy_((bias - float(x.mean())) * scale + START_MEAN)
        return gan

    def press(self, name: str, argument: str = "") -> None:
        """`move`: k updates of each G against its D as it is; `train`: updates of each D on its G."""
        for run in self.runs:
            if name == "train":
                for _ in range(LEARNING):
                    run.gan.update_discriminator()
                run.trained, run.age = run.trained + LEARNING, 0
                run.mark()
                run.measure()
                continue
            run.trained = 0
            for _ in range(self.k):
                run.gan.update_generator()
                run.age += 1
                run.measure()
                if run is self.runs[1] and run.age == ANSWERED:
                    self.verdict = run.moments[-1]

    def table(self) -> str:
        """Every measurement of the three runs."""
        lines = [
            f"{rate:g},{m.updates},{m.exact:.6f},{m.by_d:.6f},{m.error:.6f}"
            for rate, run in zip(self.rates, self.runs, strict=True)
            for m in run.moments
        ]
        return "\n".join(["learning_rate,generator_updates,jsd,jsd_by_d,error", *lines]) + "\n"

    # -- what is to be seen

    def view(self, values: Values, say: Say) -> View:
        """The line and the measurements of the middle run, the errors of all."""
        run = self.runs[1]
        now = run.moments[-1]
        told = dict(by_d=now.by_d, exact=now.exact)
        if run.age:
            sentence = say(STALE, age=run.age, moved=run.moved, **told)
        else:
            sentence = say(TRAINED, n=run.trained, **told) if run.trained else say(FRESH, **told)
        return View(
            columns(self._line(run, say), stack(self._measured(run, say), self._errors(say))),
            sentence,
            (
                Reading("jsd_by_d", Text("JSD by D", "D 量到的 JSD", "D 量到的 JSD"), now.by_d, 3, "nats"),
                Reading("jsd", Text("Exact JSD", "精確 JSD", "精确 JSD"), now.exact, 3, "nats"),
                Reading("error", Text("Error", "誤差", "误差"), now.error, 3, "nats"),
                Reading("moved", Text("G moved", "G 移動了", "G 移动了"), run.moved, 3),
                Reading("age", Text("D is old", "D 已過", "D 已过"), run.age, 0),
            ),
            self._answer(),
            say(EVIDENCE, age=ANSWERED, by_d=self.verdict.by_d, exact=self.verdict.exact)
            if self.verdict
            else "",
        )

    def _answer(self) -> str | None:
        if self.verdict is None:
            return None
        if self.verdict.error < CLOSE:
            return "right"
        return "low" if self.verdict.by_d < self.verdict.exact else "high"

    def _line(self, run: Run, say: Say) -> str:
        _, x, _, p = line()
        q = run.density(run.gan.generate(run.latents)[:, 0])
        plot = Plot((LOW, HIGH), (0.0, 1.6), words=say(DENSITIES), x_title="x", height=290)
        plot.area(x, 0.0, p, REAL).line(x, p, REAL, label="p_data")
        plot.line(x, run.density(run.place), GENERATED, dash=DOTS, width=1.2, label=say(OLD_PLACE))
        plot.area(x, 0.0, q, GENERATED).line(x, q, GENERATED, label="p_G")
        best = np.where(p + q > 1e-3, densities.best_discriminator(p, q), np.nan)
        plot.line(x, best, MUTED, dash=DASHES, label="D*").line(x, run.judged(), ACCENT, label="D")
        return figure(say(DENSITIES), plot.svg(), say(DENSITIES_LOOK))

    def _measured(self, run: Run, say: Say) -> str:
        x, exact, by_d = (
            np.array([getattr(m, name) for m in run.moments], float) for name in ("updates", "exact", "by_d")
        )
        low = max(-3.0, min(-0.1, float(by_d.min()) * 1.05))
        plot = Plot((0.0, max(10.0, 1.05 * float(x[-1]))), (low, 0.75), words=say(MEASURED), height=145)
        plot.rule(y=float(np.log(2.0)), label="log 2").rule(y=0.0, color=INK, dash="")
        plot.line(x, exact, INK, dash=DASHES, label=say(EXACT)).line(x, by_d, ACCENT, label=say(BY_D))
        return figure(say(MEASURED), plot.svg(), say(MEASURED_LOOK))

    def _errors(self, say: Say) -> str:
        most = max(m.error for run in self.runs for m in run.moments)
        last = float(self.runs[1].moments[-1].updates)
        plot = Plot(
            (0.0, max(10.0, 1.05 * last)), (0.0, min(3.0, max(0.1, most * 1.05))), words=say(ERRORS),
            x_title=say(UPDATES), height=150,
        )  # fmt: skip
        for run, rate, color in zip(self.runs, self.rates, (MUTED, ACCENT, INK), strict=True):
            x = [m.updates for m in run.moments]
            plot.line(x, [m.error for m in run.moments], color, label=say(RATE, rate=rate))
        return figure(say(ERRORS), plot.svg(), say(ERRORS_LOOK))


LESSON = Lesson(
    slug="how-far-may-g-move",
    place=13,
    title=Text("A stale detective", "過時的判別器", "过时的判别器"),
    question=Text(
        "How far may G move before D is stale?", "G 走多遠，D 就過時了？", "G 走多远，D 就过时了？"
    ),
    lead=Text(
        "D measures the divergence only for the G that it was trained on. Move G, and compare D's reading "
        "with the exact one.",
        "D 只對訓練它時的 G 量得準散度。移動 G，比較 D 的讀數和精確值。",
        "D 只对训练它时的 G 量得准散度。移动 G，比较 D 的读数和精确值。",
    ),
    formula=r"\tfrac12\bigl(V(D_{\mathrm{old}},G_{\mathrm{new}})+\log 4\bigr)\;\le\;"
    r"\mathrm{JSD}(p_{\mathrm{data}},p_{G_{\mathrm{new}}})",
    controls=(
        Slider(
            "k", Text("G updates per press, k", "每按一次 G 更新 k 次", "每按一次 G 更新 k 次"),
            1.0, 10.0, 1.0, 2.0, restarts=True,
        ),
        Slider(
            "rate", Text("Learning rate of G", "G 的學習率", "G 的学习率"), 5e-5, 2e-3, 5e-5, 2.5e-4,
            log=True, restarts=True,
        ),
        Whole("seed", SEED, 0, 9999, 0, restarts=True),
    ),
    buttons=(
        Button("move", Text("Move G", "移動 G", "移动 G"), primary=True, plays=True),
        Button("train", Text("Train D", "訓練 D", "训练 D")),
    ),
    things=(
        Thing(
            Text("Press Move G once.", "按一次「移動 G」。", "按一次“移动 G”。"),
            Text(
                "After two small updates D still measures nearly the exact value.",
                "兩次小更新後，D 量到的仍接近精確值。",
                "两次小更新后，D 量到的仍接近精确值。",
            ),
            sets={"k": 2.0, "rate": 5e-5},
            presses=(("move", 1),),
            restart=True,
        ),
        Thing(
            Text(
                "Press it until G has made 20 updates.",
                "一直按到 G 更新了 20 次。",
                "一直按到 G 更新了 20 次。",
            ),
            Text(
                "The error grows, and most at the largest learning rate.",
                "誤差變大，學習率最大的那條最大。",
                "误差变大，学习率最大的那条最大。",
            ),
            sets={"k": 2.0, "rate": 2.5e-4},
            presses=(("move", 10),),
            restart=True,
        ),
        Thing(
            Text("Now press Train D 20 times.", "接著按 20 次「訓練 D」。", "接着按 20 次“训练 D”。"),
            Text(
                "D catches up: the error falls below a tenth of what it was.",
                "D 追上來了：誤差降到原來的十分之一以下。",
                "D 追上来了：误差降到原来的十分之一以下。",
            ),
            sets={"k": 2.0, "rate": 2.5e-4},
            presses=(("move", 10), ("train", 20)),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "After 20 updates of G, the JSD that the old D measures is …",
            "G 更新 20 次後，舊的 D 量到的 JSD……",
            "G 更新 20 次后，旧的 D 量到的 JSD……",
        ),
        {
            "right": Text("about right", "大致正確", "大致正确"),
            "low": Text("too low", "太低", "太低"),
            "high": Text("too high", "太高", "太高"),
        },
    ),
    exhibit=Stale,
    source="Goodfellow et al. 2014, algorithm 1; Hung-yi Lee, GAN lecture (theory)",
)  # fmt: skip
