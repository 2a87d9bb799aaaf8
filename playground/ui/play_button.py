"""The button that plays and pauses. It says which of the two a press was for: the page may show what is over
on the server, and a press must not do the contrary of what the button said.

Knows nothing of what plays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

PLAY, PAUSE = "play", "pause"


def wire_play(
    button: gr.Button, handle: str, press: Callable[..., Any], outputs: list[Any], **how: Any
) -> None:
    """Call `press(wish, request)`; the wish is `PAUSE` where the script's `handle` says that it plays."""
    wish = gr.Textbox(visible=False, elem_id=f"{button.elem_id}-wish")
    asked = f"() => [window.{handle}?.playing ? '{PAUSE}' : '{PLAY}']"
    button.click(press, wish, outputs, js=asked, **how)
