"""One collection: ask for a placement, wait for it as the line does, keep its picture or say why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from calibration.profile import Profile
from models.preprocess import Finding, Preparation, find, prepare
from station.collect.likeness import Pose, lies_again, pose
from station.collect.manifest import Entry, Manifest
from station.collect.wanted import Wanted, request
from station.errors import CameraError
from station.loop import against
from station.recipe import Evidence, Recipe, good_picture, one_part
from station.trigger import Event, Trigger, noise_step
from station.types import Camera, Clock, Frame, Gray


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a placement: the file that its picture is kept in, or why it is not kept, and what to do."""

    file: str = ""
    refusal: str = ""


class Collection:
    """While anything is `left`: `asks` says what to lay, `take` waits for it and keeps its picture.

    What the manifest has of the same session already counts, so that a collection that was broken off goes on.

    camera       open
    profile      focus and clipping as patches of this preparation show them
    preparation  of the bundle in use: what its patch shows is measured, as on the line
    """

    def __init__(
        self,
        camera: Camera,
        clock: Clock,
        profile: Profile,
        trigger: Trigger,
        preparation: Preparation,
        manifest: Manifest,
        wanted: Wanted,
    ) -> None:
        self._profile, self._preparation = profile, preparation
        self.manifest, self.wanted = manifest, wanted
        self._limits = Recipe(wanted.part_number, "collection", {}, {})
        self._poses = dict(self._known())
        self._frames = placements(camera, trigger, clock.monotonic())
        self._lies: int | None = None  # the specimen that was kept last
        self.kept = self.refused = 0

    @property
    def left(self) -> int:
        """Pictures still wanted."""
        return sum(self._left().values())

    @property
    def specimen(self) -> int:
        """The specimen that is asked for."""
        return next(iter(self._left()))

    @property
    def asks(self) -> str:
        """What the technician has to do now."""
        return request(self.specimen, self._lies, self.kept)

    def take(self) -> Outcome:
        """Wait until a part lies still, and keep its picture or say why not.

        Raises CameraError when the camera gives none that may be judged, LogError when it cannot be kept.
        """
        frame = next(self._frames)
        stage = self._profile.corrected(self._profile.region.crop(frame.gray()))
        finding = find(stage)
        refusal = self._poor(frame, stage, finding) or self._repeated(stage)
        if refusal:
            self.refused += 1
            return Outcome(refusal=refusal)
        return Outcome(self._keep(frame, stage, finding).file)

    def _keep(self, frame: Frame, stage: Gray, finding: Finding) -> Entry:
        wanted, specimen = self.wanted, self.specimen
        entry = self.manifest.add(
            stage, wanted.part_number, wanted.session, specimen, self._profile.name, frame.is_simulated
        )
        self._poses[entry.file] = pose(stage, finding)
        self._lies = specimen
        self.kept += 1
        return entry

    def _left(self) -> dict[int, int]:
        return self.wanted.left([entry.group for entry in self.manifest.of(self.wanted.part_number)])

    def _poor(self, frame: Frame, stage: Gray, finding: Finding) -> str:
        """What the gates of the line say against it, but those of the network; empty where nothing."""
        evidence = Evidence(
            parts=finding.count,
            touches_edge=finding.touches_edge,  # of the stage: the window is of the parts that are known already
            moved=False,
            scores={},
            distances={},
            verified=False,
            **against(self._profile, frame, prepare(stage, self._preparation)),
        )
        decisions = (gate(self._limits, evidence) for gate in (good_picture, one_part))
        return next((decision.advice for decision in decisions if decision), "")

    def _repeated(self, stage: Gray) -> str:
        step = noise_step(self._profile)
        same = (file for file, known in self._poses.items() if lies_again(stage, known, step))
        return next((f"It lies as in {file}. Turn it, or lay it elsewhere." for file in same), "")

    def _known(self) -> Iterator[tuple[str, Pose]]:
        for entry in self.manifest.of(self.wanted.part_number):
            stage = self.manifest.picture(entry)
            yield entry.file, pose(stage, find(stage))


def placements(camera: Camera, trigger: Trigger, since: float) -> Iterator[Frame]:
    """The picture to be judged of each placement, decoded; what lies there at first has to be taken away before.

    since  monotonic seconds; older frames are not looked at
    """
    trigger.disarm()
    try:
        while True:
            frame = camera.read(newer_than=since)
            since = frame.monotonic
            if trigger.look(frame).event is not Event.JUDGE:
                continue
            frame = camera.read(newer_than=since)
            since = frame.monotonic
            if not trigger.unsettle(frame):
                yield replace(frame, encoded=None, pixels=frame.gray())
    except ValueError as trouble:  # no picture, or of another size than when it was calibrated
        raise CameraError(f"{camera.name}: {trouble}.") from trouble
