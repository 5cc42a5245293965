"""The work of a desk, as programs of its own: verify, backup, export and ten searches of one log, again and again.

    python -m tests.benchmarks.desk_work DATA

Says "ready" once the first is done; counts what was done, at least one of each, and prints it with whatever went wrong
when its input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

SEARCHES = 10
ASKED = ("--verdict=REJECT", "--work-order=demo", "--part-number=1041-A", "--operator=demo", "--reason=wrong_part")


def work(kind: str, command: list[str], counts: Counter[str], troubles: list[str], over: threading.Event) -> None:
    """One after the other."""
    while not over.is_set():
        done = subprocess.run(
            [sys.executable, "-m", "station", "log", *command],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode or "locked" in done.stderr:
            troubles.append(f"{kind}: {done.returncode} {done.stderr[-300:]}")
        counts[kind] += 1


def main(data: str) -> None:
    counts, troubles, over = Counter[str](), list[str](), threading.Event()
    with TemporaryDirectory(dir=Path(data).parent) as folder:
        commands = [
            ("verify", ["verify", "--data", data]),
            ("backup", ["backup", f"{folder}/copy", "--data", data]),
            ("export", ["export", "--data", data, "--format", "csv", "--out", f"{folder}/records.csv"]),
            *(("search", ["search", "--data", data, "--json", ASKED[each % len(ASKED)]]) for each in range(SEARCHES)),
        ]
        threads = [threading.Thread(target=work, args=(*each, counts, troubles, over)) for each in commands]
        for thread in threads:
            thread.start()
        while not counts:  # what is done first tells that they run; they give way, and may take their time
            over.wait(0.1)
        print("ready", flush=True)
        sys.stdin.read()
        over.set()
        for thread in threads:
            thread.join()
    print(json.dumps({"counts": counts, "troubles": troubles}))


if __name__ == "__main__":
    main(sys.argv[1])
