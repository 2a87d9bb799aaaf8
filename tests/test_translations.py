"""The catalogue of the page's words: complete, consistent, nothing in it unused, and what a visitor reads.

A missing string fails here: the built pages, the settings, stories, figures and scripts are searched for
English, and so is what the server composes, in both Chinese forms.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from face_bundle import write_bundle
from playground.config import FIELDS, TARGETS, ConfigError, RunConfig
from playground.data import make_target
from playground.figures import charts, face_frames, lab, stages
from playground.objectives import OBJECTIVES
from playground.presets import PRESETS
from playground.session import Session
from playground.session.faces import PROPERTIES, FaceShop
from playground.session.sentences import action_sentence
from playground.translations import CATALOGUE, COLUMNS, TABLES, phrase, table, translate
from playground.translations.exchange import HOLE, exchange, exchange_all, exchange_html
from playground.ui import app, controls, hub, lab_layout, language, view
from playground.ui.faces import between, blur, growing, holes, memory, seeds, train, wish
from playground.words import LANGUAGES

PACKAGE = Path(view.__file__).parents[1]
STUDIES: dict[Any, tuple[Any, ...]] = {
    blur: (0,),
    between: ("gan", 3, 8, "any", "any"),
    growing: (0,),
    holes: (0,),
    memory: ("gan", 5),
}
CHOSEN = ("target",)  # by its picture, not by its name
# names and symbols that stay as they are in Chinese text
NAMES = re.compile(
    r"__\w+__|\$\$.*?\$\$|\b(GAN|VAE|PNG|GIF|CSV|PacGAN|DRAGAN|BEGAN|LSGAN|WGAN(-GP)?|JSD|Hinge|Adam|SGD|RMSprop"
    r"|ReLU|Leaky|SiLU|tanh|minimax|non-saturating|wgan-gp|began|eager|sigma|Epsilon|beta|log|nats|Wasserstein"
    r"|Jensen-Shannon|Kullback-Leibler|Python|README|Hub|Hugging Face|HF_TOKEN|user/name"
    r"|PLAYGROUND_CHECKPOINTS|python -m playground push runs/faces --repo|Fréchet"
    r"|faces\d+-\w+(-gan)?|English)\b",
    re.DOTALL,
)
PAPER = re.compile(
    r"[A-Z][\w-]+( et al\.| and [A-Z][\w-]+)* \d{4}[^\n]*"
)  # Goodfellow et al. 2014, section 3


def english(text: str) -> list[str]:
    """The English words that are left in a text."""
    return re.findall(r"[A-Za-z]{3,}", NAMES.sub("", PAPER.sub("", text)))


def visible(markup: str) -> str:
    """The text of HTML that is read."""
    return " ".join(
        re.findall(r">([^<>]+)<", re.sub(r"<(style|script).*?</\1>", "", markup, flags=re.DOTALL))
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        root = write_bundle(tmp_path_factory.mktemp("bundle"), reference=True)
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(root))
        patch.delenv("PLAYGROUND_FACES", raising=False)
        yield root


@pytest.fixture(scope="module")
def components(bundle: Path) -> list[dict[str, Any]]:
    """Of the lab and the Faces page; the lessons carry their words themselves."""
    config = app.build("cpu").get_config_file()
    ids = {number for page in ("", "faces") for number in config["page"][page]["components"]}
    return [c for c in config["components"] if c["id"] in ids and c["props"].get("visible") is not None]


# -- the catalogue itself


@pytest.mark.parametrize("english_text", CATALOGUE)
def test_both_forms_are_there_and_hold_the_same_values(english_text: str) -> None:
    def holes_of(text: str) -> list[tuple[Any, ...]]:
        return sorted((name, spec, how) for _, name, spec, how in Formatter().parse(text) if name is not None)

    forms = CATALOGUE[english_text]
    assert len(forms) == len(COLUMNS) == 2 and all(form.strip() for form in forms)
    for form in forms:
        assert holes_of(form) == holes_of(english_text)


@pytest.mark.parametrize(("code", "charset"), [("zh-TW", "big5hkscs"), ("zh-CN", "gb2312")])
def test_each_form_is_written_in_its_own_characters(code: str, charset: str) -> None:
    for text in table(code).values():
        for letter in re.findall(r"[\u4e00-\u9fff]", text):
            assert letter.encode(charset, "ignore"), f"{letter} in {text}"


def test_no_text_stands_in_two_tables() -> None:
    assert sum(map(len, TABLES.values())) == len(CATALOGUE)
    assert set(COLUMNS) | {"en"} == set(LANGUAGES)


def test_what_has_no_translation_and_what_is_asked_in_english_stays() -> None:
    assert translate("never heard of", "zh-TW") == "never heard of"
    assert translate("Step", "en") == "Step" and table("en") == {}


def test_a_phrase_is_english_until_it_is_said_in_another_language() -> None:
    said = phrase("{first}, {rest}", first=phrase("Iteration {now:,}", now=1200), rest="autoencoder")
    assert said == "Iteration 1,200, autoencoder"
    assert translate(said, "zh-TW") == "第 1,200 次迭代，自編碼器"
    assert translate(said, "zh-CN") == "第 1,200 次迭代，自编码器"


# -- nothing is missing


def test_every_text_of_the_built_pages_is_in_the_catalogue(components: list[dict[str, Any]]) -> None:
    shown = [c for c in components if c["type"] not in ("api", "state")]
    missing = [text for text in language.words_of(shown) if not language.known(text) and english(text)]
    pieces = [p for p in language.pieces_of(shown) if english(p) and p != "${value}"]  # Gradio's own template
    missing += [piece for piece in pieces if any(exchange(piece, code) == piece for code in COLUMNS)]
    ordinal = re.compile(r"\d(st|nd|rd|th)")  # of endpoints, which have no page
    assert [
        text for text in missing if not ordinal.fullmatch(text) and not text.startswith("D minimises")
    ] == []


def test_no_value_of_a_component_is_a_text_that_gradio_would_translate(
    components: list[dict[str, Any]],
) -> None:
    words = set(language.words_of(components))
    for component in components:
        if component["type"] in ("dropdown", "radio", "textbox"):
            assert component["props"].get("value") not in words


def test_settings_stories_targets_and_figures_are_in_the_catalogue() -> None:
    told = [f.metadata[name] for f in FIELDS.values() for name in ("label", "help")]
    told += [f.metadata["unit"] for f in FIELDS.values() if f.metadata.get("unit")]
    told += [each for preset in PRESETS.values() for each in (preset.title, preset.story, preset.watch)]
    told += [words for name in FIELDS if name not in CHOSEN for words, _ in lab_layout.suggestions(name)]
    told += [o.title for o in OBJECTIVES.values()]
    told += [*lab.TITLES.values(), *lab.SHORT_TITLES.values(), *lab.CAPTIONS.values(), *stages.STAGES]
    told += [series.label for panel in charts.PANELS for series in panel.series]
    told += [make_target(name).title for name in TARGETS if name != "points"] + [*controls.SHORT.values()]
    told += [words for pair in face_frames.WORDS.values() for words in pair if words]
    told += [*PROPERTIES, *seeds.CAPTIONS.values(), train.NO_FACES, hub.Hub.full, train.FaceHub.full]
    assert [text for text in told if text not in CATALOGUE] == []


def script_words() -> Iterator[str]:
    for path in sorted((PACKAGE / "ui" / "static").glob("*.js")):
        if not path.name.startswith("lesson"):
            for found in re.finditer(r"\bt\('((?:[^'\\]|\\.)*)'", path.read_text("utf-8")):
                yield found[1].replace("\\'", "'")


def test_every_text_of_the_scripts_is_in_the_catalogue() -> None:
    found = list(script_words())
    assert len(found) > 80
    assert [text for text in found if text not in CATALOGUE] == []


@pytest.mark.parametrize("code", COLUMNS)
@pytest.mark.parametrize(
    "settings",
    [
        *({"objective": name} for name in ("non-saturating", "wgan-gp", "began")),
        *({"model": name} for name in ("vae", "autoencoder", "gmm")),
    ],
)
def test_all_that_a_run_says_is_chinese(code: str, settings: dict[str, Any]) -> None:
    session = Session(RunConfig(batch_size=8, **settings), device="cpu")
    said = []
    for act in (session.reset, session.step, session.step, session.undo, lambda: session.seek(0)):
        act()
        (shot,) = session.snapshots(frozenset({"real", "generated"}))
        said += [shot.sentence, shot.title, shot.measures.density_note]
    if session.config.model == "gan":
        for act in (session.update_discriminator, session.update_generator):
            act()
            said.append(session.snapshots(frozenset({"real", "generated"}))[0].sentence)
    said.append(controls.equation(session.config))
    said.append(action_sentence("rewind", "", 1200))
    for text in said:
        assert english(translate(text, code)) == [], translate(text, code)


@pytest.mark.parametrize("code", COLUMNS)
def test_two_runs_are_named_by_what_sets_them_apart(code: str) -> None:
    session = Session(RunConfig(batch_size=8), device="cpu")
    session.compare({"model": "vae"})
    session.compare({"prior": "uniform"})
    for shot in session.snapshots(frozenset()):
        assert english(translate(shot.title, code)) == []


@pytest.mark.parametrize("code", COLUMNS)
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.__name__.rpartition(".")[2])
def test_a_study_is_chinese_for_who_reads_it(code: str, study: Any, bundle: Path) -> None:
    made = study._show(FaceShop(), *STUDIES[study])
    said = exchange_html(made, code)
    assert english(visible(made)) and english(visible(said)) == []
    assert exchange_html(made, "en") == made
    strip = re.compile(r'data:image/[^"]+')
    assert strip.findall(said) == strip.findall(made)


@pytest.mark.parametrize("code", COLUMNS)
def test_the_answers_of_the_seeds_are_chinese(code: str, bundle: Path) -> None:
    tab = seeds.Seeds(FaceShop())
    asked = wish.Wish.read({"model": "gan", "faces": 4}, tab.kinds)
    rows, found = exchange_all(tab.rows(asked), code), exchange_all(tab.directions(asked), code)
    assert all(english(row["numbers"]) == [] for row in rows["rows"].values())
    assert all(english(each["label"] + each["help"]) == [] for each in found["directions"])
    assert rows["seeds"] == [0, 1, 2, 3] and rows["rows"]["gan"]["picture"].startswith("data:image/")


@pytest.mark.parametrize(
    "changes", [{"batch_size": 1}, {"latent_dim": 2.5}, {"packing": 3}, {"beta": -1.0}, {"prior": "cauchy"}]
)
def test_a_refusal_names_field_and_value_in_chinese(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refused:
        RunConfig(**changes)
    (name,) = changes
    said = translate(refused.value.args[0], "zh-TW")
    assert name in said and re.search("必須", said)
    assert "but must be" not in said


# -- nothing is left over


def source_texts() -> set[str]:
    """Every text of the package's Python, holes of f-strings and of templates alike."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.is_relative_to(PACKAGE / "translations") or path.is_relative_to(PACKAGE / "lessons"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = ""
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = HOLE.sub("{}", node.value)
            elif isinstance(node, ast.JoinedStr):
                text = "".join(
                    HOLE.sub("{}", str(part.value)) if isinstance(part, ast.Constant) else "{}"
                    for part in node.values
                )
            if text:
                found |= {text, *language.html_pieces(text)} if "<" in text else {text}
    return found


def test_no_text_of_the_catalogue_is_unused(components: list[dict[str, Any]]) -> None:
    used = source_texts() | {HOLE.sub("{}", text) for text in script_words()}
    used |= {" ".join(piece.split()) for piece in language.pieces_of(components)}
    left = [key for key in CATALOGUE if HOLE.sub("{}", key) not in used]
    whole = "\n".join(used)  # a text may be a sum of others: then its parts between the holes must be there
    pieces = {key: [part.strip(" .,:") for part in HOLE.split(key)[::2]] for key in left}
    assert [key for key in left if not all(piece in whole for piece in pieces[key])] == []


# -- which language


@pytest.mark.parametrize(
    ("query", "cookie", "header", "wanted"),
    [
        ("", "", "", "en"),
        ("", "", "zh-Hant-HK,zh;q=0.9,en;q=0.8", "zh-TW"),
        ("", "", "zh", "zh-CN"),
        ("", "", "de,en;q=0.5", "en"),
        ("", "zh-CN", "zh-TW", "zh-CN"),
        ("zh-TW", "zh-CN", "en", "zh-TW"),
        ("xx", "", "zh-CN", "zh-CN"),
        ("", "<b>", "en", "en"),
    ],
)
def test_address_then_choice_then_browser_decide(query: str, cookie: str, header: str, wanted: str) -> None:
    request = SimpleNamespace(
        query_params={"lang": query} if query else {},
        cookies={"lang": cookie} if cookie else {},
        headers={"accept-language": header},
    )
    assert language.language_of(request) == wanted
    assert language.language_of(SimpleNamespace(session_hash="x")) == "en"


def test_texts_that_gradio_translates_are_marked_and_all_others_stay() -> None:
    with gr.Blocks() as demo:
        step, other = gr.Button("Step"), gr.Button("unheard of")
        menu = gr.Dropdown([("any", "any")], value="any", label="Hair")
    words = language.i18n(demo).translations_dict
    assert "__i18n__" in str(step.value) and other.value == "unheard of"
    assert menu.value == "any" and "any" not in words["zh-TW"]
    assert words["zh-TW"][language.PIECE + "any"] == "任意" and words["zh-CN"]["Hair"] == "发色"
