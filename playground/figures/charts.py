"""The curves of a run as stacked small charts that share the iteration axis.

`PANELS` says once what each chart shows; the page's script fills the same layout. Knows nothing
of how a curve was computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from playground.figures.palette import palette
from playground.snapshots import Curves

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
GAP_PIXELS = 26  # between two charts: the lower one's title stands there
LOG_AXIS = dict(type="log", tickvals=[1e-4, 1e-2, 1.0, 1e2], ticktext=["0.0001", "0.01", "1", "100"])
LOWEST_LOGGED = 1e-4  # an estimate of a divergence may be 0 or less: drawn at this height on a log axis


@dataclass(frozen=True)
class Series:
    """One line: a field of `Curves`, its words, its colour's name in the palette, its dash."""

    field: str
    label: str
    color: str
    dash: str = "solid"


@dataclass(frozen=True)
class Panel:
    """One chart. `models` are those for which it exists; `rule` is a horizontal line at a known value."""

    series: tuple[Series, ...]
    models: tuple[str, ...] = ("gan",)
    log: bool = False
    range: tuple[float, float] | None = None
    ticks: tuple[float, ...] | None = None
    rule: float | None = None


EVERY = ("gan", "vae", "autoencoder", "gmm")
JUDGED = (Series("mean_real", "D(real)", "real"), Series("mean_generated", "D(generated)", "generated"))
LOSSES = (Series("discriminator_loss", "loss of D", "ink"), Series("generator_loss", "loss of G", "accent"))
VALUES = (Series("value", "V(D)", "ink"), Series("value_star", "V*, the best D", "muted", "dash"))
DISTANCES = (
    Series("jsd", "JSD", "ink"),
    Series("jsd_floor", "floor", "ink", "dot"),
    Series("wasserstein", "Wasserstein", "accent"),
    Series("wasserstein_floor", "floor", "accent", "dot"),
)
COVERAGE = (
    Series("high_quality", "high quality", "generated"),
    Series("modes_share", "modes covered", "ink", "dash"),
)
CEILING = 0.98889  # 1 - exp(-4.5): the share of a perfect sampler's points within 3 sigma
PANELS = (
    Panel(JUDGED, range=(0, 1), ticks=(0, 0.5, 1), rule=0.5),
    Panel(LOSSES),
    Panel((Series("generator_loss", "loss", "ink"),), models=("vae", "autoencoder", "gmm")),
    Panel(VALUES),
    Panel(DISTANCES, models=EVERY, log=True),
    Panel(COVERAGE, models=EVERY, range=(0, 1.04), ticks=(0, 0.5, 1), rule=CEILING),
)


def panels_of(model: str) -> list[Panel]:
    """The charts that exist for a model."""
    return [panel for panel in PANELS if model in panel.models]


def charts_layout(model: str, dark: bool = False, height: int = 440) -> dict[str, Any]:
    """The layout for `panels_of(model)`; each title names its lines in their own colours."""
    p = palette(dark)
    panels = panels_of(model)
    margin = dict(l=42, r=8, t=18, b=32)
    inner = max(height - margin["t"] - margin["b"], 120)
    gap = GAP_PIXELS / inner
    share = max((1 - gap * (len(panels) - 1)) / len(panels), 0.05)
    axis = dict(
        color=p.muted, gridcolor=p.hairline, zeroline=False, linecolor=p.hairline, tickfont=dict(size=10)
    )
    layout: dict[str, Any] = dict(
        margin=margin,
        height=height,
        autosize=True,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font=dict(family=FONT, size=11, color=p.ink),
        hovermode="x",
        hoverlabel=dict(bgcolor=p.background, bordercolor=p.hairline, font=dict(size=11, color=p.ink)),
        uirevision="charts",
        dragmode=False,
        annotations=[],
        shapes=[],
        xaxis={
            **axis,
            "title": dict(text="iteration", font=dict(size=11), standoff=4),
            "anchor": "y" + str(len(panels)),
            "showgrid": False,
            "rangemode": "tozero",
            "nticks": 5,
        },
    )
    for number, panel in enumerate(panels, start=1):
        top = 1 - (number - 1) * (share + gap)
        layout[f"yaxis{number}"] = {
            **axis,
            "domain": [max(0.0, top - share), top],
            "anchor": "x",
            "nticks": 3,
            **(LOG_AXIS if panel.log else {}),
            **({"range": list(panel.range), "fixedrange": True} if panel.range else {}),
            **({"tickvals": list(panel.ticks)} if panel.ticks else {}),
        }
        layout["annotations"].append(
            dict(
                text="&nbsp; ".join(_coloured(s, getattr(p, s.color)) for s in panel.series),
                x=0, y=top, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False,
                font=dict(size=11),
            )
        )  # fmt: skip
        if panel.rule is not None:
            layout["shapes"].append(
                dict(type="line", xref="paper", x0=0, x1=1, yref=f"y{number}", y0=panel.rule, y1=panel.rule,
                     line=dict(color=p.muted, width=1, dash="dot"), layer="below")
            )  # fmt: skip
    return layout


def _coloured(series: Series, color: str) -> str:
    mark = {"solid": "", "dash": "- - ", "dot": "··· "}[series.dash]
    return f'<span style="color:{color}">{mark}{series.label}</span>'


def charts_figure(
    curves: Curves | None,
    *,
    model: str = "gan",
    modes_total: int = 0,
    dark: bool = False,
    height: int = 440,
) -> go.Figure:
    """All charts of a run, for a notebook or a file."""
    p = palette(dark)
    figure = go.Figure(layout=charts_layout(model, dark, height))
    for number, panel in enumerate(panels_of(model), start=1):
        lines = [_line(curves, series.field, modes_total) for series in panel.series]
        if panel.range and any(beyond(y, panel.range) for _, y in lines):
            figure.layout[f"yaxis{number}"].update(range=None, tickvals=None, autorange=True)
        for series, (x, y) in zip(panel.series, lines, strict=True):
            if panel.log:
                y = np.maximum(y, LOWEST_LOGGED)
            figure.add_scatter(
                x=x, y=y, mode="lines", name=series.label, yaxis=f"y{number}", connectgaps=True,
                line=dict(color=getattr(p, series.color), width=1.5, dash=series.dash),
            )  # fmt: skip
    return figure


def beyond(values: Any, limits: tuple[float, float]) -> bool:
    """Whether a curve leaves its usual range: a critic's scores do."""
    return bool(np.any((np.asarray(values) < limits[0] - 1e-3) | (np.asarray(values) > limits[1] + 1e-3)))


def _line(curves: Curves | None, name: str, modes_total: int) -> tuple[Any, Any]:
    if curves is None:
        return [], np.zeros(0)
    if name == "modes_share":
        return curves.iteration, curves.modes_covered / modes_total if modes_total else np.full(
            len(curves.iteration), np.nan
        )
    return curves.iteration, getattr(curves, name)
