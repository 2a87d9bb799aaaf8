"""Lesson: what is generation. One face, the seed it comes from, one direction of its latent to move along.

What a move changes is measured on the picture: the pixel measures that name the directions, all of them, in
standard deviations among other faces of the same model; the hair is read by the bundled classifier. Does not
know the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.figures.plots import ACCENT, INK, MUTED, Plot, columns, figure, number, stack
from playground.lessons._faces import KINDS, MODEL, MOST_SEED, Images, address, picture, without
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
    Values,
    View,
    Whole,
)
from playground.measures.features import classifier_features
from playground.recipes import ANY, EYES, HAIR
from playground.session.face_studies import model_of
from playground.session.faces import PROPERTIES, Direction
from playground.translations import CATALOGUE
from playground.words import Text

Floats = NDArray[np.float64]

OTHERS = range(1_000_000, 1_000_024)  # seeds of the faces among which the spread of a measure is known
REACH = 3.0  # how far a direction goes, in standard deviations of the latent
STRIP = np.linspace(-REACH, REACH, 5)
MOVED = 1.0  # of a direction: less is no move to judge by
NOTICED = 0.25  # standard deviations among faces: a measure that changes less did not change
OFFERED = 4  # directions, the strongest named ones first

PLACES = {
    "first": Text("first", "第一個", "第一个"),
    "second": Text("second", "第二個", "第二个"),
    "third": Text("third", "第三個", "第三个"),
    "fourth": Text("fourth", "第四個", "第四个"),
}
FACE = Text("Seed {seed}, moved by {move}", "種子 {seed}，移動 {move}", "种子 {seed}，移动 {move}")
FACE_NOTE = Text(
    "G turns {dim} random numbers into {pixels} pixels.",
    "G 把 {dim} 個隨機數變成 {pixels} 個像素。",
    "G 把 {dim} 个随机数变成 {pixels} 个像素。",
)
ALONG = Text("Along the direction “{name}”", "沿著「{name}」方向", "沿着“{name}”方向")
ALONG_NOTE = Text(
    "From −3 to +3, everything else held. Look for what else moves.",
    "從 −3 到 +3，其他不變。看看還有什麼跟著變。",
    "从 −3 到 +3，其他不变。看看还有什么跟着变。",
)
CHANGES = Text("What the move changed", "移動改變了什麼", "移动改变了什么")
CHANGES_NOTE = Text(
    "Orange: the trait that names the direction. Grey: all others. Dotted: too small to count.",
    "橘色：這個方向得名的特徵；灰色：其他特徵；點線之間：太小不計。",
    "橙色：这个方向得名的特征；灰色：其他特征；点线之间：太小不计。",
)
CHANGE_AXIS = Text(
    "change, in standard deviations among faces", "變化（以人臉間的標準差計）", "变化（以人脸间的标准差计）"
)
NAMELESS = Text("direction {n}", "方向 {n}", "方向 {n}")
TITLE = Text("What is generation?", "什麼是生成？", "什么是生成？")
APART = Text("changed pixels", "像素改變", "像素改变")
NAMED = Text("named trait", "得名特徵", "得名特征")
LARGEST = Text("largest other", "其他最大", "其他最大")
HAIR_READ = Text("hair as read", "判讀髮色", "判读发色")
SAID = Text(
    "Seed {seed}: moving {move} along “{name}” changes that trait by {change} standard "
    "deviations, and {count} of the {others} others by more than {least}.",
    "種子 {seed}：沿「{name}」移動 {move}，該特徵改變 {change} 個標準差，"
    "其他 {others} 個中有 {count} 個改變超過 {least}。",
    "种子 {seed}：沿“{name}”移动 {move}，该特征改变 {change} 个标准差，"
    "其他 {others} 个中有 {count} 个改变超过 {least}。",
)
SAID_HAIR = Text(
    " The classifier reads {hair} hair ({share}).",
    "分類器判讀髮色：{hair}（{share}）。",
    "分类器判读发色：{hair}（{share}）。",
)
EVIDENCE = Text(
    "“{name}” changed by {change}; the largest other, “{other}”, by {largest} standard deviations.",
    "「{name}」改變 {change}；其他最大的是「{other}」，改變 {largest} 個標準差。",
    "“{name}”改变 {change}；其他最大的是“{other}”，改变 {largest} 个标准差。",
)


def _word(english: str) -> Text:
    """A word that the page knows, in every language."""
    return Text(english, *CATALOGUE[english])


def traits(images: Images) -> Floats:
    """(N, 8): the pixel measures by which directions are named, of images (N, s, s, 3)."""
    return np.stack([measure(images) for measure in PROPERTIES.values()], 1).astype(np.float64)


@dataclass(frozen=True)
class Place:
    """A face in latent space: what is asked of the model."""

    seed: int
    direction: int
    hair: str
    eyes: str


class Generation(Exhibit):
    """A model, a seed, a move. What was decoded last is kept, since a slider asks for it again and again."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.kind, self.seed, self.pressed = values["model"], int(values["seed"]), 0
        self.directions: tuple[Direction, ...] = ()
        self._strip: tuple[Place, str] | None = None
        self._start: tuple[Place, Images, Floats] | None = None
        if self.kind not in room.shop.names:
            return
        self.model = model_of(room.shop, self.kind)
        self.directions = room.shop.directions(self.model.name)[:OFFERED]
        self.spread = traits(self.model.generate(OTHERS)).std(0) + 1e-9
        self.first = self.model.generate([self.seed])

    def press(self, name: str, argument: str = "") -> None:
        self.pressed += 1

    def view(self, values: Values, say: Say) -> View:
        if not self.directions:
            return without(say, self.kind if self.room.shop.names else "")
        index = min(list(PLACES).index(values["direction"]), len(self.directions) - 1)
        at = Place(self.seed + self.pressed, index, values["hair"], values["eyes"])
        direction, move = self.directions[index], values["move"]
        face = self._at(at, np.array([move]))
        _, before = self._unmoved(at)
        change = (traits(face)[0] - before) / self.spread
        return self._told(values, say, at, direction, face, change)

    def _told(
        self, values: Values, say: Say, at: Place, direction: Direction, face: Images, change: Floats
    ) -> View:
        own = list(PROPERTIES).index(direction.label) if direction.label in PROPERTIES else -1
        names = [say(_word(label)) for label in PROPERTIES]
        name = names[own] if own >= 0 else say(NAMELESS, n=direction.number)
        size = np.abs(change)
        others = np.delete(np.arange(len(size)), own) if own >= 0 else np.arange(len(size))
        other = int(others[size[others].argmax()])
        mine = float(change[own]) if own >= 0 else 0.0
        said = {
            "seed": at.seed,
            "name": name,
            "move": number(values["move"], 2),
            "change": number(mine, 2),
            "count": int((size[others] > NOTICED).sum()),
            "others": len(others),
            "least": NOTICED,
        }
        read = self._hair(face, at.hair)
        readings = [
            Reading("apart", APART, float(np.abs(face - self.first.astype(float)).mean()), 1),
            Reading("named", NAMED, mine, 2, "SD"),
            Reading("largest_other", LARGEST, float(size[other]), 2, "SD"),
        ]
        sentence = say(SAID, **said)
        if read:
            sentence += say(SAID_HAIR, hair=say(_word(read[0])), share=f"{read[1]:.0%}")
            readings.append(Reading("hair_read", HAIR_READ, read[1], 2))
        answer, evidence = None, ""
        if abs(values["move"]) >= MOVED and own >= 0:
            answer = _answer(size[own], size[other])
            evidence = say(
                EVIDENCE,
                name=name,
                change=number(mine, 2),
                other=names[other],
                largest=number(size[other], 2),
            )
        body = columns(self._pictures(say, at, name, values["move"], face), _chart(say, names, change, own))
        return View(body, sentence, tuple(readings), answer, evidence)

    def _at(self, at: Place, moves: Floats) -> Images:
        """Faces (N, s, s, 3) at `moves` (N,) along the direction."""
        vector = self.directions[at.direction].vector.astype(np.float32)
        latents = self.model.latents([at.seed]) + moves[:, None].astype(np.float32) * vector
        return self.model.decode(latents, at.hair, at.eyes)

    def _unmoved(self, at: Place) -> tuple[Images, Floats]:
        if self._start is None or self._start[0] != at:
            face = self._at(at, np.zeros(1))
            self._start = (at, face, traits(face)[0])
        return self._start[1:]

    def _hair(self, face: Images, asked: str) -> tuple[str, float] | None:
        """The colour asked for, or the likeliest, and its probability; None without a classifier."""
        classifier = self.room.shop.classifier()
        if classifier is None:
            return None
        logits = classifier_features(classifier, face).hair
        assert logits is not None  # the classifier's space has them
        shares = np.exp(logits[0] - logits[0].max())
        shares /= shares.sum()
        place = int(shares.argmax()) if asked == ANY else HAIR.index(asked)
        return HAIR[place], float(shares[place])

    def _pictures(self, say: Say, at: Place, name: str, move: float, face: Images) -> str:
        if self._strip is None or self._strip[0] != at:
            self._strip = (at, address(self._at(at, STRIP)))
        along, title = say(ALONG, name=name), say(FACE, seed=at.seed, move=number(move, 2))
        pixels = face[0].size // 3
        note = say(FACE_NOTE, dim=self.model.recipe.latent_dim, pixels=f"{pixels:,}")
        return stack(
            figure(title, picture(address(face), title, width=216), note),
            figure(along, picture(self._strip[1], along, width=384), say(ALONG_NOTE)),
        )


def _answer(own: float, other: float) -> str:
    if other <= NOTICED < own:
        return "only"
    return "most" if own > other else "other"


def _chart(say: Say, names: list[str], change: Floats, own: int) -> str:
    """Every trait's change as a bar to the left or right of 0."""
    far = max(2.0, float(np.ceil(np.abs(change).max())))
    count = len(names)
    plot = Plot(
        (-far, far),
        (-0.6, count - 0.4),
        words=say(CHANGES),
        x_title=say(CHANGE_AXIS),
        y_ticks=(),
        width=420,
        height=320,
    )
    for side in (-NOTICED, NOTICED):
        plot.rule(x=side)
    plot.line([0.0, 0.0], [-0.6, count - 0.4], MUTED, width=1.0)
    for row, (name, value) in enumerate(zip(names, change, strict=True)):
        y, color = count - 1 - row, ACCENT if row == own else MUTED
        plot.line([0.0, float(value)], [y, y], color, width=9.0)
        where, anchor = (-0.04 * far, "end") if value >= 0 else (0.04 * far, "start")
        plot.text(where, y - 0.12, name, ACCENT if row == own else INK, anchor=anchor)
    return figure(say(CHANGES), plot.svg(), say(CHANGES_NOTE))


def _menu(colours: Sequence[str]) -> dict[str, Text]:
    return {word: _word(word) for word in (ANY, *colours)}


LESSON = Lesson(
    slug="what-is-generation",
    place=1,
    title=TITLE,
    question=Text(
        "How does a list of random numbers become a face?",
        "一串隨機數怎麼變成一張臉？",
        "一串随机数怎么变成一张脸？",
    ),
    lead=Text(
        "A generator is a function: latent $z$ in, picture out. Move $z$ a little, and the face "
        "changes a little.",
        "生成器是一個函數：輸入潛在向量 $z$，輸出圖片。$z$ 動一點，臉就變一點。",
        "生成器是一个函数：输入隐变量 $z$，输出图片。$z$ 动一点，脸就变一点。",
    ),
    formula=r"x = G(z), \qquad z \sim \mathcal{N}(0, I)",
    controls=(
        Choice("model", MODEL, KINDS, "gan", restarts=True),
        Whole("seed", SEED, 0, MOST_SEED, 3, restarts=True),
        Choice("direction", Text("Direction", "方向", "方向"), PLACES, "first"),
        Slider("move", Text("Move", "移動", "移动"), -REACH, REACH, 0.25, 0.0),
        Choice(
            "hair",
            Text("Hair", "髮色", "发色"),
            _menu(HAIR),
            ANY,
        ),
        Choice(
            "eyes",
            Text("Eyes", "眼睛", "眼睛"),
            _menu(EYES),
            ANY,
        ),
    ),
    buttons=(Button("another", Text("Another seed", "換一個種子", "换一个种子"), primary=True),),
    things=(
        Thing(
            Text("Press Another seed three times.", "按「換一個種子」三次。", "按“换一个种子”三次。"),
            Text(
                "Every seed is another face; typing a seed again brings its face back, pixel for pixel.",
                "每個種子都是另一張臉；再輸入同一個種子，同一張臉會原封不動回來。",
                "每个种子都是另一张脸；再输入同一个种子，同一张脸会原样回来。",
            ),
            sets={"move": 0.0, "hair": ANY, "eyes": ANY},
            presses=(("another", 3),),
            restart=True,
        ),
        Thing(
            Text("Slide Move to +2.", "把「移動」滑到 +2。", "把“移动”滑到 +2。"),
            Text(
                "The same face, gradually changed: the orange trait grows, and others usually come along.",
                "還是同一張臉，只是慢慢改變：橘色的特徵變大，其他特徵通常也跟著變。",
                "还是同一张脸，只是慢慢改变：橙色的特征变大，其他特征通常也跟着变。",
            ),
            sets={"model": "gan", "direction": "first", "move": 2.0, "hair": ANY, "eyes": ANY},
        ),
        Thing(
            Text("Ask for blue hair.", "把髮色設成藍。", "把发色设成蓝。"),
            Text(
                "The GAN obeys, and the classifier is nearly certain of it, though no slider moved.",
                "GAN 照做了，分類器也幾乎確定，而滑桿一個都沒動。",
                "GAN 照做了，分类器也几乎确定，而滑块一个都没动。",
            ),
            sets={"model": "gan", "hair": "blue", "move": 0.0},
        ),
    ),
    check=Check(
        Text(
            "A direction is named after one trait. Moving along it changes…",
            "方向以一個特徵命名。沿著它移動會改變……",
            "方向以一个特征命名。沿着它移动会改变……",
        ),
        {
            "only": Text("only that trait", "只有那個特徵", "只有那个特征"),
            "most": Text("others too, that one most", "其他也變，但它最多", "其他也变，但它最多"),
            "other": Text("another trait more", "另一個特徵變得更多", "另一个特征变得更多"),
        },
    ),
    exhibit=Generation,
    source="Shen and Zhou 2021 (SeFa); Goodfellow et al. 2014; Hung-yi Lee, GAN lecture (basic idea)",
)
