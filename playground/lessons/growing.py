"""Lesson: growing up. The same seeds at every remembered point of training, press by press; measured.

Faces, steps and sharpness are those of the Faces page (fewer faces in each number); power at three sizes of
detail is compared with the bundled numbers of real faces. Does not know the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from playground.figures.plots import (
    ACCENT,
    DASHES,
    DOTS,
    GENERATED,
    HAIRLINE,
    INK,
    MUTED,
    REAL,
    Plot,
    columns,
    figure,
    number,
    stack,
)
from playground.lessons._faces import KINDS, MODEL, MOST_SEED, Images, address, named, picture, without
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
    Thing,
    Values,
    View,
    Whole,
)
from playground.measures.reference import Reference
from playground.measures.sharpness import sharpness
from playground.measures.spectrum import power_spectrum
from playground.session.face_studies import SHOWN, model_of
from playground.words import Text

MEASURED = 16  # faces in each number
BANDS = {  # places in a spectrum of 32 rings: waves of so many pixels
    "coarse": (0, 4),  # 16 and more
    "middle": (4, 16),  # 4 to 13
    "fine": (16, 32),  # 2 to 4
}
AS_SHARP, HALF_SHARP = 0.75, 0.25  # of real faces: where the answers part
DASH = {"gan": "", "vae": DASHES, "ae": DOTS}
FIRST, LAST = 80.0, 40_000.0  # updates, of the charts

BAND_WORDS = {
    "coarse": Text("coarse", "粗", "粗"),
    "middle": Text("middle", "中", "中"),
    "fine": Text("fine", "細", "细"),
}
BAND_COLOURS = {"coarse": INK, "middle": MUTED, "fine": ACCENT}
ROW = Text("{kind}, {step} updates", "{kind}，{step} 次更新", "{kind}，{step} 次更新")
DONE = Text(
    "{kind}, {step} updates (its last)",
    "{kind}，{step} 次更新（已到最後）",
    "{kind}，{step} 次更新（已到最后）",
)
FACES = Text("Seeds {first} to {last}", "種子 {first} 到 {last}", "种子 {first} 到 {last}")
FACES_NOTE = Text(
    "The same seeds at every point: look for when eyes, then single strands appear.",
    "每個時間點都是同樣的種子：看看何時出現眼睛，再來是髮絲。",
    "每个时间点都是同样的种子：看看何时出现眼睛，再来是发丝。",
)
SHARPNESS = Text("Sharpness, real faces = 1", "銳利度，真實人臉 = 1", "锐利度，真实人脸 = 1")
SHARPNESS_NOTE = Text(
    "Above 1 is noise, not skill: look at the first point.",
    "高於 1 是雜訊，不是本事：看第一個點。",
    "高于 1 是噪声，不是本事：看第一个点。",
)
POWER = Text("{kind}: detail by size", "{kind}：各種大小的細節", "{kind}：各种大小的细节")
POWER_NOTE = Text(
    "0 is what real faces have. Look for which size arrives first.",
    "0 是真實人臉的程度。看哪種大小先到。",
    "0 是真实人脸的程度。看哪种大小先到。",
)
UPDATES = Text("updates", "更新次數", "更新次数")
DECIBEL = Text("dB to real", "與真實相差 dB", "与真实相差 dB")
SHARP = Text("sharpness", "銳利度", "锐利度")
FRECHET = Text("Fréchet, end", "最終 Fréchet", "最终 Fréchet")
SAID = Text(
    "After {step} updates, sharpness (real faces 1): {parts}.",
    "{step} 次更新後的銳利度（真實人臉 1）：{parts}。",
    "{step} 次更新后的锐利度（真实人脸 1）：{parts}。",
)
ENDED = Text(
    "Fréchet distance of 2,000 faces at the end: {scores} (real faces {real}).",
    "最終 2,000 張臉的 Fréchet 距離：{scores}（真實人臉 {real}）。",
    "最终 2,000 张脸的 Fréchet 距离：{scores}（真实人脸 {real}）。",
)
EVIDENCE = Text(
    "{kind} after its last {step} updates: sharpness {sharp} (real faces 1), fine detail {fine} dB.",
    "{kind} 在最後 {step} 次更新後：銳利度 {sharp}（真實人臉 1），細節 {fine} dB。",
    "{kind} 在最后 {step} 次更新后：锐利度 {sharp}（真实人脸 1），细节 {fine} dB。",
)
SEVERAL = Text("; ", "；", "；")


@dataclass(frozen=True, eq=False)
class Point:
    """What one model draws at one point of its training."""

    step: int
    url: str  # address of the faces shown
    first: Images  # (1, s, s, 3)
    sharp: float  # over real faces; NaN without a reference
    bands: dict[str, float]  # power over real faces, dB; NaN without a reference


@dataclass
class History:
    """The points of one model that have been reached, and those still to come."""

    steps: Sequence[int]
    points: list[Point] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return len(self.points) == len(self.steps)

    @property
    def last(self) -> Point:
        return self.points[-1]


class Growing(Exhibit):
    """Every press trains on to the next update count that any of the models remembered."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.first, self.step = int(values["seed"]), 0
        names = room.shop.names
        self.grown = {kind: History(room.shop.steps(names[kind])) for kind in KINDS if kind in names}
        self.steps = sorted({step for history in self.grown.values() for step in history.steps})
        if self.steps:
            self.press("train")

    def press(self, name: str, argument: str = "") -> None:
        self.step = next((step for step in self.steps if step > self.step), self.step)
        for kind, history in self.grown.items():
            if self.step in history.steps and not (history.points and history.last.step == self.step):
                history.points.append(self._at(kind, self.step))

    def _at(self, kind: str, step: int) -> Point:
        shop = self.room.shop
        final = model_of(shop, kind)
        model = final if step == final.step else model_of(shop, kind, step)
        images = model.generate(range(self.first, self.first + MEASURED))
        sharp, bands = _measured(images, shop.reference())
        return Point(step, address(images[:SHOWN]), images[:1], sharp, bands)

    def view(self, values: Values, say: Say) -> View:
        kind = values["model"]
        if kind not in self.grown:
            return without(say, kind if self.grown else "")
        history, ended = self.grown[kind], self.step == self.steps[-1]
        readings = []
        if math.isfinite(history.last.sharp):
            readings.append(Reading("sharpness", SHARP, history.last.sharp, 2))
            readings += [
                Reading(name, BAND_WORDS[name], v, 1, "dB") for name, v in history.last.bands.items()
            ]
        scores = model_of(self.room.shop, kind).scores
        if ended and "frechet" in scores:
            readings.append(Reading("frechet", FRECHET, scores["frechet"], 1))
        answer, evidence = None, ""
        if history.ended and math.isfinite(history.last.sharp):
            answer, evidence = _answer(history.last.sharp), self._evidence(say, kind)
        return View(
            columns(
                stack(self._rows(say)),
                stack(_sharpness(say, self.grown), _power(say, kind, history)),
            ),
            self._sentence(say, ended),
            tuple(readings),
            answer,
            evidence,
            finished=ended,
        )

    def _rows(self, say: Say) -> str:
        """The faces of every model at its newest point, and the first seed through all its points."""
        rows = []
        for kind, history in self.grown.items():
            words = say(DONE if history.ended else ROW, kind=say(KINDS[kind]), step=f"{history.last.step:,}")
            rows.append(named(words, picture(history.last.url, words, width=400)))
            through = address(np.concatenate([point.first for point in history.points]))
            rows.append(picture(through, words, width=36 * len(history.points)))
        body = f'<div style="display:grid;gap:5px;grid-template-columns:minmax(0,1fr)">{"".join(rows)}</div>'
        title = say(FACES, first=self.first, last=self.first + SHOWN - 1)
        return figure(title, body, say(FACES_NOTE))

    def _sentence(self, say: Say, ended: bool) -> str:
        parts = [f"{say(KINDS[kind])} {number(h.last.sharp, 2)}" for kind, h in self.grown.items()]
        said = say(SAID, step=f"{self.step:,}", parts=say(SEVERAL).join(parts))
        scores = {kind: model_of(self.room.shop, kind).scores for kind in self.grown}
        if not ended or not all("frechet" in found for found in scores.values()):
            return said
        each = [f"{say(KINDS[kind])} {number(found['frechet'], 1)}" for kind, found in scores.items()]
        real = next(iter(scores.values())).get("real_frechet", math.nan)
        return f"{said} {say(ENDED, scores=say(SEVERAL).join(each), real=number(real, 1))}"

    def _evidence(self, say: Say, kind: str) -> str:
        last = self.grown[kind].last
        return say(
            EVIDENCE,
            kind=say(KINDS[kind]),
            step=f"{last.step:,}",
            sharp=number(last.sharp, 2),
            fine=number(last.bands["fine"], 1),
        )

    def table(self) -> str | None:
        """One line for each model and point."""
        rows = ["model,updates,sharpness," + ",".join(f"{name}_db" for name in BANDS)]
        for kind, history in self.grown.items():
            for point in history.points:
                numbers = [point.sharp, *point.bands.values()]
                rows.append(f"{kind},{point.step}," + ",".join(f"{value:.4f}" for value in numbers))
        return "\n".join(rows) + "\n" if len(rows) > 1 else None


def _measured(images: Images, reference: Reference | None) -> tuple[float, dict[str, float]]:
    """Sharpness and power by size of detail of images (N, s, s, 3), both against real faces."""
    power = power_spectrum(images).power_db
    if reference is None or len(reference.power_db) != len(power):
        return math.nan, dict.fromkeys(BANDS, math.nan)
    above = power - reference.power_db
    bands = {name: float(above[low:high].mean()) for name, (low, high) in BANDS.items()}
    return sharpness(images).mean / max(float(reference.sharpness_mean[0]), 1e-12), bands


def _answer(sharp: float) -> str:
    if sharp >= AS_SHARP:
        return "same"
    return "half" if sharp >= HALF_SHARP else "blurred"


def _timeline(y: tuple[float, float], words: str, y_title: str, x_title: str, height: int) -> Plot:
    """A chart over updates, evenly in their logarithms."""
    ends = math.log10(FIRST), math.log10(LAST)
    plot = Plot(ends, y, words=words, y_title=y_title, width=440, height=height, x_ticks=())
    below = y[0] - 16.0 * (y[1] - y[0]) / (plot.floor - plot.top)  # where a tick's number stands
    for step in (100, 1_000, 10_000):
        plot.rule(x=math.log10(step), color=HAIRLINE, dash="")
        plot.text(math.log10(step), below, f"{step:,}", MUTED, anchor="middle")
    plot.text(ends[1], below, x_title, MUTED, anchor="end")
    return plot


def _sharpness(say: Say, grown: dict[str, History]) -> str:
    top = max(1.2, *(p.sharp for h in grown.values() for p in h.points if math.isfinite(p.sharp)), 0.0) * 1.1
    plot = _timeline((0.0, top), say(SHARPNESS), "", say(UPDATES), 150)
    plot.rule(y=1.0, color=REAL)
    for kind, history in grown.items():
        x = [math.log10(point.step) for point in history.points]
        y = [point.sharp for point in history.points]
        plot.line(x, y, GENERATED, dash=DASH[kind], label=say(KINDS[kind]))
        plot.dots(np.column_stack([x, y]), GENERATED, radius=2.6)
    return figure(say(SHARPNESS), plot.svg(), say(SHARPNESS_NOTE))


def _power(say: Say, kind: str, history: History) -> str:
    low = min([-20.0, *(v for p in history.points for v in p.bands.values() if math.isfinite(v))]) - 1.0
    title = say(POWER, kind=say(KINDS[kind]))
    plot = _timeline((low, 4.0), title, say(DECIBEL), say(UPDATES), 150)
    plot.rule(y=0.0, color=REAL)
    for name, color in BAND_COLOURS.items():
        x = [math.log10(point.step) for point in history.points]
        y = [point.bands[name] for point in history.points]
        plot.line(x, y, color, label=say(BAND_WORDS[name])).dots(np.column_stack([x, y]), color, radius=2.6)
    return figure(title, plot.svg(), say(POWER_NOTE))


LESSON = Lesson(
    slug="growing-up",
    place=21,
    title=Text("Growing up", "成長", "成长"),
    question=Text("What does a network learn first?", "網路最先學會什麼？", "网络最先学会什么？"),
    lead=Text(
        "Three decoders of one size learned from the same faces. Only what they were asked for differs: "
        "pixels for autoencoder and VAE, the judge $D$ for the GAN.",
        "三個一樣大的解碼器看同樣的臉學習，不同的只有要求：自編碼器與 VAE 要像素對，GAN 要騙過判別器 $D$。",
        "三个一样大的解码器看同样的脸学习，不同的只有要求：自编码器与 VAE 要像素对，GAN 要骗过判别器 $D$。",
    ),
    formula="",
    controls=(
        Choice("model", MODEL, KINDS, "vae"),
        Whole("seed", SEED, 0, MOST_SEED, 0, restarts=True),
    ),
    buttons=(Button("train", Text("Train on", "繼續訓練", "继续训练"), primary=True),),
    things=(
        Thing(
            Text("Press Train on once.", "按一次「繼續訓練」。", "按一次“继续训练”。"),
            Text(
                "By 1,000 updates the GAN draws sharp, often crooked faces; the other two only a mist.",
                "1,000 次更新時，GAN 已畫出銳利但常歪斜的臉；另外兩個只有一片朦朧。",
                "1,000 次更新时，GAN 已画出锐利但常歪斜的脸；另外两个只有一片朦胧。",
            ),
            presses=(("train", 1),),
            restart=True,
        ),
        Thing(
            Text("Choose VAE and train to the end.", "選 VAE，訓練到最後。", "选 VAE，训练到最后。"),
            Text(
                "Coarse detail soon reaches real faces’ level; fine detail stays about 10 dB below.",
                "粗細節很快到達真實人臉的程度；細細節始終低約 10 dB。",
                "粗细节很快到达真实人脸的程度；细细节始终低约 10 dB。",
            ),
            sets={"model": "vae"},
            presses=(("train", 8),),
            restart=True,
        ),
        Thing(
            Text("Now choose the GAN.", "再選 GAN。", "再选 GAN。"),
            Text(
                "At 100 updates it was “sharper” than real: noise. At the end every size is near 0 dB.",
                "100 次更新時它比真實「更銳利」：那是雜訊。最後各種大小都接近 0 dB。",
                "100 次更新时它比真实“更锐利”：那是噪声。最后各种大小都接近 0 dB。",
            ),
            sets={"model": "gan"},
            presses=(("train", 8),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "At the end, how sharp are the chosen model’s faces?",
            "最後，所選模型的臉有多銳利？",
            "最后，所选模型的脸有多锐利？",
        ),
        {
            "same": Text("nearly as real ones", "接近真實", "接近真实"),
            "half": Text("about half", "大約一半", "大约一半"),
            "blurred": Text("under a quarter", "不到四分之一", "不到四分之一"),
        },
    ),
    exhibit=Growing,
    source="Huang et al. 2024 (R3GAN); Kingma and Welling 2014; Hung-yi Lee, VAE and GAN lectures",
)
