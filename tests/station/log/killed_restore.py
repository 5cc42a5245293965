"""A program that kills `restore` or `salvage` at each of its steps in turn, and tells which log was there after each.

killed_restore DATA BACKUP|- : without a backup DATA is damaged, and salvaged. After each kill it is done to its end.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from station.errors import LogError
from station.log import queries
from station.log.backup import restore, salvage
from station.log.instead import BESIDE
from station.log.store import DATABASE
from station.log.verify import verify
from tests.station.killing import killed_at
from tests.station.log.samples import StoppedClock

STEPS = {"os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copyfile"}
STEPS |= {"sqlite3.connect/handle"}


def there(data: Path) -> str:
    """Which log: by the hash that it ends in, if it is whole."""
    with suppress(LogError), queries.reading(data) as rows:
        report = verify(rows, data)
        return report.end if report.is_whole else "broken"
    return "none"


def main(data: Path, source: Path | None) -> None:
    clock = StoppedClock()
    pristine = data.with_name("pristine")
    shutil.copytree(data, pristine)

    def act() -> None:
        if source:
            restore(source, data, clock, "Eva", "a test")
        else:
            salvage(data, clock, "Eva", "a test")

    found, kept = list[str](), list[bool]()
    old = (data / DATABASE).read_bytes()
    for step in itertools.count(1):
        was_killed = killed_at(step, STEPS, act)
        found.append("old" if (data / DATABASE).read_bytes() == old else there(data))
        if not was_killed:
            break
        child = os.fork()
        if not child:
            clock.at = clock.at.replace(year=clock.at.year + 1)  # another second, another folder aside
            act()
            os._exit(0)
        os.waitpid(child, 0)
        found.append(there(data))
        asides = [path.read_bytes() for path in data.glob(f"aside-*/**/{DATABASE}")]
        kept.append(old in asides and not (data / BESIDE).exists())
        shutil.rmtree(data)
        shutil.copytree(pristine, data)
    print(json.dumps({"kills": step - 1, "found": found, "kept": all(kept)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), None if sys.argv[2] == "-" else Path(sys.argv[2]))
