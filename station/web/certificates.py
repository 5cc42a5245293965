"""Certificates for the page: the last few are kept, so that page, PDF and JSON are one and the same."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import segno

from station.certificate import ABOUT, Told
from station.certificate_page import pdf, qr_text
from station.errors import LogError
from station.types import Clock
from station.web.asked import LONGEST, TOO_LONG
from station.web.certifying import Certifying, Making
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


class Certificates:
    """Made of the log of a data folder."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self._clock, self._certifying = clock, Certifying(data)
        self._kept: OrderedDict[str, Making] = OrderedDict()
        self._turn = threading.Lock()

    def begin(self, about: str, value: str) -> Making:
        """Have one made; who asks for one that is waited for shares it. Raises ValueError, a sentence, and LogError."""
        value = value.strip()
        if about not in ABOUT or not value:
            raise ValueError(NO_ABOUT)
        if len(value) > LONGEST:
            raise ValueError(TOO_LONG)
        with self._turn:
            for same in self._kept.values():
                if (same.about, same.value) == (about, value) and same.is_waited_for:
                    return same
            if sum(not each.over.is_set() for each in self._kept.values()) >= AT_ONCE:
                raise LogError(TOO_MANY)
            making = self._certifying.begin(about, value, self._clock.now())
            self._kept[making.mark] = making
            for old in [each for each in self._kept.values() if each.over.is_set()][: max(0, len(self._kept) - KEPT)]:
                del self._kept[old.mark]
        return making

    def find(self, mark: str) -> Making | None:
        """One of the last few."""
        with self._turn:
            return self._kept.get(mark)

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
