"""What SECURITY.md promises: no pickles, no path, no markup, no open door, nothing without a bound."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
from PIL import Image

import own_loop
from app_process import ROOT, running_app
from face_bundle import write_bundle
from garbage import is_sentence
from playground.checkpoints.description import CONFIG
from playground.checkpoints.files import read_model
from playground.config import ConfigError, RunConfig
from playground.data.face_hub import check_public
from playground.lessons import lessons
from playground.lessons.lesson import LessonError, Room
from playground.lessons.run import LessonRun
from playground.limits import limits
from playground.presets import PRESETS, preset_config
from playground.session import Session, face_sources
from playground.session.bounds import work
from playground.session.faces import FaceShop
from playground.session.published import Opened, Published
from playground.ui import blocks
from playground.ui.api import add_endpoints
from playground.ui.app import KEPT, build
from playground.ui.faces import checkpoints, publish, train

MODULES = sorted([*(ROOT / "playground").rglob("*.py"), ROOT / "app.py"])
TOKEN = "hf_neverseenanywhere"


# -- no code in data


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_can_run_what_it_reads(path: Path) -> None:
    never = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle", "yaml"}
    calls = {"eval", "exec", "compile", "__import__"}
    of_modules = {("torch", "load"), ("np", "load"), ("numpy", "load"), ("os", "system"), ("os", "popen")}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not never & {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in never
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in calls, f"line {node.lineno}"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in of_modules, f"line {node.lineno}"
        elif isinstance(node, ast.keyword):
            assert node.arg not in ("allow_pickle", "trust_remote_code", "shell"), f"line {node.value.lineno}"


# -- what is served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """The running app, and the file of all that it says."""
    folder = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(folder / "bundle")))
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        with running_app(log_file=folder / "log") as url, httpx.Client(base_url=url, timeout=60) as client:
            yield client, folder / "log"


@pytest.fixture(scope="module")
def client(served: tuple[httpx.Client, Path]) -> httpx.Client:
    return served[0]


FILES = [
    "/etc/passwd", "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "app.py", str(ROOT / "app.py"),
    "playground/config.py", "file:///etc/passwd", "http://127.0.0.1/", "//127.0.0.1/x", "%00/etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "place",
    [
        "/gradio_api/file=",
        "/gradio_api/file/",
        "/file=",
        "/static/",
        "/assets/",
        "/svelte/",
        "/lab/static/x/",
    ],
)
def test_no_file_of_the_server_is_served(client: httpx.Client, place: str, file: str) -> None:
    request = httpx.Request("GET", client.base_url.join("/"))
    raw = (place + file).encode()
    request.url = request.url.copy_with(raw_path=raw)
    answer = client.send(request, follow_redirects=False)
    assert 300 <= answer.status_code < 500
    assert (
        "root:" not in answer.text and "import gradio" not in answer.text and "RunConfig" not in answer.text
    )


@pytest.mark.parametrize(
    "door",
    [
        "proxy=https://example.com/", "proxy=https://x.hf.space/", "deep_link?session_hash=x",
        "monitoring", "monitoring/summary", "profiling/traces", "vibe-code", "vibe-edit", "undo-vibe-edit",
        "vibe-starter-queries", "process_recording", "runs", "run-history/buckets", "dev/reload",
        "stream/a/b/c/list.m3u8",
        "custom_component/1/client/component/index.js",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_door_that_no_page_uses_is_closed(client: httpx.Client, door: str, method: str) -> None:
    assert client.request(method, f"/gradio_api/{door}").status_code == 404


def components(client: httpx.Client) -> Any:
    return client.get("/config").json()


def asked(client: httpx.Client, number: int, data: list[Any], session: str = "someone") -> dict[str, Any]:
    body = {"data": data, "fn_index": number, "session_hash": session}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as lines:
        for line in lines.iter_lines():
            message = json.loads(line[5:]) if line.startswith("data:") else {}
            if message.get("msg") == "process_completed":
                return dict(message["output"])
    return {}


def listener(config: Any, elem_id: str, event: str) -> int:
    (component,) = (c["id"] for c in config["components"] if c["props"].get("elem_id") == elem_id)
    return next(int(d["id"]) for d in config["dependencies"] if [component, event] in d["targets"])


@pytest.mark.parametrize(
    "meta", [{}, {"meta": {"_type": "gradio.FileData"}}, {"meta": {}}, {"meta": {"_type": "x"}}]
)
@pytest.mark.parametrize("path", ["picture", "http://127.0.0.1:9/x.png", "../../etc/passwd"])
def test_a_picture_that_nobody_uploaded_is_not_opened_for_the_tab_blur(
    client: httpx.Client, tmp_path: Path, meta: dict[str, Any], path: str
) -> None:
    """Gradio checks a path only if it is marked as a file's; unmarked, any picture here was shown."""
    picture = tmp_path / "secret.png"
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(picture)
    file = {"path": str(picture) if path == "picture" else path} | meta
    config = components(client)
    output = asked(client, listener(config, "own-picture", "input"), [file])
    assert output["error"] == blocks.UPLOADED_ONLY
    uploads = [d for d in config["dependencies"] if "upload" in [event for _, event in d["targets"]]]
    assert len(uploads) == 2
    for each in uploads:
        for value in (file, [file]):
            assert is_sentence(asked(client, each["id"], [value])["error"])


def test_a_file_named_often_counts_often(client: httpx.Client) -> None:
    (path,) = client.post("/gradio_api/upload", files={"files": ("a.png", b"x" * 7_000_000)}).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    config = components(client)
    output = asked(client, listener(config, "face-upload", "upload"), [[file] * 20])
    assert output["error"] == blocks.TOO_MANY.format(most=limits().upload_bytes)


# -- sizes


def test_a_file_a_request_and_an_upload_are_bounded(client: httpx.Client) -> None:
    large = b" " * (limits().request_bytes + 1)
    assert client.post("/gradio_api/queue/join", content=large).status_code == 413
    assert (
        client.post("/gradio_api/upload", files={"files": ("a", large)}).status_code == 413
    )  # one file: 8 MiB
    files = [("files", (f"{i}.png", b"x" * 7_900_000)) for i in range(9)]
    assert client.post("/gradio_api/upload", files=files).status_code == 413


def test_a_body_of_untold_length_is_bounded_too(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(limits().request_bytes // 2**20 + 3):
            yield b" " * 2**20

    answer = client.post(
        "/gradio_api/queue/join", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert 400 <= answer.status_code < 500


def test_uploads_are_deleted_and_the_queue_is_bounded() -> None:
    demo = build("cpu")
    assert demo.delete_cache == KEPT and KEPT[1] <= 7200
    source = (ROOT / "playground/ui/app.py").read_text("utf-8")
    assert "max_file_size=limits().file_bytes" in source
    assert "queue(max_size=limits().waiting_events" in source


# -- bounded work


def test_settings_that_are_too_much_together_are_a_sentence_and_the_run_stays() -> None:
    heavy = dict(batch_size=4096, generator_width=512, discriminator_width=512, generator_depth=8)
    heavy |= dict(discriminator_depth=8, discriminator_updates=20, unrolled_steps=10)
    session = Session(device="cpu")
    for ask in (
        lambda: session.configure(RunConfig(**heavy)),  # type: ignore[arg-type]
        lambda: session.open_link("&".join(f"{k}={v}" for k, v in heavy.items())),
        lambda: session.compare(heavy),
    ):
        with pytest.raises(ConfigError, match="multiplications in one iteration") as refused:
            ask()
        assert is_sentence(refused.value) and session.config == RunConfig()


def test_every_story_and_every_single_setting_at_its_end_is_allowed() -> None:
    for name in PRESETS:
        assert work(preset_config(name)) < limits().work / 10
    for change in (
        {"batch_size": 4096},
        {"generator_width": 512},
        {"unrolled_steps": 10},
        {"generator_depth": 8},
    ):
        assert work(RunConfig(**change)) < limits().work


@pytest.mark.parametrize(
    "settings",
    [
        "unrolled_steps=10&discriminator_updates=20&generator_updates=20&generator_width=1&batch_size=2",
        "generator_depth=8&discriminator_depth=8&generator_width=512&discriminator_width=512",
    ],
)
def test_one_call_of_a_program_is_bounded_for_small_and_for_large_networks(settings: str) -> None:
    with gr.Blocks() as demo:
        add_endpoints("cpu")
    (sample,) = (f.fn for f in demo.fns.values())
    with pytest.raises(gr.Error, match="iterations is 5,000"):
        sample(settings, 5_000, 10, 0)


@pytest.mark.parametrize(
    "settings", [None, 3, [["seed", 1]], {"seed": 3}, "target=points&target_points=AAAA"]
)
def test_settings_that_are_no_text_and_points_that_are_none_are_a_sentence_to_a_program(
    settings: Any,
) -> None:
    with gr.Blocks() as demo:
        add_endpoints("cpu")
    (sample,) = (f.fn for f in demo.fns.values())
    with pytest.raises(gr.Error) as refused:
        sample(settings, 1, 10, 0)
    assert is_sentence(refused.value.message) and not refused.value.print_exception


# -- wishes on the lessons


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(tmp_path_factory.mktemp("bundle"))))
        yield Room(FaceShop())


def test_a_thing_that_is_no_whole_number_is_a_sentence(room: Room) -> None:
    with pytest.raises(LessonError, match="but must be 0, 1 or 2"):
        LessonRun(room).show(1.0)


def test_a_number_beyond_every_float_is_a_sentence(room: Room) -> None:
    run = LessonRun(room)
    slug = next(
        name for name, lesson in lessons().items() if any(hasattr(c, "step") for c in lesson.controls)
    )
    run.open({"lesson": slug})
    name = next(c.name for c in run.lesson.controls if hasattr(c, "step"))
    with pytest.raises(LessonError, match="but must be from"):
        run.set(name, 10**400)


# -- markup


def test_no_text_of_a_published_model_becomes_markup(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_bundle(tmp_path / "bundle") / "faces64-gan"
    about = json.loads((folder / CONFIG).read_text())
    bad = "<img src=x onerror=alert(1)>"
    about |= {"hardware": bad, "data": bad, "licence": bad}
    about["recipe"]["name"] = bad
    (folder / CONFIG).write_text(json.dumps(about))
    published = Published()
    monkeypatch.setattr(published, "open", lambda *_: Opened(read_model(folder), (bad,)))
    for language in ("en", "zh-TW"):
        shown = checkpoints.exchange_html(checkpoints.show(published, "a/b", ""), language)
        assert "<img src=x" not in shown and "&lt;img src=x" in shown


# -- tokens


def test_a_token_is_in_no_answer_and_the_pages_field_is_emptied(capsys: pytest.CaptureFixture[str]) -> None:
    hub = train.FaceHub(device="cpu")
    for repo in ("a/b", TOKEN, f"a/{TOKEN}/x"):
        result, error, field = own_loop.run(publish.answer(hub, "someone", repo, TOKEN, False))
        assert field == "" and TOKEN not in json.dumps([error, str(result)])
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err


def test_a_token_leaves_neither_log_nor_state_behind(served: tuple[httpx.Client, Path]) -> None:
    client, log = served
    number = listener(components(client), "publish-go", "click")
    for values in (["a/b", TOKEN, False], [{"path": TOKEN}, TOKEN, False], [[], [TOKEN], TOKEN]):
        assert TOKEN not in json.dumps(asked(client, number, values))
    assert TOKEN not in log.read_text(errors="replace")


def test_gradio_keeps_no_token_in_a_sessions_state() -> None:
    """By itself it keeps the last value of every field; here an open page keeps none."""
    with blocks.GuardedBlocks() as demo:
        publish.build(train.FaceHub(device="cpu"))
    server, url, _ = demo.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    try:
        with httpx.Client(base_url=url) as client:
            number = next(number for number, listener in demo.fns.items() if listener.inputs)
            assert asked(client, number, ["a/b", TOKEN, False])
        state = server.state_holder["someone"]
        assert state.config_values and not any(state.config_values.values())
        blocks_of_it = [vars(block) for block in state.blocks_config.blocks.values()]
        kept = repr([state.config_values, state.state_data, blocks_of_it])
        assert TOKEN not in kept and "a/b" not in kept
    finally:
        demo.close(verbose=False)


def test_a_data_set_is_opened_without_this_machines_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gated data set lists its files to everyone: with the owner's token everyone would see them."""
    given: dict[str, Any] = {}

    def opened(name: str, **how: Any) -> Any:
        given.update(how)
        raise ConfigError("Enough.")

    monkeypatch.setattr(face_sources, "check_public", lambda name, most_bytes: None)
    monkeypatch.setattr(face_sources, "open_faces", opened)
    with gr.Blocks():
        tab = train.TrainTab(SimpleNamespace(names={}))  # type: ignore[arg-type]
    tab.on_dataset("user/faces", SimpleNamespace(session_hash="someone"))  # type: ignore[arg-type]
    assert given["token"] is False


def test_a_data_set_is_measured_whatever_the_case_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [SimpleNamespace(rfilename="data/TRAIN.PARQUET", size=10**10)]
    api = SimpleNamespace(dataset_info=lambda name, **how: SimpleNamespace(siblings=files))
    monkeypatch.setattr("huggingface_hub.HfApi", lambda token: api)
    with pytest.raises(ConfigError, match="10,000,000,000 bytes"):
        check_public("user/faces", limits().dataset_bytes)


# -- this file and SECURITY.md


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`((?:garbage/)?test_\w+\.py)`", (ROOT / "SECURITY.md").read_text("utf-8")))
    assert len(named) > 8
    assert sorted(name for name in named if not (ROOT / "tests" / name).is_file()) == []
