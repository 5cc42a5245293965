"""What the operator's page shows: one idea at a time, no threshold, nothing to be worked out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from station.screen import View, word
from station.types import Inspection, Order, Reason, State, Verdict

KEPT = 5  # placements that stay on the page


@dataclass(frozen=True, slots=True)
class Placement:
    """A placement that is over. `is_step`: golden or challenge part, or laid before the station was verified."""

    verdict: Verdict
    sentence: str
    is_step: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The page at one moment.

    word        the state, as a person reads it
    verdict     fills the page while its part lies there; else None
    sentence    beside the verdict or the state: what it is, or what to do
    aside       what is to be known besides
    counts      verdict → placements of this run that were judged while the station was verified
    placements  the last ones, newest first
    """

    order: Order
    word: str = "Starting"
    verdict: Verdict | None = None
    sentence: str = ""
    aside: str = ""
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    placements: tuple[Placement, ...] = ()
    is_simulated: bool = False
    newest: str = ""  # inspection_id

    @property
    def mode(self) -> str:
        """One word for the look of the page: of the verdict, else of the state."""
        return (self.verdict or self.word).lower().replace(" ", "-")


def onward(board: Board, view: View) -> Board:
    """The page after the next view of the station."""
    inspection = view.inspection
    if inspection is not None and inspection.inspection_id != board.newest:
        board = _counted(board, inspection)
    fills = view.is_there and inspection is not None and not _is_step(inspection)
    shown = replace(board, word=word(view), verdict=None, aside=view.notice)
    if fills and inspection is not None:
        asides = " ".join(filter(None, [view.message, view.notice]))
        return replace(shown, verdict=inspection.verdict, sentence=said(inspection), aside=asides)
    if view.state is not State.READY or view.message:
        return replace(shown, sentence=view.message)
    sentence = f"Lay {board.order.part_number} on the stage."
    if not view.is_there and board.placements and board.placements[0].verdict is Verdict.UNSURE:
        sentence = board.placements[0].sentence  # the part is in the hand, and the advice is about it
    return replace(shown, sentence=sentence)


def said(inspection: Inspection) -> str:
    """What stands below the verdict: of a PASS the part number, else what it is and what to do."""
    return inspection.order.part_number if inspection.verdict is Verdict.PASS else inspection.advice


def _counted(board: Board, inspection: Inspection) -> Board:
    over = Placement(inspection.verdict, said(inspection), not inspection.measures.get("verified"))
    counts = dict(board.counts)
    counts[over.verdict] += not over.is_step
    return replace(board, counts=counts, placements=(over, *board.placements)[:KEPT], newest=inspection.inspection_id)


def _is_step(inspection: Inspection) -> bool:
    """Laid while the station was not verified, and judged well: then the next step is what matters, not the verdict."""
    needs_a_hand = inspection.verdict is Verdict.UNSURE or inspection.reason is Reason.FAULT
    return not needs_a_hand and not inspection.measures.get("verified")
