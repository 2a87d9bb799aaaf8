"""How much work one iteration of a run is, and how much of it a visitor may ask for.

Every setting has a range of its own, but all of them at their ends together would keep a shared machine busy
for minutes with one press of Step, and an operator may allow less of each. Knows settings and no network; a
notebook's `Trainer` is not bounded.
"""

from __future__ import annotations

from playground.config import ConfigError, RunConfig
from playground.limits import limits
from playground.translations import phrase

CAPPED = {  # settings that a limit of that name bounds
    "batch_size": "batch_size",
    "generator_width": "width",
    "discriminator_width": "width",
    "generator_depth": "depth",
    "discriminator_depth": "depth",
}
TOO_LARGE = "{name} is {value:,}, but must be at most {most:,} here."
LEAST_UPDATE = 2**23  # what an update of the smallest networks costs, counted in multiplications
SAID = (
    "batch_size, depths, widths and numbers of updates make {work:.2g} multiplications in one iteration, but "
    "must make at most {most:.2g} here: lower one of them."
)


def work(config: RunConfig) -> int:
    """About how many multiplications one iteration is; an update looked ahead at counts twice."""
    c = config
    nets = (
        (c.latent_dim, c.generator_depth, c.generator_width),
        (2, c.discriminator_depth, c.discriminator_width),
    )
    weights = sum((into + 2) * width + max(0, depth - 1) * width**2 for into, depth, width in nets)
    updates = c.discriminator_updates + c.generator_updates * (1 + 2 * c.unrolled_steps)
    return (updates if c.model == "gan" else 2) * max(c.batch_size * weights, LEAST_UPDATE)


def check_work(config: RunConfig) -> None:
    """Raises `ConfigError` for a setting beyond its limit, and for too much work in one iteration."""
    for name, limit in CAPPED.items():
        value, most = getattr(config, name), getattr(limits(), limit)
        if value > most:
            raise ConfigError(phrase(TOO_LARGE, name=name, value=value, most=most))
    asked, most = work(config), limits().work
    if asked > most:
        raise ConfigError(phrase(SAID, work=float(asked), most=float(most)))
