"""The signed heads, and the signed end of the chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from station.log.chain import tail_to_sign, to_sign
from station.log.keys import fingerprint, is_signed, read_key
from station.log.progress import Tick
from station.log.store import UNSIGNED
from station.log.verify.report import Report


def check_signatures(
    connection: sqlite3.Connection, report: Report, folder: Path, trusted: Sequence[str], tick: Tick
) -> None:
    """Whether the station's key has signed every head, and whether heads are as close as the station sets them."""
    report.signed, number, key = _before(connection, report), 0, ""
    for head in _heads(connection):
        sequence, whose = head["sequence"], fingerprint(head["public_key"])
        _judge(connection, report, head, trusted, key)
        if head["number"] != number + 1:
            report.add("signature", report.signed + 1, f"Signed heads are missing before record {sequence}.", sequence)
        _is_close(report, report.signed, sequence)
        report.signed, number, key = sequence, head["number"], whose
        if whose not in report.keys:
            report.keys.append(whose)
        tick("Signatures", sequence, report.last)
    _is_close(report, report.signed, report.last)
    key = _tail(connection, report, trusted) or key
    with suppress(OSError, ValueError):
        if key and (own := fingerprint(read_key(folder).public)) != key:
            report.add("signature", None, f"The key in {folder} ({own}) is not the one that signed last ({key}).")


def _before(connection: sqlite3.Connection, report: Report) -> int:
    """Up to where no signature is due: what is from before the chain, or before the first of a chain begun anew."""
    if report.first:
        return report.first - 1
    sql = (
        "SELECT min(sequence) - 1 FROM (SELECT sequence, record_hash FROM inspections UNION ALL "
        "SELECT sequence, record_hash FROM events) WHERE record_hash IS NOT NULL"
    )
    return connection.execute(sql).fetchone()[0] or 0


def _heads(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    cursor = connection.execute("SELECT * FROM heads ORDER BY sequence")
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor)


def _judge(
    connection: sqlite3.Connection, report: Report, head: dict[str, Any], trusted: Sequence[str], former: str
) -> None:
    """One head: its signature, what it signs, and whose key it was; `former` signed the one before."""
    sequence, whose = head["sequence"], fingerprint(head["public_key"])
    if not is_signed(head["public_key"], to_sign(head), head["signature"]):
        told = f"From record {report.signed + 1} to {sequence} something was changed: the signature does not hold."
        report.add("signature", report.signed + 1, told, sequence)
    elif _recorded(connection, sequence) != head["record_hash"]:
        told = f"From record {report.signed + 1} to {sequence} something was changed: another head was signed."
        report.add("signature", report.signed + 1, told, sequence)
    elif trusted and whose.replace(" ", "") not in trusted:
        report.add("signature", sequence, f"The head behind record {sequence} is signed by another key: {whose}.")
    elif not trusted and former and whose != former:
        told = f"From record {sequence} on another key signs ({whose}); if you know of it, name both with --key."
        report.add("signature", sequence, told)


def _is_close(report: Report, signed: int, sequence: int) -> None:
    if sequence - signed > UNSIGNED:
        told = f"No head is signed from record {signed + 1} to {sequence}, and the station signs every {UNSIGNED}."
        report.add("signature", signed + 1, told, sequence)


def _tail(connection: sqlite3.Connection, report: Report, trusted: Sequence[str]) -> str:
    """Whether the chain ends where the station signed last that it ends; returns whose signature that is.

    An empty log is signed too: the station does so before it records anything.
    """
    tail = connection.execute("SELECT sequence, hash, public_key, signature FROM tail").fetchone()
    if tail is None or not is_signed(tail[2], tail_to_sign(*tail[:3]), tail[3]):
        report.add("signature", report.signed + 1, f"Nobody signed that the log ends with record {report.last}.")
        return ""
    if tail[0] > report.last:
        told = f"Record {report.last + 1} is not there, nor what followed up to record {tail[0]}."
        report.add("signature", report.last + 1, told)
    elif tail[0] < report.last:
        told = f"From record {tail[0] + 1} to {report.last} nothing was put there by the station."
        report.add("signature", tail[0] + 1, told)
    elif tail[1] != report.end:
        told = f"Between record {report.signed + 1} and {report.last} something was changed: the log ended otherwise."
        report.add("signature", min(report.signed + 1, report.last), told, report.last)
    elif (whose := fingerprint(tail[2])) not in report.keys:
        if whose.replace(" ", "") not in trusted if trusted else report.keys:
            report.add("signature", report.last, f"The end of the log is signed by another key: {whose}.")
        report.keys.append(whose)
    return fingerprint(tail[2])


def _recorded(connection: sqlite3.Connection, sequence: int) -> str | None:
    sql = (
        "SELECT record_hash FROM inspections WHERE sequence = :s "
        "UNION ALL SELECT record_hash FROM events WHERE sequence = :s"
    )
    row = connection.execute(sql, {"s": sequence}).fetchone()
    return None if row is None else row[0]
