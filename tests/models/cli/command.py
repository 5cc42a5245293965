"""`python -m models`, as it is typed."""

from __future__ import annotations

from click.testing import CliRunner, Result

from models.cli import main


def models(*arguments: object) -> Result:
    """What came of it. A wrong use ends with a status; anything else that is raised is a bug."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), "a traceback is a bug"
    return result
