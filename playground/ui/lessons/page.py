"""Page 3, Lessons: wishes of the page in, what the open lesson shows out.

The view (path, exhibit, controls, things to try, check) is drawn by `static/lessons.js` from one JSON text;
the lesson's words and formula are a Markdown component, which typesets them. Every wish finds its visitor's
run, does one thing, and answers with a frame, or with a sentence while run and page stay as they were.
Knows no lesson.
"""

from __future__ import annotations

import asyncio
import base64
import html
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from playground.config import ConfigError
from playground.lessons import lessons
from playground.lessons.lesson import LessonError, Room
from playground.lessons.run import LessonRun
from playground.session.faces import FaceShop
from playground.ui.hub import Hub, HubError, Visitor
from playground.ui.lab_layout import FILE_JS
from playground.ui.lessons.words import FRAME
from playground.ui.view import static_base

Answer = dict[Any, Any]
REFUSALS = (LessonError, ConfigError, HubError)
BUDGET_MS = 34.0  # of pressing in each frame, shared by all who play
MOST_QUERY = 64  # entries of a link
PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
ON_LOAD = """
let page = null;
watch('value', () => { if (page) page.deliver(props.value); });
const root = ((window.gradio_config || {}).root || '').replace(/\\/+$/, '');
const known = ['wish'];
import(root + '%(base)s/lessons.js').then((module) => {
  page = module.mount(element, {
    ack: (painted) => server.lesson_painted(painted),
    wish: (detail) => { if (known.includes('wish')) trigger('wish', detail); },
    session: () => window.__gradio_session_hash__ || null,
  });
  page.deliver(props.value);
});
"""


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


class LessonHub(Hub):
    """All who have the Lessons page open."""

    pack = staticmethod(pack_page)
    budget_ms = BUDGET_MS
    released = (
        "This lesson was put away after {minutes:.0f} idle minutes. Reload the page: its address holds it."
    )


def run_of(visitor: Visitor) -> LessonRun:
    """The lesson of a visitor of a `LessonHub`."""
    run: Any = visitor.session
    assert isinstance(run, LessonRun)
    return run


class LessonsPage:
    """Builds the page into the current `gr.Blocks`; holds its components and the hub, but no run."""

    def __init__(self, shop: FaceShop, demo: gr.Blocks) -> None:
        room = Room(shop)

        def make() -> Any:
            return LessonRun(room)

        self.hub = LessonHub(make_session=make)
        with gr.Column(elem_id="lessons"):
            self.error = gr.HTML("", elem_id="lesson-error", visible=False)
            self.view = gr.HTML(
                None,
                html_template='<div class="lesson-root" style="min-height:560px"></div>',
                js_on_load=ON_LOAD % {"base": static_base()},
                server_functions=[self._acknowledge()],
                apply_default_css=False,
                elem_id="lesson-view",
            )
            self.file = gr.HTML(
                None,
                html_template="<span></span>",
                js_on_load=FILE_JS % {"base": static_base()},
                apply_default_css=False,
                elem_id="lesson-file",
            )
            self.words = gr.Markdown("", latex_delimiters=LATEX, elem_id="lesson-words")
        results = [self.view, self.words, self.error, self.file]
        self.view.wish(
            self.on_wish, None, results, concurrency_limit=None, trigger_mode="multiple", **PRIVATE
        )
        demo.unload(self.on_unload)

    def _acknowledge(self) -> Callable[..., Any]:
        hub = self.hub

        async def lesson_painted(painted: Any) -> int:
            """The page has painted a frame; anyone can say so, therefore the hub checks it."""
            if isinstance(painted, dict):
                hub.acknowledge(painted.get("session"), painted.get("frame"))
            return 0

        return lesson_painted

    # -- answers

    def _words(self, run: LessonRun) -> str:
        """The lesson's words and formula as Markdown."""
        formula = f"\n\n$$\n{run.lesson.formula}\n$$" if run.lesson.formula else ""
        return run.say(run.lesson.lead) + formula

    def _shown(self, visitor: Visitor) -> Answer:
        return {self.view: visitor.frame(), self.error: gr.update(visible=False)}

    def _refusal(self, error: Exception) -> Answer:
        words = f'<p class="visitor-error" role="alert">{html.escape(str(error))}</p>'
        return {self.error: gr.update(value=words, visible=True)}

    # -- callbacks

    def on_unload(self, request: gr.Request) -> None:
        """The tab was closed."""
        self.hub.release(str(request.session_hash))

    async def on_wish(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[Answer]:
        """One wish of the page: `act` says which; anyone can send one, so everything is checked."""
        name, act = str(request.session_hash), getattr(event, "act", None)
        try:
            if act == "open":
                visitor = await asyncio.to_thread(self.hub.open, name)
                visitor.speed = 0  # as many presses in a frame as the time allows
            else:
                visitor = self.hub.find(name)
            if act == "table":
                yield {self.file: _file(run_of(visitor))}
                return
            run = run_of(visitor)
            if act == "play" and visitor.playing:
                await asyncio.to_thread(run.halt)
                await asyncio.to_thread(visitor.stop)
                return  # whoever played shows the last picture
            if act == "go_on" and (visitor.playing or not run.pending):
                return
            await asyncio.to_thread(visitor.stop)
            before = (run.lesson.slug, run.language)
            await asyncio.to_thread(_do, run, str(act), event)
            answer = await asyncio.to_thread(self._shown, visitor)
            if act == "open" or before != (run.lesson.slug, run.language):
                answer[self.words] = self._words(run)
            yield answer
            if act == "play" or run.pending:
                async for frame in self.hub.play(visitor):
                    yield {self.view: frame}
                if visitor.moving:  # else the last picture was shown: a second one would answer nobody
                    yield await asyncio.to_thread(self._shown, visitor)
        except REFUSALS as error:
            yield self._refusal(error)
            if act == "open" and self.hub.knows(name):  # a bad link: the page still opens
                visitor = self.hub.find(name)
                yield self._shown(visitor) | self._refusal(error) | {self.words: self._words(run_of(visitor))}


def _do(run: LessonRun, act: str, event: Any) -> None:
    """One wish. Raises `LessonError`."""
    told = {key: getattr(event, key, None) for key in ("name", "value", "argument", "query", "language")}
    if told["language"] is not None:
        run.speak(told["language"])
    acts: dict[str, Callable[[], None]] = {
        "open": lambda: run.open(_query(told["query"])),
        "set": lambda: run.set(told["name"], told["value"]),
        "press": lambda: run.press(told["name"], told["argument"] or ""),
        "show": lambda: run.show(told["value"]),
        "predict": lambda: run.predict(told["value"]),
        "reset": run.reset,
        "play": run.ready,
        "go_on": run.ready,  # presses of a link, after a time in which nobody looked
        "speak": lambda: None,
    }
    if act not in acts:
        raise LessonError(f"act is {act[:40]!r}, but must be one of {', '.join(acts)}.")
    acts[act]()


def _file(run: LessonRun) -> str:
    """The exhibit's table as a file for the page to save. Raises `LessonError`."""
    table = run.table()
    if not table:
        raise LessonError("There is no table yet: press Play first.")
    content = base64.b64encode(table.encode()).decode()
    return json.dumps({"name": f"{run.lesson.slug}.csv", "type": "text/csv", "base64": content})


def _query(given: Any) -> dict[str, str]:
    """The entries of the page's address that are the lesson's. Raises `LessonError`."""
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MOST_QUERY:
        raise LessonError(f"The link must hold at most {MOST_QUERY} entries.")
    return {str(key): str(value) for key, value in given.items() if not str(key).startswith("__")}


def head() -> str:
    """For `launch(head=...)`: the style sheet loads with the page, not after it."""
    return f'<link rel="stylesheet" href="{static_base()}/lessons.css">'
