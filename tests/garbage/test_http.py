"""Garbage over HTTP to the real app: every listener, endpoint, server function, upload and MCP tool.

Nothing is answered with a status of 500 and above, nothing leaves a traceback in the log, and afterwards the
app serves as before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_process import running_app
from face_bundle import write_bundle
from garbage import anything, as_json, images, is_sentence, leaves, texts, tries
from own_loop import run

CALM = ("seek", "choose", "drawn", "layers", "wish")  # events that carry values, and do not play
EVENT_NAMES = ("iteration", "name", "points", "needed", "act", "value", "argument", "query", "language")
ENDPOINTS = {"models": 0, "faces": 5, "interpolate": 7, "reconstruct": 2, "directions": 1}


@dataclass
class App:
    """The running app, as a program without manners sees it."""

    url: str
    log: Path
    client: httpx.Client
    config: dict[str, Any] = field(default_factory=dict, repr=False)

    def number(self, event: str) -> int:
        """The first listener of an event."""
        rows = self.config["dependencies"]
        return next(int(row["id"]) for row in rows if event in [name for _, name in row["targets"]])

    def listeners(self) -> list[tuple[int, int, bool]]:
        """(number, count of inputs, whether its event carries values) of what garbage can be sent to."""
        found = []
        for listener in self.config["dependencies"]:
            told = any(event in CALM for _, event in listener["targets"])
            if (listener["inputs"] or told) and listener["backend_fn"]:
                found.append((listener["id"], len(listener["inputs"]), told))
        return found

    def ask(self, number: int, data: Any, event: Any = None, session: str = "garbage") -> dict[str, Any]:
        """What the queue answers: the last message of the event, or the refusal to take it."""
        body = as_json({"data": data, "fn_index": number, "session_hash": session, "event_data": event})
        joined = self.post("/gradio_api/queue/join?target=ring8", body)
        if joined.status_code != 200:
            return {"refused": joined.status_code}
        with self.client.stream(
            "GET", f"{self.url}/gradio_api/queue/data", params={"session_hash": session}
        ) as lines:
            for line in lines.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    return dict(message)
        return {}

    def post(self, path: str, body: str | bytes | None, kind: str = "application/json") -> httpx.Response:
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        return self.client.post(self.url + path, content=content, headers={"Content-Type": kind})

    def quiet(self) -> None:
        """Raises unless the app has said nothing of a failure."""
        said = self.log.read_text(errors="replace")
        assert "Traceback" not in said, said[said.index("Traceback") :][:3000]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(folder / "bundle", reference=True)))
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        patch.setenv("OMP_NUM_THREADS", "1")
        log = folder / "log"
        with running_app(log_file=log) as url, httpx.Client(timeout=60) as client:
            app = App(url, log, client)
            app.config = client.get(f"{url}/config").json()
            assert app.ask(app.number("load"), [""])["success"]  # now the visitor has a run of every kind
            assert app.ask(app.number("wish"), [], {"act": "open", "query": {}})["success"]
            assert app.ask(app.number("ready"), [])["success"]
            yield app


@pytest.fixture(autouse=True)
def nothing_fails(app: App) -> Iterator[None]:
    yield
    app.quiet()
    assert app.client.get(app.url).status_code == 200


def refusal(message: dict[str, Any]) -> str:
    """The sentence of a failed event."""
    error = message.get("output", {}).get("error")
    assert isinstance(error, str), f"a failure without a sentence: {message}"
    return error


@tries(150)
@given(st.data())
def test_every_listener_answers_any_values_with_a_result_or_a_sentence(app: App, data: st.DataObject) -> None:
    number, count, told = data.draw(st.sampled_from(app.listeners()))
    values = data.draw(st.one_of(st.lists(anything, min_size=count, max_size=count), anything))
    event = data.draw(
        st.one_of(st.dictionaries(st.sampled_from(EVENT_NAMES), anything, max_size=4), anything)
        if told
        else st.none()
    )
    if as_json([values, event]) is None:
        return
    message = app.ask(number, values, event)
    if "refused" in message:
        assert 400 <= message["refused"] < 500
    elif not message["success"]:
        assert is_sentence(refusal(message)), message


@pytest.mark.parametrize("carried", [None, [], ["iteration"], "iteration", 3, {}])
def test_every_listener_of_an_event_that_carries_no_values_answers(app: App, carried: Any) -> None:
    for number, count, told in app.listeners():
        if told:
            message = app.ask(number, [None] * count, carried)
            assert message.get("refused") or message["success"] or is_sentence(refusal(message)), message


@tries(100)
@given(st.sampled_from(list(ENDPOINTS)), st.data())
def test_every_endpoint_answers_any_values_with_a_result_or_a_sentence(
    app: App, name: str, data: st.DataObject
) -> None:
    models = st.sampled_from(("faces64-gan", "faces64-vae"))
    value = st.one_of(anything, models, st.lists(leaves, max_size=3))
    count = ENDPOINTS[name]
    values = data.draw(st.one_of(st.lists(value, min_size=count, max_size=count), st.lists(value), anything))
    body = as_json({"data": values})
    if body is None:
        return
    answer = app.post(f"/gradio_api/run/{name}", body)
    assert answer.status_code < 500, answer.text
    if "error" in answer.json():
        assert is_sentence(answer.json()["error"]), answer.text


@tries(40)
@given(st.one_of(st.tuples(texts, leaves, leaves, leaves).map(list), anything))
def test_the_endpoint_of_the_lab_answers_any_values_with_points_or_a_sentence(app: App, values: Any) -> None:
    (number,) = (d["id"] for d in app.config["dependencies"] if d["api_name"] == "sample")
    if isinstance(values, list) and len(values) == 4 and isinstance(values[1], int):
        values[1] %= 3  # few iterations: it is not work that is tried here
    if as_json(values) is not None:
        message = app.ask(number, values)
        if not message.get("refused") and not message["success"]:
            assert is_sentence(refusal(message)), message


@tries(100)
@given(st.data())
def test_functions_that_the_page_calls_answer_anything(app: App, data: st.DataObject) -> None:
    known = [
        (component["id"], name)
        for component in app.config["components"]
        for name in component["props"].get("server_fns") or ()
    ]
    assert known
    component, name = data.draw(st.one_of(st.sampled_from(known), st.tuples(st.integers(-1, 400), texts)))
    wish = st.dictionaries(
        st.sampled_from(
            ("seed", "faces", "truncation", "hair", "sliders", "face", "panel", "session", "frame")
        ),
        anything,
        max_size=3,
    )
    body = {"session_hash": "garbage", "component_id": component, "fn_name": name}
    text = as_json(body | {"data": data.draw(st.one_of(wish, anything))})
    if text is not None:
        assert app.post("/gradio_api/component_server", text).status_code < 500


@tries(120)
@given(st.data())
def test_no_address_fails_whatever_is_sent_to_it(app: App, data: st.DataObject) -> None:
    paths = sorted(app.client.get(f"{app.url}/openapi.json").json()["paths"])
    path = data.draw(st.sampled_from([p for p in paths if "queue/data" not in p and "heartbeat" not in p]))
    while "{" in path:
        start, _, rest = path.partition("{")
        filled = data.draw(st.one_of(texts, leaves.map(str)))[:300]
        path = start + quote(filled, errors="replace") + rest.partition("}")[2]
    method = data.draw(st.sampled_from(("GET", "HEAD", "POST", "PUT", "DELETE")))
    body = data.draw(st.one_of(st.binary(max_size=200), anything.map(lambda v: (as_json(v) or "").encode())))
    kind = data.draw(
        st.sampled_from(("application/json", "multipart/form-data; boundary=x", "text/plain", ""))
    )
    with app.client.stream(method, app.url + path, content=body, headers={"Content-Type": kind}) as answer:
        assert answer.status_code < 500 or answer.status_code == 501, (method, path)


@tries(25)
@given(images, st.one_of(st.sampled_from(("a.png", "../../a.png", "/etc/passwd", "a" * 300, "")), texts))
def test_any_upload_is_taken_and_then_read_or_refused(app: App, content: bytes, name: str) -> None:
    name = "".join(c for c in name if c.isprintable() and c not in '"\\').encode(errors="replace").decode()
    answer = app.client.post(f"{app.url}/gradio_api/upload", files={"files": (name or "x", content)})
    assert answer.status_code < 500
    if answer.status_code == 200:
        file = {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}
        read = app.post("/gradio_api/run/reconstruct", json.dumps({"data": ["faces64-vae", file]}))
        assert read.status_code in (200, 422), read.text
        assert read.status_code == 200 or is_sentence(read.json()["error"])


def test_every_tool_of_mcp_answers_any_arguments(app: App) -> None:
    if find_spec("mcp") is None:
        pytest.skip("the package mcp is not installed")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    asked: list[tuple[str, dict[str, Any]]] = []

    @tries(40)
    @given(
        st.sampled_from((*ENDPOINTS, "sample")),
        st.dictionaries(st.sampled_from(("model", "seeds", "image", "steps", "settings", "x")), anything),
    )
    def collect(name: str, arguments: dict[str, Any]) -> None:
        if as_json(arguments) is not None:
            asked.append((name, arguments | ({"iterations": 1} if name == "sample" else {})))

    collect()

    async def talk() -> None:
        async with (
            streamable_http_client(f"{app.url}/gradio_api/mcp/") as (reader, writer, _),
            ClientSession(reader, writer) as session,
        ):
            await session.initialize()
            for name, arguments in asked:
                answer = await session.call_tool(name, arguments)
                assert answer.content

    run(talk())


def test_an_empty_name_of_a_session_is_none(app: App) -> None:
    for name in ("", None):
        body = as_json({"data": [], "fn_index": app.number("load"), "session_hash": name})
        assert app.post("/gradio_api/queue/join", body).status_code < 500
    app.quiet()


def test_after_all_this_the_app_serves_as_before(app: App) -> None:
    picture = app.post("/gradio_api/run/faces", json.dumps({"data": ["faces64-gan", [1], "any", "any", 1.0]}))
    assert picture.status_code == 200
    assert app.ask(app.number("load"), [""], session="fresh")["success"]
    assert app.client.get(f"{app.url}/lessons").status_code == 200
