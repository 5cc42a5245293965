"""What goes over a serial line: one ASCII line a message, with a number and a checksum.

The grammar is written for the person who programs the PLC in deploy/README.md, section "Serial".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import xor

LONGEST = 64  # bytes of a message, its end included; what is longer is none
FORM = re.compile(rb"(?P<body>([A-Z]{1,8}) ([0-9]{1,10})(?: ([a-z0-9_]{1,32}))?)\*(?P<checksum>[0-9A-F]{2})\r\n")


@dataclass(frozen=True, slots=True)
class Message:
    """`WORD number detail*HH`: a word, the number of a record or of the message, and why, where there is a why."""

    word: str
    number: int
    detail: str = ""

    def encode(self) -> bytes:
        """The message as it goes over the wire, CR LF included."""
        body = f"{self.word} {self.number} {self.detail}".rstrip().encode("ascii")
        return b"%s*%02X\r\n" % (body, checksum(body))


def decode(line: bytes) -> Message | None:
    """What a line says; None if it is no message, or one that was damaged on its way."""
    form = FORM.fullmatch(line)
    if form is None or int(form["checksum"], 16) != checksum(form["body"]):
        return None
    _, word, number, detail, _ = form.groups()
    return Message(word.decode(), int(number), (detail or b"").decode())


def checksum(body: bytes) -> int:
    """All bytes before the asterisk, combined by exclusive or; after NMEA 0183."""
    return reduce(xor, body, 0)


class Incoming:
    """Puts together the lines that arrive in pieces. Keeps `LONGEST` bytes, however much is poured in."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, piece: bytes) -> list[Message]:
        """The messages that this piece completes."""
        *lines, rest = (self._rest + piece).split(b"\n")
        self._rest = rest[-LONGEST:]  # what has been cut is too long to become a message
        return [message for line in lines if (message := decode(line + b"\n"))]
