"""A lesson's page as the text of a frame, made where the lesson's run lives. Knows no server."""

from __future__ import annotations

import json
from typing import Any

from playground.lessons import lessons
from playground.ui.lessons.words import FRAME


def pack_page(runs: list[Any], *, frame_id: int, session: str, playing: bool = False, **_: Any) -> str:
    """What the page shows, as JSON; while playing without the words, which do not change then."""
    page = runs[0].page()
    if playing:
        del page["lesson"]
    else:
        say = runs[0].say
        page["words"] = {name: say(text) for name, text in FRAME.items()}
        page["path"] = [[lesson.slug, say(lesson.title)] for lesson in lessons().values()]
    return json.dumps(page | {"frame": frame_id, "session": session, "playing": playing})
