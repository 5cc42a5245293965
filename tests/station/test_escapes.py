"""What is known today of wrong parts that pass, from the card and from later verifications."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bound import Bound
from station import assembly, escapes, service
from station.bundles import RELEASED, Bundles, load_bundle, name_of
from station.cli.demo import verify
from station.escapes import Challenge
from station.log import queries
from station.log.store import TraceabilityLog
from station.types import Order, Reason, Verdict
from tests.station.log.samples import StoppedClock, judged, pictures

CARD = Bound("B", asked=0.02, trials=40, escapes=0, sessions=2, calibration="0003 sha256:ab", dated="2026-01-05")
UNDER = "0003 sha256:ab"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def log(data: Path) -> Iterator[TraceabilityLog]:
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        yield log


challenges = st.lists(
    st.builds(
        Challenge,
        id=st.sampled_from(["C-1", "C-2", ""]),
        actual=st.sampled_from(["B", "C"]),
        day=st.sampled_from(["2026-02-01", "2026-02-02", "2026-02-03"]),
        escaped=st.booleans(),
    )
)


def test_a_challenge_part_counts_once_and_only_as_what_it_is() -> None:
    laid = [
        Challenge("C-1", "B", "2026-02-01", False),
        Challenge("C-1", "B", "2026-02-01", False),
        Challenge("C-1", "B", "2026-02-02", False),
        Challenge("C-2", "B", "2026-02-02", False),
        Challenge("C-9", "C", "2026-02-02", False),
    ]
    known = escapes.known("A", CARD, UNDER, laid)
    assert (known.bound.trials, known.bound.sessions, known.later) == (42, 4, 2)
    assert known.bound.shown < CARD.shown
    assert "2 of the trials are challenge part(s) of later verifications" in known.sentence()


def test_a_year_with_one_challenge_part_shows_no_more_of_other_parts_than_a_day() -> None:
    days = [Challenge("C-1", "B", f"2026-{month:02}-{day:02}", False) for month in range(1, 13) for day in range(1, 29)]
    known = escapes.known("A", CARD, UNDER, days)
    assert not known.bound.is_carried
    assert known.bound.shown == escapes.known("A", CARD, UNDER, days[:1]).bound.shown


def test_a_challenge_part_that_would_have_passed_once_has_escaped_however_often_it_did_not() -> None:
    laid = [Challenge("C-1", "B", f"2026-02-{day:02}", day == 3) for day in range(1, 9)]
    known = escapes.known("A", CARD, UNDER, laid)
    assert (known.bound.trials, known.bound.escapes) == (41, 1)


REJECT, UNSURE = Verdict.REJECT, Verdict.UNSURE
PLACED = [
    ("passed", REJECT, Reason.WRONG_PART, False),
    ("again", UNSURE, Reason.TOO_CLOSE, False),
    ("failed", REJECT, Reason.NOT_VERIFIED, True),
    ("overdue", REJECT, Reason.NOT_VERIFIED, True),  # whichever part it was, it would have passed
    ("overdue", REJECT, Reason.WRONG_PART, None),
    ("again", UNSURE, Reason.POOR_PICTURE, None),
    ("again", REJECT, Reason.FAULT, None),
]


@pytest.mark.parametrize(("result", "verdict", "reason", "escaped"), PLACED)
def test_a_placement_that_shows_nothing_is_no_trial(
    log: TraceabilityLog, data: Path, result: str, verdict: Verdict, reason: Reason, escaped: bool | None
) -> None:
    laid = log.append(judged(verdict=verdict, reason=reason, model="m", calibration=UNDER), pictures())
    part = {"id": "C-1", "part_number": "B"}
    log.note("verification", "laid", result=result, step="challenge", part=part, record=laid.sequence)
    with queries.reading(data) as rows:
        found = escapes.challenges(rows, "m", UNDER, laid.order.part_number)
    assert [each.escaped for each in found] == ([] if escaped is None else [escaped])


@given(challenges)
def test_no_trial_is_made_up_and_no_escape_is_lost(laid: list[Challenge]) -> None:
    known = escapes.known("A", CARD, UNDER, laid)
    own = [each for each in laid if each.actual == "B"]
    assert known.later <= len(own)
    assert known.later == len({each.id for each in own})
    assert (known.bound.escapes > 0) == any(each.escaped for each in own)
    if known.bound.escapes:
        assert known.bound.shown > CARD.shown


def test_with_another_calibration_the_bound_has_lapsed_and_no_figure_stands() -> None:
    known = escapes.known("A", CARD, "0004 sha256:cd", [Challenge("C-1", "B", "2026-02-01", False)])
    assert known.bound == CARD
    assert "not known" in known.sentence()
    assert "measured under calibration 0003, and 0004 is active" in known.sentence()
    assert known.told()["lapsed"]


def test_a_bound_that_tells_no_calibration_says_only_what_was_shown() -> None:
    known = escapes.known("A", replace(CARD, calibration=""), "0004 sha256:cd", [])
    assert known.sentence() == CARD.sentence("A")


def test_the_verifications_of_a_station_are_trials_of_its_bundle(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with assembly.demo(data, seed=1, accelerated=True) as demo, service.started(demo.station):
        for _ in verify(demo):
            pass
        demo.station.verification.restart("the shift has changed")
        for _ in verify(demo):
            pass
        model = demo.station.model.name
    with queries.reading(data) as log:
        known = escapes.of_log(log, Bundles(data))
    assert known is not None
    card = Bundles(data).named(model).bounds[known.part_number]
    assert known.later == 1, "the same part, twice"
    assert (known.bound.trials, known.bound.escapes) == (card.trials + 1, 0)


def test_before_the_first_inspection_nothing_is_known(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with assembly.demo(data, seed=1, accelerated=True) as demo, service.started(demo.station):
        pass
    with queries.reading(data) as log:
        assert escapes.of_log(log, Bundles(data)) is None


def test_of_a_part_that_was_laid_without_an_order_nothing_is_known(log: TraceabilityLog, data: Path) -> None:
    model = name_of(load_bundle(RELEASED / "bench"))
    log.append(judged(order=Order(""), verdict=REJECT, reason=Reason.NOT_VERIFIED, model=model), pictures())
    with queries.reading(data) as rows:
        assert escapes.of_log(rows, Bundles(data)) is None
