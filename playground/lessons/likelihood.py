"""Lesson: maximum likelihood is KL. A Gaussian, or two, dragged onto a density; every number by integration.

Nothing is trained: the blue density is where the visitor puts it. Does not know the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from playground.data.target import Float64
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
)
from playground.lessons.lesson import (
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
)
from playground.measures import densities
from playground.words import Text

X, DX = densities.grid(-14.0, 14.0, 1401)  # as wide as the narrowest density below reaches without underflow
SHOWN = slice(350, 1051, 5)  # -7 to 7
SIGMAS = (0.5, 0.8)  # of the two real hills, each with half of the data
PLACES = np.linspace(-3.0, 3.0, 61)  # where the right chart puts the model
DRAWN = 200  # real points
CLOSE = 0.02  # nats above the smallest KL that count as having found it
ROOT = math.sqrt(2.0 * math.pi)
LOWEST, HIGHEST = 1.0 / (2.2 * ROOT), 1.0 / (0.5 * ROOT)  # peaks of the widest and the narrowest Gaussian

ONE, TWO = "gaussian", "mixture"
BLUE = {ONE: ("peak",), TWO: ("left", "right")}  # the handles of each model

DENSITIES = Text("Real data and your model", "真實資料與你的模型", "真实数据与你的模型")
DRAG = Text(
    "Drag a blue dot: sideways moves the mean, down widens sigma.",
    "拖曳藍點：左右移動平均，往下變寬（σ 變大）。",
    "拖动蓝点：左右移动均值，往下变宽（σ 变大）。",
)
CURVES = Text("The model slid sideways", "把模型左右平移", "把模型左右平移")
LOOK = Text(
    "−log-likelihood and KL(data‖G) keep the same distance: H, the entropy of the data.",
    "−對數概似與 KL(data‖G) 的距離永遠相同：就是資料的熵 H。",
    "−对数似然与 KL(data‖G) 的距离始终相同：就是数据的熵 H。",
)
P_DATA, P_G = Text("p_data", "p_data", "p_data"), Text("p_G", "p_G", "p_G")
POINTS = Text("200 real points", "200 個真實點", "200 个真实点")
CROSS = Text("−log-likelihood", "−對數概似", "−对数似然")
FORWARD = Text("KL(data‖G)", "KL(data‖G)", "KL(data‖G)")
REVERSE = Text("KL(G‖data)", "KL(G‖data)", "KL(G‖data)")
ENTROPY = Text("Entropy H", "熵 H", "熵 H")
JSD = Text("JSD", "JSD", "JSD")
MEAN = Text("mean of p_G", "p_G 的平均", "p_G 的均值")
NATS = Text("nats", "nat", "nat")
SAID = Text(
    "−log-likelihood {cross} = entropy {entropy} + KL {kl} (the {n} drawn points alone say {sample}). "
    "Drag on: the entropy stays.",
    "−對數概似 {cross} = 熵 {entropy} + KL {kl}（只用 {n} 個抽出的點估計：{sample}）。繼續拖曳，熵不會變。",
    "−对数似然 {cross} = 熵 {entropy} + KL {kl}（只用 {n} 个抽出的点估计：{sample}）。继续拖动，熵不会变。",
)
EVIDENCE = Text(
    "Your KL is {kl}, the smallest possible {least}. At your peak p_data = {here}; on the hills {tops}.",
    "你的 KL 是 {kl}，最小可能是 {least}。在你的峰頂 p_data = {here}；兩座山頂是 {tops}。",
    "你的 KL 是 {kl}，最小可能是 {least}。在你的峰顶 p_data = {here}；两座山顶是 {tops}。",
)


@dataclass(frozen=True)
class Model:
    """Gaussians of equal weight at means (K,) with sigmas (K,)."""

    means: tuple[float, ...]
    sigmas: tuple[float, ...]

    def density(self, shift: float = 0.0) -> Float64:
        """p_G on the grid, moved sideways."""
        share = 1.0 / len(self.means)
        return densities.mixture(X, np.add(self.means, shift), self.sigmas, share)

    @property
    def centre(self) -> float:
        return float(np.mean(self.means))


def data(distance: float) -> Model:
    """The real density: two hills as far apart as told."""
    return Model((-distance / 2.0, distance / 2.0), SIGMAS)


def dragged(values: Values) -> Model:
    """The model where the handles are: x is the mean, y the height of the peak, hence sigma."""
    names = BLUE[values["model"]]
    at = [values[name] for name in names]
    return Model(tuple(x for x, _ in at), tuple(1.0 / (len(names) * y * ROOT) for _, y in at))


def least_kl(real: Model) -> float:
    """The smallest KL(p_data || Gaussian), nats: H(Gaussian of the data's mean and variance) - H(p_data)."""
    variance = np.mean(np.square(real.sigmas)) + np.var(real.means)
    return densities.normal_entropy(math.sqrt(variance)) - densities.entropy(real.density(), DX)


class Likelihood(Exhibit):
    """Two densities and what lies between them."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.real = data(values["distance"])
        self.p = self.real.density()
        rng = np.random.default_rng(0)  # the same points in every visit
        hill = rng.integers(0, 2, DRAWN)
        self.points = rng.normal(np.take(self.real.means, hill), np.take(self.real.sigmas, hill))
        self.height = rng.uniform(0.01, 0.045, DRAWN)  # apart, so that they can be told apart

    def view(self, values: Values, say: Say) -> View:
        model = dragged(values)
        q = model.density()
        entropy, kl = densities.entropy(self.p, DX), densities.kl(self.p, q, DX)
        cross = densities.cross_entropy(self.p, q, DX)
        readings = (
            Reading("cross_entropy", CROSS, cross),
            Reading("entropy", ENTROPY, entropy),
            Reading("kl", FORWARD, kl),
            Reading("reverse_kl", REVERSE, densities.kl(q, self.p, DX)),
            Reading("jsd", JSD, densities.jsd(self.p, q, DX)),
        )
        share = 1.0 / len(model.means)
        sample = -float(np.log(densities.mixture(self.points, model.means, model.sigmas, share)).mean())
        said = say(
            SAID,
            n=DRAWN,
            **{
                name: number(v, 3)
                for name, v in (("cross", cross), ("entropy", entropy), ("kl", kl), ("sample", sample))
            },
        )
        answer, evidence = self._check(values, model, kl, say)
        body = columns(
            figure(say(DENSITIES), self._densities(values, q, say), say(DRAG)),
            figure(say(CURVES), self._curves(model, cross, kl, say), say(LOOK)),
        )
        return View(body, said, readings, answer, evidence)

    def _densities(self, values: Values, q: Float64, say: Say) -> str:
        plot = Plot((-5.0, 5.0), (0.0, 0.86), words=say(DENSITIES), x_title="x", height=290)
        plot.area(X[SHOWN], 0.0, self.p[SHOWN], REAL, label=say(P_DATA), opacity=0.25)
        plot.dots(np.stack([self.points, self.height], 1), REAL, label=say(POINTS), radius=1.2, opacity=0.6)
        plot.line(X[SHOWN], q[SHOWN], GENERATED, label=say(P_G), width=2.2)
        for name in BLUE[values["model"]]:
            x, y = values[name]
            plot.segments([(x, 0.0)], [(x, y)], GENERATED)
            plot.handle(name, x, y, GENERATED, label=say(P_G))
        return plot.svg()

    def _curves(self, model: Model, cross: float, kl: float, say: Say) -> str:
        lines = self.sweep(model)
        plot = Plot(
            (-3.0, 3.0), (0.0, 6.0), words=say(LOOK), x_title=say(MEAN), y_title=say(NATS), height=290
        )
        plot.rule(y=math.log(2.0), color=HAIRLINE, dash=DASHES)
        plot.text(-2.96, math.log(2.0) + 0.08, "log 2", MUTED)
        for key, label, color, dash in (
            ("cross", CROSS, INK, ""),
            ("kl", FORWARD, ACCENT, ""),
            ("reverse", REVERSE, MUTED, ""),
            ("jsd", JSD, MUTED, DOTS),
        ):
            plot.line(PLACES, lines[key], color, label=say(label), dash=dash)
        at = model.centre
        plot.segments([(at, kl)], [(at, cross)], REAL, width=3.0)
        plot.dots([(at, cross), (at, kl)], INK, radius=3.5)
        side = ("start", 0.08) if at < 1.5 else ("end", -0.08)
        height = min((kl + cross) / 2.0, 5.6)
        plot.text(at + side[1], height, f"H = {number(cross - kl, 3)}", REAL, anchor=side[0])
        return plot.svg()

    def sweep(self, model: Model) -> dict[str, Float64]:
        """All four measures, (61,) each, with the whole model moved to each mean of `PLACES`."""
        moved = [model.density(place - model.centre) for place in PLACES]
        measures: dict[str, Callable[[Float64], float]] = {
            "cross": lambda q: densities.cross_entropy(self.p, q, DX),
            "kl": lambda q: densities.kl(self.p, q, DX),
            "reverse": lambda q: densities.kl(q, self.p, DX),
            "jsd": lambda q: densities.jsd(self.p, q, DX),
        }
        return {name: np.array([measure(q) for q in moved]) for name, measure in measures.items()}

    def _check(self, values: Values, model: Model, kl: float, say: Say) -> tuple[str | None, str]:
        """Where the best Gaussian's peak is, once the visitor has found it."""
        least = least_kl(self.real)
        if values["model"] != ONE or kl > least + CLOSE:
            return None, ""
        here, *tops = np.interp([model.centre, *self.real.means], X, self.p)
        evidence = say(
            EVIDENCE,
            kl=number(kl, 3),
            least=number(least, 3),
            here=number(float(here), 3),
            tops=", ".join(number(float(top), 3) for top in tops),
        )
        return ("valley" if here < min(tops) / 2.0 else "hill"), evidence


LESSON = Lesson(
    slug="likelihood-is-kl",
    place=10,
    title=Text("Maximum likelihood is KL", "最大概似就是 KL", "最大似然就是 KL"),
    question=Text(
        "What does maximising likelihood minimise?",
        "最大化概似時，被最小化的是什麼？",
        "最大化似然时，被最小化的是什么？",
    ),
    lead=Text(
        "The mean of $-\\log p_G(x)$ over real data is a divergence plus a constant. Move $p_G$ and watch.",
        "對真實資料取 $-\\log p_G(x)$ 的平均，等於一個散度加上一個常數。移動 $p_G$ 看看。",
        "对真实数据取 $-\\log p_G(x)$ 的平均，等于一个散度加上一个常数。移动 $p_G$ 看看。",
    ),
    formula=r"-\mathbb{E}_{x\sim p_{data}}[\log p_G(x)] = \mathrm{KL}(p_{data}\,\|\,p_G) + H(p_{data})",
    controls=(
        Choice(
            "model",
            Text("Model", "模型", "模型"),
            {
                ONE: Text("One Gaussian", "一個高斯", "一个高斯"),
                TWO: Text("Two Gaussians", "兩個高斯", "两个高斯"),
            },
            ONE,
        ),
        Slider(
            "distance",
            Text("Distance of hills", "兩座山的距離", "两座山的距离"),
            0.0,
            4.0,
            0.1,
            3.6,
            restarts=True,
        ),
        Handle("peak", Text("Gaussian", "高斯", "高斯"), (-3.0, LOWEST), (3.0, HIGHEST), (-0.9, 0.4)),
        Handle(
            "left",
            Text("First Gaussian", "第一個高斯", "第一个高斯"),
            (-3.0, LOWEST / 2),
            (3.0, HIGHEST / 2),
            (-0.8, 0.2),
        ),
        Handle(
            "right",
            Text("Second Gaussian", "第二個高斯", "第二个高斯"),
            (-3.0, LOWEST / 2),
            (3.0, HIGHEST / 2),
            (0.8, 0.2),
        ),
    ),
    buttons=(),
    things=(
        Thing(
            Text(
                "Drag the dot to the smallest KL(data‖G).",
                "把藍點拖到 KL(data‖G) 最小的地方。",
                "把蓝点拖到 KL(data‖G) 最小的地方。",
            ),
            Text(
                "−log-likelihood is smallest there too; it is the same curve, lifted by H.",
                "−對數概似也在那裡最小：它是同一條曲線，只是往上抬了 H。",
                "−对数似然也在那里最小：它是同一条曲线，只是往上抬了 H。",
            ),
            sets={"model": ONE, "distance": 3.6, "peak": (0.0, 0.2077)},
        ),
        Thing(
            Text(
                "Fit one hill only, as narrow as it is.",
                "只蓋住一座山，跟它一樣窄。",
                "只盖住一座山，跟它一样窄。",
            ),
            Text(
                "KL(G‖data) falls to about log 2, while KL(data‖G) climbs: it punishes a missed hill.",
                "KL(G‖data) 降到約 log 2，KL(data‖G) 卻上升：它懲罰漏掉的山。",
                "KL(G‖data) 降到约 log 2，KL(data‖G) 却上升：它惩罚漏掉的山。",
            ),
            sets={"model": ONE, "distance": 3.6, "peak": (1.8, 0.4987)},
        ),
        Thing(
            Text(
                "Take two Gaussians, one on each hill.",
                "改用兩個高斯，各放在一座山上。",
                "改用两个高斯，各放在一座山上。",
            ),
            Text(
                "Every divergence goes to zero, and −log-likelihood to the entropy, not to zero.",
                "所有散度都趨近零；−對數概似趨近熵，而不是零。",
                "所有散度都趋近零；−对数似然趋近熵，而不是零。",
            ),
            sets={"model": TWO, "distance": 3.6, "left": (-1.8, 0.3989), "right": (1.8, 0.2493)},
        ),
    ),
    check=Check(
        Text(
            "Where will the peak of the most likely single Gaussian stand?",
            "概似最大的單一高斯，峰頂會在哪裡？",
            "似然最大的单个高斯，峰顶会在哪里？",
        ),
        {
            "hill": Text("On a hill", "在山上", "在山上"),
            "valley": Text("Between, where data are rare", "在中間，資料稀少處", "在中间，数据稀少处"),
        },
    ),
    exhibit=Likelihood,
    source="Goodfellow et al. 2014; Hung-yi Lee, GAN lecture (theory: maximum likelihood is minimum KL)",
)
