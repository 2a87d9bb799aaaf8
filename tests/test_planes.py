"""The plane of a 2-D run as SVG: what is drawn, where, and what is left out."""

from __future__ import annotations

import base64
import re
import subprocess
import sys

import numpy as np
import pytest

from playground.figures.palette import LEVELS
from playground.figures.planes import PLANE_LAYERS, plane, scale
from playground.figures.plots import GENERATED, REAL
from playground.snapshots import Snapshot, Update


def snapshot(**parts: object) -> Snapshot:
    """A moment with one real point at (1, 0) and one generated at (-1, 0.5), an arrow to the right."""
    values: dict[str, object] = dict(
        run=1,
        title="GAN",
        model="gan",
        backend="cpu",
        extent=2.0,
        update=Update("start", 0, 0, 0),
        sentence="",
        iteration=0,
        last_iteration=0,
        surface=np.array([[0.0, 0.5], [0.5, 1.0]], np.float32),
        surface_kind="discriminator",
        real=np.array([[1.0, 0.0]], np.float32),
        generated=np.array([[-1.0, 0.5]], np.float32),
        arrows=np.array([[-1.0, 0.5, 1.0, 0.0]], np.float32),
    )
    return Snapshot(**(values | parts))  # type: ignore[arg-type]


def test_points_lie_where_their_numbers_say_in_the_colours_of_real_and_generated() -> None:
    plot = plane(snapshot(), "a plane")
    svg = plot.svg()
    for x, y, color in ((1.0, 0.0, REAL), (-1.0, 0.5, GENERATED)):
        spot = re.escape(f"M{float(plot.px(x)):.1f} {float(plot.py(y)):.1f}h0")
        assert re.search(rf'd="{spot}"[^>]*stroke="{re.escape(color)}"', svg)


def test_the_surface_fills_the_window_with_low_y_at_the_foot() -> None:
    levels = re.search(r'data-heat="([^"]+)" data-rows="2" data-columns="2"', plane(snapshot(), "").svg())
    assert levels is not None
    assert list(base64.b64decode(levels[1])) == [LEVELS // 2, LEVELS, 0, LEVELS // 2]


def test_an_arrow_ends_where_its_step_leads() -> None:
    plot = plane(snapshot(), "")
    start = f"M{float(plot.px(-1.0)):.1f} {float(plot.py(0.5)):.1f}"
    end = f"L{float(plot.px(0.0)):.1f} {float(plot.py(0.5)):.1f}"
    assert start + end in plot.svg()


def test_both_axes_have_one_scale() -> None:
    plot = plane(snapshot(), "")
    assert float(plot.px(1) - plot.px(0)) == pytest.approx(float(plot.py(0) - plot.py(1)))


@pytest.mark.parametrize("layer, sign", [("surface", "data-heat"), ("real", REAL), ("generated", GENERATED)])
def test_a_layer_that_is_left_out_is_not_drawn(layer: str, sign: str) -> None:
    assert sign in plane(snapshot(), "").svg()
    assert sign not in plane(snapshot(), "", layers=PLANE_LAYERS - {layer}).svg()


def test_what_the_snapshot_lacks_is_not_drawn() -> None:
    empty = np.zeros((0, 2), np.float32)
    bare = snapshot(surface=None, real=empty, generated=empty, arrows=np.zeros((0, 4), np.float32))
    svg = plane(bare, "").svg()
    assert "data-heat" not in svg
    assert REAL not in svg
    assert GENERATED not in svg


def test_only_what_has_a_word_is_in_the_legend_and_words_are_escaped() -> None:
    svg = plane(snapshot(), "", real="a < b").svg()
    assert svg.count('class="legend"') == 1
    assert "a &lt; b" in svg
    assert 'class="legend"' not in plane(snapshot(), "").svg()


def test_an_unknown_layer_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"layers has 'grid'.*real"):
        plane(snapshot(), "", layers=frozenset({"grid"}))


def test_a_closer_look_keeps_the_surface_in_its_place() -> None:
    plot = plane(snapshot(), "", window=((-1.0, 1.0), (-0.5, 0.5)))
    left = float(plot.px(-2.0))
    assert f'<image x="{left:.1f}"' in plot.svg()
    assert plot.height < plot.width


def test_the_scale_names_its_ends_and_escapes_its_word() -> None:
    bar = scale("D(x) <")
    assert "<span>0</span>" in bar
    assert "<span>1</span>" in bar
    assert "D(x) &lt;" in bar


def test_a_plane_is_drawn_without_torch() -> None:
    code = "import sys, playground.figures.planes; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
