"""The bundles of a station, staged: copied whole into its own folder; and which of them is wanted.

models/
  bench-0123456789ab/   a bundle, called by its name and the first of its SHA-256; never changed
  wanted.json           who wanted which, in order; the last one is wanted now

Who wants a bundle leaves this note and no more. The station reads it: at its start, and between two placements.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import models.bundle
from models.bundle import Bundle
from station.errors import BundleError
from station.log.archive import sync
from station.log.record import time_text

FOLDER, WANTED = "models", "wanted.json"
LEFT = ".*-" + 12 * "[0-9a-f]" + "-*"  # what `models.bundle.save` makes beside a staged bundle's place
ROLLBACK = "run `station model rollback`, or `station model use` with another"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wanted which bundle in use.

    bundle  its folder below models/; empty: the bundle that station.toml names
    sha256  of the bundle; empty: whatever station.toml names
    by, at  who, and when (UTC, as text)
    act     use or rollback; empty as long as nobody has asked for anything
    """

    bundle: str = ""
    sha256: str = ""
    by: str = ""
    at: str = ""
    act: str = ""


Stamp = tuple[int, int, int]  # inode, nanoseconds, bytes of the note


class Bundles:
    """The staged bundles of one station.

    data        its data folder; nothing is made there before something is staged
    configured  the bundle that station.toml names; None where no station.toml is at hand
    """

    def __init__(self, data: Path, configured: Path | None = None) -> None:
        self._folder, self._configured = data / FOLDER, configured

    def wishes(self) -> tuple[Wish, ...]:
        """Every wish that stands, the wanted one last. Raises BundleError when they cannot be read."""
        try:
            told = json.loads((self._folder / WANTED).read_bytes())
            wishes = tuple(Wish(**wish) for wish in told)
            if not wishes or not all(isinstance(word, str) for wish in wishes for word in asdict(wish).values()):
                raise ValueError("no wish")
        except (FileNotFoundError, NotADirectoryError):
            return (Wish(),)
        except (OSError, TypeError, ValueError) as trouble:
            raise BundleError(
                f"Which bundle is wanted cannot be read from {self._folder / WANTED}; run `station model use` again."
            ) from trouble
        return wishes

    def stamp(self) -> Stamp | None:
        """Changes with every wish, and costs a look at the folder only; None before the first wish."""
        try:
            file = (self._folder / WANTED).stat()
        except OSError:
            return None
        return file.st_ino, file.st_mtime_ns, file.st_size

    def places(self) -> list[Path]:
        """Where bundles lie: all that are staged, and the one that station.toml names."""
        staged = sorted(card.parent for card in self._folder.glob(f"[!.]*/{models.bundle.CARD}"))
        return staged + [place for place in (self._configured,) if place is not None and place not in staged]

    def place(self, wish: Wish) -> Path | None:
        """Where the wanted bundle lies; None where only station.toml would tell."""
        return self._folder / wish.bundle if wish.bundle else self._configured

    def load(self, wish: Wish, expected: str | None = None) -> Bundle:
        """The wanted bundle, whole, self-tested, and for this part number. Raises BundleError, which names the mend."""
        place = self.place(wish)
        assert place, "only who knows station.toml loads what it names"
        if not wish.bundle:
            return load_bundle(place, expected)
        try:
            bundle = load_bundle(place, expected)
        except BundleError as trouble:
            raise BundleError(f"The wanted bundle cannot be used ({trouble}): {ROLLBACK}.") from trouble
        if bundle.sha256 != wish.sha256:
            raise BundleError(f"The bundle in {place} is not the one that was staged: {ROLLBACK}.")
        return bundle

    def use(self, source: Path, by: str, at: datetime, expected: str | None = None) -> Wish:
        """Stage the bundle in the folder `source`, and want it. Raises BundleError, and then all is as it was.

        expected  the part number that it has to know; None where no order is at hand
        """
        bundle = load_bundle(source, expected)
        wish = Wish(_called(bundle), bundle.sha256, by, time_text(at), "use")
        with self._changing():
            self._stage(bundle, source, wish)
            *before, last = self._wishes_if_readable()
            self._write([*before, wish] if last.bundle == wish.bundle else [*before, last, wish])
        return wish

    def rollback(self, by: str, at: datetime) -> Wish:
        """Want the former bundle again. Raises BundleError when there is none, or when it is damaged."""
        with self._changing():
            wishes = self.wishes()
            if len(wishes) == 1:
                raise BundleError("No bundle was in use before the wanted one; run `station model use` with another.")
            *before, former, _ = wishes
            if self.place(former) is not None:
                self.load(former)
            wish = replace(former, by=by, at=time_text(at), act="rollback")
            self._write([*before, wish])
        return wish

    def _wishes_if_readable(self) -> tuple[Wish, ...]:
        try:
            return self.wishes()
        except BundleError:  # a new wish mends it
            return (Wish(),)

    def _stage(self, bundle: Bundle, source: Path, wish: Wish) -> None:
        place = self._folder / wish.bundle
        if _is_whole(place, bundle.sha256):
            return
        if not all((place / name).resolve().is_relative_to(place.resolve()) for name in bundle.files):
            raise BundleError(f"{source} names files outside its own folder; take a bundle that you know.")
        card = (source / models.bundle.CARD).read_bytes()
        if hashlib.sha256(card).hexdigest() != bundle.sha256:
            raise BundleError(f"{source} was changed while it was read; run `station model use` again.")
        models.bundle.save(place, card.decode(), bundle.files)

    def _write(self, wishes: Sequence[Wish]) -> None:
        """Replace the note as a whole: whatever happens meanwhile, the old one or the new one is there."""
        beside = self._folder / f".{WANTED}"
        beside.write_text(json.dumps([asdict(wish) for wish in wishes], ensure_ascii=False, indent=1), "utf-8")
        sync(beside)
        beside.replace(self._folder / WANTED)
        sync(self._folder)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One at a time, and what one that was killed has left half-made is thrown away first."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            sync(self._folder.parent)
            with _locked(self._folder):
                for left in self._folder.glob(LEFT):
                    shutil.rmtree(left)
                yield
        except OSError as trouble:
            raise BundleError(
                f"Nothing can be staged in {self._folder} ({trouble.strerror or trouble}); "
                "look at the disk, and run as the user that the folder belongs to."
            ) from trouble


def load_bundle(folder: Path, expected: str | None = None) -> Bundle:
    """The bundle, whole, self-tested, and for this part number where one is named. Raises BundleError."""
    try:
        bundle = Bundle.load(folder)
        bundle.self_test()
    except models.bundle.BundleError as trouble:
        raise BundleError(str(trouble)) from trouble
    if expected is not None and expected not in bundle.part_numbers:
        known = ", ".join(bundle.part_numbers)
        raise BundleError(f"The bundle {folder} knows {known}, not {expected}; name another bundle or part number.")
    return bundle


def _called(bundle: Bundle) -> str:
    """What a staged bundle's folder is called, whatever stands in its card."""
    return f"{re.sub(r'[^A-Za-z0-9_+-]+', '_', bundle.name)[:64]}-{bundle.sha256[:12]}"


def _is_whole(folder: Path, sha256: str) -> bool:
    try:
        return Bundle.load(folder).sha256 == sha256
    except models.bundle.BundleError:
        return False


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait for whoever else changes the folder; the lock goes with the process, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
