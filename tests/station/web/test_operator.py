"""What the operator's page shows: one idea at a time, and never the verdict of another part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from station.attempts import HOLD, WIPE
from station.masters import Master, Standing
from station.screen import Screen
from station.types import Frame, Inspection, Order, Reason, State, Verdict
from station.web.language import understood
from station.web.operator import KEPT, Around, Board, hint, onward, surrounded
from tests.station.factories import AT, inspection

ADVICE = (
    "The light is at 60% of its calibration. Look at the lamp.",
    "The picture is too bright in places. Turn the part, or look at the lamp.",
    "The picture is not sharp. Wipe the lens, or call the technician.",
    "No part is seen. Lay one part in the middle of the stage.",
    "More than one part is seen. Leave one on the stage.",
    "The part is not wholly in view. Move it to the middle.",
    "The part was moving. Lay it down and take the hand away.",
    "Too close to call. Turn the part and lay it again.",
    WIPE,
    HOLD,
)
FRAME = Frame(1, 1.0, AT, encoded=b"")
ORDER = Order("A", work_order="4711")
WRONG: dict[str, Any] = {"verdict": Verdict.REJECT, "reason": Reason.WRONG_PART, "advice": "This is B; expected is A."}
CLOSE: dict[str, Any] = {
    "verdict": Verdict.UNSURE,
    "reason": Reason.TOO_CLOSE,
    "advice": "Turn it and lay it again.",
}


class Page:
    """The page of a station that is ready and verified."""

    def __init__(self) -> None:
        self.screen, self.board, self._number = Screen(), Board(ORDER), 0
        self.tell(State.READY)

    def tell(self, state: State, message: str = "") -> None:
        self.screen.tell(state, message)
        self._take()

    def lay(self, verified: bool = True, **changes: Any) -> Inspection:
        self._number += 1
        laid = inspection(inspection_id=str(self._number), order=ORDER, measures={"verified": verified}, **changes)
        self.screen.show(FRAME, laid)
        self._take()
        return laid

    def take_away(self) -> None:
        self.screen.clear()
        self._take()

    def _take(self) -> None:
        self.board = onward(self.board, self.screen.view)


@pytest.fixture
def page() -> Page:
    return Page()


def test_a_station_that_is_ready_says_which_part_to_lay(page: Page) -> None:
    assert (page.board.mode, page.board.sentence) == ("ready", "Lay A on the stage.")


def test_a_pass_fills_the_page_with_the_part_number(page: Page) -> None:
    page.lay()
    assert (page.board.verdict, page.board.sentence, page.board.mode) == (Verdict.PASS, "A", "pass")


def test_a_wrong_part_is_shown_beside_the_expected_one_and_an_unknown_one_as_unknown(page: Page) -> None:
    page.lay(**WRONG, predicted_part_number="B")
    assert (page.board.seen, page.board.part) == ("B", "A")
    page.lay(verdict=Verdict.REJECT, reason=Reason.UNKNOWN_PART, predicted_part_number="B")
    assert page.board.seen == ""
    page.lay()
    assert page.board.seen is None


def test_every_advice_of_an_unsure_that_can_be_drawn_is() -> None:
    drawn = {hint(advice) for advice in ADVICE}
    assert drawn == {"lamp", "turn", "wipe", "middle", "one", "hand", "aside"}


def test_verification_says_what_to_do_large_and_why_small(page: Page) -> None:
    golden = Master("A", Verdict.PASS, "G1")
    page.screen.tell(State.READY, f"Drift. Lay the {golden} on the stage.", Standing(wants=golden, steps=(golden,)))
    page._take()
    assert (page.board.sentence, page.board.aside, page.board.part) == (
        f"Lay the {golden} on the stage.",
        "Drift.",
        "A",
    )
    assert page.board.mode == "not-verified"


def test_under_a_bypass_parts_are_laid_and_its_end_stands_beside(page: Page) -> None:
    page.screen.tell(State.READY, "Bypassed by eva until 15:00: a try.", Standing(bypass_ends=AT))
    page._take()
    assert page.board.sentence == "Lay A on the stage."
    assert page.board.aside == "Bypassed by eva until 15:00: a try."
    assert page.board.mode == "not-verified"


def test_what_lies_there_and_will_not_be_judged_is_to_be_laid_anew(page: Page) -> None:
    board = onward(surrounded(page.board, Around(ORDER, is_left=True)), page.screen.view)
    assert board.sentence == "Take away what lies on the stage, and lay it anew."
    assert understood(board.sentence)


def test_the_pass_of_a_station_that_does_not_go_on_is_not_shown_on(page: Page) -> None:
    """The next part may lie there by now."""
    page.lay()
    board = onward(surrounded(page.board, Around(ORDER, is_silent=True)), page.screen.view)
    assert (board.verdict, board.mode) == (None, "fault")
    assert board.sentence == "The station does not answer. Wait until it is ready again."
    assert understood(board.sentence)
    board = onward(surrounded(board, Around(ORDER)), page.screen.view)
    assert board.verdict is Verdict.PASS


def test_a_fault_that_is_told_says_more_than_that_the_station_is_silent(page: Page) -> None:
    page.tell(State.ERROR, "The camera is gone: plug it in.")
    board = onward(surrounded(page.board, Around(ORDER, is_silent=True)), page.screen.view)
    assert board.sentence == "The camera is gone: plug it in."


def test_another_order_begins_its_own_count(page: Page) -> None:
    page.lay()
    board = surrounded(page.board, Around(replace(ORDER, work_order="4712", part_number="B")))
    assert sum(board.counts.values()) == 0
    assert board.placements == ()
    assert onward(board, page.screen.view).order.part_number == "B"
    assert sum(surrounded(page.board, Around(ORDER)).counts.values()) == 1


def test_a_reject_says_what_it_is_and_what_is_expected(page: Page) -> None:
    page.lay(**WRONG)
    assert (page.board.mode, page.board.sentence) == ("reject", "This is B; expected is A.")


def test_no_verdict_stands_once_its_part_was_taken_away(page: Page) -> None:
    page.lay()
    page.take_away()
    assert page.board.verdict is None
    assert page.board.placements[0].verdict is Verdict.PASS


def test_the_advice_of_an_unsure_stands_while_the_part_is_in_the_hand(page: Page) -> None:
    page.lay(**CLOSE)
    page.take_away()
    assert (page.board.verdict, page.board.sentence) == (None, "Turn it and lay it again.")
    page.lay()
    page.take_away()
    assert page.board.sentence == "Lay A on the stage."


@pytest.mark.parametrize("state", [State.ERROR, State.HALTED, State.INITIALIZED])
def test_no_verdict_stands_in_any_state_but_ready_nor_after_it(page: Page, state: State) -> None:
    page.lay()
    page.tell(state, "The camera is gone.")
    assert page.board.verdict is None
    page.tell(State.READY)
    assert page.board.verdict is None


def test_while_verifying_the_next_step_is_shown_and_counts_for_nothing(page: Page) -> None:
    page.tell(State.READY, "Lay the challenge part.")
    page.lay(verified=False, **WRONG)
    assert (page.board.mode, page.board.sentence) == ("not-verified", "Lay the challenge part.")
    assert sum(page.board.counts.values()) == 0
    assert page.board.placements[0].is_step


def test_while_verifying_what_needs_a_hand_is_shown_all_the_same(page: Page) -> None:
    page.tell(State.READY, "Lay the golden part.")
    page.lay(verified=False, **CLOSE)
    assert page.board.mode == "unsure"
    assert page.board.aside == "Lay the golden part."


def test_each_placement_counts_once_however_often_the_view_changes(page: Page) -> None:
    page.lay()
    page.screen.notice("The bundle was refused.")
    page.take_away()
    for _ in range(KEPT + 2):
        page.lay(**WRONG)
    assert page.board.counts == {Verdict.PASS: 1, Verdict.REJECT: KEPT + 2, Verdict.UNSURE: 0}
    assert len(page.board.placements) == KEPT
