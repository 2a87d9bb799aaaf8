"""Digits, drawn moons, small grey pictures, the judge of digits: against the data set and closed forms."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from sklearn import datasets

from playground.data.digits import CLASSES, PIXELS, UNSEEN, draw_labelled, draw_rows, load_digits, one_hot
from playground.data.moons import every_moon, moons
from playground.figures.grey import beside, canvas, grey, sheet_url
from playground.measures.digit_judge import digit_judge

# -- digits


def test_every_digit_of_the_data_set_is_in_exactly_one_part() -> None:
    found, known = load_digits(), datasets.load_digits()
    assert (len(found.train), len(found.unseen)) == (len(known.data) - UNSEEN, UNSEEN)
    ours = np.concatenate([found.train.pixels, found.unseen.pixels])
    labels = np.concatenate([found.train.labels, found.unseen.labels])
    both = np.concatenate([16.0 * ours, labels[:, None]], 1)
    theirs = np.concatenate([known.data, known.target[:, None]], 1)
    np.testing.assert_array_equal(both[np.lexsort(both.T)], theirs[np.lexsort(theirs.T)])


def test_pixels_lie_between_paper_and_ink_and_nobody_can_write_on_them() -> None:
    train = load_digits().train
    assert train.pixels.dtype == np.float32 and train.pixels.shape[1] == PIXELS
    assert (train.pixels.min(), train.pixels.max()) == (0.0, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        train.pixels[0, 0] = 1.0
    assert load_digits() is load_digits()


def test_both_parts_hold_every_class() -> None:
    for part in (load_digits().train, load_digits().unseen):
        counts = np.bincount(part.labels, minlength=CLASSES)
        assert counts.min() > 0.06 * len(part)


def test_a_labelled_row_is_a_digit_with_its_own_class() -> None:
    train = load_digits().train
    rows = draw_labelled(train)(np.random.default_rng(3), 50)
    for row in rows:
        same = (train.pixels == row[:PIXELS]).all(1)
        assert train.labels[same].tolist() == [row[PIXELS:].argmax()] * same.sum() and same.any()
    assert (rows[:, PIXELS:].sum(1) == 1.0).all()


def test_draws_follow_from_the_random_generator_and_take_every_row() -> None:
    rows = np.arange(6, dtype=np.float32)[:, None]
    drawn = draw_rows(rows)(np.random.default_rng(0), 6_000)
    np.testing.assert_array_equal(drawn, draw_rows(rows)(np.random.default_rng(0), 6_000))
    assert np.bincount(drawn[:, 0].astype(int)).min() > 850  # 1,000 each; five standard deviations below


def test_one_hot_is_the_identity_of_the_classes() -> None:
    np.testing.assert_array_equal(one_hot(range(CLASSES)), np.eye(CLASSES))


def test_the_judge_knows_unseen_digits_and_not_shuffled_ones() -> None:
    judge, unseen = digit_judge(), load_digits().unseen
    assert judge.accuracy > 0.98
    assert judge.accuracy == (judge.classes(unseen.pixels) == unseen.labels).mean()
    assert judge.agreement(unseen.pixels, np.roll(unseen.labels, 1)) < 0.25


# -- moons


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_the_lit_share_of_the_disc_is_the_phase(phase: float) -> None:
    """The terminator is half an ellipse, so the lit area is phase times pi."""
    light, full = moons([phase])[0].sum(), moons([1.0])[0].sum()
    assert light / full == pytest.approx(phase, abs=0.012)


def test_a_half_moon_is_the_left_half_of_a_full_one() -> None:
    half, full = moons([0.5, 1.0]).reshape(2, 12, 12)
    np.testing.assert_array_equal(half[:, :6], full[:, :6])
    assert half[:, 6:].sum() == 0.0
    np.testing.assert_array_equal(every_moon()[100], half.ravel())


def test_a_phase_beyond_the_full_moon_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        moons([0.5, 1.01])


# -- grey pictures


def opened(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))


def test_ink_is_dark_on_paper_and_light_is_bright_in_the_dark() -> None:
    rows = np.array([[0.0, 1.0, 2.0, -1.0]])
    assert grey(rows)[0, ..., 0].tolist() == [[255, 29], [29, 255]]
    assert grey(rows, light=True)[0, ..., 0].tolist() == [[29, 255], [255, 29]]


def test_a_sheet_holds_the_pictures_in_their_order() -> None:
    rows = np.stack([np.full(4, 1.0), np.full(4, 0.0), np.full(4, 1.0)])
    picture = opened(sheet_url(rows, columns=2, gap=0))
    assert picture.shape == (4, 4, 3)
    assert [picture[y, x, 0] for y, x in ((0, 0), (0, 2), (2, 0))] == [29, 255, 29]


def test_rows_that_are_no_squares_are_refused() -> None:
    with pytest.raises(ValueError, match="square number"):
        grey(np.zeros((2, 12)))


def test_every_pixel_of_a_canvas_presses_its_own_number() -> None:
    drawn = canvas(np.linspace(0.0, 1.0, 9), "paint:a", "A digit", marked={4})
    parts = re.findall(r'<rect x="(\d)" y="(\d)"[^>]*data-press="paint:a(\d)"', drawn)
    assert [(int(y) * 3 + int(x), int(i)) for x, y, i in parts] == [(i, i) for i in range(9)]
    assert drawn.count("pointer-events") == 1  # the outline does not catch the click


def test_shares_of_the_width_are_kept() -> None:
    assert re.findall(r"flex:(\d+) 1 (\d+)px", beside((9, "a"), (3, "b"))) == [("9", "180"), ("3", "60")]
