"""The page Faces without a browser: what visitors share, what they may ask, and what the answers show."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from face_bundle import EARLIER, SMALL, STEP, write_bundle
from limited import limited
from own_loop import run
from playground.checkpoints import FaceModel
from playground.config import ConfigError
from playground.figures.sheets import data_url, enlarge, png, sheet, webp
from playground.measures.sharpness import sharpness
from playground.recipes import EYES, HAIR
from playground.session.faces import FaceShop, Shelf, name_directions
from playground.ui.faces import gpu, seeds
from playground.ui.faces.seeds import CAPTIONS, Seeds, markup
from playground.ui.faces.wish import COUNTS, Wish

KINDS = ("ae", "vae", "gan")
GAN = "faces64-gan"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle"), reference=True)


@pytest.fixture(autouse=True)
def chosen(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(bundle))
    monkeypatch.delenv("PLAYGROUND_FACES", raising=False)


@pytest.fixture
def shop() -> FaceShop:
    return FaceShop()


@pytest.fixture
def tab(shop: FaceShop) -> Seeds:
    return Seeds(shop)


def wish(**values: Any) -> Wish:
    return Wish.read(values, KINDS)


def picture(url: str) -> np.ndarray[Any, Any]:
    """The pixels of a data URL."""
    content = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


# -- what visitors share


def test_who_asks_at_the_same_time_waits_for_one_fetch() -> None:
    fetched: list[str] = []
    together = Barrier(8)
    shelf: Shelf[str, object] = Shelf(lambda key: fetched.append(key) or object(), 4)

    def ask(_: int) -> object:
        together.wait()
        return shelf.get("a")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(8)))
    assert (len(found), fetched) == (1, ["a"])


def test_the_longest_unused_leaves_a_full_shelf() -> None:
    fetched: list[str] = []
    shelf: Shelf[str, str] = Shelf(lambda key: fetched.append(key) or key, 2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert shelf.get(key) == key
    assert (len(shelf), fetched) == (2, ["a", "b", "c", "b"])


def test_what_could_not_be_fetched_is_told_and_asked_for_again() -> None:
    tries: list[str] = []

    def fetch(key: str) -> str:
        tries.append(key)
        if len(tries) == 1:
            raise ConfigError("not yet")
        return key

    shelf: Shelf[str, str] = Shelf(fetch, 2)
    with pytest.raises(ConfigError, match="not yet"):
        shelf.get("a")
    assert shelf.get("a") == "a"


def test_the_shop_names_one_model_of_each_kind_and_loads_it_once(shop: FaceShop) -> None:
    assert shop.names == {kind: f"faces64-{kind}" for kind in KINDS}
    assert set(shop.bundle) == set(shop.names.values())
    model = shop.model(GAN)
    assert isinstance(model, FaceModel) and shop.model(GAN) is model
    assert shop.steps(GAN) == (*EARLIER, STEP)
    early = shop.model(GAN, EARLIER[0])
    assert early.step == EARLIER[0] and early is not model
    assert shop.classifier() is not None and shop.reference() is not None
    assert shop.data("train", 32) is None


@pytest.mark.parametrize("name", ["cat", "../faces64-gan", "classifier", "user/repo", "", None, 3, ["a"]])
def test_only_bundled_models_can_be_asked_for(shop: FaceShop, name: Any) -> None:
    for ask in (shop.model, shop.steps, shop.directions, shop.sharpness):
        with pytest.raises(ConfigError, match="allowed is faces64-ae, faces64-gan, faces64-vae"):
            ask(name)


def test_without_a_bundle_the_shop_is_empty_and_the_tab_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path / "none"))
    shop = FaceShop()
    assert (shop.names, shop.classifier(), shop.reference()) == ({}, None, None)
    with gr.Blocks() as demo:
        seeds.build(shop)
    assert any(
        "No face models" in str(block.value) for block in demo.blocks.values() if hasattr(block, "value")
    )
    with pytest.raises(ConfigError, match="no model is bundled"):
        shop.model(GAN)


def test_real_faces_are_those_of_an_operator_who_has_them(
    shop: FaceShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    (tmp_path / "train").mkdir()
    for i, face in enumerate(faces):
        Image.fromarray(face).save(tmp_path / "train" / f"{i}.png")
    monkeypatch.setenv("PLAYGROUND_FACES", str(tmp_path))
    found = shop.data("train", 16)
    assert found is not None and np.array_equal(found.images, faces)
    assert shop.data("train", 16) is found and shop.data("test", 16) is None


def test_sharpness_is_that_of_generated_faces_over_that_of_real_ones(shop: FaceShop) -> None:
    reference = shop.reference()
    assert reference is not None
    made = sharpness(shop.model(GAN).generate(range(64))).mean
    assert shop.sharpness(GAN) == pytest.approx(made / float(reference.sharpness_mean[0]))


def test_too_many_questions_at_once_are_refused_and_the_others_answered(shop: FaceShop) -> None:
    async def ask() -> list[Any]:
        return await asyncio.gather(*(shop.run(str, i) for i in range(5)), return_exceptions=True)

    with limited(waiting_questions=3):
        answers = run(ask())
        assert answers[:3] == ["0", "1", "2"]
        assert all(isinstance(a, ConfigError) for a in answers[3:])
        assert str(answers[3]).startswith("3 wishes for faces wait already")
        assert run(ask())[:3] == ["0", "1", "2"]


def test_wishes_are_counted_from_when_they_come_until_they_are_answered(shop: FaceShop) -> None:
    async def look() -> tuple[int, int]:
        wishes = [asyncio.ensure_future(shop.run(str, i)) for i in range(5)]
        await asyncio.sleep(0)
        came = shop.waiting
        await asyncio.gather(*wishes)
        return came, shop.waiting

    assert run(look()) == (5, 0)


# -- directions


def painted(latents: Any) -> Any:
    """Latent 0 is brightness, 1 is red against blue, 2 does nothing, 3 lights the left."""
    images = np.full((len(latents), 16, 16, 3), 128.0)
    images += 8.0 * latents[:, 0, None, None, None]
    images[..., 0] += 6.0 * latents[:, 1, None, None]
    images[..., 2] -= 6.0 * latents[:, 1, None, None]
    images[:, :, :8] += 6.0 * latents[:, 3, None, None, None]
    return images.round().clip(0, 255).astype(np.uint8)


def test_a_direction_is_named_by_what_it_changes_most_and_turned_so_that_it_grows() -> None:
    latents = np.random.default_rng(0).standard_normal((16, 4)).astype(np.float32)
    axes = np.eye(4, dtype=np.float32)
    found = {
        d.number: d
        for d in name_directions(painted, latents, np.stack([-axes[0], axes[1], axes[2], axes[3]]))
    }
    assert [found[n].label for n in (1, 2, 3, 4)] == [
        "Brightness",
        "Warmth",
        "Direction 3",
        "Light from the right",
    ]
    assert np.array_equal(found[1].vector, axes[0])
    assert np.array_equal(found[4].vector, -axes[3])
    assert found[3].effect == 0.0 and found[2].effect > 1.0
    # brightness is linear in its latent: 4 units of it, over the spread of the latents tried
    assert found[1].effect == pytest.approx(4 / latents[:, 0].std(), rel=0.35)


def test_named_directions_come_first_and_have_length_one(shop: FaceShop) -> None:
    found = shop.directions(GAN)
    assert sorted(d.number for d in found) == list(range(1, len(found) + 1))
    effects = [d.effect for d in found]
    assert effects == sorted(effects, reverse=True)
    assert len({d.label for d in found}) == len(found)
    for d in found:
        assert np.linalg.norm(d.vector) == pytest.approx(1.0, abs=1e-5)
        assert (d.effect == 0.0) == d.label.startswith("Direction")


# -- what may be asked


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"seed": -1}, "seed = -1"),
        ({"seed": "cat"}, "seed = 'cat'"),
        ({"seed": 1.5}, "seed = 1.5"),
        ({"seed": True}, "seed = True"),
        ({"seed": 2**40}, "2,147,483"),
        ({"faces": 5}, "faces = 5: allowed is 4, 8, 16, 24"),
        ({"faces": [8]}, "faces"),
        ({"truncation": 2}, "truncation = 2: allowed is 0 to 1.5"),
        ({"truncation": float("nan")}, "truncation"),
        ({"hair": "teal"}, "allowed is any, aqua"),
        ({"eyes": 3}, "eyes = 3"),
        ({"model": "cat"}, "allowed is ae, vae, gan"),
        ({"face": -3}, "face = -3"),
        ({"sliders": "d1"}, "sliders = 'd1'"),
        ({"sliders": "d1:1,x2:3"}, "sliders"),
        ({"sliders": "d1:99"}, "slider d1"),
        ({"sliders": "z1:5.5"}, "slider z1"),
        ({"sliders": ",".join(["d1:1"] * 300)}, "sliders"),
        ({"sliders": 4}, "sliders = 4"),
        ([], "table"),
        (None, "table"),
    ],
)
def test_an_impossible_wish_is_a_sentence(values: Any, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Wish.read(values, KINDS)
    assert named in str(refused.value) and str(refused.value).endswith(".")


def test_a_wish_without_words_is_the_default_page() -> None:
    assert wish() == Wish(0, COUNTS[1], 1.0, "any", "any", "gan", 0, ())
    full = wish(seed=3.0, face=5, sliders="d3:1.2,z4:-0.5", hair="", eyes="blue", truncation=0.5, model="ae")
    assert (full.seed, full.face, full.hair, full.eyes) == (3, 5, "any", "blue")
    assert full.sliders == (("d", 3, 1.2), ("z", 4, -0.5))


# -- what is answered


def test_each_row_shows_the_same_seeds_in_its_own_model(tab: Seeds) -> None:
    answer = tab.rows(wish(seed=5, faces=4, hair="pink", truncation=0.5))
    assert answer["seeds"] == [5, 6, 7, 8] and tuple(answer["rows"]) == KINDS
    for kind, row in answer["rows"].items():
        faces = tab.model(kind).generate([5, 6, 7, 8], "pink", "any", 0.5)
        assert picture(row["picture"]).shape == (16, 64, 3)
        assert row["picture"] == data_url(sheet(faces), exact=False)
        assert f"{STEP:,} updates" in row["numbers"] and "sharpness" in row["numbers"]
    model = tab.model("gan")
    assert f"{model.parameters:,} parameters" in answer["rows"]["gan"]["numbers"]


def test_an_opened_face_with_its_sliders_at_rest_is_the_face_of_its_seed(tab: Seeds) -> None:
    answer = tab.face(wish(face=9, model="vae", eyes="red"), whole_panel=True)
    assert answer["face"] == 9 and set(answer["pictures"]) == set(KINDS)
    for kind in KINDS:
        assert np.array_equal(
            picture(answer["pictures"][kind]), tab.model(kind).generate([9], "any", "red")[0]
        )
    assert answer["code"] == pytest.approx(tab.model("vae").latents([9])[0], abs=6e-4)


def test_sliders_move_only_the_chosen_model_and_do_what_they_say(tab: Seeds) -> None:
    direction = tab.shop.directions(GAN)[0]
    asked = wish(face=2, sliders=f"d{direction.number}:1.5,z3:-0.25", truncation=0.75)
    answer = tab.face(asked, whole_panel=False)
    assert set(answer["pictures"]) == {"gan"} and "code" not in answer
    model = tab.model("gan")
    code = model.latents([2])[0]
    code[2] = -0.25
    code += np.float32(1.5) * direction.vector
    assert np.array_equal(picture(answer["pictures"]["gan"]), model.decode(code[None], truncation=0.75)[0])
    assert not np.array_equal(picture(answer["pictures"]["gan"]), model.generate([2], truncation=0.75)[0])
    whole = tab.face(asked, whole_panel=True)["pictures"]
    assert np.array_equal(picture(whole["ae"]), tab.model("ae").generate([2], truncation=0.75)[0])


@pytest.mark.parametrize("sliders", [f"z{SMALL.latent_dim + 1}:1", "d99:1"])
def test_a_slider_that_the_model_does_not_have_is_a_sentence(tab: Seeds, sliders: str) -> None:
    with pytest.raises(ConfigError, match=f"sliders = {sliders[:-2]}: allowed is"):
        tab.face(wish(sliders=sliders), whole_panel=False)


def test_directions_are_told_with_the_reason_for_their_name(tab: Seeds) -> None:
    told = tab.directions(wish(model="ae"))
    assert told["model"] == "ae" and len(told["directions"]) == SMALL.latent_dim
    for one in told["directions"]:
        assert ("no simple name" in one["help"]) == one["label"].startswith("Direction")


def asked_of(shop: FaceShop) -> dict[str, Callable[..., Any]]:
    with gr.Blocks() as demo:
        seeds.build(shop)
    (component,) = (block for block in demo.blocks.values() if isinstance(block, gr.HTML))
    return {fn.__name__: fn for fn in component.server_fns}


def test_the_page_reads_a_refusal_and_no_error_page(shop: FaceShop) -> None:
    functions = asked_of(shop)
    in_line = functions.pop("wishes_in_line")
    assert run(in_line(0)) == run(in_line({"seed": "x"})) == 0
    assert set(functions) == {"faces_in_rows", "one_face", "named_directions"}
    for function in functions.values():
        assert "seed = 'x': allowed is" in run(function({"seed": "x"}))["error"]
        assert "error" not in run(function({}))
        assert "error" in run(function(None))


def test_the_menus_offer_any_first_then_every_colour() -> None:
    text = markup(KINDS)
    for words in (HAIR, EYES):
        assert "".join(f"<option>{word}</option>" for word in ("any", *words)) in text
    for kind, caption in CAPTIONS.items():
        assert f'data-kind="{kind}"' in text and caption.split(":")[0] in text
    assert text.count("<button") == text.count("</button>")


# -- pictures


def test_a_sheet_is_its_faces_row_by_row() -> None:
    faces = np.arange(5 * 2 * 2 * 3).reshape(5, 2, 2, 3).astype(np.uint8)
    whole = sheet(faces, columns=3, gap=1, paper=7)
    assert whole.shape == (5, 8, 3)
    assert np.array_equal(whole[:2, 3:5], faces[1]) and np.array_equal(whole[3:, :2], faces[3])
    assert (whole[2] == 7).all() and (whole[:, 2] == 7).all() and (whole[3:, 6:] == 7).all()
    assert np.array_equal(sheet(faces), np.concatenate(list(faces), axis=1))


@pytest.mark.parametrize("shape", [(0, 2, 2, 3), (2, 2, 3), (1, 2, 2, 4)])
def test_what_is_no_face_makes_no_sheet(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a sheet needs"):
        sheet(np.zeros(shape, np.uint8))


def test_a_png_is_exact_and_enlarging_invents_nothing() -> None:
    face = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    big = enlarge(face, 8)
    assert big.shape == (32, 32, 3) and np.array_equal(big[3::8, 5::8], face)
    assert np.array_equal(picture(data_url(big)), big)
    assert png(face).startswith(b"\x89PNG") and webp(face)[8:12] == b"WEBP"


# -- a borrowed GPU


def test_without_spaces_the_work_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "find_spec", lambda name: None)
    assert gpu.on_gpu(seconds=5)(len) is len


def test_with_spaces_the_work_is_lent_a_gpu_for_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    lent: list[Any] = []

    def borrowed(duration: int) -> Callable[[Any], Any]:
        return lambda work: lambda *given: lent.append((duration, given)) or work(*given)

    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=borrowed, __spec__=object()))
    assert gpu.on_gpu(seconds=5)(len)("abc") == 3
    assert lent == [(5, ("abc",))]


# -- both pages


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[gr.Blocks]:
    from playground.ui.app import build

    yield build("cpu")


def test_the_lab_stays_at_the_root_and_faces_and_lessons_are_pages_of_their_own(demo: gr.Blocks) -> None:
    pages = [("", "Home"), ("faces", "Faces"), ("lessons", "Lessons")]
    assert [page[:2] for page in demo.pages] == pages
    ids = {getattr(block, "elem_id", None): block.page for block in demo.blocks.values()}
    assert (ids["lab"], ids["step"], ids["from-seeds"], ids["faces-tabs"]) == ("", "", "faces", "faces")


def test_what_is_public_is_what_is_documented(demo: gr.Blocks) -> None:
    public = {f.api_name for f in demo.fns.values() if f.api_visibility != "private"}
    assert public == {"sample", "models", "faces", "interpolate", "reconstruct", "directions"}
    assert demo.get_api_info()["unnamed_endpoints"] == {}
