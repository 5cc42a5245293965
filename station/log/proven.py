"""Whether records stand as they were recorded: before anything is signed that tells of them.

The chain is walked from its beginning to its end, and that is held against the end which the station signed with its
last commit: so a record that was changed, taken out or put between is found, and an act about one of them too. From
the first record that is told of would not do: who takes out the first of an order makes the second the first.
Costs what `verify` does for the rows; pictures are left to that.
"""

from __future__ import annotations

import sqlite3

from station.errors import LogError
from station.log.chain import ZEROS, begins, link, tail_to_sign
from station.log.keys import is_signed
from station.log.links import PAGE, Link, exact, links
from station.log.progress import Tick, silent
from station.log.verify.chain import edge


def prove(connection: sqlite3.Connection, public_key: str, tick: Tick = silent) -> None:
    """Walk the whole chain, in one moment of the log. Raises LogError, naming the first record that does not fit.

    public_key  the station's, that signed the end
    tick        hears how far it is: of millions it takes minutes
    """
    tail = connection.execute("SELECT sequence, hash, public_key, signature FROM tail").fetchone()
    if tail is None or tail[2] != public_key or not is_signed(public_key, tail_to_sign(*tail[:3]), tail[3]):
        raise LogError("The end of the log is not signed by this station's key: see `station log verify`.")
    last, signed = int(tail[0]), tail[1]
    end = ""
    for each in links(connection, edge(connection, "min") or 1, last):
        end = _following(connection, end or _before(each), each)
        if each[0] % PAGE == 0:
            tick("Chain", each[0], last)
    # what lies behind the signed end would be told of, and is not the station's
    head = connection.execute("SELECT max(sequence) FROM heads").fetchone()[0] or 0
    if signed != end or max(edge(connection, "max"), head) > last:
        raise LogError(f"The log does not end with record {last} as the station signed: see `station log verify`.")


def _before(first: Link) -> str:
    """What the first element follows: nothing, or the end of the damaged log that it names. Raises LogError."""
    sequence, table, told, before, _ = first
    if sequence == 1:
        return ZEROS
    if begins(table, told) and before:
        return before
    raise LogError(f"Record {sequence - 1} is not there, nor any before it: see `station log verify`.")


def _following(connection: sqlite3.Connection, end: str, each: Link) -> str:
    """The hash that the chain ends in behind this one."""
    sequence, table, told, before, own = each
    if own is None:  # from before the chain: bound by the first behind it
        return link(end, told)
    before = end if before is None else before
    if before == end and (own == link(before, told) or own == link(before, exact(connection, table, sequence))):
        return own
    raise LogError(f"Record {sequence} does not stand as it was recorded: see `station log verify`.")
