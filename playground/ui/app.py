"""The app: builds the pages on one hub and launches them.

Nothing is kept at module level: two apps in one process share nothing.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import gradio as gr
import torch
from gradio.components.navbar import Navbar
from starlette.middleware import Middleware

from playground.engine import choose_device
from playground.session.faces import FaceShop
from playground.ui import language, view
from playground.ui.api import add_endpoints
from playground.ui.faces import api as faces_api
from playground.ui.faces import page as faces_page
from playground.ui.guard import Guard, GuardedBlocks
from playground.ui.hub import Hub
from playground.ui.lab_page import LabPage
from playground.ui.lessons import page as lessons_page
from playground.ui.theme import theme

TITLE = "GAN playground"
LAB, FACES, LESSONS = "2-D lab", "Faces", "Lessons"  # the pages, as the navigation names them
KEPT = (3600, 7200)  # seconds: how often old picture files are looked for, and how old these are


def build(device: str | None = None) -> gr.Blocks:
    """All pages, not yet launched. Raises `ConfigError` for a device that is not there."""
    hub = Hub(device=choose_device(device))
    shop = FaceShop()
    demo = GuardedBlocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=KEPT)
    with demo:
        Navbar(main_page_name=LAB)
        language.menu()
        LabPage(hub, demo)
        add_endpoints(hub.device)
        faces_api.add_endpoints(shop)
    with demo.route(FACES, "faces"):
        Navbar(main_page_name=LAB)
        language.menu()
        faces_page.build(shop, hub)
    with demo.route(LESSONS, "lessons"):
        Navbar(main_page_name=LAB)
        language.menu()
        lessons_page.LessonsPage(shop, demo)
    return demo


def launch(device: str | None = None, port: int | None = None, **options: Any) -> None:
    """Serve the pages. Without `port`, GRADIO_SERVER_PORT or 7860; host by GRADIO_SERVER_NAME."""
    torch.set_num_threads(1)  # one thread each: visitors would otherwise fight over the cores
    demo = build(device)
    demo.queue(max_size=256, default_concurrency_limit=None).launch(
        server_port=port,
        theme=theme(),
        head=view.head() + faces_page.head() + lessons_page.head(),
        i18n=language.i18n(demo),
        app_kwargs={
            "routes": view.static_routes(),
            "middleware": [Middleware(Guard), Middleware(language.FirstScript)],
        },
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=find_spec("mcp") is not None,  # with it, the endpoints are tools as well
        max_file_size="8mb",
        **options,
    )
