"""Records for people: a page of them, one whole, and which pictures are still there. Pure over queries."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from station.errors import LogError
from station.log import queries
from station.log.archive import Archive
from station.log.purged import Purged
from station.log.record import Row
from station.web.asked import Asked
from station.web.sentences import N_

GONE = {"purged": N_("purged"), "missing": N_("missing"), "none": N_("no picture")}
ACTS: Mapping[str, str] = {
    "verification": N_("Verification"),
    "hold": N_("Hold"),
    "release": N_("Release"),
    "release_refused": N_("Release refused"),
    "override": N_("Override"),
    "escape": N_("Escape"),
    "red_bin": N_("Put into the red bin"),
    "shadow": N_("Judged beside the line"),
}

MARKS: Mapping[str, str] = {  # what they have made of a part
    "verification": N_("Verification"),
    "hold": N_("On hold"),
    "release": N_("Released"),
    "escape": N_("Escape"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A page, newest first.

    older, newer  the cursors of the pages beside it; None where there is none
    """

    rows: list[Row]
    older: int | None = None
    newer: int | None = None


def page_of(rows: sqlite3.Connection, wanted: Asked, limit: int) -> Found:
    """One row more than is shown tells whether there is another page."""
    if wanted.before is not None:
        found = queries.newer(rows, wanted.search, wanted.before, limit + 1)
        is_more, found = len(found) > limit, found[-limit:]
        if not found:  # nothing is newer: then it is the first page
            return page_of(rows, Asked(wanted.search, wanted.told), limit)
        return Found(found, found[-1]["sequence"], found[0]["sequence"] if is_more else None)
    found = queries.search(rows, wanted.search, wanted.after, limit + 1)
    older = found[limit - 1]["sequence"] if len(found) > limit else None
    newer = wanted.after - 1 if wanted.after is not None and not found else None
    if found and wanted.after is not None:
        newer = found[0]["sequence"]
    return Found(found[:limit], older, newer)


class Pictures:
    """The archived pictures of a data folder, each by a record that names it and by nothing else."""

    def __init__(self, data: Path) -> None:
        self._archive = Archive(data)

    def there(self, rows: sqlite3.Connection, found: Sequence[Row]) -> dict[int, dict[str, str]]:
        """Sequence → image and frame → '' where it can be shown, else why not, a key of GONE."""
        purged = Purged.of(rows)
        return {row["sequence"]: {w: self._state(row, w, purged) for w in ("image", "frame")} for row in found}

    def read(self, row: Row, which: str) -> bytes | None:
        """The picture, as it was archived; None where it is there no more. Raises LogError for one that was changed."""
        sha256 = row[f"{which}_sha256"]
        if not sha256:
            return None
        try:
            return self._archive.read(sha256, datetime.fromisoformat(row["acquired_at"]))
        except LogError:
            raise
        except OSError:  # it went this moment
            return None

    def _state(self, row: Row, which: str, purged: Purged) -> str:
        sha256 = row[f"{which}_sha256"]
        if not sha256:
            return "none"
        if self._archive.has(sha256, datetime.fromisoformat(row["acquired_at"])):
            return ""
        return "purged" if purged.covers(row["sequence"], row["verdict"], f"{which}_sha256") else "missing"


def whole(rows: sqlite3.Connection, row: Row, acts: Sequence[Row]) -> dict[str, Any]:
    """What stands beside a record: what can be done about it, and how far it is signed."""
    head = queries.newest_head(rows)
    kinds = {act["kind"] for act in acts}
    return {
        "head": head,
        "is_chained": row["record_hash"] is not None,
        "is_signed": head is not None and head["sequence"] >= row["sequence"],
        "can_release": (row["verdict"] != "PASS" or "override" in kinds) and not kinds & {"release", "verification"},
        "can_escape": row["verdict"] == "PASS" or "release" in kinds,
        "is_held": "hold" in marks(acts),
        "is_master": "verification" in kinds,
        "is_released": "release" in kinds,
        "is_escape": "escape" in kinds,
    }


def marks(acts: Sequence[Row]) -> list[str]:
    """What a list says of a record beside its verdict, as keys of MARKS: only what still matters of it."""
    kinds = {act["kind"] for act in acts}
    return [kind for kind in MARKS if kind in kinds and not (kind == "hold" and kinds & {"release", "verification"})]


def acts_shown(row: Row, acts: Sequence[Row]) -> list[dict[str, Any]]:
    """Who did what about a record, and why, oldest first."""
    return [
        {"kind": ACTS.get(act["kind"], act["kind"]), "at": act["at"], "by": act["operator"], "event": act["sequence"]}
        | {"why": act["details"].get("reason") or act["message"]}
        for act in acts
        if act["sequence"] != row["sequence"]
    ]
