"""Runs the wizard on a camera: takes the pictures of each step, and activates the profile that comes out."""

from __future__ import annotations

from calibration.profile import Profile, Profiles, Region
from calibration.wizard import SHOTS, Ask, Shot, wizard
from models.preprocess import Preparation, prepare
from station.errors import ProfileError
from station.trigger import reduction
from station.types import Camera, Clock, Frame, Gray


class Session:
    """One calibration: `first` tells what to do, `answer` takes the pictures of it and tells the next, None at the end.

    camera  already open, its light and controls locked
    region  the part of the frame that shows the stage; None for all of it. Raises ProfileError if it is not inside
    """

    def __init__(
        self, camera: Camera, clock: Clock, profiles: Profiles, preparation: Preparation, by: str, region: Region | None
    ) -> None:
        self._camera, self._clock, self._profiles = camera, clock, profiles
        frame = camera.read(newer_than=clock.monotonic())
        height, width = frame.gray().shape
        self._region = region or Region(0, 0, width, height)
        self._reduce = reduction(self._region.width)
        self._steps = wizard(
            camera=camera.name,
            frame=(width, height),
            region=self._region,
            reduce=self._reduce,
            made_by=by,
            made_at=clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z"),
            patch_of=lambda stage: _patch(stage, preparation),
            is_simulated=frame.is_simulated,
        )
        try:
            self._shot(frame)
        except ValueError as trouble:
            raise ProfileError(f"{trouble}; give another --region") from trouble
        self.profile: Profile | None = None

    def first(self) -> Ask:
        """What is asked for first."""
        return next(self._steps)

    def answer(self) -> Ask | None:
        """It was done: take pictures of it. What is asked for next; None when the profile is saved and active."""
        try:
            return self._steps.send([self._take() for _ in range(SHOTS)])
        except StopIteration as done:
            self.profile = self._kept(done.value)
            return None

    def _kept(self, profile: Profile) -> Profile:
        try:
            profile = self._profiles.save(profile)
            self._profiles.use(profile.number)
        except OSError as trouble:
            raise ProfileError(f"The calibration could not be saved ({trouble}); look at the data folder.") from trouble
        return profile

    def _take(self) -> Shot:
        return self._shot(self._camera.read(newer_than=self._clock.monotonic()))

    def _shot(self, frame: Frame) -> Shot:
        region, reduce = self._region, self._reduce
        return Shot(region.crop(frame.gray()), region.crop(frame.gray(reduce), reduce))


def _patch(stage: Gray, preparation: Preparation) -> tuple[Gray, int]:
    patch = prepare(stage, preparation)
    return patch.pixels, patch.finding.count
