"""Pictures without a browser: known colours at known places, animations that open again."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from playground.figures import palette
from playground.figures.raster import FPS, LAYERS, SIZES, animate, render
from playground.snapshots import Snapshot, Update

SIZE = 400


def moment(**values: Any) -> Snapshot:
    """A GAN of extent 2 with nothing on it, but for `values`."""
    start = Snapshot(
        run=1,
        title="GAN, non-saturating",
        model="gan",
        backend="eager on cpu",
        extent=2.0,
        update=Update("iteration", 7, 7, 7),
        sentence="",
        iteration=7,
        last_iteration=7,
        surface_kind="discriminator",
    )
    return replace(start, **values)


def at(image: Image.Image, x: float, y: float) -> Any:
    """The colour at a position in data coordinates (margins of 9 %)."""
    low, span = 0.09 * SIZE, 0.82 * SIZE
    return image.getpixel((int(low + (x / 2 + 1) / 2 * span), int(SIZE - low - (y / 2 + 1) / 2 * span)))


def points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, np.float32)


@pytest.mark.parametrize("dark", [False, True])
def test_real_is_green_generated_is_blue_and_half_is_the_background(dark: bool) -> None:
    colors = palette.palette(dark)
    image = render(
        moment(
            surface=np.full((64, 64), 0.5, np.float32), real=points((1, 0.5)), generated=points((-1, -0.5))
        ),
        SIZE,
        dark,
    )
    assert image.size == (SIZE, SIZE)
    assert image.mode == "RGB"
    assert at(image, 1, 0.5) == palette.rgb(colors.real)
    assert at(image, -1, -0.5) == palette.rgb(colors.generated)
    assert at(image, 1, -0.5) == palette.rgb(colors.background)


def test_surface_is_not_mirrored_and_uses_the_shared_scale() -> None:
    surface = np.full((64, 64), 0.5, np.float32)
    surface[48:, :16] = 1.0  # high y, low x: real
    surface[:16, 48:] = 0.0  # low y, high x: generated
    image, scale = render(moment(surface=surface), SIZE), palette.table("discriminator")
    assert at(image, -1.8, 1.8) == tuple(scale[254])
    assert at(image, 1.8, -1.8) == tuple(scale[0])
    assert at(image, 0, 0) == tuple(scale[127])


def test_density_fades_from_the_background() -> None:
    image = render(moment(surface=np.ones((8, 8), np.float32), surface_kind="density"), SIZE)
    assert at(image, 0, 0) == tuple(palette.table("density")[254])


def test_each_layer_can_be_left_out() -> None:
    full = moment(
        surface=np.zeros((8, 8), np.float32),
        d_star=np.ones((8, 8), np.float32),
        grid=np.array([[[-1, 1], [1, 1]]], np.float32),
        real=points((1, 0.5)),
        generated=points((-1, -0.5)),
        arrows=np.array([[0, 0, 0.5, 0]], np.float32),
    )
    bare = render(full, SIZE, layers=()).tobytes()
    assert bare == render(moment(), SIZE).tobytes()
    assert all(render(full, SIZE, layers={layer}).tobytes() != bare for layer in LAYERS)


def test_arrow_points_from_tail_to_head() -> None:
    image = render(moment(arrows=np.array([[-0.5, 0, 1.0, 0]], np.float32)), 1000)
    ink = np.asarray(image.crop((150, 450, 850, 550))).astype(int).sum(axis=2) < 300
    thickness = ink.sum(axis=0)[np.flatnonzero(ink.any(axis=0))]  # from the tail to the tip
    widest = int(thickness.argmax())
    assert thickness.size == pytest.approx(0.25 * 820, abs=3)
    assert thickness[: widest - 3].max() <= 3  # a thin shaft
    assert thickness.size - widest in range(8, 16)  # a head at its end
    assert (np.diff(thickness[widest:]) <= 0).all()


def test_what_is_outside_of_the_axes_or_not_a_number_is_not_drawn() -> None:
    strays = points((5, 0), (0, -3), (np.nan, 0), (np.inf, 1))
    with np.errstate(all="raise"):
        image = render(moment(real=strays, generated=strays), SIZE)
    assert image.tobytes() == render(moment(), SIZE).tobytes()


def test_iteration_is_written_on_the_picture() -> None:
    assert render(moment(), SIZE).tobytes() != render(moment(iteration=8), SIZE).tobytes()


@pytest.mark.parametrize("extent", [0.013, 0.5, 1.0, 1.6, 2.5, 6.0, 40.0])
def test_axes_of_any_extent_have_a_few_round_ticks(extent: float) -> None:
    render(moment(extent=extent), SIZE)


@pytest.mark.parametrize("size", [SIZES[0] - 1, SIZES[1] + 1])
def test_impossible_size_is_said(size: int) -> None:
    with pytest.raises(ValueError, match=f"size is {size}, but must be 120 to 1600 pixels"):
        render(moment(), size)


def test_unknown_layer_is_said() -> None:
    with pytest.raises(ValueError, match="layers holds 'fog', but must be some of surface, "):
        render(moment(), layers={"fog"})


def test_animation_opens_with_all_frames_their_time_and_their_colours() -> None:
    frames = [moment(iteration=i, real=points((i / 5 - 1, 0.5))) for i in range(10)]
    animation: Any = Image.open(io.BytesIO(animate(frames, fps=20, size=SIZE)))
    assert animation.format == "GIF"
    assert animation.n_frames == 10
    assert animation.info["duration"] == 50
    assert animation.info["loop"] == 0
    for i in (0, 9):
        animation.seek(i)
        assert np.allclose(at(animation.convert("RGB"), i / 5 - 1, 0.5), palette.rgb("#0f8a6a"), atol=8)


def test_animation_takes_pictures_as_well_and_stays_small() -> None:
    surface = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    images = [render(moment(iteration=i, surface=surface), 240) for i in range(20)]
    assert len(animate(images, fps=12)) < 100_000


@pytest.mark.parametrize("fps", [0.0, FPS[1] + 1, float("nan")])
def test_impossible_speed_is_said(fps: float) -> None:
    with pytest.raises(ValueError, match=r"fps is .*, but must be 1 to 50"):
        animate([moment()], fps)


def test_animation_of_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="no frame"):
        animate([])
