"""Measures of face images: closed forms, independent implementations, and what equal sets must read."""

from __future__ import annotations

import math
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import ot
import pytest
import torch
from numpy.typing import NDArray
from scipy import linalg, ndimage, stats
from sklearn.neighbors import NearestNeighbors

from playground.config import ConfigError
from playground.measures import pyramid
from playground.measures.features import CLASSIFIER, INCEPTION, classifier_features, inception_features
from playground.measures.fidelity import (
    frechet_distance,
    frechet_floor,
    kernel_distance,
    kernel_floor,
    precision_recall,
    precision_recall_floor,
)
from playground.measures.images import check_features, check_images, halves, luma
from playground.measures.pyramid import expand, laplacian_pyramid, patch_distance, patch_distance_floor
from playground.measures.reconstruction import reconstruction, reconstruction_chance, squared_errors
from playground.measures.reference import (
    MAX_BYTES,
    Reference,
    load_reference,
    make_reference,
    write_reference,
)
from playground.measures.resemblance import (
    accuracy_floor,
    condition_accuracy,
    diversity,
    diversity_floor,
    nearest,
    nearest_other,
)
from playground.measures.sharpness import relative_sharpness, sharpness, sharpness_floor
from playground.measures.spectrum import high_frequency_floor, power_spectrum, relative_high_frequency
from playground.nets.conv import Classifier

Images = NDArray[np.uint8]


def noise(count: int, side: int = 32, seed: int = 0, low: int = 0, high: int = 256) -> Images:
    return np.random.default_rng(seed).integers(low, high, (count, side, side, 3), dtype=np.uint8)


def grey(pattern: NDArray[np.generic]) -> Images:
    """(S, S) -> one grey image."""
    return np.repeat(np.rint(pattern).astype(np.uint8)[None, :, :, None], 3, axis=3)


def blurred(images: Images, sigma: float = 1.0) -> Images:
    smooth: Images = ndimage.gaussian_filter(images, (0, sigma, sigma, 0))
    return smooth


def gaussian(count: int, columns: int = 4, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(count, columns))


# ---------------------------------------------------------------- sharpness


def test_the_laplacian_of_a_checkerboard_has_the_variance_that_counting_gives() -> None:
    side, level = 16, 100
    board = grey(level * (np.indices((side, side)).sum(0) % 2))
    # a pixel differs from 4 neighbours inside, 3 at an edge and 2 in a corner, for an edge mirrors it; mean 0
    squares = 16 * (side - 2) ** 2 + 9 * 4 * (side - 2) + 4 * 4
    found = sharpness(board)
    assert found.mean == pytest.approx((level / 255) ** 2 * squares / side**2, rel=1e-5)
    assert (found.count, found.each.shape) == (1, (1,))


def test_the_laplacian_of_noise_has_twenty_times_its_variance() -> None:
    each = sharpness(grey(noise(1, 256)[0, :, :, 0])).mean
    assert each == pytest.approx(20 * (256**2 - 1) / 12 / 255**2, rel=0.02)


def test_every_further_blur_lowers_sharpness_and_the_real_ones_read_one() -> None:
    real = noise(8)
    ratios = [relative_sharpness(blurred(real, s), real).value for s in (0.3, 0.5, 1.0, 2.0)]
    assert relative_sharpness(real, real).value == 1.0
    assert all(after < before for before, after in zip([1.0, *ratios], ratios, strict=False))
    assert sharpness_floor(noise(200)).value == pytest.approx(1.0, abs=0.02)


def test_flat_real_images_are_refused_as_a_reference() -> None:
    flat = np.full((3, 16, 16, 3), 7, np.uint8)
    with pytest.raises(ConfigError, match="real has sharpness 0"):
        relative_sharpness(flat, flat)
    with pytest.raises(ConfigError, match="real has no power"):
        relative_high_frequency(flat, flat)


# ---------------------------------------------------------------- spectrum


def test_white_noise_has_a_flat_spectrum_at_its_variance() -> None:
    images = np.repeat(noise(400, 32)[:, :, :, :1], 3, axis=3)
    found = power_spectrum(images)
    variance = (256**2 - 1) / 12 / 255**2
    assert found.frequencies.tolist() == [k / 32 for k in range(1, 17)]
    assert found.power_db[1:] == pytest.approx(np.full(15, 10 * math.log10(variance)), abs=0.3)
    steps = np.fft.fftfreq(32)
    flat = (np.hypot(steps[:, None], steps) >= 0.25).mean()
    assert found.high_share == pytest.approx(flat, abs=0.01)


@pytest.mark.parametrize("cycles", [3, 8, 13])
def test_a_sinusoid_peaks_at_its_frequency_with_the_power_of_its_amplitude(cycles: int) -> None:
    side = 32
    wave = np.broadcast_to(np.cos(2 * np.pi * cycles * np.arange(side) / side), (side, side))
    found = power_spectrum(grey(127.5 + 100 * wave))
    assert found.frequencies[found.power_db.argmax()] == cycles / side
    rings = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(side, 1 / side)] * 2)))
    # Hann spreads a line over 3 x 3 points of the plane; all of its power is amplitude^2 / 2
    power = sum(10 ** (db / 10) * (rings == k).sum() for k, db in enumerate(found.power_db, 1))
    assert power / side**2 == pytest.approx((100 / 255) ** 2 / 2, rel=0.01)


def test_a_blur_lowers_the_share_of_high_frequencies_by_its_own_transfer_function() -> None:
    real = noise(50, 64)
    kernel = np.array([0.25, 0.5, 0.25])
    smooth = ndimage.convolve1d(ndimage.convolve1d(real.astype(float), kernel, axis=1), kernel, axis=2)
    steps = np.fft.fftfreq(64)
    passed = np.outer(*[(0.5 + 0.5 * np.cos(2 * np.pi * steps)) ** 2] * 2)
    high = np.hypot(steps[:, None], steps) >= 0.25
    expected = (passed[high].sum() / passed.sum()) / high.mean()
    found = relative_high_frequency(np.rint(smooth).astype(np.uint8), real)
    assert found.value == pytest.approx(expected, abs=0.01)
    assert high_frequency_floor(real).value == pytest.approx(1.0, abs=0.02)


def test_a_flat_image_reads_the_darkest_and_no_share() -> None:
    found = power_spectrum(np.full((2, 16, 16, 3), 200, np.uint8))
    assert (found.power_db == -150.0).all()
    assert found.high_share == 0.0


# ---------------------------------------------------------------- reconstruction


def test_identical_images_read_no_error_and_full_similarity() -> None:
    images = noise(3)
    found = reconstruction(images, images)
    assert (found.mse, found.psnr, found.count) == (0.0, math.inf, 3)
    assert found.ssim == pytest.approx(1.0)


def test_a_constant_offset_reads_its_square_and_ssims_own_formula() -> None:
    images = np.full((2, 16, 16, 3), 100, np.uint8)
    rebuilt = images + np.uint8(20)
    found = reconstruction(images, rebuilt)
    assert found.mse == pytest.approx((20 / 255) ** 2)
    assert found.psnr == pytest.approx(20 * math.log10(255 / 20))
    c1 = (0.01 * 255) ** 2  # flat images: the term of contrast is 1
    assert found.ssim == pytest.approx((2 * 100 * 120 + c1) / (100**2 + 120**2 + c1))


def test_errors_are_of_each_image_and_chance_is_worse_than_a_blur() -> None:
    images = blurred(noise(20))
    rebuilt = images.copy()
    rebuilt[3] ^= 255
    assert np.flatnonzero(squared_errors(images, rebuilt)).tolist() == [3]
    assert reconstruction(images, blurred(images)).mse < reconstruction_chance(images).mse


def test_without_scikit_image_ssim_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    with pytest.raises(ConfigError, match=r'run pip install "\.\[train\]"'):
        reconstruction(noise(1), noise(1))


# ---------------------------------------------------------------- pyramid


def test_the_levels_of_a_pyramid_add_up_to_the_images() -> None:
    images = noise(3, 64)
    levels = laplacian_pyramid(images)
    assert [level.shape[1] for level in levels] == [64, 32, 16]
    whole = levels[2]
    for level in levels[1::-1]:
        whole = expand(whole) + level
    assert whole == pytest.approx(images / 127.5 - 1.0, abs=1e-5)


def test_a_flat_image_has_detail_in_no_level_but_the_coarsest() -> None:
    levels = laplacian_pyramid(np.full((1, 64, 64, 3), 255, np.uint8))
    assert [float(np.abs(level).max()) for level in levels] == pytest.approx([0, 0, 1], abs=1e-6)


def test_patch_distance_is_zero_for_the_same_set_whatever_its_brightness_and_contrast() -> None:
    images = noise(8, 32, high=100)
    assert patch_distance(images, images).levels == (0.0, 0.0)
    stretched = patch_distance(images * np.uint8(2) + np.uint8(30), images)
    assert (stretched.sides, stretched.count) == ((32, 16), 8)
    assert stretched.levels == pytest.approx((0, 0), abs=0.01)


def test_patch_distance_agrees_with_pot_on_the_same_patches_and_lines() -> None:
    sets = [noise(6, 16), blurred(noise(6, 16, seed=1))]
    lines = np.concatenate(list(pyramid._directions(147, 5)))
    patches = [pyramid._normalised(pyramid._patches(each, 0, 5)).astype(np.float64) for each in sets]
    assert patches[0].shape == (6 * 128, 147)
    expected = ot.sliced_wasserstein_distance(*patches, projections=lines.T.astype(np.float64), p=1)
    assert patch_distance(sets[0], sets[1], seed=5).mean == pytest.approx(1000 * expected, rel=1e-4)


def test_patches_are_what_slicing_the_level_gives() -> None:
    images = noise(2, 32)
    found = pyramid._patches(images, 1, 0).reshape(2, 128, 3, 7, 7)
    level = laplacian_pyramid(images)[1]
    rows, columns = np.random.default_rng([0, 1]).integers(10, size=(2, 2, 128))
    y, x = rows[1, 5], columns[1, 5]
    assert found[1, 5] == pytest.approx(level[1, y : y + 7, x : x + 7].transpose(2, 0, 1))


def test_patch_distance_grows_with_the_blur_and_its_floor_falls_with_more_images() -> None:
    real = noise(40, 32)
    finest = [patch_distance(blurred(real, sigma), real).levels[0] for sigma in (0.3, 0.5, 1.0, 2.0)]
    assert finest == sorted(finest)
    floors = [patch_distance_floor(noise(count, 16)).mean for count in (8, 32, 128, 512)]
    assert floors == sorted(floors, reverse=True)
    assert floors[-1] < floors[0] / 4  # as one over the root of the number of images


def test_unequal_sets_are_thinned_and_odd_sides_refused() -> None:
    assert patch_distance(noise(9, 16), noise(4, 16)).count == 4
    with pytest.raises(ConfigError, match="24 pixels a side: allowed is a power of two from 16"):
        patch_distance(noise(4, 24), noise(4, 24))
    with pytest.raises(ConfigError, match="allowed is the same side"):
        patch_distance(noise(4, 16), noise(4, 32))


# ---------------------------------------------------------------- fidelity


def exactly(mean: NDArray[np.float64], covariance: NDArray[np.float64], n: int = 60) -> NDArray[np.float64]:
    """n points whose sample mean and covariance are exactly these."""
    points = gaussian(n, len(mean))
    points -= points.mean(0)
    points = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T
    return points @ np.linalg.cholesky(covariance).T + mean


def test_frechet_of_two_gaussians_is_its_closed_form() -> None:
    a = exactly(np.array([1.0, 2.0]), np.diag([4.0, 9.0]))
    b = exactly(np.array([4.0, 6.0]), np.diag([1.0, 1.0]))
    found = frechet_distance(a, b)
    assert found.value == pytest.approx(9 + 16 + (2 - 1) ** 2 + (3 - 1) ** 2)
    assert (found.count, found.real_count) == (60, 60)


def test_frechet_agrees_with_scipys_matrix_root_where_covariances_do_not_commute() -> None:
    mixing = np.random.default_rng(1).normal(size=(6, 6))
    a, b = gaussian(80, 6) @ mixing, gaussian(90, 6, seed=2) + 0.3
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    gap = a.mean(0) - b.mean(0)
    expected = gap @ gap + np.trace(ca + cb - 2 * linalg.sqrtm(ca @ cb).real)
    assert frechet_distance(a, b).value == pytest.approx(expected)
    assert frechet_distance(b, a).value == pytest.approx(expected)
    assert frechet_distance(a, a).value == pytest.approx(0, abs=1e-9)


def test_frechet_of_fewer_samples_than_columns_is_still_finite_and_its_floor_above_zero() -> None:
    assert frechet_distance(gaussian(5, 30), gaussian(6, 30, seed=1)).value > 0
    assert 0 < frechet_floor(gaussian(400)).value < 0.3


def naive_mmd(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Binkowski et al. 2018, equation 4, term by term."""
    n, columns = x.shape
    total = 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                total += ((x[i] @ x[j] / columns + 1) ** 3 + (y[i] @ y[j] / columns + 1) ** 3) / (n * (n - 1))
            total -= 2 * (x[i] @ y[j] / columns + 1) ** 3 / n**2
    return total


def test_one_block_of_kid_is_the_sum_written_out() -> None:
    x, y = gaussian(12), gaussian(12, seed=1) + 0.5
    found = kernel_distance(x, y)
    assert found.value == pytest.approx(naive_mmd(x, y))
    assert (found.blocks, found.count) == (1, 12)
    assert math.isnan(found.error)


def test_kid_is_unbiased_and_its_error_is_the_spread_of_repeats() -> None:
    found = [
        kernel_distance(gaussian(100, seed=2 * s), gaussian(100, seed=2 * s + 1), block=20)
        for s in range(150)
    ]
    values = np.array([each.value for each in found])
    spread = values.std(ddof=1)
    assert abs(values.mean()) < 4 * spread / math.sqrt(len(values))
    assert np.sqrt(np.mean([each.error**2 for each in found])) == pytest.approx(spread, rel=0.25)
    shifted = kernel_distance(gaussian(100), gaussian(100, seed=1) + 1.0, block=20)
    assert shifted.value > 5 * shifted.error
    floor = kernel_floor(gaussian(400), block=50)
    assert floor.blocks == 4
    assert abs(floor.value) < 5 * floor.error


def test_identical_sets_have_full_precision_and_recall_and_far_ones_none() -> None:
    x = gaussian(50)
    same, far = precision_recall(x, x), precision_recall(x + 100.0, x)
    assert (same.precision, same.recall, same.count, same.real_count) == (1.0, 1.0, 50, 50)
    assert (far.precision, far.recall) == (0.0, 0.0)


def test_one_of_two_modes_is_precise_and_recalls_half() -> None:
    left = gaussian(60, 2)
    real = np.concatenate([left, gaussian(60, 2, seed=1) + 50.0])
    found = precision_recall(left, real)
    assert (found.precision, found.recall) == (1.0, 0.5)


def test_precision_and_recall_agree_with_scikit_learns_neighbours_over_several_chunks() -> None:
    x, y = gaussian(700, 3), gaussian(600, 3, seed=1) * 1.3 + 0.4
    found = precision_recall(x, y, neighbours=2)

    def share(points: NDArray[np.float64], others: NDArray[np.float64]) -> float:
        radii = NearestNeighbors(n_neighbors=2).fit(others).kneighbors(None)[0][:, -1]
        gaps = np.linalg.norm(points[:, None] - others, axis=2)
        return float((gaps <= radii).any(1).mean())

    assert (found.precision, found.recall) == pytest.approx((share(x, y), share(y, x)))
    floor = precision_recall_floor(x)
    assert 0.8 < floor.precision < 1 and 0.8 < floor.recall < 1


# ---------------------------------------------------------------- resemblance


def test_accuracy_counts_only_colours_that_were_asked_for() -> None:
    logits = np.eye(3)[[0, 1, 2, 2, 0]]
    found = condition_accuracy(np.array([0, 1, 0, 3, 3]), logits)
    assert (found.value, found.count) == (pytest.approx(2 / 3), 3)
    nothing = condition_accuracy(np.full(5, 3), logits)
    assert math.isnan(nothing.value) and nothing.count == 0


def test_accuracy_of_colours_in_another_order_is_chance() -> None:
    asked = np.repeat(np.arange(4), 500)
    assert condition_accuracy(asked, np.eye(4)[asked]).value == 1.0
    assert accuracy_floor(asked, np.eye(4)[asked]).value == pytest.approx(0.25, abs=0.05)


def test_diversity_is_the_mean_distance_of_pairs_of_one_condition() -> None:
    x = np.array([[0.0, 0], [3, 4], [100, 0], [100, 2], [7, 7]])
    within = diversity(x, np.array([[0, 1], [0, 1], [1, 1], [1, 1], [0, 0]]))
    assert (within.value, within.pairs, within.count) == (pytest.approx((5 + 2) / 2), 2, 4)
    everyone = diversity(x)
    gaps = [np.linalg.norm(x[i] - x[j]) for i in range(5) for j in range(i)]
    assert (everyone.value, everyone.pairs, everyone.count) == (pytest.approx(np.mean(gaps)), 10, 5)
    assert math.isnan(diversity(x, np.arange(5)).value)
    assert diversity(np.zeros((6, 2))).value == 0.0


def test_diversity_of_a_gaussian_is_that_of_its_differences() -> None:
    found = diversity(gaussian(2_500, 1))
    assert found.value == pytest.approx(2 / math.sqrt(math.pi), rel=0.03)
    assert found.count == 2_000
    one, other = diversity_floor(gaussian(1_000), np.zeros(1_000, np.int64))
    assert one.value == pytest.approx(other.value, rel=0.05)


def test_neighbours_are_found_in_order_and_a_row_is_not_its_own() -> None:
    real = np.array([[0.0], [1.0], [10.0], [10.0]])
    found = nearest(np.array([[0.9], [9.0]]), real, 2)
    assert found.indices[0].tolist() == [1, 0]
    assert set(found.indices[1].tolist()) == {2, 3}
    assert found.distances == pytest.approx(np.array([[0.1, 0.9], [1.0, 1.0]]))
    others = nearest_other(real)
    assert others.indices[:, 0].tolist() == [1, 0, 3, 2]
    assert others.distances[:, 0] == pytest.approx([1, 1, 0, 0])
    assert (found.among, others.among) == (4, 3)


def test_distances_to_the_nearest_other_follow_their_closed_form() -> None:
    n = 4_000
    gaps = nearest_other(np.random.default_rng(0).uniform(size=(n, 1))).distances[:, 0]
    # the nearer of two neighbours on a line of n uniform points is exponential with rate 2 n
    assert stats.kstest(gaps[::4] * 2 * n, "expon").pvalue > 1e-3


# ---------------------------------------------------------------- features


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier((8, 8, 8, 8), torch.Generator().manual_seed(0)).eval()


def test_classifier_features_are_its_own_over_several_batches(classifier: Classifier) -> None:
    images = noise(300, 64)
    found = classifier_features(classifier, images)
    with torch.no_grad():
        pixels = torch.from_numpy(images[-3:]).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        hair, eyes = classifier(pixels)
        features, *_ = classifier.read(pixels)
    assert found.space == CLASSIFIER
    assert found.hair is not None and found.eyes is not None
    assert found.features.shape == (300, 4 * 8)  # four blocks
    for got, wanted in ((found.features, features), (found.hair, hair), (found.eyes, eyes)):
        assert got[-3:] == pytest.approx(wanted.numpy(), abs=1e-4)


def test_features_are_directions_averaged_so_no_block_outweighs_another(classifier: Classifier) -> None:
    features = classifier_features(classifier, noise(5, 64)).features.reshape(5, 4, 8)
    lengths = np.linalg.norm(features, axis=2)
    assert (lengths > 0.1).all()
    assert (lengths <= 1.0 + 1e-5).all()


def test_smaller_images_are_enlarged_by_repetition(classifier: Classifier) -> None:
    small = noise(2, 32)
    large = np.kron(small, np.ones((1, 2, 2, 1), np.uint8))
    assert classifier_features(classifier, small).features == pytest.approx(
        classifier_features(classifier, large).features
    )
    with pytest.raises(ConfigError, match="24 pixels a side: allowed are 8, 16, 32 and 64"):
        classifier_features(classifier, noise(1, 24))


def test_inception_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(ConfigError, match="run pip install torch-fidelity"):
        inception_features(noise(1))


def stand_in(build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("torch_fidelity.feature_extractor_inceptionv3")
    module.FeatureExtractorInceptionV3 = build
    monkeypatch.setitem(sys.modules, "torch_fidelity", types.ModuleType("torch_fidelity"))
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_inception_is_given_bytes_with_colours_first_and_its_features_carry_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Extractor(torch.nn.Module):
        def __init__(self, name: str, wanted: list[str]) -> None:
            super().__init__()
            assert (name, wanted) == ("inception-v3-compat", ["2048"])

        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor]:
            assert pixels.dtype == torch.uint8
            return (pixels.float().mean((2, 3)),)

    stand_in(Extractor, monkeypatch)
    images = noise(40)
    found = inception_features(images)
    assert found.space == INCEPTION
    assert found.features == pytest.approx(images.mean((1, 2)), rel=1e-4)


def test_weights_that_cannot_be_downloaded_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise OSError("no route to host")

    stand_in(unreachable, monkeypatch)
    with pytest.raises(ConfigError, match="could not be downloaded: no route to host"):
        inception_features(noise(1))


# ---------------------------------------------------------------- reference


def made(count: int = 60, columns: int = 6, dimensions: int = 3) -> tuple[Reference, NDArray[np.float64]]:
    features = gaussian(count, columns) * np.arange(columns, 0, -1) + 5.0
    labels = np.arange(count)
    return make_reference(noise(count, 16), features, labels % 13, labels % 11, dimensions), features


def test_a_reference_keeps_the_principal_components_and_both_quantiles() -> None:
    found, features = made()
    centred = features - features.mean(0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    assert np.abs((found.basis * axes[:3].T).sum(0)) == pytest.approx(np.ones(3), abs=1e-4)
    assert np.square(found.features.astype(float)).sum(0) == pytest.approx(values[:3] ** 2, rel=1e-2)
    each = sharpness(noise(60, 16)).each
    assert found.sharpness == pytest.approx(np.quantile(each, np.linspace(0, 1, 101)))
    assert found.power_db == pytest.approx(power_spectrum(noise(60, 16)).power_db, abs=1e-4)
    assert found.nearest[50] == pytest.approx(np.median(nearest_other(found.features).distances))
    assert found.closer_than(float(found.nearest[50])) == pytest.approx(0.5)
    assert (found.closer_than(-1.0), found.closer_than(1e9), found.count) == (0.0, 1.0, 60)


def test_a_reference_reads_back_as_written_and_finds_each_face_itself(tmp_path: Path) -> None:
    found, features = made()
    again = load_reference(write_reference(tmp_path / "reference.safetensors", found))
    for name in Reference.__dataclass_fields__:
        assert np.array_equal(getattr(found, name), getattr(again, name)), name
    neighbours = again.nearest_faces(features, 2)
    assert neighbours.indices[:, 0].tolist() == again.ids.tolist()
    assert neighbours.distances[:, 0].max() < 0.02 < neighbours.distances[:, 1].min()


def test_the_reference_of_all_training_faces_fits_its_bound() -> None:
    count = 33_987
    found, _ = made()
    full = replace(
        found,
        features=np.zeros((count, 32), np.float16),
        ids=np.arange(count, dtype=np.int32),
        hair=np.zeros(count, np.uint8),
        eyes=np.zeros(count, np.uint8),
        basis=np.zeros((512, 32), np.float32),
        mean=np.zeros(512, np.float32),
    )
    assert sum(getattr(full, name).nbytes for name in Reference.__dataclass_fields__) < MAX_BYTES - 10_000


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (dict(hair=np.zeros(3, np.uint8)), r"hair is uint8 \(3,\), allowed is uint8 \(60,\)"),
        (dict(mean=np.zeros(6)), "mean is float64"),
        (dict(mean=np.full(6, np.nan, np.float32)), "mean holds NaN"),
        (dict(features=np.zeros(3, np.float16)), "have 2, 2 and 1 dimensions"),
        (dict(features=np.zeros((1, 3), np.float16)), "too many or few"),
    ],
)
def test_a_reference_of_other_shapes_is_refused(
    tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        write_reference(tmp_path / "reference.safetensors", replace(made()[0], **change))
    assert not list(tmp_path.iterdir())


def test_files_that_are_no_reference_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save

    arrays = {name: getattr(made()[0], name) for name in Reference.__dataclass_fields__}
    contents = {
        "not a safetensors file": b"no",
        "is larger than": bytes(MAX_BYTES + 1),
        "has a wrong format": save(arrays),
        "it holds mean": save({"mean": np.zeros(1, np.float32)}, {"format": "playground-reference-1"}),
    }
    for complaint, content in contents.items():
        path = tmp_path / "reference.safetensors"
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=complaint):
            load_reference(path)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_reference(tmp_path / "nowhere")


# ---------------------------------------------------------------- what they ask


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((2, 16, 16, 3), np.float32),
        np.zeros((16, 16, 3), np.uint8),
        np.zeros((2, 16, 8, 3), np.uint8),
        np.zeros((2, 4, 4, 3), np.uint8),
        np.zeros((0, 16, 16, 3), np.uint8),
    ],
)
def test_what_is_no_set_of_images_is_refused_with_its_shape(images: NDArray[np.generic]) -> None:
    with pytest.raises(ConfigError, match=r"images (is|holds) .*: allowed is"):
        check_images(images)


@pytest.mark.parametrize(
    "features", [np.zeros(3), np.zeros((1, 3)), np.full((4, 2), np.inf), np.zeros((4, 0))]
)
def test_what_is_no_set_of_features_is_refused(features: NDArray[np.float64]) -> None:
    with pytest.raises(ConfigError, match=r"features h(as|olds) .*: allowed"):
        check_features(features)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: frechet_distance(gaussian(5, 3), gaussian(5, 4)), "3 columns and real 4"),
        (lambda: kernel_distance(gaussian(5), gaussian(5), block=1), "block = 1"),
        (lambda: precision_recall(gaussian(5), gaussian(5), 0), "neighbours = 0"),
        (lambda: precision_recall(gaussian(3), gaussian(5)), "features holds 3: allowed is at least 4"),
        (lambda: condition_accuracy(np.array([4]), gaussian(1, 3)), "1 of 0 to 3"),
        (lambda: diversity(gaussian(5), np.zeros(4, int)), "one row for each of 5"),
        (lambda: nearest(gaussian(2), gaussian(3), 4), "count = 4: allowed is 1 to 3"),
        (lambda: halves(3), "real holds 3"),
        (lambda: squared_errors(noise(2), noise(3)), "rebuilt has the shape"),
        (lambda: make_reference(noise(3, 16), gaussian(3), np.zeros(2, int), np.zeros(3, int)), "one count"),
        (lambda: make_reference(noise(3, 16), gaussian(3), *[np.zeros(3, int)] * 2, 9), "dimensions = 9"),
    ],
)
def test_bad_input_is_one_sentence(call: Callable[[], object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        call()


def test_luma_weighs_colours_as_bt_601_does() -> None:
    pure = np.zeros((3, 8, 8, 3), np.uint8)
    for colour in range(3):
        pure[colour, :, :, colour] = 255
    assert luma(pure)[:, 0, 0] == pytest.approx([0.299, 0.587, 0.114])


def test_measures_of_arrays_load_neither_torch_nor_page() -> None:
    names = ["sharpness", "spectrum", "reconstruction", "pyramid", "fidelity", "resemblance", "reference"]
    code = (
        f"import sys; from playground.measures import {', '.join(names)};"
        "print([m for m in ('torch', 'gradio', 'plotly', 'sklearn', 'skimage') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
