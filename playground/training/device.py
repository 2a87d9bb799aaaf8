"""What the device can do and what an update asks of it: precision, measured matrix products, operations.

Knows the networks' costs, and no file.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import torch
from torch import nn

from playground.config import ConfigError
from playground.nets.conv import cost
from playground.recipes import Recipe

SIDE = {"cpu": 2048}  # of the square matrices measured; elsewhere 4096
PENALTY = 3  # gradient to the pixels, and its derivative to the weights and to the gradients between


def low_precision(asked: str, device: str) -> bool:
    """Whether to compute in bfloat16: as asked, or with "auto" where matrix units make it faster.

    Weights, optimizers and averages stay float32. Raises `ConfigError` for bfloat16 where it is missing.
    """
    kind = torch.device(device).type
    if asked == "auto":
        return _FAST.get(kind, _never)()
    if asked == "bfloat16" and kind == "cuda" and not torch.cuda.is_bf16_supported():
        raise ConfigError("precision = 'bfloat16': allowed is float32, all that this CUDA device has.")
    return asked == "bfloat16"


def _never() -> bool:
    return False


def _cpu_is_fast() -> bool:
    units = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return bool(units and torch.backends.mkldnn.is_available())


def _cuda_is_fast() -> bool:
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


_FAST = {"cpu": _cpu_is_fast, "cuda": _cuda_is_fast}


def matrix_throughput(device: str, low: bool, seconds: float) -> float:
    """Operations per second (2 for a multiply-add) of square matrix products over about `seconds`."""
    side = SIDE.get(torch.device(device).type, 4096)
    kind = torch.bfloat16 if low else torch.float32
    a, b = (torch.ones(side, side, dtype=kind, device=device) for _ in range(2))
    out = torch.empty_like(a)
    torch.mm(a, b, out=out)
    synchronize(device)
    done, begun = 0, time.perf_counter()
    while True:
        torch.mm(a, b, out=out)
        synchronize(device)
        done, passed = done + 1, time.perf_counter() - begun
        if passed >= seconds:
            return done * 2.0 * side**3 / passed


def synchronize(device: str) -> None:
    """Wait for what the device was given."""
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()


def operations_per_image(recipe: Recipe, modules: Mapping[str, nn.Module], sees_real: bool) -> float:
    """Operations for one real face of one update: 2 for each multiply-add of a convolution or linear layer.

    A forward pass counts its multiply-adds once; a backward pass twice, to the inputs and to the weights, or
    once where the weights are not asked for. What the first layer saves (nothing is sent to its inputs) and
    all that is no product are left out.

    - Autoencoder, VAE: 3 (G + E); classifier: 3 C.
    - GAN, discriminator: a generated face, G; real and generated judged and learnt from, 2 x 3 D; with R1 or
      R2 every k-th time 2 x `PENALTY` D more. Generator: G forward and backward, 3 G; D forward and back to
      the pixels, 2 D; a relativistic loss also judges the real face, D (`sees_real`).
    """
    made = {name: _multiply_adds(network, name, recipe) for name, network in modules.items()}
    if "discriminator" not in made:
        return 2.0 * 3.0 * sum(made.values())
    penalised = bool(recipe.r1_weight or recipe.r2_weight)
    d_times = 6.0 + 2.0 * PENALTY * penalised / recipe.penalty_every + 2.0 + sees_real
    return 2.0 * (4.0 * made["generator"] + d_times * made["discriminator"])


def _multiply_adds(network: nn.Module, name: str, recipe: Recipe) -> int:
    where = next(network.parameters()).device
    label = torch.zeros(1, dtype=torch.long, device=where)
    image = torch.zeros(1, 3, recipe.size, recipe.size, device=where)
    latent = torch.zeros(1, recipe.latent_dim, device=where)
    given = {"generator": (latent, label, label), "discriminator": (image, label, label)}
    return cost(network, *given.get(name, (image,)))[1]


class NoCompiler(RuntimeError):
    """torch.compile has no working compiler here; the text names what failed."""


def compile_networks(modules: Mapping[str, nn.Module], device: str, twice: bool) -> tuple[str, ...]:
    """torch.compile what can be; the names. Raises `ConfigError` elsewhere than on CUDA, and `NoCompiler`.

    `twice`: the discriminator's gradient is itself differentiated, which a compiled network cannot.
    """
    if torch.device(device).type != "cuda":
        raise ConfigError(f"compile is set, but the device is {device!r}: allowed is cuda.")
    try_compiler(device)
    names = tuple(name for name in modules if not (twice and name == "discriminator"))
    for name in names:
        modules[name].compile()
    return names


def try_compiler(device: str) -> None:
    """Compile something small, since a network is compiled only once it runs. Raises `NoCompiler`."""
    try:
        torch.compile(_something)(torch.ones(8, device=device))
    except Exception as error:  # of dynamo, of inductor, of triton, of a C compiler that is not there
        raise NoCompiler(type(error).__name__) from None


def _something(x: torch.Tensor) -> torch.Tensor:
    return x.sin() + 1.0
