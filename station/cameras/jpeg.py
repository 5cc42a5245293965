"""Where a JPEG ends: drivers hand over buffers that are longer than the picture, and torn ones that are shorter."""

from __future__ import annotations

START, SCAN, END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"


def whole_jpeg(buffer: bytes) -> bytes | None:
    """The JPEG that `buffer` starts with, without what follows its end; None if there is none or its end is missing.

    Segments are stepped over by their length (ITU-T T.81, B.1.1.4), for they may hold the two bytes of an end.
    Within the scan the encoder never makes them (B.1.1.5).
    """
    if not buffer.startswith(START):
        return None
    at = len(START)
    while (marker := buffer[at : at + 2])[:1] == b"\xff" and marker != SCAN:
        at += 2 + int.from_bytes(buffer[at + 2 : at + 4], "big")
    end = buffer.find(END, at) if marker == SCAN else -1
    return None if end < 0 else buffer[: end + len(END)]
