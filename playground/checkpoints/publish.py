"""Publishing a model on the Hugging Face Hub with the Hub's own client.

Knows what is published from `checkpoints.pack`, and no network of its own.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from playground.checkpoints.asking import Unreachable, status_of, understood, within
from playground.checkpoints.description import read_description
from playground.checkpoints.disk import writing
from playground.checkpoints.ids import checked_repo
from playground.checkpoints.pack import pack
from playground.config import ConfigError

REACH_SECONDS = 30.0  # for each answer: the client itself would wait for ever
SEND_SECONDS = 600.0  # for all files: a model and its timeline, some 20 MiB


def push(
    run_or_model_folder: str | Path,
    repo: str,
    token: str | None = None,
    private: bool = False,
    *,
    name: str | None = None,
    reach_seconds: float = REACH_SECONDS,
    send_seconds: float = SEND_SECONDS,
) -> str:
    """Publish a run or a model's folder as the Hub repository "user/name"; its address.

    Creates the repository if need be, uploads description, weights, timeline, model card and preview in one
    commit, and tags it with the update count. The token comes from the argument, else from HF_TOKEN or the
    client's login; it is never said. `name` renames the model. Raises `ConfigError`.
    """
    from huggingface_hub import HfApi

    repo = checked_repo(repo)
    with ExitStack() as stack:
        with writing("A copy to publish"):
            space = stack.enter_context(tempfile.TemporaryDirectory())
        folder = pack(run_or_model_folder, Path(space) / "model", name=name, repo=repo)
        about = read_description(folder)
        api = HfApi(token=token)
        try:
            address = within(reach_seconds, lambda: api.create_repo(repo, private=private, exist_ok=True))
            within(
                send_seconds,
                lambda: api.upload_folder(
                    repo_id=repo,
                    folder_path=folder,
                    commit_message=f"{about.name} after {about.step:,} updates",
                ),
            )
            within(reach_seconds, lambda: api.create_tag(repo, tag=f"step-{about.step}", exist_ok=True))
        except Exception as error:  # of whatever HTTP library this version of the client uses
            raise _not_published(repo, error) from None
    return str(address)


def _not_published(repo: str, error: Exception) -> ConfigError:
    if status_of(error) in (401, 403) or type(error).__name__ == "LocalTokenNotFoundError":
        return ConfigError(
            f"repo = {repo}: the Hub does not let you write there; allowed is a token that may write, as "
            "argument or in HF_TOKEN."
        )
    found = error if isinstance(error, Unreachable) else understood(repo, error)
    if isinstance(found, Unreachable):
        return ConfigError(f"repo = {repo}: the Hub {found}, so nothing more was published; try again.")
    return ConfigError(str(found))
