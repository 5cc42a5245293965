"""The camera's controls while the station runs: what changes them is recorded, and verified anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calibration.controls import Control
from station import service
from station.errors import CameraError
from station.held import cannot_read
from station.loop import turn
from station.simulation import SimulatedCamera
from station.tuning import Tuning
from station.types import Inspection, Reason, State, Verdict
from station.verification import Verified
from station.web.language import understood
from tests.promises.stations import EXPECTED, OnTheBench
from tests.station.bays import BY, Shop
from tests.station.test_stage import Gate


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop.ready(tmp_path) as shop:
        yield shop


@pytest.fixture
def calibrated(shop: Shop) -> Shop:
    """By the whole wizard, so that the calibration holds what the controls have to be."""
    shop.calibrates()
    shop.until(lambda: shop.station.state is State.READY)
    return shop


def test_the_page_tells_every_control_with_range_and_step_what_was_asked_and_what_is(calibrated: Shop) -> None:
    camera = calibrated.bay.camera()
    assert camera.name == calibrated.camera.name
    exposure = next(each for each in camera.controls if each.name == "exposure")
    assert (exposure.least, exposure.step, exposure.unit) == (20.0, 20.0, "µs")
    assert camera.asked["exposure"] == pytest.approx(exposure.value)
    assert camera.settable == {"exposure", "gain", "focus"}


def test_a_control_set_outside_the_wizard_is_recorded_and_drops_verified(shop: Shop) -> None:
    shop.verifies()
    shop.bay.camera()
    assert shop.bay.tune("gain", 2.01, BY) == ""
    shop.until(lambda: shop.raw.gain == 2.0)
    assert not shop.station.verification.is_open(shop.clock.monotonic())
    (noted,) = shop.noted("camera_changed")
    assert (noted["operator"], noted["details"]["control"], noted["details"]["asked"]) == (BY, "gain", 2.0)
    assert shop.bay.camera().asked["gain"] == 2.0


def test_what_the_camera_makes_of_it_is_recorded_and_told(shop: Shop) -> None:
    shop.raw.habits["gain"] = lambda wanted: 1.0
    shop.bay.camera()
    shop.bay.tune("gain", 4.0, BY)
    shop.until(lambda: bool(shop.noted("camera_disobeyed")))
    assert "asked 4, got 1" in shop.noted("camera_disobeyed")[0]["message"]


@pytest.mark.parametrize(
    ("control", "value", "said"),
    [
        ("gain", 9.0, "gain goes from 1 to 8: 9 is not in it."),
        ("gain", float("nan"), "is not in it"),
        ("hue", 1.0, "no control hue"),
    ],
)
def test_what_the_camera_cannot_take_is_refused_before_it_is_told(
    shop: Shop, control: str, value: float, said: str
) -> None:
    shop.bay.camera()
    assert said in shop.bay.tune(control, value, BY)
    assert not shop.noted("camera_changed")


def test_a_control_that_somebody_else_changed_is_recorded_unverified_and_set_again(calibrated: Shop) -> None:
    calibrated.verifies()
    exposure = calibrated.raw.exposure
    calibrated.raw.exposure = 0.002  # a program beside the station
    calibrated.until(lambda: bool(calibrated.noted("camera_changed")))
    calibrated.until(lambda: calibrated.raw.exposure == pytest.approx(exposure))
    assert not calibrated.station.verification.is_open(calibrated.clock.monotonic())
    (noted,) = calibrated.noted("camera_changed")
    assert "changed by somebody else: exposure is 2000" in noted["message"]
    assert noted["details"]["controls"] == {"exposure": pytest.approx(1e6 * exposure)}


@pytest.fixture
def bright(shop: Shop) -> Shop:
    """A camera that tells of more than it lets itself be set by here, and was looked at once."""
    brightness = Control("brightness", 128.0, 0.0, 255.0, 1.0)
    measured = replace(brightness, name="lux", is_read_only=True)
    by_itself = replace(brightness, name="current", is_volatile=True)
    shop.raw.others |= {each.name: each for each in (brightness, measured, by_itself)}
    looked(shop)
    shop.verifies()
    return shop


def changed(shop: Shop, name: str, value: float) -> None:
    """By a program beside the station, or by the camera itself; then the loop has looked at it, and is done with it."""
    shop.raw.others[name] = replace(shop.raw.others[name], value=value)
    looked(shop)


def looked(shop: Shop) -> None:
    """The loop has looked at the camera once more, and has done what comes of it: it looks again."""
    before = shop.bay.camera().number
    shop.until(lambda: shop.bay.camera().number > before + 1)


def test_a_control_that_is_only_shown_and_that_somebody_else_changed_is_recorded_and_drops_verified(
    bright: Shop,
) -> None:
    changed(bright, "brightness", 200.0)
    (noted,) = bright.noted("camera_changed")
    assert "changed by somebody else: brightness is 200 where it was 128" in noted["message"]
    assert noted["details"]["controls"] == {"brightness": 128.0}
    assert not bright.station.verification.is_open(bright.clock.monotonic())
    bright.verifies()
    changed(bright, "lux", 3.0)
    assert bright.station.verification.is_open(bright.clock.monotonic()), "it was verified as it is now"


@pytest.mark.parametrize("name", ["lux", "current"])
def test_what_a_camera_measures_or_sets_by_itself_is_no_change(bright: Shop, name: str) -> None:
    changed(bright, name, 200.0)
    assert not bright.noted("camera_changed")
    assert bright.station.verification.is_open(bright.clock.monotonic())


def test_a_control_that_no_calibration_has_set_is_held_against_what_it_was(shop: Shop) -> None:
    """After a quick calibration nothing was told to the camera."""
    looked(shop)
    shop.verifies()
    shop.raw.gain = 2.0
    shop.until(lambda: bool(shop.noted("camera_changed")))
    assert "gain is 2 where it was 1" in shop.noted("camera_changed")[0]["message"]
    assert not shop.station.verification.is_open(shop.clock.monotonic())


def test_where_an_automatic_was_switched_on_the_camera_is_told_again_what_was_calibrated(calibrated: Shop) -> None:
    calibrated.raw.others["auto_exposure"] = Control("auto_exposure", 1.0, 0.0, 3.0, 1.0)
    looked(calibrated)
    told: list[float] = []
    exposure = calibrated.raw.exposure

    def off(wanted: float) -> float:
        told.append(wanted)
        calibrated.raw.others["auto_exposure"] = Control("auto_exposure", 1.0, 0.0, 3.0, 1.0)
        return wanted

    calibrated.raw.habits["exposure"] = off
    changed(calibrated, "auto_exposure", 3.0)
    looked(calibrated)
    assert told == [pytest.approx(1e6 * exposure)]
    assert len(calibrated.noted("camera_changed")) == 1, "that it is off again was nobody else"
    changed(calibrated, "auto_exposure", 3.0)
    assert len(calibrated.noted("camera_changed")) == 2, "and the next look has noticed who did it again"


def test_a_camera_that_was_opened_anew_is_looked_at_at_once(bright: Shop) -> None:
    bright.bench.unplug()
    bright.until(lambda: bright.station.state is State.ERROR)
    bright.raw.others["brightness"] = replace(bright.raw.others["brightness"], value=100.0)
    bright.bay.tuning._next = float("inf")  # no other look would come
    bright.bench.plug()
    bright.until(lambda: bool(bright.noted("camera_changed")))
    assert "brightness is 100 where it was 128" in bright.noted("camera_changed")[0]["message"]


@pytest.mark.parametrize("how", ["one value", "none at all"])
def test_what_the_camera_does_not_tell_any_more_is_not_taken_for_unchanged(bright: Shop, how: str) -> None:
    known, told = bright.raw.others["brightness"], bright.raw.everything

    def fails() -> tuple[Control, ...]:
        raise CameraError("The driver does not answer.")

    def breaks() -> None:
        if how == "one value":
            bright.raw.others["brightness"] = replace(known, value=float("nan"))
        else:
            bright.raw.everything = fails  # type: ignore[method-assign] # a driver that fails

    breaks()
    bright.until(lambda: bool(bright.noted("camera_unread")))
    assert not bright.station.verification.is_open(bright.clock.monotonic())
    (noted,) = bright.noted("camera_unread")
    assert "brightness" in noted["message"]
    assert "any more, so nobody knows whether it was changed" in noted["message"]
    assert "nobody knows" in bright.station.verification.asks
    assert understood(bright.station.verification.asks), "in every language"
    looked(bright)
    assert len(bright.noted("camera_unread")) == 1, "it is said once, as long as nobody verifies"
    gate = bright.station.verification
    assert isinstance(gate, Verified)
    gate._shown = [(part, 1) for part in gate.parts]
    bright.until(lambda: len(bright.noted("camera_unread")) == 2)
    assert not gate.is_open(bright.clock.monotonic()), "a verification does not mend it"
    bright.raw.everything, bright.raw.others["brightness"] = told, known  # type: ignore[method-assign] # it tells again
    looked(bright)
    bright.verifies()
    looked(bright)
    assert bright.station.verification.is_open(bright.clock.monotonic()), "it is told again, and as it was"


def test_one_look_that_tells_nothing_is_not_believed(bright: Shop) -> None:
    known = bright.raw.others["brightness"]
    bright.raw.others["brightness"] = replace(known, value=float("nan"))
    looked_once = bright.bay.camera().number
    bright.until(lambda: bright.bay.camera().number > looked_once)
    bright.raw.others["brightness"] = known
    looked(bright)
    assert not bright.noted("camera_unread")
    assert bright.station.verification.is_open(bright.clock.monotonic())


class Judging(OnTheBench):
    """A station that is verified, has looked at its camera, and judges what is laid."""

    def begin(self) -> None:
        self.tuning, self.gate = Tuning(), Gate()
        self.station.before, self.station.verification = self.tuning.before, self.gate
        service.start(self.station)
        self.until_idle()

    def until_idle(self) -> None:
        assert self.station.trigger
        while not self.station.trigger.is_armed:
            turn(self.station)
        self.tuning.turn(self.station)

    def judged(self, meanwhile: Callable[[], None] = lambda: None) -> Inspection:
        """Lay the expected part; `meanwhile` happens while it lies there, and is not judged yet."""
        self.bench.place(EXPECTED)
        while not self.bench.lying:
            turn(self.station)
        meanwhile()
        while (inspection := turn(self.station)) is None:
            pass
        self.bench.remove()
        return inspection


@pytest.fixture
def judging(tmp_path: Path) -> Iterator[Judging]:
    rig = Judging(tmp_path)
    rig.begin()
    assert rig.judged().verdict is Verdict.PASS
    rig.until_idle()
    yield rig
    rig.close()


def test_no_part_passes_with_a_control_that_was_changed_since_the_last_look(judging: Judging) -> None:
    camera = judging.camera.inner
    assert isinstance(camera, SimulatedCamera)
    inspection = judging.judged(lambda: setattr(camera, "gain", 1.0625))
    assert (inspection.verdict, inspection.reason) == (Verdict.REJECT, Reason.NOT_VERIFIED)
    assert inspection.verification == "not verified"
    assert "gain is 1.0625 where it was 1" in judging.gate.why[0]
    judging.until_idle()
    assert len(judging.gate.why) == 2, "the look that follows records it"


def test_of_many_controls_that_are_not_told_a_few_are_named() -> None:
    assert "does not tell its a, b, c … any more" in cannot_read("gfedcba")
    assert "does not tell its a, b, c any more" in cannot_read("cba")


def test_no_part_passes_with_a_control_that_is_not_told(judging: Judging) -> None:
    camera = judging.camera.inner
    assert isinstance(camera, SimulatedCamera)
    unread = tuple(replace(each, value=float("nan")) for each in camera.everything() if each.name == "gain")
    others = tuple(each for each in camera.everything() if each.name != "gain")
    inspection = judging.judged(lambda: setattr(camera, "everything", lambda: others + unread))
    assert inspection.reason is Reason.NOT_VERIFIED
    assert "does not tell its gain any more" in judging.gate.why[0]


def test_a_value_that_is_told_at_the_second_try_is_believed(judging: Judging) -> None:
    camera = judging.camera.inner
    assert isinstance(camera, SimulatedCamera)
    told, tries = camera.everything, []

    def flaky() -> tuple[Control, ...]:
        tries.append(1)
        if len(tries) == 1:
            raise CameraError("The driver was busy.")
        return told()

    inspection = judging.judged(lambda: setattr(camera, "everything", flaky))
    assert inspection.verdict is Verdict.PASS
    assert len(tries) == 2


def test_what_was_lost_with_a_fault_is_noticed(bright: Shop) -> None:
    """A camera that was plugged in anew stands as it left its maker."""
    bright.bench.unplug()
    bright.until(lambda: bright.station.state is State.ERROR)
    bright.raw.others["brightness"] = replace(bright.raw.others["brightness"], value=100.0)
    bright.bench.plug()
    bright.until(lambda: bright.station.state is State.READY)
    bright.until(lambda: bool(bright.noted("camera_changed")))
    assert "brightness is 100 where it was 128" in bright.noted("camera_changed")[0]["message"]


def test_a_camera_that_does_not_go_back_is_a_fault(calibrated: Shop) -> None:
    calibrated.raw.habits["exposure"] = lambda wanted: 2000.0
    calibrated.raw.exposure = 0.002
    calibrated.until(lambda: calibrated.station.state is State.ERROR)
    calibrated.until(lambda: bool(calibrated.noted("fault")))
    assert "does not do as it was told" in calibrated.noted("fault")[0]["message"]


def test_while_it_is_calibrated_nobody_else_sets_the_camera(shop: Shop) -> None:
    shop.bay.camera()
    shop.bay.begin(BY)
    shop.asks()
    assert "being calibrated" in shop.bay.tune("gain", 2.0, BY)
    assert shop.raw.gain == 1.0


def test_a_control_set_by_hand_that_is_as_calibrated_again_is_recorded_and_verified_anew(calibrated: Shop) -> None:
    """Golden and challenge parts were shown with the value that was set, not with the calibrated one."""
    was = calibrated.raw.gain
    calibrated.bay.camera()
    assert calibrated.bay.tune("gain", was + 1.0, BY) == ""
    calibrated.until(lambda: calibrated.raw.gain == was + 1.0)
    calibrated.verifies()
    calibrated.raw.gain = was  # the camera came back from a fault, and was told its calibration
    calibrated.until(lambda: len(calibrated.noted("camera_changed")) == 2)
    assert "as it was calibrated again" in calibrated.noted("camera_changed")[1]["message"]
    assert not calibrated.station.verification.is_open(calibrated.clock.monotonic())
