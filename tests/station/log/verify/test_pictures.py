"""A picture that is not there was purged, or is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.log.store import TraceabilityLog
from tests.station.log.samples import judged, pictures, proof


def test_pictures_that_are_purged_meanwhile_are_not_missing(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(), pictures())
    looked = list[str]()

    def purged(step: str, *_: int) -> None:
        """Told and let go when the first pictures have been looked at."""
        if step == "Pictures" and step not in looked:
            log.note("purge", "The pictures of passed parts were let go", what="passed", through=1000)
            for picture in (data / "pictures").rglob("*.*g"):
                picture.unlink()
        looked.append(step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("station.log.verify.pictures.PICTURED", 1)
        for number in range(3):
            log.append(judged(), pictures(number + 1))
        report = proof(data, tick=purged)
    assert report.breaks == []
    assert (report.kept, report.purged) == (2, 6)
