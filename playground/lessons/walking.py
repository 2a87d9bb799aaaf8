"""Lesson: walking between faces. Three ways from one face to another: how sharp each picture is, |z|.

The same study, and the same numbers halfway, as on the Faces page. Does not know the page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.figures.plots import (
    ACCENT,
    DASHES,
    GENERATED,
    MUTED,
    Plot,
    columns,
    figure,
    number,
    stack,
)
from playground.lessons._faces import KINDS, MODEL, MOST_SEED, across, address, named, picture, without
from playground.lessons.lesson import (
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
from playground.measures.sharpness import sharpness
from playground.session.face_studies import STRIP, Between, between, model_of
from playground.words import Text

Floats = NDArray[np.float64]

END, MIDDLE = STRIP - 1, STRIP // 2
ALIKE = 0.05  # of the ends' sharpness: closer than this is no difference in one pair of faces
LEAST = 0.5  # of two pictures whose Laplacians are uncorrelated: Var((a + b) / 2) = (Var a + Var b) / 4

WAYS = {
    "pixels": Text("pixels, mixed", "混合像素", "混合像素"),
    "linear": Text("latent, straight line", "潛在向量，直線", "隐变量，直线"),
    "spherical": Text("latent, great circle", "潛在向量，大圓", "隐变量，大圆"),
}
LINES = {"pixels": (MUTED, ""), "linear": (GENERATED, DASHES), "spherical": (GENERATED, "")}
NOW = Text("Step {place} of {end}", "第 {place} 步，共 {end} 步", "第 {place} 步，共 {end} 步")
NOW_NOTE = Text(
    "Look at the eyes: two pairs through each other, or one pair that moves?",
    "看眼睛：是兩雙疊在一起，還是一雙在移動？",
    "看眼睛：是两双叠在一起，还是一双在移动？",
)
WALK = Text(
    "From seed {first} to seed {second}", "從種子 {first} 到種子 {second}", "从种子 {first} 到种子 {second}"
)
WALK_NOTE = Text(
    "The ends are the same; only the ways differ.", "兩端相同，只有走法不同。", "两端相同，只是走法不同。"
)
CHART = Text("Sharpness along the way", "一路上的銳利度", "一路上的锐利度")
CHART_NOTE = Text(
    "1 is the mean of both ends. Look at the middle: a cross-fade falls to about half.",
    "1 是兩端的平均。看中間：淡入淡出約剩一半。",
    "1 是两端的平均。看中间：淡入淡出约剩一半。",
)
LENGTHS = Text("Length of the latent", "潛在向量的長度", "隐变量的长度")
LENGTHS_NOTE = Text(
    "The straight line cuts through the ball: halfway |z| is shorter than any usual latent.",
    "直線穿過球的內部：中途的 |z| 比常見的潛在向量短。",
    "直线穿过球的内部：中途的 |z| 比常见的隐变量短。",
)
STEP = Text("step", "步", "步")
SHARP = Text("over the ends", "相對兩端", "相对两端")
HALF = Text("½: uncorrelated", "½：不相關", "½：不相关")
SIZE = Text("straight |z| / ends", "直線 |z| / 兩端", "直线 |z| / 两端")
SAID = Text(
    "Step {place}: sharpness {pixels} by mixed pixels, {linear} on the straight line, {spherical} on the "
    "great circle; there the straight latent is {length} times as long as the ends.",
    "第 {place} 步：混合像素的銳利度 {pixels}，直線 {linear}，大圓 {spherical}；"
    "此處直線的潛在向量長度是兩端的 {length} 倍。",
    "第 {place} 步：混合像素的锐利度 {pixels}，直线 {linear}，大圆 {spherical}；"
    "此处直线的隐变量长度是两端的 {length} 倍。",
)
EVIDENCE = Text(
    "Halfway: {pixels} by mixed pixels, {linear} straight, {spherical} on the great circle "
    "(less than {alike} apart means no difference).",
    "中點：混合像素 {pixels}，直線 {linear}，大圓 {spherical}（相差不到 {alike} 不算差別）。",
    "中点：混合像素 {pixels}，直线 {linear}，大圆 {spherical}（相差不到 {alike} 不算差别）。",
)


@dataclass(frozen=True, eq=False)
class Walk:
    """One pair of faces, ready to be looked at at every step. `sharp`: over the mean of both ends, (T,)."""

    key: tuple[str, int, int]
    way: Between
    sharp: dict[str, Floats]
    strips: dict[str, str]  # addresses of pictures

    @classmethod
    def of(cls, room: Room, key: tuple[str, int, int]) -> Walk:
        """Decodes all steps of three ways."""
        kind, first, second = key
        way = between(model_of(room.shop, kind), first, second)
        images = {name: getattr(way, name) for name in WAYS}
        read = {name: sharpness(rows).each for name, rows in images.items()}
        sharp = {name: each / max((each[0] + each[-1]) / 2.0, 1e-12) for name, each in read.items()}
        return cls(key, way, sharp, {name: address(rows) for name, rows in images.items()})

    @property
    def length(self) -> Floats:
        """(T,): |z| on the straight line over the mean of both ends."""
        lengths = self.way.linear_lengths
        share: Floats = lengths / ((lengths[0] + lengths[-1]) / 2.0)
        return share


class Walking(Exhibit):
    """Two seeds, and presses that go on to the next pair; the last walk is kept."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.pairs = 0
        self._walk: Walk | None = None

    def press(self, name: str, argument: str = "") -> None:
        self.pairs += 1

    def view(self, values: Values, say: Say) -> View:
        kind = values["model"]
        if kind not in self.room.shop.names:
            return without(say, kind if self.room.shop.names else "")
        walk, place = self._found(values), round(values["place"])
        at = {name: float(walk.sharp[name][place]) for name in WAYS}
        told = {name: number(value, 2) for name, value in at.items()}
        length = float(walk.length[place])
        sentence = say(SAID, place=place, length=number(length, 2), **told)
        readings = [Reading(name, WAYS[name], value, 2) for name, value in at.items()]
        readings.append(Reading("length", SIZE, length, 2))
        answer, evidence = None, ""
        if place == MIDDLE:
            answer, evidence = blurriest(walk.way.middle), say(EVIDENCE, alike=ALIKE, **told)
        body = columns(
            stack(_now(say, walk, place), _strips(say, walk)),
            stack(_sharp(say, walk, place), _long(say, walk, place)),
        )
        return View(body, sentence, tuple(readings), answer, evidence)

    def _found(self, values: Values) -> Walk:
        first, second = (int(values[name]) + self.pairs for name in ("first", "second"))
        key = (str(values["model"]), first, second)
        if self._walk is None or self._walk.key != key:
            self._walk = Walk.of(self.room, key)
        return self._walk


def blurriest(middle: dict[str, float]) -> str:
    """Which way is the least sharp halfway; "same" where the two lowest are too close to tell."""
    low, next_ = sorted(middle.values())[:2]
    return "same" if next_ - low < ALIKE else min(middle, key=lambda name: middle[name])


def _now(say: Say, walk: Walk, place: int) -> str:
    """The pictures of one step, large."""
    parts = []
    for name, label in WAYS.items():
        words = say(label)
        url = address(getattr(walk.way, name)[place : place + 1])
        parts.append(named(words, picture(url, words, width=128)))
    return figure(say(NOW, place=place, end=END), across(parts), say(NOW_NOTE))


def _strips(say: Say, walk: Walk) -> str:
    """All steps of every way."""
    _, first, second = walk.key
    rows = [picture(walk.strips[name], say(label), width=400) for name, label in WAYS.items()]
    body = f'<div style="display:grid;gap:3px;grid-template-columns:minmax(0,1fr)">{"".join(rows)}</div>'
    return figure(say(WALK, first=first, second=second), body, say(WALK_NOTE))


def _sharp(say: Say, walk: Walk, place: int) -> str:
    top = max(1.2, *(float(each.max()) for each in walk.sharp.values())) + 0.1
    plot = Plot(
        (0, END), (0, top), words=say(CHART), x_title=say(STEP), y_title=say(SHARP), width=440, height=190
    )
    plot.rule(y=LEAST, label=say(HALF)).rule(x=place, color=ACCENT, dash="")
    steps = np.arange(STRIP)
    for name, (color, dash) in LINES.items():
        plot.line(steps, walk.sharp[name], color, dash=dash, label=say(WAYS[name]))
    return figure(say(CHART), plot.svg(), say(CHART_NOTE))


def _long(say: Say, walk: Walk, place: int) -> str:
    top = 1.1 * float(max(walk.way.linear_lengths.max(), walk.way.spherical_lengths.max()))
    plot = Plot((0, END), (0, top), words=say(LENGTHS), y_title="|z|", width=440, height=110)
    plot.rule(x=place, color=ACCENT, dash="")
    steps = np.arange(STRIP)
    plot.line(steps, walk.way.linear_lengths, GENERATED, dash=DASHES)
    plot.line(steps, walk.way.spherical_lengths, GENERATED)
    return figure(say(LENGTHS), plot.svg(), say(LENGTHS_NOTE))


LESSON = Lesson(
    slug="walking-between-faces",
    place=20,
    title=Text("Walking between faces", "在臉與臉之間行走", "在脸与脸之间行走"),
    question=Text("What lies between two faces?", "兩張臉之間有什麼？", "两张脸之间有什么？"),
    lead=Text(
        "Mix the pixels, and one picture fades into another. Mix the latents, and $G$ draws a new face at "
        "every step.",
        "混合像素，只是一張圖淡入另一張；混合潛在向量，$G$ 每一步都畫出一張新的臉。",
        "混合像素，只是一张图淡入另一张；混合隐变量，$G$ 每一步都画出一张新的脸。",
    ),
    formula=r"G\big((1-t)\,z_1 + t\,z_2\big) \;\ne\; (1-t)\,G(z_1) + t\,G(z_2)",
    controls=(
        Choice("model", MODEL, KINDS, "gan"),
        Whole("first", Text("First seed", "第一個種子", "第一个种子"), 0, MOST_SEED, 3),
        Whole("second", Text("Second seed", "第二個種子", "第二个种子"), 0, MOST_SEED, 8),
        Slider("place", Text("Step", "步", "步"), 0, END, 1, 0),
    ),
    buttons=(Button("pair", Text("Another pair", "換一對", "换一对"), primary=True),),
    things=(
        Thing(
            Text("Slide to step 4, halfway.", "滑到第 4 步，也就是中點。", "滑到第 4 步，也就是中点。"),
            Text(
                "Mixed pixels show two ghosts at about half the sharpness; each latent way shows one face.",
                "混合像素是兩個疊影，銳利度約剩一半；兩種潛在走法各是一張臉。",
                "混合像素是两个叠影，锐利度约剩一半；两种隐变量走法各是一张脸。",
            ),
            sets={"place": MIDDLE},
        ),
        Thing(
            Text(
                "Stay there, press Another pair twice.",
                "停在那裡，按「換一對」兩次。",
                "停在那里，按“换一对”两次。",
            ),
            Text(
                "Pixels stay near one half for every pair; the straight latent shrinks to about 0.7.",
                "每一對的混合像素都接近一半；直線中點的潛在向量約為兩端的 0.7 倍長。",
                "每一对的混合像素都接近一半；直线中点的隐变量约为两端的 0.7 倍长。",
            ),
            sets={"place": MIDDLE},
            presses=(("pair", 2),),
        ),
        Thing(
            Text("Choose the VAE.", "選 VAE。", "选 VAE。"),
            Text(
                "Shorter latents mean plainer faces: the straight middle blurs, the great circle less.",
                "潛在向量越短，臉越平淡：VAE 直線的中點也會糊，大圓則好得多。",
                "隐变量越短，脸越平淡：VAE 直线的中点也会糊，大圆则好得多。",
            ),
            sets={"model": "vae", "place": MIDDLE},
        ),
    ),
    check=Check(
        Text("Halfway, which picture is least sharp?", "中點時，哪張最不銳利？", "中点时，哪张最不锐利？"),
        {
            "pixels": WAYS["pixels"],
            "linear": WAYS["linear"],
            "spherical": WAYS["spherical"],
            "same": Text("no clear loser", "差不多", "差不多"),
        },
    ),
    exhibit=Walking,
    source="White 2016; Shoemake 1985; Hung-yi Lee, VAE and GAN lectures",
)
