from __future__ import annotations

import subprocess
import sys

import pytest


def printed(program: str) -> list[str]:
    """The words that a Python of its own prints."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout.split()


@pytest.mark.parametrize("name", ["log", "forward", "teach"])
def test_what_takes_a_while_gives_way_before_it_loads_anything(name: str) -> None:
    tell = f"import sys; sys.argv[1:] = ['{name}', '--help']; from station import __main__, gentle; "
    tell += "gentle.give_way = lambda: print('way' if 'click' not in sys.modules else 'late'); __main__.main()"
    assert printed(tell)[:2] == ["way", "Usage:"]


def test_the_line_itself_gives_way_to_nobody() -> None:
    tell = "import sys; sys.argv[1:] = ['run', '--help']; from station import __main__, gentle; "
    tell += "gentle.give_way = lambda: print('way'); __main__.main()"
    assert printed(tell)[0] == "Usage:"
