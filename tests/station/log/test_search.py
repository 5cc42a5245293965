"""Whatever is asked for together: the right records, newest first, and an index that answers, however much there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import chain, combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.log import queries
from station.log.search import EQUAL, Search, page
from station.log.store import TraceabilityLog
from station.types import Inspection, Order, Pictures, Reason, Verdict
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged, sha256

VERDICTS = (
    (Verdict.PASS, Reason.NONE),
    (Verdict.REJECT, Reason.WRONG_PART),
    (Verdict.REJECT, Reason.POOR_PICTURE),
    (Verdict.UNSURE, Reason.POOR_PICTURE),
    (Verdict.UNSURE, Reason.TOO_CLOSE),
)
ASKED: dict[str, Any] = {
    **dict.fromkeys(EQUAL, "x"),
    "since": AT,
    "until": AT + timedelta(days=1),
}


def recorded(dice: Random, number: int) -> Inspection:
    verdict, reason = dice.choice(VERDICTS)
    jump = timedelta(days=-365) if 40 <= number < 50 else timedelta()  # the clock jumps back a year, for a while
    return judged(
        acquired_at=AT + jump + timedelta(minutes=7 * number),
        order=Order(dice.choice("AB"), f"W{number // 40}", f"L{number // 20}", f"S{number // 2}", dice.choice("TU")),
        verdict=verdict,
        reason=reason,
        predicted_part_number=dice.choice(["A", "B", None]),
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Inspection]]]:
    data, dice = tmp_path_factory.mktemp("kept"), Random(6)
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        pictures = [Pictures(b"patch %d" % (number // 3), b"frame %d" % (number // 4)) for number in range(120)]
        yield data, [log.append(recorded(dice, number), pictures[number]) for number in range(120)]


def fits(wanted: Search, each: Inspection) -> bool:
    told: dict[str, str | None] = {
        "part_number": each.order.part_number,
        "work_order": each.order.work_order,
        "lot": each.order.lot,
    }
    told |= {"serial": each.order.serial, "operator": each.order.operator, "verdict": each.verdict.value}
    told |= {"reason": each.reason.value, "predicted_part_number": each.predicted_part_number}
    return (
        all(getattr(wanted, name) in (None, value) for name, value in told.items())
        and wanted.image_sha256 in (None, each.image_sha256, each.frame_sha256)
        and (wanted.since is None or each.acquired_at >= wanted.since)
        and (wanted.until is None or each.acquired_at < wanted.until)
    )


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


TIMES = st.none() | st.integers(-900 - 365 * 1440, 900).map(lambda minutes: AT + timedelta(minutes=minutes))
SEARCHES = st.builds(
    Search,
    part_number=maybe("A", "B", "C"),
    predicted_part_number=maybe("A", "B"),
    verdict=maybe("PASS", "REJECT", "UNSURE"),
    reason=maybe("", "wrong_part", "poor_picture", "fault"),
    operator=maybe("T", "U"),
    work_order=maybe("W0", "W1", ""),
    lot=maybe("L1", "L5"),
    serial=maybe("S3", "S30"),
    image_sha256=maybe(sha256(b"patch 4"), sha256(b"frame 9")),
    since=TIMES,
    until=TIMES,
)


@given(SEARCHES, st.integers(1, 30))
def test_pages_hold_what_fits_and_nothing_else_in_the_order_of_the_sequence(
    kept: tuple[Path, list[Inspection]], wanted: Search, limit: int
) -> None:
    data, every = kept
    found, after = list[int](), None
    with queries.reading(data) as connection:
        while rows := queries.search(connection, wanted, after, limit):
            assert len(rows) <= limit
            found += [row["sequence"] for row in rows]
            after = found[-1]
    assert found == [each.sequence for each in reversed(every) if fits(wanted, each)]


def test_a_clock_that_jumped_back_a_year_hides_nothing(kept: tuple[Path, list[Inspection]]) -> None:
    data, every = kept
    wanted = Search(since=AT - timedelta(days=366), until=AT - timedelta(days=300))
    with queries.reading(data) as connection:
        found = [row["sequence"] for row in queries.search(connection, wanted)]
    assert found == [each.sequence for each in reversed(every[40:50])]


@pytest.mark.parametrize("count", range(len(ASKED) + 1))
def test_the_plan_of_every_combination_searches_by_an_index(kept: tuple[Path, list[Inspection]], count: int) -> None:
    with queries.reading(kept[0]) as connection:
        for names in combinations(ASKED, count):
            only: dict[str, Any] = {name: ASKED[name] for name in names}
            wanted = Search(**only)
            for after in (None, 40):
                sql, values = page(wanted, after, 50, queries.span(connection, wanted))
                told = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
                assert not [line for line in told if "SCAN inspections" in line], (names, told)
                assert [line for line in told if line.startswith("SEARCH inspections USING")], (names, told)


def asked(name: str) -> Search:
    only: dict[str, Any] = {name: "x"}
    return Search(**only)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        *((asked(name), f"inspections_by_{name.removeprefix('predicted_')}") for name in EQUAL[:3]),
        (Search(verdict="PASS"), "inspections_by_verdict"),
        (Search(predicted_part_number="A"), "inspections_by_predicted"),
        (Search(image_sha256="x"), "inspections_by_image"),
        (Search(image_sha256="x"), "inspections_by_frame"),
        (Search(verdict="PASS", operator="T"), "inspections_by_facet"),
        (Search(verdict="PASS", lot="L1"), "inspections_by_lot"),
        (Search(), "INTEGER PRIMARY KEY"),
    ],
)
def test_the_rarest_that_is_asked_for_leads(kept: tuple[Path, list[Inspection]], wanted: Search, index: str) -> None:
    with queries.reading(kept[0]) as connection:
        sql, values = page(wanted, None, 50, None)
        told = " ".join(row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values))
    assert index in told


def test_a_quarter_of_an_hour_is_named_as_the_log_names_it(kept: tuple[Path, list[Inspection]]) -> None:
    from station.log.search import quarter

    data, every = kept
    with queries.reading(data) as connection:
        named = {row[0] for row in connection.execute("SELECT quarter FROM spans")}
    assert named == {quarter(each.acquired_at) for each in every}
    assert list(chain([quarter(datetime.fromisoformat("2026-01-05T05:29:59+05:30"))])) == ["2026-01-04T23:45"]
