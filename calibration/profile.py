"""What a calibration leaves: numbered, hashed, never changed; one of them is active.

calibration/
  0001/profile.json  empty.png  part.png  dark.png  gain.png  ground.png  before.png
  0002/…
  active             which is in use, who chose it, and when
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.correct import FlatField
from calibration.geometry import Geometry
from calibration.measure import Gray, clipped, sharpness


class DamagedProfile(ValueError):  # noqa: N818 - it names a thing
    """A profile on disk is not what was saved; the message names the mend."""


UNFOLLOWED = "The camera's place is not watched: the stage shows nothing that can be followed."
UNWATCHED = "The empty stage is not watched: whether light, focus and the camera's place stay as they are is not known."
PICTURES = ("empty", "part", "ground", "before")  # of a profile, each a file of its own


@dataclass(frozen=True, slots=True)
class Region:
    """The part of the frame that shows the stage, in pixels of the whole frame."""

    x: int
    y: int
    width: int
    height: int

    def crop(self, gray: Gray, reduce: int = 1) -> Gray:
        """The region out of a frame that was reduced by 1, 2, 4 or 8. Raises ValueError if it is not inside."""
        left, top = self.x // reduce, self.y // reduce
        right, bottom = (self.x + self.width) // reduce, (self.y + self.height) // reduce
        if bottom > gray.shape[0] or right > gray.shape[1]:
            raise ValueError(f"the region {self} is not inside a picture of {gray.shape[1]}×{gray.shape[0]}")
        return gray[top:bottom, left:right]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One calibration of one camera.

    camera     name of the camera and mode that it was made with, and is valid for
    made_at    UTC, as text; `made_by` has signed it
    frame      width and height of the camera's frames, pixels
    reduce     1, 2, 4 or 8: how far a frame is reduced for a look at the stage
    empty      the empty stage as a look sees it: region, reduced, height × width, uint8
    part       a part in focus: region, in full, corrected, height × width, uint8
    noise      temporal noise, gray levels
    sharpness  `calibration.measure.sharpness` of that part, on the patch that the network sees of it
    clipped    share of saturated pixels of that patch
    flat       the correction of light and lens; None where the pictures are taken as they are
    ground     the empty stage, as drift is told by it: `calibration.ground`; None where none was measured
    before     the empty stage as the technician found it: region, reduced
    settings   control of the camera → value that it had, in its own units, and has to have
    asked      control of the camera → value that was asked of it; empty where nobody kept that
    geometry   where the camera stands; None where it was not measured
    figures    whatever else was measured: name → number
    model      the network whose golden parts were judged, as records name it
    """

    camera: str
    made_at: str
    made_by: str
    frame: tuple[int, int]
    region: Region
    reduce: int
    empty: Gray
    part: Gray
    noise: float
    sharpness: float
    clipped: float
    is_simulated: bool = False
    flat: FlatField | None = None
    ground: Gray | None = None
    before: Gray | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    asked: Mapping[str, float] = field(default_factory=dict)
    geometry: Geometry | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    number: int = 0
    sha256: str = ""

    @property
    def name(self) -> str:
        """What a record names it by."""
        return f"{self.number:04d} sha256:{self.sha256}"

    @property
    def numbers(self) -> dict[str, float]:
        """Every number of it, flat, by name."""
        numbers = {"noise": self.noise, "sharpness": self.sharpness, "clipped": self.clipped}
        numbers |= dict(self.figures) | {f"control {name}": value for name, value in self.settings.items()}
        if self.geometry:
            told = asdict(self.geometry)
            told |= {"tilt right": told["tilt"][0], "tilt down": told.pop("tilt")[1]}
            numbers |= {f"camera {name}": value for name, value in told.items()}
        return numbers

    @property
    def unwatched(self) -> str:
        """What nobody holds this calibration against between two parts, in a sentence; empty where all is watched."""
        if self.ground is None:
            return UNWATCHED
        return "" if self.figures.get("is_followed") else UNFOLLOWED

    def corrected(self, stage: Gray) -> Gray:
        """A picture of the region, in full, as if light and lens were the same everywhere."""
        return self.flat.whole(stage) if self.flat else stage

    def seen_through(self, patch_of: Callable[[Gray], Gray]) -> Profile:
        """The same calibration for a network that sees another patch of the stage: focus and clipping anew."""
        patch = patch_of(self.part)
        return replace(self, sharpness=sharpness(patch), clipped=clipped(patch))


@dataclass(frozen=True, slots=True)
class Head:
    """What a list tells of a profile: all that costs no picture."""

    number: int
    made_at: str
    made_by: str
    camera: str
    is_simulated: bool
    is_flat: bool
    sha256: str


class Profiles:
    """The profiles of one station, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def numbers(self) -> list[int]:
        """All numbers ever given, rising."""
        return sorted(int(path.name) for path in self._folder.glob("[0-9][0-9][0-9][0-9]"))

    def save(self, profile: Profile) -> Profile:
        """Write it under the next number, whole or not at all; it is not active yet."""
        number = max(self.numbers(), default=0) + 1
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".{number:04d}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        body = _body(replace(profile, number=number))
        for name, pixels in _pictures(profile).items():
            picture = cv2.imencode(".png", pixels)[1].tobytes()
            _write(temporary / f"{name}.png", picture)
            body["pictures"][name] = hashlib.sha256(picture).hexdigest()
        text = json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False).encode()
        _write(temporary / "profile.json", text)
        _sync(temporary)
        temporary.rename(self._folder / f"{number:04d}")
        _sync(self._folder)
        return replace(profile, number=number, sha256=hashlib.sha256(text).hexdigest())

    def load(self, number: int) -> Profile:
        """Read one back. Raises DamagedProfile if it is missing or not what was saved."""
        folder = self._folder / f"{number:04d}"
        try:
            text = (folder / "profile.json").read_bytes()
            body: dict[str, Any] = json.loads(text)
            pictures = {}
            for name, sha256 in body.pop("pictures").items():
                picture = (folder / f"{name}.png").read_bytes()
                if sha256 != hashlib.sha256(picture).hexdigest():
                    raise DamagedProfile(f"calibration {number:04d} is damaged; run `station calibrate`")
                pictures[name] = _decode(picture)
            return _profile(body, pictures, hashlib.sha256(text).hexdigest())
        except DamagedProfile:
            raise
        except (OSError, KeyError, TypeError, ValueError) as trouble:
            raise DamagedProfile(f"calibration {number:04d} cannot be read; run `station calibrate`") from trouble

    def head(self, number: int) -> Head:
        """What a list tells; whether the pictures are whole, `load` says. Raises DamagedProfile."""
        try:
            text = (self._folder / f"{number:04d}" / "profile.json").read_bytes()
            body: dict[str, Any] = json.loads(text)
            return Head(
                number,
                made_at=str(body["made_at"]),
                made_by=str(body["made_by"]),
                camera=str(body["camera"]),
                is_simulated=bool(body["is_simulated"]),
                is_flat=bool(body["flat"]),
                sha256=hashlib.sha256(text).hexdigest(),
            )
        except (OSError, KeyError, TypeError, ValueError) as trouble:
            raise DamagedProfile(f"calibration {number:04d} cannot be read; run `station calibrate`") from trouble

    def use(self, number: int, by: str = "", at: str = "", reason: str = "") -> Profile:
        """Make one the active one, at once and for good; a power cut leaves the old or the new.

        Who did that, when (UTC, as text) and why stand beside it, for the log. Raises DamagedProfile.
        """
        profile = self.load(number)
        choice = {"number": number, "sha256": profile.sha256, "by": by, "at": at, "reason": reason}
        _write(self._folder / ".active", json.dumps(choice, ensure_ascii=False).encode())
        (self._folder / ".active").replace(self._folder / "active")
        _sync(self._folder)
        return profile

    def choice(self) -> dict[str, Any] | None:
        """Which is active, who chose it, when and why; None when the station has never been calibrated.

        Raises DamagedProfile.
        """
        try:
            choice = json.loads((self._folder / "active").read_bytes())
            told = {name: str(choice[name]) for name in ("sha256", "by", "at")}
            return {"number": int(choice["number"]), "reason": str(choice.get("reason", "")), **told}
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, KeyError, TypeError, ValueError) as trouble:
            raise DamagedProfile("which calibration is active cannot be read; run `station calibrate`") from trouble

    def active(self) -> Profile | None:
        """The active one, or None when the station has never been calibrated.

        Raises DamagedProfile, also when it is no longer what it was when it was activated.
        """
        choice = self.choice()
        if choice is None:
            return None
        profile = self.load(choice["number"])
        if profile.sha256 != choice["sha256"]:
            raise DamagedProfile(
                f"calibration {profile.number:04d} was changed since it was activated; run `station calibrate`"
            )
        return profile


def _pictures(profile: Profile) -> dict[str, NDArray[Any]]:
    """What is kept as pictures, each a file of its own."""
    found = {name: getattr(profile, name) for name in PICTURES}
    if profile.flat:
        found |= {"dark": profile.flat.dark, "gain": profile.flat.gain}
    return {name: picture for name, picture in found.items() if picture is not None}


def _body(profile: Profile) -> dict[str, Any]:
    """All else, as JSON."""
    plain = {field.name: getattr(profile, field.name) for field in fields(profile)}
    for name in (*PICTURES, "sha256", "flat"):
        del plain[name]
    plain["region"] = asdict(profile.region)
    plain["geometry"] = profile.geometry and asdict(profile.geometry)
    plain["flat"] = profile.flat and {"unit": profile.flat.unit, "bad": profile.flat.bad}
    return plain | {
        "settings": dict(profile.settings),
        "asked": dict(profile.asked),
        "figures": dict(profile.figures),
        "pictures": {},
    }


def _profile(body: dict[str, Any], pictures: dict[str, NDArray[Any]], sha256: str) -> Profile:
    body["region"], body["frame"] = Region(**body["region"]), tuple(body["frame"])
    if body["flat"]:
        body["flat"] = FlatField(pictures.pop("dark"), pictures.pop("gain"), **body["flat"])
    if body["geometry"]:
        body["geometry"] = Geometry(**body["geometry"] | {"tilt": tuple(body["geometry"]["tilt"])})
    return Profile(**(body | pictures), sha256=sha256)


def _decode(png: bytes) -> NDArray[Any]:
    """As deep as it was saved: gains have 16 bits."""
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED))


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
