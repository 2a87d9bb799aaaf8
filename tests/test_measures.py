"""The measures: closed forms, independent implementations, and the floors of finite samples."""

from __future__ import annotations

import math

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.linalg import sqrtm
from scipy.spatial.distance import jensenshannon

from playground.data import TARGETS, Modes, make_target
from playground.measures import (
    DivergenceEstimator,
    Grid,
    bin_samples,
    high_quality_ceiling,
    jsd,
    jsd_floor,
    kl,
    mode_coverage,
    optimal_discriminator,
    optimal_discriminator_from_log,
    optimal_value,
    reverse_kl_floor,
    skew_kl,
    sliced_wasserstein,
    smooth,
    target_masses,
    value,
    wasserstein,
    wasserstein_1d,
    wasserstein_floor,
)

LOG2 = math.log(2.0)
BITS = 1.0 / LOG2


def modes_of(name: str, sigma: float | None = None) -> Modes:
    modes = make_target(name, sigma).modes
    assert modes is not None
    return modes


# ---------------------------------------------------------------- coverage


@pytest.mark.parametrize("name", ["ring8", "grid25", "gaussian"])
def test_a_perfect_sampler_scores_the_ceiling_and_covers_every_mode(name: str) -> None:
    n = 20_000
    score = mode_coverage(make_target(name).sample(n, np.random.default_rng(0)), modes_of(name))
    ceiling = high_quality_ceiling()
    assert ceiling == pytest.approx(stats.chi2.cdf(9, df=2)) == pytest.approx(0.98889, abs=1e-5)
    assert score.high_quality == pytest.approx(ceiling, abs=5 * math.sqrt(ceiling * (1 - ceiling) / n))
    assert score.covered == score.total == len(score.counts)
    assert score.stray == pytest.approx(1 - score.high_quality)


def test_the_reverse_kl_of_a_perfect_sampler_averages_to_its_floor() -> None:
    target, n, repeats = make_target("grid25"), 2_000, 60
    rng = np.random.default_rng(0)
    readings = [mode_coverage(target.sample(n, rng), modes_of("grid25")).reverse_kl for _ in range(repeats)]
    spread = math.sqrt(2 * 24) / (2 * n) / math.sqrt(repeats)  # 2 N KL is chi^2 with 24 degrees of freedom
    assert np.mean(readings) == pytest.approx(reverse_kl_floor(25, n), abs=5 * spread)


def test_one_mode_of_eight_reads_log_eight() -> None:
    modes = modes_of("ring8")
    score = mode_coverage(np.tile(modes.means[3], (100, 1)), modes)
    assert (score.covered, score.high_quality) == (1, 1.0)
    assert score.reverse_kl == pytest.approx(math.log(8))


def test_modes_drawn_by_their_weights_read_zero_and_drawn_equally_read_the_kl() -> None:
    modes = modes_of("ring8_unequal")
    assert mode_coverage(np.repeat(modes.means, range(1, 9), axis=0), modes).reverse_kl == pytest.approx(0)
    expected = stats.entropy(np.full(8, 1 / 8), modes.weights)
    assert mode_coverage(modes.means, modes).reverse_kl == pytest.approx(expected)


def test_strays_cover_nothing() -> None:
    score = mode_coverage([[0.0, 0.0], [0.5, 0.1]], modes_of("ring8"))
    assert (score.covered, score.high_quality, score.stray, score.reverse_kl) == (0, 0.0, 1.0, math.inf)


def test_quality_is_the_mahalanobis_distance_of_a_tilted_mode() -> None:
    modes = Modes(np.zeros((1, 2)), np.array([[[1.0, 0.9], [0.9, 1.0]]]), np.ones(1))
    points = np.array([[2.9, 2.6], [1.0, -1.0], [0.6, -0.6]])
    inverse = np.linalg.inv(modes.covariances[0])
    inside = np.sqrt(np.einsum("ni,ij,nj->n", points, inverse, points)) < 3
    assert inside.tolist() == [True, False, True]
    assert mode_coverage(points, modes).high_quality == pytest.approx(2 / 3)


# ---------------------------------------------------------------- masses


def test_samples_are_counted_row_by_row_upwards_and_the_rest_outside() -> None:
    grid = Grid(1.0, 2)
    x = [[-0.5, -0.5], [0.5, -0.5], [0.5, -0.1], [-0.5, 0.5], [1.0, 1.0], [1.1, 0.0], [0.0, -7e30], [9, 9]]
    assert bin_samples(x, grid).tolist() == [1 / 8, 2 / 8, 1 / 8, 1 / 8, 3 / 8]
    assert grid.centres.tolist() == [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]


def test_binning_agrees_with_numpys_histogram() -> None:
    x, grid = np.random.default_rng(0).normal(size=(5000, 2)), Grid(1.7, 31)
    counts = np.histogram2d(x[:, 1], x[:, 0], bins=[grid.edges, grid.edges])[0]
    assert bin_samples(x, grid)[:-1] == pytest.approx(counts.ravel() / 5000)


def test_smoothing_keeps_the_mass_and_sends_what_leaves_outside() -> None:
    grid = Grid(1.0, 16)
    corner = np.zeros(257)
    corner[0], corner[-1] = 0.75, 0.25
    spread = smooth(corner, grid, 2 * grid.cell)
    assert spread.sum() == pytest.approx(1.0, abs=1e-14)
    kernel = np.exp(-0.5 * (np.arange(-8, 9) / 2.0) ** 2)
    kept = kernel[8:].sum() / kernel.sum()  # of a corner cell, per axis
    assert spread[-1] == pytest.approx(0.25 + 0.75 * (1 - kept**2))
    assert smooth(corner, grid, 0.0) is corner


@pytest.mark.parametrize("name", list(TARGETS))
def test_target_masses_add_up_and_a_perfect_generator_tends_to_them(name: str) -> None:
    points = np.random.default_rng(0).uniform(-1.8, 1.8, (50, 2)) if name == "points" else None
    target = make_target(name, points=points)
    grid = Grid(target.extent, 64)
    for bandwidth in (0.0, grid.cell):
        masses = target_masses(target, grid, bandwidth)
        assert masses.shape == (64 * 64 + 1,) and masses.min() >= 0.0
        assert masses.sum() == pytest.approx(1.0, abs=1e-12)
        # A bias would stay as N grows; noise falls as 1 / N.
        few, many = (jsd_floor(target, n, grid, bandwidth, repeats=2) for n in (2_000, 32_000))
        assert 0.0 < many < few / 5
        assert many < 0.01


def test_modes_far_narrower_than_a_cell_are_integrated_exactly() -> None:
    grid = Grid(2.0, 64)
    target = make_target("two_islands", sigma=1e-4)  # the means lie on corners of four cells each
    masses = target_masses(target, grid, 0.0)[:-1].reshape(64, 64)
    assert masses[31:33, 15:17] == pytest.approx(np.full((2, 2), 1 / 8))
    assert masses[31:33, 47:49] == pytest.approx(np.full((2, 2), 1 / 8))


# ---------------------------------------------------------------- divergences


def distributions(size: int = 7) -> st.SearchStrategy[np.ndarray]:
    weights = arrays(np.float64, size, elements=st.floats(0, 1).map(lambda w: 0.0 if w < 1e-6 else w))
    return weights.filter(lambda w: w.sum() > 0).map(lambda w: w / w.sum())


@given(distributions(), distributions(), arrays(np.float64, 7, elements=st.floats(0, 1)))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_discriminator_beats_the_best_one(p: np.ndarray, q: np.ndarray, d: np.ndarray) -> None:
    best = optimal_value(p, q)
    assert value(p, q, d) <= best + 1e-12
    assert value(p, q, optimal_discriminator(p, q)) == pytest.approx(best, abs=1e-5)
    assert -math.log(4) - 1e-12 <= best <= 1e-12


@given(distributions(), distributions())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_divergences_agree_with_scipy(p: np.ndarray, q: np.ndarray) -> None:
    # SciPy returns a square root, which turns a rounding error of 1e-17 into one of 1e-8
    assert jsd(p, q) == pytest.approx(np.nan_to_num(jensenshannon(p, q)) ** 2, abs=1e-12)
    assert jsd(p, q) == jsd(q, p)
    assert kl(p, q) == pytest.approx(stats.entropy(p, q), abs=1e-12)


@given(distributions(), distributions(), st.integers(1, 10**6))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_skew_divergence_is_finite_and_bounds_kl_from_below(p: np.ndarray, q: np.ndarray, n: int) -> None:
    assert -1e-12 <= skew_kl(p, q, n) <= min(kl(p, q), math.log(n + 1)) + 1e-12


def test_the_skew_divergence_tends_to_kl() -> None:
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.1, 0.8])
    assert skew_kl(p, q, 10**9) == pytest.approx(kl(p, q), abs=1e-8)
    assert kl(p, np.array([0.5, 0.5, 0.0])) == math.inf


def test_identical_distributions_have_a_blind_best_discriminator_and_value_minus_log_four() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(50))
    assert jsd(p, p) == 0.0
    assert optimal_discriminator(p, p) == pytest.approx(np.full(50, 0.5))
    assert optimal_value(p, p) == pytest.approx(-1.38629, abs=1e-5)
    assert value(p, p, np.full(50, 0.5)) == pytest.approx(-math.log(4))


def test_disjoint_targets_read_log_two_at_any_distance_while_transport_tells_them_apart() -> None:
    rng, grid = np.random.default_rng(0), Grid(2.0, 64)
    readings = []
    for gap in (0.5, 1.0, 1.5):
        spot = 0.01 * rng.standard_normal((300, 2))
        a, b = spot, spot + np.array([gap, 0.0])
        assert jsd(bin_samples(a, grid), bin_samples(b, grid)) == pytest.approx(LOG2)
        readings.append(wasserstein(a, b))
    assert readings == pytest.approx([0.5, 1.0, 1.5])


def test_the_best_discriminator_from_logarithms_is_stable() -> None:
    log_p = np.array([0.0, -1e5, -math.inf, -math.inf, -2.0, 0.0])
    log_q = np.array([0.0, -2e5, 0.0, -math.inf, -3.0, -math.inf])
    expected = [0.5, 1.0, 0.0, 0.5, 1 / (1 + math.exp(-1)), 1.0]
    assert optimal_discriminator_from_log(log_p, log_q) == pytest.approx(expected)
    assert optimal_discriminator(np.array([0.0, 3.0]), np.array([0.0, 1.0])).tolist() == [0.5, 0.75]


# ---------------------------------------------------------------- floors


def test_150_samples_over_900_cells_read_a_third_of_a_bit_and_20000_nearly_nothing() -> None:
    """Two real samples of one target; the right answer is 0."""
    target, grid, rng = make_target("two_islands", sigma=0.25), Grid(2.0, 30), np.random.default_rng(0)

    def reading(n: int) -> float:
        pairs = [[bin_samples(target.sample(n, rng), grid) for _ in "pq"] for _ in range(5)]
        return float(np.mean([jsd(p, q) for p, q in pairs])) * BITS

    assert 0.3 < reading(150) < 0.4
    assert 0.004 < reading(20_000) < 0.009


def test_against_exact_masses_the_floor_is_of_the_same_size() -> None:
    target, grid = make_target("gaussian"), Grid(2.0, 30)
    assert 0.3 < jsd_floor(target, 150, grid, 0.0) * BITS < 0.4
    assert 0.004 < jsd_floor(target, 20_000, grid, 0.0) * BITS < 0.009


def test_a_perfect_generator_reads_its_floor() -> None:
    target = make_target("grid25")
    estimator = DivergenceEstimator(target, Grid(target.extent), 0.05)
    reading = estimator.estimate(target.sample(20_000, np.random.default_rng(7)))
    assert reading.jsd == pytest.approx(reading.floor, rel=0.6)
    assert reading.kl == pytest.approx(reading.kl_floor, rel=0.6)
    assert reading.reverse_kl == pytest.approx(reading.reverse_kl_floor, rel=0.6)
    assert reading.floor == jsd_floor(target, 20_000, Grid(target.extent), 0.05) == estimator.floor(20_000)
    assert reading.value_star == pytest.approx(-math.log(4) + 2 * reading.jsd)
    assert reading.d_star.shape == (64, 64)


def test_a_collapsed_generator_reads_the_closed_form_of_one_mode_in_eight() -> None:
    """Only one of eight equal, separate modes: p = 1/8 and q = 1 there, p = 7/8 and q = 0 elsewhere."""
    target = make_target("ring8", sigma=0.02)
    estimator = DivergenceEstimator(target, Grid(2.0), 0.0)
    modes = target.modes
    assert modes is not None
    x = modes.means[2] + 0.02 * np.random.default_rng(0).standard_normal((20_000, 2))
    reading = estimator.estimate(x)
    p, q = 1 / 8, 1.0
    m = (p + q) / 2
    expected = 0.5 * (7 / 8 * LOG2 + p * math.log(p / m) + q * math.log(q / m))
    assert reading.jsd == pytest.approx(expected, abs=0.002)
    assert reading.reverse_kl == pytest.approx(math.log(8), abs=0.01)
    assert 0.8 * math.log(20_001) < reading.kl < math.log(20_001)
    assert reading.d_star[47:49, 31:33] == pytest.approx(np.full((2, 2), 1 / 9), abs=0.01)  # at (0, 1)
    assert reading.d_star[31:33, 47:49] == pytest.approx(np.ones((2, 2)))  # at (1, 0), a mode never reached


def test_broken_samples_are_reported_not_hidden() -> None:
    bad = np.array([[0.0, np.nan], [1.0, 1.0]])
    for use in (
        lambda: bin_samples(bad, Grid(1.0)),
        lambda: mode_coverage(bad, modes_of("ring8")),
        lambda: wasserstein(bad, bad),
    ):
        with pytest.raises(ValueError, match="1 of 2 samples are not finite"):
            use()
    with pytest.raises(ValueError, match="at least 1"):
        bin_samples(np.zeros((0, 2)), Grid(1.0))
    with pytest.raises(ValueError, match="grid"):
        Grid(-1.0)


# ---------------------------------------------------------------- transport


def test_two_point_masses_are_as_far_apart_as_their_points() -> None:
    a, b = np.zeros((3, 2)), np.tile([3.0, 4.0], (5, 1))
    assert wasserstein(a, b, order=1) == pytest.approx(5.0)
    assert wasserstein(a, b, order=2) == pytest.approx(5.0)
    assert wasserstein(a, a) == pytest.approx(0.0, abs=1e-12)


def test_the_distance_between_gaussians_is_the_bures_formula() -> None:
    rng = np.random.default_rng(0)
    first, second = np.diag([1.0, 0.25]), np.array([[0.5, 0.3], [0.3, 0.5]])
    shift = np.array([4.0, 0.0])
    root = sqrtm(first)
    bures = np.trace(first + second - 2 * sqrtm(root @ second @ root).real)
    a = rng.multivariate_normal([0, 0], first, 1000)
    b = rng.multivariate_normal(shift, second, 1000)
    reading = wasserstein(a, b, order=2, max_points=1000)
    assert reading == pytest.approx(math.sqrt(shift @ shift + bures), rel=0.03)
    assert float(np.real(ot.gaussian.bures_wasserstein_distance(np.zeros(2), shift, first, second))) == (
        pytest.approx(math.sqrt(shift @ shift + bures), rel=1e-6)
    )


def test_the_line_agrees_with_the_plane() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=200), rng.normal(1.0, 2.0, size=200)
    flat = [np.stack([v, np.zeros(200)], axis=1) for v in (a, b)]
    assert wasserstein_1d(a, b) == pytest.approx(wasserstein(*flat))
    assert wasserstein_1d(a, b) == pytest.approx(np.abs(np.sort(a) - np.sort(b)).mean())


def test_the_sliced_distance_of_a_shift_is_the_shift_over_root_two() -> None:
    a = np.random.default_rng(0).normal(size=(100, 2))
    b = a + np.array([3.0, 4.0])
    reading = sliced_wasserstein(a, b, projections=4000)
    assert reading == pytest.approx(5.0 / math.sqrt(2.0), rel=0.02)  # E cos^2 = 1/2 in the plane
    assert reading == sliced_wasserstein(a, b, projections=4000)


def test_large_samples_are_thinned_only_by_a_given_generator() -> None:
    x = np.random.default_rng(0).normal(size=(600, 2))
    with pytest.raises(ValueError, match="pass rng"):
        wasserstein(x, x)
    one, two = (wasserstein(x, x, max_points=100, rng=np.random.default_rng(1)) for _ in "ab")
    assert one == two > 0.0
    with pytest.raises(ValueError, match="order is 3"):
        wasserstein(x, x, order=3)


def test_the_transport_floor_shrinks_with_the_sample_and_is_capped_like_the_reading() -> None:
    target = make_target("two_islands")
    few, many = wasserstein_floor(target, 32), wasserstein_floor(target, 512)
    assert 0.0 < many < few
    assert wasserstein_floor(target, 512) == wasserstein_floor(target, 20_000)
