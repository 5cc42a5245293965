"""A verify, a backup, an export and ten searches at once delay no verdict, and none of them meets a locked database.

Two stations on the same bench inspect in turns, block by block: one with an idle desk, one with the work. While the
first has its turn the work is stopped, as a process is stopped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks.test_web import Timed

PLACEMENTS, BLOCK = 1000, 25


class Work:
    """All of its programs, stopped and let go again."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def let(self, go: bool) -> None:
        os.killpg(self.process.pid, signal.SIGCONT if go else signal.SIGSTOP)

    def done(self) -> dict[str, Any]:
        self.let(go=True)
        out, _ = self.process.communicate("", timeout=600)
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found


@contextmanager
def at_work(data: Path) -> Iterator[Work]:
    command = [sys.executable, "-m", "tests.benchmarks.desk_work", str(data)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield Work(process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.benchmark(group="trigger to signal while the desk works")
def test_a_verify_a_backup_an_export_and_ten_searches_leave_the_99th_percentile_within_1_3(
    tmp_path: Path, benchmark: Any
) -> None:
    with ExitStack() as stack:
        alone, worked = Timed(tmp_path / "alone", stack), Timed(tmp_path / "worked", stack)
        for each in (alone, worked):  # something to verify, to copy and to export
            each.inspect(BLOCK)
            each.seconds.clear()
        work = stack.enter_context(at_work(worked.folder))

        def in_turns() -> None:
            for _ in range(PLACEMENTS // BLOCK):
                work.let(go=False)
                alone.inspect(BLOCK)
                work.let(go=True)
                worked.inspect(BLOCK)

        benchmark.pedantic(in_turns, rounds=1)
        told = work.done()
    without, beside = (np.percentile(1e3 * np.array(one.seconds), (50, 99)) for one in (alone, worked))
    ratio = float(beside[1] / without[1])
    benchmark.extra_info |= {"ratio": round(ratio, 2), **told["counts"]}
    print(f"\nmedian and 99th percentile, ms: {without.round(1)} idle, {beside.round(1)} with {told['counts']}")
    assert told["troubles"] == []
    assert {"verify", "backup", "export", "search"} == told["counts"].keys()
    assert len(alone.seconds) == len(worked.seconds) == PLACEMENTS
    assert alone.records() == worked.records()
    assert ratio <= 1.3
