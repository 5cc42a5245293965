"""Words that a command was given."""

from __future__ import annotations

import os
from pathlib import Path

import click


def check_text(word: str) -> None:
    """Names and reasons are recorded in UTF-8; a file or folder that is there may be called by any bytes."""
    try:
        word.encode()
    except UnicodeEncodeError as trouble:
        if not Path(word).exists() and not Path(word.partition("=")[2] or word).exists():
            shown = os.fsencode(word).decode(errors="backslashreplace")
            raise click.UsageError(
                f"'{shown}' is not in UTF-8, nor a file that is there; set the terminal to UTF-8 and say it again."
            ) from trouble
