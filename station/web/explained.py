"""What the gates and the network have to say of a record, for its page: off the loop's thread, one at a time.

The network is one of its own, loaded from the bundle that the record names.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import cv2

import models.explain
from models.explain import Neighbour
from station.drawn import drawn
from station.errors import BundleError, LogError
from station.explain import Explained, explain, looked_at
from station.log.archive import Archive
from station.log.progress import silent
from station.log.record import Row
from station.readings import Reading
from station.rejudge import NotAgain, picture

KEPT = 8  # pictures that are kept, a few hundred KiB each


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a record.

    sentence  which gate decided, and by how much; or why that cannot be told
    readings  every number beside its limit, in the order of the gates
    nearest   known examples, nearest first; none where there is no picture of what was judged
    """

    sentence: str
    readings: tuple[Reading, ...] = ()
    nearest: tuple[Neighbour, ...] = ()


class Explaining:
    """Tells, and draws, why records of a data folder say what they say."""

    def __init__(self, data: Path) -> None:
        self._data, self._turn = data, threading.Lock()
        self._drawn: OrderedDict[int, bytes] = OrderedDict()

    def told(self, row: Row) -> Told:
        """Numbers and nearest known examples; takes about as long as a judgement."""
        try:
            explained = explain(row, self._data)
        except BundleError as trouble:
            return Told(str(trouble))
        return Told(explained.sentence, explained.readings, self._nearest(explained))

    def png(self, row: Row) -> bytes:
        """Patch, what mattered in it, the nearest known examples. Raises LogError, BundleError where it cannot be."""
        with self._turn:
            if row["sequence"] not in self._drawn:
                explained = explain(row, self._data)
                patch, explanation = looked_at(explained, self._data, silent)
                self._drawn[row["sequence"]] = cv2.imencode(".png", drawn(explained, patch, explanation))[1].tobytes()
                while len(self._drawn) > KEPT:
                    self._drawn.popitem(last=False)
            return self._drawn[row["sequence"]]

    def _nearest(self, explained: Explained) -> tuple[Neighbour, ...]:
        row, bundle = explained.row, explained.bundle
        if row["predicted_part_number"] is None:
            return ()
        try:
            patch = picture(Archive(self._data), row, "image")
            embedding = bundle.classifier().classify(patch).embedding
        except (NotAgain, LogError, BundleError, ValueError):
            return ()
        return models.explain.nearest(embedding, bundle.references, None)
