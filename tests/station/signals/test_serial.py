"""The serial line over a real pty: what the controller hears, what counts as its answer, and what is a fault."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.errors import SignalError
from station.signals.message import Message
from station.signals.serial import SerialLine
from station.simulation import SimulatedClock
from station.types import Reason, SystemClock, TriggerSource, Verdict
from tests.station.factories import inspection
from tests.station.signals.plc import PATIENCE, Meanwhile, Plc

LIMIT = 1.0  # seconds; by the clock of `hasty`, which goes faster
PACE = 50.0


@pytest.fixture
def plc() -> Iterator[Plc]:
    plc = Plc()
    yield plc
    plc.hang_up()


@pytest.fixture
def line(plc: Plc) -> Iterator[SerialLine]:
    line = SerialLine(plc.port, ack_limit=PATIENCE, clock=Meanwhile(plc.listen))
    line.open()
    assert plc.hears(1) == ["CLEAR 1"]
    yield line
    line.close()


@pytest.fixture
def hasty(plc: Plc) -> Iterator[SerialLine]:
    """A line with a time limit that may be waited for."""
    line = SerialLine(plc.port, ack_limit=LIMIT, clock=Meanwhile(plc.listen, PACE))
    line.open()
    assert plc.hears(1) == ["CLEAR 1"]
    yield line
    line.close()


def rejected(sequence: int, reason: Reason, verdict: Verdict = Verdict.REJECT):  # type: ignore[no-untyped-def] # of a private class
    return inspection(sequence=sequence, verdict=verdict, reason=reason)


def test_a_verdict_is_told_with_the_number_of_its_record(line: SerialLine, plc: Plc) -> None:
    line.busy()
    line.send(inspection(sequence=1284))
    line.clear()
    line.busy()
    line.send(rejected(1285, Reason.WRONG_PART))
    assert plc.hears(5) == ["BUSY 2", "PASS 1284", "CLEAR 3", "BUSY 4", "REJECT 1285 wrong_part"]


def test_unsure_is_reject_to_the_line(line: SerialLine, plc: Plc) -> None:
    line.send(rejected(7, Reason.TOO_CLOSE, Verdict.UNSURE))
    assert plc.hears(1) == ["REJECT 7 too_close"]


def test_a_verdict_without_a_record_is_not_told(line: SerialLine, plc: Plc) -> None:
    with pytest.raises(SignalError, match="no record"):
        line.send(inspection(sequence=0))
    assert plc.hears(1) == ["CLEAR 2"]


def test_ready_is_said_once_a_second(line: SerialLine, plc: Plc) -> None:
    for turn in range(61):
        line.beat(turn * 0.05)
    line.busy()
    assert plc.hears(5) == ["READY 2", "READY 3", "READY 4", "READY 5", "BUSY 6"]


def test_without_a_beat_there_is_no_ready(line: SerialLine, plc: Plc) -> None:
    for _ in range(20):
        line.triggered()
    line.busy()
    assert plc.hears(1) == ["BUSY 2"]


def test_a_fault_is_said_at_once_and_then_once_a_second(plc: Plc) -> None:
    clock = SimulatedClock()
    line = SerialLine(plc.port, clock=clock)
    line.open()
    for _ in range(25):
        line.fault("camera")
        clock.sleep(0.1)
    line.fault("log")
    line.close()
    assert plc.hears(6) == ["CLEAR 1", "FAULT 2 camera", "FAULT 3 camera", "FAULT 4 camera", "FAULT 5 log", "CLEAR 6"]


def test_the_same_fault_again_is_said_at_once_when_the_station_was_ready_between(line: SerialLine, plc: Plc) -> None:
    line.fault("camera")
    line.beat(0.0)
    line.fault("camera")
    assert plc.hears(3) == ["FAULT 2 camera", "READY 3", "FAULT 4 camera"]


def test_a_fault_that_comes_again_within_the_second_withdraws_the_pass_that_was_told_between(plc: Plc) -> None:
    """READY is said once a second, so none has to stand between the two."""
    clock = Meanwhile(plc.listen)
    line = SerialLine(plc.port, ack_limit=PATIENCE, beat_period=PATIENCE, clock=clock)
    line.open()
    line.fault("camera")
    line.send(inspection(sequence=7))
    line.fault("camera")
    line.fault("camera")
    line.close()
    assert plc.hears(5) == ["CLEAR 1", "FAULT 2 camera", "PASS 7", "FAULT 3 camera", "CLEAR 4"]


def test_a_pass_that_is_not_acknowledged_is_withdrawn_and_a_fault(hasty: SerialLine, plc: Plc) -> None:
    plc.answer = lambda message: b""
    with pytest.raises(SignalError, match=r"did not acknowledge record 3 .* look at the controller"):
        hasty.send(inspection(sequence=3))
    assert plc.hears(2) == ["PASS 3", "CLEAR 2"]


@pytest.mark.parametrize(
    "answer",
    [
        b"ACK 7\r\n",
        b"ACK 7*00\r\n",
        b"ACK 7*4a\r\n",
        b"ACK 7*4A\n",
        b"ACK 7*4A",
        b"ack 7*4A\r\n",
        b" ACK 7*4A\r\n",
        b"ACK 7 *4A\r\n",
        b"xACK 7*4A\r\n",
        b"ACK 7*4A*4A\r\n",
        Message("ACK", 6).encode(),
        Message("ACK", 77).encode(),
        Message("NAK", 7).encode(),
        Message("PASS", 7).encode(),
        Message("TRIGGER", 7).encode(),
        bytes(range(256)) * 8,
    ],
)
def test_anything_but_the_whole_acknowledgement_is_none(hasty: SerialLine, plc: Plc, answer: bytes) -> None:
    assert Message("ACK", 7).encode() == b"ACK 7*4A\r\n"
    plc.answer = lambda message: answer if message.word == "PASS" else b""
    with pytest.raises(SignalError, match="did not acknowledge"):
        hasty.send(inspection(sequence=7))


def test_the_acknowledgement_is_found_among_noise_and_in_pieces(line: SerialLine, plc: Plc) -> None:
    acknowledgement = Message("ACK", 3).encode()
    pieces = [b"\xff\x00noise\r\n", Message("ACK", 2).encode(), acknowledgement[:5], acknowledgement[5:]]
    line._clock = Meanwhile(lambda seconds: plc.say(pieces.pop(0)))
    line.send(inspection(sequence=3))
    assert not pieces


def test_a_late_acknowledgement_is_not_taken_for_the_next_verdict(hasty: SerialLine, plc: Plc) -> None:
    plc.answer = lambda message: b""
    with pytest.raises(SignalError):
        hasty.send(inspection(sequence=3))
    plc.answer = lambda message: Message("ACK", 3).encode() if message.word == "PASS" else b""
    with pytest.raises(SignalError, match="record 4"):
        hasty.send(inspection(sequence=4))


def test_an_acknowledgement_from_before_the_verdict_is_none(hasty: SerialLine, plc: Plc) -> None:
    plc.answer = lambda message: b""
    plc.say(b"noise\r\n" * 700 + Message("ACK", 3).encode())  # more than is taken in at once
    with pytest.raises(SignalError, match="did not acknowledge"):
        hasty.send(inspection(sequence=3))


@given(st.binary(max_size=8192))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flood_of_garbage_never_acknowledges_nor_delays(hasty: SerialLine, plc: Plc, garbage: bytes) -> None:
    clock = hasty._clock
    assert isinstance(clock, Meanwhile)
    clock.act = lambda seconds: plc.say(garbage[:2048])
    begun = clock.monotonic()
    with pytest.raises(SignalError, match="did not acknowledge"):
        hasty.send(inspection(sequence=3))
    assert clock.monotonic() - begun <= 1.1 * LIMIT


def test_a_trigger_is_one_request(line: SerialLine, plc: Plc) -> None:
    assert line.triggered() is None
    plc.say(Message("TRIGGER", 1).encode())
    assert line.triggered() is TriggerSource.SERIAL
    assert line.triggered() is None


def test_a_damaged_trigger_is_none(line: SerialLine, plc: Plc) -> None:
    plc.say(b"TRIGGER 1*00\r\nTRIGGER\r\n\xffTRIGGER 1*97\r\n")
    assert line.triggered() is None


def test_a_trigger_is_not_lost_while_an_acknowledgement_is_awaited(line: SerialLine, plc: Plc) -> None:
    plc.answer = lambda message: Message("TRIGGER", 1).encode() + Message("ACK", message.number).encode()
    line.send(inspection(sequence=3))
    assert line.triggered() is TriggerSource.SERIAL


def test_what_was_said_before_the_line_was_opened_does_not_count(line: SerialLine, plc: Plc) -> None:
    line.close()
    plc.say(Message("TRIGGER", 1).encode())
    line.open()
    assert line.triggered() is None


def test_a_closed_line_hears_that_pass_is_withdrawn(line: SerialLine, plc: Plc) -> None:
    line.send(inspection(sequence=3))
    line.close()
    line.close()
    assert plc.hears(2) == ["PASS 3", "CLEAR 2"]


@pytest.mark.parametrize(
    "act",
    [
        lambda line: line.beat(0.0),
        lambda line: line.busy(),
        lambda line: line.send(inspection(sequence=1)),
        lambda line: line.clear(),
        lambda line: line.fault("camera"),
        lambda line: line.triggered(),
    ],
)
def test_a_line_that_is_not_open_cannot_be_told_anything(act: Callable[[SerialLine], None]) -> None:
    with pytest.raises(SignalError, match="not open"):
        act(SerialLine("loop://", clock=SystemClock()))


def test_a_port_in_use_is_named_with_the_way_to_its_holder(line: SerialLine, plc: Plc) -> None:
    with pytest.raises(SignalError, match=rf"holds {plc.port}: `fuser {plc.port}`"):
        SerialLine(plc.port, clock=SystemClock()).open()
    line.send(inspection(sequence=3))  # and its holder is none the worse


@pytest.mark.parametrize(
    ("url", "mend"),
    [
        ("/dev/serial/by-id/nothing", "plug it in, or give the port that `ls /dev/serial/by-id` shows"),
        ("nonsense://", "look at `port` and `baud`"),
        ("/dev/null", "look at `port` and `baud`"),
    ],
)
def test_a_port_that_cannot_be_opened_is_named_with_its_mend(url: str, mend: str) -> None:
    with pytest.raises(SignalError, match=mend):
        SerialLine(url, clock=SystemClock()).open()


def test_an_unplugged_port_is_noticed_by_whatever_is_done_next(plc: Plc, line: SerialLine) -> None:
    plc.hang_up()
    for act in (line.busy, line.clear, line.triggered, lambda: line.send(inspection(sequence=3))):
        with pytest.raises(SignalError, match=r"plug it in|look at the cable"):
            act()
    line.close()


def test_a_replugged_port_is_opened_again_by_its_stable_name(tmp_path: Path) -> None:
    by_id, before, after = tmp_path / "usb-line", Plc(), Plc()
    by_id.symlink_to(before.port)
    clock = Meanwhile(before.listen)
    line = SerialLine(str(by_id), clock=clock)
    line.open()
    before.hang_up()
    with pytest.raises(SignalError):
        line.busy()
    line.close()
    by_id.unlink()
    by_id.symlink_to(after.port)
    clock.act = after.listen
    line.open()
    line.send(inspection(sequence=4))
    assert after.hears(2) == ["CLEAR 1", "PASS 4"]
    line.close()
    after.hang_up()


def test_a_controller_that_does_not_read_is_a_fault_and_no_standstill(plc: Plc) -> None:
    line = SerialLine(plc.port, ack_limit=0.05, clock=SystemClock())
    line.open()
    said: list[str] = []

    def speak() -> None:
        try:
            for second in range(100_000):
                line.beat(second)
        except SignalError as trouble:
            said.append(str(trouble))

    speaking = Thread(target=speak, daemon=True)  # one that stood still would hold up everything else
    speaking.start()
    speaking.join(PATIENCE)
    assert "whether the controller reads" in "".join(said)
    line.close()


def test_a_line_that_only_echoes_acknowledges_nothing() -> None:
    line = SerialLine("loop://", ack_limit=LIMIT, clock=SimulatedClock())
    line.open()
    with pytest.raises(SignalError, match="did not acknowledge"):
        line.send(inspection(sequence=3))
    line.close()


def test_the_line_may_be_any_url_that_pyserial_knows() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = SerialLine(f"socket://127.0.0.1:{server.getsockname()[1]}", clock=SystemClock())
        line.open()
        controller, _ = server.accept()
        with controller, controller.makefile("rb") as heard:
            controller.sendall(Message("TRIGGER", 1).encode())
            assert heard.readline() == Message("CLEAR", 1).encode()
            while line.triggered() is None:
                pass
            line.close()
            assert heard.readline() == Message("CLEAR", 2).encode()


def test_nothing_is_left_open(plc: Plc) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        line = SerialLine(plc.port, clock=SystemClock())
        line.open()
        with pytest.raises(SignalError):
            SerialLine(plc.port, clock=SystemClock()).open()
        line.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
