"""What there is to learn: 2-D targets with exact densities, and clouds that visitors bring."""

from playground.data.mixtures import TARGETS, TargetRow, make_target
from playground.data.points import (
    PointCloud,
    PointsError,
    decode_points,
    encode_points,
    normalise_points,
    parse_points,
)
from playground.data.target import GaussianMixture, Modes, Target

__all__ = [
    "TARGETS",
    "GaussianMixture",
    "Modes",
    "PointCloud",
    "PointsError",
    "Target",
    "TargetRow",
    "decode_points",
    "encode_points",
    "make_target",
    "normalise_points",
    "parse_points",
]
