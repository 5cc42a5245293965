"""Bundles to swap: that of the bench, released again under other names and with other contents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bundle import Bundle, save
from models.card import dumps
from station.assembly import BENCH


def release(folder: Path, name: str, files: Mapping[str, bytes] | None = None, **card: Any) -> Path:
    """The bench's bundle in folder/name, with these files and entries of its card in place of its own."""
    bench = Bundle.load(BENCH)
    contents = {**bench.files, **(files or {})}
    hashes = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    save(folder / name, dumps({**bench.card, **card, "name": name, "files": hashes}), contents)
    return folder / name


def spoil(path: Path, at: int = -1) -> None:
    """Turn over one bit of a file."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
