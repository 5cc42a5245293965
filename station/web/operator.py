"""What the operator's page shows: one idea at a time, no threshold, nothing to be worked out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter

from station.masters import Standing
from station.orders.summary import Placed
from station.orders.tally import Tally
from station.screen import WORDS, View, word
from station.types import Inspection, Order, Reason, State, Verdict
from station.web.health import Health

KEPT = 5  # placements that stay on the page
LEFT = "Take away what lies on the stage, and lay it anew."
SILENT = "The station does not answer. Wait until it is ready again."
# what an advice asks for, by a word of it: drawn beside the words, for who does not read them
HINTS = (
    ("aside", "aside"),
    ("lamp.", "lamp"),
    ("Turn", "turn"),
    ("Wipe", "wipe"),
    ("hand away", "hand"),
    ("Leave one", "one"),
    ("middle", "middle"),
)


@dataclass(frozen=True, slots=True)
class Placement:
    """A placement that is over. `is_step`: golden or challenge part, or laid before the station was verified."""

    verdict: Verdict
    sentence: str
    is_step: bool
    inspection_id: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What is true of the station besides its last placement.

    minutes      since it was verified; None while it is not
    bypass_ends  local time, with its zone; None where nobody has opened the gate without verification
    is_left      whether something lies on the stage that will not be judged before it is laid anew
    is_silent    whether the newest picture is old: the loop has not gone on, and what it told may be true no more
    tally        how much of the order is made, of how many
    placed       what the log told of the order when it was taken up: a restart loses no count
    held         inspection_ids of the last placements with whose verdict somebody disagrees
    """

    order: Order
    health: tuple[Health, ...] = ()
    minutes: int | None = None
    bypass_ends: datetime | None = None
    is_left: bool = False
    is_silent: bool = False
    tally: Tally = field(default_factory=Tally)
    placed: Placed = field(default_factory=Placed)
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Board:
    """The page at one moment.

    word        the state, as a person reads it
    verdict     fills the page while its part lies there; else None
    sentence    beside the verdict or the state: what it is, or what to do
    hint        the drawing of what to do; empty where there is none
    aside       what is to be known besides
    part        the part number that belongs on the stage now: of the order, or of the golden or challenge part
    seen        what the network took the judged part for, where both are shown: empty for one that it does not know
    standing    how verification stands
    counts      verdict → placements of this order that were judged while the station was verified
    placements  the last ones, newest first
    """

    order: Order
    word: str = "Starting"
    verdict: Verdict | None = None
    sentence: str = ""
    hint: str = ""
    aside: str = ""
    part: str = ""
    seen: str | None = None
    standing: Standing = field(default_factory=Standing)
    around: Around | None = None
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
    wants = view.standing.wants
    shown = replace(
        board,
        word=word(view),
        verdict=None,
        seen=None,
        hint="",
        aside=view.notice,
        standing=view.standing,
        part=(wants.part_number if wants else "") or board.order.part_number,
    )
    if board.around is not None and board.around.is_silent and view.state in (State.READY, State.EXECUTING):
        return replace(shown, word=WORDS[State.ERROR], sentence=SILENT)
    if fills and inspection is not None:
        asides = " ".join(filter(None, [view.message, view.notice]))
        return replace(_judged(shown, inspection), aside=asides)
    if view.state is State.READY and view.standing.is_bypassed:
        return replace(shown, sentence=f"Lay {board.order.part_number} on the stage.", aside=view.message)
    if (
        view.state is State.READY
        and wants is not None
        and view.message.endswith(task := f"Lay the {wants} on the stage.")
    ):
        asides = " ".join(filter(None, [view.message.removesuffix(task).strip(), view.notice]))
        return replace(shown, sentence=task, aside=asides)  # what to do is large, why it is asked for is not
    if view.state is not State.READY or view.message:
        return replace(shown, sentence=view.message)
    if board.around is not None and board.around.is_left:
        return replace(shown, sentence=LEFT)
    sentence = f"Lay {board.order.part_number} on the stage."
    if not view.is_there and board.placements and board.placements[0].verdict is Verdict.UNSURE:
        sentence = board.placements[0].sentence  # the part is in the hand, and the advice is about it
        return replace(shown, sentence=sentence, hint=hint(sentence))
    return replace(shown, sentence=sentence)


def surrounded(board: Board, around: Around) -> Board:
    """The page in other surroundings; another order begins its own count."""
    is_other = not _is_same(board.order, around.order)
    former = board.around.placed if board.around else Placed()
    if is_other or former != around.placed:
        counts = dict.fromkeys(Verdict, 0) | around.placed.counts
        board = replace(board, counts=counts, placements=() if is_other else board.placements)
    return replace(board, order=around.order, around=around)


def said(inspection: Inspection) -> str:
    """What stands below the verdict: of a PASS the part number, else what it is and what to do."""
    return inspection.order.part_number if inspection.verdict is Verdict.PASS else inspection.advice


def hint(advice: str) -> str:
    """The drawing of what an advice asks for; empty where there is none."""
    return next((drawing for word, drawing in HINTS if word in advice), "")


def _judged(board: Board, inspection: Inspection) -> Board:
    seen = None
    if inspection.reason is Reason.WRONG_PART:
        seen = inspection.predicted_part_number
    elif inspection.reason is Reason.UNKNOWN_PART:
        seen = ""
    sentence = said(inspection)
    drawing = hint(sentence) if inspection.verdict is Verdict.UNSURE else ""
    part = inspection.order.part_number
    return replace(board, verdict=inspection.verdict, sentence=sentence, hint=drawing, seen=seen, part=part)


def _counted(board: Board, inspection: Inspection) -> Board:
    is_step = not inspection.measures.get("verified")
    over = Placement(inspection.verdict, said(inspection), is_step, inspection.inspection_id)
    counts = dict(board.counts)
    counts[over.verdict] += not over.is_step and not _is_in(board, inspection)
    return replace(board, counts=counts, placements=(over, *board.placements)[:KEPT], newest=inspection.inspection_id)


def _is_in(board: Board, inspection: Inspection) -> bool:
    """Whether a placement is in the counts already, from the log; or is one of another order, and does not belong."""
    logged = board.around is not None and inspection.sequence <= board.around.placed.sequence
    return logged or not _is_same(board.order, inspection.order)


def _is_same(order: Order, other: Order) -> bool:
    """Whoever works at it."""
    named = attrgetter("work_order", "part_number", "lot")
    return bool(named(order) == named(other))


def _is_step(inspection: Inspection) -> bool:
    """Laid while the station was not verified, and judged well: then the next step is what matters, not the verdict."""
    needs_a_hand = inspection.verdict is Verdict.UNSURE or inspection.reason is Reason.FAULT
    return not needs_a_hand and not inspection.measures.get("verified")
