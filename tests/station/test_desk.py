"""What a supervisor does is an event with a reason that refers to the record; the record stays as it was."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from station import service
from station.desk import Desk
from station.errors import AccountError
from station.log import queries
from station.log.figures import figures
from station.log.keeping import Terms, terms_in_force
from station.log.record import Row
from station.log.store import TraceabilityLog
from station.log.verify import verify
from station.loop import run
from station.proposals import Proposal, proposals
from station.types import Reason, Verdict
from station.witness import Witness
from tests.promises.stations import OnTheBench
from tests.station.log.samples import StoppedClock, judged, pictures

PASSED, REJECTED = 1, 2


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with closing(TraceabilityLog(tmp_path, StoppedClock())) as log:
        log.append(judged(), pictures(1))
        log.append(judged(verdict=Verdict.REJECT, reason=Reason.UNKNOWN_PART), pictures(2))
    return tmp_path


def told(data: Path, record: int) -> tuple[Row, list[Row]]:
    with queries.reading(data) as rows:
        row = queries.show(rows, str(record))
        assert row is not None
        return row, queries.acts_about(rows, record)


def test_a_release_is_an_event_and_the_old_record_stays(data: Path) -> None:
    before, _ = told(data, REJECTED)
    desk = Desk(data)
    assert desk.recorded(desk.release(REJECTED, "Eva", "measured by hand")) == 3
    after, [act] = told(data, REJECTED)
    assert after == before
    assert (act["kind"], act["operator"], act["details"]["reason"]) == ("release", "Eva", "measured by hand")
    with queries.reading(data) as rows:
        assert verify(rows, data).breaks == []


def test_what_one_alone_may_do_is_done_once_also_while_the_station_does_not_come_to_record_it(data: Path) -> None:
    desk = Desk(data)
    proposal = desk.recorded(desk.propose("discs-2", "5" * 64, ["1041-A"], "Tan", "it knows the new batch"))
    assert proposal is not None
    with closing(TraceabilityLog(data, StoppedClock())):  # in a fault, say
        desk.release(REJECTED, "Eva", "measured by hand")
        with pytest.raises(AccountError, match="The part of record 2 was released before"):
            desk.release(REJECTED, "Bo", "measured by hand")
        desk.refuse(proposal, "Eva", "too few trials")
        with pytest.raises(AccountError, match="Somebody has answered this proposal already"):
            desk.approve("discs-2", "5" * 64, "Bo", "good", proposal)


def test_an_escape_tells_what_the_part_truly_is(data: Path) -> None:
    desk = Desk(data)
    desk.recorded(desk.escape(PASSED, "Eva", "the customer called", "1041-B"))
    _, [act] = told(data, PASSED)
    assert (act["kind"], act["details"]["actual_part_number"]) == ("escape", "1041-B")


def test_an_escape_is_entered_again_only_to_say_what_the_part_truly_is(data: Path) -> None:
    desk = Desk(data)
    desk.recorded(desk.escape(PASSED, "Eva", "the customer called"))
    with pytest.raises(AccountError, match="an escape already"):
        desk.escape(PASSED, "Tan", "the customer called")
    desk.recorded(desk.escape(PASSED, "Tan", "measured in the laboratory", "1041-B"))
    with pytest.raises(AccountError, match="an escape already"):
        desk.escape(PASSED, "Eva", "measured", "1041-B")
    with queries.reading(data) as rows:
        assert sum(figure.acts.get("escape", 0) for figure in figures(rows, "part_number")) == 1


def test_what_may_not_be_is_said_and_nothing_is_recorded(data: Path) -> None:
    desk = Desk(data)
    with pytest.raises(AccountError, match="nothing to release"):
        desk.release(PASSED, "Eva", "why not")
    with pytest.raises(AccountError, match="cannot have escaped"):
        desk.escape(REJECTED, "Eva", "why not")
    with pytest.raises(AccountError, match="no inspection 99"):
        desk.release(99, "Eva", "why not")
    with pytest.raises(AccountError, match="a name and a reason"):
        desk.release(REJECTED, "Eva", "  ")
    desk.recorded(desk.release(REJECTED, "Eva", "measured"))
    with pytest.raises(AccountError, match="released before"):
        desk.release(REJECTED, "Eva", "again")
    desk.recorded(desk.escape(REJECTED, "Eva", "it was wrong after all"))
    with queries.reading(data) as rows:
        assert [row["kind"] for row in queries.events(rows)] == ["escape", "release"]


def test_the_terms_that_a_supervisor_sets_take_the_place_of_those_of_the_configuration(data: Path) -> None:
    desk = Desk(data)
    desk.recorded(desk.retain(Terms(30, 0, 5), "Eva", "the disk is small"))
    desk.recorded(desk.approve("discs-2", "5" * 64, "Eva", "its card is good"))
    with queries.reading(data) as rows:
        assert terms_in_force(rows, Terms(1, 1, 1)) == Terms(30, 0, 5)


def test_a_running_station_records_it_between_two_placements(tmp_path: Path) -> None:
    rig = OnTheBench(tmp_path)
    rig.station.between = Witness(tmp_path).look
    service.start(rig.station)
    rig.station.log.append(judged(verdict=Verdict.REJECT, reason=Reason.FAULT), pictures())
    with queries.reading(tmp_path) as rows:
        record = queries.newest(rows)
    desk, found = Desk(tmp_path), list[int | None]()
    waiting = threading.Thread(target=lambda: found.append(desk.recorded(desk.release(record, "Eva", "it is right"))))
    waiting.start()
    run(rig.station, lambda: not waiting.is_alive())
    rig.close()
    _, [act] = told(tmp_path, record)
    assert (act["kind"], found) == ("release", [act["sequence"]])


def test_a_proposal_waits_for_one_answer_and_the_log_keeps_who_said_what(data: Path) -> None:
    desk = Desk(data)

    def waiting() -> list[Proposal]:
        with queries.reading(data) as rows:
            return [each for each in proposals(rows) if not each.answer]

    first = desk.recorded(desk.propose("discs-2", "5" * 64, ["A", "B"], "Tan", "sees the new lot"))
    second = desk.recorded(desk.propose("discs-3", "6" * 64, ["A"], "Tan", "smaller"))
    assert first
    assert second
    assert [(each.bundle, each.part_numbers, each.by) for each in waiting()] == [
        ("discs-3", ("A",), "Tan"),
        ("discs-2", ("A", "B"), "Tan"),
    ]
    with pytest.raises(AccountError, match="another bundle"):
        desk.approve("discs-3", "6" * 64, "Eva", "good", first)
    desk.recorded(desk.approve("discs-2", "5" * 64, "Eva", "its card is good", first))
    desk.recorded(desk.refuse(second, "Eva", "no sessions"))
    assert waiting() == []
    with pytest.raises(AccountError, match="Eva has answered"):
        desk.refuse(first, "Siti", "late")
    with pytest.raises(AccountError, match="no proposal 999"):
        desk.refuse(999, "Siti", "why")
    with queries.reading(data) as rows:
        answers = {each.bundle: (each.answer, each.answered_by, each.answered_why) for each in proposals(rows)}
    assert answers == {
        "discs-2": ("approval", "Eva", "its card is good"),
        "discs-3": ("proposal_refused", "Eva", "no sessions"),
    }


def test_a_golden_or_challenge_part_is_no_part_to_be_released(data: Path) -> None:
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        log.note("verification", "The golden part", result="passed", record=REJECTED)
    desk = Desk(data)
    with pytest.raises(AccountError, match="Record 2 is of a golden or challenge part"):
        desk.release(REJECTED, "Eva", "measured by hand")


def test_a_release_that_comes_to_the_station_before_the_word_that_it_was_a_golden_part_is_refused_there(
    data: Path,
) -> None:
    desk = Desk(data)
    left = desk.release(REJECTED, "Eva", "measured by hand")
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        log.note("verification", "The golden part", result="passed", record=REJECTED)
    desk.recorded(left)
    _, [_, act] = told(data, REJECTED)
    assert (act["kind"], act["operator"], act["details"]["reason"]) == ("release_refused", "Eva", "measured by hand")
    with queries.reading(data) as rows:
        assert figures(rows)[0].acts == {}


def begun_anew(data: Path) -> None:
    """The log is taken away; the next gives the same numbers to other parts."""
    for path in data.glob("station.db*"):
        path.unlink()
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        while log.append(judged(verdict=Verdict.REJECT, reason=Reason.WRONG_PART), pictures(9)).sequence < REJECTED:
            pass


def test_what_was_done_about_a_part_is_said_of_no_part_of_a_log_that_began_anew(data: Path) -> None:
    desk = Desk(data)
    desk.recorded(desk.release(REJECTED, "Eva", "measured by hand"))
    begun_anew(data)
    desk.recorded(desk.release(REJECTED, "Bo", "another part"))
    _, [act] = told(data, REJECTED)
    assert (act["kind"], act["operator"]) == ("release", "Bo")
    with queries.reading(data) as rows:
        [former] = queries.events(rows, kinds=["act_of_former_log"])
        assert (former["operator"], former["details"]["was"], former["details"]["former_record"]) == (
            "Eva",
            "release",
            REJECTED,
        )
        assert sum(figure.acts.get("release", 0) for figure in figures(rows)) == 1


def test_an_answer_of_a_former_log_answers_no_proposal_of_a_new_one(data: Path) -> None:
    desk, numbers = Desk(data), list[int | None]()
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        for _ in range(2):  # as many as the new log tells of the old proposal and its answer
            log.note("audit", "An audit")
    for by in ("Eva", "Bo"):
        proposal = desk.recorded(desk.propose("discs-2", "5" * 64, ["1041-A"], "Tan", "it knows the new batch"))
        assert proposal
        assert desk.recorded(desk.refuse(proposal, by, "too few trials"))
        numbers.append(proposal)
        begun_anew(data)
    assert numbers[0] == numbers[1]
