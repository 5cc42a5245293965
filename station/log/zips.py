"""A zip of millions of files, in the memory of one.

zipfile keeps what it has to say of every file until the end of the zip, and all their names. Here that waits in a file.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZipFile, ZipInfo


@contextmanager
def zip_of_many(to: IO[bytes], scratch: Path) -> Iterator[ZipFile]:
    """A new zip, to be written only; nobody hinders its having two files of one name.

    scratch  a folder on a disk with room: some 300 bytes a file
    """
    with TemporaryFile(dir=scratch) as waiting, ZipFile(to, "w") as file:
        file.filelist = _Written(waiting)
        file.NameToInfo = _Unnamed()
        yield file


class _Written(list[ZipInfo]):
    """What zipfile appends to, and goes through once, at the end."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file, self._count = file, 0

    def append(self, info: ZipInfo) -> None:
        pickle.dump(info, self._file)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ZipInfo]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - written above, and by nobody else


class _Unnamed(dict[str, ZipInfo]):
    """Keeps no name."""

    def __setitem__(self, name: str, info: ZipInfo) -> None:
        """It is not asked for again."""
