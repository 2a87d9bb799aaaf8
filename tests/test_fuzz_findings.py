"""What fuzzing found, each class of bug as a test of its own; and the fuzzer's targets on their own seeds."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import gradio as gr
import pyarrow.parquet
import pytest

import own_loop
from fuzzing import files, lab, pages
from fuzzing.changes import header_change, json_change
from fuzzing.target import Target
from garbage import is_sentence
from playground.config import ConfigError
from playground.data.faces import open_faces
from playground.lessons import lessons
from playground.lessons.lesson import LessonError, Slider
from playground.session.face_settings import FaceSettings
from playground.translations.exchange import exchange_html
from playground.ui.api import add_endpoints
from playground.ui.blocks import GuardedBlocks
from playground.words import LANGUAGES

# -- bugs found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_strangers_quotation_marks_do_not_swallow_the_markup_between_them(language: str) -> None:
    """Of a text in an attribute and beside it, what lay between two of its quotation marks was escaped, the
    markup's own mark among it, and the attribute went on into what follows."""
    first, second = html.escape('a" b'), html.escape("x onmouseover=alert(1) y")
    shown = exchange_html(f'<p title="{first}">{first}</p><b title="{second}">c</b>', language)
    assert re.findall(r"<[^>]*>", shown) == [f'<p title="{first}">', "</p>", f'<b title="{second}">', "</b>"]


@pytest.mark.parametrize(("name", "other"), [(b"bytes", b"byt\x9fs"), (b"blue", b"bl\xe2e")])
def test_a_parquet_file_whose_names_or_words_are_no_text_is_a_sentence(
    tmp_path: Path, name: bytes, other: bytes
) -> None:
    """Of text that is not UTF-8 pyarrow raises what is neither an OSError nor its own."""
    (tmp_path / "train-0.parquet").write_bytes(files.shard().replace(name, other))
    with pytest.raises(ConfigError, match="must be a whole Parquet file") as refused:
        open_faces(tmp_path, "train", 16)
    assert is_sentence(refused.value)


def test_a_parquet_file_that_counts_less_than_nothing_is_a_sentence(tmp_path: Path) -> None:
    two, less = b"\x16\x04", b"\x16\x03"  # 2 and -2 as the footer writes a count of rows
    path, whole = tmp_path / "train-0.parquet", files.shard()
    for place in (found.start() for found in re.finditer(re.escape(two), whole)):
        path.write_bytes(whole[:place] + less + whole[place + 2 :])
        with suppress(OSError):
            if pyarrow.parquet.ParquetFile(path).metadata.num_rows < 0:
                break
    assert pyarrow.parquet.ParquetFile(path).metadata.num_rows < 0
    for limit in (None, 4):
        with pytest.raises(ConfigError, match="must be a whole Parquet file") as refused:
            open_faces(tmp_path, "train", 16, limit=limit)
        assert is_sentence(refused.value)


@pytest.mark.parametrize("name", ["model", "objective", "seed", "batch_size", "learning_rate"])
def test_a_refused_setting_of_a_face_training_is_not_repeated_at_any_length(name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        FaceSettings(**{name: ["x" * 100_000]}).effective()
    assert is_sentence(refused.value) and len(str(refused.value)) < 300


def test_a_line_end_in_a_value_does_not_break_the_sentence_of_a_control_or_an_endpoint() -> None:
    sliders = [c for lesson in lessons().values() for c in lesson.controls if isinstance(c, Slider)]
    for control in sliders:
        with pytest.raises(LessonError) as refused:
            control.check("a\nb")
        assert is_sentence(refused.value)
    with gr.Blocks() as demo:
        add_endpoints("cpu")
    (sample,) = (f.fn for f in demo.fns.values())
    with pytest.raises(gr.Error) as error:
        sample("", "a\nb", 1, 0)  # type: ignore[misc]
    assert is_sentence(error.value.message)


@pytest.mark.parametrize("carried", [None, [], ["name"], "name", 3])
def test_an_event_that_carries_no_table_carries_nothing(carried: Any) -> None:
    """Gradio's EventData looks for a name in whatever was sent, and fails where that is None or a number."""
    found: list[Any] = []

    def listen(event: gr.EventData) -> None:
        found.append(getattr(event, "name", "nothing"))

    with GuardedBlocks() as demo:
        gr.Button("Step").click(listen, None, None)
    (listener,) = (f for f in demo.fns.values() if "click" in [name for _, name in f.targets])
    event = gr.EventData(None, carried)
    own_loop.run(demo.process_api(listener, [], event_data=event, in_event_listener=True))
    assert found == ["nothing"]


# -- the fuzzer itself


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    kept = dict(os.environ)
    folder = tmp_path_factory.mktemp("targets")
    yield lab.targets(folder) | pages.targets(folder) | files.targets(folder)
    os.environ.clear()
    os.environ.update(kept)


def test_every_target_takes_some_of_its_seeds_and_refuses_noise(
    targets: dict[str, Target], tmp_path: Path
) -> None:
    assert len(targets) >= 20
    for name, target in targets.items():
        (tmp_path / name).mkdir()
        attempt = target.make(tmp_path / name)
        assert any(attempt(seed) for seed in target.seeds), name
        noise = [attempt(content) for content in (b"\xff\xfe\x00=&", b'{"a', b"\x00" * 40)]
        assert not all(noise) or name in ("face-settings", "translated-markup"), name


def test_a_change_of_json_or_of_a_header_stays_readable(targets: dict[str, Target]) -> None:
    for number in range(200):
        changed = json_change(targets["description"].seeds[0], Random(number))
        assert json.loads(changed) is not ... and json_change(changed, Random(number))
        weights = header_change(files.WEIGHTS, Random(number))
        size = int.from_bytes(weights[:8], "little")
        json.loads(weights[8 : 8 + size])
    assert json_change(b"no json", Random(0)) == b"no json"
