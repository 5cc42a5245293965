"""A log of as many records as wanted, through the real schema: real hashes, signed heads, every index and table.

python -m tests.benchmarks.grown FOLDER RECORDS
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from station.log.chain import ZEROS, content, link, tail_to_sign, to_sign
from station.log.keys import own_key
from station.log.migrations import migrate
from station.log.record import time_text, to_row
from station.types import Inspection, Order, Reason, Verdict
from tests.station.factories import AT, inspection

BATCH = 20_000  # records of a transaction
EVERY = 500  # records of a signed head
ORDER, LOT = 500, 250
DERIVED = (
    "INSERT INTO spans SELECT quarter, min(sequence), max(sequence) FROM tallied GROUP BY 1",
    "INSERT INTO facets SELECT part_number, predicted, verdict, reason, operator, count(*) FROM tallied "
    "GROUP BY 1, 2, 3, 4, 5",
    "INSERT INTO tallies SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated, "
    "count(*), total(decision_ms), max(decision_ms), sum(is_retry), sum(is_unsynchronised), sum(is_unverified), "
    "sum(is_bypassed) FROM tallied GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
)
MODEL = f"discs sha256:{'5' * 64}"


def grown(folder: Path, records: int) -> Path:
    """A log of so many records below `folder`; written where it is not there yet."""
    log = folder / str(records)
    if not log.exists():
        grow(log, records)
    return log


def grow(folder: Path, records: int) -> None:
    """Write the log. Indexes and what is made of the records come last: that is several times as fast."""
    folder.mkdir(parents=True)
    key = own_key(folder)
    with closing(sqlite3.connect(folder / "station.db", isolation_level=None)) as rows:
        migrate(rows)
        rows.execute("PRAGMA journal_mode = OFF")
        rows.execute("PRAGMA synchronous = OFF")
        rows.execute("PRAGMA cache_size = -400000")
        sql = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('index', 'trigger')"
        later = rows.execute(sql).fetchall()
        for kind, name, _ in later:
            rows.execute(f"DROP {kind} {name}")
        end = _rows(rows, records, key)
        for table in DERIVED:
            rows.execute(table)
        for _, _, sql in later:
            rows.execute(sql)
        mark = (records, end, key.public, key.sign(tail_to_sign(records, end, key.public)))
        rows.execute("INSERT INTO tail VALUES (1, ?, ?, ?, ?)", mark)
        rows.execute("PRAGMA journal_mode = WAL")


def _rows(rows: sqlite3.Connection, records: int, key: Any) -> str:
    dice, end, number = random.Random(6), ZEROS, 0
    template = to_row(_laid(dice, 1))
    columns = ["sequence", *template, "prev_hash", "record_hash"]
    insert = f"INSERT INTO inspections ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for begin in range(1, records + 1, BATCH):
        batch, heads = [], []
        for sequence in range(begin, min(begin + BATCH, records + 1)):
            row = {"sequence": sequence, **_varied(template, dice, sequence)}
            own = link(end, content("inspections", row))
            batch.append([*row.values(), end, own])
            end = own
            if sequence % EVERY == 0 or sequence == records:
                number += 1
                head: dict[str, Any] = {
                    "sequence": sequence,
                    "number": number,
                    "at": row["decided_at"],
                    "why": "interval",
                }
                head |= {"record_hash": end, "public_key": key.public}
                head["signature"] = key.sign(to_sign(head))
                head["head_hash"] = end = link(end, content("heads", head))
                heads.append(head)
        rows.execute("BEGIN")
        rows.executemany(insert, batch)
        rows.executemany(
            "INSERT INTO heads VALUES "
            "(:sequence, :number, :at, :why, :record_hash, :public_key, :signature, :head_hash)",
            heads,
        )
        rows.execute("COMMIT")
    return end


def _laid(dice: random.Random, number: int) -> Inspection:
    measures = {"score 1041-A": 1.0, "score 1041-B": 0.0, "distance 1041-A": 0.1, "distance 1041-B": 0.5, "parts": 1.0}
    measures |= {"touches_edge": 0.0, "moved": 0.0, "verified": 1.0, "light": 1.0, "sharpness": 1.1, "attempt": 1.0}
    return inspection(
        order=Order("1041-A"),
        score=1.0,
        distance=0.1,
        predicted_part_number="1041-A",
        image_sha256=ZEROS,
        frame_sha256=ZEROS,
        model=MODEL,
        recipe="1041-A discs 555555555555",
        calibration=f"0001 sha256:{'c' * 64}",
        verification="golden GOLDEN-A in record 3, challenge CHALLENGE-B in record 5, then the empty stage",
        measures=measures,
        source="/dev/v4l/by-id/usb-camera-video-index0",
        clock_synchronised=True,
        decision_ms=8.5,
        advice="",
    )


OUTCOMES = (
    *((Verdict.PASS, Reason.NONE),) * 94,
    *((Verdict.REJECT, Reason.WRONG_PART),) * 3,
    (Verdict.REJECT, Reason.UNKNOWN_PART),
    (Verdict.UNSURE, Reason.TOO_CLOSE),
    (Verdict.UNSURE, Reason.POOR_PICTURE),
)


def _varied(template: dict[str, Any], dice: random.Random, number: int) -> dict[str, Any]:
    """A record every ten seconds, in orders of five hundred, of eight part numbers and five operators."""
    at = time_text(AT + timedelta(seconds=10 * number, microseconds=number % 1_000_000))
    part = f"1041-{'ABCDEFGH'[number // ORDER % 8]}"
    verdict, reason = dice.choice(OUTCOMES)
    digest = hashlib.sha256(number.to_bytes(8, "big")).hexdigest()
    return template | {
        "inspection_id": str(UUID(int=number)),
        "acquired_at": at,
        "decided_at": at,
        "operator": f"operator {number // 3000 % 5}",
        "work_order": f"WO{number // ORDER:07}",
        "lot": f"LOT{number // LOT:07}",
        "serial": f"SN{number:09}",
        "part_number": part,
        "predicted_part_number": part if reason is not Reason.WRONG_PART else "1041-X",
        "verdict": verdict.value,
        "reason": reason.value,
        "score": dice.randrange(257) / 256,
        "distance": dice.random(),
        "image_sha256": digest,
        "frame_sha256": digest[::-1],
        "decision_ms": 5 + 5 * dice.random(),
    }


if __name__ == "__main__":
    grow(Path(sys.argv[1]), int(sys.argv[2]))
