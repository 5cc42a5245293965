"""What the program itself has to say, one line an event, for the journal: level, who says it, what, and the error.

A line begins with its level as sd-daemon(3) has it, so that `journalctl -p warning` finds it; journald dates it, keeps
it and lets it go. What people do, and every verdict, stands in the traceability log, not here; PINs stand nowhere.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from typing import TextIO

LEVELS = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))  # of syslog, by those of Python


class OneLine(logging.Formatter):
    """A record as one JSON object on one line; a traceback is one text in it."""

    def __init__(self, is_journal: bool) -> None:
        super().__init__()
        self._is_journal = is_journal

    def format(self, record: logging.LogRecord) -> str:
        told = {"level": record.levelname.lower(), "from": record.name, "message": record.getMessage()}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        line = json.dumps(told, ensure_ascii=False)
        return f"<{priority(record.levelno)}>{line}" if self._is_journal else line


def priority(level: int) -> int:
    """Python's level → that of syslog; 7 is what is only for who looks for a mistake."""
    return next((number for least, number in LEVELS if level >= least), 7)


def keep(to: TextIO | None = None, environment: Mapping[str, str] = os.environ) -> None:
    """Let everything that is logged from now on be one line on stderr, or on `to`."""
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(OneLine(is_journal="JOURNAL_STREAM" in environment))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("uvicorn", "httpx", "PIL"):  # each request is no event
        logging.getLogger(chatty).setLevel(logging.WARNING)
