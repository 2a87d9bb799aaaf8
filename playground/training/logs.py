"""The record of a run: curves.csv and TensorBoard's event files, both of which a resume continues.

Knows nothing of training; a row is names and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playground.training.files import Say, write_atomically

LEADING = ("update", "images", "seconds", "images_per_second")
# what the learners report; a penalty that a recipe does not have stays empty
REPORTED = {
    "gan": ("loss_d", "loss_g", "score_real", "score_generated", "right", "r1", "r2"),
    "vae": ("loss", "mse", "kl"),
    "ae": ("mse",),
    "classifier": ("loss", "hair_accuracy", "eyes_accuracy"),
}


class Curves:
    """curves.csv: one line for each report, opened for adding after the lines up to `update`."""

    def __init__(self, path: Path, columns: tuple[str, ...], update: int) -> None:
        self.columns = columns
        head = ",".join(columns)
        kept = [head, *_rows_until(path, head, update)]
        write_atomically(path, "".join(line + "\n" for line in kept).encode())
        self._file = open(path, "a", encoding="ascii", newline="")  # noqa: SIM115 -- closed by `close`

    def write(self, row: Mapping[str, float]) -> None:
        """Add a line; a column that `row` lacks stays empty. Raises `KeyError` for one that is none."""
        for name in row.keys() - set(self.columns):
            raise KeyError(name)
        line = ",".join(f"{row[name]:.9g}" if name in row else "" for name in self.columns)
        self._file.write(line + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _rows_until(path: Path, head: str, update: int) -> list[str]:
    """The whole lines of an earlier part of the run; a line that a kill cut off is newer than any state."""
    if not path.exists():
        return []
    lines = path.read_text("ascii", errors="replace").split("\n")[:-1]
    if not lines or lines[0] != head:
        return []
    whole = [line for line in lines[1:] if line.count(",") == head.count(",")]
    return [line for line in whole if line.split(",")[0].isdigit() and int(line.split(",")[0]) <= update]


class Events(Protocol):
    """What is used of `torch.utils.tensorboard.SummaryWriter`."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...

    def add_image(
        self, tag: str, img_tensor: NDArray[np.uint8], global_step: int, *, dataformats: str
    ) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


def open_events(folder: Path, update: int, say: Say) -> Events | None:
    """A writer of event files that go on after `update`, or None with a sentence where none is installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        say("TensorBoard is not installed, so there are no event files; curves.csv has the same numbers.")
        return None
    writer: Events = SummaryWriter(str(folder), purge_step=update + 1)
    return writer


class Log:
    """Both records behind one call."""

    def __init__(self, folder: Path, model: str, update: int, tensorboard: bool, say: Say) -> None:
        self.curves = Curves(folder / "curves.csv", LEADING + REPORTED[model], update)
        self.events = open_events(folder / "events", update, say) if tensorboard else None

    def write(self, row: Mapping[str, float]) -> None:
        """One report; `row` has `update`."""
        self.curves.write(row)
        if self.events is not None:
            for name in row.keys() - {"update"}:
                self.events.add_scalar(name, row[name], int(row["update"]))

    def picture(self, update: int, picture: NDArray[np.uint8]) -> None:
        """Samples (height, width, 3)."""
        if self.events is not None:
            self.events.add_image("samples", picture, update, dataformats="HWC")

    def flush(self) -> None:
        """Before a state is written, so that no line up to it is missing."""
        if self.events is not None:
            self.events.flush()

    def close(self) -> None:
        self.curves.close()
        if self.events is not None:
            self.events.close()
