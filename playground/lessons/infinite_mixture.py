"""Lesson: a VAE is a mixture of infinitely many Gaussians. One is trained here; beside it, K Gaussians by EM.

Both learn the same points on a line, and both are judged by the mean log p(x) of those points. Does not
know the page.
"""

from __future__ import annotations

import numpy as np

from playground.data.target import Float64
from playground.engine.draws import Stream, numpy_rng
from playground.engine.mixture_1d import em_step, first_mixture
from playground.engine.vectors import Float32, VectorAutoencoder
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
    number,
    stack,
)
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
    Values,
    View,
    Whole,
)
from playground.measures import densities
from playground.measures.latent_quadrature import Bound, Z, bound, marginal
from playground.words import Text

X, DX = densities.grid(-4.0, 4.0, 161)
POINTS = 160  # real points: the quantiles of p_data, so that their mean is nearly the integral
UPDATES = 8  # of the VAE in a press
SHARES = (np.arange(11) + 0.5) / 11  # of the prior: the codes whose Gaussians are drawn
ENOUGH_TRAIN, ENOUGH_EM = 40, 20  # presses before the two are compared
EQUAL = 0.01  # nats
SHAPES = {
    "hills": densities.mixture(X, [-1.6, 1.4], [0.4, 0.6], 0.5),
    "box": np.where(np.abs(X) <= 2.0, 0.25, 0.0),
    "ramp": np.where(np.abs(X + 0.25) <= 2.25, (X + 2.5) * 2.0 / 4.5**2, 0.0),
}

SUM = Text("VAE: a Gaussian for every z", "VAE：每個 z 一個高斯", "VAE：每个 z 一个高斯")
SUM_LOOK = Text(
    "Orange: the Gaussian of your z. All together: p(x).",
    "橘色：你選的 z 的高斯。全部加起來就是 p(x)。",
    "橙色：你选的 z 的高斯。全部加起来就是 p(x)。",
)
BOUND = Text("Its bound: ELBO and log p(x)", "它的下界：ELBO 與 log p(x)", "它的下界：ELBO 与 log p(x)")
BOUND_LOOK = Text(
    "Dots: ELBO + KL(q‖posterior). They land on log p(x).",
    "圓點：ELBO + KL(q‖後驗)，正好落在 log p(x) 上。",
    "圆点：ELBO + KL(q‖后验)，正好落在 log p(x) 上。",
)
FINITE = Text("{k} Gaussians by EM", "{k} 個高斯，用 EM", "{k} 个高斯，用 EM")
FINITE_LOOK = Text(
    "Blue areas: weighted components; the line: their sum.",
    "藍色區塊：加權後的各個成分；線是它們的和。",
    "蓝色区块：加权后的各个成分；线是它们的和。",
)
HISTORY = Text("Mean log p(x) after each press", "每按一次後的平均 log p(x)", "每按一次后的平均 log p(x)")
HISTORY_LOOK = Text(
    "EM never goes down; the VAE climbs its bound and may.",
    "EM 從不下降；VAE 爬的是下界，可能會降。",
    "EM 从不下降；VAE 爬的是下界，可能会降。",
)
P_DATA, P_G = Text("p_data", "p_data", "p_data"), Text("p(x)", "p(x)", "p(x)")
LOG_P, ELBO = Text("log p(x)", "log p(x)", "log p(x)"), Text("ELBO", "ELBO", "ELBO")
GAP = Text("gap", "差距", "差距")
EM, VAE = Text("EM", "EM", "EM"), Text("VAE", "VAE", "VAE")
ITSELF = Text("p_data itself", "p_data 本身", "p_data 本身")
NATS, PRESSES = Text("nats", "nat", "nat"), Text("presses", "按的次數", "按的次数")
VAE_LOG_P = Text("VAE log p", "VAE log p", "VAE log p")
KL = Text("KL(q‖posterior)", "KL(q‖後驗)", "KL(q‖后验)")
EM_LOG_P, GAIN = (
    Text("EM log p", "EM log p", "EM log p"),
    Text("Last EM gain", "上次 EM 增加", "上次 EM 增加"),
)
SAID = Text(
    "z = {z} gives N({mean}, {sigma}²). VAE: log p {log_p} = ELBO {elbo} + KL {gap}. "
    "EM, iteration {n}: {em} ({gain}).",
    "z = {z} 給出 N({mean}, {sigma}²)。VAE：log p {log_p} = ELBO {elbo} + KL {gap}。"
    "EM 第 {n} 次：{em}（{gain}）。",
    "z = {z} 给出 N({mean}, {sigma}²)。VAE：log p {log_p} = ELBO {elbo} + KL {gap}。"
    "EM 第 {n} 次：{em}（{gain}）。",
)
EVIDENCE = Text(
    "Mean log p: VAE {vae} after {t} presses, {k} Gaussians {em} after {n} iterations; p_data itself {top}.",
    "平均 log p：VAE 按 {t} 次後 {vae}，{k} 個高斯 {n} 次迭代後 {em}；p_data 本身 {top}。",
    "平均 log p：VAE 按 {t} 次后 {vae}，{k} 个高斯 {n} 次迭代后 {em}；p_data 本身 {top}。",
)


def quantiles(density: Float64) -> Float64:
    """(160,): as many points as cut the density on `X` into equal shares."""
    share = np.cumsum(density)
    share = (share - 0.5 * density) / share[-1]
    inside = density > 0.0
    return np.interp((np.arange(POINTS) + 0.5) / POINTS, share[inside], X[inside])


class InfiniteMixture(Exhibit):
    """A VAE and a mixture on the same points."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        seed = int(values["seed"])
        self.real = SHAPES[values["data"]]
        self.points = quantiles(self.real)
        self.itself = float(np.log(np.interp(self.points, X, self.real)).mean())
        self.vae = VectorAutoencoder(
            self._draw, 1, seed=seed, latent_dim=1, sigma=values["sigma"], width=32, learning_rate=4e-3
        )
        rng = numpy_rng(seed, Stream.WEIGHTS)
        self.mixture = first_mixture(self.points, int(values["k"]), rng)
        self.bound = self._measure()
        self.vae_history = [float(self.bound.log_p.mean())]
        self.elbo_history = [float(self.bound.elbo.mean())]
        self.em_history = [self.mixture.log_likelihood(self.points)]

    def _draw(self, rng: np.random.Generator, n: int) -> Float32:
        return self.points[rng.integers(0, POINTS, n)].astype(np.float32)[:, None]

    def press(self, name: str, argument: str = "") -> None:
        if argument:
            raise LessonError(f"{name} takes no argument, but was given {argument!r}.")
        if name == "train":
            self.vae.step(UPDATES)
            self.bound = self._measure()
            self.vae_history.append(float(self.bound.log_p.mean()))
            self.elbo_history.append(float(self.bound.elbo.mean()))
        else:
            self.mixture = em_step(self.mixture, self.points)
            self.em_history.append(self.mixture.log_likelihood(self.points))

    def decoded(self, z: Float64) -> Float64:
        """The mean of p(x|z) at z (N,)."""
        return self.vae.decode(z[:, None])[:, 0].astype(np.float64)

    def _measure(self) -> Bound:
        mean, deviation = (row[:, 0].astype(np.float64) for row in self.vae.encode(self.points[:, None]))
        return bound(self.points, self.decoded(Z), self.vae.sigma, mean, deviation)

    def table(self) -> str:
        """What each press led to."""
        rows = ["model,press,mean_log_p,mean_elbo"]
        pairs = zip(self.vae_history, self.elbo_history, strict=True)
        rows += [f"vae,{i},{log_p:.6f},{elbo:.6f}" for i, (log_p, elbo) in enumerate(pairs)]
        rows += [f"em,{i},{log_p:.6f}," for i, log_p in enumerate(self.em_history)]
        return "\n".join(rows) + "\n"

    # -- what is seen

    def view(self, values: Values, say: Say) -> View:
        z = float(values["z"])
        gain = self.em_history[-1] - self.em_history[-2] if len(self.em_history) > 1 else 0.0
        log_p, elbo, em = self.vae_history[-1], self.elbo_history[-1], self.em_history[-1]
        gap = float(self.bound.gap.mean())
        mean = float(self.decoded(np.array([z]))[0])
        readings = (
            Reading("log_p", VAE_LOG_P, log_p),
            Reading("elbo", ELBO, elbo),
            Reading("gap", KL, gap),
            Reading("em", EM_LOG_P, em),
            Reading("gain", GAIN, gain, digits=5),
        )
        numbers = {"log_p": log_p, "elbo": elbo, "gap": gap, "em": em}
        said = say(
            SAID,
            z=number(z, 2),
            mean=number(mean, 2),
            sigma=number(self.vae.sigma, 2),
            n=len(self.em_history) - 1,
            gain=("+" if gain >= 0 else "") + number(gain, 5),
            **{name: number(v, 3) for name, v in numbers.items()},
        )
        k = len(self.mixture.weights)
        left = stack(
            figure(say(SUM), self._sum(mean, say), say(SUM_LOOK)),
            figure(say(BOUND), self._bound(say), say(BOUND_LOOK)),
        )
        right = stack(
            figure(say(FINITE, k=k), self._finite(say), say(FINITE_LOOK)),
            figure(say(HISTORY), self._history(say), say(HISTORY_LOOK)),
        )
        answer, evidence = self._check(say)
        return View(columns(left, right), said, readings, answer, evidence)

    def _check(self, say: Say) -> tuple[str | None, str]:
        """Which is more likely, once both had time."""
        trained, iterated = len(self.vae_history) - 1, len(self.em_history) - 1
        if trained < ENOUGH_TRAIN or iterated < ENOUGH_EM:
            return None, ""
        vae, em = self.vae_history[-1], self.em_history[-1]
        evidence = say(
            EVIDENCE,
            vae=number(vae, 3),
            em=number(em, 3),
            top=number(self.itself, 3),
            t=trained,
            n=iterated,
            k=len(self.mixture.weights),
        )
        return "equal" if abs(vae - em) <= EQUAL else ("vae" if vae > em else "em"), evidence

    def _plane(self, words: Text, say: Say, **named: int) -> Plot:
        """The line with the real density on it."""
        plot = Plot(
            (-4.0, 4.0), (0.0, 0.62), words=say(words, **named), height=158, y_ticks=(0.0, 0.2, 0.4, 0.6)
        )
        return plot.area(X, 0.0, self.real, REAL, label=say(P_DATA), opacity=0.25)

    def _sum(self, mean: float, say: Say) -> str:
        plot, share = self._plane(SUM, say), 1.0 / len(SHARES)
        codes = np.interp(SHARES, np.cumsum(densities.normal(Z, 0.0, 1.0)) * (Z[1] - Z[0]), Z)
        for centre in self.decoded(codes):
            plot.area(X, 0.0, share * densities.normal(X, centre, self.vae.sigma), GENERATED, opacity=0.1)
        chosen = share * densities.normal(X, mean, self.vae.sigma)
        plot.area(X, 0.0, chosen, ACCENT, opacity=0.35).line(X, chosen, ACCENT, label="p(x|z)")
        plot.line(X, marginal(X, self.decoded(Z), self.vae.sigma), GENERATED, label=say(P_G), width=2.2)
        return plot.svg()

    def _bound(self, say: Say) -> str:
        x, found = self.points, self.bound
        plot = Plot((-4.0, 4.0), (-3.6, -0.4), words=say(BOUND_LOOK), y_title=say(NATS), height=158)
        plot.area(x, found.elbo, found.log_p, ACCENT, label=say(GAP), opacity=0.35)
        plot.line(x, found.log_p, GENERATED, label=say(LOG_P), width=2.2)
        plot.line(x, found.elbo, INK, label=say(ELBO), width=1.2)
        some = slice(4, None, 8)
        dots = np.stack([x[some], (found.elbo + found.gap)[some]], 1)
        return plot.dots(dots, INK, label="ELBO + KL", radius=1.8).svg()

    def _finite(self, say: Say) -> str:
        plot, mixture = self._plane(FINITE, say, k=len(self.mixture.weights)), self.mixture
        for weight, mean, sigma in zip(mixture.weights, mixture.means, mixture.sigmas, strict=True):
            plot.area(X, 0.0, weight * densities.normal(X, mean, sigma), GENERATED, opacity=0.14)
        return plot.line(X, mixture.density(X), GENERATED, label=say(P_G), width=2.2).svg()

    def _history(self, say: Say) -> str:
        last = max(20, len(self.vae_history) - 1, len(self.em_history) - 1)
        plot = Plot((0.0, last), (-2.2, -1.2), words=say(HISTORY_LOOK), y_title=say(NATS), height=158)
        plot.rule(y=self.itself, color=REAL, dash=DASHES, label=say(ITSELF))
        plot.line(np.arange(len(self.vae_history)), self.vae_history, MUTED, label=say(VAE))
        steps = np.arange(len(self.em_history))
        plot.line(steps, self.em_history, GENERATED, label=say(EM), width=2.2)
        plot.dots(np.stack([steps, self.em_history], 1), GENERATED, radius=2.2)
        return plot.svg()


LESSON = Lesson(
    slug="infinite-mixture",
    place=5,
    title=Text("Infinitely many Gaussians", "無限多個高斯", "无穷多个高斯"),
    question=Text(
        "In what sense is a VAE a mixture of Gaussians?", "VAE 為什麼是高斯混合？", "VAE 为什么是高斯混合？"
    ),
    lead=Text(
        "Each $z$ decodes to one Gaussian over $x$; summing over all $z$ gives $p(x)$. A VAE cannot climb "
        "$\\log p(x)$ itself, so it climbs a bound. A mixture of $K$ Gaussians climbs by EM.",
        "每個 $z$ 解碼成 $x$ 上的一個高斯；對所有 $z$ 加總就是 $p(x)$。"
        "VAE 無法直接爬 $\\log p(x)$，所以爬它的下界；"
        "$K$ 個高斯的混合用 EM 來爬。",
        "每个 $z$ 解码成 $x$ 上的一个高斯；对所有 $z$ 求和就是 $p(x)$。"
        "VAE 无法直接爬 $\\log p(x)$，所以爬它的下界；"
        "$K$ 个高斯的混合用 EM 来爬。",
    ),
    formula=r"\log p(x) = \text{ELBO}(x) + \mathrm{KL}(q(z|x)\,\|\,p(z|x))",
    controls=(
        Slider("z", Text("Code z", "隱變量 z", "隐变量 z"), -3.0, 3.0, 0.05, 0.5),
        Choice(
            "data",
            Text("Real data", "真實資料", "真实数据"),
            {
                "hills": Text("Two hills", "兩座山", "两座山"),
                "box": Text("Box", "方塊", "方块"),
                "ramp": Text("Ramp", "斜坡", "斜坡"),
            },
            "hills",
            restarts=True,
        ),
        Choice(
            "k",
            Text("K Gaussians", "K 個高斯", "K 个高斯"),
            {k: Text(k, k, k) for k in ("1", "2", "3", "5", "8")},
            "3",
            restarts=True,
        ),
        Slider(
            "sigma", Text("Decoder's sigma", "解碼器的 σ", "解码器的 σ"), 0.25, 0.8, 0.05, 0.3, restarts=True
        ),
        Whole("seed", SEED, 0, 999, 0, restarts=True),
    ),
    buttons=(
        Button("train", Text("Train VAE", "訓練 VAE", "训练 VAE"), primary=True, plays=True),
        Button("em", Text("EM iteration", "EM 一次", "EM 一次")),
    ),
    things=(
        Thing(
            Text("Play the VAE for 40 presses.", "播放 VAE，約 40 次。", "播放 VAE，约 40 次。"),
            Text(
                "The ELBO stays below log p(x), and the gap is KL(q‖posterior) at every x.",
                "ELBO 始終低於 log p(x)；在每個 x，差距都等於 KL(q‖後驗)。",
                "ELBO 始终低于 log p(x)；在每个 x，差距都等于 KL(q‖后验)。",
            ),
            presses=(("train", 40),),
        ),
        Thing(
            Text("Slide z.", "滑動 z。", "滑动 z。"),
            Text(
                "One Gaussian moves along x with its width unchanged; p(x) stays where it is.",
                "一個高斯沿著 x 移動，寬度不變；p(x) 不動。",
                "一个高斯沿着 x 移动，宽度不变；p(x) 不动。",
            ),
            sets={"z": -1.2},
        ),
        Thing(
            Text("Press EM iteration twenty times.", "按「EM 一次」二十次。", "按“EM 一次”二十次。"),
            Text(
                "The likelihood rises fast, then hardly, and never falls.",
                "概似先快速上升，之後幾乎不動，但從不下降。",
                "似然先快速上升，之后几乎不动，但从不下降。",
            ),
            presses=(("em", 20),),
        ),
    ),
    check=Check(
        Text(
            "After 40 VAE presses and 20 EM iterations, which makes the data more likely?",
            "VAE 按 40 次、EM 迭代 20 次後，誰讓資料的概似更大？",
            "VAE 按 40 次、EM 迭代 20 次后，谁让数据的似然更大？",
        ),
        {
            "vae": Text("Infinitely many (VAE)", "無限多個（VAE）", "无穷多个（VAE）"),
            "em": Text("K Gaussians (EM)", "K 個高斯（EM）", "K 个高斯（EM）"),
            "equal": Text("Equal within 0.01", "相差不到 0.01", "相差不到 0.01"),
        },
    ),
    exhibit=InfiniteMixture,
    source="Kingma and Welling 2014; Dempster et al. 1977; Hung-yi Lee, VAE lecture (Gaussian mixture)",
)
