"""Gradio's blocks as these pages use them: only uploads are opened, garbage gets a sentence, and what an
answer leaves as it is costs nothing. Knows no page, and of visitors only who keeps them.
"""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import BlocksConfig, convert_component_dict_to_list

from playground.limits import limits
from playground.ui.hub import Hub
from playground.ui.language import said
from playground.ui.uploads import Uploads, files_in, lies_in_uploads

NOT_TAKEN = "What was sent is no value that this control can have; reload the page and try again."
TOO_MANY = "The files are too large together: allowed are {most:,} bytes."
UPLOADED_ONLY = "A file must be uploaded: no other path and no address is opened."


class _SessionConfig(BlocksConfig):
    """Of one open page. What a configuration says is asked of the app, never of an open page: only for links
    of Gradio's own, which are closed here, it would be written anew for each component when a page opens
    (70 ms), and twice more whenever an answer updates one.
    """

    @staticmethod
    def config_for_block(*_: Any, **__: Any) -> dict[str, Any]:
        """Nothing."""
        return {}


class _AppConfig(BlocksConfig):
    """Of the app; its copies are those of open pages."""

    def __copy__(self) -> _SessionConfig:
        own = _SessionConfig(self.root_block)
        own.blocks, own.fns, own.fn_id = copy(self.blocks), copy(self.fns), self.fn_id
        own.renderables = copy(self.renderables)
        return own


class GuardedBlocks(gr.Blocks):
    """Opens only uploads, deletes them with their sessions, and answers garbage with a sentence."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.default_config = _AppConfig(self)
        self.uploads = Uploads()
        self.hubs: dict[str, Hub] = {}  # by the names of their pages
        with self:
            self.unload(self._forget)

    def _forget(self, request: gr.Request) -> None:
        """The page was closed."""
        self.uploads.leave(str(request.session_hash))

    def queue(self, *arguments: Any, **named: Any) -> gr.Blocks:
        """As Gradio's; but an empty name of a session is none: for its messages the queue has no place."""
        super().queue(*arguments, **named)
        push = self._queue.push

        async def pushed(body: Any, *arguments: Any, **named: Any) -> Any:
            body.session_hash = body.session_hash or None
            return await push(body, *arguments, **named)

        self._queue.push = pushed  # type: ignore[method-assign]
        return self

    async def process_api(self, block_fn: Any, inputs: list[Any], *arguments: Any, **named: Any) -> Any:
        """As Gradio's; remembers whose uploads these are, and what an event carries is a table."""
        event = named.get("event_data")
        if event is not None and not isinstance(event._data, dict):
            event._data = {}
        session = named.get("session_hash")
        if session:
            for file in filter(lies_in_uploads, files_in(inputs)):
                self.uploads.used(str(session), file)
        return await super().process_api(block_fn, inputs, *arguments, **named)

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *arguments: Any, **named: Any) -> Any:
        """As Gradio's. Raises `gr.Error`, which is shown and leaves no traceback."""
        files = list(files_in(inputs))
        if not all(map(lies_in_uploads, files)):
            raise gr.Error(said(UPLOADED_ONLY), print_exception=False)
        most = limits().upload_bytes
        if sum(Path(file).stat().st_size for file in files if Path(file).is_file()) > most:
            raise gr.Error(said(TOO_MANY, most=most), print_exception=False)  # also: one file often
        try:
            return await super().preprocess_data(block_fn, inputs, *arguments, **named)
        except Exception:  # of pydantic, of the components, of their file handling
            raise gr.Error(said(NOT_TAKEN), print_exception=False) from None

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """As Gradio's, for those outputs of which the answer says something.

        The others Gradio would make anew each time, with all that a page's configuration tells of them: about
        half a millisecond for each.
        """
        outputs = list(block_fn.outputs)
        if len(outputs) < 2:
            return await super().postprocess_data(block_fn, predictions, state)
        if not predictions or _is_skip(predictions):
            predictions = [gr.skip()] * len(outputs)
        if isinstance(predictions, dict):
            predictions = convert_component_dict_to_list(outputs, predictions)
        if not isinstance(predictions, list | tuple) or len(predictions) != len(outputs):
            return await super().postprocess_data(block_fn, predictions, state)  # which says what is wrong
        answer: list[Any] = [None if output.stateful else gr.skip() for output in outputs]
        told = [at for at, each in enumerate(predictions) if not _is_skip(each)]
        if told:
            shorter = copy(block_fn)
            shorter.outputs = [outputs[at] for at in told]
            given = [predictions[at] for at in told]
            values = await super().postprocess_data(shorter, given if len(given) > 1 else given[0], state)
            for at, value in zip(told, values, strict=True):
                answer[at] = value
        return answer


def _is_skip(value: Any) -> bool:
    return isinstance(value, dict) and value == gr.skip()
