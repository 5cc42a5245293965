"""More than a hundred ways to change a log with plain SQLite and a hex edit: each is found, the first record named."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.errors import LogError
from station.log import queries
from station.log.chain import TEXTS, content, link, tail_to_sign, to_sign
from station.log.keys import KEY, SigningKey, own_key
from station.log.store import TraceabilityLog
from station.log.verify import Kept
from station.types import Order, Reason, Verdict
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged, pictures, proof

INSPECTIONS = (2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 23, 24)
EVENTS = (1, 4, 7, 10, 13, 16, 19, 22, 25)
HEADS = (7, 15, 25)
LAST, IN_THE_MIDDLE, AN_EVENT = 25, 11, 10


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen inspections and nine events, two heads within and one at the end, stopped in order."""
    data, clock = tmp_path_factory.mktemp("untouched") / "data", StoppedClock()
    with closing(TraceabilityLog(data, clock)) as log:
        for sequence in range(1, LAST + 1):
            clock.at = AT + timedelta(minutes=sequence)
            if sequence in EVENTS:
                log.note(
                    "stop" if sequence == LAST else "sign_in", f"event {sequence}", operator="Tan", number=sequence
                )
            else:
                log.append(laid(sequence, clock), pictures(sequence))
            if sequence in HEADS[:2]:
                log.sign("interval")
    return data


def laid(sequence: int, clock: StoppedClock) -> Any:
    wrong = sequence % 4 == 0
    return judged(
        acquired_at=clock.at,
        order=Order("A", "W1", "L1", f"S{sequence}", "Tan"),
        predicted_part_number="B" if wrong else "A",
        verdict=Verdict.REJECT if wrong else Verdict.PASS,
        reason=Reason.WRONG_PART if wrong else Reason.NONE,
        measures={"light": 1 / 3},
    )


@pytest.fixture
def data(untouched: Path, tmp_path: Path) -> Path:
    shutil.copytree(untouched, tmp_path / "data")
    return tmp_path / "data"


class Rows:
    """What somebody does who owns the file: no trigger, no check stands in the way, and none is missed afterwards."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._rows = sqlite3.connect(data / "station.db", isolation_level=None)
        self._rows.row_factory = sqlite3.Row
        sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        self._triggers = [tuple(row) for row in self._rows.execute(sql)]
        for name, _ in self._triggers:
            self._rows.execute(f"DROP TRIGGER {name}")
        self._rows.execute("PRAGMA ignore_check_constraints = ON")

    def __call__(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._rows.execute(sql, values).fetchall()

    def close(self) -> None:
        with suppress(sqlite3.Error):  # measures that are no JSON cannot be counted
            self.refresh()
        for _, sql in self._triggers:
            self._rows.execute(sql)
        self._rows.close()

    def refresh(self) -> None:
        """The tables that are made of the records, as they would be."""
        for table, sql in (
            ("spans", "SELECT quarter, min(sequence), max(sequence) FROM tallied GROUP BY 1"),
            (
                "facets",
                "SELECT part_number, predicted, verdict, reason, operator, count(*) FROM tallied GROUP BY 1,2,3,4,5",
            ),
            (
                "tallies",
                "SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated, count(*), "
                "total(decision_ms), max(decision_ms), sum(is_retry), sum(is_unsynchronised), sum(is_unverified), "
                "sum(is_bypassed) FROM tallied GROUP BY 1,2,3,4,5,6,7,8",
            ),
        ):
            self(f"DELETE FROM {table}")
            self(f"INSERT INTO {table} {sql}")

    def row(self, sequence: int) -> tuple[str, dict[str, Any]]:
        for table in ("inspections", "events"):
            for row in self(f"SELECT * FROM {table} WHERE sequence = ?", sequence):
                return table, dict(row)
        raise LookupError(sequence)

    def set(self, sequence: int, **values: Any) -> None:
        table, _ = self.row(sequence)
        for column, value in values.items():
            self(f"UPDATE {table} SET {column} = ? WHERE sequence = ?", value, sequence)

    def rehash(self, sequence: int, before: str | None = None) -> str:
        """Give a record the hash that fits what it says now."""
        table, row = self.row(sequence)
        before = row["prev_hash"] if before is None else before
        end = link(before, content(table, row))
        self.set(sequence, prev_hash=before, record_hash=end)
        return end

    def rewrite(self, first: int, key: SigningKey | None = None, heads: bool = True) -> None:
        """Hash everything anew from a record on; heads and tail too, with a key of one's own or the old signatures."""
        end = self.row(first)[1]["prev_hash"]
        last = self("SELECT sequence FROM last")[0][0]
        if not heads:
            self("DELETE FROM heads WHERE sequence >= ?", first)
        for sequence in range(first, last + 1):
            end = self.rehash(sequence, end)
            for row in self("SELECT * FROM heads WHERE sequence = ?", sequence):
                head = dict(row) | {"record_hash": end}
                if key:
                    head["public_key"] = key.public
                    head["signature"] = key.sign(to_sign(head))
                head["head_hash"] = end = link(end, content("heads", head))
                sets = ", ".join(f"{column} = :{column}" for column in head)
                self._rows.execute(f"UPDATE heads SET {sets} WHERE sequence = :sequence", head)
        if key:
            mark = (last, end, key.public, key.sign(tail_to_sign(last, end, key.public)))
            self("UPDATE tail SET sequence = ?, hash = ?, public_key = ?, signature = ?", *mark)
        else:
            self("UPDATE tail SET sequence = ?, hash = ?", last, end)

    def shift(self, first: int, by: int) -> None:
        """Move everything from a record on."""
        order = "DESC" if by > 0 else "ASC"
        for table in ("inspections", "events", "heads"):
            for (sequence,) in self(
                f"SELECT sequence FROM {table} WHERE sequence >= ? ORDER BY sequence {order}", first
            ):
                self(f"UPDATE {table} SET sequence = ? WHERE sequence = ?", sequence + by, sequence)

    def copy(self, sequence: int, to: int, **changes: Any) -> None:
        table, row = self.row(sequence)
        row |= {"sequence": to} | ({"inspection_id": f"copy {to}"} if table == "inspections" else {}) | changes
        self(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row.values())


@dataclass(frozen=True)
class Change:
    """What is done, and which record has to be named; None where what was changed is no record."""

    name: str
    do: Callable[[Rows], object]
    first: int | None


def other(value: Any) -> Any:
    """Something else of the same kind."""
    if value is None:
        return "9" * 64
    if isinstance(value, str):
        flipped = {"PASS": "REJECT", "REJECT": "PASS"}.get(value)
        if flipped or not value:
            return flipped or "x"
        if value.startswith("{"):
            return json.dumps(json.loads(value) | {"changed": 1})
        last = "1" if value[-1] == "0" else "0"
        return f"{value[:-2]}{last}Z" if value.endswith("Z") else value[:-1] + last
    return 1 - value if value in (0, 1) and isinstance(value, int) else value + 1


def column(sequence: int, name: str) -> Change:
    def do(rows: Rows) -> None:
        rows.set(sequence, **{name: other(rows.row(sequence)[1][name])})

    return Change(f"{name} of {sequence}", do, sequence)


def hashed(sequence: int, name: str) -> Change:
    def do(rows: Rows) -> None:
        rows.set(sequence, **{name: other(rows.row(sequence)[1][name])})
        rows.rehash(sequence)

    return Change(f"{name} of {sequence}, and its hash", do, sequence)


def head(name: str, value: Any, first: int) -> Change:
    return Change(f"{name} of a head", lambda rows: rows(f"UPDATE heads SET {name} = ? WHERE number = 2", value), first)


IN_INSPECTIONS = [*TEXTS["inspections"][1:], "score", "distance", "decision_ms"]
COLUMNS = [
    *(column(IN_THE_MIDDLE, name) for name in [*IN_INSPECTIONS, "prev_hash", "record_hash"]),
    *(column(AN_EVENT, name) for name in [*TEXTS["events"][1:], "prev_hash", "record_hash"]),
    column(2, "verdict"),
    column(24, "verdict"),
    column(1, "message"),
    column(LAST, "operator"),
    *(
        hashed(IN_THE_MIDDLE, name)
        for name in ("verdict", "serial", "acquired_at", "image_sha256", "score", "operator")
    ),
    *(hashed(AN_EVENT, name) for name in ("kind", "operator", "details", "at")),
    hashed(2, "lot"),
    hashed(24, "lot"),
    hashed(1, "message"),
    hashed(LAST, "message"),
]


def named(name: str, first: int | None) -> Callable[[Callable[[Rows], object]], Change]:
    return lambda do: Change(name, do, first)


def delete(*sequences: int) -> Callable[[Rows], None]:
    def do(rows: Rows) -> None:
        for sequence in sequences:
            rows(f"DELETE FROM {rows.row(sequence)[0]} WHERE sequence = ?", sequence)

    return do


def moved_up(rows: Rows) -> None:
    delete(IN_THE_MIDDLE)(rows)
    rows.shift(IN_THE_MIDDLE + 1, -1)


def moved_up_and_hashed(rows: Rows) -> None:
    before = rows.row(IN_THE_MIDDLE)[1]["prev_hash"]
    moved_up(rows)
    rows.set(IN_THE_MIDDLE, prev_hash=before)
    rows.rewrite(IN_THE_MIDDLE)


def inserted(rows: Rows) -> None:
    rows.shift(IN_THE_MIDDLE, 1)
    rows.copy(IN_THE_MIDDLE + 1, IN_THE_MIDDLE, serial="S0")


def inserted_and_hashed(rows: Rows) -> None:
    inserted(rows)
    rows.rewrite(IN_THE_MIDDLE)


def swap(one: int, two: int) -> Callable[[Rows], None]:
    def do(rows: Rows) -> None:
        table = rows.row(one)[0]
        for old, new in ((one, 99), (two, one), (99, two)):
            rows(f"UPDATE {table} SET sequence = ? WHERE sequence = ?", new, old)

    return do


def swapped_contents(rows: Rows) -> None:
    one, two = rows.row(11)[1], rows.row(12)[1]
    rows.set(11, serial=two["serial"])
    rows.set(12, serial=one["serial"])


def appended(rows: Rows, **changes: Any) -> None:
    (end,) = rows("SELECT head_hash FROM heads ORDER BY sequence DESC LIMIT 1")[0]
    rows.copy(24, LAST + 1, prev_hash=end, **changes)
    rows.rehash(LAST + 1)


def appended_with_tail(rows: Rows) -> None:
    appended(rows)
    end = rows.row(LAST + 1)[1]["record_hash"]
    rows("UPDATE tail SET sequence = ?, hash = ?", LAST + 1, end)


def truncated(last: int, heads: bool) -> Callable[[Rows], None]:
    def do(rows: Rows) -> None:
        delete(*range(last + 1, LAST + 1))(rows)
        if heads:
            rows("DELETE FROM heads WHERE sequence > ?", last)

    return do


def truncated_with_tail(rows: Rows) -> None:
    truncated(20, True)(rows)
    rows("UPDATE tail SET sequence = 20, hash = ?", rows.row(20)[1]["record_hash"])


def truncated_to_a_head(rows: Rows) -> None:
    truncated(15, True)(rows)
    rows("UPDATE tail SET sequence = 15, hash = (SELECT head_hash FROM heads WHERE sequence = 15)")


def written_anew(rows: Rows) -> None:
    rows.set(IN_THE_MIDDLE, verdict="REJECT", reason="wrong_part")
    rows.rewrite(IN_THE_MIDDLE)


def written_anew_without_heads(rows: Rows) -> None:
    rows.set(IN_THE_MIDDLE, serial="S0")
    rows.rewrite(IN_THE_MIDDLE, heads=False)


def written_anew_with_another_key(rows: Rows) -> None:
    rows.set(IN_THE_MIDDLE, serial="S0")
    rows.rewrite(IN_THE_MIDDLE, SigningKey(bytes(range(32))))


def written_wholly_anew_with_another_key(rows: Rows) -> None:
    """The key in the folder is not the one that signed; put another key there too, and only --key and --head know."""
    rows.set(2, serial="S0")
    rows.rewrite(1, SigningKey(bytes(range(32))))


def without_hashes(rows: Rows) -> None:
    rows("UPDATE inspections SET prev_hash = NULL, record_hash = NULL")
    rows("UPDATE events SET prev_hash = NULL, record_hash = NULL")


def swap_signatures(rows: Rows) -> None:
    one, two = (row[0] for row in rows("SELECT signature FROM heads ORDER BY number LIMIT 2"))
    rows("UPDATE heads SET signature = ? WHERE number = 1", two)
    rows("UPDATE heads SET signature = ? WHERE number = 2", one)


def resigned(rows: Rows) -> None:
    """One head signed by another key."""
    key = SigningKey(bytes(range(32)))
    head = dict(rows("SELECT * FROM heads WHERE number = 2")[0]) | {"public_key": key.public}
    rows("UPDATE heads SET public_key = ?, signature = ? WHERE number = 2", key.public, key.sign(to_sign(head)))


ROWS = [
    named("the first is deleted", 1)(delete(1)),
    named("one inspection is deleted", 11)(delete(11)),
    named("one event is deleted", 10)(delete(10)),
    named("two in a row are deleted", 11)(delete(11, 12)),
    named("two apart are deleted", 6)(delete(6, 18)),
    named("all of an hour are deleted", 8)(delete(*range(8, 15))),
    named("the last is deleted", 25)(delete(25)),
    named("one is deleted and the others moved up", 11)(moved_up),
    named("one is deleted, the others moved up and hashed anew", 8)(moved_up_and_hashed),
    named("all inspections are deleted", 2)(lambda rows: rows("DELETE FROM inspections")),
    named("all events are deleted", 1)(lambda rows: rows("DELETE FROM events")),
    named("one is put between", 11)(inserted),
    named("one is put between and all hashed anew", 8)(inserted_and_hashed),
    named("a number is given twice", 12)(lambda rows: rows.copy(10, 12)),
    named("one is put before the first", 0)(lambda rows: rows.copy(2, 0)),
    named("one is put far behind the last", 26)(lambda rows: rows.copy(24, 10**15)),
    named("one is appended", 26)(appended),
    named("one is appended without hashes", 26)(lambda rows: rows.copy(24, 26, prev_hash=None, record_hash=None)),
    named("an event is appended", 26)(lambda rows: rows.copy(25, 26)),
    named("one is appended, and the end moved", 26)(appended_with_tail),
    named("two neighbours change places", 11)(swap(11, 12)),
    named("two far apart change places", 5)(swap(5, 20)),
    named("two events change places", 4)(swap(4, 13)),
    named("two parts change their serials", 11)(swapped_contents),
    named("the newest are cut off", 21)(truncated(20, False)),
    named("the newest are cut off with their head", 21)(truncated(20, True)),
    named("the newest are cut off, and the end moved", 16)(truncated_with_tail),
    named("all behind a head are cut off, and the end moved", 16)(truncated_to_a_head),
    named("all are cut off", None)(lambda rows: [rows(f"DELETE FROM {each}") for each in ("inspections", "events")]),
    named("hashed anew to the end", 8)(written_anew),
    named("hashed anew to the end, without heads", 8)(written_anew_without_heads),
    named("hashed and signed anew by another key", 15)(written_anew_with_another_key),
    named("written wholly anew by another key", None)(written_wholly_anew_with_another_key),
    named("all hashes are taken away", 1)(without_hashes),
    named("one hash is taken away", 11)(lambda rows: rows.set(11, prev_hash=None, record_hash=None)),
    named("what the first record follows is taken away", 1)(lambda rows: rows.set(1, prev_hash=None)),
    named("the hash of the first record is taken away", 1)(lambda rows: rows.set(1, record_hash=None)),
]

SIGNATURES = [
    head("number", 7, 15),
    head("at", "2026-01-05T06:07:08.000000Z", 15),
    head("why", "because", 15),
    head("record_hash", "0" * 64, 15),
    head("public_key", "0" * 64, 15),
    head("signature", "0" * 128, 15),
    head("head_hash", "0" * 64, 15),
    head("sequence", 14, 14),
    named("two signatures change places", 7)(swap_signatures),
    named("one head is signed by another key", 15)(resigned),
    named("the first head is deleted", 7)(lambda rows: rows("DELETE FROM heads WHERE number = 1")),
    named("a head is deleted", 15)(lambda rows: rows("DELETE FROM heads WHERE number = 2")),
    named("the last head is deleted", 16)(lambda rows: rows("DELETE FROM heads WHERE number = 3")),
    named("all heads are deleted", 7)(lambda rows: rows("DELETE FROM heads")),
    named("the end is deleted", 26)(lambda rows: rows("DELETE FROM tail")),
    named("the end is moved", 26)(lambda rows: rows("UPDATE tail SET sequence = 20")),
    named("the end has another hash", 26)(lambda rows: rows("UPDATE tail SET hash = ?", "0" * 64)),
    named("the end has another signature", 26)(lambda rows: rows("UPDATE tail SET signature = ?", "0" * 128)),
]


@pytest.mark.parametrize("change", [*COLUMNS, *ROWS, *SIGNATURES], ids=lambda change: change.name)
def test_what_is_done_to_rows_is_found_and_the_first_record_is_named(data: Path, change: Change) -> None:
    with closing(Rows(data)) as rows:
        change.do(rows)
    report = proof(data)
    assert not report.is_whole
    told = [each.sentence for each in report.breaks]
    if change.first is not None and change not in SIGNATURES:
        assert report.first_broken == change.first, told
    elif change.first is not None:  # a head signs records before it, so one of them is named, or the head's own
        assert report.first_broken is not None, told
        assert report.first_broken <= change.first, told


def picture(data: Path, sequence: int, kind: str = "image") -> Path:
    with queries.reading(data) as connection:
        row = queries.show(connection, str(sequence))
    assert row
    day: str = row["acquired_at"][:10].replace("-", "/")
    return data / "pictures" / day / f"{row[f'{kind}_sha256']}.{'png' if kind == 'image' else 'jpg'}"


def replaced(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


PICTURES: dict[str, Callable[[Path, Path], object]] = {
    "one bit is flipped": lambda path, _: flip(path, 100),
    "the first byte": lambda path, _: flip(path, 0),
    "the last byte": lambda path, _: flip(path, -1),
    "it is cut short": lambda path, _: os.truncate(path, 100),
    "it is empty": lambda path, _: path.write_bytes(b""),
    "a byte more": lambda path, _: path.write_bytes(path.read_bytes() + b"\0"),
    "it is deleted": lambda path, _: path.unlink(),
    "it is renamed": lambda path, _: path.rename(path.with_name("0" * 64 + path.suffix)),
    "another is copied over it": lambda path, second: shutil.copy(second, path),
    "it is a folder": lambda path, _: replaced(path, Path.mkdir),
    "it is a link to nothing": lambda path, _: replaced(path, lambda gone: gone.symlink_to("nowhere")),
}


@pytest.mark.parametrize("kind", ["image", "frame"])
@pytest.mark.parametrize("how", PICTURES)
def test_what_is_done_to_a_picture_is_found_and_its_record_is_named(data: Path, how: str, kind: str) -> None:
    PICTURES[how](picture(data, IN_THE_MIDDLE, kind), picture(data, 5, kind))
    report = proof(data)
    assert (report.first_broken, len(report.breaks)) == (IN_THE_MIDDLE, 1)


def test_two_pictures_that_change_places_are_both_named(data: Path) -> None:
    one, two = picture(data, 5), picture(data, 11)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert [each.sequence for each in proof(data).breaks] == [5, 11]


def test_all_pictures_of_a_day_gone_are_found(data: Path) -> None:
    shutil.rmtree(picture(data, 5).parent)
    assert proof(data).first_broken == 2
    assert proof(data, pictures=False).is_whole


def test_an_older_database_that_was_put_back_is_found_by_a_head_that_was_kept_elsewhere(
    data: Path, tmp_path: Path
) -> None:
    shutil.copytree(data, tmp_path / "older")
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        log.note("start", "ready")
    with queries.reading(data) as connection:
        kept = Kept(connection.execute("SELECT hash FROM tail").fetchone()[0])
        newest = queries.newest_head(connection)
    assert newest
    exactly = Kept(newest["record_hash"], newest["sequence"])
    assert proof(data, elsewhere=[kept, exactly]).is_whole
    shutil.copy(tmp_path / "older/station.db", data / "station.db")
    assert proof(data).is_whole  # as plainly as it can be said: the file alone does not know
    assert [each.step for each in proof(data, elsewhere=[kept]).breaks] == ["elsewhere"]
    assert [each.sequence for each in proof(data, elsewhere=[exactly]).breaks] == [26]


def test_a_log_that_was_written_anew_with_its_key_is_found_by_a_fingerprint_that_was_kept_elsewhere(data: Path) -> None:
    ours = proof(data).keys
    (data / KEY).write_text(bytes(range(32)).hex())
    with closing(Rows(data)) as rows:
        rows.set(2, serial="S0")
        rows.rewrite(1, own_key(data))
    assert proof(data).is_whole
    assert not proof(data, trusted=ours).is_whole


def test_another_key_in_the_folder_is_found(data: Path) -> None:
    (data / KEY).write_text(bytes(range(32)).hex())
    assert [each.step for each in proof(data).breaks] == ["signature"]


def test_who_knows_of_a_second_key_says_so(data: Path) -> None:
    (data / KEY).unlink()
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        log.note("start", "ready")
    report = proof(data)
    assert [each.step for each in report.breaks] == ["signature"]
    assert proof(data, trusted=report.keys).is_whole
    with queries.reading(data) as connection:
        assert [row["kind"] for row in queries.events(connection, limit=2)] == ["start", "log_changed"]


def test_a_log_that_was_changed_while_no_station_ran_says_so_itself(data: Path) -> None:
    with closing(Rows(data)) as rows:
        appended_with_tail(rows)
    with closing(TraceabilityLog(data, StoppedClock())):
        pass
    with queries.reading(data) as connection:
        [told] = queries.events(connection, kinds=["log_changed"])
    assert told["details"]["found_at"] == LAST + 1


@pytest.mark.parametrize("table", ["spans", "facets", "tallies"])
def test_tables_that_hide_a_record_from_searches_are_found(data: Path, table: str) -> None:
    with closing(sqlite3.connect(data / "station.db")) as rows, rows:
        rows.execute(f"DELETE FROM {table}")
    assert [each.step for each in proof(data).breaks] == ["tables"]


def test_triggers_that_were_taken_away_or_added_are_found(data: Path) -> None:
    with closing(sqlite3.connect(data / "station.db")) as rows:
        rows.execute("DROP TRIGGER inspections_are_not_deleted")
        rows.execute("CREATE TRIGGER quiet BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END")
    assert [each.step for each in proof(data).breaks] == ["tables", "tables"]


def is_found(data: Path) -> bool:
    """A file that cannot be read at all is found to be damaged too."""
    try:
        return not proof(data).is_whole
    except LogError:
        return True


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_page_of_the_file_that_was_overwritten_is_found(data: Path, share: float) -> None:
    path = data / "station.db"
    content = bytearray(path.read_bytes())
    place = int(share * len(content)) // 4096 * 4096
    content[place : place + 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    assert is_found(data)


@pytest.fixture(scope="module")
def scratch(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("scratch") / "data"
    shutil.copytree(untouched, data)
    return data


@given(
    st.integers(1, LAST),
    st.data(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.none(),
    st.booleans(),
)
def test_whatever_is_written_into_whichever_column_is_found(
    untouched: Path, scratch: Path, sequence: int, draw: st.DataObject, value: Any, is_hashed: bool
) -> None:
    shutil.copy(untouched / "station.db", scratch / "station.db")
    with closing(Rows(scratch)) as rows:
        _, row = rows.row(sequence)
        name = draw.draw(st.sampled_from(sorted(set(row) - {"sequence"})))
        try:
            rows.set(sequence, **{name: value})
        except sqlite3.Error:
            return  # not a kind of value that the column takes
        changed = rows.row(sequence)[1][name]
        if is_hashed and name not in ("prev_hash", "record_hash"):
            rows.rehash(sequence)
    report = proof(scratch)
    if changed == row[name] and type(changed) is type(row[name]):
        assert report.is_whole
    else:
        assert report.first_broken == sequence


@given(st.data())
def test_whichever_byte_of_the_records_is_flipped_is_found(untouched: Path, scratch: Path, draw: st.DataObject) -> None:
    """A byte of the free room within a page says nothing, and changes nothing that is read."""
    content = bytearray((untouched / "station.db").read_bytes())
    place = draw.draw(st.integers(100, len(content) - 1))
    content[place] ^= draw.draw(st.integers(1, 255))
    (scratch / "station.db").write_bytes(content)
    assert is_found(scratch) or dump(scratch) == dump(untouched)


def dump(data: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{data / 'station.db'}?mode=ro", uri=True)) as rows:
        return list(rows.iterdump())
