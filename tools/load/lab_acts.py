"""What people do in the 2-D lab. Knows its components by their ids."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any

import orjson

from load.hearing import Answer

if TYPE_CHECKING:
    from load.visitors import Act

MIX = {
    "play": 30, "step": 14, "undo": 7, "seek": 6, "update d or g": 5, "setting": 6, "target": 4, "story": 3,
    "compare": 4, "draw": 3, "paste": 3, "upload csv": 3, "garbage": 2, "speed": 3, "layers": 3, "reset": 2,
    "slow motion": 2, "look away": 1.5, "curves": 1, "script": 1, "film": 0.3,
}  # fmt: skip
SETTINGS: dict[str, list[Any]] = {
    "set-objective": [],  # as the page offers
    "set-model": [],
    "set-discriminator-normalisation": [],
    "set-optimizer": ["adam", "rmsprop"],
    "set-batch-size": [64, 128, 256, 512],
    "set-latent-dim": [1, 2, 8],
    "set-generator-width": [16, 32, 64, 128],
    "set-seed": list(range(100)),
    "set-discriminator-updates": [1, 2, 5],
    "set-packing": [1, 2, 3],
    "set-r1-weight": [0, 1],
}
TARGETS = ["two_islands", "ring8", "grid25", "gaussian", "two_moons", "spiral", "checkerboard", "pinwheel"]
LAYERS = ["surface", "real", "generated", "arrows", "d_star", "grid", "latents"]
SPEEDS = [1, 5, 10, 20, 50, 0]
COMPARED = [("model", "vae"), ("objective", "wgan-gp"), ("batch_size", "64"), ("packing", "2")]
GARBAGE = ["", "1", "x,y", "1,2\n3", "nan,nan\n1,2", "<script>1</script>", "1,2\n" * 3, "∞,0\n0,∞\n"]
USUAL = frozenset({"diverged", "put aside", "still opening"})
LATE = USUAL | {"no two networks", "nothing to undo"}
CHANGED = USUAL | {"not possible", "same in both runs"}


async def visit(act: Act) -> None:
    """Open the lab, by a link or without, and do things."""
    again, act.again = act.again, {}
    links = ["", "", "seed=0", f"target={act.dice.choice(TARGETS)}&seed=3", "clicks=s40"]
    query = again.get("query") or act.dice.choice(links)
    opened = await act.tab.open("", query, again.get("former", ""))
    assert opened is not None
    await act.tab.wait(opened, "open the lab", whole=False)
    if opened.kind == "house full" and not await act.in_line(opened):
        return
    await act.pause(0.2, 4.0)
    if not again and not opened.done.is_set() and act.dice.random() < 0.5:
        await act.tab.answered("step", expected=USUAL)
    await act.tab.wait(opened, "")
    act.check()
    if again:
        _compare(act, again)
    await act.goes_on(MIX, ACTS)
    chance = act.dice.random()
    if chance < 0.3 and not act.load.over:  # leaves while it plays
        await act.tab.press("play", expected=USUAL)
        await asyncio.sleep(act.dice.uniform(0.0, 1.0))
    elif chance < 0.6 and act.tab.at_rest and (bar := _bar(act)).get("query"):  # loads the page anew
        clicks = f"&clicks={bar['clicks']}" if bar["clicks"] else ""
        act.again = {**bar, "query": bar["query"] + clicks, "former": act.tab.session}


async def play(act: Act) -> None:
    """Play for a while, then pause."""
    await playing(act, "play", "lab", act.dice.uniform(5.0, 20.0))


async def playing(act: Act, button: str, page: str, seconds: float, **how: Any) -> Answer:
    """Play on any page whose button plays and pauses."""
    expected = how.pop("expected", USUAL)
    played = await act.tab.press(button, expected=expected, **how)
    await act.tab.wait(played, f"play, {page}", whole=False)
    if played.done.is_set():
        return played
    await act.watch(page, seconds, played.done)
    if not played.done.is_set():
        began = time.monotonic()
        pressed = await act.tab.press(button, expected=expected, given={f"{button}-wish": "pause"})
        await act.tab.wait(played, "")
        if played.done.is_set():
            act.load.tally.took(f"pause, {page}", time.monotonic() - began)
        await act.tab.wait(pressed, "")
    return played


async def look_away(act: Act) -> None:
    """Another tab is in front for some seconds: nothing is painted; playing ends by itself."""
    played = await act.tab.press("play", expected=USUAL)
    await act.tab.wait(played, "play, lab", whole=False)
    act.tab.looking = False
    await asyncio.sleep(act.dice.uniform(2.0, 9.0))
    act.tab.looking = True
    if not played.done.is_set():
        await act.tab.answered("step", expected=USUAL)
        await act.tab.wait(played, "")


async def press(act: Act, name: str) -> None:
    """One of the buttons that do one thing."""
    await act.tab.answered(name, expected=LATE)


async def update(act: Act) -> None:
    """One network alone."""
    await press(act, act.dice.choice(["update-d", "update-g"]))


async def seek(act: Act) -> None:
    """Drag the scrubber to some moment of the run."""
    last = _bar(act).get("last", 0)
    detail = {"iteration": act.dice.randint(0, last)}
    await act.tab.answered("bar", "seek", "seek", detail=detail, expected=USUAL | {"not possible"})


async def setting(act: Act) -> None:
    """Change a setting; sometimes to what cannot be."""
    assert act.tab.page is not None
    name = act.dice.choice(list(SETTINGS))
    value = act.dice.choice(SETTINGS[name] or act.tab.page.choices[name])
    how = next(how for how in ("submit", "input") if (act.tab.page.ids[name], how) in act.tab.page.events)
    await act.tab.answered(name, how, "change a setting", given={name: value}, expected=CHANGED)


async def target(act: Act) -> None:
    """Press a thumbnail."""
    detail = {"name": act.dice.choice(TARGETS)}
    await act.tab.answered("targets", "choose", "choose a target", detail=detail, expected=CHANGED)


async def story(act: Act) -> None:
    """Choose a story."""
    assert act.tab.page is not None
    name = act.dice.choice([choice for choice in act.tab.page.choices["preset"] if choice])
    await act.tab.answered("preset", "input", "choose a story", given={"preset": name}, expected=CHANGED)


async def compare(act: Act) -> None:
    """Two runs side by side for a while."""
    name, value = act.dice.choice(COMPARED)
    given = {"compare-name": name, "compare-value": value}
    await act.tab.answered("compare", given=given, expected=CHANGED)
    await act.tab.answered("step", expected=LATE)
    await playing(act, "play", "lab, two runs", act.dice.uniform(3.0, 8.0))
    await act.tab.answered("compare-end", action="one run again", expected=CHANGED)


async def draw(act: Act) -> None:
    """Draw a curve on the canvas."""
    turns, count = act.dice.uniform(1, 4), act.dice.randint(20, 400)
    points = [
        [round(math.cos(turns * i / count * 6.3) * i / count, 3), round(math.sin(turns * i / count * 6.3), 3)]
        for i in range(count)
    ]
    await act.tab.answered("lab", "drawn", "draw points", detail={"points": points}, expected=CHANGED)


async def paste(act: Act) -> None:
    """Paste points."""
    text = _points(act, act.dice.randint(10, 500))
    await act.tab.answered("use-points", action="paste points", given={"paste": text}, expected=CHANGED)


async def upload(act: Act) -> None:
    """Upload a table of points."""
    files = await act.tab.upload(
        [("points.csv", _points(act, act.dice.randint(50, 3000)).encode(), "text/csv")]
    )
    if files:
        given = {"upload": files[0]}
        await act.tab.answered("upload", "upload", "upload a table", given=given, expected=CHANGED)


async def garbage(act: Act) -> None:
    """Paste what are no points: a sentence says so."""
    given = {"paste": act.dice.choice(GARBAGE[:6])}
    answer = await act.tab.answered("use-points", action="paste garbage", given=given, expected=CHANGED)
    if not answer.sentence and not answer.failed:
        act.load.tally.error("garbage was taken", repr(given["paste"]))


async def speed(act: Act) -> None:
    """Another number of iterations in a frame."""
    given = {"speed": act.dice.choice(SPEEDS)}
    await act.tab.answered("speed", "input", "change the speed", given=given, expected=USUAL)


async def layers(act: Act) -> None:
    """Switch layers on and off."""
    needed = [name for name in LAYERS if act.dice.random() < 0.6]
    detail = {"needed": needed, "layers": {name: name in needed for name in LAYERS}}
    await act.tab.answered("lab", "layers", "switch layers", detail=detail, expected=USUAL)


async def slow(act: Act) -> None:
    """Slow motion, ended by Step before it is over."""
    told = await act.tab.press("slow", expected=LATE)
    await act.tab.wait(told, "slow motion", whole=False)
    await act.pause(1.0, 4.0)
    if not told.done.is_set():
        await act.tab.answered("step", expected=LATE)
        await act.tab.wait(told, "")


async def film(act: Act) -> None:
    """The run as a film; only of a short run, as it takes a while."""
    if 0 < _bar(act).get("last", 0) <= 600:
        await act.tab.answered("save-gif", action="film", expected=USUAL | {"not possible"})


def _bar(act: Act) -> dict[str, Any]:
    """What the page knows of its run."""
    assert act.tab.page is not None
    text = act.tab.values.get(act.tab.page.ids["bar"])
    return dict(orjson.loads(text)) if isinstance(text, str) and text else {}


def _compare(act: Act, again: dict[str, Any]) -> None:
    """A page that was loaded anew shows the run as it was left."""
    act.load.tally.counts["pages loaded anew"] += 1
    found = _bar(act)
    if found.get("iteration") != again["iteration"]:
        whole = "whole" if again["whole"] else "too long"
        words = f"iteration {again['iteration']} became {found.get('iteration')}; the link was {whole}"
        act.load.tally.error("loaded anew, the run is another", words)


def _points(act: Act, count: int) -> str:
    places = [(act.dice.uniform(-5, 5), act.dice.uniform(-5, 5)) for _ in range(3)]
    chosen = [act.dice.choice(places) for _ in range(count)]
    return "\n".join(f"{x + act.dice.gauss(0, 0.3):.4f}, {y + act.dice.gauss(0, 0.3):.4f}" for x, y in chosen)


ACTS = {
    "play": play,
    "step": lambda act: press(act, "step"),
    "undo": lambda act: press(act, "undo"),
    "reset": lambda act: press(act, "reset"),
    "update d or g": update,
    "seek": seek,
    "setting": setting,
    "target": target,
    "story": story,
    "compare": compare,
    "draw": draw,
    "paste": paste,
    "upload csv": upload,
    "garbage": garbage,
    "speed": speed,
    "layers": layers,
    "slow motion": slow,
    "look away": look_away,
    "curves": lambda act: act.tab.answered("save-csv", action="curves", expected=USUAL | {"not possible"}),
    "script": lambda act: act.tab.answered("save-script", action="script", expected=USUAL),
    "film": film,
}
