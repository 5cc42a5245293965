"""What a person asks of the gate is recorded with who and why, and then done; what nobody may ask for is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from station import service
from station.acts import Act, Acts, note_of
from station.errors import LogError
from station.log import queries
from station.log.record import Row, time_text
from station.loop import run
from station.types import Inspection, Verdict
from station.verification import Verified
from tests.promises.stations import EXPECTED, OnTheBench


class Rig(OnTheBench):
    """A station that is not verified, on a bench of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.station.verification = Verified(3600.0, clock=self.clock)
        self.station.between = Acts(folder).look
        service.start(self.station)
        self.look(0.5)

    def look(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        run(self.station, lambda: self.clock.monotonic() > until)

    def inspect(self) -> Inspection:
        self.bench.place(EXPECTED)
        self.look(1.5)
        self.bench.remove()
        self.look(1.5)
        assert self.station.screen.view.inspection
        return self.station.screen.view.inspection

    def bypass(self, minutes: float = 10.0) -> None:
        until = time_text(self.clock.now() + timedelta(minutes=minutes))
        Acts(self.folder).leave(Act("bypass", "Eva", "no golden part is here", until, time_text(self.clock.now())))

    def events(self, *kinds: str) -> list[Row]:
        with queries.reading(self.folder) as log:
            return list(reversed(queries.events(log, kinds=kinds)))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_under_a_bypass_parts_pass_and_every_record_and_the_screen_say_in_whose_name(rig: Rig) -> None:
    assert rig.inspect().verdict is Verdict.REJECT
    rig.bypass()
    rig.look(0.5)
    assert rig.station.screen.view.message.startswith("Bypassed by Eva until ")
    passed = rig.inspect()
    assert passed.verdict is Verdict.PASS
    assert passed.verification.startswith("bypassed by Eva until 2026-01-05T06:1")
    assert passed.verification.endswith("Z: no golden part is here")
    (event,) = rig.events("bypass")
    assert (event["operator"], event["details"]["result"]) == ("Eva", "begun")
    assert event["sequence"] < passed.sequence


def test_a_bypass_that_was_asked_for_another_order_is_refused_and_that_is_recorded(rig: Rig) -> None:
    until = time_text(rig.clock.now() + timedelta(minutes=10))
    Acts(rig.folder).leave(Act("bypass", "Eva", "why", until, time_text(rig.clock.now()), "1041-B of WA"))
    rig.look(0.5)
    assert rig.inspect().verdict is Verdict.REJECT
    (refused,) = rig.events("refused")
    assert "asked for 1041-B of WA, and " in refused["message"]
    assert not rig.events("bypass")


def test_a_bypass_ends_by_itself_and_that_is_recorded_though_nobody_lays_a_part(rig: Rig) -> None:
    rig.bypass(minutes=1.0)
    rig.look(61.0)
    assert [event["details"]["result"] for event in rig.events("bypass")] == ["begun", "ended"]
    assert "golden" in rig.station.screen.view.message
    assert rig.inspect().verdict is Verdict.REJECT


def test_a_bypass_that_cannot_be_recorded_passes_nothing(rig: Rig) -> None:
    rig.bypass()
    rig.log.is_full = True
    with pytest.raises(LogError):
        rig.look(0.5)
    assert not rig.station.verification.is_open(rig.clock.monotonic())
    rig.log.is_full = False
    rig.look(0.5)
    assert len(rig.events("bypass")) == 1
    assert rig.inspect().verdict is Verdict.PASS


def test_whoever_asks_for_a_verification_is_in_the_log_and_ends_a_bypass(rig: Rig) -> None:
    rig.bypass()
    rig.look(0.5)
    Acts(rig.folder).leave(Act("verify", "Tan", "The shift has changed", at=AT))
    rig.look(0.5)
    assert rig.station.screen.view.message == "The shift has changed. Lay the golden part on the stage."
    ended, asked = rig.events("bypass", "verification")[-2:]
    assert (ended["details"]["why"], asked["operator"]) == ("The shift has changed", "Tan")


def test_nobody_asks_for_a_verification_without_a_name(rig: Rig) -> None:
    before = len(rig.events("verification"))
    Acts(rig.folder).leave(Act("verify", " ", "why not", at=AT))
    rig.look(0.5)
    [refused] = rig.events("refused")
    assert "by name" in refused["message"]
    assert len(rig.events("verification")) == before


def test_who_asks_to_bypass_does_not_hide_that_somebody_asked_to_verify(rig: Rig) -> None:
    Acts(rig.folder).leave(Act("verify", "Tan", "Somebody knocked the lamp", at=AT))
    rig.bypass()
    rig.look(0.5)
    assert [event["operator"] for event in rig.events("verification", "bypass")][-2:] == ["Tan", "Eva"]


def test_a_note_that_is_put_back_from_a_copy_opens_nothing(rig: Rig) -> None:
    """Or touched: what it asked for was taken up once."""
    rig.bypass()
    rig.look(0.5)
    note = rig.folder / note_of("bypass")
    rig.station.verification.restart("The light has fallen")
    for stamp in (1, 2):
        os.utime(note, (stamp, stamp))
        rig.look(0.5)
    assert [event["details"]["result"] for event in rig.events("bypass")] == ["begun", "ended"]
    assert len(rig.events("refused")) == 2
    assert rig.inspect().verdict is Verdict.REJECT


def test_after_a_clock_that_was_ahead_is_set_back_people_ask_as_before_and_a_copy_still_opens_nothing(rig: Rig) -> None:
    """As a computer whose own clock keeps local time is ahead until the network tells it better."""
    set_clock(rig, timedelta(hours=8))
    rig.bypass()
    copy = rig.folder.joinpath(note_of("bypass")).read_text()
    rig.look(0.5)
    rig.station.verification.restart("The clock was set")
    set_clock(rig, timedelta(hours=-8))
    rig.folder.joinpath(note_of("bypass")).write_text(copy)
    rig.look(0.5)
    assert len(rig.events("refused")) == 1
    rig.bypass(minutes=11.0)
    rig.look(0.5)
    assert [event["details"]["result"] for event in rig.events("bypass")] == ["begun", "ended", "begun"]


def set_clock(rig: Rig, by: timedelta) -> None:
    rig.clock._start += by


def test_a_pass_that_stands_is_withdrawn_when_the_bypass_ends(rig: Rig) -> None:
    rig.bypass(minutes=0.05)
    rig.look(0.5)
    rig.bench.place(EXPECTED)
    rig.look(1.5)
    assert rig.line.asserts_pass
    rig.look(2.5)
    assert not rig.line.asserts_pass


def test_while_a_part_lies_there_nothing_is_taken_up(rig: Rig) -> None:
    rig.bench.place(EXPECTED)
    rig.look(1.5)
    rig.bypass()
    rig.look(1.0)
    assert rig.events("bypass") == []


def test_what_was_asked_of_a_former_station_is_nobodys_wish(tmp_path: Path) -> None:
    act = {"act": "bypass", "by": "Eva", "reason": "r", "until": "9999-01-01", "at": AT}
    tmp_path.joinpath(note_of("bypass")).write_text(json.dumps(act))
    rig = Rig(tmp_path)
    rig.look(0.5)
    assert rig.events("bypass", "refused") == []
    rig.close()


AT = "2026-01-05T05:59:00Z"
LATER = "2026-01-05T07:00:00Z"


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("[", "Expecting"),
        ("[]", "mapping"),
        ('{"act": 1, "by": "Eva", "reason": "r"}', "something else"),
        ('{"act": "open", "by": "Eva", "reason": "r"}', "something else"),
        (f'{{"act": "bypass", "by": "", "reason": "r", "until": "{LATER}"}}', "a name and a reason"),
        ('{"act": "bypass", "by": "Eva", "reason": "r", "until": "2026-01-05T07:00:00"}', "its zone"),
        ('{"act": "bypass", "by": "Eva", "reason": "r", "until": "soon"}', "soon"),
        ('{"act": "bypass", "by": "Eva", "reason": "r", "until": "2026-01-06T07:00:00Z"}', "within 12 hours"),
        ('{"act": "bypass", "by": "Eva", "reason": "r", "until": "2026-01-05T05:00:00Z"}', "within 12 hours"),
    ],
)
def test_what_cannot_be_is_refused_told_and_recorded(rig: Rig, note: str, said: str) -> None:
    note = note.replace("}", f', "at": "{AT}"}}')
    rig.folder.joinpath(note_of("bypass")).write_text(note)
    rig.look(0.5)
    (event,) = rig.events("refused")
    assert said in event["message"]
    assert said in rig.station.screen.view.notice
    assert rig.inspect().verdict is Verdict.REJECT
    rig.bypass()
    rig.look(0.5)
    assert rig.station.screen.view.notice == ""
