"""How far the generated distribution is from the target: pure functions, each with its noise floor."""

from playground.measures.coverage import Coverage, high_quality_ceiling, mode_coverage, reverse_kl_floor
from playground.measures.divergence import (
    Divergence,
    DivergenceEstimator,
    Grid,
    bin_samples,
    jsd,
    jsd_floor,
    kl,
    optimal_discriminator,
    optimal_discriminator_from_log,
    optimal_value,
    skew_kl,
    smooth,
    target_masses,
    value,
)
from playground.measures.transport import (
    sliced_wasserstein,
    wasserstein,
    wasserstein_1d,
    wasserstein_floor,
)

__all__ = [
    "Coverage",
    "Divergence",
    "DivergenceEstimator",
    "Grid",
    "bin_samples",
    "high_quality_ceiling",
    "jsd",
    "jsd_floor",
    "kl",
    "mode_coverage",
    "optimal_discriminator",
    "optimal_discriminator_from_log",
    "optimal_value",
    "reverse_kl_floor",
    "skew_kl",
    "sliced_wasserstein",
    "smooth",
    "target_masses",
    "value",
    "wasserstein",
    "wasserstein_1d",
    "wasserstein_floor",
]
