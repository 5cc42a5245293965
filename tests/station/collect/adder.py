"""A program that adds pictures to a data set as fast as it can and says what was added, until it is killed."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import numpy as np

from station.collect.manifest import Manifest


def main(folder: Path, seed: int) -> None:
    manifest, chance = Manifest(folder, is_simulated=True), np.random.default_rng(seed)
    for number in count():
        picture = chance.integers(0, 256, (60, 80), np.uint8)
        entry = manifest.add(picture, "AB"[number % 2], "monday", number % 3, "0001", is_simulated=True)
        print(entry.file, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
