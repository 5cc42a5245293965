"""Every empty stage is held against the calibration's: within nothing, near a warning, beyond it verified goes off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calibration.ground import Tolerances, measured
from calibration.profile import Profile, Profiles
from station import service
from station.assembly import active_profile
from station.errors import CameraError, ProfileError
from station.log import queries
from station.log.record import Row
from station.loop import pause, turn
from station.masters import Standing
from station.recalibrated import Recalibrated, fits, lock
from station.shadow import together
from station.simulation import Bench, Pose
from station.stage import StageWatch
from station.trend import Trend, read
from station.trigger import Trigger
from station.verification import Waived
from tests.promises.stations import EXPECTED, OnTheBench
from tests.station.calibrating import Calibrating


class Gate(Waived):
    """A gate that is open until somebody asks for verification."""

    def __init__(self) -> None:
        super().__init__("a test")
        self.name, self.asks = "verified", ""
        self.why: list[str] = []
        self.standing = Standing()

    def is_open(self, now: float) -> bool:
        return not self.asks and not self.notes

    def restart(self, why: str, by: str = "") -> None:
        self.asks = why
        self.name = "not verified"
        self.why.append(why)

    def verify(self) -> None:
        self.asks, self.name = "", f"verified {len(self.why)} times"


class Rig(OnTheBench):
    """A station with a whole calibration, that looks at its stage."""

    gate: Gate

    def prepare(self, profile: Profile, calibrating: Calibrating) -> None:
        self.bench, self.camera = calibrating.bench, calibrating.camera
        station = self.station
        station.clock, station.camera = calibrating.clock, calibrating.camera
        station.model = replace(station.model, profile=profile)
        station.trigger = Trigger(profile)
        self.gate = Gate()
        station.verification = self.gate
        self.trend = Trend(calibrating.folder)
        station.between = together(Recalibrated(calibrating.folder).look, StageWatch(Tolerances(), self.trend).look)
        service.start(station)
        self.look()

    def look(self, seconds: float = 1.0) -> None:
        """Let the station look at its stage for a while."""
        until = self.station.clock.monotonic() + seconds
        while self.station.clock.monotonic() < until:
            turn(self.station)
            pause(self.station)

    def inspect(self) -> None:
        """A part comes and goes."""
        self.bench.place(EXPECTED)
        self.look(1.5)
        self.bench.remove()
        self.look(1.5)

    def events(self, *kinds: str) -> list[Row]:
        with queries.reading(self.folder) as log:
            return queries.events(log, limit=100, kinds=kinds)


@pytest.fixture
def calibrating(tmp_path: Path) -> Calibrating:
    return Calibrating(tmp_path / "other")


@pytest.fixture
def rig(tmp_path: Path, calibrating: Calibrating) -> Iterator[Rig]:
    profile = calibrating.calibrated()
    rig = Rig(tmp_path)
    rig.prepare(profile, calibrating)
    yield rig
    rig.close()


def test_an_empty_stage_that_is_as_it_was_says_nothing(rig: Rig) -> None:
    rig.inspect()
    rig.inspect()
    assert rig.gate.why == []
    assert rig.events("drift", "drift_warning") == []


@pytest.mark.parametrize(
    ("change", "measure", "said"),
    [
        (lambda bench: setattr(bench, "ageing", 0.8), "light", "The light is at -1"),
        (lambda bench: setattr(bench, "lean", 30.0), "evenness", "The light has become uneven|The light is at"),
        (lambda bench: setattr(bench, "blur", 16.0), "focus", "less sharp than calibrated"),
        (lambda bench: setattr(bench, "pose", Pose(x=3.0)), "shift", "The camera has moved by"),
        (lambda bench: setattr(bench, "pose", Pose(turn=9.0)), "shift", "not seen where it was"),
        (lambda bench: setattr(bench, "pose", Pose(turn=1.0)), "turn", "The camera has turned by"),
    ],
)
def test_beyond_its_tolerance_verified_goes_off_with_the_measure_named(
    rig: Rig, change: Callable[[Bench], None], measure: str, said: str
) -> None:
    change(rig.bench)
    rig.inspect()
    (why,) = rig.gate.why
    assert any(words in why for words in said.split("|"))
    assert why.endswith("Then run `station calibrate`.")
    (event,) = rig.events("drift")
    assert event["details"]["measure"] == measure or "|" in said
    rig.inspect()
    assert len(rig.gate.why) == 1, "it is said once, as long as nobody verifies"
    rig.gate.verify()
    rig.look()
    assert len(rig.gate.why) == 2, "a verification does not mend it"


def test_without_a_board_a_camera_that_moved_turns_verified_off_too(tmp_path: Path, calibrating: Calibrating) -> None:
    session = calibrating.session(board=None)
    calibrating.until(session)
    calibrating.bench.lay()
    assert session.profile is not None
    rig = Rig(tmp_path)
    rig.prepare(session.profile, calibrating)
    rig.inspect()
    assert rig.gate.why == []
    rig.bench.pose = Pose(x=3.0)
    rig.inspect()
    (why,) = rig.gate.why
    assert "The picture has moved by 1.9% of its width (at most 0.6%): look at the camera's clamp." in why
    (event,) = rig.events("drift")
    assert event["details"]["measure"] == "moved"
    rig.close()


def test_near_its_tolerance_the_technician_is_warned_once(rig: Rig) -> None:
    rig.bench.ageing = 0.918
    rig.inspect()
    rig.inspect()
    assert rig.gate.why == []
    (event,) = rig.events("drift_warning")
    assert event["details"]["measure"] == "light"
    assert "look at lamp and room light" in event["message"]
    assert rig.station.screen.view.notice == "", "it is nothing for the operator"
    assert rig.events("drift_warning_over") == []
    rig.bench.ageing = 1.0
    rig.inspect()
    (over,) = rig.events("drift_warning_over")
    assert over["details"]["measure"] == "light"


def test_what_was_near_its_tolerance_and_is_beyond_it_now_is_not_told_to_be_away_from_it(rig: Rig) -> None:
    rig.bench.ageing = 0.918
    rig.inspect()
    rig.bench.ageing = 0.8
    rig.inspect()
    assert len(rig.events("drift_warning")) == len(rig.events("drift")) == 1
    assert rig.events("drift_warning_over") == []


def test_a_shadow_that_goes_by_is_not_believed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    true, calls = measured, []

    def once(*arguments: Any) -> dict[str, float]:
        calls.append(1)
        return {"light": -0.5} if len(calls) == 1 else true(*arguments)

    monkeypatch.setattr("station.stage.measured", once)
    rig.inspect()
    assert len(calls) >= 2
    assert rig.gate.why == []


def test_a_stage_that_cannot_be_measured_turns_verified_off(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> dict[str, float]:
        raise ZeroDivisionError

    monkeypatch.setattr("station.stage.measured", fails)
    rig.inspect()
    assert rig.gate.why


def test_the_values_of_the_day_are_kept_for_the_trend(rig: Rig, calibrating: Calibrating) -> None:
    rig.inspect()
    rig.trend.write()
    table = read(calibrating.folder)
    assert {row.measure for row in table} == {"light", "evenness", "focus", "shift", "turn"}
    assert {row.day for row in table} == {"2026-01-05"}
    assert all(row.count >= 2 and row.least <= row.mean <= row.most for row in table)
    before = {row.measure: row.count for row in table}
    again = Trend(calibrating.folder)
    again.add("2026-01-05", 1, [], 0.0)
    assert {row.measure: row.count for row in read(calibrating.folder)} == before


def test_another_calibration_is_put_in_use_between_two_parts_recorded_and_verified_anew(
    rig: Rig, calibrating: Calibrating
) -> None:
    first = rig.station.model.profile
    assert first is not None
    second = calibrating.profiles.save(replace(first, made_by="Tan"))
    calibrating.profiles.use(second.number, "Tan", "2026-01-06T00:00:00.000000Z")
    rig.look()
    assert rig.station.model.profile is not None
    assert rig.station.model.profile.name == second.name
    assert rig.gate.why == ["Another calibration is in use"]
    (event,) = rig.events("calibration")
    assert (event["operator"], event["details"]["calibration"]) == ("Tan", second.name)
    assert event["details"]["asked_at"] == "2026-01-06T00:00:00.000000Z"
    rig.gate.verify()
    calibrating.profiles.use(first.number, "Nur", "2026-01-07T00:00:00.000000Z")
    rig.look()
    assert rig.station.model.profile.name == first.name


@pytest.mark.parametrize("change", [{"camera": "another camera 640×360"}, {"settings": {"exposure": 99_999.0}}])
def test_a_calibration_of_another_camera_or_that_it_cannot_follow_is_refused(
    rig: Rig, calibrating: Calibrating, change: dict[str, Any]
) -> None:
    first = rig.station.model.profile
    assert first is not None
    calibrating.profiles.use(calibrating.profiles.save(replace(first, **change)).number, "Tan", "now")
    rig.look()
    assert rig.station.model.profile is first
    (event,) = rig.events("calibration_refused")
    assert "the former stays in use" in event["message"]
    assert "was refused" in rig.station.screen.view.notice


def test_a_camera_that_took_a_part_of_a_refused_calibration_is_told_the_former_and_verified_anew(
    rig: Rig, calibrating: Calibrating
) -> None:
    first = rig.station.model.profile
    assert first is not None
    inner: Any = rig.camera._camera
    was = inner.exposure
    settings = {"exposure": first.settings["exposure"] / 2, "gain": 1e6}
    calibrating.profiles.use(calibrating.profiles.save(replace(first, settings=settings)).number, "Tan", "now")
    rig.look()
    assert rig.events("calibration_refused")
    assert rig.gate.why == ["The camera was told another calibration's settings"]
    assert inner.exposure == was


def test_a_camera_that_does_not_do_as_it_was_calibrated_is_never_ready(rig: Rig) -> None:
    service.halt(rig.station)
    inner: Any = rig.camera._camera
    inner.habits["exposure"] = lambda wanted: 8000.0
    with pytest.raises(CameraError, match=r"exposure: asked 68[0-9]+, got 8000"):
        service.start(rig.station)
    assert rig.station.state.value != "ready"


def test_the_camera_is_told_its_controls_at_every_start(rig: Rig) -> None:
    service.halt(rig.station)
    inner: Any = rig.camera._camera
    wanted, inner.exposure = inner.exposure, 0.001
    service.start(rig.station)
    assert inner.exposure == wanted


def test_a_profile_of_another_mode_is_refused_by_name(rig: Rig) -> None:
    profile = rig.station.model.profile
    assert profile is not None
    with pytest.raises(ProfileError, match="was made with simulated bench 640×360, the camera is other"):
        fits(profile, "other", profile.frame)


def test_a_profile_of_frames_of_another_size_is_refused_before_it_is_in_use(
    rig: Rig, calibrating: Calibrating, tmp_path: Path
) -> None:
    first = rig.station.model.profile
    assert first is not None
    said = "was made with pictures of 320×180 pixels, the camera gives 640×360; run `station calibrate`."
    other = calibrating.profiles.save(replace(first, frame=(320, 180)))
    calibrating.profiles.use(other.number, "Tan", "now")
    rig.look()
    assert rig.station.model.profile is first
    assert rig.gate.why == [], "what was verified is as it was"
    (event,) = rig.events("calibration_refused")
    assert said in event["message"]
    with pytest.raises(ProfileError, match=said):
        active_profile(tmp_path / "other", rig.camera)


def test_where_a_camera_has_no_one_size_the_profile_s_is_taken(rig: Rig) -> None:
    profile = rig.station.model.profile
    assert profile is not None
    fits(profile, profile.camera, None)


def test_where_nothing_was_locked_nothing_is_asked_of_the_camera() -> None:
    lock(object(), None)


def test_a_damaged_choice_is_refused(rig: Rig, calibrating: Calibrating) -> None:
    (calibrating.folder / "active").write_text("{}")
    rig.look()
    assert rig.events("calibration_refused")
    assert Profiles(calibrating.folder).numbers() == [1]
