"""A program that appends as fast as it can and says what was acknowledged, until it is killed."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from station.log.store import TraceabilityLog
from station.types import Pictures, SystemClock
from tests.station.log.samples import judged


def main(data: Path, run: int) -> None:
    log = TraceabilityLog(data, SystemClock())
    for number in count():
        patch, frame = (b"%s %d %d " % (name, run, number) * 800 for name in (b"patch", b"frame"))
        recorded = log.append(judged(), Pictures(patch, frame))
        print(recorded.sequence, recorded.inspection_id, recorded.image_sha256, recorded.frame_sha256, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
