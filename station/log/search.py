"""A search → the SQL of one page, newest first. Pure; the command and the pages of the screen use the same.

Every page is answered by an index that ends in the sequence, which makes the first page cost the same whatever the log
holds. Which index that is, is said here and not left to SQLite, which knows nothing of the values:

    picture, serial, lot, work order   few rows bear the same: the first that is asked for leads, the rest is compared
    one of the five facets             an index of its own
    several facets                     those that exist are few, and listed (table facets): the newest of each one
                                       that matches, by one index over all five, then the newest of those
    a time                             becomes a span of the sequence first (table spans)

The order is that of the sequence, also where the clock jumped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from station.log.record import time_text

FACETS = ("part_number", "predicted_part_number", "verdict", "reason", "operator")
KEYS = ("serial", "lot", "work_order")  # the rarest first
EQUAL = (*KEYS, *FACETS, "image_sha256")
NEWEST = 2**63 - 1


class Span(NamedTuple):
    """Sequence numbers from `first` to `last`, both included."""

    first: int
    last: int


class Bounds(NamedTuple):
    """Between which sequences, and from which side of them."""

    condition: str
    values: list[int]
    order: str


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None is not asked. `since` is included, `until` is not; both are about `acquired_at`.

    image_sha256   of a judged picture or of a whole frame
    part_number    the expected one
    """

    part_number: str | None = None
    verdict: str | None = None
    reason: str | None = None
    work_order: str | None = None
    lot: str | None = None
    serial: str | None = None
    operator: str | None = None
    image_sha256: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    predicted_part_number: str | None = None

    def conditions(self) -> list[tuple[str, str]]:
        """SQL conditions with their values."""
        asked = [(f"{column} = ?", value) for column in EQUAL if (value := getattr(self, column)) is not None]
        if self.since is not None:
            asked.append(("acquired_at >= ?", time_text(self.since)))
        if self.until is not None:
            asked.append(("acquired_at < ?", time_text(self.until)))
        return asked


def quarter(at: datetime | None) -> str | None:
    """The quarter of an hour that a time lies in, as the table spans names it."""
    if at is None:
        return None
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H}:{utc.minute // 15 * 15:02}"


def page(
    wanted: Search, after: int | None, limit: int, span: Span | None, before: int | None = None
) -> tuple[str, list[str | int]]:
    """The statement for one page, and its values.

    after   the last sequence of the page before; None for the first
    span    where the times lie that are asked for
    before  the first sequence of the page behind: of what is newer, that which lies next to it
    """
    oldest = max(0 if before is None else before + 1, span.first if span else 0)
    newest = min(NEWEST if after is None else after - 1, span.last if span else NEWEST)
    order = "DESC" if before is None else "ASC"
    bounds = Bounds("sequence BETWEEN ? AND ?", [oldest, newest], f"ORDER BY sequence {order} LIMIT ?")
    if wanted.image_sha256 is not None:
        sql, values = _either_picture(wanted, bounds, limit)
    elif len(facets := _facets(wanted)) > 1 and _key(wanted) is None:
        sql, values = _combinations(wanted, facets, bounds, limit)
    else:
        sql, values = _led(wanted, _key(wanted) or (facets[0] if facets else None), bounds, limit)
    # in two steps, so that only the rows of the page are read whole
    return f"SELECT * FROM inspections WHERE sequence IN ({sql}) ORDER BY sequence DESC", values  # noqa: S608 - no value in it


def _facets(wanted: Search) -> list[str]:
    return [column for column in FACETS if getattr(wanted, column) is not None]


def _key(wanted: Search) -> str | None:
    """The key that leads. An empty one is no key: it may be on every record."""
    return next((column for column in KEYS if getattr(wanted, column)), None)


def _index(column: str) -> str:
    short = {"predicted_part_number": "predicted", "image_sha256": "image", "frame_sha256": "frame"}
    return f"inspections_by_{short.get(column, column)}"


def _led(wanted: Search, leader: str | None, bounds: Bounds, limit: int) -> tuple[str, list[str | int]]:
    """By the index of one column; by the sequence alone where there is none."""
    by = f"INDEXED BY {_index(leader)}" if leader else "NOT INDEXED"
    asked = wanted.conditions()
    where = " AND ".join([condition for condition, _ in asked] + [bounds.condition])
    sql = f"SELECT sequence FROM inspections {by} WHERE {where} {bounds.order}"  # noqa: S608 - names of ours
    return sql, [*(value for _, value in asked), *bounds.values, limit]


def _either_picture(wanted: Search, bounds: Bounds, limit: int) -> tuple[str, list[str | int]]:
    """A hash may be that of the patch or of the frame."""
    others = [(condition, value) for condition, value in wanted.conditions() if not condition.startswith("image")]
    parts, values = [], list[str | int]()
    for column in ("image_sha256", "frame_sha256"):
        where = " AND ".join([f"{column} = ?", *(condition for condition, _ in others), bounds.condition])
        parts.append(f"SELECT sequence FROM inspections INDEXED BY {_index(column)} WHERE {where}")  # noqa: S608 - names of ours
        values += [str(wanted.image_sha256), *(value for _, value in others), *bounds.values]
    return f"{' UNION '.join(parts)} {bounds.order}", [*values, limit]


def _combinations(wanted: Search, asked: list[str], bounds: Bounds, limit: int) -> tuple[str, list[str | int]]:
    """The newest of each combination of facets that matches, then the newest of them all."""
    rest = [each for each in wanted.conditions() if not each[0].startswith(FACETS)]
    same = "part_number = f.part_number AND verdict = f.verdict AND reason = f.reason AND operator = f.operator"
    # a part that was not seen is NULL in a record, and '' in the list
    where = [
        same,
        "predicted_part_number IS nullif(f.predicted, '')",
        bounds.condition,
        *(condition for condition, _ in rest),
    ]
    newest = (
        "SELECT sequence FROM inspections INDEXED BY inspections_by_facet "  # noqa: S608 - names of ours
        f"WHERE {' AND '.join(where)} {bounds.order}"
    )
    listed = " AND ".join(f"f.{'predicted' if name == 'predicted_part_number' else name} = ?" for name in asked)
    sql = (
        f"SELECT e.value FROM facets f, json_each((SELECT json_group_array(sequence) FROM ({newest}))) e "  # noqa: S608 - names of ours
        f"WHERE {listed} {bounds.order.replace('sequence', 'e.value')}"
    )
    values = [*bounds.values, *(value for _, value in rest), limit, *(getattr(wanted, name) for name in asked), limit]
    return sql, values
