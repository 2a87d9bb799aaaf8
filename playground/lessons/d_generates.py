"""Lesson: can the discriminator generate by itself? Learn D, find where it is highest, and learn again.

Nothing but D is trained: its own maxima are the next negatives. Does not know the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from playground.data.target import Float32, Float64
from playground.engine.peaks import langevin, peaks
from playground.engine.vectors import VectorDiscriminator
from playground.figures.plots import (
    ACCENT,
    GENERATED,
    INK,
    MUTED,
    REAL,
    Plot,
    columns,
    figure,
    number,
)
from playground.lessons._hills import SPACES
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
    Toggle,
    Values,
    View,
    Whole,
)
from playground.measures import densities
from playground.words import Text

AT_ONCE, FITS = 20, 10  # updates in one press, presses of learning in one round
MOST_PEAKS, CHAINS = 6, 32  # maxima that are used, points around each
NEAR_TOP = 0.3  # a maximum counts if D there is at least this share of its highest value
DOWN = 0.5  # a value that fell below this share of itself was pressed down


PICTURE = Text("D and its maxima", "D 與它的最高點", "D 与它的最高点")
PICTURE_LOOK = Text(
    "Big dots: D's last maxima, which are now the blue negatives.",
    "大圓點：D 上次的最高點，現在是藍色的負例。",
    "大圆点：D 上次的最高点，现在是蓝色的负例。",
)
PRESSED = Text("Each round's false peaks", "每一輪的假高峰", "每一轮的假高峰")
PRESSED_LOOK = Text(
    "Arrow: D there when found, then after the next round; 0 = no peak away from the data.",
    "箭頭：找到時 D 的高度，到下一輪之後；0 表示沒有離開資料的高峰。",
    "箭头：找到时 D 的高度，到下一轮之后；0 表示没有离开数据的高峰。",
)
REALS, NEGATIVES = Text("real (positives)", "真實（正例）", "真实（正例）"), Text("negatives", "負例", "负例")
MAXIMA, D_THERE = Text("last maxima", "上次的最高點", "上次的最高点"), Text("D there", "那裡的 D", "那里的 D")
ROUND, ON_DATA = Text("round", "輪", "轮"), Text("negatives on data", "落在資料上的負例", "落在数据上的负例")
BEFORE, NOW = (
    Text("false peaks: D before", "假高峰：之前的 D", "假高峰：之前的 D"),
    Text("D there now", "那裡現在的 D", "那里现在的 D"),
)
LEARNS = Text(
    "Round {round}: D learns real against negatives, {done} of {all} updates.",
    "第 {round} 輪：D 學習分辨真實與負例，{done} / {all} 次更新。",
    "第 {round} 轮：D 学习分辨真实与负例，{done} / {all} 次更新。",
)
FOUND_FALSE = Text(
    "D has {n} high maxima (up to {d}); {false} are far from all data. They are the next negatives.",
    "D 有 {n} 個高點（最高 {d}），其中 {false} 個離資料很遠。它們是下一輪的負例。",
    "D 有 {n} 个高点（最高 {d}），其中 {false} 个离数据很远。它们是下一轮的负例。",
)
FOUND_TRUE = Text(
    "All {n} high maxima of D (up to {d}) lie on the data: D generates.",
    "D 的 {n} 個高點（最高 {d}）全在資料上：D 會生成了。",
    "D 的 {n} 个高点（最高 {d}）全在数据上：D 会生成了。",
)
EVIDENCE = Text(
    "Last time: false peaks {top} → {now}; D on the real hills {real} → {real_now}.",
    "上一次：假高峰 {top} → {now}；真實山頂的 D {real} → {real_now}。",
    "上一次：假高峰 {top} → {now}；真实山顶的 D {real} → {real_now}。",
)


@dataclass
class Round:
    """One round's search: its maxima (P, D), which are false, D there when found and after the fit."""

    peaks: Float64
    false: NDArray[np.bool_]
    before: Float64
    real_before: float  # mean D on the real hills
    after: float | None = field(default=None)  # mean over the false ones
    real_after: float = 0.0

    @property
    def top(self) -> float:
        return float(self.before[self.false].mean())


class DGenerates(Exhibit):
    """A discriminator whose negatives are its own maxima."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.name, self.memory, self.seed = values["space"], values["memory"], values["seed"]
        self.space = SPACES[self.name]
        space = self.space
        self.grid = space.grid
        self.negatives, self.spread = space.first[None], 0.3  # newest
        self.old: list[Float64] = []  # of earlier searches, where they are kept
        self.rounds: list[Round] = []
        self.fits = 0
        self.learner = VectorDiscriminator(
            space.real, self._draw, len(space.first), seed=self.seed, activation="silu", width=32,
            learning_rate=3e-3,
        )  # fmt: skip

    def _draw(self, rng: np.random.Generator, n: int) -> Float32:
        newest = n // 2 if self.old else n
        made = self.space.around(self.negatives, self.spread, rng, newest)
        if not self.old:
            return made
        kept = self.space.around(np.concatenate(self.old), self.spread, rng, n - newest)
        return np.concatenate([made, kept])

    def press(self, name: str, argument: str = "") -> None:
        if name not in ("step", "round") or argument:
            raise LessonError(f"{name[:40]!r} is no press here; it must be step or round, alone.")
        done = len(self.rounds)
        self._step()
        while name == "round" and len(self.rounds) == done:
            self._step()

    def _step(self) -> None:
        """20 updates of D, or, when the round's updates are done, the search for its maxima."""
        if self.fits == FITS:
            self._search()
            self.fits = 0
            return
        self.learner.step(AT_ONCE)
        self.fits += 1
        if self.fits == FITS and self.rounds:
            last = self.rounds[-1]
            last.real_after = self._mean(self.space.means)
            if last.false.any():
                last.after = self._mean(last.peaks[last.false])

    def _search(self) -> None:
        """D's highest maxima become the negatives of the next round."""
        space, logits = self.space, self.learner.logits(self.grid).astype(np.float64)
        shape = (space.side,) * len(space.first)
        found = peaks(logits.reshape(shape))[:MOST_PEAKS]
        d = 1.0 / (1.0 + np.exp(-logits[found]))
        found, d = found[d >= NEAR_TOP * d.max()], d[d >= NEAR_TOP * d.max()]
        tops = self.grid[found].astype(np.float64)
        self.rounds.append(Round(tops, space.false(tops), d, self._mean(space.means)))
        points = tops.repeat(CHAINS, 0)
        if self.name == "plane":  # on the line the grid alone is fine enough
            rng = np.random.default_rng((self.seed, len(self.rounds)))
            starts = points.astype(np.float32)
            points = langevin(self.learner.slope, starts, rng, 20, 0.005, space.extent).astype(np.float64)
        if self.memory and len(self.rounds) > 1:
            self.old.append(self.negatives)
        self.negatives, self.spread = points, space.spread
        self.learner.change_generated(self._draw, len(space.first))

    def _mean(self, points: Float64) -> float:
        return float(self.learner.probability(points).mean())

    @property
    def pressed(self) -> Round | None:
        """The last round that had false peaks."""
        return next((r for r in reversed(self.rounds) if r.false.any()), None)

    def view(self, values: Values, say: Say) -> View:
        last = self.pressed
        share = float((~self.space.false(self.negatives)).mean())
        readings = [
            Reading("round", ROUND, len(self.rounds) + 1, 0),
            Reading("on_data", ON_DATA, 100.0 * share, 0, "%"),
        ]
        if last:
            now = self._mean(last.peaks[last.false])
            readings += [Reading("before", BEFORE, last.top), Reading("now", NOW, now)]
        draw = self._line if self.name == "line" else self._plane
        body = columns(
            figure(say(PICTURE), draw(say), say(PICTURE_LOOK), width=0 if self.name == "line" else 350),
            figure(say(PRESSED), self._pressed(say), say(PRESSED_LOOK)),
        )
        return View(body, self._said(say), tuple(readings), *self._check(say))

    def _said(self, say: Say) -> str:
        if self.fits or not self.rounds:
            return say(LEARNS, round=len(self.rounds) + 1, done=self.fits * AT_ONCE, all=FITS * AT_ONCE)
        last = self.rounds[-1]
        words = FOUND_FALSE if last.false.any() else FOUND_TRUE
        return say(
            words, n=len(last.peaks), false=int(last.false.sum()), d=number(float(last.before.max()), 2)
        )

    def _line(self, say: Say) -> str:
        x, space = self.grid[:, 0].astype(np.float64), self.space
        plot = Plot((-3.1, 3.1), (0.0, 1.08), words=say(PICTURE), x_title="x", height=320)
        real = densities.mixture(x, space.means[:, 0], space.sigma, 1.0 / len(space.means))
        middles, counts = np.unique(self.negatives[:, 0], return_counts=True)
        # both densities are drawn at half their height, so that they fit beside D
        made = densities.mixture(x, middles, self.spread, counts / counts.sum())
        plot.area(x, 0.0, 0.5 * real, REAL, label=say(REALS), opacity=0.3)
        plot.area(x, 0.0, 0.5 * made, GENERATED, label=say(NEGATIVES), opacity=0.3)
        plot.line(x, self.learner.probability(self.grid), ACCENT, label="D", width=2.2)
        if self.rounds:
            last = self.rounds[-1]
            now = self.learner.probability(last.peaks)
            tops = np.stack([last.peaks[:, 0], last.before], 1)
            plot.segments(tops, np.stack([last.peaks[:, 0], now], 1), INK, heads=True)
            plot.dots(tops, INK, label=say(MAXIMA), radius=4.0)
        return plot.svg()

    def _plane(self, say: Say) -> str:
        space, side = self.space, self.space.extent
        words = say(PICTURE)
        plot = Plot((-side, side), (-side, side), words=words, width=390, square=True)
        plot.heat(self.learner.probability(self.grid).reshape(space.side, space.side))
        rng = np.random.default_rng(0)  # the same points in every picture
        plot.dots(space.real(rng, 200), REAL, label=say(REALS), radius=1.5)
        plot.dots(self._draw(rng, 200), GENERATED, label=say(NEGATIVES), radius=1.5)
        if self.rounds:
            plot.dots(self.rounds[-1].peaks, INK, label=say(MAXIMA), radius=4.0)
        return plot.svg()

    def _pressed(self, say: Say) -> str:
        many = max(8, len(self.rounds))
        plot = Plot(
            (0.5, many + 0.5),
            (0.0, 1.08),
            words=say(PRESSED),
            x_title=say(ROUND),
            y_title=say(D_THERE),
            height=320,
        )
        for at, found in enumerate(self.rounds, 1):
            if found.false.any():
                now = found.after if found.after is not None else self._mean(found.peaks[found.false])
                plot.segments([(at, found.top)], [(at, now)], ACCENT, width=2.0, heads=True)
                plot.dots([(at, found.top)], ACCENT, radius=4.0)
            else:
                plot.text(at, 0.03, "0", MUTED, anchor="middle")
        return plot.svg()

    def _check(self, say: Say) -> tuple[str | None, str]:
        """What the last fit against false peaks did to them, and to D on the real hills."""
        done = next((r for r in reversed(self.rounds) if r.after is not None), None)
        if done is None or done.after is None:
            return None, ""
        fell, real_fell = done.after < DOWN * done.top, done.real_after < DOWN * done.real_before
        answer = "stay" if not fell else "all" if real_fell else "down"
        numbers = dict(top=done.top, now=done.after, real=done.real_before, real_now=done.real_after)
        return answer, say(EVIDENCE, **{name: number(v, 2) for name, v in numbers.items()})


LESSON = Lesson(
    slug="can-d-generate",
    place=8,
    title=Text("Can D generate?", "D 會生成嗎？", "D 会生成吗？"),
    question=Text(
        "Can the discriminator generate by itself?",
        "判別器自己就能生成嗎？",
        "判别器自己就能生成吗？",
    ),
    lead=Text(
        "D needs negatives to learn from. Let it make them: search where D is highest, and call "
        "that generated.",
        "D 需要負例才能學。讓它自己做：找出 D 最高的地方，當作生成的負例。",
        "D 需要负例才能学。让它自己做：找出 D 最高的地方，当作生成的负例。",
    ),
    formula=r"\tilde{x}=\arg\max_x D(x)",
    controls=(
        Choice(
            "space",
            Text("Space", "空間", "空间"),
            {
                "line": Text("1-D: grid search", "一維：格點搜尋", "一维：网格搜索"),
                "plane": Text("2-D: Langevin", "二維：Langevin", "二维：Langevin"),
            },
            "line",
            restarts=True,
        ),
        Toggle("memory", Text("Keep old negatives", "保留舊負例", "保留旧负例"), False, restarts=True),
        Whole("seed", SEED, 0, 9999, 0, restarts=True),
    ),
    buttons=(
        Button("step", Text("Step", "一步", "一步"), primary=True, plays=True),
        Button("round", Text("Finish round", "跑完這一輪", "跑完这一轮")),
    ),
    things=(
        Thing(
            Text("Press Finish round 2 times.", "按「跑完這一輪」2 次。", "按“跑完这一轮”2 次。"),
            Text(
                "Every false peak of round 1 is pressed down; D is highest elsewhere now.",
                "第 1 輪的假高峰被壓下去；D 的最高點換了地方。",
                "第 1 轮的假高峰被压下去；D 的最高点换了地方。",
            ),
            sets={"space": "line", "memory": False},
            presses=(("round", 2),),
            restart=True,
        ),
        Thing(
            Text(
                "Keep old negatives; finish 8 rounds.",
                "打開「保留舊負例」，跑 8 輪。",
                "打开“保留旧负例”，跑 8 轮。",
            ),
            Text(
                "All of D's maxima lie on the real hills: D generates.",
                "D 的最高點全在真實的山上：D 會生成了。",
                "D 的最高点全在真实的山上：D 会生成了。",
            ),
            sets={"space": "line", "memory": True},
            presses=(("round", 8),),
            restart=True,
        ),
        Thing(
            Text(
                "Choose 2-D, keep old negatives, finish 10 rounds.",
                "選二維、保留舊負例，跑 10 輪。",
                "选二维、保留旧负例，跑 10 轮。",
            ),
            Text(
                "D's maxima, and the negatives around them, come to lie on the islands.",
                "D 的最高點和周圍的負例都落到島上。",
                "D 的最高点和周围的负例都落到岛上。",
            ),
            sets={"space": "plane", "memory": True},
            presses=(("round", 10),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "A false peak becomes a negative. After the next round?",
            "假高峰變成負例。下一輪之後呢？",
            "假高峰变成负例。下一轮之后呢？",
        ),
        {
            "down": Text("It falls", "它降下去", "它降下去"),
            "stay": Text("It stays high", "它還是高", "它还是高"),
            "all": Text("D falls everywhere", "到處都降", "到处都降"),
        },
    ),
    exhibit=DGenerates,
    source="Hung-yi Lee, GAN lecture (can the discriminator generate?); Welling and Teh 2011",
)
