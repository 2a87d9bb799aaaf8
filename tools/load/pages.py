"""What a page's configuration says: its components by their ids, and what happens when one is used.

Read once for each page, as every browser gets the same. Knows Gradio's configuration, and no visitor.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MARK = b"window.gradio_config = "
TRANSLATED = "__i18n__"
VIEWS = {"lab": "lab", "face-train": "faces", "lesson-view": "lessons"}


@dataclass(frozen=True)
class Event:
    """What Gradio does when one component is used in one way."""

    fn: int
    target: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Page:
    """One page of the app, as its configuration describes it."""

    path: str
    ids: dict[str, int]  # by elem_id, and tabs by their label
    values: dict[int, Any]  # of each component at the start
    choices: dict[str, list[Any]]  # by elem_id
    events: dict[tuple[int, str], Event]
    errors: frozenset[int]  # components that hold sentences
    views: dict[int, str]  # component -> the page whose server is told of painted frames
    names: dict[int, str]  # the ids, turned round
    kinds: dict[int, str]  # button, textbox, ...

    def event(self, name: str, how: str) -> Event:
        """What happens when the component `name` is used. Raises `KeyError`."""
        return self.events[self.ids[name], how]

    def first(self, how: str) -> Event | None:
        """The first event of a kind that no component starts, such as load."""
        return next((event for (_, known), event in self.events.items() if known == how), None)

    def inputs(self, event: Event, given: dict[str, Any] | None = None) -> list[Any]:
        """What the browser sends along: every input as it stands at the start, but for those `given`."""
        told = {self.ids[name]: value for name, value in (given or {}).items()}
        return [told.get(each, self.values.get(each)) for each in event.inputs]


def read_page(path: str, html: bytes) -> Page:
    """The page that a browser would build. Raises `ValueError` for anything else."""
    at = html.find(MARK)
    if at < 0:
        raise ValueError(f"{path} is no page of Gradio's.")
    text = html[at + len(MARK) :].decode()
    config, _ = json.JSONDecoder().raw_decode(text)
    ids: dict[str, int] = {}
    values: dict[int, Any] = {}
    choices: dict[str, list[Any]] = {}
    for component in config["components"]:
        props, number = component["props"], component["id"]
        name = props.get("elem_id") or (_untranslated(props) if component["type"] == "tabitem" else None)
        values[number] = None if component["type"] == "state" else props.get("value")
        if name:
            ids[str(name)] = number
            choices[str(name)] = [_value(choice) for choice in props.get("choices") or []]
    events = {
        (target, how): Event(found["id"], target or 0, tuple(found["inputs"]), tuple(found["outputs"]))
        for found in config["dependencies"]
        for target, how in found["targets"]
    }
    errors = frozenset(number for name, number in ids.items() if name.endswith("error"))
    views = {ids[name]: page for name, page in VIEWS.items() if name in ids}
    kinds = {component["id"]: component["type"] for component in config["components"]}
    names = {number: name for name, number in ids.items()}
    return Page(path, ids, values, choices, events, errors, views, names, kinds)


def _untranslated(props: dict[str, Any]) -> str:
    """A label; one that the page translates holds its English words as a key."""
    label = str(props.get("label"))
    return str(json.loads(label.removeprefix(TRANSLATED))["key"]) if label.startswith(TRANSLATED) else label


def _value(choice: Any) -> Any:
    return choice[1] if isinstance(choice, list | tuple) else choice
