"""Publishing the model of the tab "Train": a name, the visitor's own token, a button.

On a Space that knows its visitors (OAuth) who has logged in needs no token. The token of this machine is used
only where its operator says so with PLAYGROUND_PUBLISH=1, on a laptop of one's own say: it is the operator's.
Knows what is asked; what is sent is `session.face_publish`'s.
"""

from __future__ import annotations

import asyncio
import html
import os
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import gradio as gr

from playground.config import ConfigError
from playground.limits import limits
from playground.session.face_publish import model_files, publish
from playground.ui.faces.train import FaceHub
from playground.ui.language import refusal, said
from playground.ui.turns import Turns
from playground.ui.visitor import HubError

Answer = tuple[Any, Any, str]  # result, error line, the token's field
VARIABLE = "PLAYGROUND_PUBLISH"
HEAD = "Publish the model of the tab Train"
WORDS = (
    "It goes to a repository of yours on the Hugging Face Hub: averaged weights, a model card and a preview. "
    "The token is used once and not kept."
)
DONE = "Published: {address}"
NOTHING = "There is no model to publish yet: open the tab Train and let one learn first."
BAR: dict[str, Any] = dict(scale=0, min_width=160)


def build(trained: FaceHub) -> None:
    """Into the current tab. `trained`: who trains in the tab Train."""
    gr.HTML(f'<h3 class="publish-head">{HEAD}</h3><p class="publish-words">{WORDS}</p>')
    with gr.Row(elem_classes="study-bar"):
        repo = gr.Textbox(
            label="Publish as", placeholder="user/name", max_length=120, elem_id="publish-repo", **BAR
        )
        token = gr.Textbox(
            label="Your access token", placeholder="hf_…", type="password", max_length=200,
            elem_id="publish-token", **BAR,
        )  # fmt: skip
        private = gr.Checkbox(label="Only I may see it", value=False, elem_id="publish-private", scale=0)
        button = gr.Button("Publish", min_width=100, scale=0, elem_id="publish-go")
        if knows_visitors():
            gr.LoginButton(min_width=120, scale=0, elem_id="publish-login")
    error = gr.HTML("", visible=False, elem_id="publish-error")
    result = gr.HTML("", elem_id="publish-result", apply_default_css=False)

    turns = Turns(limits().hub_at_once)

    async def own(name: str, key: str, hidden: bool, request: gr.Request) -> AsyncIterator[Answer]:
        work = partial(answer, trained, str(request.session_hash), name, key, hidden)
        async for answered in turns.serve(work, lambda line: (gr.skip(), line, "")):
            yield answered

    async def known(
        name: str, key: str, hidden: bool, request: gr.Request, visitor: gr.OAuthToken | None
    ) -> AsyncIterator[Answer]:
        async for answered in own(name, key or (visitor.token if visitor else ""), hidden, request):
            yield answered

    button.click(
        known if knows_visitors() else own,
        [repo, token, private],
        [result, error, token],  # the token leaves the page, too
        concurrency_limit=None,  # who has to wait is told so
        trigger_mode="once",
        api_visibility="private",
    )


async def answer(trained: FaceHub, visitor: str, repo: str, token: str, private: bool) -> Answer:
    """The address or a sentence, and an empty field in the token's place."""
    try:
        if not trained.knows(visitor):
            raise ConfigError(NOTHING)
        if not token and os.environ.get(VARIABLE) == "1":
            token = os.environ.get("HF_TOKEN", "")
        found = await asyncio.to_thread(trained.find, visitor)
        files = partial(found.ask, model_files)
        address = await asyncio.to_thread(publish, files, repo, token, private)
    except (ConfigError, HubError) as error:
        return gr.skip(), refusal(error), ""
    link = f'<a href="{html.escape(address)}" target="_blank" rel="noopener">{html.escape(address)}</a>'
    words = html.escape(said(DONE, address="\0")).replace("\0", link)
    return f'<p class="publish-done">{words}</p>', gr.update(visible=False), ""


def knows_visitors() -> bool:
    """Whether this is a Space on which visitors can log in."""
    return bool(os.environ.get("SPACE_ID") and os.environ.get("OAUTH_CLIENT_ID"))
