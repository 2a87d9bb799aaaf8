"""How fast the engine is: iterations per second beside a plain PyTorch loop and the bare matrix products.

All three are timed in turn within one run, so that a slow machine or a busy minute hits them alike; what
to quote is the ratio. Knows nothing of pages.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.config import RunConfig
from playground.engine import Trainer, choose_device

BATCH, LATENT = 256, 2
WIDTHS, UPDATES = (16, 64, 128), (1, 2)
SLICE_SECONDS = 0.25
CHUNK = 50  # iterations a call


@dataclass(frozen=True)
class Row:
    """Iterations per second for one size; `products` counts the matrix products alone."""

    width: int
    discriminator_updates: int
    backend: str
    engine: float
    plain: float
    products: float


def plain_loop(width: int, updates: int, device: str, batch: int = BATCH) -> Callable[[int], None]:
    """The loop that one would write by hand: autograd, torch.optim.Adam, the same sizes and target."""

    def network(inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(inputs, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, outputs),
        ).to(device)

    generator, discriminator = network(LATENT, 2), network(2, 1)
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    loss_of = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(batch, 1, device=device), torch.zeros(batch, 1, device=device)
    angles = torch.arange(8, device=device) * (math.pi / 4)
    means = torch.stack([angles.cos(), angles.sin()], 1)

    def run(iterations: int) -> None:
        for _ in range(iterations):
            for _ in range(updates):
                mode = torch.randint(8, (batch,), device=device)
                real = means[mode] + 0.01 * torch.randn(batch, 2, device=device)
                generated = generator(torch.randn(batch, LATENT, device=device)).detach()
                d_loss = loss_of(discriminator(real), ones) + loss_of(discriminator(generated), zeros)
                d_optimizer.zero_grad()
                d_loss.backward()
                d_optimizer.step()
            g_loss = loss_of(discriminator(generator(torch.randn(batch, LATENT, device=device))), ones)
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()

    return run


def products_only(width: int, updates: int, device: str) -> Callable[[int], None]:
    """The matrix products of one iteration and nothing else."""

    def products(rows: int, inputs: int, outputs: int, *, learns: bool, to_input: bool) -> list[Job]:
        sizes = [(inputs, width), (width, width), (width, outputs)]
        jobs: list[Job] = []
        for layer, (i, o) in enumerate(sizes):
            x, weight, slope = (torch.randn(*s, device=device) for s in ((rows, i), (o, i), (rows, o)))
            jobs.append((x, weight.t(), torch.empty(rows, o, device=device)))
            if learns:
                jobs.append((slope.t(), x, torch.empty(o, i, device=device)))
            if (learns or to_input) and (layer or to_input):
                jobs.append((slope, weight, torch.empty(rows, i, device=device)))
        return jobs

    d_update = products(BATCH, LATENT, 2, learns=False, to_input=False)
    d_update += products(2 * BATCH, 2, 1, learns=True, to_input=False)
    jobs = d_update * updates + products(BATCH, LATENT, 2, learns=True, to_input=False)
    jobs += products(BATCH, 2, 1, learns=False, to_input=True)

    def run(iterations: int) -> None:
        with torch.inference_mode():
            for _ in range(iterations):
                for a, b, out in jobs:
                    torch.mm(a, b, out=out)

    return run


Job = tuple[Tensor, Tensor, Tensor]


def engine(width: int, updates: int, device: str) -> tuple[Trainer, Callable[[int], None]]:
    """The engine on the same sizes."""
    config = RunConfig(
        target="ring8",
        generator_width=width,
        discriminator_width=width,
        discriminator_updates=updates,
        batch_size=BATCH,
        latent_dim=LATENT,
    )
    trainer = Trainer(config, device=device)

    def run(iterations: int) -> None:
        trainer.run(iterations)

    return trainer, run


def rate(run: Callable[[int], None], device: str) -> float:
    """Iterations per second over about a quarter of a second."""
    done, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < SLICE_SECONDS:
        run(CHUNK)
        if device == "cuda":
            torch.cuda.synchronize()
        done += CHUNK
    return done / passed


def measure(width: int, updates: int, device: str, rounds: int) -> Row:
    """Medians over `rounds` turns of each."""
    trainer, fast = engine(width, updates, device)
    runs = [fast, plain_loop(width, updates, device), products_only(width, updates, device)]
    for run in runs:
        run(100)
    turns = [[rate(run, device) for run in runs] for _ in range(rounds)]
    ours, plain, products = (statistics.median(column) for column in zip(*turns, strict=True))
    backend = "recorded" if trainer.recorded and trainer.recorded.works else trainer.backend
    return Row(width, updates, backend, ours, plain, products)


def report(device: str | None = None, rounds: int = 5, threads: int = 1) -> None:
    """Print the table. Takes about half a minute."""
    torch.set_num_threads(threads)
    place = choose_device(device)
    print(f"torch {torch.__version__}, {place}, {threads} thread(s), batch {BATCH}, two hidden layers, Adam")
    print("iterations per second (medians)")
    print("width   k   backend     engine    plain   engine/plain   products alone   engine/products")
    for width in WIDTHS:
        for updates in UPDATES:
            r = measure(width, updates, place, rounds)
            print(
                f"{width:5d} {updates:3d}   {r.backend:9s} {r.engine:8,.0f} {r.plain:8,.0f} "
                f"{r.engine / r.plain:14.2f} {r.products:16,.0f} {r.engine / r.products:17.2f}",
                flush=True,
            )
