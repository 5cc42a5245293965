"""Which pictures a purge has told of: what is not there any more is purged or missing, and this tells which.

A purge event names what it takes, and up to which record: `{"what": "passed", "through": 4711}`. Pictures of passed
parts go first; those of all others (rejects, holds, verifications) have a term of their own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

PASSED, OTHERS = "passed", "others"


@dataclass(frozen=True, slots=True)
class Purged:
    """Up to which sequence the pictures of each kind were let go."""

    through: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> Purged:
        """What the log tells."""
        sql = (
            "SELECT json_extract(details, '$.what'), max(json_extract(details, '$.through')) "
            "FROM events WHERE kind = 'purge' GROUP BY 1"
        )
        return cls(dict(connection.execute(sql).fetchall()))

    def covers(self, sequence: int, verdict: str) -> bool:
        """Whether the pictures of this record may be gone."""
        return sequence <= self.through.get(PASSED if verdict == "PASS" else OTHERS, 0)
