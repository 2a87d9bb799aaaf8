"""Every limit: one name, one place, one table, and an effect that the environment moves."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app_process import ROOT
from face_bundle import SMALL, write_bundle
from garbage import ODD_TEXTS, is_sentence, tries
from limited import limited
from own_loop import run
from playground.checkpoints import load
from playground.config import FIELDS, ConfigError, RunConfig
from playground.data import PointsError, parse_points
from playground.data.faces import faces_from_images, one_face
from playground.limits import Limits, limits, tables, variable
from playground.session import Session, face_studies
from playground.session.bounds import CAPPED, check_work, work
from playground.session.closest import find_closest
from playground.session.face_settings import FaceSettings
from playground.session.faces import FaceShop
from playground.session.published import Published
from playground.translations import translate
from playground.ui import guard
from playground.ui.api import add_endpoints
from playground.ui.faces import api as faces_api
from playground.ui.faces.blur import OwnPicture

ALL = fields(Limits)
PACKAGE = ROOT / "playground"


def names(f: Field[Any]) -> str:
    return f.name


# -- names, values and sentences


def test_a_limits_variable_is_max_and_its_name_and_a_times_is_its_name() -> None:
    found = {f.name: variable(f) for f in ALL}
    assert found["sessions"] == "PLAYGROUND_MAX_SESSIONS"
    assert found["idle_seconds"] == "PLAYGROUND_IDLE_SECONDS"
    assert found["frame_ms"] == "PLAYGROUND_FRAME_MS"
    assert len(set(found.values())) == len(ALL)


def test_without_a_word_of_the_environment_the_defaults_hold() -> None:
    assert Limits.from_environment({}) == Limits()
    assert Limits().changed() == {}


@pytest.mark.parametrize("f", ALL, ids=names)
def test_a_variable_moves_its_own_limit_to_both_ends_and_not_beyond(f: Field[Any]) -> None:
    m = f.metadata
    assert m["low"] <= f.default <= m["high"] and m["help"] and m["unit"]
    for end in (m["low"], m["high"]):
        moved = Limits.from_environment({variable(f): str(end)})
        assert getattr(moved, f.name) == end
        assert Limits.from_environment(moved.changed()) == moved
        assert {g.name for g in ALL if getattr(moved, g.name) != g.default} <= {f.name}
    for beyond in (m["low"] - 1, m["high"] + 1):
        with pytest.raises(ConfigError, match=f"^{variable(f)} is {re.escape(str(beyond))}, but must be"):
            Limits.from_environment({variable(f): str(beyond)})


@tries(100)
@given(st.sampled_from(ALL), st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=30)))
def test_any_text_is_a_limit_or_a_sentence_with_the_variable(f: Field[Any], text: str) -> None:
    try:
        found = getattr(Limits.from_environment({variable(f): text}), f.name)
    except ConfigError as error:
        assert is_sentence(error) and str(error).startswith(f"{variable(f)} is ")
    else:
        assert f.metadata["low"] <= found <= f.metadata["high"]


def test_a_refusal_names_the_variable_the_value_and_what_is_allowed() -> None:
    said = "PLAYGROUND_MAX_SESSIONS is 'many', but must be a whole number from 1 to 100,000 (visitors)."
    with pytest.raises(ConfigError, match=f"^{re.escape(said)}$"):
        Limits.from_environment({"PLAYGROUND_MAX_SESSIONS": "many"})
    with pytest.raises(ConfigError, match=r"^PLAYGROUND_IDLE_SECONDS is nan, but must be a number from 1 to"):
        Limits.from_environment({"PLAYGROUND_IDLE_SECONDS": "nan"})


def test_an_empty_variable_says_nothing_and_a_misspelt_one_is_refused() -> None:
    assert Limits.from_environment({"PLAYGROUND_MAX_SESSIONS": ""}) == Limits()
    with pytest.raises(
        ConfigError, match=r"^PLAYGROUND_MAX_SESION is no limit; .* PLAYGROUND_MAX_SESSIONS\.$"
    ):
        Limits.from_environment({"PLAYGROUND_MAX_SESION": "3"})


def test_a_process_reads_its_environment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with limited(sessions=5) as held:
        monkeypatch.setenv("PLAYGROUND_MAX_SESSIONS", "6")
        assert limits() is held and held.sessions == 5
    monkeypatch.delenv("PLAYGROUND_MAX_SESSIONS", raising=False)
    assert limits().sessions == 64


# -- one place


def test_the_documentation_holds_the_tables() -> None:
    assert f"\n{tables()}\n" in (ROOT / "docs" / "limits.md").read_text("utf-8")
    assert all(tables().count(f"| `{variable(f)}` | ") == 1 for f in ALL)


STAY = {  # what is no cap on what a machine gives
    "session/face_history.py": {"MOST_ROWS", "MOST_POINTS"},  # what a curve can show
    "session/face_run.py": {"MOST_MARKS"},  # how far back Undo reaches, a few bytes each
    "session/face_settings.py": {"MOST_SEED"},  # a 31-bit number
    "session/face_studies.py": {"MOST_SEED"},
    "session/keyframes.py": {"MAX_FRAMES"},  # what a scrubber can show
    "session/link.py": {"MAX_COMPARE_TEXT"},  # what a link holds
    "session/run.py": {"MAX_ROWS"},  # what a curve can show
    "session/session.py": {"MAX_MARKS"},  # how far back Undo reaches
    "ui/hub.py": {"MOST_LEFT"},  # some bytes for each closed page
    "ui/choice.py": {"MOST_WORKERS"},  # asked of the operator, not of a visitor
    "ui/faces/api.py": {"MOST_SEED"},
    "ui/faces/wish.py": {"MOST_SEED", "MOST_TRUNCATION", "MOST_SLIDERS"},  # what an address holds
}
CAP = re.compile(r"_?(\w+_)?(MAX|MOST|LIMIT|IDLE|BUDGET|HISTORY)(_\w+)?")


def constants(path: Path) -> set[str]:
    """Names that are given a value at the head of a module or class."""
    tree = ast.parse(path.read_text("utf-8"))
    bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    targets = [
        target
        for node in (node for body in bodies for node in body)
        for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
    ]
    inside = [e for t in targets for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
    return {each.id for each in inside if isinstance(each, ast.Name)}


def test_no_page_and_no_session_has_a_cap_of_its_own() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): {name for name in constants(path) if CAP.fullmatch(name)}
        for part in ("ui", "session", "hosts")
        for path in sorted((PACKAGE / part).rglob("*.py"))
    }
    assert {path: caps for path, caps in found.items() if caps} == STAY


def test_every_limit_is_asked_somewhere() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if path.name != "limits.py"]
    source = "\n".join(path.read_text("utf-8") for path in files)
    asked = set(re.findall(r"\b(?:limits\(\)|bounds)\.(\w+)", source)) | set(CAPPED.values())
    assert sorted({f.name for f in ALL} - asked) == []


# -- settings of a run


def test_the_default_run_is_allowed_however_low_the_limits_are() -> None:
    with limited(**{f.name: f.metadata["low"] for f in ALL}) as lowest:
        check_work(RunConfig())
        assert lowest.api_work >= work(RunConfig())
        FaceSettings().effective()
    for f in ALL:
        if f.metadata["group"] == "settings" and f.name in FIELDS:
            assert f.default == FIELDS[f.name].metadata["high"]


@pytest.mark.parametrize(
    ("limit", "most", "setting"),
    [
        ("batch_size", 300, "batch_size"),
        ("width", 70, "generator_width"),
        ("width", 70, "discriminator_width"),
        ("depth", 3, "generator_depth"),
        ("depth", 3, "discriminator_depth"),
    ],
)
def test_a_lower_limit_of_a_setting_is_a_sentence_and_the_run_stays(
    limit: str, most: int, setting: str
) -> None:
    session = Session(device="cpu")
    with limited(**{limit: most}):
        session.configure(RunConfig(**{setting: most}))
        before = session.config
        with pytest.raises(ConfigError) as refused:
            session.open_link(f"{setting}={most + 1}")
        assert str(refused.value) == f"{setting} is {most + 1}, but must be at most {most} here."
        assert setting in translate(refused.value.args[0], "zh-TW") != str(refused.value)
        assert session.config == before
    session.open_link(f"{setting}={most + 1}")


def test_less_work_in_an_iteration_may_be_allowed() -> None:
    config = RunConfig(batch_size=2048, generator_width=256)
    check_work(config)
    with limited(work=10**8), pytest.raises(ConfigError, match=r"make at most 1e\+08 here"):
        check_work(config)


def test_a_batch_of_faces_is_bounded() -> None:
    FaceSettings(batch_size=64).effective()
    with limited(face_batch_size=32), pytest.raises(ConfigError, match="whole numbers from 2 to 32"):
        FaceSettings(batch_size=64).effective()
    with limited(face_batch_size=128):
        assert FaceSettings(batch_size=128).effective().batch_size == 128


# -- what is sent


def test_points_are_bounded_by_count_and_by_bytes() -> None:
    rows = "1,2\n" * 1_001
    assert len(parse_points(rows)) == 1_001
    with limited(points=1_000), pytest.raises(PointsError, match=r"row 1,001; 1,000 are allowed"):
        parse_points(rows)
    with limited(points_bytes=4_003), pytest.raises(PointsError, match=r"has 4,004 bytes; at most 4,003"):
        parse_points(rows)
    with limited(points=20_001):
        assert len(parse_points("1,2\n" * 20_001)) == 20_001


def test_pictures_are_bounded_by_pixels_bytes_and_count(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (100, 100)).save(path)
    size = path.stat().st_size
    assert one_face(path, 16).shape == (16, 16, 3)
    with limited(picture_pixels=9_999), pytest.raises(ConfigError, match="1 to 9,999 of them"):
        one_face(path, 16)
    for content in (path, path.read_bytes()):
        with (
            limited(picture_bytes=size - 1),
            pytest.raises(ConfigError, match=f"allowed are 1 to {size - 1}"),
        ):
            one_face(content, 16)
    with (
        limited(upload_files=2),
        pytest.raises(ConfigError, match=r"There are 3 images; allowed are 1 to 2\."),
    ):
        faces_from_images([path] * 3, 16)


async def asked(most: int, path: str, body: bytes) -> int:
    """The status with which the guard answers a request with a body."""
    statuses = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    scope = {"type": "http", "method": "POST", "path": path, "headers": []}
    await guard.Guard(app)(scope, receive, send)
    return int(statuses[0])


def test_requests_and_uploads_have_bounds_of_their_own() -> None:
    large = b"x" * 100_000
    with limited(request_bytes=2**16, upload_bytes=100_000):
        assert run(asked(0, "/gradio_api/queue/join", large)) == 413
        assert run(asked(0, "/gradio_api/upload", large)) == 200
        assert run(asked(0, "/gradio_api/upload", large + b"x")) == 413
    assert run(asked(0, "/gradio_api/queue/join", large)) == 200


# -- faces


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(tmp_path / "bundle")))
    return tmp_path


def test_a_search_does_no_more_than_is_allowed(bundle: Path) -> None:
    model = load("faces64-gan")
    picture = model.generate([3])[0]
    with limited(search_updates=20, search_starts=2):
        *_, last = find_closest(model, picture)
        assert last.update == last.updates == 20
        with pytest.raises(ConfigError, match=r"updates = 21: allowed is 1 to 20\."):
            find_closest(model, picture, updates=21)
        with pytest.raises(ConfigError, match=r"starts = 3: allowed is 1 to 2\."):
            find_closest(model, picture, starts=3)


def test_a_study_shows_no_more_pictures_than_are_allowed(bundle: Path) -> None:
    model = load("faces64-gan")
    assert len(face_studies.between(model, 0, 1, 20).linear) == 20
    with limited(study_pictures=19), pytest.raises(ConfigError, match="from 3 to 19"):
        face_studies.between(model, 0, 1, 20)


def test_models_in_memory_and_questions_at_once_are_as_many_as_are_allowed(bundle: Path) -> None:
    with limited(models=1, questions_at_once=3):
        shop = FaceShop()
        first = shop.model("faces64-gan")
        shop.model("faces64-vae")
        assert shop.model("faces64-gan") is not first
        assert shop._pool._max_workers == 3


def test_an_uploaded_file_of_too_many_bytes_is_refused_before_it_is_read(bundle: Path) -> None:
    path = bundle / "own.png"
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(path)
    size = path.stat().st_size
    assert OwnPicture(FaceShop()).read(path).shape == (SMALL.size, SMALL.size, 3)
    with limited(file_bytes=size - 1), pytest.raises(ConfigError, match=f"allowed is at most {size - 1}"):
        OwnPicture(FaceShop()).read(path)


def test_published_models_are_opened_and_kept_as_many_as_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []
    monkeypatch.setattr("playground.session.published.open_repo", lambda repo, **_: fetched.append(repo))
    with limited(hub_models=1, hub_repositories=2):
        published = Published()
        for repo in ("a/a", "b/b", "a/a"):
            published.open(repo, "")
        assert fetched == ["a/a", "b/b", "a/a"]
        with pytest.raises(ConfigError, match="opened its 2 already"):
            published.open("c/c", "")


# -- programs


def endpoints(add: Callable[[], None]) -> dict[str, Any]:
    """What a program can call, by name."""
    with gr.Blocks(analytics_enabled=False) as demo:
        add()
    return {f.api_name: f for f in demo.fns.values()}


def test_the_endpoint_of_the_lab_allows_what_its_description_says() -> None:
    with limited(api_iterations=3, api_points=5, api_at_once=7):
        sample = endpoints(lambda: add_endpoints("cpu"))["sample"]
        assert "iterations: 1 to 3.\n" in sample.fn.__doc__ and "points: 1 to 5.\n" in sample.fn.__doc__
        assert sample.concurrency_limit == 7
        assert len(sample.fn("", 3, 5, 0)) == 5
        with pytest.raises(gr.Error, match="from 1 to 3"):
            sample.fn("", 4, 5, 0)
        with pytest.raises(gr.Error, match="from 1 to 5"):
            sample.fn("", 3, 6, 0)
    with limited(api_work=10**8), pytest.raises(gr.Error, match=r"iterations is 6, but .* at most 5\."):
        endpoints(lambda: add_endpoints("cpu"))["sample"].fn("", 6, 5, 0)


def test_the_endpoints_of_the_faces_allow_what_their_descriptions_say(bundle: Path) -> None:
    with limited(api_faces=2, api_steps=3, api_picture_side=64):
        found = endpoints(lambda: faces_api.add_endpoints(FaceShop()))
        assert "seeds: 1 to 2 whole numbers" in found["faces"].fn.__doc__
        assert "included, 2 to 3.\n" in found["interpolate"].fn.__doc__
        _, made = run(found["faces"].fn("faces64-gan", [1, 2], "any", "any", 1.0))
        assert made["count"] == 2
        with pytest.raises(gr.Error, match="a list of 1 to 2 numbers"):
            run(found["faces"].fn("faces64-gan", [1, 2, 3], "any", "any", 1.0))
        with pytest.raises(gr.Error, match="from 2 to 3"):
            run(found["interpolate"].fn("faces64-gan", 1, 2, 4, True, "any", "any"))
