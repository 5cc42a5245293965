"""What somebody should see to, as the log tells it: since when, whether it is over, and who has taken note. Pure.

An alert begins with an event and ends with another, and stays until somebody has acknowledged it by name, also where
it is over by then (as ISA-18.2 has it). One that goes on is one alert, however often the log tells of it, and so is one
that comes and goes within a week; what happens again after somebody took note of it is a new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from station.log.record import Row, from_row, happened_at, time_text

ACKNOWLEDGED = "alert_acknowledged"  # kind of the event; `alert` among its details is the event that began the alert
ALERT = "alert"  # kind of the event by which the station itself says that something begins or ends
CODES = {"camera": "camera", "light": "light", "line": "line", "log": "database"}  # of a fault
NO_ROOM = "There is no room"  # how a fault of the log begins that is one of the disk
LASTING = ("log_changed", "log_begun_anew", "store_put_back", "leap")  # over when somebody has taken note
KINDS = (
    *("verification", "drift", "drift_warning", "drift_warning_over", "fault", "start", "calibration"),
    *(ALERT, ACKNOWLEDGED, *LASTING[:3]),
)
LOOKED_AT = 300  # newest events of each kind
REMEMBERED = timedelta(days=7)  # what is over is shown so long, where nobody has taken note
# what to do about each; where its own message says so already, this says who
MENDS = {
    "verification": "Set aside what passed since the last verification, and look at order, bundle and parts.",
    "rejects": "Look at order, box and stage, then verify again.",
    "drift": "Call the technician: look at lamp and lens, then calibrate or verify again.",
    "disk": "Make room on the disk, or set a shorter retention.",
    "clock": "See that the computer reaches its time server: timedatectl status.",
    "database": "Verify the log, and keep a backup before anything else is done.",
    "camera": "Look at the camera and its cable.",
    "light": "Look at the lamp.",
    "line": "Look at the line and its cable.",
    "station": "Call the technician; the journal tells more.",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One of them.

    kind      a key of MENDS
    event     the sequence of the event that began it; 0: the log cannot tell of it yet
    since     UTC, as text; empty where nobody knows
    until     when it was over; None while it lasts
    message   of the newest event that told of it
    by, at    who took note, and when; empty where nobody has
    """

    kind: str
    event: int
    since: str
    message: str
    until: str | None = None
    by: str = ""
    at: str = ""
    about: str = ""

    @property
    def mend(self) -> str:
        """What to do about it."""
        return MENDS[self.kind]

    @property
    def is_open(self) -> bool:
        """Whether nobody has taken note of it yet."""
        return not self.by

    @property
    def stands(self) -> bool:
        """Whether it belongs on a list of what is to be done: it lasts, or nobody has taken note of it."""
        return self.until is None or self.is_open


def standing(connection: sqlite3.Connection, now: datetime) -> list[Alert]:
    """What lasts, or was over within the last week without that anybody took note, newest first."""
    oldest = time_text(now - REMEMBERED)
    return [each for each in alerts(connection) if each.stands and (each.until is None or each.until >= oldest)]


def alerts(connection: sqlite3.Connection) -> list[Alert]:
    """All that the newest events of each kind tell, newest first. Costs the same however much the log holds."""
    found: dict[int, Alert] = {}
    for event in _events(connection, KINDS):
        if event["kind"] == ACKNOWLEDGED:
            _acknowledge(found, event)
            continue
        for number, alert in found.items():
            if alert.until is None and _ends(alert, event):
                found[number] = replace(alert, until=event["at"])
        if begun := _begun(event):
            _begin(found, begun)
    return sorted(found.values(), key=lambda alert: -alert.event)


def _begin(found: dict[int, Alert], begun: Alert) -> None:
    """A new alert, or one more word about one that lasts."""
    same = [each for each in found.values() if (each.kind, each.about) == (begun.kind, begun.about)]
    for lasting in [each for each in same if each.until is None or _is_back(each, each.until, begun.since)]:
        if lasting.is_open:
            found[lasting.event] = replace(lasting, message=begun.message, until=None)
            return
        found[lasting.event] = replace(lasting, until=begun.since)
    found[begun.event] = begun


def _is_back(alert: Alert, over: str, again: str) -> bool:
    return alert.is_open and datetime.fromisoformat(again) - datetime.fromisoformat(over) < REMEMBERED


def _acknowledge(found: dict[int, Alert], event: Row) -> None:
    alert = found.get(event["details"].get("alert"))
    if alert is not None and alert.is_open:
        over = event["at"] if alert.about in LASTING else alert.until
        found[alert.event] = replace(alert, by=event["operator"], at=event["at"], until=over)


def _begun(event: Row) -> Alert | None:
    kind, about = _named(event)
    return Alert(kind, event["sequence"], happened_at(event), event["message"], about=about) if kind else None


def _named(event: Row) -> tuple[str, str]:
    """Kind and matter of the alert that an event begins; an empty kind where it begins none."""
    details = event["details"]
    measure = str(details.get("measure", ""))
    match event["kind"]:
        case "verification" if details.get("result") == "failed":
            return "verification", ""
        case "drift":
            return ("rejects" if measure.startswith("rate of") else "drift"), measure
        case "drift_warning":
            return "drift", f"near {measure}"
        case "fault":
            is_disk = event["message"].startswith(NO_ROOM)
            return ("disk" if is_disk else CODES.get(str(details.get("code")), "station")), "fault"
        case "alert" if details.get("result") == "begun" and details.get("alert") in MENDS:
            return str(details["alert"]), str(details.get("about", ""))
        case kind if kind in LASTING:
            return "database", kind
    return "", ""


def _ends(alert: Alert, event: Row) -> bool:
    """Whether an event tells that an alert is over."""
    kind, details = event["kind"], event["details"]
    if alert.about == "fault":
        return bool(kind == "start")
    if alert.about.startswith("near "):
        is_away = kind == "drift_warning_over" and alert.about == f"near {details.get('measure', '')}"
        return bool(kind == "calibration" or is_away)
    if alert.kind in ("verification", "rejects", "drift"):
        return bool(kind == "verification" and details.get("result") == "verified")
    is_same = (details.get("alert"), details.get("about", "")) == (alert.kind, alert.about)
    return bool(kind == ALERT and details.get("result") == "ended" and is_same)


def _events(connection: sqlite3.Connection, kinds: Sequence[str]) -> list[Row]:
    """The newest of each kind, oldest first, each found by the index of its kind."""
    one = (
        "SELECT sequence FROM (SELECT sequence FROM events INDEXED BY events_by_kind WHERE kind = ? "
        "ORDER BY sequence DESC LIMIT ?)"
    )
    newest = " UNION ALL ".join([one] * len(kinds))
    values = [value for kind in kinds for value in (kind, LOOKED_AT)]
    sql = f"SELECT * FROM events WHERE sequence IN ({newest}) ORDER BY sequence"  # noqa: S608 - no value in it
    return [from_row(row) for row in connection.execute(sql, values)]
