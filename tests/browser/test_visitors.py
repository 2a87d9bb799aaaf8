"""Several visitors of one server: none sees another's run, and a page that is gone costs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sessions import session_of

Visit = Callable[..., Any]


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether something comes true within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def test_two_visitors_never_see_each_others_run(visit: Visit) -> None:
    one, two = visit(), visit("target=ring8&seed=3")
    start = two.picture()
    one.press("step", times=3)
    assert (one.iteration, two.iteration) == (3, 0)
    assert two.picture() == start
    two.press("step")
    assert (one.iteration, two.iteration) == (3, 1)
    assert one.name != two.name


def test_both_play_at_once(visit: Visit) -> None:
    pages = [visit(), visit("target=ring8")]
    for lab in pages:
        lab.page.click("#play")
    for lab in pages:
        lab.until("window.__lab.iteration > 60")
    for lab in pages:
        lab.page.click("#play")
        lab.settle()


def test_a_closed_tab_releases_its_session_within_a_second(visit: Visit, served: Any) -> None:
    lab, hub = visit(), served[1]
    lab.page.click("#play")
    lab.until("window.__lab.iteration > 20")
    name, session = lab.name, session_of(hub.find(lab.name))
    lab.page.close()
    assert wait_until(lambda: name not in hub._visitors, 1.0)
    assert hub.knows(name)  # as plain data: the same browser may come back
    stood = session.iteration
    assert not wait_until(lambda: session.iteration > stood + 100, 0.5)


def test_a_page_that_no_longer_answers_makes_no_more_work(visit: Visit, served: Any) -> None:
    lab, hub = visit(), served[1]
    lab.page.click("#play")
    lab.until("window.__lab.iteration > 20")
    session = session_of(hub.find(lab.name))
    lab.page.context.set_offline(True)  # the cable is pulled: no goodbye, no acknowledged frames
    wait_until(lambda: False, 1.0)
    stood = session.iteration
    wait_until(lambda: False, 0.5)
    assert session.iteration == stood


def test_a_forged_acknowledgement_does_no_harm(visit: Visit, served: Any) -> None:
    lab, hub = visit(), served[1]
    for painted in (None, 7, {}, {"session": lab.name, "frame": 10**9}, {"session": 5, "frame": "x"}):
        values = painted if isinstance(painted, dict) else {}
        hub.acknowledge(values.get("session"), values.get("frame"))
    lab.press("step")
    assert lab.iteration == 1


def test_a_link_with_many_clicks_leaves_others_their_frames(visit: Visit) -> None:
    other = visit()
    long = visit("generator_width=128&discriminator_width=128&clicks=s1500")
    before = long.iteration
    other.press("step", times=3)
    assert other.iteration == 3
    long.until("window.__lab.iteration === 1500", timeout_ms=60_000)
    assert before < 1500
