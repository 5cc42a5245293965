"""What goes over a serial line: one ASCII line a message, with a number and a checksum.

The grammar is written for the person who programs the PLC in deploy/README.md, section "Serial".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    """CRC-8 of all bytes before the asterisk: x⁸ + x² + x + 1, from 0, as on the SMBus.

    In a message of up to 14 bytes, as PASS and ACK are, three wrong bits are noticed wherever they are (Koopman and
    Chakravarty 2004). A plain exclusive or would not notice two equal digits that were lost.
    """
    crc = 0
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ 0x107 if crc & 0x80 else crc << 1
    return crc


class Incoming:
    """Puts together the lines that arrive in pieces. Keeps `LONGEST` bytes, however much is poured in."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, piece: bytes) -> list[Message]:
        """The messages that this piece completes."""
        *lines, rest = (self._rest + piece).split(b"\n")
        self._rest = rest[-LONGEST:]  # what has been cut is too long to become a message
        return [message for line in lines if (message := decode(line + b"\n"))]
