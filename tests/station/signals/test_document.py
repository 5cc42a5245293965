"""deploy/README.md, from which a PLC is programmed, says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from station.service import CODES
from station.signals.gpio import GpioLine
from station.signals.message import LONGEST, Message, checksum, decode
from station.signals.serial import SerialLine
from station.simulation import SimulatedClock
from station.types import Reason, Verdict
from tests.station.factories import inspection
from tests.station.signals.plc import PATIENCE, Meanwhile, Plc
from tests.station.signals.wires import PINS, Wires

DOCUMENT = (Path(__file__).parents[3] / "deploy" / "README.md").read_text(encoding="utf-8")
REJECTED = inspection(sequence=1285, verdict=Verdict.REJECT, reason=Reason.WRONG_PART)


def rows(*heading: str) -> list[list[str]]:
    """The table with that heading, cell by cell."""
    title = "| " + " | ".join(heading) + " |\n"
    assert title in DOCUMENT
    table = DOCUMENT.split(title)[1].split("\n\n")[0].splitlines()[1:]
    return [[cell.strip(" `*") for cell in row.strip("|").split("|")] for row in table]


def exchange() -> list[str]:
    return re.findall(r"^(?:station|PLC): +.*$", DOCUMENT, re.MULTILINE)


def test_the_exchange_in_the_document_is_what_the_station_says() -> None:
    plc, said = Plc(), list[str]()

    def write_down(who: str, message: Message) -> None:
        said.append(f"{who} {message.encode().decode().strip()}")

    def answer(message: Message) -> bytes:
        write_down("station:", message)
        if message.word not in ("PASS", "REJECT"):
            return b""
        write_down("PLC:    ", Message("ACK", message.number))
        return Message("ACK", message.number).encode()

    plc.answer = answer
    line = SerialLine(plc.port, ack_limit=PATIENCE, clock=Meanwhile(plc.listen))
    line.open()
    line.beat(0.0)
    plc.hears(2)
    trigger = Message("TRIGGER", 1)
    write_down("PLC:    ", trigger)
    plc.say(trigger.encode())
    assert line.triggered()
    line.busy()
    line.send(inspection(sequence=1284))
    line.clear()
    line.busy()
    line.send(REJECTED)
    line.beat(1.0)
    line.fault("camera")
    line.close()
    plc.hears(8)
    plc.hang_up()
    assert said == exchange()


def test_every_word_of_the_exchange_is_explained_and_every_explained_word_occurs() -> None:
    explained = {cells[0].split()[0] for cells in rows("message", "from", "number", "meaning")}
    spoken = {line.split()[1] for line in exchange()}
    assert spoken == explained


def test_the_reasons_and_codes_are_those_of_the_station() -> None:
    reasons, codes = (
        set(re.findall(r"`(\w+)`", DOCUMENT.split(f"\n{name}: ")[1].split("\n")[0])) for name in ("Reasons", "Codes")
    )
    assert reasons == {reason.value for reason in Reason if reason is not Reason.NONE}
    assert codes == {code for _, code in CODES} | {"internal"}


def test_the_check_value_and_the_length_are_those_of_the_code() -> None:
    assert f"`123456789` is {checksum(b'123456789'):X}." in DOCUMENT
    assert f"at most {LONGEST} bytes" in DOCUMENT
    assert decode(Message("READY", 2147483647).encode())


def test_the_pins_are_the_defaults() -> None:
    told = {
        word: int(pin) for word, pin, *_ in rows("word", "GPIO", "header pin", "direction", "meaning") if pin.isdigit()
    }
    wires = Wires()
    line = GpioLine(pin_factory=wires, clock=SimulatedClock())
    line.open()
    assert told == {word: PINS[word] for word in ("PASS", "REJECT", "BUSY", "READY", "FAULT")}
    assert {f"GPIO{pin}" for pin in told.values()} == {info.name for info in wires.pins}
    line.close()


def test_the_levels_are_those_of_the_code() -> None:
    told = {
        state: {
            word
            for word, level in zip(("PASS", "REJECT", "BUSY", "FAULT"), (*levels[:3], levels[4]), strict=True)
            if level == "1"
        }
        for state, *levels in rows("the station is", "PASS", "REJECT", "BUSY", "READY", "FAULT", "the part")
        if "any" not in levels
    }
    wires = Wires()
    line = GpioLine(pin_factory=wires, clock=SimulatedClock())
    found = {}
    line.open()
    found["starting"] = wires.high()
    line.busy()
    found["inspecting"] = wires.high()
    line.send(inspection(sequence=1284))
    found["showing a PASS"] = wires.high()
    line.clear()
    found["ready, the stage was cleared"] = wires.high()
    line.send(REJECTED)
    found["showing a REJECT or UNSURE"] = wires.high()
    line.fault("camera")
    found["in a fault"] = wires.high()
    line.close()
    found["without power, booting, or stopped"] = wires.high()
    assert told == found
