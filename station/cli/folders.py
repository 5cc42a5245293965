"""Where a command keeps its log."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept_or_thrown_away(data: Path | None) -> Iterator[Path]:
    """The data folder that was named, or one that is thrown away at the end."""
    if data is not None:
        yield data
    else:
        with tempfile.TemporaryDirectory(prefix="station-") as scratch:
            yield Path(scratch)
