"""The lesson of the generating discriminator: maxima are found, and false ones pressed down."""

from __future__ import annotations

import numpy as np
import pytest

from exhibits import Hands
from playground.engine.peaks import langevin, peaks
from playground.lessons.d_generates import DGenerates
from playground.lessons.lesson import LessonError

SLUG = "can-d-generate"


def exhibit(hands: Hands) -> DGenerates:
    assert isinstance(hands.exhibit, DGenerates)
    return hands.exhibit


def test_peaks_of_a_line_are_its_local_maxima_highest_first_with_the_borders() -> None:
    assert peaks(np.array([3.0, 1.0, 2.0, 1.0, 5.0])).tolist() == [4, 0, 2]


def test_peaks_of_a_plane_are_the_middles_of_its_hills() -> None:
    x, y = np.meshgrid(np.arange(9.0), np.arange(7.0))
    hills = np.exp(-((x - 2) ** 2 + (y - 3) ** 2)) + 2 * np.exp(-((x - 6) ** 2 + (y - 5) ** 2))
    assert [divmod(int(i), 9) for i in peaks(hills)[:2]] == [(5, 6), (3, 2)]


def test_langevin_dynamics_of_a_quadratic_gives_its_normal_distribution() -> None:
    starts = np.zeros((4000, 2), np.float32)
    x = langevin(lambda x: -4.0 * (x - 0.5), starts, np.random.default_rng(0), 200, 0.02, 5.0)
    assert x.mean(0) == pytest.approx([0.5, 0.5], abs=0.03)
    assert x.std(0) == pytest.approx([0.5, 0.5], abs=0.03)  # exp(-4 |x - 1/2|^2 / 2): variance 1/4


@pytest.mark.parametrize("space", ["line", "plane"])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_false_peak_is_pressed_down_in_the_next_round(space: str, seed: int) -> None:
    hands = Hands(SLUG, space=space, seed=seed).press("round", 4)
    rounds = [r for r in exhibit(hands).rounds if r.after is not None]
    assert rounds and rounds[0].top > 0.9  # there were false peaks
    assert all(r.after is not None and r.after < 0.5 * r.top for r in rounds)
    assert hands.view.answer == "down"


def test_what_the_screen_says_of_the_false_peaks_is_d_there() -> None:
    hands = Hands(SLUG).press("round")
    found = exhibit(hands).rounds[-1]
    assert hands.reading("before") == pytest.approx(found.before[found.false].mean())
    assert hands.reading("now") == pytest.approx(hands.reading("before"), abs=1e-6)  # D has not learned yet
    assert hands.view.answer is None
    hands.show(0)
    assert hands.reading("round") == 3
    first, second = exhibit(hands).rounds
    assert first.after is not None and first.after < 0.1 < 0.9 < first.top
    assert np.abs(second.peaks[:, None] - first.peaks).min() > 0.5  # highest elsewhere


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("thing", [1, 2])
def test_in_the_end_the_maxima_lie_on_the_data(thing: int, seed: int) -> None:
    hands = Hands(SLUG, seed=seed)
    assert hands.reading("on_data") == 0.0
    hands.show(thing)
    found = exhibit(hands)
    assert not found.rounds[-1].false.any()
    assert hands.reading("on_data") > (99.0 if thing == 1 else 60.0)
    assert "D generates" in hands.view.sentence
    near = np.linalg.norm(found.rounds[-1].peaks[:, None] - found.space.means, axis=2).argmin(1)
    assert set(near) == set(range(len(found.space.means)))  # every hill has one


def test_the_check_says_what_the_numbers_say() -> None:
    hands = Hands(SLUG).press("round", 2)
    last = exhibit(hands).rounds[0]
    last.after = 0.9 * last.top
    assert hands.view.answer is not None and hands.view.answer != "all"
    exhibit(hands).rounds = [last]
    assert hands.view.answer == "stay"
    last.after, last.real_after = 0.1, 0.2
    assert hands.view.answer == "all"


def test_a_round_is_eleven_steps() -> None:
    by_step, by_round = Hands(SLUG).press("step", 11), Hands(SLUG).press("round")
    assert by_step.view == by_round.view


def test_no_other_press_exists() -> None:
    with pytest.raises(LessonError, match="must be step or round"):
        Hands(SLUG).exhibit.press("search")
