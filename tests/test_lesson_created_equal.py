"""Lesson: are GANs created equal; the expected best of several tries, strip plots: known answers."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re

import numpy as np
import pytest

from exhibits import Hands
from playground import RunConfig, Trainer
from playground.engine.batched.scored import POINTS, WORST, ScoredBatch
from playground.figures.strips import Strips, apart, spread
from playground.lessons.created_equal import KINDS, RATES
from playground.lessons.lesson import LessonError
from playground.measures.restarts import expected_best

SLUG = "are-gans-created-equal"
TINY = dict(target="ring8", target_sigma=0.05, generator_width=8, discriminator_width=8, batch_size=16)

# ---------------------------------------------------------------- what trying again is worth


def test_the_expected_best_of_k_is_the_mean_over_all_picks_of_k() -> None:
    scores = [0.3, 0.1, 0.7, 0.2, 0.2]
    found = expected_best(scores)
    for k in range(1, 6):
        picks = [min(pick) for pick in itertools.combinations(scores, k)]
        assert found[k - 1] == pytest.approx(np.mean(picks), abs=1e-12)
    assert found[0] == pytest.approx(np.mean(scores)) and found[-1] == min(scores)
    assert np.isnan(expected_best([0.1, math.nan])).all()
    with pytest.raises(ValueError, match="no scores"):
        expected_best([])


# ---------------------------------------------------------------- strips


def test_a_box_is_the_middle_half_and_dots_are_buttons() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0, math.nan]
    plot = Strips(["a", "b & c"], (0.0, 10.0), words="Two.")
    presses = [f"look:{i}" for i in range(6)]
    html = plot.box(0, values).marks(np.zeros(6), values, presses=presses).svg()
    box = re.search(r'<rect class="box"[^>]* y="([\d.]+)"[^>]* height="([\d.]+)"', html)
    assert box
    assert float(box[1]) == pytest.approx(float(plot.py(4.0)), abs=0.06)
    assert float(box[2]) == pytest.approx(float(plot.py(2.0) - plot.py(4.0)), abs=0.11)
    assert spread(values) == 2.0 and math.isnan(spread([1.0]))
    assert re.findall(r'data-press="look:(\d)"', html) == list("01234")
    assert "b &amp; c" in html
    assert "box" not in Strips(["a"], (0.0, 1.0), words="One.").box(0, [0.5]).svg().split("data-plane")[1]


def test_labels_are_pushed_apart_in_their_order() -> None:
    found = apart([0.3, 0.1, 0.11, 0.9], 0.05)
    ordered = sorted(found)
    assert all(b - a >= 0.05 - 1e-12 for a, b in itertools.pairwise(ordered))
    assert np.argsort(found).tolist() == [1, 2, 0, 3]


# ---------------------------------------------------------------- a scored batch


def test_a_batch_in_pieces_ends_as_single_runs_and_is_measured_at_the_end() -> None:
    configs = [RunConfig(**TINY, seed=seed, epsilon=1e-2) for seed in range(3)]  # type: ignore[arg-type]
    batch = ScoredBatch(configs, 10, work=12, measured=1)
    assert np.isnan(batch.jsd).all() and batch.points(0, 5).shape == (0, 2)
    done = [batch.progress]
    while not batch.finished:
        batch.advance()
        done.append(batch.progress)
    assert batch.iteration == 10 and done[0] == 0.0 and done[-1] == 1.0
    assert all(b > a for a, b in itertools.pairwise(done))
    before = batch.jsd.copy()
    batch.advance()  # nothing is left to do
    assert np.array_equal(before, batch.jsd)
    for model, config in enumerate(configs):
        alone = Trainer(config, device="cpu")
        alone.run(10)
        assert batch.jsd[model] == pytest.approx(batch.estimator.estimate(alone.sample(POINTS)).jsd, abs=2e-3)


def test_a_diverged_model_scores_worst_and_shows_no_points() -> None:
    configs = [RunConfig(**TINY, seed=seed) for seed in range(2)]  # type: ignore[arg-type]
    batch = ScoredBatch(configs, 4, work=2, measured=2)
    batch.advance()
    batch.trainer._chunks[0][1].generator.vector.fill_(math.nan)
    batch.advance()
    assert batch.jsd.tolist() == [WORST] * 2 and batch.covered.tolist() == [0.0] * 2
    assert batch.points(0, 5).shape == (0, 2)


# ---------------------------------------------------------------- the lesson


@pytest.fixture(scope="module")
def shown() -> Hands:
    """After Show me of the first thing: 105 models, trained to the end."""
    return Hands(SLUG).show(0)


def test_thing_1_vaes_box_is_shorter_than_the_typical_gans_and_the_lowest_dot_is_a_gans(shown: Hands) -> None:
    view = shown.view
    assert view.finished and view.progress == 1.0
    assert shown.reading("spread_vae") < shown.reading("spread_gan")
    assert shown.reading("best_gan") < shown.reading("best_vae")
    assert view.answer in ("vae_gan", "gan_gan") and f"{shown.reading('best_gan'):.3f}" in view.evidence
    assert view.figure.count('class="box"') == len(KINDS)


def test_thing_2_with_one_try_the_vae_beats_mm_and_ns_with_fifteen_a_gan_leads(shown: Hands) -> None:
    curves = dict(zip(KINDS, map(expected_best, shown.exhibit.scores), strict=True))
    assert curves["VAE"][0] < min(curves["MM"][0], curves["NS"][0])
    assert min(curve[14] for kind, curve in curves.items() if kind != "VAE") < curves["VAE"][14]
    before = shown.view.sentence
    shown.show(1)
    assert "With k = 15" in shown.view.sentence != before


def test_thing_3_one_objective_reaches_all_modes_or_not(shown: Hands) -> None:
    rows, batch = shown.exhibit.rows, shown.exhibit.batch
    models = [i for i, row in enumerate(rows) if row[0] == "NS"]
    worst, best = (pick(models, key=batch.jsd.__getitem__) for pick in (max, min))
    assert batch.covered[best] == 8
    assert batch.covered[worst] < 8 or batch.high_quality[worst] < 0.5 * batch.high_quality[best]
    for model in (worst, best):
        shown.press(f"look:{model}")
        assert f"rate {rows[model][1]:g}, seed {rows[model][2]}" in shown.view.figure
    shown.press(f"look:{best}")
    assert "models tried" in shown.view.figure


def test_the_table_holds_every_model(shown: Hands) -> None:
    text = shown.exhibit.table()
    assert text is not None
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(KINDS) * len(RATES) * 3
    best = min(rows, key=lambda row: float(row["jsd_nats"]))
    assert best["kind"] != "VAE" and float(best["jsd_nats"]) == pytest.approx(
        shown.reading("best_gan"), abs=1e-5
    )
    assert {row["iterations"] for row in rows} == {"1000"}


def test_the_answer_comes_from_the_scores() -> None:
    hands = Hands(SLUG, seeds=1)
    batch = hands.exhibit.batch
    assert hands.view.answer is None
    batch.iteration, batch._left = batch.iterations, 0
    scores = np.linspace(0.3, 0.6, batch.jsd.size).reshape(len(KINDS), -1)
    for vae, answer in (
        ([0.4, 0.4, 0.4, 0.4, 0.4], "vae_gan"), ([0.1, 0.1, 0.1, 0.1, 0.1], "vae_vae"),
        ([0.4, 0.5, 0.6, 0.7, 0.7], "gan_gan"), ([0.1, 0.2, 0.3, 0.5, 0.6], "gan_vae"),
    ):  # fmt: skip
        scores[-1] = vae
        batch.jsd[:] = scores.ravel()
        assert hands.view.answer == answer


def test_another_first_seed_is_another_contest_and_nothing_is_known_before() -> None:
    hands, other = (Hands(SLUG, seeds=1, seed=seed).press("train", 6) for seed in (0, 50))
    assert np.isfinite(hands.exhibit.batch.jsd).all()
    assert not np.array_equal(hands.exhibit.batch.jsd, other.exhibit.batch.jsd)
    assert Hands(SLUG).exhibit.table() is None


def test_a_bad_argument_is_refused_by_a_sentence() -> None:
    hands = Hands(SLUG, seeds=1)
    with pytest.raises(LessonError, match="look is '35', but must be a model from 0 to 34"):
        hands.press("look:35")
    with pytest.raises(LessonError, match="train takes no argument"):
        hands.press("train:2")
