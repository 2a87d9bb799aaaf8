"""The tab "Train": Step, Play and Undo on faces, with the lab's transport.

Every callback finds its visitor's run, does one thing, and answers with the view and an empty error line; an
impossible wish comes back as a sentence, and run and page stay as they were. Training happens in one thread
for all who train, apart from the lab's, so that neither waits for the other's frames. The view itself is
drawn by `static/face_train.js`.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context
from starlette.concurrency import run_in_threadpool

from playground.config import ConfigError
from playground.data.faces import FaceSet
from playground.figures.face_frames import pack_faces
from playground.hosts import Host, Make
from playground.limits import Limits
from playground.recipes import recipe_named
from playground.session import SessionError
from playground.session.face_run import AVERAGE, FaceRun
from playground.session.face_settings import FaceSettings
from playground.session.face_sources import DRAWN, HERE, NAMES, FaceSources
from playground.session.face_status import face_run, source_of, state_of
from playground.session.faces import FaceShop
from playground.translations import phrase
from playground.ui.faces.train_layout import TrainLayout
from playground.ui.former import came_back, told_by
from playground.ui.hub import Hub
from playground.ui.language import language_now, news, refusal, said
from playground.ui.line import Line, LineFull
from playground.ui.meters import Meters
from playground.ui.play_button import PAUSE, wire_play
from playground.ui.turns import Turns
from playground.ui.visitor import HubError, Visitor

Answer = dict[Any, Any]
REFUSALS = (ConfigError, SessionError, HubError)  # their text is for the visitor
UNDO_SLICE_MS = 120.0
RECIPES = {"cuda": "faces64"}  # elsewhere the smaller one, which a CPU can train before one's eyes
FACES = frozenset({"faces"})  # of this server, or drawn once for everyone: no visitor's own
QUEUED = (
    "{count} visitors train faces just now, and more would slow everyone down. You are number {position} in "
    "line: Play begins by itself. Step works meanwhile; press Play again to leave the line."
)
TOO_MANY = (
    "{count} visitors train faces just now, and too many wait in line. Step works meanwhile; try Play again "
    "in a minute."
)
GONE = "This training is no longer on the server. Reload the page to begin a new one."
NO_FACES = "There are no faces to learn from yet: upload images or name a data set, in the panel."
PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


class FaceHub(Hub):
    """All who train faces."""

    page = "faces"
    pack = staticmethod(pack_faces)
    full = (
        "{places} visitors train faces just now, as many as this machine has memory for. You are number "
        "{position} in line; the training opens by itself when a place is free."
    )
    gone, lost = HubError, GONE  # no address holds it
    crowded = (
        "All {places} places were taken while nothing was pressed here. This training is kept: reload the "
        "page to wait in line for one."
    )

    @property
    def places(self) -> int:
        """How many visitors can be served at a time: about 60 MB each, most of it what Undo needs."""
        return self.bounds.face_sessions

    @property
    def budget_ms(self) -> float:
        """Of training in each frame, shared by all who train in a lane: 12 frames a second and more."""
        return self.bounds.face_frame_ms


def refusing(act: Callable[..., Answer]) -> Callable[..., Answer]:
    """A callback whose refusals become a sentence on the page."""

    @functools.wraps(act)
    def guarded(tab: TrainTab, *arguments: Any) -> Answer:
        try:
            return act(tab, *arguments)
        except REFUSALS as error:
            return tab.refusal(error)

    return guarded


class TrainTab(TrainLayout):
    """Builds the tab into the current context; holds its components, and who trains, but no run."""

    def __init__(
        self,
        shop: FaceShop,
        device: str = "cpu",
        *,
        host: Host | None = None,
        meters: Meters | None = None,
        bounds: Limits | None = None,
    ) -> None:
        self.device = device
        self.hub = FaceHub(host, device=device, meters=meters, bounds=bounds)
        self.bounds = self.hub.bounds
        self.line = Line(self.bounds.waiting_visitors)  # of those who want to play
        self.turns = Turns(self.bounds.face_sets_at_once)  # of those who want other faces
        start = FaceSettings(recipe=RECIPES.get(device.partition(":")[0], "classroom32"))
        self.sources = FaceSources(shop, recipe_named(start.recipe).size, self.bounds)
        super().__init__(start, self.hub.page, self.bounds.face_batch_size)
        self._wire()

    # -- wiring

    def _wire(self) -> None:
        results = [self.view, self.error, self.rewind]
        everything = [*results, *self.widgets.values(), self.source]
        at_once = {**PRIVATE, "concurrency_limit": None, "trigger_mode": "multiple"}
        latest = {**PRIVATE, "concurrency_limit": None, "trigger_mode": "always_last"}
        actions = {
            self.reset: FaceRun.reset,
            self.update_d: FaceRun.update_discriminator,
            self.update_g: FaceRun.update_generator,
            self.step: FaceRun.step,
            self.rewind: FaceRun.rewind,
        }
        for button, action in actions.items():
            button.click(self._action(action), None, results, **at_once)
        self.undo.click(self.on_undo, None, results, **at_once)
        wire_play(self.play, "__faceTrain", self.on_play, results, **at_once)
        self.view.ready(self.on_ready, None, everything, **at_once)
        self.weights.input(self.on_weights, self.weights, results, **latest)
        for name, widget in self.widgets.items():
            events = [widget.blur, widget.submit] if isinstance(widget, gr.Number) else [widget.input]
            for event in events:
                event(self._setting(name), widget, everything, **latest)
        heavy = {**PRIVATE, "concurrency_limit": None}  # who has to wait is told so
        self.source.input(self._in_turn(self.on_source), self.source, everything, **heavy)
        self.upload.upload(self._in_turn(self._on_files), self.upload, everything, **heavy)
        self.open.click(self._in_turn(self.on_dataset), self.name, everything, **heavy)
        if Context.root_block is not None:
            Context.root_block.unload(self.on_unload)

    # -- answers

    def _shown(self, visitor: Visitor) -> Answer:
        """The view as the run stands now."""
        return {
            self.view: visitor.frame(),
            self.error: news(visitor.notice(), visitor.language) or gr.update(visible=False),
            self.rewind: gr.update(visible=visitor.ask(state_of).stopped),
        }

    def _all(self, visitor: Visitor, source: str | None) -> Answer:
        """Everything, after the settings or the faces changed."""
        s = visitor.ask(state_of).settings
        gan = s.model == "gan"
        recipe = s.effective()
        values = {
            "model": s.model,
            "seed": s.seed,
            "batch_size": s.batch_size,
            "learning_rate": recipe.learning_rate if gan else recipe.autoencoder_learning_rate,
        }
        answer = self._shown(visitor) | {self.widgets[name]: gr.update(value=v) for name, v in values.items()}
        answer[self.widgets["objective"]] = gr.update(value=s.objective, visible=gan)
        return answer | {self.source: gr.update(value=source)} if source != "" else answer

    def refusal(self, error: Exception) -> Answer:
        """The sentence of a wish that cannot be granted."""
        return {self.error: refusal(error)}

    def _visitor(self, request: gr.Request) -> Visitor:
        name = str(request.session_hash)
        if not self.hub.knows(name) and 0 < self.sources.drawn.done < self.sources.drawn.count:
            raise SessionError("The faces to learn from are still being drawn; a few seconds more.")
        return self.hub.find(name)

    # -- callbacks

    def on_unload(self, request: gr.Request) -> None:
        """The browser's tab was closed."""
        self.line.leave(str(request.session_hash))
        self.hub.leave(str(request.session_hash))

    async def on_ready(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[Answer]:
        """The tab is looked at: draw the faces to learn from, once for everyone, and begin.

        A browser that was here before goes on with its training, while that is kept.
        """
        try:
            name = str(request.session_hash)
            known = self.hub.knows(name)
            former = told_by(event, "former")
            if not known and await asyncio.to_thread(came_back, self.hub, name, former):
                visitor = await asyncio.to_thread(self._begin, name)
                source = NAMES.get(await asyncio.to_thread(visitor.ask, source_of))
                yield await asyncio.to_thread(self._all, visitor, source)
            elif not known:
                source = HERE if await asyncio.to_thread(self.sources.here) is not None else DRAWN
                while source == DRAWN and await asyncio.to_thread(self.sources.drawn.advance) < 1.0:
                    yield {self.view: self._progress()}
                faces = await asyncio.to_thread(self.sources.named, source)
                async for sentence in self.hub.admit(name, self._make(faces)):
                    yield {self.error: news(sentence, language_now())}
                visitor = await asyncio.to_thread(self._begin, name)
                visitor.shared = FACES
                yield await asyncio.to_thread(self._all, visitor, source)
            else:
                visitor = await asyncio.to_thread(self.hub.find, name)
                yield await asyncio.to_thread(self._shown, visitor)
        except REFUSALS as error:
            yield self.refusal(error) | {self.view: json.dumps({"progress": said(NO_FACES)})}

    def _progress(self) -> str:
        done, count = self.sources.drawn.done, self.sources.drawn.count
        words = said(
            "The bundled GAN draws {count:,} faces to learn from, once for all visitors: {done:,} so far.",
            count=count,
            done=done,
        )
        return json.dumps({"progress": words, "share": done / count})

    def _make(self, faces: FaceSet, settings: FaceSettings | None = None, stamp: int = 0) -> Make:
        """A visitor's run on these faces, the first or another."""
        return partial(
            face_run,
            settings=settings or self.start,
            faces=faces,
            device=self.device,
            history_bytes=self.bounds.face_history_bytes,
            stamp=stamp,
        )

    def _begin(self, name: str) -> Visitor:
        """A visitor who has just come in."""
        visitor = self.hub.find(name)
        visitor.speed = 0  # as many iterations in a frame as the budget allows
        visitor.language = language_now()
        return visitor

    def _action(self, action: Callable[[FaceRun], None]) -> Callable[..., Answer]:
        """A button that does one thing to the run."""

        def press(request: gr.Request) -> Answer:
            try:
                visitor = self._visitor(request)
                visitor.stop()
                visitor.ask(action)
                return self._shown(visitor)
            except REFUSALS as error:
                return self.refusal(error)

        return press

    async def on_undo(self, request: gr.Request) -> AsyncIterator[Answer]:
        """Back before the last action; a long way back is shown on its way."""
        try:
            visitor = await asyncio.to_thread(self._visitor, request)
            await asyncio.to_thread(visitor.stop)
            await asyncio.to_thread(visitor.ask, FaceRun.aim_back)
            while await asyncio.to_thread(visitor.ask, FaceRun.advance, UNDO_SLICE_MS) < 1.0:
                yield {
                    self.view: await asyncio.to_thread(
                        visitor.frame, caption=said("Going back, step by step …")
                    )
                }
            yield await asyncio.to_thread(self._shown, visitor)
        except REFUSALS as error:
            yield self.refusal(error)

    async def on_play(self, wish: object, request: gr.Request) -> AsyncIterator[Answer]:
        """Play or pause."""
        try:
            visitor = await asyncio.to_thread(self._visitor, request)
            yield {self.error: gr.update(visible=False)}
            if wish == PAUSE:
                if visitor.playing:  # then whoever played shows the last picture
                    await asyncio.to_thread(visitor.stop, pause=True)
                else:
                    yield await asyncio.to_thread(self._shown, visitor)
                return
            if visitor.name in self.line:  # Play again: no longer
                self.line.leave(visitor.name)
                return
            async for sentence in self._turn(visitor):
                yield {self.error: news(sentence, visitor.language)}
            if not _has_turn(visitor):
                return
            try:
                state = await asyncio.to_thread(visitor.ask, state_of)
                if state.stopped:
                    raise SessionError(state.diverged)
                yield {self.error: gr.update(visible=False)}
            except BaseException:  # also where the page was closed: the turn goes to the next
                await asyncio.to_thread(visitor.stop)
                raise
            async for frame in self.hub.play(visitor):
                line = news(visitor.notice(), visitor.language)
                yield {self.view: frame, self.error: line} if line else {self.view: frame}
            if visitor.at_rest:
                yield await asyncio.to_thread(self._shown, visitor)
        except REFUSALS as error:
            yield self.refusal(error)

    async def _turn(self, visitor: Visitor) -> AsyncIterator[str]:
        """Until few enough play: sentences with the position in line. Raises `HubError`."""
        if visitor.playing:
            return
        most = self.bounds.face_trainings * self.hub.host.lanes

        async def enter() -> bool:
            if self.hub.playing < most:
                visitor.start()
            return visitor.playing

        try:
            async for position in self.line.wait(visitor.name, enter):
                yield phrase(QUEUED, count=most, position=position)
        except LineFull:
            raise HubError(phrase(TOO_MANY, count=most)) from None

    @refusing
    def on_weights(self, layer: str, request: gr.Request) -> Answer:
        """Draw with other weights."""
        if layer not in ("", AVERAGE):
            raise ConfigError(f"weights = {str(layer)[:20]!r}: allowed is '' and {AVERAGE!r}.")
        visitor = self._visitor(request)
        visitor.layers = frozenset({layer} - {""})
        return {} if visitor.playing else self._shown(visitor)

    def _setting(self, name: str) -> Callable[..., Answer]:
        """The callback of one widget: a new run with that setting, or a sentence and the old value."""

        def change(value: Any, request: gr.Request) -> Answer:
            try:
                visitor = self._visitor(request)
                settings = visitor.ask(state_of).settings
                if value == self._value(settings, name):
                    return {self.error: gr.update(visible=False)}
                changes = {name: value} | ({"learning_rate": None} if name == "model" else {})
                wanted = replace(settings, **changes)
                wanted.effective()
                visitor.stop()
                visitor.ask(FaceRun.configure, wanted)
                return self._all(visitor, "")
            except REFUSALS as error:
                return self.refusal(error) | self._restored(name, request)

        return change

    def _value(self, settings: FaceSettings, name: str) -> Any:
        """What the widget of a setting shows."""
        if name != "learning_rate":
            return getattr(settings, name)
        recipe = settings.effective()
        return recipe.learning_rate if settings.model == "gan" else recipe.autoencoder_learning_rate

    def _restored(self, name: str, request: gr.Request) -> Answer:
        try:
            settings = self._visitor(request).ask(state_of).settings
        except REFUSALS:
            return {}
        return {self.widgets[name]: gr.update(value=self._value(settings, name))}

    # -- faces to learn from

    def _in_turn(self, act: Callable[..., Answer]) -> Callable[..., AsyncIterator[Answer]]:
        """The callback of what takes long: the position in line, then the answer of a thread."""

        async def begin(value: Any, request: gr.Request) -> AsyncIterator[Answer]:
            work = partial(run_in_threadpool, act, value, request)
            async for answer in self.turns.serve(work, lambda line: {self.error: line}):
                yield answer

        return begin

    @refusing
    def on_source(self, source: str, request: gr.Request) -> Answer:
        """Faces that this server has, or draws."""
        return self._learn(self.sources.chosen(source), source, request)

    @refusing
    def _on_files(self, paths: list[Path], request: gr.Request) -> Answer:
        try:
            contents = [path.read_bytes() for path in paths]
        except OSError:
            raise ConfigError("The pictures are no longer there: upload them again.") from None
        return self.on_upload(contents, request)

    @refusing
    def on_upload(self, files: list[bytes] | None, request: gr.Request) -> Answer:
        """Images of the visitor's own."""
        return self._learn(self.sources.uploaded(files or []), None, request)

    @refusing
    def on_dataset(self, name: str, request: gr.Request) -> Answer:
        """A public data set on the Hub."""
        return self._learn(self.sources.dataset(name), None, request)

    def _learn(self, faces: FaceSet, source: str | None, request: gr.Request) -> Answer:
        name = str(request.session_hash)
        if not self.hub.knows(name):
            self.hub.open(name, self._make(faces))
            visitor = self._begin(name)
        else:
            visitor = self.hub.find(name)
            visitor.stop()
            state = visitor.ask(state_of)
            self.hub.renew(visitor, self._make(faces, state.settings, state.stamp))
        visitor.shared = FACES if source else frozenset()
        return self._all(visitor, source)


def _has_turn(visitor: Visitor) -> bool:
    """Whether the wait in line ended with playing."""
    return visitor.playing


def build(shop: FaceShop, hub: Hub) -> FaceHub:
    """Into the current tab of the page; who trains in it. `hub` is the lab's: the training takes its device,
    host and meters, not its places."""
    return TrainTab(shop, hub.device or "cpu", host=hub.host, meters=hub.meters, bounds=hub.bounds).hub
