"""What programs may ask of the app: one named, typed, bounded endpoint. Knows nothing of visitors."""

from __future__ import annotations

import gradio as gr
from gradio.events import api

from playground.config import ConfigError, RunConfig
from playground.data import PointsError
from playground.engine import Diverged, Trainer
from playground.limits import limits
from playground.session.bounds import check_work, work


def add_endpoints(device: str | None) -> None:
    """Into the current `gr.Blocks`: `/sample`."""

    def sample(
        settings: str = "", iterations: int = 500, points: int = 500, seed: int = 0
    ) -> list[list[float]]:
        """Train a model on a 2-D target and return generated points.

        Args:
            settings: a URL query of settings that differ from the defaults, such as
                "target=ring8&objective=wgan-gp&seed=3"; the page's address holds one.
            iterations: 1 to {api_iterations:,}.
            points: 1 to {api_points:,}.
            seed: of the latents that are turned into points, 0 or more.

        Returns:
            A list of [x, y].
        """
        try:
            config = RunConfig.from_query(settings)
            _bounded(config, iterations, points, seed)
            trainer = Trainer(config, device=device)
            trainer.run(iterations)
            found: list[list[float]] = trainer.sample(points, seed).tolist()
            return found
        except (ConfigError, PointsError, Diverged) as error:
            raise gr.Error(str(error), print_exception=False) from None

    sample.__doc__ = (sample.__doc__ or "").format(**vars(limits()))
    api(sample, api_name="sample", concurrency_limit=limits().api_at_once)


def _bounded(config: RunConfig, iterations: int, points: int, seed: int) -> None:
    """Raises `ConfigError` for more work than one call may ask for."""
    ranges = {
        "iterations": (iterations, 1, limits().api_iterations),
        "points": (points, 1, limits().api_points),
        "seed": (seed, 0, 2**31 - 1),
    }
    for name, (value, low, high) in ranges.items():
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ConfigError(
                f"{name} is {ascii(value)[:20]}, but must be a whole number from {low} to {high:,}."
            )
    check_work(config)
    most = limits().api_work // work(config)
    if iterations > most:
        raise ConfigError(
            f"iterations is {iterations:,}, but with this batch size, width and number of updates it must be "
            f"at most {most:,}."
        )
