"""A program that kills `Bundles.use` at each of its steps in turn, and tells what was wanted and whole after each.

killed_use DATA FIRST SECOND: the first is in use; the second is staged again and again, by a child that kills itself at
its 1st, 2nd, … opening, making, renaming or removing of a file.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from pathlib import Path

from station.bundles import Bundles
from tests.station.factories import AT
from tests.station.killing import killed_at

STEPS = ("open", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "os.chmod", "shutil.rmtree")


def main(data: Path, first: Path, second: Path) -> None:
    bundles, wanted = Bundles(data), []
    former = bundles.use(first, "Eva", AT)
    for step in itertools.count(1):
        was_killed = killed_at(step, STEPS, lambda: Bundles(data).use(second, "Tan", AT))
        wish = bundles.wanted()
        wanted.append(bundles.load(wish).name)
        assert not any(kept.trouble for kept in bundles.all()), "a bundle is staged in part"
        if not was_killed:
            break
        if wish != former:
            bundles.rollback("Eva", AT)
            shutil.rmtree(data / "models" / wish.bundle)
    left = [path.name for path in (data / "models").iterdir() if path.name.startswith(".")]
    print(json.dumps({"kills": step - 1, "wanted": wanted, "left": left}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
