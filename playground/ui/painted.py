"""A page's word that a frame is on the screen: one small route, as it comes with every frame of everybody.

A function of Gradio's for this took a fifth of the time in which the server made the frames themselves. Knows
hubs by their pages, and no page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from playground.ui.hub import Hub


def painted_js(page: str) -> str:
    """An expression for the script of a component, where `root` is the app's address: a function of
    {"session", "frame"} that never fails, as the next frame says more."""
    told = "{ method: 'POST', body: JSON.stringify(painted) }"
    return f"(painted) => fetch(root + '/painted/{page}', {told}).catch(() => {{}})"


def routes(hubs: Mapping[str, Hub]) -> list[BaseRoute]:
    """For `launch(app_kwargs={"routes": routes(...)})`; hubs by the names of their pages."""

    async def painted(request: Request) -> Response:
        """Anyone can say so: the hub checks who and what."""
        hub = hubs.get(request.path_params["page"])
        if hub is None:
            return Response(status_code=404)
        try:
            told = json.loads(await request.body())
        except (ValueError, RecursionError):
            told = None
        if isinstance(told, dict):
            hub.acknowledge(told.get("session"), told.get("frame"))
        return Response(status_code=204)

    return [Route("/painted/{page}", painted, methods=["POST"])]
