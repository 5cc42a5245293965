"""One collection: ask for a placement, wait for it as the line does, keep its picture or say why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from calibration.profile import Profile
from models.preprocess import Finding, Preparation, find, prepare
from station.collect.likeness import Pose, lies_again, pose
from station.collect.manifest import Entry, Manifest, group_of
from station.errors import CameraError
from station.loop import against
from station.recipe import Evidence, Recipe, good_picture, one_part
from station.trigger import Event, Trigger, noise_step
from station.types import Camera, Clock, Frame, Gray

ASKS = (
    "Take it up, turn it a quarter, and lay it down again.",
    "Take it up and lay it near another corner.",
    "Take it up, turn it a little, and lay it on the other side.",
    "Take it up and lay it in the middle, turned half round.",
    "Take it up and lay it near another edge, turned a little.",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is collected: `count` pictures of one part number in one session, in equal shares of several specimens.

    specimen   number of the first specimen
    specimens  how many there are
    """

    part_number: str
    session: str
    count: int = 30
    specimen: int = 1
    specimens: int = 5

    def shares(self) -> dict[int, int]:
        """Specimen → pictures."""
        each, over = divmod(self.count, self.specimens)
        return {self.specimen + index: each + (index < over) for index in range(self.specimens)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a placement: the file that its picture is kept in, or why it is not kept, and what to do."""

    file: str = ""
    refusal: str = ""


class Collection:
    """While anything is `left`: `asks` says what to lay, `take` waits for it and keeps its picture.

    What the manifest has of the same session already counts, so that a collection that was broken off goes on.

    camera       open
    preparation  the one that the calibration was made with
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
        self._frames = _placements(camera, trigger, clock.monotonic())
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
        specimen = self.specimen
        if self._lies is None:
            return f"Clear the stage, then lay specimen {specimen} on it."
        if specimen != self._lies:
            return f"Take it away and lay the next specimen, number {specimen}."
        return ASKS[(specimen + self.kept) % len(ASKS)]

    def take(self) -> Outcome:
        """Wait until a part lies still, and keep its picture or say why not.

        Raises CameraError when the camera gives none that may be judged, LogError when it cannot be kept.
        """
        frame = next(self._frames)
        stage = self._profile.region.crop(frame.gray())
        finding = find(stage)
        refusal = self._poor(frame, stage, finding) or self._repeated(stage)
        if refusal:
            self.refused += 1
            return Outcome(refusal=refusal)
        return Outcome(self._keep(frame, stage, finding).file)

    def _keep(self, frame: Frame, stage: Gray, finding: Finding) -> Entry:
        wanted, specimen = self.wanted, self.specimen
        entry = self.manifest.add(stage, wanted.part_number, wanted.session, specimen, frame.is_simulated)
        self._poses[entry.file] = pose(stage, finding)
        self._lies = specimen
        self.kept += 1
        return entry

    def _left(self) -> dict[int, int]:
        """Specimen → pictures still wanted of it, where any are."""
        wanted = self.wanted
        groups = [entry.group for entry in self.manifest.of(wanted.part_number)]
        left = {
            specimen: share - groups.count(group_of(wanted.part_number, wanted.session, specimen))
            for specimen, share in wanted.shares().items()
        }
        return {specimen: number for specimen, number in left.items() if number > 0}

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


def _placements(camera: Camera, trigger: Trigger, since: float) -> Iterator[Frame]:
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
