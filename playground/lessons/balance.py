"""Lesson 17: balance and collapse on a ring, and a quiz: diagnose a run whose settings are hidden.

The diagnosis is `measures.diagnosis` of what is on the screen, never the name of the settings. Knows no page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from playground.config import RunConfig
from playground.engine import Gauge, Trainer, observe
from playground.figures.plots import ACCENT, DASHES, GENERATED, INK, REAL, Plot, columns, figure, stack
from playground.lessons._planes import GENERATED_WORD, ITERATIONS, REAL_WORD, iterate, pane
from playground.lessons.lesson import (
    Button,
    Check,
    Choice,
    Exhibit,
    Lesson,
    Reading,
    Room,
    Say,
    Thing,
    Values,
    View,
    Whole,
)
from playground.measures.diagnosis import BALANCED, COLLAPSED, TOO_STRONG, TOO_WEAK, diagnose, signs
from playground.snapshots import Measures
from playground.words import Text

ITERATIONS_A_PRESS = 6
KNOWN = 300  # iterations before a diagnosis: by then, over seeds, each kind of run shows its signs
END = 900
SHOWN = 400
LAYERS = frozenset({"surface", "real", "generated", "arrows"})
ARROWS = 40
WINDOW = ((-2.0, 2.0), (-1.5, 1.5))  # the ring has radius 1
LOG_4 = float(np.log(4.0))
RING: dict[str, Any] = {"target": "ring8", "target_sigma": 0.1}
_CALM: dict[str, Any] = {"beta1": 0.0, "beta2": 0.999}
RUNS: dict[str, dict[str, Any]] = {
    "slow": _CALM | {"discriminator_learning_rate": 2e-5},
    "fast": {
        "objective": "minimax",
        "discriminator_updates": 8,
        "discriminator_learning_rate": 1e-2,
        "generator_learning_rate": 1e-5,
    },
    "crowded": {
        "discriminator_updates": 5,
        "discriminator_learning_rate": 5e-3,
        "generator_learning_rate": 2e-4,
    },
    "even": _CALM | {"discriminator_updates": 2},
}
RATES = ("discriminator_learning_rate", "generator_learning_rate")
SPREAD = 0.4  # a hidden run's rates differ from the table's by up to this many doublings
HIDDEN_STREAM = 17  # keeps the hidden settings' draws apart from all others of the same seed

PLANE = Text("Eight modes on a ring", "環上的八個峰", "环上的八个峰")
PLANE_LOOK = Text(
    "How many of the green clumps hold blue points? How long are the arrows?",
    "有幾個綠色團裡有藍點？箭頭有多長？",
    "有几个绿色团里有蓝点？箭头有多长？",
)
VALUE = Text(
    "V of this D, and V* of the best one", "這個 D 的 V，與最佳 D 的 V*", "这个 D 的 V，与最佳 D 的 V*"
)
VALUE_LOOK = Text(
    "A wide gap: this D misses what could be told apart.",
    "差距大：這個 D 漏看了可以分辨的差別。",
    "差距大：这个 D 漏看了可以分辨的差别。",
)
SCORES = Text("Mean D of each batch", "每一批的平均 D", "每一批的平均 D")
SCORES_LOOK = Text(
    "Far apart: D is sure. Both at ½: it cannot tell.",
    "相距很遠：D 很確定。都在 ½：分不出來。",
    "相距很远：D 很确定。都在 ½：分不出来。",
)
START = Text("A new run. Press Play.", "新的一局。請按播放。", "新的一局。请按播放。")
SAID = Text(
    "Iteration {n:,}: the points hold {held:.1f} of {total} modes; D gives real {real:.2f}, "
    "generated {generated:.2f}; V is {lag:.2f} nats below V*.",
    "第 {n:,} 次迭代：點佔據 {total} 個峰中的 {held:.1f} 個；D 給真實 {real:.2f}、生成 {generated:.2f}；"
    "V 比 V* 低 {lag:.2f} nats。",
    "第 {n:,} 次迭代：点占据 {total} 个峰中的 {held:.1f} 个；D 给真实 {real:.2f}、生成 {generated:.2f}；"
    "V 比 V* 低 {lag:.2f} nats。",
)
WAIT = Text(
    "The diagnosis is made from iteration {known} on.",
    "從第 {known} 次迭代起才診斷。",
    "从第 {known} 次迭代起才诊断。",
)
REASONS = {
    TOO_WEAK: Text(
        "V is {lag:.2f} nats below V*: a better D would see far more, so G follows a poor guide.",
        "V 比 V* 低 {lag:.2f} nats：更好的 D 能看出更多差別，G 跟著一個差勁的嚮導。",
        "V 比 V* 低 {lag:.2f} nats：更好的 D 能看出更多差别，G 跟着一个差劲的向导。",
    ),
    TOO_STRONG: Text(
        "D gives real {real:.2f} and generated {generated:.2f}: it is sure of every point "
        "(G's gradient norm {gradient:.1e}).",
        "D 給真實 {real:.2f}、生成 {generated:.2f}：對每個點都很確定（G 的梯度範數 {gradient:.1e}）。",
        "D 给真实 {real:.2f}、生成 {generated:.2f}：对每个点都很确定（G 的梯度范数 {gradient:.1e}）。",
    ),
    COLLAPSED: Text(
        "D keeps up (V is {lag:.2f} nats below V*), yet the points hold {held:.1f} of {total} modes.",
        "D 跟得上（V 比 V* 低 {lag:.2f} nats），但點只佔據 {total} 個峰中的 {held:.1f} 個。",
        "D 跟得上（V 比 V* 低 {lag:.2f} nats），但点只占据 {total} 个峰中的 {held:.1f} 个。",
    ),
    BALANCED: Text(
        "The points hold {held:.1f} of {total} modes, D is near ½ or learning, V is {lag:.2f} nats below V*.",
        "點佔據 {total} 個峰中的 {held:.1f} 個，D 不極端，V 比 V* 低 {lag:.2f} nats。",
        "点占据 {total} 个峰中的 {held:.1f} 个，D 不极端，V 比 V* 低 {lag:.2f} nats。",
    ),
}


def settings(run: str, seed: int) -> RunConfig:
    """The settings of a named run, or of the hidden one: its kind and its rates follow from the seed."""
    if run != "hidden":
        return RunConfig(seed=seed).with_changes(**RING | RUNS[run])
    rng = np.random.default_rng([HIDDEN_STREAM, seed])
    config = RunConfig(seed=seed).with_changes(**RING | RUNS[list(RUNS)[int(rng.integers(len(RUNS)))]])
    rates = {name: getattr(config, name) * float(2.0 ** rng.uniform(-SPREAD, SPREAD)) for name in RATES}
    return config.with_changes(**rates)


class Balance(Exhibit):
    """A GAN on the ring, well or badly balanced, with the measures that tell which."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.trainer = Trainer(settings(values["run"], values["seed"]))
        self.gauge = Gauge(self.trainer)
        self.rows: list[tuple[int, float, float, float, float]] = []  # iteration, V, V*, D real, D generated
        self.measures = self._measure()

    def press(self, name: str, argument: str = "") -> None:
        """Some iterations, then the measures."""
        iterate(self.trainer, ITERATIONS_A_PRESS)
        self.measures = self._measure()

    def _measure(self) -> Measures:
        found, _ = self.gauge.read(transport=False)
        update = self.trainer.last_update
        row = (found.value, found.value_star, update.mean_real, update.mean_generated)
        self.rows.append((self.trainer.iteration, *row))
        return found

    def answer(self) -> str | None:
        """What the measures say, once the run is long enough."""
        if self.trainer.iteration < KNOWN:
            return None
        return diagnose(self.measures, self.trainer.last_update)

    def view(self, values: Values, say: Say) -> View:
        """The plane, V against V*, the scores, and the signs as numbers."""
        n, update = self.trainer.iteration, self.trainer.last_update
        found = signs(self.measures, update)
        seen = observe(self.trainer, layers=LAYERS, points=SHOWN)
        drawn = replace(seen, arrows=seen.arrows[:ARROWS])
        told: dict[str, Any] = {
            "lag": found.lag,
            "held": found.modes_held,
            "total": found.modes_total,
            "real": update.mean_real,
            "generated": update.mean_generated,
            "gradient": found.generator_gradient,
        }
        answer = self.answer()
        return View(
            columns(
                pane(drawn, say, PLANE, PLANE_LOOK, layers=LAYERS, window=WINDOW),
                stack(self._values(say), self._scores(say)),
            ),
            say(SAID, n=n, **told) if n else say(START),
            (
                Reading("modes", Text("Modes held", "佔據的峰", "占据的峰"), found.modes_held, 1),
                Reading("real", Text("D on real", "D 給真實", "D 给真实"), update.mean_real, 2),
                Reading(
                    "generated", Text("D on generated", "D 給生成", "D 给生成"), update.mean_generated, 2
                ),
                Reading("lag", Text("V* − V (nats)", "V* − V（nats）", "V* − V（nats）"), found.lag, 2),
                Reading(
                    "gradient", Text("G's gradient", "G 的梯度", "G 的梯度"), found.generator_gradient, 4
                ),
            ),
            answer,
            say(REASONS[answer], **told) if answer else say(WAIT, known=KNOWN),
            progress=min(1.0, n / END),
            finished=n >= END,
        )

    def _values(self, say: Say) -> str:
        n, value, best, _, _ = (list(column) for column in zip(*self.rows, strict=True))
        end = max(KNOWN, n[-1])
        plot = Plot(
            (0.0, end), (-2.0, 0.1), words=say(VALUE), x_title=say(ITERATIONS), y_title="nats", height=165
        )
        plot.line(n, best, INK, label="V*", dash=DASHES).line(n, value, ACCENT, label="V")
        plot.rule(y=-LOG_4, label="−log 4")
        return figure(say(VALUE), plot.svg(), say(VALUE_LOOK))

    def _scores(self, say: Say) -> str:
        n, _, _, real, generated = (list(column) for column in zip(*self.rows, strict=True))
        end = max(KNOWN, n[-1])
        plot = Plot(
            (0.0, end), (0.0, 1.0), words=say(SCORES), x_title=say(ITERATIONS), y_title="D", height=165
        )
        plot.line(n, real, REAL, label=say(REAL_WORD)).line(
            n, generated, GENERATED, label=say(GENERATED_WORD)
        )
        plot.rule(y=0.5, label="½")
        return figure(say(SCORES), plot.svg(), say(SCORES_LOOK))

    def table(self) -> str | None:
        """The measures after every press."""
        lines = [",".join([str(row[0]), *(f"{value:.6g}" for value in row[1:])]) for row in self.rows]
        return "\n".join(["iteration,value,value_star,mean_real,mean_generated", *lines]) + "\n"


LESSON = Lesson(
    slug="balance-and-collapse",
    place=17,
    title=Text("Balance and collapse", "平衡與崩塌", "平衡与崩塌"),
    question=Text("What is wrong with this run?", "這一局出了什麼問題？", "这一局出了什么问题？"),
    lead=Text(
        "G learns only what D can show it. Too weak or too sure, D is a poor teacher. Play, then diagnose.",
        "G 只學得到 D 看得出的差別。D 太弱或太肯定，都不是好老師。先播放，再診斷。",
        "G 只学得到 D 看得出的差别。D 太弱或太肯定，都不是好老师。先播放，再诊断。",
    ),
    formula=r"V(D,G) \le V^* = -\log 4 + 2\,\mathrm{JSD}(p_{data}, p_G)",
    controls=(
        Choice(
            "run",
            Text("Run", "這一局", "这一局"),
            {
                "hidden": Text("hidden (quiz)", "隱藏（測驗）", "隐藏（测验）"),
                "slow": Text("D learns slowly", "D 學得慢", "D 学得慢"),
                "fast": Text("D learns fast, minimax", "D 學得快，minimax", "D 学得快，minimax"),
                "crowded": Text("D quick, G slow", "D 快，G 慢", "D 快，G 慢"),
                "even": Text("evenly matched", "勢均力敵", "势均力敌"),
            },
            "hidden",
            restarts=True,
        ),
        Whole("seed", Text("Run number", "第幾局", "第几局"), 0, 9_999, 0, restarts=True),
    ),
    buttons=(Button("train", Text("Train", "訓練", "训练"), primary=True, plays=True),),
    things=(
        Thing(
            Text(
                "Run “D learns slowly” to iteration 300.",
                "用「D 學得慢」跑到第 300 次迭代。",
                "用“D 学得慢”跑到第 300 次迭代。",
            ),
            Text(
                "D gives ½ to both while the points miss most modes: V stays far below V*.",
                "點錯過大多數的峰，D 卻兩邊都給 ½：V 遠低於 V*。",
                "点错过大多数的峰，D 却两边都给 ½：V 远低于 V*。",
            ),
            {"run": "slow"},
            (("train", 50),),
            restart=True,
        ),
        Thing(
            Text("Run “D learns fast, minimax”.", "用「D 學得快，minimax」。", "用“D 学得快，minimax”。"),
            Text(
                "D gives 1 to real and 0 to generated, V touches V* near 0, and most arrows are gone.",
                "D 給真實 1、給生成 0，V 貼著接近 0 的 V*，大多數箭頭消失了。",
                "D 给真实 1、给生成 0，V 贴着接近 0 的 V*，大多数箭头消失了。",
            ),
            {"run": "fast"},
            (("train", 50),),
            restart=True,
        ),
        Thing(
            Text("Run “D quick, G slow”.", "用「D 快，G 慢」。", "用“D 快，G 慢”。"),
            Text(
                "D keeps up and V stays near V*, yet the points hold fewer than six of eight modes.",
                "D 跟得上，V 接近 V*，但點佔據的峰少於八分之六。",
                "D 跟得上，V 接近 V*，但点占据的峰少于八分之六。",
            ),
            {"run": "crowded"},
            (("train", 50),),
            restart=True,
        ),
    ),
    check=Check(
        Text("What is your diagnosis?", "你的診斷是？", "你的诊断是？"),
        {
            TOO_WEAK: Text("D too weak", "D 太弱", "D 太弱"),
            TOO_STRONG: Text("D too strong", "D 太強", "D 太强"),
            COLLAPSED: Text("Mode collapse", "模式崩塌", "模式崩塌"),
            BALANCED: Text("Balanced", "平衡", "平衡"),
        },
    ),
    exhibit=Balance,
    source="Goodfellow et al. 2014; Srivastava et al. 2017; Hung-yi Lee, GAN lectures (tips)",
)
