"""What a visitor takes away as text: the curves as CSV, the run as a short Python script.

Turns values into text and knows nothing of files, of the page or of how a run is trained.
"""

from __future__ import annotations

import json
import textwrap
from typing import Any

import numpy as np

from playground.clicks import Segment, parse_clicks
from playground.config import RunConfig
from playground.snapshots import Curves

# column of Curves -> its name in the file: the unit is part of the name
COLUMNS = {
    "iteration": "iteration",
    "discriminator_loss": "discriminator_loss",
    "generator_loss": "generator_loss",
    "mean_real": "mean_d_real",
    "mean_generated": "mean_d_generated",
    "value": "value_nats",
    "value_star": "value_star_nats",
    "jsd": "jsd_nats",
    "jsd_floor": "jsd_floor_nats",
    "high_quality": "high_quality_share",
    "modes_covered": "modes_covered_count",
    "wasserstein": "wasserstein_canvas_units",
    "wasserstein_floor": "wasserstein_floor_canvas_units",
    "discriminator_gradient_norm": "discriminator_gradient_norm",
    "generator_gradient_norm": "generator_gradient_norm",
}

_CALLS = {
    "s": "trainer.run({count})",
    "d": "trainer.update_discriminator()",
    "g": "trainer.update_generator()",
}

_SCRIPT = '''\
"""{title}

Repeats a run of the GAN playground without its page: the same settings and the same clicks, so the same
numbers on the same machine. Run it where the package `playground` is installed.
"""

from playground import RunConfig, Trainer
from playground.measures import mode_coverage

config = {config}

trainer = Trainer(config)
{clicks}
points = trainer.sample(2500, seed=1)  # (2500, 2)
print(f"iteration {{trainer.iteration}} on {{trainer.backend}}")
print(f"mean of the generated points: {{points[:, 0].mean():.6f}}, {{points[:, 1].mean():.6f}}")
if trainer.target.modes:
    coverage = mode_coverage(points, trainer.target.modes)
    print(f"modes covered: {{coverage.covered}} of {{coverage.total}}")
'''


def curves_csv(curves: Curves) -> str:
    """A header and one row for each recorded moment; a measure that was not taken reads nan."""
    columns = [np.asarray(getattr(curves, name)) for name in COLUMNS]
    rows = [",".join(COLUMNS.values())]
    rows += [",".join(str(value) for value in row) for row in zip(*columns, strict=True)]
    return "\n".join(rows) + "\n"


def run_script(config: RunConfig, clicks: str) -> str:
    """A Python script that makes the same run from `parse_clicks`'s text. Raises `ClicksError`."""
    lines = [line for segment in parse_clicks(clicks) for line in _click_lines(segment)]
    return _SCRIPT.format(title=_title(config), config=_config_code(config), clicks="\n".join([*lines, ""]))


def _title(config: RunConfig) -> str:
    what = f"GAN, {config.objective}" if config.model == "gan" else config.model
    return f"{what}, on {config.target}, seed {config.seed}."


def _config_code(config: RunConfig) -> str:
    changes = config.changes()
    if not changes:
        return "RunConfig()"
    return (
        "RunConfig(\n" + "".join(f"    {name}={_literal(value)},\n" for name, value in changes.items()) + ")"
    )


def _literal(value: Any) -> str:
    """Python source of a setting; a long text is broken over lines."""
    if not isinstance(value, str):
        return repr(value)
    if len(value) <= 80:
        return json.dumps(value)  # double quotes
    pieces = (value[start : start + 80] for start in range(0, len(value), 80))
    return "(\n" + textwrap.indent("\n".join(json.dumps(piece) for piece in pieces), " " * 8) + "\n    )"


def _click_lines(segment: Segment) -> list[str]:
    call = _CALLS[segment.kind].format(count=segment.times)
    if segment.kind == "s" or segment.times == 1:
        return [call]
    return [f"for _ in range({segment.times}):", f"    {call}"]
