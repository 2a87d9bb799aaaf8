"""Small grey pictures from rows of numbers: sheets of them, and one to paint on. Knows no digit and no model.

Rows are (N, side * side) with values in [0, 1], row by row from the top. What lies outside is shown as the
nearest end of the scale.
"""

from __future__ import annotations

import html
from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.figures.plots import ACCENT, HAIRLINE
from playground.figures.sheets import data_url, sheet

DARK, PAPER = 29, 255  # grey levels of full ink and of none: those of the page's own words


def levels(rows: ArrayLike, light: bool = False) -> NDArray[np.uint8]:
    """Grey levels of any shape: 1 is ink on paper, or with `light` light in the dark."""
    share = np.clip(np.nan_to_num(np.asarray(rows, np.float32)), 0.0, 1.0)
    shown = DARK + (PAPER - DARK) * (share if light else 1.0 - share)
    return np.rint(shown).astype(np.uint8)


def grey(rows: ArrayLike, light: bool = False) -> NDArray[np.uint8]:
    """(N, side * side) -> (N, side, side, 3). Raises `ValueError` where the rows are no squares."""
    found = np.atleast_2d(np.asarray(rows, np.float32))
    side = round(found.shape[1] ** 0.5)
    if side * side != found.shape[1]:
        raise ValueError(f"rows has {found.shape[1]} columns, but must have a square number of them.")
    return levels(found, light).reshape(-1, side, side, 1).repeat(3, -1)


def sheet_url(rows: ArrayLike, columns: int | None = None, gap: int = 1, light: bool = False) -> str:
    """A sheet of the pictures, row by row, as a data URL; `gap` pixels between two."""
    return data_url(sheet(grey(rows, light), columns, gap))


def picture(
    rows: ArrayLike, words: str, *, width: int, columns: int | None = None, light: bool = False
) -> str:
    """The sheet as `<img>`, at most `width` pixels wide; `words` are for who cannot see it."""
    return (
        f'<img src="{sheet_url(rows, columns, light=light)}" alt="{html.escape(words)}" '
        f'style="display:block;width:100%;max-width:{width}px;height:auto;margin:0;image-rendering:pixelated">'
    )


def canvas(row: ArrayLike, press: str, words: str, marked: Collection[int] = (), width: int = 220) -> str:
    """One picture (side * side,) whose pixel i, clicked, presses `press` + i; `marked` ones are outlined."""
    found = levels(row)
    side = round(len(found) ** 0.5)

    def part(i: int, style: str) -> str:
        y, x = divmod(i, side)
        return f'<rect x="{x}" y="{y}" width="1" height="1" {style}/>'

    parts = [
        part(
            i,
            f'fill="rgb({v},{v},{v})" stroke="{HAIRLINE}" stroke-width=".03" style="cursor:pointer" '
            f'data-press="{html.escape(press)}{i}"',
        )
        for i, v in enumerate(found.tolist())
    ]
    parts += [
        part(i, f'fill="none" stroke="{ACCENT}" stroke-width=".1" pointer-events="none"')
        for i in sorted(marked)
    ]
    return (
        f'<svg viewBox="-.06 -.06 {side + 0.12} {side + 0.12}" role="img" aria-label="{html.escape(words)}" '
        f'style="display:block;width:100%;max-width:{width}px;height:auto;touch-action:none">'
        f"{''.join(parts)}</svg>"
    )


def beside(*parts: tuple[int, str]) -> str:
    """Pieces of HTML side by side, with their shares of the width; one below the other where it is narrow."""
    cells = "".join(
        f'<div style="flex:{share} 1 {share * 20}px;min-width:0">{body}</div>' for share, body in parts
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:14px 22px;align-items:flex-start">{cells}</div>'
