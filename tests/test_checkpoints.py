"""Trained face models: seeds, latents, folders, the bundle, model cards, and files not to be trusted."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from playground.checkpoints import (
    FaceModel,
    add_to_bundle,
    bundle_folder,
    bundled,
    directions,
    interpolate_latents,
    load,
    load_classifier,
    timeline,
    write_manifest,
    write_model,
)
from playground.checkpoints.bundle import MANIFEST, manifest_text
from playground.checkpoints.card import model_card, plain
from playground.checkpoints.description import Description, read_description
from playground.checkpoints.tensors import read_tensors
from playground.config import ConfigError
from playground.engine.faces.codes import CodePrior
from playground.engine.faces.learner import new_encoder, new_generator
from playground.nets.conv import Classifier, Encoder, Generator
from playground.recipes import RECIPES

TINY = replace(RECIPES["faces64"], name="tiny", size=16, channels=(8, 8), latent_dim=4, batch_size=4)
SIDE, WIDTH = TINY.size, TINY.latent_dim


def lively_generator(seed: int) -> Generator:
    """A new generator whose blocks do something, as after training."""
    generator = new_generator(TINY, seed)
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in generator.blocks.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=rng))
    return generator


def some_prior(seed: int = 0) -> CodePrior:
    rng = torch.Generator().manual_seed(seed)
    codes = torch.randn(400, WIDTH, generator=rng) * torch.tensor([3.0, 1.0, 0.5, 2.0]) + 1.0
    return CodePrior.fit(codes, torch.arange(400) % 12, torch.arange(400) % 10, standard=False)


def written(folder: Path, kind: str = "gan", seed: int = 0, step: int = 20, **changes: Any) -> Path:
    """A tiny model's folder."""
    networks: dict[str, torch.nn.Module] = {"generator": lively_generator(seed)}
    if kind == "classifier":
        networks = {"classifier": Classifier(TINY.channels, torch.Generator().manual_seed(seed))}
    elif kind != "gan":
        networks["encoder"] = new_encoder(TINY, seed)
    what: dict[str, Any] = {
        "name": f"tiny-{kind}",
        "recipe": TINY,
        "kind": kind,
        "step": step,
        "images_seen": 4 * step,
        "networks": networks,
        "code_prior": some_prior(seed) if "encoder" in networks else None,
    }
    return write_model(folder, **(what | changes))


@pytest.fixture
def gan(tmp_path: Path) -> FaceModel:
    return load(written(tmp_path / "gan"))


@pytest.fixture
def ae(tmp_path: Path) -> FaceModel:
    return load(written(tmp_path / "ae", "ae"))


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty bundle."""
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path / "bundle"))
    return tmp_path / "bundle"


def some_faces(count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)


# -- seeds and latents


def test_a_seed_is_the_row_that_numpys_pcg64_gives_it(gan: FaceModel) -> None:
    rows = gan.latents([5, 0, 2**32 - 1])
    for row, seed in zip(rows, (5, 0, 2**32 - 1), strict=True):
        expected = np.random.Generator(np.random.PCG64(seed)).standard_normal(WIDTH)
        np.testing.assert_array_equal(row, expected.astype(np.float32))
    # the same on every machine: these numbers were written down
    np.testing.assert_allclose(gan.latents([5])[0], [-0.8019314, -1.324359, -0.2483616, 0.4204452], atol=2e-7)


@pytest.mark.parametrize(
    "seeds", [[], [-1], [2**32], [1.0], [True], ["1"], [None], range(257), 3, "12", None, [float("nan")]]
)
def test_what_is_no_seed_is_refused(gan: FaceModel, seeds: Any) -> None:
    with pytest.raises(ConfigError, match="seeds = "):
        gan.generate(seeds)


def test_a_face_does_not_depend_on_its_company(gan: FaceModel) -> None:
    together = gan.generate(np.arange(70)).astype(int)
    alone = np.concatenate([gan.generate([seed]) for seed in (0, 63, 64, 69)]).astype(int)
    assert np.abs(together[[0, 63, 64, 69]] - alone).max() <= 1


def test_faces_are_float32_even_where_the_caller_works_in_half_precision(gan: FaceModel) -> None:
    expected = gan.generate([1, 2])
    with torch.autocast("cpu", torch.bfloat16):
        np.testing.assert_array_equal(gan.generate([1, 2]), expected)


def test_no_gradient_and_no_global_switch_is_left_behind(gan: FaceModel) -> None:
    before = (torch.get_num_threads(), torch.is_grad_enabled(), torch.random.get_rng_state().sum())
    gan.generate([1])
    assert before == (torch.get_num_threads(), torch.is_grad_enabled(), torch.random.get_rng_state().sum())
    assert not any(p.requires_grad for p in gan.generator.parameters())


def test_generate_decodes_scaled_latents(gan: FaceModel) -> None:
    z = gan.latents([3, 4])
    np.testing.assert_array_equal(gan.generate([3, 4], truncation=0.5), gan.decode(0.5 * z))
    np.testing.assert_array_equal(gan.decode(z, truncation=0.0)[0], gan.decode(np.zeros((1, WIDTH)))[0])


def test_pixels_are_those_of_the_network(gan: FaceModel) -> None:
    z = gan.latents([9])
    with torch.no_grad():
        made = gan.generator(torch.from_numpy(z), torch.tensor([3]), torch.tensor([10]))[0]
    expected = ((made + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(gan.decode(z, hair="blue")[0], expected)


def test_one_colour_serves_all_and_a_list_serves_each(gan: FaceModel) -> None:
    z = gan.latents([1, 1])
    mixed = gan.decode(z, hair=["red", "any"], eyes=np.array([2, 10]))
    np.testing.assert_array_equal(mixed[0], gan.decode(z, hair="red", eyes="blue")[0])
    np.testing.assert_array_equal(mixed[1], gan.decode(z)[0])
    assert (mixed[0] != mixed[1]).any()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("hair", {"hair": "rainbow"}),
        ("hair", {"hair": ["red"]}),
        ("eyes", {"eyes": 1.5}),
        ("eyes", {"eyes": {"red": 1}}),
        ("truncation", {"truncation": float("nan")}),
        ("truncation", {"truncation": -0.1}),
        ("truncation", {"truncation": "1"}),
    ],
)
def test_bad_wishes_name_their_field(gan: FaceModel, field: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"^{field} = "):
        gan.decode(gan.latents([1, 2]), **wrong)


@pytest.mark.parametrize(
    "latents",
    [np.zeros(WIDTH), np.zeros((1, WIDTH + 1)), np.full((1, WIDTH), np.nan), np.full((1, WIDTH), 1e9)],
)
def test_bad_latents_are_refused(gan: FaceModel, latents: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="latents"):
        gan.decode(latents)


def test_the_cost_is_that_of_the_generator_alone(ae: FaceModel) -> None:
    assert ae.parameters == sum(p.numel() for p in ae.generator.parameters())
    first_layer = (WIDTH + 32) * 8 * 16
    assert ae.multiply_adds > first_layer


# -- an autoencoder's codes


@pytest.mark.parametrize("colours", [("any", "any"), ("blue", "any"), ("red", "green")])
def test_standard_latents_become_codes_and_codes_standard_latents(
    ae: FaceModel, colours: tuple[str, str]
) -> None:
    prior, faces = ae.code_prior, some_faces()
    assert prior is not None and ae.encoder is not None
    standard = ae.encode(faces, *colours)
    codes = ae.encoder(torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 127.5 - 1.0)[0]
    hair, eyes = {"any": (12, 10), "blue": (3, 10), "red": (10, 4)}[colours[0]]
    labels = torch.full((3,), hair), torch.full((3,), eyes)
    back = prior.codes(torch.from_numpy(standard), *labels)
    torch.testing.assert_close(back, codes, rtol=1e-3, atol=1e-3)
    with torch.no_grad():
        made = ae.generator(codes, *labels)
    expected = ((made + 1) * 127.5).round().clamp(0, 255).permute(0, 2, 3, 1).numpy()
    assert np.abs(ae.reconstruct(faces, *colours).astype(int) - expected).max() <= 1


def test_a_gan_has_no_encoder_and_says_so(gan: FaceModel) -> None:
    assert gan.encoder is None
    with pytest.raises(ConfigError, match="it has no encoder"):
        gan.reconstruct(some_faces())


@pytest.mark.parametrize(
    "images", [some_faces()[0], some_faces().astype(np.float32), some_faces()[:, :8], some_faces()[:0], None]
)
def test_bad_pictures_are_refused(ae: FaceModel, images: Any) -> None:
    with pytest.raises(ConfigError, match="images = "):
        ae.encode(images)


# -- between two latents, and directions

codes = arrays(np.float32, 8, elements=st.floats(-3, 3, width=32, allow_subnormal=False))


@given(codes, codes, st.booleans(), st.integers(2, 30))
@settings(max_examples=50)
def test_a_path_begins_and_ends_where_it_should(a: Any, b: Any, spherical: bool, steps: int) -> None:
    path = interpolate_latents(a, b, steps, spherical)
    assert path.shape == (steps, 8) and path.dtype == np.float32
    np.testing.assert_allclose(path[0], a, atol=1e-3)
    np.testing.assert_allclose(path[-1], b, atol=1e-3)


def test_a_quarter_circle_is_walked_in_equal_angles() -> None:
    path = interpolate_latents(np.array([2.0, 0.0]), np.array([0.0, 2.0]), 4, True)
    angles = np.radians([0, 30, 60, 90])
    np.testing.assert_allclose(path, 2 * np.stack([np.cos(angles), np.sin(angles)], 1), atol=1e-6)
    straight = interpolate_latents(np.array([2.0, 0.0]), np.array([0.0, 2.0]), 3, False)
    np.testing.assert_allclose(straight[1], [1.0, 1.0])


@pytest.mark.parametrize("b", [[0.0, 0.0], [2.0, 0.0], [-2.0, 0.0]])
def test_where_there_is_no_one_arc_the_path_is_straight(b: list[float]) -> None:
    path = interpolate_latents(np.array([1.0, 0.0]), np.array(b), 3, True)
    np.testing.assert_allclose(path[1], [(1 + b[0]) / 2, 0.0], atol=1e-6)


@pytest.mark.parametrize(
    ("b", "steps"), [([1.0], 3), ([np.inf, 0.0], 3), ([0.0, 1.0], 1), ([0.0, 1.0], 10**9)]
)
def test_a_path_to_nowhere_is_refused(b: list[float], steps: int) -> None:
    with pytest.raises(ConfigError):
        interpolate_latents(np.zeros(2), np.array(b), steps, True)


def test_directions_are_the_right_singular_vectors_of_the_first_layer(gan: FaceModel) -> None:
    found = directions(gan, WIDTH)
    weights = gan.generator.enter.weight[:, :WIDTH].double().numpy()
    expected = np.linalg.svd(weights)[2]
    np.testing.assert_allclose(np.abs(np.sum(found * expected, 1)), 1.0, atol=1e-6)
    np.testing.assert_allclose(found @ found.T, np.eye(WIDTH), atol=1e-6)
    assert (found[np.arange(WIDTH), np.abs(found).argmax(1)] > 0).all()
    np.testing.assert_array_equal(directions(gan.generator, 2), found[:2])


def test_the_first_direction_moves_the_first_layer_most(ae: FaceModel) -> None:
    prior = ae.code_prior
    assert prior is not None
    first = ae.generator.enter.weight[:, :WIDTH].numpy() @ prior.maps[0, 0].numpy()
    answers = np.linalg.norm(directions(ae, WIDTH) @ first.T, axis=1)
    np.testing.assert_allclose(answers, np.linalg.svd(first)[1], rtol=1e-4)


@pytest.mark.parametrize("count", [0, WIDTH + 1, 1.5, True])
def test_there_are_as_many_directions_as_latent_numbers(gan: FaceModel, count: Any) -> None:
    with pytest.raises(ConfigError, match="count = "):
        directions(gan, count)


# -- a folder, written and read


@pytest.mark.parametrize("kind", ["ae", "vae", "gan"])
def test_what_was_written_is_read_again_to_half_precision(tmp_path: Path, kind: str) -> None:
    source, prior = lively_generator(5), some_prior(5)
    model = load(written(tmp_path / "m", kind, seed=5, scores={"fid": 2.5}))
    assert (model.name, model.kind, model.step, model.images_seen) == (f"tiny-{kind}", kind, 20, 80)
    assert (model.recipe, model.scores) == (TINY, {"fid": 2.5})
    for kept, given_ in zip(model.generator.parameters(), source.parameters(), strict=True):
        torch.testing.assert_close(kept, given_.half().float())
        assert kept.dtype == torch.float32
    assert (model.encoder is None) == (model.code_prior is None) == (kind == "gan")
    if model.code_prior is not None:
        torch.testing.assert_close(model.code_prior.maps, prior.maps.half().float())


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (written(tmp_path / name, "vae") for name in "ab")
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()
    assert sorted(path.name for path in first.iterdir()) == ["README.md", "config.json", "model.safetensors"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../up"},
        {"name": "a/b"},
        {"name": ""},
        {"kind": "diffusion"},
        {"step": -1},
        {"images_seen": 1.5},
        {"networks": {}},
        {"networks": {"generator": Generator(5, (8, 8), torch.Generator())}},
        {"code_prior": some_prior()},
        {"scores": {"fid": float("nan")}},
        {"recipe": replace(TINY, size=17)},
        {"hardware": "x" * 300},
    ],
)
def test_nothing_is_written_of_a_model_that_could_not_be_read(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError):
        written(tmp_path / "m", **changes)
    assert not (tmp_path / "m").exists()


def test_a_model_written_again_keeps_the_timeline_of_the_same_model_only(
    bundle: Path, tmp_path: Path
) -> None:
    folder = add_to_bundle(run_folder(tmp_path / "run"))
    written(folder, "ae", step=50)
    assert timeline("tiny-ae") == (10, 20, 50)
    np.testing.assert_array_equal(load("tiny-ae", 10).latents([1]), load("tiny-ae").latents([1]))
    written(folder, "ae", step=50, name="other")
    assert read_description(folder).timeline == {}


def test_weights_beyond_half_precision_are_refused(tmp_path: Path) -> None:
    generator = lively_generator(0)
    with torch.no_grad():
        generator.enter.weight[0, 0] = 1e6
    with pytest.raises(ConfigError, match="half precision"):
        written(tmp_path / "m", networks={"generator": generator})
    assert not (tmp_path / "m").exists()


def test_a_classifier_is_read_as_one_and_draws_nothing(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none is bundled"):
        load_classifier()
    add_to_bundle(written(tmp_path / "c", "classifier", seed=2))
    classifier = load_classifier()
    source = Classifier(TINY.channels, torch.Generator().manual_seed(2))
    torch.testing.assert_close(classifier.hair.weight, source.hair.weight.half().float())
    assert not classifier.training and bundled() == []
    with pytest.raises(ConfigError, match="draws no faces"):
        load(bundle / "classifier")


# -- files that are not to be trusted

Header = dict[str, Any]


def repack(folder: Path, change: Callable[[Header], Any], data: bytes = b"") -> None:
    """Change the header of the weights, then the hash, as an attacker would."""
    content = (folder / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header, numbers = json.loads(content[8 : 8 + size]), content[8 + size :]
    changed = change(header) or header
    text = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
    rehash(folder, struct.pack("<Q", len(text)) + text + numbers + data)


def rehash(folder: Path, weights: bytes) -> None:
    (folder / "model.safetensors").write_bytes(weights)
    tell(folder, sha256=hashlib.sha256(weights).hexdigest())


def tell(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refused(folder: Path) -> str:
    with pytest.raises(ConfigError) as error:
        load(folder)
    sentence = str(error.value)
    assert "\n" not in sentence and len(sentence) < 400
    return sentence


LEAVE = "generator.leave.bias"  # (12,) float16


def _set(name: str, key: str, value: Any) -> Callable[[Header], None]:
    return lambda header: header[name].__setitem__(key, value)


def _shift(by: int) -> Callable[[Header], None]:
    def change(header: Header) -> None:
        first, last = header[LEAVE]["data_offsets"]
        header[LEAVE]["data_offsets"] = [first + by, last + by]

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set(LEAVE, "data_offsets", [-24, 0]), "does not fit"),
        (_set(LEAVE, "data_offsets", [0, 10**18]), "does not fit"),
        (_set(LEAVE, "data_offsets", [24, 0]), "does not fit"),
        (_set(LEAVE, "data_offsets", [0.0, 24.0]), "is no place"),
        (_set(LEAVE, "data_offsets", [0]), "is no place"),
        (_shift(-2), "overlap or leave a gap"),
        (_shift(10**6), "overlap or leave a gap"),
        (_set(LEAVE, "shape", [10**12]), "of shape"),
        (_set(LEAVE, "shape", [-12]), "of shape"),
        (_set(LEAVE, "shape", [12.0]), "of shape"),
        (_set(LEAVE, "dtype", "F64"), "of type"),
        (_set(LEAVE, "dtype", "I8"), "of type"),
        (_set(LEAVE, "dtype", ["F16"]), "of type"),
        (_set(LEAVE, "extra", 1), "lacks a type"),
        (lambda header: header.pop(LEAVE) and None, "is missing"),
        (lambda header: header.update({"generator.more": header[LEAVE]}), "is no part of"),
        (lambda header: header.update({LEAVE: 3}), "lacks a type"),
        (lambda header: b"[]", "no table"),
        (lambda header: b"{", "no JSON"),
        (lambda header: b"[" * 100_000, "no JSON"),
        (lambda header: b'{"a":1,"a":1}', "no JSON"),
        (lambda header: b" " * (2**20 + 1), "cut short"),
    ],
)
def test_a_malicious_header_is_refused_with_a_sentence(
    tmp_path: Path, change: Callable[[Header], Any], words: str
) -> None:
    folder = written(tmp_path / "m")
    repack(folder, change)
    assert words in refused(folder)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 7, b"\xff" * 8, b"\x80\x04N.", b"PK\x03\x04" + b"\0" * 60]
)
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = written(tmp_path / "m")
    rehash(folder, content)
    assert "cut short, or no safetensors file" in refused(folder)


def test_bytes_after_the_last_tensor_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "m")
    repack(folder, lambda header: None, data=b"secret")
    assert "bytes of numbers where its header says" in refused(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, value: float, kind: torch.dtype) -> None:
    folder = written(tmp_path / "m")
    tensors = {k: t.to(kind) for k, t in load_tensors((folder / "model.safetensors").read_bytes()).items()}
    rehash(folder, save_tensors(tensors))
    load(folder)
    tensors[LEAVE][3] = value
    rehash(folder, save_tensors(tensors))
    assert "not finite" in refused(folder)


def test_one_changed_bit_is_refused_by_the_hash(tmp_path: Path) -> None:
    folder = written(tmp_path / "m")
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    assert "does not match its sha256" in refused(folder)


def unopened(name: str) -> Callable[..., Any]:
    """`Path.open` that fails the test for a file of that name."""
    opened = Path.open

    def open_other(path: Path, *how: Any) -> Any:
        assert path.name != name
        return opened(path, *how)

    return open_other


def test_a_file_too_large_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(tmp_path / "m")
    for name, size in (("model.safetensors", 64 * 2**20 + 1), ("config.json", 64 * 2**10 + 1)):
        with (folder / name).open("r+b") as file:
            file.truncate(size)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", unopened(name))
            assert f"{name} = {size:,} bytes: allowed is at most" in refused(folder)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "m")
    about = read_description(folder)
    with pytest.raises(ConfigError, match="is no file"):
        read_tensors(folder, about.sha256, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        read_description(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "other"),
        ("name", "a\nb"),
        ("name", "x" * 65),
        ("name", 3),
        ("kind", "diffusion"),
        ("kind", ["gan"]),
        ("step", -1),
        ("step", 1e3),
        ("step", 10**30),
        ("images_seen", True),
        ("sha256", "0" * 63),
        ("sha256", None),
        ("licence", "x" * 1000),
        ("scores", {"fid": 10**400}),
        ("scores", {"fid": "1"}),
        ("scores", {"": 1.0}),
        ("scores", [1.0]),
        ("scores", {str(i): 1.0 for i in range(101)}),
        ("timeline", {"../1": "0" * 64}),
        ("timeline", {"01": "0" * 64}),
        ("timeline", {"9" * 4000: "0" * 64}),
        ("timeline", {"1": "x"}),
        ("hardware", 3),
        ("recipe", None),
        ("recipe", []),
        ("recipe", TINY.to_dict() | {"size": 4096}),
        ("recipe", TINY.to_dict() | {"size": "16"}),
        ("recipe", TINY.to_dict() | {"channels": [10**9, 8]}),
        ("recipe", TINY.to_dict() | {"channels": [8] * 10**3}),
        ("recipe", TINY.to_dict() | {"latent_dim": 10**9}),
        ("recipe", TINY.to_dict() | {"more": 1}),
    ],
)
def test_an_absurd_description_is_refused(tmp_path: Path, field: str, value: Any) -> None:
    folder = written(tmp_path / "m")
    tell(folder, **{field: value})
    assert refused(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"\xff\xfe", b"{", b'{"a": NaN}', b"[" * 60_000, b'{"a":1,"a":2}', b"9" * 60_000],
)
def test_a_description_that_is_no_plain_json_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = written(tmp_path / "m")
    (folder / "config.json").write_bytes(content)
    assert re.search("damaged|describes no face model", refused(folder))


def test_weights_of_another_recipe_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "m")
    tell(folder, recipe=TINY.to_dict() | {"latent_dim": 5})
    assert "its recipe makes it [128, 37]" in refused(folder)
    tell(folder, recipe=TINY.to_dict(), kind="ae")
    assert "is missing" in refused(folder)


@given(st.binary(max_size=200))
@settings(max_examples=60)
def test_no_bytes_do_more_than_raise_a_sentence(tmp_path_factory: Any, content: bytes) -> None:
    path = tmp_path_factory.mktemp("b") / "w"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        read_tensors(path, hashlib.sha256(content).hexdigest(), {"a": (1,)})


# -- runs, the bundle and names


def run_folder(folder: Path, kind: str = "ae") -> Path:
    """A run as training leaves it."""
    written(folder / "model", kind, seed=1, step=40)
    for step in (10, 20, 40):
        written(folder / "timeline" / f"{step:06d}", kind, seed=step, step=step)
    (folder / "config.json").write_text(json.dumps({"circumstances": {"device": "cuda", "torch": "2.13"}}))
    return folder


def test_a_run_opens_at_its_end_and_at_every_remembered_step(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    np.testing.assert_array_equal(load(run).generate([3]), load(str(run / "model")).generate([3]))
    at_10 = load(written(tmp_path / "m", "ae", seed=10, step=10))
    np.testing.assert_array_equal(load(run, 10).generate([3]), at_10.generate([3]))


def test_the_bundle_opens_a_run_by_name_and_at_every_step(bundle: Path, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    assert add_to_bundle(run) == bundle / "tiny-ae"
    assert timeline("tiny-ae") == (10, 20, 40)
    for step in (10, 20, 40, None):
        np.testing.assert_array_equal(load("tiny-ae", step).generate([3]), load(run, step).generate([3]))
    assert load("tiny-ae", step=10).images_seen == 40
    with pytest.raises(ConfigError, match="no encoder"):
        load("tiny-ae", 10).encode(some_faces())
    with pytest.raises(ConfigError, match="step = 11: allowed for tiny-ae is 10, 20, 40"):
        load("tiny-ae", 11)


def test_the_manifest_lists_what_is_bundled(bundle: Path, tmp_path: Path) -> None:
    assert bundled() == [] and bundle_folder() == bundle
    add_to_bundle(run_folder(tmp_path / "run"))
    add_to_bundle(written(tmp_path / "gan"), name="other")
    add_to_bundle(written(tmp_path / "c", "classifier"))
    first, second = bundled()
    assert (first.name, first.recipe, first.model, first.step, first.timeline) == (
        "other", "tiny", "gan", 20, (),
    )  # fmt: skip
    assert second.timeline == (10, 20)
    size = sum(path.stat().st_size for path in (bundle / "tiny-ae").rglob("*.safetensors"))
    assert (second.licence, second.size) == ("non-commercial", size)
    rows = json.loads((bundle / MANIFEST).read_text())["models"]
    assert [row["folder"] for row in rows] == ["classifier", "other", "tiny-ae"]
    assert (
        rows[2]["sha256"] == hashlib.sha256((bundle / "tiny-ae/model.safetensors").read_bytes()).hexdigest()
    )
    assert write_manifest().read_text() == manifest_text()


def test_the_manifest_of_this_project_is_up_to_date(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYGROUND_CHECKPOINTS", raising=False)
    assert bundle_folder() == root / "checkpoints"
    kept = root / "checkpoints" / MANIFEST
    assert (kept.read_text("utf-8") if kept.exists() else '{\n "models": []\n}\n') == manifest_text()


def test_a_model_put_into_the_bundle_again_replaces_the_old_one(bundle: Path, tmp_path: Path) -> None:
    add_to_bundle(run_folder(tmp_path / "run"))
    add_to_bundle(written(tmp_path / "m", "ae", step=7))
    assert timeline("tiny-ae") == (7,)
    assert sorted(path.name for path in bundle.iterdir()) == [MANIFEST, "tiny-ae"]


def test_a_damaged_model_leaves_the_bundle_as_it_was(bundle: Path, tmp_path: Path) -> None:
    add_to_bundle(written(tmp_path / "m"))
    broken = written(tmp_path / "n", seed=1)
    (broken / "model.safetensors").write_bytes(b"x")
    before = manifest_text()
    with pytest.raises(ConfigError, match="sha256"):
        add_to_bundle(broken)
    assert manifest_text() == before and sorted(p.name for p in bundle.iterdir()) == [MANIFEST, "tiny-gan"]


def test_a_damaged_bundle_is_named(bundle: Path, tmp_path: Path) -> None:
    folder = add_to_bundle(run_folder(tmp_path / "run"))
    (folder / "timeline" / "10.safetensors").unlink()
    with pytest.raises(ConfigError, match=r"bundled model 'tiny-ae' is damaged: 10.safetensors is missing"):
        bundled()


@pytest.mark.parametrize(
    "name", ["nobody", "", "..", ".", "../x", "a\0b", "x" * 5000, "\ud800", 3, None, ["a"], "http://a/b", "~"]
)
def test_what_can_be_no_model_is_refused_with_what_is_allowed(
    bundle: Path, tmp_path: Path, name: Any
) -> None:
    add_to_bundle(written(tmp_path / "m"))
    with pytest.raises(ConfigError, match=r"model = .*allowed is a bundled model \(tiny-gan\)"):
        load(name)


# -- model cards


def described(**changes: Any) -> Description:
    values: dict[str, Any] = {
        "name": "tiny-gan",
        "recipe": TINY,
        "kind": "gan",
        "step": 12_345,
        "images_seen": 49_380,
        "sha256": "0" * 64,
        "scores": {"frechet": 1.2345},
        "timeline": {100: "0" * 64},
        "hardware": "device cpu",
    }
    return Description(**(values | changes))


@pytest.mark.parametrize("kind", ["ae", "vae", "gan", "classifier"])
def test_a_card_says_where_a_model_comes_from_and_what_it_may_be_used_for(kind: str) -> None:
    card = model_card(described(kind=kind), "someone/tiny")
    _, front, text = card.split("---\n", 2)
    found = yaml.safe_load(front)
    assert found["license"] == "other" and found["license_name"] == "non-commercial"
    assert found["library_name"] == "gan-playground" and "synthetic-data" in found["tags"]
    task = "image-classification" if kind == "classifier" else "unconditional-image-generation"
    assert found["pipeline_tag"] == task
    for words in (
        "33,987", "synthetic", "MakeGirlsMoe", "MLDS 2018", "non-commercial use", "12,345", "49,380",
        "1.234", "device cpu", "## Limits", "from playground.checkpoints import",
    ):  # fmt: skip
        assert words in text, words


def test_no_text_of_a_stranger_becomes_markdown_html_or_yaml() -> None:
    nasty = "a\n---\nlicense: mit\n# [x](http://y) <script>|`*_\"'"
    recipe = replace(TINY, name=nasty[:60])
    card = model_card(described(recipe=recipe, hardware=nasty, scores={nasty[:60]: 1.0}))
    assert card.count("---\n") == 2 and yaml.safe_load(card.split("---\n")[1])["license"] == "other"
    assert "<script>" not in card and "](http" not in card and "\n# \\[" not in card
    assert plain("a|b\n[c](d) <e>") == r"a\|b \[c\]\(d\) &lt;e&gt;"


def test_the_folder_of_a_model_holds_its_card(tmp_path: Path) -> None:
    card = (written(tmp_path / "m") / "README.md").read_text("utf-8")
    assert card == model_card(read_description(tmp_path / "m"))
    assert "not recorded" in card


def test_an_encoder_is_part_of_the_model_only_where_there_is_one(ae: FaceModel, gan: FaceModel) -> None:
    assert isinstance(ae.encoder, Encoder) and gan.encoder is None
