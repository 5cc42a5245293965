"""What a calibration leaves: numbered, hashed, never changed; one of them is active.

calibration/
  0001/profile.json  empty.png  part.png
  0002/…
  active             the number of the one in use
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from calibration.measure import Gray, clipped, sharpness


class DamagedProfile(ValueError):  # noqa: N818 - it names a thing
    """A profile on disk is not what was saved; the message names the mend."""


PICTURES = ("empty", "part")  # of a profile, each a file of its own


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
    frame      width and height of the camera's frames, pixels
    reduce     1, 2, 4 or 8: how far a frame is reduced for a look at the stage
    empty      the empty stage as a look sees it: region, reduced, height × width, uint8
    part       a part in focus: region, in full, height × width, uint8
    noise      temporal noise, gray levels
    sharpness  `calibration.measure.sharpness` of that part, on the patch that the network sees of it
    clipped    share of saturated pixels of that patch
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
    number: int = 0
    sha256: str = ""

    @property
    def name(self) -> str:
        """What a record names it by."""
        return f"{self.number:04d} sha256:{self.sha256}"

    def seen_through(self, patch_of: Callable[[Gray], Gray]) -> Profile:
        """The same calibration for a network that sees another patch of the stage: focus and clipping anew."""
        patch = patch_of(self.part)
        return replace(self, sharpness=sharpness(patch), clipped=clipped(patch))


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
        body = asdict(replace(profile, number=number))
        del body["sha256"]
        for name in PICTURES:
            picture = cv2.imencode(".png", body.pop(name))[1].tobytes()
            _write(temporary / f"{name}.png", picture)
            body[f"{name}_sha256"] = hashlib.sha256(picture).hexdigest()
        text = json.dumps(body, indent=1, sort_keys=True).encode()
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
            for name in PICTURES:
                picture = (folder / f"{name}.png").read_bytes()
                if body.pop(f"{name}_sha256") != hashlib.sha256(picture).hexdigest():
                    raise DamagedProfile(f"calibration {number:04d} is damaged; run `station calibrate`")
                body[name] = _decode(picture)
            body["region"], body["frame"] = Region(**body["region"]), tuple(body["frame"])
            return Profile(**body, sha256=hashlib.sha256(text).hexdigest())
        except DamagedProfile:
            raise
        except (OSError, KeyError, TypeError, ValueError) as trouble:
            raise DamagedProfile(f"calibration {number:04d} cannot be read; run `station calibrate`") from trouble

    def use(self, number: int) -> None:
        """Make one the active one, at once and for good; a power cut leaves the old or the new."""
        profile = self.load(number)
        _write(self._folder / ".active", f"{number} {profile.sha256}\n".encode())
        (self._folder / ".active").replace(self._folder / "active")
        _sync(self._folder)

    def active(self) -> Profile | None:
        """The active one, or None when the station has never been calibrated.

        Raises DamagedProfile, also when it is no longer what it was when it was activated.
        """
        try:
            number, sha256 = (self._folder / "active").read_text().split()
            profile = self.load(int(number))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except DamagedProfile:
            raise
        except (OSError, ValueError) as trouble:
            raise DamagedProfile("which calibration is active cannot be read; run `station calibrate`") from trouble
        if profile.sha256 != sha256:
            raise DamagedProfile(f"calibration {number} was changed since it was activated; run `station calibrate`")
        return profile


def _decode(png: bytes) -> Gray:
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


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
