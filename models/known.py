"""Small pictures of a bundle's known examples, for people: what a part lies near to can be shown.

One for each row of the reference embeddings, in the same order. Where an example is known at several angles, its
picture is kept once and turned when it is shown. Nothing is judged by them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.preprocess import Gray
from models.views import turned

SIDE = 64  # pixels
QUALITY = 80  # of JPEG: about 1 kB a picture


@dataclass(frozen=True, slots=True)
class Small:
    """A known example: a small JPEG of it, and by how much it is turned from there, degrees counter-clockwise."""

    jpeg: bytes
    degrees: float = 0.0

    @classmethod
    def of(cls, patch: Gray, degrees: float = 0.0) -> Small:
        """A patch, size × size uint8, made small."""
        small = cv2.resize(patch, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return cls(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes(), degrees)

    def pixels(self) -> Gray:
        """What it shows, SIDE × SIDE uint8. Raises ValueError when it is no picture."""
        picture = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE) if self.jpeg else None
        if picture is None:
            raise ValueError("a picture of a known example cannot be decoded")
        return turned(np.asarray(picture, np.uint8), self.degrees)


def pack(examples: Mapping[str, Sequence[Small]]) -> bytes:
    """Examples by part number as a file: the JPEGs in a row, and for each example its JPEG, its angle, its part."""
    content = io.BytesIO()
    every = [(label, each) for label, own in enumerate(examples.values()) for each in own]
    pictures = {each.jpeg: None for _, each in every}
    place = {jpeg: number for number, jpeg in enumerate(pictures)}
    np.savez(
        content,
        jpegs=np.frombuffer(b"".join(pictures), np.uint8),
        lengths=np.array([len(jpeg) for jpeg in pictures], np.int32),
        pictures=np.array([place[each.jpeg] for _, each in every], np.int32),
        degrees=np.array([each.degrees for _, each in every], np.float32),
        labels=np.array([label for label, _ in every], np.int32),
    )
    return content.getvalue()


def unpack(content: bytes, part_numbers: Sequence[str]) -> dict[str, list[Small]]:
    """Examples by part number out of their file. Raises KeyError, IndexError or ValueError when it is none."""
    with np.load(io.BytesIO(content)) as file:
        jpegs, ends = file["jpegs"].tobytes(), np.cumsum(file["lengths"]).tolist()
        rows = list(zip(file["labels"].tolist(), file["pictures"].tolist(), file["degrees"].tolist(), strict=True))
    pictures = [jpegs[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return {
        part: [Small(pictures[picture], degrees) for label, picture, degrees in rows if label == index]
        for index, part in enumerate(part_numbers)
    }
