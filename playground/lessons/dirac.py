"""Lesson 15: the Dirac-GAN. A phase portrait, a run stepped through it, and the eigenvalues that decide it.

Field, steps and eigenvalues are `engine/dirac`'s; where a turn leads is measured on the run itself. Knows no
page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playground.engine.dirac import METHODS, eigenvalues, field, spectral_radius, step
from playground.figures.plots import ACCENT, DASHES, GENERATED, INK, MUTED, REAL, Plot, columns, figure, stack
from playground.lessons.lesson import (
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
)
from playground.words import Text

Float64 = NDArray[np.float64]

REACH = 2.6  # of the portrait, in theta and psi
ARROWS = 13  # along each side
ARROW = 0.3  # the longest, in units of the plane
MANY = 10  # steps in a press of "10 steps"
MOST_STEPS = 3_000
GONE = 1e3  # a distance at which a run is over
DRAWN = 600  # last steps of the path that are drawn
SAME = 0.02  # a turn that changes the distance by less leads round in a circle
ARRIVED = 0.3  # share of the first distance at which a run that never turns is on its way in

PORTRAIT = Text("Where the two players push", "兩個玩家往哪裡推", "两个玩家往哪里推")
PORTRAIT_LOOK = Text(
    "Arrows: descent on both losses. Drag the start; green is where G's point meets the data.",
    "箭頭：兩個損失的下降方向。拖曳起點；綠線是 G 的點碰到資料的地方。",
    "箭头：两个损失的下降方向。拖动起点；绿线是 G 的点碰到数据的地方。",
)
DISTANCE = Text("Distance to the equilibrium", "到均衡點的距離", "到均衡点的距离")
DISTANCE_LOOK = Text(
    "Rising: it spirals out. Falling: it comes to rest.",
    "上升：向外旋出。下降：逐漸停下。",
    "上升：向外旋出。下降：逐渐停下。",
)
EIGENVALUES = Text("Eigenvalues of the field at (0, 0)", "場在 (0, 0) 的特徵值", "场在 (0, 0) 的特征值")
EIGENVALUES_LOOK = Text(
    "Left of the dotted line: pulled in. On it: only turned. Dashed: where a penalty takes them.",
    "在點線左邊：被拉進去。在點線上：只會轉。虛線：懲罰項會把它們帶到哪裡。",
    "在点线左边：被拉进去。在点线上：只会转。虚线：惩罚项会把它们带到哪里。",
)
THETA = Text("θ: where G puts its point", "θ：G 的點放在哪裡", "θ：G 的点放在哪里")
PSI = Text("ψ: slope of D", "ψ：D 的斜率", "ψ：D 的斜率")
STEPS = Text("steps", "步數", "步数")
REAL_PART = Text("real part", "實部", "实部")
IMAGINARY_PART = Text("imaginary part", "虛部", "虚部")
DATA = Text("data", "資料", "数据")
START = Text("start", "起點", "起点")
RESTING = Text(
    "Nothing has moved: G's point stands at θ = {theta:.2f}, the data at 0; D's slope is ψ = {psi:.2f}.",
    "還沒動過：G 的點在 θ = {theta:.2f}，資料在 0；D 的斜率是 ψ = {psi:.2f}。",
    "还没动过：G 的点在 θ = {theta:.2f}，数据在 0；D 的斜率是 ψ = {psi:.2f}。",
)
MOVED = Text(
    "After {n:,} steps θ = {theta:.2f} and ψ = {psi:.2f}: distance {now:.2f}, at the start {first:.2f}.",
    "{n:,} 步之後 θ = {theta:.2f}、ψ = {psi:.2f}：距離 {now:.2f}，起點是 {first:.2f}。",
    "{n:,} 步之后 θ = {theta:.2f}、ψ = {psi:.2f}：距离 {now:.2f}，起点是 {first:.2f}。",
)
TURNED = Text(
    "The last full turn multiplied the distance by {turn:.3f}; one step near (0, 0) has spectral radius"
    " {radius:.4f}.",
    "最近轉的一整圈把距離乘以 {turn:.3f}；在 (0, 0) 附近，一步的譜半徑是 {radius:.4f}。",
    "最近转的一整圈把距离乘以 {turn:.3f}；在 (0, 0) 附近，一步的谱半径是 {radius:.4f}。",
)
STRAIGHT = Text(
    "Without a full turn the distance fell to {share:.2f} of the first; the spectral radius of a step is"
    " {radius:.4f}.",
    "還沒轉完一圈，距離就降到起初的 {share:.2f} 倍；一步的譜半徑是 {radius:.4f}。",
    "还没转完一圈，距离就降到起初的 {share:.2f} 倍；一步的谱半径是 {radius:.4f}。",
)


class Dirac(Exhibit):
    """One run of two numbers through the plane."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.method = METHODS[values["method"]]
        self.h, self.order, self.gamma = values["h"], values["order"], values["gamma"]
        self.path: list[tuple[float, float]] = [values["start"]]
        self.eigenvalues = eigenvalues(self.method, self.gamma)
        self.radius = spectral_radius(self.method, self.h, self.order, self.gamma)
        self.arrows = self._arrows()

    def press(self, name: str, argument: str = "") -> None:
        """One step of both players, or ten. Raises `LessonError` once the run is over."""
        if self.over():
            steps, distance = len(self.path) - 1, math.hypot(*self.path[-1])
            raise LessonError(
                f"The run is over after {steps:,} steps, at distance {distance:.3g}: "
                f"at most {MOST_STEPS:,} steps and a distance of {GONE:g} are allowed. Press Reset."
            )
        for _ in range(MANY if name == "many" else 1):
            if not self.over():
                self.path.append(step(*self.path[-1], self.method, self.h, self.order, self.gamma))

    def over(self) -> bool:
        """Whether the run went too far or too long."""
        return len(self.path) > MOST_STEPS or math.hypot(*self.path[-1]) > GONE

    def _arrows(self) -> tuple[Float64, Float64]:
        """Starts and ends (N, 2) of the portrait's arrows, lengths compressed so that all are seen."""
        along = np.linspace(-REACH, REACH, ARROWS + 2)[1:-1]
        starts = np.stack(np.meshgrid(along, along), -1).reshape(-1, 2)
        ways = np.stack(field(starts[:, 0], starts[:, 1], self.method, self.gamma), 1)
        long = np.hypot(ways[:, 0], ways[:, 1])[:, None]
        ways *= ARROW / np.sqrt(np.maximum(long, 1e-12) * long.max())
        return starts - ways / 2, starts + ways / 2

    # -- what is to be seen

    def view(self, values: Values, say: Say) -> View:
        """Portrait, distance and eigenvalues."""
        distances = np.hypot(*np.array(self.path).T)
        (theta, psi), now, first = self.path[-1], float(distances[-1]), float(distances[0])
        turn = last_turn(self.path)
        told = dict(theta=theta, psi=psi, now=now, first=first, n=len(self.path) - 1)
        lead = self.eigenvalues[-1]
        answer, evidence = self._answer(turn, now / max(first, 1e-12), say)
        return View(
            columns(self._portrait(values, say), stack(self._distance(distances, say), self._plane(say))),
            say(MOVED if len(self.path) > 1 else RESTING, **told),
            (
                Reading("real", Text("Real part", "實部", "实部"), float(self.eigenvalues.real.max())),
                Reading("imaginary", Text("Imaginary part", "虛部", "虚部"), float(lead.imag)),
                Reading("radius", Text("Spectral radius", "譜半徑", "谱半径"), self.radius, 4),
                Reading("distance", Text("Distance", "距離", "距离"), now),
                Reading("turn", Text("Growth per turn", "每圈倍數", "每圈倍数"), turn),
            ),
            answer,
            evidence,
            finished=self.over(),
        )

    def _answer(self, turn: float, share: float, say: Say) -> tuple[str | None, str]:
        """Where the run itself went, and the numbers that say so."""
        if math.isfinite(turn):
            words = say(TURNED, turn=turn, radius=self.radius)
            return "same" if abs(turn - 1.0) < SAME else ("farther" if turn > 1.0 else "nearer"), words
        if len(self.path) > 1 and share < ARRIVED:
            return "nearer", say(STRAIGHT, share=share, radius=self.radius)
        return None, ""

    def _portrait(self, values: Values, say: Say) -> str:
        reach = (-REACH, REACH)
        plot = Plot(
            reach, reach, words=say(PORTRAIT), x_title=say(THETA), y_title=say(PSI), width=400, square=True
        )
        plot.segments(*self.arrows, MUTED, heads=True).rule(x=0.0, color=REAL, label=say(DATA))
        path = np.array(self.path[-DRAWN:])
        plot.line(path[:, 0], path[:, 1], ACCENT, width=1.4).dots(path[-60:], ACCENT, radius=1.6)
        plot.dots(path[-1:], GENERATED, radius=5.0)
        x, y = values["start"]
        plot.handle("start", x, y, GENERATED, label=say(START), radius=6.0)
        return figure(say(PORTRAIT), plot.svg(), say(PORTRAIT_LOOK))

    def _distance(self, distances: Float64, say: Say) -> str:
        steps = np.arange(len(distances))
        every = max(1, len(steps) // DRAWN)
        x, y = steps[::-1][::every][::-1], distances[::-1][::every][::-1]  # the newest is always there
        shown = (0.0, max(1.0, float(min(y.max(), 3.0 * REACH)) * 1.1))
        plot = Plot(
            (0.0, max(30.0, float(steps[-1]))), shown, words=say(DISTANCE), x_title=say(STEPS), height=185
        )
        plot.line(x, y, ACCENT).rule(y=float(distances[0]))
        return figure(say(DISTANCE), plot.svg(), say(DISTANCE_LOOK))

    def _plane(self, say: Say) -> str:
        x, y = say(REAL_PART), say(IMAGINARY_PART)
        plot = Plot((-2.0, 0.5), (-1.2, 1.2), words=say(EIGENVALUES), height=190, x_title=x, y_title=y)
        weights = np.append(np.linspace(0.0, 1.0, 40), 2.0)
        upper = -weights / 2 + np.sqrt(weights.astype(complex) ** 2 / 4 - 0.25)
        for branch in (upper, -weights - upper):  # the closed form; the two sum to -gamma
            plot.line(branch.real, branch.imag, MUTED, dash=DASHES, width=1.0)
        points = np.stack([self.eigenvalues.real, self.eigenvalues.imag], 1)
        plot.rule(x=0.0, color=INK).dots(points, ACCENT, radius=5.0)
        return figure(say(EIGENVALUES), plot.svg(), say(EIGENVALUES_LOOK))


def last_turn(path: Sequence[tuple[float, float]]) -> float:
    """Distance to (0, 0) now over that one full turn ago; NaN before a full turn."""
    points = np.array(path)
    distances = np.hypot(points[:, 0], points[:, 1])
    if distances.min() < 1e-9:  # at rest there are no angles
        return math.nan
    angles = np.unwrap(np.arctan2(points[:, 1], points[:, 0]))
    back = np.abs(angles[-1] - angles)
    full = np.flatnonzero(back >= 2.0 * math.pi)
    if not len(full):
        return math.nan
    before, after = full[-1], full[-1] + 1  # the turn began between these two steps
    share = (back[before] - 2.0 * math.pi) / (back[before] - back[after])
    return float(distances[-1] / (distances[before] * (1.0 - share) + distances[after] * share))


LESSON = Lesson(
    slug="dirac-gan",
    place=15,
    title=Text("Spirals: Dirac-GAN", "螺旋：Dirac-GAN", "螺旋：Dirac-GAN"),
    question=Text("Why do GANs turn in circles?", "GAN 為什麼會繞圈子？", "GAN 为什么会绕圈子？"),
    lead=Text(
        r"The smallest GAN: data at 0, G puts a point at $\theta$, D is the line $D(x)=\psi x$. "
        "Eigenvalues tell whether gradient steps come to rest.",
        r"最小的 GAN：資料在 0，G 把一個點放在 $\theta$，D 是直線 $D(x)=\psi x$。"
        "特徵值告訴我們梯度步會不會停下來。",
        r"最小的 GAN：数据在 0，G 把一个点放在 $\theta$，D 是直线 $D(x)=\psi x$。"
        "特征值告诉我们梯度步会不会停下来。",
    ),
    formula=r"\lambda=\pm\tfrac{i}{2},\qquad "
    r"\lambda_{\mathrm{R1}}=-\tfrac{\gamma}{2}\pm\sqrt{\tfrac{\gamma^2}{4}-\tfrac14},"
    r"\qquad \rho_{\mathrm{simultaneous}}=\sqrt{1+\tfrac{h^2}{4}}",
    controls=(
        Choice(
            "method",
            Text("Method", "方法", "方法"),
            {
                "minimax": Text("Minimax", "Minimax", "Minimax"),
                "non-saturating": Text("Non-saturating", "非飽和", "非饱和"),
                "wgan": Text("WGAN, no clipping", "WGAN（不裁剪）", "WGAN（不裁剪）"),
                "r1": Text("Minimax + R1", "Minimax + R1", "Minimax + R1"),
            },
            "minimax",
            restarts=True,
        ),
        Choice(
            "order",
            Text("Order", "更新順序", "更新顺序"),
            {
                "simultaneous": Text("Simultaneous", "同時", "同时"),
                "alternating": Text("Alternating", "交替", "交替"),
            },
            "simultaneous",
            restarts=True,
        ),
        Slider("h", Text("Step size h", "步長 h", "步长 h"), 0.05, 1.0, 0.05, 0.3, restarts=True),
        Slider("gamma", Text("R1 weight γ", "R1 權重 γ", "R1 权重 γ"), 0.0, 2.0, 0.05, 0.5, restarts=True),
        Handle("start", START, (-2.5, -2.5), (2.5, 2.5), (0.8, 0.0), restarts=True),
    ),
    buttons=(
        Button("step", Text("One step", "走一步", "走一步"), primary=True),
        Button("many", Text("10 steps", "走 10 步", "走 10 步"), plays=True),
    ),
    things=(
        Thing(
            Text(
                "Minimax, simultaneous: press 10 steps five times.",
                "Minimax、同時更新：按五次「走 10 步」。",
                "Minimax、同时更新：按五次“走 10 步”。",
            ),
            Text(
                "It spirals out: the eigenvalues are ±i/2, so every step's spectral radius exceeds 1.",
                "它向外旋出：特徵值是 ±i/2，所以每一步的譜半徑都大於 1。",
                "它向外旋出：特征值是 ±i/2，所以每一步的谱半径都大于 1。",
            ),
            sets={"method": "minimax", "order": "simultaneous", "h": 0.3, "start": (0.8, 0.0)},
            presses=(("many", 5),),
            restart=True,
        ),
        Thing(
            Text(
                "Switch to alternating and do it again.",
                "改成交替更新，再做一次。",
                "改成交替更新，再做一次。",
            ),
            Text(
                "It circles: the spectral radius is 1, and a turn ends about where it began.",
                "它繞圈：譜半徑是 1，轉一圈後大約回到原處。",
                "它绕圈：谱半径是 1，转一圈后大约回到原处。",
            ),
            sets={"method": "minimax", "order": "alternating", "h": 0.3, "start": (0.8, 0.0)},
            presses=(("many", 5),),
            restart=True,
        ),
        Thing(
            Text(
                "Choose Minimax + R1 and repeat.",
                "選 Minimax + R1，再做一次。",
                "选 Minimax + R1，再做一次。",
            ),
            Text(
                "The penalty moves both eigenvalues left, and the run comes to rest at (0, 0).",
                "懲罰項把兩個特徵值推向左邊，軌跡停在 (0, 0)。",
                "惩罚项把两个特征值推向左边，轨迹停在 (0, 0)。",
            ),
            sets={"method": "r1", "order": "simultaneous", "h": 0.3, "gamma": 0.5, "start": (0.8, 0.0)},
            presses=(("many", 5),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "With these settings, after a full turn the distance to (0, 0) is …",
            "照現在的設定，轉完一圈後，到 (0, 0) 的距離會……",
            "按现在的设定，转完一圈后，到 (0, 0) 的距离会……",
        ),
        {
            "farther": Text("larger", "變大", "变大"),
            "same": Text("the same", "不變", "不变"),
            "nearer": Text("smaller", "變小", "变小"),
        },
    ),
    exhibit=Dirac,
    source="Mescheder, Geiger and Nowozin 2018; Hung-yi Lee, GAN lecture (tips for improving GAN)",
)
