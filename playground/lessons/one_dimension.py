"""Lesson: a GAN on a line, as in figure 1 of the 2014 paper: p_data, p_G, D, D* and the arrows z -> x.

p_G is not guessed from samples: the generator is one function of one number, so its density follows by
change of variables. All numbers are sums over the same bins. Does not know the page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playground.data.target import Float32, Float64
from playground.engine.vectors import VectorGAN, VectorRegression
from playground.figures.plots import (
    ACCENT,
    DASHES,
    GENERATED,
    INK,
    REAL,
    Plot,
    columns,
    figure,
    number,
)
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
    Choice,
    Exhibit,
    Lesson,
    LessonError,
    Reading,
    Room,
    Say,
    Thing,
    Values,
    View,
    Whole,
)
from playground.measures import densities
from playground.measures.lines import Hills
from playground.measures.pushforward import even_latents, pushed_masses
from playground.nets.mlp import MLP
from playground.words import Text

TARGETS = {"one": Hills((1.0,), 0.5), "two": Hills((-1.0, 1.0), 0.35)}
EDGES = np.linspace(-4.0, 4.0, 321)
CENTRES = (EDGES[1:] + EDGES[:-1]) / 2.0
DX = float(EDGES[1] - EDGES[0])
CELLS = 1000  # of the latent, for the density of G(z)
ARROWS = even_latents("normal", 26)[1:-1]  # equally likely places, so that arrows are as dense as p_z
START_MEAN, START_SIGMA = -0.6, 0.6  # of p_G
WIDTH = 32  # of both networks' hidden layers
LOG_4 = float(np.log(4.0))
ENOUGH = 200  # updates of D alone after which it has answered
UPDATES = {
    "step": (5, 1, 1),
    "d": (20, 1, 0),
    "g": (5, 0, 1),
}  # rounds of (D updates, G updates) in one press

LINE = Text("Densities, discriminator, generator", "密度、判別器、生成器", "密度、判别器、生成器")
LINE_LOOK = Text(
    "Orange should lie on the dashes. Below: G sends 25 equally likely z to x.",
    "橘線應該疊在虛線上。下方：G 把 25 個機率相等的 z 送到 x。",
    "橙线应该叠在虚线上。下方：G 把 25 个概率相等的 z 送到 x。",
)
GAME = Text("Value of the game", "賽局的值 V", "博弈的值 V")
GAME_LOOK = Text(
    "V(D) stays below V*, however long D trains; −log 4 means D can only guess.",
    "不管 D 訓練多久，V(D) 都在 V* 之下；−log 4 表示 D 只能亂猜。",
    "不管 D 训练多久，V(D) 都在 V* 之下；−log 4 表示 D 只能乱猜。",
)
P_DATA, P_G = Text("p_data", "p_data", "p_data"), Text("p_G", "p_G", "p_G")
D, BEST = (
    Text("D", "D", "D"),
    Text("D* = p_data / (p_data + p_G)", "D* = p_data / (p_data + p_G)", "D* = p_data / (p_data + p_G)"),
)
VALUE, BEST_VALUE = (
    Text("V(D)", "V(D)", "V(D)"),
    Text("V* = −log 4 + 2 JSD", "V* = −log 4 + 2 JSD", "V* = −log 4 + 2 JSD"),
)
JSD, GAP = Text("JSD", "JSD", "JSD"), Text("mean |D − D*|", "平均 |D − D*|", "平均 |D − D*|")
PRESSES = Text("presses", "按下次數", "按下次数")
SAID = {
    "": Text(
        "Nothing is trained yet: D is off its best curve by {gap} on average.",
        "還沒有訓練：D 與最佳曲線平均相差 {gap}。",
        "还没有训练：D 与最佳曲线平均相差 {gap}。",
    ),
    "step": Text(
        "5 rounds of D, then G: JSD {old} → {jsd}. The gap to D* is {gap}.",
        "D、G 輪流 5 回：JSD {old} → {jsd}。與 D* 的差距是 {gap}。",
        "D、G 轮流 5 回：JSD {old} → {jsd}。与 D* 的差距是 {gap}。",
    ),
    "d": Text(
        "20 updates of D: its gap to D* {before} → {gap}. p_G and D* did not move.",
        "D 更新 20 次：與 D* 的差距 {before} → {gap}。p_G 和 D* 沒有動。",
        "D 更新 20 次：与 D* 的差距 {before} → {gap}。p_G 和 D* 没有动。",
    ),
    "g": Text(
        "5 updates of G against a frozen D: JSD {old} → {jsd}. D* moved, D did not: the gap is {gap}.",
        "D 凍結，G 更新 5 次：JSD {old} → {jsd}。D* 動了而 D 沒動：差距 {gap}。",
        "D 冻结，G 更新 5 次：JSD {old} → {jsd}。D* 动了而 D 没动：差距 {gap}。",
    ),
}
EVIDENCE = Text(
    "After {n} updates of D alone its mean distance to D* is {best}, to a 0-1 step {sharp}, to 1/2 {flat}.",
    "只訓練 D {n} 次之後，平均距離：到 D* 是 {best}，到 0/1 階梯是 {sharp}，到 1/2 是 {flat}。",
    "只训练 D {n} 次之后，平均距离：到 D* 是 {best}，到 0/1 阶梯是 {sharp}，到 1/2 是 {flat}。",
)


@dataclass(frozen=True)
class Moment:
    """What both networks are now, on the bins: masses p, q (B,), D and D* (B,), values in nats."""

    p: Float64
    q: Float64
    d: Float64
    best: Float64
    value: float
    best_value: float
    x: Float64  # where the arrows end

    @property
    def jsd(self) -> float:
        return (self.best_value + LOG_4) / 2.0

    def distance(self, other: Float64 | float) -> float:
        """Mean |D - other| over points that are real or generated with equal chance."""
        return float((0.5 * (self.p + self.q) * np.abs(self.d - other)).sum())

    @property
    def gap(self) -> float:
        return self.distance(self.best)


def _straight(seed: int) -> MLP:
    """A generator that is nearly the line x = START_MEAN + START_SIGMA z, learned by least squares.

    Initial weights alone give a spike, and of D* a bare step; here both hills overlap as in the paper.
    """

    def rows(rng: np.random.Generator, n: int) -> Float32:
        z = rng.standard_normal((n, 1), dtype=np.float32)
        return np.concatenate([z, np.float32(START_MEAN) + np.float32(START_SIGMA) * z], 1)

    learner = VectorRegression(rows, 1, 1, seed=seed, activation="silu", width=WIDTH, learning_rate=5e-3)
    learner.step(200)
    return learner.net


class OneDimension(Exhibit):
    """One GAN on a line. The bins' masses are exact, so V(D) <= V* holds to the last digit."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        target = TARGETS[values["target"]]
        self.p = target.masses(EDGES)
        self.density = target.density(CENTRES)
        self.gan = VectorGAN(
            target.draw, 1, seed=values["seed"], activation="silu", width=WIDTH,
            generator_learning_rate=5e-4, discriminator_learning_rate=3e-3,
        )  # fmt: skip
        self.latents = even_latents("normal", CELLS)[:, None]
        self.gan.generator.load_state_dict(_straight(values["seed"]).state_dict())
        self.last, self.alone = "", 0
        self.before = self.now = self._look()
        self.history = [(self.now.value, self.now.best_value)]

    def press(self, name: str, argument: str = "") -> None:
        if name not in UPDATES:
            raise LessonError(f"{name[:40]!r} is no button here; it must be one of {', '.join(UPDATES)}.")
        if argument:
            raise LessonError(f"{name} was given {argument!r}, but takes nothing.")
        rounds, of_d, of_g = UPDATES[name]
        for _ in range(rounds):
            for _ in range(of_d):
                self.gan.update_discriminator()
            for _ in range(of_g):
                self.gan.update_generator()
        self.last, self.alone = name, 0 if of_g else self.alone + rounds
        self.before, self.now = self.now, self._look()
        self.history.append((self.now.value, self.now.best_value))

    def _look(self) -> Moment:
        q = pushed_masses(self.gan.generate(self.latents)[:, 0], EDGES)
        logits = self.gan.logits(CENTRES[:, None]).astype(np.float64)
        d = 1.0 / (1.0 + np.exp(-logits))
        value = densities.value(self.p, q, d, 1.0)
        x = self.gan.generate(ARROWS[:, None])[:, 0].astype(np.float64)
        best = densities.best_discriminator(self.p, q)
        return Moment(self.p, q, d, best, value, densities.best_value(self.p, q, 1.0), x)

    def view(self, values: Values, say: Say) -> View:
        now = self.now
        readings = (
            Reading("value", VALUE, now.value),
            Reading("best_value", BEST_VALUE, now.best_value),
            Reading("jsd", JSD, now.jsd),
            Reading("gap", GAP, now.gap),
        )
        told = dict(gap=now.gap, jsd=now.jsd, old=self.before.jsd, before=self.before.gap)
        said = say(SAID[self.last], **{name: number(v, 3) for name, v in told.items()})
        body = columns(
            figure(say(LINE), self._line(say), say(LINE_LOOK)),
            figure(say(GAME), self._game(say), say(GAME_LOOK)),
        )
        return View(body, said, readings, *self._check(say))

    def _line(self, say: Say) -> str:
        now = self.now
        plot = Plot((-3.0, 3.0), (-0.85, 1.3), words=say(LINE), height=340, y_ticks=(0.0, 0.5, 1.0))
        plot.area(CENTRES, 0.0, self.density, REAL, label=say(P_DATA), opacity=0.25)
        plot.line(CENTRES, now.q / DX, GENERATED, label=say(P_G), width=2.2)
        seen = now.p + now.q > 5e-3 * DX  # elsewhere neither side draws points, and D* means nothing
        plot.line(CENTRES, np.where(seen, now.best, np.nan), INK, label=say(BEST), dash=DASHES)
        plot.line(CENTRES, now.d, ACCENT, label=say(D), width=2.2)
        z_level, x_level = np.full_like(ARROWS, -0.72), np.full_like(ARROWS, -0.1)
        plot.segments(np.stack([ARROWS, z_level], 1), np.stack([now.x, x_level], 1), GENERATED, heads=True)
        plot.rule(y=0.0, dash="").rule(y=-0.72, dash="")
        return plot.text(-2.95, -0.68, "z").text(-2.95, 0.04, "x").svg()

    def _game(self, say: Say) -> str:
        at = np.arange(len(self.history), dtype=float)
        value, best = np.array(self.history).T
        plot = Plot((0.0, max(20.0, at[-1])), (-2.1, 0.1), words=say(GAME), x_title=say(PRESSES), height=340)
        plot.rule(y=-LOG_4, label="−log 4").rule(y=0.0)
        plot.line(at, best, INK, label=say(BEST_VALUE), dash=DASHES)
        plot.line(at, value, ACCENT, label=say(VALUE), width=2.2)
        return plot.dots([(at[-1], value[-1])], ACCENT, radius=3.5).svg()

    def _check(self, say: Say) -> tuple[str | None, str]:
        """Which of three curves D is nearest to, once it has trained alone for long."""
        if self.alone < ENOUGH:
            return None, ""
        now = self.now
        far = {
            "best": now.gap,
            "sharp": now.distance((now.p > now.q).astype(float)),
            "flat": now.distance(0.5),
        }
        shown = {name: number(v, 3) for name, v in far.items()}
        return min(far, key=lambda name: far[name]), say(EVIDENCE, n=self.alone, **shown)


LESSON = Lesson(
    slug="one-dimensional-gan",
    place=9,
    title=Text("One-dimensional GAN", "一維 GAN", "一维 GAN"),
    question=Text(
        "What does D look like when it is trained to the end?",
        "D 訓練到底，會長什麼樣子？",
        "D 训练到底，会是什么样子？",
    ),
    lead=Text(
        "G bends a normal $z$ into $x$. On a line everything can be drawn: both densities, D, and the best "
        "possible D.",
        "G 把常態的 $z$ 彎成 $x$。在一條線上，什麼都畫得出來：兩個密度、D，以及最好的 D。",
        "G 把正态的 $z$ 弯成 $x$。在一条线上，什么都画得出来：两个密度、D，以及最好的 D。",
    ),
    formula=r"D^*(x)=\frac{p_\text{data}(x)}{p_\text{data}(x)+p_G(x)},\qquad V^*=-\log 4+2\,\mathrm{JSD}",
    controls=(
        Choice(
            "target",
            Text("Real data", "真實資料", "真实数据"),
            {
                "one": Text("One hill", "一座山", "一座山"),
                "two": Text("Two hills", "兩座山", "两座山"),
            },
            "one",
            restarts=True,
        ),
        Whole("seed", SEED, 0, 9999, 0, restarts=True),
    ),
    buttons=(
        Button("step", Text("Step: D and G", "一步：D 和 G", "一步：D 和 G"), primary=True, plays=True),
        Button("d", Text("D update ×20", "更新 D ×20", "更新 D ×20")),
        Button("g", Text("G update ×5", "更新 G ×5", "更新 G ×5")),
    ),
    things=(
        Thing(
            Text("Press D update 15 times.", "按「更新 D」15 次。", "按“更新 D”15 次。"),
            Text(
                "D settles onto the dashed D*; V(D) climbs to just below V*.",
                "D 貼上虛線 D*；V(D) 爬到緊貼 V* 的下方。",
                "D 贴上虚线 D*；V(D) 爬到紧贴 V* 的下方。",
            ),
            presses=(("d", 15),),
            restart=True,
        ),
        Thing(
            Text(
                "Then press only G update, 20 times.",
                "接著只按「更新 G」20 次。",
                "接着只按“更新 G”20 次。",
            ),
            Text(
                "G climbs the frozen D. Every move of p_G moves D*, so the gap to D grows again.",
                "G 沿著凍結的 D 往上爬。p_G 一動，D* 就動，所以與 D 的差距又變大。",
                "G 沿着冻结的 D 往上爬。p_G 一动，D* 就动，所以与 D 的差距又变大。",
            ),
            presses=(("d", 15), ("g", 20)),
            restart=True,
        ),
        Thing(
            Text(
                "Reset, then press Step 100 times.", "重設，再按「一步」100 次。", "重置，再按“一步”100 次。"
            ),
            Text(
                "The arrows carry p_G onto p_data; V* sinks toward −log 4.",
                "箭頭把 p_G 搬到 p_data 上；V* 降向 −log 4。",
                "箭头把 p_G 搬到 p_data 上；V* 降向 −log 4。",
            ),
            sets={"target": "one"},
            presses=(("step", 100),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "G waits, only D trains. What does D become?",
            "G 不動，只訓練 D。D 會變成什麼？",
            "G 不动，只训练 D。D 会变成什么？",
        ),
        {
            "best": Text("The ratio D*", "比值 D*", "比值 D*"),
            "sharp": Text("A 0-or-1 step", "0 或 1 的階梯", "0 或 1 的阶梯"),
            "flat": Text("1/2 everywhere", "處處 1/2", "处处 1/2"),
        },
    ),
    exhibit=OneDimension,
    source="Goodfellow et al. 2014, figure 1; Hung-yi Lee, GAN lecture (theory)",
)
