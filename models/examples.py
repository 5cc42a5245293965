"""The pictures of a data set as the line would see them: found, cut, and told whether the line would judge them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.dataset import DataSet, Picture
from models.preprocess import WHOLE, Finding, Gray, Preparation, cut, find, seen
from models.samples import is_whole, window

MOSTLY = 0.5  # of the pictures show one whole part; where fewer do, the part fills the region

Tick = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Pictures of known part numbers, prepared.

    pictures  n, where they came from
    patches   n × size × size uint8
    labels    n indices of part numbers; one beyond them all is `other`
    whole     n; whether one part is in view, wholly: the line judges no others
    """

    pictures: tuple[Picture, ...]
    patches: Gray
    labels: NDArray[np.intp]
    whole: NDArray[np.bool_]

    def of(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Examples:
        """Some of them."""
        picked = np.arange(len(self.pictures))[chosen]
        pictures = tuple(self.pictures[index] for index in picked)
        return Examples(pictures, self.patches[picked], self.labels[picked], self.whole[picked])


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in the pictures of a data set, and the window that shows it; who shows nothing is out."""

    preparation: Preparation
    findings: Mapping[Picture, Finding]

    @property
    def whole(self) -> list[Picture]:
        """The pictures that the line would judge."""
        every = self.preparation.is_whole
        return [picture for picture, finding in self.findings.items() if every or is_whole(finding)]


def look(data: DataSet, pictures: Sequence[Picture], tick: Tick) -> Found:
    """Find the parts, and choose the window for them."""
    findings = {}
    for done, picture in enumerate(pictures, 1):
        findings[picture] = find(data.read(picture))
        tick("Finding the parts", done, len(pictures))
    preparation = framing(findings.values())
    told = {picture: seen(finding, preparation) for picture, finding in findings.items()}
    # where nothing is seen, nothing can be learnt; but a part that fills the region need not be found
    kept = {picture: finding for picture, finding in told.items() if preparation.is_whole or finding.found}
    return Found(preparation, kept)


def framing(findings: Iterable[Finding]) -> Preparation:
    """The window for these parts; the whole region where one whole part is found in less than half of the pictures."""
    findings = list(findings)
    if sum(map(is_whole, findings)) < MOSTLY * len(findings):
        return Preparation(WHOLE)
    return Preparation(window(finding for finding in findings if finding.found))


def take(data: DataSet, found: Found) -> Examples:
    """Cut the parts out of their pictures, by the very function of the line."""
    cuts = [cut(data.read(picture), each.centre, found.preparation) for picture, each in found.findings.items()]
    labels = [data.names.index(picture.part_number) for picture in found.findings]
    whole = set(found.whole)
    return Examples(
        tuple(found.findings), np.stack(cuts), np.array(labels), np.array([each in whole for each in found.findings])
    )
