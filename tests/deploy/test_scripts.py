"""On a bare machine test.sh gets what the tests need by itself. Debian and pip are stand-ins here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
TOOLS = ("bash", "cat", "chmod", "cksum", "cp", "cut", "dirname", "ls", "mkdir", "rm", "touch")
PYTHON = """#!/bin/bash
[ "$1 $2" != "-m venv" ] || { mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; }
"""
# as on a machine that has just been set up: there are no lists of packages yet
APT = """#!/bin/bash
echo "$*" >>{root}/asked
case " $* " in
  *" update "*) touch {root}/lists ;;
  *" install "*) [ -e {root}/lists ] ;;
esac
"""


@pytest.mark.parametrize("user", ["0", "1000"], ids=["root", "somebody who may use sudo"])
def test_lists_of_packages_are_fetched_before_anything_is_installed(tmp_path: Path, user: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(str(shutil.which(name)))
    for name, text in {
        "python3": PYTHON,
        "apt-get": APT.format(root=tmp_path),
        "id": f"#!/bin/bash\necho {user}\n",
        "sudo": '#!/bin/bash\nexec "${@:2}"\n',
    }.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    done = subprocess.run(
        ["bash", str(PROJECT / "deploy" / "test.sh")],
        env={"PATH": str(tools), "HOME": str(tmp_path), "STATION_VENV": str(tmp_path / "environments")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "could not be installed" not in done.stderr
    assert "install --yes --quiet chromium" in (tmp_path / "asked").read_text()
