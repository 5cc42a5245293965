from __future__ import annotations

import os
import subprocess
import sys


def test_what_gives_way_leaves_the_line_all_processors_but_one_and_comes_last_on_that() -> None:
    tell = """if True:
        import os, subprocess
        from station.gentle import give_way
        give_way()
        print(os.nice(0), os.sched_getscheduler(0) == os.SCHED_IDLE, *os.sched_getaffinity(0))
        print(subprocess.run(["ionice", "-p", str(os.getpid())], capture_output=True, text=True).stdout)
    """
    done = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["19", "True", str(max(os.sched_getaffinity(0))), "idle"]
