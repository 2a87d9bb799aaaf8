"""Lesson: can you tell. Faces one at a time, the visitor's guesses beside a judge's, and what they prove.

The models' own discriminators are not kept with them; the judge is a stand-in that says what it is: it knows
one number of a picture, its sharpness, and learned here how that number falls in faces of each source, none
of which is shown. Does not know the page.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    sentence,
    stack,
)
from playground.lessons._faces import KINDS, MOST_SEED, Images, across, address, named, picture, without
from playground.lessons.lesson import (
    SEED,
    Button,
    Check,
    Exhibit,
    Lesson,
    LessonError,
    Reading,
    Room,
    Say,
    Thing,
    Values,
    View,
    Whole,
)
from playground.measures.proportion import clopper_pearson
from playground.measures.sharpness_judge import Judge, levels
from playground.session.face_studies import model_of
from playground.words import Text

LEARNED = 24  # faces of each source that the judge learns from
JUDGE_SEED = 1_000_000  # of the first of them; faces shown have smaller seeds
ENOUGH = 12  # pictures before the numbers may speak
REAL_FACES = "real"

SOURCES = {
    "ae": KINDS["ae"],
    "vae": KINDS["vae"],
    "gan": KINDS["gan"],
    REAL_FACES: Text("real", "真實", "真实"),
}
LINES = {"gan": (GENERATED, ""), "vae": (GENERATED, DASHES), "ae": (GENERATED, DOTS), REAL_FACES: (REAL, "")}
PICTURE = Text("Picture {n}: who drew it?", "第 {n} 張：誰畫的？", "第 {n} 张：谁画的？")
PICTURE_NOTE = Text(
    "Look at the hair: sharp strands, a soft blur, or a face that falls apart?",
    "看頭髮：銳利的髮絲、柔和的模糊，還是快要散開的臉？",
    "看头发：锐利的发丝、柔和的模糊，还是快要散开的脸？",
)
TAKEN = Text("It is a real face", "這是真實的臉", "这是真实的脸")
BEFORE = Text("Before: {truth}", "上一張：{truth}", "上一张：{truth}")
BEFORE_NONE = Text("Before: none yet", "上一張：還沒有", "上一张：还没有")
SAYINGS = Text(
    "you: {guess}; judge: {judge} ({share})",
    "你：{guess}；評審：{judge}（{share}）",
    "你：{guess}；评审：{judge}（{share}）",
)
SCORES = Text("Share right, with 95% interval", "答對比例與 95% 區間", "答对比例与 95% 区间")
SCORES_NOTE = Text(
    "Exact (Clopper–Pearson). Look whether a bar still touches chance (dashed).",
    "精確區間（Clopper–Pearson）。看線段是否還碰到虛線的機率水準。",
    "精确区间（Clopper–Pearson）。看线段是否还碰到虚线的随机水平。",
)
YOU, JUDGE, CHANCE = Text("you", "你", "你"), Text("judge", "評審", "评审"), Text("chance", "亂猜", "乱猜")
SEES = Text("All that the judge sees", "評審看到的全部", "评审看到的全部")
SEES_NOTE = Text(
    "How sharpness falls in {n} other faces of each. Orange: the picture before.",
    "各來源另外 {n} 張臉的銳利度分布。橘線：上一張圖。",
    "各来源另外 {n} 张脸的锐利度分布。橙线：上一张图。",
)
SHARP_AXIS = Text("sharpness, log₁₀", "銳利度 log₁₀", "锐利度 log₁₀")
COUNT = Text("pictures", "張數", "张数")
YOURS = Text("you right", "你答對", "你答对")
JUDGES = Text("judge right", "評審答對", "评审答对")
LOW, HIGH = Text("your low", "你的下限", "你的下限"), Text("your high", "你的上限", "你的上限")
BEGIN = Text(
    "Each face is, equally likely, one of: {sources}. Blind guessing is right {chance} of the time.",
    "每張臉的來源機會均等：{sources}。亂猜會對 {chance}。",
    "每张脸的来源机会均等：{sources}。乱猜会对 {chance}。",
)
SAID = Text(
    "You are right on {yours} of {n} ({low} to {high}), the judge on {judges}; chance is {chance}. {so}",
    "{n} 張中你答對 {yours} 張（{low} 到 {high}），評審 {judges} 張；亂猜是 {chance}。{so}",
    "{n} 张中你答对 {yours} 张（{low} 到 {high}），评审 {judges} 张；乱猜是 {chance}。{so}",
)
TELLS = Text("You can tell.", "你分得出來。", "你分得出来。")
WORSE = Text("You do worse than chance.", "你比亂猜還差。", "你比乱猜还差。")
OPEN = Text("That may still be chance.", "這仍可能是碰巧。", "这仍可能是碰巧。")
EVIDENCE = Text(
    "The judge is right on {right} of {n}: 95% interval {low} to {high}, chance {chance}.",
    "評審 {n} 張對 {right} 張：95% 區間 {low} 到 {high}，亂猜 {chance}。",
    "评审 {n} 张对 {right} 张：95% 区间 {low} 到 {high}，乱猜 {chance}。",
)
COMMA = Text(", ", "、", "、")
ONE_SOURCE = Text(
    "This copy bundles one face model only, so there is nothing to tell apart.",
    "這份程式只附上一個人臉模型，沒有可分辨的對象。",
    "这份程序只附带一个人脸模型，没有可分辨的对象。",
)


@dataclass(frozen=True, eq=False)
class Shown:
    """One picture, where it is from, and what the judge says."""

    image: Images  # (1, s, s, 3)
    truth: str
    judge: str
    share: float  # the judge's probability of its own answer


class CanYouTell(Exhibit):
    """A row of pictures that follows from the seed alone; every press is a guess and brings the next."""

    def __init__(self, values: Values, room: Room) -> None:
        super().__init__(values, room)
        self.seed = int(values["seed"])
        self.guesses: list[tuple[Shown, str]] = []
        names = [kind for kind in SOURCES if kind in room.shop.names]
        self.sources: list[str] = []
        if not names:
            return
        self.models = {kind: model_of(room.shop, kind) for kind in names}
        self.real = self._real_faces()
        self.sources = names + ([REAL_FACES] if self.real is not None else [])
        self.judge = Judge.learn({source: self._examples(source) for source in self.sources})
        self.now = self._draw()

    def _real_faces(self) -> Images | None:
        """Real faces, the judge's first; None where the operator has none, or too few."""
        side = next(iter(self.models.values())).recipe.size
        data = self.room.shop.data("train", side)
        if data is None or len(data) < 2 * LEARNED:
            return None
        return data.images

    def _examples(self, source: str) -> Images:
        if source == REAL_FACES:
            assert self.real is not None
            return self.real[:LEARNED]
        return self.models[source].generate(range(JUDGE_SEED, JUDGE_SEED + LEARNED))

    def _draw(self) -> Shown:
        """The picture whose turn it is: its source first, each equally likely."""
        rng = np.random.default_rng([self.seed, len(self.guesses)])
        truth = self.sources[int(rng.integers(len(self.sources)))]
        if truth == REAL_FACES:
            assert self.real is not None
            row = int(rng.integers(LEARNED, len(self.real)))
            image = self.real[row : row + 1]
        else:
            image = self.models[truth].generate([int(rng.integers(JUDGE_SEED))])
        shares = self.judge.shares(image)[0]
        place = int(shares.argmax())
        return Shown(image, truth, self.sources[place], float(shares[place]))

    def press(self, name: str, argument: str = "") -> None:
        if not self.sources:
            raise LessonError(f"The guess is {name}, but no face models are bundled with this copy.")
        guess = self.now.judge if name == "follow" else name
        if guess not in self.sources:
            raise LessonError(f"The guess is {guess}, but must be one of {', '.join(self.sources)}.")
        self.guesses.append((self.now, guess))
        self.now = self._draw()

    @property
    def right(self) -> tuple[int, int]:
        """How often the visitor was right, and the judge."""
        yours = sum(guess == shown.truth for shown, guess in self.guesses)
        return yours, sum(shown.judge == shown.truth for shown, _ in self.guesses)

    def view(self, values: Values, say: Say) -> View:
        if not self.sources:
            return without(say)
        if len(self.sources) == 1:
            return View(sentence(say(ONE_SOURCE)), say(ONE_SOURCE), finished=True)
        count, chance = len(self.guesses), 1.0 / len(self.sources)
        yours, judges = self.right
        readings = [Reading("pictures", COUNT, count, 0), Reading("chance", CHANCE, chance, 2)]
        answer, evidence = None, ""
        if count:
            low, high = clopper_pearson(yours, count)
            shares = (("yours", YOURS, yours / count), ("judges", JUDGES, judges / count))
            readings += [Reading(name, label, value, 2) for name, label, value in shares]
            readings += [Reading("low", LOW, low, 2), Reading("high", HIGH, high, 2)]
        if count >= ENOUGH:
            answer, evidence = self._verdict(say, judges, count, chance)
        right = [_scores(say, self.right, count, chance), self._seen(say)]
        body = columns(stack(self._picture(say), self._before(say)), stack(*right))
        return View(body, self._sentence(say, chance), tuple(readings), answer, evidence)

    def _verdict(self, say: Say, right: int, count: int, chance: float) -> tuple[str, str]:
        low, high = clopper_pearson(right, count)
        told = {"low": f"{low:.0%}", "high": f"{high:.0%}", "chance": f"{chance:.0%}"}
        evidence = say(EVIDENCE, right=right, n=count, **told)
        if low <= chance:
            return "chance", evidence
        return "all" if right == count else "better", evidence

    def _sentence(self, say: Say, chance: float) -> str:
        count, (yours, judges) = len(self.guesses), self.right
        if not count:
            sources = say(COMMA).join(say(SOURCES[source]) for source in self.sources)
            return say(BEGIN, sources=sources, chance=f"{chance:.0%}")
        low, high = clopper_pearson(yours, count)
        so = say(TELLS if low > chance else WORSE if high < chance else OPEN)
        told = {"low": f"{low:.0%}", "high": f"{high:.0%}", "chance": f"{chance:.0%}"}
        return say(SAID, yours=yours, n=count, judges=judges, so=so, **told)

    def _picture(self, say: Say) -> str:
        title = say(PICTURE, n=len(self.guesses) + 1)
        body = picture(address(self.now.image), title, width=208)
        if REAL_FACES in self.sources:
            body += (
                f'<div data-press="{REAL_FACES}" role="button" style="display:inline-block;margin:8px 0 0;'
                f"padding:5px 12px;border:1px solid {HAIRLINE};border-radius:6px;font-size:14px;"
                f'color:{REAL}">{say(TAKEN)}</div>'
            )
        return figure(title, body, say(PICTURE_NOTE))

    def _before(self, say: Say) -> str:
        """The last picture with everyone's word on it."""
        if not self.guesses:
            return named(say(BEFORE_NONE), '<div style="height:96px"></div>')
        shown, guess = self.guesses[-1]
        title = say(BEFORE, truth=say(SOURCES[shown.truth]))
        words = {"guess": say(SOURCES[guess]), "judge": say(SOURCES[shown.judge])}
        told = say(SAYINGS, share=f"{shown.share:.0%}", **words)
        return across([named(f"{title}; {told}", picture(address(shown.image), title, width=96))])

    def _seen(self, say: Say) -> str:
        """The judge's densities over its one number, and where the last picture fell."""
        wide = 3.0 * self.judge.spreads
        ends = float((self.judge.means - wide).min()), float((self.judge.means + wide).max())
        level = np.linspace(*ends, 161)
        density = self.judge.densities(level)
        plot = Plot(
            ends,
            (0.0, 1.05 * float(density.max())),
            words=say(SEES),
            x_title=say(SHARP_AXIS),
            width=440,
            height=170,
            y_ticks=(),
        )
        for place, source in enumerate(self.sources):
            color, dash = LINES[source]
            plot.line(level, density[:, place], color, dash=dash, label=say(SOURCES[source]))
        if self.guesses:
            plot.rule(x=float(levels(self.guesses[-1][0].image)[0]), color=ACCENT, dash="")
        return figure(say(SEES), plot.svg(), say(SEES_NOTE, n=LEARNED))

    def table(self) -> str | None:
        """One line for each guess."""
        lines = [f"{i},{s.truth},{guess},{s.judge}" for i, (s, guess) in enumerate(self.guesses, 1)]
        return "\n".join(["picture,source,guess,judge", *lines]) + "\n" if lines else None


def _scores(say: Say, right: tuple[int, int], count: int, chance: float) -> str:
    """Both shares right as points on their intervals, and chance."""
    plot = Plot((0.0, 1.0), (-0.5, 1.5), words=say(SCORES), width=440, height=112, y_ticks=())
    plot.rule(x=chance, color=INK, dash=DASHES, label=say(CHANCE))
    for y, label, number, color in ((1.0, YOU, right[0], INK), (0.0, JUDGE, right[1], MUTED)):
        low, high = clopper_pearson(number, count)
        plot.segments([(low, y)], [(high, y)], color, width=3.0)
        if count:
            plot.dots([(number / count, y)], color, radius=5.0)
        plot.text(0.01, y + 0.26, f"{say(label)} {number}/{count}", color)
    return figure(say(SCORES), plot.svg(), say(SCORES_NOTE))


LESSON = Lesson(
    slug="can-you-tell",
    place=22,
    title=Text("Can you tell?", "你分得出來嗎？", "你分得出来吗？"),
    question=Text("Which model drew this face?", "這張臉是哪個模型畫的？", "这张脸是哪个模型画的？"),
    lead=Text(
        "A discriminator answers such questions all day. Its stand-in here sees only one number, sharpness. "
        "Do you see more?",
        "判別器整天都在回答這種問題。這裡的代理評審只看一個數字：銳利度。你看得到更多嗎？",
        "判别器整天都在回答这种问题。这里的代理评审只看一个数字：锐利度。你看得到更多吗？",
    ),
    formula=r"\Pr\big(\text{right by chance}\big) = \tfrac{1}{K}",
    controls=(Whole("seed", SEED, 0, MOST_SEED, 0, restarts=True),),
    buttons=(
        Button("ae", Text("Autoencoder", "自編碼器", "自编码器")),
        Button("vae", KINDS["vae"]),
        Button("gan", KINDS["gan"]),
        Button(REAL_FACES, TAKEN, drawn=True),
        Button("follow", Text("Say what the judge says", "跟評審一樣", "跟评审一样")),
    ),
    things=(
        Thing(
            Text(
                "Say GAN twelve times, whatever you see.",
                "不管看到什麼，說十二次 GAN。",
                "不管看到什么，说十二次 GAN。",
            ),
            Text(
                "About as many are right as chance says: the interval nearly always holds the dashed line.",
                "答對的大約就是亂猜的水準：區間幾乎總是包含虛線。",
                "答对的大约就是乱猜的水平：区间几乎总是包含虚线。",
            ),
            sets={"seed": 0},
            presses=(("gan", 12),),
            restart=True,
        ),
        Thing(
            Text("Follow the judge twelve times.", "跟著評審答十二次。", "跟着评审答十二次。"),
            Text(
                "More are right than by chance, from one number; autoencoder and VAE it confuses.",
                "只憑一個數字就勝過亂猜；但它會搞混自編碼器和 VAE。",
                "只凭一个数字就胜过乱猜；但它会弄混自编码器和 VAE。",
            ),
            sets={"seed": 1},
            presses=(("follow", 12),),
            restart=True,
        ),
        Thing(
            Text(
                "Now guess twelve with your own eyes.",
                "現在用自己的眼睛猜十二張。",
                "现在用自己的眼睛猜十二张。",
            ),
            Text(
                "The interval narrows with every guess; it takes many to beat the judge for sure.",
                "區間隨每次猜測變窄；要確定贏過評審，得猜很多張。",
                "区间随每次猜测变窄；要确定赢过评审，得猜很多张。",
            ),
            sets={"seed": 2},
            restart=True,
        ),
    ),
    check=Check(
        Text(
            "After twelve pictures, how will a judge fare that sees only sharpness?",
            "十二張之後，只看銳利度的評審表現如何？",
            "十二张之后，只看锐利度的评审表现如何？",
        ),
        {
            "chance": Text("not above chance", "不比亂猜好", "不比乱猜好"),
            "better": Text("above chance, with errors", "勝過亂猜，但有錯", "胜过乱猜，但有错"),
            "all": Text("all right", "全對", "全对"),
        },
    ),
    exhibit=CanYouTell,
    source="Goodfellow et al. 2014; Clopper and Pearson 1934; Hung-yi Lee, GAN lecture (basic idea)",
)
