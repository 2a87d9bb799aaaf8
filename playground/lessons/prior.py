"""Lesson: does the prior matter? Normal or uniform z, 1 to 100 dimensions, many seeds of each, one target.

The differences of the scores are split into what the dimensions, the shape and the seed explain. Does not
know the page.
"""

from __future__ import annotations

import numpy as np

from playground.data.target import Float64
from playground.figures.plots import INK, MUTED, columns, figure, number
from playground.figures.strips import Strips
from playground.lessons._contest import HEIGHT, ITERATIONS, JSD, TOP, Contest
from playground.lessons.lesson import (
    Button,
    Check,
    Choice,
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
from playground.measures.variance import two_way_shares
from playground.words import Text

DIMENSIONS = (1, 2, 5, 20, 100)
SHAPES = ("normal", "uniform")
TARGETS: dict[str, dict[str, object]] = {
    "ring": dict(target="ring8", target_sigma=0.05),
    "moons": dict(target="two_moons"),
    "grid": dict(target="grid25", target_sigma=0.08),
}
RATE = 2e-3  # of both networks, Adam
PARTS = ("dimensions", "shape", "both", "seed")
ASKED = ("dimensions", "shape", "seed")  # what the check offers
WORK = 200  # models times iterations of one press: many dimensions take longer to draw

SCORES = Text("Score of every seed", "每個種子的分數", "每个种子的分数")
SCORES_LOOK = Text(
    "One dot is one GAN. Each column: normal z left, uniform z right. Is it the column, the side or the dot?",
    "一點是一個 GAN。每欄左邊是常態 z，右邊是均勻 z。差別來自哪一欄、哪一邊，還是哪一點？",
    "一点是一个 GAN。每列左边是正态 z，右边是均匀 z。差别来自哪一列、哪一边，还是哪一点？",
)
AXIS = Text("dimensions of z", "z 的維度", "z 的维度")
SHARES = Text("What explains the differences", "差別從哪裡來", "差别从哪里来")
SHARES_LOOK = Text(
    "Shares of the scores' variance; they add up to 100 %. Click a dot to see that GAN's points.",
    "各占分數變異的多少，合計 100 %。點一下就能看那個 GAN 的點。",
    "各占分数方差的多少，合计 100 %。点一下就能看那个 GAN 的点。",
)
PERCENT = Text("% of variance", "占變異的 %", "占方差的 %")
NORMAL, UNIFORM = Text("normal z", "常態 z", "正态 z"), Text("uniform z", "均勻 z", "均匀 z")
NAMES = {
    "dimensions": Text("Dimensions", "維度", "维度"),
    "shape": Text("Shape", "形狀", "形状"),
    "both": Text("Together", "交互", "交互"),
    "seed": Text("Seed", "種子", "种子"),
}
MODEL = Text(
    "{shape}, {dim}-D, seed {seed}", "{shape}，{dim} 維，種子 {seed}", "{shape}，{dim} 维，种子 {seed}"
)
POINTS_LOOK = Text(
    "Click the same dot again to return to the shares.", "再點同一點就回到比例。", "再点同一点就回到比例。"
)
LOW, HIGH = Text("Median, 1-D", "1 維中位數", "1 维中位数"), Text("Median, 5-D", "5 維中位數", "5 维中位数")
SAID_START = Text(
    "{n} GANs wait: {dims} numbers of dimensions, 2 shapes, {seeds} seeds each. Press Play.",
    "{n} 個 GAN 等著：{dims} 種維度、2 種形狀、各 {seeds} 個種子。按「播放」。",
    "{n} 个 GAN 等着：{dims} 种维度、2 种形状、各 {seeds} 个种子。按“播放”。",
)
SAID = Text(
    "{n} GANs after {done} of {all} iterations. Medians from 1 to 100 dimensions: normal {normal}; "
    "uniform {uniform}.",
    "{n} 個 GAN 已訓練 {done}／{all} 次迭代。1 到 100 維的中位數：常態 {normal}；均勻 {uniform}。",
    "{n} 个 GAN 已训练 {done}／{all} 次迭代。1 到 100 维的中位数：正态 {normal}；均匀 {uniform}。",
)
EVIDENCE = Text(
    "Dimensions explain {dimensions} %, the shape {shape} %, both together {both} %, the seed {seed} %.",
    "維度解釋 {dimensions} %，形狀 {shape} %，兩者交互 {both} %，種子 {seed} %。",
    "维度解释 {dimensions} %，形状 {shape} %，两者交互 {both} %，种子 {seed} %。",
)


class Prior(Contest):
    """GANs that differ in their prior and their seed."""

    HEADS = ("dimensions", "prior", "seed")

    def __init__(self, values: Values, room: Room) -> None:
        self.seeds, first = int(values["seeds"]), int(values["seed"])
        seeds = range(first, first + self.seeds)
        rows = [(dim, shape, seed) for dim in DIMENSIONS for shape in SHAPES for seed in seeds]
        target = TARGETS[values["target"]]
        rates = dict(generator_learning_rate=RATE, discriminator_learning_rate=RATE)
        settings = [
            {**target, **rates, "latent_dim": dim, "prior": shape, "seed": seed} for dim, shape, seed in rows
        ]
        super().__init__(values, room, rows, len(DIMENSIONS), settings, WORK)

    def title(self, model: int, say: Say) -> str:
        dim, shape, seed = self.rows[model]
        return say(MODEL, shape=say(NORMAL if shape == "normal" else UNIFORM), dim=dim, seed=seed)

    @property
    def cells(self) -> Float64:
        """(dimensions, shapes, seeds), JSD in nats."""
        return self.batch.jsd.reshape(len(DIMENSIONS), len(SHAPES), self.seeds)

    @property
    def shares(self) -> dict[str, float]:
        """What explains the variance of the scores, `PARTS`; NaN until all are known."""
        return dict(zip(PARTS, two_way_shares(self.cells), strict=True))

    # -- what is seen

    def view(self, values: Values, say: Say) -> View:
        done = self.batch.finished
        percent = {name: 100.0 * share for name, share in self.shares.items()}
        medians = np.median(self.cells, (1, 2))
        if self.focus is None:
            right = self._shares(percent, say)
        else:
            right = self.picture(self.focus, say(POINTS_LOOK), say)
        left = figure(say(SCORES), self._strips(say), say(SCORES_LOOK))
        readings = (
            *(Reading(name, NAMES[name], percent[name], 0, "%") for name in ASKED),
            Reading("one", LOW, float(medians[0])),
            Reading("five", HIGH, float(medians[DIMENSIONS.index(5)])),
        )
        answer = max(ASKED, key=percent.__getitem__) if done else None
        evidence = say(EVIDENCE, **{name: number(p, 0) for name, p in percent.items()}) if done else ""
        return View(
            columns(left, right), self._said(say), readings, answer, evidence, self.batch.progress, done
        )

    def _said(self, say: Say) -> str:
        n = len(self.rows)
        if not self.known:
            return say(SAID_START, n=n, dims=len(DIMENSIONS), seeds=self.seeds)
        medians = np.median(self.cells, 2).T
        normal, uniform = (", ".join(number(float(m), 2) for m in row) for row in medians)
        done = f"{self.batch.iteration:,}"
        return say(SAID, n=n, done=done, all=f"{ITERATIONS:,}", normal=normal, uniform=uniform)

    def _strips(self, say: Say) -> str:
        names = [str(dim) for dim in DIMENSIONS]
        plot = Strips(
            names, (0.0, TOP), words=say(SCORES), y_title=say(JSD), x_title=say(AXIS), height=HEIGHT
        )
        for place, cells in enumerate(self.cells):
            for side, row in zip((-0.18, 0.18), cells, strict=True):
                plot.box(place + side, row, half=0.16)
        presses = np.array(self.presses()).reshape(self.cells.shape)
        places, quiet = (part.reshape(self.cells.shape) for part in (self.places, self.quiet))
        for side, (color, label) in enumerate(((INK, NORMAL), (MUTED, UNIFORM))):
            plot.marks(
                places[:, side].ravel(), quiet[:, side].ravel(), color,
                presses=list(presses[:, side].ravel()), label=say(label), opacity=0.75,
            )  # fmt: skip
        return self.finish_strips(plot, say)

    def _shares(self, percent: dict[str, float], say: Say) -> str:
        names = [say(NAMES[name]) for name in PARTS]
        plot = Strips(names, (0.0, 100.0), words=say(SHARES), y_title=say(PERCENT), height=HEIGHT)
        for place, name in enumerate(PARTS):
            if self.known:
                plot.bars([place - 0.3, place + 0.3], [percent[name]], INK)
                plot.text(place, percent[name] + 2.0, f"{number(percent[name], 0)} %", anchor="middle")
        return figure(say(SHARES), plot.svg(), say(SHARES_LOOK))


LESSON = Lesson(
    slug="does-the-prior-matter",
    place=23,
    title=Text("The prior", "先驗", "先验"),
    question=Text("Does the prior matter?", "先驗重要嗎？", "先验重要吗？"),
    lead=Text(
        "The same GAN gets normal or uniform $z$ with 1 to 100 dimensions, each with several seeds. "
        "JSD is the distance to the target: low is good.",
        "同一個 GAN 用常態或均勻的 $z$，維度從 1 到 100，各有幾個種子。JSD 是與目標的距離：越低越好。",
        "同一个 GAN 用正态或均匀的 $z$，维度从 1 到 100，各有几个种子。JSD 是与目标的距离：越低越好。",
    ),
    formula=r"z \sim \mathcal{N}(0, I_d) \quad\text{or}\quad z \sim \mathcal{U}[-1, 1]^d, \qquad x = G(z)",
    controls=(
        Choice(
            "target",
            Text("Target", "目標", "目标"),
            {
                "ring": Text("Ring of 8", "八個一圈", "八个一圈"),
                "moons": Text("Two moons", "兩個月牙", "两个月牙"),
                "grid": Text("Grid of 25", "二十五格", "二十五格"),
            },
            "ring",
            restarts=True,
        ),
        Slider("seeds", Text("Seeds of each", "各幾個種子", "各几个种子"), 2, 12, 1, 8, restarts=True),
        Whole("seed", Text("First seed", "第一個種子", "第一个种子"), 0, 9_999, 0, restarts=True),
    ),
    buttons=(
        Button("train", Text("Train all", "一起訓練", "一起训练"), primary=True, plays=True),
        Button("look", Text("Look", "看", "看"), drawn=True),
    ),
    things=(
        Thing(
            Text("Press Play and wait for the end.", "按「播放」，等到結束。", "按“播放”，等到结束。"),
            Text(
                "One dimension does badly, five far better; normal or uniform explains almost nothing.",
                "1 維很差，5 維好得多；常態或均勻幾乎沒有影響。",
                "1 维很差，5 维好得多；正态或均匀几乎没有影响。",
            ),
            sets={"target": "ring", "seeds": 4, "seed": 0},
            presses=(("train", 202),),
            restart=True,
        ),
        Thing(
            Text(
                "Click a dot of column 1, then of column 20.",
                "點 1 那欄的點，再點 20 那欄的點。",
                "点 1 那列的点，再点 20 那列的点。",
            ),
            Text(
                "From one number the generator draws a single curve; with more it reaches more modes.",
                "只用一個數，生成器只能畫一條曲線；維度多了就能到達更多眾數。",
                "只用一个数，生成器只能画一条曲线；维度多了就能到达更多众数。",
            ),
        ),
        Thing(
            Text("Train on the grid of 25.", "改成二十五格再訓練。", "改成二十五格再训练。"),
            Text(
                "More modes: the dimensions now explain more than the seed.",
                "眾數更多：維度解釋的比種子還多。",
                "众数更多：维度解释的比种子还多。",
            ),
            sets={"target": "grid", "seeds": 4, "seed": 0},
            presses=(("train", 202),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "What explains most of the differences between these GANs?",
            "這些 GAN 的差別主要來自什麼？",
            "这些 GAN 的差别主要来自什么？",
        ),
        {
            "dimensions": Text("How many dimensions z has", "z 有幾維", "z 有几维"),
            "shape": Text("Normal or uniform", "常態或均勻", "正态或均匀"),
            "seed": Text("The seed", "種子", "种子"),
        },
    ),
    exhibit=Prior,
    source="Goodfellow et al. 2014; Hung-yi Lee, GAN lecture (questions and answers)",
)
