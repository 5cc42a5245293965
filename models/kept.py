"""What a long command keeps while it runs, so that it goes on where it was interrupted.

Every file comes into its place whole, or not at all. What a folder was begun with stands in it as JSON; whoever comes
with something else is refused.
"""

from __future__ import annotations

import csv
import fcntl
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

import cattrs

Kind = TypeVar("Kind")

CONVERTER = cattrs.Converter(forbid_extra_keys=True)
CONVERTER.register_structure_hook(float, lambda value, _: math.nan if value is None else float(value))
CONVERTER.register_structure_hook(float | None, lambda value, _: None if value is None else float(value))


@contextmanager
def held(folder: Path, what: str) -> Iterator[None]:
    """Nobody else works in a folder of `what` meanwhile. Raises BlockingIOError when somebody does."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(f"other {what} run in {folder}; wait for them, or name another") from None
        yield


def begin(path: Path, settings: Any, what: str) -> None:
    """Begin a folder of `what` or go on with it; `path` is the file in it that keeps the settings, a dataclass.

    Raises FileExistsError where something else lies, OSError when the settings cannot be read.
    """
    folder = path.parent
    if path.is_file():
        _compare(folder, read(path, type(settings)), settings, what)
        return
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is there already and holds no {what}; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    write(path, dumps(asdict(settings)).encode())


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, also when the power fails."""
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read(path: Path, kind: type[Kind]) -> Kind:
    """A dataclass as it was written by `dumps`. Raises OSError when the file is none of its."""
    try:
        return CONVERTER.structure(json.loads(path.read_bytes()), kind)
    except (ValueError, TypeError, AttributeError, cattrs.BaseValidationError) as trouble:
        raise OSError(f"{path} is damaged or of another version; remove it and run again") from trouble


def dumps(told: Any) -> str:
    """As JSON; a number that is none (NaN, infinite) is null."""
    return json.dumps(_finite(told), allow_nan=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """As CSV, with a line of names."""
    content = StringIO()
    lines = csv.writer(content, lineterminator="\n")
    lines.writerow(columns)
    lines.writerows(rows)
    return content.getvalue()


def finite(number: float) -> float | None:
    """None instead of NaN and infinities."""
    return number if math.isfinite(number) else None


def _finite(told: Any) -> Any:
    if isinstance(told, Mapping):
        return {key: _finite(value) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [_finite(value) for value in told]
    return finite(told) if isinstance(told, float) else told


def _compare(folder: Path, there: Any, wanted: Any, what: str) -> None:
    former, asked = (json.loads(dumps(asdict(each))) for each in (there, wanted))
    others = [_differs(name, former[name], asked[name]) for name in asked if former[name] != asked[name]]
    if others:
        told = f"{folder} holds {what} {' and '.join(others)}"
        raise FileExistsError(f"{told}; name another folder, or ask for the same again")


def _differs(name: str, there: object, asked: object) -> str:
    return "on other pictures" if name == "data" else f"of {name.replace('_', ' ')} {there}, not {asked}"
