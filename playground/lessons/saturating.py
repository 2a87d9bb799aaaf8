"""Lesson 14: the two losses of the generator, their slopes along the logit, and one run with each.

Losses and slopes are `objectives`' own. Both runs share seed, first weights, batches and a discriminator that
learned alone before them. Knows no page.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from playground.config import RunConfig
from playground.engine import Diverged, Trainer
from playground.figures.plots import ACCENT, DASHES, GENERATED, INK, MUTED, Plot, columns, figure, stack
from playground.lessons._planes import ITERATIONS
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
    Choice,
    Exhibit,
    Handle,
    Lesson,
    LessonError,
    Reading,
    Room,
    Say,
    Slider,
    Thing,
    Values,
    View,
    Whole,
)
from playground.objectives import OBJECTIVES
from playground.words import Text

Float64 = NDArray[np.float64]

FAR = 8.0  # logits drawn, either side
NAMES = ("minimax", "non-saturating")
COLORS = {"minimax": INK, "non-saturating": ACCENT}
ITERATIONS_A_PRESS = 2
MEASURED = 400  # generated points behind a distance, always from the same latents
SPREAD = 0.1  # of each island
ANSWERED = 20  # presses after which the check is answered
CLEAR = 0.1  # a smaller difference between the two distances is called none
# one row for each optimizer: learning rates of G and of D
RATES = {"sgd": (5e-3, 0.2), "adam": (3e-4, 1e-3)}

MINIMAX = Text("minimax, log(1 − D)", "minimax：log(1 − D)", "minimax：log(1 − D)")
NON_SATURATING = Text("non-saturating, −log D", "非飽和：−log D", "非饱和：−log D")
LABELS = {"minimax": MINIMAX, "non-saturating": NON_SATURATING}
READINGS = {
    "slope_minimax": Text("Minimax gradient", "minimax 梯度", "minimax 梯度"),
    "slope_other": Text("Non-saturating gradient", "非飽和梯度", "非饱和梯度"),
    "minimax": Text("Minimax distance", "minimax 距離", "minimax 距离"),
    "other": Text("Non-saturating distance", "非飽和距離", "非饱和距离"),
}
LOSSES = Text("What G minimises", "G 要最小化的損失", "G 要最小化的损失")
LOSSES_LOOK = Text(
    "Both fall to the right, where D believes G.",
    "往右都下降：那裡 D 相信 G。",
    "往右都下降：那里 D 相信 G。",
)
SLOPES = Text("Its gradient along the logit", "它對 logit 的梯度", "它对 logit 的梯度")
SLOPES_LOOK = Text(
    "Drag the dot. Dashed: the closed forms −D and −(1 − D).",
    "拖曳圓點。虛線：公式 −D 與 −(1 − D)。",
    "拖动圆点。虚线：公式 −D 与 −(1 − D)。",
)
LOGIT = Text("logit of D on a generated point", "D 給生成點的 logit", "D 给生成点的 logit")
RUNS = Text("The same run with each loss", "同一個實驗，兩種損失", "同一个实验，两种损失")
RUNS_LOOK = Text(
    "Mean distance from generated points to the nearest island; dotted: that of real points.",
    "生成點到最近小島的平均距離；點線：真實點的平均距離。",
    "生成点到最近小岛的平均距离；点线：真实点的平均距离。",
)
DISTANCE = Text("distance", "距離", "距离")
AT_LOGIT = Text(
    "At logit {logit:.1f}, D = {d:.4f}: the gradient is {minimax:.4f} for minimax, {other:.4f} for"
    " non-saturating.",
    "在 logit {logit:.1f}，D = {d:.4f}：minimax 的梯度是 {minimax:.4f}，非飽和的是 {other:.4f}。",
    "在 logit {logit:.1f}，D = {d:.4f}：minimax 的梯度是 {minimax:.4f}，非饱和的是 {other:.4f}。",
)
RAN = Text(
    "After {n} iterations the points are {minimax:.2f} from an island with minimax, {other:.2f} with"
    " non-saturating; G's first gradients were {g0:.3g} and {g1:.3g} long.",
    "{n} 次迭代後，點到小島的距離：minimax {minimax:.2f}，非飽和 {other:.2f}；G 最初的梯度長度是 {g0:.3g} 和"
    " {g1:.3g}。",
    "{n} 次迭代后，点到小岛的距离：minimax {minimax:.2f}，非饱和 {other:.2f}；G 最初的梯度长度是 {g0:.3g} 和"
    " {g1:.3g}。",
)
EVIDENCE = Text(
    "After {n} iterations: minimax {minimax:.2f} away, non-saturating {other:.2f}; a difference below"
    " {clear:g} counts as none.",
    "{n} 次迭代後：minimax 離 {minimax:.2f}，非飽和離 {other:.2f}；差距小於 {clear:g} 算沒有差別。",
    "{n} 次迭代后：minimax 离 {minimax:.2f}，非饱和离 {other:.2f}；差距小于 {clear:g} 算没有差别。",
)


@cache
def loss_and_slope(name: str) -> tuple[Float64, Float64, Float64]:
    """Logits (N,), the generator's loss at each and its slope, by the functions of `objectives`."""
    logits = torch.linspace(-FAR, FAR, 161, dtype=torch.float64)
    losses = [OBJECTIVES[name].generator_loss(one.reshape(1, 1), None).item() for one in logits]
    return logits.numpy(), np.array(losses), slope(name, logits)


def slope(name: str, logits: torch.Tensor) -> Float64:
    """d loss / d logit (N,) by `Objective.generator_slope`."""
    out = torch.empty_like(logits)
    OBJECTIVES[name].generator_slope(logits, None, out)
    found: Float64 = out.numpy()
    return found


class Saturating(Exhibit):
    """Two GANs on two islands that differ in the generator's loss alone."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        of_g, of_d = RATES[values["optimizer"]]
        first, second = (
            Trainer(
                RunConfig(
                    target="two_islands", target_sigma=SPREAD, objective=name, seed=values["seed"],
                    optimizer=values["optimizer"], generator_learning_rate=of_g,
                    discriminator_learning_rate=of_d, discriminator_updates=3, batch_size=128,
                ),
                device="cpu",
            )
            for name in NAMES
        )  # fmt: skip
        for _ in range(int(values["head"])):
            first.update_discriminator()
        second.load_state(first.state())  # D's loss is the same in both, so one head start serves both
        self.runs = dict(zip(NAMES, (first, second), strict=True))
        self.modes = np.array([[-1.0, 0.0], [1.0, 0.0]])
        self.distances = {name: [self._distance(run)] for name, run in self.runs.items()}
        self.gradients: dict[str, float] = {}  # the norm of G's first gradient

    def press(self, name: str, argument: str = "") -> None:
        """Some iterations of both runs. Raises `LessonError` if one is no longer finite."""
        try:
            for key, run in self.runs.items():
                if key not in self.gradients:
                    self.gradients[key] = run.step().generator_gradient_norm
                    run.run(ITERATIONS_A_PRESS - 1)
                else:
                    run.run(ITERATIONS_A_PRESS)
                self.distances[key].append(self._distance(run))
        except Diverged as end:
            raise LessonError(end.sentence) from None

    def _distance(self, run: Trainer) -> float:
        points = run.sample(MEASURED, seed=run.config.seed)
        return float(np.linalg.norm(points[:, None] - self.modes, axis=2).min(1).mean())

    def table(self) -> str:
        """Iterations and both distances."""
        rows = zip(*(self.distances[name] for name in NAMES), strict=True)
        lines = [f"{i * ITERATIONS_A_PRESS},{a:.6f},{b:.6f}" for i, (a, b) in enumerate(rows)]
        return "\n".join(["iteration,minimax_distance,non_saturating_distance", *lines]) + "\n"

    # -- what is to be seen

    def view(self, values: Values, say: Say) -> View:
        """Losses and slopes at the logit, and both runs."""
        logit = float(values["logit"][0])
        slopes = {name: float(slope(name, torch.tensor([logit], dtype=torch.float64))[0]) for name in NAMES}
        done = ITERATIONS_A_PRESS * (len(self.distances["minimax"]) - 1)
        away = {name: self.distances[name][-1] for name in NAMES}
        d = 1.0 / (1.0 + math.exp(-logit))
        if done:
            first, second = (self.gradients[name] for name in NAMES)
            sentence = say(
                RAN, n=done, minimax=away["minimax"], other=away["non-saturating"], g0=first, g1=second
            )
        else:
            sentence = say(
                AT_LOGIT, logit=logit, d=d, minimax=slopes["minimax"], other=slopes["non-saturating"]
            )
        values_by_name = dict(
            slope_minimax=slopes["minimax"], slope_other=slopes["non-saturating"],
            minimax=away["minimax"], other=away["non-saturating"],
        )  # fmt: skip
        answer, evidence = self._answer(say)
        return View(
            columns(stack(self._losses(logit, say), self._slopes(logit, slopes, say)), self._runs(say)),
            sentence,
            tuple(Reading(name, READINGS[name], value, 4) for name, value in values_by_name.items()),
            answer,
            evidence,
        )

    def _answer(self, say: Say) -> tuple[str | None, str]:
        """Which run was nearer when the check asks, and both distances."""
        if len(self.distances["minimax"]) <= ANSWERED:
            return None, ""
        one, other = (self.distances[name][ANSWERED] for name in NAMES)
        words = say(EVIDENCE, minimax=one, other=other, n=ANSWERED * ITERATIONS_A_PRESS, clear=CLEAR)
        if abs(one - other) < CLEAR:
            return "same", words
        return ("other" if one > other else "minimax"), words

    @staticmethod
    def _losses(logit: float, say: Say) -> str:
        plot = Plot((-FAR, FAR), (-FAR, FAR), words=say(LOSSES), height=165)
        for name in NAMES:
            logits, losses, _ = loss_and_slope(name)
            plot.line(logits, losses, COLORS[name], label=say(LABELS[name]))
        return figure(say(LOSSES), plot.rule(x=logit).svg(), say(LOSSES_LOOK))

    @staticmethod
    def _slopes(logit: float, slopes: dict[str, float], say: Say) -> str:
        plot = Plot((-FAR, FAR), (-1.15, 0.15), words=say(SLOPES), x_title=say(LOGIT), height=185)
        logits = loss_and_slope("minimax")[0]
        d = 1.0 / (1.0 + np.exp(-logits))
        for name, closed in (("minimax", -d), ("non-saturating", -(1.0 - d))):
            plot.line(logits, loss_and_slope(name)[2], COLORS[name])
            plot.line(logits, closed, MUTED, dash=DASHES, width=1.2)
            plot.dots([[logit, slopes[name]]], COLORS[name], radius=4.0)
        plot.rule(x=logit).handle("logit", logit, 0.0, GENERATED, label=say(LOGIT))
        return figure(say(SLOPES), plot.svg(), say(SLOPES_LOOK))

    def _runs(self, say: Say) -> str:
        steps = ITERATIONS_A_PRESS * np.arange(len(self.distances["minimax"]))
        high = max(1.2, *(max(self.distances[name]) for name in NAMES)) * 1.05
        plot = Plot(
            (0.0, max(100.0, float(steps[-1]))), (0.0, high), words=say(RUNS), height=360,
            x_title=say(ITERATIONS), y_title=say(DISTANCE),
        )  # fmt: skip
        for name in NAMES:
            plot.line(steps, self.distances[name], COLORS[name], label=say(LABELS[name]))
        plot.rule(y=SPREAD * math.sqrt(math.pi / 2.0))  # the mean of a Rayleigh distribution
        return figure(say(RUNS), plot.svg(), say(RUNS_LOOK))


LESSON = Lesson(
    slug="minimax-or-non-saturating",
    place=14,
    title=Text("Minimax or non-saturating", "Minimax 還是非飽和", "Minimax 还是非饱和"),
    question=Text(
        "Which loss teaches a generator that D sees through?",
        "D 一眼看穿時，哪個損失還教得動 G？",
        "D 一眼看穿时，哪个损失还教得动 G？",
    ),
    lead=Text(
        r"Both losses push $D(G(z))$ up. Where D is sure, only one still has a gradient.",
        r"兩個損失都要把 $D(G(z))$ 推高。D 很有把握的地方，只有一個還有梯度。",
        r"两个损失都要把 $D(G(z))$ 推高。D 很有把握的地方，只有一个还有梯度。",
    ),
    formula=r"\frac{\partial}{\partial l}\log(1-D)=-D,\qquad \frac{\partial}{\partial l}(-\log D)=-(1-D),"
    r"\qquad D=\sigma(l)",
    controls=(
        Handle("logit", Text("Logit", "Logit", "Logit"), (-FAR, 0.0), (FAR, 0.0), (-4.0, 0.0), "x"),
        Slider(
            "head",
            Text("D's head start", "D 先學幾次", "D 先学几次"),
            0.0,
            800.0,
            100.0,
            600.0,
            restarts=True,
        ),
        Choice(
            "optimizer",
            Text("Optimizer", "最佳化方法", "优化方法"),
            {"sgd": Text("SGD", "SGD", "SGD"), "adam": Text("Adam", "Adam", "Adam")},
            "sgd",
            restarts=True,
        ),
        Whole("seed", SEED, 0, 9999, 0, restarts=True),
    ),
    buttons=(Button("iterate", Text("2 iterations", "2 次迭代", "2 次迭代"), primary=True, plays=True),),
    things=(
        Thing(
            Text(
                "Drag the dot to logit −6: D is sure.",
                "把圓點拖到 logit −6：D 很有把握。",
                "把圆点拖到 logit −6：D 很有把握。",
            ),
            Text(
                "Minimax's gradient almost vanishes; the non-saturating one is almost −1.",
                "minimax 的梯度幾乎消失；非飽和的幾乎是 −1。",
                "minimax 的梯度几乎消失；非饱和的几乎是 −1。",
            ),
            sets={"logit": (-6.0, 0.0)},
        ),
        Thing(
            Text(
                "With SGD and head start 300, play 40 iterations.",
                "用 SGD、D 先學 300 次，播放 40 次迭代。",
                "用 SGD、D 先学 300 次，播放 40 次迭代。",
            ),
            Text(
                "Non-saturating has come nearer to the islands; minimax has hardly moved.",
                "非飽和已經靠近小島；minimax 幾乎沒動。",
                "非饱和已经靠近小岛；minimax 几乎没动。",
            ),
            sets={"optimizer": "sgd", "head": 300.0},
            presses=(("iterate", 20),),
            restart=True,
        ),
        Thing(
            Text(
                "Choose Adam; play 20 iterations.", "選 Adam；播放 20 次迭代。", "选 Adam；播放 20 次迭代。"
            ),
            Text(
                "Both move about alike, though one gradient is far smaller: Adam rescales it.",
                "兩者動得差不多，雖然一個梯度小很多：Adam 會重新縮放梯度。",
                "两者动得差不多，虽然一个梯度小很多：Adam 会重新缩放梯度。",
            ),
            sets={"optimizer": "adam", "head": 300.0},
            presses=(("iterate", 10),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "With these settings, which run is nearer to the islands after 40 iterations?",
            "照現在的設定，40 次迭代後哪個更靠近小島？",
            "按现在的设定，40 次迭代后哪个更靠近小岛？",
        ),
        {
            "minimax": Text("Minimax", "Minimax", "Minimax"),
            "other": Text("Non-saturating", "非飽和", "非饱和"),
            "same": Text("about equal", "差不多", "差不多"),
        },
    ),
    exhibit=Saturating,
    source="Goodfellow et al. 2014, section 3; Hung-yi Lee, GAN lecture (theory)",
)
