"""`station log` for whoever answers for what was shipped: proof, certificate, export, keeping, figures."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from station.log.keys import fingerprint, read_key
from station.log.store import TraceabilityLog
from station.types import Order, Reason, SystemClock, Verdict
from tests.station.cli.command import lines, station
from tests.station.factories import AT
from tests.station.log.samples import archived, judged, pictures


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with closing(TraceabilityLog(tmp_path / "data", SystemClock())) as log:
        for number in range(6):
            wrong = number % 3 == 2
            log.append(
                judged(
                    order=Order("A", "4711", "L1", f"S{number}", "Tan"),
                    verdict=Verdict.REJECT if wrong else Verdict.PASS,
                    reason=Reason.UNKNOWN_PART if wrong else Reason.NONE,
                    is_simulated=True,
                ),
                pictures(number),
            )
        log.note("stop", "stopped")
    return tmp_path / "data"


def log(*arguments: object) -> Result:
    return station("log", *arguments)


def test_verify_says_that_the_log_is_whole_and_what_to_keep_elsewhere(data: Path) -> None:
    result = log("verify", "--data", data)
    assert result.exit_code == 0
    assert "The log is whole. Its end, to keep elsewhere: record 7, " in result.stdout


def test_verify_names_the_first_broken_record(data: Path) -> None:
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as rows:
        rows.execute("DROP TRIGGER inspections_are_not_changed")
        rows.execute("UPDATE inspections SET serial = 'S9' WHERE sequence = 4")
    result = log("verify", "--data", data)
    assert result.exit_code == 1
    assert "Record 4 is not as it was recorded." in result.stdout
    assert "the first broken record is 4." in result.stdout
    [told] = lines(log("verify", "--data", data, "--json"))
    assert (told["is_whole"], told["first_broken"]) == (False, 4)


def test_an_older_log_that_was_put_back_is_found_by_a_head_or_a_certificate(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "older")
    log("release", 3, "--data", data, "--by", "Eva", "--reason", "measured")
    (tmp_path / "head.json").write_text(log("head", "--data", data, "--json").stdout)
    log("certificate", "--data", data, "--work-order", "4711", "--out", tmp_path)
    kept = [tmp_path / "head.json", tmp_path / "certificate-work-order-4711.json"]
    for each in kept:
        assert log("verify", "--data", data, "--head", each).exit_code == 0
        assert log("verify", "--data", tmp_path / "older", "--head", each).exit_code == 1
    assert log("verify", "--data", data, "--head", "nonsense").exit_code == 2


def test_the_key_is_shown_and_never_its_secret(data: Path) -> None:
    result = log("key", "--data", data, "--json")
    [told] = lines(result)
    assert (data / "signing.key").read_text().strip() not in result.stdout
    assert log("verify", "--data", data, "--key", told["fingerprint"]).exit_code == 0
    assert log("verify", "--data", data, "--key", "0" * 32).exit_code == 1


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 300, bytes(5000)])
def test_a_wrong_or_broken_file_is_a_plain_sentence(data: Path, damage: bytes) -> None:
    (data / "station.db").write_bytes(damage)
    for name in ("-wal", "-shm"):
        (data / f"station.db{name}").unlink(missing_ok=True)
    result = log("verify", "--data", data)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1


def test_a_log_of_a_newer_station_is_a_plain_sentence(data: Path) -> None:
    with closing(sqlite3.connect(data / "station.db")) as rows:
        rows.execute("PRAGMA user_version = 99")
    result = log("search", "--data", data)
    assert result.exit_code == 3
    assert "newer version of the station" in result.stderr


def test_a_release_is_shown_with_its_record(data: Path) -> None:
    result = log("release", 3, "--data", data, "--by", "Eva", "--reason", "measured by hand")
    assert result.stdout == "The part of record 3 is released; the log tells of it in record 8.\n"
    assert "release by Eva: The part of record 3 (REJECT unknown_part) was released: measured by hand" in (
        log("show", 3, "--data", data).stdout
    )
    [shown] = lines(log("show", 3, "--data", data, "--json"))
    assert [act["kind"] for act in shown["acts"]] == ["release"]
    assert log("release", 1, "--data", data, "--reason", "why").exit_code == 3


def test_an_act_needs_a_reason(data: Path) -> None:
    assert log("release", 3, "--data", data).exit_code == 2


def test_a_certificate_is_written_thrice_and_checked_without_the_station(data: Path, tmp_path: Path) -> None:
    result = log("certificate", "--data", data, "--lot", "L1", "--out", tmp_path / "out")
    files = [Path(line) for line in result.stdout.splitlines()]
    assert [path.suffix for path in files] == [".json", ".pdf", ".html"]
    shutil.rmtree(data)
    checked = log("certificate", "--check", files[0])
    assert checked.exit_code == 0
    assert "SIMULATED" in checked.stdout
    files[0].write_text(files[0].read_text().replace('"passed": 4', '"passed": 6'))
    changed = log("certificate", "--check", files[0])
    assert (changed.exit_code, "changed after it was signed" in changed.stdout) == (1, True)
    assert log("certificate", "--check", files[1]).exit_code == 1
    assert log("certificate", "--check", tmp_path / "none").exit_code == 3
    assert log("certificate", "--lot", "L1").exit_code == 2


@pytest.mark.parametrize(
    ("kind", "first"), [("csv", "sequence,"), ("jsonl", '{"sequence": 3'), ("epcis", '{"@context"')]
)
def test_an_export_is_printed_or_written(data: Path, tmp_path: Path, kind: str, first: str) -> None:
    printed = log("export", "--data", data, "--format", kind, "--verdict", "REJECT")
    assert printed.stdout.startswith(first)
    log("export", "--data", data, "--format", kind, "--verdict", "REJECT", "--out", tmp_path / "out")
    assert (tmp_path / "out").read_text().startswith(first)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "epcis", "sqlite", "zip"])
def test_an_export_of_nothing_is_no_file_and_the_answer_no(data: Path, tmp_path: Path, kind: str) -> None:
    result = log("export", "--data", data, "--format", kind, "--lot", "none", "--out", tmp_path / "out")
    assert (result.exit_code, "No record matches" in result.stderr) == (1, True)
    assert [path for path in tmp_path.iterdir() if path != data] == []


def test_a_span_is_a_folder_or_a_zip(data: Path, tmp_path: Path) -> None:
    folder = log("export", "--data", data, "--format", "sqlite", "--out", tmp_path / "span")
    assert "Records 1 to 7 are in" in folder.stdout
    assert {path.name for path in (tmp_path / "span").iterdir()} >= {"station.db", "manifest.json", "check.py"}
    log("export", "--data", data, "--format", "zip", "--out", tmp_path / "span2.zip")
    assert (tmp_path / "span2.zip").is_file()
    assert not (tmp_path / "span2").exists()


@pytest.mark.parametrize("kind", ["sqlite", "zip"])
def test_a_program_hears_how_far_a_span_is_that_comes_down_a_pipe(data: Path, kind: str) -> None:
    written = log("export", "--data", data, "--format", kind, "--out", "-", "--progress")
    assert written.stdout_bytes.startswith({"sqlite": b"SQLite format 3", "zip": b"PK"}[kind])
    told = [json.loads(line) for line in written.stderr.splitlines()]
    assert told
    assert all(each.keys() == {"step", "done", "total"} for each in told)


@pytest.mark.parametrize("kind", ["sqlite", "zip"])
def test_a_span_that_nobody_reads_any_more_ends_before_the_log_is_proved(data: Path, kind: str) -> None:
    """Pages that were killed leave it behind: it would prove the log for minutes, for nobody."""
    theirs, mine = os.pipe()
    os.close(theirs)
    command = ["log", "export", "--data", str(data), "--format", kind, "--out", "-", "--progress"]
    done = subprocess.run([sys.executable, "-m", "station", *command], stdout=mine, stderr=subprocess.PIPE, check=True)
    os.close(mine)
    assert done.stderr == b"", "it came to no step"
    assert not list(data.glob(".export-*"))


@pytest.mark.parametrize("days", ["999999", "nan", "inf", "-1"])
def test_a_term_that_no_calendar_holds_is_wrong_use(data: Path, days: str) -> None:
    result = log("retention", "--data", data, "--passed-days", days, "--reason", "for ever")
    assert (result.exit_code, "Traceback" in result.stderr) == (2, False)
    assert log("purge", "--data", data, "--others-days", days, "--reason", "x", "--dry-run").exit_code == 2


def test_a_purge_by_age_says_that_it_needs_a_clock_that_is_synchronised(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: AT + timedelta(hours=1))
    monkeypatch.setattr(SystemClock, "is_synchronised", lambda _: False)
    result = log("purge", "--data", data, "--passed-days", "0.000001", "--reason", "room")
    assert "The clock is not synchronised: nothing goes by its age. Mend: " in result.stderr
    assert "Nothing has to go" in result.stdout


def test_a_purge_that_the_station_has_not_come_to_record_says_that_nothing_is_deleted_yet_and_who_will(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: AT + timedelta(hours=1))
    monkeypatch.setattr(SystemClock, "is_synchronised", lambda _: True)
    monkeypatch.setattr("station.desk.PATIENCE", 0.1)
    before = archived(data)
    with closing(TraceabilityLog(data, SystemClock())):  # a station that stands in a fault, say
        result = log("purge", "--data", data, "--passed-days", "0.000001", "--reason", "room")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing of that is deleted yet" in result.stderr
    assert "within an hour from then it deletes them itself" in result.stderr
    assert archived(data) == before


def test_backup_and_verify_take_the_keys_that_may_have_signed_from_the_environment(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = fingerprint(read_key(data).public).replace(" ", "")
    for keys, status in ((own, 0), (f"{'0' * 32} {own}", 0), ("0" * 32, 1)):
        monkeypatch.setenv("STATION_KEYS", keys)
        assert log("verify", "--data", data).exit_code == status, keys
        assert log("backup", tmp_path / "copy", "--data", data).exit_code == status, keys


def test_backup_purge_and_restore_leave_a_log_that_is_whole(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: AT + timedelta(hours=1))
    monkeypatch.setattr(SystemClock, "is_synchronised", lambda _: True)
    assert log("backup", tmp_path / "copy", "--data", data).exit_code == 0
    days = ["--passed-days", "0.000001", "--reason", "room"]
    dry = log("purge", "--data", data, *days, "--dry-run")
    assert "Pictures of passed parts up to record 6 are let go" in dry.stdout
    result = log("purge", "--data", data, *days, "--json")
    assert lines(result)[0]["pictures"] == 8
    [told] = lines(log("verify", "--data", data, "--json"))
    assert (told["is_whole"], told["purged"], told["kept"]) == (True, 8, 4)
    restored = log("restore", tmp_path / "copy", "--data", data, "--reason", "try")
    assert restored.exit_code == 0
    assert log("verify", "--data", data).exit_code == 0
    assert log("restore", "--data", data, "--reason", "neither").exit_code == 2


def test_stats_tell_yield_and_reasons(data: Path) -> None:
    result = log("stats", "--data", data, "--by", "part_number")
    assert "6   66.7% passed" in result.stdout
    assert "unknown_part 2" in result.stdout
    group, gap = lines(log("stats", "--data", data, "--by", "operator", "--json"))
    assert (group["key"], group["inspected"], group["yield"]) == ("Tan", 6, 4 / 6)
    assert gap["gap"] == "down"
    assert json.dumps(group)


def test_alerts_are_listed_with_what_to_do_and_somebody_takes_note(data: Path) -> None:
    assert (log("alerts", "--data", data).exit_code, log("alerts", "--data", data).stdout) == (
        0,
        "There is nothing to see to.\n",
    )
    with closing(TraceabilityLog(data, SystemClock())) as open_log:
        open_log.note("fault", "The camera was unplugged", code="camera")
    result = log("alerts", "--data", data)
    assert result.exit_code == 1
    assert "The camera was unplugged" in result.stdout
    assert "What to do: Look at the camera" in result.stdout
    [alert] = lines(log("alerts", "--data", data, "--json"))
    assert log("acknowledge", alert["event"], "--data", data, "--by", "Eva").exit_code == 0
    result = log("alerts", "--data", data)
    assert result.exit_code == 0
    assert "Eva took note" in result.stdout
