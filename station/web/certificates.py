"""Certificates for the page: the last few are kept, so that page, PDF and JSON are one and the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import segno

from station.certificate import ABOUT, Told, named, pages
from station.certificate_page import pdf, qr_text
from station.errors import LogError
from station.log import queries
from station.types import Clock
from station.web.asked import LONGEST, TOO_LONG
from station.web.certifying import Certificate, Certifying
from station.web.making import Shelf
from station.web.sentences import N_

KEPT, AT_ONCE = 8, 4
TOO_MANY = N_("Several certificates are being made already; wait for one of them.")
KINDS: Mapping[str, str] = {"pdf": "application/pdf", "json": "application/json"}
NAMES: Mapping[str, str] = {
    "work_order": N_("Work order"),
    "lot": N_("Lot"),
    "serial": N_("Serial"),
    "record": N_("Record"),
}
NO_ABOUT = N_("A certificate is about a work order, a lot, a serial or a record; take one, and say which.")
NO_INSPECTION = N_("There is no inspection of {about}. See under Records how it is written.")


class Certificates:
    """Made of the log of a data folder."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self._data, self._clock, self._certifying = data, clock, Certifying(data)
        self._shelf = Shelf[Certificate](KEPT)

    def begin(self, about: str, value: str) -> Certificate:
        """Have one made; who asks for one that is waited for shares it. Raises ValueError, a sentence, and LogError."""
        value = value.strip()
        if about not in ABOUT or not value:
            raise ValueError(NO_ABOUT)
        if len(value) > LONGEST:
            raise ValueError(TOO_LONG)
        with queries.reading(self._data) as rows:  # told at once, and in the words of the page
            is_there = next(pages(rows, {about: value}), None) is not None
        if not is_there:
            raise ValueError(NO_INSPECTION.format(about=named({about: value})))
        with self._shelf.turn:
            kept = self._shelf.all()
            for same in kept:
                if (same.about, same.value) == (about, value) and same.is_waited_for:
                    return same
            if sum(each.is_running for each in kept) >= AT_ONCE:
                raise LogError(TOO_MANY)
            making = self._certifying.begin(about, value, self._clock.now())
            self._shelf.put(making)
        return making

    def find(self, mark: str) -> Certificate | None:
        """One of the last few."""
        return self._shelf.find(mark)

    def close(self) -> None:
        """End what runs."""
        self._certifying.close()


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
