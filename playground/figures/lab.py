"""One moment of a run as a complete Plotly figure, and the axes that the live page draws over its canvas.

Knows nothing of training or of the page. The page's script takes titles, captions, axes and arrow lengths
from here as data, so that a notebook and the page show the same picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import plotly
import plotly.graph_objects as go
from numpy.typing import NDArray

from playground.figures.charts import FONT, charts_figure
from playground.figures.palette import blend, colorscale, palette
from playground.snapshots import Snapshot

__all__ = ["axes_layout", "charts_figure", "colour_bar", "lab_figure"]

PLOTLY_SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"  # that the package carries
PLOTLY_VERSION: str = plotly.__version__
MARGIN = dict(l=46, r=40, t=10, b=38)
SMALL_MARGIN = dict(l=34, r=30, t=10, b=38)  # on a phone
TITLES = {
    "discriminator": "Discriminator D(x): green says real, blue says generated",
    "critic": "Critic, squashed: green scores high, blue scores low",
    "density": "Density of the model, as a share of its highest value",
    "difference": "|D − D*|: how far D is from the best discriminator",
    "d_star": "Best discriminator D*(x) for these generated points",
    "none": "Real and generated points",
}
SHORT_TITLES = {
    "discriminator": "D(x): green says real, blue says generated",
    "critic": "critic: green scores high, blue scores low",
    "density": "density of the model",
    "difference": "|D − D*|",
    "d_star": "best discriminator D*(x)",
    "none": "real and generated points",
}  # beside the name of the run
CAPTIONS = {
    "discriminator": "Watch the points climb to green ground until it all fades to ½.",
    "critic": "Watch the points climb; only differences of the score count.",
    "density": "Look for blue between the modes, where no real point is.",
    "difference": "Where colour stays, D lags behind and the arrows mislead.",
    "d_star": "On the line D* = ½ both kinds of points are equally likely.",
    "none": "Look for points between the modes, and for modes left out.",
}


def axes_layout(extent: float, title: str = "", dark: bool = False) -> dict[str, Any]:
    """Square axes x1, x2 over [-extent, extent], transparent, without grid lines."""
    p = palette(dark)
    axis = dict(
        range=[-extent, extent],
        showgrid=False,
        zeroline=False,
        color=p.muted,
        ticks="outside",
        ticklen=4,
        tickcolor=p.hairline,
        linecolor=p.hairline,
        mirror=True,
        nticks=7,
        tickfont=dict(size=11),
        constrain="domain",
        ticklabeloverflow="allow",
    )
    return dict(
        margin=MARGIN | (dict(t=40) if title else {}),
        title=dict(text=title, font=dict(size=13), x=0, xref="paper", xanchor="left"),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font=dict(family=FONT, size=12, color=p.ink),
        showlegend=False,
        hovermode=False,
        dragmode="zoom",
        uirevision="lab",
        modebar=dict(bgcolor="rgba(0,0,0,0)", color=p.muted, activecolor=p.ink, orientation="v"),
        xaxis=axis | dict(title=dict(text="x<sub>1</sub>", font=dict(size=12), standoff=4)),
        yaxis=axis | dict(title=dict(text="x<sub>2</sub>", font=dict(size=12), standoff=2), scaleanchor="x"),
    )


def colour_bar(dark: bool = False) -> dict[str, Any]:
    """The small scale beside the canvas: 0, ½ and 1 are readable."""
    p = palette(dark)
    return dict(
        thickness=9, len=0.5, x=1.02, xanchor="left", xpad=0, y=0, yanchor="bottom", ypad=0,
        outlinewidth=1, outlinecolor=p.hairline,
        tickvals=[0, 0.5, 1], ticktext=["0", "½", "1"], tickfont=dict(size=11, color=p.muted), ticks="",
    )  # fmt: skip


def scale_trace(kind: str, dark: bool = False) -> dict[str, Any]:
    """An invisible trace whose only job is its colour bar; the live page draws the surface itself."""
    marker = dict(
        opacity=0, size=1, color=[0, 1], cmin=0, cmax=1, colorscale=colorscale(kind, dark),
        showscale=kind != "none", colorbar=colour_bar(dark),
    )  # fmt: skip
    return dict(type="scatter", mode="markers", x=[0, 0], y=[0, 0], marker=marker, hoverinfo="skip")


def cell_centres(extent: float, size: int) -> NDArray[Any]:
    """Where a surface's rows and columns lie: the centres of `size` cells over [-extent, extent]."""
    return (np.arange(size) + 0.5) * (2 * extent / size) - extent


def lab_figure(snapshot: Snapshot, *, dark: bool = False, width: int = 640) -> go.Figure:
    """The whole picture of one snapshot: surface, latent grid, points, arrows, the line D* = 1/2."""
    s, p = snapshot, palette(dark)
    kind = s.surface_kind if s.surface is not None else "none"
    layout = axes_layout(s.extent, f"{s.title}, iteration {s.iteration:,}<br><sup>{TITLES[kind]}</sup>", dark)
    layout |= dict(width=width, height=width, paper_bgcolor=p.background, hovermode="closest")
    layout["margin"] = MARGIN | dict(t=62)
    figure = go.Figure(layout=layout)
    if s.surface is not None:
        along = cell_centres(s.extent, s.surface.shape[0])
        figure.add_heatmap(
            z=s.surface, x=along, y=along, zmin=0, zmax=1, zsmooth="best", colorscale=colorscale(kind, dark),
            colorbar=colour_bar(dark), name="surface", hovertemplate="%{z:.2f}<extra></extra>",
        )  # fmt: skip
    if s.d_star is not None:
        along = cell_centres(s.extent, s.d_star.shape[0])
        figure.add_contour(
            z=s.d_star, x=along, y=along, contours=dict(start=0.5, end=0.5, size=1, coloring="none"),
            line=dict(color=p.ink, width=1.5, dash="dash"), showscale=False,
            name="D* = 1/2", hoverinfo="skip",
        )  # fmt: skip
    if s.grid is not None and s.grid.size:
        gap = np.full((len(s.grid), 1, 2), np.nan)
        x, y = np.concatenate([s.grid, gap], axis=1).reshape(-1, 2).T
        figure.add_scatter(
            x=x, y=y, mode="lines", name="latent grid", hoverinfo="skip", opacity=0.6,
            line=dict(color=p.generated, width=1),
        )  # fmt: skip
    _points(figure, s.real, "real", p.real, p.background)
    _points(figure, s.generated, "generated", p.generated, p.background, s.latents, s.scores)
    if len(s.arrows):
        _arrows(figure, s, blend(p.background, p.ink, 0.85))
    return figure


def _points(
    figure: go.Figure,
    points: NDArray[Any],
    name: str,
    color: str,
    rim: str,
    latents: NDArray[Any] | None = None,
    scores: NDArray[Any] | None = None,
) -> None:
    text = None
    if latents is not None and len(latents) == len(points):
        text = ["z = (" + ", ".join(f"{v:.2f}" for v in z[:4]) + ")" for z in latents]
    if text and scores is not None and len(scores) == len(points):
        text = [f"{words}<br>D = {score:.2f}" for words, score in zip(text, scores, strict=True)]
    figure.add_scatter(
        x=points[:, 0], y=points[:, 1], mode="markers", name=name, text=text,
        marker=dict(color=color, size=5, line=dict(color=rim, width=0.5)),
        hovertemplate=f"{name}: (%{{x:.2f}}, %{{y:.2f}}){'<br>%{text}' if text else ''}<extra></extra>",
    )  # fmt: skip


def _arrows(figure: go.Figure, s: Snapshot, color: str) -> None:
    tips = s.arrows[:, :2] + s.arrows[:, 2:]
    gap = np.full_like(tips, np.nan)
    x, y = np.stack([s.arrows[:, :2], tips, gap], axis=1).reshape(-1, 2).T
    figure.add_scatter(
        x=x, y=y, mode="lines+markers", name="gradient arrows", hoverinfo="skip",
        line=dict(color=color, width=1),
        marker=dict(symbol="arrow", angleref="previous", size=np.tile([0, 7, 0], len(tips)), color=color),
    )  # fmt: skip
