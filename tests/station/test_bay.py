"""The hardware handed to the wizard while the station runs: the line at reject, all of it recorded, and back again."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.bay import CONTINUE, HANDS, LEAVE, UNDO, Phase
from station.types import State
from tests.station.bays import BY, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop.ready(tmp_path) as shop:
        yield shop


def is_back(shop: Shop) -> None:
    """The station waits for its verification, and its camera is checked as ever."""
    shop.until(lambda: shop.station.state is State.READY)
    assert not shop.line.asserts_pass
    assert shop.station.verification.asks
    assert not shop.bay.look().is_at_work
    assert not shop.camera.may_repeat
    assert not shop.bench.in_hands


def test_the_line_is_at_reject_before_the_wizard_asks_for_anything_and_all_is_recorded(shop: Shop) -> None:
    assert shop.bay.begin(BY)
    shown = shop.asks()
    assert (shown.step, shown.by, shown.phase) == ("halt", BY, Phase.ASKS)
    assert shop.station.state is State.HALTED
    assert f"being calibrated by {BY}" in shop.station.screen.view.message
    assert shop.line.messages[-1].word == "CLOSE"
    assert not shop.station.is_line_open
    assert shop.station.verification.standing.since is None
    (begun,) = shop.noted("calibration_begun")
    assert begun["operator"] == BY


def test_a_signed_calibration_is_in_use_recorded_and_verification_is_asked_for(shop: Shop) -> None:
    former = shop.station.model.profile
    shown = shop.calibrates()
    assert shown.profile == 2
    is_back(shop)
    profile = shop.station.model.profile
    assert profile is not None
    assert profile is not former
    assert profile.flat is not None
    assert profile.made_by == BY
    assert "Another calibration is in use" in shop.station.verification.asks
    assert shop.noted("verification")[-1]["operator"] == BY
    assert shop.raw.exposure * 1e6 == pytest.approx(profile.settings["exposure"])
    (noted,) = shop.noted("calibration")
    assert (noted["operator"], noted["details"]["calibration"]) == (BY, profile.name)


def test_a_signed_calibration_that_the_camera_does_not_do_is_told_as_refused(shop: Shop) -> None:
    former = shop.station.model.profile
    shop.calibrates("sign")
    shop.raw.habits["exposure"] = lambda wanted: 2 * wanted
    shown = shop.does(CONTINUE, BY)
    assert shown.profile == 0
    assert "Calibration 2 was refused, the former stays in use: " in shown.ended
    assert shop.station.model.profile is former
    assert len(shop.noted("calibration_refused")) == 1


def test_what_is_left_goes_on_where_it_was_and_the_former_stays_active(shop: Shop) -> None:
    former = shop.station.model.profile
    shop.calibrates("flat")
    shown = shop.does(LEAVE)
    assert "left at its step flat; the former stays active" in shown.ended
    is_back(shop)
    assert shop.station.model.profile is former
    (left,) = shop.noted("calibration_left")
    assert left["operator"] == BY
    assert shop.bay.begin(BY)
    shown = shop.asks()
    assert (shown.step, shown.is_resumed) == ("flat", True)
    assert shown.found.startswith(f"It goes on where it was left: {BY} began it 0.0 hours ago.")
    (resumed,) = shop.noted("calibration_resumed")
    assert (resumed["operator"], resumed["details"]["begun_by"]) == (BY, BY)
    assert resumed["details"]["camera"] == shop.camera.name
    assert resumed["details"]["done"] == ["halt", "clean", "lock"]
    assert {each.name: each.obeyed for each in shown.table} == {"exposure": True, "gain": True, "focus": True}


def test_what_was_left_too_long_ago_is_not_resumed_and_that_is_said_and_recorded(shop: Shop) -> None:
    shop.calibrates("clean")
    shop.does(LEAVE)
    is_back(shop)
    draft = shop.folder / "draft" / "draft.json"
    told = json.loads(draft.read_text())
    told["whose"]["began_at"] = "2020-01-05T08:00:00.000000Z"
    draft.write_text(json.dumps(told))
    assert shop.bay.begin(BY)
    shown = shop.asks()
    assert (shown.step, shown.is_resumed) == ("halt", False)
    assert "is too old" in shown.found
    (noted,) = shop.noted("calibration_not_resumed")
    assert noted["message"] == shown.found
    assert noted["details"]["begun_at"] == "2020-01-05T08:00:00.000000Z"
    assert shop.does(CONTINUE).found == ""


def test_who_only_looks_in_and_leaves_leaves_a_station_that_is_verified_no_more(shop: Shop) -> None:
    shop.verifies()
    shop.bay.begin(BY)
    shop.asks()
    shop.does(LEAVE)
    is_back(shop)
    assert not shop.station.verification.is_open(shop.clock.monotonic())
    assert f"The camera was in the hands of {BY}" in shop.station.verification.asks


def test_a_step_is_undone(shop: Shop) -> None:
    shop.calibrates("lock")
    assert [step for step, _ in shop.shown.done] == ["halt", "clean"]
    assert shop.does(UNDO).step == "clean"


def test_a_browser_that_is_forgotten_gives_the_station_back_by_itself(shop: Shop) -> None:
    shop.bay.begin(BY)
    shop.asks()
    shop.people[0] += 899.0
    shop.bay.look()  # a look that is not the page's keeps nothing alive
    shop.people[0] += 2.0
    shop.until(lambda: not shop.bay.is_wanted)
    assert "nobody looked after it for 15 minutes" in shop.bay.look().ended
    is_back(shop)
    assert len(shop.noted("calibration_left")) == 1


def test_a_crash_of_the_wizard_is_a_fault_and_the_station_starts_as_before(shop: Shop) -> None:
    former = shop.station.model.profile
    shop.fails = ZeroDivisionError("unforeseen")
    shop.bay.begin(BY)
    shop.until(lambda: bool(shop.noted("fault")))
    assert not shop.line.asserts_pass
    is_back(shop)
    assert "unforeseen" in shop.bay.look().ended
    assert shop.station.model.profile is former


def test_what_cannot_be_recorded_is_not_begun(shop: Shop) -> None:
    shop.log.is_full = True
    shop.bay.begin(BY)
    shop.until(lambda: not shop.bay.is_wanted)
    assert not shop.noted("calibration_begun")
    assert shop.station.state is State.ERROR
    shop.log.is_full = False
    is_back(shop)


def test_a_camera_that_is_lost_is_waited_for_and_the_step_goes_on(shop: Shop) -> None:
    shop.calibrates("lock")
    shop.bench.unplug()
    shop.until(lambda: "unplugged" in shop.shown.trouble)
    assert shop.shown.step == "lock"
    shop.bench.plug()
    shop.until(lambda: not shop.shown.trouble)
    shop.does(HANDS)
    assert shop.does(CONTINUE).step == "flat"


def test_it_can_be_begun_in_a_fault_and_mends_what_cannot_start(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.bench.unplug()
    shop.start()
    shop.until(lambda: shop.station.state is State.ERROR)
    shop.bay.begin(BY)
    shop.until(lambda: "unplugged" in shop.shown.trouble)
    shop.bench.plug()
    assert shop.asks().step == "halt"
    shop.close()


def test_hands_do_anew_what_there_is_a_complaint_about(shop: Shop) -> None:
    shop.calibrates("lock")
    complaint = shop.does(CONTINUE)  # no sheet lies there
    assert complaint.is_complaint
    assert "no brighter than the bare stage" in complaint.text
    shop.does(HANDS)
    assert shop.does(CONTINUE).step == "flat"


def test_a_second_touch_does_nothing_to_the_next_instruction(shop: Shop) -> None:
    shop.bay.begin(BY)
    first = shop.asks()
    shop.bay.do(CONTINUE, first.number)
    shop.bay.do(CONTINUE, first.number)
    shown = shop.asks(first.number)
    assert shown.step == "clean"
    shop.until(lambda: shop.bay._commands.empty())
    assert shop.asks().step == "clean"


def test_only_one_calibrates_and_nobody_does_what_there_is_not(shop: Shop) -> None:
    assert not shop.bay.do(CONTINUE, 0)
    assert shop.bay.begin(BY)
    assert not shop.bay.begin("Ali")
    assert not shop.bay.do("dance", shop.asks().number)


def test_a_station_that_is_stopped_leaves_the_calibration_and_ends(shop: Shop) -> None:
    shop.calibrates("lock")
    shop._over.set()
    shop._thread.join(20)
    assert not shop._thread.is_alive()
    assert "when the station was stopped" in shop.noted("calibration_left")[0]["message"]


def test_the_line_hears_no_pass_and_nothing_is_inspected_meanwhile(shop: Shop) -> None:
    shop.bay.begin(BY)
    shop.asks()
    said = len(shop.line.messages)
    shop.bench.place("1041-A")
    shop.until(lambda: not shop.bench.busy)
    shop.station.ask(next(iter(shop.station.sources)))
    seen = shop.clock.monotonic()
    shop.until(lambda: shop.clock.monotonic() > seen + 1.0)
    assert shop.line.messages[said:] == []


def test_what_passes_between_threads_can_pass_between_processes(shop: Shop) -> None:
    shop.calibrates("lock")
    shop.until(lambda: shop.shown.live is not None)
    for each in (shop.shown, shop.bay.camera()):
        assert pickle.loads(pickle.dumps(each)) == each
