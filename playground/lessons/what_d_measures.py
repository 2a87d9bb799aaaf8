"""Lesson: what D measures. Two densities to drag; the best D between them, its value V*, and a D in training.

The densities are known, so V is integrated on a grid instead of estimated from a batch: V(D) <= V* holds
for every D. Does not know the page.
"""

from __future__ import annotations

import math

import numpy as np

from playground.engine.vectors import VectorDiscriminator
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
    Point,
    Reading,
    Room,
    Say,
    Thing,
    Values,
    View,
)
from playground.measures import densities
from playground.measures.lines import Block, Hills
from playground.words import Text

X, DX = densities.grid(-8.0, 8.0, 801)
SHOWN = slice(175, 626)  # -4.5 to 4.5
LOWEST, HIGHEST = 0.3, 1.5  # of a peak
SPLIT = 2.0  # between the two hills of p_data
DISTANCES = np.linspace(0.0, 5.0, 41)
AT_ONCE = 10  # updates of D in one press
LOG_2, LOG_4 = math.log(2.0), math.log(4.0)
GROWS = 0.005  # change that counts as growing, nats or units of x

DENSITIES = Text("Two densities and D between them", "兩個密度與中間的 D", "两个密度与中间的 D")
DENSITIES_LOOK = Text(
    "Drag the dots: sideways moves a density, up makes it narrower. Orange should reach the dashes.",
    "拖曳圓點：左右移動密度，往上變窄。橘線應該貼近虛線。",
    "拖动圆点：左右移动密度，往上变窄。橙线应该贴近虚线。",
)
CLIMB = Text("V(D) climbs to its bound", "V(D) 爬向上限", "V(D) 爬向上限")
CLIMB_LOOK = Text(
    "V(D) comes near V* and never passes it.", "V(D) 接近 V*，但不會超過。", "V(D) 接近 V*，但不会超过。"
)
APART = Text("The same two, pulled apart", "把兩者拉開", "把两者拉开")
APART_LOOK = Text(
    "Where nothing overlaps JSD is flat at log 2; Wasserstein still sees the distance.",
    "沒有重疊之後，JSD 平在 log 2；Wasserstein 仍然看得到距離。",
    "没有重叠之后，JSD 平在 log 2；Wasserstein 仍然看得到距离。",
)
P_DATA, P_G = Text("p_data", "p_data", "p_data"), Text("p_G", "p_G", "p_G")
D, BEST = Text("D", "D", "D"), Text("D*", "D*", "D*")
VALUE = Text("V(D)", "V(D)", "V(D)")
BEST_VALUE = Text("V* = −log 4 + 2 JSD", "V* = −log 4 + 2 JSD", "V* = −log 4 + 2 JSD")
JSD, WASSERSTEIN = Text("JSD", "JSD", "JSD"), Text("Wasserstein", "Wasserstein", "Wasserstein")
UPDATES = Text("updates of D", "D 更新次數", "D 更新次数")
DISTANCE = Text("distance", "距離", "距离")
HANDLE_P, HANDLE_Q = (
    Text("p_data: place and width", "p_data：位置與寬度", "p_data：位置与宽度"),
    Text("p_G: place and width", "p_G：位置與寬度", "p_G：位置与宽度"),
)
SAID_NEW = Text(
    "A fresh D knows nothing: V(D) = {value}. The best any D could reach here is V* = {best}.",
    "新的 D 什麼都不會：V(D) = {value}。這裡任何 D 最多到 V* = {best}。",
    "新的 D 什么都不会：V(D) = {value}。这里任何 D 最多到 V* = {best}。",
)
SAID = Text(
    "After {n} updates V(D) = {value}, {gap} below V* = {best}; so D has measured a JSD of at least {seen}.",
    "更新 {n} 次後 V(D) = {value}，比 V* = {best} 低 {gap}；所以 D 測出的 JSD 至少是 {seen}。",
    "更新 {n} 次后 V(D) = {value}，比 V* = {best} 低 {gap}；所以 D 测出的 JSD 至少是 {seen}。",
)
EVIDENCE = Text(
    "One unit farther apart: JSD {jsd} → {jsd_far}, Wasserstein {w} → {w_far}.",
    "再拉開 1：JSD {jsd} → {jsd_far}，Wasserstein {w} → {w_far}。",
    "再拉开 1：JSD {jsd} → {jsd_far}，Wasserstein {w} → {w_far}。",
)


def shape(kind: str, handle: Point, real: bool) -> Hills | Block:
    """The density whose (first) peak is at the handle: the height of the peak decides the width."""
    x, peak = handle
    if kind == "blocks":
        return Block(x, 1.0 / peak)
    means = (x, x + SPLIT) if real and kind == "two" else (x,)
    return Hills(means, 1.0 / (math.sqrt(2.0 * math.pi) * len(means) * peak))


class WhatDMeasures(Exhibit):
    """A discriminator between two densities that do not move while it learns."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.kind = values["shape"]
        real, generated = (shape(self.kind, values[name], name == "p") for name in ("p", "q"))
        self.p, self.q = real.density(X), generated.density(X)
        self.best = densities.best_discriminator(self.p, self.q)
        self.best_value = densities.best_value(self.p, self.q, DX)
        self.learner = VectorDiscriminator(real.draw, generated.draw, 1, activation="silu", width=32)
        self.curve = [self._value()]
        self.apart = [self._distances(values, distance) for distance in DISTANCES]
        self.here = abs(values["q"][0] - values["p"][0])

    def press(self, name: str, argument: str = "") -> None:
        if name != "train" or argument:
            raise LessonError(f"{name[:40]!r} is no press here; it must be train, without anything after it.")
        self.learner.step(AT_ONCE)
        self.curve.append(self._value())

    def _value(self) -> float:
        """V(D) by integration over the grid, nats."""
        return densities.value(self.p, self.q, self.learner.probability(X[:, None]).astype(np.float64), DX)

    def _distances(self, values: Values, distance: float) -> tuple[float, float]:
        """JSD and Wasserstein distance if p_G stood this far from p_data, on the side where it is."""
        (x, _), (at, peak) = values["p"], values["q"]
        moved = shape(self.kind, (x + math.copysign(distance, at - x), peak), False).density(X)
        return densities.jsd(self.p, moved, DX), densities.wasserstein1(self.p, moved, DX)

    def view(self, values: Values, say: Say) -> View:
        value, jsd = self.curve[-1], densities.jsd(self.p, self.q, DX)
        wasserstein = densities.wasserstein1(self.p, self.q, DX)
        readings = (
            Reading("value", VALUE, value),
            Reading("best_value", BEST_VALUE, self.best_value),
            Reading("jsd", JSD, jsd),
            Reading("wasserstein", WASSERSTEIN, wasserstein),
        )
        numbers = dict(
            value=value, best=self.best_value, gap=self.best_value - value, seen=max(0.0, (value + LOG_4) / 2)
        )
        shown = {name: number(v, 3) for name, v in numbers.items()}
        said = say(SAID, n=self.learner.updates, **shown) if self.learner.updates else say(SAID_NEW, **shown)
        body = columns(
            figure(say(DENSITIES), self._densities(values, say), say(DENSITIES_LOOK)),
            stack(
                figure(say(CLIMB), self._climb(say), say(CLIMB_LOOK)),
                figure(say(APART), self._apart(jsd, wasserstein, say), say(APART_LOOK)),
            ),
        )
        answer, evidence = self._check(values, jsd, wasserstein, say)
        return View(body, said, readings, answer, evidence)

    def _densities(self, values: Values, say: Say) -> str:
        x = X[SHOWN]
        plot = Plot((-4.5, 4.5), (0.0, 1.62), words=say(DENSITIES), x_title="x", height=370)
        plot.area(x, 0.0, self.p[SHOWN], REAL, label=say(P_DATA), opacity=0.3)
        plot.area(x, 0.0, self.q[SHOWN], GENERATED, label=say(P_G), opacity=0.3)
        seen = (self.p + self.q)[SHOWN] > 1e-3  # elsewhere there is nothing to tell apart
        plot.line(x, np.where(seen, self.best[SHOWN], np.nan), INK, label=say(BEST), dash=DASHES)
        d = self.learner.probability(x[:, None])
        plot.line(x, d, ACCENT, label=say(D), width=2.2)
        for name, color, label in (("p", REAL, HANDLE_P), ("q", GENERATED, HANDLE_Q)):
            at, peak = values[name]
            plot.handle(name, at, peak, color, label=say(label))
        return plot.svg()

    def _climb(self, say: Say) -> str:
        at = AT_ONCE * np.arange(len(self.curve))
        plot = Plot(
            (0.0, max(200.0, float(at[-1]))), (-1.8, 0.35), words=say(CLIMB), x_title=say(UPDATES), height=170
        )
        plot.rule(y=-LOG_4, label="−log 4")
        plot.rule(y=self.best_value, color=INK, dash=DASHES, label="V*")
        plot.line(at, self.curve, ACCENT, label=say(VALUE), width=2.2)
        return plot.dots([(at[-1], self.curve[-1])], ACCENT, radius=3.5).svg()

    def _apart(self, jsd: float, wasserstein: float, say: Say) -> str:
        jsds, works = np.array(self.apart).T
        plot = Plot((0.0, 5.0), (0.0, 5.2), words=say(APART_LOOK), x_title=say(DISTANCE), height=170)
        plot.rule(y=LOG_2, label="log 2").rule(x=self.here)
        plot.line(DISTANCES, works, MUTED, label=say(WASSERSTEIN))
        plot.line(DISTANCES, jsds, INK, label=say(JSD), width=2.2)
        return plot.dots([(self.here, jsd), (self.here, wasserstein)], INK, radius=3.5).svg()

    def _check(self, values: Values, jsd: float, wasserstein: float, say: Say) -> tuple[str | None, str]:
        """Which of the two grows when the blocks here are moved one unit farther apart."""
        if self.kind != "blocks":
            return None, ""
        far_jsd, far = self._distances(values, self.here + 1.0)
        grows = (far_jsd - jsd > GROWS, far - wasserstein > GROWS)
        found = {
            (True, True): "both",
            (False, True): "wasserstein",
            (True, False): "jsd",
            (False, False): "none",
        }
        numbers = dict(jsd=jsd, jsd_far=far_jsd, w=wasserstein, w_far=far)
        return found[grows], say(EVIDENCE, **{name: number(v, 3) for name, v in numbers.items()})


LESSON = Lesson(
    slug="what-d-measures",
    place=11,
    title=Text("What D measures", "D 量的是什麼", "D 量的是什么"),
    question=Text(
        "What distance does a trained D read off?",
        "訓練好的 D 量的是哪一種距離？",
        "训练好的 D 量的是哪一种距离？",
    ),
    lead=Text(
        "Training D raises $V(D)$. Its ceiling $V^*$ is the Jensen–Shannon divergence "
        "between the two densities.",
        "訓練 D 就是提高 $V(D)$。它的上限 $V^*$ 就是兩個密度的 Jensen–Shannon 散度。",
        "训练 D 就是提高 $V(D)$。它的上限 $V^*$ 就是两个密度的 Jensen–Shannon 散度。",
    ),
    formula=r"\max_D V(D)=-\log 4+2\,\mathrm{JSD}(p_\text{data},p_G)",
    controls=(
        Choice(
            "shape",
            Text("Densities", "密度", "密度"),
            {
                "one": Text("One hill each", "各一座山", "各一座山"),
                "two": Text("Two hills, one", "兩座山對一座", "两座山对一座"),
                "blocks": Text("Blocks", "方塊", "方块"),
            },
            "one",
            restarts=True,
        ),
        Handle("p", HANDLE_P, (-2.0, LOWEST), (0.5, HIGHEST), (-1.0, 0.8), restarts=True),
        Handle("q", HANDLE_Q, (-3.0, LOWEST), (3.0, HIGHEST), (0.5, 0.6), restarts=True),
    ),
    buttons=(Button("train", Text("Train D", "訓練 D", "训练 D"), primary=True, plays=True),),
    things=(
        Thing(
            Text("Press Train D 40 times.", "按「訓練 D」40 次。", "按“训练 D”40 次。"),
            Text(
                "V(D) creeps up to the dashed V* and stays below it; D lies on D*.",
                "V(D) 慢慢爬到虛線 V*，停在它下方；D 貼上 D*。",
                "V(D) 慢慢爬到虚线 V*，停在它下方；D 贴上 D*。",
            ),
            presses=(("train", 40),),
            restart=True,
        ),
        Thing(
            Text(
                "Drag p_G onto p_data, then train.",
                "把 p_G 拖到 p_data 上，再訓練。",
                "把 p_G 拖到 p_data 上，再训练。",
            ),
            Text(
                "JSD is 0: D cannot beat guessing, V(D) ends at −log 4.",
                "JSD 是 0：D 只能亂猜，V(D) 停在 −log 4。",
                "JSD 是 0：D 只能乱猜，V(D) 停在 −log 4。",
            ),
            sets={"shape": "one", "p": (-1.0, 0.8), "q": (-1.0, 0.8)},
            presses=(("train", 40),),
        ),
        Thing(
            Text(
                "Choose Blocks and drag p_G far right.",
                "選「方塊」，把 p_G 拖到最右邊。",
                "选“方块”，把 p_G 拖到最右边。",
            ),
            Text(
                "JSD stays log 2 however far you drag; Wasserstein keeps growing.",
                "拖多遠 JSD 都停在 log 2；Wasserstein 一直增加。",
                "拖多远 JSD 都停在 log 2；Wasserstein 一直增加。",
            ),
            sets={"shape": "blocks", "p": (-1.0, 0.8), "q": (3.0, 0.6)},
        ),
    ),
    check=Check(
        Text(
            "Two blocks do not touch. One unit farther apart: what grows?",
            "兩個方塊沒有碰到。再拉開 1：什麼會變大？",
            "两个方块没有碰到。再拉开 1：什么会变大？",
        ),
        {
            "jsd": Text("Only JSD", "只有 JSD", "只有 JSD"),
            "wasserstein": Text("Only Wasserstein", "只有 Wasserstein", "只有 Wasserstein"),
            "both": Text("Both", "兩者都會", "两者都会"),
            "none": Text("Neither", "都不會", "都不会"),
        },
    ),
    exhibit=WhatDMeasures,
    source="Goodfellow et al. 2014; Arjovsky et al. 2017; Hung-yi Lee, GAN lecture (theory)",
)
