"""The log for others: nothing in it runs, all of it says what is simulated, and a span verifies by itself."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from zipfile import ZipFile

import pytest

from station.errors import LogError
from station.log import check_export, copies, export, keeping, proven, queries, spans
from station.log.backup import backup, restore
from station.log.keeping import Terms, plan
from station.log.keys import SigningKey, fingerprint, read_key
from station.log.progress import silent
from station.log.search import Search
from station.log.store import TraceabilityLog
from station.types import Order
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged, pictures

NASTY = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", " =1+1", "\r=1"]


@pytest.fixture
def data(data: Path, clock: StoppedClock) -> Path:
    """Thirty records in three orders, a head after every order and at the end."""
    with closing(TraceabilityLog(data, clock)) as log:
        for number in range(30):
            clock.at = AT + timedelta(minutes=number)
            order = Order("A", f"W{number // 10}", "L;1", NASTY[number % len(NASTY)], 'Tän "T"')
            log.append(judged(acquired_at=clock.at, order=order, is_simulated=True), pictures(number))
            if number % 10 == 9:
                log.note("order_closed", "closed", operator="Eva")
                log.sign("close of order")
    return data


def test_no_cell_of_a_csv_runs_in_a_spreadsheet(data: Path) -> None:
    with queries.reading(data) as rows:
        text = "".join(export.csv_lines(export.matches(rows, Search(work_order="W1"))))
    found = list(csv.DictReader(text.splitlines(keepends=True)))
    assert len(found) == 10
    assert not [cell for row in found for cell in row.values() if cell.lstrip(" ").startswith(export.FORMULA)]
    assert {row["serial"] for row in found} == {f"'{serial}" for serial in NASTY}
    assert {row["is_simulated"] for row in found} == {"True"}


def test_json_lines_are_the_records_oldest_first(data: Path) -> None:
    with queries.reading(data) as rows:
        lines = list(export.json_lines(export.matches(rows, Search(since=AT + timedelta(minutes=25)))))
        assert json.loads(lines[0]) == queries.show(rows, str(json.loads(lines[0])["sequence"]))
    assert [json.loads(line)["sequence"] for line in lines] == [28, 29, 30, 31, 32]


def test_an_epcis_document_holds_an_object_event_a_record(data: Path) -> None:
    with queries.reading(data) as rows:
        document = json.loads("".join(export.epcis_lines(export.matches(rows, Search()), AT)))
    events = document["epcisBody"]["eventList"]
    assert (document["type"], document["schemaVersion"], len(events)) == ("EPCISDocument", "2.0", 30)
    first = events[0]
    assert (first["type"], first["action"], first["bizStep"]) == ("ObjectEvent", "OBSERVE", "inspecting")
    assert (first["disposition"], first["station:isSimulated"]) == ("conformant", True)
    assert all(" " not in name for event in events for name in event["epcList"])


@pytest.fixture
def span(data: Path, tmp_path: Path) -> Path:
    with queries.reading(data) as rows:
        manifest = spans.span(rows, data, Search(work_order="W1"), tmp_path / "span", AT)
    assert (manifest["first"], manifest["last"], manifest["is_simulated"]) == (12, 22, True)  # up to the next head
    return tmp_path / "span"


def checked(span: Path) -> tuple[int, str]:
    """As somebody runs it who has Python and nothing else: isolated, without site packages."""
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(span / "check.py")], capture_output=True, text=True, check=False
    )
    assert not ended.stderr, ended.stderr
    return ended.returncode, ended.stdout


def test_a_span_verifies_by_itself_and_says_that_it_is_simulated(span: Path) -> None:
    code, said = checked(span)
    assert code == 0, said
    assert "records 12 to 22, 20 pictures" in said
    assert "SIMULATED" in said


def test_a_span_from_before_the_loss_of_a_disk_verifies_under_the_key_of_after_it_and_names_both(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    keys = [fingerprint(read_key(data).public)]
    backup(data, tmp_path / "copy")
    new = tmp_path / "new"
    restore(tmp_path / "copy", new, clock, "Eva", "the disk has died")
    keys.append(fingerprint(read_key(new).public))
    with queries.reading(new) as rows:
        spans.span(rows, new, Search(work_order="W1"), tmp_path / "span", AT)
    code, said = checked(tmp_path / "span")
    assert code == 0, said
    assert [key for key in keys if key.replace(" ", "") not in said] == []


def test_the_script_has_at_most_a_hundred_lines() -> None:
    assert len(Path(check_export.__file__).read_text().splitlines()) <= 100


def row(sql: str) -> Callable[[Path], None]:
    def change(span: Path) -> None:
        with closing(sqlite3.connect(span / "station.db", isolation_level=None)) as rows:
            for (name,) in rows.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
                rows.execute(f"DROP TRIGGER {name}")
            rows.execute(sql)

    return change


def manifest(**changes: object) -> Callable[[Path], None]:
    def change(span: Path) -> None:
        told = json.loads((span / "manifest.json").read_text())
        (span / "manifest.json").write_text(json.dumps(told | changes))

    return change


CHANGES: dict[str, Callable[[Path], object]] = {
    "a verdict": row("UPDATE inspections SET verdict = 'REJECT', reason = 'fault' WHERE sequence = 15"),
    "a score": row("UPDATE inspections SET score = 0.8 WHERE sequence = 15"),
    "an event": row("UPDATE events SET operator = 'Tan'"),
    "a record less": row("DELETE FROM inspections WHERE sequence = 15"),
    "the first record less": row("DELETE FROM inspections WHERE sequence = 12"),
    "the end cut off": row("DELETE FROM events"),
    "no head": row("DELETE FROM heads"),
    "a signature": row("UPDATE heads SET signature = replace(signature, 'a', 'b')"),
    "a signature that is no point": row(f"UPDATE heads SET signature = '{'f' * 128}'"),
    "a signature that is no number": row(
        "UPDATE heads SET signature = replace(signature, substr(signature, 1, 1), 'x')"
    ),
    "a column under another name": row("ALTER TABLE inspections RENAME COLUMN image_sha256 TO image"),
    "a picture less": lambda span: next((span / "pictures").rglob("*.png")).unlink(),
    "a picture changed": lambda span: next((span / "pictures").rglob("*.jpg")).write_bytes(b"another"),
    "the manifest says less": manifest(last=21),
    "the manifest says it is real": manifest(is_simulated=False),
    "the manifest excuses pictures": manifest(purged_sha256="0" * 64),
    "another list of what was purged": lambda span: (span / "purged.txt").write_text(
        next((span / "pictures").rglob("*.png")).stem
    ),
    "the manifest names another key": manifest(public_key=SigningKey(bytes(32)).public),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_span_that_was_changed_is_found_by_the_script(span: Path, what: str) -> None:
    CHANGES[what](span)
    code, said = checked(span)
    assert (code, "whole" in said) == (1, False)


def test_a_picture_that_is_not_there_any_more_is_noticed_by_who_copies_it(data: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        spans.Folder(tmp_path / "to").copy(data / "pictures" / "none.png", "pictures/none.png")


def purge(data: Path, clock: StoppedClock) -> None:
    with queries.reading(data) as rows:
        [asked] = plan(rows, data, Terms(free_gib=1), None, free=0)
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("purge", asked.message, **asked.details)
    with queries.reading(data) as rows:
        keeping.purge(rows, data, asked, silent)


def test_pictures_that_were_purged_are_told_and_not_missed(data: Path, tmp_path: Path, clock: StoppedClock) -> None:
    purge(data, clock)
    with queries.reading(data) as rows:
        spans.span(rows, data, Search(work_order="W0"), tmp_path / "span", AT)
    code, said = checked(tmp_path / "span")
    assert (code, "0 pictures, 20 purged" in said) == (0, True), said


def test_a_picture_that_is_missing_at_the_station_is_not_excused(data: Path, tmp_path: Path) -> None:
    next((data / "pictures").rglob("*.png")).unlink()
    with queries.reading(data) as rows:
        spans.span(rows, data, Search(), tmp_path / "span", AT)
    code, said = checked(tmp_path / "span")
    assert (code, "is missing or was changed" in said, "0 purged" in said) == (1, True, True)


def test_a_picture_of_several_records_is_in_the_zip_once(data: Path, tmp_path: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        for _ in range(3):
            log.append(judged(order=Order("A", "W9")), pictures(99))
    with queries.reading(data) as rows, (tmp_path / "span.zip").open("wb") as file:
        spans.zipped(rows, data, Search(work_order="W9"), file, AT)
    with ZipFile(tmp_path / "span.zip") as file:
        names = file.namelist()
        file.extractall(tmp_path / "span")
    assert len(names) == len(set(names)) == 2 + len(("station.db", "purged.txt", "manifest.json", "check.py"))
    assert checked(tmp_path / "span")[0] == 0


@pytest.mark.parametrize("name", ["manifest.json", "station.db", "purged.txt"])
def test_what_is_no_whole_span_is_one_sentence(span: Path, name: str) -> None:
    (span / name).unlink()
    said = subprocess.run([sys.executable, "-I", str(span / "check.py")], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr.count("\n")) == (1, 1), said.stderr
    assert "this is no whole span of a log" in said.stderr


def test_while_the_line_runs_a_span_ends_with_the_newest_record_and_verifies(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    with closing(TraceabilityLog(data, clock)) as log, queries.reading(data) as rows:
        last = [log.append(judged(order=Order("A", "W9")), pictures(number)).sequence for number in range(3)][-1]
        manifest = spans.span(rows, data, Search(work_order="W9"), tmp_path / "span", AT)
    assert manifest["last"] == last
    code, said = checked(tmp_path / "span")
    assert (code, f"to {last}, 6 pictures" in said) == (0, True), said
    row("DELETE FROM inspections WHERE sequence = (SELECT max(sequence) FROM inspections)")(tmp_path / "span")
    assert checked(tmp_path / "span")[0] == 1


def test_what_was_changed_since_the_last_head_is_not_signed_by_an_export(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    with closing(TraceabilityLog(data, clock)) as log, queries.reading(data) as rows:
        log.append(judged(order=Order("A", "W9")), pictures())
        row("UPDATE inspections SET score = 0.8 WHERE work_order = 'W9'")(data)
        with pytest.raises(LogError, match="does not stand as it was recorded"):
            spans.span(rows, data, Search(work_order="W9"), tmp_path / "span", AT)


def zipped(
    rows: sqlite3.Connection, data: Path, wanted: Search, to: io.BytesIO, tick: Callable[[str, int, int], None]
) -> None:
    spans.zipped(rows, data, wanted, to, AT, tick)


@pytest.mark.parametrize("make", [spans.rows_alone, zipped])
def test_whoever_waits_for_a_span_sees_the_log_proved_and_then_its_rows_copied_once(
    data: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[..., object]
) -> None:
    monkeypatch.setattr(proven, "PAGE", 1)
    monkeypatch.setattr(copies, "PAGE", 3)
    heard: list[tuple[str, int, int]] = []
    with queries.reading(data) as rows:
        make(rows, data, Search(work_order="W1"), io.BytesIO(), lambda *told: heard.append(told))
    steps = [step for step, _ in groupby(heard, lambda told: told[0])]
    assert steps[:2] == ["Chain", "Copying"]
    for step in steps:
        done = [now for each, now, _ in heard if each == step]
        [total] = {most for each, _, most in heard if each == step}
        assert done == sorted(done), step
        assert done[-1] == total or step == "Pictures"  # of records; behind the last one may stand events


def test_what_is_not_there_is_said(data: Path, tmp_path: Path) -> None:
    with queries.reading(data) as rows, pytest.raises(LogError, match="nothing to export"):
        spans.span(rows, data, Search(work_order="none"), tmp_path / "span", AT)
