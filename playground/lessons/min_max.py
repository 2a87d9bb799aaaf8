"""Lesson: min max. Three generators against a family of D, then gradient descent on the maximum.

The game is `measures.logistic_game`; no network. Does not know the page.
"""

from __future__ import annotations

import math
from functools import cached_property
from itertools import pairwise

import numpy as np

from playground.data.target import Float64
from playground.figures.plots import (
    ACCENT,
    DASHES,
    GENERATED,
    INK,
    MUTED,
    REAL,
    Plot,
    columns,
    figure,
    number,
    stack,
)
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
from playground.measures.logistic_game import (
    P_DATA,
    X,
    best_value,
    best_w,
    generator,
    kinks,
    slope_in_mean,
    slope_in_w,
    value,
)
from playground.words import Text

NAMES = ("g1", "g2", "g3")
PEAK = 1.0 / math.sqrt(2.0 * math.pi)
FIRST_D = 1.2  # where every D starts to climb
CLIMB_RATE, CLIMBS = 0.5, 2  # gradient ascent on w: its rate, and steps in a press
TOP = 0.02  # nats per unit of w: a slope below this is the top
FIRST_THETA = 2.4  # where the generator of the right chart starts
FAMILIES = {"2": (-2.0, 1.0), "3": (-2.0, -0.7, 1.2), "6": (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0), "all": ()}
WS = np.linspace(-3.2, 3.2, 129)
THETAS = np.linspace(-3.0, 3.0, 241)
FLOOR = -3.4  # nats, where both charts end

THREE = Text("Three generators", "三個生成器", "三个生成器")
DRAG = Text("Drag a blue dot to move a generator.", "拖曳藍點可移動生成器。", "拖动蓝点可移动生成器。")
CURVES = Text("V(G, D) over the family of D", "V(G, D) 隨 D 的變化", "V(G, D) 随 D 的变化")
HEIGHTS = Text(
    "The top of a curve is that generator's loss.",
    "曲線頂端的高度，就是那個生成器的損失。",
    "曲线顶端的高度，就是那个生成器的损失。",
)
DESCENT = Text("Gradient descent on L(G) = max V", "對 L(G) = max V 做梯度下降", "对 L(G) = max V 做梯度下降")
KINKS = Text(
    "The maximum follows one D at a time; where another takes over there is a kink.",
    "最大值一次只跟著一個 D；換另一個 D 接手的地方就有折點。",
    "最大值一次只跟着一个 D；换另一个 D 接手的地方就有折点。",
)
REAL_DATA = Text("p_data", "p_data", "p_data")
EACH = Text("V(G, D) of each D", "每個 D 的 V(G, D)", "每个 D 的 V(G, D)")
LARGEST = Text("the largest, L(G)", "其中最大的 L(G)", "其中最大的 L(G)")
STAR = Text("V*, all D allowed", "V*（允許所有 D）", "V*（允许所有 D）")
KINK = Text("kink", "折點", "折点")
W_AXIS = Text("D, tuned against a generator at w", "D：專門對付位於 w 的生成器", "D：专门对付位于 w 的生成器")
THETA_AXIS = Text("generator's mean θ", "生成器的平均 θ", "生成器的均值 θ")
NATS = Text("nats", "nat", "nat")
V_OF = {name: Text(f"V of {name.upper()}", f"{name.upper()} 的 V", f"{name.upper()} 的 V") for name in NAMES}
THETA, LOSS = Text("Mean θ", "平均 θ", "均值 θ"), Text("L(G)", "L(G)", "L(G)")
SAID_FIRST = Text(
    "One and the same D for all: {low} looks best with V = {value}, but that D was not made against it.",
    "三個都用同一個 D：{low} 看起來最好，V = {value}；但這個 D 不是為它準備的。",
    "三个都用同一个 D：{low} 看起来最好，V = {value}；但这个 D 不是为它准备的。",
)
SAID_CLIMB = Text(
    "Slopes left to climb: {slopes}. The lowest of the three heights is {low}'s, {value}.",
    "每個 D 沿梯度往上爬，剩下的斜率：{slopes}。三個高度中最低的是 {low}：{value}。",
    "每个 D 沿梯度往上爬，剩下的斜率：{slopes}。三个高度中最低的是 {low}：{value}。",
)
SAID_DESCEND = Text(
    "Step {n}: the largest V was that of D at w = {w}; its slope, {slope}, moved θ. Switches: {switches}.",
    "第 {n} 步：V 最大的是 w = {w} 的 D，只用它的斜率 {slope} 移動 θ。D 換過 {switches} 次。",
    "第 {n} 步：V 最大的是 w = {w} 的 D，只用它的斜率 {slope} 移动 θ。D 换过 {switches} 次。",
)
EVIDENCE = Text(
    "Maxima: G1 {a}, G2 {b}, G3 {c}. With the first D they were {d}, {e}, {f}.",
    "最大值：G1 {a}、G2 {b}、G3 {c}。一開始的 D 給的是 {d}、{e}、{f}。",
    "最大值：G1 {a}、G2 {b}、G3 {c}。一开始的 D 给的是 {d}、{e}、{f}。",
)


class MinMax(Exhibit):
    """Three climbs of D, and one descent of G on the maximum."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.means = [values[name][0] for name in NAMES]
        self.rate, self.family = values["rate"], FAMILIES[values["family"]]
        self.climbed, self.ws = 0, [FIRST_D] * len(NAMES)
        self.path = [FIRST_THETA]
        self.active = [best_w(FIRST_THETA, self.family)]
        self.last = ""
        self.first = [float(value(mean, FIRST_D)) for mean in self.means]

    def press(self, name: str, argument: str = "") -> None:
        if argument:
            raise LessonError(f"{name} takes no argument, but was given {argument!r}.")
        self.last = name
        if name == "climb":
            for _ in range(CLIMBS):
                self.ws = [
                    w + CLIMB_RATE * slope_in_w(m, w) for m, w in zip(self.means, self.ws, strict=True)
                ]
            self.climbed += 1
        else:
            theta, w = self.path[-1], self.active[-1]
            self.path.append(theta - self.rate * slope_in_mean(theta, w))
            self.active.append(best_w(self.path[-1], self.family))

    # -- what is known

    @property
    def heights(self) -> list[float]:
        """V of each generator at its own D of now, nats."""
        return [float(value(mean, w)) for mean, w in zip(self.means, self.ws, strict=True)]

    @property
    def slopes(self) -> list[float]:
        return [slope_in_w(mean, w) for mean, w in zip(self.means, self.ws, strict=True)]

    @cached_property
    def curves(self) -> list[Float64]:
        """V(G, D) of the three over `WS`."""
        return [value(mean, WS) for mean in self.means]

    @cached_property
    def star(self) -> Float64:
        """V* = -log 4 + 2 JSD over `THETAS`."""
        return np.array([best_value(t) for t in THETAS])

    @cached_property
    def pieces(self) -> Float64:
        """V(G, D) over `THETAS` of each D of the family, (T, D); with all D their maximum, (T, 1)."""
        if not self.family:
            return self.star[:, None]
        return np.stack([value(t, self.family) for t in THETAS])

    @property
    def loss(self) -> float:
        return float(value(self.path[-1], self.active[-1]))

    # -- what is seen

    def view(self, values: Values, say: Say) -> View:
        heights, slopes = self.heights, self.slopes
        pick = int(np.argmin(heights))
        done = max(map(abs, slopes)) < TOP
        readings = [
            Reading(name, V_OF[name], height) for name, height in zip(NAMES, heights, strict=True)
        ] + [Reading("theta", THETA, self.path[-1]), Reading("loss", LOSS, self.loss)]
        evidence = say(
            EVIDENCE,
            **dict(zip("abcdef", (number(v, 3) for v in (*heights, *self.first)), strict=True)),
        )
        left = stack(
            figure(say(THREE), self._densities(pick if done else None, say), say(DRAG)),
            figure(say(CURVES), self._values(heights, done, say), say(HEIGHTS)),
        )
        right = figure(say(DESCENT), self._descent(say), say(KINKS))
        answer = NAMES[pick] if done else None
        said = self._said(heights, slopes, pick, say)
        return View(columns(left, right), said, tuple(readings), answer, evidence if done else "")

    def _said(self, heights: list[float], slopes: list[float], pick: int, say: Say) -> str:
        if self.last == "descend":
            slope = slope_in_mean(self.path[-2], self.active[-2])
            switches = sum(a != b for a, b in pairwise(self.active)) if self.family else 0
            return say(
                SAID_DESCEND,
                n=len(self.path) - 1,
                w=number(self.active[-2], 2),
                slope=number(slope, 3),
                switches=switches,
            )
        found = {"low": NAMES[pick].upper(), "value": number(heights[pick], 3)}
        if self.last == "climb":
            return say(SAID_CLIMB, slopes=", ".join(number(s, 2) for s in slopes), **found)
        return say(SAID_FIRST, **found)

    def _densities(self, pick: int | None, say: Say) -> str:
        plot = Plot((-4.5, 4.5), (0.0, 0.52), words=say(THREE), height=134, y_ticks=(0.0, 0.2, 0.4))
        plot.area(X, 0.0, P_DATA, REAL, label=say(REAL_DATA), opacity=0.25)
        for i, (name, mean) in enumerate(zip(NAMES, self.means, strict=True)):
            plot.line(X, generator(mean), GENERATED, width=2.8 if i == pick else 1.2)
            plot.handle(name, mean, PEAK, GENERATED, label=name.upper(), radius=7)
            plot.text(mean, PEAK + 0.06, name.upper(), GENERATED, anchor="middle")
        return plot.svg()

    def _values(self, heights: list[float], done: bool, say: Say) -> str:
        plot = Plot(
            (-3.2, 3.2),
            (FLOOR, 0.0),
            words=say(HEIGHTS),
            x_title=say(W_AXIS),
            y_title=say(NATS),
            height=188,
        )
        pick = int(np.argmin(heights))
        for i, (curve, w, height) in enumerate(zip(self.curves, self.ws, heights, strict=True)):
            strong = done and i == pick
            plot.line(WS, curve, GENERATED, width=2.8 if strong else 1.4)
            if done:
                plot.segments([(-3.2, height)], [(w, height)], GENERATED, width=0.8)
            name, at = NAMES[i].upper(), max(height, FLOOR + 0.1)
            plot.dots([(w, at)], GENERATED, radius=4.0)
            plot.text(w, at + 0.14, name if at == height else f"{name} ↓", GENERATED, anchor="middle")
        return plot.svg()

    def _descent(self, say: Say) -> str:
        plot = Plot(
            (-3.0, 3.0),
            (FLOOR, 0.0),
            words=say(KINKS),
            x_title=say(THETA_AXIS),
            y_title=say(NATS),
            height=356,
        )
        if self.family:
            for i, piece in enumerate(self.pieces.T):
                plot.line(THETAS, piece, MUTED, width=1.0, label="" if i else say(EACH))
        plot.line(THETAS, self.pieces.max(1), INK, width=2.4, label=say(LARGEST))
        plot.line(THETAS, self.star, MUTED, dash=DASHES, label=say(STAR), width=1.4)
        for theta, height in kinks(THETAS, self.pieces):
            plot.text(theta, height - 0.22, say(KINK), ACCENT, anchor="middle")
        theta, w, loss = self.path[-1], self.active[-1], self.loss
        slope = slope_in_mean(theta, w)
        reach = 0.7 / math.hypot(1.0, slope)
        ends = (theta - reach, loss - reach * slope), (theta + reach, loss + reach * slope)
        plot.segments(ends[:1], ends[1:], ACCENT, width=1.8)
        trail = [(t, float(value(t, v))) for t, v in zip(self.path[-60:], self.active[-60:], strict=True)]
        plot.segments(trail[:-1], trail[1:], GENERATED, width=0.8)
        plot.dots(trail[:-1], GENERATED, radius=2.2).dots(trail[-1:], GENERATED, radius=5.0)
        return plot.svg()


LESSON = Lesson(
    slug="min-max",
    place=12,
    title=Text("min max", "min max", "min max"),
    question=Text(
        "How can G minimise something that is a maximum?",
        "生成器要怎麼最小化一個「最大值」？",
        "生成器要怎么最小化一个“最大值”？",
    ),
    lead=Text(
        "A generator's loss is the height its best $D$ reaches. Read three heights off, pick the lowest; "
        "then let the gradient pick.",
        "生成器的損失，就是最好的 $D$ 能達到的高度。先讀出三個高度，選最低的；再讓梯度自己選。",
        "生成器的损失，就是最好的 $D$ 能达到的高度。先读出三个高度，选最低的；再让梯度自己选。",
    ),
    formula=r"G^* = \arg\min_G \max_D V(G, D)",
    controls=(
        Choice(
            "family",
            Text("D to choose from", "可選的 D", "可选的 D"),
            {
                "2": Text("2", "2", "2"),
                "3": Text("3", "3", "3"),
                "6": Text("6", "6", "6"),
                "all": Text("all", "全部", "全部"),
            },
            "2",
            restarts=True,
        ),
        Slider(
            "rate",
            Text("G's learning rate", "生成器學習率", "生成器学习率"),
            0.05,
            1.0,
            0.05,
            0.5,
            restarts=True,
        ),
        *(
            Handle(
                name,
                Text(name.upper(), name.upper(), name.upper()),
                (-2.8, PEAK),
                (2.8, PEAK),
                (mean, PEAK),
                "x",
                restarts=True,
            )
            for name, mean in zip(NAMES, (2.4, -1.5, 0.8), strict=True)
        ),
    ),
    buttons=(
        Button("climb", Text("Raise D", "提升 D", "提升 D"), primary=True),
        Button("descend", Text("Step G", "走一步 G", "走一步 G"), plays=True),
    ),
    things=(
        Thing(
            Text(
                "Press Raise D until the dots stand still.",
                "按「提升 D」直到點不再動。",
                "按“提升 D”直到点不再动。",
            ),
            Text(
                "Each height becomes −log 4 + 2 JSD; G2, which looked best at first, is not the lowest.",
                "每個高度都變成 −log 4 + 2 JSD；一開始看起來最好的 G2 並不是最低的。",
                "每个高度都变成 −log 4 + 2 JSD；一开始看起来最好的 G2 并不是最低的。",
            ),
            sets={"g1": (2.4, PEAK), "g2": (-1.5, PEAK), "g3": (0.8, PEAK)},
            presses=(("climb", 15),),
            restart=True,
        ),
        Thing(
            Text(
                "With 2 D, press Step G forty times.",
                "用 2 個 D，按「走一步 G」四十次。",
                "用 2 个 D，按“走一步 G”四十次。",
            ),
            Text(
                "G slides to the kink at −0.5, not to the data at 0, and hops across it.",
                "G 滑到 −0.5 的折點，而不是資料所在的 0，並在折點兩側跳來跳去。",
                "G 滑到 −0.5 的折点，而不是数据所在的 0，并在折点两侧跳来跳去。",
            ),
            sets={"family": "2", "rate": 0.5},
            presses=(("descend", 40),),
            restart=True,
        ),
        Thing(
            Text("Do the same with all D.", "改用全部的 D 再做一次。", "改用全部的 D 再做一次。"),
            Text(
                "No kink is left: the slope fades, and G comes to rest on the data.",
                "折點消失了：斜率漸漸變小，G 停在資料上。",
                "折点消失了：斜率渐渐变小，G 停在数据上。",
            ),
            sets={"family": "all", "rate": 0.5},
            presses=(("descend", 40),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "Once each has its best D, which generator will you pick?",
            "每個生成器都遇上最好的 D 之後，你會選哪一個？",
            "每个生成器都遇上最好的 D 之后，你会选哪一个？",
        ),
        {name: Text(name.upper(), name.upper(), name.upper()) for name in NAMES},
    ),
    exhibit=MinMax,
    source="Goodfellow et al. 2014; Hung-yi Lee, GAN lecture (theory)",
)
