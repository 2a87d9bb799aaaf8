"""Sessions: the same clicks give the same numbers, back and forth, alone, side by side and from a link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from playground.clicks import MAX_COUNT, ClicksError
from playground.config import ConfigError, RunConfig
from playground.session import Session, SessionError
from playground.session.keyframes import MAX_FRAMES, Keyframe, Keyframes
from playground.session.log import Log
from playground.session.moments import (
    is_moment,
    is_transport_moment,
    next_moment,
    spacing,
    widest_spacing,
)
from playground.session.sentences import sentence
from playground.snapshots import Curves, Update

SMALL = {"generator_width": 8, "discriminator_width": 8, "batch_size": 16}
BAD = {"optimizer": "sgd", "generator_learning_rate": 10.0, "discriminator_learning_rate": 10.0} | {
    "momentum": 0.99,
    "objective": "lsgan",
}  # diverges within a few dozen iterations
DIVERGES = SMALL | BAD
EVERY_MODEL = ("gan", "vae", "autoencoder", "gmm")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def begin(changes: dict[str, Any] | None = None, *, small: bool = True, **how: Any) -> Session:
    config = RunConfig(**((SMALL if small else {}) | (changes or {})))
    return Session(config, device="cpu", **how)


def arrays(session: Session) -> list[dict[str, Any]]:
    """Everything that training has changed, for each run."""
    return [run.trainer.state().arrays | run.trainer.state().counters for run in session._runs]


def same(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> bool:
    return len(a) == len(b) and all(
        x.keys() == y.keys() and all(np.array_equal(x[name], y[name]) for name in x)
        for x, y in zip(a, b, strict=True)
    )


def same_curves(a: Session, b: Session) -> bool:
    return all(
        np.array_equal(getattr(x, f.name), getattr(y, f.name), equal_nan=True)
        for x, y in zip(a.curves(), b.curves(), strict=True)
        for f in fields(Curves)
    )


def finish(session: Session) -> None:
    while session.advance(1000.0) < 1.0:
        pass


def go(session: Session, clicks: str) -> None:
    """Press the buttons one by one: "s20d3g1"."""
    act = {"s": session.step, "d": session.update_discriminator, "g": session.update_generator}
    log = Log(clicks)
    for operation, count in log.between(0, log.length):
        for _ in range(count):
            act[operation]()


# -- the same clicks, the same numbers


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_played_in_any_portions_or_stepped_the_run_and_its_curves_are_the_same(model: str) -> None:
    stepped, played, slowly = (begin({"model": model}) for _ in range(3))
    go(stepped, "s40")
    played.play(1e6, 40)
    for portion in (3, 17, 1, 19):
        slowly.play(1e6, portion)
    assert same(arrays(stepped), arrays(played)) and same(arrays(stepped), arrays(slowly))
    assert same_curves(stepped, played) and same_curves(stepped, slowly)
    assert stepped.clicks == played.clicks == slowly.clicks == "s40"


def test_the_numbers_do_not_depend_on_when_pictures_are_taken() -> None:
    watched, alone = begin(), begin()
    for _ in range(12):
        watched.step()
        watched.snapshots()
        watched.preview()
    alone.play(1e6, 12)
    assert same(arrays(watched), arrays(alone))
    assert same_curves(watched, alone)


def test_two_sessions_do_not_touch_each_other() -> None:
    alone = begin({"seed": 5})
    go(alone, "s15d2")
    mine, theirs = begin({"seed": 5}), begin({"seed": 6, "target": "ring8"})
    for _ in range(15):
        mine.step()
        theirs.play(1e6, 3)
    go(mine, "d2")
    assert same(arrays(mine), arrays(alone))


def test_play_does_one_iteration_at_least_and_stops_at_its_limit_or_its_time() -> None:
    ticks = iter(range(10**6))
    session = begin(clock=lambda: next(ticks) / 100)  # each look at the clock takes 10 ms
    assert session.play(0.0) == 1
    assert session.play(1e9, 13) == 13
    assert 1 <= session.play(200.0) <= 200


# -- back and forth


@pytest.mark.parametrize("changes", [{}, {"model": "vae"}, {"history_replay": 0.5}, {"model": "gmm"}])
def test_undo_and_the_same_click_again_is_bit_for_bit_the_same(changes: dict[str, Any]) -> None:
    session = begin(changes)
    session.play(1e6, 30)
    before = arrays(session)
    session.step()
    after = arrays(session)
    session.undo()
    assert same(arrays(session), before) and session.iteration == 30
    session.seek(31)
    assert same(arrays(session), after)
    session.undo()
    session.step()
    assert same(arrays(session), after)


def test_undo_takes_back_click_by_click_and_frame_by_frame_to_the_start() -> None:
    session = begin()
    seen = [arrays(session)]
    acts: list[Callable[[], Any]] = [
        session.step,
        session.update_discriminator,
        session.update_generator,
        lambda: session.play(1e6, 10),
        lambda: session.play(1e6, 10),
        session.step,
    ]
    for act in acts:
        act()
        seen.append(arrays(session))
    for moment in reversed(seen[:-1]):
        session.undo()
        assert same(arrays(session), moment)
    with pytest.raises(SessionError, match="Nothing to undo"):
        session.undo()


@pytest.mark.parametrize("history_bytes", [0, 40_000, 5_000_000])
def test_any_iteration_can_be_gone_to_whatever_the_history_holds(history_bytes: int) -> None:
    session = begin(history_bytes=history_bytes)
    seen = {0: arrays(session)}
    for _ in range(20):
        session.play(1e6, 7)
        seen[session.iteration] = arrays(session)
    for iteration in (70, 7, 133, 0, 140, 126):
        session.seek(iteration)
        assert session.iteration == iteration and session.last_iteration == 140
        assert same(arrays(session), seen[iteration])
    assert session.history_nbytes <= history_bytes


def test_after_going_back_another_click_forgets_what_came_later() -> None:
    session, direct = begin(), begin()
    session.play(1e6, 50)
    session.snapshots()
    session.seek(20)
    session.update_generator()
    go(direct, "s20g1")
    assert same(arrays(session), arrays(direct)) and same_curves(session, direct)
    assert (session.last_iteration, session.clicks) == (20, "s20g1")
    with pytest.raises(SessionError, match="must be 0 to 20"):
        session.seek(21)


def test_measures_of_an_undone_moment_are_not_shown_at_the_new_one() -> None:
    session, direct = begin(), begin()
    session.step()
    undone = session.snapshots()[0]
    session.undo()
    session.update_discriminator()  # the same number of clicks, another moment
    direct.update_discriminator()
    shown, expected = session.snapshots()[0], direct.snapshots()[0]
    assert shown.measures == expected.measures != undone.measures
    assert shown.d_star is not None and expected.d_star is not None
    assert np.array_equal(shown.d_star, expected.d_star, equal_nan=True)


def test_going_back_in_slices_ends_at_the_same_moment() -> None:
    session = begin(history_bytes=0)
    session.play(1e6, 60)
    session.seek(45)
    wanted = arrays(session)
    session.seek(60)
    session.aim(45)
    shares = [session.advance(0.0)]
    while shares[-1] < 1.0:
        shares.append(session.advance(0.0))
    assert shares == sorted(shares) and len(shares) > 2
    assert same(arrays(session), wanted) and not session.restoring


def test_the_history_stays_within_its_bytes_and_keeps_the_newest_moment() -> None:
    session = begin(small=False, history_bytes=1_000_000)
    for _ in range(60):
        session.play(1e6, 2)
        assert session.history_nbytes <= 1_000_000
    newest = session._keyframes.at_or_before(10**9)
    assert newest is not None and newest.position == 120


def test_a_preview_shows_d_moved_and_leaves_the_run_where_it_is() -> None:
    session = begin({"discriminator_updates": 2})
    session.play(1e6, 10)
    before = arrays(session)
    shot = session.preview()[0]
    assert (shot.update.kind, shot.iteration) == ("discriminator", 10)
    assert "D updated" in shot.sentence
    assert same(arrays(session), before)
    go(session, "d2")
    surface = session.snapshots()[0].surface
    assert surface is not None and shot.surface is not None and np.array_equal(shot.surface, surface)


# -- compare


def test_compare_runs_in_lockstep_on_the_same_target_seed_and_batches() -> None:
    session = begin({"target": "ring8", "seed": 3})
    session.compare({"objective": "lsgan"})
    go(session, "s10d2g1")
    first, second = (run.trainer for run in session._runs)
    assert first.config.seed == second.config.seed == 3
    assert (first.iteration, first.discriminator_updates, first.generator_updates) == (10, 12, 11)
    assert (second.iteration, second.discriminator_updates, second.generator_updates) == (10, 12, 11)
    for row in (0, 11):
        assert torch.equal(first.gan.real[row], second.gan.real[row])
        assert torch.equal(first.gan.latent_g[row], second.gan.latent_g[row])


def test_each_run_of_compare_is_the_run_alone() -> None:
    pair, gan, vae = begin(), begin(), begin({"model": "vae"})
    pair.compare({"model": "vae"})
    pair.play(1e6, 25)
    gan.play(1e6, 25)
    vae.play(1e6, 25)
    assert same(arrays(pair), arrays(gan) + arrays(vae))
    assert [shot.title for shot in pair.snapshots()] == ["GAN, non-saturating", "VAE"]


def test_in_compare_the_titles_name_what_sets_the_runs_apart() -> None:
    pair = Session()
    pair.compare({"packing": 4})
    assert [shot.title for shot in pair.snapshots()] == ["GAN, Packing 1", "GAN, Packing 4"]


def test_an_update_that_one_model_has_not_leaves_it_waiting_and_says_so() -> None:
    session = begin()
    session.compare({"model": "vae"})
    session.play(1e6, 5)
    waiting = arrays(session)[1]
    session.update_discriminator()
    gan, vae = session.snapshots()
    assert "D updated" in gan.sentence
    assert vae.sentence == "The VAE has no such update and waits at iteration 5."
    assert same([arrays(session)[1]], [waiting])


@pytest.mark.parametrize("name", ["target", "seed", "target_sigma"])
def test_compare_cannot_change_what_both_runs_share(name: str) -> None:
    session = begin()
    session.play(1e6, 3)
    before, stamp = arrays(session), session.stamp
    with pytest.raises(ConfigError, match=f"cannot change {name}"):
        session.compare({name: {"target": "ring8", "seed": 1, "target_sigma": 0.1}[name]})
    with pytest.raises(ConfigError, match="changes nothing"):
        session.compare({"model": "gan"})
    assert same(arrays(session), before) and session.stamp == stamp


# -- links


@pytest.mark.parametrize(
    ("changes", "other", "clicks"),
    [
        ({}, None, "s30d2g3s1"),
        ({"target": "ring8", "target_sigma": 0.05, "seed": 7}, {"model": "vae"}, "s12"),
        ({"model": "gmm", "components": 3}, None, "s4"),
        ({"objective": "wgan-gp"}, {"penalty_weight": 1.5}, "d2s6"),
        ({"target": "line", "history_replay": 0.5}, {"beta1": 0.25}, "g1s9"),
    ],
)
def test_a_link_opens_the_very_same_moment(
    changes: dict[str, Any], other: dict[str, Any] | None, clicks: str
) -> None:
    sent, opened = begin(changes), begin()
    if other:
        sent.compare(other)
    go(sent, clicks)
    opened.open_link(sent.link())
    assert opened.restoring or not clicks
    finish(opened)
    assert same(arrays(sent), arrays(opened)) and same_curves(sent, opened)
    assert (opened.config, opened.changes, opened.clicks) == (sent.config, other, clicks)
    assert opened.link() == sent.link()


def test_a_link_of_an_earlier_moment_opens_that_moment() -> None:
    sent, opened = begin(), begin()
    sent.play(1e6, 40)
    sent.seek(15)
    opened.open_link("?" + sent.link())
    finish(opened)
    assert same(arrays(sent), arrays(opened)) and opened.last_iteration == 15


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("seed=x", "seed"),
        ("nonsense=1", "nonsense"),
        ("clicks=x9", "letters s, d or g"),
        (f"clicks=s{MAX_COUNT + 1}", "20,000"),
        ("model=vae&clicks=d3", "only s is allowed"),
        ("compare=seed%3D4", "cannot change seed"),
        ("compare=" + "a" * 3000, "at most 2,048"),
    ],
)
def test_a_bad_link_is_a_sentence_and_the_run_stays(query: str, words: str) -> None:
    session = begin()
    session.play(1e6, 4)
    before, stamp = arrays(session), session.stamp
    with pytest.raises((ConfigError, ClicksError), match=words):
        session.open_link(query)
    assert same(arrays(session), before) and session.stamp == stamp


def test_a_click_while_a_link_is_still_being_replayed_loses_nothing_of_it() -> None:
    session, direct = begin(history_bytes=0), begin()
    session.open_link("&".join(f"{k}={v}" for k, v in SMALL.items()) + "&clicks=s500")
    assert session.advance(0.0) < 1.0
    with pytest.raises(SessionError, match=r"still being opened: update \d+ of 500"):
        session.update_discriminator()
    with pytest.raises(SessionError, match="still being opened"):
        session.play(1.0)
    assert session.restoring
    while session.advance(100.0) < 1.0:
        pass
    session.update_discriminator()
    go(direct, "s500d1")
    assert session.clicks == direct.clicks and not session.restoring
    assert same(arrays(session), arrays(direct))


# -- what stops


def diverged(changes: dict[str, Any] | None = None, portion: int = 1000) -> Session:
    session = begin(DIVERGES | (changes or {}))
    while not session.stopped and session.iteration < 3000:
        session.play(1e6, portion)
    assert session.stopped
    return session


def test_a_run_that_diverges_stops_at_its_last_finite_moment_and_says_so() -> None:
    session = diverged()
    shot = session.snapshots()[0]
    assert shot.diverged == shot.sentence == session.diverged != ""
    assert "diverged at iteration" in shot.sentence
    assert shot.iteration == shot.update.iteration == session.iteration == session.last_iteration
    assert all(np.isfinite(a).all() for run in arrays(session) for a in run.values())
    with pytest.raises(SessionError, match="diverged at iteration"):
        session.step()
    assert session.curves()[0].iteration[-1] == session.iteration


def test_it_diverges_at_the_same_iteration_however_it_is_played() -> None:
    at_once, in_portions = diverged(), diverged(portion=3)
    assert at_once.diverged == in_portions.diverged
    assert same(arrays(at_once), arrays(in_portions)) and same_curves(at_once, in_portions)
    assert at_once.clicks == in_portions.clicks
    opened = begin()
    opened.open_link(at_once.link())
    finish(opened)
    assert opened.diverged == at_once.diverged and opened.stopped
    assert same(arrays(opened), arrays(at_once))


def test_one_click_goes_back_to_the_last_finite_moment_and_on_from_there() -> None:
    session = diverged()
    last = session.iteration
    session.rewind()
    assert (session.iteration, session.diverged, session.last_iteration) == (last, "", last)
    assert "Rewound" in session.snapshots()[0].sentence
    with pytest.raises(SessionError, match="nothing to rewind"):
        session.rewind()
    session.undo()
    assert session.iteration < last
    session.play(1e6, 1)


def test_going_back_from_a_dead_end_never_counts_the_failed_iteration() -> None:
    session = diverged(portion=3)
    last = session.iteration
    session.seek(last)
    assert session.iteration == session.last_iteration == last and not session.diverged
    with pytest.raises(SessionError, match=f"must be 0 to {last:,}"):
        session.seek(last + 1)


def test_in_compare_the_other_run_goes_on_when_one_diverges() -> None:
    session = begin(DIVERGES)
    session.compare({"generator_learning_rate": 1e-3, "discriminator_learning_rate": 1e-3, "momentum": 0.0})
    session.play(1e6, 2000)
    first, second = session.snapshots()
    assert first.diverged and not second.diverged
    assert not session.stopped and session.diverged == first.diverged
    assert first.iteration < second.iteration == session.iteration == 2000
    session.rewind()
    assert session.iteration == first.iteration and not session.diverged
    session.seek(2000)
    assert session.snapshots()[0].diverged == first.diverged


# -- models without a discriminator


@pytest.mark.parametrize("model", EVERY_MODEL[1:])
def test_models_without_a_discriminator_refuse_single_updates_in_a_sentence(model: str) -> None:
    session = begin({"model": model})
    with pytest.raises(SessionError, match="press Step"):
        session.update_discriminator()
    with pytest.raises(SessionError, match="press Step"):
        session.update_generator()
    session.step()
    assert session.clicks == "s1" and session.iteration == 1


# -- sentences


def test_the_sentence_tells_the_facts_of_the_update() -> None:
    session = begin()
    assert "nothing is learned yet" in session.snapshots()[0].sentence
    session.update_discriminator()
    shot = session.snapshots()[0]
    trainer = session._runs[0].trainer
    real = float(trainer.discriminate(shot.real).mean())
    generated = float(shot.scores.mean())
    assert shot.sentence == (
        f"D updated: it now gives real points {real:.2f} and generated points {generated:.2f}."
    )
    session.update_generator()
    shot = session.snapshots()[0]
    assert shot.sentence == f"G updated: D now gives its points {shot.scores.mean():.2f}."
    session.play(1e6, 12)
    assert session.snapshots()[0].sentence.startswith("Iterations 1 to 12: D gives real points")
    session.step()
    assert session.snapshots()[0].sentence.startswith("Iteration 13: D gives")
    session.undo()
    assert session.snapshots()[0].sentence == "Undone: the last iterations. This is iteration 12 again."
    session.seek(5)
    assert session.snapshots()[0].sentence.startswith("This is iteration 5, as it was.")


def test_a_score_that_is_no_probability_is_not_called_one() -> None:
    update = Update("discriminator", 1, 1, 1)
    for objective in ("wgan", "wgan-gp", "began"):
        said = sentence(RunConfig(objective=objective), update, real=0.6, generated=0.4)
        assert "its scores, scaled to 0..1" in said


# -- curves


def test_moments_depend_on_position_and_length_alone_and_longer_runs_keep_a_part_of_them() -> None:
    for length in (10, 500, 5_000, 50_000):
        moments = [at for at in range(length + 1) if is_moment(at, length)]
        assert len(moments) <= 160 and moments[0] == 0
        if length > 100:
            assert max(np.diff(moments)) == widest_spacing(length)
        for a, b in pairwise(moments):
            assert next_moment(a, length) == b
        assert all(is_moment(at, length // 10) for at in moments)
        moved = {at for at in moments if is_transport_moment(at, length)}
        assert all(is_transport_moment(at, length // 10) for at in moved)
    assert spacing(1, 1) == 1


def test_curves_of_a_long_run_stay_bounded_and_equal_those_of_its_link() -> None:
    long, opened = begin(), begin()
    for _ in range(9):
        long.play(1e6, 1_000)
    opened.open_link(long.link())
    finish(opened)
    assert same_curves(long, opened)
    assert len(long.curves()[0].iteration) < 170


def test_d_star_follows_while_playing() -> None:
    session = begin({"target": "ring8"})
    layers = frozenset({"d_star"})
    first = session.snapshots(layers)[0].d_star
    session.play(1e6, 128)
    live = session.snapshots(layers, exact=False)[0].d_star
    exact = session.snapshots(layers)[0].d_star
    assert first is not None and live is not None and exact is not None
    assert not np.array_equal(first, live, equal_nan=True)
    assert np.array_equal(live, exact, equal_nan=True)  # 128 is a moment


def test_while_playing_the_newest_known_numbers_are_shown_and_none_is_lost() -> None:
    session = begin()
    session.play(1e6, 330)
    shown = session.snapshots(exact=False)[0].measures
    assert np.isfinite([shown.jsd, shown.value, shown.wasserstein, shown.wasserstein_floor]).all()


# -- the parts


def test_keyframes_are_dense_near_the_end_and_bounded_in_number() -> None:
    kept = Keyframes(10**9)
    for position in range(1, 2000):
        kept.add(Keyframe(position, (), (), (), ()))
    assert len(kept) == MAX_FRAMES
    found = [kept.at_or_before(position) for position in (1999, 1998, 1000, 500, 40)]
    gaps = [
        at - frame.position
        for at, frame in zip((1999, 1998, 1000, 500, 40), found, strict=True)
        if frame is not None
    ]
    assert len(gaps) == 5 and gaps[0] == 0 and max(gaps) <= 40


def test_a_log_finds_the_last_position_of_an_iteration() -> None:
    log = Log("s3d2s1g1")
    assert [log.position_of(i) for i in range(5)] == [0, 1, 2, 5, 7]
    assert [log.last_operation(p) for p in (0, 3, 4, 6, 7)] == ["", "s", "d", "s", "g"]
