"""Where a command keeps its log, and how a station that has one is named."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from station.config import Configuration

DATA = click.option(
    "--data", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The data folder of the station."
)
CONFIG = click.option("--config", type=click.Path(path_type=Path), help="Its station.toml, instead of --data.")


@contextmanager
def kept_or_thrown_away(data: Path | None) -> Iterator[Path]:
    """The data folder that was named, or one that is thrown away at the end."""
    if data is not None:
        yield data
    else:
        with tempfile.TemporaryDirectory(prefix="station-") as scratch:
            yield Path(scratch)


def named(data: Path | None, config: Path | None) -> tuple[Path, Configuration | None]:
    """The data folder of a station that is named by it or by its station.toml, which is returned too."""
    from station.config import load

    if data is not None and config is None:
        return data, None
    if config is not None and data is None:
        configuration = load(config)
        return configuration.data, configuration
    raise click.UsageError("Name the station by --data or by --config, one of them.")
