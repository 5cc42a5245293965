"""What an address asks of the log → a search, a page of it, and what was wrong with it in plain sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from station.log.search import KEYS, NEWEST, Search
from station.types import Reason, Verdict
from station.web.sentences import N_

TEXTS = ("serial", "lot", "work_order", "part_number", "predicted_part_number", "operator")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "verdict": tuple(verdict.value for verdict in Verdict),
    "reason": tuple(reason.value for reason in Reason if reason.value),
}
TIMES = ("since", "until")
ASKED = (*TEXTS, *CHOICES, *TIMES, "image_sha256")
NAMES: Mapping[str, str] = {
    "serial": N_("Serial"),
    "lot": N_("Lot"),
    "work_order": N_("Work order"),
    "part_number": N_("Part number"),
    "predicted_part_number": N_("Seen as"),
    "operator": N_("Operator"),
    "verdict": N_("Verdict"),
    "reason": N_("Reason"),
    "since": N_("From"),
    "until": N_("Until"),
    "image_sha256": N_("Hash of a picture"),
}
REASONS: Mapping[str, str] = {
    "": "",
    "wrong_part": N_("wrong part"),
    "unknown_part": N_("unknown part"),
    "too_close": N_("too close"),
    "poor_picture": N_("poor picture"),
    "not_verified": N_("not verified"),
    "fault": N_("fault"),
}
LONGEST = 200  # letters of anything that is looked for
YEARS = range(2000, 3000)  # beyond them no station has a clock, and texts of times do not sort
HEX = frozenset("0123456789abcdef")

TOO_LONG = N_("What is looked for has at most 200 letters.")
NO_CHOICE = N_("There is no such verdict or reason; take one of the list.")
NO_TIME = N_("That is no time; write it like 2026-01-05 14:00.")
NO_HASH = N_("The hash of a picture has 64 signs, 0 to 9 and a to f; copy it whole.")
NO_PAGE = N_("That page does not exist; this is the first one.")
NO_RECORD = N_("There is no such record.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of a search.

    told      what was asked for, as it was written: for the form, and for the addresses of other pages
    after     the cursor of an older page, before of a newer one; None for the first
    mistakes  sentences; what was wrong is left out of the search
    """

    search: Search = field(default_factory=Search)
    told: Mapping[str, str] = field(default_factory=dict)
    after: int | None = None
    before: int | None = None
    mistakes: tuple[str, ...] = ()

    def particulars(self, path: str) -> dict[str, str]:
        """What is asked for beyond what a customer tells on the telephone; the rejects are asked for anyway."""
        told_anyway = {"serial", "lot", "work_order", *(["verdict"] if path == "/rejects" else [])}
        return {name: text for name, text in self.told.items() if name not in told_anyway}

    @property
    def certified(self) -> str:
        """The one lot, serial or work order that is asked for, and nothing else: what a certificate can be about."""
        names = list(self.told)
        return names[0] if len(names) == 1 and names[0] in KEYS else ""

    def address(self, path: str, **more: object) -> str:
        """The same search under another path, or another page of it."""
        query = urlencode({**self.told, **{name: value for name, value in more.items() if value not in (None, "")}})
        return f"{path}?{query}" if query else path


def asked(query: Mapping[str, str]) -> Asked:
    """Whatever an address says; nothing that it can say is more than a mistake."""
    told = {name: text for name in ASKED if (text := query.get(name, "").strip())}
    found: dict[str, Any] = {}
    mistakes: list[str] = []
    for name, text in told.items():
        try:
            found[name] = _value(name, text)
        except ValueError as mistake:
            mistakes.append(str(mistake))
    cursors: dict[str, Any] = {}
    for name in ("after", "before"):
        try:
            cursors[name] = cursor(query.get(name, ""))
        except ValueError as mistake:
            mistakes.append(str(mistake))
    known = {name: text for name, text in told.items() if name in found}
    return Asked(Search(**found), known, **cursors, mistakes=tuple(dict.fromkeys(mistakes)))


def cursor(text: str) -> int | None:
    """A sequence number; None for nothing. Raises ValueError, a sentence."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= NEWEST):
        raise ValueError(NO_PAGE)
    return int(text)


def record_number(text: str) -> int:
    """The sequence number of a record. Raises ValueError, a sentence."""
    try:
        number = cursor(text)
    except ValueError:
        number = None
    if number is None:
        raise ValueError(NO_RECORD)
    return number


def moment(text: str) -> datetime:
    """A time, local where it names no zone. Raises ValueError, a sentence."""
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone() if at.year in YEARS else at.replace(year=1)
    except (ValueError, OverflowError):
        raise ValueError(NO_TIME) from None
    if at.year not in YEARS:
        raise ValueError(NO_TIME)
    return at


def _value(name: str, text: str) -> object:
    if len(text) > LONGEST:
        raise ValueError(TOO_LONG)
    if name in TIMES:
        return moment(text)
    if name in CHOICES and text not in CHOICES[name]:
        raise ValueError(NO_CHOICE)
    if name == "image_sha256":
        text = text.lower()
        if len(text) != 64 or not HEX.issuperset(text):
            raise ValueError(NO_HASH)
    return text


def local(utc: str) -> str:
    """UTC text, as records keep it → local time with its zone."""
    return f"{datetime.fromisoformat(utc).astimezone():%Y-%m-%d %H:%M:%S %Z}"


def zone() -> str:
    """The zone of this computer, as it is called now."""
    return f"{datetime.now().astimezone():%Z}"
