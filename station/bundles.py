"""The bundles of a station, staged: copied whole into its own folder; and which of them is wanted.

models/
  bench-0123456789ab/   a bundle, called by its name and the first of its SHA-256; never changed
  wanted.json           which is wanted: see station/wishes.py
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import models.bundle
from models.bundle import CARD, Bundle
from station.errors import BundleError
from station.log.record import time_text
from station.wishes import Wish, Wishes

FOLDER = "models"
RELEASED = Path(models.__file__).parent / "released"  # with this program
HALF_MADE = ".*-" + 12 * "[0-9a-f]" + "-*"  # what `models.bundle.save` makes beside the place of a staged bundle
MEND = "run `station model rollback`, or `station model use` with another"


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A bundle that a station has.

    bundle   None when it is damaged, and then `trouble` says how
    wish     the last wish to have it in use, if there was one that still stands
    """

    place: Path
    bundle: Bundle | None
    trouble: str
    wish: Wish | None
    is_wanted: bool


class Bundles:
    """The staged bundles of one station.

    data        its data folder; nothing is made there before something is staged
    configured  the bundle that station.toml names; None where no station.toml is at hand
    """

    def __init__(self, data: Path, configured: Path | None = None) -> None:
        self._folder, self._configured = data / FOLDER, configured
        self.wishes = Wishes(self._folder)

    def wanted(self) -> Wish:
        """The wish that counts. Raises BundleError when it cannot be read."""
        return self.wishes.read()[-1]

    def all(self) -> list[Kept]:
        """Every bundle that the station has: the staged ones, and the one that station.toml names."""
        places = sorted(card.parent for card in self._folder.glob(f"[!.]*/{CARD}"))
        wishes = {self.place(wish): wish for wish in self.wishes.read()}
        wanted = self.place(self.wanted())
        if self._configured and self._configured not in places:
            places.append(self._configured)
        return [Kept(place, *_read(place), wishes.get(place), place == wanted) for place in places]

    def place(self, wish: Wish) -> Path | None:
        """Where the wanted bundle lies; None where only station.toml could tell."""
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
            raise BundleError(f"The wanted bundle cannot be used ({str(trouble).rstrip('.')}); {MEND}.") from trouble
        if bundle.sha256 != wish.sha256:
            raise BundleError(f"The bundle in {place} is not the one that was staged; {MEND}.")
        return bundle

    def named(self, model: str) -> Bundle:
        """The bundle that records name their model by: staged, of station.toml, or released with this program.

        It is read whole, but not self-tested: whoever judges again wants to see a difference. Raises BundleError.
        """
        sha256 = model.partition("sha256:")[2]
        damaged = ""
        folders = [*self._folder.glob("[!.]*"), *RELEASED.iterdir(), *filter(None, [self._configured])]
        for folder in folders:
            with suppress(OSError):
                if hashlib.sha256((folder / CARD).read_bytes()).hexdigest() == sha256:
                    bundle, trouble = _read(folder)
                    if bundle is not None:
                        return bundle
                    damaged = damaged or trouble  # there may be a whole one elsewhere
        if damaged:
            raise BundleError(f"The bundle of this record is damaged: {damaged}.")
        raise BundleError(
            f"The bundle {model or 'of this record'} is not here any more; put its folder back into {self._folder}, "
            "or name the place where it lies."
        )

    def use(self, source: Path, by: str, at: datetime, expected: str | None = None) -> Wish:
        """Stage the bundle in the folder `source`, and want it. Raises BundleError, and then the old one is wanted.

        expected  the part number that it has to know; None where no order is at hand
        """
        return self.want(load_bundle(source, expected), source, by, at)

    def want(self, bundle: Bundle, source: Path, by: str, at: datetime) -> Wish:
        """Want the bundle that was read from `source`, whatever lies there by now, and stage it where it is not yet.

        Raises BundleError, and then the old one is wanted.
        """
        wish = Wish(_called(bundle), bundle.sha256, by, time_text(at), "use")
        with self._changing():
            self._stage(bundle, source, self._folder / wish.bundle)
            *before, last = self._readable_wishes()
            self.wishes.write([*before, wish] if last.bundle == wish.bundle else [*before, last, wish])
        return wish

    def stage(self, source: Path, expected: str | None = None) -> tuple[str, Bundle]:
        """Copy a bundle in, whole and tested, and want nothing; returns the name of its folder. Raises BundleError."""
        bundle = load_bundle(source, expected)
        with self._changing():
            self._stage(bundle, source, self._folder / _called(bundle))
        return _called(bundle), bundle

    def staged(self, name: str, sha256: str, expected: str | None = None) -> tuple[Path, Bundle]:
        """The folder of a staged bundle, and what was read there: whole, and the one meant. Raises BundleError."""
        if not name or name.startswith(".") or Path(name).name != name:
            raise BundleError("There is no such bundle at the station.")
        bundle = load_bundle(self._folder / name, expected)
        if bundle.sha256 != sha256:
            raise BundleError(f"The bundle {name} is not the one that was proposed; have it proposed again.")
        return self._folder / name, bundle

    def keep(self, bundle: Bundle, wish: Wish) -> None:
        """Stage what station.toml names too: whoever replaces its folder must not take the records' model away.

        Raises BundleError.
        """
        if not wish.bundle and self._configured:
            with self._changing():
                self._stage(bundle, self._configured, self._folder / _called(bundle))

    def rollback(self, by: str, at: datetime) -> Wish:
        """Want the former bundle again. Raises BundleError when there is none, or when it is damaged."""
        with self._changing():
            wishes = self.wishes.read()
            if len(wishes) == 1:
                raise BundleError("No bundle was wanted before this one; run `station model use` with another.")
            *before, former = wishes[:-1]
            if self.place(former):
                self.load(former)
            wish = replace(former, by=by, at=time_text(at), act="rollback")
            self.wishes.write([*before, wish])
        return wish

    def _readable_wishes(self) -> tuple[Wish, ...]:
        try:
            return self.wishes.read()
        except BundleError:  # a new wish mends it
            return (Wish(),)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One at a time; what one that was killed has left half-made is thrown away first."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _locked(self._folder):
                for left in self._folder.glob(HALF_MADE):
                    shutil.rmtree(left)
                yield
        except OSError as trouble:
            raise BundleError(
                f"Nothing can be staged in {self._folder} ({trouble.strerror or trouble}); "
                "look at the disk, and run as the user that the folder belongs to."
            ) from trouble

    def _stage(self, bundle: Bundle, source: Path, place: Path) -> None:
        there, _ = _read(place)
        if there and there.sha256 == bundle.sha256:
            return
        card = (source / CARD).read_bytes()
        if hashlib.sha256(card).hexdigest() != bundle.sha256:
            raise BundleError(f"{source} was changed while it was read; run `station model use` again.")
        models.bundle.save(place, card.decode(), bundle.files)


def load_bundle(folder: Path, expected: str | None = None) -> Bundle:
    """The bundle, whole, self-tested, and for this part number where one is named. Raises BundleError."""
    try:
        bundle = Bundle.load(folder)
        bundle.self_test()
    except models.bundle.BundleError as trouble:
        raise BundleError(str(trouble)) from trouble
    for part in bundle.part_numbers:
        if not bundle.score_thresholds[part] > 0.5 or not 0 <= bundle.distance_limits[part] < 2:
            raise BundleError(f"The bundle {folder} has thresholds that let anything pass; train or teach it again.")
    if expected is not None and expected not in bundle.part_numbers:
        known = ", ".join(map(str, bundle.part_numbers))
        raise BundleError(f"The bundle {folder} knows {known}, not {expected}; name another bundle or part number.")
    return bundle


def _called(bundle: Bundle) -> str:
    """What the folder of a staged bundle is called, whatever its card says."""
    return f"{re.sub(r'[^A-Za-z0-9_+-]+', '_', bundle.name)[:64]}-{bundle.sha256[:12]}"


def name_of(bundle: Bundle) -> str:
    """What records name a model by."""
    return f"{bundle.name} sha256:{bundle.sha256}"


def _read(place: Path) -> tuple[Bundle | None, str]:
    """The bundle that lies there, every hash checked; or what is wrong with it."""
    try:
        return Bundle.load(place), ""
    except models.bundle.BundleError as trouble:
        return None, str(trouble)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait for whoever else changes the folder; the lock goes with the process, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
