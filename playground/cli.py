"""The command line: `python -m playground app | bench | train | experiment | score | push`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from playground import experiments, training
from playground.config import ConfigError


def _app(arguments: argparse.Namespace) -> None:
    from playground.ui.app import launch  # here: the other commands need no page

    launch(arguments.device, arguments.port, workers=arguments.workers, cluster=arguments.cluster)


def _bench(arguments: argparse.Namespace) -> None:
    if arguments.page:
        from playground import bench_page

        return bench_page.report(arguments.device)
    if arguments.visitors:
        from playground import bench_visitors

        return bench_visitors.report()
    if arguments.batched:
        from playground import bench_batched

        return bench_batched.report(arguments.device, arguments.rounds)
    from playground.bench import report

    return report(arguments.device, arguments.rounds, arguments.threads)


def _train(arguments: argparse.Namespace) -> None:
    if arguments.cluster is None:
        return training.train(arguments)
    from playground.hosts import far_training  # here: it needs torch
    from playground.training.options import settings_from

    return far_training.command(settings_from(arguments), arguments.cluster)


def _score(arguments: argparse.Namespace) -> None:
    from playground import scores

    scores.report(
        arguments.data,
        arguments.names,
        arguments.count,
        arguments.seed,
        inception=arguments.inception,
        write=arguments.write,
    )
    if arguments.reference:
        scores.reference(arguments.data)


def _push(arguments: argparse.Namespace) -> None:
    from playground.checkpoints import push

    print(push(arguments.folder, arguments.repo, private=arguments.private, name=arguments.name))


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="playground", description="Watch generative models learn.")
    commands = top.add_subparsers(required=True, metavar="command")
    app = commands.add_parser("app", help="serve the page")
    app.add_argument("--port", type=int, help="default: GRADIO_SERVER_PORT, else 7860")
    app.add_argument(
        "--workers",
        type=int,
        help="worker processes for sessions; default: PLAYGROUND_WORKERS, else none (on a cluster all CPUs)",
    )
    app.add_argument(
        "--cluster", help="address of a Ray cluster for the sessions, or local; default: PLAYGROUND_CLUSTER"
    )
    app.set_defaults(run=_app)
    bench = commands.add_parser("bench", help="iterations per second beside a plain loop")
    bench.add_argument(
        "--page", action="store_true", help="instead: frames per second of the page, in Chromium"
    )
    bench.add_argument(
        "--batched", action="store_true", help="instead: many models at once, beside as many single runs"
    )
    bench.add_argument("--visitors", action="store_true", help="instead: megabytes that a visitor costs")
    bench.add_argument("--rounds", type=int, default=5, help="turns that each contestant gets")
    bench.add_argument("--threads", type=int, default=1, help="CPU threads of every contestant")
    bench.set_defaults(run=_bench)
    train = commands.add_parser("train", help="train a face model")
    training.add_arguments(train)
    train.add_argument("--cluster", help="train on a Ray cluster: HOST:PORT, auto, or local")
    train.set_defaults(run=_train)
    experiment = commands.add_parser("experiment", help="train many small models together, and score them")
    experiments.add_arguments(experiment)
    experiment.set_defaults(run=experiments.command)
    score = commands.add_parser("score", help="score face models against faces they never saw")
    score.add_argument("names", nargs="*", help="default: every bundled model")
    score.add_argument("--data", required=True, help="folder of faces, or user/name of a Hub data set")
    score.add_argument("--count", type=int, default=2000, help="faces of each set")
    score.add_argument("--seed", type=int, default=0, help="of the faces that are drawn")
    score.add_argument("--inception", action="store_true", help="also in Inception's features")
    score.add_argument("--write", action="store_true", help="keep the scores beside the models")
    score.add_argument(
        "--reference", action="store_true", help="also write what the page knows of the real faces"
    )
    score.set_defaults(run=_score)
    push = commands.add_parser("push", help="publish a run, or a model's folder, on the Hub")
    push.add_argument("folder", help="of a run, or of a model")
    push.add_argument("--repo", required=True, help="user/name; the token is HF_TOKEN or the client's login")
    push.add_argument("--private", action="store_true", help="only you can see it")
    push.add_argument("--name", help="another name for the model")
    push.set_defaults(run=_push)
    for command in (app, bench):
        command.add_argument("--device", help="auto, cuda, mps or cpu; default: PLAYGROUND_DEVICE, else auto")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    arguments = parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
