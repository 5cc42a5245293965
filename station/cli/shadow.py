"""`station log shadow`: how a candidate bundle, judging beside the line, agreed with the one in use."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.output import emit

if TYPE_CHECKING:
    from station.log.record import Row


@dataclass
class Agreement:
    """One candidate beside one active bundle, in counts.

    pairs  (was, would have been) → placements
    odd    records that would have passed, where they did not
    """

    candidate: str
    active: str
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    odd: list[int] = field(default_factory=list)
    dropped: int = 0

    def counts(self) -> dict[str, Any]:
        """What a program is told."""
        passed = self.pairs["PASS", "PASS"]
        was, would = (sum(n for pair, n in self.pairs.items() if pair[side] == "PASS") for side in (0, 1))
        return {
            "candidate": self.candidate,
            "active": self.active,
            "judged": self.pairs.total(),
            "same": sum(count for (one, other), count in self.pairs.items() if one == other),
            "would_pass": would - passed,
            "would_not_pass": was - passed,
            "would_pass_records": self.odd,
            "dropped": self.dropped,
        }


@click.command("shadow")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each pair of bundles.")
def command(data: Path, as_json: bool) -> None:
    """How the candidate of [shadow] agreed with the bundle in use: judged, same, would pass, would not pass.

    Exit status 1 if no candidate has judged anything.
    """
    from station.log import queries

    with queries.reading(data) as connection:
        agreements = summed(queries.shadows(connection))
    for agreement in agreements:
        emit(agreement.counts()) if as_json else _tell(agreement.counts())
    if not agreements and not as_json:
        click.echo("No candidate has judged beside the line; name one in station.toml: [shadow] bundle = ...")
    sys.exit(0 if agreements else 1)


def summed(shadows: Iterable[Row]) -> list[Agreement]:
    """Counts for each candidate beside each active bundle, in the order of their first placement."""
    found: dict[tuple[str, str], Agreement] = {}
    for told in shadows:
        pair = (told["candidate"], told["active"])
        agreement = found.setdefault(pair, Agreement(*pair))
        agreement.dropped += told["dropped"]
        if told["judged"] is None:
            continue
        agreement.pairs[told["verdict"], told["would_be"]] += 1
        if told["verdict"] != "PASS" and told["would_be"] == "PASS":
            agreement.odd.append(told["judged"])
    return list(found.values())


def _tell(counts: dict[str, Any]) -> None:
    click.echo(f"{counts['candidate']}\n  beside {counts['active']}")
    share = f" ({counts['same'] / counts['judged']:.1%})" if counts["judged"] else ""
    click.echo(f"  {counts['judged']} judged, {counts['same']} the same{share}")
    click.echo(f"  {counts['would_pass']} would have passed that did not{_some(counts['would_pass_records'])}")
    click.echo(f"  {counts['would_not_pass']} would not have passed that did")
    if counts["dropped"]:
        click.echo(f"  {counts['dropped']} were not judged: the candidate could not keep up")


def _some(records: list[int], shown: int = 10) -> str:
    more = ", ..." if len(records) > shown else ""
    return f": records {', '.join(map(str, records[:shown]))}{more}" if records else ""
