"""`python -m tests.promises.hurried DATA PORT SEED`: what `station demo --headless` does, with fewer pictures a second.

Most of such a life is spent on drawing the bench. Where a part is laid, judged and taken away within a third of the
pictures, most of it is spent on what is to be killed: judging, recording, telling the line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from station import assembly
from station.cli.demo import hurry
from station.cli.output import Placements

PERIOD = 0.1  # seconds from picture to picture: two of them still show that a part lies still


def main(data: Path, port: str, seed: int) -> None:
    """Verify, then lay parts, until killed."""
    with assembly.demo(data, seed, accelerated=True, port=port, period=PERIOD) as demo:
        hurry(demo, seed, None, Placements(demo.station.order.part_number, as_json=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
