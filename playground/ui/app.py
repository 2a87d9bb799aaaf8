"""The app: builds the pages on one hub and launches them.

Nothing is kept at module level: two apps in one process share nothing.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
import torch

from playground.engine import choose_device
from playground.ui import view
from playground.ui.api import add_endpoints
from playground.ui.hub import Hub
from playground.ui.lab_page import LabPage
from playground.ui.theme import theme

TITLE = "GAN playground"


def build(device: str | None = None) -> gr.Blocks:
    """The page, not yet launched. Raises `ConfigError` for a device that is not there."""
    hub = Hub(device=choose_device(device))
    demo = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True)
    with demo:
        LabPage(hub, demo)
        add_endpoints(hub.device)
    return demo


def launch(device: str | None = None, port: int | None = None, **options: Any) -> None:
    """Serve the page. Without `port`, GRADIO_SERVER_PORT or 7860; host by GRADIO_SERVER_NAME."""
    torch.set_num_threads(1)  # one thread each: visitors would otherwise fight over the cores
    build(device).queue(max_size=256, default_concurrency_limit=None).launch(
        server_port=port,
        theme=theme(),
        head=view.head(),
        app_kwargs={"routes": view.static_routes()},
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        max_file_size="1mb",
        **options,
    )
