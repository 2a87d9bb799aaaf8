"""Lesson 7: a VAE beside a GAN on two islands, the same generator network in lockstep; then on faces.

What is counted is the share of points farther than 3 sigma from every mode, for both, beside what real points
read; of faces, their sharpness. Knows no page.
"""

from __future__ import annotations

import math

import numpy as np

from playground.config import ConfigError, RunConfig
from playground.engine import Trainer, observe
from playground.figures.planes import plane
from playground.figures.plots import (
    ACCENT,
    DASHES,
    GENERATED,
    INK,
    MUTED,
    REAL,
    Plot,
    columns,
    figure,
    stack,
)
from playground.figures.sheets import data_url, sheet
from playground.lessons._planes import GENERATED_WORD, ITERATIONS, REAL_WORD, iterate
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
    Slider,
    Thing,
    Value,
    Values,
    View,
    Whole,
)
from playground.measures import high_quality_ceiling, mode_coverage
from playground.measures.coverage import HIGH_QUALITY_RADIUS
from playground.measures.sharpness import sharpness
from playground.session.face_studies import model_of
from playground.words import Text

SIGMA = 0.2  # of each island
ITERATIONS_A_PRESS = 10
KNOWN = 300  # iterations before the question can be answered
CLOSE = 0.02  # shares closer than this are about the same; the counting error of 4,000 points is 0.006
COUNTED = 4_000  # generated points behind each share
SHOWN = 400
KINDS = ("vae", "gan")
NAMES = {"vae": "VAE", "gan": "GAN"}
COLORS = {"vae": ACCENT, "gan": INK}
LAYERS = frozenset({"real", "generated"})
WINDOW = ((-2.0, 2.0), (-0.7, 0.7))
FLOOR = 1.0 - high_quality_ceiling()  # what real points read: exp(-4.5)
FACES_SHOWN = 8

POINTS = Text("{name}: real and generated points", "{name}：真實與生成的點", "{name}：真实与生成的点")
POINTS_LOOK = Text(
    "Outside both dashed 3σ circles: {share:.1%} of the generated points.",
    "落在兩個 3σ 虛線圓之外的生成點：{share:.1%}。",
    "落在两个 3σ 虚线圆之外的生成点：{share:.1%}。",
)
SHARE = Text("Share of points off both islands", "落在兩島之外的比例", "落在两岛之外的比例")
SHARE_LOOK = Text(
    "Both fall; look how far each stays above what real points read.",
    "兩條線都下降；看各自離真實點的讀數還有多遠。",
    "两条线都下降；看各自离真实点的读数还有多远。",
)
REAL_READ = Text("real points: {share:.1%}", "真實點：{share:.1%}", "真实点：{share:.1%}")
VAE_OFF = Text("VAE off islands", "VAE 島外", "VAE 岛外")
GAN_OFF = Text("GAN off islands", "GAN 島外", "GAN 岛外")
REAL_OFF = Text("Real points", "真實點", "真实点")
STEPS = Text("Iterations", "迭代次數", "迭代次数")
VAE_SHARP = Text("VAE sharpness", "VAE 銳利度", "VAE 锐利度")
GAN_SHARP = Text("GAN sharpness", "GAN 銳利度", "GAN 锐利度")
COUNT = Text("Faces each", "各有幾張臉", "各有几张脸")
SAID = Text(
    "Iteration {n:,}: off both islands are {vae:.1%} of the VAE's points, {gan:.1%} of the GAN's, "
    "and {floor:.1%} of real ones.",
    "第 {n:,} 次迭代：落在兩島之外的，VAE 有 {vae:.1%}，GAN 有 {gan:.1%}，真實點有 {floor:.1%}。",
    "第 {n:,} 次迭代：落在两岛之外的，VAE 有 {vae:.1%}，GAN 有 {gan:.1%}，真实点有 {floor:.1%}。",
)
EVIDENCE = Text(
    "After {n:,} iterations: VAE {vae:.1%}, GAN {gan:.1%} of {points:,} points each.",
    "{n:,} 次迭代之後：各 {points:,} 點之中，VAE 有 {vae:.1%}，GAN 有 {gan:.1%}。",
    "{n:,} 次迭代之后：各 {points:,} 点之中，VAE 有 {vae:.1%}，GAN 有 {gan:.1%}。",
)
FACES = Text("Faces by the {name}", "{name} 的臉", "{name} 的脸")
FACES_LOOK = Text(
    "The newest {count}, the same seeds for both.",
    "最新的 {count} 張，兩邊用同樣的種子。",
    "最新的 {count} 张，两边用同样的种子。",
)
SHARP = Text("Sharpness of each face, real = 1", "每張臉的銳利度，真實 = 1", "每张脸的锐利度，真实 = 1")
SHARP_LOOK = Text(
    "Variance of the Laplacian over the mean of real faces: blur pulls it to 0.",
    "Laplacian 的變異數，除以真實臉的平均：模糊會使它接近 0。",
    "Laplacian 的方差，除以真实脸的平均：模糊会使它接近 0。",
)
FACES_SAID = Text(
    "{count} faces each: mean sharpness {vae:.2f} for the VAE, {gan:.2f} for the GAN; real faces read 1.",
    "各 {count} 張臉：平均銳利度 VAE {vae:.2f}，GAN {gan:.2f}；真實臉是 1。",
    "各 {count} 张脸：平均锐利度 VAE {vae:.2f}，GAN {gan:.2f}；真实脸是 1。",
)
FACES_START = Text(
    "Press Train to draw a face with each bundled model.",
    "按「訓練」讓兩個內建模型各畫一張臉。",
    "按“训练”让两个内置模型各画一张脸。",
)


class Islands:
    """A VAE and a GAN on the same points: the same generator from the same start, the same batches."""

    def __init__(self, seed: int, noise: float) -> None:
        config = RunConfig(
            target="two_islands",
            target_sigma=SIGMA,
            discriminator_updates=2,
            beta1=0.0,
            beta2=0.999,
            observation_sigma=noise,
            seed=seed,
        )
        self.trainers = {kind: Trainer(config.with_changes(model=kind)) for kind in KINDS}
        self.iterations: list[int] = []
        self.stray: dict[str, list[float]] = {kind: [] for kind in KINDS}
        self._count()

    def press(self) -> None:
        """Some iterations of both, then the points off the islands are counted."""
        for trainer in self.trainers.values():
            iterate(trainer, ITERATIONS_A_PRESS)
        self._count()

    def _count(self) -> None:
        self.iterations.append(self.trainers["gan"].iteration)
        for kind, trainer in self.trainers.items():
            modes = trainer.target.modes
            assert modes is not None  # two islands have modes
            self.stray[kind].append(mode_coverage(trainer.sample(COUNTED), modes).stray)

    def answer(self) -> str | None:
        """Which of the two leaves more points off the islands, once both have learned a while."""
        if self.iterations[-1] < KNOWN:
            return None
        more = self.stray["vae"][-1] - self.stray["gan"][-1]
        if abs(more) < CLOSE:
            return "same"
        return "vae" if more > 0.0 else "gan"

    def view(self, say: Say) -> View:
        """Two planes and the share of stray points over the iterations."""
        n = self.iterations[-1]
        now = {kind: self.stray[kind][-1] for kind in KINDS}
        return View(
            columns(stack(*(self._plane(kind, say) for kind in KINDS)), self._chart(say)),
            say(SAID, n=n, floor=FLOOR, **now),
            (
                Reading("vae", VAE_OFF, 100.0 * now["vae"], 1, "%"),
                Reading("gan", GAN_OFF, 100.0 * now["gan"], 1, "%"),
                Reading("floor", REAL_OFF, 100.0 * FLOOR, 1, "%"),
                Reading("iteration", STEPS, n, 0),
            ),
            self.answer(),
            say(EVIDENCE, n=n, points=COUNTED, **now) if self.answer() else "",
        )

    def _plane(self, kind: str, say: Say) -> str:
        first = kind == KINDS[0]  # one legend is enough for both
        seen = observe(self.trainers[kind], layers=LAYERS, points=SHOWN)
        plot = plane(
            seen,
            say(POINTS, name=NAMES[kind]),
            layers=LAYERS,
            window=WINDOW,
            real=say(REAL_WORD) if first else "",
            generated=say(GENERATED_WORD) if first else "",
        )
        around = np.linspace(0.0, 2.0 * np.pi, 49)
        for centre in (-1.0, 1.0):
            radius = HIGH_QUALITY_RADIUS * SIGMA
            plot.line(
                centre + radius * np.cos(around), radius * np.sin(around), MUTED, dash=DASHES, width=1.2
            )
        look = say(POINTS_LOOK, share=self.stray[kind][-1])
        return figure(say(POINTS, name=NAMES[kind]), plot.svg(), look)

    def _chart(self, say: Say) -> str:
        end = 1.03 * max(KNOWN, self.iterations[-1])
        plot = Plot((0.0, end), (0.0, 0.6), words=say(SHARE), x_title=say(ITERATIONS), height=320)
        for kind in KINDS:
            plot.line(self.iterations, self.stray[kind], COLORS[kind], label=NAMES[kind])
        real = say(REAL_READ, share=FLOOR)
        plot.line([0.0, end], [FLOOR, FLOOR], REAL, dash=DASHES, label=real)
        return figure(say(SHARE), plot.svg(), say(SHARE_LOOK))

    def table(self) -> str:
        """The shares after every press."""
        rows = zip(self.iterations, self.stray["vae"], self.stray["gan"], strict=True)
        return "iteration,vae_stray,gan_stray\n" + "".join(f"{n},{v:.6g},{g:.6g}\n" for n, v, g in rows)


class Faces:
    """The bundled VAE and GAN draw faces of the same seeds, one more at each press."""

    def __init__(self, seed: int, room: Room) -> None:
        self.first, self.shop = seed, room.shop
        self.images: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
        self.sharp: dict[str, list[float]] = {kind: [] for kind in KINDS}  # real faces read 1

    def press(self) -> None:
        """One more face each. Raises `LessonError` where the models are not bundled."""
        reference = self.shop.reference()
        real = float(reference.sharpness_mean[0]) if reference is not None else math.nan
        try:
            models = {kind: model_of(self.shop, kind) for kind in KINDS}
        except ConfigError as missing:
            raise LessonError(str(missing)) from None
        for kind, model in models.items():
            face = model.generate([self.first + len(self.images[kind])])
            self.images[kind].append(face[0])
            self.sharp[kind].append(sharpness(face).mean / real)

    def view(self, say: Say) -> View:
        """The newest faces of both, and how sharp each was."""
        count = len(self.sharp["vae"])
        if not count:
            return View(figure(say(FACES, name="VAE, GAN"), "", ""), say(FACES_START))
        now = {kind: float(np.mean(self.sharp[kind])) for kind in KINDS}
        sheets = [self._sheet(kind, say) for kind in KINDS]
        return View(
            stack(columns(*sheets), self._chart(say)),
            say(FACES_SAID, count=count, **now),
            (
                Reading("vae_sharpness", VAE_SHARP, now["vae"], 2),
                Reading("gan_sharpness", GAN_SHARP, now["gan"], 2),
                Reading("faces", COUNT, count, 0),
            ),
        )

    def _sheet(self, kind: str, say: Say) -> str:
        shown = np.stack(self.images[kind][-FACES_SHOWN:])
        blank = np.full((FACES_SHOWN - len(shown), *shown.shape[1:]), 255, np.uint8)
        words = say(FACES, name=NAMES[kind])
        url = data_url(sheet(np.concatenate([shown, blank]), FACES_SHOWN // 2), exact=False)
        body = f'<img src="{url}" alt="{words}" style="display:block;width:100%;max-width:360px;height:auto">'
        return figure(words, body, say(FACES_LOOK, count=len(shown)))

    def _chart(self, say: Say) -> str:
        plot = Plot((0.0, 1.6), (0.0, 2.0), words=say(SHARP), width=760, height=110, y_ticks=())
        plot.rule(x=1.0, color=REAL, dash=DASHES)
        for row, kind in enumerate(reversed(KINDS)):
            y = np.full(len(self.sharp[kind]), row + 0.5)
            plot.dots(np.stack([self.sharp[kind], y], 1), GENERATED, radius=3.0, opacity=0.6)
            plot.text(1.58, row + 0.4, NAMES[kind], anchor="end")
        return figure(say(SHARP), plot.svg(), say(SHARP_LOOK))

    def table(self) -> str:
        """The sharpness of every face."""
        rows = enumerate(zip(self.sharp["vae"], self.sharp["gan"], strict=True), self.first)
        return "seed,vae_sharpness,gan_sharpness\n" + "".join(f"{i},{v:.6g},{g:.6g}\n" for i, (v, g) in rows)


class BetweenIslands(Exhibit):
    """VAE beside GAN, on points or on faces."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        faces = values["world"] == "faces"
        self.world: Faces | Islands = (
            Faces(values["seed"], room) if faces else Islands(values["seed"], values["noise"])
        )

    def press(self, name: str, argument: str = "") -> None:
        """Train both, or draw one more face with each."""
        self.world.press()

    def view(self, values: Values, say: Say) -> View:
        """What the chosen world shows."""
        return self.world.view(say)

    def table(self) -> str | None:
        """What was counted after every press."""
        return self.world.table()


_ISLANDS: dict[str, Value] = {"world": "islands", "noise": 0.1}
LESSON = Lesson(
    slug="between-the-islands",
    place=7,
    title=Text("VAE between the islands", "島與島之間的 VAE", "岛与岛之间的 VAE"),
    question=Text("Why are VAE faces blurred?", "為什麼 VAE 的臉是糊的？", "为什么 VAE 的脸是糊的？"),
    lead=Text(
        "One generator network learns twice, in lockstep: as a VAE it must explain every real point, "
        "as a GAN it must fool D.",
        "同一個生成器網路同步學兩次：當 VAE，要解釋每個真實點；當 GAN，要騙過 D。",
        "同一个生成器网络同步学两次：当 VAE，要解释每个真实点；当 GAN，要骗过 D。",
    ),
    formula=r"p_{data}\big(\min_k \lVert x - m_k \rVert > 3\sigma\big) = e^{-4.5} = 1.1\,\%",
    controls=(
        Choice(
            "world",
            Text("World", "世界", "世界"),
            {"islands": Text("two islands", "兩座島", "两座岛"), "faces": Text("faces", "臉", "脸")},
            "islands",
            restarts=True,
        ),
        Slider(
            "noise",
            Text("VAE's assumed noise σ", "VAE 假設的雜訊 σ", "VAE 假设的噪声 σ"),
            0.02,
            0.5,
            0.01,
            0.1,
            log=True,
            restarts=True,
        ),
        Whole("seed", SEED, 0, 9_999, 0, restarts=True),
    ),
    buttons=(Button("train", Text("Train", "訓練", "训练"), primary=True, plays=True),),
    things=(
        Thing(
            Text("Play to 600 iterations.", "播放到 600 次迭代。", "播放到 600 次迭代。"),
            Text(
                "The VAE leaves more points off the islands than the GAN; "
                "neither reaches the 1.1% of real points, for a continuous G must cross the gap.",
                "VAE 留在島外的點比 GAN 多；兩者都到不了真實點的 1.1%，因為連續的 G 一定會跨過空隙。",
                "VAE 留在岛外的点比 GAN 多；两者都到不了真实点的 1.1%，因为连续的 G 一定会跨过空隙。",
            ),
            _ISLANDS,
            (("train", 60),),
            restart=True,
        ),
        Thing(
            Text("Set the noise to 0.02; play again.", "雜訊設為 0.02，再播放。", "噪声设为 0.02，再播放。"),
            Text(
                "The VAE leaves far more: with little noise it is nearly an autoencoder, "
                "and much of the prior decodes to no real place.",
                "VAE 留下多得多的點：雜訊很小時它近乎自編碼器，先驗的許多地方解碼不到真實的位置。",
                "VAE 留下多得多的点：噪声很小时它近乎自编码器，先验的许多地方解码不到真实的位置。",
            ),
            {"world": "islands", "noise": 0.02},
            (("train", 60),),
            restart=True,
        ),
        Thing(
            Text("Switch to faces; draw twelve.", "換成臉，畫十二張。", "换成脸，画十二张。"),
            Text(
                "The VAE's faces are blurred: far less sharp than real ones; the GAN's come close to 1.",
                "VAE 的臉是糊的：銳利度遠低於真實臉；GAN 的接近 1。",
                "VAE 的脸是糊的：锐利度远低于真实脸；GAN 的接近 1。",
            ),
            {"world": "faces"},
            (("train", 12),),
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "After 600 iterations, which leaves more points off the islands?",
            "600 次迭代之後，哪一個留在島外的點比較多？",
            "600 次迭代之后，哪一个留在岛外的点比较多？",
        ),
        {
            "vae": Text("The VAE", "VAE", "VAE"),
            "gan": Text("The GAN", "GAN", "GAN"),
            "same": Text("About the same", "差不多", "差不多"),
        },
    ),
    exhibit=BetweenIslands,
    source="Kingma & Welling 2014; Goodfellow et al. 2014; Hung-yi Lee, VAE and GAN lectures",
)
