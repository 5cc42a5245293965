"""A certificate says what the log says, holds without the station, and never looks real where it is simulated."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tracemalloc
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from models.bound import Bound
from station.accounts import Accounts
from station.bundles import Bundles
from station.certificate import Told, certificate, check, covers
from station.certificate_page import SIMULATED, html, pdf, qr_text
from station.certified import line
from station.desk import Desk
from station.errors import LogError
from station.log import queries
from station.log.chain import FIRST, content, link
from station.log.record import event_row
from station.log.search import Search
from station.log.store import TraceabilityLog
from station.log.verify import Kept, verify
from station.types import Order, Pictures, Reason, Verdict
from station.witness import drain
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged, pictures

OUTCOMES = [
    (Verdict.REJECT, Reason.NOT_VERIFIED),  # the golden part
    (Verdict.PASS, Reason.NONE),
    (Verdict.REJECT, Reason.WRONG_PART),
    (Verdict.UNSURE, Reason.TOO_CLOSE),
    (Verdict.PASS, Reason.NONE),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    clock = StoppedClock()
    with closing(TraceabilityLog(tmp_path / "data", clock)) as log:
        for number, (verdict, reason) in enumerate(OUTCOMES):
            clock.at = AT + timedelta(minutes=number)
            order = Order("1041-A", "4711", "L7", f"S{number}", "Țan")
            log.append(judged(order=order, verdict=verdict, reason=reason, model="m sha256:0"), pictures(number))
        log.note("verification", "golden", record=1)
        log.note("release", "released: measured", operator="Eva", record=3, reason="measured")
        log.note("escape", "wrong: customer", operator="Eva", record=5, reason="customer")
        log.append(judged(order=Order("1041-A", "4712"), is_simulated=True), pictures(9))
    return tmp_path / "data"


def made(data: Path, **about: str) -> Told:
    with queries.reading(data) as rows:
        return certificate(rows, data, about or {"work_order": "4711"}, AT)


def test_its_times_are_the_earliest_and_the_latest_also_where_the_clock_was_set_back(tmp_path: Path) -> None:
    clock = StoppedClock()
    with closing(TraceabilityLog(tmp_path, clock)) as log:
        for days in (0, -365, 1):
            log.append(judged(acquired_at=AT + timedelta(days=days), order=Order("A", "W")), pictures(days + 400))
    told = made(tmp_path, work_order="W")
    assert (told["first_at"][:10], told["last_at"][:10]) == ("2025-01-05", "2026-01-06")


def test_it_tells_what_was_counted_released_and_escaped_without_golden_parts(data: Path) -> None:
    told = made(data)
    assert told["counts"] == {
        "inspected": 4,
        "passed": 2,
        "rejected": 1,
        "unsure": 1,
        "released": 1,
        "escapes": 1,
        "verification_parts": 1,
    }
    [released] = told["released"]
    assert (released["record"], released["by"], released["reason"]) == (3, "Eva", "measured")
    assert told["escapes"][0]["record"] == 5
    assert told["bounds"] == ["1041-A: no escape bound is at hand; the bundle m sha256:0 is not here."]


@pytest.mark.parametrize(("calibration", "said"), [("0001 x", "with 95% confidence"), ("0002 y", "bound has lapsed")])
def test_the_escape_bound_is_the_bundles_and_said_to_have_lapsed_with_its_calibration(
    data: Path, monkeypatch: pytest.MonkeyPatch, calibration: str, said: str
) -> None:
    bound = Bound("1041-B", asked=0.02, trials=200, escapes=0, calibration="0001 x")
    bundle = type("Named", (), {"bounds": {"1041-A": bound}})
    monkeypatch.setattr(Bundles, "named", lambda *_: bundle)
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        log.append(judged(order=Order("1041-A", "4713"), model="m", calibration=calibration), pictures())
    [told] = made(data, work_order="4713")["bounds"]
    assert said in told


@pytest.mark.parametrize("about", [{"work_order": "4711"}, {"lot": "L7"}, {"serial": "S1"}, {"record": "2"}])
def test_one_is_made_for_an_order_a_lot_a_serial_or_a_record(data: Path, about: dict[str, str]) -> None:
    told = made(data, **about)
    assert (check(told), covers(told), told["about"]) == ([], True, about)
    assert len(told["records"]) == (5 if about.keys() & {"work_order", "lot"} else 1)


def test_it_holds_after_it_was_written_and_read_and_its_head_is_in_the_log(data: Path) -> None:
    told = json.loads(json.dumps(made(data)))
    assert check(told) == []
    assert check(told, [told["fingerprint"]]) == []
    kept = Kept(told["head"]["record_hash"], told["head"]["sequence"])
    with queries.reading(data) as rows:
        assert verify(rows, data, elsewhere=[kept]).breaks == []


@pytest.mark.parametrize(
    "name",
    ["about", "counts", "is_simulated", "released", "records", "head", "made_at", "public_key", "signature", "bounds"],
)
def test_whatever_is_changed_in_it_is_found(data: Path, name: str) -> None:
    told: Any = made(data)
    told[name] = {"about": {"lot": "L8"}, "is_simulated": True, "head": None}.get(
        name, told[name][1:] if isinstance(told[name], (str, list)) else {}
    )
    assert check(told) != []
    del told[name]
    assert check(told) != []


@pytest.mark.parametrize("told", [None, {}, [], {"signature": "x"}, "text", {"kind": 1, "head": 2, "signature": 3}])
def test_what_is_no_certificate_is_told_plainly(told: Any) -> None:
    [sentence] = check(told)
    assert "not a certificate" in sentence


def test_another_key_is_found_by_the_fingerprint(data: Path) -> None:
    assert "another key" in check(made(data), ["0" * 32])[0]


def test_what_is_simulated_says_so_on_every_page(data: Path) -> None:
    real, simulated = made(data), made(data, work_order="4712")
    assert SIMULATED not in html(real)
    assert SIMULATED in html(simulated)
    assert len(pdf(simulated)) > 0
    assert SIMULATED in text_of(pdf(simulated))
    assert SIMULATED not in text_of(pdf(real))


def test_the_pdf_is_one_page_with_all_that_the_html_says(data: Path) -> None:
    told = made(data)
    assert pages(pdf(told)) == 1
    said = text_of(pdf(told))
    for word in ("Work order 4711", "Eva", "measured", "no escape bound", told["fingerprint"]):
        assert word in said, word
        assert word in html(told), word


def test_a_page_that_is_full_stays_one_page(data: Path) -> None:
    told = made(data)
    told["released"] = told["released"] * 200
    told["models"] = [f"model {number} sha256:{'0' * 64}" for number in range(50)]
    assert pages(pdf(told)) == 1


def test_markup_in_a_name_stays_text(data: Path) -> None:
    told = made(data) | {"about": {"lot": "<script>alert(1)</script>"}}
    assert "<script>" not in html(told)


def test_the_code_names_the_last_record_and_its_hash(data: Path) -> None:
    told = made(data)
    assert qr_text(told) == f"station record 5 sha256:{told['records'][-1][4]}"


CHANGES = {
    "a verdict": (4, "UPDATE inspections SET verdict = 'PASS', reason = '' WHERE sequence = 4"),
    "an act": (7, "UPDATE events SET operator = 'Bob' WHERE kind = 'release'"),
    "an act taken out": (9, "DELETE FROM events WHERE kind = 'escape'"),
    "the first record of the order taken out": (1, "DELETE FROM inspections WHERE sequence = 1"),
    "the first reject moved to another order": (1, "UPDATE inspections SET work_order = 'x' WHERE sequence = 1"),
    "a reject moved to another order": (3, "UPDATE inspections SET work_order = 'x' WHERE sequence = 3"),
    "the end": (9, "UPDATE tail SET hash = record_hash FROM heads"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_not_signed_as_if_it_were_true(data: Path, change: str) -> None:
    first, sql = CHANGES[change]
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as rows:
        triggers = rows.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            rows.execute(f"DROP TRIGGER {name}")
        rows.execute(sql)
    sentence = f"Record {first} (does not stand as it was|is not there)"
    if change == "the end":
        sentence = "end of the log is not signed"
    with pytest.raises(LogError, match=sentence):
        made(data)


@pytest.mark.parametrize("further", [1, 0])  # a number that nobody has had; or that of the last record
def test_what_somebody_put_behind_the_signed_end_is_not_signed_as_if_it_were_true(data: Path, further: int) -> None:
    log = TraceabilityLog(data, StoppedClock())
    log.append(judged(order=Order("1041-A", "4715"), verdict=Verdict.REJECT, reason=Reason.WRONG_PART), pictures(8))
    log._let_go()  # nothing is signed but where it ends
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as rows:
        last, end = rows.execute("SELECT sequence, hash FROM tail").fetchone()
        event = event_row(StoppedClock(), "release", "released", "Eva", {"record": last, "reason": "x"})
        event = {"sequence": last + further, **event}
        event |= {"prev_hash": end, "record_hash": link(end, content("events", event))}
        rows.execute("DROP TRIGGER events_are_appended")
        rows.execute(f"INSERT INTO events VALUES ({', '.join('?' * len(event))})", [*event.values()])
    with pytest.raises(LogError, match=f"does not end with record {last} as the station signed"):
        made(data, work_order="4715")


def test_a_head_that_somebody_put_behind_the_signed_end_is_on_no_certificate(data: Path) -> None:
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as rows:
        rows.execute("DROP TRIGGER heads_are_appended")
        others = "at, why, record_hash, public_key, signature, head_hash"
        rows.execute(f"INSERT INTO heads SELECT 99, 99, {others} FROM heads")
    with pytest.raises(LogError, match="does not end with record"):
        made(data)


def test_a_person_named_like_the_begin_of_a_chain_begins_none(tmp_path: Path) -> None:
    with closing(TraceabilityLog(tmp_path, StoppedClock())) as log:
        log.append(judged(order=Order("1041-A", "4711"), verdict=Verdict.REJECT, reason=Reason.WRONG_PART), pictures(1))
        log.note("sign_in", "has signed in", operator=FIRST)
        log.append(judged(order=Order("1041-A", "4711")), pictures(2))
    with closing(sqlite3.connect(tmp_path / "station.db", isolation_level=None)) as rows:
        rows.execute("DROP TRIGGER inspections_are_not_deleted")
        rows.execute("DELETE FROM inspections WHERE sequence = 1")
    with pytest.raises(LogError, match="Record 1 is not there"):
        made(tmp_path)
    with queries.reading(tmp_path) as rows:
        assert verify(rows, tmp_path).first_broken == 1


def test_an_index_that_leaves_a_reject_out_is_found(data: Path) -> None:
    sql = "SELECT sql FROM sqlite_schema WHERE name = 'inspections_by_work_order'"
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as rows:
        was = rows.execute(sql).fetchone()[0]
        rows.execute("DROP INDEX inspections_by_work_order")
        rows.execute(was + (" AND" if " WHERE " in was else " WHERE") + " sequence <> 3")
        rows.execute("PRAGMA writable_schema = ON")
        rows.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'inspections_by_work_order'", [was])
    with pytest.raises(LogError, match="Of 5 inspections of work order 4711 the log found 4"):
        made(data)


@pytest.mark.parametrize(("index", "left_out"), [("events_by_record", "escape"), ("events_by_kind", "hold")])
def test_an_index_that_leaves_an_act_about_a_part_out_is_found(data: Path, index: str, left_out: str) -> None:
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        log.note("hold", "on hold", records=[2, 4])
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as rows:
        was = rows.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [index]).fetchone()[0]
        rows.execute(f"DROP INDEX {index}")
        rows.execute(was + (" AND" if " WHERE " in was else " WHERE") + f" kind <> '{left_out}'")
        rows.execute("PRAGMA writable_schema = ON")
        rows.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", [was, index])
    with pytest.raises(LogError, match="cannot all be found"):
        made(data)


def test_none_is_signed_while_an_act_about_a_part_waits_to_be_recorded(data: Path) -> None:
    with closing(TraceabilityLog(data, StoppedClock())):  # as a station that does not come between two placements
        Accounts(data).note("sign_in", "Eva has signed in", "Eva")
        made(data)
        Desk(data).escape(2, "Eva", "the customer called")
        with pytest.raises(LogError, match="does not tell yet of 1 of the things"):
            made(data)
    drain(data, StoppedClock())
    assert made(data)["counts"]["escapes"] == 2


def test_one_can_be_had_while_the_newest_records_are_under_no_head_yet(data: Path) -> None:
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        log.append(judged(order=Order("1041-A", "4714")), pictures())
        assert check(made(data, work_order="4714")) == []
        log.sign("interval")
        assert check(made(data, work_order="4714")) == []


def test_what_is_not_there_is_said(data: Path) -> None:
    with pytest.raises(LogError, match="no inspection of work order none"):
        made(data, work_order="none")


def pages(content: bytes) -> int:
    import pypdfium2

    with closing(pypdfium2.PdfDocument(io.BytesIO(content))) as document:
        return len(document)


def text_of(content: bytes) -> str:
    import pypdfium2

    with closing(pypdfium2.PdfDocument(io.BytesIO(content))) as document:
        page = document[0]
        found = page.get_textpage()
        said: str = found.get_text_range()
        found.close()
        page.close()
    return " ".join(said.split())


def test_of_a_large_lot_the_newest_records_are_listed_and_a_hash_stands_for_all(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = made(data)
    assert (len(whole["records"]), whole["records_left_out"]) == (5, 0)
    monkeypatch.setattr("station.certified.LISTED", 2)
    monkeypatch.setattr("station.certificate.PAGE", 2)
    told = made(data)
    assert (told["records"], told["records_left_out"]) == (whole["records"][-2:], 3)
    assert told["records_sha256"] == hashlib.sha256(b"".join(map(line, whole["records"]))).hexdigest()
    assert {name: told[name] for name in ("counts", "reasons", "released", "escapes", "lots", "first_at")} == {
        name: whole[name] for name in ("counts", "reasons", "released", "escapes", "lots", "first_at")
    }
    assert (check(told), covers(told)) == ([], True)
    assert "3 older records are not listed one by one" in html(told)
    told["records_sha256"] = "0" * 64
    assert check(told) != []


def test_a_lot_of_twenty_pages_takes_no_more_memory_than_one_of_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("station.certified.LISTED", 100)
    monkeypatch.setattr("station.certificate.PAGE", 100)
    with closing(TraceabilityLog(tmp_path, StoppedClock())) as log:
        for number in range(2200):
            lot = "large" if number >= 200 else "small"
            wrong = {"verdict": Verdict.REJECT, "reason": Reason.POOR_PICTURE}
            log.append(judged(order=Order("1041-A", "4711", lot), **wrong), Pictures(None, None))
    peaks = []
    for lot in ("small", "small", "large"):  # the first warms up what stays
        tracemalloc.start()
        made(tmp_path, lot=lot)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]


def test_what_was_done_about_many_records_is_what_was_done_about_each(data: Path) -> None:
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        log.note("hold", "held", records=[2, 4])
        log.note("hold", "held", records=[4, 9])
        log.note("release", "released", operator="Eva", record=4, reason="measured")
    with queries.reading(data) as rows:
        [page] = queries.pages(rows, Search(), 100)
        together = queries.acts_of(rows, page)
        assert together == {
            row["sequence"]: acts for row in page if (acts := queries.acts_about(rows, row["sequence"]))
        }
        assert len(together[4]) == 3
