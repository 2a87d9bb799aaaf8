"""The app: builds the pages on one hub and launches them.

Nothing is kept at module level: two apps in one process share nothing.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any

import torch
from gradio.components.navbar import Navbar
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware

from playground.engine import choose_device
from playground.hosts import Here, Host, Place
from playground.hosts.memory import spare_memory
from playground.limits import limits
from playground.session.faces import FaceShop
from playground.ui import health, language, painted, view
from playground.ui.api import add_endpoints
from playground.ui.blocks import GuardedBlocks
from playground.ui.choice import alive, choose_host, trouble
from playground.ui.events import configure_logging
from playground.ui.faces import api as faces_api
from playground.ui.faces import page as faces_page
from playground.ui.guard import Guard
from playground.ui.hub import Hub
from playground.ui.lab_page import LabPage
from playground.ui.lessons import page as lessons_page
from playground.ui.meters import Meters
from playground.ui.theme import theme

TITLE = "GAN playground"
LAB, FACES, LESSONS = "2-D lab", "Faces", "Lessons"  # the pages, as the navigation names them
KEPT = (3600, 7200)  # seconds: how often old picture files are looked for, and how old these are


def build(
    device: str | None = None,
    *,
    host: Host | None = None,
    shop: FaceShop | None = None,
    meters: Meters | None = None,
) -> GuardedBlocks:
    """All pages, not yet launched; sessions live with `host`. Raises `ConfigError` for a device or a limit
    that cannot be."""
    shop, meters = shop or FaceShop(), meters or Meters()
    hub = Hub(host or Here(Place(shop)), device=choose_device(device), meters=meters)
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
        training = faces_page.build(shop, hub)
    with demo.route(LESSONS, "lessons"):
        Navbar(main_page_name=LAB)
        language.menu()
        lessons = lessons_page.LessonsPage(hub.host, demo, meters)
    demo.hubs = {each.page: each for each in (hub, training, lessons.hub)}
    return demo


def launch(
    device: str | None = None,
    port: int | None = None,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    **options: Any,
) -> None:
    """Serve the pages. Without `port`, GRADIO_SERVER_PORT or 7860; host by GRADIO_SERVER_NAME.

    `workers` and `cluster` say where sessions live; see `ui.choice.choose_host`. Raises `ConfigError`.
    """
    configure_logging()
    spare_memory()
    # after so many events Gradio sums all of them up in a table that nobody reads here: up to 12 ms each time
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
    # Gradio would look for the first with each component that an answer changes, for the second in each event
    os.environ.setdefault("GRADIO_TEMP_DIR", get_upload_folder())
    if find_spec("matplotlib") is None:
        sys.modules["matplotlib"] = None  # type: ignore[assignment]
    torch.set_num_threads(1)  # one thread each: visitors would otherwise fight over the cores
    meters, shop = Meters(), FaceShop()
    host = choose_host(workers, cluster, Place(shop), meters)
    demo: GuardedBlocks | None = None
    try:
        demo = build(device, host=host, shop=shop, meters=meters)
        _serve(demo, host, meters, server_port=port, **options)
    finally:
        if demo is None or not demo.is_running:  # in a notebook it goes on
            host.shutdown()


def _serve(demo: GuardedBlocks, host: Host, meters: Meters, **options: Any) -> None:
    """Launch the pages; returns when they end."""
    queue = demo.queue(max_size=limits().waiting_events, default_concurrency_limit=None, api_open=False)
    meters.count_workers(lambda: alive(host))
    meters.count_queue(lambda: len(queue._queue))
    meters.started(alive(host))
    pulse = health.Pulse("thread that makes frames", meters.players)
    checks: list[health.Check] = [lambda: trouble(host), pulse]
    demo.launch(
        theme=theme(),
        head=view.head() + faces_page.head() + lessons_page.head(),
        i18n=language.i18n(demo),
        app_kwargs={
            "routes": view.static_routes() + painted.routes(demo.hubs) + health.routes(meters, checks),
            "middleware": [Middleware(Guard, meters=meters), Middleware(language.FirstScript)],
        },
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=find_spec("mcp") is not None,  # with it, the endpoints are tools as well
        max_file_size=limits().file_bytes,
        state_session_capacity=_tabs(),  # what Gradio itself remembers of each tab, a quarter of a megabyte
        **options,
    )


def _tabs() -> int:
    """Twice as many as can be served: some have just left."""
    bounds = limits()
    return 2 * (bounds.sessions + bounds.lesson_sessions + bounds.face_sessions)
