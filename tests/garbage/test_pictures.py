"""Garbage in place of pictures: cut, changed, huge, animated, of odd colours; a face or a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio.utils import get_upload_folder
from hypothesis import given
from hypothesis import strategies as st

from garbage import anything, bomb, images, is_sentence, tries
from playground.config import ConfigError
from playground.data.faces import faces_from_images, one_face
from playground.ui.faces import api

SIDE = 16


@pytest.fixture(scope="module", autouse=True)
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("uploads")
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        yield folder


@tries(150)
@given(images)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_any_bytes_are_a_face_or_a_sentence(content: bytes) -> None:
    try:
        face = one_face(content, SIDE)
    except ConfigError as error:
        assert is_sentence(error), str(error)
    else:
        assert face.shape == (SIDE, SIDE, 3) and face.dtype == np.uint8


@tries(60)
@given(st.lists(images, max_size=4))
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_any_uploads_are_faces_or_a_sentence(contents: list[bytes]) -> None:
    try:
        faces = faces_from_images(contents, SIDE)
    except ConfigError as error:
        assert is_sentence(error), str(error)
    else:
        assert len(faces) + faces.skipped_count == len(contents)
        assert all(is_sentence(skipped) for skipped in faces.skipped)


@tries(80)
@given(images)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_any_uploaded_file_is_a_face_or_a_sentence_to_a_program(uploads: Path, content: bytes) -> None:
    path = uploads / "picture"
    path.write_bytes(content)
    try:
        face = api.read_face({"path": str(path)}, SIDE)
    except ConfigError as error:
        assert is_sentence(error), str(error)
    else:
        assert face.shape == (SIDE, SIDE, 3)


@tries(100)
@given(st.one_of(anything, st.fixed_dictionaries({"path": anything})))
def test_what_is_no_uploaded_file_is_a_sentence(value: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        api.read_face(value, SIDE)
    assert is_sentence(refused.value)


# -- bugs found


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_a_sentence_to_a_program_too(uploads: Path) -> None:
    path = uploads / "bomb.png"
    path.write_bytes(bomb(2**16, 2**16))
    with pytest.raises(ConfigError, match="cannot be read"):
        api.read_face({"path": str(path)}, SIDE)


def test_an_uploaded_file_that_is_gone_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="not an uploaded picture"):
        api.read_face({"path": str(Path(get_upload_folder()) / "gone.png")}, SIDE)


def test_a_link_out_of_the_folder_of_uploads_is_not_followed(uploads: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (uploads / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigError, match="not an uploaded picture"):
        api.read_face({"path": str(uploads / "link")}, SIDE)
