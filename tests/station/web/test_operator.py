"""What the operator's page shows: one idea at a time, and never the verdict of another part."""

from __future__ import annotations

from typing import Any

import pytest

from station.screen import Screen
from station.types import Frame, Inspection, Order, Reason, State, Verdict
from station.web.operator import KEPT, Board, onward
from tests.station.factories import AT, inspection

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
