"""A site whose log holds many placements, for who looks them up on the supervisor's desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np

from station.types import Inspection, Order, Pictures, Reason, Verdict
from station.witness import Witness
from tests.station.factories import AT
from tests.station.log.samples import judged
from tests.station.web.site import Site, add_people

MANY = 60


def pictures(number: int) -> Pictures:
    """Small, and of its own."""
    gray = np.full((64, 64), number % 256, np.uint8)
    gray[0, : number // 256 + 1] = 255
    encoded = [cv2.imencode(kind, gray)[1].tobytes() for kind in (".png", ".jpg")]
    return Pictures(encoded[0], encoded[1] + b"%d" % number)


def placement(number: int) -> Inspection:
    """Every third rejected; lots of twenty."""
    is_wrong = number % 3 == 0
    return judged(
        acquired_at=AT + timedelta(minutes=number),
        order=Order("A", work_order="4711", lot=f"L{number // 20}", serial=f"S{number}", operator="Tan"),
        verdict=Verdict.REJECT if is_wrong else Verdict.PASS,
        reason=Reason.WRONG_PART if is_wrong else Reason.NONE,
        predicted_part_number="B" if is_wrong else "A",
    )


@contextmanager
def desk(folder: Path) -> Iterator[Site]:
    """With one person a role and `MANY` records, and its pages served."""
    site = Site(folder)
    add_people(site)
    for number in range(MANY):
        site.log.log.append(placement(number), pictures(number))
    site.station.between = Witness(folder).look
    with site.served():
        yield site
    site.close()
