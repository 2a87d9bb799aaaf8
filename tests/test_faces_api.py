"""The endpoints of the face models, asked over loopback by real clients: gradio_client, HTTP, and MCP."""

from __future__ import annotations

import base64
import importlib
import io
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from app_process import free_port
from face_bundle import EARLIER, SMALL, STEP, write_bundle
from own_loop import run
from playground.checkpoints import interpolate_latents, load
from playground.figures.sheets import sheet
from playground.limits import limits
from playground.session.faces import FaceShop
from playground.ui.faces import api

GAN, VAE = "faces64-gan", "faces64-vae"
SIDE = SMALL.size


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app that is nothing but the endpoints, with MCP where it is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(tmp_path_factory.mktemp("bundle"))))
        with gr.Blocks(analytics_enabled=False) as demo:
            api.add_endpoints(FaceShop())
        port = free_port()
        demo.launch(
            server_name="127.0.0.1",
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            ssr_mode=False,
            mcp_server=find_spec("mcp") is not None,
        )
        yield f"http://127.0.0.1:{port}"
        demo.close(verbose=False)


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(url, verbose=False, download_files=tmp_path_factory.mktemp("downloads"))


def pixels(path: str) -> np.ndarray[Any, Any]:
    with Image.open(path) as opened:
        assert opened.format == "PNG"
        return np.asarray(opened.convert("RGB"))


@pytest.fixture
def face_file(tmp_path: Path) -> Path:
    """A 40 x 24 picture: its middle square is 24 x 24, left half red."""
    picture = np.zeros((24, 40, 3), np.uint8)
    picture[:, :20, 0] = 255
    path = tmp_path / "face.png"
    Image.fromarray(picture).save(path)
    return path


# -- gradio_client


def test_every_endpoint_is_named_and_its_values_have_types(client: Client) -> None:
    told = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(told) == {"/models", "/faces", "/interpolate", "/reconstruct", "/directions"}
    types = {p["parameter_name"]: p["python_type"]["type"] for p in told["/faces"]["parameters"]}
    assert types == {
        "model": "str",
        "seeds": "list[int]",
        "hair": "str",
        "eyes": "str",
        "truncation": "float",
    }
    assert [r["python_type"]["type"] for r in told["/reconstruct"]["returns"]] == [
        "filepath",
        "dict(str, Any)",
    ]


def test_models_are_told_with_what_they_cost(client: Client) -> None:
    told = {one["name"]: one for one in client.predict(api_name="/models")}
    assert set(told) == {"faces64-ae", GAN, VAE}
    assert told[GAN]["kind"] == "gan" and told[GAN]["side"] == SIDE
    assert told[GAN]["updates"] == STEP and told[GAN]["steps"] == [*EARLIER, STEP]
    assert told[GAN]["parameters"] > 0 and told[GAN]["multiply_adds"] > 0


def test_faces_are_those_of_the_library_pixel_by_pixel(client: Client) -> None:
    path, made = client.predict(GAN, [7, 8, 9], "pink", "blue", 0.5, api_name="/faces")
    assert np.array_equal(pixels(path), sheet(FaceShop().model(GAN).generate([7, 8, 9], "pink", "blue", 0.5)))
    assert made == {
        "model": GAN,
        "seeds": [7, 8, 9],
        "hair": "pink",
        "eyes": "blue",
        "truncation": 0.5,
        "side": SIDE,
        "columns": 3,
        "count": 3,
    }
    path, made = client.predict(GAN, list(range(10)), api_name="/faces")
    assert pixels(path).shape == (2 * SIDE, 8 * SIDE, 3) and made["columns"] == 8


@pytest.mark.parametrize("spherical", [True, False])
def test_a_walk_goes_from_the_first_face_to_the_last(client: Client, spherical: bool) -> None:
    path, made = client.predict(GAN, 1, 2, 5, spherical, api_name="/interpolate")
    model = FaceShop().model(GAN)
    first, last = model.latents([1, 2])
    codes = interpolate_latents(first, last, 5, spherical)
    assert np.array_equal(pixels(path), sheet(model.decode(codes)))
    assert np.array_equal(pixels(path)[:, :SIDE], model.generate([1])[0])
    lengths = made["lengths_of_codes"]
    assert lengths == pytest.approx(np.linalg.norm(codes, axis=1), abs=1e-3)
    evenly = np.linspace(lengths[0], lengths[-1], 5)
    if spherical:
        assert lengths == pytest.approx(evenly, abs=1e-3)
    else:  # a chord is shorter than the arc
        assert all(length < even for length, even in zip(lengths[1:-1], evenly[1:-1], strict=True))


def test_an_uploaded_face_comes_back_beside_its_reconstruction(client: Client, face_file: Path) -> None:
    path, made = client.predict(VAE, handle_file(face_file), api_name="/reconstruct")
    both = pixels(path)
    given, decoded = both[:, :SIDE], both[:, SIDE:]
    expected = np.zeros((SIDE, SIDE, 3))
    expected[:, : SIDE // 2, 0] = 255
    assert np.abs(given - expected).mean() < 3  # its middle square, scaled
    model = FaceShop().model(VAE)
    assert np.array_equal(decoded, model.reconstruct(given[None])[0])
    assert made["mean_squared_error"] == pytest.approx(float(((given / 255 - decoded / 255) ** 2).mean()))
    assert made["code"] == pytest.approx(model.encode(given[None])[0], abs=1e-3)


def test_a_direction_can_be_added_to_a_code_by_the_caller(client: Client) -> None:
    told = client.predict(VAE, api_name="/directions")
    found = FaceShop().directions(VAE)
    assert [one["label"] for one in told] == [d.label for d in found]
    assert told[0]["vector"] == pytest.approx(found[0].vector, abs=1e-4)


@pytest.mark.parametrize(
    ("endpoint", "arguments", "named"),
    [
        ("/faces", ("cat", [1]), "model = 'cat': allowed is faces64-ae"),
        ("/faces", ("../" + GAN, [1]), "model = "),
        ("/faces", (GAN, []), "allowed is a list of 1 to 64"),
        ("/faces", (GAN, list(range(65))), "allowed is a list of 1 to 64"),
        ("/faces", (GAN, 3), "allowed is a list"),
        ("/faces", (GAN, [-1]), "seeds = -1"),
        ("/faces", (GAN, [2**31]), "2,147,483,647"),
        ("/faces", (GAN, ["x"]), "seeds = 'x'"),
        ("/faces", (GAN, [1], "teal"), "hair = 'teal': allowed is any, aqua"),
        ("/faces", (GAN, [1], "any", "any", 3), "truncation = 3: allowed is 0 to 1.5"),
        ("/interpolate", (GAN, 1, 2, 99), "steps = 99: allowed is a whole number from 2 to 32"),
        ("/interpolate", (GAN, 1, -2), "seed_b = -2"),
        ("/reconstruct", (VAE, "x"), "image is not an uploaded picture"),
        ("/reconstruct", (VAE, None), "image is not an uploaded picture"),
        ("/directions", (None,), "model = 'None'"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    client: Client, endpoint: str, arguments: tuple[Any, ...], named: str
) -> None:
    with pytest.raises(AppError) as refused:
        client.predict(*arguments, api_name=endpoint)
    assert named in str(refused.value) and str(refused.value).endswith(".")


def test_a_gan_cannot_encode_and_says_so(client: Client, face_file: Path) -> None:
    with pytest.raises(AppError, match="no encoder"):
        client.predict(GAN, handle_file(face_file), api_name="/reconstruct")


@pytest.mark.parametrize(
    "content", [b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"GIF89a" + b"\0" * 50]
)
def test_a_file_that_is_no_picture_is_a_sentence(client: Client, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "face.png"
    path.write_bytes(content)
    with pytest.raises(AppError, match="image cannot be read"):
        client.predict(VAE, handle_file(path), api_name="/reconstruct")


def test_a_huge_picture_is_refused_before_it_is_decoded(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (limits().api_picture_side + 1, 8)).save(path)
    with pytest.raises(AppError, match=f"allowed are {limits().api_picture_side} a side"):
        client.predict(VAE, handle_file(path), api_name="/reconstruct")


# -- plain HTTP


def posted(url: str, endpoint: str, data: list[Any]) -> str:
    """What the endpoint's event stream says in the end."""
    request = urllib.request.Request(
        f"{url}/gradio_api/call{endpoint}",
        json.dumps({"data": data}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{url}/gradio_api/call{endpoint}/{event}", timeout=30) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("marked", [True, False])
def test_no_file_of_the_server_can_be_read_by_naming_it(url: str, face_file: Path, marked: bool) -> None:
    file: dict[str, Any] = {"path": str(face_file)}  # a whole picture, but nobody uploaded it
    if marked:
        file["meta"] = {"_type": "gradio.FileData"}
    said = posted(url, "/reconstruct", [VAE, file])
    assert said.startswith("event: error")


# -- MCP


def through_mcp(url: str, *calls: tuple[str, dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """The tools, and the answers to calls in one session."""
    pytest.importorskip("mcp", reason="the extra `mcp` is not installed")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def session() -> tuple[list[Any], list[Any]]:
        async with (
            streamable_http_client(f"{url}/gradio_api/mcp/") as (reader, writer, _),
            ClientSession(reader, writer) as talk,
        ):
            await talk.initialize()
            tools = (await talk.list_tools()).tools
            return tools, [await talk.call_tool(name, arguments) for name, arguments in calls]

    found: tuple[list[Any], list[Any]] = run(session())
    return found


def image_of(answer: Any) -> np.ndarray[Any, Any]:
    (block,) = (block for block in answer.content if block.type == "image")
    assert block.mimeType == "image/png"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(block.data))).convert("RGB"))


def test_every_tool_and_every_argument_is_described(url: str) -> None:
    tools, _ = through_mcp(url)
    assert {tool.name for tool in tools} == {"models", "faces", "interpolate", "reconstruct", "directions"}
    for tool in tools:
        assert len(tool.description) > 40
        for name, argument in tool.inputSchema["properties"].items():
            assert argument["type"] and argument["description"], (tool.name, name)


def test_a_tool_answers_with_a_picture_and_values(url: str, face_file: Path) -> None:
    encoded = "data:image/png;base64," + base64.b64encode(face_file.read_bytes()).decode()
    _, (faces, again) = through_mcp(
        url,
        ("faces", {"model": GAN, "seeds": [3, 4]}),
        ("reconstruct", {"model": VAE, "image": encoded}),
    )
    assert np.array_equal(image_of(faces), sheet(FaceShop().model(GAN).generate([3, 4])))
    assert "'seeds': [3, 4]" in faces.content[-1].text
    assert image_of(again).shape == (SIDE, 2 * SIDE, 3) and "mean_squared_error" in again.content[-1].text


def test_a_tool_refuses_with_the_same_sentence(url: str) -> None:
    _, (answer,) = through_mcp(url, ("faces", {"model": "cat", "seeds": [3]}))
    assert answer.isError and "model = 'cat': allowed is" in answer.content[0].text


# -- a borrowed GPU


def test_on_a_zerogpu_space_the_decoding_is_what_borrows_the_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent: list[int] = []

    def borrowed(duration: int) -> Callable[[Any], Any]:
        return lambda work: lambda *given: lent.append(duration) or work(*given)

    monkeypatch.setenv("PLAYGROUND_CHECKPOINTS", str(write_bundle(tmp_path / "bundle")))
    monkeypatch.setitem(
        sys.modules,
        "spaces",
        SimpleNamespace(GPU=borrowed, __spec__=importlib.machinery.ModuleSpec("spaces", None)),
    )
    with gr.Blocks() as demo:
        api.add_endpoints(FaceShop())
    functions = {f.api_name: f.fn for f in demo.fns.values()}
    picture, _ = run(functions["faces"](GAN, [1, 2]))
    assert np.array_equal(pixels(picture["path"]), sheet(load(GAN).generate([1, 2])))
    run(functions["models"]())
    assert lent == [20]
