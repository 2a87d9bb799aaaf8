"""Lesson: what pixel distance does not see. Paint on two copies of a real digit; two judges read them.

One judge counts pixels (the sum of squared differences to the original), the other is a discriminator that
learns here, from real digits against forged ones. A forger moves some pixels of a real digit elsewhere: each
forged digit has as much ink as a real one, but not where a pen leaves it. D never sees what is painted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from playground.data.digits import PIXELS, UNSEEN, draw_rows, load_digits
from playground.engine.draws import Stream, numpy_rng
from playground.engine.vectors import VectorDiscriminator
from playground.figures.grey import beside, canvas, picture
from playground.figures.plots import GENERATED, INK, REAL, Plot, figure, number
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
    Thing,
    Values,
    View,
    Whole,
)
from playground.words import Text

Float32 = NDArray[np.float32]

PER_PRESS = 10  # updates of D, some 6 ms
ENOUGH = 300  # updates before the check is answered
MOST_SWAPS = 8  # pairs of pixels that a forger exchanges in one digit
JUDGED = 600  # forged digits that D's accuracy is read from
LOW, HIGH, BINS = -30.0, 10.0, 32  # of the score, drawn
COPIES = {"a": "left", "b": "right"}
PICTURE = 47  # an unseen nine

ORIGINAL = Text("Original", "原圖", "原图")
LEFT, RIGHT = Text("Left copy", "左圖", "左图"), Text("Right copy", "右圖", "右图")
PAINT_HERE = Text("Click pixels, or drag across them.", "點選像素，或拖曳塗過。", "点击像素，或拖动涂过。")
JUDGED_AS = Text(
    "pixel error {error:.2f}, D = {share:.3f}",
    "像素誤差 {error:.2f}，D = {share:.3f}",
    "像素误差 {error:.2f}，D = {share:.3f}",
)
SCORES = Text("D’s score", "D 的分數", "D 的分数")
SCORES_LOOK = Text(
    "More to the right: more real to D. Where do your copies stand?",
    "越靠右，D 越覺得真。你的兩張圖落在哪裡？",
    "越靠右，D 越觉得真。你的两张图落在哪里？",
)
SCORE_AXIS = Text("score before the sigmoid", "sigmoid 之前的分數", "sigmoid 之前的分数")
REAL_WORD = Text("unseen real digits", "沒看過的真實數字", "没见过的真实数字")
FORGED_WORD = Text("forged digits", "偽造的數字", "伪造的数字")
SAID = Text(
    "After {n} updates D is right about {right:.0%} of digits it has not seen. Pixel error: left {left:.2f}, "
    "right {other:.2f}. D’s score: left {s_left}, right {s_other}.",
    "更新 {n} 次後，D 對沒看過的數字答對 {right:.0%}。像素誤差：左 {left:.2f}，右 {other:.2f}。"
    "D 的分數：左 {s_left}，右 {s_other}。",
    "更新 {n} 次后，D 对没见过的数字答对 {right:.0%}。像素误差：左 {left:.2f}，右 {other:.2f}。"
    "D 的分数：左 {s_left}，右 {s_other}。",
)
BY_NUMBERS = Text(
    "The pixel error prefers the {closer} copy ({left:.2f} left, {other:.2f} right); D prefers the {realer} "
    "one (score {s_left} left, {s_other} right).",
    "像素誤差偏好{closer}（左 {left:.2f}，右 {other:.2f}）；"
    "D 偏好{realer}（左 {s_left} 分，右 {s_other} 分）。",
    "像素误差偏好{closer}（左 {left:.2f}，右 {other:.2f}）；"
    "D 偏好{realer}（左 {s_left} 分，右 {s_other} 分）。",
)
SIDES = (Text("left", "左圖", "左图"), Text("right", "右圖", "右图"))


def forged(rows: Float32) -> Callable[[np.random.Generator, int], Float32]:
    """A sampler of `rows` (N, 64) in which 1 to `MOST_SWAPS` pairs of pixels have changed places."""

    def draw(rng: np.random.Generator, count: int) -> Float32:
        found = rows[rng.integers(len(rows), size=count)]
        swaps = rng.integers(1, MOST_SWAPS + 1, size=count)
        for swap in range(MOST_SWAPS):
            a, b = rng.integers(PIXELS, size=(2, count))
            row = np.flatnonzero(swap < swaps)
            one, other = (row, a[row]), (row, b[row])
            found[one], found[other] = found[other], found[one]
        return found

    return draw


def paint(row: Float32, painted: frozenset[int]) -> Float32:
    """A picture (64,) with each painted pixel turned over: ink on paper, paper on ink."""
    found = row.copy()
    for i in painted:
        found[i] = 1.0 if row[i] < 0.5 else 0.0
    return found


class PixelDistance(Exhibit):
    """A discriminator that learns, and what was painted on the two copies."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        seed, digits = int(values["seed"]), load_digits()
        self.unseen = digits.unseen.pixels
        self.forgeries = forged(self.unseen)(numpy_rng(seed, Stream.MEASURE), JUDGED)
        self.judge = VectorDiscriminator(
            draw_rows(digits.train.pixels), forged(digits.train.pixels), PIXELS, seed=seed, batch_size=64,
            betas=(0.5, 0.9),
        )  # fmt: skip
        self.painted: dict[str, frozenset[int]] = {copy: frozenset() for copy in COPIES}
        self.read: tuple[int, Float32, Float32] | None = None

    def press(self, name: str, argument: str = "") -> None:
        if name == "train":
            self.judge.step(PER_PRESS)
        elif name == "clear":
            self.painted = {copy: frozenset() for copy in COPIES}
        else:
            copy, pixel = _part(argument)
            self.painted[copy] = self.painted[copy] ^ {pixel}  # a second time takes it away again

    def view(self, values: Values, say: Say) -> View:
        original = self.unseen[int(values["picture"])]
        copies = {copy: paint(original, marked) for copy, marked in self.painted.items()}
        errors = [float(np.square(found - original).sum()) for found in copies.values()]
        scores = [float(s) for s in self.judge.logits(np.stack([*copies.values(), original]))]
        real, fake = self._known()
        right = float(((real > 0).mean() + (fake < 0).mean()) / 2.0)
        n = self.judge.updates
        s_left, s_other = (number(score, 1) for score in scores[:2])
        numbers = dict(left=errors[0], other=errors[1], s_left=s_left, s_other=s_other)
        closer, realer = int(errors[1] < errors[0]), int(scores[1] > scores[0])
        ready = n >= ENOUGH and all(self.painted.values()) and errors[0] != errors[1]
        return View(
            beside(
                (3, self._original(original, scores[2], say)),
                *(
                    (5, self._copy(copy, copies[copy], title, errors[i], scores[i], say))
                    for i, (copy, title) in enumerate(zip(COPIES, (LEFT, RIGHT), strict=True))
                ),
                (8, figure(say(SCORES), self._scores(scores, say), say(SCORES_LOOK))),
            ),
            say(SAID, n=n, right=right, **numbers),
            (
                Reading("updates", Text("Updates of D", "D 的更新次數", "D 的更新次数"), n, 0),
                Reading("accuracy", Text("D is right", "D 答對", "D 答对"), 100.0 * right, 0, "%"),
                Reading("error_left", Text("Error, left", "左圖誤差", "左图误差"), errors[0], 2),
                Reading("error_right", Text("Error, right", "右圖誤差", "右图误差"), errors[1], 2),
                Reading("score_left", Text("Score, left", "左圖分數", "左图分数"), scores[0], 1),
                Reading("score_right", Text("Score, right", "右圖分數", "右图分数"), scores[1], 1),
            ),
            ("agree" if closer == realer else "disagree") if ready else None,
            say(BY_NUMBERS, closer=say(SIDES[closer]), realer=say(SIDES[realer]), **numbers) if ready else "",
        )  # fmt: skip

    def _known(self) -> tuple[Float32, Float32]:
        """The scores of unseen real digits (297,) and of forged ones (600,)."""
        if self.read is None or self.read[0] != self.judge.updates:
            self.read = self.judge.updates, self.judge.logits(self.unseen), self.judge.logits(self.forgeries)
        return self.read[1:]

    def _original(self, row: Float32, score: float, say: Say) -> str:
        drawn = picture(row, say(ORIGINAL), width=110)
        return figure(say(ORIGINAL), drawn, _judged(0.0, score, say))

    def _copy(self, copy: str, row: Float32, title: Text, error: float, score: float, say: Say) -> str:
        drawn = canvas(row, f"paint:{copy}", f"{say(title)}. {say(PAINT_HERE)}", self.painted[copy])
        return figure(say(title), drawn, _judged(error, score, say))

    def _scores(self, scores: list[float], say: Say) -> str:
        edges = np.linspace(LOW, HIGH, BINS + 1)
        plot = Plot(
            (LOW, HIGH), (0.0, 1.0), words=say(SCORES), x_title=say(SCORE_AXIS), width=330, height=250
        )
        for found, color, word in zip(
            self._known(), (REAL, GENERATED), (REAL_WORD, FORGED_WORD), strict=True
        ):
            counts = np.histogram(found.clip(LOW, HIGH), edges)[0]
            plot.bars(edges, counts / len(found), color, label=say(word))
        for place, (copy, score) in enumerate(zip(SIDES, scores, strict=False)):
            at = float(np.clip(score, LOW + 0.2, HIGH - 0.2))
            high, turned = 0.92 - 0.16 * place, at > (LOW + HIGH) / 2.0
            plot.line([at, at], [0.0, high], INK, width=1.4)
            plot.text(
                at + (-0.5 if turned else 0.5), high - 0.05, say(copy), anchor="end" if turned else "start"
            )
        return plot.svg()


def _judged(error: float, score: float, say: Say) -> str:
    return say(JUDGED_AS, error=error, share=1.0 / (1.0 + np.exp(-np.clip(score, -60.0, 60.0))))


def _part(argument: str) -> tuple[str, int]:
    """`a17` -> the left copy and pixel 17. Raises `LessonError`."""
    copy, pixel = argument[:1], argument[1:]
    if copy not in COPIES or not (pixel.isascii() and pixel.isdigit()) or int(pixel) >= PIXELS:
        raise LessonError(
            f"paint is {argument[:40]!r}, but must be a or b and a pixel from 0 to {PIXELS - 1}."
        )
    return copy, int(pixel)


STRAY, STROKE, TOUCHING = ("paint:a40",), ("paint:b34", "paint:b42", "paint:b50"), ("paint:a34",)


def _presses(*parts: str) -> tuple[tuple[str, int], ...]:
    return (("train", 60), *((part, 1) for part in parts))


LESSON = Lesson(
    slug="pixel-distance",
    place=6,
    title=Text("What pixel distance does not see", "像素距離看不見的事", "像素距离看不见的事"),
    question=Text(
        "Is the copy with fewer wrong pixels the better one?",
        "錯的像素較少，圖就比較好嗎？",
        "错的像素较少，图就比较好吗？",
    ),
    lead=Text(
        "Paint on two copies of a digit. The pixel error counts what changed; a discriminator, trained here "
        "on real against forged digits, says how real each looks.",
        "在同一個數字的兩張複本上畫。像素誤差計算改了多少；在此訓練的判別器看過真假數字，說每張看起來多真。",
        "在同一个数字的两张副本上画。像素误差计算改了多少；在此训练的判别器看过真假数字，说每张看起来多真。",
    ),
    formula=r"\text{pixel error} = \sum_{i=1}^{64} (x'_i - x_i)^2",
    controls=(
        Whole("picture", Text("Which digit", "哪個數字", "哪个数字"), 0, UNSEEN - 1, PICTURE),
        Whole("seed", SEED, 0, 9_999, 0, restarts=True),
    ),
    buttons=(
        Button("train", Text("Train D", "訓練 D", "训练 D"), primary=True, plays=True),
        Button("clear", Text("Clear both", "清除兩張", "清除两张")),
        Button("paint", Text("Paint", "畫", "画"), drawn=True),
    ),
    things=(
        Thing(
            Text("Train D for 600 updates.", "訓練 D 600 次。", "训练 D 600 次。"),
            Text(
                "D tells most unseen digits from forged ones by where the ink lies: their amounts are alike.",
                "D 能分辨大部分沒看過的真假數字，靠的是墨在哪裡：墨的多少都一樣。",
                "D 能分辨大部分没见过的真假数字，靠的是墨在哪里：墨的多少都一样。",
            ),
            presses=_presses(),
            restart=True,
        ),
        Thing(
            Text(
                "Left: paint one stray pixel. Right: lengthen a stroke by three.",
                "左圖：點一個孤立像素。右圖：把一筆畫延長三格。",
                "左图：点一个孤立像素。右图：把一笔画延长三格。",
            ),
            Text(
                "The stray pixel has the smaller pixel error; D finds the longer stroke far more real.",
                "孤立像素的像素誤差較小；D 卻覺得延長的筆畫真得多。",
                "孤立像素的像素误差较小；D 却觉得延长的笔画真得多。",
            ),
            sets={"picture": PICTURE},
            presses=_presses(*STRAY, *STROKE),
            restart=True,
        ),
        Thing(
            Text(
                "Clear; on the left, extend a stroke by one pixel.",
                "清除；在左圖把一筆畫延長一格。",
                "清除；在左图把一笔画延长一格。",
            ),
            Text(
                "Its pixel error is about that of the stray pixel, but D’s score is far higher.",
                "它的像素誤差和孤立像素差不多，D 的分數卻高得多。",
                "它的像素误差和孤立像素差不多，D 的分数却高得多。",
            ),
            sets={"picture": PICTURE},
            presses=_presses(*TOUCHING),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "One stray pixel against a longer stroke: do pixel error and D prefer the same copy?",
            "孤立像素對上較長的筆畫：像素誤差和 D 偏好同一張嗎？",
            "孤立像素对上较长的笔画：像素误差和 D 偏好同一张吗？",
        ),
        {"agree": Text("Yes", "是", "是"), "disagree": Text("No", "否", "否")},
    ),
    exhibit=PixelDistance,
    source="Goodfellow et al. 2014; Hung-yi Lee, GAN lecture (introduction, why not an auto-encoder)",
)
