"""Lesson 18: why a generator gets random numbers: the next frame of a dot that turns left or right.

A regression and a conditional generator (GAN or VAE) learn the same frames of a small film, side by side.
What is in their predictions is measured cell by cell. Knows no page.
"""

from __future__ import annotations

import html
from functools import cache

import numpy as np
from numpy.typing import NDArray

from playground.engine.draws import Stream, numpy_rng
from playground.engine.vectors import VectorAutoencoder, VectorGAN, VectorRegression
from playground.figures.plots import (
    ACCENT,
    GENERATED,
    HAIRLINE,
    INK,
    MUTED,
    REAL,
    Plot,
    columns,
    figure,
    stack,
)
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
    Choice,
    Exhibit,
    Handle,
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
from playground.words import Text

Float32 = NDArray[np.float32]

SIDE, MIDDLE, CORNER = 7, 3, 4  # cells along a frame; the column of the stem; the row in which it ends
CELLS = SIDE * SIDE
LEFT, RIGHT = CORNER * SIDE + MIDDLE - 1, CORNER * SIDE + MIDDLE + 1  # cells beside the corner
CORNER_WEIGHT = 5.0  # how much oftener the corner is seen than any other place
UPDATES = 5  # of each learner in a press
SAMPLES, DRAWN = 200, 8  # latents that are measured, and drawn
FULL, EMPTY = 0.7, 0.3  # one dot: one cell above FULL, all others below EMPTY
SEEN = 0.1  # a cell with less ink counts as empty
ANSWERED = 200  # updates after which the check is answered
REACH = 2.5  # of the latent that can be drawn

FRAMES = Text("One past frame, two predictions", "一個過去的畫面，兩種預測", "一个过去的画面，两种预测")
FRAMES_LOOK = Text(
    "The regression draws the mean of all futures; the generator draws one, and z says which.",
    "迴歸畫出所有未來的平均；生成器只畫一個，由 z 決定是哪個。",
    "回归画出所有未来的平均；生成器只画一个，由 z 决定是哪个。",
)
PAST = Text("past (real)", "過去（真實）", "过去（真实）")
REGRESSION = Text("regression", "迴歸", "回归")
GENERATOR = Text("generator, z = {z:.2f}", "生成器，z = {z:.2f}", "生成器，z = {z:.2f}")
MORE = Text("The generator with eight other z", "生成器配上另外八個 z", "生成器配上另外八个 z")
MORE_LOOK = Text(
    "One dot in each frame? Left in some, right in others?",
    "每個畫面都只有一個點嗎？有的在左、有的在右嗎？",
    "每个画面都只有一个点吗？有的在左、有的在右吗？",
)
BY_Z = Text("Ink left and right of the corner", "轉角左右兩格的亮度", "转角左右两格的亮度")
BY_Z_LOOK = Text(
    "Drag z: the dot jumps from one side to the other. The regression has no z: flat lines.",
    "拖曳 z：點從一邊跳到另一邊。迴歸沒有 z：水平線。",
    "拖动 z：点从一边跳到另一边。回归没有 z：水平线。",
)
LEARNED = Text("Samples with exactly one dot", "恰好只有一個點的樣本", "恰好只有一个点的样本")
LEARNED_LOOK = Text(
    "The share among 200 z at the corner, while both learn.",
    "轉角處 200 個 z 中的比例，隨學習變化。",
    "转角处 200 个 z 中的比例，随学习变化。",
)
LEFT_WORD = Text("left", "左", "左")
RIGHT_WORD = Text("right", "右", "右")
FLAT = Text("regression", "迴歸", "回归")
UPDATES_WORD = Text("updates", "更新次數", "更新次数")
UNTRAINED = Text(
    "Nothing is learned yet: both predictions are noise. Press Play.",
    "還什麼都沒學：兩種預測都是雜訊。按播放。",
    "还什么都没学：两种预测都是噪声。按播放。",
)
LEARNT = Text(
    "After {n} updates, at the corner: regression {left:.2f} left and {right:.2f} right; {one:.0%} of the"
    " generator's samples have one dot, {share:.0%} of those on the left.",
    "{n} 次更新後，在轉角：迴歸左 {left:.2f}、右 {right:.2f}；生成器 {one:.0%} 的樣本只有一個點，其中"
    " {share:.0%} 在左邊。",
    "{n} 次更新后，在转角：回归左 {left:.2f}、右 {right:.2f}；生成器 {one:.0%} 的样本只有一个点，其中"
    " {share:.0%} 在左边。",
)
EVIDENCE = Text(
    "The regression's ink at the corner: {left:.2f} left, {right:.2f} right; {cells} cells hold more than"
    " {seen:g}.",
    "迴歸在轉角的亮度：左 {left:.2f}、右 {right:.2f}；亮度超過 {seen:g} 的有 {cells} 格。",
    "回归在转角的亮度：左 {left:.2f}、右 {right:.2f}；亮度超过 {seen:g} 的有 {cells} 格。",
)


@cache
def film() -> tuple[Float32, Float32, Float32]:
    """Past frames (P, CELLS), rows from below, and the next of each if the dot turns left, if right.

    Places 0 to CORNER are the stem from its foot to the corner, the others are on the two arms, where the dot
    goes on outwards. Only at the corner do the two futures differ.
    """

    def frame(row: int, column: int) -> Float32:
        cells = np.zeros(CELLS, np.float32)
        cells[row * SIDE + column] = 1.0
        return cells

    rows = [(frame(r, MIDDLE), frame(r + 1, MIDDLE), frame(r + 1, MIDDLE)) for r in range(CORNER)]
    rows.append((frame(CORNER, MIDDLE), frame(CORNER, MIDDLE - 1), frame(CORNER, MIDDLE + 1)))
    for column in (*range(1, MIDDLE), *range(MIDDLE + 1, SIDE - 1)):
        next_one = frame(CORNER, column + (1 if column > MIDDLE else -1))
        rows.append((frame(CORNER, column), next_one, next_one))
    past, left, right = (np.stack(frames) for frames in zip(*rows, strict=True))
    return past, left, right


def draw(rng: np.random.Generator, n: int, turns_left: float) -> tuple[Float32, Float32]:
    """n pairs (past, next), each (n, CELLS); `turns_left` is the probability at the corner."""
    past, left, right = film()
    weights = np.ones(len(past))
    weights[CORNER] = CORNER_WEIGHT
    place = rng.choice(len(past), n, p=weights / weights.sum())
    goes_left = rng.random((n, 1)) < turns_left
    return past[place], np.where(goes_left, left[place], right[place])


def has_one_dot(frames: Float32) -> NDArray[np.bool_]:
    """(N, CELLS) -> (N,): one cell above FULL and all others below EMPTY."""
    ordered = np.sort(frames, axis=1)
    return (ordered[:, -1] > FULL) & (ordered[:, -2] < EMPTY)


class Randomness(Exhibit):
    """A regression and a conditional generator that learn the same film."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        seed, turns_left = values["seed"], float(values["left"])
        self.regression = VectorRegression(
            lambda rng, n: np.concatenate(draw(rng, n, turns_left), 1), CELLS, CELLS, seed=seed, width=48
        )

        def conditioned(rng: np.random.Generator, n: int) -> Float32:
            return np.concatenate(draw(rng, n, turns_left)[::-1], 1)

        self.model: VectorGAN | VectorAutoencoder
        if values["model"] == "gan":
            self.model = VectorGAN(
                conditioned, CELLS, seed=seed, conditions=CELLS, width=48, batch_size=64, r1_weight=0.3,
                generator_learning_rate=3e-3, discriminator_learning_rate=3e-3,
            )  # fmt: skip
        else:
            self.model = VectorAutoencoder(
                conditioned, CELLS, seed=seed, latent_dim=1, conditions=CELLS, width=48, batch_size=64,
                sigma=0.2, learning_rate=5e-3,
            )  # fmt: skip
        rng = numpy_rng(seed, Stream.DRAWN_LATENT)
        self.latents = rng.standard_normal((SAMPLES, 1)).astype(np.float32)
        self.shares = [self._measure()]

    def press(self, name: str, argument: str = "") -> None:
        """Some updates of both learners."""
        self.regression.step(UPDATES)
        self.model.step(UPDATES)
        self.shares.append(self._measure())

    def table(self) -> str:
        """Updates and the share of samples with one dot."""
        lines = [f"{i * UPDATES},{one:.4f},{left:.4f}" for i, (one, left) in enumerate(self.shares)]
        return "\n".join(["updates,one_dot,left_among_one_dot", *lines]) + "\n"

    def predicted(self, place: int) -> Float32:
        """(CELLS,): what the regression says comes after a place of the film."""
        found: Float32 = self.regression.predict(film()[0][place][None])[0]
        return found

    def generated(self, latents: Float32, place: int) -> Float32:
        """(N, 1) -> (N, CELLS): what the generator draws after a place of the film."""
        condition = np.repeat(film()[0][place][None], len(latents), 0)
        if isinstance(self.model, VectorGAN):
            return self.model.generate(latents, condition)
        return self.model.decode(latents, condition)

    def _measure(self) -> tuple[float, float]:
        """Share of samples at the corner with one dot, and of these on the left (0 if there are none)."""
        frames = self.generated(self.latents, CORNER)
        one = has_one_dot(frames)
        lefts = frames[one, LEFT] > FULL
        return float(one.mean()), float(lefts.mean()) if one.any() else 0.0

    # -- what is to be seen

    def view(self, values: Values, say: Say) -> View:
        """Frames, ink by z, and the share of samples with one dot."""
        place = CORNER - int(values["before"])
        at_corner = self.predicted(CORNER)
        left, right = float(at_corner[LEFT]), float(at_corner[RIGHT])
        updates = UPDATES * (len(self.shares) - 1)
        one, share = self.shares[-1]
        told = dict(left=left, right=right)
        sentence = say(LEARNT, n=updates, one=one, share=share, **told) if updates else say(UNTRAINED)
        cells = int((at_corner > SEEN).sum())
        known = updates >= ANSWERED
        return View(
            columns(
                stack(self._frames(place, float(values["z"][0]), say), self._more(place, say)),
                stack(self._by_z(float(values["z"][0]), at_corner, say), self._learned(say)),
            ),
            sentence,
            (
                Reading("left", Text("Regression, left", "迴歸，左", "回归，左"), left, 2),
                Reading("right", Text("Regression, right", "迴歸，右", "回归，右"), right, 2),
                Reading("one_dot", Text("One dot (generator)", "單點（生成器）", "单点（生成器）"), one, 2),
                Reading("left_share", Text("Of these, left", "其中在左", "其中在左"), share, 2),
            ),
            {0: "none", 1: "one"}.get(cells, "two") if known else None,
            say(EVIDENCE, cells=cells, seen=SEEN, **told) if known else "",
        )

    def _frames(self, place: int, z: float, say: Say) -> str:
        drawn = self.generated(np.array([[z]], np.float32), place)[0]
        parts = [
            (film()[0][place], REAL, say(PAST)),
            (self.predicted(place), GENERATED, say(REGRESSION)),
            (drawn, GENERATED, say(GENERATOR, z=z)),
        ]
        return figure(say(FRAMES), frames_svg(parts, say(FRAMES)), say(FRAMES_LOOK))

    def _more(self, place: int, say: Say) -> str:
        drawn = self.generated(self.latents[:DRAWN], place)
        parts = [(frame, GENERATED, "") for frame in drawn]
        return figure(say(MORE), frames_svg(parts, say(MORE)), say(MORE_LOOK))

    def _by_z(self, z: float, at_corner: Float32, say: Say) -> str:
        along = np.linspace(-REACH, REACH, 81, dtype=np.float32)
        frames = self.generated(along[:, None], CORNER)
        plot = Plot((-REACH, REACH), (-0.15, 1.3), words=say(BY_Z), x_title="z", height=195)
        for cell, color, word in ((LEFT, ACCENT, LEFT_WORD), (RIGHT, INK, RIGHT_WORD)):
            plot.line(along, frames[:, cell], color, label=say(word))
            plot.line([-REACH, REACH], [at_corner[cell]] * 2, color, dash="2 4", width=1.2)
        plot.line([], [], MUTED, dash="2 4", label=say(FLAT)).rule(x=z)
        plot.handle("z", z, 0.0, GENERATED, label="z")
        return figure(say(BY_Z), plot.svg(), say(BY_Z_LOOK))

    def _learned(self, say: Say) -> str:
        steps = UPDATES * np.arange(len(self.shares))
        plot = Plot(
            (0.0, max(200.0, float(steps[-1]))), (0.0, 1.05), words=say(LEARNED), x_title=say(UPDATES_WORD),
            height=150,
        )  # fmt: skip
        plot.line(steps, [one for one, _ in self.shares], ACCENT)
        return figure(say(LEARNED), plot.svg(), say(LEARNED_LOOK))


def frames_svg(parts: list[tuple[Float32, str, str]], words: str) -> str:
    """Frames (CELLS,) with colour and word, side by side in one picture; ink from 0 to 1 is opacity."""
    gap, top = 0.8, 1.4 if any(word for *_, word in parts) else 0.2
    drawn = []
    for i, (frame, color, word) in enumerate(parts):
        x0 = 0.1 + i * (SIDE + gap)
        drawn.append(
            f'<rect x="{x0:.2f}" y="{top}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{HAIRLINE}" '
            'stroke-width="0.1"/>'
        )
        for cell, ink in enumerate(np.clip(frame, 0.0, 1.0)):
            row, column = divmod(cell, SIDE)
            if ink > 0.02:
                drawn.append(
                    f'<rect x="{x0 + column:.2f}" y="{top + SIDE - 1 - row:.2f}" width="1" height="1" '
                    f'fill="{color}" fill-opacity="{ink:.2f}"/>'
                )
        middle = x0 + SIDE / 2
        drawn.append(
            f'<text x="{middle:.2f}" y="0.95" text-anchor="middle" fill="{INK}">{html.escape(word)}</text>'
        )
    wide = len(parts) * (SIDE + gap) - gap + 0.2
    return (
        f'<svg viewBox="0 0 {wide:.2f} {top + SIDE + 0.2:.2f}" role="img" aria-label="{html.escape(words)}" '
        f'style="display:block;width:100%;height:auto;font-size:0.85px">{"".join(drawn)}</svg>'
    )


LESSON = Lesson(
    slug="why-randomness",
    place=18,
    title=Text("Why randomness", "為什麼要隨機", "为什么要随机"),
    question=Text(
        "Why does a generator need z?", "生成器為什麼需要 z？", "生成器为什么需要 z？"
    ),
    lead=Text(
        "A dot climbs and turns left or right by chance. A regression and a conditional generator learn to "
        "draw the next frame.",
        "一個點往上走，到轉角隨機左轉或右轉。迴歸和條件生成器都來學畫下一個畫面。",
        "一个点往上走，到转角随机左转或右转。回归和条件生成器都来学画下一个画面。",
    ),
    formula=r"\arg\min_f \mathbb{E}\lVert y-f(x)\rVert^2=\mathbb{E}[y\mid x],\qquad y=G(x,z),\ z\sim N(0,1)",
    controls=(
        Choice(
            "model", Text("Generator", "生成器", "生成器"),
            {
                "gan": Text("Conditional GAN", "條件式 GAN", "条件 GAN"),
                "vae": Text("Conditional VAE", "條件式 VAE", "条件 VAE"),
            },
            "gan", restarts=True,
        ),
        Slider(
            "left", Text("Chance of left", "左轉的機率", "左转的概率"), 0.2, 0.8, 0.05, 0.5, restarts=True
        ),
        Slider("before", Text("Steps before the corner", "離轉角幾步", "离转角几步"), 0.0, 4.0, 1.0, 0.0),
        Handle("z", Text("z", "z", "z"), (-REACH, 0.0), (REACH, 0.0), (-1.0, 0.0), "x"),
        Whole("seed", SEED, 0, 9999, 0, restarts=True),
    ),
    buttons=(Button("learn", Text("5 updates", "更新 5 次", "更新 5 次"), primary=True, plays=True),),
    things=(
        Thing(
            Text("Play to 400 updates.", "播放到 400 次更新。", "播放到 400 次更新。"),
            Text(
                "The regression's dot splits in two, one half on each side; most of the GAN's samples have"
                " one dot.",
                "迴歸的點分成兩半，左右各一半；GAN 的樣本大多只有一個點。",
                "回归的点分成两半，左右各一半；GAN 的样本大多只有一个点。",
            ),
            sets={"model": "gan", "left": 0.5, "before": 0.0}, presses=(("learn", 80),), restart=True,
        ),
        Thing(
            Text(
                "Then drag z from end to end.", "接著把 z 從一端拖到另一端。", "接着把 z 从一端拖到另一端。"
            ),
            Text(
                "The generator's dot jumps from one side of the corner to the other.",
                "生成器的點從轉角的一邊跳到另一邊。",
                "生成器的点从转角的一边跳到另一边。",
            ),
            sets={"model": "gan", "left": 0.5, "before": 0.0, "z": (2.0, 0.0)},
            presses=(("learn", 80),),
            restart=True,
        ),
        Thing(
            Text("Go two steps before the corner.", "再退到轉角前兩步。", "再退到转角前两步。"),
            Text(
                "There is only one future, so both draw one dot in the same cell, whatever z is.",
                "未來只有一種，所以不論 z 是多少，兩者都在同一格畫出一個點。",
                "未来只有一种，所以不论 z 是多少，两者都在同一格画出一个点。",
            ),
            sets={"model": "gan", "left": 0.5, "before": 2.0},
            presses=(("learn", 80),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "After 200 updates, what will the regression draw at the corner?",
            "更新 200 次後，迴歸在轉角會畫出什麼？",
            "更新 200 次后，回归在转角会画出什么？",
        ),
        {
            "one": Text("one dot", "一個點", "一个点"),
            "two": Text("two faint dots", "兩個淡點", "两个淡点"),
            "none": Text("no dot", "沒有點", "没有点"),
        },
    ),
    exhibit=Randomness,
    source="Hung-yi Lee, GAN lecture (the video game example); Mirza and Osindero 2014; Sohn et al. 2015",
)  # fmt: skip
