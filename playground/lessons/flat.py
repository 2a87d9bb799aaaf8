"""Lesson 16: does D end flat at 1/2? Train to the end; measure D at the data, between islands, far away.

Goodfellow's prediction against LeCun's doubt; the answer is whatever is measured. Knows no page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from playground.config import RunConfig
from playground.engine import Gauge, Trainer, observe
from playground.figures.planes import scale
from playground.figures.plots import ACCENT, DASHES, INK, MUTED, REAL, Plot, columns, figure, stack
from playground.lessons._planes import ITERATION, ITERATIONS, SCALE_WORD, iterate, named_plane
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
    Choice,
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
from playground.measures import Grid
from playground.words import Text

END = 5_000  # iterations; measured over seeds, without replay little changes after some 1,000
KNOWN = 1_000  # iterations before the question can be answered
RECENT = 500  # iterations whose mean is shown: D never stands still
FLAT = 0.1  # mean |D - 1/2| that still counts as flat; measured, runs lie well on either side
SIGMA = 0.2
WINDOW = 4.0  # the surface is computed on [-4, 4]^2, twice the lab's window, and shown on a part of it
SHOWN_WINDOW = ((-WINDOW, WINDOW), (-3.0, 3.0))
FAR = 2.8  # radius of the circle that is called far away: 9 sigma from either island or more
BETWEEN = (0.3, 0.5)  # half the sides of the box between the islands: all of it over 3 sigma from both
CELLS = 48
SHOWN = 300  # points
PLACES = ("on", "between", "far")
COLORS = {"on": INK, "between": ACCENT, "far": MUTED}
RUN: dict[str, Any] = {
    "target": "two_islands",
    "target_sigma": SIGMA,
    "discriminator_updates": 2,
    "beta1": 0.0,
    "beta2": 0.999,
}


@dataclass(frozen=True)
class Size:
    """A discriminator's hidden layers, and the iterations that one press can afford."""

    depth: int
    width: int
    iterations: int


SIZES = {"tiny": Size(1, 4, 20), "usual": Size(2, 64, 20), "large": Size(2, 128, 10)}

PLANE = Text("D on a wide window", "大範圍內的 D", "大范围内的 D")
PLANE_LOOK = Text(
    "White is ½. Dashed: the box between the islands and the circle called far away.",
    "白色是 ½。虛線：兩島之間的方框，以及稱為「遠處」的圓。",
    "白色是 ½。虚线：两岛之间的方框，以及称为“远处”的圆。",
)
PROFILE = Text("D along the line through both islands", "沿著穿過兩島的直線看 D", "沿着穿过两岛的直线看 D")
PROFILE_LOOK = Text(
    "Does the line stay at ½ outside the green bands too?",
    "在綠色區域之外，曲線也停在 ½ 嗎？",
    "在绿色区域之外，曲线也停在 ½ 吗？",
)
HISTORY = Text("Mean distance of D from ½", "D 與 ½ 的平均距離", "D 与 ½ 的平均距离")
HISTORY_LOOK = Text("Flat means all three lines at 0.", "三條線都在 0 才是平的。", "三条线都在 0 才是平的。")
PLACE_WORDS = {
    "on": Text("at the data", "資料上", "数据上"),
    "between": Text("between", "兩島之間", "两岛之间"),
    "far": Text("far away", "遠處", "远处"),
}
DATA_BAND = Text("data (within 2σ)", "資料（2σ 內）", "数据（2σ 内）")
PREDICTED = Text("predicted ½", "預測 ½", "预测 ½")
OFF_ON = Text("|D−½| at data", "資料上 |D−½|", "数据上 |D−½|")
OFF_BETWEEN = Text("|D−½| between", "兩島間 |D−½|", "两岛间 |D−½|")
OFF_FAR = Text("|D−½| far away", "遠處 |D−½|", "远处 |D−½|")
LAG = Text("V* − V (nats)", "V* − V（nats）", "V* − V（nats）")
START = Text("Nothing is trained yet. Press Play.", "還沒有訓練。請按播放。", "还没有训练。请按播放。")
SAID = Text(
    "Iteration {n:,}: mean D is {on:.2f} at the data, {between:.2f} between the islands, {far:.2f} far away "
    "(over the last {recent} iterations).",
    "第 {n:,} 次迭代：D 的平均在資料上是 {on:.2f}，兩島之間 {between:.2f}，"
    "遠處 {far:.2f}（最近 {recent} 次迭代）。",
    "第 {n:,} 次迭代：D 的平均在数据上是 {on:.2f}，两岛之间 {between:.2f}，"
    "远处 {far:.2f}（最近 {recent} 次迭代）。",
)
EVIDENCE = Text(
    "Mean |D − ½|: {on:.3f} at the data, {between:.3f} between, {far:.3f} far away; flat is below {flat}.",
    "|D − ½| 的平均：資料上 {on:.3f}，兩島之間 {between:.3f}，遠處 {far:.3f}；低於 {flat} 算平。",
    "|D − ½| 的平均：数据上 {on:.3f}，两岛之间 {between:.3f}，远处 {far:.3f}；低于 {flat} 算平。",
)


def places(trainer: Trainer) -> dict[str, np.ndarray]:
    """Where D is measured, (N, 2) each: at real points, in the box between the islands, on a far circle."""
    x, y = (np.linspace(-side, side, 9) for side in BETWEEN)
    angle = np.linspace(0.0, 2.0 * np.pi, 72, endpoint=False)
    return {
        "on": trainer.real_points(1_000),
        "between": np.stack(np.meshgrid(x, y), -1).reshape(-1, 2),
        "far": FAR * np.stack([np.cos(angle), np.sin(angle)], 1),
    }


class Flat(Exhibit):
    """A GAN on two islands that is trained to the end; D is measured at three places after each press."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.size = SIZES[values["capacity"]]
        self.trainer = Trainer(
            RunConfig(**RUN).with_changes(
                discriminator_depth=self.size.depth,
                discriminator_width=self.size.width,
                history_replay=values["replay"],
                r1_weight=values["penalty"],
                seed=values["seed"],
            )
        )
        self.places = places(self.trainer)
        self.gauge = Gauge(self.trainer)
        self.iterations: list[int] = []
        self.means: dict[str, list[float]] = {place: [] for place in PLACES}  # mean D
        self.off: dict[str, list[float]] = {place: [] for place in PLACES}  # mean |D - 1/2|
        self._measure()

    def press(self, name: str, argument: str = "") -> None:
        """Some iterations, then D at the three places."""
        iterate(self.trainer, self.size.iterations)
        self._measure()

    def _measure(self) -> None:
        self.iterations.append(self.trainer.iteration)
        for place, points in self.places.items():
            d = self.trainer.discriminate(points).astype(np.float64)
            self.means[place].append(float(d.mean()))
            self.off[place].append(float(np.abs(d - 0.5).mean()))

    def recent(self, rows: dict[str, list[float]]) -> dict[str, float]:
        """The mean of each row over the last `RECENT` iterations."""
        first = self.trainer.iteration - RECENT
        kept = sum(at > first for at in self.iterations)
        return {place: float(np.mean(row[-kept:])) for place, row in rows.items()}

    def answer(self) -> str | None:
        """Where D is flat, once it was trained long enough."""
        if self.trainer.iteration < KNOWN:
            return None
        flat = {place: off < FLAT for place, off in self.recent(self.off).items()}
        if not flat["on"]:
            return "nowhere"
        return "everywhere" if all(flat.values()) else "data"

    def view(self, values: Values, say: Say) -> View:
        """The surface on a wide window, D along a line, and how far from 1/2 it is at the three places."""
        n = self.trainer.iteration
        off, means = self.recent(self.off), self.recent(self.means)
        found, _ = self.gauge.read(transport=False)
        return View(
            columns(self._plane(say), stack(self._profile(say), self._history(say))),
            say(SAID, n=n, recent=RECENT, **means) if n else say(START),
            (
                Reading("on", OFF_ON, off["on"]),
                Reading("between", OFF_BETWEEN, off["between"]),
                Reading("far", OFF_FAR, off["far"]),
                Reading("lag", LAG, found.value_star - found.value, 2),
                Reading("iteration", ITERATION, n, 0),
            ),
            self.answer(),
            say(EVIDENCE, flat=FLAT, **off) if n else "",
            progress=min(1.0, n / END),
            finished=n >= END,
        )

    def _plane(self, say: Say) -> str:
        grid = Grid(WINDOW, CELLS)
        wide = replace(
            observe(self.trainer, layers=frozenset(), points=SHOWN),
            surface=self.trainer.discriminate(grid.centres).reshape(CELLS, CELLS),
            surface_kind="discriminator",
            extent=WINDOW,
        )
        plot = named_plane(wide, say, PLANE, window=SHOWN_WINDOW)
        x, y = BETWEEN
        plot.line([-x, x, x, -x, -x], [-y, -y, y, y, -y], ACCENT, dash=DASHES, width=1.4)
        around = np.linspace(0.0, 2.0 * np.pi, 73)
        plot.line(FAR * np.cos(around), FAR * np.sin(around), MUTED, dash=DASHES, width=1.4)
        return figure(say(PLANE), scale(say(SCALE_WORD)) + plot.svg(), say(PLANE_LOOK))

    def _profile(self, say: Say) -> str:
        x = np.linspace(-WINDOW, WINDOW, 161)
        d = self.trainer.discriminate(np.stack([x, np.zeros_like(x)], 1))
        plot = Plot((-WINDOW, WINDOW), (0.0, 1.0), words=say(PROFILE), x_title="x₁", y_title="D", height=165)
        for place, centre in enumerate((-1.0, 1.0)):
            band = [centre - 2 * SIGMA, centre + 2 * SIGMA]
            plot.area(band, 0.0, 1.0, REAL, label="" if place else say(DATA_BAND))
        plot.rule(y=0.5, label=say(PREDICTED), dash=DASHES).line(x, d, ACCENT)
        return figure(say(PROFILE), plot.svg(), say(PROFILE_LOOK))

    def _history(self, say: Say) -> str:
        end = 1.03 * max(RECENT, self.trainer.iteration)
        plot = Plot((0.0, end), (0.0, 0.5), words=say(HISTORY), x_title=say(ITERATIONS), height=165)
        every = max(1, len(self.iterations) // 150)
        for place in PLACES:
            y = self.off[place][::every]
            plot.line(self.iterations[::every], y, COLORS[place], label=say(PLACE_WORDS[place]))
        return figure(say(HISTORY), plot.svg(), say(HISTORY_LOOK))

    def table(self) -> str | None:
        """Mean D and mean |D - 1/2| at each place after every press."""
        heads = [f"mean_d_{p}" for p in PLACES] + [f"distance_from_half_{p}" for p in PLACES]
        columns_ = [self.means[p] for p in PLACES] + [self.off[p] for p in PLACES]
        rows = zip(self.iterations, *columns_, strict=True)
        lines = [",".join([str(n), *(f"{v:.6g}" for v in rest)]) for n, *rest in rows]
        return "\n".join([",".join(["iteration", *heads]), *lines]) + "\n"


LESSON = Lesson(
    slug="does-d-end-flat",
    place=16,
    title=Text("Does D end flat?", "D 最後會變平嗎？", "D 最后会变平吗？"),
    question=Text(
        "When training ends, is D ½ everywhere?",
        "訓練結束時，D 處處都是 ½ 嗎？",
        "训练结束时，D 处处都是 ½ 吗？",
    ),
    lead=Text(
        "Goodfellow predicts that D ends at ½ where $p_G = p_{data}$. LeCun doubts that D ends flat: "
        "it should stay low away from the data. Train, and measure.",
        "Goodfellow 預測：在 $p_G = p_{data}$ 的地方，D 最後是 ½。"
        "LeCun 懷疑 D 會變平：在資料以外，D 應該保持低分。訓練看看，量一量。",
        "Goodfellow 预测：在 $p_G = p_{data}$ 的地方，D 最后是 ½。"
        "LeCun 怀疑 D 会变平：在数据以外，D 应该保持低分。训练看看，量一量。",
    ),
    formula=r"D^*(x) = \frac{p_{data}(x)}{p_{data}(x) + p_G(x)}",
    controls=(
        Choice(
            "capacity",
            Text("Size of D", "D 的大小", "D 的大小"),
            {
                "tiny": Text("4 units", "4 個單元", "4 个单元"),
                "usual": Text("2 layers of 64", "2 層，各 64", "2 层，各 64"),
                "large": Text("2 layers of 128", "2 層，各 128", "2 层，各 128"),
            },
            "usual",
            restarts=True,
        ),
        Slider("replay", Text("History replay", "歷史重播", "历史重放"), 0.0, 0.9, 0.1, 0.0, restarts=True),
        Slider(
            "penalty",
            Text("Gradient penalty R1", "梯度懲罰 R1", "梯度惩罚 R1"),
            0.0,
            2.0,
            0.1,
            0.0,
            restarts=True,
        ),
        Whole("seed", SEED, 0, 9_999, 0, restarts=True),
    ),
    buttons=(Button("train", Text("Train", "訓練", "训练"), primary=True, plays=True),),
    things=(
        Thing(
            Text("Play to iteration 1,500.", "播放到第 1,500 次迭代。", "播放到第 1,500 次迭代。"),
            Text(
                "At the data D is ½; between the islands it stays far below.",
                "資料上的 D 是 ½；兩島之間的 D 一直低得多。",
                "数据上的 D 是 ½；两岛之间的 D 一直低得多。",
            ),
            {"capacity": "usual", "replay": 0.0, "penalty": 0.0},
            (("train", 75),),
            restart=True,
        ),
        Thing(
            Text(
                "Set replay to 0.7; play again.",
                "把歷史重播設為 0.7，再播放一次。",
                "把历史重放设为 0.7，再播放一次。",
            ),
            Text(
                "Far away D ends farther from ½: it has also seen what earlier generators drew. "
                "In some seeds it is not ½ even at the data.",
                "遠處的 D 離 ½ 更遠：它也見過以前的生成器畫的點。有些種子裡，連資料上都不是 ½。",
                "远处的 D 离 ½ 更远：它也见过以前的生成器画的点。有些种子里，连数据上都不是 ½。",
            ),
            {"capacity": "usual", "replay": 0.7, "penalty": 0.0},
            (("train", 75),),
            restart=True,
        ),
        Thing(
            Text(
                "Set replay to 0 and D to 4 units; play.",
                "歷史重播設為 0，D 設為 4 個單元，再播放。",
                "历史重放设为 0，D 设为 4 个单元，再播放。",
            ),
            Text(
                "D is flat everywhere, but blind: V* − V, what a better D would see, is mostly near 1 nat. "
                "64 units with penalty 1 end flat too, near 0.2.",
                "D 處處都平，卻是看不見：V* − V（更好的 D 看得出的差別）多半在 1 nat 左右。"
                "64 個單元加懲罰 1 也會變平，但只差約 0.2。",
                "D 处处都平，却是看不见：V* − V（更好的 D 看得出的差别）多半在 1 nat 左右。"
                "64 个单元加惩罚 1 也会变平，但只差约 0.2。",
            ),
            {"capacity": "tiny", "replay": 0.0, "penalty": 0.0},
            (("train", 75),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "After 1,500 iterations, where is D within 0.1 of ½?",
            "1,500 次迭代之後，D 在哪裡與 ½ 相差不到 0.1？",
            "1,500 次迭代之后，D 在哪里与 ½ 相差不到 0.1？",
        ),
        {
            "everywhere": Text("Everywhere", "處處", "处处"),
            "data": Text("At the data, not everywhere", "在資料上，但不是處處", "在数据上，但不是处处"),
            "nowhere": Text("Not even at the data", "連資料上都不是", "连数据上都不是"),
        },
    ),
    exhibit=Flat,
    source="Goodfellow et al. 2014; Mescheder et al. 2018; Hung-yi Lee, GAN lectures (energy-based view)",
)
