"""The texts of the screens in the language of whoever looks: English in the code, others in languages/*.po.

A page's text is looked up as it is. A sentence that the station says itself (an advice, a fault) is kept in English by
the records, and has numbers and names in it: it is taken apart by the patterns of sentences.py and put together anew.
Whatever no catalogue knows stays English: a sentence that is not understood is better than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from station.web.sentences import AT_A_PAGE, SENTENCES

FOLDER = Path(__file__).parent / "languages"
COOKIE = "language"
LANGUAGES: Mapping[str, str] = {"en": "English", "ms": "Bahasa Melayu"}  # each by its own name
HOLE = re.compile(r"\{(\w+)\}")

_current: ContextVar[str] = ContextVar("language", default="en")


def current() -> str:
    """The language that is spoken now."""
    return _current.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language meanwhile, in this thread or task."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def text(english: str) -> str:
    """A text of a page."""
    return _catalogue(_current.get()).gettext(english)


def texts(one: str, many: str, count: int) -> str:
    """A text of a page that counts something."""
    return _catalogue(_current.get()).ngettext(one, many, count)


def said(sentences: str) -> str:
    """What the station says itself, one sentence or several; where it names a command, what to do on a page instead."""
    return _said(_current.get(), sentences)


def preferred(headers: Headers, chosen: str) -> str:
    """The language that was chosen, else the first that the browser asks for and the screens speak, else English."""
    if chosen in LANGUAGES:
        return chosen
    for wish in headers.get("accept-language", "")[:200].lower().split(","):
        language = wish.split(";")[0].strip().split("-")[0]
        if language in LANGUAGES:
            return language
    return "en"


class Speaking:
    """Every request is answered in the language of who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        from station.web.auth import cookie_of

        headers = Headers(scope=scope)
        with speaking(preferred(headers, cookie_of(headers, COOKIE))):
            await self._app(scope, receive, send)


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    """Compiled when it is first spoken: there is no build."""
    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=512)
def _said(language: str, sentences: str) -> str:
    if language == "en" and "`" not in sentences:  # as it is, then: a command stands in such quotes
        return sentences
    told = []
    for english, words in _taken_apart(sentences):
        spoken = {name: _said(language, word) for name, word in words.items()}
        told.append(_filled(_catalogue(language).gettext(AT_A_PAGE.get(english, english)), spoken))
    return " ".join(told)


def _filled(sentence: str, words: Mapping[str, str]) -> str:
    return HOLE.sub(lambda hole: words.get(hole[1], hole[0]), sentence)


def understood(sentences: str) -> bool:
    """Whether every sentence of these is one of those that the catalogues know."""
    return all(english in SENTENCES for english, _ in _taken_apart(sentences))


def _taken_apart(sentences: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each sentence as the catalogues know it, and what is in its holes; from where none fits, the rest as it is."""
    at = 0
    while at < len(sentences):
        found = next((match for match in (each.match(sentences, at) for each in _patterns()) if match), None)
        if found is None:
            yield sentences[at:], {}
            return
        yield _patterns()[found.re], found.groupdict()
        at = found.end()


@lru_cache
def _patterns() -> dict[re.Pattern[str], str]:
    """Each sentence as an expression that takes it apart; the most particular, of the most letters, first."""
    ordered = sorted(SENTENCES, key=lambda english: -len(HOLE.sub("", english)))
    return {_pattern(english): english for english in ordered}


def _pattern(english: str) -> re.Pattern[str]:
    pieces = HOLE.split(english)
    # a hole takes in no end of a sentence, or two sentences that begin alike would be taken for one; the last hole may
    # hold several sentences
    last = len(pieces) - 2
    holes = [r".+?" if number == last else r"(?:(?!\. [A-Z0-9]).)+?" for number in range(len(pieces))]
    text = "".join(
        f"(?P<{piece}>{holes[number]})" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)
    )
    return re.compile(rf"{text}(?: +|$)", re.DOTALL)
