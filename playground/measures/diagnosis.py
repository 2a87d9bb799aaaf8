"""What is wrong with a run of a GAN, read from its measures: one word, and the numbers that decide.

The signs are those of Goodfellow et al. 2014 (V* and a generator without gradient) and of the literature on
mode collapse (Srivastava et al. 2017, VEEGAN). Pure functions; knows no settings, no preset and no page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from playground.snapshots import Measures, Update

BALANCED, TOO_WEAK, TOO_STRONG, COLLAPSED = "balanced", "too_weak", "too_strong", "collapsed"
DIAGNOSES = (TOO_WEAK, TOO_STRONG, COLLAPSED, BALANCED)

# D catches less than half of the scale from -log 4 (nothing told apart) to 0 (everything): it lags.
LAG_LIMIT = math.log(2.0)  # nats of V* - V
# A mean D above 0.95 on real and below 0.05 on generated points, or as far apart as that.
SURE = 0.9
# On equal modes, a generator that holds a share s of them evenly has a reverse KL of -log s.
HELD_SHARE = 0.75  # effective modes over all modes, below which modes are missing


@dataclass(frozen=True)
class Signs:
    """The numbers that a diagnosis rests on."""

    lag: float  # V* - V(D), nats: what the best discriminator finds and this one does not
    apart: float  # mean D on real minus mean D on generated points, -1 to 1
    modes_held: float  # effective number of modes, K exp(-reverse KL); 0 where no sample is on a mode
    modes_total: int
    generator_gradient: float  # norm of the generator's last gradient


def signs(measures: Measures, update: Update) -> Signs:
    """The signs of one moment; NaN where the moment has no such number."""
    return Signs(
        lag=measures.value_star - measures.value,
        apart=update.mean_real - update.mean_generated,
        modes_held=measures.modes_total * math.exp(-measures.reverse_kl_modes),
        modes_total=measures.modes_total,
        generator_gradient=update.generator_gradient_norm,
    )


def diagnose(measures: Measures, update: Update) -> str | None:
    """One of `DIAGNOSES`, or None where a number that it needs is missing.

    In this order, because the first fault causes the others: a D that lags behind what could be told apart
    points the generator nowhere, so the modes that it misses are no collapse of its own; a D that is sure of
    every point leaves no slope to follow; only with a D in between are missing modes called a collapse.
    """
    found = signs(measures, update)
    if math.isnan(found.lag) or math.isnan(found.apart) or math.isnan(measures.reverse_kl_modes):
        return None
    if found.lag > LAG_LIMIT and found.apart < SURE:
        return TOO_WEAK
    if found.apart > SURE:
        return TOO_STRONG
    if found.modes_held < HELD_SHARE * found.modes_total:
        return COLLAPSED
    return BALANCED
