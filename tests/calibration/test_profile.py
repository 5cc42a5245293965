"""A profile is numbered, hashed, never changed; exactly one is active, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.correct import UNIT, FlatField
from calibration.measure import clipped, sharpness
from calibration.profile import DamagedProfile, Profile, Profiles, Region

PROFILE = Profile(
    camera="usb /dev/video0 1280×720",
    made_at="2026-01-05T06:00:00.000000Z",
    made_by="Tan",
    frame=(1280, 720),
    region=Region(280, 0, 720, 720),
    reduce=8,
    empty=np.arange(90 * 90, dtype=np.uint16).reshape(90, 90).astype(np.uint8),
    part=np.arange(72 * 72, dtype=np.uint16).reshape(72, 72).astype(np.uint8),
    noise=1.5,
    sharpness=0.8,
    clipped=0.01,
)


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    return Profiles(tmp_path / "calibration")


def test_a_station_that_was_never_calibrated_has_none(profiles: Profiles) -> None:
    assert profiles.active() is None
    assert profiles.numbers() == []


def test_what_was_saved_comes_back_whole(profiles: Profiles) -> None:
    saved = profiles.save(PROFILE)
    loaded = profiles.load(saved.number)
    assert (loaded.empty == PROFILE.empty).all()
    assert (loaded.part == PROFILE.part).all()
    assert loaded.region == PROFILE.region
    assert (loaded.number, loaded.sha256, loaded.name) == (1, saved.sha256, saved.name)


def test_every_step_of_the_gains_comes_back_and_those_of_an_older_calibration(profiles: Profiles) -> None:
    dark = np.full((72, 72), 2, np.uint8)
    fine = np.arange(UNIT, UNIT + 72 * 72, dtype=np.uint16).reshape(72, 72)
    for flat in (FlatField(dark, fine, bad=3), FlatField(dark, np.full((72, 72), 141, np.uint8), 128)):
        loaded = profiles.load(profiles.save(replace(PROFILE, flat=flat)).number).flat
        assert loaded is not None
        assert (loaded.gain == flat.gain).all()
        assert (loaded.gain.dtype, loaded.unit, loaded.bad) == (flat.gain.dtype, flat.unit, flat.bad)


def test_saving_does_not_activate_and_yesterday_is_one_call_away(profiles: Profiles) -> None:
    first, second = profiles.save(PROFILE), profiles.save(PROFILE)
    assert profiles.active() is None
    profiles.use(second.number)
    profiles.use(first.number)
    active = profiles.active()
    assert active is not None
    assert active.number == first.number
    assert profiles.numbers() == [1, 2]


def test_a_profile_that_was_never_saved_cannot_be_used(profiles: Profiles) -> None:
    with pytest.raises(DamagedProfile, match="station calibrate"):
        profiles.use(7)


@pytest.mark.parametrize("name", ["profile.json", "empty.png", "part.png"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 40])
def test_a_damaged_profile_is_never_loaded(profiles: Profiles, tmp_path: Path, name: str, content: bytes) -> None:
    number = profiles.save(PROFILE).number
    (tmp_path / "calibration" / f"{number:04d}" / name).write_bytes(content)
    with pytest.raises(DamagedProfile, match="station calibrate"):
        profiles.load(number)


def test_a_profile_that_was_changed_by_hand_is_no_longer_active(profiles: Profiles, tmp_path: Path) -> None:
    number = profiles.save(PROFILE).number
    profiles.use(number)
    path = tmp_path / "calibration" / f"{number:04d}" / "profile.json"
    path.write_text(path.read_text().replace('"sharpness": 0.8', '"sharpness": 0.0008'))
    with pytest.raises(DamagedProfile, match="changed"):
        profiles.active()


def test_a_torn_name_of_the_active_one_is_damage_not_absence(profiles: Profiles, tmp_path: Path) -> None:
    profiles.use(profiles.save(PROFILE).number)
    (tmp_path / "calibration" / "active").write_text("")
    with pytest.raises(DamagedProfile):
        profiles.active()


def test_another_bundle_sees_the_same_calibration_through_its_own_patch() -> None:
    half = PROFILE.seen_through(lambda stage: np.ascontiguousarray(stage[:36, :36]))
    assert (half.sharpness, half.clipped) == (sharpness(PROFILE.part[:36, :36]), clipped(PROFILE.part[:36, :36]))
    assert half.sharpness != sharpness(PROFILE.part)
    assert half.name == PROFILE.name


def test_the_region_is_cropped_alike_whole_and_reduced() -> None:
    gray = np.zeros((720, 1280), np.uint8)
    assert PROFILE.region.crop(gray).shape == (720, 720)
    assert PROFILE.region.crop(gray[::8, ::8], 8).shape == (90, 90)
    with pytest.raises(ValueError, match="not inside"):
        PROFILE.region.crop(gray[:, :900])
