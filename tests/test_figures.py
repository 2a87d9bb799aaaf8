"""Pictures say what the snapshot says: frames survive the way to the page, colours and figures are known."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import asdict, fields, replace
from itertools import pairwise

import numpy as np
import pytest

from playground.figures import STAGES
from playground.figures.charts import EVERY, PANELS, charts_figure, charts_layout, panels_of
from playground.figures.frames import (
    CURVE_POINTS,
    REACH,
    SLOW_EVERY,
    STEPS,
    pack_frame,
    unpack_frame,
)
from playground.figures.lab import CAPTIONS, SHORT_TITLES, TITLES, axes_layout, lab_figure
from playground.figures.palette import DARK, LEVELS, LIGHT, SURFACES, blend, rgb, table
from playground.figures.stages import STORY
from playground.figures.thumbnails import thumbnail
from playground.snapshots import Curves, Measures, Snapshot, Update

EXTENT = 2.0
SIDE = 16


def a_snapshot(moments: int = 5, **changes: object) -> Snapshot:
    rng = np.random.default_rng(0)

    def values(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    curves = Curves(np.arange(moments) * 10, *(values(moments) for _ in range(len(fields(Curves)) - 1)))
    known: dict[str, object] = dict(
        run=3,
        title="GAN, non-saturating",
        model="gan",
        backend="analytic on cpu",
        extent=EXTENT,
        update=Update("iteration", 40, 40, 40, discriminator_loss=1.25, mean_real=0.75),
        sentence="D gives real points 0.75 and generated points 0.20.",
        iteration=40,
        last_iteration=50,
        surface=np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE),
        surface_kind="discriminator",
        d_star=np.full((SIDE, SIDE), 0.5, np.float32),
        real=values(20, 2),
        generated=values(30, 2),
        latents=values(30, 6),
        scores=rng.random(30).astype(np.float32),
        arrows=values(7, 4),
        grid=values(4, 9, 2),
        curves=curves,
        measures=Measures(modes_total=2, modes_covered=1, jsd=0.25, density_note="exact"),
    )
    return Snapshot(**(known | changes))  # type: ignore[arg-type]


def there_and_back(snapshot: Snapshot, **options: object) -> Snapshot:
    text = pack_frame([snapshot], frame_id=1, session="s", **options)  # type: ignore[arg-type]
    return unpack_frame(text).snapshots[0]


# -- frames


def test_a_frame_keeps_positions_to_half_a_step() -> None:
    sent = a_snapshot()
    got = there_and_back(sent)
    step = REACH * EXTENT / STEPS
    for name in ("real", "generated", "grid"):
        assert np.abs(getattr(got, name) - getattr(sent, name)).max() <= step / 2 + 1e-6


def test_a_frame_keeps_surfaces_to_half_a_level_and_one_half_exactly() -> None:
    sent = a_snapshot()
    got = there_and_back(sent)
    assert got.surface is not None and sent.surface is not None and got.d_star is not None
    assert np.abs(got.surface - sent.surface).max() <= 0.5 / LEVELS + 1e-6
    assert (got.d_star == 0.5).all()
    assert got.surface.min() == 0 and got.surface.max() == 1


def test_a_frame_keeps_words_numbers_arrows_and_curves() -> None:
    sent = a_snapshot(diverged="It stopped.")
    got = there_and_back(sent)
    for name in ("run", "title", "model", "backend", "extent", "sentence", "iteration", "last_iteration"):
        assert getattr(got, name) == getattr(sent, name)
    assert got.diverged == "It stopped." and got.surface_kind == "discriminator"
    for mine, theirs in ((got.update, sent.update), (got.measures, sent.measures)):
        for name, value in asdict(theirs).items():
            other = asdict(mine)[name]
            assert other == value or (math.isnan(other) and math.isnan(value))
    assert (got.arrows == sent.arrows).all()
    assert np.abs(got.scores - sent.scores).max() < 1e-4
    assert np.abs(got.latents - sent.latents[:, :4]).max() < 1 / 4096
    assert got.curves is not None and sent.curves is not None
    for f in fields(Curves):
        assert (getattr(got.curves, f.name) == getattr(sent.curves, f.name)).all()


def test_a_number_that_does_not_exist_arrives_as_not_a_number() -> None:
    points = np.array([[np.nan, 0.5], [1.0, np.inf]], np.float32)
    got = there_and_back(a_snapshot(generated=points, surface=np.full((4, 4), np.nan, np.float32)))
    assert math.isnan(got.update.kl) and math.isnan(got.measures.wasserstein)
    assert np.isnan(got.generated[0, 0]) and got.generated[1, 1] == pytest.approx(REACH * EXTENT)
    assert got.surface is not None and np.isnan(got.surface).all()


def test_a_far_point_stops_at_the_rim_instead_of_wrapping_around() -> None:
    got = there_and_back(a_snapshot(generated=np.array([[1e9, -1e9]], np.float32)))
    assert got.generated == pytest.approx(np.array([[REACH * EXTENT, -REACH * EXTENT]]))


def test_an_empty_snapshot_is_a_frame_too() -> None:
    bare = Snapshot(1, "t", "gmm", "b", 1.0, Update("start", 0, 0, 0), "s", 0, 0)
    got = there_and_back(bare)
    assert got.surface is None and got.d_star is None and got.grid is None and got.curves is None
    assert len(got.real) == len(got.generated) == len(got.arrows) == 0


def test_a_frame_carries_its_number_session_stage_and_two_runs() -> None:
    pair = [a_snapshot(), a_snapshot(run=4, model="vae")]
    frame = unpack_frame(pack_frame(pair, frame_id=9, session="mine", stage=7, caption="look", playing=True))
    assert (frame.frame_id, frame.session, frame.stage, frame.caption) == (9, "mine", 7, "look")
    assert frame.playing and [s.run for s in frame.snapshots] == [3, 4]


def test_while_playing_most_frames_leave_out_what_hardly_changes() -> None:
    sent = a_snapshot()
    quick = unpack_frame(pack_frame([sent], frame_id=SLOW_EVERY + 1, session="s", playing=True)).snapshots[0]
    whole = unpack_frame(pack_frame([sent], frame_id=SLOW_EVERY, session="s", playing=True)).snapshots[0]
    assert len(quick.real) == len(quick.latents) == 0 and quick.curves is None
    assert len(quick.generated) == 30 and quick.surface is not None
    assert len(whole.real) == 20 and len(whole.latents) == 30 and whole.curves is not None


def test_long_curves_are_thinned_keep_their_newest_moment_and_do_not_shimmer() -> None:
    before, after = (there_and_back(a_snapshot(moments=n)).curves for n in (1000, 1001))
    assert before is not None and after is not None
    assert len(before.iteration) <= CURVE_POINTS + 2
    assert before.iteration[-1] == 9990 and after.iteration[-1] == 10000
    assert set(before.iteration[:-1]) <= set(after.iteration)


def test_a_playing_frame_of_the_page_is_about_ten_kilobytes() -> None:
    rng = np.random.default_rng(1)
    sent = a_snapshot(
        surface=rng.random((64, 64), np.float32), d_star=None, grid=None, arrows=np.zeros((0, 4), np.float32),
        generated=rng.normal(size=(512, 2)).astype(np.float32), scores=rng.random(512).astype(np.float32),
    )  # fmt: skip
    assert len(pack_frame([sent], frame_id=1, session="s", playing=True)) < 12_000


def test_other_text_is_not_a_frame() -> None:
    with pytest.raises(ValueError, match="not a frame"):
        unpack_frame("QUJDREVGR0g=")


# -- colours


@pytest.mark.parametrize("dark", [False, True])
def test_the_surface_is_blue_at_0_the_page_at_one_half_and_green_at_1(dark: bool) -> None:
    theme = DARK if dark else LIGHT
    colours = table("discriminator", dark)
    assert colours.shape == (LEVELS + 1, 3)
    assert tuple(colours[0]) == rgb(blend(theme.background, theme.generated, theme.tint))
    assert tuple(colours[LEVELS // 2]) == rgb(theme.background)
    assert tuple(colours[LEVELS]) == rgb(blend(theme.background, theme.real, theme.tint))


def test_real_and_generated_have_the_agreed_colours() -> None:
    assert (LIGHT.real, LIGHT.generated) == ("#0f8a6a", "#3457d5")


@pytest.mark.parametrize("dark", [False, True])
def test_words_can_be_read_on_the_background(dark: bool) -> None:
    theme = DARK if dark else LIGHT
    for name in ("ink", "muted", "real", "accent", "generated"):
        assert contrast(getattr(theme, name), theme.background) >= 4.2, name


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio."""

    def luminance(color: str) -> float:
        c = np.array(rgb(color)) / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_model_s_density_and_the_difference_start_at_the_page() -> None:
    for kind in ("density", "difference"):
        assert tuple(table(kind)[0]) == rgb(LIGHT.background)
        assert tuple(table(kind)[-1]) != rgb(LIGHT.background)


# -- figures


def test_the_figure_shows_the_snapshot_s_surface_points_and_arrows() -> None:
    s = a_snapshot()
    traces = {trace.name: trace for trace in lab_figure(s).data}
    assert (traces["surface"].z == s.surface).all()
    half_a_cell = EXTENT / SIDE
    assert (traces["surface"].x[0], traces["surface"].x[-1]) == (half_a_cell - EXTENT, EXTENT - half_a_cell)
    assert (traces["surface"].zmin, traces["surface"].zmax) == (0, 1)
    for name, points in (("real", s.real), ("generated", s.generated)):
        assert (np.column_stack([traces[name].x, traces[name].y]) == points).all()
    assert traces["real"].marker.color == LIGHT.real
    assert traces["generated"].marker.color == LIGHT.generated
    assert f"D = {s.scores[0]:.2f}" in traces["generated"].text[0]
    assert traces["gradient arrows"].x[::3] == pytest.approx(s.arrows[:, 0])
    assert traces["gradient arrows"].y[1::3] == pytest.approx(s.arrows[:, 1] + s.arrows[:, 3])
    assert traces["D* = 1/2"].contours.start == 0.5
    assert len(traces["latent grid"].x) == 4 * (9 + 1)


def test_the_figure_leaves_out_what_the_snapshot_leaves_out() -> None:
    bare = Snapshot(1, "t", "gmm", "b", 1.0, Update("start", 0, 0, 0), "s", 0, 0)
    assert {trace.name for trace in lab_figure(bare).data} == {"real", "generated"}


def test_axes_are_square_named_and_span_the_extent() -> None:
    layout = axes_layout(1.5, "title")
    assert layout["xaxis"]["range"] == [-1.5, 1.5] == layout["yaxis"]["range"]
    assert layout["yaxis"]["scaleanchor"] == "x"
    assert "x<sub>1" in layout["xaxis"]["title"]["text"] and layout["title"]["text"] == "title"


def test_every_kind_of_surface_has_a_title_and_a_caption() -> None:
    assert set(SURFACES) <= set(TITLES) and set(TITLES) == set(CAPTIONS) == set(SHORT_TITLES)


def test_charts_draw_each_curve_once_on_a_shared_iteration_axis() -> None:
    s = a_snapshot()
    assert s.curves is not None
    figure = charts_figure(s.curves, model="gan", modes_total=2)
    lines = {trace.name: trace for trace in figure.data}
    assert (lines["D(real)"].y == s.curves.mean_real).all()
    assert (lines["modes covered"].y == s.curves.modes_covered / 2).all()
    assert all((trace.x == s.curves.iteration).all() for trace in figure.data)
    assert {trace.xaxis for trace in figure.data} == {None}


@pytest.mark.parametrize("model", EVERY)
def test_charts_of_a_model_stand_below_each_other_without_overlap(model: str) -> None:
    layout = charts_layout(model)
    domains = [layout[f"yaxis{i + 1}"]["domain"] for i in range(len(panels_of(model)))]
    assert all(low < high for low, high in domains)
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))


def test_every_line_of_a_chart_is_a_curve() -> None:
    known = {f.name for f in fields(Curves)} | {"modes_share"}
    assert {series.field for panel in PANELS for series in panel.series} <= known


def test_a_critic_s_scores_free_the_axis_that_a_probability_keeps_from_0_to_1() -> None:
    s = a_snapshot()
    assert s.curves is not None
    scores = charts_figure(replace(s.curves, mean_real=np.full(5, -3.0, np.float32)))
    level = np.full(5, 0.5, np.float32)
    chances = charts_figure(replace(s.curves, mean_real=level, mean_generated=level))
    assert scores.layout.yaxis.range is None and chances.layout.yaxis.range == (0, 1)


def test_charts_without_a_run_are_empty_axes() -> None:
    assert all(len(trace.x) == 0 for trace in charts_figure(None).data)


# -- words and thumbnails


def test_slow_motion_has_eight_stages_and_freezes_the_other_network() -> None:
    assert len(STAGES) == 8 == len(STORY)
    assert (STORY[3].updating, STORY[3].frozen) == ("D", "G")
    assert (STORY[7].updating, STORY[7].frozen) == ("G", "D")


def test_a_thumbnail_is_one_small_svg_with_its_points_inside() -> None:
    cloud = np.random.default_rng(0).normal(size=(2000, 2))
    text = thumbnail(cloud)
    assert text.startswith("<svg") and text.endswith("</svg>") and len(text) < 3500
    assert 100 < text.count("h0") <= 160
    dots = text.split('d="')[1].split('"')[0].split("h0")[:-1]
    numbers = [float(v) for dot in dots for v in dot[1:].split()]
    assert min(numbers) >= 0 and max(numbers) <= 48


def test_a_thumbnail_of_nothing_or_of_one_place_is_still_an_svg() -> None:
    assert "<path" in thumbnail(np.zeros((0, 2)))
    assert thumbnail(np.zeros((1, 2))).count("h0") == 1
    assert thumbnail(np.array([[np.nan, 0], [1, 1]])).count("h0") == 1


def test_figures_load_neither_torch_nor_gradio() -> None:
    code = (
        "import sys, playground.figures.lab, playground.figures.frames, playground.figures.charts, "
        "playground.figures.thumbnails; print([m for m in ('torch', 'gradio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
