"""The targets: densities against closed forms and SciPy, samples against densities."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import dblquad
from sklearn.datasets import make_circles, make_moons, make_swiss_roll

from playground import config
from playground.data import TARGETS, Target, make_target

CLOUD = np.random.default_rng(5).normal(scale=0.6, size=(40, 2))
NAMES = list(TARGETS)


def build(name: str, sigma: float | None = None) -> Target:
    return make_target(name, sigma, CLOUD if name == "points" else None)


def midpoints(extent: float, size: int) -> tuple[np.ndarray, float]:
    steps = (np.arange(size) + 0.5) * (2 * extent / size) - extent
    x, y = np.meshgrid(steps, steps)
    return np.stack([x.ravel(), y.ravel()], axis=1), (2 * extent / size) ** 2


@pytest.mark.parametrize("name", NAMES)
def test_the_density_integrates_to_one(name: str) -> None:
    target = build(name, None if name == "checkerboard" else 0.06)
    points, area = midpoints(2.4, 120)  # steps of 0.04 < sigma, and parts of a square of the board
    total = np.exp(target.log_density(points)).sum() * area
    assert total == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_smoothed_density_integrates_to_one(name: str) -> None:
    points, area = midpoints(3.0, 100)
    total = np.exp(build(name).log_density_smoothed(points, 0.1)).sum() * area
    # a bell of standard deviation 0.5 and a cloud of 0.6 keep a trace outside of [-3, 3]
    assert total == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_cell_masses_are_the_integral_of_the_density(name: str) -> None:
    """By Gauss-Legendre with 4 nodes on each of 5 parts of a cell, in either direction."""
    target = build(name, 0.03 if name in ("ring8", "points") else None)  # wide enough for those nodes
    edges = np.linspace(-target.extent, target.extent, 17)
    nodes, weights = np.polynomial.legendre.leggauss(4)
    cuts = np.linspace(-target.extent, target.extent, 16 * 5 + 1)
    half = 0.5 * (cuts[1] - cuts[0])
    steps = ((cuts[:-1] + half)[:, None] + half * nodes).ravel()  # (320,)
    x, y = np.meshgrid(steps, steps)
    density = np.exp(target.log_density(np.stack([x.ravel(), y.ravel()], axis=1))).reshape(320, 320)
    weight = np.tile(half * weights, 80)
    cells = (density * np.outer(weight, weight)).reshape(16, 20, 16, 20).sum(axis=(1, 3))
    assert target.cell_masses(edges) == pytest.approx(cells, abs=2e-5)


@pytest.mark.parametrize("name", NAMES)
def test_samples_fall_into_cells_as_often_as_the_masses_say(name: str) -> None:
    target = build(name)
    n = 40_000
    edges = np.linspace(-target.extent, target.extent, 13)
    masses = target.cell_masses(edges)
    x = target.sample(n, np.random.default_rng(1)).astype(float)
    counts = np.histogram2d(x[:, 1], x[:, 0], bins=[edges, edges])[0]
    error = np.sqrt(n * masses * (1 - masses)) + 1e-9
    assert (np.abs(counts - n * masses) <= 5 * error + 1.0).all()
    often = n * masses > 10
    rest = n - counts[often].sum(), n * (1 - masses[often].sum())
    expected, seen = np.append(n * masses[often], rest[1]), np.append(counts[often], rest[0])
    expected, seen = (expected, seen) if rest[1] > 5 else (expected[:-1], seen[:-1])
    assert stats.chi2.sf(((seen - expected) ** 2 / expected).sum(), len(seen) - 1) > 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_the_same_sample_and_another_seed_another(name: str) -> None:
    one, two, other = (build(name).sample(100, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one.dtype == np.float32 and one.shape == (100, 2)
    assert np.array_equal(one, two) and not np.array_equal(one, other)
    assert build(name).sample(0, np.random.default_rng(0)).shape == (0, 2)


@pytest.mark.parametrize("name", NAMES)
def test_nearly_all_of_a_target_lies_in_its_window(name: str) -> None:
    target = build(name)
    if name != "points":
        assert target.cell_masses(np.array([-target.extent, target.extent])).sum() > 0.999


@pytest.mark.parametrize("name", NAMES)
def test_names_and_titles_agree_between_the_table_and_the_target(name: str) -> None:
    target = build(name)
    assert (target.name, target.title) == (name, TARGETS[name].title)
    assert target.exact_density and target.density_note.startswith("Exact")


def test_the_table_holds_the_names_that_the_settings_offer() -> None:
    assert set(TARGETS) == set(config.TARGETS)


@pytest.mark.parametrize("name", ["two_islands", "grid25", "ring8_unequal", "gaussian"])
def test_mixture_densities_agree_with_scipy(name: str) -> None:
    target = build(name)
    x = np.random.default_rng(0).uniform(-2, 2, (200, 2))
    modes = target.modes
    assert modes is not None
    for h in (0.0, 0.15):
        parts = [
            np.log(w) + stats.multivariate_normal(m, c + h**2 * np.eye(2)).logpdf(x)
            for m, c, w in zip(modes.means, modes.covariances, modes.weights, strict=True)
        ]
        assert target.log_density_smoothed(x, h) == pytest.approx(np.logaddexp.reduce(parts), rel=1e-10)


def test_the_tilted_gaussian_has_the_cell_masses_of_scipys_bivariate_distribution_function() -> None:
    for sigma in (0.5, 0.02):
        target = build("gaussian", sigma)
        edges = np.linspace(-0.6, 0.5, 6)
        law = stats.multivariate_normal([0, 0], target.modes.covariances[0])  # type: ignore[union-attr]
        corner = np.array([[law.cdf([x, y]) for x in edges] for y in edges])
        assert target.cell_masses(edges) == pytest.approx(np.diff(np.diff(corner, axis=0), axis=1), abs=1e-6)


def test_the_segment_density_is_the_convolution_integral() -> None:
    target, x = build("line", 0.1), np.array([[0.3, 0.05], [1.2, 0.0], [1.5, -0.2]])
    nodes, weights = np.polynomial.legendre.leggauss(200)
    along = stats.norm.pdf(x[:, :1] - 1.2 * nodes, scale=0.1) @ weights / 2
    assert np.exp(target.log_density(x)) == pytest.approx(
        along * stats.norm.pdf(x[:, 1], scale=0.1), rel=1e-9
    )


def test_the_segment_density_stays_finite_where_error_functions_underflow() -> None:
    far = build("line", 0.01).log_density(np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 2.0]]))
    assert np.isfinite(far).all()
    assert far[0] == far[1] == pytest.approx(-0.5 * 80**2, rel=2e-3)


def test_the_checkerboard_density_is_one_over_its_area_or_nothing() -> None:
    x = np.array([[-1.2, -1.2], [-0.4, -1.2], [0.4, 0.4], [1.7, 0.0], [-1.7, -1.7]])
    expected = [1 / 5.12, 0.0, 1 / 5.12, 0.0, 0.0]
    assert np.exp(build("checkerboard").log_density(x)) == pytest.approx(expected)


def test_the_smoothed_checkerboard_is_the_integral_over_its_squares() -> None:
    target, h, at = build("checkerboard"), 0.3, (0.1, -0.5)
    total = 0.0
    for column, row in [(c, r) for c in range(4) for r in range(4) if (c + r) % 2 == 0]:
        low = 0.8 * np.array([column, row]) - 1.6
        total += dblquad(
            lambda y, x: stats.norm.pdf(x, at[0], h) * stats.norm.pdf(y, at[1], h),
            low[0], low[0] + 0.8, low[1], low[1] + 0.8,
        )[0]  # fmt: skip
    assert np.exp(target.log_density_smoothed([at], h))[0] == pytest.approx(total / 5.12, rel=1e-7)


@pytest.mark.parametrize(
    "name, sigma, made",
    [
        ("two_moons", 0.1, lambda: make_moons(4000, noise=0.1, random_state=0)[0] - [0.5, 0.25]),
        ("circles", 0.14, lambda: 1.4 * make_circles(4000, noise=0.1, factor=0.5, random_state=0)[0]),
        ("swiss_roll", 0.06, lambda: 0.12 * make_swiss_roll(4000, noise=0.5, random_state=0)[0][:, [0, 2]]),
    ],
)
def test_curves_have_the_law_of_scikit_learns_makers(name: str, sigma: float, made) -> None:  # type: ignore[no-untyped-def]
    x, y = build(name, sigma).sample(4000, np.random.default_rng(0)), made()
    if name == "swiss_roll":
        y = y - np.mean(y, axis=0) + np.mean(x, axis=0)  # ours is centred by its curve
    for direction in ([1, 0], [0, 1], [0.6, 0.8], [0.8, -0.6]):
        assert stats.ks_2samp(x @ direction, y @ direction).pvalue > 1e-3


def test_a_curve_at_small_noise_is_still_continuous_along_the_curve() -> None:
    target = build("two_moons", 0.02)
    angle = np.linspace(0.5, 2.5, 400)
    along = target.log_density(np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1))
    assert np.ptp(along) < 1e-3


def test_the_ring_and_the_grid_stand_where_the_literature_puts_them() -> None:
    ring, grid = build("ring8").modes, build("grid25").modes
    assert ring is not None and grid is not None
    assert np.linalg.norm(ring.means, axis=1) == pytest.approx(np.ones(8))
    assert ring.covariances[0] == pytest.approx(1e-4 * np.eye(2))
    assert sorted(set(np.round(grid.means[:, 0], 9))) == pytest.approx([-1.6, -0.8, 0.0, 0.8, 1.6])
    unequal = build("ring8_unequal").modes
    assert unequal is not None and unequal.weights == pytest.approx(np.arange(1, 9) / 36)


@pytest.mark.parametrize("sigma", [0.0, -0.1, 1e-300, 1.5, float("nan"), float("inf")])
def test_a_sigma_outside_its_range_is_refused(sigma: float) -> None:
    with pytest.raises(ValueError, match="at least 1e-06 and at most 1"):
        build("ring8", sigma)


def test_what_a_target_cannot_be_given_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="has no sigma"):
        make_target("checkerboard", sigma=0.1)
    with pytest.raises(ValueError, match="needs a cloud"):
        make_target("points")
    with pytest.raises(ValueError, match="takes no points"):
        make_target("ring8", points=CLOUD)
    with pytest.raises(ValueError, match="choose one of two_islands"):
        make_target("nine_rings")
    with pytest.raises(ValueError, match="bandwidth"):
        build("ring8").log_density_smoothed(CLOUD, -1.0)
    with pytest.raises(ValueError, match="shape"):
        build("ring8").log_density(np.zeros(3))


def test_sigma_is_the_standard_deviation_of_each_mode() -> None:
    x = build("two_islands", 0.3).sample(40_000, np.random.default_rng(0))
    left = x[x[:, 0] < 0]
    assert left[:, 1].std() == pytest.approx(0.3, rel=0.02)


def test_data_and_measures_load_without_torch_gradio_or_plotly() -> None:
    code = (
        "import sys, playground.data, playground.measures;"
        "print([m for m in ('torch', 'gradio', 'plotly', 'ot', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "checkerboard"])
@pytest.mark.parametrize("sigma", [1e-6, 1.0])
def test_the_smallest_and_the_largest_sigma_still_work(name: str, sigma: float) -> None:
    target = build(name, sigma)
    x = target.sample(50, np.random.default_rng(0))
    assert np.isfinite(x).all() and np.isfinite(target.log_density(x)).all()
    assert 0.1 < target.cell_masses(np.linspace(-2.2, 2.2, 9)).sum() <= 1 + 1e-9
