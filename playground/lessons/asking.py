"""Lesson: asking for something. A conditional VAE of digits learns here; a bundled GAN draws faces to order.

Whether the asked is what came out is said by judges that drew nothing: a support vector machine for digits,
and the bundled classifier of hair and eyes for faces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.data.digits import CLASSES, PIXELS, draw_labelled, draw_rows, load_digits, one_hot
from playground.engine.draws import Stream, normal_draw, numpy_rng
from playground.engine.vectors import VectorAutoencoder
from playground.figures.face_charts import strip
from playground.figures.grey import sheet_url
from playground.figures.plots import GENERATED, Plot, columns, figure, stack
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
    Toggle,
    Values,
    View,
    Whole,
)
from playground.measures.digit_judge import digit_judge
from playground.measures.features import classifier_features
from playground.measures.resemblance import condition_accuracy
from playground.recipes import EYES, HAIR
from playground.translations import CATALOGUE
from playground.words import Text

Float32 = NDArray[np.float32]

PER_PRESS = 10  # updates, some 8 ms
ENOUGH = 300  # updates before the check is answered
LATENTS = 2
STYLES, SHOWN = 10, 3  # styles that are judged, each asked for every digit, and how many of them are drawn
FACES, ROW = 6, 3  # seeds 0 to 5, three in a row
MOST, FEW = 0.8, 0.2  # shares of right answers

DIGITS = Text("Digits to order", "點什麼數字就畫什麼", "点什么数字就画什么")
DIGITS_LOOK = Text(
    "Top row: the style of your sliders. Each row is one style, each column one digit asked for.",
    "第一列：滑桿指定的風格。每一列是一種風格，每一欄是要求的數字。",
    "第一行：滑杆指定的风格。每一行是一种风格，每一列是要求的数字。",
)
ASKED_AXIS = Text("digit asked for", "要求的數字", "要求的数字")
FACES_TITLE = Text("Faces to order", "點什麼顏色就畫什麼", "点什么颜色就画什么")
FACES_LOOK = Text(
    "A bundled GAN. The judge finds the hair asked for on {hair} of {n}, the eyes on {eyes}.",
    "內附的 GAN。評審認為髮色符合的有 {hair}／{n} 張，瞳色符合的有 {eyes} 張。",
    "内附的 GAN。评审认为发色符合的有 {hair}／{n} 张，瞳色符合的有 {eyes} 张。",
)
NO_FACES = Text("This copy bundles no faces.", "這份程式沒有內附人臉模型。", "这份程序没有内附人脸模型。")
SAID = Text(
    "After {n} updates {share:.0%} of {count} pictures show the digit asked for. The judge that says so is "
    "right about {judge:.1%} of real digits that it has not seen.",
    "更新 {n} 次後，{count} 張圖有 {share:.0%} 是要求的數字。評審對沒看過的真實數字答對 {judge:.1%}。",
    "更新 {n} 次后，{count} 张图有 {share:.0%} 是要求的数字。评审对没见过的真实数字答对 {judge:.1%}。",
)
BY_NUMBERS = Text(
    "{share:.0%} of {count} pictures show the digit asked for.",
    "{count} 張圖中有 {share:.0%} 是要求的數字。",
    "{count} 张图中有 {share:.0%} 是要求的数字。",
)


@dataclass(frozen=True, eq=False)
class Ordered:
    """What came of asking for every digit in `STYLES` fixed styles."""

    rows: Float32  # (SHOWN * 10, 64)
    share: float  # of all, that show the digit asked for
    style: float  # correlation of the style asked for and that which the encoder reads back; the worse of two


@dataclass(frozen=True, eq=False)
class Drawn:
    """Faces of one order, and on how many of them the judge finds what was asked for."""

    images: NDArray[np.uint8]  # (FACES, side, side, 3)
    hair: int
    eyes: int


class Asking(Exhibit):
    """The VAE of digits, told the class or not, and the faces of the orders so far."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        seed, train = int(values["seed"]), load_digits().train
        self.told = bool(values["told"])
        self.model = VectorAutoencoder(
            draw_labelled(train) if self.told else draw_rows(train.pixels), PIXELS, seed=seed,
            latent_dim=LATENTS, conditions=CLASSES if self.told else 0, sigma=0.25, learning_rate=3e-3,
            batch_size=64,
        )  # fmt: skip
        self.judge = digit_judge()
        self.styles = normal_draw(LATENTS)(numpy_rng(seed, Stream.DRAWN_LATENT), STYLES)
        self.read: tuple[int, Ordered] | None = None
        self.faces: dict[tuple[str, str], Drawn | None] = {}
        self.order(str(values["hair"]), str(values["eyes"]))  # loads the models: no view waits for it

    def press(self, name: str, argument: str = "") -> None:
        self.model.step(PER_PRESS)

    def view(self, values: Values, say: Say) -> View:
        n, ordered = self.model.updates, self.ordered()
        yours = self.every_digit(np.array([[values["first"], values["second"]]], np.float32))
        faces = self.order(str(values["hair"]), str(values["eyes"]))
        numbers = {"share": ordered.share, "count": STYLES * CLASSES}
        readings = [
            Reading("updates", Text("Updates", "更新次數", "更新次数"), n, 0),
            Reading("asked", Text("As asked", "符合要求", "符合要求"), 100.0 * ordered.share, 0, "%"),
            Reading("style", Text("Style read back", "讀回風格的相關", "读回风格的相关"), ordered.style, 2),
        ]
        if faces is not None:
            readings += [
                Reading("hair", Text("Hair as asked", "髮色符合", "发色符合"), faces.hair, 0, f"/{FACES}"),
                Reading("eyes", Text("Eyes as asked", "瞳色符合", "瞳色符合"), faces.eyes, 0, f"/{FACES}"),
            ]
        return View(
            columns(
                figure(say(DIGITS), _sheet(np.concatenate([yours, ordered.rows]), say), say(DIGITS_LOOK)),
                _faces(faces, say),
            ),
            say(SAID, n=n, judge=self.judge.accuracy, **numbers),
            tuple(readings),
            None if n < ENOUGH else share_option(ordered.share),
            say(BY_NUMBERS, **numbers),
        )

    def every_digit(self, styles: Float32) -> Float32:
        """Styles (N, 2) -> pictures (N * 10, 64): each style asked for 0 to 9."""
        z, c = _orders(styles)
        found: Float32 = self.model.decode(z, c if self.told else None).clip(0.0, 1.0)
        return found

    def ordered(self) -> Ordered:
        """All orders after the updates so far."""
        if self.read is None or self.read[0] != self.model.updates:
            self.read = self.model.updates, self._judged()
        return self.read[1]

    def order(self, hair: str, eyes: str) -> Drawn | None:
        """The faces of one order; None where no face model or no judge is bundled."""
        if (hair, eyes) not in self.faces:
            self.faces[hair, eyes] = self._paint(hair, eyes)
        return self.faces[hair, eyes]

    def _judged(self) -> Ordered:
        pictures = self.every_digit(self.styles)
        z, c = _orders(self.styles)
        back = self.model.encode(np.concatenate([pictures, c], 1) if self.told else pictures)[0]
        share = self.judge.agreement(pictures, c.argmax(1))
        return Ordered(pictures[: SHOWN * CLASSES], share, _agreement(z, back))

    def _paint(self, hair: str, eyes: str) -> Drawn | None:
        shop = self.room.shop
        judge = shop.classifier()
        if judge is None or "gan" not in shop.names:
            return None
        images = shop.model(shop.names["gan"]).generate(range(FACES), hair, eyes)
        seen = classifier_features(judge, images)
        assert seen.hair is not None and seen.eyes is not None  # the classifier names both
        found = [
            condition_accuracy(np.full(FACES, colours.index(word)), logits)
            for colours, word, logits in ((HAIR, hair, seen.hair), (EYES, eyes, seen.eyes))
        ]
        return Drawn(images, *(round(each.value * FACES) for each in found))


def share_option(share: float) -> str:
    """The option of the check that the share of right answers supports."""
    return "most" if share >= MOST else "tenth" if share <= FEW else "some"


def _orders(styles: Float32) -> tuple[Float32, Float32]:
    """Styles (N, 2) -> latents (N * 10, 2) and conditions (N * 10, 10): every digit in every style."""
    return styles.repeat(CLASSES, 0), one_hot(np.tile(np.arange(CLASSES), len(styles)))


def _agreement(asked: Float32, read: Float32) -> float:
    """The smallest of the correlations of (N, L) and (N, L), column by column; 0 where one never changes."""
    a, b = asked - asked.mean(0), read - read.mean(0)
    scale = np.sqrt((a**2).sum(0) * (b**2).sum(0))
    return float(((a * b).sum(0) / np.maximum(scale, 1e-9)).min())


def _sheet(rows: Float32, say: Say) -> str:
    lines = len(rows) // CLASSES
    plot = Plot(
        (-0.5, CLASSES - 0.5), (0.0, lines), words=say(DIGITS), x_title=say(ASKED_AXIS),
        height=46 * lines + 52, x_ticks=range(CLASSES), y_ticks=[],
    )  # fmt: skip
    return plot.image(sheet_url(rows, CLASSES), (-0.5, CLASSES - 0.5), (0.0, lines)).svg()


def _faces(faces: Drawn | None, say: Say) -> str:
    if faces is None:
        return figure(say(FACES_TITLE), "", say(NO_FACES))
    rows = (faces.images[at : at + ROW] for at in range(0, FACES, ROW))
    body = stack(*(strip(row, say(FACES_TITLE), 118) for row in rows))
    told = say(FACES_LOOK, hair=faces.hair, eyes=faces.eyes, n=FACES)
    return figure(say(FACES_TITLE), body, told, color=GENERATED)


def _menu(colours: tuple[str, ...]) -> Mapping[str, Text]:
    return {word: Text(word, *CATALOGUE[word]) for word in colours}


LESSON = Lesson(
    slug="asking-for-something",
    place=19,
    title=Text("Asking for something", "指定要什麼", "指定要什么"),
    question=Text(
        "How do you ask a generator for a seven?", "怎麼叫生成器畫一個七？", "怎么叫生成器画一个七？"
    ),
    lead=Text(
        "A conditional VAE is told each digit’s class. What the class does not say, two latent numbers $z$ "
        "must: the style.",
        "條件式 VAE 會被告知每個數字的類別。類別沒說的，就由兩個隱變量 $z$ 來說：風格。",
        "条件 VAE 会被告知每个数字的类别。类别没说的，就由两个隐变量 $z$ 来说：风格。",
    ),
    formula=r"x = G(z, c),\qquad z \sim N(0, I),\quad c \in \{0, \dots, 9\}",
    controls=(
        Toggle("told", Text("Told the class", "告知類別", "告知类别"), True, restarts=True),
        Slider("first", Text("Style 1", "風格一", "风格一"), -2.0, 2.0, 0.1, 0.0),
        Slider("second", Text("Style 2", "風格二", "风格二"), -2.0, 2.0, 0.1, 0.0),
        Choice("hair", Text("Hair", "髮色", "发色"), _menu(HAIR), "blonde"),
        Choice("eyes", Text("Eyes", "瞳色", "瞳色"), _menu(EYES), "blue"),
        Whole("seed", SEED, 0, 9_999, 0, restarts=True),
    ),
    buttons=(Button("train", Text("Train", "訓練", "训练"), primary=True, plays=True),),
    things=(
        Thing(
            Text(
                "Train 600 updates, then move the style sliders.",
                "訓練 600 次，再移動風格滑桿。",
                "训练 600 次，再移动风格滑杆。",
            ),
            Text(
                "Nearly every picture shows the digit asked for; a slider changes all ten digits of the top "
                "row together, and they stay those digits.",
                "幾乎每張圖都是要求的數字；一個滑桿同時改變第一列的十個數字，它們仍是原來的數字。",
                "几乎每张图都是要求的数字；一个滑杆同时改变第一行的十个数字，它们仍是原来的数字。",
            ),
            sets={"told": True, "first": 1.0, "second": -1.0},
            presses=(("train", 60),),
            restart=True,
        ),
        Thing(
            Text(
                "Switch “Told the class” off and train again.",
                "關掉「告知類別」再訓練。",
                "关掉“告知类别”再训练。",
            ),
            Text(
                "Each style now draws one picture ten times, whatever is asked for: one in ten is right.",
                "現在每種風格都把同一張圖畫十次，不管要求什麼：十張只對一張。",
                "现在每种风格都把同一张图画十次，不管要求什么：十张只对一张。",
            ),
            sets={"told": False},
            presses=(("train", 60),),
            restart=True,
        ),
        Thing(
            Text("Ask for blue hair and aqua eyes.", "要求藍髮、水藍眼。", "要求蓝发、水蓝眼。"),
            Text(
                "The judge of faces finds the hair asked for on at least five of the six faces.",
                "人臉評審認為六張中至少五張的髮色符合要求。",
                "人脸评审认为六张中至少五张的发色符合要求。",
            ),
            sets={"hair": "blue", "eyes": "aqua"},
        ),
    ),
    check=Check(
        Text(
            "With your settings, after 300 updates, how many pictures show the digit asked for?",
            "以你的設定更新 300 次後，有多少圖是要求的數字？",
            "以你的设置更新 300 次后，有多少图是要求的数字？",
        ),
        {
            "tenth": Text("about one in ten", "約十分之一", "约十分之一"),
            "some": Text("about half", "約一半", "约一半"),
            "most": Text("nearly all", "幾乎全部", "几乎全部"),
        },
    ),
    exhibit=Asking,
    source="Sohn et al. 2015; Mirza and Osindero 2014; Hung-yi Lee, conditional GAN lecture",
)
