"""A certificate for a work order, a lot or a single part: what the log tells of it, on one page, signed by the station.

Whoever has it can check it without the station: the signature covers everything in it, the head of the chain too. And
the head, kept with the certificate, finds an older log that was put back: `station log verify --head CERTIFICATE`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from station import escapes
from station.bundles import Bundles
from station.certified import Certified
from station.errors import BundleError, LogError
from station.log import queries
from station.log.chain import to_sign
from station.log.keys import SigningKey, fingerprint, is_signed, key_to_sign
from station.log.progress import Tick, silent
from station.log.proven import prove
from station.log.record import Row, time_text
from station.log.search import Search
from station.witness import waiting

KIND = "certificate of inspection"
ABOUT = ("work_order", "lot", "serial", "record")
PAGE = 500  # records that are read at once
Told = dict[str, Any]


def certificate(
    rows: sqlite3.Connection,
    data: Path,
    about: Mapping[str, str],
    at: datetime,
    configured: Path | None = None,
    tick: Tick = silent,
) -> Told:
    """What the log tells, signed, if it stands as it was recorded. `about` names a work order, lot, serial or record.

    All of it is of one moment. Raises LogError: it has none, the key cannot be read, a record was changed, or the log
    does not tell yet of what somebody did about a part.

    tick  hears how far it is
    """
    with queries.one_moment(rows):
        told = _certificate(rows, data, about, at, configured, tick)
        if count := waiting(rows, data):
            raise LogError(
                f"The log does not tell yet of {count} of the things that people did about parts: the station records "
                "them between two placements, or when it starts. Try again then."
            )
        return told


def _certificate(
    rows: sqlite3.Connection, data: Path, about: Mapping[str, str], at: datetime, configured: Path | None, tick: Tick
) -> Told:
    certified, count = Certified(), 0
    for page in pages(rows, about):
        certified.add(page, queries.acts_of(rows, page))
        count += len(page)
        tick("Records", count, 0)  # of how many nobody knows
    if not certified.first:
        raise LogError(
            f"The log in {data} has no inspection of {named(about)}; `station log search` finds what it has."
        )
    key = key_to_sign(data)
    prove(rows, key.public, tick)
    _complete(rows, about, count)
    told: Told = {
        "kind": KIND,
        "version": 1,
        "about": dict(about),
        "made_at": time_text(at),
        **certified.told(),
        "bounds": _bounds(rows, Bundles(data, configured), certified.judged_by),
        "head": queries.newest_head(rows),
    }
    return _signed(key, told)


def check(told: Told, trusted: Sequence[str] = ()) -> list[str]:
    """What is wrong with a certificate, each a sentence; nothing if it holds. Needs no station.

    trusted  fingerprints of keys, spaces or not; without any it is only as good as the key that it names itself
    """
    try:
        return list(_wrong(dict(told), [each.replace(" ", "") for each in trusted]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["This is not a certificate of a station, or a damaged one."]


def _wrong(told: Told, trusted: Sequence[str]) -> list[str]:
    wrong = []
    signature, head = told.pop("signature"), told["head"]
    if told["kind"] != KIND:
        raise ValueError
    if not is_signed(told["public_key"], canonical(told), signature):
        wrong.append("It was changed after it was signed: the signature does not hold.")
    if trusted and fingerprint(told["public_key"]).replace(" ", "") not in trusted:
        wrong.append(f"It is signed by another key: {fingerprint(told['public_key'])}.")
    if head is not None and not is_signed(head["public_key"], to_sign(head), head["signature"]):
        wrong.append("The signature of the chain's head does not hold.")
    return wrong


def canonical(told: Mapping[str, Any]) -> bytes:
    """What is signed of a certificate: all but the signature, as JSON with its names in order and no spaces."""
    return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def covers(told: Mapping[str, Any]) -> bool:
    """Whether the signed head stands behind the last record."""
    return told["head"] is not None and told["head"]["sequence"] >= told["records"][-1][0]


def _signed(key: SigningKey, told: Told) -> Told:
    told |= {"public_key": key.public, "fingerprint": fingerprint(key.public)}
    return told | {"signature": key.sign(canonical(told))}


def pages(rows: sqlite3.Connection, about: Mapping[str, str]) -> Iterator[list[Row]]:
    """Its records, oldest first."""
    [(name, value)] = about.items()
    if name == "record":
        row = queries.show(rows, value)
        yield from [] if row is None else [[row]]
    elif value:
        yield from queries.pages(rows, Search(**dict[str, Any]({name: value})), PAGE)


def _complete(rows: sqlite3.Connection, about: Mapping[str, str], count: int) -> None:
    """See that the indices by which records, and acts about them, were found left none out. Raises LogError."""
    if rows.execute("PRAGMA integrity_check(events)").fetchone()[0] != "ok":  # few, beside the records
        raise LogError("What people did about parts cannot all be found in the log: see `station log verify`.")
    [(name, value)] = about.items()
    if name == "record":
        return
    sql = f"SELECT count(*) FROM inspections NOT INDEXED WHERE {name} = ?"  # noqa: S608 - one of ABOUT
    there = rows.execute(sql, [value]).fetchone()[0]
    if there != count:
        raise LogError(f"Of {there} inspections of {named(about)} the log found {count}: see `station log verify`.")


def named(about: Mapping[str, str]) -> str:
    """What it is about, in a sentence."""
    [(name, value)] = about.items()
    return f"{name.replace('_', ' ')} {value}"


def _bounds(rows: sqlite3.Connection, bundles: Bundles, judged_by: Iterable[tuple[str, ...]]) -> list[str]:
    """How often a wrong part may pass, for each model and part number; said plainly where nobody knows."""
    told = []
    for model, part_number, calibration in judged_by:
        try:
            bound = bundles.named(model).bounds[part_number]
        except (BundleError, KeyError):
            whose = model or "of the record"
            told.append(f"{part_number}: no escape bound is at hand; the bundle {whose} is not here.")
            continue
        laid = escapes.challenges(rows, model, calibration, part_number)
        said = escapes.known(part_number, bound, calibration, laid)
        told.append(f"{part_number}: {'The bound has lapsed. ' if said.lapsed else ''}{said.sentence()}")
    return told
