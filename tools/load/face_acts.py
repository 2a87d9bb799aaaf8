"""What people do on the Faces page: roll dice, drag sliders, compare, show their own picture, and train."""

from __future__ import annotations

import asyncio
import functools
import io
import time
from typing import TYPE_CHECKING, Any

from PIL import Image

from load import lab_acts

if TYPE_CHECKING:
    from load.visitors import Act

MIX = {
    "dice": 14, "slider": 20, "between": 8, "blur": 4, "own picture": 5, "search": 1, "other tabs": 3,
    "train": 10,
}  # fmt: skip
KINDS = ("ae", "vae", "gan")
STUDIES = ("Growing up", "Codes have holes", "Is it memorising?")
BUSY = frozenset({"put aside", "not possible", "waits in a line"})
TRAINING = BUSY | {"training full", "faces being drawn", "diverged", "nothing to undo", "no two networks"}
SLIDER_PAUSE = 1 / 60


async def visit(act: Act) -> None:
    """Open the page: the rows of faces come at once."""
    await act.tab.open("faces")
    await rows(act, 0)
    await act.goes_on(MIX, ACTS)


async def rows(act: Act, seed: int) -> None:
    """The same seeds in every model."""
    told = {
        "seed": seed,
        "faces": 8,
        "truncation": 1,
        "hair": "any",
        "eyes": "any",
        "model": "gan",
        "sliders": "",
    }
    found = await act.tab.ask("from-seeds", "faces_in_rows", told, "faces from seeds", BUSY)
    if found is not None and not found.get("error") and set(found["rows"]) - set(KINDS):
        act.load.tally.error("rows of unknown models", str(list(found["rows"])))


async def dice(act: Act) -> None:
    """Roll the dice."""
    await rows(act, act.dice.randrange(10**6))


async def slider(act: Act) -> None:
    """Open a face and drag one of its sliders."""
    face, model = act.dice.randrange(1000), act.dice.choice(KINDS)
    told: dict[str, Any] = {"seed": face, "face": face, "model": model, "sliders": ""}
    await act.tab.ask("from-seeds", "one_face", told | {"panel": True}, "open a face", BUSY)
    await act.tab.ask("from-seeds", "named_directions", told, "name the directions", BUSY)
    began, place = time.monotonic(), act.dice.randint(1, 5)
    seconds, moved = act.dice.uniform(1.0, 4.0), 0
    while (now := time.monotonic() - began) < seconds and not act.over:
        value = round(4 * (2 * (now / seconds) - 1), 2)
        told["sliders"] = f"d{place}:{value}"
        if await act.tab.ask("from-seeds", "one_face", told, "move a slider", BUSY) is None:
            return
        moved += 1
        await asyncio.sleep(SLIDER_PAUSE)
    if moved and act.load.tally.measuring:
        act.load.tally.rates["faces, slider"].append(moved / (time.monotonic() - began))


async def between(act: Act) -> None:
    """Walk from one face to another."""
    await act.tab.answered("Between two faces", "select", "open a study", expected=BUSY)
    given = {
        "between-model": act.dice.choice(KINDS),
        "between-first": act.dice.randrange(50),
        "between-second": act.dice.randrange(50, 100),
    }
    await act.tab.answered("between-go", action="interpolate", given=given, expected=BUSY)


async def blur(act: Act) -> None:
    """Compare how sharp the models paint."""
    given = {"blur-seed": act.dice.randrange(20)}
    await act.tab.answered("blur-go", action="compare sharpness", given=given, expected=BUSY)


async def own(act: Act) -> dict[str, Any] | None:
    """Upload a picture."""
    side = act.dice.choice([48, 200, 640])
    files = await act.tab.upload([("me.png", picture(side, act.dice.randrange(8)), "image/png")])
    if not files:
        return None
    given = {"own-picture": files[0]}
    await act.tab.answered("own-picture", "input", "upload a picture", given=given, expected=BUSY)
    return files[0]


async def search(act: Act) -> None:
    """The GAN's closest face; one search at a time for all, so most wait, and stop it after a while."""
    file = await own(act)
    if file is None:
        return
    answer = await act.tab.press("own-find", given={"own-picture": file}, expected=BUSY)
    await act.pause(2.0, 8.0)
    if not answer.done.is_set():
        await act.tab.cancel(answer)
        await act.tab.wait(answer, "stop a search")


async def studies(act: Act) -> None:
    """The other tabs."""
    await act.tab.answered(act.dice.choice(STUDIES), "select", "open a study", expected=BUSY)


async def train(act: Act) -> None:
    """Train for a while, if there is a place."""
    ready = await act.tab.press("face-train", "ready", detail={"former": ""}, expected=TRAINING)
    await act.tab.wait(ready, "", whole=False)
    if ready.kind == "house full" and not await act.in_line(ready):
        return
    await act.tab.wait(ready, "begin to train")
    if not ready.frames:
        return
    for _ in range(act.dice.randint(2, 8)):
        if act.over:
            return
        (name,) = act.dice.choices(list(TRAIN_ACTS), [weight for weight, _ in TRAIN_ACTS.values()])
        await TRAIN_ACTS[name][1](act)
        await act.pause(0.2, 2.0)


async def batch(act: Act) -> None:
    """Another batch size: a new run."""
    given = {"face-batch": act.dice.choice([8, 16, 32])}
    await act.tab.answered("face-batch", "input", "change a face setting", given=given, expected=TRAINING)


async def teach(act: Act) -> None:
    """Upload faces to learn from."""
    files = await act.tab.upload([(f"{i}.png", picture(64, i), "image/png") for i in range(6)])
    if files:
        given = {"face-upload": files}
        await act.tab.answered("face-upload", "upload", "upload faces", given=given, expected=TRAINING)


async def play(act: Act) -> None:
    """Play; with three others already playing a sentence says so."""
    await lab_acts.playing(
        act, "face-play", "faces, training", act.dice.uniform(4.0, 12.0), expected=TRAINING
    )


async def press(act: Act, name: str) -> None:
    """One of the buttons."""
    await act.tab.answered(name, expected=TRAINING)


@functools.cache
def picture(side: int, number: int) -> bytes:
    """A PNG of colours that change slowly."""
    small = Image.new("RGB", (3, 3))
    small.putdata([((40 * i + 30 * number) % 256, (90 * i) % 256, (17 * i * number) % 256) for i in range(9)])
    file = io.BytesIO()
    small.resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


TRAIN_ACTS = {
    "play": (5, play),
    "step": (6, lambda act: press(act, "face-step")),
    "undo": (3, lambda act: press(act, "face-undo")),
    "update": (2, lambda act: press(act, "face-update-d")),
    "batch": (1, batch),
    "teach": (1, teach),
}
ACTS = {
    "dice": dice,
    "slider": slider,
    "between": between,
    "blur": blur,
    "own picture": own,
    "search": search,
    "other tabs": studies,
    "train": train,
}
