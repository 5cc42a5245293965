"""Certificates for the page: the last few are kept, so that page, PDF and JSON are one and the same."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import segno

from station.certificate import ABOUT, Told, certificate
from station.certificate_page import pdf, qr_text
from station.log import queries
from station.types import Clock
from station.web.asked import LONGEST, TOO_LONG
from station.web.sentences import N_

KEPT = 8
KINDS: Mapping[str, str] = {"pdf": "application/pdf", "json": "application/json"}
NAMES: Mapping[str, str] = {
    "work_order": N_("Work order"),
    "lot": N_("Lot"),
    "serial": N_("Serial"),
    "record": N_("Record"),
}
NO_ABOUT = N_("A certificate is about a work order, a lot, a serial or a record; take one, and say which.")


class Certificates:
    """Made of the log of a data folder."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self._data, self._clock = data, clock
        self._kept: OrderedDict[str, Told] = OrderedDict()
        self._turn = threading.Lock()

    def make(self, about: str, value: str) -> Told:
        """Made anew. Raises ValueError, a sentence, for what there is none of, and LogError."""
        value = value.strip()
        if about not in ABOUT or not value:
            raise ValueError(NO_ABOUT)
        if len(value) > LONGEST:
            raise ValueError(TOO_LONG)
        with queries.reading(self._data) as rows:
            told = certificate(rows, self._data, {about: value}, self._clock.now())
        with self._turn:
            self._kept[told["signature"][:32]] = told
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return told

    def kept(self, about: str, value: str, mark: str) -> Told:
        """The one that a page has shown, by the first 32 signs of its signature; else a new one."""
        with self._turn:
            told = self._kept.get(mark)
        return told if told is not None and told["about"] == {about: value.strip()} else self.make(about, value)


def file(told: Told, kind: str) -> bytes:
    """One of KINDS."""
    return pdf(told) if kind == "pdf" else json.dumps(told, ensure_ascii=False, indent=1).encode()


def file_name(told: Told, kind: str) -> str:
    """What a browser keeps it under; letters that no file system minds."""
    [(name, value)] = told["about"].items()
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in value)[:60]
    return f"certificate-{name.replace('_', '-')}-{safe}.{kind}"


def code(told: Told) -> str:
    """The QR code, as SVG that stands in a page."""
    return segno.make(qr_text(told), error="m").svg_inline(scale=3, border=2, light="#fff", dark="#000")
