"""Lesson: maximum likelihood is KL, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exhibits import Hands
from playground.lessons.lesson import LessonError
from playground.lessons.likelihood import dragged
from playground.measures import densities

SLUG = "likelihood-is-kl"
ROOT = math.sqrt(2.0 * math.pi)


def gaussian(hands: Hands, mean: float, sigma: float) -> Hands:
    return hands.set("peak", (mean, 1.0 / (sigma * ROOT)))


@pytest.mark.parametrize("place", [(-2.0, 0.5), (0.3, 0.2), (2.9, 0.75)])
@pytest.mark.parametrize("model", ["gaussian", "mixture"])
def test_negative_log_likelihood_is_kl_plus_a_constant(model: str, place: tuple[float, float]) -> None:
    hands = Hands(SLUG, model=model)
    constant = hands.reading("entropy")
    for name in ("peak", "left"):
        hands.set(name, (place[0], min(place[1], hands.lesson.control(name).high[1])))
    assert hands.reading("entropy") == constant
    assert hands.reading("cross_entropy") - hands.reading("kl") == pytest.approx(constant, abs=1e-9)


def test_on_one_hill_every_number_is_the_closed_form() -> None:
    """At distance 0 and a narrow model the data are two Gaussians at 0: both KLs lie within log 2 of each."""
    hands = gaussian(Hands(SLUG, distance=0.0), 1.0, 0.7)
    p = densities.mixture(np.linspace(-9, 9, 9001), [0, 0], [0.5, 0.8], 0.5)
    closed = 0.5 * math.log(2 * math.pi * 0.49) + ((0.25 + 0.64) / 2 + 1.0) / (
        2 * 0.49
    )  # E (x - 1)^2 under p
    assert hands.reading("cross_entropy") == pytest.approx(closed, abs=1e-9)
    assert hands.reading("entropy") == pytest.approx(densities.entropy(p, 18 / 9000), abs=1e-9)


def test_the_drawn_points_agree_with_the_integral() -> None:
    exhibit = gaussian(Hands(SLUG), 0.0, 1.9).exhibit
    q = densities.normal(exhibit.points, 0.0, 1.9)
    surprises = -np.log(q)
    exact = densities.cross_entropy(
        exhibit.p, densities.normal(densities.grid(-14, 14, 1401)[0], 0, 1.9), 0.02
    )
    assert abs(surprises.mean() - exact) < 3 * surprises.std() / math.sqrt(len(surprises))


def test_the_smallest_kl_has_the_mean_and_variance_of_the_data() -> None:
    best = Hands(SLUG).show(0).reading("kl")
    variance = 1.8**2 + (0.5**2 + 0.8**2) / 2
    hands = gaussian(Hands(SLUG), 0.0, math.sqrt(variance))
    assert hands.reading("kl") == pytest.approx(best, abs=1e-6)
    assert hands.reading("kl") == pytest.approx(
        densities.normal_entropy(math.sqrt(variance)) - hands.reading("entropy"), abs=1e-6
    )
    for mean, sigma in ((0.1, 1.92), (-0.1, 1.92), (0.0, 1.8), (0.0, 2.05)):
        assert gaussian(Hands(SLUG), mean, sigma).reading("kl") > best + 1e-4


def test_thing_1_both_curves_are_smallest_at_the_same_place() -> None:
    hands = Hands(SLUG).show(0)
    lines = hands.exhibit.sweep(dragged(hands.values))
    assert lines["cross"].argmin() == lines["kl"].argmin() == 30  # the mean 0
    assert np.ptp(lines["cross"] - lines["kl"]) < 1e-9
    assert hands.view.answer == "valley"


def test_thing_2_reverse_kl_likes_one_hill_and_forward_kl_does_not() -> None:
    both, one = Hands(SLUG).show(0), Hands(SLUG).show(1)
    assert one.reading("reverse_kl") == pytest.approx(math.log(2.0), abs=0.03)
    assert one.reading("reverse_kl") < both.reading("reverse_kl")
    assert one.reading("kl") > both.reading("kl") + 3.0


def test_thing_3_the_right_mixture_leaves_only_the_entropy() -> None:
    hands = Hands(SLUG).show(2)
    assert max(hands.reading(name) for name in ("kl", "reverse_kl", "jsd")) < 1e-4
    assert hands.reading("cross_entropy") == pytest.approx(hands.reading("entropy"), abs=1e-4)
    assert hands.reading("entropy") > 1.0


def test_the_answer_follows_the_data() -> None:
    assert Hands(SLUG).view.answer is None
    joined = gaussian(Hands(SLUG, distance=0.6), 0.0, math.sqrt(0.3**2 + 0.445))
    assert joined.view.answer == "hill"
    assert "smallest possible" in joined.view.evidence
    assert gaussian(Hands(SLUG, distance=4.0), 0.0, math.sqrt(2.0**2 + 0.445)).view.answer == "valley"


def test_a_handle_stays_in_its_box() -> None:
    with pytest.raises(LessonError, match=r"peak is 9\.0, but must be from -3 to 3"):
        Hands(SLUG).set("peak", (9.0, 0.3))
