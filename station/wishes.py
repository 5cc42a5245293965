"""The note that tells which bundle is wanted: who wanted which, in order; the last wish counts.

Who wants a bundle leaves this note and no more. The station reads it: at its start, and between two placements.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from station.errors import BundleError
from station.log.archive import sync

NOTE = "wanted.json"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wanted which bundle in use.

    bundle  its folder among the staged ones; empty: the bundle that station.toml names
    sha256  of the bundle; empty: whatever station.toml names
    by, at  who, and when (UTC, as text)
    act     use or rollback; empty as long as nobody has asked for anything
    """

    bundle: str = ""
    sha256: str = ""
    by: str = ""
    at: str = ""
    act: str = ""


Stamp = tuple[int, int, int]  # inode, nanoseconds, bytes


def stamp_of(note: Path) -> Stamp | None:
    """Changes with every new note, and costs one look at the folder; None where there is none."""
    try:
        found = note.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def replace_whole(note: Path, text: str) -> None:
    """Write a note: whatever happens meanwhile, the old one or the new one is there. Raises OSError.

    Each writer writes beside it under a name of its own: of two at once the last is there, whole.
    """
    beside = note.with_name(f".{note.name}-{uuid4().hex[:8]}")
    try:
        beside.write_text(text, "utf-8")
        sync(beside)
        beside.replace(note)
    finally:
        beside.unlink(missing_ok=True)
    sync(note.parent)


class Wishes:
    """The wishes that stand, in the folder of the staged bundles."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stamp(self) -> Stamp | None:
        """Changes with every wish, and costs one look at the folder; None where there is no note."""
        return stamp_of(self._folder / NOTE)

    def read(self) -> tuple[Wish, ...]:
        """Every wish that stands, never none: the first is for what station.toml names. Raises BundleError."""
        try:
            told = json.loads((self._folder / NOTE).read_bytes())
            wishes = tuple(Wish(**wish) for wish in told)
            if not wishes or not all(isinstance(word, str) for wish in wishes for word in asdict(wish).values()):
                raise ValueError("no wishes")
        except (FileNotFoundError, NotADirectoryError):
            return (Wish(),)
        except (OSError, TypeError, ValueError) as trouble:
            raise BundleError(
                f"Which bundle is wanted cannot be read from {self._folder / NOTE}; run `station model use` again."
            ) from trouble
        return wishes

    def write(self, wishes: Sequence[Wish]) -> None:
        """Replace the note as a whole: whatever happens meanwhile, the old one or the new one is there."""
        told = json.dumps([asdict(wish) for wish in wishes], ensure_ascii=False, indent=1)
        replace_whole(self._folder / NOTE, told)
