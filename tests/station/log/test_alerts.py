"""Alerts: each begins and ends with what the log tells, and stays until somebody has taken note of it by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.desk import Desk
from station.errors import AccountError
from station.log import alerts, queries
from station.log.alerts import Alert
from station.log.store import TraceabilityLog
from tests.station.log.samples import StoppedClock

FAILED = ("verification", {"result": "failed"})
VERIFIED = ("verification", {"result": "verified"})
BEGIN_AND_END = {
    "verification": (FAILED, VERIFIED),
    "rejects": (("drift", {"measure": "rate of REJECT"}), VERIFIED),
    "drift": (("drift", {"measure": "light"}), VERIFIED),
    "near": (("drift_warning", {"measure": "focus"}), ("calibration", {})),
    "near, and away": (("drift_warning", {"measure": "focus"}), ("drift_warning_over", {"measure": "focus"})),
    "camera": (("fault", {"code": "camera"}), ("start", {})),
    "database": (("fault", {"code": "log"}), ("start", {})),
    "disk": (("alert", {"alert": "disk", "result": "begun"}), ("alert", {"alert": "disk", "result": "ended"})),
    "clock": (("alert", {"alert": "clock", "result": "begun"}), ("alert", {"alert": "clock", "result": "ended"})),
}


class Told:
    """A log that tells what a test says, and the alerts that come of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, StoppedClock()
        self.log = TraceabilityLog(folder, self.clock)

    def tell(self, kind: str, details: dict[str, Any], message: str = "It was so") -> None:
        self.clock.at += timedelta(minutes=1)
        self.log.note(kind, message, **details)

    def acknowledge(self, event: int, by: str = "Eva") -> None:
        self.tell(alerts.ACKNOWLEDGED, {"alert": event, "operator": by})

    def standing(self) -> list[Alert]:
        with queries.reading(self.folder) as rows:
            return alerts.standing(rows, self.clock.at)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    told = Told(tmp_path)
    with closing(told.log):
        yield told


@pytest.mark.parametrize("name", BEGIN_AND_END)
def test_an_alert_lasts_from_its_begin_to_its_end_and_then_until_somebody_takes_note(told: Told, name: str) -> None:
    begin, end = BEGIN_AND_END[name]
    assert told.standing() == []
    told.tell(*begin)
    [alert] = told.standing()
    assert (alert.kind, alert.event, alert.until) == (name.partition(",")[0].replace("near", "drift"), 1, None)
    assert alert.mend
    told.tell(*end)
    [over] = told.standing()
    assert (over.until is not None, over.is_open) == (True, True)
    told.acknowledge(alert.event)
    assert told.standing() == []


@pytest.mark.parametrize("name", BEGIN_AND_END)
def test_what_somebody_took_note_of_stays_on_the_list_as_long_as_it_lasts(told: Told, name: str) -> None:
    begin, end = BEGIN_AND_END[name]
    told.tell(*begin)
    told.acknowledge(1)
    [alert] = told.standing()
    assert (alert.by, alert.is_open) == ("Eva", False)
    told.tell(*end)
    assert told.standing() == []


def test_what_goes_on_is_one_alert_and_what_happens_again_after_somebody_took_note_is_a_new_one(told: Told) -> None:
    for _ in range(3):
        told.tell(*FAILED)
    assert [alert.event for alert in told.standing()] == [1]
    told.acknowledge(1)
    told.tell(*FAILED)
    assert [alert.event for alert in told.standing()] == [5]


@pytest.mark.parametrize("name", BEGIN_AND_END)
def test_what_comes_and_goes_is_one_alert_until_somebody_takes_note(told: Told, name: str) -> None:
    begin, end = BEGIN_AND_END[name]
    for _ in range(3):
        told.tell(*begin)
        told.tell(*end)
    [alert] = told.standing()
    assert (alert.event, alert.until is None) == (1, False)
    told.tell(*begin)
    assert [(alert.event, alert.until) for alert in told.standing()] == [(1, None)]


def test_what_comes_back_after_weeks_is_a_new_alert(told: Told) -> None:
    told.tell("fault", {"code": "camera"})
    told.tell("start", {})
    told.clock.at += timedelta(days=8)
    told.tell("fault", {"code": "camera"})
    assert [alert.event for alert in told.standing()] == [3]


def test_a_changed_log_and_a_clock_that_leapt_last_until_somebody_takes_note(told: Told) -> None:
    told.tell("log_changed", {})
    told.tell("alert", {"alert": "clock", "about": "leap", "result": "begun"})
    told.tell("start", {})
    told.tell(*VERIFIED)
    assert [(alert.kind, alert.until) for alert in told.standing()] == [("clock", None), ("database", None)]
    for alert in told.standing():
        told.acknowledge(alert.event)
    assert told.standing() == []


def test_a_full_disk_is_not_called_a_fault_of_the_database(told: Told) -> None:
    told.tell("fault", {"code": "log"}, "There is no room for the log in D: make room on its disk.")
    assert [alert.kind for alert in told.standing()] == ["disk"]


def test_what_was_over_long_ago_is_left_to_the_log(told: Told) -> None:
    told.tell(*FAILED)
    told.tell(*VERIFIED)
    told.clock.at += alerts.REMEMBERED + timedelta(minutes=2)
    assert told.standing() == []


def test_taking_note_is_an_act_with_a_name_that_is_recorded_once(told: Told) -> None:
    told.tell(*FAILED)
    told.log.close()
    desk = Desk(told.folder, told.clock)
    with pytest.raises(AccountError, match="by name"):
        desk.acknowledge(1, " ")
    with pytest.raises(AccountError, match="no alert 7"):
        desk.acknowledge(7, "Eva")
    assert desk.recorded(desk.acknowledge(1, "Eva", "set aside")) == 2
    with pytest.raises(AccountError, match="Eva has taken note"):
        desk.acknowledge(1, "Tan")
    with queries.reading(told.folder) as rows:
        [event] = queries.events(rows, kinds=[alerts.ACKNOWLEDGED])
    assert (event["operator"], event["details"]["reason"]) == ("Eva", "set aside")


def test_ten_thousand_events_cost_no_more_than_the_newest_of_each_kind(told: Told) -> None:
    told.tell(*FAILED)
    with queries.reading(told.folder) as rows:
        seen: list[str] = []
        rows.set_trace_callback(seen.append)
        alerts.alerts(rows)
        [plan] = {each for each in seen if "UNION" in each}
        steps = [step[3] for step in rows.execute(f"EXPLAIN QUERY PLAN {plan}")]
    assert not [step for step in steps if step.startswith("SCAN events")]
