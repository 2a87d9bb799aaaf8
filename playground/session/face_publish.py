"""Publishing the model that a visitor trained on the page, with the visitor's own token and no other.

The token is used for this one call: it is never kept, logged or said, and this machine's own token is never
used, since anyone may ask. Knows runs and the Hub, and no page.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playground.checkpoints import push
from playground.checkpoints.description import write_whole
from playground.checkpoints.disk import writing
from playground.checkpoints.ids import checked_repo
from playground.config import ConfigError
from playground.session.face_run import FaceRun
from playground.training.models import write_final
from playground.translations import phrase

LEAST_UPDATES = 100  # before that there is nothing to publish but noise
OWN_SOURCES = ("of this server", "drawn by the bundled GAN")  # the project's faces, or drawn after them
OWN_LICENCE = "non-commercial"
OTHER_LICENCE = "not stated; ask whoever published it"
_TOKEN = re.compile(r"[\x21-\x7e]{8,200}", re.ASCII)


def publish(files: Callable[[], Mapping[str, bytes]], repo: object, token: object, private: object) -> str:
    """Publish the files of a model, as `model_files` gives them, as "user/name"; its address.

    The files are asked for last, and wherever the run lives: the token stays in this process. Raises
    `ConfigError`; no sentence ever holds the token.
    """
    repo = checked_repo(repo.strip() if isinstance(repo, str) else repo)
    if not isinstance(token, str) or not _TOKEN.fullmatch(token.strip()):
        raise ConfigError(
            "token: allowed is an access token of yours that may write, from your settings on the Hub; it is "
            "used once and not kept."
        )
    with copied(files()) as space:
        return push(space, repo, token.strip(), bool(private), name=repo.partition("/")[2])


def model_files(run: FaceRun) -> dict[str, bytes]:
    """The model of a run, averaged weights as they are now: files by their paths. Raises `ConfigError`."""
    if run.iteration < LEAST_UPDATES:
        raise ConfigError(
            phrase(
                "updates = {count:,}: train for at least {least} before you publish.",
                count=run.iteration,
                least=LEAST_UPDATES,
            )
        )
    with copied({}) as space:
        write_run(run, space)
        found = sorted(path for path in space.rglob("*") if path.is_file())
        return {path.relative_to(space).as_posix(): path.read_bytes() for path in found}


@contextmanager
def copied(files: Mapping[str, bytes]) -> Iterator[Path]:
    """These files in a folder that is removed afterwards. Raises `ConfigError` where the disk is full."""
    with ExitStack() as stack:
        with writing("A copy to publish"):
            space = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name, content in files.items():
            write_whole(space / name, content)
        yield space


def write_run(run: FaceRun, folder: Path) -> Path:
    """The model of a run as its training would leave it on disk; the model's folder."""
    own = run.faces.source in OWN_SOURCES
    told = {
        "data": f"{len(run.faces):,} pictures {run.faces.source}, made {run.recipe.size} pixels wide."[:200],
        "licence": OWN_LICENCE if own else OTHER_LICENCE,
        "hardware": "trained step by step on the playground's page",
    }
    with run.frozen() as learner:
        return write_final(folder, learner, run.settings.model, told=told)
