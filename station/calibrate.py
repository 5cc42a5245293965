"""Runs the wizard on a camera: tells it what to do, takes the pictures, activates the profile at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calibration.controls import Control, Setting
from calibration.correct import FlatField
from calibration.draft import Draft, Left, Whose
from calibration.fitness import Expected
from calibration.profile import Profile, Profiles, Region
from calibration.steps import BLANK, QUICK, steps_of
from calibration.wizard import SHOTS, Answer, Ask, Live, Seen, Set, Setup, Shot, Step, Wizard
from models.preprocess import Preparation, prepare
from station.cameras.freshness import FreshCamera
from station.errors import CameraError, LogError, ProfileError
from station.model import Model
from station.recipe import Evidence, decide
from station.trigger import reduction
from station.types import Adjustable, Camera, Clock, Frame, Gray, Light, Log, Reason

SETTLE = 4  # frames after a control was set, until one was taken with it
DRAFT = "draft"  # beside the profiles


class Session:
    """One calibration: `told` says what to do, `answer` takes the pictures of it; it is None once all is done.

    camera  already open
    lamp    None where it cannot be switched
    draft   keeps each finished step; None: nothing is kept

    left      what was found of a calibration that was left in the middle
    saw       is handed every frame that is taken
    settings  control → what was asked of the camera last, and what it made of it
    """

    def __init__(
        self,
        camera: Camera,
        clock: Clock,
        profiles: Profiles,
        setup: Setup,
        steps: Mapping[str, Step],
        draft: Draft | None = None,
        lamp: Light | None = None,
    ) -> None:
        self._camera, self._clock, self._profiles = camera, clock, profiles
        self._draft, self._lamp = draft, lamp
        self.saw: Callable[[Frame], None] = lambda _: None
        self.settings: dict[str, Setting] = {}
        own = Whose(setup.camera, setup.region, tuple(steps), setup.made_at, setup.made_by, _judged(setup))
        self.left = draft.load(own) if draft else Left()
        self._own, self._is_new = own, True
        self._is_astray = False  # the camera may stand as it was told in the middle of a step
        self.wizard = Wizard(setup, steps, self.left.done)
        self.profile: Profile | None = None
        if self.is_resumed:
            self._lock_again()

    @property
    def is_resumed(self) -> bool:
        """Whether it goes on with what was left in the middle."""
        return bool(self.left.done)

    @property
    def found(self) -> str:
        """What is to be told of a calibration that was left in the middle; empty once anything was done."""
        return self.left.said if self._is_new else ""

    @property
    def told(self) -> Ask | None:
        """What a person has to do now; None when the profile is saved and active."""
        told = self.wizard.told
        assert not isinstance(told, Set), "what is for the camera was done already"
        return told

    def answer(self, word: str = "") -> Ask | None:
        """It was done, or `word` was typed: take pictures of it. What is asked for next."""
        self._is_new = False
        if self._is_astray:
            self._lock_again()
        self._give(Answer(self._take(), (), word))
        while isinstance(wanted := self.wizard.told, Set):
            settings = self._set(wanted)
            self._give(Answer(self._take(SETTLE), settings))
        if self.wizard.told is None:
            self.profile = self._kept(self.wizard.profile)
        return self.told

    def live(self) -> Live | None:
        """The number of this step, of the newest picture; None where it has none."""
        told, frame = self.told, self._read()
        return told.live(self._shot(frame)) if told and told.live else None

    def begin_again(self) -> bool:
        """Begin the step at work anew, where the camera left it in the middle; whether it had."""
        is_in_the_middle = isinstance(self.wizard.told, Set)
        if is_in_the_middle:
            self.wizard.undo()
            self._is_astray = True
        return is_in_the_middle

    def undo(self) -> None:
        """Begin this step anew or, where it was not begun, the one before it."""
        self._is_new = False
        self.wizard.undo()
        self._keep()

    def _give(self, answer: Answer) -> None:
        before = len(self.wizard.done)
        self.wizard.answer(answer)
        if len(self.wizard.done) != before:
            self._keep()

    def _keep(self) -> None:
        if self._draft is None:
            return
        if not self.wizard.done:  # nothing is left of what was begun before
            self.left = Left()
        began = self.left.whose if self.is_resumed and self.left.whose else self._own
        try:
            self._draft.save(replace(self._own, began_at=began.began_at, by=began.by), self.wizard.done)
        except OSError as trouble:
            raise LogError(f"The calibration cannot be kept ({trouble}); look at the data folder.") from trouble

    def _lock_again(self) -> None:
        """What the finished steps have set is set again, before it goes on."""
        settings: Mapping[str, float] = next(
            (each.facts["settings"] for each in self.wizard.done if "settings" in each.facts), {}
        )
        if settings and isinstance(self._camera, Adjustable):
            self._remember(self._camera.adjust(settings))
        self._is_astray = False

    def _remember(self, settings: Sequence[Setting]) -> None:
        self.settings |= {each.name: each for each in settings}

    def _set(self, wanted: Set) -> Sequence[Setting]:
        settings = self._done(wanted)
        self._remember(settings)
        return settings

    def _done(self, wanted: Set) -> Sequence[Setting]:
        values = dict(wanted.values)
        lamp = values.pop("lamp", None)
        if lamp is not None and self._lamp is not None:
            self._lamp.set_level(lamp)
        if not isinstance(self._camera, Adjustable):
            return [Setting(name, value, None) for name, value in values.items()]
        settings = self._camera.adjust(values)
        if wanted.reopen and values:
            self._camera.close()
            self._camera.open()
            for _ in range(SETTLE):  # a camera may tell its controls with its frames
                self._read()
            now = {control.name: control.value for control in self._camera.offers()}
            settings = tuple(replace(setting, got=now.get(setting.name)) for setting in settings)
        return settings

    def _kept(self, profile: Profile) -> Profile:
        try:
            profile = self._profiles.save(profile)
            self._profiles.use(profile.number, profile.made_by, profile.made_at)
        except OSError as trouble:
            raise ProfileError(f"The calibration could not be saved ({trouble}); look at the data folder.") from trouble
        if self._draft:
            self._draft.forget()
        return profile

    def _take(self, skip: int = 0) -> list[Shot]:
        told = self.wizard.told
        wanted = told.shots if isinstance(told, Ask) else SHOTS
        if isinstance(told, Ask) and told.wants:
            return []
        for _ in range(skip):
            self._read()
        return [self._shot(self._read()) for _ in range(wanted)]

    def _read(self) -> Frame:
        if isinstance(self._camera, FreshCamera):
            self._camera.may_repeat = self.wizard.step in BLANK
        frame = self._camera.read(newer_than=self._clock.monotonic())
        self.saw(frame)
        return frame

    def _shot(self, frame: Frame) -> Shot:
        return shot_of(frame, self.wizard.setup)


def note_begun(log: Log, by: str) -> None:
    """The log tells that a calibration begins. Raises LogError."""
    log.note("calibration_begun", "The line is halted: calibration begins", operator=by)


def note_found(log: Log, by: str, session: Session) -> None:
    """The log tells what became of a calibration that was left in the middle, if one was. Raises LogError."""
    left = session.left
    if not left.said:
        return
    kind, was = "calibration_resumed" if session.is_resumed else "calibration_not_resumed", left.whose
    whose = {"begun_by": was.by, "begun_at": was.began_at, "camera": was.camera} if was else {}
    log.note(kind, left.said, operator=by, done=[each.step for each in left.done], **whose)


def note_left(log: Log, by: str, session: Session | None, how: str = "") -> str:
    """The log tells that it was left, and where; what it tells. Raises LogError.

    session  None where there was no camera yet
    how      what follows the step, with its comma
    """
    at = f" at its step {session.wizard.step}" if session else ""
    said = f"The calibration was left{at}{how}; the former stays active"
    log.note("calibration_left", said, operator=by)
    return said


def shot_of(frame: Frame, setup: Setup) -> Shot:
    """A frame as the wizard looks at it. Raises ValueError where the region is not inside."""
    region, reduce = setup.region, setup.reduce
    return Shot(region.crop(frame.gray()), region.crop(frame.gray(reduce), reduce), frame.monotonic)


def setup_of(
    camera: Camera, clock: Clock, preparation: Preparation, by: str, region: Region | None = None, **more: Any
) -> Setup:
    """What the wizard knows of an open camera, and of the bundle in use.

    region  the part of the frame that shows the stage; None for all of it. Raises ProfileError if it is not inside,
            CameraError where the camera does not tell its controls
    more    what else a `Setup` holds
    """
    frame = camera.read(newer_than=clock.monotonic())
    height, width = frame.gray().shape
    region = region or Region(0, 0, width, height)
    setup = Setup(
        camera=camera.name,
        frame=(width, height),
        region=region,
        reduce=reduction(region.width),
        made_by=by,
        made_at=clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z"),
        patch_of=lambda stage, flat: _patch(stage, preparation, flat),
        is_simulated=frame.is_simulated,
        offers=_offered(camera),
        **more,
    )
    try:
        shot_of(frame, setup)
    except ValueError as trouble:
        raise ProfileError(f"{trouble}; give another --region") from trouble
    return setup


def _offered(camera: Camera) -> tuple[Control, ...]:
    """Its controls. Raises CameraError where one cannot be read: what it is cannot be calibrated."""
    offers = camera.offers() if isinstance(camera, Adjustable) else ()
    if unread := ", ".join(each.name for each in offers if not each.is_read):
        raise CameraError(f"The camera does not tell its {unread}: plug it in anew, or take another camera.")
    return offers


def quick(
    camera: Camera, clock: Clock, profiles: Profiles, preparation: Preparation, by: str, region: Region | None = None
) -> Session:
    """The empty stage and one part, and no more: neither controls, nor light, nor place are measured."""
    return Session(camera, clock, profiles, setup_of(camera, clock, preparation, by, region), QUICK)


def whole(
    camera: Camera,
    clock: Clock,
    profiles: Profiles,
    model: Model,
    by: str,
    region: Region | None = None,
    former: Profile | None = None,
    folder: Path | None = None,
    lamp: Light | None = None,
    passed: float = 0.95,
    **more: Any,
) -> Session:
    """The whole wizard, as a technician goes through it.

    model   of the bundle in use: its network judges the golden parts
    former  the calibration that stood before
    folder  of the profiles, where a draft is kept; None: it cannot be left and resumed
    passed  share of held-back right parts that keep score and distance, of the bundle's card
    """
    recipe = model.recipe
    before = former.figures.get("golden_distance") if former and former.model == model.name else None
    expected = Expected(recipe.least(recipe.part_number), recipe.farthest(recipe.part_number), passed, before)
    setup = setup_of(
        camera,
        clock,
        model.preparation,
        by,
        region or (former.region if former else None),
        judge=lambda stage, flat: _seen(stage, flat, model),
        model=model.name,
        expected=expected,
        former=former if former and former.camera == camera.name else None,
        has_lamp=lamp is not None,
        **more,
    )
    draft = Draft(folder / DRAFT) if folder else None
    return Session(camera, clock, profiles, setup, steps_of(setup), draft, lamp)


def _judged(setup: Setup) -> str:
    """What the last steps go by: the network, the parts that were laid, what the card expects of them."""
    return f"{setup.model} {setup.golden} {setup.challenge} {setup.expected}"


def _patch(stage: Gray, preparation: Preparation, flat: FlatField | None) -> tuple[Gray, int]:
    patch = prepare(stage, preparation, flat)
    return patch.pixels, patch.finding.count


def _seen(stage: Gray, flat: FlatField | None, model: Model) -> Seen:
    """What every gate but those of light and verification says of a picture of the stage."""
    patch = prepare(stage, model.preparation, flat)
    scores, distances = model.see(patch.pixels)
    finding = patch.finding
    evidence = Evidence(finding.count, finding.touches_edge, False, scores, distances, verified=True)
    decision = decide(model.recipe, evidence)
    expected = model.recipe.part_number
    is_poor = decision.reason is Reason.POOR_PICTURE
    return Seen(
        passes=decision.reason is Reason.NONE,
        score=scores[expected],
        distance=distances[expected],
        advice=decision.advice if is_poor else "",
    )
