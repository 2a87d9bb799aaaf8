"""Page 3, Lessons: wishes of the page in, what the open lesson shows out.

The view (path, exhibit, controls, things to try, check) is drawn by `static/lessons.js` from one JSON text;
the lesson's words and formula are a Markdown component, which typesets them. Every wish finds its visitor's
run, does one thing, and answers with a frame, or with a sentence while run and page stay as they were.
Knows no lesson.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from playground.config import ConfigError
from playground.hosts import Host
from playground.lessons.lesson import LessonError
from playground.lessons.run import LessonRun
from playground.lessons.wishes import WISH, do, file_of, is_pending, lesson_run, words_of
from playground.ui.hub import Hub
from playground.ui.lab_layout import FILE_JS
from playground.ui.language import news, refusal
from playground.ui.lessons.packed import pack_page
from playground.ui.meters import Meters
from playground.ui.painted import painted_js
from playground.ui.play_button import PAUSE, PLAY
from playground.ui.view import static_base
from playground.ui.visitor import HubError, Visitor
from playground.words import DEFAULT_LANGUAGE

Answer = dict[Any, Any]
REFUSALS = (LessonError, ConfigError, HubError)
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
    ack: %(painted)s,
    wish: (detail) => { if (known.includes('wish')) trigger('wish', detail); },
    session: () => window.__gradio_session_hash__ || null,
  });
  page.deliver(props.value);
});
"""


class LessonHub(Hub):
    """All who have the Lessons page open."""

    page = "lessons"
    pack = staticmethod(pack_page)

    @property
    def places(self) -> int:
        """How many visitors can be served at a time."""
        return self.bounds.lesson_sessions

    @property
    def budget_ms(self) -> float:
        """Of pressing in each frame, shared by all who play."""
        return self.bounds.lesson_frame_ms


class LessonsPage:
    """Builds the page into the current `gr.Blocks`; holds its components and the hub, but no run."""

    def __init__(self, host: Host, demo: gr.Blocks, meters: Meters) -> None:
        self.hub = LessonHub(host, make=lesson_run, meters=meters)
        with gr.Column(elem_id="lessons"):
            self.error = gr.HTML("", elem_id="lesson-error", visible=False)
            self.view = gr.HTML(
                None,
                html_template='<div class="lesson-root" style="min-height:560px"></div>',
                js_on_load=ON_LOAD % {"base": static_base(), "painted": painted_js(self.hub.page)},
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

    # -- answers

    def _shown(self, visitor: Visitor) -> Answer:
        frame = visitor.frame()
        return {
            self.view: frame,
            self.error: news(visitor.notice(), visitor.language) or gr.update(visible=False),
        }

    def _refusal(self, error: Exception) -> Answer:
        return {self.error: refusal(error)}

    # -- callbacks

    def on_unload(self, request: gr.Request) -> None:
        """The tab was closed."""
        self.hub.leave(str(request.session_hash))

    async def on_wish(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[Answer]:
        """One wish of the page: `act` says which; anyone can send one, so everything is checked."""
        name, act = str(request.session_hash), str(getattr(event, "act", None))
        language = str(getattr(event, "language", None) or DEFAULT_LANGUAGE)[:10]  # told with each wish
        try:
            if act == "open":
                async for sentence in self.hub.admit(name):
                    yield {self.error: news(sentence, language)}
            visitor = await asyncio.to_thread(self.hub.find, name)
            visitor.speed = 0  # as many presses in a frame as the time allows
            visitor.language = language
            if act == "table":
                yield {self.file: await asyncio.to_thread(visitor.ask, file_of)}
                return
            if act == PAUSE:
                plays = visitor.playing  # then whoever played shows the last picture
                await asyncio.to_thread(visitor.ask, LessonRun.halt)
                await asyncio.to_thread(visitor.stop, pause=True)
                if not plays:
                    yield await asyncio.to_thread(self._shown, visitor)
                return
            if act == "go_on" and (visitor.playing or not await asyncio.to_thread(visitor.ask, is_pending)):
                return
            await asyncio.to_thread(visitor.stop)
            done = await asyncio.to_thread(visitor.ask, do, act, _told(event))
            answer = await asyncio.to_thread(self._shown, visitor)
            if act == "open" or done.new_words:
                answer[self.words] = done.words
            yield answer
            if act == PLAY or done.pending:
                async for frame in self.hub.play(visitor):
                    line = news(visitor.notice(), visitor.language)
                    yield {self.view: frame, self.error: line} if line else {self.view: frame}
                # after the last press the last picture was shown: a second one would answer nobody
                if visitor.moving and visitor.at_rest:
                    yield await asyncio.to_thread(self._shown, visitor)
        except REFUSALS as error:
            yield self._refusal(error)
            if act == "open" and self.hub.knows(name):  # a bad link: the page still opens
                visitor = await asyncio.to_thread(self.hub.find, name)
                words = await asyncio.to_thread(visitor.ask, words_of)
                shown = await asyncio.to_thread(self._shown, visitor)
                yield shown | self._refusal(error) | {self.words: words}


def _told(event: Any) -> dict[str, Any]:
    return {key: getattr(event, key, None) for key in WISH}


def head() -> str:
    """For `launch(head=...)`: the style sheet loads with the page, not after it."""
    return f'<link rel="stylesheet" href="{static_base()}/lessons.css">'
