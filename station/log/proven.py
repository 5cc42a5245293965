"""Whether records stand as they were recorded: before anything is signed that tells of them.

From the first of them the chain is walked to its end, and that is held against the end which the station signed with
its last commit: so a record that was changed, taken out or put between is found, and an act about one of them too.
Costs what `verify` does for as many records; searches and pictures are left to that.
"""

from __future__ import annotations

import sqlite3

from station.errors import LogError
from station.log.chain import ZEROS, link, tail_to_sign
from station.log.keys import is_signed
from station.log.links import Link, exact, links


def prove(connection: sqlite3.Connection, first: int, public_key: str) -> None:
    """Walk from sequence `first` to the end. Raises LogError, naming the first record that does not fit.

    public_key  the station's, that signed the end
    """
    tail = connection.execute("SELECT sequence, hash, public_key, signature FROM tail").fetchone()
    if tail is None or tail[2] != public_key or not is_signed(public_key, tail_to_sign(*tail[:3]), tail[3]):
        raise LogError("The end of the log is not signed by this station's key: see `station log verify`.")
    last, signed = int(tail[0]), tail[1]
    if _is_from_before_the_chain(connection, first):
        first = 1
    before, end = "", ZEROS if first == 1 else ""
    for each in links(connection, first, last):
        before, end = end, _following(connection, end, each)
    if signed not in (end, before):  # the station may have signed a head behind the last record meanwhile
        raise LogError(f"The log does not end with record {last} as the station signed: see `station log verify`.")


def _following(connection: sqlite3.Connection, end: str, each: Link) -> str:
    """The hash that the chain ends in behind this one; of the very first that is looked at, `end` is not known."""
    sequence, table, told, before, own = each
    if own is None:  # from before the chain: bound by the first behind it
        return link(end, told)
    before = end if before is None else before
    fits = not end or before == end
    if fits and (own == link(before, told) or own == link(before, exact(connection, table, sequence))):
        return own
    raise LogError(f"Record {sequence} does not stand as it was recorded: see `station log verify`.")


def _is_from_before_the_chain(connection: sqlite3.Connection, sequence: int) -> bool:
    row = connection.execute("SELECT record_hash FROM inspections WHERE sequence = ?", [sequence]).fetchone()
    return row is not None and row[0] is None
