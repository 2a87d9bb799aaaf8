"""The languages of the page: which one a visitor reads, and how the page's words reach the browser.

The browser's own language decides, `?lang=` in the address and the menu in the page's head overrule it.
Gradio's frontend translates labels, infos and values by `i18n` below, but it only ever asks
`navigator.language`, knows no `zh-HK`, and leaves choices and pieces of HTML as they are: a short script that
runs before it (`FirstScript`) does these three things. Words that the server composes are translated where
they are made, for `language_of(request)`. Knows no run; the words are `translations`'.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.translations import CATALOGUE, COLUMNS, translate
from playground.translations.exchange import exchange
from playground.ui.visitor import Gone
from playground.words import DEFAULT_LANGUAGE, LANGUAGES, closest_language

NAME = "lang"  # of the query's parameter, of the cookie, and of the entry in the browser's storage
PIECE = "|"  # before a choice or a piece of HTML among the words: no value of a component begins so
TEXTS = ("label", "info", "placeholder")  # that Gradio translates wherever they stand
SPOKEN = ("button", "uploadbutton", "markdown")  # components whose value is text for the visitor
SPOKEN_ATTRIBUTES = ("title", "aria-label", "alt", "placeholder")
WHOLE = "data-words"  # an element of HTML that is translated as one, with its inner tags
SCRIPT = Path(__file__).parent / "static" / "first.js"


def language_of(request: Any) -> str:
    """One of `LANGUAGES`: what the address or the page's own choice says, else the browser's wish.

    `request` is a `gr.Request`; the cookie is written by the page before it asks for anything.
    """
    for source in ("query_params", "cookies"):
        wanted = (getattr(request, source, None) or {}).get(NAME)
        if wanted in LANGUAGES:
            return str(wanted)
    return closest_language((getattr(request, "headers", None) or {}).get("accept-language", ""))


def language_now() -> str:
    """The language of whoever is being answered; English where nobody asked."""
    request = LocalContext.request.get(None)
    return DEFAULT_LANGUAGE if request is None else language_of(request)


def said(text: str, /, **values: Any) -> str:
    """`text` in the language of whoever is being answered; see `translate`."""
    return translate(text, language_now(), **values)


def menu() -> gr.HTML:
    """The menu of languages, at the right of the page's head; into the current page."""
    options = "".join(f'<option value="{code}">{name}</option>' for code, name in LANGUAGES.items())
    return gr.HTML(
        f'<select aria-label="Language" title="Language" data-languages>{options}</select>',
        js_on_load=MENU_JS,
        apply_default_css=False,
        elem_id="language",
    )


MENU_JS = """
const menu = element.querySelector('[data-languages]');
const { code = 'en', choose = () => {} } = window.__language || {};
menu.value = code;
menu.addEventListener('change', () => choose(menu.value));
"""


def refusal(error: Exception) -> Any:
    """The sentence of a refusal, for an error line of the page."""
    words, mark = html.escape(reason(error)), " data-gone" if isinstance(error, Gone) else ""
    return gr.update(value=f'<p class="visitor-error" role="alert"{mark}>{words}</p>', visible=True)


def news(words: str, language: str) -> Any:
    """Words that are no refusal, for an error line of the page; None where there are none."""
    if not words:
        return None
    told = html.escape(translate(words, language))
    return gr.update(value=f'<p class="visitor-error" role="status">{told}</p>', visible=True)


def reason(error: Exception) -> str:
    """The sentence of a refusal for whoever is being answered."""
    return said(error.args[0] if error.args and isinstance(error.args[0], str) else str(error))


# -- the words of the components


def i18n(demo: gr.Blocks) -> gr.I18n:
    """For `launch(i18n=...)`: all words of the components in Chinese; pieces are marked by `PIECE`.

    Marks the texts of the components as Gradio wants them, so that they are built in plain English.
    """
    config = demo.get_config_file()
    components, names = config["components"], [page[1] for page in config["pages"]]
    words, pieces = set(words_of(components)), {*pieces_of(components), *names}
    translations = gr.I18n(
        **{
            language: {str(word): translate(word, language) for word in words if known(word)}
            | {
                PIECE + piece: exchange(piece, language)
                for piece in pieces
                if exchange(piece, language) != piece
            }
            for language in COLUMNS
        }
    )
    for block in demo.blocks.values():
        for name in _speaking(block.get_block_name()):
            text = getattr(block, name, None)
            if isinstance(text, str) and known(text):
                setattr(block, name, translations(str(text)))
    return translations


def known(text: str) -> bool:
    """Whether the catalogue has a text, or what it was made of."""
    return getattr(text, "template", text) in CATALOGUE


def words_of(components: Any) -> Iterator[str]:
    """Every whole text of the built components: labels, infos, values that are words."""
    for component in components:
        found = (component["props"].get(name) for name in _speaking(component["type"]))
        yield from (text for text in found if isinstance(text, str) and text)


def _speaking(kind: str) -> tuple[str, ...]:
    """The properties of a kind of component that are text for the visitor."""
    return (*TEXTS, "value") if kind in SPOKEN else TEXTS


def pieces_of(components: Any) -> Iterator[str]:
    """Every choice, and every piece of text in HTML."""
    for component in components:
        props = component["props"]
        for choice in props.get("choices") or ():
            yield str(choice[0])
        if isinstance(props.get("main_page_name"), str):
            yield props["main_page_name"]
        if component["type"] == "html":
            for part in (props.get("value"), props.get("html_template")):
                if isinstance(part, str):
                    yield from html_pieces(part)


def html_pieces(markup: str) -> list[str]:
    """The pieces of text in HTML as the first script reads them: of elements, and of some attributes."""
    reader = _Pieces()
    reader.feed(markup)
    reader.close()
    return [piece for piece in (" ".join(found.split()) for found in reader.found) if piece]


class _Pieces(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._whole: list[str] = []  # tag of the element that is read as one, and its inside
        self._mute = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.found += [values[name] or "" for name in SPOKEN_ATTRIBUTES if name in values]
        if self._whole:
            self._whole.append(self.get_starttag_text() or "")
        elif WHOLE in values:
            self._whole = [tag, ""]
        self._mute += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._mute -= tag in ("style", "script")
        if self._whole and tag == self._whole[0]:
            self.found.append("".join(self._whole[1:]))
            self._whole = []
        elif self._whole:
            self._whole.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._whole:
            self._whole.append(data)
        elif not self._mute:
            self.found.append(data)


# -- the script before all others


@cache
def first_script() -> str:
    """The script as a piece of the page's head; see static/first.js."""
    settings = {"languages": list(LANGUAGES), "name": NAME, "piece": PIECE, "whole": WHOLE,
                "attributes": SPOKEN_ATTRIBUTES}  # fmt: skip
    return f"<script>({SCRIPT.read_text('utf-8').strip()})({json.dumps(settings)})</script>"


class FirstScript:
    """ASGI middleware that puts the script at the end of a page's head, where Gradio has nothing for it.

    What `launch(head=...)` takes is put there by Gradio's own script, and by then the words are chosen.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on; of HTML answers, the body is held until it is whole."""
        held: list[Message] = []

        async def passing(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_html(message):
                held.append(message)
            elif held and message["type"] == "http.response.body":
                held.append(message)
                if not message.get("more_body"):
                    for each in _with_script(held):
                        await send(each)
                    held.clear()
            else:
                await send(message)

        await self.app(scope, receive, passing if scope["type"] == "http" else send)


def _is_html(start: Message) -> bool:
    return any(k.lower() == b"content-type" and v.startswith(b"text/html") for k, v in start["headers"])


def _with_script(held: list[Message]) -> list[Message]:
    start, *parts = held
    body = b"".join(part.get("body", b"") for part in parts)
    body = body.replace(b"</head>", first_script().encode() + b"</head>", 1)
    headers = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length" or not body]
    if body:
        headers.append((b"content-length", str(len(body)).encode()))
    return [{**start, "headers": headers}, {"type": "http.response.body", "body": body}]
