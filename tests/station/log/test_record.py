"""A record years later is what was recorded: every text, every number, every time."""

from __future__ import annotations

import json
import math
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.log.migrations import migrate
from station.log.record import event_row, from_row, time_text, to_inspection, to_row, uuid7
from station.types import Inspection, Order, Reason, TriggerSource, Verdict
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged

TIMES = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def inspections(draw: st.DrawFn) -> Inspection:
    verdict = draw(st.sampled_from(Verdict))
    is_pass = verdict is Verdict.PASS
    maybe = NUMBERS if is_pass else st.none() | NUMBERS
    return Inspection(
        inspection_id=str(draw(st.uuids())),
        acquired_at=draw(TIMES),
        decided_at=draw(TIMES),
        station=draw(st.text()),
        order=Order(*(draw(st.text()) for _ in Order.__dataclass_fields__)),
        trigger=draw(st.sampled_from(TriggerSource)),
        verdict=verdict,
        reason=Reason.NONE if is_pass else draw(st.sampled_from([r for r in Reason if r is not Reason.NONE])),
        advice=draw(st.text()),
        predicted_part_number=draw(st.none() | st.text()),
        score=draw(maybe),
        distance=draw(maybe),
        model=draw(st.text()),
        recipe=draw(st.text()),
        calibration=draw(st.text()),
        verification=draw(st.text()),
        is_simulated=draw(st.booleans()),
        clock_synchronised=draw(st.booleans()),
        decision_ms=draw(NUMBERS),
        source=draw(st.text()),
        measures=draw(st.dictionaries(st.text(), NUMBERS)),
        image_sha256=draw(HASHES if is_pass else st.none() | HASHES),
        frame_sha256=draw(st.none() | HASHES),
        sequence=draw(st.integers(1, 2**63 - 1)),
    )


def recorded(inspection: Inspection) -> Inspection:
    """Through a real database and, as a supervisor's program gets it, through JSON."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(connection)
        row = to_row(inspection) | {"sequence": inspection.sequence}
        places = ", ".join(f":{column}" for column in row)
        connection.execute(f"INSERT INTO inspections ({', '.join(row)}) VALUES ({places})", row)
        connection.row_factory = sqlite3.Row
        readable = from_row(connection.execute("SELECT * FROM inspections").fetchone())
        return to_inspection(json.loads(json.dumps(readable, allow_nan=False)))
    finally:
        connection.close()


@settings(deadline=None)
@given(inspections())
def test_what_is_recorded_comes_back_the_same(inspection: Inspection) -> None:
    assert recorded(inspection) == inspection


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_kept_as_unknown_in_a_reject(value: float) -> None:
    strange = judged(
        verdict=Verdict.REJECT, reason=Reason.FAULT, score=value, distance=value, measures={"a": value}, sequence=1
    )
    back = recorded(strange)
    assert (back.score, back.distance) == (None, None)
    assert math.isnan(back.measures["a"])


@pytest.mark.parametrize(
    "change", [{"score": math.nan}, {"distance": math.inf}, {"score": None}, {"image_sha256": None}]
)
def test_no_pass_stands_without_score_distance_and_picture(change: dict[str, float | None]) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="pass_needs"):
        recorded(judged(**{"image_sha256": "0" * 64, "sequence": 1} | change))


def test_a_file_name_that_is_no_utf8_is_still_recorded() -> None:
    name = b"part-\xff.png".decode("utf-8", "surrogateescape")
    back = recorded(judged(verdict=Verdict.UNSURE, reason=Reason.TOO_CLOSE, source=name, sequence=1))
    assert back.source == r"part-\udcff.png"


@settings(deadline=None)
@given(TIMES, TIMES)
def test_times_sort_as_text(one: datetime, other: datetime) -> None:
    assert (time_text(one) < time_text(other)) == (one < other)


def test_times_are_utc_with_microseconds_whatever_the_zone() -> None:
    local = datetime(2026, 1, 5, 7, 7, 8, tzinfo=timezone(timedelta(hours=1)))
    assert time_text(local) == "2026-01-05T06:07:08.000000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        time_text(AT.replace(tzinfo=None))


@settings(deadline=None)
@given(TIMES, TIMES)
def test_identifiers_sort_by_time_to_the_microsecond(one: datetime, other: datetime) -> None:
    if one != other:
        assert (uuid7(one) < uuid7(other)) == (one < other)


@settings(deadline=None)
@given(TIMES)
def test_identifiers_are_uuids_of_version_7_and_never_the_same(at: datetime) -> None:
    first, second = uuid.UUID(uuid7(at)), uuid.UUID(uuid7(at))
    assert (first.version, first.variant) == (7, uuid.RFC_4122)
    assert first.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert first != second


def test_an_event_keeps_details_that_json_does_not_know() -> None:
    row = event_row(StoppedClock(), "fault", "lamp", "", {"level": math.nan, "path": AT, "name": "\udcff"})
    assert json.loads(row["details"]) == {"level": None, "path": str(AT), "name": "\udcff"}
