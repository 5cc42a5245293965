"""The experiments of a series, some at a time, each in a process of its own with one thread.

Two such processes on two cores take less time than one with two threads. None outlives the command: not its end, not
Ctrl-C, not SIGTERM, and not SIGKILL either, since each listens to a pipe that closes with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path

from models.experiment.folder import Folder

# read when the libraries are loaded, or never
ALONE = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}  # the same figures, with an accelerator or without

Tick = Callable[[int, int], None]  # epochs learnt, of how many


def run(folder: Folder, data: Path, runs: int, jobs: int, tick: Tick) -> None:
    """Run those of the experiments 1 … `runs` that are not done, `jobs` at a time.

    Raises OSError when one fails, KeyboardInterrupt when the command is to end; what is learnt is kept.
    """
    missing = [number for number in range(1, runs + 1) if not folder.outcome(number)]
    try:
        asyncio.run(_all(folder, data, missing, jobs, tick))
    except ExceptionGroup as troubles:
        raise troubles.exceptions[0] from None
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _all(folder: Folder, data: Path, missing: list[int], jobs: int, tick: Tick) -> None:
    slots = asyncio.Semaphore(jobs)
    epochs = folder.settings().epochs
    done = dict.fromkeys(missing, 0)

    def learnt(number: int, count: int) -> None:
        done[number] = count
        tick(sum(done.values()), epochs * len(missing))

    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with asyncio.TaskGroup() as group:
        for number in missing:
            group.create_task(_one(folder, data, number, slots, learnt))


async def _one(
    folder: Folder, data: Path, number: int, slots: asyncio.Semaphore, learnt: Callable[[int, int], None]
) -> None:
    async with slots:
        log = folder.file(number, "log")
        process = await _start(folder, data, number, log)
        try:
            assert process.stdout
            async for line in process.stdout:
                learnt(number, int(line))
            if await process.wait():
                raise OSError(f"experiment {number} ended early ({_last(log)}); mend that and run the same again")
        finally:
            await _end(process)
        log.unlink()


async def _start(folder: Folder, data: Path, number: int, log: Path) -> Process:
    """In a process group of its own, so that Ctrl-C reaches the command alone, which then ends it."""
    words = [sys.executable, "-m", "models.experiment.worker", str(folder.path), str(data), str(number)]
    environment = {**os.environ, **ALONE, **QUIET}
    with log.open("wb") as said:
        return await asyncio.create_subprocess_exec(
            *words, stdin=PIPE, stdout=PIPE, stderr=said, env=environment, process_group=0
        )


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()  # every file is written whole or not at all
    await process.wait()


def _last(log: Path) -> str:
    """The last thing it said."""
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
