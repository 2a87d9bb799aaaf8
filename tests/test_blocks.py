"""What Gradio makes of an answer, and what these blocks make of it: the same, without work for nothing."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

import own_loop
from playground.ui.blocks import GuardedBlocks


class Page:
    """A text, a menu and a button, which one event answers."""

    def __init__(self) -> None:
        with GuardedBlocks() as self.demo:
            self.text, self.menu = gr.Textbox(), gr.Dropdown(["a", "b"])
            self.button, self.kept = gr.Button("press"), gr.State(1)
            self.outputs = [self.text, self.menu, self.button, self.kept]
            self.button.click(lambda: None, None, self.outputs)
        self.event = next(event for event in self.demo.fns.values() if event.outputs)

    def answer(self, kind: type[gr.Blocks], told: Any) -> tuple[list[Any], SessionState]:
        state = SessionState(self.demo)
        return own_loop.run(kind.postprocess_data(self.demo, self.event, told, state)), state


def _dictionary(page: Page) -> Any:
    return {page.menu: gr.update(choices=["c"], value="c"), page.text: "words"}


ANSWERS = {
    "nothing": lambda page: gr.skip(),
    "one value": lambda page: {page.text: "words"},
    "one update": lambda page: {page.button: gr.update(visible=False)},
    "a dictionary": _dictionary,
    "a list": lambda page: ["words", gr.skip(), gr.update(value="pressed"), 2],
    "the end of a stream": lambda page: [gr.components._Keywords.FINISHED_ITERATING] * 4,
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_is_what_gradio_makes_of_it(kind: str) -> None:
    page = Page()
    expected, theirs = page.answer(gr.Blocks, ANSWERS[kind](page))
    found, ours = page.answer(GuardedBlocks, ANSWERS[kind](page))
    assert found == expected and len(found) == 4
    assert ours[page.kept._id] == theirs[page.kept._id]
    assert ours[page.menu._id].choices == theirs[page.menu._id].choices  # by which the next choice is judged


def test_an_empty_answer_leaves_everything_as_it_is() -> None:
    page = Page()
    found, _ = page.answer(GuardedBlocks, {})
    assert found == page.answer(gr.Blocks, gr.skip())[0]


def test_no_component_is_made_anew_for_a_frame_that_leaves_it_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Page()
    made: list[str] = []
    for kind in (gr.Textbox, gr.Dropdown, gr.Button):
        before = kind.__init__

        def counted(self: Any, *arguments: Any, _before: Any = before, **named: Any) -> None:
            made.append(type(self).__name__)
            _before(self, *arguments, **named)

        monkeypatch.setattr(kind, "__init__", counted)
    page.answer(GuardedBlocks, {page.text: "a frame"})
    assert made == []
    page.answer(GuardedBlocks, {page.button: gr.update(visible=False)})
    assert made == ["Button"]
    page.answer(gr.Blocks, {page.text: "a frame"})
    assert made == ["Button", "Dropdown", "Button"]  # what Gradio itself does with those it skips


def test_an_answer_of_the_wrong_length_is_still_an_error() -> None:
    page = Page()
    with pytest.raises(ValueError, match="didn't return enough output values"):
        page.answer(GuardedBlocks, ["words", "a"])
