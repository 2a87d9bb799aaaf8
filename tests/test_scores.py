"""The table of scores: what a perfect, a blurred and a collapsed model read, and that floors are floors."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage

from playground import scores
from playground.checkpoints import load, write_model
from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.engine.faces.codes import CodePrior
from playground.engine.faces.learner import new_encoder, new_generator
from playground.measures import against_real
from playground.measures.against_real import RealFaces, fidelity
from playground.measures.features import FaceFeatures
from playground.nets.conv import Classifier
from playground.recipes import EYES, HAIR, RECIPES, Recipe
from playground.scores import (
    MEASURES,
    REAL,
    Score,
    load_reference,
    reference,
    report,
    score_all,
    score_models,
    table,
)

Images = NDArray[np.uint8]
SIDE = 16
RECIPE = replace(RECIPES["classroom32"], size=SIDE, channels=(4, 4))


def drawn(seeds: Sequence[int], hair: NDArray[np.int64], eyes: NDArray[np.int64]) -> Images:
    """A world of pictures: a plane of colour by hair, a square by eyes, a stripe and grain by the seed."""
    images = np.empty((len(hair), SIDE, SIDE, 3), np.uint8)
    for row, (seed, h, e) in enumerate(zip(seeds, hair, eyes, strict=True)):
        rng = np.random.default_rng(seed)
        face = np.full((SIDE, SIDE, 3), 20 + 15 * int(h)) + rng.integers(0, 25, (SIDE, SIDE, 3))
        face[4:8, 4:8, int(e) % 3] = 20 * int(e)
        face[:, int(rng.integers(9, SIDE))] = rng.integers(0, 256, 3)
        images[row] = face.clip(0, 255)
    return images


def face_set(count: int, first_seed: int) -> FaceSet:
    rng = np.random.default_rng(first_seed)
    hair, eyes = rng.integers(0, 13, count), rng.integers(0, 11, count)  # the last of each: unknown
    return FaceSet(drawn(range(first_seed, first_seed + count), hair, eyes), hair, eyes, "a test")


@dataclass
class Model:
    """A model that draws from the very world of the real faces, then spoils it."""

    name: str
    kind: str = "gan"
    recipe: Recipe = RECIPE
    encoder: Any = None
    step: int = 500
    images_seen: int = 16_000
    parameters: int = 1_234
    multiply_adds: int = 56_789
    seen: list[range] = field(default_factory=list)

    def generate(self, seeds: range, hair: list[str], eyes: list[str]) -> Images:
        self.seen.append(seeds)
        words = [
            [names.index(w) if w in names else len(names) for w in ws]
            for names, ws in ((HAIR, hair), (EYES, eyes))
        ]
        images = drawn([10**6 + seed for seed in seeds], np.array(words[0]), np.array(words[1]))
        return self.spoil(images)

    def spoil(self, images: Images) -> Images:
        return images

    def reconstruct(self, images: Images, hair: list[str], eyes: list[str]) -> Images:
        assert len(images) == len(hair) == len(eyes)
        return self.spoil(images)


class Blurred(Model):
    def spoil(self, images: Images) -> Images:
        smooth: Images = ndimage.gaussian_filter(images, (0, 1.5, 1.5, 0))
        return smooth


class Collapsed(Model):
    def spoil(self, images: Images) -> Images:
        return np.repeat(drawn([7], np.array([3]), np.array([4])), len(images), axis=0)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier((8, 8, 16, 16), torch.Generator().manual_seed(0)).eval()


@pytest.fixture(scope="module")
def real(classifier: Classifier) -> RealFaces:
    return RealFaces(face_set(240, 0), face_set(140, 5_000), classifier, 2_000, seed=3)


@pytest.fixture(scope="module")
def rows(real: RealFaces) -> dict[str, Score]:
    models = [
        Model("perfect"),
        Blurred("blurred", "ae", encoder="an encoder"),
        Model("copies", "vae", encoder="an encoder"),
        Collapsed("collapsed"),
    ]
    said: list[str] = []
    found = score_all(models, real, said.append)
    assert said == [f"{model.name} is scored." for model in models]
    return {row.name: row for row in found}


def test_the_number_of_faces_is_what_both_sets_have(real: RealFaces) -> None:
    assert real.count == 120  # half of 240 training faces: the others are those that may be memorised
    assert len(real.held_out.images) == len(real.sample.images) == len(real.pool) == 120


def test_a_perfect_model_reads_what_real_faces_read(rows: dict[str, Score]) -> None:
    perfect, floor = rows["perfect"].readings, rows[REAL].readings
    assert set(perfect) == set(floor)
    for key in ("precision", "recall", "sharpness", "high_frequency", "diversity", "nearest"):
        assert perfect[key] == pytest.approx(floor[key], abs=0.3), key
    assert floor["sharpness"] == pytest.approx(1.0, abs=0.1)
    assert perfect["frechet"] < 3 * floor["frechet"]
    assert rows[REAL].kind == "real"


def test_frechet_and_kid_do_not_depend_on_the_scale_of_the_classifiers_features(
    rows: dict[str, Score], classifier: Classifier
) -> None:
    class Louder(Classifier):
        def read(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            features, hair, eyes = super().read(images)
            return 50.0 * features + 9.0, hair, eyes

    louder = Louder((8, 8, 16, 16), torch.Generator().manual_seed(0)).eval()
    faces = RealFaces(face_set(240, 0), face_set(140, 5_000), louder, 2_000, seed=3)
    found = score_all([Model("perfect")], faces)[1].readings
    for key in ("frechet", "kid", "precision", "diversity", "nearest"):
        assert found[key] == pytest.approx(rows["perfect"].readings[key], rel=1e-3), key


def test_a_blurred_model_is_less_sharp_and_further_away(rows: dict[str, Score]) -> None:
    blurred, perfect = rows["blurred"].readings, rows["perfect"].readings
    assert blurred["sharpness"] < 0.2 and blurred["high_frequency"] < 0.5
    for key in ("frechet", "kid", "patch_distance"):
        assert blurred[key] > 2 * perfect[key], key


def test_a_collapsed_model_has_no_diversity_and_no_recall(rows: dict[str, Score]) -> None:
    collapsed = rows["collapsed"].readings
    assert collapsed["diversity"] == pytest.approx(0, abs=1e-4)
    assert collapsed["recall"] == pytest.approx(0, abs=0.02)


def test_only_models_with_an_encoder_have_errors_and_a_copy_has_none(rows: dict[str, Score]) -> None:
    assert not {"mse", "psnr", "ssim"} & set(rows["perfect"].readings)
    assert rows["blurred"].readings["mse"] > 0
    copies = rows["copies"].readings
    assert (copies["mse"], copies["ssim"]) == (0.0, pytest.approx(1.0))
    assert "psnr" not in copies  # infinite, which JSON does not know


def test_colours_are_judged_by_the_classifier_where_they_are_known(
    rows: dict[str, Score], real: RealFaces, classifier: Classifier
) -> None:
    faces = real.held_out
    with torch.no_grad():
        pixels = torch.from_numpy(faces.images.repeat(4, 1).repeat(4, 2)).permute(0, 3, 1, 2) / 127.5 - 1.0
        hair, _ = classifier(pixels)
    known = faces.hair < len(HAIR)
    right = (hair.argmax(1).numpy() == faces.hair)[known]
    assert rows[REAL].readings["hair"] == pytest.approx(right.mean())


def test_every_seed_is_drawn_once_and_another_seed_draws_others(real: RealFaces) -> None:
    model = Model("perfect")
    score_all([model], real)
    drawn_seeds = [seed for seeds in model.seen for seed in seeds]
    assert drawn_seeds == list(range(30_000, 30_120))


def test_the_same_arguments_give_the_same_scores(rows: dict[str, Score], real: RealFaces) -> None:
    again = score_all([Model("perfect")], real)
    assert again == [rows[REAL], rows["perfect"]]


def test_scores_survive_json(rows: dict[str, Score]) -> None:
    kept = rows["blurred"].to_dict()
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert kept["count"] == 120 and kept["seed"] == 3


def test_the_table_has_a_column_for_each_model_and_a_row_for_each_measure(rows: dict[str, Score]) -> None:
    text = table(list(rows.values()))
    grid = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert grid[0] == ["", "real faces", "perfect", "blurred", "copies", "collapsed"]
    assert {len(line) for line in grid} == {6}
    cells = {line[0]: line[1:] for line in grid[2:]}
    assert cells["Updates"] == ["", "500", "500", "500", "500"]
    assert cells["Reconstruction: SSIM (higher)"][0] == ""
    assert cells["Reconstruction: SSIM (higher)"][3] == "1.00"
    assert not any("Inception" in words for words in cells)
    assert "120 faces of each model, drawn from seed 3" in text


def test_a_standard_error_stands_beside_its_reading() -> None:
    row = Score("a", "gan", 1, 2, 3, 4, 1_000, 0, {"kid": 1.234, "kid_error": 0.567, "hair": 0.5})
    text = table([row, replace(row, name="b", readings={"kid": 2.0})])
    assert "| KID x 1,000, classifier features (lower) | 1.2 ± 0.6 | 2.0 |" in text
    assert "| Hair as asked (higher) | 50% |  |" in text
    assert "error" not in text


def test_every_reading_has_its_words(rows: dict[str, Score]) -> None:
    for row in rows.values():
        assert {key.removesuffix("_error") for key in row.readings} <= set(MEASURES)
        assert all(math.isfinite(value) for value in row.readings.values())


# ---------------------------------------------------------------- the bundle


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classifier: Classifier) -> Path:
    """A GAN, an autoencoder and the classifier on disk, and faces to score them on."""

    def opened(source: str, split: str, size: int) -> FaceSet:
        assert source == "some faces"
        found = face_set(*{"train": (80, 0), "test": (30, 900)}[split])
        factor = size // SIDE
        return replace(found, images=found.images.repeat(factor, 1).repeat(factor, 2))

    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(scores, "open_faces", opened)
    big = replace(RECIPES["faces64"], channels=(8, 8, 16, 16))
    common = dict(step=7, images_seen=700)
    write_model(
        tmp_path / "classifier", name="classifier", recipe=big, kind="classifier",
        networks={"classifier": classifier}, **common,
    )  # fmt: skip
    networks: dict[str, torch.nn.Module] = {"generator": new_generator(RECIPE, 0)}
    write_model(tmp_path / "a-gan", name="a-gan", recipe=RECIPE, kind="gan", networks=networks, **common)
    codes = torch.randn(300, RECIPE.latent_dim, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(300)
    prior = CodePrior.fit(codes, labels % 12, labels % 10, standard=False)
    both = networks | {"encoder": new_encoder(RECIPE, 0)}
    about = dict(name="an-ae", recipe=RECIPE, kind="ae", networks=both, code_prior=prior)
    write_model(tmp_path / "an-ae", **about, **common)
    return tmp_path


def test_all_bundled_models_are_scored_printed_and_kept_with_their_floor(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report("some faces", count=20, seed=1, write=True)
    printed = capsys.readouterr().out
    assert printed.startswith("|  | real faces | a-gan | an-ae |\n| --- | ---: | ---: | ---: |")
    assert printed == table(score_models([], "some faces", 20, 1))
    gan, ae = (load(name).scores for name in ("a-gan", "an-ae"))
    assert gan["count"] == 20 and gan["seed"] == 1
    assert "ssim" in ae and "ssim" not in gan
    assert gan["real_frechet"] == ae["real_frechet"] > 0
    listed = json.loads((bundle / "manifest.json").read_text("utf-8"))["models"]
    assert {row["name"]: row["scores"] for row in listed if row["model"] != "classifier"} == {
        "a-gan": gan,
        "an-ae": ae,
    }


def test_without_write_nothing_is_kept(bundle: Path) -> None:
    before = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    report("some faces", ["a-gan"], count=20)
    assert {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()} == before


def test_the_reference_of_the_bundle_is_of_its_training_faces(bundle: Path) -> None:
    said: list[str] = []
    path = reference("some faces", notify=said.append, dimensions=4)
    found = load_reference(path)
    assert path == bundle / "reference.safetensors"
    assert said == ["80 real faces are kept in reference.safetensors."]
    assert found.hair.tolist() == face_set(80, 0).hair.tolist()
    assert found.basis.shape == (16 + 8 + 8 + 8, 4)  # the channels of its four blocks


def test_models_that_cannot_be_scored_or_kept_are_named_before_any_work(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="'someone/faces': allowed for writing is a bundled name"):
        report("some faces", ["someone/faces"], write=True)
    with pytest.raises(ConfigError, match="model = 'none-such'"):
        report("some faces", ["none-such"])
    other = replace(RECIPES["classroom32"], channels=(4, 4, 4))
    networks: dict[str, torch.nn.Module] = {"generator": new_generator(other, 0)}
    write_model(
        bundle / "large", name="large", recipe=other, kind="gan", step=1, images_seen=1, networks=networks
    )
    with pytest.raises(ConfigError, match=r"models of \[16, 32\] pixels a side"):
        score_models([], "some faces")
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(bundle / "nowhere"))
    with pytest.raises(ConfigError, match="none is bundled here"):
        score_models([], "some faces")


# ---------------------------------------------------------------- what does not fit


def test_inception_has_rows_of_its_own(monkeypatch: pytest.MonkeyPatch, classifier: Classifier) -> None:
    def pretend(images: Images, device: str) -> FaceFeatures:
        assert device == "cpu"
        return FaceFeatures("inception", images.reshape(len(images), -1)[:, :40].astype(np.float32))

    monkeypatch.setattr(against_real, "inception_features", pretend)
    faces = RealFaces(face_set(60, 0), face_set(30, 900), classifier, 30, inception=True)
    found = score_all([Model("perfect")], faces)
    assert {"inception_frechet", "inception_kid", "inception_precision", "frechet"} <= set(found[1].readings)
    assert "| FID, Inception features (lower) |" in table(found)


def test_features_of_two_spaces_are_never_compared() -> None:
    x = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    with pytest.raises(ConfigError, match="of classifier and of inception: allowed is one space"):
        fidelity(FaceFeatures("classifier", x), FaceFeatures("inception", x))


def test_bad_requests_are_one_sentence(classifier: Classifier, real: RealFaces) -> None:
    training, held_out = face_set(40, 0), face_set(20, 900)
    with pytest.raises(ConfigError, match="count = 3: allowed is 10 to 10,000"):
        RealFaces(training, held_out, classifier, 3)
    with pytest.raises(ConfigError, match="seed = -1"):
        RealFaces(training, held_out, classifier, 20, seed=-1)
    with pytest.raises(ConfigError, match="40 training and 5 held-out faces"):
        RealFaces(training, face_set(5, 900), classifier, 20)
    with pytest.raises(ConfigError, match="images holds 3: allowed is 120"):
        real.readings(real.held_out.images[:3])
    with pytest.raises(ConfigError, match="rows holds 0 scores"):
        table([])
