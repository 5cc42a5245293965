"""What came of a fault, and the table of them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HEADS = ("fault", "made by", "the line said", "to reject", "to recover", "lost", "told in", "message")
WIDTHS = (34, 32, 20, 9, 10, 4, 12, 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row.

    said        what the line was told first, or "silence": READY does not come for 3 seconds
    to_reject   seconds from the fault until the line did not read PASS any more
    to_recover  seconds from the mend until the station was ready; None where a person has to mend it
    lost        parts that passed and have no record
    message     what the person who can mend it is told
    told_in     where it can be read of later: the kinds of event that the log has of it, or the journal
    simulated   whether the seconds are those of the bench
    """

    fault: str
    made_by: str
    said: str
    to_reject: float
    to_recover: float | None
    lost: int
    message: str
    told_in: str
    simulated: bool = False

    @property
    def is_well(self) -> bool:
        """It ended as every fault has to."""
        return self.lost == 0 and self.to_reject <= 3.5 and bool(self.message) and bool(self.told_in)


def printed(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """The table, line by line."""
    yield _line(HEADS)
    for each in outcomes:
        sign = "s*" if each.simulated else "s"
        recover = "a person" if each.to_recover is None else f"{each.to_recover:.1f} {sign}"
        mark = "" if each.is_well else "WRONG: "
        cells = (
            each.fault,
            each.made_by,
            each.said,
            f"{each.to_reject:.2f} {sign}",
            recover,
            str(each.lost),
            each.told_in,
        )
        yield _line((*cells, mark + each.message))
    yield "s* is the time of the simulated bench. To reject: until PASS stands no more; a stopped process is silence."


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
