"""The diagnosis of a run: each sign alone decides, at its limit, and nothing else does."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from playground.data import make_target
from playground.measures import diagnosis, mode_coverage
from playground.measures.diagnosis import (
    BALANCED,
    COLLAPSED,
    DIAGNOSES,
    TOO_STRONG,
    TOO_WEAK,
    diagnose,
    signs,
)
from playground.snapshots import Measures, Update


def moment(
    lag: float = 0.1, real: float = 0.6, generated: float = 0.4, reverse_kl: float = 0.0
) -> tuple[Measures, Update]:
    """A moment of a run on eight equal modes; by default nothing is wrong."""
    measures = Measures(modes_total=8, reverse_kl_modes=reverse_kl, value=-1.0 - lag, value_star=-1.0)
    update = Update(
        "iteration", 1, 1, 1, mean_real=real, mean_generated=generated, generator_gradient_norm=0.5
    )
    return measures, update


def test_a_run_without_a_sign_is_balanced() -> None:
    assert diagnose(*moment()) == BALANCED


@pytest.mark.parametrize("lag, key", [(math.log(2) - 0.01, BALANCED), (math.log(2) + 0.01, TOO_WEAK)])
def test_d_is_too_weak_when_it_misses_more_than_half_of_log_4(lag: float, key: str) -> None:
    assert diagnose(*moment(lag=lag)) == key


@pytest.mark.parametrize("real, generated, key", [(0.94, 0.06, BALANCED), (0.96, 0.04, TOO_STRONG)])
def test_d_is_too_strong_when_it_is_sure_of_both(real: float, generated: float, key: str) -> None:
    assert diagnose(*moment(real=real, generated=generated)) == key


@pytest.mark.parametrize("held, key", [(7, BALANCED), (5, COLLAPSED), (1, COLLAPSED)])
def test_fewer_than_three_quarters_of_the_modes_are_a_collapse(held: int, key: str) -> None:
    means = make_target("ring8").modes.means[:held]  # type: ignore[union-attr]
    coverage = mode_coverage(np.repeat(means, 100, axis=0), make_target("ring8").modes)  # type: ignore[arg-type]
    found = moment(reverse_kl=coverage.reverse_kl)
    assert signs(*found).modes_held == pytest.approx(held)
    assert diagnose(*found) == key


def test_a_generator_on_no_mode_holds_none() -> None:
    assert signs(*moment(reverse_kl=math.inf)).modes_held == 0.0
    assert diagnose(*moment(reverse_kl=math.inf)) == COLLAPSED


def test_missing_modes_under_a_d_that_lags_are_blamed_on_d() -> None:
    assert diagnose(*moment(lag=1.2, real=0.5, generated=0.5, reverse_kl=math.log(8))) == TOO_WEAK


def test_missing_modes_under_a_d_that_is_sure_are_blamed_on_d() -> None:
    assert diagnose(*moment(real=1.0, generated=0.0, reverse_kl=math.log(8))) == TOO_STRONG


@pytest.mark.parametrize("missing", ["lag", "real", "generated", "reverse_kl"])
def test_without_a_number_there_is_no_diagnosis(missing: str) -> None:
    assert diagnose(*moment(**{missing: math.nan})) is None


def test_a_run_that_has_not_begun_has_no_diagnosis() -> None:
    assert diagnose(Measures(), Update("start", 0, 0, 0)) is None


def test_it_cannot_know_the_settings() -> None:
    assert list(inspect.signature(diagnose).parameters) == ["measures", "update"]
    source = inspect.getsource(diagnosis)
    assert "config" not in source
    assert "preset" not in source.replace("no preset", "")
    assert len(set(DIAGNOSES)) == 4
