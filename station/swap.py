"""Another bundle in use, while the station runs: whole, self-tested, all of it at once, and recorded; or not at all."""

from __future__ import annotations

import logging

from station.bundles import Bundles
from station.loop import Station, asks
from station.model import Model
from station.types import Log
from station.wishes import Wish

log = logging.getLogger(__name__)


class Swap:
    """Looks between two placements whether another bundle is wanted, and takes it up.

    What the note says when this is made has been taken up already.
    """

    def __init__(self, bundles: Bundles) -> None:
        self._bundles = bundles
        self._seen = bundles.wishes.stamp()

    def look(self, station: Station) -> None:
        """Costs next to nothing as long as nobody wants anything; a bundle is loaded in a tenth of a second.

        Raises LogError when what happens cannot be recorded: then nothing has happened, and the next look tries again.
        """
        stamp = self._bundles.wishes.stamp()
        if stamp in (None, self._seen):  # a note that vanished is nobody's wish
            return
        self._take_up(station)
        self._seen = stamp

    def _take_up(self, station: Station) -> None:
        wish = Wish()
        try:
            wish = self._bundles.wanted()
            expected = station.order.part_number
            model = Model.of(self._bundles.load(wish, expected or None), expected, station.model.profile)
        except Exception as trouble:  # whatever is wrong with it, the station goes on with what it has
            log.warning("the wanted bundle was refused", exc_info=trouble)
            _refuse(station, wish, trouble)
            return
        if model.name != station.model.name:
            _put_in_use(station, wish, model)
        station.screen.notice("")


def _put_in_use(station: Station, wish: Wish, model: Model) -> None:
    """First the record, then the gate, then the model: whatever fails on the way, no PASS comes of it."""
    record(station.log, wish, model.name, station.model.name)
    station.verification.restart("Another bundle is in use", wish.by)
    station.model = model
    station.screen.tell(station.state, asks(station), station.verification.standing)


def record(traceability: Log, wish: Wish, model: str, former: str) -> None:
    """Note a swap and who asked for it. Raises LogError."""
    traceability.note(
        "model_swap",
        f"{model} takes the place of {former}",
        operator=wish.by,
        model=model,
        former=former,
        act=wish.act,
        asked_at=wish.at,
    )


def _refuse(station: Station, wish: Wish, trouble: Exception) -> None:
    message = f"{wish.bundle or 'The wanted bundle'} was refused, {station.model.name} stays in use: {trouble}"
    station.log.note(
        "model_refused",
        message,
        operator=wish.by,
        model=station.model.name,
        refused=wish.bundle,
        refused_sha256=wish.sha256,
        act=wish.act,
        asked_at=wish.at,
    )
    station.screen.notice(message)
