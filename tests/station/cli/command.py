"""The command as a shell runs it, without the shell."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from station.cli import main


def station(*arguments: object) -> Result:
    """Run `station ARGUMENTS`; what it prints is in `stdout` and `stderr`, never a traceback."""
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def lines(result: Result) -> list[dict[str, Any]]:
    """The JSON objects that were printed, one a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]
