"""Which pictures a purge has told of: what is not there any more is purged or missing, and this tells which.

A purge event names what it takes, and up to which record: `{"what": "passed", "through": 4711}`. Pictures of passed
parts go first; those of all others (rejects, holds, verifications) have a term of their own. It takes no picture of a
passed part that somebody spoke about before it, and none that a record has which it does not take: such a one that is
gone is missing.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PASSED, OTHERS = "passed", "others"


KIND = {PASSED: "verdict = 'PASS'", OTHERS: "verdict <> 'PASS'"}
UNSPOKEN = {
    PASSED: "NOT EXISTS (SELECT 1 FROM events WHERE json_extract(details, '$.record') = i.sequence "
    "AND json_extract(details, '$.record') IS NOT NULL AND events.sequence < :before)",
    OTHERS: "true",
}
ALL = 2**63 - 1  # before this sequence lies every record


@dataclass(frozen=True, slots=True)
class Purged:
    """What purges have told: of each kind (through, the purge's own sequence), oldest first."""

    told: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    connection: sqlite3.Connection | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> Purged:
        """What the log tells; the connection is asked further while this is used."""
        sql = (
            "SELECT json_extract(details, '$.what'), json_extract(details, '$.through'), sequence "
            "FROM events WHERE kind = 'purge' ORDER BY sequence"
        )
        told = defaultdict[str, list[tuple[int, int]]](list)
        for what, through, sequence in connection.execute(sql):
            told[what].append((through, sequence))
        return cls(told, connection)

    @property
    def through(self) -> Mapping[str, int]:
        """Up to which sequence the pictures of each kind were let go."""
        return {what: max(through for through, _ in purges) for what, purges in self.told.items()}

    def covers(self, sequence: int, verdict: str, column: str = "") -> bool:
        """Whether the pictures of this record may be gone: whether a purge came to it that had no need to keep them.

        column  image_sha256 or frame_sha256: whether that picture may be, for which other records are asked too
        """
        what = PASSED if verdict == "PASS" else OTHERS
        return any(
            not self._stayed(sequence, what, column, through, purge)
            for through, purge in self.told.get(what, ())
            if sequence <= through
        )

    def _stayed(self, sequence: int, what: str, column: str, through: int, purge: int) -> bool:
        assert self.connection
        sql = f"SELECT {UNSPOKEN[what]} FROM (SELECT :sequence AS sequence) i"  # noqa: S608 - words of ours
        if not self.connection.execute(sql, {"sequence": sequence, "before": purge}).fetchone()[0]:
            return True
        if not column:
            return False
        sql = f"SELECT {column} FROM inspections WHERE sequence = ?"  # noqa: S608 - one of two
        sha256 = self.connection.execute(sql, [sequence]).fetchone()[0]
        return is_needed(self.connection, column, sha256, what, through, purge)


def is_needed(
    connection: sqlite3.Connection, column: str, sha256: str, what: str, through: int, before: int = ALL
) -> bool:
    """Whether a record that a purge does not take has this picture too, by what the log told `before` it."""
    sql = (
        f"SELECT 1 FROM inspections i WHERE {column} = :sha256 AND sequence < :before "  # noqa: S608 - words of ours
        f"AND NOT ({KIND[what]} AND sequence <= :through AND {UNSPOKEN[what]}) LIMIT 1"
    )
    values = {"sha256": sha256, "through": through, "before": before}
    return connection.execute(sql, values).fetchone() is not None
