"""What a verification found, and what it was held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from station.log.chain import ZEROS

MOST_BREAKS = 1000  # after so many, what is wrong is known


class Kept(NamedTuple):
    """A head that was kept elsewhere: on a certificate, in an export, on paper.

    sequence  None where only the hash is known
    """

    hash: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is not as it was recorded.

    step      where it was found: chain, signature, tables, database, pictures, elsewhere
    sequence  the record; None where it is none's
    until     where it is one of several, and nobody can tell which: the last of them
    sentence  what is wrong, for people
    """

    step: str
    sentence: str
    sequence: int | None = None
    until: int | None = None


@dataclass(slots=True)
class Report:
    """What a verification found.

    records, events, heads  how many were read
    signed                  up to which sequence a valid signature reaches
    last, end               the newest sequence, and the hash that the chain ends in
    keys                    the fingerprints of those who signed, in their order
    kept, purged            pictures that are there as they were recorded, and that a purge tells of
    breaks                  what is wrong, in the order found
    """

    records: int = 0
    events: int = 0
    heads: int = 0
    first: int = 0
    last: int = 0
    end: str = ZEROS
    signed: int = 0
    keys: list[str] = field(default_factory=list)
    kept: int = 0
    purged: int = 0
    breaks: list[Break] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.breaks

    @property
    def first_broken(self) -> int | None:
        """The first record that is not as it was recorded; of several that may be it the first."""
        known = [each.sequence for each in self.breaks if each.sequence is not None and each.until is None]
        vague = [
            each.sequence
            for each in self.breaks
            if each.sequence is not None
            and each.until is not None
            and not any(each.sequence <= sequence <= each.until for sequence in known)
        ]
        return min(known + vague, default=None)

    def add(self, step: str, sequence: int | None, sentence: str, until: int | None = None) -> None:
        """One thing that is wrong."""
        if len(self.breaks) < MOST_BREAKS:
            self.breaks.append(Break(step, sentence, sequence, until))
