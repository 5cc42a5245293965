"""The whole wizard on the simulated bench: what it leaves, that it can be left, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from calibration.draft import LASTS
from calibration.wizard import Adjust
from station.calibrate import Session
from station.errors import CameraError
from station.simulation import Pose
from station.simulation.camera import LINE
from station.types import Frame
from tests.station.calibrating import Calibrating


@pytest.fixture
def at(tmp_path: Path) -> Calibrating:
    return Calibrating(tmp_path)


def test_it_ends_with_a_signed_profile_of_everything_that_was_measured(at: Calibrating) -> None:
    profile = at.calibrated()
    assert profile.made_by == "Nur"
    assert profile.flat is not None
    assert profile.flat.bad == 0
    assert profile.geometry is not None
    assert profile.geometry.scale == pytest.approx(4.0, rel=0.01)
    assert profile.settings["exposure"] == pytest.approx(1e6 * at.raw.exposure)
    assert profile.figures["falloff"] > 0.2 > 0.02 > profile.figures["falloff_corrected"]
    assert profile.figures["white_level"] == pytest.approx(220, rel=0.02)
    assert {"snr", "white_noise", "flicker", "ambient", "focus", "miss_bound"} <= profile.figures.keys()
    assert profile.before is not None
    active = at.profiles.active()
    assert active is not None
    assert active.name == profile.name
    assert at.profiles.choice() == {
        "number": 1,
        "sha256": profile.sha256,
        "by": "Nur",
        "at": profile.made_at,
        "reason": "",
    }
    assert active.flat is not None
    assert (active.flat.gain == profile.flat.gain).all()


def test_every_step_has_words_and_where_something_is_turned_a_number_with_a_target(at: Calibrating) -> None:
    session, live = at.session(), {}
    while (told := session.told) is not None:
        assert told.text.endswith(".")
        at.hands.do(told)
        if session.wizard.is_fresh and (number := session.live()):
            live[session.wizard.step] = str(number)
        session.answer("Nur" if told.wants else "")
    assert set(live) == {"lock", "flat", "focus", "geometry", "baseline"}
    assert all("at least" in said or "at most" in said for step, said in live.items() if step != "baseline")


@pytest.mark.parametrize("step", ["flat", "focus", "baseline"])
def test_it_is_left_and_resumed_where_it_was(at: Calibrating, step: str) -> None:
    first = at.session()
    at.until(first, step)
    exposure = at.raw.exposure
    at.raw.exposure = 0.001  # the camera was switched off meanwhile
    second = at.session()
    assert second.is_resumed
    assert second.wizard.step == step
    assert at.raw.exposure == exposure
    at.until(second)
    assert second.profile is not None
    assert not at.session().is_resumed, "a draft is forgotten once it is signed"


def test_what_is_undone_is_done_anew(at: Calibrating) -> None:
    session = at.session()
    at.until(session, "geometry")
    session.undo()
    assert session.wizard.step == "focus"
    session.undo()
    assert session.wizard.step == "flat"
    assert at.session().wizard.step == "flat"
    at.until(session)
    assert session.profile is not None


def test_dark_and_white_are_seen_in_many_pictures_whose_noise_would_else_stay_in_all_that_are_corrected(
    at: Calibrating,
) -> None:
    session = at.session()
    at.until(session, "flat")
    for _ in ("dark", "white"):
        seen: list[Frame] = []
        session.saw = seen.append
        assert session.told is not None
        at.do(session, session.told)
        assert len(seen) >= 48


def test_a_draft_of_another_camera_or_a_damaged_one_is_begun_anew(at: Calibrating) -> None:
    session = at.session()
    at.until(session, "flat")
    (at.folder / "draft" / "draft.json").write_text("{")
    again = at.session()
    assert not again.is_resumed
    assert again.found == "What was left in the middle cannot be read. All is done anew."


def test_one_that_is_too_old_is_begun_anew_and_is_young_again(at: Calibrating) -> None:
    at.until(at.session(), "lock")
    at.clock.sleep(LASTS + 60.0)
    old = at.session()
    assert (old.is_resumed, old.wizard.step) == (False, "halt")
    assert "began 4.0 hours ago is too old" in old.found
    at.until(old, "clean")
    assert old.found == "", "it was told once"
    young = at.session()
    assert (young.is_resumed, young.wizard.step) == (True, "clean")


def test_what_is_resumed_again_and_again_grows_old_from_its_first_beginning(at: Calibrating) -> None:
    at.until(at.session(), "clean")
    at.clock.sleep(0.6 * LASTS)
    at.until(at.session(), "lock")
    at.clock.sleep(0.6 * LASTS)
    assert "is too old" in at.session().found


def test_what_is_undone_to_its_beginning_begins_when_it_is_begun_anew(at: Calibrating) -> None:
    at.until(at.session(), "clean")
    at.clock.sleep(0.6 * LASTS)
    again = at.session()
    again.undo()
    assert (again.wizard.step, again.is_resumed) == ("halt", False)
    at.until(again, "clean")
    at.clock.sleep(0.6 * LASTS)
    assert at.session().is_resumed


def test_what_another_network_or_other_parts_were_judged_by_is_not_resumed(at: Calibrating) -> None:
    at.until(at.session(), "sign")
    assert at.session().wizard.step == "sign"
    assert at.session(model="another").wizard.step == "baseline"


def test_until_it_is_signed_the_former_calibration_stays_active(at: Calibrating) -> None:
    first = at.calibrated()
    session = at.session()
    at.until(session, "sign")
    active = at.profiles.active()
    assert active is not None
    assert active.name == first.name
    session.answer("  ")
    assert isinstance(session.told, Adjust)
    session.answer("Nur")
    assert at.profiles.numbers() == [1, 2]


# what cannot be true, and what is said about it: step, what is wrong, the words


Spoil = Callable[[Calibrating], None]


def no_sheet(at: Calibrating) -> None:
    at.bench.sheet = ""


def half_a_sheet(at: Calibrating) -> None:
    at.bench.pose = Pose(x=90.0)


def ignores(at: Calibrating) -> None:
    at.raw.habits["exposure"] = lambda wanted: 1e6 * at.raw.exposure


def rounds(at: Calibrating) -> None:
    at.raw.habits["exposure"] = lambda wanted: round(wanted / 4000) * 4000 or 4000


def forgets(at: Calibrating) -> None:
    opened = at.raw.open

    def open_() -> None:
        opened()
        at.raw.exposure = 400 * LINE

    at.raw.open = open_  # type: ignore[method-assign] # a stand-in


def fixed(at: Calibrating) -> None:
    """The camera lets nobody set its exposure."""
    offers = at.raw.offers

    def locked() -> object:
        return tuple(replace(control, is_read_only=control.name == "exposure") for control in offers())

    at.raw.offers = locked  # type: ignore[method-assign,assignment] # a stand-in


def put(**values: object) -> Spoil:
    def act(at: Calibrating) -> None:
        for name, value in values.items():
            setattr(at.bench, name, value)

    return act


def moving(at: Calibrating) -> None:
    at.bench.sheet = ""
    at.bench.place("1041-A")


def two(at: Calibrating) -> None:
    places = ((-30.0, 0.0), (30.0, 0.0))
    at.bench.lay(*(at.bench.choose("1041-A", place) for place in places))


def nothing_there(at: Calibrating) -> None:
    at.bench.lay()


def something_there(at: Calibrating) -> None:
    at.bench.lay(at.bench.choose("1041-A"))


def wrong_calls(at: Calibrating) -> None:
    at.calls_right = False


def broken_pixels(at: Calibrating) -> None:
    at.bench.sensor.response[::22, ::22] *= 0.5


def uneven(at: Calibrating) -> None:
    at.bench.scene._light = np.tile(np.linspace(1, 0.2, 640, dtype=np.float32), (360, 1))
    at.bench.scene._empty = None


TABLE: list[tuple[str, str, Spoil, str]] = [
    ("flickering", "clean", put(flicker=0.4), "flickers by .* with the mains of 50 Hz"),
    ("moving", "clean", moving, "moves or flickers|comes and goes|still changes"),
    ("no sheet", "lock", no_sheet, "no brighter than the bare stage"),
    ("half a sheet with edges", "lock", something_there, "No white sheet fills the view"),
    ("black", "lock", put(capped=True), "The picture is black"),
    ("too bright", "lock", put(ageing=500.0), "with the shortest exposure. Turn down the lamp"),
    ("exposure ignored", "lock", ignores, "not do as it was told|automatics off"),
    ("exposure rounded", "lock", rounds, "exposure: asked [0-9]+, got [0-9]+"),
    ("exposure forgotten", "lock", forgets, "exposure: asked [0-9]+, got 8000"),
    ("cap not on", "flat", put(capped=False), "It is not dark"),
    ("a cap that leaks much", "flat", put(capped=False, dark=True, ambient=0.15), "It is not dark"),
    ("a cap that leaks", "flat", put(capped=False, dark=True, ambient=0.03), "Light comes under the cap"),
    ("a cap that leaks a little", "flat", put(capped=False, dark=True, ambient=0.004), "Light comes under the cap"),
    ("uneven", "flat white", uneven, "falls off by .* over the stage"),
    ("saturated", "flat white", put(ageing=2.0), "too bright there"),
    ("black", "flat white", put(dark=True, ambient=0.0), "The picture is black"),
    ("no sheet", "flat white", something_there, "No white sheet fills the view"),
    ("sheet taken away", "flat white", no_sheet, "when the exposure was set. Lay it flat"),
    ("room light", "flat white", put(ambient=0.15), "of the light is not the lamp's. Shade"),
    ("broken pixels", "flat white", broken_pixels, "cannot be corrected"),
    ("no part", "focus", nothing_there, "No parts are found"),
    ("two parts", "focus", two, "2 parts are found"),
    ("no board", "geometry", no_sheet, "No board is seen"),
    ("half a board", "geometry", half_a_sheet, "No board is seen|corners of the board are seen"),
    ("leaning", "geometry", put(pose=Pose(tilt=5.0)), "leans by 5.* Set it straight"),
    ("something there", "baseline", something_there, "Something lies on the stage"),
    ("dark", "baseline", put(ageing=0.1), "The empty stage is too dark"),
    ("a network that is wrong", "check", wrong_calls, "challenge placements passed. Do not sign this"),
]


@pytest.mark.parametrize(("what", "step", "spoil", "said"), TABLE, ids=[f"{row[1]}: {row[0]}" for row in TABLE])
def test_what_cannot_be_true_is_refused_in_words_and_leads_no_further(
    at: Calibrating, what: str, step: str, spoil: Spoil, said: str
) -> None:
    session = at.session()
    name, *second = step.split()
    at.until(session, name)
    told = session.told
    assert told is not None
    at.hands.do(told)
    if second:  # the second instruction of the step
        session.answer()
        told = session.told
        assert told is not None
        at.hands.do(told)
    spoil(at)
    session.answer()
    for _ in range(10):  # the check counts all its placements first
        told = session.told
        assert told is not None
        if isinstance(told, Adjust):
            break
        at.hands.do(told)
        session.answer()
    assert isinstance(told, Adjust)
    assert session.wizard.step == name
    assert re.search(said, told.text), told.text
    assert not at.profiles.numbers()


def at_picture(session: Session, acts: Mapping[int, Callable[[], None]]) -> None:
    """Once so many pictures of the next answer are taken, this is done; and the answer given."""
    seen: list[Frame] = []

    def saw(frame: Frame) -> None:
        seen.append(frame)
        if len(seen) in acts:
            acts[len(seen)]()

    session.saw = saw
    session.answer()
    assert len(seen) >= 48


def flat_session(at: Calibrating, is_white: bool = False) -> Session:
    """At the dark pictures or the white ones, all laid as it was said."""
    session = at.session()
    at.until(session, "flat")
    at.hands.do(session.told or pytest.fail("nothing is asked for"))
    if is_white:
        session.answer()
        at.hands.do(session.told or pytest.fail("nothing is asked for"))
    return session


def test_a_cap_that_is_put_on_too_late_is_refused_by_the_pictures_before_it(at: Calibrating) -> None:
    session = flat_session(at)
    at.bench.capped = False
    at_picture(session, {24: partial(setattr, at.bench, "capped", True)})
    assert isinstance(session.told, Adjust)
    assert "It is not dark" in session.told.text
    session.answer()
    assert not isinstance(session.told, Adjust), "with the cap on it goes on"


def test_a_sensor_whose_black_is_as_bright_as_a_leak_is_no_leak(
    at: Calibrating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("station.simulation.sensor.BLACK", 16.0)
    session = flat_session(at)
    locked = at.raw.exposure
    session.answer()
    assert session.told is not None
    assert "Take the cap off" in session.told.text
    assert at.raw.exposure == locked, "the exposure is as it was locked again"


def test_where_the_exposure_is_fixed_a_leak_is_told_by_its_place(at: Calibrating) -> None:
    at.raw.exposure = 0.0068
    fixed(at)
    session = flat_session(at)
    at.bench.sensor.offset[:90] += 200.0  # electrons, 5 gray levels in the upper quarter: as light from one side
    session.answer()
    assert isinstance(session.told, Adjust)
    assert "from place to place, as if light came under the cap" in session.told.text


def test_a_camera_that_is_lost_while_a_leak_is_looked_for_is_told_the_locked_exposure_again(at: Calibrating) -> None:
    session = flat_session(at)
    locked, seen = at.raw.exposure, list[float]()

    def saw(frame: Frame) -> None:
        seen.append(at.raw.exposure)
        if len(seen) == 55:  # 48 pictures of the dark, then some of another exposure
            at.bench.unplug()

    session.saw = saw
    with pytest.raises(CameraError):
        session.answer()
    assert seen[-1] > 3 * locked
    at.bench.plug()
    at.camera.close()
    at.camera.open()
    assert session.begin_again()
    seen.clear()
    session.saw = lambda frame: seen.append(at.raw.exposure)
    session.answer()
    assert set(seen[:48]) == {locked}


def test_a_camera_that_does_not_tell_a_control_is_not_calibrated(at: Calibrating) -> None:
    at.raw.gain = float("nan")
    with pytest.raises(CameraError, match="does not tell its gain: plug it in anew"):
        at.session()


def test_without_a_board_the_empty_stage_is_watched_all_the_same_and_what_is_not_known_is_signed(
    at: Calibrating,
) -> None:
    session = at.session(board=None)
    at.until(session, "sign")
    assert session.told is not None
    assert "No board was laid: whether the camera stands where it stood before is not known." in session.told.text
    assert "not watched" not in session.told.text
    at.until(session)
    assert session.profile is not None
    assert session.profile.ground is not None
    assert session.profile.geometry is None
    assert session.profile.unwatched == ""


def test_a_cap_that_slips_while_it_is_looked_at_is_refused_however_dark_it_stays(at: Calibrating) -> None:
    session = flat_session(at)

    def slips() -> None:
        at.bench.capped, at.bench.dark, at.bench.ambient = False, True, 0.03

    at_picture(session, {40: slips})
    assert isinstance(session.told, Adjust)
    assert "The dark differs by" in session.told.text


@pytest.mark.parametrize("size", [12, 60])
def test_a_shadow_that_passes_over_the_white_sheet_is_refused_and_not_made_a_part_of_the_gains(
    at: Calibrating, size: int
) -> None:
    session = flat_session(at, is_white=True)
    clear = at.bench.sensor.response
    shadowed = clear.copy()
    shadowed[100 : 100 + size, 200 : 200 + size] *= 0.85
    respond = partial(setattr, at.bench.sensor, "response")
    at_picture(session, {20: partial(respond, shadowed), 30: partial(respond, clear)})
    assert isinstance(session.told, Adjust)
    assert "Keep hands and shadows off it" in session.told.text
    session.answer()
    assert not isinstance(session.told, Adjust), "without a shadow it goes on"


def test_a_lamp_that_is_too_weak_for_the_longest_exposure_is_told(at: Calibrating) -> None:
    at.bench.ageing = 0.1
    session = at.session()
    at.until(session, "lock")
    at.do(session, session.told or pytest.fail("nothing is asked for"))
    assert isinstance(session.told, Adjust)
    assert "with the longest exposure. Turn up the lamp" in session.told.text


def test_out_of_focus_against_the_last_calibration_is_told(at: Calibrating) -> None:
    at.calibrated()
    session = at.session()
    at.until(session, "focus")
    told = session.told
    assert told is not None
    at.hands.do(told)
    at.bench.blur = 15.0
    session.answer()
    assert isinstance(session.told, Adjust)
    assert "It is not sharp" in session.told.text


def test_a_camera_that_has_moved_is_pushed_back_by_the_words_of_the_wizard(at: Calibrating) -> None:
    at.calibrated()
    at.bench.pose = Pose(x=-2.3, y=1.0, turn=0.8)
    session = at.session()
    at.until(session)
    told = next(said for said in at.hands.heard if "has moved" in said)
    assert "2.3 mm to the left: push it 2.3 mm to the right" in told
    assert abs(at.bench.pose.x) < 0.5
    assert session.profile is not None


def test_where_the_exposure_cannot_be_set_the_lamp_is_turned_by_hand(at: Calibrating) -> None:
    fixed(at)
    session = at.session()
    at.until(session, "lock")
    at.bench.sheet = "white"
    session.answer()
    assert isinstance(session.told, Adjust)
    assert "the camera lets nobody set its exposure. Turn down the lamp" in session.told.text
    at.bench.lamp_level = 0.86
    session.answer()
    assert session.wizard.step == "flat"
