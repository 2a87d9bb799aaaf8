"""Lesson 2: the forger and the detective, as leaf butterfly and bird: one update of D or of G at a time.

The scores before and after each update are what the sentence says. Knows no page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from playground.config import RunConfig
from playground.engine import Diverged, Trainer, observe
from playground.figures.plots import DASHES, GENERATED, MUTED, REAL, Plot, columns, figure
from playground.lessons._planes import GENERATED_WORD, REAL_WORD, pane
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
    Exhibit,
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
from playground.words import Text

POINTS = 300  # real and generated points behind each score, always the same ones
ARROWS = 50
ROUNDS = 5  # of one update each, in a press of Play
WINDOW = 40  # moves that the chart shows
ANSWERED = 10  # updates of G in a row, after D had learned, that answer the check
CLEAR = 0.1  # how far from 1/2 a score is called one side
WINDOW_SHOWN = ((-2.0, 2.0), (-1.5, 1.5))  # the islands lie at (-1, 0) and (1, 0)
LAYERS = frozenset({"surface", "real", "generated", "arrows"})

PLANE = Text(
    "Leaves, butterflies and what the bird thinks", "枯葉、蝴蝶，以及鳥的看法", "枯叶、蝴蝶，以及鸟的看法"
)
PLANE_LOOK = Text(
    "Green ground: the bird says leaf. Blue ground: it says butterfly. White: it cannot tell.",
    "綠底：鳥說是枯葉。藍底：鳥說是蝴蝶。白色：分不出來。",
    "绿底：鸟说是枯叶。蓝底：鸟说是蝴蝶。白色：分不出来。",
)
SCORES = Text("Mean score D after each move", "每一步之後的平均分數 D", "每一步之后的平均分数 D")
SCORES_LOOK = Text(
    "D at the foot: the lines part. G: the blue line rises, the green one stays.",
    "下方寫 D 的步：兩線分開。寫 G 的步：藍線上升，綠線不動。",
    "下方写 D 的步：两线分开。写 G 的步：蓝线上升，绿线不动。",
)
MOVES = Text("moves", "步數", "步数")
START = Text(
    "Nobody has learned yet: the bird gives leaves {real:.2f} and butterflies {generated:.2f}.",
    "還沒有誰學過：鳥給枯葉 {real:.2f} 分，給蝴蝶 {generated:.2f} 分。",
    "还没有谁学过：鸟给枯叶 {real:.2f} 分，给蝴蝶 {generated:.2f} 分。",
)
BIRD_MOVED = Text(
    "The bird learned (D): leaves {r0:.2f} → {r1:.2f}, butterflies {g0:.2f} → {g1:.2f}. {verdict}",
    "鳥學了一次（D）：枯葉 {r0:.2f} → {r1:.2f}，蝴蝶 {g0:.2f} → {g1:.2f}。{verdict}",
    "鸟学了一次（D）：枯叶 {r0:.2f} → {r1:.2f}，蝴蝶 {g0:.2f} → {g1:.2f}。{verdict}",
)
BUTTERFLY_MOVED = Text(
    "The butterfly evolved (G): the same bird gives it {g0:.2f} → {g1:.2f}, leaves still {r1:.2f}. {verdict}",
    "蝴蝶演化了一次（G）：同一隻鳥給牠 {g0:.2f} → {g1:.2f}，枯葉仍是 {r1:.2f}。{verdict}",
    "蝴蝶演化了一次（G）：同一只鸟给它 {g0:.2f} → {g1:.2f}，枯叶仍是 {r1:.2f}。{verdict}",
)
BOTH_MOVED = Text(
    "{n} rounds of both: leaves {r0:.2f} → {r1:.2f}, butterflies {g0:.2f} → {g1:.2f}.",
    "雙方各 {n} 回合：枯葉 {r0:.2f} → {r1:.2f}，蝴蝶 {g0:.2f} → {g1:.2f}。",
    "双方各 {n} 回合：枯叶 {r0:.2f} → {r1:.2f}，蝴蝶 {g0:.2f} → {g1:.2f}。",
)
VERDICTS = {
    ("bird", True): Text("It tells them apart better.", "牠分得更清楚了。", "它分得更清楚了。"),
    ("bird", False): Text(
        "This batch misled it: it tells them apart worse.",
        "這一批誤導了牠：分得更差了。",
        "这一批误导了它：分得更差了。",
    ),
    ("butterfly", True): Text("Better disguised.", "偽裝得更好了。", "伪装得更好了。"),
    ("butterfly", False): Text(
        "It overshot: worse disguised.", "牠走過頭了：偽裝變差了。", "它走过头了：伪装变差了。"
    ),
}
EVIDENCE = Text(
    "After {n} updates of G against the same D, its mean score on butterflies is {score:.2f}.",
    "對著同一個 D，G 更新 {n} 次後，D 給蝴蝶的平均分數是 {score:.2f}。",
    "对着同一个 D，G 更新 {n} 次后，D 给蝴蝶的平均分数是 {score:.2f}。",
)
LETTERS = {"bird": "D", "butterfly": "G", "round": "·"}


@dataclass(frozen=True)
class Move:
    """What was pressed ("start" before anything), and the mean D of leaves and butterflies afterwards."""

    kind: str
    real: float
    generated: float


class Forger(Exhibit):
    """A GAN on two islands whose two networks are updated by hand."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.trainer = Trainer(
            RunConfig(
                target="two_islands",
                target_sigma=0.15,
                beta1=0.0,
                beta2=0.999,
                discriminator_learning_rate=values["bird"],
                generator_learning_rate=values["butterfly"],
                seed=values["seed"],
            )
        )
        self.moves = [self._scored("start")]

    def press(self, name: str, argument: str = "") -> None:
        """One update of D, of G, or some rounds of both."""
        act = {
            "learn": ("bird", self.trainer.update_discriminator),
            "evolve": ("butterfly", self.trainer.update_generator),
            "round": ("round", lambda: self.trainer.run(ROUNDS)),
        }
        kind, update = act[name]
        try:
            update()
        except Diverged as end:
            raise LessonError(end.sentence) from None
        self.moves.append(self._scored(kind))

    def _scored(self, kind: str) -> Move:
        seen = observe(self.trainer, layers=frozenset(), points=POINTS)
        real = float(self.trainer.discriminate(seen.real).mean())
        return Move(kind, real, float(seen.scores.mean()))

    def evolved(self) -> int:
        """Updates of G since D moved last; 0 if D never did."""
        kinds = [move.kind for move in self.moves]
        count = next((i for i, kind in enumerate(reversed(kinds)) if kind != "butterfly"), 0)
        return count if any(kind in ("bird", "round") for kind in kinds) else 0

    def answer(self) -> str | None:
        """What the bird says to the butterflies that evolved against it."""
        if self.evolved() < ANSWERED:
            return None
        score = self.moves[-1].generated
        if abs(score - 0.5) < CLEAR:
            return "unsure"
        return "fooled" if score > 0.5 else "caught"

    def view(self, values: Values, say: Say) -> View:
        """The plane, the scores move by move, and what the last move did to them."""
        seen = observe(self.trainer, layers=LAYERS, points=POINTS)
        seen = replace(seen, arrows=seen.arrows[:ARROWS])
        now, count = self.moves[-1], self.evolved()
        answer = self.answer()
        return View(
            columns(pane(seen, say, PLANE, PLANE_LOOK, layers=LAYERS, window=WINDOW_SHOWN), self._chart(say)),
            self._sentence(say),
            (
                Reading("real", Text("D on leaves", "D 給枯葉", "D 给枯叶"), now.real, 2),
                Reading("generated", Text("D on butterflies", "D 給蝴蝶", "D 给蝴蝶"), now.generated, 2),
                Reading(
                    "d", Text("D updates", "D 更新次數", "D 更新次数"), self.trainer.discriminator_updates, 0
                ),
                Reading(
                    "g", Text("G updates", "G 更新次數", "G 更新次数"), self.trainer.generator_updates, 0
                ),
            ),
            answer,
            say(EVIDENCE, n=count, score=now.generated) if answer else "",
        )

    def _sentence(self, say: Say) -> str:
        now = self.moves[-1]
        if len(self.moves) < 2:
            return say(START, real=now.real, generated=now.generated)
        old = self.moves[-2]
        numbers = {"r0": old.real, "r1": now.real, "g0": old.generated, "g1": now.generated}
        if now.kind == "round":
            return say(BOTH_MOVED, n=ROUNDS, **numbers)
        gain = now.generated - old.generated
        better = gain > 0.0 if now.kind == "butterfly" else now.real - old.real > gain
        template = BUTTERFLY_MOVED if now.kind == "butterfly" else BIRD_MOVED
        return say(template, verdict=say(VERDICTS[now.kind, better]), **numbers)

    def _chart(self, say: Say) -> str:
        last = len(self.moves) - 1
        first = max(0, last - WINDOW)
        shown = self.moves[first:]
        x = np.arange(first, last + 1)
        plot = Plot(
            (first - 0.5, max(first + 10, last) + 0.5),
            (0.0, 1.0),
            words=say(SCORES),
            x_title=say(MOVES),
            y_title="D",
            height=310,
        )
        plot.rule(y=0.5, label="½", dash=DASHES)
        for name, color, word in (("real", REAL, REAL_WORD), ("generated", GENERATED, GENERATED_WORD)):
            y = [getattr(move, name) for move in shown]
            plot.line(x, y, color, label=say(word)).dots(np.stack([x, y], 1), color, radius=2.4)
        for at, move in zip(x, shown, strict=True):
            plot.text(float(at), 0.025, LETTERS.get(move.kind, ""), MUTED, anchor="middle", size=10)
        return figure(say(SCORES), plot.svg(), say(SCORES_LOOK))

    def table(self) -> str | None:
        """The scores after every move."""
        rows = [f"{i},{move.kind},{move.real:.6g},{move.generated:.6g}" for i, move in enumerate(self.moves)]
        return "\n".join(["move,kind,mean_d_real,mean_d_generated", *rows]) + "\n"


LESSON = Lesson(
    slug="forger-and-detective",
    place=2,
    title=Text("The forger and the detective", "偽造者與偵探", "伪造者与侦探"),
    question=Text(
        "How can two enemies teach each other?",
        "兩個敵人怎麼互相教會對方？",
        "两个敌人怎么互相教会对方？",
    ),
    lead=Text(
        "A leaf butterfly (G) survives if the bird (D) takes it for a leaf. The bird eats if it can tell. "
        "Update either by hand.",
        "枯葉蝶（G）要讓鳥（D）以為牠是枯葉才能活；鳥要分得出來才有得吃。親手更新任一方。",
        "枯叶蝶（G）要让鸟（D）以为它是枯叶才能活；鸟要分得出来才有得吃。亲手更新任一方。",
    ),
    formula=r"\min_G \max_D\; \mathbb{E}_{x \sim p_{data}}[\log D(x)] + \mathbb{E}_{z}[\log(1 - D(G(z)))]",
    controls=(
        Slider(
            "bird",
            Text("Bird's learning rate", "鳥的學習率", "鸟的学习率"),
            0.001,
            0.03,
            0.001,
            0.01,
            log=True,
            restarts=True,
        ),
        Slider(
            "butterfly",
            Text("Butterfly's learning rate", "蝴蝶的學習率", "蝴蝶的学习率"),
            0.001,
            0.03,
            0.001,
            0.005,
            log=True,
            restarts=True,
        ),
        Whole("seed", SEED, 0, 9_999, 0, restarts=True),
    ),
    buttons=(
        Button("learn", Text("Bird learns (D)", "鳥學習（D）", "鸟学习（D）"), primary=True),
        Button("evolve", Text("Butterfly evolves (G)", "蝴蝶演化（G）", "蝴蝶演化（G）")),
        Button("round", Text("Both, 5 rounds", "雙方 5 回合", "双方 5 回合"), plays=True),
    ),
    things=(
        Thing(
            Text("Let the bird learn ten times.", "讓鳥學十次。", "让鸟学十次。"),
            Text(
                "The two scores part: leaves go up, butterflies go down.",
                "兩個分數分開：枯葉上升，蝴蝶下降。",
                "两个分数分开：枯叶上升，蝴蝶下降。",
            ),
            {"bird": 0.01, "butterfly": 0.005},
            (("learn", 10),),
            restart=True,
        ),
        Thing(
            Text("Now let the butterfly evolve ten times.", "接著讓蝴蝶演化十次。", "接着让蝴蝶演化十次。"),
            Text(
                "The points follow the arrows to green ground until the bird, unchanged, calls them leaves.",
                "點沿著箭頭走上綠地，直到沒有變過的鳥把牠們叫作枯葉。",
                "点沿着箭头走上绿地，直到没有变过的鸟把它们叫作枯叶。",
            ),
            {"bird": 0.01, "butterfly": 0.005},
            (("learn", 10), ("evolve", 10)),
            restart=True,
        ),
        Thing(
            Text("Reset, then Play 200 rounds.", "重設，然後播放 200 回合。", "重置，然后播放 200 回合。"),
            Text(
                "Both scores end near ½, and the butterflies lie on both islands of leaves "
                "(in 19 of 20 seeds; in one they all went to one island).",
                "兩個分數都回到 ½ 附近，蝴蝶落在兩座枯葉島上（20 個種子中有 19 個；有一個全去了同一座島）。",
                "两个分数都回到 ½ 附近，蝴蝶落在两座枯叶岛上（20 个种子中有 19 个；有一个全去了同一座岛）。",
            ),
            {"bird": 0.01, "butterfly": 0.005},
            (("round", 40),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "The bird learns ten times, then the butterfly evolves ten times. What does the bird say to it?",
            "鳥先學十次，蝴蝶再演化十次。鳥會怎麼說？",
            "鸟先学十次，蝴蝶再演化十次。鸟会怎么说？",
        ),
        {
            "caught": Text("Butterfly!", "蝴蝶！", "蝴蝶！"),
            "unsure": Text("I cannot tell", "分不出來", "分不出来"),
            "fooled": Text("Leaf!", "枯葉！", "枯叶！"),
        },
    ),
    exhibit=Forger,
    source="Goodfellow et al. 2014; Hung-yi Lee, GAN lecture (basic idea)",
)
