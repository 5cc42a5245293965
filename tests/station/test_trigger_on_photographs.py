"""On photographs of real parts, empty stage and part in turn: every part triggers once, the empty stage never."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.profile import Profile, Region
from station.trigger import Event, Trigger, reduction
from station.types import Frame

FASTENERS = Path(__file__).parents[3] / "shared" / "data" / "fasteners"
START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
PERIOD = 1 / 30
SHOWN = 10  # frames of each picture
NOISE = 1.2  # gray levels; a photograph shown again and again has none of its own

pytestmark = pytest.mark.skipif(not FASTENERS.is_dir(), reason=f"there are no photographs in {FASTENERS}")


class Stage:
    """Shows photographs to a trigger as a camera would, with the noise of a sensor and in today's light."""

    def __init__(self, light: float) -> None:
        empty = Frame(0, 0.0, START, encoded=(FASTENERS / "empty_stage.png").read_bytes())
        height, width = empty.gray().shape
        by = reduction(width)
        profile = Profile(
            "",
            "",
            "",
            (width, height),
            Region(0, 0, width, height),
            by,
            empty.gray(by),
            empty.gray(),
            NOISE,
            sharpness=1.0,
            clipped=0.0,
        )
        self._trigger, self._light, self._number = Trigger(profile), light, 0
        self._chance = np.random.default_rng(2)

    def judged(self, picture: Path) -> int:
        """How often the trigger says JUDGE while the picture is shown."""
        gray = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
        assert gray is not None
        return sum(self._trigger.look(frame).event is Event.JUDGE for frame in self._frames(gray.astype(float)))

    def _frames(self, gray: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Iterator[Frame]:
        for _ in range(SHOWN):
            self._number += 1
            at = self._number * PERIOD
            pixels = np.clip(gray * self._light + self._chance.normal(0, NOISE, gray.shape), 0, 255).astype(np.uint8)
            yield Frame(self._number, at, START + timedelta(seconds=at), pixels=pixels)


def pictures(split: str) -> list[Path]:
    with (FASTENERS / "manifest.csv").open(newline="") as file:
        return [FASTENERS / row["file"] for row in csv.DictReader(file) if row["split"] == split]


@pytest.mark.parametrize("light", [1.0, 0.8, 1.2])
@pytest.mark.parametrize("split", ["test", "unknown"])
def test_every_part_triggers_once_and_the_empty_stage_never(split: str, light: float) -> None:
    stage = Stage(light)
    judged = {}
    for picture in pictures(split):
        assert stage.judged(FASTENERS / "empty_stage.png") == 0
        judged[picture.name] = stage.judged(picture)
    assert len(judged) >= 44
    assert set(judged.values()) == {1}, [name for name, count in judged.items() if count != 1]
