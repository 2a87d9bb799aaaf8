"""Clouds from visitors: what is read, what is refused, what survives a link unchanged."""

from __future__ import annotations

import base64
import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.data import (
    PointsError,
    decode_points,
    encode_points,
    make_target,
    normalise_points,
    parse_points,
)

EXPECTED = [[1.0, 2.0], [-0.5, 3e-1]]


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n-0.5,3e-1",
        "1, 2\r\n-0.5 , 3e-1\r\n",
        "1;2\n-.5;.3\n",
        "  1   2 \n\n-0.5\t0.3\n\n",
        "x,y\n1,2\n-0.5,0.3",
        "\ufeffX;Y\n1;2\n-0.5;0.3",
        "width height\n1 2\n-0.5 0.3",
        "label,y,id,x\nred,2,7,1\nblue,0.3,8,-0.5",
        '"x","y"\n"1","2"\n"-0.5","0.3"',
        "# made by hand\n1 2\n-0.5 0.3",
    ],
)
def test_the_same_two_points_are_read_from_every_common_spelling(text: str) -> None:
    assert parse_points(text).tolist() == EXPECTED


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("1,2\n3,4,5", r"Line 2 has 3 columns; exactly 2 are allowed"),
        ("1\n2", r"Line 1 has 1 columns"),
        ("1,2\n3,abc", r"Line 2 holds 'abc'; a number such as"),
        ("x,y\n1,2\n\n3,nan", r"Line 4 holds 'nan'; a finite number"),
        ("1,2\n3,inf", r"Line 2 holds 'inf'; a finite number"),
        ("1,2\n3,1e300", r"Line 2 holds '1e300'; .* up to 1e\+09"),
        ("1,2\n3,1_000", r"Line 2 holds '1_000'"),
        ("1,5;2,5\n1,5;2,5", r"exactly 2 are allowed|holds '1,5'|at least 2"),
        ("1,2\n3,", r"Line 2 holds ''"),
        ("a,x,y\n1,2", r"Line 2 has 2 columns, too few"),
        ("", r"holds 0 rows of numbers; at least 2"),
        ("1,2", r"holds 1 rows of numbers; at least 2"),
        ("x,y\nx,y\n1,2", r"Line 2 holds 'x'"),
        ("1,2\n3," + "9z" * 500, r"Line 2 holds '9z9z.{0,30}\.\.\.'"),
    ],
)
def test_a_refusal_names_the_line_the_value_and_what_is_allowed(text: str, sentence: str) -> None:
    with pytest.raises(PointsError, match=sentence) as caught:
        parse_points(text)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 160


def test_twenty_thousand_rows_are_read_and_one_more_is_not() -> None:
    assert parse_points("1,2\n" * 20_000).shape == (20_000, 2)
    with pytest.raises(PointsError, match=r"Line 20001 is row 20,001; 20,000 are allowed"):
        parse_points("1,2\n" * 20_001)


def test_more_than_one_mebibyte_is_refused_before_it_is_read() -> None:
    with pytest.raises(PointsError, match=r"1,048,577 bytes; at most 1,048,576"):
        parse_points("x" * (2**20 + 1))
    with pytest.raises(PointsError, match=r"1,200,000 bytes"):
        parse_points("é" * 600_000)  # two bytes each


def test_a_drawing_stays_where_it_was_drawn() -> None:
    drawn = np.array([[1.9, -1.9], [0.12345, 0.0], [0.12345, 0.0]])
    cloud = normalise_points(drawn)
    assert np.abs(cloud.points - drawn).max() <= 1 / 8192
    assert cloud.points.dtype == np.float32 and "kept where they are" in cloud.note


def test_a_cloud_from_elsewhere_is_centred_and_scaled_by_one_factor() -> None:
    cloud = normalise_points([[100.0, 10.0], [300.0, 10.0], [200.0, 60.0]])
    assert cloud.points == pytest.approx(np.array([[-1.5, -0.375], [1.5, -0.375], [0.0, 0.375]]))
    assert "(200, 35)" in cloud.note and "0.015" in cloud.note


def test_points_all_in_one_spot_are_moved_but_never_divided_by_zero() -> None:
    cloud = normalise_points(np.full((5, 2), 7.0))
    assert cloud.points.tolist() == [[0.0, 0.0]] * 5
    assert normalise_points(np.full((5, 2), 0.5)).points.tolist() == [[0.5, 0.5]] * 5


def test_a_large_cloud_is_thinned_by_its_seed_and_says_so() -> None:
    many = np.random.default_rng(0).uniform(-1, 1, (5000, 2))
    one, two, other = normalise_points(many), normalise_points(many), normalise_points(many, seed=1)
    assert one.points.shape == (1000, 2) and "1,000 of the 5,000 points" in one.note
    assert np.array_equal(one.points, two.points) and not np.array_equal(one.points, other.points)
    raster = {tuple(p) for p in normalise_points(many, limit=5000).points.tolist()}
    assert {tuple(p) for p in one.points.tolist()} <= raster


@given(st.lists(st.tuples(*[st.floats(-1e9, 1e9, allow_nan=False)] * 2), min_size=1, max_size=50))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_cloud_fits_the_window_and_survives_a_link(
    points: list[tuple[float, float]],
) -> None:
    cloud = normalise_points(points).points
    inside = 1.9 if np.abs(points).max() <= 1.9 else 1.5
    assert np.abs(cloud).max() <= inside
    assert (cloud * 8192 == np.rint(cloud * 8192)).all()
    text = encode_points(cloud)
    assert decode_points(text).tobytes() == cloud.tobytes()


def test_a_thousand_points_fit_in_a_link_of_5334_url_safe_characters() -> None:
    cloud = normalise_points(np.random.default_rng(0).normal(size=(1000, 2))).points
    text = encode_points(cloud)
    assert len(text) == 5334 and set(text) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
    assert np.array_equal(decode_points(text), cloud)
    with pytest.raises(PointsError, match="1,001"):
        encode_points(np.zeros((1001, 2)))
    with pytest.raises(PointsError, match="normalise"):
        encode_points([[0.1, 0.1]])


def raw(steps: list[int]) -> str:
    return base64.urlsafe_b64encode(np.array(steps, dtype="<i2").tobytes()).decode().rstrip("=")


def test_the_link_is_int16_little_endian() -> None:
    assert encode_points([[1.0, -0.5]]) == raw([8192, -4096])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "AAAA",  # three bytes
        "AAAAA",
        "AAAA AAA",
        "AAAAAA==",
        "AAAA+A",  # the other alphabet
        "AAAAAB",  # stray bits
        "€AAAAA",
        raw([32767, 0]),  # outside of the window
        "A" * 5336,
        "A" * 10_000_000,
    ],
)
def test_a_link_that_encode_would_not_write_is_refused(text: str) -> None:
    with pytest.raises(PointsError) as caught:
        decode_points(text)
    assert len(str(caught.value)) < 160


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_no_text_makes_the_readers_fail_in_another_way(text: str) -> None:
    for read in (parse_points, decode_points):
        with contextlib.suppress(PointsError):
            assert np.isfinite(read(text)).all()


def test_learning_a_cloud_draws_its_points_with_jitter() -> None:
    cloud = np.array([[1.0, 1.0], [-1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
    x = make_target("points", sigma=0.05, points=cloud).sample(20_000, np.random.default_rng(0))
    right = x[:, 0] > 0
    assert right.mean() == pytest.approx(0.25, abs=5 * np.sqrt(0.25 * 0.75 / 20_000))
    assert x[right].mean(axis=0) == pytest.approx([1, 1], abs=0.005)
    assert x[right].std(axis=0) == pytest.approx([0.05, 0.05], rel=0.05)


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 2)), np.zeros((3, 3)), [[0.0, float("nan")]], np.zeros((20_001, 2))]
)
def test_an_array_that_is_no_cloud_is_refused(bad: object) -> None:
    for use in (normalise_points, lambda p: make_target("points", points=p)):
        with pytest.raises(PointsError):
            use(bad)
