"""Lesson: the VAE as an autoencoder with noise in its code. Two pictures, a half and a full moon; one number.

Both models have the same networks, seed and batches. A decode is called a moon if it is closer to a moon of
any phase than a tenth of the distance between the half and the full one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.data.digits import draw_rows
from playground.data.moons import FULL, HALF, PIXELS, every_moon, moons
from playground.engine.vectors import VectorAutoencoder
from playground.figures.grey import sheet_url
from playground.figures.plots import ACCENT, DASHES, GENERATED, INK, MUTED, REAL, Plot, columns, figure, stack
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
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
from playground.words import Text

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]

PER_PRESS = 5  # updates of either model, some 8 ms
ENOUGH = 400  # updates before the check is answered
MOST_WEIGHT = 30.0
SIGMA = 0.6  # of p(x|z): with it a weight of 1 leaves both moons apart, and 30 does not
STRIP = 13  # decodes along an axis of codes
BETWEEN = 81  # codes from the half to the full moon that are judged
CLOSE = 0.1  # of the distance between the two moons: that near to some moon is a moon
SMALL, LARGE = 0.1, 0.8  # noise below is called none, above as large as the prior's
LOW, HIGH = -10.0, 2.0  # of log sigma^2, drawn

SIGMA_LABEL = Text("VAE noise σ", "VAE 雜訊 σ", "VAE 噪声 σ")
AE, VAE = Text("Autoencoder", "自編碼器", "自编码器"), Text("VAE", "VAE", "VAE")
AE_LOOK = Text(
    "Two codes were trained. Blue line: codes that decode to a moon.",
    "只訓練過兩個編碼。藍線：解碼成月亮的編碼。",
    "只训练过两个编码。蓝线：解码成月亮的编码。",
)
VAE_LOOK = Text(
    "Shaded: one σ of noise around either code. Compare the blue lines.",
    "陰影：編碼周圍一個 σ 的雜訊。比較兩條藍線。",
    "阴影：编码周围一个 σ 的噪声。比较两条蓝线。",
)
CODE = Text("code", "編碼", "编码")
HALF_WORD, FULL_WORD = Text("half", "半月", "半月"), Text("full", "滿月", "满月")
COST = Text("What the KL term asks of the noise", "KL 項對雜訊的要求", "KL 项对噪声的要求")
COST_LOOK = Text(
    "Dots: the VAE's two codes. The KL term pulls them to s = 0, that is σ = 1.",
    "圓點：VAE 的兩個編碼。KL 項把它們拉向 s = 0，也就是 σ = 1。",
    "圆点：VAE 的两个编码。KL 项把它们拉向 s = 0，也就是 σ = 1。",
)
COST_AXIS = Text("s = log σ²", "s = log σ²", "s = log σ²")
SAID = Text(
    "After {n} updates the VAE's noise is σ = {sigma:.3f}. Of the codes between half and full moon, "
    "{vae:.0%} decode to a moon in the VAE, {ae:.0%} in the autoencoder.",
    "更新 {n} 次後，VAE 的雜訊是 σ = {sigma:.3f}。半月到滿月之間的編碼，"
    "VAE 有 {vae:.0%} 解碼成月亮，自編碼器有 {ae:.0%}。",
    "更新 {n} 次后，VAE 的噪声是 σ = {sigma:.3f}。半月到满月之间的编码，"
    "VAE 有 {vae:.0%} 解码成月亮，自编码器有 {ae:.0%}。",
)
BY_NUMBERS = Text(
    "With KL weight {beta:g} the noise is σ = {sigma:.3f} after {n} updates; it began at {start:.2f}.",
    "KL 權重 {beta:g}，更新 {n} 次後雜訊 σ = {sigma:.3f}；開始時是 {start:.2f}。",
    "KL 权重 {beta:g}，更新 {n} 次后噪声 σ = {sigma:.3f}；开始时是 {start:.2f}。",
)


@dataclass(frozen=True, eq=False)
class Line:
    """What one model does along its axis of codes."""

    codes: Floats  # (2,) of the half and the full moon
    sigmas: Floats  # (2,) of the noise there; 0 in an autoencoder
    ends: tuple[float, float]  # of the axis that is drawn
    strip: Float32  # (STRIP, 144): decodes along it
    between: Floats  # (BETWEEN,): codes from the half to the full moon
    clean: NDArray[np.bool_]  # (BETWEEN,): which of them decode to a moon

    @property
    def share(self) -> float:
        """Of the codes between the two that decode to a moon; none where both decode alike."""
        return float(self.clean.mean())


class NoisyCode(Exhibit):
    """An autoencoder and a VAE of the same two pictures, updated together."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.pair = moons([HALF, FULL])
        self.beta = float(values["beta"])
        kind = dict(seed=int(values["seed"]), latent_dim=1, width=32, learning_rate=3e-3, batch_size=32)
        draw = draw_rows(self.pair)
        self.models = [
            VectorAutoencoder(draw, PIXELS, variational=False, sigma=SIGMA, **kind),  # type: ignore[arg-type]
            VectorAutoencoder(draw, PIXELS, beta=self.beta, sigma=SIGMA, **kind),  # type: ignore[arg-type]
        ]
        self.start = float(self.models[1].encode(self.pair)[1].mean())
        self.drawn: tuple[int, list[Line]] | None = None

    def press(self, name: str, argument: str = "") -> None:
        for model in self.models:
            model.step(PER_PRESS)

    def lines(self) -> list[Line]:
        """Both models as they are after the updates so far."""
        updates = self.models[0].updates
        if self.drawn is None or self.drawn[0] != updates:
            self.drawn = updates, [self._look(model) for model in self.models]
        return self.drawn[1]

    def view(self, values: Values, say: Say) -> View:
        ae, vae = self.lines()
        updates, sigma = self.models[0].updates, float(vae.sigmas.mean())
        shares = {"ae": ae.share, "vae": vae.share}
        charts = stack(
            figure(say(AE), _axis(ae, say(AE), say), say(AE_LOOK)),
            figure(say(VAE), _axis(vae, say(VAE), say), say(VAE_LOOK)),
        )
        return View(
            columns(charts, figure(say(COST), _cost(vae, say), say(COST_LOOK))),
            say(SAID, n=updates, sigma=sigma, **shares),
            (
                Reading("updates", Text("Updates", "更新次數", "更新次数"), updates, 0),
                Reading("sigma", SIGMA_LABEL, sigma),
                Reading("moons_ae", Text("Moons, AE", "AE 的月亮", "AE 的月亮"), 100 * ae.share, 0, "%"),
                Reading("moons_vae", Text("Moons, VAE", "VAE 的月亮", "VAE 的月亮"), 100 * vae.share, 0, "%"),
                Reading("apart", Text("Moons apart", "兩月相距", "两月相距"), self.apart(vae), 2),
            ),
            None if updates < ENOUGH else size(sigma),
            say(BY_NUMBERS, beta=self.beta, sigma=sigma, n=updates, start=self.start),
        )

    def apart(self, line: Line) -> float:
        """How far the decodes of the two codes are from each other; 1 is as far as the two moons."""
        half, full = self.models[1].decode(line.codes[:, None]).clip(0.0, 1.0)
        return float(np.linalg.norm(full - half) / self._span())

    def _span(self) -> float:
        return float(np.linalg.norm(self.pair[1] - self.pair[0]))

    def _look(self, model: VectorAutoencoder) -> Line:
        codes, sigmas = (each[:, 0].astype(np.float64) for each in model.encode(self.pair))
        middle, reach = codes.mean(), max(0.75 * abs(codes[1] - codes[0]), 1.5 * sigmas.max(), 0.05)
        ends = (float(middle - reach), float(middle + reach))
        cells = ends[0] + (ends[1] - ends[0]) * (np.arange(STRIP) + 0.5) / STRIP
        between = np.linspace(codes[0], codes[1], BETWEEN)
        found = model.decode(np.concatenate([cells, between])[:, None]).clip(0.0, 1.0)
        clean = from_moons(found[STRIP:]) < CLOSE * self._span()
        return Line(codes, sigmas, ends, found[:STRIP], between, clean)


def from_moons(pictures: Float32) -> Floats:
    """Pictures (N, 144) -> (N,): the distance of each to the nearest moon of any phase."""
    every = every_moon().astype(np.float64)
    x = pictures.astype(np.float64)
    squared = (x**2).sum(1)[:, None] + (every**2).sum(1) - 2.0 * x @ every.T
    nearest: Floats = np.sqrt(np.maximum(0.0, squared.min(1)))
    return nearest


def noise_cost(s: ArrayLike) -> Floats:
    """exp(s) - (1 + s), twice what the KL term takes for the log-variance s; 0 at s = 0, its minimum."""
    s = np.asarray(s, np.float64)
    cost: Floats = np.exp(s) - 1.0 - s
    return cost


def size(sigma: float) -> str:
    """The option of the check that the noise supports."""
    return "none" if sigma < SMALL else "prior" if sigma > LARGE else "between"


def _axis(line: Line, words: str, say: Say) -> str:
    low, high = line.ends
    wide = (high - low) / STRIP
    plot = Plot(line.ends, (0.0, 1.0), words=words, x_title=say(CODE), height=150, y_ticks=[])
    plot.image(sheet_url(line.strip, gap=0, light=True), line.ends, (0.0, 0.4))
    for code, sigma in zip(line.codes, line.sigmas, strict=True):
        if sigma:
            plot.area([code - sigma, code + sigma], [0.42, 0.42], [1.0, 1.0], MUTED)
    names = (HALF_WORD, FULL_WORD) if line.codes[0] < line.codes[1] else (FULL_WORD, HALF_WORD)
    for code, name, anchor in zip(sorted(line.codes), names, ("end", "start"), strict=True):
        plot.line([code, code], [0.42, 0.82], REAL, width=2.4)
        plot.text(code + (-0.15 if anchor == "end" else 0.15) * wide, 0.86, say(name), REAL, anchor=anchor)
    return plot.line(line.between, np.where(line.clean, 0.46, np.nan), GENERATED, width=4.0).svg()


def _cost(line: Line, say: Say) -> str:
    s = np.linspace(LOW, HIGH, 121)
    at = np.clip(2.0 * np.log(np.maximum(line.sigmas, 1e-9)), LOW, HIGH)
    plot = Plot((LOW, HIGH), (-0.6, 9.6), words=say(COST), x_title=say(COST_AXIS), y_title="exp(s) − (1 + s)")
    plot.rule(x=0.0, dash=DASHES, label="σ = 1").line(s, noise_cost(s), INK)
    return plot.dots(np.stack([at, noise_cost(at)], 1), ACCENT, radius=4.5).svg()


LESSON = Lesson(
    slug="noise-in-the-code",
    place=4,
    title=Text("VAE: noise in the code", "VAE：編碼裡的雜訊", "VAE：编码里的噪声"),
    question=Text(
        "What does noise in the code change?", "在編碼裡加雜訊會改變什麼？", "在编码里加噪声会改变什么？"
    ),
    lead=Text(
        "Both models know two pictures, a half and a full moon, and one code number. "
        "The VAE adds noise $\\sigma$ to it; the KL weight pays for keeping that noise.",
        "兩個模型都只看過兩張圖：半月和滿月，編碼只有一個數字。"
        "VAE 在編碼上加雜訊 $\\sigma$；KL 權重讓它捨不得把雜訊拿掉。",
        "两个模型都只看过两张图：半月和满月，编码只有一个数字。"
        "VAE 在编码上加噪声 $\\sigma$；KL 权重让它舍不得把噪声拿掉。",
    ),
    formula=(
        r"\tfrac{1}{2\sigma_x^2}\,\mathbb{E}\lVert G(m + \sigma\varepsilon) - x\rVert^2"
        r" + \tfrac{\beta}{2}\left(e^{s} - (1 + s) + m^2\right),\quad s = \log\sigma^2"
    ),
    controls=(
        Slider("beta", Text("KL weight", "KL 權重", "KL 权重"), 0.0, MOST_WEIGHT, 0.5, 1.0, restarts=True),
        Whole("seed", SEED, 0, 9_999, 0, restarts=True),
    ),
    buttons=(Button("train", Text("Train", "訓練", "训练"), primary=True, plays=True),),
    things=(
        Thing(
            Text(
                "Train 600 updates with KL weight 1.",
                "KL 權重設 1，訓練 600 次更新。",
                "KL 权重设 1，训练 600 次更新。",
            ),
            Text(
                "In the VAE each moon owns a stretch of codes, so more codes decode to a moon than in the "
                "autoencoder; the rest are mixtures of the two pictures, not three-quarter moons.",
                "VAE 裡每個月亮占有一段編碼，所以能解碼成月亮的編碼比自編碼器多；"
                "其餘是兩張圖的混合，不是四分之三的月亮。",
                "VAE 里每个月亮占有一段编码，所以能解码成月亮的编码比自编码器多；"
                "其余是两张图的混合，不是四分之三的月亮。",
            ),
            sets={"beta": 1.0},
            presses=(("train", 120),),
            restart=True,
        ),
        Thing(
            Text("Set the KL weight to 0 and train.", "KL 權重設 0 再訓練。", "KL 权重设 0 再训练。"),
            Text(
                "The noise shrinks toward 0: without the KL term the VAE becomes an autoencoder.",
                "雜訊縮向 0：沒有 KL 項，VAE 就變成自編碼器。",
                "噪声缩向 0：没有 KL 项，VAE 就变成自编码器。",
            ),
            sets={"beta": 0.0},
            presses=(("train", 120),),
            restart=True,
        ),
        Thing(
            Text("Set it to 30 and train.", "設成 30 再訓練。", "设成 30 再训练。"),
            Text(
                "The noise stays at 1 and both codes decode to the same mixture: the code says nothing.",
                "雜訊停在 1，兩個編碼都解碼成同一個混合圖：編碼不帶任何資訊。",
                "噪声停在 1，两个编码都解码成同一个混合图：编码不带任何信息。",
            ),
            sets={"beta": MOST_WEIGHT},
            presses=(("train", 120),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "After 400 updates with your KL weight, the noise σ is …",
            "用你的 KL 權重更新 400 次後，雜訊 σ……",
            "用你的 KL 权重更新 400 次后，噪声 σ……",
        ),
        {
            "none": Text("nearly 0", "接近 0", "接近 0"),
            "between": Text("clearly between 0 and 1", "明顯介於 0 和 1 之間", "明显介于 0 和 1 之间"),
            "prior": Text("about 1", "大約是 1", "大约是 1"),
        },
    ),
    exhibit=NoisyCode,
    source="Kingma and Welling 2014; Hung-yi Lee, VAE lecture (why VAE)",
)
