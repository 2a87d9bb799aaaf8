"""The studies of the Faces page: walks, blur, growing up, holes, memorising, and the search of a code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from face_bundle import EARLIER, SMALL, STEP, write_bundle
from playground.checkpoints import FaceModel, interpolate_latents
from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.recipes import EYES, HAIR
from playground.session import closest
from playground.session import face_studies as studies
from playground.session.closest import find_closest, guess_colours
from playground.session.faces import FaceShop

SIDE = SMALL.size


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle"), reference=True)


@pytest.fixture
def shop(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> FaceShop:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(bundle))
    monkeypatch.delenv("PLAYGROUND_FACES", raising=False)
    return FaceShop()


@pytest.fixture
def gan(shop: FaceShop) -> FaceModel:
    return studies.model_of(shop, "gan")


@pytest.fixture
def real(shop: FaceShop, monkeypatch: pytest.MonkeyPatch) -> FaceSet:
    """Real faces, as an operator provides them: for both splits the same, as many as the reference knows."""
    rng = np.random.default_rng(3)
    faces = FaceSet(
        rng.integers(0, 256, (80, SIDE, SIDE, 3), np.uint8),
        rng.integers(0, len(HAIR) + 1, 80),
        rng.integers(0, len(EYES) + 1, 80),
        "test",
    )
    monkeypatch.setattr(shop, "data", lambda split="train", size=64: faces)
    return faces


# -- between two faces


def test_a_great_circle_keeps_the_length_and_a_straight_line_dives_below_it(gan: FaceModel) -> None:
    way = studies.between(gan, 3, 8)
    ends = way.spherical_lengths[[0, -1]]
    assert np.allclose(way.spherical_lengths, np.linspace(*ends, studies.STRIP), rtol=1e-5)
    assert way.linear_lengths[studies.STRIP // 2] < 0.95 * ends.min()


def test_right_angles_of_length_one_meet_at_length_one_or_at_half_the_root_of_two() -> None:
    x, y = np.eye(2, dtype=np.float32)
    lengths = [np.linalg.norm(interpolate_latents(x, y, 3, spherical)[1]) for spherical in (True, False)]
    assert np.allclose(lengths, [1.0, np.sqrt(0.5)])


def test_all_three_ways_have_the_two_faces_at_their_ends(gan: FaceModel) -> None:
    way = studies.between(gan, 3, 8)
    ends = gan.generate([3, 8])
    for strip in (way.pixels, way.linear, way.spherical):
        assert len(strip) == studies.STRIP
        assert np.abs(strip[[0, -1]].astype(int) - ends).max() <= 1


def test_the_middle_between_equal_faces_is_that_face(gan: FaceModel) -> None:
    way = studies.between(gan, 5, 5)
    for strip in (way.pixels, way.linear, way.spherical):
        assert np.abs(strip.astype(int) - gan.generate([5])).max() <= 1
    assert way.middle["pixels"] == pytest.approx(1.0)


def test_mixed_pixels_are_the_weighted_mean_of_both_pictures() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 200, np.uint8)
    assert studies.pixel_mix(black, white, 5)[:, 0, 0, 0].tolist() == [0, 50, 100, 150, 200]


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5, True, None, "3", float("nan"), [1]])
def test_a_seed_that_is_no_whole_number_in_range_is_refused_by_name(gan: FaceModel, seed: Any) -> None:
    with pytest.raises(ConfigError, match=r"first seed = .*: allowed is a whole number from 0 to"):
        studies.between(gan, seed, 8)


def test_an_unknown_colour_and_model_are_refused(shop: FaceShop, gan: FaceModel) -> None:
    with pytest.raises(ConfigError, match="hair = 'plaid': allowed is any, "):
        studies.between(gan, 1, 2, hair="plaid")
    with pytest.raises(ConfigError, match="model = 'gmm': allowed is ae, vae, gan"):
        studies.model_of(shop, "gmm")


# -- blur


def test_without_real_faces_the_gan_stands_in_and_the_bundle_says_what_real_ones_read(shop: FaceShop) -> None:
    found = studies.blur(shop, 0)
    reference = shop.reference()
    assert reference is not None
    assert not found.faces.real and found.measured_real
    assert found.relative["real"] == 1.0
    assert np.allclose(found.power_db["real"], reference.power_db)
    everyone = studies.some_faces(shop, 0, studies.MEASURED).images
    model = studies.model_of(shop, "ae")
    rows = model.reconstruct(everyone)
    mean = studies.sharper(rows, everyone) * studies.sharpness(everyone).mean
    assert found.relative["ae"] == pytest.approx(mean / float(reference.sharpness_mean[0]), rel=1e-6)


def test_the_gans_own_row_never_shows_the_stand_ins_again(shop: FaceShop) -> None:
    found = studies.blur(shop, 0)
    assert not (found.images["gan"] == found.faces.images).all()


def test_with_real_faces_they_are_shown_with_their_colours_and_are_their_own_reference(
    shop: FaceShop, real: FaceSet
) -> None:
    found = studies.blur(shop, 4)
    assert found.faces.real
    rows = [int(np.flatnonzero((real.images == face).all((1, 2, 3)))[0]) for face in found.faces.images]
    assert list(found.faces.hair) == [(*HAIR, "any")[real.hair[row]] for row in rows]
    assert list(found.faces.eyes) == [(*EYES, "any")[real.eyes[row]] for row in rows]
    assert found.relative["real"] == 1.0


def test_the_same_seed_gives_the_same_study(shop: FaceShop) -> None:
    one, two, other = (studies.blur(shop, seed) for seed in (2, 2, 3))
    assert (one.images["vae"] == two.images["vae"]).all()
    assert one.relative == two.relative != other.relative


def test_codes_as_they_are_give_what_the_model_reconstructs(shop: FaceShop) -> None:
    faces = studies.some_faces(shop, 0, 70)  # more than are decoded at once
    for kind in ("ae", "vae"):
        model = studies.model_of(shop, kind)
        hair, eyes = ("pink",) * 70, ("blue",) * 70
        mine = model.reconstruct(faces.images, hair, eyes)
        theirs = model.reconstruct(faces.images, list(hair), list(eyes))
        assert np.abs(mine.astype(int) - theirs).mean() < 1.0


# -- growing up


def test_growing_up_shows_the_same_seeds_at_every_point_with_that_points_weights(shop: FaceShop) -> None:
    grown = studies.growing(shop, 6, 3)
    assert {kind: tuple(points) for kind, points in grown.items()} == dict.fromkeys(
        ("ae", "vae", "gan"), (*EARLIER, STEP)
    )
    last = studies.model_of(shop, "vae")
    assert (grown["vae"][STEP] == last.generate([6, 7, 8])).all()
    first = shop.model(last.name, EARLIER[0])
    assert (grown["vae"][EARLIER[0]] == first.generate([6, 7, 8])).all()
    assert (studies.one_of_each(grown["gan"])[1] == grown["gan"][STEP][0]).all()


# -- holes


def test_the_middle_of_two_equal_codes_decodes_to_what_the_code_itself_gives(shop: FaceShop) -> None:
    model = studies.model_of(shop, "ae")
    one = np.repeat(studies.some_faces(shop, 0, 1).images, 4, axis=0)
    found = studies._decoded(model, studies.Faces(one, ("any",) * 4, ("any",) * 4, False), range(2))
    assert np.abs(found["middle"].astype(int) - found["face"]).max() <= 1


def test_codes_taken_as_they_are_skip_the_fit_of_an_autoencoder_and_mean_nothing_else_to_a_vae(
    shop: FaceShop,
) -> None:
    draws = studies.model_of(shop, "vae").latents(range(4))
    vae, ae = (studies.model_of(shop, kind) for kind in ("vae", "ae"))
    assert np.abs(vae.decode_codes(draws).astype(int) - vae.decode(draws)).max() <= 1
    assert (ae.decode_codes(draws) != ae.decode(draws)).any()


def test_holes_hold_a_number_for_every_row_and_the_verdict_quotes_them(shop: FaceShop) -> None:
    found = studies.holes(shop, 0)
    assert set(found.sharp) == set(found.far) == {*found.images, ("ae", "face"), ("vae", "face")}
    assert all(np.isfinite(value) and value >= 0 for value in (*found.sharp.values(), *found.far.values()))
    left = found.sharp["ae", "middle"] / found.sharp["ae", "face"]
    assert f"the autoencoder’s faces keep {left:.0%} of the sharpness" in studies.holes_verdict(found)


@pytest.mark.parametrize(
    ("ae", "vae", "words"),
    [(0.6, 0.9, "worse for the autoencoder"), (0.9, 0.6, "worse for the VAE"), (0.7, 0.71, "no clear diff")],
)
def test_the_verdict_on_holes_follows_the_numbers_whoever_wins(ae: float, vae: float, words: str) -> None:
    none = studies.Faces(np.zeros((0, 8, 8, 3), np.uint8), (), (), False)
    sharp = {(k, "face"): 1.0 for k in ("ae", "vae")}
    for source in ("middle", "normal"):
        sharp |= {("ae", source): ae, ("vae", source): vae}
    assert studies.holes_verdict(studies.Holes(none, none, {}, sharp, {}, 1)).count(words) == 2


# -- memorising


def test_a_face_that_copies_a_training_face_is_called_a_copy(
    shop: FaceShop, real: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playground.measures.features import classifier_features
    from playground.measures.reference import make_reference

    classifier = shop.classifier()
    assert classifier is not None
    features = classifier_features(classifier, real.images).features
    reference = make_reference(real.images, features, real.hair, real.eyes, 4)
    monkeypatch.setattr(shop, "reference", lambda: reference)
    monkeypatch.setattr(FaceModel, "generate", lambda self, seeds: real.images[[11]])
    found = studies.memory(shop, "gan", 0)
    assert found.real and (found.nearest[0] == real.images[11]).all()
    assert found.share < 0.01 and "copied" in found.verdict


def test_without_real_pictures_the_nearest_of_other_generated_faces_are_shown(shop: FaceShop) -> None:
    found = studies.memory(shop, "gan", studies.BANK_SEED + 3, 5)
    assert not found.real and len(found.nearest) == 5
    assert (np.diff(found.distances) >= 0).all() and found.distances[0] > 0  # not the face itself
    assert found.among == 80


def test_pictures_of_another_data_set_are_never_shown_as_the_training_faces(
    shop: FaceShop, real: FaceSet
) -> None:
    assert not studies.memory(shop, "gan", 0).real  # the bundle's reference is of other faces than these


def test_the_histogram_is_distributed_as_the_quantiles_say(shop: FaceShop) -> None:
    found = studies.memory(shop, "vae", 1)
    assert np.allclose(np.quantile(found.others, [0.1, 0.5, 0.9]), found.quantiles[[10, 50, 90]], rtol=0.02)


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "copied"), (0.03, "suspiciously"), (0.4, "no copy: 40%"), (1.0, "no copy")]
)
def test_the_verdict_on_memorising_follows_the_share(share: float, words: str) -> None:
    assert words in studies.verdict(share)


def test_without_a_reference_nothing_is_compared(shop: FaceShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "reference", lambda: None)
    assert not studies.can_compare(shop)
    assert studies.holes(shop, 0).far == {}
    with pytest.raises(ConfigError, match="bundles no features of real faces"):
        studies.memory(shop, "gan", 0)


# -- the search of a code


def test_the_search_recovers_a_face_of_the_gans_own_far_better_than_its_best_start(gan: FaceModel) -> None:
    *_, last = find_closest(gan, gan.generate([7])[0], seed=1, starts=8, updates=120)
    assert last.done and last.error < 0.25 * last.start_error
    assert np.abs(gan.decode(last.latent[None])[0].astype(int) - last.face).max() <= 1


def test_the_search_reports_every_few_updates_and_never_a_worse_face(gan: FaceModel) -> None:
    reports = list(find_closest(gan, gan.generate([7])[0], starts=4, updates=45))
    assert [report.update for report in reports] == [0, 10, 20, 30, 40, 45]
    assert reports[0].error == pytest.approx(reports[0].start_error, rel=0.5)
    assert reports[-1].error < reports[0].error


def test_the_search_of_one_seed_is_the_same_search_and_of_another_is_not(gan: FaceModel) -> None:
    target = gan.generate([9])[0]
    one, two, other = (list(find_closest(gan, target, seed=s, starts=2, updates=20)) for s in (4, 4, 5))
    assert all((a.latent == b.latent).all() for a, b in zip(one, two, strict=True))
    assert (one[-1].latent != other[-1].latent).any()


def test_the_starts_of_a_search_are_not_the_latents_of_its_seed(gan: FaceModel) -> None:
    first = next(find_closest(gan, gan.generate([4])[0], seed=4, starts=1, updates=1))
    assert np.abs(first.latent - gan.latents([4])[0]).max() > 0.1


def test_a_search_that_nobody_asks_to_go_on_does_nothing_more(
    gan: FaceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    adam = closest._adam
    monkeypatch.setattr(closest, "_adam", lambda *a: steps.append(1) or adam(*a))
    search = find_closest(gan, gan.generate([7])[0], starts=2, updates=100)
    next(search), next(search)
    search.close()
    assert len(steps) == closest.REPORT_EVERY


def test_fewer_and_fewer_starts_survive(gan: FaceModel) -> None:
    left = [closest._survivors(update, 100, 16) for update in (0, 19, 20, 40, 60, 80, 100)]
    assert left == [16, 16, 8, 4, 2, 1, 1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"picture": np.zeros((8, 8, 3), np.uint8)}, "picture has the shape"),
        ({"picture": np.zeros((SIDE, SIDE, 3), np.float32)}, "picture has the shape"),
        ({"hair": "plaid"}, "hair = 'plaid'"),
        ({"seed": -1}, "seed = -1"),
        ({"starts": 0}, "starts = 0: allowed is 1 to 64"),
        ({"updates": 10**6}, "updates = 1000000: allowed is 1 to 2,000"),
    ],
)
def test_a_wrong_search_is_refused_before_it_begins(
    gan: FaceModel, change: dict[str, Any], words: str
) -> None:
    arguments: dict[str, Any] = {"picture": np.zeros((SIDE, SIDE, 3), np.uint8), **change}
    with pytest.raises(ConfigError, match=words):
        find_closest(gan, arguments.pop("picture"), **arguments)


def test_the_classifiers_guess_is_its_most_likely_colours(shop: FaceShop, gan: FaceModel) -> None:
    from playground.measures.features import classifier_features

    classifier = shop.classifier()
    assert classifier is not None
    face = gan.generate([2]).repeat(4, axis=1).repeat(4, axis=2)
    read = classifier_features(classifier, face)
    assert read.hair is not None and read.eyes is not None
    assert guess_colours(classifier, face[0]) == (HAIR[read.hair.argmax()], EYES[read.eyes.argmax()])
