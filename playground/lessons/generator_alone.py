"""Lesson: a generator learning alone. An autoencoder squeezes real digits through a code of two numbers.

The plane of codes is drawn in standard deviations of the codes of the training digits, so that it stays in
sight while the codes wander. What a decode is worth is its distance to the nearest real digit, in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.data.digits import PIXELS, draw_rows, load_digits
from playground.engine.vectors import VectorAutoencoder
from playground.figures.grey import beside, picture, sheet_url
from playground.figures.plots import GENERATED, MUTED, Plot, figure, stack
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
    Exhibit,
    Handle,
    Lesson,
    Reading,
    Room,
    Say,
    Thing,
    View,
    Whole,
)
from playground.measures.resemblance import nearest
from playground.words import Text

Floats = NDArray[np.float64]

EDGE = 3.0  # of the plane, in standard deviations of the codes
SIDE = 13  # decodes along each axis of the grid
GLYPHS = 240  # training digits whose codes are drawn
AT_CODES, OFF_CODES = (
    0.15,
    0.6,
)  # distance to the closest code, in standard deviations: there, and nowhere near
PER_PRESS = 10  # updates, some 8 ms
ENOUGH = 600  # updates before the check is answered
CLEARLY = 1.15  # times as far: less is no difference

TITLE = Text("A generator learning alone", "生成器自己學", "生成器自己学")
CODES = Text("Codes of real digits", "真實數字的編碼", "真实数字的编码")
CODES_LOOK = Text(
    "Each digit stands where the encoder puts a picture of it. Drag the dot.",
    "每個數字都站在編碼器放它的位置。拖曳圓點。",
    "每个数字都站在编码器放它的位置。拖动圆点。",
)
GRID = Text("The decoder everywhere", "解碼器畫滿整個平面", "解码器画满整个平面")
GRID_LOOK = Text(
    "The same plane, decoded on an even grid. Look outside the codes.",
    "同一個平面，在均勻格點上解碼。看看沒有編碼的地方。",
    "同一个平面，在均匀格点上解码。看看没有编码的地方。",
)
AXIS = Text("code 1, in standard deviations", "編碼第一維（以標準差為單位）", "编码第一维（以标准差为单位）")
HERE = Text("Decoded at the dot", "圓點處的解碼", "圆点处的解码")
CLOSEST = Text("Nearest real digit", "最近的真實數字", "最近的真实数字")
APART = Text("{d:.2f} apart", "相距 {d:.2f}", "相距 {d:.2f}")
SAID = Text(
    "After {n} updates, decodes where codes lie are {near:.2f} from the nearest real digit; "
    "where none lie, {far:.2f}. An unseen real digit is {usual:.2f} away.",
    "更新 {n} 次後，有編碼處的解碼離最近的真實數字 {near:.2f}；沒有編碼處是 {far:.2f}。"
    "沒看過的真實數字則是 {usual:.2f}。",
    "更新 {n} 次后，有编码处的解码离最近的真实数字 {near:.2f}；没有编码处是 {far:.2f}。"
    "没见过的真实数字则是 {usual:.2f}。",
)
BY_NUMBERS = Text(
    "Distance to the nearest real digit: {far:.2f} where no code lies, {near:.2f} where codes lie.",
    "離最近真實數字的距離：沒有編碼處 {far:.2f}，有編碼處 {near:.2f}。",
    "离最近真实数字的距离：没有编码处 {far:.2f}，有编码处 {near:.2f}。",
)


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of codes at one moment: where the digits lie, and what the decoder draws on an even grid."""

    mean: Floats  # (2,) of the training digits' codes
    spread: Floats  # (2,) standard deviation
    codes: Floats  # (N, 2) in standard deviations
    grid: NDArray[np.float32]  # (SIDE * SIDE, 64), rows from the top
    near: float  # median distance to the nearest real digit of decodes at codes
    far: float  # and of those nowhere near one


class GeneratorAlone(Exhibit):
    """The autoencoder, and its plane of codes, drawn anew only after an update."""

    def __init__(self, values: Mapping[str, Any], room: Room) -> None:
        super().__init__(values, room)
        digits = load_digits()
        self.train, self.unseen = digits.train, digits.unseen
        self.model = VectorAutoencoder(
            draw_rows(self.train.pixels), PIXELS, seed=int(values["seed"]), latent_dim=2, variational=False,
            sigma=0.3, learning_rate=3e-3,
        )  # fmt: skip
        self.usual = float(np.median(_distances(self.unseen.pixels, self.train.pixels)[0]))
        self.drawn: tuple[int, Plane] | None = None

    def press(self, name: str, argument: str = "") -> None:
        self.model.step(PER_PRESS)

    def view(self, values: Mapping[str, Any], say: Say) -> View:
        plane, updates = self.plane(), self.model.updates
        at = np.array(values["code"])
        here = self.decode(plane, at[None])
        distance, row = _distances(here, self.train.pixels)
        numbers = {"near": plane.near, "far": plane.far}
        return View(
            beside((9, self._codes(plane, at, say)), (9, self._grid(plane, at, say)), (3, self._here(
                here, self.train.pixels[row], float(distance[0]), say
            ))),
            say(SAID, n=updates, usual=self.usual, **numbers),
            (
                Reading("updates", Text("Updates", "更新次數", "更新次数"), updates, 0),
                Reading("near", Text("Where codes lie", "有編碼處", "有编码处"), plane.near, 2),
                Reading("far", Text("Where none lie", "沒有編碼處", "没有编码处"), plane.far, 2),
                Reading("here", Text("At the dot", "圓點處", "圆点处"), float(distance[0]), 2),
            ),
            None if updates < ENOUGH else compared(plane.near, plane.far),
            say(BY_NUMBERS, **numbers),
        )  # fmt: skip

    def plane(self) -> Plane:
        """The plane after the updates so far."""
        if self.drawn is None or self.drawn[0] != self.model.updates:
            self.drawn = self.model.updates, self._look()
        return self.drawn[1]

    def decode(self, plane: Plane, at: Floats) -> NDArray[np.float32]:
        """Places of the plane (N, 2) -> pictures (N, 64), cut to the range that pictures have."""
        found: NDArray[np.float32] = self.model.decode(plane.mean + at * plane.spread).clip(0.0, 1.0)
        return found

    def _look(self) -> Plane:
        codes = self.model.encode(self.train.pixels)[0].astype(np.float64)
        mean, spread = codes.mean(0), codes.std(0) + 1e-9
        places = grid_places()
        codes = (codes - mean) / spread
        grid = self.model.decode(mean + places * spread).clip(0.0, 1.0)
        quality = _distances(grid, self.train.pixels)[0]
        away = _distances(places, codes)[0]
        near, far = (
            float(np.median(quality[chosen])) if chosen.any() else float("nan")
            for chosen in (away < AT_CODES, away > OFF_CODES)
        )
        return Plane(mean, spread, codes, grid, near, far)

    def _codes(self, plane: Plane, at: Floats, say: Say) -> str:
        plot = _square(say(CODES), say(AXIS))
        for (x, y), label in zip(plane.codes[:GLYPHS], self.train.labels, strict=False):
            if max(abs(x), abs(y)) < 0.97 * EDGE:
                plot.text(x, y - 0.08, str(label), MUTED, anchor="middle", size=10.5)
        plot.handle("code", at[0], at[1], GENERATED, label=say(HERE))
        return figure(say(CODES), plot.svg(), say(CODES_LOOK))

    def _grid(self, plane: Plane, at: Floats, say: Say) -> str:
        plot = _square(say(GRID), say(AXIS))
        plot.image(sheet_url(plane.grid, SIDE), (-EDGE, EDGE), (-EDGE, EDGE))
        plot.dots([at], GENERATED, radius=4.5, opacity=0.75)
        return figure(say(GRID), plot.svg(), say(GRID_LOOK))

    def _here(self, here: Floats | Any, real: Floats | Any, distance: float, say: Say) -> str:
        apart = say(APART, d=distance)
        return stack(
            figure(say(HERE), picture(here, say(HERE), width=96), apart),
            figure(say(CLOSEST), picture(real, say(CLOSEST), width=96), ""),
        )


def grid_places() -> Floats:
    """(SIDE * SIDE, 2): the middles of an even grid of cells, rows from the top of the plane."""
    steps = ((np.arange(SIDE) + 0.5) / SIDE * 2.0 - 1.0) * EDGE
    x, y = np.meshgrid(steps, steps[::-1])
    return np.stack([x.ravel(), y.ravel()], 1)


def compared(near: float, far: float) -> str:
    """The option of the check that two median distances support."""
    if far > CLEARLY * near:
        return "farther"
    return "closer" if near > CLEARLY * far else "alike"


def _distances(rows: NDArray[Any], among: NDArray[Any]) -> tuple[Floats, NDArray[np.int64]]:
    """(N, D), (M, D) -> the distance to the nearest of the M, and which that is, (N,) each."""
    found = nearest(rows, among)
    return found.distances[:, 0], found.indices[:, 0]


def _square(words: str, axis: str) -> Plot:
    return Plot((-EDGE, EDGE), (-EDGE, EDGE), words=words, x_title=axis, width=330, square=True)


LESSON = Lesson(
    slug="generator-alone",
    place=3,
    title=TITLE,
    question=Text(
        "Can a decoder on its own become a generator?",
        "解碼器自己就能當生成器嗎？",
        "解码器自己就能当生成器吗？",
    ),
    lead=Text(
        "An autoencoder learns to copy handwritten digits through a code of two numbers. "
        "Its decoder turns any code into a picture.",
        "自編碼器學著把手寫數字壓成兩個數字的編碼再還原。它的解碼器能把任何編碼變成圖片。",
        "自编码器学着把手写数字压成两个数字的编码再还原。它的解码器能把任何编码变成图片。",
    ),
    formula=r"\min_{E,\,G}\ \mathbb{E}_x \big\lVert G(E(x)) - x \big\rVert^2",
    controls=(
        Handle("code", Text("Code", "編碼", "编码"), (-EDGE, -EDGE), (EDGE, EDGE), (0.0, 0.0)),
        Whole("seed", SEED, 0, 9_999, 0, restarts=True),
    ),
    buttons=(Button("train", Text("Train", "訓練", "训练"), primary=True, plays=True),),
    things=(
        Thing(
            Text("Train for 600 updates.", "訓練 600 次更新。", "训练 600 次更新。"),
            Text(
                "Digits of one kind gather, and decodes where codes lie become as close to a real digit as "
                "another real digit is.",
                "同類數字聚在一起；有編碼處的解碼離真實數字，就像另一個真實數字那麼近。",
                "同类数字聚在一起；有编码处的解码离真实数字，就像另一个真实数字那么近。",
            ),
            presses=(("train", 60),),
            restart=True,
        ),
        Thing(
            Text("Drag the dot onto the codes.", "把圓點拖到編碼上。", "把圆点拖到编码上。"),
            Text(
                "The decode resembles the digits around the dot, and changes smoothly from one to the next.",
                "解碼像圓點周圍的數字，並且平順地從一個變成另一個。",
                "解码像圆点周围的数字，并且平顺地从一个变成另一个。",
            ),
            sets={"code": (-2.0, 0.8)},
            presses=(("train", 60),),
            restart=True,
        ),
        Thing(
            Text("Drag it to a corner without codes.", "拖到沒有編碼的角落。", "拖到没有编码的角落。"),
            Text(
                "Out there decodes are mostly farther from every real digit than where codes lie: nobody "
                "taught the decoder what belongs there.",
                "那裡的解碼大多比有編碼處更遠離所有真實數字：沒人教過解碼器那裡該畫什麼。",
                "那里的解码大多比有编码处更远离所有真实数字：没人教过解码器那里该画什么。",
            ),
            sets={"code": (-2.9, -2.9)},
            presses=(("train", 60),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "Compared with decodes where codes lie, those where none lie are …",
            "和有編碼處的解碼相比，沒有編碼處的解碼……",
            "和有编码处的解码相比，没有编码处的解码……",
        ),
        {
            "alike": Text("as close to real digits", "一樣接近真實數字", "一样接近真实数字"),
            "farther": Text("farther from real digits", "離真實數字更遠", "离真实数字更远"),
            "closer": Text("closer to real digits", "更接近真實數字", "更接近真实数字"),
        },
    ),
    exhibit=GeneratorAlone,
    source="Hinton and Salakhutdinov 2006; Hung-yi Lee, GAN lecture (introduction, auto-encoder)",
)
