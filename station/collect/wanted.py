"""What is collected, and what the technician is asked to do for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from station.collect.manifest import group_of

VARIETY = (
    "Take it up, turn it a quarter, and lay it down again.",
    "Take it up and lay it near another corner.",
    "Take it up, turn it a little, and lay it on the other side.",
    "Take it up and lay it in the middle, turned half round.",
    "Take it up and lay it near another edge, turned a little.",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is collected: `count` pictures of one part number in one session, in equal shares of several specimens.

    specimen   number of the first specimen
    specimens  how many there are
    """

    part_number: str
    session: str
    count: int = 30
    specimen: int = 1
    specimens: int = 5

    def shares(self) -> dict[int, int]:
        """Specimen → pictures."""
        each, over = divmod(self.count, self.specimens)
        return {self.specimen + index: each + (index < over) for index in range(self.specimens)}

    def left(self, groups: Sequence[str]) -> dict[int, int]:
        """Specimen → pictures still wanted of it, where any are; `groups` are those of the pictures that are there."""
        left = {
            specimen: share - groups.count(group_of(self.part_number, self.session, specimen))
            for specimen, share in self.shares().items()
        }
        return {specimen: number for specimen, number in left.items() if number > 0}


def request(specimen: int, lies: int | None, kept: int) -> str:
    """What to do for the next picture of a specimen, where another or none `lies` there and so many were kept."""
    if lies is None:
        return f"Clear the stage, then lay specimen {specimen} on it."
    if lies != specimen:
        return f"Take it away and lay the next specimen, number {specimen}."
    return VARIETY[kept % len(VARIETY)]
