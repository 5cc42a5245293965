"""The line on pictures that were taken before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.dataset import DataSetError, Picture, listed
from station.assembly.data import REPLAY, opened_log, refuse_real_records
from station.bundles import load_bundle
from station.errors import CameraError
from station.loop import Station
from station.model import Model
from station.signals import Several
from station.types import Order, SystemClock
from station.verification import Waived


@dataclass(frozen=True, slots=True)
class Replay:
    """The line on pictures, and what truly lies on each where the folder says so: file → part number."""

    station: Station
    actual: Mapping[str, str]


@contextmanager
def replay(source: Path, splits: Sequence[str] | None, bundle: Path, expected: str, data: Path) -> Iterator[Replay]:
    """Log and signal as ever, no stage to calibrate or to verify.

    source  a folder of pictures, by manifest.csv, sub-folders or neither, or a video
    splits  only the pictures of these splits; None for all
    """
    from station.cameras.folder import FolderCamera

    clock = SystemClock()
    pictures = _pictures(source)
    files = [picture.file for picture in pictures if splits is None or picture.split in splits]
    if pictures and not files:
        raise CameraError(f"{source} has no pictures of the split {' or '.join(splits or ())}; leave out --split.")
    loaded = load_bundle(bundle, expected)
    refuse_real_records(data)
    with opened_log(data, clock) as log:
        station = Station(
            name=REPLAY,
            order=Order(expected, work_order="replay"),
            clock=clock,
            camera=FolderCamera(source, clock, files or None),
            signal=Several([]),
            log=log,
            verification=Waived("replay has no stage"),
            model=Model.of(loaded, expected),
        )
        yield Replay(station, {picture.file: picture.part_number for picture in pictures if picture.part_number})


def _pictures(source: Path) -> list[Picture]:
    try:
        return listed(source)
    except DataSetError as mistakes:
        raise CameraError(str(mistakes)) from mistakes
