"""Sends garbage to the running app: what its OpenAPI documents describe, by schemathesis, and its MCP tools.

    pip install schemathesis
    python tools/fuzz_api.py --inputs 60        # so many to each operation and each tool

Starts `python app.py` on this machine with small untrained models and an empty folder of uploads. Nothing may
be answered with a status of 500 and above, nothing may leave a traceback in the log, every refusal of an
endpoint or a tool must be a sentence, and afterwards the app must serve as before. The table is that of
docs/reports/fuzz.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MODELS = ["faces64-gan", "faces64-vae", "faces64-ae"]
STREAMS = ("queue/data", "heartbeat", "startup-events", "upload_progress", "/{event_id}")  # may have no end
CALL = "/gradio_api/call/"
MOST_ITERATIONS = 3  # of /sample: it is not work that is tried here
SECONDS = 60.0  # to wait for an answer
NOT_IMPLEMENTED = 501  # the one status above 500 that is no failure
# what the protocol and Gradio say before the tool is asked
BEFORE = ("Input validation error: ", "Invalid file data format", "Parameter `")


@dataclass
class Row:
    """What was sent to one operation, and what was wrong with the answers."""

    name: str
    inputs: int = 0
    done: int = 0  # answered with a result
    found: list[str] = field(default_factory=list)


def main() -> int:
    """1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20, help="for each operation, and each tool (20)")
    inputs = parser.parse_args().inputs
    sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    from app_process import running_app
    from face_bundle import write_bundle

    with tempfile.TemporaryDirectory() as space:
        folder = Path(space)
        os.environ["PLAYGROUND_CHECKPOINTS"] = str(write_bundle(folder / "bundle", reference=True))
        os.environ["GRADIO_TEMP_DIR"] = str(folder / "uploads")
        log = folder / "log"
        with running_app(log_file=log) as url:
            rows = [*documented(url, inputs), *addresses(url, inputs), *tools(url, inputs), after(url)]
        rows.append(said(log))
    print(table(rows))
    return int(any(row.found for row in rows))


# -- HTTP


def documented(url: str, inputs: int) -> Iterator[Row]:
    """The endpoints for programs, as /gradio_api/openapi.json has them: called, and their answers read."""
    import httpx

    document = httpx.get(f"{url}/gradio_api/openapi.json", timeout=SECONDS).json()
    for path in document["paths"].values():
        body = path.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json")
        if body and "model" in body["schema"]["properties"]:  # or all are refused alike
            body["schema"]["properties"]["model"] = {"type": "string", "enum": MODELS}
            body["schema"]["required"] = list(body["schema"]["properties"])
    yield from sent(url, document, inputs, skip=("/{event_id}",))


def addresses(url: str, inputs: int) -> Iterator[Row]:
    """Every other address that the server answers, as its own /openapi.json lists them."""
    import httpx

    document = httpx.get(f"{url}/openapi.json", timeout=SECONDS).json()
    yield from sent(url, document, inputs, skip=STREAMS)


def sent(url: str, document: dict[str, Any], inputs: int, skip: tuple[str, ...]) -> Iterator[Row]:
    """A row for each operation of a document: half of what is sent fits its schema, half does not."""
    import schemathesis
    from schemathesis import GenerationMode

    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        if any(part in operation.path for part in skip):
            continue
        row = Row(operation.label)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            each(operation.as_strategy(generation_mode=mode), max(1, inputs // 2), partial(one, url, row))
        print(f"{row.name}: {row.inputs:,} inputs, {len(row.found)} found", file=sys.stderr, flush=True)
        yield row


def each(values: Any, count: int, act: Callable[[Any], None]) -> None:
    """Draw so many values, the same every time, and do something with each."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis.errors import Unsatisfiable

    @seed(1)
    @settings(
        max_examples=count, database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(values)
    def draw(value: Any) -> None:
        act(value)

    with suppress(Unsatisfiable):  # of what takes nothing, nothing can be wrong
        draw()


def one(url: str, row: Row, case: Any) -> None:
    """Send one request, and fetch its result where it gets a number to ask for it with."""
    import requests

    row.inputs += 1
    if isinstance(case.body, dict) and isinstance(case.body.get("iterations"), int):
        case.body["iterations"] %= MOST_ITERATIONS + 1
    try:
        answer = case.call(base_url=url, stream=True, timeout=SECONDS)
    except (requests.exceptions.InvalidHeader, UnicodeError):  # the client cannot send it
        return
    except requests.exceptions.RequestException as error:
        row.found.append(f"{type(error).__name__} for {case.body!r:.300}")
        return
    if answer.status_code >= 500 and answer.status_code != NOT_IMPLEMENTED:
        row.found.append(f"status {answer.status_code} for {case.as_curl_command()[:400]}")
    elif answer.status_code < 300:
        row.done += 1
        name = operation_name(case.operation.path)
        if name:
            result(url, name, json.loads(answer.content)["event_id"], case, row)


def operation_name(path: str) -> str:
    """The endpoint that a path calls through the queue, or nothing."""
    rest = path.removeprefix(CALL).removeprefix("v2/")
    return rest if path.startswith(CALL) and "{" not in rest and "/" not in rest else ""


def result(url: str, name: str, number: str, case: Any, row: Row) -> None:
    """Read the stream of a call to its end: points, pictures, or a sentence."""
    import httpx

    from garbage import is_sentence

    with httpx.stream("GET", f"{url}{CALL}{name}/{number}", timeout=SECONDS) as stream:
        lines = list(stream.iter_lines())
    events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    if events and events[-1] == "error":
        row.done -= 1
        told = json.loads(data[-1])
        words = told.get("error") if isinstance(told, dict) else told
        if not (isinstance(words, str) and is_sentence(words)):
            row.found.append(f"no sentence but {data[-1][:200]} for {case.body!r:.300}")
    elif not events or events[-1] != "complete":
        row.found.append(f"no end but {lines[-2:]} for {case.body!r:.300}")


# -- MCP


def tools(url: str, inputs: int) -> list[Row]:
    """Every tool with any arguments, half of them under its own names."""
    return asyncio.run(talk(url, inputs))


async def talk(url: str, inputs: int) -> list[Row]:
    """One session of a client, in which every tool is called."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    rows = []
    async with (
        streamable_http_client(f"{url}/gradio_api/mcp/") as (reader, writer, _),
        ClientSession(reader, writer) as session,
    ):
        await session.initialize()
        for tool in (await session.list_tools()).tools:
            row = Row(f"MCP {tool.name}")
            for arguments in drawn(list(tool.inputSchema.get("properties", {})), inputs):
                await call(session, tool.name, arguments, row)
            print(f"{row.name}: {row.inputs:,} inputs, {len(row.found)} found", file=sys.stderr, flush=True)
            rows.append(row)
    return rows


async def call(session: Any, name: str, arguments: dict[str, Any], row: Row) -> None:
    """One call of a tool."""
    from garbage import is_sentence

    row.inputs += 1
    try:
        answer = await asyncio.wait_for(session.call_tool(name, arguments), SECONDS)
    except Exception as error:  # of the protocol: then the session itself says so
        row.found.append(f"{type(error).__name__}: {error} for {arguments!r:.300}")
        return
    if not answer.isError:
        row.done += 1
        return
    words = " ".join(getattr(answer.content[0], "text", "").split()) if answer.content else ""
    if not is_sentence(words) and not words.startswith(BEFORE):
        row.found.append(f"no sentence but {words[:200]!r} for {arguments!r:.300}")


def drawn(names: list[str], inputs: int) -> list[dict[str, Any]]:
    """Arguments as a program without manners sends them."""
    from hypothesis import strategies as st

    from garbage import anything, as_json, texts

    found: list[dict[str, Any]] = []
    value = st.one_of(anything, st.sampled_from(MODELS), st.lists(st.integers(-1, 2**31), max_size=3))
    own = st.sampled_from(names) if names else texts

    def collect(arguments: dict[str, Any]) -> None:
        if "iterations" in names:
            arguments["iterations"] = 1
        with suppress(UnicodeEncodeError):  # half a character: the client cannot send it
            json.dumps(arguments, ensure_ascii=False).encode()
            if as_json(arguments) is not None:
                found.append(arguments)

    each(st.dictionaries(st.one_of(own, own, texts), value, max_size=6), inputs, collect)
    return found


# -- afterwards


def after(url: str) -> Row:
    """The app serves as before."""
    import httpx

    row = Row("afterwards")
    wanted: dict[str, Callable[[], httpx.Response]] = {
        "the page": lambda: httpx.get(url, timeout=SECONDS),
        "a face": lambda: httpx.post(
            f"{url}/gradio_api/run/faces", json={"data": [MODELS[0], [1], "any", "any", 1.0]}, timeout=SECONDS
        ),
    }
    for name, ask in wanted.items():
        row.inputs += 1
        answer = ask()
        row.done += answer.status_code == 200
        row.found += [] if answer.status_code == 200 else [f"{name}: status {answer.status_code}"]
    return row


def said(log: Path) -> Row:
    """Tracebacks in the log."""
    row = Row("the app's log")
    text = log.read_text(errors="replace")
    row.found += ["Traceback" + part[:3_000] for part in text.split("Traceback")[1:4]]
    return row


def table(rows: list[Row]) -> str:
    """The rows as Markdown, and what was found below it."""
    lines = ["| operation | inputs | answered with a result | found |", "| --- | ---: | ---: | --- |"]
    for row in rows:
        lines.append(f"| {row.name} | {row.inputs:,} | {row.done:,} | {len(row.found) or 'nothing'} |")
    lines.append(f"| all | {sum(row.inputs for row in rows):,} | {sum(row.done for row in rows):,} | |")
    found = [f"{row.name}: {each}" for row in rows for each in row.found[:5]]
    return "\n".join([*lines, "", *found])


if __name__ == "__main__":
    began = time.monotonic()
    status = main()
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(status)
