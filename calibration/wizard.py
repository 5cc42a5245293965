"""Pictures in, instructions out, a profile at the end: the same for a terminal, a browser and a test.

wizard = Wizard(setup)
while (told := wizard.told) is not None:       # Ask or Adjust: for a person; Set: for the camera
    wizard.answer(Answer(shots))               # pictures taken after it was done
wizard.profile

A step is begun, done and undone as a whole; `wizard.done` is all that has to be kept to go on later. What the
steps are stands in `calibration.steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from calibration.controls import Control, Setting
from calibration.correct import FlatField
from calibration.fitness import Expected
from calibration.geometry import Board
from calibration.measure import Gray
from calibration.profile import Profile, Region

SHOTS = 12  # pictures a step: enough for the noise of one to be averaged away


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture: the region of the stage in full, and as a look sees it (reduced); `at` monotonic seconds."""

    stage: Gray
    look: Gray
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Live:
    """The number of a step, of one picture: where it is, and where it has to be. None: no such bound."""

    name: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def is_good(self) -> bool:
        """Whether the target is met."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    def __str__(self) -> str:
        unit = f" {self.unit}".rstrip()
        bounds = [f"at least {self.least:g}{unit}"] if self.least is not None else []
        bounds += [f"at most {self.most:g}{unit}"] if self.most is not None else []
        return f"{self.name} {self.value:.3g}{unit}" + (f" ({', '.join(bounds)})" if bounds else "")


@dataclass(frozen=True, slots=True)
class Ask:
    """What the technician is asked to do before the next pictures are taken.

    live   the number to look at meanwhile
    wants  what has to be typed; empty where nothing has
    shots  pictures that are taken once it was done
    """

    text: str
    live: Callable[[Shot], Live] | None = None
    wants: str = ""
    shots: int = SHOTS


@dataclass(frozen=True, slots=True)
class Adjust(Ask):
    """The same step again: what is wrong, and which knob mends it."""


@dataclass(frozen=True, slots=True)
class Set:
    """What the camera has to be told before the next pictures are taken; nobody else is asked.

    values  control → value; "lamp", 0 to 1, is the lamp where it can be switched
    reopen  close the camera and open it first, and tell it again: some forget
    """

    values: Mapping[str, float] = field(default_factory=dict)
    reopen: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What was done about it: pictures taken since, what the camera says of its controls, what was typed."""

    shots: Sequence[Shot]
    settings: Sequence[Setting] = ()
    word: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the station makes of a picture of the stage, its last gate apart.

    advice  what to do about a picture that shows nothing (no part, two, cut off); empty where it was judged
    """

    passes: bool
    score: float
    distance: float
    advice: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """A finished step: what it measured (as JSON could hold it), its pictures, and what came of it in words."""

    step: str
    facts: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, NDArray[Any]] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """A golden or challenge part that is asked for."""

    name: str
    is_golden: bool


@dataclass(frozen=True, slots=True)
class Setup:
    """What the wizard knows before it begins.

    camera     name of camera and mode, which the profile is valid for
    frame      width and height of its frames, pixels
    offers     the camera's controls; none where it cannot be told anything
    patch_of   what the network sees of a picture of the stage, and how many parts are found in it
    judge      what the station would make of such a picture; None where there is no network to ask
    golden     the golden parts, and challenge the challenge parts, by name
    expected   what the bundle's card expects; None as `judge`
    former     the last calibration, whose place and focus are sought again
    board      what is laid for the geometry; None: that step is left out
    distance   of the lens from the stage, mm
    target     gray level of the brightest place of a white sheet
    placements of the blind check, of each kind
    """

    camera: str
    frame: tuple[int, int]
    region: Region
    reduce: int
    made_by: str
    made_at: str
    patch_of: Callable[[Gray, FlatField | None], tuple[Gray, int]]
    is_simulated: bool = False
    offers: tuple[Control, ...] = ()
    judge: Callable[[Gray, FlatField | None], Seen] | None = None
    model: str = ""
    golden: tuple[str, ...] = ("golden part",)
    challenge: tuple[str, ...] = ("challenge part",)
    expected: Expected | None = None
    former: Profile | None = None
    board: Board | None = field(default_factory=Board)
    distance: float = 300.0
    target: float = 220.0
    has_lamp: bool = False
    placements: int = 5


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What a step works with: the setup, and everything that the steps before it left."""

    setup: Setup
    facts: Mapping[str, Any]
    pictures: Mapping[str, NDArray[Any]]

    @property
    def flat(self) -> FlatField | None:
        """The flat field, once it was measured."""
        if "dark" not in self.pictures:
            return None
        return FlatField(self.pictures["dark"], self.pictures["gain"], self.facts["unit"], self.facts["bad"])


Told = Ask | Set
Steps = Generator[Told, Answer, Done]
Step = Callable[[Work], Steps]


class Wizard:
    """Leads through the steps, each by its name, in their order.

    done     what was done before, where a calibration is resumed: the first steps, in their order
    told     the instruction that waits for its answer; None once every step is done
    profile  the calibration, neither numbered nor saved, once every step is done
    """

    def __init__(self, setup: Setup, steps: Mapping[str, Step], done: Sequence[Done] = ()) -> None:
        self.setup, self._steps = setup, dict(steps)
        self.done = list(done)
        self.told: Told | None = None
        if [each.step for each in done] != list(steps)[: len(done)]:
            raise ValueError("what was done before is of other steps; begin anew")
        self._begin()

    @property
    def step(self) -> str:
        """The name of the step that is at work; empty once every step is done."""
        return list(self._steps)[len(self.done)] if len(self.done) < len(self._steps) else ""

    @property
    def steps(self) -> tuple[str, ...]:
        """All steps, by name."""
        return tuple(self._steps)

    def answer(self, answer: Answer) -> None:
        """Hand in what was done about `told`. Raises ValueError once every step is done."""
        if self._at is None:
            raise ValueError("every step is done")
        try:
            self.told = self._at.send(answer)
        except StopIteration as finished:
            self.done.append(finished.value)
            self._begin()

    def undo(self) -> None:
        """Begin the step at work anew or, where nothing was answered in it yet, the one before it."""
        if self.is_fresh and self.done:
            self.done.pop()
        self._begin()

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was answered in the step at work yet."""
        return self.told is self._first

    @property
    def profile(self) -> Profile:
        """What was measured. Raises ValueError as long as steps are left."""
        from calibration.steps import profile_of

        if self.step:
            raise ValueError(f"the step {self.step} is not done")
        return profile_of(self._work())

    def _begin(self) -> None:
        self._at = self._steps[self.step](self._work()) if self.step else None
        self.told = next(self._at) if self._at else None
        self._first = self.told

    def _work(self) -> Work:
        facts: dict[str, Any] = {}
        pictures: dict[str, NDArray[Any]] = {}
        for each in self.done:
            facts |= each.facts
            pictures |= each.pictures
        return Work(self.setup, facts, pictures)
