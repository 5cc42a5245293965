"""The grammar of the serial line: what is said comes through, what is damaged does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.signals.message import LONGEST, Incoming, Message, checksum, decode
from station.types import Reason

messages = st.builds(
    Message,
    st.from_regex(r"[A-Z]{1,8}", fullmatch=True),
    st.integers(0, 2**31 - 1),
    st.from_regex(r"([a-z0-9_]{1,32})?", fullmatch=True),
)


def test_a_message_looks_like_this() -> None:
    assert Message("PASS", 1284).encode() == b"PASS 1284*02\r\n"
    assert Message("REJECT", 1285, "wrong_part").encode() == b"REJECT 1285 wrong_part*89\r\n"


def test_the_checksum_is_crc_8() -> None:
    assert checksum(b"123456789") == 0xF4  # the check value by which this CRC is known


@settings(deadline=None)
@given(st.sampled_from(["PASS", "ACK"]), st.integers(1, 10**8), st.data())
def test_three_wrong_bits_in_pass_and_ack_are_noticed(word: str, number: int, data: st.DataObject) -> None:
    line = bytearray(Message(word, number).encode())
    end = line.index(b"*")
    checked = [bit for bit in range(8 * len(line)) if bit // 8 < end]
    for bit in data.draw(st.sets(st.sampled_from(checked), min_size=1, max_size=3)):
        line[bit // 8] ^= 1 << bit % 8
    assert decode(bytes(line)) is None


def test_two_lost_digits_are_noticed() -> None:
    line = Message("PASS", 1184).encode()
    assert decode(line.replace(b"1184", b"84")) is None


@settings(deadline=None)
@given(messages)
def test_what_is_encoded_is_decoded_to_the_same(message: Message) -> None:
    assert decode(message.encode()) == message


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_told(reason: Reason) -> None:
    assert decode(Message("REJECT", 1, reason.value).encode()) == Message("REJECT", 1, reason.value)


@settings(deadline=None)
@given(messages)
def test_no_message_is_longer_than_the_longest(message: Message) -> None:
    assert len(message.encode()) <= LONGEST


@settings(deadline=None)
@given(messages, st.data())
def test_one_changed_byte_is_noticed(message: Message, data: st.DataObject) -> None:
    line = bytearray(message.encode())
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] ^= data.draw(st.integers(1, 255))
    assert decode(bytes(line)) is None


@settings(deadline=None)
@given(messages, st.data())
def test_a_message_that_lost_its_beginning_or_end_is_none(message: Message, data: st.DataObject) -> None:
    line = message.encode()
    cut = data.draw(st.integers(1, len(line)))
    assert decode(line[:-cut]) is None
    assert Incoming().take(line[:-cut]) == []


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_no_message_unless_it_is_one(garbage: bytes) -> None:
    message = decode(garbage)
    assert message is None or decode(message.encode()) == message


@settings(deadline=None)
@given(st.lists(messages, max_size=5), st.data())
def test_messages_come_through_in_whatever_pieces_they_arrive(said: list[Message], data: st.DataObject) -> None:
    wire = b"".join(message.encode() for message in said)
    incoming, heard = Incoming(), []
    while wire:
        length = data.draw(st.integers(1, len(wire)))
        heard += incoming.take(wire[:length])
        wire = wire[length:]
    assert heard == said


@settings(deadline=None)
@given(st.lists(st.binary(max_size=3 * LONGEST), max_size=20), messages)
def test_after_whatever_garbage_the_next_line_is_understood(garbage: list[bytes], message: Message) -> None:
    incoming = Incoming()
    for piece in garbage:
        incoming.take(piece)
    incoming.take(b"\r\n")
    assert incoming.take(message.encode()) == [message]


@settings(deadline=None)
@given(st.integers(LONGEST, 5 * LONGEST), messages)
def test_an_endless_line_is_cut_and_its_tail_is_no_message(length: int, message: Message) -> None:
    incoming = Incoming()
    for _ in range(length):
        incoming.take(b"A")
        assert len(incoming._rest) <= LONGEST
    assert incoming.take(message.encode()) == []
