"""Five tabs of the Faces page without a browser: what they show, refuse and keep; their charts and films."""

from __future__ import annotations

import base64
import inspect
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from face_bundle import EARLIER, SMALL, STEP, write_bundle
from own_loop import run
from playground.figures import face_charts as charts
from playground.figures import film
from playground.session import face_studies as studies
from playground.session.faces import FaceShop
from playground.ui.faces import between, blur, growing, holes, memory
from playground.ui.turns import Turns

TABS = {"blur": blur, "between": between, "growing": growing, "holes": holes, "memory": memory}
SETTINGS: dict[str, tuple[Any, ...]] = {
    "blur": (0,),
    "between": ("gan", 3, 8, "any", "any"),
    "growing": (0,),
    "holes": (0,),
    "memory": ("gan", 5),
}


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
def shown(shop: FaceShop) -> Callable[..., str]:
    """The HTML of a tab; without settings, of those it opens with."""
    return lambda name, *settings: TABS[name]._show(shop, *(settings or SETTINGS[name]))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A photograph as visitors have them: wide, and larger than a face."""
    path = tmp_path / "wide.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)).save(path)
    return path


def pictures(html: str) -> list[Image.Image]:
    found = re.findall(r'<img src="data:image/\w+;base64,([^"]+)"', html)
    return [Image.open(io.BytesIO(base64.b64decode(content))) for content in found]


def built(shop: FaceShop, *names: str) -> dict[str, Any]:
    with gr.Blocks() as demo:
        for name in names:
            with gr.Tab(name):
                TABS[name].build(shop, Turns(2))
    config: dict[str, Any] = demo.config
    config["fns"] = list(demo.fns.values())
    return config


# -- every tab


@pytest.mark.parametrize("name", TABS)
def test_every_figure_has_a_title_a_caption_and_words_for_who_cannot_see(
    shown: Callable[..., str], name: str
) -> None:
    html = shown(name)
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert figures
    for figure in figures:
        assert re.search(r"<figcaption[^>]*>[^<]{10,}", figure)
        assert all(re.findall(r'<img [^>]*alt="([^"]*)"', figure)), figure[:200]
        assert len(re.findall(r"<svg ", figure)) == len(
            re.findall(r'<svg [^>]*aria-label="[^"]{10,}"', figure)
        )
    assert "nan" not in re.sub(r"base64,[^\"]+", "", html)


@pytest.mark.parametrize("name", TABS)
def test_the_same_settings_show_the_same_and_another_seed_shows_another(shop: FaceShop, name: str) -> None:
    show = TABS[name]._show
    *front, last = SETTINGS[name] if name != "between" else SETTINGS[name][:3]
    rest = SETTINGS[name][3:] if name == "between" else ()
    assert show(shop, *front, last, *rest) == show(FaceShop(), *front, last, *rest)
    assert show(shop, *front, last, *rest) != show(shop, *front, last + 1, *rest)


@pytest.mark.parametrize("name", TABS)
@pytest.mark.parametrize("seed", [-1, 2.5, None, "three", True])
def test_a_bad_seed_is_a_sentence_and_the_picture_stays(shop: FaceShop, name: str, seed: Any) -> None:
    with gr.Blocks():
        study = between.Study(shop, Turns(2), lambda *values: TABS[name]._show(shop, *values), name)
    settings = [seed if type(v) is int else v for v in SETTINGS[name]]
    result, error = run(study.answer(*settings))
    assert result == gr.skip()
    assert error["visible"] and 'role="alert"' in error["value"] and "seed = " in error["value"]


def test_what_is_no_number_or_word_is_refused_and_not_hashed(shop: FaceShop) -> None:
    study = between.Study(shop, Turns(2), lambda value: "never", "x")
    result, error = run(study.answer([1, 2]))
    assert result == gr.skip() and "allowed are numbers and words" in error["value"]


def test_a_refusal_shows_no_markup_of_the_visitors() -> None:
    told = between.refusal(ValueError("<script>alert(1)</script>"))
    assert "<script>" not in told["value"]


def test_a_finished_picture_is_kept_for_the_next_visitor_but_not_for_ever(shop: FaceShop) -> None:
    made: list[Any] = []
    study = between.Study(shop, Turns(2), lambda value: made.append(value) or str(value), "x")
    for _ in range(3):
        assert run(study.answer(1))[0] == "1"
    assert made == [1]
    assert run(study.answer(True))[0] == "True"  # equal to 1, and not the same wish
    for value in range(2, between.KEPT + 3):
        run(study.answer(value))
    run(study.answer(1))
    assert made.count(1) == 3  # 1, True and 1 again


def test_a_tab_is_filled_when_it_is_first_opened_and_then_left_alone(shop: FaceShop) -> None:
    study = between.Study(shop, Turns(2), lambda value: f"<b>{value}</b>", "x")
    assert run(study._first(False, 1)) == ("<b>1</b>", gr.update(visible=False), True)
    assert run(study._first(True, 1)) == (gr.skip(), gr.skip(), True)


def test_every_tab_is_wired_privately_and_filled_on_opening_by_who_takes_turns(shop: FaceShop) -> None:
    config = built(shop, *TABS)
    tabs = {c["id"] for c in config["components"] if c["type"] == "tabitem"}
    opened = {t[0] for d in config["dependencies"] for t in d["targets"] if t[1] == "select"}
    assert opened == tabs
    assert {d["api_visibility"] for d in config["dependencies"]} == {"private"}
    heavy = [fn for fn in config["fns"] if fn.fn and fn.outputs and fn.fn.__name__ != "stopped"]
    assert len(heavy) > 2 * len(TABS) and all(inspect.isasyncgenfunction(fn.fn) for fn in heavy)
    assert {fn.concurrency_limit for fn in heavy} == {None}  # who has to wait is told so


def test_without_models_every_tab_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(tmp_path))
    config = built(FaceShop(), *TABS)
    words = [str(c["props"].get("value")) for c in config["components"] if c["type"] == "html"]
    assert len(words) == len(TABS)
    assert all("bundle" in word for word in words)


# -- blur


def test_stand_ins_are_named_as_such_and_real_faces_as_real(
    shop: FaceShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = blur._show(shop, 0)
    assert "Stand-ins: faces made by the GAN" in html and "Real faces, unseen" not in html
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (80, SMALL.size, SMALL.size, 3), np.uint8)
    faces = SimpleNamespace(images=images, hair=np.zeros(80, int), eyes=np.zeros(80, int))
    faces = type("Faces", (SimpleNamespace,), {"__len__": lambda self: 80})(**vars(faces))
    monkeypatch.setattr(shop, "data", lambda split="train", size=64: faces)
    html = blur._show(shop, 0)
    assert "Real faces, unseen in training" in html and "Stand-ins" not in html


def test_the_chart_and_the_page_show_the_numbers_of_the_study(shop: FaceShop) -> None:
    html, found = blur._show(shop, 0), studies.blur(shop, 0)
    for name, value in found.relative.items():
        assert f"{blur.NAMES[name]} {value:.2f}" in html
    quarter = int(np.argmin(np.abs(found.frequencies - 0.25)))
    assert f"{found.power_db['vae'][quarter]:.1f}".replace("-", "−") in html


def own(shop: FaceShop) -> blur.OwnPicture:
    return blur.OwnPicture(shop)


def test_a_picture_is_cropped_to_its_middle_square_and_shown_through_ae_and_vae(
    shop: FaceShop, picture: Path
) -> None:
    crop = own(shop).read(picture)
    middle = Image.open(picture).crop((10, 0, 50, 40)).resize((SMALL.size,) * 2, Image.Resampling.LANCZOS)
    assert crop.shape == (SMALL.size, SMALL.size, 3)
    assert np.abs(crop.astype(int) - np.asarray(middle)).mean() < 30
    kept, closest, error = run(own(shop).keep(picture))
    assert len(pictures(kept)) == 3 and closest == "" and not error["visible"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The image"),
        (b"no picture", "The image"),
        (b"%PDF-1.4", "The image"),
        (b"x" * 9_000_000, "bytes"),
    ],
    ids=["empty", "text", "document", "large"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(
    shop: FaceShop, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    kept, closest, error = run(own(shop).keep(path))
    assert (kept, closest) == ("", "")
    assert error["visible"] and words in error["value"]
    assert [error["value"] for _, error in own(shop).search(path, "any", 0)] == [error["value"]]


def test_a_cut_picture_and_one_that_is_gone_are_refused(
    shop: FaceShop, picture: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.png"
    cut.write_bytes(picture.read_bytes()[:300])
    for path in (cut, tmp_path / "gone.png"):
        assert run(own(shop).keep(path))[2]["visible"]


def test_taking_the_picture_away_empties_the_answer(shop: FaceShop) -> None:
    assert run(own(shop).keep(None)) == ("", "", gr.update(visible=False))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((None, "any", 0), "no picture yet"),
        (("it", "plaid", 0), "colours = "),
        (("it", "any", -3), "seed = -3"),
    ],
)
def test_an_impossible_search_is_refused(
    shop: FaceShop, picture: Path, arguments: tuple[Any, ...], words: str
) -> None:
    answers = list(own(shop).search(picture if arguments[0] else None, *arguments[1:]))
    assert len(answers) == 1 and answers[0][0] == gr.skip() and words in answers[0][1]["value"]


def test_a_search_shows_its_progress_and_ends_where_it_is_closed(shop: FaceShop, picture: Path) -> None:
    search = own(shop).search(picture, "any", 0)
    first, second = next(search)[0], next(search)[0]
    assert 'aria-valuenow="0"' in first and 'aria-valuenow="10"' in second
    assert "Update 10 of 400." in second and "any colours" in second
    search.close()  # what Gradio does when Stop is pressed
    assert next(search, None) is None


def test_stop_cancels_the_search_and_nothing_else(shop: FaceShop) -> None:
    config = built(shop, "blur")
    cancels = [d for d in config["dependencies"] if d["cancels"]]
    assert len(cancels) == 1
    names = {
        d["id"]: fn.fn.__name__ for d, fn in zip(config["dependencies"], config["fns"], strict=True) if fn.fn
    }
    assert [names[i] for i in cancels[0]["cancels"]] == ["find"]


def test_a_search_with_the_classifiers_guess_asks_for_named_colours(
    bundle: Path, shop: FaceShop, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blur, "guess_colours", lambda classifier, crop: ("pink", "blue"))
    search = own(shop).search(picture, "guess", 0)
    assert "pink hair, blue eyes" in next(search)[0]
    search.close()
    monkeypatch.setattr(shop, "classifier", lambda: None)
    assert "bundles no classifier" in next(own(shop).search(picture, "guess", 0))[1]["value"]


def test_an_uploaded_file_reaches_the_tab_unopened() -> None:
    assert blur._as_it_came(None) is None
    assert blur._as_it_came(SimpleNamespace(path="somewhere/x.png")) == Path("somewhere/x.png")
    assert blur._as_it_came(SimpleNamespace(path=None)) is None


# -- between, growing, holes, memory


def test_a_walk_is_three_strips_and_a_film_that_moves(shown: Callable[..., str]) -> None:
    found = pictures(shown("between"))
    side = SMALL.size
    assert [p.size for p in found[:3]] == [(side * studies.STRIP, side)] * 3
    assert getattr(found[3], "n_frames", 1) > studies.STRIP
    assert 'media="(prefers-reduced-motion: reduce)"' in shown("between")


def test_a_walk_is_saved_as_a_gif_that_goes_on_for_ever(shop: FaceShop) -> None:
    file = json.loads(between._gif(shop, *SETTINGS["between"]))
    gif = Image.open(io.BytesIO(base64.b64decode(file["base64"])))
    assert (gif.format, gif.info["loop"], file["type"]) == ("GIF", 0, "image/gif")
    frames = len(film.ping_pong(np.zeros((between.FILM_PICTURES, 2, 2, 3), np.uint8)))
    assert 0 < gif.n_frames <= frames  # type: ignore[attr-defined]


def test_the_slider_has_a_picture_of_every_model_for_every_place(shown: Callable[..., str]) -> None:
    html = shown("growing")
    slider = re.search(r'<input type="range" min="0" max="(\d+)" step="1" value="(\d+)"', html)
    assert slider
    last = int(slider[1])
    assert slider[1] == slider[2] and last == len(EARLIER)
    places = [p.split() for p in re.findall(r'data-places="([^"]*)"', html)]
    for place in range(last + 1):
        assert sum(str(place) in each for each in places) == 3
    assert f"{STEP:,} updates" in html
    assert html.count('style="display:block">') == 3


def test_a_model_without_a_point_shows_its_newest_before_it() -> None:
    faces = np.zeros((1, 4, 4, 3), np.uint8)
    html = growing._stack("GAN", {100: faces, 1000: faces}, [100, 500, 1000, 2000], 0)
    assert re.findall(r'data-places="([^"]*)" style="display:(\w+)"', html) == [
        ("0 1", "none"),
        ("2 3", "block"),
    ]


def test_the_tab_on_holes_shows_every_row_and_every_number(shop: FaceShop) -> None:
    html, found = holes._show(shop, 0), studies.holes(shop, 0)
    assert len(pictures(html)) == 2 + len(holes.ROWS) == 2 + len(found.images)
    for value in (*found.sharp.values(), *found.far.values()):
        assert f">{value:.2f}</td>" in html
    assert "standing in for real ones" in html


def test_the_tab_on_memory_says_whose_faces_it_shows_and_gives_the_verdict(shop: FaceShop) -> None:
    html, found = memory._show(shop, "gan", 5), studies.memory(shop, "gan", 5)
    assert "generated stand-ins" in html and "Look for the same face" not in html
    assert found.verdict in html
    assert f"this face: {found.distance:.2f}" in html


# -- charts and films


def drawn(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)


def test_bars_are_as_long_as_their_numbers_and_the_rule_stands_at_one() -> None:
    svg = drawn(charts.bars([("real", 1.0, "green"), ("half", 0.5, "blue")], words="Real 1, half 0.5."))
    long, short = (float(bar.get("width", 0)) for bar in svg.iter("rect"))
    assert long == pytest.approx(2 * short, abs=0.2)
    rule = next(svg.iter("line"))
    assert float(rule.get("x1", 0)) == pytest.approx(122 + long, abs=0.2)


def test_a_line_that_falls_ten_times_as_fast_falls_ten_times_as_far() -> None:
    x = [0.01, 0.1]
    lines = [charts.Line("slow", x, [0.0, -4.0]), charts.Line("fast", x, [0.0, -40.0], dash="2 3")]
    svg = drawn(charts.spectra(lines, words="Two lines.", x_title="x", y_title="y"))
    drops = []
    for path in svg.iter("path"):
        (_, top), (_, low) = (map(float, p.split()) for p in path.get("d", "")[1:].split("L"))
        drops.append(low - top)
    assert drops[1] == pytest.approx(10 * drops[0], rel=0.02)


def test_labels_never_overlap_and_keep_their_order() -> None:
    placed = charts._apart([10.0, 11.0, 50.0, 10.5])
    assert sorted(range(4), key=placed.__getitem__) == [0, 3, 1, 2]
    assert np.diff(sorted(placed)).min() >= charts.PUSHED - 1e-9


def test_the_columns_of_a_histogram_hold_every_value_and_the_mark_stands_at_its_own() -> None:
    values = np.concatenate([np.full(30, 1.0), np.full(10, 3.0)])
    svg = drawn(charts.histogram(values, [("here", 2.0, "blue")], words="Two peaks.", x_title="distance"))
    heights = [float(bar.get("height", 0)) for bar in svg.iter("rect")]
    assert len(heights) == 2 and heights[0] == pytest.approx(3 * heights[1], abs=0.2)
    mark = next(line for line in svg.iter("line") if line.get("stroke") == "blue")
    bars = [float(bar.get("x", 0)) for bar in svg.iter("rect")]
    assert bars[0] < float(mark.get("x1", 0)) < bars[1]


def test_words_are_escaped_in_figures_tables_and_charts() -> None:
    evil = '<img onerror="x">'
    html = charts.figure(evil, charts.number_table([evil], [[evil, evil]]), evil) + charts.sentence(evil)
    html += charts.bars([(evil, 1.0, "red")], words=evil)
    assert evil not in html


def test_a_film_goes_there_and_back_without_a_jump() -> None:
    frames = np.arange(4, dtype=np.uint8)[:, None, None, None].repeat(3, 3)
    assert film.ping_pong(frames, hold=2)[:, 0, 0, 0].tolist() == [0, 0, 1, 2, 3, 3, 2, 1]
    wide = film.beside([frames, frames], gap=2)
    assert wide.shape == (4, 1, 4, 3) and wide[3, 0, :, 0].tolist() == [3, 255, 255, 3]


def test_a_film_has_its_frames_and_is_never_empty_or_endless() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    moving = Image.open(io.BytesIO(film.webp(frames, scale=2)))
    assert (moving.n_frames, moving.size) == (5, (16, 16))  # type: ignore[attr-defined]
    for count in (0, film.MOST_FRAMES + 1):
        with pytest.raises(ValueError, match="allowed is 1 to"):
            film.webp(np.zeros((count, 8, 8, 3), np.uint8))
