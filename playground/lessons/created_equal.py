"""Lesson: are GANs created equal? Hundreds of small models of seven kinds learn together and are compared.

Every kind gets the same networks, learning rates, seeds and number of updates; nothing is tuned for one. Does
not know the page.
"""

from __future__ import annotations

import numpy as np

from playground.figures.plots import ACCENT, INK, MUTED, Plot, columns, figure, number
from playground.figures.strips import Strips, apart, spread
from playground.lessons._contest import HEIGHT, ITERATIONS, JSD, TOP, Contest, lowest
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
from playground.measures.restarts import expected_best
from playground.words import Text

# those of Lucic et al. but BEGAN, which is not batched; the penalties weigh what suits a plane of this size
KINDS: dict[str, dict[str, object]] = {
    "MM": dict(objective="minimax"),
    "NS": dict(objective="non-saturating"),
    "LS": dict(objective="lsgan"),
    "WGAN": dict(objective="wgan"),
    "W-GP": dict(objective="wgan-gp", penalty_weight=0.1),
    "DRAGAN": dict(objective="dragan", penalty_weight=0.1),
    "VAE": dict(model="vae"),
}
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
TARGETS: dict[str, dict[str, object]] = {
    "ring": dict(target="ring8", target_sigma=0.05),
    "moons": dict(target="two_moons"),
}
WORK = 500  # models times iterations of one press: some 25 ms of one core
LABEL_GAP = 0.032  # nats between two names beside the curves

SCORES = Text("Score of every model", "每個模型的分數", "每个模型的分数")
SCORES_LOOK = Text(
    "One dot is one model; in a column, learning rates grow to the right. Box: the middle half. "
    "Click a dot to see its points.",
    "一點是一個模型；同一欄裡越往右學習率越大。方框：中間一半。點一下看它的點。",
    "一点是一个模型；同一列里越往右学习率越大。方框：中间一半。点一下看它的点。",
)
BUDGET = Text("Best of several tries", "試幾次的最佳成績", "试几次的最佳成绩")
BUDGET_LOOK = Text(
    "Try k models of a kind and keep the best: its expected score. Do the curves change places?",
    "同一種試 k 個、只留最好的：分數的期望值。曲線的名次會換嗎？",
    "同一种试 k 个、只留最好的：分数的期望值。曲线的名次会换吗？",
)
TRIED = Text("models tried, k", "試了幾個模型 k", "试了几个模型 k")
POINTS = Text("Points of {kind}, rate {rate}, seed {seed}", "{kind} 的點，學習率 {rate}，種子 {seed}",
              "{kind} 的点，学习率 {rate}，种子 {seed}")  # fmt: skip
POINTS_LOOK = Text(
    "Click the same dot again to return to the curves.",
    "再點同一點就回到曲線。",
    "再点同一点就回到曲线。",
)
BEST_GAN = Text("Best GAN", "最佳 GAN", "最佳 GAN")
BEST_VAE = Text("Best VAE", "最佳 VAE", "最佳 VAE")
SPREAD_GAN = Text("GANs' middle box", "GAN 方框（中位）", "GAN 方框（中位）")
SPREAD_VAE = Text("VAE's box", "VAE 方框", "VAE 方框")
SAID_START = Text(
    "{n} models wait: {kinds} kinds, {rates} learning rates, {seeds} seeds each. Press Play.",
    "{n} 個模型等著：{kinds} 種、{rates} 個學習率、各 {seeds} 個種子。按「播放」。",
    "{n} 个模型等着：{kinds} 种、{rates} 个学习率、各 {seeds} 个种子。按“播放”。",
)
SAID = Text(
    "{n} models after {done} of {all} iterations. Lowest now: {kind}, rate {rate}, seed {seed}, JSD {jsd}. "
    "With k = {k}: {first} is ahead, expected {value}; VAE {vae}.",
    "{n} 個模型已訓練 {done}／{all} 次迭代。目前最低：{kind}，學習率 {rate}，種子 {seed}，JSD {jsd}。"
    "k = {k} 時領先的是 {first}，期望 {value}；VAE {vae}。",
    "{n} 个模型已训练 {done}／{all} 次迭代。目前最低：{kind}，学习率 {rate}，种子 {seed}，JSD {jsd}。"
    "k = {k} 时领先的是 {first}，期望 {value}；VAE {vae}。",
)
EVIDENCE = Text(
    "Shortest box: {narrow} ({width}); VAE's {vae_width}. Best single score: {best} ({score}); VAE's {vae}.",
    "最短的方框：{narrow}（{width}）；VAE {vae_width}。單一最佳：{best}（{score}）；VAE {vae}。",
    "最短的方框：{narrow}（{width}）；VAE {vae_width}。单一最佳：{best}（{score}）；VAE {vae}。",
)


class CreatedEqual(Contest):
    """All models of all kinds, one batch."""

    HEADS = ("kind", "learning_rate", "seed")

    def __init__(self, values: Values, room: Room) -> None:
        self.seeds, first = int(values["seeds"]), int(values["seed"])
        seeds = range(first, first + self.seeds)
        rows = [(kind, rate, seed) for kind in KINDS for rate in RATES for seed in seeds]
        target = TARGETS[values["target"]]
        settings = [
            {
                **target,
                **KINDS[kind],
                "generator_learning_rate": rate,
                "discriminator_learning_rate": rate,
                "seed": seed,
            }
            for kind, rate, seed in rows
        ]
        super().__init__(values, room, rows, len(KINDS), settings, WORK)

    def title(self, model: int, say: Say) -> str:
        kind, rate, seed = self.rows[model]
        return say(POINTS, kind=kind, rate=rate, seed=seed)

    # -- what is seen

    def view(self, values: Values, say: Say) -> View:
        k = min(int(values["tries"]), self.each)
        if self.focus is None:
            right = self._budget(k, say)
        else:
            right = self.picture(self.focus, say(POINTS_LOOK), say)
        left = figure(say(SCORES), self._strips(say), say(SCORES_LOOK))
        gans, vae = self.scores[:-1], self.scores[-1]
        boxes = [spread(row) for row in self.scores]
        readings = (
            Reading("best_gan", BEST_GAN, lowest(gans)),
            Reading("best_vae", BEST_VAE, lowest(vae)),
            Reading("spread_gan", SPREAD_GAN, float(np.median(boxes[:-1]))),
            Reading("spread_vae", SPREAD_VAE, boxes[-1]),
        )
        done = self.batch.finished
        return View(
            columns(left, right),
            self._said(k, say),
            readings,
            self._answer(boxes) if done else None,
            self._evidence(boxes, say) if done else "",
            self.batch.progress,
            done,
        )

    def _answer(self, boxes: list[float]) -> str:
        narrow = "vae" if np.argmin(boxes) == len(KINDS) - 1 else "gan"
        best = "vae" if lowest(self.scores[-1]) < lowest(self.scores[:-1]) else "gan"
        return f"{narrow}_{best}"

    def _evidence(self, boxes: list[float], say: Say) -> str:
        names, lowest = list(KINDS), self.scores.min(1)
        narrow, best = int(np.argmin(boxes)), int(np.argmin(lowest))
        return say(
            EVIDENCE,
            narrow=names[narrow],
            width=number(boxes[narrow], 3),
            vae_width=number(boxes[-1], 3),
            best=names[best],
            score=number(lowest[best], 3),
            vae=number(lowest[-1], 3),
        )

    def _said(self, k: int, say: Say) -> str:
        n = len(self.rows)
        if not self.known:
            return say(SAID_START, n=n, kinds=len(KINDS), rates=len(RATES), seeds=self.seeds)
        kind, rate, seed = self.rows[int(np.argmin(self.batch.jsd))]
        ahead = [float(expected_best(row)[k - 1]) for row in self.scores]
        first = int(np.argmin(ahead))
        return say(
            SAID, n=n, done=f"{self.batch.iteration:,}", all=f"{ITERATIONS:,}", kind=kind,
            rate=rate, seed=seed, jsd=number(float(self.batch.jsd.min()), 3), k=k,
            first=list(KINDS)[first], value=number(ahead[first], 3), vae=number(ahead[-1], 3),
        )  # fmt: skip

    def _strips(self, say: Say) -> str:
        plot = Strips(list(KINDS), (0.0, TOP), words=say(SCORES), y_title=say(JSD), height=HEIGHT)
        for place, row in enumerate(self.scores):
            plot.box(place, row)
        plot.marks(self.places, self.quiet, INK, presses=self.presses(), radius=2.6)
        return self.finish_strips(plot, say)

    def _budget(self, k: int, say: Say) -> str:
        tries = np.arange(1, self.each + 1)
        plot = Plot(
            (1.0, self.each * 1.2), (0.0, TOP), words=say(BUDGET_LOOK), x_title=say(TRIED), y_title=say(JSD),
            height=HEIGHT,
        )  # fmt: skip
        if self.known:
            curves = [expected_best(row) for row in self.scores]
            for name, curve in zip(KINDS, curves, strict=True):
                strong = name == "VAE"
                plot.line(tries, curve, ACCENT if strong else INK, width=2.6 if strong else 1.1)
            places = apart([float(curve[-1]) for curve in curves], LABEL_GAP)
            for name, height in zip(KINDS, places, strict=True):
                plot.text(self.each * 1.015, height - 0.01, name, ACCENT if name == "VAE" else INK, size=10.5)
        plot.rule(x=float(k), color=MUTED, label=f"k = {k}")
        return figure(say(BUDGET), plot.svg(), say(BUDGET_LOOK))


LESSON = Lesson(
    slug="are-gans-created-equal",
    place=24,
    title=Text("Created equal?", "生來平等？", "生来平等？"),
    question=Text("Are GANs created equal?", "各種 GAN 生來平等嗎？", "各种 GAN 生来平等吗？"),
    lead=Text(
        "Six GANs and a VAE get the same networks, learning rates and seeds. Lower JSD is better. "
        "Is one objective better, or only luckier?",
        "六種 GAN 和一種 VAE 用同樣的網路、學習率和種子。JSD 越低越好。"
        "是某個目標函數比較好，還是只是運氣好？",
        "六种 GAN 和一种 VAE 用同样的网络、学习率和种子。JSD 越低越好。是某个目标函数更好，还是只是运气好？",
    ),
    formula=r"\mathbb{E}\,[\text{best of } k] = \sum_{i=1}^{n} s_{(i)}\, \binom{n-i}{k-1} \Big/ \binom{n}{k}",
    controls=(
        Choice(
            "target",
            Text("Target", "目標", "目标"),
            {
                "ring": Text("Ring of 8", "八個一圈", "八个一圈"),
                "moons": Text("Two moons", "兩個月牙", "两个月牙"),
            },
            "ring",
            restarts=True,
        ),
        Slider("seeds", Text("Seeds of each", "各幾個種子", "各几个种子"), 1, 8, 1, 6, restarts=True),
        Whole("seed", Text("First seed", "第一個種子", "第一个种子"), 0, 9_999, 0, restarts=True),
        Slider("tries", Text("Models tried, k", "試幾個，k", "试几个，k"), 1, 40, 1, 1),
    ),
    buttons=(
        Button("train", Text("Train all", "一起訓練", "一起训练"), primary=True, plays=True),
        Button("look", Text("Look", "看", "看"), drawn=True),
    ),
    things=(
        Thing(
            Text("Press Play and wait for the end.", "按「播放」，等到結束。", "按“播放”，等到结束。"),
            Text(
                "The VAE's box is shorter than the typical GAN's, but the lowest dot is a GAN's.",
                "VAE 的方框比一般 GAN 的短，但最低的點屬於 GAN。",
                "VAE 的方框比一般 GAN 的短，但最低的点属于 GAN。",
            ),
            sets={"target": "ring", "seeds": 3, "seed": 0},
            presses=(("train", 255),),
            restart=True,
        ),
        Thing(
            Text("Then move k from 1 to 15.", "接著把 k 從 1 移到 15。", "接着把 k 从 1 移到 15。"),
            Text(
                "With one try the VAE beats MM and NS; with fifteen a GAN leads.",
                "只試一次時 VAE 勝過 MM 和 NS；試十五次時領先的是某種 GAN。",
                "只试一次时 VAE 胜过 MM 和 NS；试十五次时领先的是某种 GAN。",
            ),
            sets={"tries": 15},
        ),
        Thing(
            Text(
                "Click the highest NS dot, then the lowest.",
                "點 NS 最高的點，再點最低的。",
                "点 NS 最高的点，再点最低的。",
            ),
            Text(
                "The same objective: the highest misses modes or scatters, the lowest reaches all eight.",
                "同樣的目標函數與資料：最高的漏掉眾數或到處散開，最低的八個都到了。",
                "同样的目标函数与数据：最高的漏掉众数或到处散开，最低的八个都到了。",
            ),
        ),
    ),
    check=Check(
        Text(
            "On the ring: whose box ends shortest, and whose is the best single score?",
            "在圈上：誰的方框最短？誰有單一最佳成績？",
            "在圈上：谁的方框最短？谁有单一最佳成绩？",
        ),
        {
            "vae_gan": Text("VAE's; a GAN's", "VAE；GAN", "VAE；GAN"),
            "vae_vae": Text("Both the VAE's", "都是 VAE", "都是 VAE"),
            "gan_gan": Text("Both GANs'", "都是 GAN", "都是 GAN"),
            "gan_vae": Text("A GAN's; VAE's", "GAN；VAE", "GAN；VAE"),
        },
    ),
    exhibit=CreatedEqual,
    source="Lucic et al. 2018; Hung-yi Lee, GAN lecture (tips for training)",
)
