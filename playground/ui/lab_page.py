"""Page 1, the 2-D lab: what each control does, on the components that `lab_layout` puts in place.

Every callback finds its visitor's session, does one thing, and answers with the view, the bar and an empty
error line; an impossible wish comes back as a sentence, and run and page stay as they were.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from playground.clicks import ClicksError
from playground.config import FIELDS, ConfigError, RunConfig
from playground.data import PointsError, encode_points, normalise_points, parse_points
from playground.exports import run_script
from playground.figures.stages import STAGES
from playground.limits import limits
from playground.presets import PRESETS, preset_config
from playground.session import ALL_LAYERS, Session, SessionError
from playground.session.status import (
    can_slow,
    config_of,
    is_restoring,
    reconfigure,
    status_of,
    table_of,
    whole_link,
)
from playground.translations import phrase, translate
from playground.ui import controls
from playground.ui.film import film
from playground.ui.former import FORMER_JS, came_back
from playground.ui.hub import Hub
from playground.ui.lab_layout import SPEEDS, START_SPEED, LabLayout, suggestions
from playground.ui.language import NAME as LANGUAGE
from playground.ui.language import language_of, news, refusal, said
from playground.ui.play_button import PAUSE, wire_play
from playground.ui.visitor import HubError, Visitor

Answer = dict[Any, Any]
REFUSALS = (ConfigError, ClicksError, PointsError, SessionError, HubError)  # their text is for the visitor
GREETING_ITERATIONS, GREETING_SPEED = 160, 4  # a page opened without a link shows some learning at once,
GREETING_FRAMES = 50  # in at most so many frames, and in fewer where many others play
STAGE_SECONDS = 1.8
RESTORE_SLICES = 3  # of a link's way, between two pictures of it
FIRST_PRESET = "two_islands"
FIRST_STAGE_AFTER_D = 4
STAGE_SLICES = 9  # how often slow motion looks whether it was ended
STORY = "{story}\n\n**Watch:** {watch}"
WHERE = "{backend}, seed {seed}"
WHERE_TOO_LONG = "{backend}, seed {seed}; this run is too long for its address to hold every click"
PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def refusing(act: Callable[..., Answer]) -> Callable[..., Answer]:
    """A callback whose refusals become a sentence on the page."""

    @functools.wraps(act)
    def guarded(page: LabPage, *arguments: Any) -> Answer:
        try:
            return act(page, *arguments)
        except REFUSALS as error:
            return page._refusal(error)

    return guarded


class LabPage(LabLayout):
    """Builds the page into the current `gr.Blocks`; holds its components, and the hub, but no run."""

    def __init__(self, hub: Hub, demo: gr.Blocks) -> None:
        self.hub = hub
        super().__init__(hub.page)
        self._wire(demo)

    # -- wiring

    def _wire(self, demo: gr.Blocks) -> None:
        results = [self.view, self.bar, self.error, self.rewind]
        self.everything = [*results, *self.widgets.values(), *self.groups.values(), self.targets]
        self.everything += [self.equation, self.preset, self.story, self.speed]
        self._wire_transport(results)
        self._wire_panel(results)
        self._wire_files()
        live = {**PRIVATE, "concurrency_limit": None}
        former = gr.Textbox(visible=False)
        demo.load(self.on_load, former, self.everything, js=FORMER_JS, **live)
        demo.unload(self.on_unload)

    def _wire_transport(self, results: list[Any]) -> None:
        at_once = {**PRIVATE, "concurrency_limit": None, "trigger_mode": "multiple"}
        actions = {
            self.reset: Session.reset,
            self.undo: Session.undo,
            self.update_d: Session.update_discriminator,
            self.update_g: Session.update_generator,
            self.step: Session.step,
            self.rewind: Session.rewind,
        }
        for button, action in actions.items():
            button.click(self._action(action), None, results, **at_once)
        wire_play(self.play, "__lab", self.on_play, results, **at_once)
        self.slow.click(self.on_slow, None, results, **at_once)
        self.speed.input(self.on_speed, self.speed, [self.error], **at_once)
        self.bar.seek(self.on_seek, None, results, **at_once)  # static/newest.js keeps these in order
        self.view.layers(self.on_layers, None, results, **at_once)

    def _wire_panel(self, results: list[Any]) -> None:
        latest = {**PRIVATE, "concurrency_limit": None, "trigger_mode": "always_last"}
        for name, widget in self.widgets.items():
            change = self._setting(name)
            events = [widget.blur, widget.submit] if isinstance(widget, gr.Number) else [widget.input]
            for event in events:
                event(change, widget, self.everything, **latest)
        self.preset.input(self.on_preset, self.preset, self.everything, **latest)
        every = {**latest, "trigger_mode": "multiple"}  # always_last loses what the last event says
        self.targets.choose(self.on_target, None, self.everything, **every)
        self.draw.click(None, None, None, js="() => { window.__lab.startDrawing(); }", **PRIVATE)
        self.view.drawn(self.on_drawn, None, self.everything, **every)
        self.use.click(self.on_paste, self.pasted, self.everything, **latest)
        self.upload.upload(self.on_upload, self.upload, self.everything, **latest)
        self.compare_name.input(_compare_choices, self.compare_name, self.compare_value, **PRIVATE)
        chosen = [self.compare_name, self.compare_value]
        self.compare_go.click(self.on_compare, chosen, self.everything, **latest)
        self.compare_end.click(self.on_compare_end, None, self.everything, **latest)

    def _wire_files(self) -> None:
        self.png.click(None, None, None, js="() => { window.__page.savePNG(); }", **PRIVATE)
        files = {self.csv: self.on_csv, self.script: self.on_script, self.gif: self.on_gif}
        for button, make in files.items():
            button.click(
                make, None, [self.file, self.error], **PRIVATE, concurrency_limit=limits().exports_at_once
            )

    # -- answers

    def _shown(self, visitor: Visitor, **how: Any) -> Answer:
        """The view and the bar as the session stands now."""
        return {self.view: visitor.frame(**how), **self._bar(visitor)}

    def _bar(self, visitor: Visitor) -> Answer:
        s = visitor.ask(status_of)
        state = {
            "query": s.query,
            "clicks": s.clicks if s.whole else "",
            "whole": s.whole,
            "iteration": s.iteration,
            "last": s.last,
            "gan": s.config.model == "gan",
            "where": translate(
                WHERE if s.whole else WHERE_TOO_LONG,
                visitor.language,
                backend=s.backend,
                seed=s.config.seed,
            ),
        }
        return {
            self.bar: json.dumps(state),
            self.error: news(visitor.notice(), visitor.language) or gr.update(visible=False),
            self.rewind: gr.update(visible=bool(s.diverged)),
        }

    def _played(self, visitor: Visitor, frame: str) -> Answer:
        """A frame while playing; the error line only if there is something to tell."""
        line = news(visitor.notice(), visitor.language)
        return {self.view: frame, self.error: line} if line else {self.view: frame}

    def _all(self, visitor: Visitor, preset: str = "") -> Answer:
        """Everything, after the settings changed; of the controls those that the page shows otherwise."""
        answer = self._shown(visitor)
        chosen, language = PRESETS.get(preset), visitor.language
        before, c = visitor.shown, visitor.ask(config_of)
        visitor.shown = c
        shows: dict[Any, Callable[[RunConfig], Any]] = {
            **{
                widget: functools.partial(controls.update_widget, name)
                for name, widget in self.widgets.items()
            },
            **{box: functools.partial(controls.update_group, group) for group, box in self.groups.items()},
            self.targets: lambda settings: controls.thumbnails(settings, language),
            self.equation: lambda settings: translate(controls.equation(settings), language),
        }
        for component, shown in shows.items():
            wanted = shown(c)
            if before is None or wanted != shown(before):
                answer[component] = wanted
        story = translate(STORY, language, story=chosen.story, watch=chosen.watch) if chosen else ""
        if chosen:
            visitor.speed = chosen.speed
            answer[self.speed] = chosen.speed
        return answer | {
            self.preset: preset,
            self.story: gr.update(value=story, visible=bool(story)),
        }

    def _refusal(self, error: Exception) -> Answer:
        return {self.error: refusal(error)}

    def _visitor(self, request: gr.Request) -> Visitor:
        return self.hub.find(str(request.session_hash))

    def _action(self, action: Callable[[Session], None]) -> Callable[..., Answer]:
        """A button that does one thing to the session."""

        def press(request: gr.Request) -> Answer:
            try:
                visitor = self._visitor(request)
                visitor.stop()
                visitor.ask(action)
                return self._shown(visitor)
            except REFUSALS as error:
                return self._refusal(error)

        return press

    def _new_run(
        self, request: gr.Request, config: Callable[[Visitor], RunConfig], preset: str = ""
    ) -> Answer:
        """A run with other settings; Compare stays on where it still makes sense."""
        visitor = self._visitor(request)
        wanted = config(visitor)
        visitor.stop()
        if preset:
            visitor.ask(Session.configure, wanted, PRESETS[preset].compare)
        else:
            visitor.ask(reconfigure, wanted)
        return self._all(visitor, preset)

    # -- callbacks

    def on_unload(self, request: gr.Request) -> None:
        """The tab was closed."""
        self.hub.leave(str(request.session_hash))

    async def on_load(self, former: str, request: gr.Request) -> AsyncIterator[Answer]:
        """Open the link in the address; without one, show some learning at once.

        Where the address cannot hold all clicks, the run of the page's `former` name goes on.
        """
        query = {
            k: v for k, v in dict(request.query_params).items() if not k.startswith("__") and k != LANGUAGE
        }
        name, language = str(request.session_hash), language_of(request)
        try:
            returned = (
                query and "clicks" not in query and await asyncio.to_thread(came_back, self.hub, name, former)
            )
            async for sentence in self.hub.admit(name):
                yield {self.error: news(sentence, language)}
            visitor = await asyncio.to_thread(self.hub.find, name)
            visitor.language, visitor.shown = language, None
            if returned and (await asyncio.to_thread(visitor.ask, status_of)).query == urlencode(query):
                pass
            elif query:
                await asyncio.to_thread(visitor.ask, Session.open_link, urlencode(query))
            else:
                await asyncio.to_thread(visitor.ask, Session.configure, preset_config(FIRST_PRESET))
            async for answer in self._opened(visitor, greet=not query):
                yield answer
        except REFUSALS as error:
            yield self._refusal(error)
            with contextlib.suppress(HubError):
                visitor = await asyncio.to_thread(self._visitor, request)
                yield await asyncio.to_thread(self._all, visitor) | self._refusal(error)

    async def _opened(self, visitor: Visitor, greet: bool) -> AsyncIterator[Answer]:
        """Everything; then the way to the link's moment, or some learning for who came without one."""
        yield await asyncio.to_thread(self._all, visitor)
        while await asyncio.to_thread(visitor.ask, is_restoring):
            for _ in range(RESTORE_SLICES):
                await asyncio.to_thread(visitor.watch, Session.advance, self.hub.share_ms(visitor))
            yield await asyncio.to_thread(self._shown, visitor)
        if not greet:
            return
        crowd = 1 + self.hub.playing // 2
        visitor.speed = speed = GREETING_SPEED * crowd
        async with contextlib.aclosing(self.hub.play(visitor, GREETING_ITERATIONS)) as frames:
            left = GREETING_FRAMES // crowd
            async for frame in frames:
                yield self._played(visitor, frame)
                left -= 1
                if left <= 0:
                    break
        if visitor.speed == speed:  # and not what the visitor chose meanwhile
            visitor.speed = START_SPEED
        if visitor.at_rest:
            yield await asyncio.to_thread(self._shown, visitor)

    async def on_play(self, wish: object, request: gr.Request) -> AsyncIterator[Answer]:
        """Play or pause."""
        try:
            visitor = await asyncio.to_thread(self._visitor, request)
            yield {self.error: gr.update(visible=False)}
            if wish == PAUSE and visitor.playing:
                await asyncio.to_thread(visitor.stop, pause=True)
                return  # whoever played shows the last picture
            if wish != PAUSE:
                async for frame in self.hub.play(visitor):
                    yield self._played(visitor, frame)
            if visitor.at_rest:
                yield await asyncio.to_thread(self._shown, visitor)
        except REFUSALS as error:
            yield self._refusal(error)

    async def on_slow(self, request: gr.Request) -> AsyncIterator[Answer]:
        """One iteration, stage by stage; any other button ends it."""
        try:
            visitor = await asyncio.to_thread(self._visitor, request)
            await asyncio.to_thread(visitor.stop)
            if await asyncio.to_thread(visitor.ask, can_slow):
                turn = visitor.start()
                async for frame in self._stages(visitor, turn):
                    yield {self.view: frame}
                if not visitor.end(turn):
                    return
            await asyncio.to_thread(visitor.ask, Session.step)
            yield await asyncio.to_thread(self._shown, visitor)
        except REFUSALS as error:
            yield self._refusal(error)

    async def _stages(self, visitor: Visitor, turn: int) -> AsyncIterator[str]:
        """Stages 1 to 3 before D moves, 4 to 8 after it."""
        for stage in range(1, len(STAGES) + 1):
            preview = stage >= FIRST_STAGE_AFTER_D
            frame = await asyncio.to_thread(
                visitor.staged_frame, turn, stage, preview=preview, also={"arrows"}
            )
            if frame is None:
                return
            yield frame
            for _ in range(STAGE_SLICES):
                await asyncio.sleep(STAGE_SECONDS / STAGE_SLICES)
                if not visitor.still(turn):
                    return

    @refusing
    def on_speed(self, speed: int, request: gr.Request) -> Answer:
        """Iterations between two frames."""
        allowed = [value for _, value in SPEEDS]
        if speed not in allowed:
            raise ConfigError(
                f"speed is {str(speed)[:20]!r}, but must be one of {', '.join(map(str, allowed))}."
            )
        self._visitor(request).speed = speed
        return {self.error: gr.update(visible=False)}

    @refusing
    def on_seek(self, event: gr.EventData, request: gr.Request) -> Answer:
        """The scrubber was moved."""
        visitor = self._visitor(request)
        visitor.stop()
        visitor.ask(Session.seek, _whole(getattr(event, "iteration", None), "iteration"))
        return self._shown(visitor)

    @refusing
    def on_layers(self, event: gr.EventData, request: gr.Request) -> Answer:
        """A layer was switched on or off: send only what is drawn."""
        visitor = self._visitor(request)
        needed = getattr(event, "needed", None)
        visitor.layers = (
            ALL_LAYERS.intersection(n for n in needed if isinstance(n, str))
            if isinstance(needed, list)
            else frozenset()
        )
        return {} if visitor.playing else {self.view: visitor.frame()}

    def _setting(self, name: str) -> Callable[..., Answer]:
        """The callback of one widget: a new run with that setting, or a sentence and the old value."""

        def change(value: Any, request: gr.Request) -> Answer:
            try:
                visitor = self._visitor(request)
                wanted = controls.read_widget(name, value)
                if wanted == getattr(visitor.ask(config_of), name):
                    return {self.error: gr.update(visible=False)}
                return self._new_run(request, lambda v: v.ask(config_of).with_changes(**{name: wanted}))
            except REFUSALS as error:
                return self._refusal(error) | self._restored(name, request)

        return change

    def _restored(self, name: str, request: gr.Request) -> Answer:
        try:
            c = self._visitor(request).ask(config_of)
        except HubError:
            return {}
        return {self.widgets[name]: controls.update_widget(name, c)}

    @refusing
    def on_preset(self, name: str, request: gr.Request) -> Answer:
        """A story was chosen."""
        if not name:
            return {self.story: gr.update(value="", visible=False)}
        if not isinstance(name, str) or name not in PRESETS:
            raise ConfigError(f"preset is {str(name)[:40]!r}, but must be one of {', '.join(PRESETS)}.")
        return self._new_run(request, lambda _: preset_config(name), preset=name)

    @refusing
    def on_target(self, event: gr.EventData, request: gr.Request) -> Answer:
        """A thumbnail was pressed; the width goes back to the target's own."""
        name = str(getattr(event, "name", ""))
        changes = {"target": name, "target_sigma": None, "target_points": ""}
        return self._new_run(request, lambda v: v.ask(config_of).with_changes(**changes))

    @refusing
    def on_drawn(self, event: gr.EventData, request: gr.Request) -> Answer:
        """Points were drawn on the canvas."""
        points = getattr(event, "points", None)
        most = limits().drawn_points
        if not isinstance(points, list) or not 2 <= len(points) <= most:
            raise PointsError(phrase("The drawing must have 2 to {most:,} points.", most=most))
        text = "\n".join(",".join(map(str, p)) if isinstance(p, list) else str(p) for p in points)
        return self._own_target(text, request)

    @refusing
    def on_paste(self, text: str, request: gr.Request) -> Answer:
        """Points were pasted."""
        return self._own_target(text or "", request)

    @refusing
    def on_upload(self, content: bytes, request: gr.Request) -> Answer:
        """A file of points was uploaded."""
        try:
            text = content.decode("utf-8-sig")
        except (UnicodeDecodeError, AttributeError):
            raise PointsError(
                "The file is not text in UTF-8; a CSV file with two columns is needed."
            ) from None
        return self._own_target(text, request)

    def _own_target(self, text: str, request: gr.Request) -> Answer:
        cloud = normalise_points(parse_points(text))
        changes = {"target": "points", "target_sigma": None, "target_points": encode_points(cloud.points)}
        answer = self._new_run(request, lambda v: v.ask(config_of).with_changes(**changes))
        return answer | {self.story: gr.update(value=said(cloud.note), visible=True)}

    @refusing
    def on_compare(self, name: str, value: Any, request: gr.Request) -> Answer:
        """A second run beside the first, with one setting changed."""
        if not isinstance(name, str) or name not in FIELDS:
            raise ConfigError(f"{str(name)[:40]!r} is not a setting.")
        visitor = self._visitor(request)
        wanted = RunConfig.from_query({name: str(value).strip()}) if not isinstance(value, list) else None
        if wanted is None or getattr(wanted, name) == getattr(visitor.ask(config_of), name):
            raise ConfigError(
                phrase(
                    "{name} is {value} in the first run already; choose another value for the second.",
                    name=name,
                    value=str(value),
                )
            )
        visitor.stop()
        visitor.ask(Session.compare, {name: getattr(wanted, name)})
        return self._all(visitor)

    @refusing
    def on_compare_end(self, request: gr.Request) -> Answer:
        """Back to one run."""
        visitor = self._visitor(request)
        visitor.stop()
        visitor.ask(Session.compare, None)
        return self._all(visitor)

    @refusing
    def on_csv(self, request: gr.Request) -> Answer:
        """The curves as a table."""
        return self._file("gan-playground.csv", "text/csv", self._visitor(request).ask(table_of))

    @refusing
    def on_script(self, request: gr.Request) -> Answer:
        """The run as a short Python script."""
        s = self._visitor(request).ask(status_of)
        return self._file("gan_run.py", "text/x-python", run_script(s.config, s.clicks).encode())

    @refusing
    def on_gif(self, request: gr.Request) -> Answer:
        """The run so far as a film."""
        link, iteration = self._visitor(request).ask(whole_link)
        if not iteration:
            raise SessionError("There is no film yet: press Step or Play first.")
        return self._file("gan-playground.gif", "image/gif", film(link, iteration, self.hub.device))

    def _file(self, name: str, kind: str, content: bytes) -> Answer:
        data = {"name": name, "type": kind, "base64": base64.b64encode(content).decode()}
        return {self.file: json.dumps(data), self.error: gr.update(visible=False)}


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**15:
        raise ConfigError(f"{name} is {str(value)[:20]!r}, but must be a whole number of at most 15 digits.")
    return value


def _compare_choices(name: str) -> Any:
    """The second menu of Compare follows the first."""
    known = isinstance(name, str) and name in FIELDS
    choices = [(said(words), v) for words, v in suggestions(name)] if known else []
    return gr.update(choices=choices, value=choices[-1][1] if choices else "")
