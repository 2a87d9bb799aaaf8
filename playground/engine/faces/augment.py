"""What a discriminator sees of a face, slightly changed, so that few faces last longer.

Real and generated faces are changed alike, each change with a probability below 0.8: then the generator
learns the unchanged distribution and the changes do not leak into it (Karras et al. 2020, "Training GANs with
limited data"; the changes themselves after DiffAugment, Zhao et al. 2020).
"""

from __future__ import annotations

import torch
from torch import Tensor

NUMBERS = 8  # uniform numbers that one face needs
SHIFT = 8  # a shift is at most this fraction of the side, 1/8
LIGHT, CONTRAST = 0.2, 0.25


def augment(images: Tensor, probability: float, uniform: Tensor) -> Tensor:
    """Mirror, shift, and light and contrast, each with `probability` (the mirror with half of it).

    `images` (B, 3, side, side); `uniform` (B, NUMBERS) in [0, 1). Differentiable in the images.
    """
    if not probability:
        return images
    count, _, side, _ = images.shape
    do_mirror, do_shift, do_light = (uniform[:, i] < probability for i in range(3))
    do_mirror = do_mirror & (uniform[:, 7] < 0.5)
    reach = side // SHIFT
    # one gather along each axis: where a shift leaves the picture, its edge goes on
    place = torch.arange(side, device=images.device)
    shifts = ((uniform[:, 3:5] * 2.0 - 1.0) * (reach + 0.5)).round().long() * do_shift[:, None]
    rows = (place + shifts[:, :1]).clamp(0, side - 1)
    columns = (place + shifts[:, 1:]).clamp(0, side - 1)
    columns = torch.where(do_mirror[:, None], side - 1 - columns, columns)
    moved = images.gather(2, rows[:, None, :, None].expand(count, 3, side, side))
    moved = moved.gather(3, columns[:, None, None, :].expand(count, 3, side, side))
    light = (uniform[:, 5] * 2.0 - 1.0) * LIGHT * do_light
    contrast = 1.0 + (uniform[:, 6] * 2.0 - 1.0) * CONTRAST * do_light
    return moved * contrast[:, None, None, None] + light[:, None, None, None]
