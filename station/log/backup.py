"""A copy of the log that is verified, the log put back from one, and what is left of a damaged one.

Nothing is ever overwritten: what a backup takes the place of is set aside, whole, in a folder of its own.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from station.errors import LogError
from station.log import instead, queries
from station.log.archive import sync
from station.log.chain import FIRST, ZEROS, content, link
from station.log.copies import copy_rows
from station.log.keys import fingerprint
from station.log.migrations import migrate
from station.log.progress import Tick, silent
from station.log.record import Row, event_row
from station.log.store import DATABASE, TraceabilityLog, held, is_in_use
from station.log.trouble import told_plainly
from station.log.verify import Break, Kept, Report, verify
from station.types import Clock

INCOMING, NOT_WHOLE = ".incoming", "not-whole"  # below a backup: what is being copied; what took no other's place
ROUNDS = 3  # at the most, of copying; a second is short, and comes where pictures were let go meanwhile


def backup(data: Path, to: Path, tick: Tick = silent, trusted: Sequence[str] = ()) -> Report:
    """Copy database and pictures while the station runs, then verify the copy. Raises LogError.

    A folder that holds an earlier backup is brought up to date; pictures that it has already are not copied again. The
    earlier one stands until the new one is there, and stays where the log has since been damaged or changed, or is
    another one: that copy then lies in `not-whole`, below. The station's private key stays where it is.

    trusted  as `verify` takes it: after the loss of a disk, the old key and the new
    """
    with told_plainly(to):
        to.mkdir(parents=True, exist_ok=True)
        if is_in_use(to) or to.resolve() == data.resolve():
            raise LogError(f"{to} is the data folder of a station that runs: name another folder.")
        new, before = to / INCOMING, _end(to)
        for _ in range(ROUNDS):
            _copy_log(data, new, tick)
            with queries.reading(new) as copy:
                _copy_pictures(copy, data, to, tick)
                told = queries.events(copy, limit=1, kinds=["purge"])
            with queries.reading(data) as source:
                if queries.events(source, limit=1, kinds=["purge"]) == told:
                    break  # else pictures may be gone, and the copy tells of no purge
        with queries.reading(new) as copy:
            report = verify(copy, to, tick, trusted=trusted, elsewhere=before)
            is_sound = report.is_whole or _is_sound(copy, to, tick, before)
        if is_sound or not (to / DATABASE).exists():
            instead.put(to, new)
            shutil.rmtree(new)
        else:
            shutil.rmtree(to / NOT_WHOLE, ignore_errors=True)
            new.replace(to / NOT_WHOLE)
            told_so = f"The earlier copy stays in {to}, and this one lies in {to / NOT_WHOLE}."
            report.breaks.insert(0, Break("database", told_so))
        return report


def _end(to: Path) -> list[Kept]:
    """Where the earlier copy ends, which the next one has to hold; nothing where there is none that can be read."""
    with suppress(LogError, sqlite3.Error), queries.reading(to) as rows:
        return [Kept(end, sequence) for sequence, end in rows.execute("SELECT sequence, hash FROM tail") if sequence]
    return []


def _is_sound(copy: sqlite3.Connection, to: Path, tick: Tick, before: Sequence[Kept]) -> bool:
    """Whether it takes the place of the earlier copy, though a picture is missing or a key is not known.

    An emptied log that was begun anew is whole in itself: it is none with more records.
    """
    return verify(copy, to, tick, trusted=_signers(copy), elsewhere=before, pictures=False).is_whole


def _copy_log(data: Path, to: Path, tick: Tick) -> None:
    """The database as it is at one moment: else every record that comes meanwhile would begin the copy anew."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    with queries.reading(data) as source, queries.one_moment(source):
        source.execute("SELECT sequence FROM last").fetchone()
        _copy_database(source, to / DATABASE, tick)


def _copy_database(source: sqlite3.Connection, to: Path, tick: Tick) -> None:
    to.unlink(missing_ok=True)
    with closing(sqlite3.connect(to)) as copy:
        source.backup(copy, pages=2000, progress=lambda _, left, total: tick("Copying", total - left, total), sleep=0)


def _copy_pictures(copy: sqlite3.Connection, data: Path, to: Path, tick: Tick) -> None:
    begin = 0
    sql = (
        "SELECT sequence, acquired_at, image_sha256, frame_sha256 FROM inspections WHERE sequence > ? "
        "ORDER BY sequence LIMIT 1000"
    )
    last = copy.execute("SELECT sequence FROM last").fetchone()[0]
    while rows := copy.execute(sql, [begin]).fetchall():
        new = list[Path]()
        for _, at, image, frame in rows:
            day = Path("pictures") / at[:10].replace("-", "/")
            named = [day / f"{sha256}.{kind}" for sha256, kind in ((image, "png"), (frame, "jpg")) if sha256]
            new += [to / name for name in named if copy_picture(data / name, to / name)]
        _sync_names(new, to)
        begin = rows[-1][0]
        tick("Pictures", begin, last)


def _sync_names(new: Sequence[Path], to: Path) -> None:
    """Wait until new names are on disk: who pulls a stick out once the copy is whole takes all of it along."""
    for folder in {folder for path in new for folder in path.parents if folder.is_relative_to(to)}:
        sync(folder)


def copy_picture(source: Path, target: Path) -> bool:
    """Copy a picture that is not there yet, and say whether.

    What bears a name is whole, also after a power cut: nobody copies it again. Raises OSError.
    """
    if target.exists() or not source.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}")
    with suppress(FileNotFoundError):  # it was let go this very moment
        shutil.copyfile(source, beside)
        sync(beside)
        beside.replace(target)
        return True
    return False


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of the log that was there.

    aside  where it lies now; None if there was none
    lost   of a damaged log: records that could not be read
    last   the newest record of the log that stands now
    keys   the fingerprints of those who signed in the backup; none of a new chain
    """

    aside: Path | None
    lost: list[int]
    last: int
    keys: tuple[str, ...] = ()


def restore(
    source: Path,
    data: Path,
    clock: Clock,
    by: str,
    reason: str,
    tick: Tick = silent,
    *,
    despite_pictures: bool = False,
    trusted: Sequence[str] = (),
) -> Restored:
    """Put a backup in the place of the log, which is set aside; the log tells of it. Raises LogError.

    Built beside, verified, then put in place by one rename: whatever dies meanwhile, there is the old log or the new.

    despite_pictures  also where pictures are missing there, or damaged: the log tells how many, and `verify` which
    trusted           as `verify` takes it; without any, whoever signed there, and the log tells who that was
    """
    with told_plainly(data), queries.reading(source) as copy:
        _refuse_running(data)
        report = verify(copy, source, tick, trusted=trusted or _signers(copy))
        lacking = sum(each.step == "pictures" for each in report.breaks)
        if len(report.breaks) > lacking:
            raise LogError(f"{source} is not whole ({report.breaks[0].sentence}) Take another backup.")
        if lacking and not despite_pictures:
            mend = "Take another backup; where there is none, say --despite-pictures."
            raise LogError(f"{source} is not whole ({report.breaks[0].sentence}) {mend}")
        data.mkdir(parents=True, exist_ok=True)
        with held(data), instead.beside(data) as beside:
            _copy_database(copy, beside / DATABASE, tick)
            _copy_pictures(copy, source, data, tick)
            instead.settle(data)
            aside, former = instead.keep_old(data, beside, clock.now()), _newest_head(data)
            name = str(data / aside.name) if aside else ""
            with closing(TraceabilityLog(beside, clock)) as log:
                told = {"from": str(source), "backup_ended_at": report.last, "backup_ended_in": report.end}
                told |= {"lacking_pictures": lacking, "signed_by": report.keys}
                message = f"The log was put back from a backup that ends with record {report.last}: {reason}"
                log.note("restore", message, operator=by, set_aside=name, former=former, reason=reason, **told)
            _refuse_broken(beside, tick)
            instead.put(data, beside)
        return Restored(data / aside.name if aside else None, [], report.last, tuple(report.keys))


def salvage(data: Path, clock: Clock, by: str, reason: str, tick: Tick = silent) -> Restored:
    """Set a damaged log aside, save what can be read, begin a new chain that names the old head. Raises LogError.

    Beside the damaged file lies what could be read of it, as a log that can be searched and verified.
    """
    with told_plainly(data):
        _refuse_running(data)
        if not (data / DATABASE).exists():
            raise LogError(f"There is no log in {data}: name the data folder of a station that has run.")
        with held(data), instead.beside(data) as beside:
            damaged = instead.keep_old(data, beside, clock.now(), "damaged")
            assert damaged is not None
            aside = damaged.parent
            lost, last, end = _save(damaged / DATABASE, aside / DATABASE, tick)
            told = {"aside": aside.name, "ended_at": last, "ended_in": end, "lost": len(lost)}
            _begin(beside / DATABASE, clock, by, reason, told)
            with closing(TraceabilityLog(beside, clock)) as log:
                log.sign("a new chain")
            _refuse_broken(beside, tick)
            instead.put(data, beside)
    return Restored(data / aside.name, lost, last)


def _signers(rows: sqlite3.Connection) -> list[str]:
    """The fingerprints of all keys that signed in a log: after the loss of a disk there is a second, and no damage."""
    found = rows.execute("SELECT public_key FROM heads UNION SELECT public_key FROM tail").fetchall()
    return [fingerprint(key) for (key,) in found]


def _refuse_broken(folder: Path, tick: Tick) -> None:
    """Nothing takes the place of a log that is not whole itself."""
    with queries.reading(folder) as rows:
        report = verify(rows, folder, tick, trusted=_signers(rows), pictures=False)
    if not report.is_whole:
        raise LogError(f"What was built is not whole ({report.breaks[0].sentence}) Look at the disk, and try again.")


def _save(damaged: Path, saved: Path, tick: Tick) -> tuple[list[int], int, str]:
    """What can be read, into a database of its own; the last record there, and its hash."""
    try:
        with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as source:
            last = max(_last_readable(source, table) for table in ("inspections", "events", "heads", "tail"))
            lost = copy_rows(source, saved, 1, last, tick)
    except sqlite3.Error:  # not even where its tables lie
        saved.unlink(missing_ok=True)
        with closing(sqlite3.connect(saved, isolation_level=None)) as empty:
            migrate(empty)
        lost, last = [], 0
    with queries.reading(saved.parent) as rows:
        kept = rows.execute("SELECT sequence FROM last").fetchone()[0]
        sql = "SELECT record_hash FROM {} WHERE sequence = ?"
        found = [rows.execute(sql.format(table), [kept]).fetchone() for table in ("inspections", "events")]
        return lost, max(last, kept), next((row[0] for row in found if row and row[0]), ZEROS)


def _last_readable(source: sqlite3.Connection, table: str) -> int:
    try:
        return int(source.execute(f"SELECT max(sequence) FROM {table}").fetchone()[0] or 0)  # noqa: S608 - names of ours
    except sqlite3.Error:
        return 0


def _begin(path: Path, clock: Clock, by: str, reason: str, told: Row) -> None:
    """A database whose first record follows the last of the old one; no number is ever given twice."""
    with closing(sqlite3.connect(path, isolation_level=None)) as fresh:
        migrate(fresh)
        former = f"ended with record {told['ended_at']}" if told["ended_at"] else "could not be read"
        message = f"A new chain begins; the damaged one {former}: {reason}"
        row = {"sequence": told["ended_at"] + 1} | event_row(clock, FIRST, message, by, told | {"reason": reason})
        row |= {"prev_hash": ZEROS, "record_hash": link(ZEROS, content("events", row))}
        places = ", ".join(f":{name}" for name in row)
        fresh.execute(f"INSERT INTO events ({', '.join(row)}) VALUES ({places})", row)  # noqa: S608 - fields of ours


def _refuse_running(data: Path) -> None:
    if is_in_use(data):
        raise LogError(f"A station runs on {data}: stop it first.")


def _newest_head(data: Path) -> Row | None:
    """Of the log that is there, where it can be read."""
    with suppress(LogError, sqlite3.Error), queries.reading(data) as rows:
        return queries.newest_head(rows)
    return None
