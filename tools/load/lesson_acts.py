"""What people do on the Lessons page: they set what the open lesson offers, whatever lesson it is."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import orjson

from load.hearing import Answer

if TYPE_CHECKING:
    from load.visitors import Act

MIX = {
    "set": 22,
    "press": 16,
    "play": 16,
    "predict": 6,
    "show": 8,
    "other lesson": 10,
    "reset": 3,
    "table": 2,
}
USUAL = frozenset({"put aside", "not possible", "diverged"})
WISH = {"language": "en"}


async def visit(act: Act) -> None:
    """Open the page, as it stands or at a lesson."""
    await act.tab.open("lessons")
    answer = await wish(act, "open a lesson", act="open", query={})
    if answer.kind == "house full":
        await act.in_line(answer)
        keep(act)
    if not shown(act):
        return
    await act.goes_on(MIX, ACTS)


async def wish(act: Act, action: str, /, **told: Any) -> Answer:
    """One wish, answered."""
    answer = await start(act, **told)
    await act.tab.wait(answer, action, whole=False)
    keep(act)
    return answer


async def start(act: Act, /, **told: Any) -> Answer:
    """One wish, sent."""
    return await act.tab.press("lesson-view", "wish", detail=WISH | told, expected=USUAL)


def keep(act: Act) -> None:
    """Remember the lesson that is described; frames while playing leave it out."""
    assert act.tab.page is not None
    text = act.tab.values.get(act.tab.page.ids["lesson-view"])
    if isinstance(text, str):
        found = orjson.loads(text)
        if "lesson" in found:
            act.tab.values[-1] = found


def shown(act: Act) -> dict[str, Any]:
    """The page as it was last described, or nothing."""
    return dict(act.tab.values.get(-1) or {})


async def other(act: Act) -> None:
    """Any lesson of the path."""
    slug = act.dice.choice(shown(act)["path"])[0]
    await wish(act, "open a lesson", act="open", query={"lesson": slug})


async def sets(act: Act) -> None:
    """Drag a slider, or choose: each value is sent when the last one was answered."""
    control = act.dice.choice(shown(act)["lesson"]["controls"] or [None])
    if control is None:
        return
    until = time.monotonic() + act.dice.uniform(0.1, 3.0)
    while time.monotonic() < until and not act.over:
        answer = await wish(act, "set a control", act="set", name=control["name"], value=_value(act, control))
        if answer.sentence:
            return
        await asyncio.sleep(0.02)


def _value(act: Act, control: dict[str, Any]) -> Any:
    kind, dice = control["kind"], act.dice
    if kind == "choice":
        return dice.choice(control["options"])[0]
    if kind == "toggle":
        return dice.random() < 0.5
    low, high = control["low"], control["high"]
    if kind == "handle":
        if isinstance(low, list):
            return [dice.uniform(a, b) for a, b in zip(low, high, strict=True)]
        return [dice.uniform(low, high) for _ in range(2)]
    return dice.randint(int(low), int(high)) if kind == "whole" else dice.uniform(low, high)


async def presses(act: Act) -> None:
    """Press one of the lesson's buttons a few times."""
    buttons = shown(act)["lesson"]["buttons"]
    if buttons:
        name = act.dice.choice(buttons)["name"]
        for _ in range(act.dice.randint(1, 4)):
            await wish(act, "press a lesson's button", act="press", name=name)


async def play(act: Act) -> None:
    """Play the exhibit for a while, where it plays."""
    if not any(button["plays"] for button in shown(act)["lesson"]["buttons"]):
        return
    played = await start(act, act="play")
    await act.tab.wait(played, "play, lessons", whole=False)
    await act.watch("lessons", act.dice.uniform(3.0, 10.0), played.done)
    if not played.done.is_set():
        began = time.monotonic()
        pressed = await start(act, act="pause")
        await act.tab.wait(played, "")
        act.load.tally.took("pause, lessons", time.monotonic() - began)
        await act.tab.wait(pressed, "")
    keep(act)


async def show(act: Act) -> None:
    """Show me: what it presses is watched for a while."""
    things = [i for i, thing in enumerate(shown(act)["lesson"]["things"]) if thing["shown"]]
    if things:
        answer = await wish(act, "show me", act="show", value=act.dice.choice(things))
        await act.watch("lessons", act.dice.uniform(2.0, 8.0), answer.done)
        if not answer.done.is_set():
            await wish(act, "reset a lesson", act="reset")
            await act.tab.wait(answer, "")
        keep(act)


async def predict(act: Act) -> None:
    """Answer the lesson's question."""
    option = act.dice.choice(shown(act)["check"]["options"])[0]
    await wish(act, "predict", act="predict", value=option)


ACTS = {
    "set": sets,
    "press": presses,
    "play": play,
    "predict": predict,
    "show": show,
    "other lesson": other,
    "reset": lambda act: wish(act, "reset a lesson", act="reset"),
    "table": lambda act: wish(act, "take a table", act="table"),
}
