"""Snapshot -> picture. Nothing in this package knows of torch, of gradio or of how a run is made.

`lab` and `charts` build Plotly figures; `frames` packs snapshots for the live page; `palette` holds every
colour; `stages` tells one iteration in words; `thumbnails` draws a target as a small SVG.
"""

from playground.figures.stages import STAGES

__all__ = ["STAGES"]
