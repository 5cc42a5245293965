"""What is known today of wrong parts that pass, from the card and from later verifications."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from models.bound import Bound
from station import assembly, escapes, service
from station.bundles import Bundles
from station.cli.demo import verify
from station.escapes import Challenge
from station.log import queries

CARD = Bound("B", asked=0.02, trials=40, escapes=0, sessions=2, calibration="0003 sha256:ab", dated="2026-01-05")
UNDER = "0003 sha256:ab"

challenges = st.lists(
    st.builds(
        Challenge,
        id=st.sampled_from(["C-1", "C-2", ""]),
        actual=st.sampled_from(["B", "C"]),
        day=st.sampled_from(["2026-02-01", "2026-02-02", "2026-02-03"]),
        escaped=st.booleans(),
    )
)


def test_a_challenge_part_counts_once_a_day_and_only_as_what_it_is() -> None:
    laid = [
        Challenge("C-1", "B", "2026-02-01", False),
        Challenge("C-1", "B", "2026-02-01", False),
        Challenge("C-1", "B", "2026-02-02", False),
        Challenge("C-9", "C", "2026-02-02", False),
    ]
    known = escapes.known("A", CARD, UNDER, laid)
    assert (known.bound.trials, known.bound.sessions, known.later, known.specimens) == (42, 4, 2, 1)
    assert known.bound.shown < CARD.shown
    assert "2 of the trials are of later verifications, with 1 challenge part" in known.sentence()


@given(challenges)
def test_no_trial_is_made_up_and_no_escape_is_lost(laid: list[Challenge]) -> None:
    known = escapes.known("A", CARD, UNDER, laid)
    own = [each for each in laid if each.actual == "B"]
    assert known.later <= len(own)
    assert known.later == len({(each.id, each.day) for each in own})
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
    assert known.later in (1, 2), "two on one day, or over midnight"
    assert (known.bound.trials, known.bound.escapes) == (card.trials + known.later, 0)


def test_before_the_first_inspection_nothing_is_known(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with assembly.demo(data, seed=1, accelerated=True) as demo, service.started(demo.station):
        pass
    with queries.reading(data) as log:
        assert escapes.of_log(log, Bundles(data)) is None
