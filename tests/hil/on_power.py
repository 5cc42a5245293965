"""In the guest: check what the last power cut left of the log, then write until the power goes again.

Every record is told on the UART after the log has returned, not before: what the host has heard was acknowledged.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from station.log.archive import Archive
from station.log.record import uuid7
from station.log.store import DATABASE, TraceabilityLog
from station.types import Inspection, Order, Pictures, Reason, SystemClock, TriggerSource, Verdict

DISK, MOUNT = "/dev/vdb", Path("/run/disk")
DATA = MOUNT / "data"
UART = "/dev/ttyS1"


def main(cut: int, is_careless: bool, results: Path) -> None:
    """Mount the disk, check it, tell the host that writing begins, write; a careless log waits for no picture."""
    subprocess.run(["e2fsck", "-p", DISK], check=False)  # replays the file system's journal, as at any boot
    MOUNT.mkdir()
    subprocess.run(["mount", "-o", "noatime", DISK, str(MOUNT)], check=True)
    log = TraceabilityLog(DATA, SystemClock())  # opening is the station's own recovery
    results.write_text(json.dumps(found()))
    uart = os.open(UART, os.O_WRONLY | os.O_NOCTTY)
    os.write(uart, b"READY\n")
    if is_careless:
        os.fsync = lambda fd: None
    write(log, uart, np.random.default_rng(cut))


def found() -> dict[str, Any]:
    """Integrity, every row's sequence and pictures, and the rows whose pictures are missing or not whole."""
    archive = Archive(DATA)
    with sqlite3.connect(DATA / DATABASE) as database:
        rows = database.execute("SELECT sequence, image_sha256, frame_sha256 FROM inspections").fetchall()
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
    broken = [row[0] for row in rows if not all(is_whole(archive, sha256) for sha256 in row[1:])]
    return {"integrity": integrity, "rows": {row[0]: row[1] for row in rows}, "broken": broken}


def is_whole(archive: Archive, sha256: str) -> bool:
    """Whether the picture is there with every byte."""
    path = archive.path_of(sha256)
    return path is not None and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def write(log: TraceabilityLog, uart: int, random: np.random.Generator) -> None:
    """Records with pictures of the usual size, each told once it is kept."""
    while True:
        kept = log.append(inspection(), Pictures(random.bytes(30_000), random.bytes(60_000)))
        os.write(uart, f"{kept.sequence} {kept.image_sha256}\n".encode())


def inspection() -> Inspection:
    """One PASS, as the loop would hand it over."""
    now = datetime.now(UTC)
    return Inspection(
        inspection_id=uuid7(now),
        acquired_at=now,
        decided_at=now,
        station="hil",
        order=Order("A-1", work_order="power cuts"),
        trigger=TriggerSource.PRESENCE,
        verdict=Verdict.PASS,
        reason=Reason.NONE,
        predicted_part_number="A-1",
        score=0.99,
        distance=0.1,
    )
