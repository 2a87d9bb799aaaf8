"""Targets of the fuzzer: what the other pages read. Lessons, wishes for faces, languages, names, markup."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

from face_bundle import write_bundle
from fuzzing.changes import json_change
from fuzzing.target import ODD, Target, Try, json_of, refused, text_of, texts
from playground.checkpoints.ids import checked_name, checked_repo, checked_revision, is_repo
from playground.config import ConfigError
from playground.data.face_hub import fetch
from playground.lessons import lessons
from playground.lessons.lesson import MOST_PRESSES, LessonError, Room
from playground.lessons.run import LessonRun, read_presses
from playground.session.face_settings import FaceSettings
from playground.session.faces import FaceShop
from playground.translations.exchange import exchange_html
from playground.ui.faces.wish import Wish
from playground.ui.language import language_of
from playground.words import LANGUAGES, closest_language


def presses(_: Path) -> Try:
    """The first byte says which lesson."""
    known = list(lessons().values())

    def attempt(content: bytes) -> bool:
        lesson = known[(content[:1] or b"\0")[0] % len(known)]
        try:
            found = read_presses(lesson, text_of(content[1:]))
        except LessonError as error:
            return refused(error)
        assert len(found) <= MOST_PRESSES
        return True

    return attempt


def controls(_: Path) -> Try:
    """The entries of a lesson's link, read by its controls: the first byte says which lesson."""
    known = list(lessons().values())

    def attempt(content: bytes) -> bool:
        lesson = known[(content[:1] or b"\0")[0] % len(known)]
        taken = False
        for name, text in parse_qsl(text_of(content[1:]), keep_blank_values=True):
            try:
                value = lesson.control(name).parse(text)
                json.dumps(value, allow_nan=False)
                assert lesson.control(name).check(value) == value
                taken = True
            except LessonError as error:
                refused(error)
        return taken

    return attempt


def lesson(folder: Path) -> Try:
    """The link of a lesson, opened and pressed a little: the first byte says of which."""
    os.environ["PLAYGROUND_CHECKPOINTS"] = str(write_bundle(folder, reference=True))
    room, slugs = Room(FaceShop()), list(lessons())

    def attempt(content: bytes) -> bool:
        query = dict(parse_qsl(text_of(content[1:]), keep_blank_values=True))
        run = LessonRun(room)
        try:
            run.open({"lesson": slugs[(content[:1] or b"\0")[0] % len(slugs)]} | query)
            run.play(1.0, 2)
        except (LessonError, ConfigError) as error:
            return refused(error)
        finally:
            page = run.page()
            json.dumps(page, allow_nan=False)
        opened = dict(parse_qsl(run.link(), keep_blank_values=True))
        again = LessonRun(room)
        again.open(opened)
        assert again.values == run.values and again.lesson is run.lesson
        return True

    return attempt


def wish(_: Path) -> Try:
    """A wish for faces: within its bounds, or a sentence."""

    def attempt(content: bytes) -> bool:
        try:
            found = Wish.read(json_of(content), ("ae", "vae", "gan"))
        except ConfigError as error:
            return refused(error)
        assert 0.0 <= found.truncation <= 1.5 and 0 <= found.seed < 2**31
        return True

    return attempt


def face_settings(_: Path) -> Try:
    """Settings of a face training: a recipe that holds together, or a sentence."""

    def attempt(content: bytes) -> bool:
        values = json_of(content)
        names = set(FaceSettings.__dataclass_fields__) - {"recipe"}
        chosen = {k: v for k, v in values.items() if k in names} if isinstance(values, dict) else {}
        try:
            FaceSettings(**chosen).effective().check()
        except ConfigError as error:
            return refused(error)
        return True

    return attempt


def language(_: Path) -> Try:
    """What a browser says of languages: a table of query, cookies and headers, or only the header."""

    def attempt(content: bytes) -> bool:
        values = json_of(content)
        told = values if isinstance(values, dict) else {}
        request = SimpleNamespace(**{key: told.get(key) for key in ("query_params", "cookies", "headers")})
        tables = all(
            isinstance(t, dict) and all(isinstance(v, str) for v in t.values())
            for t in vars(request).values()
        )
        if tables:  # as Starlette gives them, whatever was sent
            assert language_of(request) in LANGUAGES
        assert closest_language(text_of(content)) in LANGUAGES
        return tables

    return attempt


def translated_markup(_: Path) -> Try:
    """A stranger's text in a finished picture of the Faces page, in the three languages: it stays text."""
    tags = re.compile(r"<[^>]*>?")

    def attempt(content: bytes) -> bool:
        text = html.escape(text_of(content))
        markup = f'<p title="{text}">{text}</p>'
        for code in LANGUAGES:
            found = tags.findall(exchange_html(markup, code))
            assert len(found) == 2 and found[1] == "</p>" and found[0].count('"') == 2, found
        return exchange_html(markup, "zh-TW") != markup

    return attempt


def ids(_: Path) -> Try:
    """Names of repositories, revisions, models and data sets: ids, never addresses or paths."""

    def attempt(content: bytes) -> bool:
        text = text_of(content)
        taken = False
        for check in (checked_name, checked_repo, checked_revision):
            try:
                found = check(text)
                assert found is not None and "://" not in found and ".." not in found
                assert not found.startswith(("/", ".", "-")) and found.isascii() and found.isprintable()
                taken = True
            except ConfigError as error:
                refused(error, 700)
        if not is_repo(text):
            try:
                fetch(text, "train", token=False)  # an id of its own kind: HF_HUB_OFFLINE answers for the Hub
            except ConfigError as error:
                refused(error, 700)
        return taken

    return attempt


def targets(_: Path) -> dict[str, Target]:
    """All of them."""
    known = list(lessons().values())
    names = tuple(control.name for lesson in known for control in lesson.controls)
    buttons = tuple(button.name for lesson in known for button in lesson.buttons)
    links = ("&".join(f"{c.name}={c.default}" for c in lesson.controls) for lesson in known)
    of_lessons = texts(*(chr(at) + text for at, text in enumerate(links)))
    return {
        "presses": Target(
            presses, texts("\0", "\1d*20.g", "\7step*3.paint:17"), (*buttons, "*", ":", ".", *ODD)
        ),
        "controls": Target(controls, of_lessons, (*names, "0.5,0.5", "1e400", "=", "&", "nan", *ODD)),
        "lesson": Target(
            lesson,
            (*of_lessons, *texts("\0presses=step*3", "\1presses=d*2.g&guess=x")),
            (*names, *buttons, "presses=", "lesson=", "&", "=", "*", *ODD),
        ),
        "wish": Target(
            wish,
            texts(
                "{}",
                '{"seed": 3, "faces": 8, "truncation": 0.7, "hair": "blue", "sliders": "d3:1.2,z17:-0.5"}',
                '{"model": "vae", "face": 9, "eyes": "any"}',
            ),
            ('"seed":', '"faces":', '"sliders":', '"hair":', "d1:", "z200:", "true", "1e999", *ODD),
            change=json_change,
        ),
        "face-settings": Target(
            face_settings,
            texts(
                '{"model": "gan", "objective": "hinge", "seed": 1, "learning_rate": 0.001, "batch_size": 8}',
                '{"model": "vae", "learning_rate": null}',
            ),
            ('"model":', '"seed":', '"learning_rate":', "NaN", "1e999", *ODD),
            change=json_change,
        ),
        "language": Target(
            language,
            texts(
                "zh-Hant-HK,zh;q=0.9,en;q=0.8", "en",
                '{"query_params": {"lang": "zh-TW"}, "cookies": {}, "headers": {}}',
                '{"query_params": {}, "cookies": {"lang": "x"}, "headers": {"accept-language": "zh-CN,zh"}}',
            ),
            ("zh", "-TW", ";q=", ",", "lang", "accept-language", *ODD),
            change=json_change,
        ),
        "translated-markup": Target(
            translated_markup,
            texts("Seeds 0 to 7", "Recipe tiny, 20 updates · GAN", '"a" < b & c', "&quot;x&quot;"),
            ("&quot;", "&lt;", "·", "updates", "Seeds ", "Recipe ", "iteration ", *ODD),
            most_bytes=600,
        ),
        "ids": Target(
            ids,
            texts("someone/tiny-gan", "a/b", "main", "refs/pr/1", "https://hf.co/a/b", "../a/b", "a/b.git"),
            ("/", "..", "--", "://", ".git", "@", "\\", *ODD),
            most_bytes=300,
        ),
    }  # fmt: skip
