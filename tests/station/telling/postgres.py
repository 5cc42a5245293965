"""A real PostgreSQL, on a socket in a folder of the test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

ABSENT = "PostgreSQL is absent; deploy/test.sh installs it, or: sudo apt install postgresql"


class Server:
    """One server, its data on a disk that forgets. It does not run as root, and becomes somebody else where it must."""

    def __init__(self, folder: Path) -> None:
        self._bin = _programs()
        self._data, self._sockets = folder / "data", folder / "s"
        self._sockets.mkdir()
        if os.geteuid() == 0:
            self._become = ["runuser", "-u", _somebody(), "--"]
            for each in (folder, self._sockets):
                shutil.chown(each, _somebody())
        else:
            self._become = []
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.url = f"postgresql://postgres@/postgres?host={self._sockets}"
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses='' -k {self._sockets} -c fsync=off -c max_connections=20"
        self._run("pg_ctl", "-D", self._data, "-w", "-l", self._sockets / "log", "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        self._run("pg_ctl", "-D", self._data, "-m", how, "-w", "stop")

    def _run(self, program: str, *arguments: object) -> None:
        command = [*self._become, str(self._bin / program), *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{program} failed"


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = found[-1] if found else shutil.which("initdb")
    if path is None:
        pytest.skip(ABSENT)
    return Path(path).parent


def _somebody() -> str:
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
